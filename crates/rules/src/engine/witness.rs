//! What an event must show before a rule can match: the key under which the rule is looked up.
//!
//! A witness is a necessary condition, never a sufficient one.

use crate::ir::{Case, Derived, Expr, Field, Match, Op, Pattern, Piece, Reach, Step, Test};

/// One necessary sign; a rule has a list of them, of which at least one must show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    /// A leaf of the field is this text, case aside.
    Equals(Field, String),
    /// A leaf of the field holds this ASCII text, case aside.
    Holds(Field, String),
    /// The path leads to something.
    Present(Field),
}

/// The cheapest necessary signs of a condition; `None` when there are none, as for a rule that is
/// all negation.
pub(super) fn witness(expr: &Expr) -> Option<Vec<Sign>> {
    match expr {
        Expr::All(inner) => inner.iter().filter_map(witness).min_by_key(|signs| cost(signs)),
        Expr::Any(inner) => {
            let each: Option<Vec<_>> = inner.iter().map(witness).collect();
            each.map(|signs| signs.concat())
        }
        Expr::Test(test) => of_test(test),
        Expr::Together(tests) => tests.iter().filter_map(of_test).min_by_key(|signs| cost(signs)),
        Expr::Not(_) | Expr::Line(_) => None,
    }
}

fn of_test(test: &Test) -> Option<Vec<Sign>> {
    let present = || vec![Sign::Present(test.field.clone())];
    match &test.op {
        Op::Exists => Some(present()),
        Op::Is(wanted) => Some(of_match(&test.field, wanted).unwrap_or_else(present)),
        Op::Refers { .. } => Some(present()),
        Op::Null => None,
    }
    .filter(|signs| signs.iter().all(Sign::shows))
}

fn of_match(field: &Field, wanted: &Match) -> Option<Vec<Sign>> {
    match wanted {
        Match::Text(pattern, _) => of_pattern(field, pattern).map(|sign| vec![sign]),
        Match::All(inner) => {
            inner.iter().filter_map(|inner| of_match(field, inner)).min_by_key(|signs| cost(signs))
        }
        Match::Any(inner) => {
            let each: Option<Vec<_>> = inner.iter().map(|inner| of_match(field, inner)).collect();
            each.map(|signs| signs.concat())
        }
        _ => None,
    }
}

fn of_pattern(field: &Field, pattern: &Pattern) -> Option<Sign> {
    if let Some(text) = pattern.literal() {
        return Some(Sign::Equals(field.clone(), crate::ir::fold(text, Case::Insensitive)));
    }
    let literals = pattern.pieces().iter().filter_map(|piece| match piece {
        Piece::Literal(text) if text.is_ascii() => Some(text),
        _ => None,
    });
    let longest = literals.max_by_key(|text| text.len())?;
    Some(Sign::Holds(field.clone(), longest.to_ascii_lowercase()))
}

/// How many events have to be looked at for these signs, roughly: the worst of them, then how
/// many there are.
fn cost(signs: &[Sign]) -> (u8, usize) {
    (signs.iter().map(Sign::cost).max().unwrap_or(u8::MAX), signs.len())
}

impl Sign {
    fn cost(&self) -> u8 {
        match (self, self.field().name()) {
            (Self::Equals(..), Some("eventName")) => 0,
            (Self::Equals(..), Some("eventSource")) => 3,
            (Self::Equals(..), Some(name)) if FEW_VALUES.contains(&name) => 6,
            (Self::Equals(..), _) => 1,
            (Self::Holds(..), _) => 4,
            (Self::Present(_), name) if name.is_some_and(|name| COMMON.contains(&name)) => 7,
            (Self::Present(field), _) if field.path.is_empty() => 8,
            (Self::Present(_), _) => 5,
        }
    }

    /// Whether the sign shows in a record's bytes: a derived field is there for every record, and
    /// only an outcome other than success tells that there is an error.
    fn shows(&self) -> bool {
        match (Derived::of(self.field()), self) {
            (None, _) => true,
            (Some(Derived::Outcome), Self::Equals(_, text)) => text == "denied" || text == "failed",
            (Some(Derived::Outcome), _) => false,
        }
    }

    /// The field that shows it.
    pub(super) fn field(&self) -> &Field {
        match self {
            Self::Equals(field, _) | Self::Holds(field, _) | Self::Present(field) => field,
        }
    }
}

/// Fields that nearly every record has.
pub(super) const COMMON: [&str; 16] = [
    "eventVersion",
    "userIdentity",
    "eventTime",
    "eventSource",
    "eventName",
    "awsRegion",
    "sourceIPAddress",
    "userAgent",
    "requestParameters",
    "responseElements",
    "requestID",
    "eventID",
    "readOnly",
    "eventType",
    "managementEvent",
    "recipientAccountId",
];

/// Fields that nearly every record has, with one of a few values.
const FEW_VALUES: [&str; 7] = [
    "awsRegion",
    "eventVersion",
    "eventType",
    "readOnly",
    "managementEvent",
    "recipientAccountId",
    "eventCategory",
];

impl Field {
    /// The name of a field at the top of a record.
    pub(super) fn name(&self) -> Option<&str> {
        match (self.path.as_slice(), self.reach) {
            ([Step::Key(name)], Reach::Leaves | Reach::Members | Reach::Exact) => Some(name),
            _ => None,
        }
    }
}
