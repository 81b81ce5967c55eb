//! Each kind of correlation: a hit and a near miss, bounds, groups, aliases, chains.

use std::collections::BTreeMap;

use aware_core::source::cloudtrail;
use aware_rules::correlate::{BoundOperator, Correlation, CorrelationKind, RuleMatch};

use crate::kit::{at, burst, called, correlation, engine, events, fires, offer, run};

const GTE_3: &[(BoundOperator, f64)] = &[(BoundOperator::Gte, 3.0)];

#[test]
fn event_count() {
    let one = correlation(CorrelationKind::EventCount, &["a"], GTE_3);
    assert_eq!(fires(&one, "a 0 e1; a 10 e2; a 59 e3"), 1);
    assert_eq!(fires(&one, "a 0 e1; a 10 e2; a 60 e3"), 0, "a minute is 60 seconds, not 61");
    assert_eq!(fires(&one, "a 0 e1; a 10 e2; b 20 e3"), 0, "another rule");
    assert_eq!(fires(&one, "a 0 e1; a 10 e2; a 20 e3 user=v"), 0, "another group");
    assert_eq!(fires(&one, "a 50 e1; a 70 e2; a 100 e3"), 1, "windows slide");
}

#[test]
fn several_rules_count_together_and_an_event_once() {
    let one = correlation(CorrelationKind::EventCount, &["a", "b"], GTE_3);
    assert_eq!(fires(&one, "a 0 e1; b 10 e2; a 20 e3"), 1);
    assert_eq!(fires(&one, "a 0 e1; b 0 e1; a 20 e3"), 0, "one event met both rules");
}

#[test]
fn value_count() {
    let one = correlation(CorrelationKind::ValueCount, &["a"], GTE_3);
    assert_eq!(fires(&one, "a 0 e1 value=x; a 1 e2 value=y; a 2 e3 value=z"), 1);
    assert_eq!(fires(&one, "a 0 e1 value=x; a 1 e2 value=y; a 2 e3 value=y"), 0);
    assert_eq!(fires(&one, "a 0 e1 value=x; a 1 e2 value=y; a 2 e3"), 0, "no value");
    assert_eq!(fires(&one, "a 0 e1 value=x; a 2 e3 value=y,z"), 1, "several values in one event");
}

#[test]
fn value_count_of_tuples() {
    let mut one = correlation(CorrelationKind::ValueCount, &["a"], GTE_3);
    one.condition.as_mut().unwrap().fields = vec!["value".into(), "ip".into()];
    assert_eq!(fires(&one, "a 0 e1 value=x ip=1; a 1 e2 value=x ip=2; a 2 e3 value=y ip=1"), 1);
    assert_eq!(fires(&one, "a 0 e1 value=x ip=1; a 1 e2 value=x ip=2; a 2 e3 value=x ip=1"), 0);
    assert_eq!(fires(&one, "a 0 e1 value=ab ip=c; a 1 e2 value=a ip=bc; a 2 e3 value=y"), 0);
}

#[test]
fn temporal_needs_all_rules_unless_told_otherwise() {
    let one = correlation(CorrelationKind::Temporal, &["a", "b", "c"], &[]);
    assert_eq!(fires(&one, "c 0 e1; a 10 e2; b 20 e3"), 1);
    assert_eq!(fires(&one, "a 0 e1; a 10 e2; b 20 e3"), 0);
    assert_eq!(fires(&one, "a 0 e1; b 0 e1; c 0 e1"), 1, "one event may meet all");
    let two =
        correlation(CorrelationKind::Temporal, &["a", "b", "c"], &[(BoundOperator::Gte, 2.0)]);
    assert_eq!(fires(&two, "a 0 e1; a 10 e2; b 20 e3"), 1);
    assert_eq!(fires(&two, "a 0 e1; a 10 e2"), 0);
}

#[test]
fn temporal_ordered() {
    let one = correlation(CorrelationKind::TemporalOrdered, &["a", "b", "c"], &[]);
    assert_eq!(fires(&one, "a 0 e1; b 10 e2; c 20 e3"), 1);
    assert_eq!(fires(&one, "a 0 e1; c 10 e2; b 20 e3"), 0);
    assert_eq!(fires(&one, "a 0 e1; c 10 e2; b 20 e3; c 30 e4"), 1);
    assert_eq!(fires(&one, "a 0 e1; b 10 e2; c 60 e3"), 0, "too long");
    assert_eq!(fires(&one, "a 0 e1; b 10 e2; a 20 e3; c 60 e4; b 65 e5; c 70 e6"), 1);
    assert_eq!(fires(&one, "c 5 e1; b 5 e2; a 5 e3"), 1, "of events of one time, any order counts");
    let two = correlation(
        CorrelationKind::TemporalOrdered,
        &["a", "b", "c"],
        &[(BoundOperator::Gte, 2.0)],
    );
    assert_eq!(fires(&two, "b 0 e1; c 10 e2"), 1);
    assert_eq!(fires(&two, "c 0 e1; b 10 e2"), 0);
}

