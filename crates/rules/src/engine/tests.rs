//! The engine compared with the oracle: every operator, random rules, hostile records.

mod beyond;

use aware_core::source::cloudtrail;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::Value;

use super::*;
use crate::ir::{
    Cidr, FieldReference, FieldTest, JointTest, LeafMatch, LeafTypes, LetterCase, LineTest,
    LinearRegex, MemberCondition, MemberQuantifier, NumberComparison, PathStep, PatternPiece,
    RuleExpr, TestOperation, TextPattern, TextRelation, TimePart,
};
use crate::oracle;
use crate::rule::RuleLanguage;
use beyond::{deep, derived, each, length, relation};

fn rule(expr: RuleExpr) -> CompiledRule {
    CompiledRule {
        about: Arc::new(aware_core::finding::RuleSummary::with_defaults(
            "r",
            "R",
            aware_core::event::Level::Low,
        )),
        language: RuleLanguage::Sigma,
        source: Some(cloudtrail::ID),
        file: "test".to_owned(),
        line: 1,
        enabled: true,
        expr,
        baseline: None,
    }
}

/// Compares the engine, its gate and the oracle on one record.
fn check(engine: &mut RuleEngine, record: &str) {
    let Ok(value) = serde_json::from_str::<Value>(record) else {
        let _ = engine.scan_record(record);
        return;
    };
    let rules = Arc::clone(engine.rules());
    let expected: Vec<u32> = (0..)
        .zip(rules.iter())
        .filter(|(_, rule)| oracle::event_matches(&rule.expr, cloudtrail::ID, &value, record))
        .map(|(at, _)| at)
        .collect();
    let found = engine.scan_record(record).unwrap().matches.to_vec();
    assert_eq!(found, expected, "{record}\n{rules:#?}");
    let hidden = record.contains("\\u");
    assert!(
        expected.is_empty() || hidden || engine.gate().lets_through(record.as_bytes()),
        "the gate dismissed {record}\n{rules:#?}"
    );
}

const NAMES: [&str; 10] = [
    "eventName",
    "eventSource",
    "a",
    "b",
    "errorCode",
    "errorMessage",
    "userAgent",
    "a.b",
    "requestParameters",
    "userIdentity",
];
const TEXTS: [&str; 12] = [
    "",
    "x",
    "X",
    "xy",
    "AccessDenied",
    "accessdenied",
    "42",
    "true",
    "É\u{212a}",
    "10.0.0.1",
    "2026-11-24T03:54:00Z",
    "a\"b\\c",
];

