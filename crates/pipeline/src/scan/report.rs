//! The end of a scan: correlations over all of it, readings, and groups in order.

use std::sync::Arc;

use aware_cases::advise::advise;
use aware_cases::group::{Class, Tally};
use aware_cases::triage::Readings;
use aware_rules::correlate::Settings;

use super::groups::order;
use super::{Filter, NamedReject, Scan, Sums};
use crate::correlation::Correlator;
use crate::port::EventKey;

/// The result of a scan.
#[derive(Debug, Default)]
pub struct Report {
    /// The totals.
    pub sums: Sums,
    /// Groups of people and workloads: most severe first, then most frequent.
    pub groups: Vec<Tally>,
    /// Groups of AWS services acting for themselves.
    pub services: Vec<Tally>,
    /// Groups that a suppression hides.
    pub hidden: Vec<Tally>,
    /// The first [`NAMED_REJECTS`] rejects, ordered by name.
    pub rejects: Vec<NamedReject>,
}

impl Report {
    /// Drops groups below the lowest level or of other rules, and correlations that the filter does
    /// not match; their findings count as filtered.
    #[must_use]
    pub fn filtered(mut self, filter: &Filter) -> Self {
        let keeps = |tally: &Tally| {
            let rule = &tally.first.rule.id;
            filter.min_level.is_none_or(|level| tally.level() >= level)
                && filter.rules.as_ref().is_none_or(|ids| ids.contains(rule))
                && (tally.first.correlated.is_none() || filter.takes(&tally.first))
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

impl Scan {
    /// Runs the correlations over all hits in time order, so that the result does not depend on the
    /// threads.
    fn correlate(&mut self) {
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
        let mut correlator = Correlator::new(plan, Settings::default());
        let mut fired = Vec::new();
        for (hit, face) in hits {
            if let Some(face) = face {
                let key = EventKey { account: hit.account.clone(), id: hit.event_id.clone() };
                correlator.remember(&key, &face);
            }
            fired.extend(correlator.hits(std::slice::from_ref(&hit)));
        }
        fired.extend(correlator.finish());
        for fired in fired {
            self.sums.findings += 1;
            self.sums.correlated += 1;
            let tally = self.group(&fired.finding);
            tally.absorb(&fired.finding);
            fired.sight(tally);
        }
    }

    /// Ends the scan: groups in order, the same for any number of threads.
    pub fn report(mut self) -> Report {
        self.correlate();
        // The memory of repetitions is not needed while the report is made.
        self.detector = None;
        let mut tallies: Vec<Tally> = Vec::with_capacity(self.groups.len());
        tallies.extend(self.groups.into_tallies().filter(|tally| tally.count > 0));
        let mut readings = Readings::new(&self.histories);
        tallies.iter_mut().for_each(|tally| advise(&mut readings, tally));
        tallies.sort_by(order);
        let mut report =
            Report { sums: self.sums, rejects: self.rejects.into_sorted(), ..Report::default() };
        report.services = tallies.extract_if(.., |tally| tally.class == Class::Service).collect();
        report.hidden = tallies.extract_if(.., |tally| tally.class == Class::Suppressed).collect();
        report.groups = tallies;
        report
    }
}
