//! The source half over stored logs: every body is read once, and every group reported at the end.
//!
//! Threads process bodies in any order; totals and groups do not depend on it.

mod filter;
pub(crate) mod follow;
mod groups;
mod held;
mod rejects;
mod report;
mod sighted;
mod sums;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use aware_cases::case::{CaseBook, CaseEvent};
use aware_cases::group::{FindingGroup, RepeatDetails};
use aware_cases::triage::{PrincipalHistories, PrincipalObservation};
use aware_core::envelope::EnvelopeKind;
use aware_core::envelope::decompress::DecompressionLimits;
use aware_core::finding::Finding;
use aware_core::fingerprint::Fingerprint;
use aware_rules::baseline::BaselineBook;
use aware_rules::correlate::RuleMatch;
use jiff::Timestamp;

use super::detect::{DetectedBody, DetectedEvent, Detector};
use super::known_groups::RepeatedEvent;
use super::matched_event::{EventSummary, MatchedEvent};
use crate::rule_set::RuleSet;
use follow::{BodyTimes, LookProgress};
use groups::GroupTable;
use held::{HeldEvent, HeldEvents};
use rejects::RejectList;

pub use filter::{FindingFilter, SeenEvents};
pub use follow::{FollowScan, FollowedTotals, SecondLook};
pub use groups::MAX_HELD_BYTES;
pub use rejects::{NAMED_REJECTS, NamedReject};
pub use report::ScanReport;
pub use sums::ScanTotals;

/// How many matches that feed correlations one thread keeps.
const MAX_HITS: usize = 60_000;

/// One thread's part of a scan.
pub struct LogScan {
    /// Made when the first body comes: only threads that read need one.
    detector: Option<Detector>,
    limits: DecompressionLimits,
    /// The totals so far.
    pub sums: ScanTotals,
    groups: GroupTable,
    filter: FindingFilter,
    rules: Arc<RuleSet>,
    hits: Vec<(RuleMatch, Option<EventSummary>)>,
    /// Events that may be unusual.
    held: HeldEvents,
    /// Those of them that turned out not to be, on the way.
    usual: Vec<HeldEvent>,
    /// When events count for what is usual.
    learned: (Option<Timestamp>, Option<Timestamp>),
    histories: PrincipalHistories,
    book: CaseBook,
    times: BodyTimes,
    looks: LookProgress,
    rejects: RejectList,
    /// The body that is being read in parts, and how many of its records were seen: they are
    /// numbered throughout.
    numbered: (String, u64),
}

impl LogScan {
    /// An empty part. With a filter, every finding is decoded in full.
    pub fn new(filter: &FindingFilter, rules: &Arc<RuleSet>) -> Self {
        Self {
            detector: None,
            limits: DecompressionLimits::default(),
            sums: ScanTotals::default(),
            groups: GroupTable::default(),
            filter: filter.clone(),
            rules: Arc::clone(rules),
            hits: Vec::new(),
            held: HeldEvents::default(),
            usual: Vec::new(),
            learned: (None, None),
            histories: PrincipalHistories::default(),
            book: CaseBook::new(),
            times: BodyTimes::default(),
            looks: LookProgress::default(),
            rejects: RejectList::default(),
            numbered: (String::new(), 0),
        }
    }

    /// The same, with other limits on the size of a body.
    #[must_use]
    pub fn with_limits(self, limits: DecompressionLimits) -> Self {
        Self { limits, ..self }
    }

    /// The same; only events of this period, which may be open, count for what is usual.
    #[must_use]
    pub fn learning_within(self, since: Option<Timestamp>, until: Option<Timestamp>) -> Self {
        Self { learned: (since, until), ..self }
    }

    /// Scans one body.
    pub fn scan_body(
        &mut self,
        origin: &str,
        body: &[u8],
        filter: &FindingFilter,
        seen: &SeenEvents,
    ) {
        self.sums.files += 1;
        self.scan_part(origin, EnvelopeKind::Any, body, filter, seen);
    }

