//! What is usual: first seen, rare and burst, by the days of events.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use aware_core::source::cloudtrail;
use aware_rules::baseline::{
    BaselineBook, BaselineKind, BaselineRow, BaselineSighting, BaselineTest, Day, MAX_VALUES,
    RowError,
};
use aware_rules::sigma::{PlaceholderValues, load_rules};
use proptest::prelude::*;
use serde_json::json;

fn test(kind: BaselineKind) -> BaselineTest {
    BaselineTest {
        kind,
        key: vec!["recipientAccountId".into()],
        value: vec!["eventName".into()],
        learn: 7,
        forget: 30,
        at_most: 2,
        at_least: 10,
        times: 3.0,
    }
}

fn seen(row: &str, value: u64, day: Day) -> BaselineSighting {
    BaselineSighting { row: row.into(), rule_row: Some("rule".into()), value, day }
}

/// Which of these values, each on a day, are unusual, in this order.
fn unusual(kind: BaselineKind, events: &[(u64, Day)]) -> Vec<(u64, Day)> {
    let (mut book, test) = (BaselineBook::default(), test(kind));
    let is_unusual = |(value, day): &&(u64, Day)| book.observe(&test, &seen("a", *value, *day), 1);
    events.iter().filter(is_unusual).copied().collect()
}

#[test]
fn a_first_is_told_once_after_a_week_and_again_when_it_was_forgotten() {
    let first = |events: &[(u64, Day)]| unusual(BaselineKind::FirstSeen, events);
    assert_eq!(first(&[(1, 10), (2, 16)]), [], "a week is not over");
    assert_eq!(first(&[(1, 10), (2, 17), (2, 17), (2, 18)]), [(2, 17)]);
    assert_eq!(first(&[(1, 10), (1, 40)]), [], "thirty days are remembered");
    assert_eq!(first(&[(1, 10), (1, 41)]), [(1, 41)]);
    assert_eq!(first(&[(1, 10), (2, 20), (2, 19)]), [(2, 20)], "an earlier day comes late");
}

#[test]
fn what_is_rare_is_new_and_has_few_besides() {
    let rare = |events: &[(u64, Day)]| unusual(BaselineKind::Rare, events);
    assert_eq!(rare(&[(1, 10), (2, 20), (3, 21)]), [(2, 20)], "at most two");
    assert_eq!(rare(&[(1, 10), (2, 45)]), [(2, 45)]);
    assert_eq!(rare(&[(1, 10), (2, 11), (3, 60)]), [(3, 60)], "the others are forgotten");
    // A key that is new itself is judged once the rule has learned.
    let (mut book, test) = (BaselineBook::default(), test(BaselineKind::Rare));
    assert!(!book.observe(&test, &seen("a", 1, 10), 1));
    assert!(book.observe(&test, &seen("b", 1, 20), 1));
}

#[test]
fn a_burst_is_more_than_on_any_other_day() {
    let days = |first: usize, second: usize| {
        let days = [(10_u64, first), (20, second)];
        let events = days.into_iter().flat_map(|(day, count)| vec![(day, day as Day); count]);
        unusual(BaselineKind::Burst, &events.collect::<Vec<_>>()).len()
    };
    assert_eq!(days(1, 9), 0, "fewer than ten");
    assert_eq!(days(1, 10), 1, "told once");
    assert_eq!(days(10, 29), 0);
    assert_eq!(days(10, 30), 1, "three times as many");
}

#[test]
fn who_has_too_many_values_has_no_habit() {
    let (mut book, test) = (BaselineBook::default(), test(BaselineKind::FirstSeen));
    for value in 0..MAX_VALUES as u64 {
        book.observe(&test, &seen("a", value, 10), 1);
    }
    assert!(book.observe(&test, &seen("a", 999_999, 20), 1), "the last that is told");
    assert!(!book.observe(&test, &seen("a", 999_998, 20), 1));
    let row = book.row("a").unwrap();
    assert!(row.is_full() && row.value_count() == MAX_VALUES);
    // Once old values are forgotten there is room again.
    book.observe(&test, &seen("a", 999_997, 45), 1);
    assert!(book.observe(&test, &seen("a", 999_996, 45), 1));
}

#[test]
fn asking_records_nothing() {
    let (mut book, test) = (BaselineBook::default(), test(BaselineKind::FirstSeen));
    book.observe(&test, &seen("a", 1, 10), 1);
    let before = book.row("a").cloned();
    assert!(book.is_unusual(&test, &seen("a", 2, 20), 1));
    assert!(!book.is_unusual(&test, &seen("none", 2, 20), 1));
    assert_eq!(book.row("a").cloned(), before);
}

