//! The summary of a scan.

use std::time::Duration;

use aware_cases::group::FindingGroup;
use aware_pipeline::scan::{FollowedTotals, ScanReport};
use serde_json::{Value, json};

/// The content of the summary: the totals, and how long the scan took.
///
/// `findings = findings_in_groups + service_noise + ungrouped`, in every case.
#[derive(Clone, Debug)]
pub(crate) struct ScanSummary {
    pub(crate) sums: aware_pipeline::scan::ScanTotals,
    pub(crate) groups: usize,
    /// Findings of the groups that are shown.
    pub(crate) in_groups: u64,
    pub(crate) service_noise: u64,
    pub(crate) cases: usize,
    /// Findings of the cases that are shown.
    pub(crate) in_cases: u64,
    pub(crate) followed: FollowedTotals,
    pub(crate) elapsed: Duration,
}

impl ScanSummary {
    pub(crate) fn new(report: &ScanReport, elapsed: Duration) -> Self {
        let count = |tallies: &[FindingGroup]| tallies.iter().map(|tally| tally.count).sum();
        Self {
            sums: report.sums.clone(),
            groups: report.groups.len(),
            in_groups: count(&report.groups),
            service_noise: count(&report.services),
            cases: report.cases.len(),
            in_cases: report.cases.iter().map(|case| case.findings).sum(),
            followed: report.followed.clone(),
            elapsed,
        }
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
            "rejected_records": sums.rejected_records,
            "skipped": sums.skipped,
            "duplicates": sums.duplicates,
            "denied": sums.denied,
            "filtered": sums.filtered,
            "hidden": sums.hidden,
            "findings": sums.findings,
            "correlated": sums.correlated,
            "groups": self.groups,
            "findings_in_groups": self.in_groups,
            "ungrouped": sums.ungrouped,
            "uncorrelated": sums.uncorrelated,
            "unjudged": sums.unjudged,
            "service_noise": self.service_noise,
            "cases": self.cases,
            "findings_in_cases": self.in_cases,
            "filtered_of_cases": self.sums.filtered_of_cases,
            "dropped_of_cases": self.sums.dropped_of_cases,
            "followed": {
                "files": self.followed.files,
                "bytes": self.followed.bytes,
                "principals": self.followed.principals,
                "left_out": self.followed.left_out,
                "events": self.followed.events,
                "problems": self.followed.problems,
            },
            "first_event": sums.first.map(|time| time.to_string()),
            "last_event": sums.last.map(|time| time.to_string()),
            "seconds": (self.elapsed.as_secs_f64() * 1000.0).round() / 1000.0,
        })
    }
}
