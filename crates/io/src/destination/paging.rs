//! Which messages wake people up: shared by every destination that pages.
//!
//! An alert lives as long as its case. The first message at or above the level opens it, later ones
//! are added to it even if the level has fallen since, and the end of the case resolves it. A case
//! that opens again may open an alert again.

use aware_core::event::Level;
use aware_core::fingerprint::Fingerprint;
use aware_core::message::{Message, MessageKind};
use aware_core::text::{clean_line, clip_text};

use crate::config::choice::LevelName;
use crate::secret::SecretText;

/// What a delivery returns as the thread after it has resolved an alert. A store does not forget a
/// thread, so this says that nothing is open.
pub(super) const RESOLVED: &str = "resolved";

/// The longest key of an alert, in characters. PagerDuty allows 255, Jira Service Management 512.
const MAX_KEY: usize = 255;
/// How much of an API's own words is shown, in characters.
const MAX_QUOTE: usize = 300;

/// What a message does to its alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PagingStep {
    /// It opens the alert.
    Trigger,
    /// It adds to the alert that is open.
    Repeat,
    /// It resolves the alert.
    Resolve,
    /// It is none of a pager's business.
    Nothing,
}

/// The lowest level that pages if a config names none.
pub(super) fn default_level() -> LevelName {
    LevelName::High
}

/// Decides what a message does. `thread` is what an earlier delivery returned: the key of the alert
/// that it opened, or [`RESOLVED`]. Anything else is from another destination that had this name.
///
/// A closed case whose alert is not known is resolved anyway if its level pages: the thread may have
/// been lost, and a resolve without an alert does nothing.
pub(super) fn paging_step(message: &Message, thread: Option<&str>, min_level: Level) -> PagingStep {
    let pages = message_level(message) >= min_level;
    let is_open = thread.is_some_and(|thread| thread == alert_key(message));
    let may_be_open = is_open || pages && thread != Some(RESOLVED);
    let is_closed = message.case.as_ref().is_some_and(|case| case.is_closed);
    match message.kind {
        MessageKind::Digest | MessageKind::Heartbeat => PagingStep::Nothing,
        MessageKind::Finding | MessageKind::Update | MessageKind::System => {
            match (is_closed, is_open) {
                (true, _) if may_be_open => PagingStep::Resolve,
                (false, true) => PagingStep::Repeat,
                (false, false) if pages => PagingStep::Trigger,
                _ => PagingStep::Nothing,
            }
        }
    }
}

/// The level of a message. One without a level, such as a foreign version 1 message, counts as
/// medium.
pub(super) fn message_level(message: &Message) -> Level {
    let of_case = || message.case.as_ref().and_then(|case| case.level.known());
    message.severity.or_else(of_case).unwrap_or(Level::Medium)
}

/// The key of a message's alert: its fingerprint. It consists of letters, digits, `:`, `-` and `_`
/// alone, so that it may stand in a URL; a fingerprint of a foreign sender that does not is hashed.
pub(super) fn alert_key(message: &Message) -> String {
    let key = message.fingerprint.as_str();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '-' | '_');
    if (1..=MAX_KEY).contains(&key.len()) && key.chars().all(is_plain) && key != RESOLVED {
        return key.to_owned();
    }
    Fingerprint::from_parts(&["alert", key]).as_str().to_owned()
}

/// What an API says, for an outcome: one line, not too long, and without the key that it may repeat.
pub(super) fn quote_answer(text: &str, key: &SecretText) -> String {
    let hidden = text.replace(key.expose(), "***");
    clip_text(&clean_line(&hidden), MAX_QUOTE).into_owned()
}

