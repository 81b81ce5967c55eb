//! What the source half publishes periodically: updates, ends of windows, the daily digest.

use std::sync::atomic::Ordering;

use aware_cases::advise::judge_tally;
use aware_cases::case::CaseRows;
use aware_cases::group::{
    DIGEST_INTERVAL_HOURS, DailyDigest, FindingGroup, GroupClass, NotifyCause, NotifyDecision,
};
use aware_cases::message;
use aware_cases::triage::{PrincipalHistories, ReadingCache};
use aware_core::fingerprint::Fingerprint;
use jiff::{SignedDuration, Timestamp};

use super::SourceHalf;
use super::group_message::build_message;
use super::memory::{SourceMemory, changed_windows, triage_keys};
use crate::port::{StepCommit, Store, StoreError};

/// How long event ids and quiet groups are remembered.
const RETENTION: SignedDuration = SignedDuration::from_hours(7 * 24);

/// How many updates are committed together, which is what a transaction of a shared store holds.
const UPDATES_PER_COMMIT: usize = 25;

/// The note with the time of the last digest.
const DIGEST_NOTE: &str = "digest-told";

impl SourceHalf {
    /// Publishes what has become due: correlations that wait for the end of a window, updates of
    /// groups, the daily digest, and places that have fallen silent.
    pub async fn run_tick(&self) {
        self.report_silences().await;
        self.report_store_state().await;
        let mut memory = self.grouping.lock().await;
        let now = self.clock.now();
        if let Ok((commit, findings)) = self.overdue_correlations(&mut memory, now).await
            && self.keep_tick(commit, now).await
        {
            self.counts.findings.fetch_add(findings, Ordering::Relaxed);
        }
        let Ok(due) = self.store.due_tallies(now).await else { return };
        self.publish_updates(&mut memory, due, now).await;
        self.publish_due_cases(now).await;
        if self.is_digest_due(now).await {
            let Ok(untold) = self.store.untold_tallies().await else { return };
            // Groups that an earlier version stored do not say when they are due.
            self.publish_updates(&mut memory, untold.clone(), now).await;
            self.publish_digest(&untold, now).await;
        }
    }

    /// Publishes the updates of groups that are due.
    async fn publish_updates(
        &self,
        memory: &mut SourceMemory,
        mut groups: Vec<FindingGroup>,
        now: Timestamp,
    ) {
        let intervals = *self.intervals.read().await;
        groups.retain(|group| group.next_update_at(&intervals).is_some_and(|due| due <= now));
        for due in groups.chunks(UPDATES_PER_COMMIT) {
            self.publish_update_batch(memory, due, now).await;
        }
    }

    async fn publish_update_batch(
        &self,
        memory: &mut SourceMemory,
        due: &[FindingGroup],
        now: Timestamp,
    ) {
        if self.store.is_shared() {
            let who: Vec<String> = due.iter().flat_map(triage_keys).collect();
            let windows = self.store.load_windows(&who).await.unwrap_or_default();
            self.restore_memory(memory, &windows).await;
        }
        let style = self.subject_style().await;
        let mut commit = StepCommit::default();
        let mut readings = ReadingCache::new(&memory.histories);
        for mut tally in due.iter().cloned() {
            judge_tally(&mut readings, &mut tally);
            commit.outbox.push(build_message(&mut tally, &NotifyCause::IntervalEnded, now, style));
            commit.tallies.push(tally);
        }
        self.keep_tick(commit, now).await;
    }

    /// Commits the result of a tick, and returns whether it did. If another process was faster, the
    /// next tick takes what it left.
    async fn keep_tick(&self, commit: StepCommit, now: Timestamp) -> bool {
        if !commit.is_empty() && self.commit_and_publish(commit, now).await.is_err() {
            tracing::info!(
                "tick skipped: another process committed first; the next tick sends the updates"
            );
            return false;
        }
        true
    }

    /// What correlations report only once their windows are over, and how many findings that is.
    async fn overdue_correlations(
        &self,
        memory: &mut SourceMemory,
        now: Timestamp,
    ) -> Result<(StepCommit, u64), StoreError> {
        let over = if self.store.is_shared() {
            // Which process saw the latest event is unknown, so the clock decides.
            memory.histories = PrincipalHistories::default();
            self.recall_correlations(memory).await?;
            memory.correlator.advance_to(now)
        } else {
            memory.correlator.advance_idle(now)
        };
        let style = self.subject_style().await;
        let mut commit = StepCommit::default();
        let fired = self.new_firings(over, &mut commit).await?;
        let mut rows = CaseRows::new();
        self.add_firings(memory, &mut rows, &fired).await?;
        let findings = fired.len() as u64;
        let fired: Vec<_> = fired.iter().filter(|one| one.case_if_told().is_none()).collect();
        let keys: Vec<Fingerprint> =
            fired.iter().map(|one| Fingerprint::for_finding(&one.finding)).collect();
        let mut tallies = self.store.load_tallies(&keys).await?;
        for (one, key) in fired.iter().zip(keys) {
            let tally =
                tallies.entry(key).or_insert_with(|| FindingGroup::for_finding(&one.finding));
            let decision = tally.record_and_decide(&one.finding, now);
            one.add_events_to(tally);
            if let NotifyDecision::Notify(cause) = decision {
                commit.outbox.push(build_message(tally, &cause, now, style));
            }
        }
        commit.tallies = tallies.into_values().collect();
        commit.windows = changed_windows(&mut memory.correlator);
        self.tell_cases(&mut rows, &memory.histories, &mut commit, now).await?;
        Ok((commit, findings))
    }

    /// Whether a day has passed since the last digest. The first digest comes a day after the first
    /// tick.
    async fn is_digest_due(&self, now: Timestamp) -> bool {
        let told = self.store.read_note(DIGEST_NOTE).await.ok().flatten();
        match told.and_then(|text| text.parse::<Timestamp>().ok()) {
            Some(told) => {
                now.duration_since(told) >= SignedDuration::from_hours(DIGEST_INTERVAL_HOURS)
            }
            None => {
                self.keep_tick(digest_note(now), now).await;
                false
            }
        }
    }

    /// Publishes the digest; if there is nothing in it, the next one comes a day later all the same.
    async fn publish_digest(&self, untold: &[FindingGroup], now: Timestamp) {
        let mut commit = digest_note(now);
        let mut digest = DailyDigest::from_groups(untold).unwrap_or_default();
        if let Err(error) = self.add_held_cases(&mut digest, &mut commit, now).await {
            tracing::warn!(problem = %error, "held cases cannot be read; the next digest names them");
        }
        if !digest.is_empty() {
            commit.outbox.push(message::digest_message(&digest, now));
            let services = untold.iter().filter(|tally| tally.class != GroupClass::Finding);
            for mut tally in services.cloned() {
                tally.mark_reported(now);
                commit.tallies.push(tally);
            }
        }
        self.keep_tick(commit, now).await;
    }

    /// Forgets what is too old to matter.
    pub async fn forget_old(&self) {
        let now = self.clock.now();
        if let Ok(before) = now.checked_sub(RETENTION) {
            let _ = self.store.forget_before(before).await;
        }
    }
}

/// Remembers that a digest was published now.
fn digest_note(now: Timestamp) -> StepCommit {
    let notes = vec![(DIGEST_NOTE.to_owned(), now.to_string())];
    StepCommit { notes, ..StepCommit::default() }
}
