//! State that is kept outside, and rules that change.

use aware_rules::correlate::{
    BoundOperator, Correlation, CorrelationEngine, CorrelationKind, CorrelationSettings,
    RestoreOutcome, StateError,
};
use jiff::Timestamp;

use crate::kit::{at, called, correlation, events, hit, offer, plan};

fn engine(correlations: &[Correlation]) -> CorrelationEngine {
    let settings = CorrelationSettings { shared: true, ..CorrelationSettings::default() };
    CorrelationEngine::new(plan(correlations), settings)
}

const GTE_3: &[(BoundOperator, f64)] = &[(BoundOperator::Gte, 3.0)];

#[test]
fn only_what_changed_is_saved() {
    let mut engine = self::engine(&[correlation(CorrelationKind::EventCount, &["a"], GTE_3)]);
    offer(&mut engine, &events("a 0 e1 user=u; a 1 e2 user=v; a 2 e3 user=v"));
    assert_eq!(engine.touched_keys().len(), 2);
    assert_eq!(engine.take_touched().len(), 2);
    assert_eq!(engine.take_touched(), []);
    offer(&mut engine, &events("a 0 e1 user=u; a 5 e4 user=v"));
    let saved = engine.take_touched();
    assert_eq!(saved.len(), 1, "a duplicate changes nothing");
    assert!(saved[0].key.starts_with("correlation:"), "{}", saved[0].key);
}

#[test]
fn keys_are_known_before_the_hit_is_offered() {
    let mut engine = self::engine(&[correlation(CorrelationKind::EventCount, &["a"], GTE_3)]);
    let event = &events("a 0 e1 user=u,v")[0];
    let hit = hit(&engine.plan().clone(), event);
    let mut keys = engine.state_keys(&hit);
    engine.offer_match(&hit);
    let mut touched = engine.touched_keys();
    keys.sort();
    touched.sort();
    assert_eq!(keys, touched);
}

#[test]
fn state_says_when_it_is_due_and_when_it_expires() {
    let grows = called(correlation(CorrelationKind::EventCount, &["a"], GTE_3), "grows");
    let waits = called(
        correlation(CorrelationKind::EventCount, &["b"], &[(BoundOperator::Lt, 3.0)]),
        "waits",
    );
    let mut engine = self::engine(&[grows, waits]);
    offer(&mut engine, &events("a 1000 e1; b 1000 e2"));
    let saved = engine.take_touched();
    assert_eq!((saved[0].due, saved[1].due), (None, Some(at(1060 + 7200))));
    assert_eq!(saved[0].expires, at(1120 + 7200));
    let mut other = self::engine(engine.plan().correlations());
    other.restore_state(&saved[1].bytes).unwrap();
    assert_eq!(other.advance_watermark(saved[1].due.unwrap()).len(), 1);
}

