//! Cases whose time has come though nothing happened: counts that wait, what the budget held back,
//! cases that have been quiet, and the message about a storm.

use std::collections::BTreeMap;

use aware_cases::case::CaseAddition;
use aware_cases::tell::{StormCase, TellingChannel};
use aware_cases::view::CaseView;
use aware_core::message::Message;
use jiff::Timestamp;

use super::storm::{keep_storm, storm_message};
use super::telling::{CaseDesk, read_record};
use crate::port::{StepCommit, Store, StoreError, StoredCase};
use crate::source::SourceHalf;

/// How many cases are committed together.
const CASES_PER_COMMIT: usize = 25;
/// How many due cases one tick takes; the rest waits for the next one.
const CASES_PER_TICK: usize = 1_000;

impl SourceHalf {
    /// Publishes what is due of cases.
    pub(in crate::source) async fn publish_due_cases(&self, now: Timestamp) {
        let mut left = CASES_PER_TICK;
        while left > 0 {
            match self.publish_case_batch(now).await {
                Ok(0) => break,
                Ok(taken) => left = left.saturating_sub(taken),
                Err(error) => {
                    tracing::info!(problem = %error, "due cases wait for the next tick");
                    break;
                }
            }
        }
        if let Err(error) = self.publish_storm(now).await {
            tracing::info!(problem = %error, "message about many cases waits for the next tick");
        }
    }

    /// Takes the cases that have waited longest. Returns how many it took.
    async fn publish_case_batch(&self, now: Timestamp) -> Result<usize, StoreError> {
        let due = self.store.due_cases(now, CASES_PER_COMMIT).await?;
        let ids: Vec<String> = due.iter().map(|case| case.id.clone()).collect();
        let records: BTreeMap<_, _> =
            due.iter().filter_map(|one| Some((one.id.clone(), read_record(one)?))).collect();
        if ids.is_empty() {
            return Ok(0);
        }
        // One that cannot be read waits for an event.
        let unread = due.iter().filter(|case| !records.contains_key(&case.id)).cloned();
        let unread: Vec<StoredCase> = unread.map(|case| StoredCase { due: None, ..case }).collect();
        let (storm, limits) = (self.read_storm().await?, self.telling_limits().await);
        let before = storm.clone();
        let mut desk = CaseDesk::with_records(records, storm, limits, now);
        let mut commit = StepCommit::default();
        for id in &ids {
            commit.outbox.extend(tell_due(&mut desk, id));
        }
        keep_storm(&mut commit, &before, &desk.storm);
        commit.cases = desk.stored_cases();
        commit.cases.extend(unread);
        self.commit_and_publish(commit, now).await?;
        Ok(ids.len())
    }

    async fn publish_storm(&self, now: Timestamp) -> Result<(), StoreError> {
        let mut storm = self.read_storm().await?;
        let before = storm.clone();
        let limits = self.telling_limits().await;
        if storm.next_due_at(&limits).is_none_or(|due| due > now) {
            return Ok(());
        }
        let message = storm_message(&storm.take_report(now), now);
        let mut commit = StepCommit { outbox: vec![message], ..StepCommit::default() };
        keep_storm(&mut commit, &before, &storm);
        self.commit_and_publish(commit, now).await.map(drop)
    }
}

/// Decides about a case that is due; one that a storm holds goes into the storm's message.
fn tell_due(desk: &mut CaseDesk, id: &str) -> Option<Message> {
    let message = desk.tell_record(id, CaseAddition::default());
    let (now, limits) = (desk.now, desk.limits.storm);
    let is_over = !desk.storm.is_active(now);
    let record = desk.record_mut(id)?;
    if record.telling.channel == TellingChannel::Storm {
        let is_new = record.telling.reported == 0;
        let title = CaseView::new(&record.case).headline;
        let case = StormCase { id: id.to_owned(), level: record.case.level, title };
        let untold = record.telling.take_untold();
        if is_over && !is_new {
            record.telling.leave_to_digest();
        }
        desk.storm.gather_case(case, is_new, untold, now, &limits);
    }
    message
}