/// A message of a case, for tests.
#[cfg(test)]
pub(super) fn test_case_message(kind: &str, level: &str, is_closed: bool) -> Message {
    let body = serde_json::json!({
        "schemaVersion": "2.0", "subject": "alice made themselves administrator", "fields": [],
        "metadata": {"sourceName": "CloudTrail"},
        "id": "msg_1", "kind": kind, "time": "2026-11-24T03:54:00Z", "fingerprint": "fp1:ab12",
        "severity": level, "count": 4, "facts": {"news": "a new access key"},
        "case": {
            "id": "c5b1e00000000000a", "kind": "intruder", "level": level, "reading": "intrusion",
            "headline": "alice made themselves administrator", "who": "user/alice in 111122223333",
            "from": "203.0.113.83", "when": "03:50:00 to 03:54:00 UTC",
            "accounts": ["111122223333"], "isClosed": is_closed,
            "timeline": [{
                "time": "2026-11-24T03:50:00Z", "clock": "03:50:00", "mark": "changed",
                "text": "iam:PutUserPolicy on themselves: Allow * on *"
            }],
            "nextSteps": [{
                "title": "Deny everything to user/alice",
                "commands": ["aws iam attach-user-policy --user-name alice"]
            }],
        },
    });
    let message = Message::read_json(body.to_string().as_bytes()).unwrap();
    assert!(message.case.is_some(), "the case can be read");
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "fp1:ab12";

    fn step(kind: &str, level: &str, is_closed: bool, thread: Option<&str>) -> PagingStep {
        paging_step(&test_case_message(kind, level, is_closed), thread, Level::High)
    }

    #[test]
    fn the_life_of_a_case() {
        let open = Some(KEY);
        for (kind, level, is_closed, thread, expected) in [
            ("finding", "critical", false, None, PagingStep::Trigger),
            ("finding", "high", false, None, PagingStep::Trigger),
            ("finding", "medium", false, None, PagingStep::Nothing),
            // It rises to the level later.
            ("update", "high", false, None, PagingStep::Trigger),
            ("update", "high", false, open, PagingStep::Repeat),
            // It falls below the level after it has paged.
            ("update", "low", false, open, PagingStep::Repeat),
            ("update", "low", true, open, PagingStep::Resolve),
            ("update", "high", true, open, PagingStep::Resolve),
            // It never paged.
            ("update", "low", false, None, PagingStep::Nothing),
            ("update", "low", true, None, PagingStep::Nothing),
            // The thread was lost.
            ("update", "high", true, None, PagingStep::Resolve),
            // It is closed, and perhaps opens again.
            ("update", "high", true, Some(RESOLVED), PagingStep::Nothing),
            ("update", "low", false, Some(RESOLVED), PagingStep::Nothing),
            ("update", "high", false, Some(RESOLVED), PagingStep::Trigger),
            // A Slack destination had this name before.
            ("update", "low", false, Some("C1/1.2"), PagingStep::Nothing),
            ("update", "high", false, Some("C1/1.2"), PagingStep::Trigger),
            // Neither ever pages.
            ("digest", "critical", false, open, PagingStep::Nothing),
            ("heartbeat", "critical", true, open, PagingStep::Nothing),
        ] {
            let found = step(kind, level, is_closed, thread);
            assert_eq!(found, expected, "{kind} {level} closed={is_closed} {thread:?}");
        }
    }

    #[test]
    fn problems_of_the_program_page_from_the_level_on() {
        for (level, expected) in [("high", PagingStep::Trigger), ("medium", PagingStep::Nothing)] {
            let body = format!(
                r#"{{"kind": "system", "subject": "s", "fields": [], "severity": "{level}"}}"#
            );
            let message = Message::read_json(body.as_bytes()).unwrap();
            assert_eq!(paging_step(&message, None, Level::High), expected, "{level}");
        }
    }

    #[test]
    fn a_message_without_a_level_counts_as_medium() {
        let message = Message::read_json(br#"{"subject": "s", "fields": []}"#).unwrap();
        assert_eq!(paging_step(&message, None, Level::High), PagingStep::Nothing);
        assert_eq!(paging_step(&message, None, Level::Medium), PagingStep::Trigger);
    }

    #[test]
    fn keys_are_plain_and_short() {
        let key = |fingerprint: &str| {
            let mut message = test_case_message("finding", "high", false);
            message.fingerprint = fingerprint.to_owned().into();
            alert_key(&message)
        };
        assert_eq!(key(KEY), KEY);
        assert_eq!(key(&"a".repeat(255)), "a".repeat(255));
        for foreign in ["..", "a/b?c", "ä", "", RESOLVED, &"a".repeat(256)] {
            let found = key(foreign);
            assert!(found.starts_with("fp1:") && found.len() == 36, "{foreign}: {found}");
        }
        assert_ne!(key("a/b"), key("a/c"));
    }

    #[test]
    fn a_quoted_answer_hides_the_key() {
        let key = SecretText::new("canary".to_owned());
        assert_eq!(quote_answer("no\ncanary\u{202e} here", &key), "no ***\u{fffd} here");
        assert!(quote_answer(&"x".repeat(1000), &key).chars().count() <= MAX_QUOTE);
    }
}
