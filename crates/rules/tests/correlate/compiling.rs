//! References, and everything that is refused.

use std::collections::BTreeMap;

use aware_rules::correlate::{
    BoundOperator, Correlation, CorrelationKind, NamedRule, compile_correlations,
};

use crate::kit::{RULES, called, correlation, events, plan, run};

const GTE_2: &[(BoundOperator, f64)] = &[(BoundOperator::Gte, 2.0)];

fn problems(correlations: &[Correlation]) -> Vec<String> {
    compile_correlations(&RULES, correlations).problems.iter().map(ToString::to_string).collect()
}

fn check(change: impl FnOnce(&mut Correlation), kind: CorrelationKind, expected: &str) {
    let mut one = correlation(kind, &["a", "b"], GTE_2);
    change(&mut one);
    assert_eq!(problems(&[one]), [format!("rules/x.yml:7: {expected}")]);
}

#[test]
fn references_are_by_id_then_name_then_title() {
    let rules = [
        NamedRule { id: "one", name: Some("two"), title: "three" },
        NamedRule { id: "two", name: Some("three"), title: "one" },
        NamedRule { id: "four", name: None, title: "Only Title" },
    ];
    let target = |reference: &str| {
        let plan = compile_correlations(
            &rules,
            &[correlation(CorrelationKind::EventCount, &[reference], GTE_2)],
        )
        .plan;
        (0..3).filter(|rule| plan.listens_to(*rule)).collect::<Vec<_>>()
    };
    assert_eq!(target("two"), [1], "an id goes before a name");
    assert_eq!(target("three"), [1], "a name goes before a title");
    assert_eq!(target("Only Title"), [2]);
}

#[test]
fn a_rule_without_an_id_is_found_by_its_name() {
    let one = correlation(CorrelationKind::EventCount, &["e"], GTE_2);
    assert_eq!(run(&[one], &events("e 0 e1; e 1 e2")).len(), 1);
}

#[test]
fn one_bad_reference_refuses_one_correlation() {
    let good = called(correlation(CorrelationKind::EventCount, &["Title A"], GTE_2), "good");
    let bad = called(correlation(CorrelationKind::EventCount, &["Title F is none"], GTE_2), "bad");
    let compiled = compile_correlations(&RULES, &[bad, good]);
    assert_eq!(compiled.plan.correlations().len(), 1);
    assert_eq!(compiled.problems.len(), 1);
    assert_eq!(compiled.problems[0].to_string(), "rules/x.yml:7: unknown rule `Title F is none`");
}

#[test]
fn references_that_lead_nowhere() {
    check(
        |one| one.rules[0] = "Titel A".into(),
        CorrelationKind::EventCount,
        "unknown rule `Titel A` (hint: did you mean `Title A`?)",
    );
    check(|one| one.rules[0] = "b".into(), CorrelationKind::EventCount, "rule `b` is listed twice");
    check(
        |one| one.rules[0] = "Title B".into(),
        CorrelationKind::EventCount,
        "`Title B` and `b` are the same rule",
    );
    check(|one| one.rules.clear(), CorrelationKind::EventCount, "correlation refers to no rules");
    let twins = [called(correlation(CorrelationKind::EventCount, &["a"], GTE_2), "twin"); 1];
    let [one] = twins;
    let mut other = one.clone();
    other.about = correlation(CorrelationKind::EventCount, &["a"], GTE_2).about;
    let outer = called(correlation(CorrelationKind::EventCount, &["twin"], GTE_2), "outer");
    assert_eq!(
        problems(&[one, other, outer]),
        ["rules/x.yml:7: rule `twin` could be any of 2 (hint: refer to it by its id)"]
    );
}

#[test]
fn circles_are_named() {
    let link =
        |name: &str, to: &str| called(correlation(CorrelationKind::EventCount, &[to], GTE_2), name);
    let all = [link("x", "y"), link("y", "z"), link("z", "x"), link("into", "x"), link("ok", "a")];
    let compiled = compile_correlations(&RULES, &all);
    let found: Vec<String> = compiled.problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        found,
        [
            "rules/x.yml:7: correlation refers to itself: `T x` → `T y` → `T z` → `T x`",
            "rules/x.yml:7: correlation refers to itself: `T y` → `T z` → `T x` → `T y`",
            "rules/x.yml:7: correlation refers to itself: `T z` → `T x` → `T y` → `T z`",
            "rules/x.yml:7: correlation refers to `x`, which is itself refused",
        ]
    );
    assert_eq!(compiled.plan.correlations().len(), 1);
    assert_eq!(
        problems(&[link("self", "self")]),
        ["rules/x.yml:7: correlation refers to itself: `T self` → `T self`"]
    );
}

#[test]
fn timespans() {
    check(
        |one| one.timespan_seconds = 0,
        CorrelationKind::EventCount,
        "timespan is 0 (hint: write a time like `10m`)",
    );
    check(
        |one| one.timespan_seconds = 30 * 86_400 + 1,
        CorrelationKind::EventCount,
        "timespan is over 30 days",
    );
    let mut longest = correlation(CorrelationKind::EventCount, &["a"], GTE_2);
    longest.timespan_seconds = 30 * 86_400;
    assert_eq!(problems(&[longest]), [""; 0]);
}

