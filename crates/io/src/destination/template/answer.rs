//! What an answer means, by rules: only the receiver's own words are a success or a refusal.

use std::time::Duration;

use aware_core::text::{clean_line, clip_text};
use aware_pipeline::port::DeliveryOutcome;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::destination::http::HttpAnswer;

/// The most characters of a receiver's own words that are quoted.
const MAX_QUOTE: usize = 200;
/// The longest pause that an answer's body can ask for, in seconds.
const MAX_PAUSE: f64 = 3600.0;

/// Which answers are a success: all conditions must hold.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SuccessRule {
    /// The statuses. Default: 200 to 299.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub status: Vec<u16>,
    /// A JSON pointer into the answer that must lead somewhere: `/ok`. Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// The value that must be there. Default: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub equals: Option<Value>,
    /// The whole answer as text, without blanks around it: `ok`. Default: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// Answers that refuse a message, so that sending it again does not help.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RefusedRule {
    /// The statuses; at least one. 429 and 5xx always mean a retry.
    pub status: Vec<u16>,
    /// A JSON pointer into the answer that must lead somewhere: `/error/code`. This or `text` is
    /// needed, since proxies answer with the same statuses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// The values that may be there. Default: any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub any_of: Vec<Value>,
    /// How the answer begins, as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// A JSON pointer to the receiver's own words, which are logged. Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl SuccessRule {
    fn accepts(&self, answer: &HttpAnswer, body: &Value) -> bool {
        let is_status = match self.status.as_slice() {
            [] => (200..300).contains(&answer.status),
            some => some.contains(&answer.status),
        };
        let found = self.pointer.as_deref().map(|pointer| body.pointer(pointer));
        let is_value = match (found, &self.equals) {
            (None, _) => true,
            (Some(found), None) => found.is_some(),
            (Some(found), Some(value)) => found == Some(value),
        };
        is_status
            && is_value
            && self.text.as_ref().is_none_or(|text| answer.body.trim() == text.trim())
    }
}

impl RefusedRule {
    /// Whether it has the receiver's own words, not only a status.
    pub(super) fn is_specific(&self) -> bool {
        !self.status.is_empty() && (self.pointer.is_some() || self.text.is_some())
    }

    fn accepts(&self, answer: &HttpAnswer, body: &Value) -> bool {
        let is_found = |pointer: &String| {
            let found = body.pointer(pointer);
            found.is_some_and(|value| self.any_of.is_empty() || self.any_of.contains(value))
        };
        self.status.contains(&answer.status)
            && self.is_specific()
            && self.pointer.as_ref().is_none_or(is_found)
            && self.text.as_ref().is_none_or(|text| answer.body.trim_start().starts_with(text))
    }
}

/// How to read answers.
pub(super) struct AnswerReader<'r> {
    pub(super) success: &'r SuccessRule,
    pub(super) refused: &'r [RefusedRule],
    /// Where an answer names the message.
    pub(super) thread: Option<&'r str>,
    /// Where a 429 says how many seconds to wait.
    pub(super) pause: Option<&'r str>,
    /// Texts that must not be quoted.
    pub(super) secrets: Vec<&'r str>,
}

