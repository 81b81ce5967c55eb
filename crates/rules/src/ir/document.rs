//! Documents within a text: policies, which services log as a string.

use aware_core::event::percent_decoded;
use serde_json::Value;

/// How many times a text may be quoted within a text.
const MAX_QUOTED: usize = 3;

/// The object or list that a text contains: JSON, or URL-encoded JSON, as in IAM's responses.
pub fn embedded_document(text: &str) -> Option<Value> {
    let mut text = text.trim_start().to_owned();
    for _ in 0..MAX_QUOTED {
        match text.as_bytes().first()? {
            b'%' => text = percent_decoded(&text),
            b'{' | b'[' => return serde_json::from_str(&text).ok(),
            b'"' => text = serde_json::from_str::<String>(&text).ok()?,
            _ => return None,
        }
        text = text.trim_start().to_owned();
    }
    None
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn documents_as_they_are_logged() {
        let wanted = json!({"Action": ["s3:*", "é"]});
        let quoted = serde_json::to_string(&wanted.to_string()).unwrap();
        for text in [
            r#"{"Action": ["s3:*", "\u00e9"]}"#,
            "\n  {\"Action\":[\"s3:*\",\"é\"]}",
            "%7B%22Action%22%3A%5B%22s3%3A%2A%22%2C%20%22%C3%A9%22%5D%7D",
            "%7b%22Action%22:[%22s3:*%22,%22é%22]}",
            &quoted,
        ] {
            assert_eq!(embedded_document(text), Some(wanted.clone()), "{text}");
        }
        let deep = (0..20).fold("{}".to_owned(), |text, _| serde_json::to_string(&text).unwrap());
        for text in ["", "alice", "42", "{", "%7B", "%", "\"x\"", "null", &deep] {
            assert_eq!(embedded_document(text), None, "{text}");
        }
    }
}
