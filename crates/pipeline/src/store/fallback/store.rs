//! The port, answered by the store or by memory.

use std::collections::{BTreeMap, HashMap};

use async_trait::async_trait;
use aware_cases::group::FindingGroup;
use aware_core::fingerprint::Fingerprint;
use aware_core::message::Message;
use jiff::Timestamp;

use super::FallbackStore;
use super::later::DeferredWrite;
use crate::port::{
    CaseFilter, CasePage, EventKey, FailedAttempt, MemoryWindow, MessagePredicate, OutboxPage,
    SettledMessage, StepCommit, Store, StoreError, StoredCase,
};
use crate::store::order::fair_order;

#[async_trait]
impl Store for FallbackStore {
    fn is_shared(&self) -> bool {
        self.primary.is_shared()
    }

    fn fits_commit(&self, commit: &StepCommit) -> bool {
        self.primary.fits_commit(commit)
    }

    async fn seen_events(&self, events: &[EventKey]) -> Result<Vec<bool>, StoreError> {
        // An empty request says nothing about the store.
        if events.is_empty() {
            return Ok(Vec::new());
        }
        let seen = self.note_answer(self.primary.seen_events(events).await);
        if let Some(seen) = seen.as_ref().filter(|_| !self.overlays_store()) {
            return Ok(seen.clone());
        }
        let in_memory = self.memory.seen_events(events).await?;
        let Some(seen) = seen else { return Ok(in_memory) };
        Ok(seen.into_iter().zip(in_memory).map(|(a, b)| a || b).collect())
    }

    async fn load_tallies(
        &self,
        keys: &[Fingerprint],
    ) -> Result<HashMap<Fingerprint, FindingGroup>, StoreError> {
        if keys.is_empty() {
            return Ok(HashMap::new());
        }
        let tallies = self.note_answer(self.primary.load_tallies(keys).await);
        if let Some(tallies) = tallies.as_ref().filter(|_| !self.overlays_store()) {
            return Ok(tallies.clone());
        }
        let mut tallies = tallies.unwrap_or_default();
        tallies.extend(self.memory.load_tallies(keys).await?);
        Ok(tallies)
    }

    async fn untold_tallies(&self) -> Result<Vec<FindingGroup>, StoreError> {
        self.flush_before_reading().await;
        let untold = self.note_answer(self.primary.untold_tallies().await);
        if let Some(untold) = untold.as_ref().filter(|_| !self.overlays_store()) {
            return Ok(untold.clone());
        }
        let of_memory = self.memory.untold_tallies().await?;
        self.overlay_tallies(untold.unwrap_or_default(), of_memory).await
    }

    async fn due_tallies(&self, now: Timestamp) -> Result<Vec<FindingGroup>, StoreError> {
        self.flush_before_reading().await;
        let due = self.note_answer(self.primary.due_tallies(now).await);
        if let Some(due) = due.as_ref().filter(|_| !self.overlays_store()) {
            return Ok(due.clone());
        }
        let of_memory = self.memory.due_tallies(now).await?;
        self.overlay_tallies(due.unwrap_or_default(), of_memory).await
    }

