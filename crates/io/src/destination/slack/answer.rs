//! What Slack's answers mean. Both status and body matter: errors come with status 200.
//!
//! Only an error code that Slack documents counts as a refusal. Any other answer is retried later:
//! from a captive portal, a proxy or a firewall, or an unknown code from Slack. Sources:
//! <https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks>, "Handling errors";
//! <https://docs.slack.dev/reference/methods/chat.postMessage>, "Errors".

use aware_pipeline::port::DeliveryOutcome;
use serde_json::Value;

use super::http::{DEFAULT_PAUSE, HttpAnswer};

/// The plain-text errors with which a webhook refuses a message.
const WEBHOOK_ERRORS: [&str; 18] = [
    "action_prohibited",
    "channel_is_archived",
    "channel_not_found",
    "invalid_attachments",
    "invalid_blocks",
    "invalid_blocks_format",
    "invalid_payload",
    "invalid_token",
    "msg_blocks_too_long",
    "no_active_hooks",
    "no_service",
    "no_service_id",
    "no_team",
    "no_text",
    "posting_to_general_channel_denied",
    "team_disabled",
    "too_many_attachments",
    "user_not_found",
];

/// The errors with which `chat.postMessage` and `chat.update` refuse a message.
const METHOD_ERRORS: [&str; 58] = [
    "access_denied",
    "account_inactive",
    "as_user_not_supported",
    "cannot_reply_to_message",
    "cant_broadcast_message",
    "cant_update_message",
    "channel_not_found",
    "deprecated_endpoint",
    "duplicate_channel_not_found",
    "duplicate_message_not_found",
    "edit_window_closed",
    "ekm_access_denied",
    "enterprise_is_restricted",
    "invalid_arg_name",
    "invalid_arguments",
    "invalid_array_arg",
    "invalid_attachments",
    "invalid_auth",
    "invalid_blocks",
    "invalid_blocks_format",
    "invalid_charset",
    "invalid_form_data",
    "invalid_metadata_format",
    "invalid_metadata_schema",
    "invalid_post_type",
    "is_archived",
    "is_inactive",
    "markdown_text_conflict",
    "message_not_found",
    "messages_tab_disabled",
    "metadata_must_be_sent_from_app",
    "metadata_too_large",
    "method_deprecated",
    "missing_post_type",
    "missing_scope",
    "msg_blocks_too_long",
    "msg_too_long",
    "no_permission",
    "no_text",
    "not_allowed_token_type",
    "not_authed",
    "not_in_channel",
    "org_login_required",
    "restricted_action",
    "restricted_action_non_threadable_channel",
    "restricted_action_read_only_channel",
    "restricted_action_thread_locked",
    "restricted_action_thread_only_channel",
    "slack_connect_canvas_sharing_blocked",
    "slack_connect_file_link_sharing_blocked",
    "slack_connect_lists_sharing_blocked",
    "team_access_not_granted",
    "team_not_found",
    "thread_not_found",
    "token_expired",
    "token_revoked",
    "too_many_attachments",
    "two_factor_setup_required",
];

/// How to proceed after an answer.
pub(super) enum SlackVerdict {
    /// The delivery has ended with this outcome.
    Done(DeliveryOutcome),
    /// Slack did not accept the blocks; plain text may work.
    BadBlocks(String),
}

impl SlackVerdict {
    pub(super) fn into_outcome(self) -> DeliveryOutcome {
        match self {
            Self::Done(outcome) => outcome,
            Self::BadBlocks(error) => DeliveryOutcome::Refused(error),
        }
    }

    /// `known` lists the errors with which Slack refuses.
    fn from_error(error: &str, known: &[&str], answer: &HttpAnswer) -> Self {
        let said = || format!("Slack said {error}");
        match (error, answer.status) {
            (_, 429 | 500..) => Self::Done(answer.retry_as("Slack")),
            (error, _) if !known.contains(&error) => Self::Done(unknown_answer(error, answer)),
            (
                "invalid_blocks"
                | "msg_blocks_too_long"
                | "invalid_blocks_format"
                | "invalid_attachments",
                _,
            ) => Self::BadBlocks(said()),
            _ => Self::Done(DeliveryOutcome::Refused(said())),
        }
    }
}

/// A webhook's answer: plain text, exactly `ok` on success.
pub(super) fn webhook_verdict(answer: &HttpAnswer) -> SlackVerdict {
    let text = answer.body.trim_end_matches(['\r', '\n']);
    if answer.status == 200 && text == "ok" {
        return SlackVerdict::Done(DeliveryOutcome::Delivered(None));
    }
    SlackVerdict::from_error(text, &WEBHOOK_ERRORS, answer)
}

/// The Web API's answer: an object with `ok`.
pub(super) fn api_answer(answer: &HttpAnswer) -> Result<Value, SlackVerdict> {
    let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
    let ok = body.get("ok").and_then(Value::as_bool);
    if answer.status == 200 && ok == Some(true) {
        return Ok(body);
    }
    let error = body.get("error").and_then(Value::as_str).filter(|_| ok == Some(false));
    Err(SlackVerdict::from_error(error.unwrap_or_default(), &METHOD_ERRORS, answer))
}

/// Retries later after an unknown answer, quoting Slack's error code if there is one.
fn unknown_answer(error: &str, answer: &HttpAnswer) -> DeliveryOutcome {
    let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if error.is_empty() || error.len() > 64 || !error.chars().all(is_word) {
        return answer.retry_as("Slack");
    }
    let is_limit = matches!(error, "ratelimited" | "rate_limited");
    let after = answer.retry_after.or(is_limit.then_some(DEFAULT_PAUSE));
    DeliveryOutcome::Retry { after, reason: format!("Slack said {error}") }
}

/// Whether the error concerns the channel, so that another channel may work.
pub(super) fn is_channel_error(error: &str) -> bool {
    ["channel_not_found", "not_in_channel", "is_archived"].iter().any(|word| error.ends_with(word))
}

/// Whether the message to reply to no longer exists.
pub(super) fn is_parent_gone(error: &str) -> bool {
    ["message_not_found", "thread_not_found", "cannot_reply_to_message"]
        .iter()
        .any(|word| error.ends_with(word))
}
