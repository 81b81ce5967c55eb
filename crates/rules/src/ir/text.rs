//! How a leaf's text is compared.

use std::fmt;
use std::hash::{Hash, Hasher};

/// Whether matching is case-sensitive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LetterCase {
    /// It is.
    Sensitive,
    /// It is not: texts are compared after Unicode's simple lower-casing of each character.
    Insensitive,
}

/// A text with wildcards. Built by [`TextPattern::from_pieces`], so that equivalent patterns are
/// equal.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TextPattern {
    pieces: Vec<PatternPiece>,
    case: LetterCase,
}

/// A piece of a pattern.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PatternPiece {
    /// This text.
    Literal(String),
    /// Any text, including the empty one: `*`.
    Many,
    /// Any one character: `?`.
    One,
}

impl TextPattern {
    /// A pattern of the given pieces. Neighbouring literals and neighbouring `Many` are merged,
    /// empty literals are removed, and literals compared case-insensitively are lower-cased.
    pub fn from_pieces(pieces: impl IntoIterator<Item = PatternPiece>, case: LetterCase) -> Self {
        let mut whole: Vec<PatternPiece> = Vec::new();
        for piece in pieces {
            match (whole.last_mut(), piece) {
                (_, PatternPiece::Literal(text)) if text.is_empty() => {}
                (Some(PatternPiece::Literal(last)), PatternPiece::Literal(text)) => {
                    last.push_str(&fold_case(&text, case));
                }
                (_, PatternPiece::Literal(text)) => {
                    whole.push(PatternPiece::Literal(fold_case(&text, case)))
                }
                (Some(PatternPiece::Many), PatternPiece::Many) => {}
                (_, other) => whole.push(other),
            }
        }
        Self { pieces: whole, case }
    }

    /// The whole text.
    pub fn exact_text(text: &str, case: LetterCase) -> Self {
        Self::from_pieces([PatternPiece::Literal(text.to_owned())], case)
    }

    /// Text at the beginning.
    pub fn with_prefix(text: &str, case: LetterCase) -> Self {
        Self::from_pieces([PatternPiece::Literal(text.to_owned()), PatternPiece::Many], case)
    }

    /// Text at the end.
    pub fn with_suffix(text: &str, case: LetterCase) -> Self {
        Self::from_pieces([PatternPiece::Many, PatternPiece::Literal(text.to_owned())], case)
    }

    /// Text anywhere.
    pub fn containing(text: &str, case: LetterCase) -> Self {
        Self::from_pieces(
            [PatternPiece::Many, PatternPiece::Literal(text.to_owned()), PatternPiece::Many],
            case,
        )
    }

    /// The pieces, in order.
    pub fn pieces(&self) -> &[PatternPiece] {
        &self.pieces
    }

    /// Whether matching is case-sensitive.
    pub fn letter_case(&self) -> LetterCase {
        self.case
    }