    async fn load_cases(&self, ids: &[String]) -> Result<Vec<StoredCase>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let cases = self.note_answer(self.primary.load_cases(ids).await);
        if let Some(cases) = cases.as_ref().filter(|_| !self.overlays_store()) {
            return Ok(cases.clone());
        }
        Ok(overlay_cases(cases.unwrap_or_default(), self.memory.load_cases(ids).await?))
    }

    async fn due_cases(&self, now: Timestamp, most: usize) -> Result<Vec<StoredCase>, StoreError> {
        self.flush_before_reading().await;
        let due = self.note_answer(self.primary.due_cases(now, most).await);
        if let Some(due) = due.as_ref().filter(|_| !self.overlays_store()) {
            return Ok(due.clone());
        }
        // What memory holds of a case is newer, and perhaps no longer due.
        let due = due.unwrap_or_default();
        let ids: Vec<String> = due.iter().map(|case| case.id.clone()).collect();
        let newer = self.memory.load_cases(&ids).await?;
        let older = due.into_iter().filter(|case| newer.iter().all(|newer| newer.id != case.id));
        let mut due = overlay_cases(older.collect(), self.memory.due_cases(now, most).await?);
        due.sort_by_key(|case| case.due);
        due.truncate(most);
        Ok(due)
    }

    async fn list_cases(
        &self,
        filter: &CaseFilter,
        after: Option<&str>,
        most: usize,
    ) -> Result<CasePage, StoreError> {
        let page = self.note_answer(self.primary.list_cases(filter, after, most).await);
        if let Some(page) = page.as_ref().filter(|_| !self.overlays_store()) {
            return Ok(page.clone());
        }
        let page = page.unwrap_or_default();
        let any = CaseFilter::default();
        let of_memory = self.memory.list_cases(&any, after, usize::MAX).await?.cases.into_iter();
        // What comes after this page is for the next one.
        let is_here = |case: &StoredCase| page.next.as_ref().is_none_or(|next| case.id <= *next);
        let all = overlay_cases(page.cases, of_memory.filter(is_here).collect());
        Ok(CasePage { next: page.next, ..CasePage::of_sorted(all, filter, usize::MAX) })
    }

    async fn commit(&self, commit: StepCommit, now: Timestamp) -> Result<(), StoreError> {
        if commit.is_empty() {
            return Ok(());
        }
        self.write_or_defer(DeferredWrite::Step(&commit), now).await
    }

    async fn list_outbox(&self) -> Result<Vec<Message>, StoreError> {
        let mut outbox = self.note_answer(self.primary.list_outbox().await).unwrap_or_default();
        outbox.extend(self.memory.list_outbox().await?);
        Ok(outbox)
    }

    async fn outbox_page(&self, from: u64, most: usize) -> Result<OutboxPage, StoreError> {
        let page = self.primary.outbox_page(from, most).await;
        if let Err(error) = page {
            let problem = error.to_string();
            self.note_answer::<()>(Err(error));
            return Err(StoreError::Down(problem));
        }
        let page = self.note_answer(page).unwrap_or_default();
        if !self.overlays_store() {
            return Ok(page);
        }
        Ok(self.overlay_page(page, None, &|_| true).await)
    }

    async fn waiting_messages(
        &self,
        destination: &str,
        wanted: MessagePredicate<'_>,
        most: usize,
    ) -> Result<OutboxPage, StoreError> {
        let page = self.note_answer(self.primary.waiting_messages(destination, wanted, most).await);
        if let Some(page) = page.as_ref().filter(|_| !self.overlays_store()) {
            return Ok(page.clone());
        }
        // While a store is down, it is unknown what else waits.
        let laid = self.overlay_page(page.unwrap_or_default(), Some(destination), wanted).await;
        let is_complete = laid.is_complete;
        let page = OutboxPage::of_first(fair_order(laid.messages), most);
        Ok(OutboxPage { is_complete: page.is_complete && is_complete, ..page })
    }

    async fn record_attempt(&self, attempt: FailedAttempt<'_>) -> Result<(), StoreError> {
        self.primary.record_attempt(attempt).await
    }

    async fn redrive_targets(&self, message: &str) -> Result<Vec<String>, StoreError> {
        self.primary.redrive_targets(message).await
    }

    async fn take_redriven(&self) -> Result<Vec<Message>, StoreError> {
        self.primary.take_redriven().await
    }

    async fn set_aside_window(&self, window: &MemoryWindow, problem: &str) {
        self.primary.set_aside_window(window, problem).await;
    }

    fn take_problems(&self) -> Vec<String> {
        let mut problems = self.primary.take_problems();
        problems.extend(self.memory.take_problems());
        problems
    }

    async fn settled_destinations(&self, message: &str) -> Result<Vec<String>, StoreError> {
        let mut settled =
            self.note_answer(self.primary.settled_destinations(message).await).unwrap_or_default();
        settled.extend(self.memory.settled_destinations(message).await?);
        Ok(settled)
    }

    async fn settle_message(&self, settled: SettledMessage<'_>) -> Result<(), StoreError> {
        self.write_or_defer(DeferredWrite::Settled(settled), Timestamp::now()).await
    }

    async fn finish_message(&self, message: &str) -> Result<(), StoreError> {
        if self.is_shared() {
            self.memory.finish_message(message).await?;
            self.note_answer(self.primary.finish_message(message).await);
            return Ok(());
        }
        self.write_or_defer(DeferredWrite::Finished(message), Timestamp::now()).await
    }

    async fn last_thread(
        &self,
        destination: &str,
        key: &Fingerprint,
    ) -> Result<Option<String>, StoreError> {
        if self.overlays_store()
            && let Some(thread) = self.memory.last_thread(destination, key).await?
        {
            return Ok(Some(thread));
        }
        match self.note_answer(self.primary.last_thread(destination, key).await) {
            Some(thread) => Ok(thread),
            None => self.memory.last_thread(destination, key).await,
        }
    }

    async fn resume_place(&self, input: &str) -> Result<Option<String>, StoreError> {
        Ok(self.note_answer(self.primary.resume_place(input).await).flatten())
    }

    async fn read_note(&self, name: &str) -> Result<Option<String>, StoreError> {
        if self.overlays_store()
            && let Some(note) = self.memory.read_note(name).await?
        {
            return Ok(Some(note));
        }
        match self.note_answer(self.primary.read_note(name).await) {
            Some(note) => Ok(note),
            None => self.memory.read_note(name).await,
        }
    }

    async fn list_notes(&self, kind: &str) -> Result<Vec<(String, String)>, StoreError> {
        let notes = self.note_answer(self.primary.list_notes(kind).await);
        if let Some(notes) = notes.as_ref().filter(|_| !self.overlays_store()) {
            return Ok(notes.clone());
        }
        let mut notes: BTreeMap<_, _> = notes.unwrap_or_default().into_iter().collect();
        notes.extend(self.memory.list_notes(kind).await?);
        Ok(notes.into_iter().collect())
    }

    async fn list_windows(&self) -> Result<Vec<MemoryWindow>, StoreError> {
        let windows = self.note_answer(self.primary.list_windows().await);
        if let Some(windows) = windows.as_ref().filter(|_| !self.overlays_store()) {
            return Ok(windows.clone());
        }
        Ok(overlay_windows(windows.unwrap_or_default(), self.memory.list_windows().await?))
    }

    async fn load_windows(&self, keys: &[String]) -> Result<Vec<MemoryWindow>, StoreError> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let windows = self.note_answer(self.primary.load_windows(keys).await);
        if let Some(windows) = windows.as_ref().filter(|_| !self.overlays_store()) {
            return Ok(windows.clone());
        }
        Ok(overlay_windows(windows.unwrap_or_default(), self.memory.load_windows(keys).await?))
    }

    async fn forget_before(&self, before: Timestamp) -> Result<(), StoreError> {
        if !self.overlays_store() {
            self.memory.forget_before(before).await?;
            self.note_answer(self.primary.forget_before(before).await);
        }
        Ok(())
    }
}

