//! What the source half publishes periodically: updates, ends of windows, the daily digest.

use std::sync::atomic::Ordering;

use aware_cases::group::{Cause, Class, DIGEST_INTERVAL_HOURS, Decision, Digest, Tally};
use aware_cases::message;
use aware_cases::triage::Readings;
use aware_core::fingerprint::Fingerprint;
use jiff::{SignedDuration, Timestamp};

use super::Source;
use super::group_message::tell;
use super::memory::{Memory, triage_keys, windows};
use crate::port::{Commit, Store, StoreError};
use aware_cases::advise::advise;

/// How long event ids and quiet groups are remembered.
const REMEMBER: SignedDuration = SignedDuration::from_hours(7 * 24);

/// How many updates are committed together, which is what a transaction of a shared store holds.
const TOGETHER: usize = 25;

/// The note with the time of the last digest.
const DIGEST_NOTE: &str = "digest-told";

impl Source {
    /// Publishes what has become due: correlations that wait for the end of a window, updates of
    /// groups, the daily digest, and places that have fallen silent.
    pub async fn tick(&self) {
        self.silences().await;
        self.tell_state().await;
        let mut memory = self.grouping.lock().await;
        let now = self.clock.now();
        if let Ok(commit) = self.overdue(&mut memory, now).await {
            self.keep_tick(commit, now).await;
        }
        let Ok(untold) = self.store.untold().await else { return };
        let intervals = *self.intervals.read().await;
        let is_due = |tally: &&Tally| tally.due(&intervals).is_some_and(|due| due <= now);
        let due: Vec<Tally> = untold.iter().filter(is_due).cloned().collect();
        for due in due.chunks(TOGETHER) {
            self.updates(&mut memory, due, now).await;
        }
        let mut commit = Commit::default();
        self.digest(&untold, &mut commit, now).await;
        self.keep_tick(commit, now).await;
    }

    /// Publishes updates of groups.
    async fn updates(&self, memory: &mut Memory, due: &[Tally], now: Timestamp) {
        if self.store.is_shared() {
            let who: Vec<String> = due.iter().flat_map(triage_keys).collect();
            let windows = self.store.windows_of(&who).await.unwrap_or_default();
            self.take_up(memory, &windows).await;
        }
        let style = self.subject_style().await;
        let mut commit = Commit::default();
        let mut readings = Readings::new(&memory.histories);
        for mut tally in due.iter().cloned() {
            advise(&mut readings, &mut tally);
            commit.outbox.push(tell(&mut tally, &Cause::Interval, now, style));
            commit.tallies.push(tally);
        }
        self.keep_tick(commit, now).await;
    }

    /// Commits the result of a tick. If another process was faster, the next tick takes what it
    /// left.
    async fn keep_tick(&self, commit: Commit, now: Timestamp) {
        if !commit.is_empty() && self.keep(commit, now).await.is_err() {
            tracing::info!(
                "tick skipped: another process committed first; the next tick sends the updates"
            );
        }
    }

    /// What correlations report only once their windows are over.
    async fn overdue(&self, memory: &mut Memory, now: Timestamp) -> Result<Commit, StoreError> {
        let over = if self.store.is_shared() {
            // Which process saw the latest event is unknown, so the clock decides.
            self.recall_correlations(memory).await?;
            memory.correlator.advance(now)
        } else {
            memory.correlator.tick(now)
        };
        let style = self.subject_style().await;
        let mut commit = Commit::default();
        let fired = self.new_firings(over, &mut commit).await?;
        let keys: Vec<Fingerprint> =
            fired.iter().map(|one| Fingerprint::of(&one.finding)).collect();
        let mut tallies = self.store.tallies(&keys).await?;
        for (one, key) in fired.iter().zip(keys) {
            self.counts.findings.fetch_add(1, Ordering::Relaxed);
            let tally = tallies.entry(key).or_insert_with(|| Tally::new(&one.finding));
            let decision = tally.observe(&one.finding, now);
            one.sight(tally);
            if let Decision::Notify(cause) = decision {
                commit.outbox.push(tell(tally, &cause, now, style));
            }
        }
        commit.tallies = tallies.into_values().collect();
        commit.windows = windows(&mut memory.correlator);
        Ok(commit)
    }

    async fn digest(&self, untold: &[Tally], commit: &mut Commit, now: Timestamp) {
        let Some(digest) = Digest::of(untold) else { return };
        let told = self.store.note(DIGEST_NOTE).await.ok().flatten();
        let told = told.and_then(|text| text.parse::<Timestamp>().ok());
        match told {
            None => commit.notes.push((DIGEST_NOTE.to_owned(), now.to_string())),
            Some(told)
                if now.duration_since(told) < SignedDuration::from_hours(DIGEST_INTERVAL_HOURS) => {
            }
            Some(_) => {
                commit.outbox.push(message::digest(&digest, now));
                commit.notes.push((DIGEST_NOTE.to_owned(), now.to_string()));
                let services = untold.iter().filter(|tally| tally.class != Class::Finding);
                for mut tally in services.cloned() {
                    tally.mark_told(now);
                    commit.tallies.push(tally);
                }
            }
        }
    }

    /// Forgets what is too old to matter.
    pub async fn forget(&self) {
        let now = self.clock.now();
        if let Ok(before) = now.checked_sub(REMEMBER) {
            let _ = self.store.forget(before).await;
        }
    }
}
