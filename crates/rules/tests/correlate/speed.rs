//! How long a million hits take. Run with `--release -- --ignored --nocapture speed`.

use std::time::Instant;

use aware_rules::correlate::{Bound, Correlation, Engine, Hit, Kind, Settings};
use jiff::Timestamp;

use crate::kit::{called, correlation, plan};

const HITS: i64 = 1_000_000;

/// A million hits over a day by a thousand users, every sixth of them up to a quarter of an hour
/// out of order; the watermark is told every thousand hits.
fn measure(name: &str, correlations: &[Correlation], spread: i64, users: i64) {
    let plan = plan(correlations);
    let hits: Vec<Hit> = (0..HITS)
        .map(|at| {
            let late = if at % 6 == 0 { (at * 7919) % 900 } else { 0 };
            let rule = usize::try_from(at % 2).unwrap();
            let value = |field: &String| match field.as_str() {
                "user" => vec![format!("arn:aws:iam::111122223333:user/{}", (at * 31) % users)],
                _ => vec![((at * 17) % 5).to_string()],
            };
            Hit {
                rule,
                time: Timestamp::from_millisecond(at * spread - late * 1000).unwrap(),
                account: "111122223333".to_owned(),
                event_id: format!("5b2ab5a1-0000-4000-8000-{at:012}"),
                fields: plan.wanted(rule).iter().map(value).collect(),
            }
        })
        .collect();
    let mut engine = Engine::new(plan, Settings::default());
    let mut fired = 0;
    let mut largest = 0;
    let start = Instant::now();
    for batch in hits.chunks(1000) {
        for hit in batch {
            fired += engine.offer(hit).len();
        }
        largest = largest.max(engine.size());
        fired += engine.advance(batch[batch.len() - 1].time).len();
    }
    let nanos = start.elapsed().as_nanos() / u128::try_from(HITS).unwrap();
    let totals = engine.totals();
    println!(
        "{name:28} {nanos:5} ns a hit, {fired:6} firings, at most {largest:6} kept, {totals:?}"
    );
}

#[test]
#[ignore = "a measurement"]
fn speed() {
    let at_least = |limit: f64| [(Bound::Gte, limit)];
    let one = |kind, rules: &[&str], limit| [correlation(kind, rules, &at_least(limit))];
    measure("event_count, quiet", &one(Kind::EventCount, &["a", "b"], 20.0), 86, 1000);
    measure("event_count, flood", &one(Kind::EventCount, &["a", "b"], 20.0), 1, 10);
    measure("event_count, 5000 wanted", &one(Kind::EventCount, &["a", "b"], 5000.0), 1, 10);
    measure("value_count, quiet", &one(Kind::ValueCount, &["a", "b"], 5.0), 86, 1000);
    measure("value_count, flood", &one(Kind::ValueCount, &["a", "b"], 6.0), 1, 10);
    measure("temporal", &one(Kind::Temporal, &["a", "b", "c"], 3.0), 86, 1000);
    measure("temporal_ordered", &one(Kind::TemporalOrdered, &["a", "b", "c"], 3.0), 86, 1000);
    measure("temporal_ordered, flood", &one(Kind::TemporalOrdered, &["a", "c"], 2.0), 1, 10);
    measure("value_sum", &one(Kind::ValueSum, &["a", "b"], 1e6), 86, 1000);
    measure("value_sum, flood", &one(Kind::ValueSum, &["a", "b"], 1e12), 1, 10);
    measure("value_median", &one(Kind::ValueMedian, &["a", "b"], 4.5), 86, 1000);
    measure(
        "event_count under 2",
        &[correlation(Kind::EventCount, &["a", "b"], &[(Bound::Lt, 2.0)])],
        86,
        1000,
    );
    let many = called(correlation(Kind::EventCount, &["a"], &at_least(3.0)), "many");
    let then = called(correlation(Kind::TemporalOrdered, &["many", "b"], &[]), "then");
    measure("chain", &[many.clone(), then.clone()], 86, 1000);
    measure("chain, flood", &[many, then], 1, 10);
}
