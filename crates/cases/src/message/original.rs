//! The nine fields of version 1 of the message.

use aware_core::message::{MessageField, labels};
use aware_core::text;
use serde_json::Value;

/// What the nine fields tell, as the log had it.
pub(super) struct OriginalTexts<'t> {
    pub(super) error_message: Option<&'t str>,
    pub(super) event_name: &'t str,
    pub(super) event_source: &'t str,
    pub(super) account: &'t str,
    pub(super) user_account: Option<&'t str>,
    pub(super) user_name: Option<&'t str>,
    pub(super) user_arn: Option<&'t str>,
    pub(super) source: Option<&'t str>,
    pub(super) request: Option<&'t Value>,
}

/// The fields under their names and in their order; empty ones are left out.
pub(super) fn version_1_fields(of: &OriginalTexts<'_>) -> Vec<MessageField> {
    let texts = [
        (labels::ERROR_MESSAGE, of.error_message),
        (labels::EVENT, Some(of.event_name)),
        (labels::SOURCE, Some(of.event_source)),
        (labels::RECIPIENT_ACCOUNT, Some(of.account)),
        (labels::USER_ACCOUNT, of.user_account),
        (labels::USERNAME, of.user_name),
        (labels::USER_ARN, of.user_arn),
        (labels::SOURCE_IP, of.source),
    ];
    let text_field = |(key, value): (&str, Option<&str>)| {
        let value = value.filter(|value| !value.is_empty())?;
        Some(MessageField { key: key.to_owned(), value: text::clean_line(value).into() })
    };
    let mut fields: Vec<MessageField> = texts.into_iter().filter_map(text_field).collect();
    if let Some(request) = of.request {
        fields.push(MessageField { key: labels::REQUEST.to_owned(), value: request.clone() });
    }
    fields
}
