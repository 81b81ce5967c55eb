//! A step of the source half: findings are grouped, committed and published.
//!
//! With a store of its own, a step takes the findings of some hundred events, and knows those of
//! the whole page. With a shared store it takes as many as a commit holds, relies on nothing that
//! it has not just read, and is retried if another process was faster.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::atomic::Ordering;
use std::time::Duration;

use aware_cases::advise::judge_tally;
use aware_cases::group::{FindingGroup, NotifyDecision};
use aware_cases::message::SubjectStyle;
use aware_cases::triage::{self, PrincipalHistories, ReadingCache};
use aware_core::finding::Finding;
use aware_core::fingerprint::Fingerprint;
use jiff::Timestamp;

use super::case::{case_events, is_told_by_case};
use super::group_message::build_message;
use super::memory::{HISTORY_PREFIX, SourceMemory, new_correlator, observe_all, remembered};
use super::{DeliverySafety, SourceHalf, retract};
use crate::correlation::FiredCorrelation;
use crate::matched_event::MatchedEvent;
use crate::port::{EventKey, MemoryWindow, StepCommit, Store, StoreError};
use crate::retry::full_jitter;

/// How many events' findings a step takes. Each may be a message, its group and a principal's
/// history, all of which stay in memory until they are committed.
const EVENTS_PER_STEP: usize = 500;

/// How often a step is retried if other processes are faster.
const MAX_TRIES: u32 = 8;

/// A step that is ready to be committed.
#[derive(Default)]
struct GroupingStep {
    commit: StepCommit,
    findings: u64,
    duplicates: u64,
}

/// The result of a step.
enum StepResult {
    Kept(DeliverySafety),
    /// It does not fit into a commit, but its halves may.
    TooLarge,
}

impl SourceHalf {
    /// Groups findings, commits, publishes.
    pub(super) async fn keep_findings(
        &self,
        found: Vec<MatchedEvent>,
        resume: Option<(String, String)>,
    ) -> DeliverySafety {
        if self.store.is_full() {
            tracing::error!("store is down and memory is full; the delivery will be redelivered");
            return DeliverySafety::No;
        }
        let mut memory = self.grouping.lock().await;
        let mut safe = DeliverySafety::Yes;
        let mut parts: Vec<&[MatchedEvent]> = found.chunks(EVENTS_PER_STEP).rev().collect();
        if parts.len() > 1 && !self.store.is_shared() {
            // What a later part holds may decide what is said about an earlier one.
            observe_all(
                &mut memory,
                &found.iter().filter(|one| one.canary.is_none()).collect::<Vec<_>>(),
            );
        }
        if parts.is_empty() {
            parts.push(&[]);
        }
        while let Some(part) = parts.pop() {
            let is_last = parts.is_empty() && safe != DeliverySafety::No;
            let resume = resume.clone().filter(|_| is_last);
            match self.take_step(&mut memory, part, resume).await {
                StepResult::Kept(kept) => safe = safe.less_safe(kept),
                StepResult::TooLarge => {
                    let (first, second) = part.split_at(part.len() / 2);
                    parts.extend([second, first]);
                }
            }
        }
        safe
    }

    async fn take_step(
        &self,
        memory: &mut SourceMemory,
        found: &[MatchedEvent],
        resume: Option<(String, String)>,
    ) -> StepResult {
        let mut fired = None;
        for attempt in 0..MAX_TRIES {
            let now = self.clock.now();
            let mut step = match self.group_findings(memory, found, &mut fired, now).await {
                Ok(step) => step,
                Err(error) => {
                    tracing::error!(problem = %error, "findings cannot be grouped; the delivery will be redelivered");
                    return StepResult::Kept(DeliverySafety::No);
                }
            };
            if found.len() > 1 && !self.store.fits_commit(&step.commit) {
                return StepResult::TooLarge;
            }
            step.commit.resume.clone_from(&resume);
            if let Ok(safe) = self.commit_and_publish(step.commit, now).await {
                self.counts.findings.fetch_add(step.findings, Ordering::Relaxed);
                self.counts.duplicates.fetch_add(step.duplicates, Ordering::Relaxed);
                return StepResult::Kept(safe);
            }
            let wait = full_jitter(Duration::from_millis(10), attempt);
            tokio::time::sleep(wait).await;
        }
        tracing::error!("commit conflicted {MAX_TRIES} times; the delivery will be redelivered");
        StepResult::Kept(DeliverySafety::No)
    }

