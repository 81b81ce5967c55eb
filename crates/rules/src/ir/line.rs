//! Tests of a whole line of text.

use super::leaf::{Leaf, number};
use super::{Line, Word, WordTest};

impl Line {
    /// Whether a line matches.
    pub fn matches(&self, line: &str) -> bool {
        match self {
            Self::Contains(text) => line.contains(text.as_str()),
            Self::Regex(regex) => regex.is_match(line),
            Self::Words(words) => fits(words, &fields(line)),
        }
    }
}

/// Splits a line at blanks; text in quotes or brackets is one field, without them.
///
/// Source: CloudWatch Logs user guide, "Filter pattern syntax for space-delimited log events".
pub fn split(line: &str) -> Vec<&str> {
    fields(line).into_iter().map(|(field, _)| field).collect()
}

/// The fields of a line, each with the rest of the line from its beginning.
fn fields(line: &str) -> Vec<(&str, &str)> {
    let mut fields = Vec::new();
    let mut rest = line.trim_start();
    while let Some(first) = rest.chars().next() {
        let closing = match first {
            '"' => Some('"'),
            '[' => Some(']'),
            _ => None,
        };
        let quoted = closing.and_then(|closing| rest.get(1..)?.split_once(closing));
        let (field, after) = match quoted {
            Some((field, after)) => (field, after),
            None => rest.split_once(char::is_whitespace).unwrap_or((rest, "")),
        };
        fields.push((field, rest));
        rest = after.trim_start();
    }
    fields
}

fn fits(words: &[Word], fields: &[(&str, &str)]) -> bool {
    if let Some((Word::Tail(test), before)) = words.split_last() {
        return before.len() < fields.len()
            && each(before, fields)
            && test.as_ref().is_none_or(|test| test.matches(tail(before.len(), fields)));
    }
    let Some(at) = words.iter().position(|word| *word == Word::Rest) else {
        return words.len() == fields.len() && each(words, fields);
    };
    let (before, after) = words.split_at(at);
    let after = after.get(1..).unwrap_or_default();
    let Some(tail) = fields.len().checked_sub(after.len()) else { return false };
    before.len() <= tail
        && each(before, fields)
        && each(after, fields.get(tail..).unwrap_or_default())
}

/// The text from one field to the end of the line: the field itself if it is the last.
fn tail<'l>(from: usize, fields: &[(&'l str, &'l str)]) -> &'l str {
    match fields.get(from..).unwrap_or_default() {
        [] => "",
        [(field, _)] => field,
        [(_, rest), ..] => rest.trim_end(),
    }
}

/// Whether each word fits the field at its position; there may be more fields.
fn each(words: &[Word], fields: &[(&str, &str)]) -> bool {
    words.iter().zip(fields).all(|(word, (field, _))| match word {
        Word::Rest | Word::One(None) | Word::Tail(None) => true,
        Word::One(Some(test)) | Word::Tail(Some(test)) => test.matches(field),
    })
}

impl WordTest {
    fn matches(&self, field: &str) -> bool {
        match self {
            Self::All(tests) => tests.iter().all(|test| test.matches(field)),
            Self::Any(tests) => tests.iter().any(|test| test.matches(field)),
            Self::Not(test) => !test.matches(field),
            Self::Is(wanted) => {
                let as_number = number(field).is_some() && wanted.matches(Leaf::Number(field));
                as_number || wanted.matches(Leaf::Text(field))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_a_line() {
        let line = r#"127.0.0.1 - frank [10/Oct/2026:13:25:15 -0700] "GET /x HTTP/1.0" 200 "#;
        let fields = split(line);
        assert_eq!(fields.len(), 6);
        assert_eq!(fields[3], "10/Oct/2026:13:25:15 -0700");
        assert_eq!(fields[4], "GET /x HTTP/1.0");
        assert_eq!(split("[open \"and"), ["[open", "\"and"]);
        assert!(split("  ").is_empty());
    }

    #[test]
    fn how_many_fields() {
        let any = Word::One(None);
        let fits = |words: &[Word], line: &str| Line::Words(words.to_vec()).matches(line);
        assert!(fits(&[any.clone(), any.clone()], "a b"));
        assert!(!fits(&[any.clone(), any.clone()], "a b c"));
        assert!(fits(&[any.clone(), Word::Rest, any.clone()], "a b"));
        assert!(fits(&[any.clone(), Word::Rest, any.clone()], "a x y b"));
        assert!(!fits(&[any.clone(), Word::Rest, any], "a"));
    }

    #[test]
    fn the_rest_of_a_line() {
        let is = |text: &str| {
            let pattern = super::super::Pattern::exact(text, super::super::Case::Sensitive);
            WordTest::Is(super::super::Match::Text(pattern, super::super::Types::Strict))
        };
        let fits = |words: &[Word], line: &str| Line::Words(words.to_vec()).matches(line);
        let words = [Word::One(None), Word::Tail(None)];
        assert!(fits(&words, "a b") && fits(&words, "a b c") && !fits(&words, "a "));
        let words = [Word::One(None), Word::Tail(Some(is("b \"c d\"")))];
        assert!(fits(&words, " a  b \"c d\" ") && !fits(&words, "a b"));
        assert!(fits(&[Word::Tail(Some(is("c d")))], "\"c d\""));
    }
}
