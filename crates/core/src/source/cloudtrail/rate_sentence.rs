//! What `CloudTrail` Insights and aggregated events count, in a sentence.
//!
//! Sources: `CloudTrail` user guide, "CloudTrail record contents for Insights events" and "CloudTrail
//! record contents for aggregated events".

use serde_json::Value;

use crate::event::{Action, EventCategory};
use crate::text::with_commas;

/// How many errors the sentence names.
const ERRORS: usize = 3;

/// What an event says of the many calls that it counts: `s3:GetObject was called 5,120 times up to
/// 2026-11-24T10:05:00Z; 411 of these calls failed with AccessDenied`. `None` if it counts none.
pub(super) fn rate_sentence(
    category: EventCategory,
    action: &Action,
    record: &Value,
) -> Option<String> {
    match category {
        EventCategory::Insight => Some(insight_sentence(action, record.get("insightDetails")?)),
        EventCategory::Aggregated => Some(aggregate_sentence(action, record)),
        EventCategory::Management | EventCategory::Data | EventCategory::NetworkActivity => None,
    }
}

/// `sqs:SendMessage failed with AccessDenied 7 times a minute for 3 minutes; usually 0.1 times a minute`.
fn insight_sentence(action: &Action, details: &Value) -> String {
    let what = match text_at(details, "/errorCode") {
        Some(code) => format!("{action} failed with {code}"),
        None => format!("{action} was called"),
    };
    let number = |name: &str| {
        details.pointer(&format!("/insightContext/statistics/{name}")).and_then(Value::as_f64)
    };
    let how_often = match number("insight/average") {
        Some(average) => format!(" {} a minute", times(average)),
        None => " at an unusual rate".to_owned(),
    };
    let length = number("insightDuration").map(|minutes| match rounded(minutes).as_str() {
        "1" => " for a minute".to_owned(),
        minutes => format!(" for {minutes} minutes"),
    });
    let usual =
        number("baseline/average").map(|usual| format!("; usually {} a minute", times(usual)));
    let end = match text_at(details, "/state") {
        Some("End") => "; this has ended",
        _ => "",
    };
    format!("{what}{how_often}{}{}{end}", length.unwrap_or_default(), usual.unwrap_or_default())
}

fn times(number: f64) -> String {
    match rounded(number).as_str() {
        "1" => "once".to_owned(),
        number => format!("{number} times"),
    }
}

/// Whole from ten up; below that with up to two decimals.
fn rounded(number: f64) -> String {
    if number >= 10.0 {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        return with_commas(number.round() as u64);
    }
    if number > 0.0 && number < 0.01 {
        return "less than 0.01".to_owned();
    }
    let text = format!("{number:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn aggregate_sentence(action: &Action, record: &Value) -> String {
    let summary = record.get("summary").unwrap_or(&Value::Null);
    let details = summary.get("details").and_then(Value::as_array).into_iter().flatten();
    let primary = summary.get("primaryDimension");
    let calls: u64 = primary.into_iter().flat_map(counts_of).map(|(_, count)| count).sum();
    let until = text_at(record, "/timeWindow/windowEnd");
    let until = until.map(|time| format!(" up to {time}")).unwrap_or_default();
    let what = match action.name.as_str() {
        AGGREGATED => {
            format!("{} of {}", counted(calls, "call", "calls"), action.service)
        }
        _ => format!("{} was called {}", action, counted(calls, "time", "times")),
    };
    let is_error =
        |one: &&Value| text_at(one, "/dimension").is_some_and(|name| name.starts_with("errorCode"));
    let errors = primary.into_iter().chain(details).filter(is_error).flat_map(counts_of);
    let errors: Vec<String> = errors
        .take(ERRORS)
        .map(|(code, count)| format!("{} failed with {code}", with_commas(count)))
        .collect();
    match errors.is_empty() {
        true => format!("{what}{until}"),
        false => format!("{what}{until}; {}", errors.join(", ")),
    }
}

/// The operation of an event that counts several.
const AGGREGATED: &str = "Aggregated";

/// The values of a dimension, each with how many calls had it.
fn counts_of(dimension: &Value) -> impl Iterator<Item = (&str, u64)> {
    let statistics = dimension.get("statistics").and_then(Value::as_array);
    let count = |one| Some((text_at(one, "/name")?, one.get("value")?.as_u64()?));
    statistics.into_iter().flatten().filter_map(count)
}

fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", with_commas(number), if number == 1 { one } else { many })
}