#[test]
fn not_followed_by() {
    let one = correlation(CorrelationKind::NotFollowedBy, &["a", "b"], &[]);
    for (text, expected, why) in [
        ("a 0 e1", 1, "nothing came"),
        ("a 0 e1; b 59 e2", 0, "it came in time"),
        ("a 0 e1; b 60 e2", 1, "it came too late"),
        ("b 0 e1; a 10 e2", 1, "it came before"),
        ("b 10 e1; a 10 e2", 0, "of events of one time, any order counts"),
        ("a 0 e1; a 30 e2; b 59 e3", 0, "one answers several"),
        ("a 0 e1; a 30 e2; b 70 e3", 1, "the first was not answered in time"),
        ("a 0 e1 user=ann; b 10 e2 user=bob", 1, "somebody else's does not count"),
        ("b 0 e1", 0, "nobody asked"),
        ("b 10 e2; a 0 e1", 0, "in any order"),
        ("a 0 e1; a 200 e2", 2, "each by itself"),
    ] {
        assert_eq!(fires(&one, text), expected, "{text}: {why}");
    }
    let alone = correlation(CorrelationKind::NotFollowedBy, &["a"], &[]);
    assert_eq!(fires(&alone, "a 0 e1; a 50 e2; a 100 e3"), 1, "the last one");
    let mut engine = engine(&[one]);
    let mut fired = offer(&mut engine, &events("a 0 e1; a 130 e2"));
    fired.extend(engine.finish_at(at(150)));
    assert_eq!(fired.len(), 1, "the logs end before the second one's time runs out");
    assert_eq!((fired[0].first, fired[0].count), (at(0), 1));
}

#[test]
fn value_sum() {
    let one = correlation(CorrelationKind::ValueSum, &["a"], &[(BoundOperator::Gt, 100.0)]);
    assert_eq!(fires(&one, "a 0 e1 value=60; a 10 e2 value=40.5"), 1);
    assert_eq!(fires(&one, "a 0 e1 value=60; a 10 e2 value=40"), 0);
    assert_eq!(fires(&one, "a 0 e1 value=60; a 70 e2 value=60"), 0);
    let tenths = correlation(CorrelationKind::ValueSum, &["a"], &[(BoundOperator::Gte, 0.3)]);
    assert_eq!(fires(&tenths, "a 0 e1 value=0.1; a 1 e2 value=0.2"), 1, "sums are decimal");
}

#[test]
fn what_is_no_number_is_left_out_and_counted() {
    let one = correlation(CorrelationKind::ValueSum, &["a"], &[(BoundOperator::Gte, 10.0)]);
    let mut engine = engine(&[one]);
    let all = "a 0 e1 value=9; a 1 e2 value=many; a 2 e3 value=-5; a 3 e4 value=NaN; \
               a 3 e5 value=inf; a 4 e6; a 5 e7 value=1; a 6 e8 user=";
    assert_eq!(offer(&mut engine, &events(all)).len(), 1);
    let counts = engine.counts_of(0);
    assert_eq!((counts.no_number, counts.no_value, counts.no_group), (4, 1, 1));
    assert_eq!((counts.hits, counts.taken), (8, 2));
}

#[test]
fn means_and_percentiles_are_judged_when_the_window_is_over() {
    let check = |kind, limit, text: &str, expected| {
        let one = correlation(kind, &["a"], &[(BoundOperator::Gte, limit)]);
        assert_eq!(fires(&one, text), expected, "{kind:?} {limit} {text}");
    };
    let text = "a 0 e1 value=1; a 1 e2 value=2; a 2 e3 value=3; a 3 e4 value=100";
    check(CorrelationKind::ValueAvg, 26.5, text, 1);
    check(CorrelationKind::ValueAvg, 26.6, text, 0);
    check(CorrelationKind::ValueMedian, 2.5, text, 1);
    check(CorrelationKind::ValueMedian, 2.6, text, 0);
    check(CorrelationKind::ValuePercentile, 70.8, text, 1);
    check(CorrelationKind::ValuePercentile, 71.0, text, 0);
    // The first value alone is above, the whole window is not.
    check(CorrelationKind::ValueAvg, 50.0, "a 0 e1 value=100; a 1 e2 value=0; a 2 e3 value=0", 0);
}

