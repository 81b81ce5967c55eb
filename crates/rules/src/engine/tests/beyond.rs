//! Random conditions that need the parsed record.

use super::*;

const DERIVED: [&str; 5] =
    ["aware.outcome", "aware.action", "aware.service", "aware.principal", "aware.sensitivity"];

pub(super) fn derived() -> impl Strategy<Value = Test> {
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
    let reach = select(&[Reach::Leaves, Reach::Members, Reach::Exact][..]);
    let pattern = select(texts.to_vec()).prop_map(|text| {
        let pieces = text.split('*').map(|text| Piece::Literal(text.to_owned()));
        let pieces = pieces.flat_map(|piece| [Piece::Many, piece]).skip(1);
        Match::Text(Pattern::new(pieces, Case::Insensitive), Types::Strict)
    });
    let wanted = prop_oneof![
        4 => pattern.clone(),
        1 => prop::collection::vec(pattern, 0..3).prop_map(Match::Any),
        1 => Just(Match::Anything),
    ];
    let op = prop_oneof![5 => wanted.prop_map(Op::Is), 1 => Just(Op::Exists), 1 => Just(Op::Null)];
    (select(&DERIVED[..]), reach, op)
        .prop_map(|(name, reach, op)| Test { field: Field::dotted(name, reach), op })
}

/// Paths that lead below the request, and into texts.
pub(super) fn deep() -> impl Strategy<Value = Field> {
    let step = prop_oneof![
        6 => select(&["a", "b", "eventName", "errorCode"][..]).prop_map(|name| Step::Key(name.to_owned())),
        1 => (0_usize..2).prop_map(Step::Index),
    ];
    prop::collection::vec(step, 1..4).prop_map(|steps| {
        let first = Step::Key("requestParameters".to_owned());
        Field { path: std::iter::once(first).chain(steps).collect(), reach: Reach::Leaves }
    })
}

/// Paths within a list's member; without a name, the member itself.
fn in_member() -> impl Strategy<Value = Field> {
    let key = select(&["a", "b"][..]).prop_map(|name| Step::Key(name.to_owned()));
    prop::collection::vec(key, 0..3).prop_map(|path| Field { path, reach: Reach::Leaves })
}

pub(super) fn relation(
    field: impl Strategy<Value = Field>,
    other: impl Strategy<Value = Field>,
) -> impl Strategy<Value = Test> {
    let how = select(
        &[Relation::Equals, Relation::Contains, Relation::StartsWith, Relation::EndsWith][..],
    );
    (field, other, how, any::<bool>(), any::<bool>()).prop_map(
        |(field, other, how, segments, of_event)| {
            let case = Case::Insensitive;
            let reference = Reference { other, of_event, how, case, segments };
            Test { field, op: Op::Refers(reference) }
        },
    )
}

pub(super) fn length(field: impl Strategy<Value = Field>) -> impl Strategy<Value = Test> {
    let how = select(&[Comparison::Less, Comparison::Equal, Comparison::Greater][..]);
    (field, how, 0_u64..3)
        .prop_map(|(field, how, length)| Test { field, op: Op::Length(how, length) })
}

pub(super) fn each() -> impl Strategy<Value = Expr> {
    let test = prop_oneof![
        6 => (in_member(), wanted()).prop_map(|(field, wanted)| Test { field, op: Op::Is(wanted) }),
        1 => in_member().prop_map(|field| Test { field, op: Op::Exists }),
        1 => relation(in_member(), prop_oneof![in_member(), field()]),
        1 => length(in_member()),
        1 => derived(),
    ];
    let body = prop_oneof![
        3 => test.clone().prop_map(Expr::Test),
        1 => test.clone().prop_map(|test| Expr::Test(test).not()),
        2 => prop::collection::vec(test.prop_map(Expr::Test), 1..3).prop_map(Expr::All),
    ];
    let how =
        select(&[Quantifier::Any, Quantifier::All, Quantifier::AllOrEmpty, Quantifier::None][..]);
    let path =
        prop_oneof![2 => deep(), 1 => field().prop_map(|f| Field { reach: Reach::Leaves, ..f })];
    let path = path.prop_filter("a list has a name", |field| {
        matches!(field.path.first(), Some(Step::Key(_)))
            && !field.path.iter().any(|step| matches!(step, Step::EachItem | Step::EachMember))
    });
    (path, how, body)
        .prop_map(|(field, how, body)| Expr::Each(Each { field, how, body: Box::new(body) }))
}
