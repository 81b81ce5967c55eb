//! The end of a scan: correlations over all of it, readings, and groups in order.

use std::sync::Arc;

use aware_cases::advise::judge_tally;
use aware_cases::group::{FindingGroup, GroupClass};
use aware_cases::triage::ReadingCache;
use aware_rules::correlate::CorrelationSettings;

use super::groups::by_severity;
use super::{FindingFilter, LogScan, NamedReject, ScanTotals};
use crate::correlation::EventCorrelator;
use crate::port::EventKey;

/// The result of a scan.
#[derive(Debug, Default)]
pub struct ScanReport {
    /// The totals.
    pub sums: ScanTotals,
    /// Groups of people and workloads: most severe first, then most frequent.
    pub groups: Vec<FindingGroup>,
    /// Groups of AWS services acting for themselves.
    pub services: Vec<FindingGroup>,
    /// Groups that a suppression hides.
    pub hidden: Vec<FindingGroup>,
    /// The first [`NAMED_REJECTS`](super::NAMED_REJECTS) rejects, ordered by name.
    pub rejects: Vec<NamedReject>,
}

impl ScanReport {
    /// Drops groups below the lowest level or of other rules, and correlations that the filter does
    /// not match; their findings count as filtered.
    #[must_use]
    pub fn apply_filter(mut self, filter: &FindingFilter) -> Self {
        let keeps = |tally: &FindingGroup| {
            let rule = &tally.first.rule.id;
            filter.min_level.is_none_or(|level| tally.effective_level() >= level)
                && filter.rules.as_ref().is_none_or(|ids| ids.contains(rule))
                && (tally.first.correlated.is_none() || filter.matches_finding(&tally.first))
        };
        let mut gone = 0;
        for tallies in [&mut self.groups, &mut self.services] {
            tallies.retain(|tally| {
                gone += if keeps(tally) { 0 } else { tally.count };
                keeps(tally)
            });
        }
        self.sums.findings = self.sums.findings.saturating_sub(gone);
        self.sums.filtered += gone;
        self
    }
}

impl LogScan {
    /// Runs the correlations over all hits in time order, so that the result does not depend on the
    /// threads.
    fn run_correlations(&mut self) {
        if self.hits.is_empty() {
            return;
        }
        let mut hits = std::mem::take(&mut self.hits);
        hits.sort_by(|(a, _), (b, _)| {
            (a.time, &a.account, &a.event_id, a.rule).cmp(&(
                b.time,
                &b.account,
                &b.event_id,
                b.rule,
            ))
        });
        let plan = Arc::clone(self.rules.correlations());
        let mut correlator = EventCorrelator::new(plan, CorrelationSettings::default());
        let mut fired = Vec::new();
        for (hit, face) in hits {
            if let Some(face) = face {
                let key = EventKey { account: hit.account.clone(), id: hit.event_id.clone() };
                correlator.remember_summary(&key, &face);
            }
            fired.extend(correlator.offer_hits(std::slice::from_ref(&hit)));
        }
        fired.extend(correlator.finish_all());
        for fired in fired {
            self.sums.findings += 1;
            self.sums.correlated += 1;
            let tally = self.tally_for(&fired.finding);
            tally.record(&fired.finding);
            fired.add_events_to(tally);
        }
    }

    /// Ends the scan: groups in order, the same for any number of threads.
    pub fn into_report(mut self) -> ScanReport {
        self.run_correlations();
        // The memory of repetitions is not needed while the report is made.
        self.detector = None;
        let mut tallies: Vec<FindingGroup> = Vec::with_capacity(self.groups.len());
        tallies.extend(self.groups.into_tallies().filter(|tally| tally.count > 0));
        let mut readings = ReadingCache::new(&self.histories);
        tallies.iter_mut().for_each(|tally| judge_tally(&mut readings, tally));
        tallies.sort_by(by_severity);
        let mut report = ScanReport {
            sums: self.sums,
            rejects: self.rejects.into_sorted(),
            ..ScanReport::default()
        };
        report.services =
            tallies.extract_if(.., |tally| tally.class == GroupClass::Service).collect();
        report.hidden =
            tallies.extract_if(.., |tally| tally.class == GroupClass::Suppressed).collect();
        report.groups = tallies;
        report
    }
}
