//! Random conditions that need the parsed record.

use super::*;

const DERIVED: [&str; 5] =
    ["aware.outcome", "aware.action", "aware.service", "aware.principal", "aware.sensitivity"];

pub(super) fn derived() -> impl Strategy<Value = FieldTest> {
    let texts = [
        "iam:CreateUser",
        "lambda:CreateFunction",
        "odd:source:a:b",
        "iam",
        "odd:source",
        "IAM:*",
        "denied",
        "success",
        "privileges",
        "none",
        "unknown",
        "",
    ];
    let reach = select(&[PathReach::Leaves, PathReach::Members, PathReach::Exact][..]);
    let pattern = select(texts.to_vec()).prop_map(|text| {
        let pieces = text.split('*').map(|text| PatternPiece::Literal(text.to_owned()));
        let pieces = pieces.flat_map(|piece| [PatternPiece::Many, piece]).skip(1);
        LeafMatch::Text(
            TextPattern::from_pieces(pieces, LetterCase::Insensitive),
            LeafTypes::Strict,
        )
    });
    let wanted = prop_oneof![
        4 => pattern.clone(),
        1 => prop::collection::vec(pattern, 0..3).prop_map(LeafMatch::Any),
        1 => Just(LeafMatch::Anything),
    ];
    let op = prop_oneof![5 => wanted.prop_map(TestOperation::Is), 1 => Just(TestOperation::Exists), 1 => Just(TestOperation::Null)];
    (select(&DERIVED[..]), reach, op)
        .prop_map(|(name, reach, op)| FieldTest { field: EventField::dotted(name, reach), op })
}

/// Paths that lead below the request, and into texts.
pub(super) fn deep() -> impl Strategy<Value = EventField> {
    let step = prop_oneof![
        6 => select(&["a", "b", "eventName", "errorCode"][..]).prop_map(|name| PathStep::Key(name.to_owned())),
        1 => (0_usize..2).prop_map(PathStep::Index),
    ];
    prop::collection::vec(step, 1..4).prop_map(|steps| {
        let first = PathStep::Key("requestParameters".to_owned());
        EventField { path: std::iter::once(first).chain(steps).collect(), reach: PathReach::Leaves }
    })
}

/// Paths within a list's member; without a name, the member itself.
fn in_member() -> impl Strategy<Value = EventField> {
    let key = select(&["a", "b"][..]).prop_map(|name| PathStep::Key(name.to_owned()));
    prop::collection::vec(key, 0..3).prop_map(|path| EventField { path, reach: PathReach::Leaves })
}

pub(super) fn relation(
    field: impl Strategy<Value = EventField>,
    other: impl Strategy<Value = EventField>,
) -> impl Strategy<Value = FieldTest> {
    let how = select(
        &[
            TextRelation::Equals,
            TextRelation::Contains,
            TextRelation::StartsWith,
            TextRelation::EndsWith,
            TextRelation::AccountOf,
        ][..],
    );
    (field, other, how, any::<bool>(), any::<bool>()).prop_map(
        |(field, other, how, segments, of_event)| {
            let case = LetterCase::Insensitive;
            let reference = FieldReference { other, of_event, how, case, segments };
            FieldTest { field, op: TestOperation::Refers(reference) }
        },
    )
}

pub(super) fn length(field: impl Strategy<Value = EventField>) -> impl Strategy<Value = FieldTest> {
    let how =
        select(&[NumberComparison::Less, NumberComparison::Equal, NumberComparison::Greater][..]);
    (field, how, 0_u64..3).prop_map(|(field, how, length)| FieldTest {
        field,
        op: TestOperation::Length(how, length),
    })
}

pub(super) fn each() -> impl Strategy<Value = RuleExpr> {
    let test = prop_oneof![
        6 => (in_member(), wanted()).prop_map(|(field, wanted)| FieldTest { field, op: TestOperation::Is(wanted) }),
        1 => in_member().prop_map(|field| FieldTest { field, op: TestOperation::Exists }),
        1 => relation(in_member(), prop_oneof![in_member(), field()]),
        1 => length(in_member()),
        1 => derived(),
    ];
    let body = prop_oneof![
        3 => test.clone().prop_map(RuleExpr::Test),
        1 => test.clone().prop_map(|test| RuleExpr::Test(test).negated()),
        2 => prop::collection::vec(test.prop_map(RuleExpr::Test), 1..3).prop_map(RuleExpr::All),
    ];
    let how = select(
        &[
            MemberQuantifier::Any,
            MemberQuantifier::All,
            MemberQuantifier::AllOrEmpty,
            MemberQuantifier::None,
        ][..],
    );
    let path = prop_oneof![2 => deep(), 1 => field().prop_map(|f| EventField { reach: PathReach::Leaves, ..f })];
    let path = path.prop_filter("a list has a name", |field| {
        matches!(field.path.first(), Some(PathStep::Key(_)))
            && !field
                .path
                .iter()
                .any(|step| matches!(step, PathStep::EachItem | PathStep::EachMember))
    });
    (path, how, body).prop_map(|(field, how, body)| {
        RuleExpr::Each(MemberCondition { field, how, body: Box::new(body) })
    })
}
