//! Whether the caller wrote AWS's sentence: text that AWS repeats from a request is not a denial's
//! grammar.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use memchr::memmem;
use serde_json::Value;

use super::denial_sentence::denial_sentence;
use super::percent::percent_decoded;

/// Phrases without which a text can't be a denial, whatever else it says.
const MARKS: [&str; 7] = [
    "authorized to",
    "permission to",
    "permissions to",
    "missing permissions",
    "AccessDenied",
    "explicit deny",
    "policy allows",
];
/// How much of the text around a mark must occur in a request to come from it.
const AROUND: usize = 12;
/// How many times a value may be URL-encoded.
const MAX_ENCODINGS: usize = 2;

/// Whether a request contains what makes a text a denial: then the caller wrote it.
///
/// In a text with AWS's sentence in AWS's place, that is the sentence from its first letter to its
/// first mark; a caller who wrote part of it has only made it doubtful, see [`denial_marks`]. In
/// any other text it is a mark with the letters around it.
pub fn is_echo(text: &str, request: &Value) -> bool {
    let head = denial_sentence(text).and_then(|said| Some((said, first_mark_end(said)?)));
    match head {
        Some((said, end)) => {
            let head = said.get(..char_boundary_before(said, end + AROUND)).unwrap_or(said);
            contains_any_text(request, &[head.trim_end()])
        }
        None => {
            let marked: Vec<&str> = denial_marks(text).collect();
            !marked.is_empty() && contains_any_text(request, &marked)
        }
    }
}

/// The marks of a text, the first of each kind, with the letters around them.
pub fn denial_marks(text: &str) -> impl Iterator<Item = &str> {
    MARKS.iter().filter_map(|mark| {
        let at = memmem::find(text.as_bytes(), mark.as_bytes())?;
        let from = (at.saturating_sub(AROUND)..=at).find(|at| text.is_char_boundary(*at))?;
        text.get(from..char_boundary_before(text, at + mark.len() + AROUND))
    })
}

/// The end of the first mark.
fn first_mark_end(text: &str) -> Option<usize> {
    let found = MARKS.iter().filter_map(|mark| {
        memmem::find(text.as_bytes(), mark.as_bytes()).map(|at| at + mark.len())
    });
    found.min()
}

/// The last character boundary at or before an offset.
fn char_boundary_before(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default()
}

/// Whether any text or key below a value contains any of these words, as written or encoded.
///
/// It follows the value as deep as the parser allows.
pub fn contains_any_text(value: &Value, words: &[&str]) -> bool {
    let holds = |text: &str| {
        decoded_forms(text).iter().any(|text| words.iter().any(|it| text.contains(it)))
    };
    match value {
        Value::String(text) => holds(text),
        Value::Array(items) => items.iter().any(|item| contains_any_text(item, words)),
        Value::Object(fields) => {
            fields.iter().any(|(key, item)| holds(key) || contains_any_text(item, words))
        }
        _ => false,
    }
}

/// A text as written, URL-decoded, and Base64-decoded.
fn decoded_forms(text: &str) -> Vec<Cow<'_, str>> {
    let mut all = vec![Cow::Borrowed(text)];
    let mut encoded = Cow::Borrowed(text);
    for _ in 0..MAX_ENCODINGS {
        if !encoded.contains(['%', '+']) {
            break;
        }
        let decoded = percent_decoded(&encoded);
        all.push(Cow::Owned(decoded.replace('+', " ")));
        all.push(Cow::Owned(decoded.clone()));
        encoded = Cow::Owned(decoded);
    }
    let bytes = [STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD]
        .iter()
        .find_map(|engine| engine.decode(text).ok());
    all.extend(bytes.map(|bytes| Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())));
    all
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const SAID: &str = "User: arn:aws:iam::222233334444:user/post is not authorized to perform: s3:PutObject because no identity-based policy allows the s3:PutObject action";

    #[test]
    fn a_request_that_holds_the_sentence_makes_it_an_echo() {
        let encoded = SAID.replace(' ', "%20").replace(':', "%3A");
        for request in [
            json!({"a": [{"b": format!("{SAID} …")}]}),
            json!({"a": {SAID: 1}}),
            json!({"a": encoded}),
            json!({"a": encoded.replace('%', "%25")}),
            json!({"a": SAID.replace(' ', "+")}),
            json!({"a": STANDARD.encode(SAID)}),
            json!({"a": URL_SAFE_NO_PAD.encode(SAID)}),
        ] {
            assert!(is_echo(&format!("{SAID} is no name"), &request), "{request}");
        }
    }

    #[test]
    fn a_part_of_the_sentence_makes_no_echo() {
        for request in [
            json!({"name": "authorized to"}),
            json!({"name": "user/post is not authorized to perform: s3:PutObject"}),
            json!({"name": "x because no identity-based policy allows the s3:PutObject action"}),
            Value::Null,
        ] {
            assert!(!is_echo(SAID, &request), "{request}");
        }
        let other = "Access Denied (Service: Amazon S3; Status Code: 403; Error Code: AccessDenied; Request ID: A)";
        assert!(is_echo(other, &json!({"name": "Error Code: AccessDenied; Request ID: A"})));
    }
}