#[test]
fn bad_state_is_an_error_and_foreign_state_is_obsolete() {
    let mut engine = self::engine(&[correlation(CorrelationKind::EventCount, &["a"], GTE_3)]);
    assert!(matches!(engine.restore_state(b"{"), Err(StateError::Malformed(_))));
    let error = engine.restore_state(br#"{"version": 9}"#).unwrap_err();
    assert_eq!(
        error.to_string(),
        "correlation state: version 9 is not known (hint: this program knows 1)"
    );
    let other = called(correlation(CorrelationKind::EventCount, &["a"], GTE_3), "other");
    let mut other = self::engine(&[other]);
    offer(&mut other, &events("a 0 e1"));
    let saved = other.take_touched();
    assert_eq!(engine.restore_state(&saved[0].bytes).unwrap(), RestoreOutcome::Obsolete);
}

#[test]
fn state_of_any_bytes_is_no_panic() {
    let mut engine = self::engine(&[correlation(CorrelationKind::ValueSum, &["a"], GTE_3)]);
    offer(&mut engine, &events("a 0 e1 value=1"));
    let bytes = engine.take_touched().remove(0).bytes;
    for at in 0..bytes.len() {
        for byte in [b'0', b'-', b'"', b']', 0xFF] {
            let mut broken = bytes.clone();
            broken[at] = byte;
            let mut fresh = self::engine(engine.plan().correlations());
            if fresh.restore_state(&broken).is_ok() {
                offer(&mut fresh, &events("a 1 e2 value=5; a 2 e3 value=7"));
                fresh.advance_watermark(Timestamp::MAX);
            }
        }
    }
}

#[test]
fn a_reload_keeps_what_is_defined_the_same() {
    let same = called(correlation(CorrelationKind::EventCount, &["a"], GTE_3), "same");
    let changed = called(correlation(CorrelationKind::EventCount, &["b"], GTE_3), "changed");
    let mut engine = self::engine(&[changed.clone(), same.clone()]);
    offer(&mut engine, &events("a 0 e1; a 1 e2; b 0 e1; b 1 e2"));

    let mut renamed = same;
    let mut about = (*renamed.about).clone();
    "Another title".clone_into(&mut about.name);
    renamed.about = about.into();
    renamed.line = 99;
    let mut stricter = changed;
    stricter.timespan_seconds = 61;
    let reloaded = engine.reload_plan(plan(&[renamed, stricter]));
    assert_eq!((reloaded.kept, reloaded.new, reloaded.gone), (1, 1, 1));
    assert_eq!(engine.take_touched().len(), 1);

    let fired = offer(&mut engine, &events("a 2 e3; b 2 e3"));
    assert_eq!(fired.len(), 1);
    assert_eq!(engine.plan().correlations()[fired[0].correlation].about.name, "Another title");
}

#[test]
fn old_state_is_forgotten() {
    let all = [
        called(correlation(CorrelationKind::EventCount, &["a"], GTE_3), "grows"),
        called(
            correlation(CorrelationKind::EventCount, &["a"], &[(BoundOperator::Lt, 2.0)]),
            "waits",
        ),
    ];
    let mut engine = CorrelationEngine::new(plan(&all), CorrelationSettings::default());
    offer(&mut engine, &events("a 0 e1; a 1 e2; a 2 e3; a 3 e4 user=v"));
    assert_eq!(engine.kept_size(), 13);
    engine.advance_watermark(at(7200 + 30));
    assert_eq!(engine.kept_size(), 13);
    engine.advance_watermark(at(7200 + 600));
    assert_eq!(engine.kept_size(), 0);
}

#[test]
fn what_is_forgotten_before_it_was_saved_is_saved_all_the_same() {
    let mut engine = self::engine(&[correlation(
        CorrelationKind::EventCount,
        &["a"],
        &[(BoundOperator::Lt, 2.0)],
    )]);
    offer(&mut engine, &events("a 0 e1; a 50 e2"));
    assert_eq!(engine.take_touched().len(), 1);
    offer(&mut engine, &events("a 20 e3; a 30 e4"));
    assert_eq!(engine.advance_watermark(at(9999)), []);
    assert_eq!(engine.kept_size(), 0);
    let saved = engine.take_touched();
    assert_eq!(saved.len(), 1);
    engine.restore_state(&saved[0].bytes).unwrap();
    assert_eq!(engine.finish_all(), [], "an old state would have seen one event alone");
}

#[test]
fn what_is_evicted_is_saved() {
    let settings =
        CorrelationSettings { shared: true, per_correlation: 10, ..CorrelationSettings::default() };
    let mut engine = CorrelationEngine::new(
        plan(&[correlation(CorrelationKind::EventCount, &["a"], GTE_3)]),
        settings,
    );
    let all: Vec<String> = (0..20).map(|n| format!("a {n} e{n} user=u{n}")).collect();
    offer(&mut engine, &events(&all.join(";")));
    assert!(engine.kept_size() <= 10);
    assert_eq!(engine.take_touched().len(), 20);
    assert!(!engine.total_counts().has_losses(), "nothing is lost when it is kept outside");
}

#[test]
fn an_engine_that_is_not_shared_remembers_nothing_to_save() {
    let mut engine = crate::kit::engine(&[correlation(CorrelationKind::EventCount, &["a"], GTE_3)]);
    offer(&mut engine, &events("a 0 e1"));
    assert_eq!((engine.touched_keys(), engine.take_touched()), (vec![], vec![]));
}
