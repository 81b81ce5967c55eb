//! The end of a scan: correlations over all of it, readings, and groups in order.

use std::cell::RefCell;

use aware_cases::advise::judge_tally;
use aware_cases::case::{Case, mark_known_cases};
use aware_cases::group::{FindingGroup, GroupClass};
use aware_cases::triage::{LooksLike, ReadingCache};
use aware_rules::baseline::{BaselineBook, RowKey};

use super::groups::by_severity;
use super::held::HeldEvent;
use super::sighted::SightedWho;
use super::{FindingFilter, FollowedTotals, LogScan, NamedReject, ScanTotals, SeenEvents};
use crate::correlation::run_correlations;

/// The result of a scan.
#[derive(Debug, Default)]
pub struct ScanReport {
    /// The totals.
    pub sums: ScanTotals,
    /// Cases, worst first.
    pub cases: Vec<Case>,
    /// What was read again for the cases.
    pub followed: FollowedTotals,
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
    /// Drops groups and cases below the lowest level, groups of other rules, and correlations that
    /// the filter does not match; the groups' findings count as filtered.
    #[must_use]
    pub fn apply_filter(mut self, filter: &FindingFilter) -> Self {
        let is_asked_for = |tally: &FindingGroup| {
            filter.allows_rule(&tally.first.rule.id)
                && (tally.first.correlated.is_none() || filter.matches_finding(&tally.first))
        };
        let is_severe = |tally: &FindingGroup| {
            filter.min_level.is_none_or(|least| tally.effective_level() >= least)
        };
        self.sums.filtered_of_cases = self.sums.filtered;
        let mut gone = 0;
        for (tallies, is_service) in [(&mut self.groups, false), (&mut self.services, true)] {
            tallies.retain(|tally| {
                let is_kept = is_asked_for(tally) && is_severe(tally);
                gone += if is_kept { 0 } else { tally.count };
                if !is_kept && (is_service || !is_asked_for(tally)) {
                    self.sums.filtered_of_cases += tally.count;
                }
                is_kept
            });
        }
        self.cases.retain(|case| {
            let is_kept = filter.matches_case(case);
            self.sums.filtered_of_cases += if is_kept { 0 } else { case.findings };
            is_kept
        });
        self.sums.findings = self.sums.findings.saturating_sub(gone);
        self.sums.filtered += gone;
        self
    }
}

impl LogScan {
    /// The rows of baselines that decide what of these logs is unusual; [`stored_keys`] names them in
    /// a store.
    ///
    /// [`stored_keys`]: crate::baseline::stored_keys
    pub fn baseline_rows(&self) -> impl Iterator<Item = &RowKey> {
        self.held.rows()
    }

    /// Decides what is unusual, given what was known before, and adds what these logs show. Call it
    /// when all bodies are read, before the first look. What principals do that look hostile is not
    /// learned; returns how many events these are.
    pub fn settle_baselines(&mut self, book: &mut BaselineBook, seen: &SeenEvents) -> u64 {
        let held = std::mem::take(&mut self.held);
        self.sums.unjudged += held.unjudged();
        let readings = RefCell::new(ReadingCache::new(&self.histories));
        let may_learn = |who: &SightedWho| {
            let mut readings = readings.borrow_mut();
            let reading = readings.reading_for(&who.key, who.issuer.as_deref());
            reading.is_none_or(|reading| reading.looks_like != LooksLike::Exploring)
        };
        let (settled, left_out) = held.settle_all(book, &may_learn);
        drop(readings);
        let usual = std::mem::take(&mut self.usual).into_iter().map(HeldEvent::into_usual);
        let filter = self.filter.clone();
        for found in settled.chain(usual) {
            self.count_matched(found, &filter, seen);
        }
        left_out
    }

    /// Runs the correlations over all hits in time order, so that the result does not depend on the
    /// threads.
    fn run_correlations(&mut self) {
        if self.hits.is_empty() {
            return;
        }
        let hits = std::mem::take(&mut self.hits);
        let until = self.sums.last.unwrap_or_default();
        for fired in run_correlations(&self.rules, hits, until) {
            self.sums.findings += 1;
            self.sums.correlated += 1;
            if self.filter.reports_finding(&fired.finding) {
                self.book.record_event(&fired.case_event());
            }
            let tally = self.tally_for(&fired.finding);
            tally.record(&fired.finding);
            fired.add_events_to(tally);
        }
    }

    fn build_cases(&mut self) -> Vec<Case> {
        self.book.mark_actors_followed(self.looks.followed_actors());
        let until = self.sums.last.unwrap_or_default();
        let mut cases = self.book.build_cases(&self.histories, until);
        mark_known_cases(&mut cases, self.rules.known_actors());
        cases.iter_mut().for_each(|case| case.add_known(self.rules.enrichment()));
        cases
    }

    /// Ends the scan: groups and cases in order, the same for any number of threads.
    pub fn into_report(mut self) -> ScanReport {
        // What was settled is not held any more.
        self.settle_baselines(&mut BaselineBook::default(), &SeenEvents::default());
        self.run_correlations();
        // The memory of repetitions is not needed while the report is made.
        self.detector = None;
        let cases = self.build_cases();
        self.sums.dropped_of_cases = self.book.dropped_findings();
        let mut tallies: Vec<FindingGroup> = Vec::with_capacity(self.groups.len());
        tallies.extend(self.groups.into_tallies().filter(|tally| tally.count > 0));
        let mut readings = ReadingCache::new(&self.histories);
        tallies.iter_mut().for_each(|tally| judge_tally(&mut readings, tally));
        tallies.sort_by(by_severity);
        let mut report = ScanReport {
            cases,
            sums: self.sums,
            followed: self.looks.sums,
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
