//! The same in any order and number of deliveries, and the same as a slow and obvious reckoning.

use std::collections::{BTreeMap, BTreeSet};

use aware_rules::correlate::{
    BoundOperator, Correlation, CorrelationEngine, CorrelationKind, CorrelationSettings, Firing,
    RestoreOutcome,
};
use proptest::prelude::*;

use crate::kit::{Event, at, called, correlation, engine, events, hit, ids, offer, plan, run};

#[test]
fn late_events_count_where_they_belong() {
    let one = correlation(CorrelationKind::EventCount, &["a"], &[(BoundOperator::Gte, 3.0)]);
    let late = "a 1000 e1; a 1010 e2; a 1200 e3; a 1020 e4";
    let fired = run(std::slice::from_ref(&one), &events(late));
    assert_eq!(fired.len(), 1);
    assert_eq!(fired[0].last, at(1020));
    let in_order = run(&[one], &events("a 1000 e1; a 1010 e2; a 1020 e4; a 1200 e3"));
    assert_eq!(ids(&fired), ids(&in_order));
}

#[test]
fn an_event_that_comes_again_counts_once() {
    let one = correlation(CorrelationKind::EventCount, &["a"], &[(BoundOperator::Gte, 3.0)]);
    let mut engine = engine(&[one]);
    assert_eq!(offer(&mut engine, &events("a 0 e1; a 1 e2; a 0 e1; a 1 e2; a 1 e2")), []);
    assert_eq!((engine.counts_of(0).taken, engine.counts_of(0).known), (2, 3));
    assert_eq!(offer(&mut engine, &events("a 2 e3")).len(), 1);
    assert_eq!(offer(&mut engine, &events("a 2 e3; a 0 e1")), [], "and fires once");
}

#[test]
fn an_event_id_counts_once_even_at_two_times() {
    let one = correlation(CorrelationKind::EventCount, &["a"], &[(BoundOperator::Gte, 3.0)]);
    assert_eq!(run(&[one], &events("a 0 e1; a 1 e2; a 2 e1")), []);
    let sum = correlation(CorrelationKind::ValueSum, &["a"], &[(BoundOperator::Gte, 9.0)]);
    assert_eq!(run(&[sum], &events("a 0 e1 value=4; a 1 e2 value=4; a 2 e1 value=4")), []);
}

#[test]
fn ids_of_different_accounts_are_different_events() {
    let one = correlation(CorrelationKind::EventCount, &["a"], &[(BoundOperator::Gte, 2.0)]);
    let mut engine = engine(&[one]);
    let [event] = &events("a 0 e1")[..] else { unreachable!() };
    let mut hit = hit(&engine.plan().clone(), event);
    assert_eq!(engine.offer_match(&hit), []);
    hit.account = "444455556666".to_owned();
    assert_eq!(engine.offer_match(&hit).len(), 1);
}

#[test]
fn what_comes_after_the_horizon_is_counted_as_late() {
    let one = correlation(CorrelationKind::EventCount, &["a"], &[(BoundOperator::Gte, 2.0)]);
    let mut engine = engine(&[one]);
    engine.advance_watermark(at(10_000));
    assert_eq!(offer(&mut engine, &events("a 2799 e1; a 2800 e2")), []);
    assert_eq!((engine.counts_of(0).late, engine.counts_of(0).taken), (1, 1));
    assert!(engine.total_counts().has_losses());
    engine.advance_watermark(at(5_000));
    assert_eq!(offer(&mut engine, &events("a 2799 e3")), [], "the watermark does not go back");
    assert_eq!(engine.counts_of(0).late, 2);
}