#[test]
fn conditions_that_do_not_fit_their_kind() {
    let condition = |one: &mut Correlation| one.condition.clone().unwrap();
    check(
        |one| one.condition = None,
        CorrelationKind::EventCount,
        "event_count needs a condition with a bound",
    );
    check(
        |one| one.condition.as_mut().unwrap().fields.clear(),
        CorrelationKind::ValueCount,
        "value_count needs a field in its condition",
    );
    check(
        |one| one.condition.as_mut().unwrap().fields.push("x".into()),
        CorrelationKind::ValueSum,
        "value_sum takes one field, not 2",
    );
    check(
        |one| one.condition.as_mut().unwrap().fields.push("x".into()),
        CorrelationKind::Temporal,
        "temporal takes no field",
    );
    check(
        |one| one.condition.as_mut().unwrap().percentile = None,
        CorrelationKind::ValuePercentile,
        "value_percentile needs a percentile in its condition",
    );
    for outside in [-0.1, 100.1, f64::NAN] {
        check(
            |one| one.condition.as_mut().unwrap().percentile = Some(outside),
            CorrelationKind::ValuePercentile,
            "percentile is not between 0 and 100",
        );
    }
    check(
        |one| one.condition.as_mut().unwrap().percentile = Some(5.0),
        CorrelationKind::ValueMedian,
        "value_median takes no percentile",
    );
    let mut fine = correlation(CorrelationKind::ValueMedian, &["a"], GTE_2);
    assert!(condition(&mut fine).percentile.is_none());
}

#[test]
fn conditions_that_can_never_be_true() {
    let never = "condition can never be true \
                 (hint: a window has at least one event; silence can't be seen this way)";
    let bounds = |bounds: &[(BoundOperator, f64)]| {
        let bounds = bounds.to_vec();
        move |one: &mut Correlation| one.condition.as_mut().unwrap().bounds = bounds
    };
    check(bounds(&[(BoundOperator::Lt, 1.0)]), CorrelationKind::EventCount, never);
    check(bounds(&[(BoundOperator::Eq, 0.0)]), CorrelationKind::EventCount, never);
    check(bounds(&[(BoundOperator::Eq, 2.5)]), CorrelationKind::EventCount, never);
    check(
        bounds(&[(BoundOperator::Gt, 5.0), (BoundOperator::Lt, 6.0)]),
        CorrelationKind::EventCount,
        never,
    );
    check(bounds(&[(BoundOperator::Gte, 3.0)]), CorrelationKind::Temporal, never);
    let contradiction = "condition can never be true";
    check(
        bounds(&[(BoundOperator::Gt, 5.0), (BoundOperator::Lt, 5.0)]),
        CorrelationKind::ValueSum,
        contradiction,
    );
    check(
        bounds(&[(BoundOperator::Gte, f64::NAN)]),
        CorrelationKind::ValueSum,
        "condition compares with something that is not a number",
    );
    check(
        bounds(&[(BoundOperator::Gte, 1e9)]),
        CorrelationKind::EventCount,
        "condition asks for more than 50000 in one window \
         (hint: count smaller windows, and let another correlation count their firings)",
    );
    for fine in [
        vec![(BoundOperator::Gt, 5.0), (BoundOperator::Lt, 7.0)],
        vec![(BoundOperator::Neq, 1.0)],
        vec![(BoundOperator::Lte, 1.0)],
        vec![(BoundOperator::Lt, 1e12)],
    ] {
        assert_eq!(
            problems(&[correlation(CorrelationKind::EventCount, &["a"], &fine)]),
            [""; 0],
            "{fine:?}"
        );
        assert_eq!(
            problems(&[correlation(CorrelationKind::ValueAvg, &["a"], &fine)]),
            [""; 0],
            "{fine:?}"
        );
    }
}

#[test]
fn aliases_have_to_fit() {
    let alias = |fields: &[(&str, &str)]| {
        let fields = fields.iter().map(|(rule, field)| ((*rule).into(), (*field).into()));
        let fields: BTreeMap<String, String> = fields.collect();
        move |one: &mut Correlation| {
            one.group_by = vec!["who".into()];
            one.aliases = BTreeMap::from([("who".into(), fields)]);
        }
    };
    check(
        alias(&[("a", "x")]),
        CorrelationKind::EventCount,
        "alias `who` has no field for rule `b` \
         (hint: name its field there, even if it has the same name)",
    );
    check(
        alias(&[("a", "x"), ("b", "y"), ("c", "z")]),
        CorrelationKind::EventCount,
        "aliases name `c`, to which the correlation does not refer",
    );
    check(
        alias(&[("a", "x"), ("b", "y"), ("Titel B", "z")]),
        CorrelationKind::EventCount,
        "unknown rule in aliases: `Titel B` (hint: did you mean `Title B`?)",
    );
    let mut unused = correlation(CorrelationKind::EventCount, &["a", "b"], GTE_2);
    alias(&[("a", "x")])(&mut unused);
    unused.group_by = vec!["user".into()];
    assert_eq!(problems(&[unused]), [""; 0]);
}

#[test]
fn rules_are_silenced_unless_one_asks_for_their_findings() {
    let quiet = called(correlation(CorrelationKind::EventCount, &["a", "b"], GTE_2), "quiet");
    let mut loud = called(correlation(CorrelationKind::EventCount, &["b", "c"], GTE_2), "loud");
    loud.generate = true;
    let plan = plan(&[quiet, loud]);
    assert_eq!(plan.silenced_rules().iter().copied().collect::<Vec<_>>(), [0]);
    assert!(plan.listens_to(2) && !plan.listens_to(3));
}

#[test]
fn only_the_fields_that_are_needed_are_wanted() {
    let mut many = called(correlation(CorrelationKind::ValueCount, &["a"], GTE_2), "many");
    many.group_by = vec!["ip".into()];
    let then = called(correlation(CorrelationKind::TemporalOrdered, &["many", "b"], &[]), "then");
    let plan = plan(&[then, many]);
    assert_eq!(plan.fields_for_rule(0), ["ip", "value", "user"]);
    assert_eq!(plan.fields_for_rule(1), ["user"]);
    assert_eq!(plan.fields_for_rule(2), [""; 0]);
}