    async fn group_findings(
        &self,
        memory: &mut SourceMemory,
        found: &[MatchedEvent],
        fired: &mut Option<Vec<FiredCorrelation>>,
        now: Timestamp,
    ) -> Result<GroupingStep, StoreError> {
        let mut step = GroupingStep::default();
        let found = self.filter_unseen(found, &mut step).await?;
        let found = self.take_canaries(found, &mut step.commit, now).await?;
        let (judged, learned) = self.judge_all(memory, &found, now).await?;
        let found: Vec<&MatchedEvent> = found
            .iter()
            .zip(&judged)
            .map(|(one, settled)| settled.as_ref().unwrap_or(one))
            .collect();
        let mut rows = self.record_case_events(&case_events(&found)).await?;
        if self.store.is_shared() {
            self.recall_histories(memory, &found, rows.history_keys()).await?;
        }
        let style = self.subject_style().await;
        let commit = &mut step.commit;
        // Observed before anything is reported: the order within a delivery decides nothing.
        let observed = observe_all(memory, &found);
        let fired = self.new_firings(self.offer_events(memory, &found, fired), commit).await?;
        let told = self.add_firings(memory, &mut rows, &fired).await?;
        let entries = tally_entries(&found, &fired);
        let mut touched = groups_of(&entries);
        let mut readings = ReadingCache::new(&memory.histories);
        let turned = retract::groups_to_retract(&mut readings, &observed);
        let keys: Vec<Fingerprint> = touched.iter().chain(&turned).cloned().collect();
        let mut tallies = self.load_sorted(&keys).await?;
        step.findings += entries.len() as u64 + told + findings_of_cases(&found);
        record_entries(entries, &fired, &mut tallies, &mut readings, (commit, now, style));
        let of_turned = turned.iter().filter_map(|key| tallies.get(key).cloned()).collect();
        for (tally, message) in retract::retract_groups(&mut readings, of_turned, now, style) {
            touched.insert(tally.fingerprint.clone());
            commit.outbox.extend(message);
            tallies.insert(tally.fingerprint.clone(), tally);
        }
        tallies.retain(|key, _| touched.contains(key));
        retract::note_groups(&mut memory.histories, tallies.values());
        commit.tallies = tallies.into_values().collect();
        commit.windows = remembered(memory, &observed, now);
        commit.windows.extend(learned);
        self.tell_cases(&mut rows, &memory.histories, commit, now).await?;
        Ok(step)
    }

    /// Decides what is unusual, with the histories of whoever did it.
    async fn judge_all(
        &self,
        memory: &mut SourceMemory,
        found: &[&MatchedEvent],
        now: Timestamp,
    ) -> Result<(Vec<Option<MatchedEvent>>, Vec<MemoryWindow>), StoreError> {
        let candidates = keys_of_candidates(found);
        if self.store.is_shared() && !candidates.is_empty() {
            self.recall_histories(memory, found, candidates).await?;
        }
        self.judge_candidates(found, &memory.histories, now).await
    }

    /// Offers events to correlations. Returns what fires. A memory of its own has been offered them
    /// by the try before.
    fn offer_events(
        &self,
        memory: &mut SourceMemory,
        found: &[&MatchedEvent],
        fired: &mut Option<Vec<FiredCorrelation>>,
    ) -> Vec<FiredCorrelation> {
        if self.store.is_shared() || fired.is_none() {
            let offered = found.iter().flat_map(|found| memory.correlator.offer_event(found));
            *fired = Some(offered.collect());
        }
        fired.clone().unwrap_or_default()
    }

    /// The stored groups of these keys, in their order.
    async fn load_sorted(
        &self,
        keys: &[Fingerprint],
    ) -> Result<BTreeMap<Fingerprint, FindingGroup>, StoreError> {
        Ok(self.store.load_tallies(keys).await?.into_iter().collect())
    }

    /// Loads what these findings touch from the store, replacing what was remembered.
    async fn recall_histories(
        &self,
        memory: &mut SourceMemory,
        found: &[&MatchedEvent],
        others: BTreeSet<String>,
    ) -> Result<(), StoreError> {
        memory.histories = PrincipalHistories::default();
        let who = found.iter().filter_map(|found| found.observed.as_ref());
        let keys = who.flat_map(|one| triage::history_keys(&one.principal, one.issuer.as_deref()));
        let keys = keys.chain(others);
        let who: BTreeSet<String> = keys.map(|key| format!("{HISTORY_PREFIX}{key}")).collect();
        let mut windows = self.store.load_windows(&who.into_iter().collect::<Vec<_>>()).await?;
        if found.iter().any(|found| !found.hits.is_empty()) {
            memory.correlator.reset_engine(new_correlator(&*self.current_rules().await));
            windows.extend(self.store.list_windows().await?);
        }
        self.restore_memory(memory, &windows).await;
        Ok(())
    }

