//! Tests of a whole line of text.

use super::leaf::{LeafValue, parse_number};
use super::{LineTest, WordPattern, WordTest};

impl LineTest {
    /// Whether a line matches.
    pub fn matches_line(&self, line: &str) -> bool {
        match self {
            Self::Contains(text) => line.contains(text.as_str()),
            Self::Regex(regex) => regex.is_match(line),
            Self::Words(words) => words_fit(words, &line_fields(line)),
        }
    }
}

/// Splits a line at blanks; text in quotes or brackets is one field, without them.
///
/// Source: CloudWatch Logs user guide, "Filter pattern syntax for space-delimited log events".
pub fn split_line(line: &str) -> Vec<&str> {
    line_fields(line).into_iter().map(|(field, _)| field).collect()
}

/// The fields of a line, each with the rest of the line from its beginning.
fn line_fields(line: &str) -> Vec<(&str, &str)> {
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

fn words_fit(words: &[WordPattern], fields: &[(&str, &str)]) -> bool {
    if let Some((WordPattern::Tail(test), before)) = words.split_last() {
        return before.len() < fields.len()
            && each_word_fits(before, fields)
            && test
                .as_ref()
                .is_none_or(|test| test.matches_word(rest_of_line(before.len(), fields)));
    }
    let Some(at) = words.iter().position(|word| *word == WordPattern::Rest) else {
        return words.len() == fields.len() && each_word_fits(words, fields);
    };
    let (before, after) = words.split_at(at);
    let after = after.get(1..).unwrap_or_default();
    let Some(tail) = fields.len().checked_sub(after.len()) else { return false };
    before.len() <= tail
        && each_word_fits(before, fields)
        && each_word_fits(after, fields.get(tail..).unwrap_or_default())
}

/// The text from one field to the end of the line: the field itself if it is the last.
fn rest_of_line<'l>(from: usize, fields: &[(&'l str, &'l str)]) -> &'l str {
    match fields.get(from..).unwrap_or_default() {
        [] => "",
        [(field, _)] => field,
        [(_, rest), ..] => rest.trim_end(),
    }
}

/// Whether each word fits the field at its position; there may be more fields.
fn each_word_fits(words: &[WordPattern], fields: &[(&str, &str)]) -> bool {
    words.iter().zip(fields).all(|(word, (field, _))| match word {
        WordPattern::Rest | WordPattern::One(None) | WordPattern::Tail(None) => true,
        WordPattern::One(Some(test)) | WordPattern::Tail(Some(test)) => test.matches_word(field),
    })
}

impl WordTest {
    fn matches_word(&self, field: &str) -> bool {
        match self {
            Self::All(tests) => tests.iter().all(|test| test.matches_word(field)),
            Self::Any(tests) => tests.iter().any(|test| test.matches_word(field)),
            Self::Not(test) => !test.matches_word(field),
            Self::Is(wanted) => {
                let as_number =
                    parse_number(field).is_some() && wanted.matches_leaf(LeafValue::Number(field));
                as_number || wanted.matches_leaf(LeafValue::Text(field))
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
        let fields = split_line(line);
        assert_eq!(fields.len(), 6);
        assert_eq!(fields[3], "10/Oct/2026:13:25:15 -0700");
        assert_eq!(fields[4], "GET /x HTTP/1.0");
        assert_eq!(split_line("[open \"and"), ["[open", "\"and"]);
        assert!(split_line("  ").is_empty());
    }

    #[test]
    fn how_many_fields() {
        let any = WordPattern::One(None);
        let fits =
            |words: &[WordPattern], line: &str| LineTest::Words(words.to_vec()).matches_line(line);
        assert!(fits(&[any.clone(), any.clone()], "a b"));
        assert!(!fits(&[any.clone(), any.clone()], "a b c"));
        assert!(fits(&[any.clone(), WordPattern::Rest, any.clone()], "a b"));
        assert!(fits(&[any.clone(), WordPattern::Rest, any.clone()], "a x y b"));
        assert!(!fits(&[any.clone(), WordPattern::Rest, any], "a"));
    }

    #[test]
    fn the_rest_of_a_line() {
        let is = |text: &str| {
            let pattern =
                super::super::TextPattern::exact_text(text, super::super::LetterCase::Sensitive);
            WordTest::Is(super::super::LeafMatch::Text(pattern, super::super::LeafTypes::Strict))
        };
        let fits =
            |words: &[WordPattern], line: &str| LineTest::Words(words.to_vec()).matches_line(line);
        let words = [WordPattern::One(None), WordPattern::Tail(None)];
        assert!(fits(&words, "a b") && fits(&words, "a b c") && !fits(&words, "a "));
        let words = [WordPattern::One(None), WordPattern::Tail(Some(is("b \"c d\"")))];
        assert!(fits(&words, " a  b \"c d\" ") && !fits(&words, "a b"));
        assert!(fits(&[WordPattern::Tail(Some(is("c d")))], "\"c d\""));
    }
}
