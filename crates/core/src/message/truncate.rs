//! Keeps a message within its limits by cutting what is needed least, and records what was cut.
//!
//! Order: long leaves of the request (1 KiB of each is kept), lists over 20 entries, lines of a
//! case's timeline that it is not about, further evidences, observables, long field values, long
//! facts, then further steps of a case. Subject, id, fingerprint, severity, account, region,
//! principal and event ids are never cut, nor a case's id, level, reading and headline. SNS takes
//! 256 KiB.

use serde_json::Value;

use super::case_cuts::{cut_steps, cut_timeline};
use super::{Facts, Message, TruncatedField, labels};
use crate::text::clip_bytes;

/// The size to which messages are truncated, in bytes of JSON.
pub const SOFT_LIMIT: usize = 60 * 1024;

/// The maximum size of any message, in bytes of JSON.
pub const HARD_LIMIT: usize = 240 * 1024;

/// How much of a long leaf is kept, in bytes.
const LEAF: usize = 1024;
/// The longest cure that is kept, in bytes of JSON.
const CURE: usize = 4 * LEAF;
/// How many entries of a list are kept.
const LIST: usize = 20;

/// Cuts until the message fits `limit`. A message that fits is not changed.
///
/// ```
/// use aware_core::message::{Message, truncate_message};
///
/// let long = "x".repeat(5_000);
/// let body = format!(r#"{{"subject": "Denied call", "fields": [{{"key": "Note", "value": "{long}"}}]}}"#);
/// let mut message = Message::read_json(body.as_bytes())?;
/// truncate_message(&mut message, 4_000);
/// assert!(message.to_json().len() <= 4_000);
/// assert_eq!(message.truncated.len(), 1);
/// # Ok::<(), aware_core::message::MessageError>(())
/// ```
pub fn truncate_message(message: &mut Message, limit: usize) {
    let steps: [fn(&mut Message); 9] = [
        cut_request_leaves,
        cut_lists,
        drop_requests,
        cut_timeline,
        cut_evidences,
        cut_fields,
        cut_facts,
        cut_steps,
        drop_finding,
    ];
    if max_json_bytes(message) <= limit {
        return;
    }
    for step in steps {
        if message.to_json().len() <= limit {
            return;
        }
        step(message);
    }
}

/// An upper bound on the size of the message's JSON without writing it: an escape takes six bytes.
fn max_json_bytes(message: &Message) -> usize {
    let fields =
        message.fields.iter().map(|field| 32 + 6 * field.key.len() + max_value_bytes(&field.value));
    let tags = message.tags.iter().map(|tag| 32 + 6 * (tag.key.len() + tag.value.len()));
    let cuts = message.truncated.iter().map(|cut| 64 + 6 * cut.path.len());
    let finding = message.finding.as_ref().map_or(0, max_value_bytes);
    let facts = serde_json::to_value(&message.facts).as_ref().map_or(0, max_value_bytes);
    let rest = message.subject.len()
        + message.id.len()
        + message.source_name.as_ref().map_or(0, String::len)
        + message.source_icon_url.as_ref().map_or(0, String::len);
    let case = serde_json::to_value(&message.case).as_ref().map_or(0, max_value_bytes);
    2048 + 6 * rest + finding + facts + case + fields.chain(tags).chain(cuts).sum::<usize>()
}

fn max_value_bytes(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 32,
        Value::String(text) => 3 + 6 * text.len(),
        Value::Array(list) => 3 + list.iter().map(max_value_bytes).sum::<usize>(),
        Value::Object(map) => {
            3 + map
                .iter()
                .map(|(key, value)| 5 + 6 * key.len() + max_value_bytes(value))
                .sum::<usize>()
        }
    }
}

fn cut_request_leaves(message: &mut Message) {
    cut_each_request(message, cut_leaves);
}

fn cut_lists(message: &mut Message) {
    cut_each_request(message, cut_nested_lists);
}

fn drop_requests(message: &mut Message) {
    cut_each_request(message, |value, path, cuts| {
        let bytes = value.to_string().len();
        cuts.push(TruncatedField { path: path.to_owned(), bytes });
        *value = Value::String(format!("…(+{bytes} bytes)"));
    });
}

fn cut_evidences(message: &mut Message) {
    for name in ["evidences", "observables", "resources"] {
        let Some(list) =
            message.finding.as_mut().and_then(|f| f.get_mut(name)).and_then(Value::as_array_mut)
        else {
            continue;
        };
        let rest: usize = list.iter().skip(1).map(|value| value.to_string().len()).sum();
        if rest > 0 {
            list.truncate(1);
            message
                .truncated
                .push(TruncatedField { path: format!("/finding/{name}"), bytes: rest });
        }
    }
}