    /// Loads everything that correlations remember.
    pub(super) async fn recall_correlations(
        &self,
        memory: &mut SourceMemory,
    ) -> Result<(), StoreError> {
        memory.correlator.reset_engine(new_correlator(&*self.current_rules().await));
        let windows = self.store.list_windows().await?;
        self.restore_memory(memory, &windows).await;
        Ok(())
    }

    /// The events that were not seen before.
    async fn filter_unseen<'f>(
        &self,
        found: &'f [MatchedEvent],
        step: &mut GroupingStep,
    ) -> Result<Vec<&'f MatchedEvent>, StoreError> {
        let keys: Vec<EventKey> = found.iter().map(|found| found.key.clone()).collect();
        let seen = self.store.seen_events(&keys).await?;
        let mut new = HashSet::new();
        let mut unseen = Vec::new();
        for (found, seen) in found.iter().zip(seen) {
            if seen || !new.insert(&found.key) {
                step.duplicates += u64::from(!found.is_for_cases_only());
            } else {
                step.commit.seen.push(found.key.clone());
                unseen.push(found);
            }
        }
        Ok(unseen)
    }

    /// Firings that were not reported before: a late event may cause one again.
    pub(super) async fn new_firings(
        &self,
        fired: Vec<FiredCorrelation>,
        commit: &mut StepCommit,
    ) -> Result<Vec<FiredCorrelation>, StoreError> {
        let key = |one: &FiredCorrelation| EventKey {
            account: "correlation".to_owned(),
            id: one.finding.event_id.clone(),
        };
        let keys: Vec<EventKey> = fired.iter().map(key).collect();
        let seen = self.store.seen_events(&keys).await?;
        let mut new = Vec::new();
        for ((one, key), seen) in fired.into_iter().zip(keys).zip(seen) {
            if !seen && !commit.seen.contains(&key) {
                commit.seen.push(key);
                new.push(one);
            }
        }
        Ok(new)
    }
}

/// Counts findings in their groups, and tells those that are due.
fn record_entries(
    entries: Vec<(FindingGroup, &Finding)>,
    fired: &[FiredCorrelation],
    tallies: &mut BTreeMap<Fingerprint, FindingGroup>,
    readings: &mut ReadingCache<'_>,
    (commit, now, style): (&mut StepCommit, Timestamp, SubjectStyle),
) {
    for (tally, finding) in entries {
        let tally = tallies.entry(tally.fingerprint.clone()).or_insert(tally);
        let decision = tally.record_and_decide(finding, now);
        if let Some(one) = fired.iter().find(|one| std::ptr::eq(&one.finding, finding)) {
            one.add_events_to(tally);
        }
        if let NotifyDecision::Notify(cause) = decision {
            judge_tally(readings, tally);
            commit.outbox.push(build_message(tally, &cause, now, style));
        }
    }
}

/// The keys of the histories of whoever may have done something unusual.
fn keys_of_candidates(found: &[&MatchedEvent]) -> BTreeSet<String> {
    let candidates = found.iter().flat_map(|found| &found.candidates);
    let who = candidates.map(|one| &one.finding.principal);
    who.flat_map(|who| triage::history_keys(&who.key, who.issuer.as_deref())).collect()
}

/// How many findings cases tell.
fn findings_of_cases(found: &[&MatchedEvent]) -> u64 {
    let of_cases = found.iter().filter(|one| is_told_by_case(one));
    of_cases.map(|one| one.findings.len() as u64).sum()
}

/// The groups that entries belong to.
fn groups_of(entries: &[(FindingGroup, &Finding)]) -> BTreeSet<Fingerprint> {
    entries.iter().map(|(tally, _)| tally.fingerprint.clone()).collect()
}

/// Every finding that no case tells, with an empty tally of its group: those of AWS services, and the
/// hidden ones.
fn tally_entries<'f>(
    found: &[&'f MatchedEvent],
    fired: &'f [FiredCorrelation],
) -> Vec<(FindingGroup, &'f Finding)> {
    let mut entries = Vec::new();
    for found in found {
        if !is_told_by_case(found) {
            entries.extend(
                found.findings.iter().map(|finding| (FindingGroup::for_finding(finding), finding)),
            );
        }
        entries.extend(found.hidden_tallies());
    }
    let of_groups = fired.iter().filter(|one| one.case_if_told().is_none());
    entries.extend(of_groups.map(|one| (FindingGroup::for_finding(&one.finding), &one.finding)));
    entries
}