impl FallbackStore {
    /// Writes what memory holds to the store, if it is time to try that.
    async fn flush_before_reading(&self) {
        if self.overlays_store() {
            let mut later = self.later.lock().await;
            self.flush_if_due(&mut later, Timestamp::now()).await;
        }
    }

    /// Tallies of the store, without those that memory knows better, and those of memory.
    async fn overlay_tallies(
        &self,
        stored: Vec<FindingGroup>,
        of_memory: Vec<FindingGroup>,
    ) -> Result<Vec<FindingGroup>, StoreError> {
        let keys: Vec<Fingerprint> = stored.iter().map(|one| one.fingerprint.clone()).collect();
        let newer = self.memory.load_tallies(&keys).await?;
        let older = stored.into_iter().filter(|one| !newer.contains_key(&one.fingerprint));
        let all = older.chain(of_memory).map(|one| (one.fingerprint.clone(), one));
        Ok(all.collect::<BTreeMap<_, _>>().into_values().collect())
    }
}

/// The store's cases, overlaid with those in memory, by id.
fn overlay_cases(stored: Vec<StoredCase>, of_memory: Vec<StoredCase>) -> Vec<StoredCase> {
    let all = stored.into_iter().chain(of_memory).map(|case| (case.id.clone(), case));
    all.collect::<BTreeMap<_, _>>().into_values().collect()
}

/// The store's windows, overlaid with those in memory.
fn overlay_windows(stored: Vec<MemoryWindow>, of_memory: Vec<MemoryWindow>) -> Vec<MemoryWindow> {
    let all = stored.into_iter().chain(of_memory).map(|one| (one.key.clone(), one));
    all.collect::<BTreeMap<_, _>>().into_values().collect()
}
