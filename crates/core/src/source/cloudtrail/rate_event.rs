//! Events that summarise many calls: CloudTrail's Insights and aggregated events.
//!
//! Sources: CloudTrail user guide, "CloudTrail record contents for Insights events" and "CloudTrail
//! record contents for aggregated events" (since November 2025).

use std::fmt::Write;

use serde_json::Value;

use crate::event::EventCategory;

/// How many dimensions, and values of each, the sentence names.
const NAMED: usize = 5;

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

/// A sentence about an event that summarises many calls; `None` for every other event.
pub(super) fn summary_sentence(category: EventCategory, record: &Value) -> Option<String> {
    match category {
        EventCategory::Insight => Some(describe_insight(record.get("insightDetails")?)),
        EventCategory::Aggregated => Some(describe_aggregate(record)),
        _ => None,
    }
}

/// `ApiErrorRateInsight, Start, AccessDenied: 12 calls a minute, where 0.1 are usual`.
fn describe_insight(details: &Value) -> String {
    let parts = ["/insightType", "/state", "/errorCode"];
    let mut sentence =
        parts.iter().filter_map(|part| text_at(details, part)).collect::<Vec<_>>().join(", ");
    let number = |name: &str| details.pointer(&format!("/insightContext/statistics/{name}"));
    let number = |name: &str| number(name).filter(|value| value.is_number());
    if let Some(now) = number("insight/average") {
        let _ = write!(sentence, ": {now} calls a minute");
    }
    if let Some(minutes) = number("insightDuration") {
        let _ = write!(sentence, " over {minutes} minutes");
    }
    if let Some(usual) = number("baseline/average") {
        let _ = write!(sentence, ", where {usual} are usual");
    }
    sentence
}

/// `until 2026-11-17T19:25:00Z: eventName PutObject 1000; errorCode AccessDenied 12`.
fn describe_aggregate(record: &Value) -> String {
    let details = record.pointer("/summary/details").and_then(Value::as_array);
    let primary = record.pointer("/summary/primaryDimension").into_iter();
    let dimensions =
        primary.chain(details.into_iter().flatten()).take(NAMED).map(describe_dimension);
    let until = text_at(record, "/timeWindow/windowEnd").unwrap_or_default();
    format!("until {until}: {}", dimensions.collect::<Vec<_>>().join("; "))
}

fn describe_dimension(dimension: &Value) -> String {
    let statistics = dimension.get("statistics").and_then(Value::as_array);
    let one = |one: &Value| {
        let value = one.get("value").map(ToString::to_string).unwrap_or_default();
        format!("{} {value}", text_at(one, "/name").unwrap_or_default())
    };
    let values: Vec<_> = statistics.into_iter().flatten().take(NAMED).map(one).collect();
    format!("{} {}", text_at(dimension, "/dimension").unwrap_or_default(), values.join(", "))
}

fn text_at<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer)?.as_str()
}
