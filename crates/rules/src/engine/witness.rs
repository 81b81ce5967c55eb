//! What an event must show before a rule can match: the key under which the rule is looked up.
//!
//! A witness is a necessary condition, never a sufficient one.

use crate::ir::{
    DerivedField, EventField, FieldTest, JointTest, LeafMatch, LetterCase, MemberCondition,
    MemberQuantifier, PathReach, PathStep, PatternPiece, RuleExpr, TestOperation, TextPattern,
};

/// One necessary sign; a rule has a list of them, at least one of which must show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NecessarySign {
    /// A leaf of the field equals this text, ignoring case.
    Equals(EventField, String),
    /// A leaf of the field contains this ASCII text, ignoring case.
    Contains(EventField, String),
    /// Whether the path leads to something.
    Present(EventField),
}

/// The cheapest necessary signs of a condition; `None` when there are none, as for a rule that
/// consists of negations only.
pub(super) fn find_witness(expr: &RuleExpr) -> Option<Vec<NecessarySign>> {
    match expr {
        RuleExpr::All(inner) => {
            inner.iter().filter_map(find_witness).min_by_key(|signs| total_cost(signs))
        }
        RuleExpr::Any(inner) => {
            let each: Option<Vec<_>> = inner.iter().map(find_witness).collect();
            each.map(|signs| signs.concat())
        }
        RuleExpr::Test(test) => signs_of_test(test),
        RuleExpr::Together(parts) => {
            parts.iter().filter_map(signs_of_part).min_by_key(|signs| total_cost(signs))
        }
        RuleExpr::Each(MemberCondition {
            field,
            how: MemberQuantifier::Any | MemberQuantifier::All,
            ..
        }) => presence_sign(field),
        RuleExpr::Each(_) | RuleExpr::Not(_) | RuleExpr::Line(_) => None,
    }
}

fn signs_of_test(test: &FieldTest) -> Option<Vec<NecessarySign>> {
    match &test.op {
        TestOperation::Is(wanted) => signs_of_value(&test.field, wanted),
        TestOperation::Length(how, length) if how.comparison_holds(0, *length) => None,
        TestOperation::Exists | TestOperation::Refers(_) | TestOperation::Length(..) => {
            presence_sign(&test.field)
        }
        TestOperation::Null => None,
    }
}

fn signs_of_part(part: &JointTest) -> Option<Vec<NecessarySign>> {
    signs_of_value(&part.field, part.value.as_ref()?).filter(|_| !part.absent)
}

/// The signs of a leaf that matches. Inside a document within a text, only the text's own field
/// shows.
fn signs_of_value(field: &EventField, wanted: &LeafMatch) -> Option<Vec<NecessarySign>> {
    let is_plain = visible_field(field).as_ref() == Some(field);
    let signs = match DerivedField::from_field(field) {
        Some(DerivedField::ACTION) => signs_of_match(field, wanted, &signs_of_action),
        Some(DerivedField::SERVICE) => signs_of_match(field, wanted, &signs_of_service),
        None | Some(DerivedField::OUTCOME) => {
            signs_of_match(field, wanted, &signs_of_pattern).filter(|_| is_plain)
        }
        Some(_) => None,
    };
    let signs = signs.or_else(|| presence_sign(field));
    signs.filter(|signs| signs.iter().all(NecessarySign::shows_in_bytes))
}

/// The sign that a field exists.
fn presence_sign(field: &EventField) -> Option<Vec<NecessarySign>> {
    let field = visible_field(field)?;
    Some(vec![NecessarySign::Present(field)])
        .filter(|signs| signs.iter().all(NecessarySign::shows_in_bytes))
}

/// The longest beginning of a path that consists of the record's own names and that the projection
/// extracts.
fn visible_field(field: &EventField) -> Option<EventField> {
    if field.reach != PathReach::Leaves {
        return Some(field.clone());
    }
    let is_index = |step: &PathStep| matches!(step, PathStep::Index(_));
    let plain = field.path.iter().position(is_index).unwrap_or(field.path.len());
    let length = field.names_before_document().map_or(plain, |before| before.min(plain));
    let path = field.path.get(..length)?.to_vec();
    (!path.is_empty() || field.path.is_empty()).then_some(EventField { path, reach: field.reach })
}

