//! How a leaf's text is compared.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::OnceLock;

use regex_syntax::hir::{Class, Hir, HirKind};

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
pub struct LinearRegex {
    text: Box<str>,
    /// Built when it is first asked for: most rules never come so far.
    built: OnceLock<Option<regex::Regex>>,
}

/// The largest compiled regular expression, in bytes.
pub const MAX_REGEX: usize = 1 << 20;

/// How many bytes of a compiled expression a state takes, at most.
const STATE_BYTES: u64 = 64;

impl LinearRegex {
    /// Checks a regular expression; flags precede it as `(?i)`.
    ///
    /// # Errors
    /// The engine's message, on one line, about its syntax or its size.
    pub fn compile_text(text: &str) -> Result<Self, String> {
        let told = |error: String| error.lines().last().unwrap_or_default().trim().to_owned();
        let parser = regex_syntax::ParserBuilder::new().nest_limit(64).build().parse(text);
        let parsed = parser.map_err(|error| told(error.to_string()))?;
        let regex = Self { text: text.into(), built: OnceLock::new() };
        if count_states(&parsed).saturating_mul(STATE_BYTES) > MAX_REGEX as u64 {
            let built = build_regex(text).map_err(|error| match error {
                regex::Error::CompiledTooBig(limit) => {
                    format!("regular expression compiles to over {limit} bytes")
                }
                other => told(other.to_string()),
            })?;
            regex.built.get_or_init(|| Some(built));
        }
        Ok(regex)
    }

    /// Whether it matches anywhere in the text.
    pub fn is_match(&self, text: &str) -> bool {
        let built = self.built.get_or_init(|| build_regex(&self.text).ok());
        built.as_ref().is_some_and(|regex| regex.is_match(text))
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// The number of states that an expression compiles to, at most. A class takes up to sixteen for each
/// of its ranges: a range of characters may be several of UTF-8, each of up to four bytes.
fn count_states(hir: &Hir) -> u64 {
    let sum = |parts: &[Hir]| parts.iter().map(count_states).fold(1_u64, u64::saturating_add);
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 1,
        HirKind::Literal(literal) => literal.0.len() as u64,
        HirKind::Class(Class::Unicode(class)) => 16 * class.ranges().len() as u64,
        HirKind::Class(Class::Bytes(class)) => class.ranges().len() as u64,
        HirKind::Repetition(repeat) => {
            let times = repeat.max.unwrap_or(repeat.min).max(1) + 1;
            count_states(&repeat.sub).saturating_mul(u64::from(times))
        }
        HirKind::Capture(capture) => count_states(&capture.sub).saturating_add(2),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => sum(parts),
    }
}

fn build_regex(text: &str) -> Result<regex::Regex, regex::Error> {
    regex::RegexBuilder::new(text).size_limit(MAX_REGEX).nest_limit(64).build()
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
        assert!(LinearRegex::compile_text(r"(\w{50}\pL){50}").unwrap_err().contains("over"));
        assert_eq!(
            LinearRegex::compile_text("a+").unwrap(),
            LinearRegex::compile_text("a+").unwrap()
        );
    }

    /// What is built later can be built: the estimate of its size is never too small.
    #[test]
    fn what_is_accepted_unbuilt_can_be_built() {
        let atoms =
            [r"\d", r"\w", r"[^:]", r"\pL", r".", r"(?i)straße", r"[^\x{100}-\x{10FFF}]", "a"];
        let (mut unbuilt, mut refused) = (0, 0);
        for atom in atoms {
            for times in ["", "*", "+", "{12}", "{1,100}", "{30}{30}", "{200,}"] {
                for rest in ["", r":(\d{12})?$", r"(x|[^/]+){3}"] {
                    let text = format!("(?:{atom}){times}{rest}");
                    match LinearRegex::compile_text(&text) {
                        Ok(regex) if regex.built.get().is_none() => {
                            assert!(build_regex(&text).is_ok(), "{text}");
                            unbuilt += 1;
                        }
                        Ok(_) => {}
                        Err(_) => refused += 1,
                    }
                }
            }
        }
        assert!(unbuilt > 40 && refused > 10, "{unbuilt} {refused}");
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
