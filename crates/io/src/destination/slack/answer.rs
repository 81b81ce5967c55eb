//! What Slack's answers mean. Both the status and the body count: errors come with status 200.

use serde_json::Value;

use super::http::{Answer, may_be_retried};
use crate::port::Outcome;

/// Errors of the Web API that go away by themselves.
const PASSING: [&str; 6] = [
    "ratelimited",
    "rate_limited",
    "internal_error",
    "service_unavailable",
    "fatal_error",
    "request_timeout",
];

/// What to make of an answer.
pub(super) enum Verdict {
    /// It ended so.
    Done(Outcome),
    /// The blocks were not understood: plain text may be.
    BadBlocks(String),
}

impl Verdict {
    pub(super) fn outcome(self) -> Outcome {
        match self {
            Self::Done(outcome) => outcome,
            Self::BadBlocks(error) => Outcome::Refused(error),
        }
    }

    fn of(error: &str, answer: &Answer) -> Self {
        let retry =
            Outcome::Retry { after: answer.retry_after, reason: format!("Slack said {error}") };
        match error {
            _ if answer.status == 429 || may_be_retried(answer.status) => Self::Done(retry),
            error if PASSING.contains(&error) => Self::Done(retry),
            "invalid_blocks"
            | "msg_blocks_too_long"
            | "invalid_blocks_format"
            | "invalid_attachments" => Self::BadBlocks(format!("Slack said {error}")),
            error => Self::Done(Outcome::Refused(format!("Slack said {error}"))),
        }
    }
}

/// A webhook's answer: plain text, `ok` when it went well.
pub(super) fn of_webhook(answer: &Answer) -> Verdict {
    if (200..300).contains(&answer.status) && answer.body.trim() == "ok" {
        return Verdict::Done(Outcome::Delivered(None));
    }
    Verdict::of(&short(answer, answer.body.trim()), answer)
}

/// The Web API's answer: an object with `ok`.
pub(super) fn of_api(answer: &Answer) -> Result<Value, Verdict> {
    let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
    if (200..300).contains(&answer.status) && body.get("ok") == Some(&Value::Bool(true)) {
        return Ok(body);
    }
    let error = body.get("error").and_then(Value::as_str).unwrap_or_default();
    Err(Verdict::of(&short(answer, error), answer))
}

/// Slack's error word, or the status when it said nothing of that kind.
fn short(answer: &Answer, error: &str) -> String {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if !error.is_empty() && error.len() <= 64 && error.chars().all(word) {
        error.to_owned()
    } else {
        format!("status {}", answer.status)
    }
}

/// Whether another channel may be reached.
pub(super) fn is_about_channel(error: &str) -> bool {
    ["channel_not_found", "not_in_channel", "is_archived"].iter().any(|word| error.ends_with(word))
}

/// Whether the message that was to be replied to is gone.
pub(super) fn is_gone(error: &str) -> bool {
    ["message_not_found", "thread_not_found", "cannot_reply_to_message"]
        .iter()
        .any(|word| error.ends_with(word))
}
