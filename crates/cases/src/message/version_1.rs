//! Subject and metadata as version 1's own source wrote them.

use aware_core::finding::Finding;
use aware_core::message::{Message, MessageField, MessageKind, labels};

/// What the source of version 1 called itself.
pub const VERSION_1_NAME: &str = "Cloudtrail";

/// The icon that the source of version 1 used. It is in a bucket of its makers.
pub const VERSION_1_ICON_URL: &str =
    "https://s3-us-west-2.amazonaws.com/giftbit-developer-static-resources/AWS-CloudTrail.png";

/// Gives the message of a group the subject of version 1 (`Error Message: User: … is not authorized
/// …`: the first field and its whole value) and its metadata, for subscribers that look for them.
/// `first` is the group's first finding. A correlation is left unchanged: version 1 had none.
pub fn rewrite_as_version_1(message: &mut Message, first: &Finding) {
    if !matches!(message.kind, MessageKind::Finding | MessageKind::Update)
        || first.correlated.is_some()
    {
        return;
    }
    if first.error_message.as_ref().is_none_or(String::is_empty) {
        message.fields.retain(|field| field.key != labels::ERROR_MESSAGE);
    }
    if let Some(MessageField { key, .. }) = message.fields.first() {
        message.subject = format!("{key}: {}", message.field_text(key).unwrap_or_default());
    }
    rewrite_source_as_version_1(message);
}

/// The same for the message of a case: its subject is the first field of the case's earliest
/// finding.
pub fn rewrite_case_as_version_1(message: &mut Message) {
    let is_original = |field: &&MessageField| {
        [labels::ERROR_MESSAGE, labels::EVENT].contains(&field.key.as_str())
    };
    if let Some(MessageField { key, .. }) = message.fields.first().filter(is_original) {
        message.subject = format!("{key}: {}", message.field_text(key).unwrap_or_default());
    }
    rewrite_source_as_version_1(message);
}

/// Gives a message the metadata of version 1.
fn rewrite_source_as_version_1(message: &mut Message) {
    message.source_name = Some(VERSION_1_NAME.to_owned());
    message.source_icon_url = Some(VERSION_1_ICON_URL.to_owned());
}
