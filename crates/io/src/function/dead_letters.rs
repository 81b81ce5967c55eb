//! Handles messages that were not delivered: hides them in their queue for a while, or keeps them
//! among the dead letters with the reason.
//!
//! Sources: SQS Developer Guide, "Amazon SQS visibility timeout" and "Amazon SQS message metadata".

use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{ChangeMessageVisibilityBatchRequestEntry, MessageAttributeValue};
use jiff::Timestamp;
use serde_json::Value;

use crate::aws::describe_error;

/// The first pause: the visibility timeout of the template's queue, which applies by itself.
const FIRST_PAUSE: Duration = Duration::from_secs(360);
/// The longest pause.
const MAX_PAUSE: Duration = Duration::from_secs(3600);
/// After this many attempts the pause doubles.
const ATTEMPTS_PER_DOUBLING: u64 = 10;
/// After this long a message is given up. SQS deletes it after the queue's retention period,
/// fourteen days.
const MAX_AGE: Duration = Duration::from_secs(8 * 24 * 3600);
/// After this many receives a message counts as overdue; the third is after twelve minutes.
const OVERDUE_RECEIVES: u64 = 3;
/// How many characters of a reason are kept.
const REASON_CHARS: usize = 500;

/// The queue that messages come from, and the queue for its dead letters.
pub(crate) struct DeadLetterQueue {
    client: Client,
    /// The URL of the queue for dead letters; without it none are kept.
    dead: Option<String>,
}

impl DeadLetterQueue {
    /// Sends dead letters to the queue at this URL.
    pub(crate) fn new(client: Client, dead: Option<String>) -> Self {
        Self { client, dead }
    }

    /// Puts a message among the dead letters. False if SQS did not accept it, so that it must be
    /// redelivered.
    pub(crate) async fn keep_letter(&self, record: &Value, reason: &str) -> bool {
        let Some(dead) = &self.dead else { return false };
        let text = |value: &str| {
            let value = MessageAttributeValue::builder().data_type("String").string_value(value);
            value.build().ok()
        };
        let send = self.client.send_message().queue_url(dead).message_body(letter_body(record));
        let send = send.set_message_attributes(
            text(&reason_attribute(reason)).map(|reason| [("Reason".to_owned(), reason)].into()),
        );
        match send.send().await {
            Ok(_) => true,
            Err(error) => {
                let problem = describe_error(&error, "sqs:SendMessage");
                tracing::error!(
                    problem,
                    "message not moved to the dead letters; it will be redelivered"
                );
                false
            }
        }
    }

    /// Hides messages that come again until their next attempt, if that is later than the queue's
    /// own timeout.
    pub(crate) async fn extend_visibility(&self, again: &[&Value]) {
        let Some(url) = self.dead.as_deref().and_then(|dead| queue_url(dead, again.first()?))
        else {
            return;
        };
        let entry = |(id, record): (usize, &&Value)| {
            let handle = record.get("receiptHandle")?.as_str()?;
            let pause =
                Some(retry_pause(receive_count(record))).filter(|pause| *pause > FIRST_PAUSE)?;
            let seconds = i32::try_from(pause.as_secs()).ok()?;
            let entry = ChangeMessageVisibilityBatchRequestEntry::builder().id(id.to_string());
            entry.receipt_handle(handle).visibility_timeout(seconds).build().ok()
        };
        let entries: Vec<_> = again.iter().enumerate().filter_map(entry).collect();
        if entries.is_empty() {
            return;
        }
        let request = self.client.change_message_visibility_batch().queue_url(url);
        if let Err(error) = request.set_entries(Some(entries)).send().await {
            let problem = describe_error(&error, "sqs:ChangeMessageVisibility");
            tracing::warn!(
                problem,
                "visibility not extended; messages are redelivered after the queue's own timeout"
            );
        }
    }
}

/// The body of a dead letter: what the queue held, or would have held.
fn letter_body(record: &Value) -> String {
    let queued = record.get("body").and_then(Value::as_str).map(str::to_owned);
    queued.unwrap_or_else(|| record.get("Sns").unwrap_or(record).to_string())
}

