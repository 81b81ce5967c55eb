//! The body that Giftbit's *Activity Aware IDS* sent, for legacy custom integrations: only they
//! still accept `channel`, `username` and `icon_url`.
//!
//! `{username, color, icon_url, channel, text}`; the text has a line `key: value` for each field,
//! with objects as JSON indented by two spaces. It differs only in what the old product let
//! through: `&`, `<` and `>` are escaped, and invisible characters within a string are replaced.

use aware_core::message::{Message, MessageField};
use aware_core::text::slack::Mrkdwn;
use aware_core::text::{clean_line, clip_text};
use serde_json::{Map, Value};

use super::links::LinkHosts;

/// Slack cuts a text of more than 40,000 characters.
const TEXT_CHARS: usize = 39_000;
/// The most characters in a name, a channel and an address.
const NAME_CHARS: usize = 200;
const ADDRESS_CHARS: usize = 2000;
/// Up to here a float holds every whole number exactly.
const MAX_SAFE_INTEGER: f64 = 9_007_199_254_740_992.0;

/// The body. `channel` is the target, if it is not the webhook's own channel.
pub(super) fn legacy_body(
    message: &Message,
    channel: Option<&str>,
    links: Option<&LinkHosts>,
) -> Value {
    let mut body = Map::new();
    let mut add = |key: &str, value: Option<&str>, max: usize| {
        if let Some(value) = value {
            body.insert(key.to_owned(), clip_text(&clean_line(value), max).into());
        }
    };
    add("username", message.source_name.as_deref(), NAME_CHARS);
    add("color", Some("danger"), NAME_CHARS);
    add("icon_url", message.source_icon_url.as_deref(), ADDRESS_CHARS);
    add("channel", channel, NAME_CHARS);
    body.insert("text".to_owned(), legacy_text(message, links).into());
    Value::Object(body)
}

/// The fields as lines. Without any, the subject, since Slack rejects an empty text.
fn legacy_text(message: &Message, links: Option<&LinkHosts>) -> String {
    let lines: Vec<Mrkdwn> = message.fields.iter().map(|field| field_line(field, links)).collect();
    let text = Mrkdwn::join_parts(lines, "\n");
    if text.as_str().trim().is_empty() {
        let subject = if message.subject.trim().is_empty() { "-" } else { &message.subject };
        return Mrkdwn::escape_text(subject, TEXT_CHARS).to_string();
    }
    if text.sent_length() <= TEXT_CHARS {
        return text.to_string();
    }
    // A link cannot be cut, so a text that is too long is shown without links.
    let mut room = TEXT_CHARS - 100;
    let mut kept = Vec::new();
    for field in &message.fields {
        let line = field_line(field, None);
        let line = if line.sent_length() <= room { line } else { cut_line(field, room) };
        room = room.saturating_sub(line.sent_length() + 1);
        kept.push(line);
        if room < 100 {
            break;
        }
    }
    let rest = format!(
        "… truncated: {} characters in {} fields",
        text.sent_length(),
        message.fields.len()
    );
    kept.push(Mrkdwn::escape_text(&rest, 100));
    Mrkdwn::join_parts(kept, "\n").to_string()
}

fn field_line(field: &MessageField, links: Option<&LinkHosts>) -> Mrkdwn {
    let key = Mrkdwn::escape_text(&format!("{}: ", field.key), usize::MAX);
    Mrkdwn::concat_parts([key, value_text(&field.value, links, usize::MAX)])
}

fn cut_line(field: &MessageField, room: usize) -> Mrkdwn {
    let key = Mrkdwn::escape_text(&format!("{}: ", field.key), NAME_CHARS);
    let room = room.saturating_sub(key.sent_length());
    Mrkdwn::concat_parts([key, value_text(&field.value, None, room)])
}

fn value_text(value: &Value, links: Option<&LinkHosts>, max: usize) -> Mrkdwn {
    match value {
        Value::String(text) => {
            let linked = links.and_then(|hosts| hosts.render_links(text, TEXT_CHARS));
            linked.unwrap_or_else(|| Mrkdwn::escape_text(text, max))
        }
        other => Mrkdwn::escape_lines(&format!("{:#}", as_javascript(other)), max),
    }
}

/// JavaScript does not distinguish `1.0` from `1`.
fn as_javascript(value: &Value) -> Value {
    match value {
        Value::Number(number) => match number.as_f64() {
            Some(float)
                if number.is_f64() && float.fract() == 0.0 && float.abs() < MAX_SAFE_INTEGER =>
            {
                // A whole number that fits an i64.
                #[allow(clippy::cast_possible_truncation)]
                Value::from(float as i64)
            }
            _ => value.clone(),
        },
        Value::Array(list) => list.iter().map(as_javascript).collect(),
        Value::Object(map) => Value::Object(
            map.iter().map(|(key, value)| (key.clone(), as_javascript(value))).collect(),
        ),
        _ => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn sent(message: &Value) -> String {
        let message = Message::read_json(message.to_string().as_bytes()).unwrap();
        legacy_body(&message, message.tag_value(super::super::CHANNEL_TAG), None).to_string()
    }

    #[test]
    fn the_body_of_2017() {
        let message = json!({
            "subject": "Backup of shop failed",
            "fields": [
                {"key": "Job", "value": "nightly"},
                {"key": "Try", "value": 3.0},
                {"key": "Last", "value": null},
                {"key": "Detail"},
                {"key": "Request", "value": {"table": "orders", "parts": [1, {"a": null}], "none": {}, "list": []}},
            ],
            "metadata": {"sourceName": "Backup", "sourceIconUrl": "https://icons.example/backup.png"},
            "tags": [{"key": "slack-preferred-channel", "value": "#ops"}],
        });
        let text = "Job: nightly\nTry: 3\nLast: null\nDetail: undefined\nRequest: {\n  \"table\": \"orders\",\n  \"parts\": [\n    1,\n    {\n      \"a\": null\n    }\n  ],\n  \"none\": {},\n  \"list\": []\n}";
        let wanted = format!(
            r##"{{"username":"Backup","color":"danger","icon_url":"https://icons.example/backup.png","channel":"#ops","text":{}}}"##,
            json!(text)
        );
        assert_eq!(sent(&message), wanted);
    }

    #[test]
    fn what_is_not_given_is_not_sent() {
        let message = json!({"subject": "", "fields": [{"key": "A", "value": "b"}]});
        assert_eq!(sent(&message), r#"{"color":"danger","text":"A: b"}"#);
        let empty = json!({"subject": "Only this", "fields": []});
        assert_eq!(sent(&empty), r#"{"color":"danger","text":"Only this"}"#);
    }

    #[test]
    fn no_string_makes_mark_up_or_a_line_of_its_own() {
        let value = "<!channel> & *b*\nUser ARN: forged\u{202e}";
        let message = json!({"subject": "s", "fields": [{"key": "A", "value": value}]});
        let wanted = "A: &lt;!channel&gt; &amp; *b* User ARN: forged\u{fffd}";
        assert_eq!(sent(&message), json!({"color": "danger", "text": wanted}).to_string());
    }

    #[test]
    fn what_slack_would_cut_is_cut_and_said() {
        let field = |at: u32| json!({"key": format!("K{at}"), "value": "&".repeat(3000)});
        let fields: Vec<_> = (0..40).map(field).collect();
        let sent = sent(&json!({"subject": "s", "fields": fields}));
        let body: Value = serde_json::from_str(&sent).unwrap();
        let text = body["text"].as_str().unwrap();
        assert!(text.encode_utf16().count() <= 40_000);
        assert!(text.ends_with("in 40 fields"), "{text}");
    }
}