fn json(depth: u32) -> BoxedStrategy<String> {
    let quoted = |text: &str| Value::from(text).to_string();
    let leaf = prop_oneof![
        4 => select(&TEXTS[..]).prop_map(quoted),
        1 => select(&["null", "true", "false", "42", "42.0", "-0", "4e1", "123456789012345678901"][..])
            .prop_map(str::to_owned),
        1 => Just(r#""\u0041ccessDenied""#.to_owned()),
    ];
    if depth == 0 {
        return leaf.boxed();
    }
    // A document within a text, some of them URL-encoded.
    let document = (json(depth - 1), any::<bool>()).prop_map(move |(text, encoded)| {
        let text = if encoded { text.replace('{', "%7B").replace('[', "%5b") } else { text };
        quoted(&text)
    });
    let name = prop_oneof![
        12 => select(&NAMES[..]).prop_map(str::to_owned),
        1 => Just("event\\u004eame".to_owned()),
    ];
    let member = (name, json(depth - 1)).prop_map(|(name, value)| format!("\"{name}\":{value}"));
    let object =
        prop::collection::vec(member, 0..5).prop_map(|all| format!("{{{}}}", all.join(",")));
    let list = prop::collection::vec(json(depth - 1), 0..4)
        .prop_map(|all| format!("[{}]", all.join(", ")));
    prop_oneof![2 => leaf, 3 => object, 1 => list, 1 => document].boxed()
}

fn record() -> impl Strategy<Value = String> {
    let name = select(&NAMES[..]);
    let member = (name, json(3)).prop_map(|(name, value)| format!("\"{name}\":{value}"));
    let whole = (select(&CALLS[..]), any::<bool>()).prop_map(|((source, name), is_event)| {
        let call = format!(
            "\"eventTime\":\"2026-11-24T03:54:00Z\",\"eventSource\":\"{source}\",\"eventName\":\"{name}\""
        );
        if is_event { vec![call] } else { Vec::new() }
    });
    let other = select(
        &[
            "",
            r#""insightDetails":{"eventSource":"iam.amazonaws.com","eventName":"CreateUser"},"eventTime":"2026-11-24T03:54:00Z","eventCategory":"Insight""#,
            r#""timeWindow":{"windowStart":"2026-11-24T03:54:00Z"},"eventCategory":"Aggregated","summary":{"primaryDimension":{"dimension":"eventName","statistics":[{"name":"CreateUser"}]}}"#,
        ][..],
    );
    (whole, other, prop::collection::vec(member, 0..7)).prop_map(|(mut all, other, members)| {
        all.extend((!other.is_empty()).then(|| other.to_owned()));
        all.extend(members);
        format!("{{{}}}", all.join(","))
    })
}

const CALLS: [(&str, &str); 4] = [
    ("iam.amazonaws.com", "CreateUser"),
    ("lambda.amazonaws.com", "CreateFunction20150331"),
    ("odd:source", "a:b"),
    ("iam.amazonaws.com.cn", "PutUserPolicy"),
];

fn field() -> impl Strategy<Value = EventField> {
    let key = select(&["eventName", "a", "b", "errorCode", "userAgent", "requestParameters"][..])
        .prop_map(|name| PathStep::Key(name.to_owned()));
    let exact = prop_oneof![
        4 => key.clone(),
        1 => (0_usize..2).prop_map(PathStep::Index),
        1 => Just(PathStep::EachItem),
        1 => Just(PathStep::EachMember),
    ];
    let through =
        (prop::collection::vec(key, 1..4), select(&[PathReach::Leaves, PathReach::Members][..]))
            .prop_map(|(path, reach)| EventField { path, reach });
    let exact = prop::collection::vec(exact, 1..4)
        .prop_map(|path| EventField { path, reach: PathReach::Exact });
    prop_oneof![
        4 => through,
        2 => exact,
        1 => Just(EventField::whole_event()),
        1 => Just(EventField::dotted("aware.outcome", PathReach::Leaves)),
    ]
}

fn pattern() -> impl Strategy<Value = TextPattern> {
    let piece = prop_oneof![
        3 => select(&TEXTS[..]).prop_map(|text| PatternPiece::Literal(text.to_owned())),
        1 => Just(PatternPiece::Many),
        1 => Just(PatternPiece::One),
    ];
    (
        prop::collection::vec(piece, 0..3),
        select(&[LetterCase::Sensitive, LetterCase::Insensitive][..]),
    )
        .prop_map(|(pieces, case)| TextPattern::from_pieces(pieces, case))
}

fn wanted() -> impl Strategy<Value = LeafMatch> {
    let types = select(&[LeafTypes::Strict, LeafTypes::Scalars][..]);
    let how = select(
        &[NumberComparison::Less, NumberComparison::Equal, NumberComparison::GreaterOrEqual][..],
    );
    let one = prop_oneof![
        6 => (pattern(), types.clone()).prop_map(|(pattern, types)| LeafMatch::Text(pattern, types)),
        1 => types.clone().prop_map(|types| LeafMatch::Regex(LinearRegex::compile_text("(?i)^acc|4").unwrap(), types)),
        1 => (how.clone(), types).prop_map(|(how, types)| LeafMatch::Number(how, 42.0, types)),
        1 => how.prop_map(|how| LeafMatch::Time(TimePart::Hour, how, 3)),
        1 => any::<bool>().prop_map(LeafMatch::Bool),
        1 => Just(LeafMatch::Null),
        1 => Just(LeafMatch::Anything),
        1 => Just(LeafMatch::Cidr(Cidr::parse("10.0.0.0/8").unwrap())),
    ];
    one.prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(LeafMatch::All),
            prop::collection::vec(inner.clone(), 0..3).prop_map(LeafMatch::Any),
            inner.prop_map(|inner| LeafMatch::Not(Box::new(inner))),
        ]
    })
}

fn is_test() -> impl Strategy<Value = FieldTest> {
    (field(), wanted())
        .prop_map(|(field, wanted)| FieldTest { field, op: TestOperation::Is(wanted) })
}

