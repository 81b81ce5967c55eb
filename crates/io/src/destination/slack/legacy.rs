//! The body that Giftbit's *Activity Aware IDS* sent in 2017, for legacy custom integrations:
//! only they still take `channel`, `username` and `icon_url`. Escaped, which that one did not.

use aware_core::message::Message;
use aware_core::text::slack::{Mrkdwn, plain};
use serde_json::{Map, Value, json};

use super::CHANNEL_TAG;

/// The body.
pub(super) fn body(message: &Message) -> Value {
    let field = |field: &aware_core::message::Field| {
        let value = match &field.value {
            Value::String(text) => text.clone(),
            other => format!("{other:#}"),
        };
        json!({"title": plain(&field.key, 100), "value": Mrkdwn::escape(&value, 500).as_str(), "short": value.len() < 40})
    };
    let fields: Vec<Value> = message.fields.iter().take(20).map(field).collect();
    let subject = Mrkdwn::escape(&message.subject, 300);
    let mut body = Map::new();
    let mut add = |key: &str, value: Option<&str>| {
        if let Some(value) = value {
            body.insert(key.to_owned(), plain(value, 200).into());
        }
    };
    add("channel", message.tag(CHANNEL_TAG));
    add("username", message.source_name.as_deref());
    add("icon_url", message.source_icon_url.as_deref());
    let attachment = json!({"fallback": subject.as_str(), "pretext": subject.as_str(), "color": "danger", "fields": fields});
    body.insert("attachments".to_owned(), json!([attachment]));
    Value::Object(body)
}