/// One of every kind, some of them in a chain.
fn zoo() -> Vec<Correlation> {
    use BoundOperator::{Eq, Gt, Gte, Lt, Lte, Neq};
    let own = |name: &str, kind, rules: &[&str], bounds: &[(BoundOperator, f64)]| {
        called(correlation(kind, rules, bounds), name)
    };
    let mut chain = own("chain", CorrelationKind::TemporalOrdered, &["many", "c"], &[]);
    chain.timespan_seconds = 100;
    let mut bursts =
        own("bursts", CorrelationKind::EventCount, &["many", "few", "b"], &[(Gte, 3.0)]);
    bursts.timespan_seconds = 150;
    let mut everyone = own("everyone", CorrelationKind::ValueCount, &["many"], &[(Gte, 2.0)]);
    everyone.condition.as_mut().unwrap().fields = vec!["user".into()];
    everyone.group_by.clear();
    vec![
        chain,
        bursts,
        everyone,
        own("many", CorrelationKind::EventCount, &["a", "b"], &[(Gte, 3.0)]),
        own("some", CorrelationKind::EventCount, &["a"], &[(Gt, 1.0), (Lte, 3.0)]),
        own("few", CorrelationKind::EventCount, &["a"], &[(Lt, 2.0)]),
        own("values", CorrelationKind::ValueCount, &["a", "c"], &[(Gte, 3.0)]),
        own("two", CorrelationKind::ValueCount, &["a", "c"], &[(Eq, 2.0)]),
        own("all", CorrelationKind::Temporal, &["a", "b", "c"], &[]),
        own("lonely", CorrelationKind::Temporal, &["a", "b"], &[(Lt, 2.0)]),
        own("row", CorrelationKind::TemporalOrdered, &["a", "b", "c"], &[]),
        own("part", CorrelationKind::TemporalOrdered, &["c", "b", "a"], &[(Gte, 2.0)]),
        own("sum", CorrelationKind::ValueSum, &["a", "b"], &[(Gt, 9.0)]),
        own("mean", CorrelationKind::ValueAvg, &["a", "b"], &[(Gte, 3.0)]),
        own("high", CorrelationKind::ValuePercentile, &["a", "b"], &[(Lt, 4.0)]),
        own("middle", CorrelationKind::ValueMedian, &["a", "b"], &[(Neq, 2.0)]),
    ]
}

/// What should fire: correlation, user, period. Chains are left to the comparison of orders.
type Expected = BTreeSet<(String, String, i64)>;

fn reckon(one: &Correlation, all: &[Event]) -> Expected {
    let timespan = i64::try_from(one.timespan_seconds).unwrap();
    let users: BTreeSet<&String> = all.iter().flat_map(|event| &event.fields["user"]).collect();
    let mut expected = Expected::new();
    for user in users {
        let rule =
            |event: &Event| one.rules.iter().position(|rule| *rule == event.rule.to_string());
        let is_usable = |event: &&Event| {
            event.fields["user"].contains(user)
                && rule(event).is_some()
                && (!one.kind.needs_field() || event.fields.contains_key("value"))
        };
        let mine: Vec<&Event> = all.iter().filter(is_usable).collect();
        let times: BTreeSet<i64> = mine.iter().map(|event| event.second).collect();
        let window = |end: i64| -> Vec<&Event> {
            let inside = |event: &&&Event| event.second <= end && event.second > end - timespan;
            mine.iter().filter(inside).copied().collect()
        };
        let begins = |end: i64| window(end).iter().map(|event| event.second).min().unwrap();
        for end in &times {
            let grown = times.range(end + 1..).next();
            let is_full = grown.is_none_or(|next| next - begins(*end) >= timespan);
            let value = worth(one, &window(*end), &rule);
            if (is_full || grows(one)) && value.is_some_and(|value| holds(one, value)) {
                expected.insert((
                    one.name.clone().unwrap(),
                    user.clone(),
                    end.div_euclid(timespan),
                ));
            }
        }
    }
    expected
}

fn bounds(one: &Correlation) -> Vec<(BoundOperator, f64)> {
    let all = vec![(BoundOperator::Gte, f64::from(u8::try_from(one.rules.len()).unwrap()))];
    one.condition.as_ref().map_or(all, |condition| condition.bounds.clone())
}

fn holds(one: &Correlation, value: f64) -> bool {
    bounds(one).iter().all(|(bound, limit)| bound.holds_for(value, *limit))
}

fn grows(one: &Correlation) -> bool {
    !matches!(
        one.kind,
        CorrelationKind::ValueAvg | CorrelationKind::ValueMedian | CorrelationKind::ValuePercentile
    ) && bounds(one)
        .iter()
        .all(|(bound, _)| matches!(bound, BoundOperator::Gt | BoundOperator::Gte))
}

