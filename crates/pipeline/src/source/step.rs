//! A step of the source half: findings are grouped, committed and published.
//!
//! With a store of its own, a step takes the findings of some hundred events, and knows those of
//! the whole page. With a shared store it takes as many as a commit holds, relies on nothing that
//! it has not just read, and is retried if another process was faster.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::atomic::Ordering;
use std::time::Duration;

use aware_cases::group::{Decision, Tally};
use aware_cases::triage::{self, Histories, Readings};
use aware_core::finding::Finding;
use aware_core::fingerprint::Fingerprint;
use jiff::Timestamp;

use super::group_message::tell;
use super::memory::{HISTORY, Memory, correlator, observe, remembered};
use super::{Safe, Source, turn};
use crate::correlation::Fired;
use crate::found::Found;
use crate::port::{Commit, EventKey, Store, StoreError};
use crate::retry::full_jitter;
use aware_cases::advise::advise;

/// How many events' findings a step takes. Each may be a message, its group and a principal's
/// history, all of which stay in memory until they are committed.
const TOGETHER: usize = 500;

/// How often a step is retried if other processes are faster.
const TRIES: u32 = 8;

/// A step that is ready to be committed.
#[derive(Default)]
struct Step {
    commit: Commit,
    findings: u64,
    duplicates: u64,
}

/// The result of a step.
enum Taken {
    Kept(Safe),
    /// It does not fit into a commit, but its halves may.
    TooLarge,
}

impl Source {
    /// Groups findings, commits, publishes.
    pub(super) async fn findings(
        &self,
        found: Vec<Found>,
        resume: Option<(String, String)>,
    ) -> Safe {
        if self.store.is_full() {
            tracing::error!("store is down and memory is full; the delivery will be redelivered");
            return Safe::No;
        }
        let mut memory = self.grouping.lock().await;
        let mut safe = Safe::Yes;
        let mut parts: Vec<&[Found]> = found.chunks(TOGETHER).rev().collect();
        if parts.len() > 1 && !self.store.is_shared() {
            // What a later part holds may decide what is said about an earlier one.
            observe(
                &mut memory,
                &found.iter().filter(|one| one.canary.is_none()).collect::<Vec<_>>(),
            );
        }
        if parts.is_empty() {
            parts.push(&[]);
        }
        while let Some(part) = parts.pop() {
            let is_last = parts.is_empty() && safe != Safe::No;
            let resume = resume.clone().filter(|_| is_last);
            match self.step(&mut memory, part, resume).await {
                Taken::Kept(kept) => safe = safe.and(kept),
                Taken::TooLarge => {
                    let (first, second) = part.split_at(part.len() / 2);
                    parts.extend([second, first]);
                }
            }
        }
        safe
    }

    async fn step(
        &self,
        memory: &mut Memory,
        found: &[Found],
        resume: Option<(String, String)>,
    ) -> Taken {
        for attempt in 0..TRIES {
            let now = self.clock.now();
            let mut step = match self.group(memory, found, now).await {
                Ok(step) => step,
                Err(error) => {
                    tracing::error!(problem = %error, "findings cannot be grouped; the delivery will be redelivered");
                    return Taken::Kept(Safe::No);
                }
            };
            if found.len() > 1 && !self.store.fits(&step.commit) {
                return Taken::TooLarge;
            }
            step.commit.resume.clone_from(&resume);
            if let Ok(safe) = self.keep(step.commit, now).await {
                self.counts.findings.fetch_add(step.findings, Ordering::Relaxed);
                self.counts.duplicates.fetch_add(step.duplicates, Ordering::Relaxed);
                return Taken::Kept(safe);
            }
            let wait = full_jitter(Duration::from_millis(10), attempt);
            tokio::time::sleep(wait).await;
        }
        tracing::error!("commit conflicted {TRIES} times; the delivery will be redelivered");
        Taken::Kept(Safe::No)
    }

