//! Whether one value can match two conditions.

use crate::ir::{
    Cidr, LeafMatch, LeafTypes, LeafValue, LetterCase, NumberComparison, PatternPiece,
    TestOperation, TextPattern,
};

/// Whether a value can match both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MatchOverlap {
    /// No value does.
    Never,
    /// Some value may.
    Perhaps,
}

/// Whether a value can match both.
pub(super) fn overlap_of(a: &LeafMatch, b: &LeafMatch) -> MatchOverlap {
    let never = match (a, b) {
        (LeafMatch::Any(inner), other) | (other, LeafMatch::Any(inner)) => {
            inner.iter().all(|one| overlap_of(one, other) == MatchOverlap::Never)
        }
        (LeafMatch::All(inner), other) | (other, LeafMatch::All(inner)) => {
            inner.iter().any(|one| overlap_of(one, other) == MatchOverlap::Never)
        }
        (LeafMatch::Not(inner), other) | (other, LeafMatch::Not(inner)) => implies(other, inner),
        (LeafMatch::Text(a, _), LeafMatch::Text(b, _)) => are_disjoint(a, b),
        (LeafMatch::Text(text, types), other) | (other, LeafMatch::Text(text, types)) => {
            text.literal_text().is_some_and(|text| !may_match_text(other, text, *types))
        }
        (LeafMatch::Number(a, x, _), LeafMatch::Number(b, y, _)) => {
            is_empty_range((*a, *x), (*b, *y))
        }
        (LeafMatch::Time(part, a, x), LeafMatch::Time(other, b, y)) => {
            part == other && is_empty_whole_range((*a, *x), (*b, *y))
        }
        (LeafMatch::Cidr(a), LeafMatch::Cidr(b)) => !networks_overlap(a, b),
        (LeafMatch::Bool(a), LeafMatch::Bool(b)) => a != b,
        (LeafMatch::Null, other) | (other, LeafMatch::Null) => !other.matches_leaf(LeafValue::Null),
        _ => false,
    };
    if never { MatchOverlap::Never } else { MatchOverlap::Perhaps }
}

/// Whether every value that matches `a` matches `b`, as far as `a` names its values.
pub(super) fn implies(a: &LeafMatch, b: &LeafMatch) -> bool {
    match a {
        _ if a == b => true,
        LeafMatch::Any(inner) => !inner.is_empty() && inner.iter().all(|one| implies(one, b)),
        LeafMatch::Text(text, types) => text.literal_text().is_some_and(|literal| {
            is_comparable(text.letter_case(), b) && matches_every_leaf(b, literal, *types)
        }),
        LeafMatch::Bool(value) => b.matches_leaf(LeafValue::Bool(*value)),
        LeafMatch::Null => b.matches_leaf(LeafValue::Null),
        _ => false,
    }
}

/// A case-insensitive text represents all its spellings, which a case-sensitive condition may tell
/// apart.
fn is_comparable(case: LetterCase, other: &LeafMatch) -> bool {
    match other {
        LeafMatch::Text(pattern, _) => {
            case == LetterCase::Sensitive || pattern.letter_case() == LetterCase::Insensitive
        }
        LeafMatch::Any(inner) | LeafMatch::All(inner) => {
            inner.iter().all(|one| is_comparable(case, one))
        }
        LeafMatch::Not(inner) => is_comparable(case, inner),
        LeafMatch::Regex(..) => case == LetterCase::Sensitive,
        _ => true,
    }
}

/// The leaves with this text.
fn leaves_of_text(text: &str, types: LeafTypes) -> Vec<LeafValue<'_>> {
    let mut leaves = vec![LeafValue::Text(text)];
    if types == LeafTypes::Scalars {
        leaves.extend(crate::ir::parse_number(text).map(|_| LeafValue::Number(text)));
        leaves.extend(text.parse().ok().map(LeafValue::Bool));
    }
    leaves
}

