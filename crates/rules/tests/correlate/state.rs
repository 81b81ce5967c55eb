//! State that is kept outside, and rules that change.

use aware_rules::correlate::{Bound, Correlation, Engine, Kind, Restored, Settings, StateError};
use jiff::Timestamp;

use crate::kit::{at, called, correlation, events, hit, offer, plan};

fn engine(correlations: &[Correlation]) -> Engine {
    let settings = Settings { shared: true, ..Settings::default() };
    Engine::new(plan(correlations), settings)
}

const GTE_3: &[(Bound, f64)] = &[(Bound::Gte, 3.0)];

#[test]
fn only_what_changed_is_saved() {
    let mut engine = self::engine(&[correlation(Kind::EventCount, &["a"], GTE_3)]);
    offer(&mut engine, &events("a 0 e1 user=u; a 1 e2 user=v; a 2 e3 user=v"));
    assert_eq!(engine.touched().len(), 2);
    assert_eq!(engine.take_touched().len(), 2);
    assert_eq!(engine.take_touched(), []);
    offer(&mut engine, &events("a 0 e1 user=u; a 5 e4 user=v"));
    let saved = engine.take_touched();
    assert_eq!(saved.len(), 1, "a duplicate changes nothing");
    assert!(saved[0].key.starts_with("correlation:"), "{}", saved[0].key);
}

#[test]
fn keys_are_known_before_the_hit_is_offered() {
    let mut engine = self::engine(&[correlation(Kind::EventCount, &["a"], GTE_3)]);
    let event = &events("a 0 e1 user=u,v")[0];
    let hit = hit(&engine.plan().clone(), event);
    let mut keys = engine.keys(&hit);
    engine.offer(&hit);
    let mut touched = engine.touched();
    keys.sort();
    touched.sort();
    assert_eq!(keys, touched);
}

#[test]
fn state_says_when_it_is_due_and_when_it_expires() {
    let grows = called(correlation(Kind::EventCount, &["a"], GTE_3), "grows");
    let waits = called(correlation(Kind::EventCount, &["b"], &[(Bound::Lt, 3.0)]), "waits");
    let mut engine = self::engine(&[grows, waits]);
    offer(&mut engine, &events("a 1000 e1; b 1000 e2"));
    let saved = engine.take_touched();
    assert_eq!((saved[0].due, saved[1].due), (None, Some(at(1060 + 7200))));
    assert_eq!(saved[0].expires, at(1120 + 7200));
    let mut other = self::engine(engine.plan().correlations());
    other.restore(&saved[1].bytes).unwrap();
    assert_eq!(other.advance(saved[1].due.unwrap()).len(), 1);
}