#[allow(clippy::cast_precision_loss)]
fn worth(
    one: &Correlation,
    window: &[&Event],
    rule: &dyn Fn(&Event) -> Option<usize>,
) -> Option<f64> {
    let count = |set: BTreeSet<String>| Some(set.len() as f64);
    let mut by_id: BTreeMap<&str, BTreeSet<i64>> = BTreeMap::new();
    for event in window {
        let value: Option<i64> = event.fields.get("value").map(|values| values[0].parse().unwrap());
        by_id.entry(&event.id).or_default().extend(value);
    }
    let mut numbers: Vec<i64> = by_id.into_values().flatten().collect();
    numbers.sort_unstable();
    let at = |place: f64| {
        let place = place * (numbers.len() as f64 - 1.0);
        let low = numbers[place as usize] as f64;
        let high = numbers[place.ceil() as usize] as f64;
        Some(low + (high - low) * (place - place.floor()))
    };
    match one.kind {
        CorrelationKind::EventCount => count(window.iter().map(|event| event.id.clone()).collect()),
        CorrelationKind::ValueCount => {
            count(window.iter().map(|event| event.fields["value"][0].clone()).collect())
        }
        CorrelationKind::Temporal => {
            count(window.iter().map(|event| event.rule.to_string()).collect())
        }
        CorrelationKind::TemporalOrdered => Some(longest(window, one.rules.len(), rule) as f64),
        CorrelationKind::NotFollowedBy => None,
        CorrelationKind::ValueSum => Some(numbers.iter().sum::<i64>() as f64),
        CorrelationKind::ValueAvg => {
            Some(numbers.iter().sum::<i64>() as f64 / numbers.len() as f64)
        }
        CorrelationKind::ValuePercentile => at(0.9),
        CorrelationKind::ValueMedian => at(0.5),
    }
}

/// Tries every choice of rules in their order.
fn longest(window: &[&Event], rules: usize, rule: &dyn Fn(&Event) -> Option<usize>) -> usize {
    let fits = |chosen: usize| {
        let mut since = i64::MIN;
        (0..rules).filter(|at| chosen & (1 << at) != 0).all(|at| {
            let later = window.iter().filter(|e| rule(e) == Some(at) && e.second >= since);
            let first = later.map(|event| event.second).min();
            since = first.unwrap_or(i64::MAX);
            first.is_some()
        })
    };
    let chains = (0..1_usize << rules).filter(|chosen| fits(*chosen));
    chains.map(|chosen| chosen.count_ones() as usize).max().unwrap_or(0)
}

fn found(zoo: &[Correlation], engine: &CorrelationEngine, fired: &[Firing]) -> Expected {
    let told = fired.iter().map(|firing| {
        let one = &engine.plan().correlations()[firing.correlation];
        let period =
            firing.last.as_second().div_euclid(i64::try_from(one.timespan_seconds).unwrap());
        let user = firing.group.first().map_or(String::new(), |(_, user)| user.clone());
        (one.name.clone().unwrap(), user, period)
    });
    let chained = |name: &str| zoo[..3].iter().any(|one| one.name.as_deref() == Some(name));
    told.filter(|(name, ..)| !chained(name)).collect()
}

/// What a firing's id stands for, to be read.
fn told(zoo: &[Correlation], fired: &[Firing]) -> BTreeSet<String> {
    let plan = plan(zoo);
    let line = |firing: &Firing| {
        let one = &plan.correlations()[firing.correlation];
        let timespan = i64::try_from(one.timespan_seconds).unwrap();
        let period = firing.last.as_second().div_euclid(timespan);
        let group: Vec<&str> = firing.group.iter().map(|(_, value)| value.as_str()).collect();
        format!("{} {group:?} {period} {}", one.about.id, firing.id)
    };
    fired.iter().map(line).collect()
}

/// Events over ten minutes, with the seconds that each of their deliveries takes.
fn deliveries() -> impl Strategy<Value = Vec<(Event, Vec<i64>)>> {
    let event = ("[abc]", 0..600_i64, "[uv]", 1..6_i64, 0..25_usize, any::<bool>());
    let one = (event, prop::collection::vec(0..=90_i64, 1..3));
    prop::collection::vec(one, 0..60).prop_map(|all| {
        let made = all.into_iter().enumerate().map(|(at, (event, delays))| {
            let (rule, second, user, value, id, repeats) = event;
            // Some ids come at several times, though no source should do that.
            let id = if repeats && id < 3 { id } else { at + 100 };
            let text = format!("{rule} {second} e{id} user={user} value={value}");
            (events(&text).remove(0), delays)
        });
        made.collect()
    })
}

/// Every delivery by the second at which it arrives.
fn arrivals(deliveries: &[(Event, Vec<i64>)]) -> Vec<(i64, &Event)> {
    let each = deliveries
        .iter()
        .flat_map(|(event, delays)| delays.iter().map(move |delay| (event.second + delay, event)));
    let mut all: Vec<(i64, &Event)> = each.collect();
    all.sort_by_key(|(arrives, _)| *arrives);
    all
}

fn short_horizon(zoo: &[Correlation]) -> CorrelationEngine {
    let settings =
        CorrelationSettings { horizon_seconds: 90, shared: true, ..CorrelationSettings::default() };
    CorrelationEngine::new(plan(zoo), settings)
}

fn loud(mut zoo: Vec<Correlation>) -> Vec<Correlation> {
    zoo.iter_mut().for_each(|one| one.generate = true);
    zoo
}