    async fn group(
        &self,
        memory: &mut Memory,
        found: &[Found],
        now: Timestamp,
    ) -> Result<Step, StoreError> {
        let mut step = Step::default();
        let found = self.unseen(found, &mut step).await?;
        let found = self.without_canaries(found, &mut step.commit, now).await?;
        if self.store.is_shared() {
            self.recall(memory, &found).await?;
        }
        let style = self.subject_style().await;
        let commit = &mut step.commit;
        // Everything is observed before anything is reported, so that the order within a delivery
        // decides nothing.
        let observed = observe(memory, &found);
        let fired = found.iter().flat_map(|found| memory.correlator.offer(found)).collect();
        let fired = self.new_firings(fired, commit).await?;
        let entries = tally_entries(&found, &fired);
        let mut touched: BTreeSet<Fingerprint> =
            entries.iter().map(|(tally, _)| tally.fingerprint.clone()).collect();
        let mut readings = Readings::new(&memory.histories);
        let turned = turn::hostile_groups(&mut readings, &observed);
        let keys: Vec<Fingerprint> = touched.iter().chain(&turned).cloned().collect();
        let mut tallies: BTreeMap<_, _> = self.store.tallies(&keys).await?.into_iter().collect();
        for (tally, finding) in entries {
            step.findings += 1;
            let tally = tallies.entry(tally.fingerprint.clone()).or_insert(tally);
            let decision = tally.observe(finding, now);
            if let Some(one) = fired.iter().find(|one| std::ptr::eq(&one.finding, finding)) {
                one.sight(tally);
            }
            if let Decision::Notify(cause) = decision {
                advise(&mut readings, tally);
                commit.outbox.push(tell(tally, &cause, now, style));
            }
        }
        let of_turned = turned.iter().filter_map(|key| tallies.get(key).cloned()).collect();
        for (tally, message) in turn::take_back(&mut readings, of_turned, now, style) {
            touched.insert(tally.fingerprint.clone());
            commit.outbox.extend(message);
            tallies.insert(tally.fingerprint.clone(), tally);
        }
        tallies.retain(|key, _| touched.contains(key));
        turn::note(&mut memory.histories, tallies.values());
        commit.tallies = tallies.into_values().collect();
        commit.windows = remembered(memory, &observed, now);
        Ok(step)
    }

    /// Loads what these findings touch from the store, replacing what was remembered.
    async fn recall(&self, memory: &mut Memory, found: &[&Found]) -> Result<(), StoreError> {
        memory.histories = Histories::default();
        let who = found.iter().filter_map(|found| found.observed.as_ref());
        let keys = who.flat_map(|one| triage::keys(&one.principal, one.issuer.as_deref()));
        let who: BTreeSet<String> = keys.map(|key| format!("{HISTORY}{key}")).collect();
        let mut windows = self.store.windows_of(&who.into_iter().collect::<Vec<_>>()).await?;
        if found.iter().any(|found| !found.hits.is_empty()) {
            memory.correlator.forget(correlator(&*self.rules().await));
            windows.extend(self.store.windows().await?);
        }
        self.take_up(memory, &windows).await;
        Ok(())
    }

    /// Loads everything that correlations remember.
    pub(super) async fn recall_correlations(&self, memory: &mut Memory) -> Result<(), StoreError> {
        memory.correlator.forget(correlator(&*self.rules().await));
        let windows = self.store.windows().await?;
        self.take_up(memory, &windows).await;
        Ok(())
    }

    /// The events that were not seen before.
    async fn unseen<'f>(
        &self,
        found: &'f [Found],
        step: &mut Step,
    ) -> Result<Vec<&'f Found>, StoreError> {
        let keys: Vec<EventKey> = found.iter().map(|found| found.key.clone()).collect();
        let seen = self.store.seen(&keys).await?;
        let mut new = HashSet::new();
        let mut unseen = Vec::new();
        for (found, seen) in found.iter().zip(seen) {
            if seen || !new.insert(&found.key) {
                step.duplicates += 1;
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
        fired: Vec<Fired>,
        commit: &mut Commit,
    ) -> Result<Vec<Fired>, StoreError> {
        let key = |one: &Fired| EventKey {
            account: "correlation".to_owned(),
            id: one.finding.event_id.clone(),
        };
        let keys: Vec<EventKey> = fired.iter().map(key).collect();
        let seen = self.store.seen(&keys).await?;
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

/// Every finding with an empty tally of its group: those of events, the hidden ones, and those of
/// correlations.
fn tally_entries<'f>(found: &[&'f Found], fired: &'f [Fired]) -> Vec<(Tally, &'f Finding)> {
    let mut entries = Vec::new();
    for found in found {
        entries.extend(found.findings.iter().map(|finding| (Tally::new(finding), finding)));
        entries.extend(found.hidden_tallies());
    }
    entries.extend(fired.iter().map(|one| (Tally::new(&one.finding), &one.finding)));
    entries
}