#[test]
fn bad_state_is_an_error_and_foreign_state_is_obsolete() {
    let mut engine = self::engine(&[correlation(Kind::EventCount, &["a"], GTE_3)]);
    assert!(matches!(engine.restore(b"{"), Err(StateError::Malformed(_))));
    let error = engine.restore(br#"{"version": 9}"#).unwrap_err();
    assert_eq!(
        error.to_string(),
        "correlation state: version 9 is not known (hint: this program knows 1)"
    );
    let other = called(correlation(Kind::EventCount, &["a"], GTE_3), "other");
    let mut other = self::engine(&[other]);
    offer(&mut other, &events("a 0 e1"));
    let saved = other.take_touched();
    assert_eq!(engine.restore(&saved[0].bytes).unwrap(), Restored::Obsolete);
}

#[test]
fn state_of_any_bytes_is_no_panic() {
    let mut engine = self::engine(&[correlation(Kind::ValueSum, &["a"], GTE_3)]);
    offer(&mut engine, &events("a 0 e1 value=1"));
    let bytes = engine.take_touched().remove(0).bytes;
    for at in 0..bytes.len() {
        for byte in [b'0', b'-', b'"', b']', 0xFF] {
            let mut broken = bytes.clone();
            broken[at] = byte;
            let mut fresh = self::engine(engine.plan().correlations());
            if fresh.restore(&broken).is_ok() {
                offer(&mut fresh, &events("a 1 e2 value=5; a 2 e3 value=7"));
                fresh.advance(Timestamp::MAX);
            }
        }
    }
}

#[test]
fn a_reload_keeps_what_is_defined_the_same() {
    let same = called(correlation(Kind::EventCount, &["a"], GTE_3), "same");
    let changed = called(correlation(Kind::EventCount, &["b"], GTE_3), "changed");
    let mut engine = self::engine(&[changed.clone(), same.clone()]);
    offer(&mut engine, &events("a 0 e1; a 1 e2; b 0 e1; b 1 e2"));

    let mut renamed = same;
    let mut about = (*renamed.about).clone();
    "Another title".clone_into(&mut about.name);
    renamed.about = about.into();
    renamed.line = 99;
    let mut stricter = changed;
    stricter.timespan_seconds = 61;
    let reloaded = engine.reload(plan(&[renamed, stricter]));
    assert_eq!((reloaded.kept, reloaded.new, reloaded.gone), (1, 1, 1));
    assert_eq!(engine.take_touched().len(), 1);

    let fired = offer(&mut engine, &events("a 2 e3; b 2 e3"));
    assert_eq!(fired.len(), 1);
    assert_eq!(engine.plan().correlations()[fired[0].correlation].about.name, "Another title");
}

#[test]
fn old_state_is_forgotten() {
    let all = [
        called(correlation(Kind::EventCount, &["a"], GTE_3), "grows"),
        called(correlation(Kind::EventCount, &["a"], &[(Bound::Lt, 2.0)]), "waits"),
    ];
    let mut engine = Engine::new(plan(&all), Settings::default());
    offer(&mut engine, &events("a 0 e1; a 1 e2; a 2 e3; a 3 e4 user=v"));
    assert_eq!(engine.size(), 13);
    engine.advance(at(7200 + 30));
    assert_eq!(engine.size(), 13);
    engine.advance(at(7200 + 600));
    assert_eq!(engine.size(), 0);
}

#[test]
fn what_is_forgotten_before_it_was_saved_is_saved_all_the_same() {
    let mut engine = self::engine(&[correlation(Kind::EventCount, &["a"], &[(Bound::Lt, 2.0)])]);
    offer(&mut engine, &events("a 0 e1; a 50 e2"));
    assert_eq!(engine.take_touched().len(), 1);
    offer(&mut engine, &events("a 20 e3; a 30 e4"));
    assert_eq!(engine.advance(at(9999)), []);
    assert_eq!(engine.size(), 0);
    let saved = engine.take_touched();
    assert_eq!(saved.len(), 1);
    engine.restore(&saved[0].bytes).unwrap();
    assert_eq!(engine.finish(), [], "an old state would have seen one event alone");
}

#[test]
fn what_is_evicted_is_saved() {
    let settings = Settings { shared: true, per_correlation: 10, ..Settings::default() };
    let mut engine = Engine::new(plan(&[correlation(Kind::EventCount, &["a"], GTE_3)]), settings);
    let all: Vec<String> = (0..20).map(|n| format!("a {n} e{n} user=u{n}")).collect();
    offer(&mut engine, &events(&all.join(";")));
    assert!(engine.size() <= 10);
    assert_eq!(engine.take_touched().len(), 20);
    assert!(!engine.totals().has_losses(), "nothing is lost when it is kept outside");
}

#[test]
fn an_engine_that_is_not_shared_remembers_nothing_to_save() {
    let mut engine = crate::kit::engine(&[correlation(Kind::EventCount, &["a"], GTE_3)]);
    offer(&mut engine, &events("a 0 e1"));
    assert_eq!((engine.touched(), engine.take_touched()), (vec![], vec![]));
}
