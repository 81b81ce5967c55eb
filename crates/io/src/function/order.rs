//! The order in which the messages of a batch are processed.

use aware_core::message::Message;
use aware_pipeline::store::order::fair_order_by;
use serde_json::Value;

use super::dead_letters::{number_attribute, receive_count};
use super::notification::TopicNotification;

/// Sorts records: first those that failed least often, so that one that always fails holds up
/// nothing; then in the order of delivery; records that are not messages come last.
pub(crate) fn by_urgency(records: &[Value]) -> Vec<&Value> {
    let mut records: Vec<&Value> = records.iter().collect();
    records.sort_by_key(|record| (receive_count(record), sent_at(record)));
    let (mut ordered, mut rest) = (Vec::with_capacity(records.len()), Vec::new());
    for alike in records.chunk_by(|a, b| receive_count(a) == receive_count(b)) {
        let mut messages = Vec::new();
        for record in alike {
            match parse_message(record) {
                Some(message) => messages.push((message, *record)),
                None => rest.push(*record),
            }
        }
        let fair = fair_order_by(messages, |(message, _)| message);
        ordered.extend(fair.into_iter().map(|(_, record)| record));
    }
    ordered.extend(rest);
    ordered
}

fn parse_message(record: &Value) -> Option<Message> {
    Message::read_json(TopicNotification::from_record(record)?.body.as_bytes()).ok()
}

/// When the queue received it, in milliseconds.
fn sent_at(record: &Value) -> u64 {
    number_attribute(record, "SentTimestamp").unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_has_failed_goes_last_and_the_urgent_first() {
        let record = |id: &str, severity: &str, receives: u32, at: u32| {
            let message =
                json!({"subject": id, "fields": [], "severity": severity, "schemaVersion": "2.0"});
            let told = json!({"TopicArn": "arn:t", "Message": message.to_string()});
            let attributes = json!({
                "ApproximateReceiveCount": receives.to_string(), "SentTimestamp": at.to_string(),
            });
            json!({"messageId": id, "body": told.to_string(), "attributes": attributes})
        };
        let records = [
            json!({"messageId": "junk", "body": "?"}),
            record("failed", "critical", 7, 1),
            record("late", "low", 1, 9),
            record("early", "low", 1, 2),
            record("grave", "high", 1, 8),
        ];
        let order: Vec<&str> =
            by_urgency(&records).into_iter().filter_map(|one| one["messageId"].as_str()).collect();
        assert_eq!(order, ["grave", "early", "late", "failed", "junk"]);
    }
}
