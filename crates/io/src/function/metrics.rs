//! Metrics, as lines on standard output in CloudWatch's embedded metric format.
//!
//! Source: CloudWatch User Guide, "Specification: Embedded metric format".

use std::io::Write;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// The metrics of the source.
pub const SOURCE_METRICS: [&str; 11] = [
    "Deliveries",
    "Records",
    "Events",
    "Rejects",
    "Findings",
    "Duplicates",
    "Messages",
    "RetriesRequested",
    "CanariesSent",
    "TrailProblems",
    "StoreDown",
];
/// The metrics of the destination.
pub const DESTINATION_METRICS: [&str; 9] = [
    "Delivered",
    "Refused",
    "Deferred",
    "Overdue",
    "Abandoned",
    "UnknownTopic",
    "Unreadable",
    "Heartbeats",
    "CanariesReceived",
];

/// Writes counts as one line. Zeros are left out: CloudWatch charges for every hour in which a
/// metric is sent, and heartbeats show that all is well.
pub fn emit_counts(counts: impl IntoIterator<Item = (&'static str, u64)>) {
    let counts: Vec<_> = counts.into_iter().filter(|(_, count)| *count > 0).collect();
    if counts.is_empty() {
        return;
    }
    let namespace = std::env::var("AWARE_METRICS_NAMESPACE").ok().filter(|name| !name.is_empty());
    let line = metrics_line(namespace.as_deref().unwrap_or("Aware"), &counts, Timestamp::now());
    // Metrics that cannot be written are not a reason to fail.
    let _ = writeln!(std::io::stdout(), "{line}");
}

fn metrics_line(namespace: &str, counts: &[(&str, u64)], now: Timestamp) -> Value {
    let metric = |(name, _): &(&str, u64)| json!({ "Name": name, "Unit": "Count" });
    let metrics: Vec<Value> = counts.iter().map(metric).collect();
    let directive = json!({ "Namespace": namespace, "Dimensions": [[]], "Metrics": metrics });
    let mut line = Map::new();
    let about = json!({ "Timestamp": now.as_millisecond(), "CloudWatchMetrics": [directive] });
    line.insert("_aws".to_owned(), about);
    line.extend(counts.iter().map(|(name, count)| ((*name).to_owned(), (*count).into())));
    Value::Object(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line() {
        let now = "2026-11-24T03:54:00Z".parse().unwrap();
        let line = metrics_line("Aware", &[("Records", 3)], now).to_string();
        assert_eq!(
            line,
            r#"{"_aws":{"Timestamp":1795492440000,"CloudWatchMetrics":[{"Namespace":"Aware","Dimensions":[[]],"Metrics":[{"Name":"Records","Unit":"Count"}]}]},"Records":3}"#
        );
    }
}
