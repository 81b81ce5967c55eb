//! Short ways to write correlations, hits and expectations.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aware_core::event::Level;
use aware_core::finding;
use aware_core::source::cloudtrail;
use aware_rules::correlate::{
    BoundOperator, Correlation, CorrelationCondition, CorrelationEngine, CorrelationKind,
    CorrelationPlan, CorrelationSettings, Firing, NamedRule, RuleMatch, compile_correlations,
};
use jiff::Timestamp;

/// The rules of all tests: `a` to `e`, by their names.
pub(crate) const RULES: [NamedRule<'static>; 5] = [
    NamedRule { id: "id-a", name: Some("a"), title: "Title A" },
    NamedRule { id: "id-b", name: Some("b"), title: "Title B" },
    NamedRule { id: "id-c", name: Some("c"), title: "Title C" },
    NamedRule { id: "id-d", name: None, title: "Title D" },
    NamedRule { id: "", name: Some("e"), title: "Title E" },
];

/// A correlation by `user` within a minute.
pub(crate) fn correlation(
    kind: CorrelationKind,
    rules: &[&str],
    bounds: &[(BoundOperator, f64)],
) -> Correlation {
    let fields = if kind.needs_field() { vec!["value".to_owned()] } else { vec![] };
    let percentile = (kind == CorrelationKind::ValuePercentile).then_some(90.0);
    let condition = CorrelationCondition { bounds: bounds.to_vec(), fields, percentile };
    Correlation {
        about: Arc::new(finding::RuleSummary::with_defaults("c1", "The first", Level::High)),
        name: None,
        kind,
        rules: rules.iter().map(|rule| (*rule).to_owned()).collect(),
        group_by: vec!["user".to_owned()],
        timespan_seconds: 60,
        condition: (!bounds.is_empty() || kind.needs_field()).then_some(condition),
        aliases: BTreeMap::new(),
        source: cloudtrail::ID,
        generate: false,
        enabled: true,
        file: "rules/x.yml".to_owned(),
        line: 7,
    }
}

/// The same, under another id and name.
pub(crate) fn called(mut one: Correlation, name: &str) -> Correlation {
    one.about = Arc::new(finding::RuleSummary::with_defaults(
        &format!("id-{name}"),
        &format!("T {name}"),
        Level::Low,
    ));
    one.name = Some(name.to_owned());
    one
}

pub(crate) fn plan(correlations: &[Correlation]) -> Arc<CorrelationPlan> {
    let compiled = compile_correlations(&RULES, correlations);
    assert_eq!(compiled.problems, []);
    Arc::new(compiled.plan)
}

pub(crate) fn engine(correlations: &[Correlation]) -> CorrelationEngine {
    CorrelationEngine::new(plan(correlations), CorrelationSettings::default())
}

/// One event, in short: rule, second, id, and its fields.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Event {
    pub(crate) rule: char,
    pub(crate) second: i64,
    pub(crate) id: String,
    pub(crate) fields: BTreeMap<String, Vec<String>>,
}

/// `a 10 e1 user=ann value=5`, several separated by `;`. A field may have several values: `x,y`.
/// Without `user=`, the user is `u`.
pub(crate) fn events(text: &str) -> Vec<Event> {
    let lines = text.split(';').map(str::trim).filter(|line| !line.is_empty());
    lines
        .map(|line| {
            let mut words = line.split_whitespace();
            let rule = words.next().unwrap().chars().next().unwrap();
            let second = words.next().unwrap().parse().unwrap();
            let id = words.next().unwrap().to_owned();
            let mut fields = BTreeMap::from([("user".to_owned(), vec!["u".to_owned()])]);
            for word in words {
                let (name, values) = word.split_once('=').unwrap();
                let values = values.split(',').filter(|value| !value.is_empty());
                fields.insert(name.to_owned(), values.map(str::to_owned).collect());
            }
            Event { rule, second, id, fields }
        })
        .collect()
}

/// `count` events of rule `a`, a second apart.
pub(crate) fn burst(from: i64, count: i64) -> Vec<Event> {
    let each = (0..count).map(|at| format!("a {} e{}", from + at, from + at));
    events(&each.collect::<Vec<_>>().join(";"))
}

pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

pub(crate) fn hit(plan: &CorrelationPlan, event: &Event) -> RuleMatch {
    let rule = usize::try_from(u32::from(event.rule) - u32::from('a')).unwrap();
    let values = |name: &String| event.fields.get(name).cloned().unwrap_or_default();
    RuleMatch {
        rule,
        time: at(event.second),
        account: "111122223333".to_owned(),
        event_id: event.id.clone(),
        fields: plan.fields_for_rule(rule).iter().map(values).collect(),
    }
}

/// Offers events in the order given.
pub(crate) fn offer(engine: &mut CorrelationEngine, events: &[Event]) -> Vec<Firing> {
    let plan = Arc::clone(engine.plan());
    events.iter().flat_map(|event| engine.offer_match(&hit(&plan, event))).collect()
}

/// Everything that fires, the end of all waiting included.
pub(crate) fn run(correlations: &[Correlation], events: &[Event]) -> Vec<Firing> {
    let mut engine = engine(correlations);
    let mut fired = offer(&mut engine, events);
    fired.extend(engine.finish_all());
    fired
}

/// How often a correlation fires.
pub(crate) fn fires(one: &Correlation, text: &str) -> usize {
    run(std::slice::from_ref(one), &events(text)).len()
}

pub(crate) fn ids(fired: &[Firing]) -> BTreeSet<String> {
    fired.iter().map(|firing| firing.id.clone()).collect()
}