#[test]
fn bounds() {
    let counts = |bounds: &[(BoundOperator, f64)]| -> Vec<i64> {
        let one = correlation(CorrelationKind::EventCount, &["a"], bounds);
        (1..=6).filter(|n| !run(std::slice::from_ref(&one), &burst(0, *n)).is_empty()).collect()
    };
    assert_eq!(counts(&[(BoundOperator::Gt, 3.0)]), [4, 5, 6]);
    assert_eq!(counts(&[(BoundOperator::Gte, 3.0)]), [3, 4, 5, 6]);
    assert_eq!(counts(&[(BoundOperator::Lt, 3.0)]), [1, 2]);
    assert_eq!(counts(&[(BoundOperator::Lte, 3.0)]), [1, 2, 3]);
    assert_eq!(counts(&[(BoundOperator::Eq, 3.0)]), [3]);
    assert_eq!(counts(&[(BoundOperator::Neq, 3.0)]), [1, 2, 4, 5, 6]);
    assert_eq!(counts(&[(BoundOperator::Gte, 3.0), (BoundOperator::Lte, 4.0)]), [3, 4]);
    assert_eq!(counts(&[(BoundOperator::Gt, 2.5)]), [3, 4, 5, 6]);
}

#[test]
fn fewer_than_waits_for_the_horizon() {
    let one = correlation(CorrelationKind::EventCount, &["a"], &[(BoundOperator::Lt, 3.0)]);
    let mut engine = engine(&[one]);
    assert_eq!(offer(&mut engine, &events("a 1000 e1; a 1010 e2")), []);
    let horizon = 2 * 3600;
    assert_eq!(engine.advance_watermark(at(1059 + horizon)), []);
    let fired = engine.advance_watermark(at(1060 + horizon));
    assert_eq!(fired.len(), 1);
    assert_eq!((fired[0].value, fired[0].first, fired[0].last), (2.0, at(1000), at(1010)));
    assert_eq!(engine.advance_watermark(at(9_999_999)), []);
}

#[test]
fn the_edges_of_a_busy_time_are_no_quiet_times() {
    let one = correlation(CorrelationKind::EventCount, &["a"], &[(BoundOperator::Lt, 3.0)]);
    assert_eq!(run(&[one], &burst(0, 600)), []);
}

#[test]
fn a_firing_tells_its_group_and_its_events() {
    let mut one = correlation(CorrelationKind::EventCount, &["a"], GTE_3);
    one.group_by.push("ip".to_owned());
    let fired = run(&[one], &events("a 1000 e1 ip=9; a 1010 e2 ip=9; a 1030 e3 ip=9"));
    let [firing] = &fired[..] else { panic!("{fired:?}") };
    assert_eq!(firing.group, [("user".into(), "u".into()), ("ip".into(), "9".into())]);
    assert_eq!((firing.first, firing.last, firing.count), (at(1000), at(1030), 3));
    assert_eq!(firing.trigger.id, "e3");
    assert_eq!(firing.trigger.account, "111122223333");
    assert_eq!(firing.events.iter().map(|e| e.id.as_str()).collect::<Vec<_>>(), ["e1", "e2", "e3"]);
    assert!(firing.id.starts_with("co1:"), "{}", firing.id);
}

#[test]
fn a_group_fires_once_in_a_period_and_again_in_the_next() {
    let one = correlation(CorrelationKind::EventCount, &["a"], GTE_3);
    assert_eq!(run(std::slice::from_ref(&one), &burst(600, 60)).len(), 1);
    assert_eq!(run(std::slice::from_ref(&one), &burst(600, 120)).len(), 2);
}

#[test]
fn an_event_can_belong_to_several_groups() {
    let one = correlation(CorrelationKind::EventCount, &["a"], GTE_3);
    assert_eq!(fires(&one, "a 0 e1 user=u,v; a 1 e2 user=u,v; a 2 e3 user=v,u"), 2);
}

#[test]
fn without_group_by_all_are_one_group() {
    let mut one = correlation(CorrelationKind::EventCount, &["a"], GTE_3);
    one.group_by.clear();
    assert_eq!(fires(&one, "a 0 e1 user=u; a 1 e2 user=v; a 2 e3 user="), 1);
}

fn with_aliases() -> Correlation {
    let mut one = correlation(CorrelationKind::Temporal, &["a", "Title B"], &[]);
    one.group_by = vec!["address".into(), "user".into()];
    let fields = [("a", "src"), ("b", "dst")].map(|(rule, field)| (rule.into(), field.into()));
    one.aliases = BTreeMap::from([("address".to_owned(), BTreeMap::from(fields))]);
    one
}

#[test]
fn aliases() {
    let one = with_aliases();
    assert_eq!(fires(&one, "a 0 e1 src=9 dst=1; b 1 e2 src=2 dst=9"), 1);
    assert_eq!(fires(&one, "a 0 e1 src=9 dst=1; b 1 e2 src=9 dst=2"), 0);
    let fired = run(&[one], &events("a 0 e1 src=9; b 1 e2 dst=9"));
    assert_eq!(fired[0].group[0], ("address".into(), "9".into()));
}

