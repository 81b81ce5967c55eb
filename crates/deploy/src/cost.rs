//! What a stack costs by list prices, as explained in `docs/cost.md`.

use std::collections::BTreeMap;

use aware_io::function::metrics;
use serde_json::Value;

use super::processed::ProcessedTemplate;

/// The number of custom metrics that the functions send.
pub const METRICS: u32 =
    (metrics::SOURCE_METRICS.len() + metrics::DESTINATION_METRICS.len()) as u32;

/// Price per unit per month in cents: list prices of us-east-1, see `docs/cost.md`.
const MONTHLY_CENTS: [(&str, u32, &str); 5] = [
    ("AWS::KMS::Key", 100, "key"),
    ("AWS::CloudWatch::Alarm", 10, "alarm"),
    ("AWS::CloudWatch::Dashboard", 300, "dashboard"),
    ("AWS::SecretsManager::Secret", 40, "secret"),
    ("AWS::Lambda::EventSourceMapping", 26, "queue that Lambda polls"),
];
/// Cents per month for one metric that is sent in every hour.
const METRIC_CENTS: u32 = 30;
/// Cents per month for one tick a minute, with its heartbeat and log lines.
const TICK_CENTS: u32 = 15;
/// Cents per million events: the totals of the table in `docs/cost.md`.
const CENTS_PER_MILLION: [(&str, u32, &str); 3] = [
    ("HasTrail", 28, "from the bucket"),
    ("HasLogGroup", 27, "from the log group, without the cost of the log group itself"),
    ("AllManagementEvents", 52, "from EventBridge"),
];
/// What GuardDuty costs for a million events, in cents.
const GUARDDUTY_CENTS: u32 = 400;

/// One line of a cost estimate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CostLine {
    /// Cents of US dollars.
    pub cents: u32,
    /// `17 alarms`.
    pub what: String,
}

impl CostLine {
    fn new(cents: u32, what: &str) -> Self {
        Self { cents, what: what.to_owned() }
    }
}

/// The costs per month, independent of the volume of events.
pub(super) fn monthly_costs(processed: &ProcessedTemplate) -> Vec<CostLine> {
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    for (_, kind, properties) in processed.active_resources() {
        *counts.entry(kind).or_default() += u32::from(!reads_stream(&properties));
    }
    let counted = MONTHLY_CENTS.iter().filter_map(|(kind, cents, what)| {
        let count = counts.get(kind).filter(|count| **count > 0)?;
        let (thing, rest) = what.split_once(' ').unwrap_or((what, ""));
        let many = if *count == 1 { "" } else { "s" };
        let what = format!("{count} {thing}{many} {rest}");
        Some(CostLine::new(count.saturating_mul(*cents), what.trim_end()))
    });
    let metrics = format!("{METRICS} metrics, if each is sent every hour");
    let rest = [
        CostLine::new(METRICS * METRIC_CENTS, &metrics),
        CostLine::new(TICK_CENTS, "one tick per minute, with its heartbeat and log"),
    ];
    counted.chain(rest).collect()
}

/// Whether the mapping reads a stream, which Lambda polls free of charge.
fn reads_stream(mapping: &Value) -> bool {
    let from = mapping.get("EventSourceArn").and_then(Value::as_str);
    from.is_some_and(|from| from.contains(":kinesis:"))
}

/// The costs per million events, by input.
pub(super) fn costs_per_million(processed: &ProcessedTemplate) -> Vec<CostLine> {
    let ways =
        CENTS_PER_MILLION.iter().filter(|(condition, ..)| processed.condition_holds(condition));
    let ways = ways.map(|(_, cents, way)| CostLine::new(*cents, way));
    ways.chain([CostLine::new(GUARDDUTY_CENTS, "for comparison: GuardDuty, for management events")])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn processed() -> ProcessedTemplate {
        let template = r#"{
            "Conditions": { "HasTrail": { "Fn::Equals": ["a", "a"] } },
            "Resources": {
                "Key": { "Type": "AWS::KMS::Key" },
                "Other": { "Type": "AWS::KMS::Key", "Condition": "HasNothing" },
                "Stream": { "Type": "AWS::Lambda::EventSourceMapping",
                    "Properties": { "EventSourceArn": "arn:aws:kinesis:eu-west-1:1:stream/s" } }
            }
        }"#;
        ProcessedTemplate::new(template, BTreeMap::new()).unwrap()
    }

    #[test]
    fn what_it_costs_stands_in_the_docs() {
        let processed = processed();
        let cents: Vec<u32> = monthly_costs(&processed).iter().map(|cost| cost.cents).collect();
        assert_eq!(cents, [100, METRICS * METRIC_CENTS, TICK_CENTS]);
        let ways: Vec<u32> = costs_per_million(&processed).iter().map(|cost| cost.cents).collect();
        assert_eq!(ways, [28, 400]);
        let docs = include_str!("../../../docs/cost.md");
        let together = docs.lines().find(|line| line.starts_with("| **together")).unwrap();
        for (_, cents, way) in CENTS_PER_MILLION {
            assert!(together.contains(&format!("**0.{cents:02}")), "{way}: {together}");
        }
        assert!(docs.contains(&format!(
            "${}.00 per million CloudTrail management events",
            GUARDDUTY_CENTS / 100
        )));
        for (_, cents, what) in MONTHLY_CENTS.into_iter().chain([("", METRIC_CENTS, "metric")]) {
            let what = what.split(' ').next().unwrap();
            let price = format!("${}.{:02} per {what} per month", cents / 100, cents % 100);
            assert!(docs.contains(&price), "{price}");
        }
    }
}