    /// Scans a body, or whole lines of it. The caller counts the body itself.
    pub fn scan_part(
        &mut self,
        origin: &str,
        kind: EnvelopeKind,
        part: &[u8],
        filter: &FindingFilter,
        seen: &SeenEvents,
    ) {
        let mut detector = self.detector.take().unwrap_or_else(|| self.new_detector());
        let detected = detector.detect_each(kind, part, &mut |came| match came {
            DetectedEvent::Matched(found, _) => self.add_matched(*found, filter, seen),
            DetectedEvent::Repeated(repeated) => self.add_repeat(*repeated, filter, seen),
        });
        self.detector = Some(detector);
        self.sums.bytes += part.len() as u64;
        let mut before = 0;
        if kind == EnvelopeKind::Lines {
            if self.numbered.0 != origin {
                self.numbered = (origin.to_owned(), 0);
            }
            before = self.numbered.1;
            self.numbered.1 += detected.records;
        }
        self.add_counts(origin, before, detected);
    }

    fn new_detector(&self) -> Detector {
        let rules = Arc::clone(&self.rules);
        let detector = match self.filter.is_empty() {
            true => Detector::with_repeats(rules),
            false => Detector::new(rules),
        };
        detector.with_limits(self.limits)
    }

    /// The groups so far, unordered. Their readings are made at the end.
    pub fn group_tallies(&self) -> impl Iterator<Item = &FindingGroup> {
        self.groups.tallies()
    }

    /// Adds the counts of a body, or of a part of one that follows this many records.
    fn add_counts(&mut self, origin: &str, before: u64, detected: DetectedBody) {
        self.sums.add_detected(&detected);
        self.times.add_body(origin, detected.first, detected.last);
        for reject in &detected.rejects {
            let number = reject.record.map_or(0, |number| before + number);
            self.keep_reject(origin, number, reject.problem.clone());
        }
        for object in detected.objects {
            let problem = format!(
                "a notice of s3://{}/{} is not a log (hint: scan the object)",
                object.bucket, object.key
            );
            self.add_reject(origin, 0, problem);
        }
    }