fn expr() -> impl Strategy<Value = RuleExpr> {
    let name = select(&["a", "b", "a.b", "aware.outcome", "aware.action"][..]);
    let members =
        (name, proptest::option::of(wanted()), any::<bool>()).prop_map(|(name, value, absent)| {
            JointTest {
                field: EventField::dotted(name, PathReach::Members),
                absent: absent || value.is_none(),
                value,
            }
        });
    let test = prop_oneof![
        8 => is_test().prop_map(RuleExpr::Test),
        1 => field().prop_map(|field| RuleExpr::from_test(field, TestOperation::Exists)),
        1 => field().prop_map(|field| RuleExpr::from_test(field, TestOperation::Null)),
        1 => relation(field(), prop_oneof![field(), deep()]).prop_map(RuleExpr::Test),
        2 => prop::collection::vec(members, 1..4).prop_map(RuleExpr::Together),
        2 => derived().prop_map(RuleExpr::Test),
        2 => (deep(), wanted()).prop_map(|(field, wanted)| RuleExpr::from_test(field, TestOperation::Is(wanted))),
        1 => deep().prop_map(|field| RuleExpr::from_test(field, TestOperation::Exists)),
        1 => prop_oneof![deep(), field()].prop_map(|f| EventField { reach: PathReach::Leaves, ..f }).prop_flat_map(|field| length(Just(field))).prop_map(RuleExpr::Test),
        2 => each(),
        1 => Just(RuleExpr::Line(LineTest::Contains("xy".to_owned()))),
    ];
    test.prop_recursive(3, 10, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(RuleExpr::All),
            prop::collection::vec(inner.clone(), 0..4).prop_map(RuleExpr::Any),
            inner.prop_map(RuleExpr::negated),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn the_engine_says_what_the_oracle_says(
        exprs in prop::collection::vec(expr(), 1..4),
        records in prop::collection::vec(record(), 1..5),
    ) {
        let rules: Vec<CompiledRule> = exprs.into_iter().map(rule).collect();
        let mut engine = RuleEngine::compile_rules(rules, cloudtrail::ID);
        records.iter().for_each(|record| check(&mut engine, record));
    }

    #[test]
    fn what_is_no_json_never_panics(exprs in prop::collection::vec(expr(), 1..3), text in ".{0,60}", record in record(), cut in 0_usize..200) {
        let mut engine = RuleEngine::compile_rules(exprs.into_iter().map(rule).collect::<Vec<_>>(), cloudtrail::ID);
        check(&mut engine, &text);
        let cut: String = record.chars().take(cut).collect();
        check(&mut engine, &cut);
    }
}

fn named(name: &str) -> RuleExpr {
    let pattern = TextPattern::exact_text(name, LetterCase::Insensitive);
    RuleExpr::from_test(
        EventField::dotted("eventName", PathReach::Leaves),
        TestOperation::Is(LeafMatch::Text(pattern, LeafTypes::Scalars)),
    )
}

#[test]
fn names_are_dismissed_by_their_bytes() {
    let engine = RuleEngine::compile_rules(
        vec![rule(named("CreateUser")), rule(named("DeleteUser"))],
        cloudtrail::ID,
    );
    let gate = engine.gate();
    assert!(!gate.is_open());
    assert!(gate.lets_through(br#"{"eventName":"createuser"}"#));
    assert!(!gate.lets_through(br#"{"eventName":"ListUsers","note":"CreateUser"}"#));
    // An escape after the first letter does not turn it into another name.
    assert!(!gate.lets_through(br#"{"eventName":"List\u0055sers"}"#));
    for odd in [
        r#"{"eventName":"ListUsers","x":{"eventName":"CreateUser"}}"#,
        r#"{"eventName" : "ListUsers"}"#,
        r#"{"eventName":["ListUsers"]}"#,
        r#"{"eventName":"\u004cistUsers"}"#,
        r#"{"eventName":"Creat\u0065User"}"#,
    ] {
        assert!(gate.lets_through(odd.as_bytes()), "{odd}");
    }
}

#[test]
fn a_rule_that_is_all_negation_opens_the_gate() {
    let engine =
        RuleEngine::compile_rules(vec![rule(named("CreateUser").negated())], cloudtrail::ID);
    assert!(engine.gate().is_open());
    assert_eq!(engine.unindexed_rules().count(), 1);
}

#[test]
fn hostile_records() {
    let denied = RuleExpr::from_test(
        EventField::dotted("aware.outcome", PathReach::Leaves),
        TestOperation::Is(LeafMatch::Text(
            TextPattern::exact_text("denied", LetterCase::Insensitive),
            LeafTypes::Scalars,
        )),
    );
    let mut engine =
        RuleEngine::compile_rules(vec![rule(denied), rule(named("CreateUser"))], cloudtrail::ID);
    let deep =
        format!(r#"{{"x":{}1{},"eventName":"CreateUser"}}"#, "[".repeat(110), "]".repeat(110));
    for record in [
        r#"{"errorCode":"AccessDenied","errorCode":"NoSuchBucket"}"#,
        r#"{"errorCode":"NoSuchBucket","errorCode":"AccessDenied"}"#,
        r#"{"requestParameters":{"errorCode":"AccessDenied"}}"#,
        r#"{"\u0065rrorCode":"AccessDenied"}"#,
        r#"{"errorCode":"Access\u0044enied"}"#,
        r#"{"errorMessage":"User: x is not authorized to perform: s3:GetObject"}"#,
        r#"{"eventName":"ListUsers","eventName":"CreateUser"}"#,
        r#"{"eventName":"CreateUser","eventName":"ListUsers"}"#,
        r#"{"eventName":"\"CreateUser"}"#,
        &deep,
    ] {
        check(&mut engine, record);
    }
    assert_eq!(engine.scan_record(r#"{"errorCode":"AccessDenied"}"#).unwrap().matches, [0]);
}

#[test]
fn many_rules_are_one_engine() {
    let rules: Vec<CompiledRule> = (0..5_000).map(|at| rule(named(&format!("Call{at}")))).collect();
    let mut engine = RuleEngine::compile_rules(rules, cloudtrail::ID);
    assert_eq!(engine.scan_record(r#"{"eventName":"CALL4711"}"#).unwrap().matches, [4711]);
    assert_eq!(engine.unindexed_rules().count(), 0);
}