fn matches_every_leaf(wanted: &LeafMatch, text: &str, types: LeafTypes) -> bool {
    leaves_of_text(text, types).into_iter().all(|leaf| wanted.matches_leaf(leaf))
}

/// Whether a condition may match a leaf with this text; true in case of doubt.
fn may_match_text(wanted: &LeafMatch, text: &str, types: LeafTypes) -> bool {
    matches!(wanted, LeafMatch::Regex(..))
        || leaves_of_text(text, types).into_iter().any(|leaf| wanted.matches_leaf(leaf))
}

/// Whether no text matches both patterns, judged by how they begin and end.
fn are_disjoint(a: &TextPattern, b: &TextPattern) -> bool {
    let fold = |text: &str| crate::ir::fold_case(text, LetterCase::Insensitive);
    if let (Some(a), Some(b)) = (a.literal_text(), b.literal_text()) {
        return fold(a) != fold(b);
    }
    if let Some(text) = a.literal_text().filter(|_| b.letter_case() == LetterCase::Insensitive) {
        return !b.matches_text(text);
    }
    if let Some(text) = b.literal_text().filter(|_| a.letter_case() == LetterCase::Insensitive) {
        return !a.matches_text(text);
    }
    let edge = |piece: Option<&PatternPiece>| match piece {
        Some(PatternPiece::Literal(text)) => fold(text),
        _ => String::new(),
    };
    let (first, other) = (edge(a.pieces().first()), edge(b.pieces().first()));
    let (last, end) = (edge(a.pieces().last()), edge(b.pieces().last()));
    !(first.starts_with(&other) || other.starts_with(&first))
        || !(last.ends_with(&end) || end.ends_with(&last))
}

/// The range of a comparison: each end, and whether it is included.
fn number_range(how: NumberComparison, x: f64) -> ((f64, bool), (f64, bool)) {
    let (none, all) = ((f64::NEG_INFINITY, true), (f64::INFINITY, true));
    match how {
        NumberComparison::Less => (none, (x, false)),
        NumberComparison::LessOrEqual => (none, (x, true)),
        NumberComparison::Equal => ((x, true), (x, true)),
        NumberComparison::GreaterOrEqual => ((x, true), all),
        NumberComparison::Greater => ((x, false), all),
    }
}

/// Whether no number satisfies both comparisons.
fn is_empty_range((a, x): (NumberComparison, f64), (b, y): (NumberComparison, f64)) -> bool {
    let ((low, low_in), (high, high_in)) = number_range(a, x);
    let ((other_low, other_low_in), (other_high, other_high_in)) = number_range(b, y);
    let over = |low: (f64, bool), high: (f64, bool)| {
        low.0 > high.0 || low.0 == high.0 && !(low.1 && high.1)
    };
    over((low, low_in), (other_high, other_high_in))
        || over((other_low, other_low_in), (high, high_in))
}

/// The same for whole numbers: over 3 means from 4 on.
fn is_empty_whole_range(a: (NumberComparison, i64), b: (NumberComparison, i64)) -> bool {
    #[allow(clippy::cast_precision_loss)]
    let closed = |(how, x): (NumberComparison, i64)| match how {
        NumberComparison::Less => (NumberComparison::LessOrEqual, x.saturating_sub(1) as f64),
        NumberComparison::Greater => (NumberComparison::GreaterOrEqual, x.saturating_add(1) as f64),
        other => (other, x as f64),
    };
    is_empty_range(closed(a), closed(b))
}

/// Whether no length satisfies both comparisons.
pub(super) fn lengths_conflict(a: &TestOperation, b: &TestOperation) -> bool {
    let whole = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    match (a, b) {
        (TestOperation::Length(a, x), TestOperation::Length(b, y)) => {
            is_empty_whole_range((*a, whole(*x)), (*b, whole(*y)))
        }
        _ => false,
    }
}

/// Whether two networks share an address: one then contains the other's own.
fn networks_overlap(a: &Cidr, b: &Cidr) -> bool {
    a.contains_address(&b.network_address().to_string())
        || b.contains_address(&a.network_address().to_string())
}
