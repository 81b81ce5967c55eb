//! JSON with halves of surrogate pairs: a lone `\\ud83d`, as left where AWS cut a name within an
//! emoji.
//!
//! A caller can put one anywhere, and a record that cannot be read would be a place to hide in. So
//! the half is read as U+FFFD, which shows that something was there.

use serde_json::Value;

/// Reads JSON, replacing each surrogate that has no other half with U+FFFD.
///
/// # Errors
/// The errors of [`serde_json::from_str`], if the text is not JSON for another reason.
pub(super) fn parse_lenient(text: &str) -> Result<Value, serde_json::Error> {
    serde_json::from_str(text).or_else(|problem| match replace_lone_halves(text) {
        Some(repaired) => serde_json::from_str(&repaired),
        None => Err(problem),
    })
}

/// The text with `\ufffd` for each half; `None` if there is none.
pub(super) fn replace_lone_halves(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let mut halves = Vec::new();
    let mut at = 0;
    while let Some(found) = memchr::memchr(b'\\', bytes.get(at..)?) {
        let start = at + found;
        at = start + 2;
        match escaped_unit(bytes, start) {
            Some(0xD800..=0xDBFF) => match escaped_unit(bytes, start + 6) {
                Some(0xDC00..=0xDFFF) => at = start + 12,
                _ => halves.push(start),
            },
            Some(0xDC00..=0xDFFF) => halves.push(start),
            _ => {}
        }
    }
    if halves.is_empty() {
        return None;
    }
    let mut repaired = text.to_owned();
    for start in halves {
        repaired.replace_range(start..start + 6, "\\ufffd");
    }
    Some(repaired)
}

/// The number of a `\u` escape with four digits that begins here.
fn escaped_unit(bytes: &[u8], at: usize) -> Option<u16> {
    let digits = bytes.get(at..at + 6)?.strip_prefix(b"\\u")?;
    let is_hex = digits.iter().all(u8::is_ascii_hexdigit);
    u16::from_str_radix(std::str::from_utf8(digits).ok().filter(|_| is_hex)?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_read_and_letters_stay() {
        for (text, expected) in [
            (r#""a\ud83d""#, "a\u{fffd}"),
            (r#""\ude00 \ud83d\ude00 \ud83dx""#, "\u{fffd} \u{1f600} \u{fffd}x"),
            (r#""\\ud83d \ud83d\n\ude00""#, "\\ud83d \u{fffd}\n\u{fffd}"),
            (r#""\uD83D\uD83D\uDE00""#, "\u{fffd}\u{1f600}"),
        ] {
            assert_eq!(parse_lenient(text).unwrap(), expected, "{text}");
        }
        assert_eq!(replace_lone_halves(r#""\\ud83d \u00e9""#), None);
        assert!(parse_lenient(r#""\ud83d"#).is_err());
    }
}