proptest! {
    #[test]
    fn it_is_what_the_slow_reckoning_says(deliveries in deliveries()) {
        let zoo = loud(zoo());
        let all: Vec<Event> = deliveries.into_iter().map(|(event, _)| event).collect();
        let mut engine = engine(&zoo);
        let mut fired = offer(&mut engine, &all);
        fired.extend(engine.finish_all());
        let expected: Expected = zoo[3..].iter().flat_map(|one| reckon(one, &all)).collect();
        prop_assert_eq!(found(&zoo, &engine, &fired), expected);
        prop_assert_eq!(ids(&fired).len(), fired.len(), "no id twice");
    }

    #[test]
    fn any_order_and_number_of_deliveries(
        deliveries in deliveries(),
        shuffled in Just(()).prop_perturb(|(), mut random| random.random::<u64>()),
    ) {
        let zoo = loud(zoo());
        let all: Vec<Event> = deliveries.iter().map(|(event, _)| event.clone()).collect();
        let mut in_order = all.clone();
        in_order.sort_by_key(|event| event.second);
        let expected = ids(&run(&zoo, &in_order));
        let mut mixed = [all.clone(), all].concat();
        shuffle(&mut mixed, shuffled);
        prop_assert_eq!(ids(&run(&zoo, &mixed)), expected.clone());
        in_order.reverse();
        prop_assert_eq!(ids(&run(&zoo, &in_order)), expected);
    }

    #[test]
    fn what_is_late_within_the_horizon_changes_nothing(deliveries in deliveries()) {
        let zoo = loud(zoo());
        let mut engine = short_horizon(&zoo);
        let mut fired = Vec::new();
        for (arrives, event) in arrivals(&deliveries) {
            fired.extend(engine.advance_watermark(at(arrives)));
            fired.extend(offer(&mut engine, std::slice::from_ref(event)));
        }
        fired.extend(engine.finish_all());
        let all: Vec<Event> = deliveries.iter().map(|(event, _)| event.clone()).collect();
        let unhurried = run(&zoo, &all);
        prop_assert_eq!(engine.total_counts().late, 0);
        prop_assert_eq!(ids(&fired), ids(&unhurried));
        prop_assert_eq!(fired.len(), unhurried.len(), "no id twice");
    }

    #[test]
    fn batches_with_the_state_kept_outside(deliveries in deliveries(), batch in 1..20_usize) {
        let zoo = loud(zoo());
        let mut kept: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        let mut fired = Vec::new();
        for batch in arrivals(&deliveries).chunks(batch) {
            let mut engine = short_horizon(&zoo);
            for bytes in kept.values() {
                prop_assert_eq!(engine.restore_state(bytes).unwrap(), RestoreOutcome::Merged(vec![]));
            }
            for (arrives, event) in batch {
                fired.extend(engine.advance_watermark(at(*arrives)));
                fired.extend(offer(&mut engine, std::slice::from_ref(event)));
            }
            kept.extend(engine.take_touched().into_iter().map(|saved| (saved.key, saved.bytes)));
        }
        let mut engine = short_horizon(&zoo);
        for bytes in kept.values() {
            engine.restore_state(bytes).unwrap();
        }
        fired.extend(engine.finish_all());
        let all: Vec<Event> = deliveries.iter().map(|(event, _)| event.clone()).collect();
        prop_assert_eq!(told(&zoo, &fired), told(&zoo, &run(&zoo, &all)));
    }

    #[test]
    fn states_that_grew_apart_become_one(deliveries in deliveries()) {
        let zoo = loud(zoo());
        let (mut left, mut right) = (short_horizon(&zoo), short_horizon(&zoo));
        let mut fired = Vec::new();
        for (at, (event, _)) in deliveries.iter().enumerate() {
            let side = if at % 2 == 0 { &mut left } else { &mut right };
            fired.extend(offer(side, std::slice::from_ref(event)));
        }
        for saved in left.take_touched() {
            if let RestoreOutcome::Merged(more) = right.restore_state(&saved.bytes).unwrap() {
                fired.extend(more);
            }
        }
        fired.extend(right.finish_all());
        let all: Vec<Event> = deliveries.into_iter().map(|(event, _)| event).collect();
        prop_assert_eq!(ids(&fired), ids(&run(&zoo, &all)));
    }
}

/// A shuffle by a small generator, so that a failing case can be run again.
fn shuffle<T>(items: &mut [T], mut seed: u64) {
    for at in (1..items.len()).rev() {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        items.swap(at, usize::try_from(seed >> 33).unwrap() % (at + 1));
    }
}
