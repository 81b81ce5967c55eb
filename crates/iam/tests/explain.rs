//! Who is behind a session, and what holds of every explanation.
//!
//! In the events `role` and `user` stand for two usual identities and `$ME` for the caller's ARN.

#![allow(clippy::indexing_slicing, clippy::unwrap_used)]

use aware_core::event::Event;
use aware_core::source::cloudtrail;
use aware_iam::catalogue::Catalogue;
use aware_iam::explain::explain_event;
use proptest::prelude::*;
use serde_json::{Value, json};

fn identity(name: &Value) -> Value {
    match name.as_str() {
        Some("role") => json!({
            "type": "AssumedRole",
            "arn": "arn:aws:sts::111122223333:assumed-role/checkout-fn/run-7",
            "accountId": "111122223333",
            "sessionContext": {"sessionIssuer": {
                "type": "Role",
                "arn": "arn:aws:iam::111122223333:role/checkout-fn",
                "userName": "checkout-fn"
            }}
        }),
        Some("user") => json!({
            "type": "IAMUser",
            "arn": "arn:aws:iam::111122223333:user/carol",
            "accountId": "111122223333",
            "userName": "carol"
        }),
        _ => name.clone(),
    }
}

fn event(case: &Value) -> Event {
    let mut record = json!({
        "eventVersion": "1.11",
        "eventID": "e-1",
        "eventTime": "2026-11-24T09:02:00Z",
        "awsRegion": "eu-west-1",
        "recipientAccountId": "111122223333"
    });
    let fields = case["event"].as_object().unwrap();
    for (key, value) in fields {
        record[key] = value.clone();
    }
    record["userIdentity"] = identity(&case["event"]["userIdentity"]);
    if let Some(message) = record["errorMessage"].as_str() {
        let me = record["userIdentity"]["arn"].as_str().unwrap_or_default();
        record["errorMessage"] = Value::from(message.replace("$ME", me));
    }
    cloudtrail::decode_record(record.to_string().as_bytes()).unwrap()
}

#[test]
fn who_is_behind_a_session_and_who_must_mend_it() {
    let issuer = |arn: &str| {
        let name = arn.rsplit('/').next();
        json!({
            "type": "AssumedRole",
            "arn": format!("arn:aws:sts::111122223333:assumed-role/{}/s", name.unwrap()),
            "accountId": "111122223333",
            "sessionContext": {"sessionIssuer": {"type": "Role", "arn": arn, "userName": name}}
        })
    };
    let message = "User: $ME is not authorized to perform: sqs:SendMessage on resource: arn:aws:sqs:eu-west-1:111122223333:jobs.fifo because no identity-based policy allows the sqs:SendMessage action";
    let cases = [
        (
            issuer("arn:aws:iam::111122223333:role/team/shop/api"),
            Some("identity policy of arn:aws:iam::111122223333:role/team/shop/api"),
            true,
        ),
        (
            issuer(
                "arn:aws:iam::111122223333:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX",
            ),
            None,
            false,
        ),
        (
            issuer(
                "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Read_0011aabb",
            ),
            Some("IAM Identity Center permission set Read"),
            true,
        ),
        (
            json!({"type": "Root", "arn": "arn:aws:iam::111122223333:root", "accountId": "111122223333"}),
            None,
            false,
        ),
    ];
    for (who, attach_to, granted) in cases {
        let case = json!({"event": {
            "eventSource": "sqs.amazonaws.com",
            "eventName": "SendMessage",
            "errorCode": "AccessDenied",
            "errorMessage": message,
            "userIdentity": who
        }});
        let said = explain_event(&event(&case));
        assert_eq!(said.attach_to.as_deref(), attach_to);
        assert_eq!(said.suggestion.is_some(), granted);
        assert_eq!(said.resource.as_deref(), Some("arn:aws:sqs:eu-west-1:111122223333:jobs.fifo"));
    }
}

fn any_action() -> impl Strategy<Value = String> {
    let all: Vec<String> = Catalogue::built_in()
        .iter_services()
        .flat_map(|service| {
            service.action_names().map(move |name| format!("{}:{name}", service.prefix()))
        })
        .collect();
    prop::sample::select(all)
}

proptest! {
    /// Whatever is asked for, and with whatever names: a grant is of that action alone, in that
    /// account and region alone, and of `*` only where the action names no resource.
    #[test]
    fn a_grant_never_widens(action in any_action(), name in "[!-~]{1,20}", key in "[a-zA-Z]{2,12}") {
        let catalogue = Catalogue::built_in();
        let (service, operation) = action.split_once(':').unwrap();
        let case = json!({"event": {
            "eventSource": format!("{service}.amazonaws.com"),
            "eventName": operation,
            "errorCode": "AccessDenied",
            "errorMessage": format!("User: $ME is not authorized to perform: {action} because no identity-based policy allows the {action} action"),
            "requestParameters": {"name": name, "bucketName": name, "key": name, key: name},
            "userIdentity": "role"
        }});
        let said = explain_event(&event(&case));
        let known = catalogue.find_action(&action).unwrap();
        let Some(grant) = said.suggestion else { return Ok(()) };
        prop_assert!(!known.sensitivity.is_withheld());
        prop_assert_eq!(&grant.actions, std::slice::from_ref(&action));
        for resource in &grant.resources {
            let parts: Vec<&str> = resource.splitn(6, ':').collect();
            if resource == "*" {
                prop_assert!(!known.requires_resource());
                continue;
            }
            prop_assert!(parts[3] != "*" && parts[4] != "*", "{resource}");
            prop_assert!(!parts[2].contains('*') && parts[1] == "aws", "{resource}");
        }
    }

    /// Records are an attacker's: none of them panics.
    #[test]
    fn nothing_panics(source in ".{0,20}", operation in "\\PC{1,20}", code in ".{0,20}", message in ".{0,200}", value in ".{0,40}") {
        let case = json!({"event": {
            "eventSource": source,
            "eventName": operation,
            "errorCode": code,
            "errorMessage": message,
            "requestParameters": {"a": [{"bucketName": value}], "queueUrl": value},
            "userIdentity": {"type": "AssumedRole", "arn": value}
        }});
        explain_event(&event(&case));
    }
}