fn text_at<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer)?.as_str().filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::source::cloudtrail::decode_record;

    fn said(record: &Value) -> Option<String> {
        let event = decode_record(record.to_string().as_bytes()).unwrap();
        event.measured().map(str::to_owned)
    }

    fn insight(details: &Value) -> String {
        let mut record = json!({"eventVersion": "1.09", "eventTime": "2026-11-24T10:10:00Z",
            "eventID": "insight-1", "eventType": "AwsCloudTrailInsight", "awsRegion": "eu-west-1",
            "recipientAccountId": "111122223333", "eventCategory": "Insight", "insightDetails": {
                "eventSource": "sqs.amazonaws.com", "eventName": "SendMessage"}});
        let told = record["insightDetails"].as_object_mut().unwrap();
        told.extend(details.as_object().unwrap().clone());
        said(&record).unwrap()
    }

    #[test]
    fn an_insight_says_how_often_and_what_is_usual() {
        let statistics = |now: f64, usual: f64| {
            json!({"statistics": {"insight": {"average": now}, "baseline": {"average": usual},
                "insightDuration": 3}})
        };
        let denied = json!({"errorCode": "AccessDenied", "state": "Start",
            "insightContext": statistics(1_234.4, 0.128)});
        assert_eq!(
            insight(&denied),
            "sqs:SendMessage failed with AccessDenied 1,234 times a minute for 3 minutes; usually 0.13 times a minute"
        );
        let ended = json!({"state": "End", "insightContext": statistics(1.0, 0.0017)});
        assert_eq!(
            insight(&ended),
            "sqs:SendMessage was called once a minute for 3 minutes; usually less than 0.01 times a minute; this has ended"
        );
        let bare = "sqs:SendMessage was called at an unusual rate";
        assert_eq!(insight(&json!({"state": "Start"})), bare);
    }

    #[test]
    fn an_aggregated_event_says_how_many_calls_failed() {
        let aggregated = |names: Value, details: Value| {
            let record = json!({"eventVersion": "1.0", "accountId": "111122223333",
                "eventId": "aggregated-1", "eventCategory": "Aggregated", "awsRegion": "eu-west-1",
                "eventType": "AwsAggregatedEvent", "eventSource": "s3.amazonaws.com",
                "timeWindow": {"windowStart": "2026-11-24T10:00:00Z",
                    "windowEnd": "2026-11-24T10:05:00Z", "windowSize": "PT5M"},
                "summary": {"primaryDimension": {"dimension": "eventName", "statistics": names},
                    "details": details}});
            said(&record).unwrap()
        };
        let errors = json!([{"dimension": "errorCodes", "statistics": [
            {"name": "AccessDenied", "value": 411}, {"name": "NoSuchKey", "value": 1}]},
            {"dimension": "sourceIpAddress", "statistics": [{"name": "192.0.2.7", "value": 5120}]}]);
        assert_eq!(
            aggregated(json!([{"name": "GetObject", "value": 5120}]), errors),
            "s3:GetObject was called 5,120 times up to 2026-11-24T10:05:00Z; \
             411 failed with AccessDenied, 1 failed with NoSuchKey"
        );
        let two = json!([{"name": "GetObject", "value": 5120}, {"name": "PutObject", "value": 2}]);
        assert_eq!(aggregated(two, json!([])), "5,122 calls of s3 up to 2026-11-24T10:05:00Z");
    }

    #[test]
    fn a_single_call_counts_nothing() {
        let call = json!({"eventVersion": "1.11", "eventTime": "2026-11-24T03:33:00Z",
            "eventSource": "iam.amazonaws.com", "eventName": "ListUsers", "eventID": "e"});
        assert_eq!(said(&call), None);
    }
}