fn cut_fields(message: &mut Message) {
    for (index, field) in message.fields.iter_mut().enumerate() {
        cut_leaves(&mut field.value, &format!("/fields/{index}/value"), &mut message.truncated);
    }
    if let Some(request) = &mut message.facts.request {
        cut_leaves(request, "", &mut Vec::new());
    }
    if message.fields.len() > 2 * LIST {
        let bytes = message
            .fields
            .iter()
            .skip(2 * LIST)
            .map(|f| f.value.to_string().len() + f.key.len())
            .sum();
        message.fields.truncate(2 * LIST);
        message.truncated.push(TruncatedField { path: "/fields".to_owned(), bytes });
    }
}

/// Cuts long texts. A statement is never cut: a cure that is too long is dropped as a whole.
fn cut_facts(message: &mut Message) {
    let Facts { request, cure, .. } = &mut message.facts;
    let (request, cure) = (request.take(), cure.take());
    let Ok(mut value) = serde_json::to_value(&message.facts) else { return };
    cut_leaves(&mut value, "/facts", &mut message.truncated);
    message.facts = serde_json::from_value(value).unwrap_or_default();
    let bytes = serde_json::to_string(&cure).map_or(0, |text| text.len());
    if bytes <= CURE {
        message.facts.cure = cure;
    } else {
        message.truncated.push(TruncatedField { path: "/facts/cure".to_owned(), bytes });
    }
    message.facts.request = request;
}

fn drop_finding(message: &mut Message) {
    if let Some(finding) = message.finding.take() {
        message
            .truncated
            .push(TruncatedField { path: "/finding".to_owned(), bytes: finding.to_string().len() });
    }
}

/// Applies a cut to every copy of the request: the field of version 1, OCSF's, and that of the
/// facts, which is not on the wire.
fn cut_each_request(
    message: &mut Message,
    cut: impl Fn(&mut Value, &str, &mut Vec<TruncatedField>),
) {
    if let Some(request) = &mut message.facts.request {
        cut(request, "", &mut Vec::new());
    }
    for (index, field) in message.fields.iter_mut().enumerate() {
        if field.key == labels::REQUEST {
            cut(&mut field.value, &format!("/fields/{index}/value"), &mut message.truncated);
        }
    }
    let path = "/evidences/0/api/request/data";
    if let Some(data) = message.finding.as_mut().and_then(|finding| finding.pointer_mut(path)) {
        cut(data, &format!("/finding{path}"), &mut message.truncated);
        if !data.is_object() {
            *data = serde_json::json!({"truncated": data.clone()});
        }
    }
}

fn cut_leaves(value: &mut Value, path: &str, cuts: &mut Vec<TruncatedField>) {
    match value {
        Value::String(text) if text.len() > LEAF + 32 => {
            let (kept, bytes) = clip_bytes(text, LEAF);
            let short = format!("{kept}…(+{bytes} bytes)");
            cuts.push(TruncatedField { path: path.to_owned(), bytes });
            *text = short;
        }
        Value::Array(list) => {
            for (index, value) in list.iter_mut().enumerate() {
                cut_leaves(value, &format!("{path}/{index}"), cuts);
            }
        }
        Value::Object(map) => {
            for (key, value) in map.iter_mut() {
                cut_leaves(value, &format!("{path}/{}", escape_pointer_key(key)), cuts);
            }
        }
        _ => {}
    }
}

fn cut_nested_lists(value: &mut Value, path: &str, cuts: &mut Vec<TruncatedField>) {
    match value {
        Value::Array(list) => {
            let bytes: usize = list.iter().skip(LIST).map(|value| value.to_string().len()).sum();
            if bytes > 0 {
                list.truncate(LIST);
                list.push(Value::String(format!("…(+{bytes} bytes)")));
                cuts.push(TruncatedField { path: path.to_owned(), bytes });
            }
            for (index, value) in list.iter_mut().enumerate() {
                cut_nested_lists(value, &format!("{path}/{index}"), cuts);
            }
        }
        Value::Object(map) => {
            for (key, value) in map.iter_mut() {
                cut_nested_lists(value, &format!("{path}/{}", escape_pointer_key(key)), cuts);
            }
        }
        _ => {}
    }
}

/// JSON pointer escaping (RFC 6901); a key longer than 64 bytes is clipped, since paths must stay
/// short.
fn escape_pointer_key(key: &str) -> String {
    clip_bytes(key, 64).0.replace('~', "~0").replace('/', "~1")
}