#[test]
fn a_call_on_two_resources_gets_a_statement_for_each() {
    let explained = |service: &str, name: &str, request: serde_json::Value| {
        let record = serde_json::json!({
            "eventVersion": "1.11", "eventID": "1", "eventTime": "2026-11-24T03:54:00Z",
            "eventSource": format!("{service}.amazonaws.com"), "eventName": name,
            "awsRegion": "eu-central-1", "recipientAccountId": "222233334444",
            "errorCode": "AccessDenied", "errorMessage": "Access Denied",
            "userIdentity": {"type": "AssumedRole", "accountId": "222233334444",
                "arn": "arn:aws:sts::222233334444:assumed-role/parcels/s",
                "sessionContext": {"sessionIssuer": {"arn": "arn:aws:iam::222233334444:role/parcels"}}},
            "requestParameters": request,
        });
        let event = cloudtrail::decode_record(record.to_string().as_bytes()).unwrap();
        let told = explain_event(&event);
        let statements: Vec<String> = told
            .list_remedies()
            .iter()
            .map(|one| {
                format!("{} {}", one.statement.actions.join(","), one.statement.resources.join(","))
            })
            .collect();
        (told.resource.unwrap_or_default(), statements)
    };
    let copy = serde_json::json!({"bucketName": "labels-new", "key": "a.pdf", "x-amz-copy-source": "labels-old/b.pdf"});
    let (resource, statements) = explained("s3", "CopyObject", copy);
    assert_eq!(resource, "arn:aws:s3:::labels-old/b.pdf");
    assert_eq!(
        statements,
        [
            "s3:GetObject arn:aws:s3:::labels-old/b.pdf",
            "s3:PutObject arn:aws:s3:::labels-new/a.pdf"
        ]
    );
    let (resource, statements) =
        explained("bedrock", "InvokeModel", serde_json::json!({"modelId": "eu.parcels.model-v1"}));
    let profile = "arn:aws:bedrock:eu-central-1:222233334444:inference-profile/eu.parcels.model-v1";
    assert_eq!(resource, profile);
    assert!(statements[0].ends_with(profile), "{statements:?}");
}

/// A call that would have created a service-linked role.
fn creates_role(message: &str) -> Value {
    json!({
        "eventVersion": "1.11", "eventID": "e-1", "eventTime": "2026-11-24T09:02:00Z",
        "awsRegion": "eu-west-1", "recipientAccountId": "111122223333",
        "eventSource": "ec2.amazonaws.com", "eventName": "RequestSpotInstances",
        "errorCode": "Client.AuthFailure.ServiceLinkedRoleCreationNotPermitted", "errorMessage": message,
        "userIdentity": {"type": "AssumedRole", "accountId": "111122223333",
            "arn": "arn:aws:sts::111122223333:assumed-role/fleet/s",
            "sessionContext": {"sessionIssuer": {"type": "Role", "userName": "fleet",
                "arn": "arn:aws:iam::111122223333:role/fleet"}}},
    })
}

#[test]
fn a_service_linked_role_may_be_created_for_its_service_alone() {
    let of = |message| {
        let record = creates_role(message).to_string();
        explain_event(&cloudtrail::decode_record(record.as_bytes()).unwrap())
    };
    let said = of(
        "The provided credentials do not have permission to create the service-linked role for EC2 Spot Instances.",
    );
    assert_eq!(said.action.as_deref(), Some("iam:CreateServiceLinkedRole"));
    let grant = said.suggestion.unwrap();
    assert_eq!(
        grant.resources,
        ["arn:aws:iam::111122223333:role/aws-service-role/spot.amazonaws.com/*"]
    );
    let bound =
        grant.conditions.get("StringEquals").and_then(|keys| keys.get("iam:AWSServiceName"));
    assert_eq!(bound, Some(&vec!["spot.amazonaws.com".to_owned()]));
    assert!(said.take_care.iter().all(|care| !care.contains("narrow it")), "{:?}", said.take_care);

    let said = of(
        "The provided credentials do not have permission to create the service-linked role for Something New.",
    );
    assert_eq!(said.suggestion, None);
    assert!(said.no_grant.is_some_and(|reason| reason.contains("which AWS service")));
}
