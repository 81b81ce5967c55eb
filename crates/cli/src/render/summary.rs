//! The sums of a scan.

use std::time::Duration;

use aware_io::pipeline::scan::Report;
use serde_json::{Value, json};

/// What the summary says; the sums, and how long it took.
#[derive(Clone, Debug)]
pub(crate) struct Summary {
    pub(crate) sums: aware_io::pipeline::scan::Sums,
    pub(crate) groups: usize,
    pub(crate) service_noise: u64,
    pub(crate) elapsed: Duration,
}

impl Summary {
    pub(crate) fn new(report: &Report, elapsed: Duration) -> Self {
        let service_noise = report.services.iter().map(|tally| tally.count).sum();
        Self { sums: report.sums.clone(), groups: report.groups.len(), service_noise, elapsed }
    }

    /// The stable object of the `json` format.
    pub(crate) fn to_value(&self) -> Value {
        let sums = &self.sums;
        json!({
            "files": sums.files,
            "bytes": sums.bytes,
            "records": sums.records,
            "events": sums.events,
            "rejects": sums.rejects,
            "skipped": sums.skipped,
            "duplicates": sums.duplicates,
            "denied": sums.denied,
            "filtered": sums.filtered,
            "hidden": sums.hidden,
            "findings": sums.findings,
            "correlated": sums.correlated,
            "groups": self.groups,
            "service_noise": self.service_noise,
            "first_event": sums.first.map(|time| time.to_string()),
            "last_event": sums.last.map(|time| time.to_string()),
            "seconds": (self.elapsed.as_secs_f64() * 1000.0).round() / 1000.0,
        })
    }
}
