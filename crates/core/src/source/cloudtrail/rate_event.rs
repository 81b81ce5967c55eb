//! Events that summarise many calls: CloudTrail's Insights and aggregated events.
//!
//! Sources: CloudTrail user guide, "CloudTrail record contents for Insights events" and "CloudTrail
//! record contents for aggregated events" (since November 2025).

use serde_json::{Value, json};

use crate::event::EventCategory;

/// The operation that an aggregated event counts, if there is exactly one; `Aggregated` otherwise.
pub(super) fn aggregated_operation(record: &Value) -> &str {
    let primary = record.pointer("/summary/primaryDimension");
    let named = primary.filter(|one| text_at(one, "/dimension") == Some("eventName"));
    let statistics = named.and_then(|one| one.get("statistics")).and_then(Value::as_array);
    match statistics.map(Vec::as_slice) {
        Some([one]) => text_at(one, "/name").unwrap_or("Aggregated"),
        _ => "Aggregated",
    }
}

/// A record with the identity of whoever made all the calls that an event summarises, if it names
/// exactly one; `None` for every other event.
pub(super) fn sole_caller(record: &Value) -> Option<Value> {
    if record.get("userIdentity").is_some_and(|identity| !identity.is_null()) {
        return None;
    }
    let category = EventCategory::parse(text_at(record, "/eventCategory"));
    let arns: Vec<&str> = match category {
        EventCategory::Insight => insight_callers(record),
        EventCategory::Aggregated => aggregated_callers(record),
        _ => return None,
    };
    let [arn] = arns.as_slice() else { return None };
    Some(json!({ "userIdentity": identity_of(arn)? }))
}

fn insight_callers(record: &Value) -> Vec<&str> {
    let attributions = record.pointer("/insightDetails/insightContext/attributions");
    let attributions = attributions.and_then(Value::as_array).into_iter().flatten();
    let of_callers =
        attributions.filter(|one| text_at(one, "/attribute") == Some("userIdentityArn"));
    let lists = of_callers.filter_map(|one| one.get("insight")?.as_array()).flatten();
    lists.filter_map(|one| text_at(one, "/value")).collect()
}

fn aggregated_callers(record: &Value) -> Vec<&str> {
    let details = record.pointer("/summary/details").and_then(Value::as_array);
    let primary = record.pointer("/summary/primaryDimension").into_iter();
    let dimensions = primary.chain(details.into_iter().flatten());
    let of_callers = dimensions.filter(|one| {
        matches!(text_at(one, "/dimension"), Some("userIdentity" | "userIdentityArn"))
    });
    let lists = of_callers.filter_map(|one| one.get("statistics")?.as_array()).flatten();
    lists.filter_map(|one| text_at(one, "/name")).collect()
}

/// The identity with this ARN, as other events have it.
fn identity_of(arn: &str) -> Option<Value> {
    let mut parts = arn.splitn(6, ':');
    let (Some("arn"), account, Some(resource)) = (parts.next(), parts.nth(3)?, parts.next()) else {
        return None;
    };
    let kind = match resource.split('/').next()? {
        "assumed-role" => "AssumedRole",
        "role" => "Role",
        "user" => "IAMUser",
        "root" => "Root",
        _ => return None,
    };
    let user = resource.rsplit('/').next().filter(|_| kind == "IAMUser");
    Some(json!({ "type": kind, "arn": arn, "accountId": account, "userName": user }))
}

fn text_at<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer)?.as_str()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::read_principal;

    #[test]
    fn whoever_made_all_the_calls() {
        let insight = |values: &[&str]| {
            let list: Vec<_> = values.iter().map(|value| json!({"value": value})).collect();
            json!({"eventCategory": "Insight", "insightDetails": {"insightContext": {"attributions": [
                {"attribute": "userAgent", "insight": [{"value": "x"}]},
                {"attribute": "userIdentityArn", "insight": list}]}}})
        };
        let session = "arn:aws:sts::111122223333:assumed-role/ci/run-12";
        let one = read_principal(&insight(&[session]));
        assert_eq!(
            (one.name.as_str(), one.key.as_str()),
            ("role/ci", "arn:aws:iam::111122223333:role/ci")
        );
        let user = "arn:aws:iam::111122223333:user/alice";
        assert_eq!(read_principal(&insight(&[user])).key, user);
        for record in [insight(&[session, user]), insight(&[]), insight(&["x"]), json!({})] {
            assert_eq!(read_principal(&record).name, "unknown principal", "{record}");
        }
        let aggregated = json!({"eventCategory": "Aggregated", "summary": {"details": [
            {"dimension": "userIdentity", "statistics": [{"name": user, "value": 7}]}]}});
        assert_eq!(read_principal(&aggregated).name, "user/alice");
    }
}