#[test]
fn a_row_is_stored_in_twelve_bytes_a_value() {
    let (mut book, test) = (BaselineBook::default(), test(BaselineKind::FirstSeen));
    for value in 0..300 {
        book.observe(&test, &seen("a", value * 7, 10), 1);
    }
    let row = book.row("a").unwrap();
    let bytes = row.to_bytes();
    assert_eq!(bytes.len(), 4 + 12 * 300);
    assert_eq!(&BaselineRow::from_bytes(&bytes).unwrap(), row);
    assert_eq!(BaselineRow::from_bytes(&[]), Err(RowError::Cut(0)));
    assert_eq!(BaselineRow::from_bytes(&bytes[..20]), Err(RowError::Cut(20)));
    assert_eq!(BaselineRow::from_bytes(&[9, 0, 0, 0]), Err(RowError::Version(9)));
}

#[test]
fn an_event_counts_once_for_each_combination_of_its_values() {
    let mut test = test(BaselineKind::FirstSeen);
    test.value = vec!["requestParameters.ids".into()];
    let sightings = |ids: serde_json::Value| {
        let record = json!({"recipientAccountId": "1", "requestParameters": {"ids": ids}});
        test.sightings(
            "r",
            (cloudtrail::ID.into(), &record),
            "2026-11-24T00:00:00Z".parse().unwrap(),
        )
    };
    assert_eq!(sightings(json!(["a", "b", "a"])).len(), 2);
    assert_eq!(sightings(json!(null)).len(), 0, "what has no value is not new");
    let many: Vec<u32> = (0..1000).collect();
    assert_eq!(sightings(json!(many)).len(), 16);
}

#[test]
fn a_correlation_cannot_count_what_is_unusual() {
    let rules = "title: A\nid: a\nlevel: low\nlogsource: {product: aws, service: cloudtrail}\ndetection:\n  s: {eventName: x}\n  condition: s\nbaseline: {type: first_seen, key: awsRegion, value: eventName}\n---\ntitle: B\nid: b\ncorrelation:\n  type: event_count\n  rules: [a]\n  timespan: 1h\n  condition: {gte: 2}\n";
    let loaded = load_rules([("x.yml", rules)], &PlaceholderValues::default());
    assert_eq!((loaded.rules.len(), loaded.correlations.len()), (1, 0));
    assert!(
        loaded.problems[0].to_string().contains("`a`, which has a `baseline`"),
        "{:?}",
        loaded.problems
    );
}

#[test]
fn what_cannot_be_meant_is_refused() {
    for (baseline, problem) in [
        ("{key: a, value: b}", "has no `type`"),
        ("{type: first_sen, key: awsRegion, value: eventName}", "unknown type of baseline"),
        ("{type: first_seen, key: awsRegion}", "needs a `value`"),
        ("{type: burst, key: awsRegion, value: eventName}", "takes no `value`"),
        ("{type: first_seen, key: awsRegion, value: eventName, at_most: 2}", "takes no `at_most`"),
        ("{type: first_seen, key: awsRegoin, value: eventName}", "awsRegoin"),
        ("{type: first_seen, key: awsRegion, value: eventName, learn: 2w}", "no number of days"),
        (
            "{type: first_seen, key: awsRegion, value: eventName, learn: 9d, forget: 8d}",
            "is longer than",
        ),
        ("{type: rare, key: awsRegion, value: eventName, at_most: 0}", "from 1 to 100"),
        ("{type: burst, key: awsRegion, times: 0.5}", "from 1 to 1000"),
        ("{type: burst, key: awsRegion, time: 3}", "did you mean `times`"),
    ] {
        let rule = format!(
            "title: A\nid: a\nlevel: low\nlogsource: {{product: aws, service: cloudtrail}}\ndetection:\n  s: {{eventName: x}}\n  condition: s\nbaseline: {baseline}\n"
        );
        let loaded = load_rules([("x.yml", rule.as_str())], &PlaceholderValues::default());
        let problems: Vec<String> = loaded.problems.iter().map(ToString::to_string).collect();
        assert!(problems.iter().any(|one| one.contains(problem)), "{baseline}: {problems:?}");
        assert!(loaded.rules.is_empty(), "{baseline}");
    }
}

proptest! {
    /// Those of a day decide alike in any order, as a scan and a daemon may see them.
    #[test]
    fn the_order_within_a_day_decides_nothing(
        events in prop::collection::vec((0_u64..4, 0_u64..40), 1..60),
        seed in any::<u64>(),
    ) {
        for kind in [BaselineKind::FirstSeen, BaselineKind::Rare] {
            let mut days: Vec<(u64, Day)> =
                events.iter().map(|(value, day)| (*value, *day as Day)).collect();
            days.sort_by_key(|(_, day)| *day);
            let mut mixed = days.clone();
            mixed.sort_by_key(|(value, day)| (*day, (value + seed) % 5));
            let told = |events: &[(u64, Day)]| -> std::collections::BTreeSet<(Day, u64)> {
                unusual(kind, events).into_iter().map(|(value, day)| (day, value)).collect()
            };
            let (one, other) = (told(&days), told(&mixed));
            if kind == BaselineKind::FirstSeen {
                prop_assert_eq!(one, other);
            } else {
                // Which of a day's values is one too many depends on their order, how many do not.
                prop_assert_eq!(one.len(), other.len());
            }
        }
    }
}
