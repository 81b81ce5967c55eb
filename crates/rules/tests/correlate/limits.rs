//! Memory is bounded, and what is over is counted.

use aware_rules::correlate::{
    BoundOperator, CorrelationEngine, CorrelationKind, CorrelationSettings,
};

use crate::kit::{called, correlation, engine, events, hit, offer, plan};

const GTE_3: &[(BoundOperator, f64)] = &[(BoundOperator::Gte, 3.0)];

fn flood(engine: &mut CorrelationEngine, count: i64, text: impl Fn(i64) -> String) -> usize {
    (0..count).map(|at| offer(engine, &events(&text(at))).len()).sum()
}

#[test]
fn a_flood_of_what_has_fired_is_cheap() {
    for kind in
        [CorrelationKind::EventCount, CorrelationKind::ValueCount, CorrelationKind::ValueSum]
    {
        let mut engine = engine(&[correlation(kind, &["a"], GTE_3)]);
        let fired = flood(&mut engine, 4000, |at| format!("a {} e{at} value={at}", at / 20));
        assert_eq!(fired, 4, "{kind:?}: 200 seconds, four minutes begun");
        assert!(engine.kept_size() < 1300, "{kind:?}: {}", engine.kept_size());
        assert!(!engine.total_counts().has_losses());
    }
}

#[test]
fn a_flood_of_one_value_pushes_no_other_out() {
    let settings = CorrelationSettings { per_group: 50, ..CorrelationSettings::default() };
    for (kind, rest) in [
        (CorrelationKind::ValueCount, "a 70 y value=y; a 71 z value=z"),
        (CorrelationKind::Temporal, "b 70 y; c 71 z"),
    ] {
        let rules: &[&str] =
            if kind == CorrelationKind::Temporal { &["a", "b", "c"] } else { &["a"] };
        let mut engine = CorrelationEngine::new(plan(&[correlation(kind, rules, GTE_3)]), settings);
        assert_eq!(flood(&mut engine, 10_000, |at| format!("a {} e{at} value=x", at / 100)), 0);
        assert!(engine.kept_size() < 10, "{kind:?}: {}", engine.kept_size());
        assert_eq!(offer(&mut engine, &events(rest)).len(), 1);
        assert!(!engine.total_counts().has_losses());
    }
}

#[test]
fn the_newest_events_of_a_group_are_kept() {
    let settings = CorrelationSettings { per_group: 80, ..CorrelationSettings::default() };
    let one = correlation(CorrelationKind::TemporalOrdered, &["a", "b"], &[]);
    let mut engine = CorrelationEngine::new(plan(&[one]), settings);
    flood(&mut engine, 1000, |at| format!("a {} e{at}", at / 100));
    assert!((80..=91).contains(&engine.kept_size()), "{}", engine.kept_size());
    let counts = engine.counts_of(0);
    assert_eq!(counts.taken - counts.dropped + 1, u64::try_from(engine.kept_size()).unwrap());
    assert!(counts.has_losses());
    assert_eq!(offer(&mut engine, &events("b 10 last")).len(), 1);
}

#[test]
fn the_groups_with_the_newest_events_are_kept() {
    let settings = CorrelationSettings {
        per_correlation: 1000,
        total: 1500,
        ..CorrelationSettings::default()
    };
    let all = [
        called(correlation(CorrelationKind::EventCount, &["a"], GTE_3), "one"),
        called(correlation(CorrelationKind::ValueCount, &["a"], GTE_3), "two"),
    ];
    let mut engine = CorrelationEngine::new(plan(&all), settings);
    flood(&mut engine, 5000, |at| format!("a {at} e{at} user=u{at} value=v"));
    assert!(engine.kept_size() <= 1500, "{}", engine.kept_size());
    assert!(engine.counts_of(0).dropped > 3000 && engine.counts_of(1).dropped > 3000);
    let last = "a 5000 x user=u4999 value=w; a 5001 y user=u4999 value=x";
    assert_eq!(offer(&mut engine, &events(last)).len(), 2);
}

#[test]
fn an_event_belongs_to_so_many_groups_and_no_more() {
    let settings = CorrelationSettings { fan_out: 4, ..CorrelationSettings::default() };
    let one = correlation(CorrelationKind::EventCount, &["a"], GTE_3);
    let mut engine = CorrelationEngine::new(plan(&[one]), settings);
    offer(&mut engine, &events("a 0 e1 user=1,2,3,4,5,6"));
    assert_eq!((engine.counts_of(0).taken, engine.counts_of(0).over_fan_out), (4, 2));
}

#[test]
fn a_condition_that_asks_for_many_gets_them() {
    let settings = CorrelationSettings { per_group: 10, ..CorrelationSettings::default() };
    let one = correlation(CorrelationKind::EventCount, &["a"], &[(BoundOperator::Gte, 500.0)]);
    let mut engine = CorrelationEngine::new(plan(&[one]), settings);
    assert_eq!(flood(&mut engine, 499, |at| format!("a {} e{at}", at / 100)), 0);
    assert_eq!(offer(&mut engine, &events("a 59 last")).len(), 1);
}

#[test]
fn a_firing_names_some_events_and_counts_all() {
    let settings = CorrelationSettings { sample: 2, ..CorrelationSettings::default() };
    let one = correlation(CorrelationKind::EventCount, &["a"], &[(BoundOperator::Gte, 5.0)]);
    let mut engine = CorrelationEngine::new(plan(&[one]), settings);
    let fired = offer(&mut engine, &crate::kit::burst(0, 5));
    assert_eq!((fired[0].events.len(), fired[0].count), (2, 5));
}

#[test]
fn a_flood_into_a_chain_ends() {
    let many = called(correlation(CorrelationKind::EventCount, &["a"], GTE_3), "many");
    let then = called(correlation(CorrelationKind::TemporalOrdered, &["many", "b"], &[]), "then");
    let mut engine = engine(&[many, then]);
    assert_eq!(flood(&mut engine, 5000, |at| format!("a {} e{at}", at / 100)), 0);
    assert_eq!(offer(&mut engine, &events("b 55 last")).len(), 1);
}

#[test]
fn hits_that_nobody_listens_to_cost_nothing() {
    let mut engine = engine(&[correlation(CorrelationKind::EventCount, &["a"], GTE_3)]);
    let event = &events("b 0 e1")[0];
    let mut hit = hit(&engine.plan().clone(), event);
    assert_eq!(engine.offer_match(&hit), []);
    hit.rule = usize::MAX;
    assert_eq!(engine.offer_match(&hit), []);
    hit.rule = 0;
    hit.fields.clear();
    assert_eq!(engine.offer_match(&hit), []);
    assert_eq!((engine.counts_of(0).hits, engine.counts_of(0).no_group), (1, 1));
}
