//! Whether one value can match two conditions.

use crate::ir::{Case, Cidr, Comparison, Leaf, Match, Op, Pattern, Piece, Types};

/// Whether a value can match both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Both {
    /// No value does.
    Never,
    /// Some value may.
    Perhaps,
}

/// Whether a value can match both.
pub(super) fn both(a: &Match, b: &Match) -> Both {
    let never = match (a, b) {
        (Match::Any(inner), other) | (other, Match::Any(inner)) => {
            inner.iter().all(|one| both(one, other) == Both::Never)
        }
        (Match::All(inner), other) | (other, Match::All(inner)) => {
            inner.iter().any(|one| both(one, other) == Both::Never)
        }
        (Match::Not(inner), other) | (other, Match::Not(inner)) => implies(other, inner),
        (Match::Text(a, _), Match::Text(b, _)) => apart(a, b),
        (Match::Text(text, types), other) | (other, Match::Text(text, types)) => {
            text.literal().is_some_and(|text| !matches_text(other, text, *types))
        }
        (Match::Number(a, x, _), Match::Number(b, y, _)) => empty((*a, *x), (*b, *y)),
        (Match::Time(part, a, x), Match::Time(other, b, y)) => {
            part == other && whole_empty((*a, *x), (*b, *y))
        }
        (Match::Cidr(a), Match::Cidr(b)) => !meet(a, b),
        (Match::Bool(a), Match::Bool(b)) => a != b,
        (Match::Null, other) | (other, Match::Null) => !other.matches(Leaf::Null),
        _ => false,
    };
    if never { Both::Never } else { Both::Perhaps }
}

/// Whether every value that matches `a` matches `b`, as far as `a` names its values.
pub(super) fn implies(a: &Match, b: &Match) -> bool {
    match a {
        _ if a == b => true,
        Match::Any(inner) => !inner.is_empty() && inner.iter().all(|one| implies(one, b)),
        Match::Text(text, types) => text
            .literal()
            .is_some_and(|literal| is_comparable(text.case(), b) && every_leaf(b, literal, *types)),
        Match::Bool(value) => b.matches(Leaf::Bool(*value)),
        Match::Null => b.matches(Leaf::Null),
        _ => false,
    }
}

/// A case-insensitive text represents all its spellings, which a case-sensitive condition may tell
/// apart.
fn is_comparable(case: Case, other: &Match) -> bool {
    match other {
        Match::Text(pattern, _) => case == Case::Sensitive || pattern.case() == Case::Insensitive,
        Match::Any(inner) | Match::All(inner) => inner.iter().all(|one| is_comparable(case, one)),
        Match::Not(inner) => is_comparable(case, inner),
        Match::Regex(..) => case == Case::Sensitive,
        _ => true,
    }
}

/// The leaves with this text.
fn leaves(text: &str, types: Types) -> Vec<Leaf<'_>> {
    let mut leaves = vec![Leaf::Text(text)];
    if types == Types::Scalars {
        leaves.extend(crate::ir::number(text).map(|_| Leaf::Number(text)));
        leaves.extend(text.parse().ok().map(Leaf::Bool));
    }
    leaves
}

fn every_leaf(wanted: &Match, text: &str, types: Types) -> bool {
    leaves(text, types).into_iter().all(|leaf| wanted.matches(leaf))
}

/// Whether a condition may match a leaf with this text; true in case of doubt.
fn matches_text(wanted: &Match, text: &str, types: Types) -> bool {
    matches!(wanted, Match::Regex(..))
        || leaves(text, types).into_iter().any(|leaf| wanted.matches(leaf))
}

/// Whether no text matches both patterns, judged by how they begin and end.
fn apart(a: &Pattern, b: &Pattern) -> bool {
    let fold = |text: &str| crate::ir::fold(text, Case::Insensitive);
    if let (Some(a), Some(b)) = (a.literal(), b.literal()) {
        return fold(a) != fold(b);
    }
    if let Some(text) = a.literal().filter(|_| b.case() == Case::Insensitive) {
        return !b.matches(text);
    }
    if let Some(text) = b.literal().filter(|_| a.case() == Case::Insensitive) {
        return !a.matches(text);
    }
    let edge = |piece: Option<&Piece>| match piece {
        Some(Piece::Literal(text)) => fold(text),
        _ => String::new(),
    };
    let (first, other) = (edge(a.pieces().first()), edge(b.pieces().first()));
    let (last, end) = (edge(a.pieces().last()), edge(b.pieces().last()));
    !(first.starts_with(&other) || other.starts_with(&first))
        || !(last.ends_with(&end) || end.ends_with(&last))
}

/// The range of a comparison: each end, and whether it is included.
fn range(how: Comparison, x: f64) -> ((f64, bool), (f64, bool)) {
    let (none, all) = ((f64::NEG_INFINITY, true), (f64::INFINITY, true));
    match how {
        Comparison::Less => (none, (x, false)),
        Comparison::LessOrEqual => (none, (x, true)),
        Comparison::Equal => ((x, true), (x, true)),
        Comparison::GreaterOrEqual => ((x, true), all),
        Comparison::Greater => ((x, false), all),
    }
}

/// Whether no number satisfies both comparisons.
fn empty((a, x): (Comparison, f64), (b, y): (Comparison, f64)) -> bool {
    let ((low, low_in), (high, high_in)) = range(a, x);
    let ((other_low, other_low_in), (other_high, other_high_in)) = range(b, y);
    let over = |low: (f64, bool), high: (f64, bool)| {
        low.0 > high.0 || low.0 == high.0 && !(low.1 && high.1)
    };
    over((low, low_in), (other_high, other_high_in))
        || over((other_low, other_low_in), (high, high_in))
}

/// The same for whole numbers: over 3 means from 4 on.
fn whole_empty(a: (Comparison, i64), b: (Comparison, i64)) -> bool {
    #[allow(clippy::cast_precision_loss)]
    let closed = |(how, x): (Comparison, i64)| match how {
        Comparison::Less => (Comparison::LessOrEqual, x.saturating_sub(1) as f64),
        Comparison::Greater => (Comparison::GreaterOrEqual, x.saturating_add(1) as f64),
        other => (other, x as f64),
    };
    empty(closed(a), closed(b))
}

/// Whether no length satisfies both comparisons.
pub(super) fn lengths(a: &Op, b: &Op) -> bool {
    let whole = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    match (a, b) {
        (Op::Length(a, x), Op::Length(b, y)) => whole_empty((*a, whole(*x)), (*b, whole(*y))),
        _ => false,
    }
}

/// Whether two networks share an address: one then contains the other's own.
fn meet(a: &Cidr, b: &Cidr) -> bool {
    a.contains(&b.address().to_string()) || b.contains(&a.address().to_string())
}