    /// The text, if the pattern has no wildcard; lower-cased if case-insensitive.
    pub fn literal_text(&self) -> Option<&str> {
        match self.pieces.as_slice() {
            [] => Some(""),
            [PatternPiece::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// Whether a text matches.
    pub fn matches_text(&self, text: &str) -> bool {
        match self.case {
            LetterCase::Sensitive => glob_matches(&self.pieces, text, strip_exact),
            LetterCase::Insensitive if text.is_ascii() => {
                glob_matches(&self.pieces, text, strip_folded)
            }
            LetterCase::Insensitive => {
                glob_matches(&self.pieces, &fold_case(text, self.case), strip_exact)
            }
        }
    }
}

impl fmt::Display for TextPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.pieces.iter().try_for_each(|piece| match piece {
            PatternPiece::Literal(text) => write!(f, "{text}"),
            PatternPiece::Many => write!(f, "*"),
            PatternPiece::One => write!(f, "?"),
        })
    }
}

/// Folds a text for comparison: each character to its lower case.
pub(crate) fn fold_case(text: &str, case: LetterCase) -> String {
    match case {
        LetterCase::Sensitive => text.to_owned(),
        LetterCase::Insensitive if text.is_ascii() => text.to_ascii_lowercase(),
        LetterCase::Insensitive => text.chars().flat_map(char::to_lowercase).collect(),
    }
}

/// Matches from the left; a `Many` first takes nothing, and one more character each time that what
/// follows fails, or as many as precede the next place where it can begin. Only the last `Many` is
/// ever revisited, so that the time is at most the product of the lengths.
///
/// `strip` removes a literal from the front of a text.
fn glob_matches<'t>(
    pieces: &[PatternPiece],
    text: &'t str,
    strip: impl Fn(&'t str, &str) -> Option<&'t str>,
) -> bool {
    let (mut at, mut rest) = (0, text);
    let mut back: Option<(usize, &'t str)> = None;
    loop {
        let step = match pieces.get(at) {
            None if rest.is_empty() => return true,
            None => None,
            Some(PatternPiece::Many) => {
                let Some(skipped) =
                    skip_to_next_piece(rest, pieces.get(at + 1..).unwrap_or_default())
                else {
                    return false;
                };
                back = Some((at, skipped));
                Some(skipped)
            }
            Some(PatternPiece::One) => without_first_char(rest),
            Some(PatternPiece::Literal(text)) => strip(rest, text),
        };
        if let Some(left) = step {
            (at, rest) = (at + 1, left);
            continue;
        }
        let Some((many, from)) = back else { return false };
        let Some(left) = without_first_char(from) else { return false };
        (at, rest) = (many, left);
    }
}

/// The text from the first place where what follows a `Many` can begin; `None` if there is none.
fn skip_to_next_piece<'t>(text: &'t str, follows: &[PatternPiece]) -> Option<&'t str> {
    match follows {
        [] => Some(""),
        [PatternPiece::Literal(last)] => text.get(text.len().checked_sub(last.len())?..),
        [PatternPiece::Literal(next), ..] => match next.bytes().next().filter(u8::is_ascii) {
            // Literals compared case-insensitively are lower-cased in the pattern.
            Some(first) => {
                let at = memchr::memchr2(first, first.to_ascii_uppercase(), text.as_bytes())?;
                text.get(at..)
            }
            None => Some(text),
        },
        _ => Some(text),
    }
}

fn strip_exact<'t>(text: &'t str, literal: &str) -> Option<&'t str> {
    text.strip_prefix(literal)
}

/// Removes a literal, which is in lower case, from the front of an ASCII text.
fn strip_folded<'t>(text: &'t str, literal: &str) -> Option<&'t str> {
    let (front, rest) = text.split_at_checked(literal.len())?;
    front.eq_ignore_ascii_case(literal).then_some(rest)
}

fn without_first_char(text: &str) -> Option<&str> {
    let mut chars = text.chars();
    chars.next().map(|_| chars.as_str())
}

/// A compiled regular expression that matches in linear time; two are equal when their texts are.
#[derive(Clone, Debug)]
pub struct LinearRegex(regex::Regex);

/// The largest compiled regular expression, in bytes.
pub const MAX_REGEX: usize = 1 << 20;

impl LinearRegex {
    /// Compiles a regular expression; flags precede it as `(?i)`.
    ///
    /// # Errors
    /// The engine's message, on one line, about its syntax or its size.
    pub fn compile_text(text: &str) -> Result<Self, String> {
        let built = regex::RegexBuilder::new(text).size_limit(MAX_REGEX).nest_limit(64).build();
        built.map(Self).map_err(|error| match error {
            regex::Error::CompiledTooBig(limit) => {
                format!("regular expression compiles to over {limit} bytes")
            }
            other => other.to_string().lines().last().unwrap_or_default().trim().to_owned(),
        })
    }

