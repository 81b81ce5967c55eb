//! Documents in a text: policies, which services log as a string.

use serde_json::Value;

/// How often a text may be quoted in a text.
const MAX_QUOTED: usize = 3;

/// The object or list that a text holds: JSON, or JSON that is encoded as for a URL, as IAM's
/// responses are.
pub fn document(text: &str) -> Option<Value> {
    let mut text = text.trim_start().to_owned();
    for _ in 0..MAX_QUOTED {
        match text.as_bytes().first()? {
            b'%' => text = decoded(&text),
            b'{' | b'[' => return serde_json::from_str(&text).ok(),
            b'"' => text = serde_json::from_str::<String>(&text).ok()?,
            _ => return None,
        }
        text = text.trim_start().to_owned();
    }
    None
}

/// `%7B` is `{`. What is no code stays as it is.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        let digits = behind.get(..2).filter(|_| *first == b'%');
        let code = digits.and_then(|digits| std::str::from_utf8(digits).ok());
        let byte = code.and_then(|code| u8::from_str_radix(code, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = behind.get(if byte.is_some() { 2 } else { 0 }..).unwrap_or_default();
    }
    String::from_utf8_lossy(&bytes).into_owned()
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
            assert_eq!(document(text), Some(wanted.clone()), "{text}");
        }
        let deep = (0..20).fold("{}".to_owned(), |text, _| serde_json::to_string(&text).unwrap());
        for text in ["", "alice", "42", "{", "%7B", "%", "\"x\"", "null", &deep] {
            assert_eq!(document(text), None, "{text}");
        }
    }
}