    /// Counts an event that repeats findings of this thread, which happens only without a filter.
    fn add_repeat(&mut self, repeated: RepeatedEvent, filter: &FindingFilter, seen: &SeenEvents) {
        let sighting = &repeated.sighting;
        if !seen.insert(&sighting.account, &sighting.event_id) {
            self.sums.duplicates += 1;
            return;
        }
        self.sums.denied += u64::from(repeated.denied);
        self.record_observed(repeated.observed.as_ref());
        let key = (sighting.account.as_str(), sighting.event_id.as_str());
        self.record_case(repeated.case_event, key, filter, seen);
        self.sums.findings += repeated.groups.len() as u64;
        let network = sighting.network.network_prefix();
        for key in &repeated.groups {
            let Some(tally) = self.groups.get_mut(key) else {
                self.sums.ungrouped += 1;
                continue;
            };
            if let Some(cure) = &repeated.cure {
                tally.add_remedy(cure);
            }
            tally.record_repeat(&RepeatDetails {
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
    pub fn add_reject(&mut self, origin: &str, record: u64, problem: String) {
        self.sums.rejects += 1;
        self.sums.rejected_records += u64::from(record > 0);
        self.keep_reject(origin, record, problem);
    }

    fn keep_reject(&mut self, origin: &str, record: u64, problem: String) {
        self.rejects.push(NamedReject { origin: origin.to_owned(), record, problem });
    }

    /// Counts what one event amounts to.
    fn add_matched(&mut self, mut found: MatchedEvent, filter: &FindingFilter, seen: &SeenEvents) {
        if !seen.insert(&found.key.account, &found.key.id) {
            self.sums.duplicates += u64::from(found.is_told());
            // Another thread counts it, but repetitions of it may still be counted here.
            for finding in &found.findings {
                self.tally_for(finding);
            }
            return;
        }
        let (since, until) = self.learned;
        if since.is_some_and(|since| found.time < since)
            || until.is_some_and(|until| found.time >= until)
        {
            found.settle_candidates(|_| false);
        }
        if found.candidates.is_empty() {
            self.count_matched(found, filter, seen);
            return;
        }
        self.record_observed(found.observed.take().as_ref());
        for usual in self.held.add_event(found) {
            self.count_matched(usual, filter, seen);
        }
    }

    /// Counts an event that was not seen before, and whose findings are known.
    fn count_matched(
        &mut self,
        mut found: MatchedEvent,
        filter: &FindingFilter,
        seen: &SeenEvents,
    ) {
        self.sums.denied += u64::from(found.denied);
        self.record_observed(found.observed.as_ref());
        let key = (found.key.account.as_str(), found.key.id.as_str());
        self.record_case(found.case_event.take(), key, filter, seen);
        for finding in &found.findings {
            if filter.matches_finding(finding) {
                self.sums.findings += 1;
                self.tally_for(finding).record(finding);
            } else {
                self.sums.filtered += 1;
            }
        }
        for (tally, finding) in found.hidden_tallies() {
            self.sums.hidden += 1;
            self.sums.ungrouped += self.groups.make_room_for(&tally.fingerprint, finding);
            self.groups.get_or_insert(tally.fingerprint.clone(), || tally).record(finding);
        }
        let mut face = found.summary;
        for hit in found.hits {
            if self.hits.len() < MAX_HITS {
                self.hits.push((hit, face.take()));
            } else {
                self.sums.uncorrelated += 1;
            }
        }
    }

    /// Records what cases keep of an event. What the filter or a suppression leaves out opens no
    /// case, but belongs to the story of whoever has one: a second look may record it.
    fn record_case(
        &mut self,
        event: Option<Box<CaseEvent>>,
        (account, id): (&str, &str),
        filter: &FindingFilter,
        seen: &SeenEvents,
    ) {
        let Some(mut event) = event else { return seen.set_aside(account, id) };
        let had_findings = !event.rules.is_empty();
        filter.retain_rules(&mut event);
        if had_findings && event.rules.is_empty() {
            return seen.set_aside(account, id);
        }
        self.book.record_event(&event);
    }

    fn record_observed(&mut self, observed: Option<&PrincipalObservation>) {
        if let Some(observed) = observed {
            self.histories.record_observation(observed);
        }
    }

    fn tally_for(&mut self, finding: &Finding) -> &mut FindingGroup {
        let key = Fingerprint::for_finding(finding);
        self.sums.ungrouped += self.groups.make_room_for(&key, finding);
        self.groups.get_or_insert(key, || FindingGroup::for_finding(finding))
    }

    /// The next look at the same logs, for whoever is to be followed; `None` once everything is
    /// known. Call it when all bodies are read, and again after each look.
    pub fn next_look(&mut self, seen: &SeenEvents) -> Option<SecondLook> {
        // What was settled is not held any more.
        self.settle_baselines(&mut BaselineBook::default(), seen);
        self.looks.set_times(std::mem::take(&mut self.times));
        self.looks.next_look(self.book.follow_plan(&self.histories), self.rules.enrichment())
    }

    /// Merges what one thread of a second look found.
    pub fn merge_look(&mut self, part: FollowScan) {
        self.book.merge_with(part.book);
        self.looks.add_part(part.met, part.sums);
    }

    /// Merges another thread's part.
    pub fn merge_part(&mut self, other: Self) {
        self.sums.add_all(&other.sums);
        self.rejects.extend(other.rejects);
        self.hits.extend(other.hits);
        self.usual.extend(other.usual);
        self.usual.extend(self.held.merge_with(other.held));
        self.histories.merge_with(other.histories);
        self.book.merge_with(other.book);
        self.times.merge_with(other.times);
        self.sums.ungrouped += self.groups.merge(other.groups);
    }
}
