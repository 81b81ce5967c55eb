//! How long a million hits take. Run with `cargo test --release --test correlate -- --ignored
//! --nocapture speed`.

use std::time::{Duration, Instant};

use aware_rules::correlate::{
    BoundOperator, Correlation, CorrelationEngine, CorrelationKind, CorrelationPlan,
    CorrelationSettings, RuleMatch,
};
use jiff::Timestamp;

use crate::kit::{called, correlation, plan};

const HITS: i64 = 1_000_000;
const BATCH: i64 = 1000;

/// The processor's time where Linux tells it, so that a busy machine does not count.
struct Watch(Instant, Option<Duration>);

impl Watch {
    fn start() -> Self {
        Self(Instant::now(), Self::on_cpu())
    }

    fn on_cpu() -> Option<Duration> {
        let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
        text.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
    }

    fn elapsed(&self) -> Duration {
        let on_cpu = Self::on_cpu().zip(self.1).map(|(now, then)| now - then);
        on_cpu.unwrap_or_else(|| self.0.elapsed())
    }
}

/// A million hits over a day by a thousand users, every sixth of them up to a quarter of an hour
/// out of order; the watermark is told every thousand hits. Only the engine's time counts.
fn measure(name: &str, correlations: &[Correlation], spread: i64, users: i64) {
    let plan = plan(correlations);
    let mut engine = CorrelationEngine::new(plan.clone(), CorrelationSettings::default());
    let (mut fired, mut largest, mut spent) = (0, 0, Duration::ZERO);
    for batch in 0..HITS / BATCH {
        let numbers = batch * BATCH..(batch + 1) * BATCH;
        let hits: Vec<RuleMatch> = numbers.map(|at| hit(&plan, at, spread, users)).collect();
        let watch = Watch::start();
        fired += hits.iter().map(|hit| engine.offer_match(hit).len()).sum::<usize>();
        fired += engine.advance_watermark(hits[hits.len() - 1].time).len();
        spent += watch.elapsed();
        largest = largest.max(engine.kept_size());
    }
    let nanos = spent.as_nanos() / u128::try_from(HITS).unwrap();
    let dropped = engine.total_counts().dropped;
    println!(
        "{name:26} {nanos:6} ns a hit, {fired} fired, at most {largest} kept, {dropped} dropped"
    );
}

fn hit(plan: &CorrelationPlan, at: i64, spread: i64, users: i64) -> RuleMatch {
    let late = if at % 6 == 0 { (at * 7919) % 900 } else { 0 };
    let rule = usize::try_from(at % 2).unwrap();
    let value = |field: &String| match field.as_str() {
        "user" => vec![format!("arn:aws:iam::111122223333:user/{}", (at * 31) % users)],
        _ => vec![((at * 17) % 5).to_string()],
    };
    RuleMatch {
        rule,
        time: Timestamp::from_millisecond(at * spread - late * 1000).unwrap(),
        account: "111122223333".to_owned(),
        event_id: format!("5b2ab5a1-0000-4000-8000-{at:012}"),
        fields: plan.fields_for_rule(rule).iter().map(value).collect(),
    }
}

#[test]
#[ignore = "a measurement"]
fn speed() {
    let at_least = |limit: f64| [(BoundOperator::Gte, limit)];
    let one = |kind, rules: &[&str], limit| [correlation(kind, rules, &at_least(limit))];
    measure(
        "event_count, small groups",
        &one(CorrelationKind::EventCount, &["a", "b"], 20.0),
        86,
        80_000,
    );
    measure("event_count, quiet", &one(CorrelationKind::EventCount, &["a", "b"], 20.0), 86, 1000);
    measure("event_count, flood", &one(CorrelationKind::EventCount, &["a", "b"], 20.0), 1, 10);
    measure(
        "event_count, 5000 wanted",
        &one(CorrelationKind::EventCount, &["a", "b"], 5000.0),
        1,
        10,
    );
    measure("value_count, quiet", &one(CorrelationKind::ValueCount, &["a", "b"], 5.0), 86, 1000);
    measure("value_count, flood", &one(CorrelationKind::ValueCount, &["a", "b"], 6.0), 1, 10);
    measure("temporal", &one(CorrelationKind::Temporal, &["a", "b", "c"], 3.0), 86, 1000);
    measure(
        "temporal_ordered",
        &one(CorrelationKind::TemporalOrdered, &["a", "b", "c"], 3.0),
        86,
        1000,
    );
    measure(
        "temporal_ordered, flood",
        &one(CorrelationKind::TemporalOrdered, &["a", "c"], 2.0),
        1,
        10,
    );
    measure("value_sum", &one(CorrelationKind::ValueSum, &["a", "b"], 1e6), 86, 1000);
    measure("value_sum, flood", &one(CorrelationKind::ValueSum, &["a", "b"], 1e12), 1, 10);
    measure("value_median", &one(CorrelationKind::ValueMedian, &["a", "b"], 4.5), 86, 1000);
    measure(
        "event_count under 2",
        &[correlation(CorrelationKind::EventCount, &["a", "b"], &[(BoundOperator::Lt, 2.0)])],
        86,
        1000,
    );
    let many = called(correlation(CorrelationKind::EventCount, &["a"], &at_least(3.0)), "many");
    let then = called(correlation(CorrelationKind::TemporalOrdered, &["many", "b"], &[]), "then");
    measure("chain", &[many.clone(), then.clone()], 86, 1000);
    measure("chain, flood", &[many, then], 1, 10);
}
