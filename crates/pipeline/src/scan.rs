//! The source half over stored logs: every body is read once, and every group reported at the end.
//!
//! Threads process bodies in any order; totals and groups do not depend on it.

mod filter;
mod groups;
mod rejects;
mod report;
mod sums;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use aware_cases::group::{Sighting, Tally};
use aware_cases::triage::{Histories, Observed};
use aware_core::envelope::Kind;
use aware_core::envelope::decompress::Limits;
use aware_core::finding::Finding;
use aware_core::fingerprint::Fingerprint;
use aware_rules::correlate::Hit;

use super::detect::{Came, Detected, Detector};
use super::found::{Face, Found};
use super::known::Repeated;
use crate::rule_set::RuleSet;
use groups::GroupTable;
use rejects::RejectList;

pub use filter::{Filter, Seen};
pub use groups::MAX_HELD;
pub use rejects::{NAMED_REJECTS, NamedReject};
pub use report::Report;
pub use sums::Sums;

/// One thread's part of a scan.
pub struct Scan {
    /// `None` only while it is in use.
    detector: Option<Detector>,
    /// The totals so far.
    pub sums: Sums,
    groups: GroupTable,
    rules: Arc<RuleSet>,
    hits: Vec<(Hit, Option<Face>)>,
    histories: Histories,
    rejects: RejectList,
    /// The body that is being read in parts, and how many of its records were seen: they are
    /// numbered throughout.
    numbered: (String, u64),
}

impl Scan {
    /// An empty part. With a filter, every finding is decoded in full.
    pub fn new(filter: &Filter, rules: &Arc<RuleSet>) -> Self {
        let own = Arc::clone(rules);
        let detector =
            if filter.is_empty() { Detector::with_repeats(own) } else { Detector::new(own) };
        Self {
            detector: Some(detector),
            sums: Sums::default(),
            groups: GroupTable::default(),
            rules: Arc::clone(rules),
            hits: Vec::new(),
            histories: Histories::default(),
            rejects: RejectList::default(),
            numbered: (String::new(), 0),
        }
    }

    /// The same, with other limits on the size of a body.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        Self { detector: self.detector.map(|detector| detector.with_limits(limits)), ..self }
    }

    /// Scans one body.
    pub fn body(&mut self, origin: &str, body: &[u8], filter: &Filter, seen: &Seen) {
        self.sums.files += 1;
        self.part(origin, Kind::Any, body, filter, seen);
    }

    /// Scans a body, or whole lines of it. The caller counts the body itself.
    pub fn part(&mut self, origin: &str, kind: Kind, part: &[u8], filter: &Filter, seen: &Seen) {
        let Some(mut detector) = self.detector.take() else { return };
        let detected = detector.detect_each(kind, part, &mut |came| match came {
            Came::To(found, _) => self.found(*found, filter, seen),
            Came::Again(repeated) => self.repeat(&repeated, seen),
        });
        self.detector = Some(detector);
        self.sums.bytes += part.len() as u64;
        let mut before = 0;
        if kind == Kind::Lines {
            if self.numbered.0 != origin {
                self.numbered = (origin.to_owned(), 0);
            }
            before = self.numbered.1;
            self.numbered.1 += detected.records;
        }
        self.add(origin, before, detected);
    }

    /// The groups so far, unordered. Their readings are made at the end.
    pub fn groups(&self) -> impl Iterator<Item = &Tally> {
        self.groups.tallies()
    }

    /// Adds the counts of a body, or of a part of one that follows this many records.
    fn add(&mut self, origin: &str, before: u64, detected: Detected) {
        self.sums.add_detected(&detected);
        for reject in &detected.rejects {
            let number = reject.record.map_or(0, |number| before + number);
            self.name(origin, number, reject.problem.clone());
        }
        for object in detected.objects {
            let problem = format!(
                "a notice of s3://{}/{} is not a log (hint: scan the object)",
                object.bucket, object.key
            );
            self.reject(origin, 0, problem);
        }
    }

    /// Counts an event that repeats findings of this thread, which happens only without a filter.
    fn repeat(&mut self, repeated: &Repeated, seen: &Seen) {
        let sighting = &repeated.sighting;
        if !seen.insert(&sighting.account, &sighting.event_id) {
            self.sums.duplicates += 1;
            return;
        }
        self.sums.denied += u64::from(repeated.denied);
        self.observe(repeated.observed.as_ref());
        self.sums.findings += repeated.groups.len() as u64;
        let network = sighting.network.neighbourhood();
        for key in &repeated.groups {
            let Some(tally) = self.groups.get_mut(key) else {
                self.sums.ungrouped += 1;
                continue;
            };
            if let Some(cure) = &repeated.cure {
                tally.add_remedy(cure);
            }
            tally.sight(&Sighting {
                time: sighting.time,
                event_id: &sighting.event_id,
                source: sighting.network.source.as_deref(),
                network: network.as_deref(),
                region: &sighting.region,
                agent: sighting.network.agent_family(),
                resource: sighting.resource.as_deref(),
                session: sighting.session.as_deref(),
            });
        }
    }

    /// Counts an unreadable record or body.
    pub fn reject(&mut self, origin: &str, record: u64, problem: String) {
        self.sums.rejects += 1;
        self.sums.rejected_records += u64::from(record > 0);
        self.name(origin, record, problem);
    }

    fn name(&mut self, origin: &str, record: u64, problem: String) {
        self.rejects.push(NamedReject { origin: origin.to_owned(), record, problem });
    }

    /// Counts what one event amounts to.
    fn found(&mut self, found: Found, filter: &Filter, seen: &Seen) {
        if !seen.insert(&found.key.account, &found.key.id) {
            self.sums.duplicates += u64::from(found.is_told());
            // Another thread counts it, but repetitions of it may still be counted here.
            for finding in &found.findings {
                self.group(finding);
            }
            return;
        }
        self.sums.denied += u64::from(found.denied);
        self.observe(found.observed.as_ref());
        for finding in &found.findings {
            if filter.takes(finding) {
                self.sums.findings += 1;
                self.group(finding).absorb(finding);
            } else {
                self.sums.filtered += 1;
            }
        }
        for (tally, finding) in found.hidden_tallies() {
            self.sums.hidden += 1;
            self.sums.ungrouped += self.groups.make_room_for(&tally.fingerprint, finding);
            self.groups.get_or_insert(tally.fingerprint.clone(), || tally).absorb(finding);
        }
        let mut face = found.face;
        self.hits.extend(found.hits.into_iter().map(|hit| (hit, face.take())));
    }

    fn observe(&mut self, observed: Option<&Observed>) {
        if let Some(observed) = observed {
            self.histories.observe(observed);
        }
    }

    fn group(&mut self, finding: &Finding) -> &mut Tally {
        let key = Fingerprint::of(finding);
        self.sums.ungrouped += self.groups.make_room_for(&key, finding);
        self.groups.get_or_insert(key, || Tally::new(finding))
    }

    /// Merges another thread's part.
    pub fn join(&mut self, other: Self) {
        self.sums.add_all(&other.sums);
        self.rejects.extend(other.rejects);
        self.hits.extend(other.hits);
        self.histories.merge(other.histories);
        self.sums.ungrouped += self.groups.merge(other.groups);
    }
}