/// The URL of the queue that a message came from; it has the same prefix as the dead-letter queue.
fn queue_url(dead: &str, record: &Value) -> Option<String> {
    let name = record.get("eventSourceARN")?.as_str()?.rsplit(':').next()?;
    Some(format!("{}/{name}", dead.rsplit_once('/')?.0))
}

/// A reason as an attribute: not empty, not too long, and without characters that SQS refuses.
fn reason_attribute(reason: &str) -> String {
    let is_taken = |c: &char| !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}');
    let text: String = reason.chars().filter(is_taken).take(REASON_CHARS).collect();
    if text.is_empty() { "unknown".to_owned() } else { text }
}

/// How long a message is hidden after this many receives: six minutes for the first hour, then
/// twice as long after every ten more, and at most an hour.
fn retry_pause(receives: u64) -> Duration {
    let doubled =
        u32::try_from(receives.saturating_sub(1) / ATTEMPTS_PER_DOUBLING).unwrap_or(u32::MAX);
    FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(doubled)).min(MAX_PAUSE)
}

/// Whether it counts as overdue.
pub(crate) fn is_overdue(record: &Value) -> bool {
    receive_count(record) >= OVERDUE_RECEIVES
}

/// Whether it has waited so long that it is given up.
pub(crate) fn is_expired(record: &Value, now: Timestamp) -> bool {
    let sent = number_attribute(record, "SentTimestamp").and_then(|at| i64::try_from(at).ok());
    let sent = sent.and_then(|at| Timestamp::from_millisecond(at).ok());
    sent.is_some_and(|sent| now.duration_since(sent).unsigned_abs() >= MAX_AGE && now > sent)
}

/// How often the queue has delivered it.
pub(crate) fn receive_count(record: &Value) -> u64 {
    number_attribute(record, "ApproximateReceiveCount").unwrap_or(1)
}

/// A numeric attribute that SQS gives a message.
pub(crate) fn number_attribute(record: &Value, name: &str) -> Option<u64> {
    record.get("attributes")?.get(name)?.as_str()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn pauses_grow_to_an_hour_and_days_are_few_attempts() {
        let minutes =
            [1, 10, 11, 21, 31, 41, 1000].map(|receives| retry_pause(receives).as_secs() / 60);
        assert_eq!(minutes, [6, 6, 12, 24, 48, 60, 60]);
        let (mut waited, mut receives) = (Duration::ZERO, 0);
        while waited < MAX_AGE {
            receives += 1;
            waited += retry_pause(receives);
        }
        assert!((100..1000).contains(&receives), "{receives}");
    }

    #[test]
    fn what_waits_for_eight_days_is_given_up() {
        let record = |at: i64| json!({"attributes": {"SentTimestamp": at.to_string()}});
        let now: Timestamp = "2026-11-29T12:00:00Z".parse().unwrap();
        let days = |days: i64| now.as_millisecond() - days * 24 * 3_600_000;
        assert!(is_expired(&record(days(8)), now));
        assert!(!is_expired(&record(days(7)), now));
        assert!(!is_expired(&record(days(-9)), now), "a clock that goes wrong");
        assert!(!is_expired(&json!({}), now));
    }

    #[test]
    fn reasons_are_what_sqs_takes() {
        assert_eq!(reason_attribute("Slack said\u{0}\u{ffff} no\n"), "Slack said no");
        assert_eq!(reason_attribute(""), "unknown");
        assert_eq!(reason_attribute(&"é".repeat(900)).chars().count(), REASON_CHARS);
    }

    #[test]
    fn the_queue_stands_beside_its_dead_letters() {
        let record = json!({"eventSourceARN": "arn:aws-cn:sqs:cn-north-1:111122223333:told"});
        let dead = "https://sqs.cn-north-1.amazonaws.com.cn/111122223333/dead";
        let url = "https://sqs.cn-north-1.amazonaws.com.cn/111122223333/told";
        assert_eq!(queue_url(dead, &record).unwrap(), url);
        assert_eq!(letter_body(&json!({"Sns": {"Message": "m"}})), r#"{"Message":"m"}"#);
        assert_eq!(letter_body(&json!({"body": "b"})), "b");
    }
}