/// Three failures of one address within a minute, and then a success of one of its users.
fn sprayed() -> [Correlation; 2] {
    let mut many = called(correlation(CorrelationKind::EventCount, &["a"], GTE_3), "many");
    many.group_by = vec!["ip".to_owned()];
    let mut then =
        called(correlation(CorrelationKind::TemporalOrdered, &["many", "b"], &[]), "then");
    then.timespan_seconds = 3600;
    [then, many]
}

#[test]
fn chains() {
    let spray = "a 0 e1 ip=9 user=x; a 1 e2 ip=9 user=y; a 2 e3 ip=9 user=z";
    let check = |text: &str| {
        let fired = run(&sprayed(), &events(&format!("{spray}; {text}")));
        assert!(fired.iter().all(|firing| firing.correlation == 1), "{fired:?}");
        fired.len()
    };
    assert_eq!(check("b 100 s1 user=y"), 1);
    assert_eq!(check("b 100 s1 user=w"), 0, "not one of those that were tried");
    assert_eq!(check("b 1 s1 user=y"), 0, "before the third failure");
    assert_eq!(check("b 3700 s1 user=y"), 0, "too late");
}

#[test]
fn inner_firings_are_told_when_asked_for() {
    let spray = events("a 0 e1 ip=9; a 1 e2 ip=9; a 2 e3 ip=9");
    assert_eq!(run(&sprayed(), &spray), []);
    let [mut then, many] = sprayed();
    then.generate = true;
    assert_eq!(run(&[then, many], &spray).len(), 1);
}

#[test]
fn a_chain_counts_firings_and_not_their_windows() {
    let many = called(correlation(CorrelationKind::EventCount, &["a"], GTE_3), "many");
    let mut again = called(
        correlation(CorrelationKind::EventCount, &["many"], &[(BoundOperator::Gte, 2.0)]),
        "again",
    );
    again.timespan_seconds = 600;
    let both = [many, again];
    assert_eq!(run(&both, &burst(600, 50)), [], "one firing, of which many windows are true");
    let twice = [burst(600, 5), burst(900, 5)].concat();
    let fired = run(&both, &twice);
    assert_eq!(fired.len(), 1);
    assert_eq!((fired[0].value, fired[0].last), (2.0, at(902)));
    assert!(fired[0].trigger.id.starts_with("co1:"));
}

#[test]
fn chains_over_what_waits_for_the_horizon() {
    let few = called(
        correlation(CorrelationKind::EventCount, &["a"], &[(BoundOperator::Lt, 3.0)]),
        "few",
    );
    let mut then = called(correlation(CorrelationKind::Temporal, &["few", "b"], &[]), "then");
    then.timespan_seconds = 600;
    let mut engine = engine(&[then, few]);
    assert_eq!(offer(&mut engine, &events("a 1000 e1; b 1100 e2")), []);
    assert_eq!(engine.advance_watermark(at(1060 + 7200)).len(), 1);
}

#[test]
fn a_sum_over_a_chain_counts_each_firing_once() {
    let mut many = called(correlation(CorrelationKind::EventCount, &["a"], GTE_3), "many");
    many.group_by.push("value".to_owned());
    let mut sum = called(
        correlation(CorrelationKind::ValueSum, &["many"], &[(BoundOperator::Gte, 10.0)]),
        "sum",
    );
    sum.timespan_seconds = 600;
    let text = |second: i64, value: i64| {
        let each =
            (0..6).map(|at| format!("a {} e{}-{value} value={value}", second + at, second + at));
        each.collect::<Vec<_>>().join(";")
    };
    let both = [many, sum];
    assert_eq!(run(&both, &events(&text(600, 5))), []);
    assert_eq!(run(&both, &events(&[text(600, 4), text(610, 6)].join(";"))).len(), 1);
}

#[test]
fn hits_are_made_of_events() {
    let mut one = correlation(CorrelationKind::ValueCount, &["a"], &[(BoundOperator::Gte, 2.0)]);
    one.group_by = vec!["userIdentity.arn".to_owned()];
    one.condition.as_mut().unwrap().fields = vec!["requestParameters.names".to_owned()];
    let mut engine = engine(&[one]);
    let event = serde_json::json!({
        "userIdentity": {"arn": "arn:aws:iam::111122223333:user/ann"},
        "requestParameters": {"names": ["x", "y"]},
    });
    let hit = RuleMatch::from_event(
        &engine.plan().clone(),
        0,
        at(5),
        ("111122223333", "e1"),
        (cloudtrail::ID, &event),
    );
    let fired = engine.offer_match(&hit);
    assert_eq!(fired[0].group[0].1, "arn:aws:iam::111122223333:user/ann");
    assert_eq!((fired[0].value, fired[0].count), (2.0, 1));
}