impl AnswerReader<'_> {
    /// The outcome, given what the receiver called the first message of the group.
    pub(super) fn outcome_of(&self, answer: &HttpAnswer, thread: Option<&str>) -> DeliveryOutcome {
        let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
        if answer.status == 429 {
            return self.pause_after(answer, &body);
        }
        if answer.status >= 500 || answer.is_page() {
            return answer.retry_as("the endpoint");
        }
        if self.success.accepts(answer, &body) {
            let named = self.thread.and_then(|pointer| scalar_text(body.pointer(pointer)?));
            return DeliveryOutcome::Delivered(thread.map(str::to_owned).or(named));
        }
        match self.refused.iter().find(|rule| rule.accepts(answer, &body)) {
            Some(rule) => DeliveryOutcome::Refused(self.refusal(rule, answer, &body)),
            None => answer.retry_as("the endpoint"),
        }
    }

    fn pause_after(&self, answer: &HttpAnswer, body: &Value) -> DeliveryOutcome {
        let asked = self.pause.and_then(|pointer| body.pointer(pointer)?.as_f64());
        let asked = asked.filter(|seconds| (0.0..=MAX_PAUSE).contains(seconds));
        let asked = asked.map(|seconds| Duration::from_secs_f64(seconds.ceil()));
        let reason = format!("the endpoint answered with {}", answer.describe());
        DeliveryOutcome::Retry { after: answer.retry_after.max(asked), reason }
    }

    fn refusal(&self, rule: &RefusedRule, answer: &HttpAnswer, body: &Value) -> String {
        let said = rule.reason.as_deref().and_then(|pointer| scalar_text(body.pointer(pointer)?));
        let is_secret = |said: &String| self.secrets.iter().any(|secret| said.contains(*secret));
        match said.filter(|said| !is_secret(said)) {
            Some(said) => {
                let said = clean_line(&said);
                let said = clip_text(&said, MAX_QUOTE);
                format!("the endpoint refused it with status {}: {said}", answer.status)
            }
            None => format!("the endpoint refused it with status {}", answer.status),
        }
    }
}

/// A text, a number or a boolean as text; a list of texts as its first.
fn scalar_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        Value::Array(list) => list.first().filter(|first| !first.is_array()).and_then(scalar_text),
        Value::Null | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answer(status: u16, body: &Value) -> HttpAnswer {
        HttpAnswer { status, retry_after: None, body: body.to_string() }
    }

    #[test]
    fn only_its_own_words_refuse() {
        let success = SuccessRule {
            pointer: Some("/ok".into()),
            equals: Some(true.into()),
            ..SuccessRule::default()
        };
        let refused = [RefusedRule {
            status: vec![400, 403],
            pointer: Some("/ok".into()),
            any_of: vec![false.into()],
            reason: Some("/description".into()),
            ..RefusedRule::default()
        }];
        let reader = AnswerReader {
            success: &success,
            refused: &refused,
            thread: Some("/result/message_id"),
            pause: Some("/parameters/retry_after"),
            secrets: vec!["canary"],
        };
        let outcome = |status, body| reader.outcome_of(&answer(status, &body), None);
        let retried = |outcome: DeliveryOutcome| matches!(outcome, DeliveryOutcome::Retry { .. });
        assert_eq!(
            outcome(200, json!({"ok": true, "result": {"message_id": 7}})),
            DeliveryOutcome::Delivered(Some("7".into()))
        );
        assert_eq!(
            reader.outcome_of(&answer(200, &json!({"ok": true})), Some("3")),
            DeliveryOutcome::Delivered(Some("3".into())),
            "the first message stays the one to reply to"
        );
        let said = outcome(400, json!({"ok": false, "description": "chat not found"}));
        assert_eq!(
            said,
            DeliveryOutcome::Refused(
                "the endpoint refused it with status 400: chat not found".into()
            )
        );
        let secret = outcome(403, json!({"ok": false, "description": "bot canary is blocked"}));
        assert!(!format!("{secret:?}").contains("canary"), "{secret:?}");
        for (status, body) in [
            (200, json!({"ok": false})),
            (200, json!({})),
            (400, json!({"error": "proxy"})),
            (404, json!({"ok": false})),
            (500, json!({"ok": false})),
            (500, json!({"ok": true})),
        ] {
            assert!(retried(outcome(status, body.clone())), "{status} {body}");
        }
        let pause = outcome(429, json!({"ok": false, "parameters": {"retry_after": 6.2}}));
        let after = Duration::from_secs(7);
        assert!(matches!(pause, DeliveryOutcome::Retry { after: Some(it), .. } if it == after));
    }
}