    /// Whether it matches anywhere in the text.
    pub fn is_match(&self, text: &str) -> bool {
        self.0.is_match(text)
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl PartialEq for LinearRegex {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for LinearRegex {}

impl Hash for LinearRegex {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str, case: LetterCase) -> TextPattern {
        let pieces = text.chars().map(|c| match c {
            '*' => PatternPiece::Many,
            '?' => PatternPiece::One,
            c => PatternPiece::Literal(c.to_string()),
        });
        TextPattern::from_pieces(pieces, case)
    }

    #[test]
    fn wildcards() {
        let cases = [
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("a*b", "ab", true),
            ("a*b", "a-b-b", true),
            ("a*b", "a-b-c", false),
            ("*a*b*", "xxaxxbxx", true),
            ("a?c", "aéc", true),
            ("a?c", "ac", false),
            ("*aab", "aaaab", true),
            ("Key*", "key1", false),
        ];
        for (glob, text, expected) in cases {
            assert_eq!(
                pattern(glob, LetterCase::Sensitive).matches_text(text),
                expected,
                "{glob} {text}"
            );
        }
        assert!(pattern("KEY*É", LetterCase::Insensitive).matches_text("key-é"));
    }

    #[test]
    fn equal_patterns_are_equal() {
        assert_eq!(
            pattern("A**b", LetterCase::Insensitive),
            pattern("a*B", LetterCase::Insensitive)
        );
        assert_eq!(TextPattern::exact_text("", LetterCase::Sensitive).literal_text(), Some(""));
        assert_eq!(pattern("a?", LetterCase::Sensitive).literal_text(), None);
    }

    #[test]
    fn regexes_are_bounded() {
        assert!(LinearRegex::compile_text("a{1,1000}{1,1000}").unwrap_err().contains("over"));
        assert!(LinearRegex::compile_text("(").unwrap_err().contains("unclosed group"));
        assert_eq!(
            LinearRegex::compile_text("a+").unwrap(),
            LinearRegex::compile_text("a+").unwrap()
        );
    }

    /// Every text over these letters up to a length.
    fn texts(letters: &[char], longest: usize) -> Vec<String> {
        let mut all = vec![String::new()];
        let mut last = all.clone();
        for _ in 0..longest {
            last = last
                .iter()
                .flat_map(|text| letters.iter().map(move |letter| format!("{text}{letter}")))
                .collect();
            all.extend(last.clone());
        }
        all
    }

    /// The obvious implementation.
    fn plainly(pattern: &[char], text: &[char]) -> bool {
        match (pattern, text) {
            ([], text) => text.is_empty(),
            (['*', rest @ ..], text) => (0..=text.len()).any(|n| plainly(rest, &text[n..])),
            (['?', rest @ ..], [_, text @ ..]) => plainly(rest, text),
            ([letter, rest @ ..], [first, text @ ..]) => letter == first && plainly(rest, text),
            _ => false,
        }
    }

    #[test]
    fn wildcards_match_as_the_obvious_way_does() {
        let chars = |text: &str| text.chars().collect::<Vec<_>>();
        let all = texts(&['a', 'é'], 5);
        for pattern in texts(&['a', 'é', '*', '?'], 5) {
            let wanted: Vec<_> =
                all.iter().map(|text| plainly(&chars(&pattern), &chars(text))).collect();
            let sensitive = self::pattern(&pattern, LetterCase::Sensitive);
            let folded = self::pattern(&pattern.to_uppercase(), LetterCase::Insensitive);
            for (text, wanted) in all.iter().zip(wanted) {
                assert_eq!(sensitive.matches_text(text), wanted, "{pattern} on {text}");
                assert_eq!(folded.matches_text(text), wanted, "{pattern} on {text}");
                let upper = text.to_uppercase();
                assert_eq!(folded.matches_text(&upper), wanted, "{pattern} on {upper}");
            }
        }
    }
}
