//! What calls need.

use aware_core::source::cloudtrail::decode_record;
use serde_json::{Value, json};

use super::*;

mod beside;
mod kinds;
mod named;

fn call(source: &str, name: &str, request: Value) -> Event {
    extended(source, name, request, &json!({}))
}

fn extended(source: &str, name: &str, request: Value, more: &Value) -> Event {
    let mut record = json!({
        "eventTime": "2026-11-20T10:00:00Z", "eventSource": format!("{source}.amazonaws.com"), "eventName": name,
        "awsRegion": "eu-central-1", "eventType": "AwsApiCall", "recipientAccountId": "222233334444",
        "requestParameters": request,
        "userIdentity": {"type": "AssumedRole", "accountId": "222233334444",
            "arn": "arn:aws:sts::222233334444:assumed-role/shop/s",
            "sessionContext": {"sessionIssuer": {"type": "Role", "arn": "arn:aws:iam::222233334444:role/shop"}}},
    });
    for (key, value) in more.as_object().unwrap() {
        record[key] = value.clone();
    }
    decode_record(record.to_string().as_bytes()).unwrap()
}

/// `action on resource`, with `@` for region and account.
fn told(event: &Event) -> Vec<String> {
    let needs = find_call_needs(Catalogue::built_in(), event);
    if let Some(name) = needs.unmapped {
        return vec![format!("unmapped {name}")];
    }
    let of = |permission: &CallPermission| {
        let action = permission.action.clone();
        let on = permission
            .resources
            .iter()
            .map(|found| found.pattern.replace("eu-central-1:222233334444", "@"));
        on.map(|on| format!("{action} on {on}")).collect::<Vec<_>>()
    };
    let mut told: Vec<String> = needs.permissions.iter().flat_map(of).collect();
    told.sort();
    told
}
