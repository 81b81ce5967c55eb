//! The wildcards of event patterns: `*`, with `\*` and `\\` for the characters themselves.

use std::collections::{BTreeSet, HashSet, VecDeque};

use super::json::problem_at;
use crate::ir::{LetterCase, PatternPiece, TextPattern};
use crate::problem::RuleMistake;
use crate::tree::PatternPlace;

/// The complexity of one field's wildcards from which EventBridge refuses them.
///
/// The number counts the beginnings of wildcards that one text can match at the same time, as
/// event-ruler's `MachineComplexityEvaluator` does. AWS publishes no limit. Of the patterns known
/// to be refused, `*:*:*:*:*:event-bus/*` counts 11 and four times `*:stack/…/*` count 12; three of
/// the latter, which are accepted, count 9.
const TOO_COMPLEX: usize = 11;

/// How many sets of states are examined before a pattern counts as simple.
const MAX_SETS: usize = 2_000;

/// Reads a wildcard.
pub(super) fn parse_wildcard(at: PatternPlace, text: &str) -> Result<TextPattern, RuleMistake> {
    Ok(TextPattern::from_pieces(read_pieces(at, text)?, LetterCase::Sensitive))
}

/// Refuses the wildcards of one field if they are too complex together.
pub(super) fn check_complexity(
    at: PatternPlace,
    patterns: &[&TextPattern],
) -> Result<(), RuleMistake> {
    if wildcard_complexity(patterns) < TOO_COMPLEX {
        return Ok(());
    }
    Err(problem_at(at, "wildcards too complex together, as EventBridge counts").with_hint(
        "fewer `*`, fewer repeating characters after a `*`, or `prefix` and `suffix` instead",
    ))
}

fn read_pieces(at: PatternPlace, text: &str) -> Result<Vec<PatternPiece>, RuleMistake> {
    let mut pieces = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        pieces.push(match (c, chars.peek()) {
            ('*', Some('*')) => {
                return Err(problem_at(at, format!("`**` in wildcard `{text}`"))
                    .with_hint("one `*` matches any text; `\\\\*` in JSON is an asterisk"));
            }
            ('*', _) => PatternPiece::Many,
            ('\\', Some(&next @ ('*' | '\\'))) => {
                chars.next();
                PatternPiece::Literal(next.to_string())
            }
            ('\\', _) => {
                return Err(problem_at(at, format!("unknown escape in wildcard `{text}`"))
                    .with_hint("only `*` and `\\` may follow a backslash"));
            }
            (c, _) => PatternPiece::Literal(c.to_string()),
        });
    }
    Ok(pieces)
}

/// What a wildcard reads next: a character, or any text.
type WildcardToken = Option<char>;

/// A position in one of the patterns: pattern, tokens read.
type WildcardState = (usize, usize);

/// The most beginnings that one text can match at once, up to [`TOO_COMPLEX`].
fn wildcard_complexity(patterns: &[&TextPattern]) -> usize {
    let tokens: Vec<Vec<WildcardToken>> =
        patterns.iter().map(|pattern| pattern_tokens(pattern)).collect();
    let alphabet: BTreeSet<char> = tokens.iter().flatten().filter_map(|token| *token).collect();
    let start: BTreeSet<WildcardState> = (0..tokens.len()).map(|pattern| (pattern, 0)).collect();
    let mut seen = HashSet::from([start.clone()]);
    let mut queue = VecDeque::from([start]);
    let mut most = 0;
    while let Some(states) = queue.pop_front() {
        for c in &alphabet {
            let next = next_states(&tokens, &states, *c);
            most = most.max(next.len());
            if most >= TOO_COMPLEX || seen.len() >= MAX_SETS {
                return most;
            }
            if seen.insert(next.clone()) {
                queue.push_back(next);
            }
        }
    }
    most
}

/// event-ruler counts values in quotes, so all patterns share the first step.
fn pattern_tokens(pattern: &TextPattern) -> Vec<WildcardToken> {
    let mut tokens = vec![Some('"')];
    for piece in pattern.pieces() {
        match piece {
            PatternPiece::Literal(text) => tokens.extend(text.chars().map(Some)),
            PatternPiece::Many | PatternPiece::One => tokens.push(None),
        }
    }
    tokens.push(Some('"'));
    tokens
}

fn next_states(
    tokens: &[Vec<WildcardToken>],
    states: &BTreeSet<WildcardState>,
    c: char,
) -> BTreeSet<WildcardState> {
    let token =
        |(pattern, read): WildcardState| tokens.get(pattern).and_then(|tokens| tokens.get(read));
    let mut next = BTreeSet::new();
    for &(pattern, read) in states {
        // The state after a `*` is entered together with the one before it, and is never left.
        if read > 0 && token((pattern, read - 1)) == Some(&None) {
            next.insert((pattern, read));
        }
        if token((pattern, read)) == Some(&Some(c)) {
            next.insert((pattern, read + 1));
            if token((pattern, read + 1)) == Some(&None) {
                next.insert((pattern, read + 2));
            }
        }
    }
    next
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(texts: &[&str]) -> usize {
        let patterns: Vec<TextPattern> =
            texts.iter().map(|text| parse_wildcard((1, 1), text).unwrap()).collect();
        wildcard_complexity(&patterns.iter().collect::<Vec<_>>())
    }

    #[test]
    fn escapes() {
        let matches =
            |text: &str, value: &str| parse_wildcard((1, 1), text).unwrap().matches_text(value);
        assert!(matches(r"a\*b", "a*b"));
        assert!(!matches(r"a\*b", "axb"));
        assert!(matches(r"a\\*", r"a\anything"));
        assert!(matches("", ""));
        for wrong in ["a**", r"\a", r"a\", r"*\*\**"] {
            let refused = parse_wildcard((1, 1), wrong).is_err();
            assert_eq!(refused, wrong != r"*\*\**", "{wrong}");
        }
    }

    #[test]
    fn complex_wildcards() {
        assert!(count(&["*:*:*:*:*:event-bus/*"]) >= TOO_COMPLEX);
        assert_eq!(count(&["arn:aws:events:us-east-1:*:event-bus/*"]), 3);
        assert_eq!(count(&["*:stack/One/*", "*:stack/Two/*", "*:stack/Three/*"]), 9);
        let four = ["*:stack/One/*", "*:stack/Two/*", "*:stack/Three/*", "*:stack/Four/*"];
        assert!(count(&four) >= TOO_COMPLEX);
        assert_eq!(count(&[]), 0);
    }
}
