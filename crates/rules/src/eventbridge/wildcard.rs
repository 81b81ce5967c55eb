//! The wildcards of event patterns: `*`, with `\*` and `\\` for the characters themselves.

use std::collections::{BTreeSet, HashSet, VecDeque};

use super::json::problem;
use crate::ir::{Case, Pattern, Piece};
use crate::problem::Problem;
use crate::tree::Place;

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
pub(super) fn parse(at: Place, text: &str) -> Result<Pattern, Problem> {
    Ok(Pattern::new(pieces(at, text)?, Case::Sensitive))
}

/// Refuses the wildcards of one field if they are too complex together.
pub(super) fn check(at: Place, patterns: &[&Pattern]) -> Result<(), Problem> {
    if complexity(patterns) < TOO_COMPLEX {
        return Ok(());
    }
    Err(problem(at, "wildcards too complex together, as EventBridge counts").hint(
        "fewer `*`, fewer repeating characters after a `*`, or `prefix` and `suffix` instead",
    ))
}

fn pieces(at: Place, text: &str) -> Result<Vec<Piece>, Problem> {
    let mut pieces = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        pieces.push(match (c, chars.peek()) {
            ('*', Some('*')) => {
                return Err(problem(at, format!("`**` in wildcard `{text}`"))
                    .hint("one `*` matches any text; `\\\\*` in JSON is an asterisk"));
            }
            ('*', _) => Piece::Many,
            ('\\', Some(&next @ ('*' | '\\'))) => {
                chars.next();
                Piece::Literal(next.to_string())
            }
            ('\\', _) => {
                return Err(problem(at, format!("unknown escape in wildcard `{text}`"))
                    .hint("only `*` and `\\` may follow a backslash"));
            }
            (c, _) => Piece::Literal(c.to_string()),
        });
    }
    Ok(pieces)
}

/// What a wildcard reads next: a character, or any text.
type Token = Option<char>;

/// A position in one of the patterns: pattern, tokens read.
type State = (usize, usize);

/// The most beginnings that one text can match at once, up to [`TOO_COMPLEX`].
fn complexity(patterns: &[&Pattern]) -> usize {
    let tokens: Vec<Vec<Token>> = patterns.iter().map(|pattern| tokens(pattern)).collect();
    let alphabet: BTreeSet<char> = tokens.iter().flatten().filter_map(|token| *token).collect();
    let start: BTreeSet<State> = (0..tokens.len()).map(|pattern| (pattern, 0)).collect();
    let mut seen = HashSet::from([start.clone()]);
    let mut queue = VecDeque::from([start]);
    let mut most = 0;
    while let Some(states) = queue.pop_front() {
        for c in &alphabet {
            let next = step(&tokens, &states, *c);
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
fn tokens(pattern: &Pattern) -> Vec<Token> {
    let mut tokens = vec![Some('"')];
    for piece in pattern.pieces() {
        match piece {
            Piece::Literal(text) => tokens.extend(text.chars().map(Some)),
            Piece::Many | Piece::One => tokens.push(None),
        }
    }
    tokens.push(Some('"'));
    tokens
}

fn step(tokens: &[Vec<Token>], states: &BTreeSet<State>, c: char) -> BTreeSet<State> {
    let token = |(pattern, read): State| tokens.get(pattern).and_then(|tokens| tokens.get(read));
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
        let patterns: Vec<Pattern> =
            texts.iter().map(|text| parse((1, 1), text).unwrap()).collect();
        complexity(&patterns.iter().collect::<Vec<_>>())
    }

    #[test]
    fn escapes() {
        let matches = |text: &str, value: &str| parse((1, 1), text).unwrap().matches(value);
        assert!(matches(r"a\*b", "a*b"));
        assert!(!matches(r"a\*b", "axb"));
        assert!(matches(r"a\\*", r"a\anything"));
        assert!(matches("", ""));
        for wrong in ["a**", r"\a", r"a\", r"*\*\**"] {
            let refused = parse((1, 1), wrong).is_err();
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
