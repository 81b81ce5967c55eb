//! Reads what publishers of version 1 write besides strings: numbers, objects, nothing at all.
//!
//! Version 1's readers were JavaScript, which shows whatever it is given: a field without a value
//! becomes `undefined`. Only a missing `subject` or `fields` is an error.

use serde_json::Value;

use super::{MessageField, MessageTag, value_as_text};

/// Shown when a field has no key or no value.
const UNDEFINED: &str = "undefined";

/// A string, number or boolean as text; `None` for empty, false or zero values, and for structures.
pub(super) fn scalar_text(value: &Value) -> Option<String> {
    let is_falsy = match value {
        Value::String(text) => text.is_empty(),
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::Bool(is_true) => !is_true,
        Value::Null | Value::Array(_) | Value::Object(_) => true,
    };
    (!is_falsy).then(|| value_as_text(value))
}

/// Reads fields of any shape: a list as intended, an object by its keys, anything else as one
/// field.
pub(super) fn read_fields(value: &Value) -> Vec<MessageField> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(list) => list.iter().map(read_field).collect(),
        Value::Object(map) => map
            .iter()
            .map(|(key, value)| MessageField { key: key.clone(), value: value.clone() })
            .collect(),
        other => vec![read_field(other)],
    }
}

fn read_field(value: &Value) -> MessageField {
    let Value::Object(map) = value else {
        return MessageField { key: UNDEFINED.to_owned(), value: value.clone() };
    };
    let key = match map.get("key") {
        None => UNDEFINED.to_owned(),
        Some(Value::Null) => "null".to_owned(),
        Some(key) => value_as_text(key),
    };
    MessageField { key, value: map.get("value").cloned().unwrap_or_else(|| UNDEFINED.into()) }
}

pub(super) fn read_tag(value: &Value) -> Option<MessageTag> {
    Some(MessageTag {
        key: scalar_text(value.get("key")?)?,
        value: scalar_text(value.get("value")?)?,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::message::Message;

    fn read(message: &serde_json::Value) -> Message {
        Message::read_json(message.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn any_subject_is_shown() {
        for (subject, wanted) in [
            (json!(""), ""),
            (json!(null), ""),
            (json!(7), "7"),
            (json!(true), "true"),
            (json!({"a": [1]}), r#"{"a":[1]}"#),
            (json!(["x"]), r#"["x"]"#),
        ] {
            let message =
                read(&json!({"subject": subject, "fields": [{"key": "A", "value": "b"}]}));
            assert_eq!(message.subject, wanted);
            assert_eq!(message.field_text("A").as_deref(), Some("b"));
        }
    }

    #[test]
    fn no_field_is_dropped() {
        let fields = json!([
            {"key": "A"}, {"value": "only"}, {"key": null, "value": null}, {"key": 3, "value": 4.5},
            "a string", null, {"key": "Z", "value": {"a": {}}},
        ]);
        let message = read(&json!({"subject": "s", "fields": fields}));
        let shown: Vec<_> =
            message.fields.iter().map(|it| (it.key.as_str(), it.value.clone())).collect();
        let wanted = [
            ("A", json!("undefined")),
            ("undefined", json!("only")),
            ("null", json!(null)),
            ("3", json!(4.5)),
            ("undefined", json!("a string")),
            ("undefined", json!(null)),
            ("Z", json!({"a": {}})),
        ];
        assert_eq!(shown, wanted);
        let of = |fields| read(&json!({"subject": "s", "fields": fields})).fields.len();
        assert_eq!([of(json!({"A": 1, "B": 2})), of(json!(null)), of(json!("text"))], [2, 0, 1]);
    }

    #[test]
    fn names_and_tags_that_are_no_strings() {
        let message = read(&json!({
            "subject": "s", "fields": [], "metadata": {"sourceName": 5, "sourceIconUrl": {}},
            "tags": [{"key": "a", "value": 1}, {"key": "b", "value": ""}, {"key": "c"}, {"key": 0, "value": "x"}, null],
        }));
        assert_eq!((message.source_name.as_deref(), &message.source_icon_url), (Some("5"), &None));
        assert_eq!(message.tags.len(), 1);
        assert_eq!(message.tag_value("a"), Some("1"));
        for tags in [json!({}), json!(null), json!("x")] {
            assert!(
                read(&json!({"subject": "s", "fields": [], "tags": tags, "metadata": null}))
                    .tags
                    .is_empty()
            );
        }
    }

    #[test]
    fn what_is_missing_is_said() {
        let error = |text: &str| Message::read_json(text.as_bytes()).unwrap_err().to_string();
        assert_eq!(error(r#"{"fields": []}"#), "Missing Required Parameter 'subject'");
        assert_eq!(error(r#"{"subject": "s"}"#), "Missing Required Parameter 'fields'");
        assert_eq!(error(r#""text""#), "Missing Required Parameter 'subject'");
    }
}
