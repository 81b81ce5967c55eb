//! What an event must show before a rule can match: the key under which the rule is looked up.
//!
//! A witness is a necessary condition, never a sufficient one.

use crate::ir::{
    Case, Derived, Each, Expr, Field, JointTest, Match, Op, Pattern, Piece, Quantifier, Reach,
    Step, Test,
};

/// One necessary sign; a rule has a list of them, at least one of which must show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    /// A leaf of the field equals this text, ignoring case.
    Equals(Field, String),
    /// A leaf of the field contains this ASCII text, ignoring case.
    Holds(Field, String),
    /// Whether the path leads to something.
    Present(Field),
}

/// The cheapest necessary signs of a condition; `None` when there are none, as for a rule that
/// consists of negations only.
pub(super) fn witness(expr: &Expr) -> Option<Vec<Sign>> {
    match expr {
        Expr::All(inner) => inner.iter().filter_map(witness).min_by_key(|signs| cost(signs)),
        Expr::Any(inner) => {
            let each: Option<Vec<_>> = inner.iter().map(witness).collect();
            each.map(|signs| signs.concat())
        }
        Expr::Test(test) => of_test(test),
        Expr::Together(parts) => parts.iter().filter_map(of_part).min_by_key(|signs| cost(signs)),
        Expr::Each(Each { field, how: Quantifier::Any | Quantifier::All, .. }) => present(field),
        Expr::Each(_) | Expr::Not(_) | Expr::Line(_) => None,
    }
}

fn of_test(test: &Test) -> Option<Vec<Sign>> {
    match &test.op {
        Op::Is(wanted) => of_value(&test.field, wanted),
        Op::Length(how, length) if how.holds(0, *length) => None,
        Op::Exists | Op::Refers(_) | Op::Length(..) => present(&test.field),
        Op::Null => None,
    }
}

fn of_part(part: &JointTest) -> Option<Vec<Sign>> {
    of_value(&part.field, part.value.as_ref()?).filter(|_| !part.absent)
}

/// The signs of a leaf that matches. Inside a document within a text, only the text's own field
/// shows.
fn of_value(field: &Field, wanted: &Match) -> Option<Vec<Sign>> {
    let is_plain = shown(field).as_ref() == Some(field);
    let signs = match Derived::of(field) {
        Some(Derived::ACTION) => of_match(field, wanted, &of_action),
        Some(Derived::SERVICE) => of_match(field, wanted, &of_service),
        None | Some(Derived::OUTCOME) => of_match(field, wanted, &of_pattern).filter(|_| is_plain),
        Some(_) => None,
    };
    let signs = signs.or_else(|| present(field));
    signs.filter(|signs| signs.iter().all(Sign::shows))
}

/// The sign that a field exists.
fn present(field: &Field) -> Option<Vec<Sign>> {
    let field = shown(field)?;
    Some(vec![Sign::Present(field)]).filter(|signs| signs.iter().all(Sign::shows))
}

/// The longest beginning of a path that consists of the record's own names and that the projection
/// extracts.
fn shown(field: &Field) -> Option<Field> {
    if field.reach != Reach::Leaves {
        return Some(field.clone());
    }
    let is_index = |step: &Step| matches!(step, Step::Index(_));
    let plain = field.path.iter().position(is_index).unwrap_or(field.path.len());
    let length = field.before_document().map_or(plain, |before| before.min(plain));
    let path = field.path.get(..length)?.to_vec();
    (!path.is_empty() || field.path.is_empty()).then_some(Field { path, reach: field.reach })
}

/// The signs of a call's name: `CreateFunction` begins `CreateFunction20150331`. Events that
/// summarise many calls have their names elsewhere.
fn of_action(_: &Field, pattern: &Pattern) -> Option<Vec<Sign>> {
    let (_, name) = pattern.literal()?.rsplit_once(':')?;
    let elsewhere = [top("insightDetails"), top("summary")].map(Sign::Present);
    told("eventName", name, &elsewhere)
}

fn of_service(_: &Field, pattern: &Pattern) -> Option<Vec<Sign>> {
    told("eventSource", pattern.literal()?, &[Sign::Present(top("insightDetails"))])
}

fn told(field: &str, text: &str, elsewhere: &[Sign]) -> Option<Vec<Sign>> {
    let is_plain = text.is_ascii() && !text.is_empty();
    let holds = is_plain.then(|| Sign::Holds(top(field), text.to_ascii_lowercase()))?;
    Some(std::iter::once(holds).chain(elsewhere.iter().cloned()).collect())
}

fn top(name: &str) -> Field {
    Field::dotted(name, Reach::Exact)
}

type OfPattern<'f> = &'f dyn Fn(&Field, &Pattern) -> Option<Vec<Sign>>;

fn of_match(field: &Field, wanted: &Match, of_pattern: OfPattern<'_>) -> Option<Vec<Sign>> {
    let signs = |inner| of_match(field, inner, of_pattern);
    match wanted {
        Match::Text(pattern, _) => of_pattern(field, pattern),
        Match::All(inner) => inner.iter().filter_map(signs).min_by_key(|signs| cost(signs)),
        Match::Any(inner) => {
            let each: Option<Vec<_>> = inner.iter().map(signs).collect();
            each.map(|signs| signs.concat())
        }
        _ => None,
    }
}

fn of_pattern(field: &Field, pattern: &Pattern) -> Option<Vec<Sign>> {
    if let Some(text) = pattern.literal() {
        return Some(vec![Sign::Equals(field.clone(), crate::ir::fold(text, Case::Insensitive))]);
    }
    let literals = pattern.pieces().iter().filter_map(|piece| match piece {
        Piece::Literal(text) if text.is_ascii() => Some(text),
        _ => None,
    });
    let longest = literals.max_by_key(|text| text.len())?;
    Some(vec![Sign::Holds(field.clone(), longest.to_ascii_lowercase())])
}

/// A rough estimate of how many events these signs select: the worst of them first, then their
/// number.
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

    /// Whether the sign shows in a record's bytes: a derived field exists for every record, and
    /// only an outcome other than success implies an error.
    fn shows(&self) -> bool {
        match (Derived::of(self.field()), self) {
            (None, _) => true,
            (Some(Derived::OUTCOME), Self::Equals(_, text)) => text == "denied" || text == "failed",
            (Some(_), _) => false,
        }
    }

    /// The field that shows the sign.
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