/// The signs of a call's name: `CreateFunction` begins `CreateFunction20150331`. Events that
/// summarise many calls have their names elsewhere.
fn signs_of_action(_: &EventField, pattern: &TextPattern) -> Option<Vec<NecessarySign>> {
    let (_, name) = pattern.literal_text()?.rsplit_once(':')?;
    let elsewhere =
        [top_level_field("insightDetails"), top_level_field("summary")].map(NecessarySign::Present);
    text_or_elsewhere("eventName", name, &elsewhere)
}

fn signs_of_service(_: &EventField, pattern: &TextPattern) -> Option<Vec<NecessarySign>> {
    text_or_elsewhere(
        "eventSource",
        pattern.literal_text()?,
        &[NecessarySign::Present(top_level_field("insightDetails"))],
    )
}

fn text_or_elsewhere(
    field: &str,
    text: &str,
    elsewhere: &[NecessarySign],
) -> Option<Vec<NecessarySign>> {
    let is_plain = text.is_ascii() && !text.is_empty();
    let holds = is_plain
        .then(|| NecessarySign::Contains(top_level_field(field), text.to_ascii_lowercase()))?;
    Some(std::iter::once(holds).chain(elsewhere.iter().cloned()).collect())
}

fn top_level_field(name: &str) -> EventField {
    EventField::dotted(name, PathReach::Exact)
}

type PatternSigns<'f> = &'f dyn Fn(&EventField, &TextPattern) -> Option<Vec<NecessarySign>>;

fn signs_of_match(
    field: &EventField,
    wanted: &LeafMatch,
    of_pattern: PatternSigns<'_>,
) -> Option<Vec<NecessarySign>> {
    let signs = |inner| signs_of_match(field, inner, of_pattern);
    match wanted {
        LeafMatch::Text(pattern, _) => of_pattern(field, pattern),
        LeafMatch::All(inner) => {
            inner.iter().filter_map(signs).min_by_key(|signs| total_cost(signs))
        }
        LeafMatch::Any(inner) => {
            let each: Option<Vec<_>> = inner.iter().map(signs).collect();
            each.map(|signs| signs.concat())
        }
        _ => None,
    }
}

fn signs_of_pattern(field: &EventField, pattern: &TextPattern) -> Option<Vec<NecessarySign>> {
    if let Some(text) = pattern.literal_text() {
        return Some(vec![NecessarySign::Equals(
            field.clone(),
            crate::ir::fold_case(text, LetterCase::Insensitive),
        )]);
    }
    let literals = pattern.pieces().iter().filter_map(|piece| match piece {
        PatternPiece::Literal(text) if text.is_ascii() => Some(text),
        _ => None,
    });
    let longest = literals.max_by_key(|text| text.len())?;
    Some(vec![NecessarySign::Contains(field.clone(), longest.to_ascii_lowercase())])
}

/// A rough estimate of how many events these signs select: the worst of them first, then their
/// number.
fn total_cost(signs: &[NecessarySign]) -> (u8, usize) {
    (signs.iter().map(NecessarySign::lookup_cost).max().unwrap_or(u8::MAX), signs.len())
}

impl NecessarySign {
    fn lookup_cost(&self) -> u8 {
        match (self, self.field().top_level_name()) {
            (Self::Equals(..), Some("eventName")) => 0,
            (Self::Equals(..), Some("eventSource")) => 3,
            (Self::Equals(..), Some(name)) if FEW_VALUES.contains(&name) => 6,
            (Self::Equals(..), _) => 1,
            (Self::Contains(..), _) => 4,
            (Self::Present(_), name) if name.is_some_and(|name| COMMON.contains(&name)) => 7,
            (Self::Present(field), _) if field.path.is_empty() => 8,
            (Self::Present(_), _) => 5,
        }
    }

    /// Whether the sign shows in a record's bytes: a derived field exists for every record, and
    /// only an outcome other than success implies an error.
    fn shows_in_bytes(&self) -> bool {
        match (DerivedField::from_field(self.field()), self) {
            (None, _) => true,
            (Some(DerivedField::OUTCOME), Self::Equals(_, text)) => {
                text == "denied" || text == "failed"
            }
            (Some(_), _) => false,
        }
    }

    /// The field that shows the sign.
    pub(super) fn field(&self) -> &EventField {
        match self {
            Self::Equals(field, _) | Self::Contains(field, _) | Self::Present(field) => field,
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

impl EventField {
    /// The name of a field at the top of a record.
    pub(super) fn top_level_name(&self) -> Option<&str> {
        match (self.path.as_slice(), self.reach) {
            ([PathStep::Key(name)], PathReach::Leaves | PathReach::Members | PathReach::Exact) => {
                Some(name)
            }
            _ => None,
        }
    }
}
