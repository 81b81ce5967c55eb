//! JSON that hides nothing: log lines, and the output of commands.

use std::borrow::Cow;

use super::clean::is_invisible;

/// An object with the given keys in order. Invisible characters are written as `\u` escapes, so
/// that nothing is lost and no line can be forged.
///
/// ```
/// use aware_core::text::json::json_line;
///
/// let line = json_line(&[("level", "warn"), ("user", "a\nb")]);
/// assert_eq!(line, r#"{"level":"warn","user":"a\u000ab"}"#);
/// ```
pub fn json_line(pairs: &[(&str, &str)]) -> String {
    let members: Vec<String> =
        pairs.iter().map(|(k, v)| format!("{}:{}", quote_json(k), quote_json(v))).collect();
    format!("{{{}}}", members.join(","))
}

fn quote_json(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if is_invisible(c) => push_escape(c, &mut out),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// JSON for a terminal or a file: invisible characters are written as `\u` escapes. They occur only
/// within strings, so the JSON means the same; its own line breaks stay.
pub fn visible_json(json: &str) -> Cow<'_, str> {
    let is_hidden = |c: char| c != '\n' && is_invisible(c);
    if !json.contains(is_hidden) {
        return Cow::Borrowed(json);
    }
    let mut out = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        if is_hidden(c) {
            push_escape(c, &mut out);
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

fn push_escape(c: char, out: &mut String) {
    for unit in c.encode_utf16(&mut [0; 2]) {
        out.push_str(&format!("\\u{unit:04x}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_stays_the_same_and_is_seen() {
        let value = serde_json::json!({"a\u{202e}": "b\u{7f}\u{9b}\u{e0041}\n\u{1b}ä"});
        let pretty = format!("{value:#}");
        let shown = visible_json(&pretty);
        assert!(!shown.contains(|c| c != '\n' && is_invisible(c)), "{shown}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap(), value);
        assert!(matches!(visible_json("{\n}"), Cow::Borrowed(_)));
    }
}
