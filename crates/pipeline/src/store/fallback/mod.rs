//! While the store is down, messages still go out: a duplicate is better than silence.
//!
//! What a store of our own could not accept is kept in memory, overlaid on what the store returns,
//! and written to it at once when it works again. Until then nothing may be acknowledged that does
//! not come again by itself.

mod later;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use aware_cases::group::FindingGroup;
use aware_core::fingerprint::Fingerprint;
use aware_core::message::Message;
use jiff::Timestamp;
use tokio::sync::Mutex;

use super::memory::MemoryStore;
use crate::port::{
    EventKey, FailedAttempt, MemoryWindow, MessagePredicate, OutboxPage, SettledMessage,
    StepCommit, Store, StoreError,
};
use later::{DeferredWrite, DeferredWrites};

/// How many messages are kept in memory; beyond that nothing new is accepted.
const MAX_MESSAGES: usize = 20_000;
/// How many event ids are kept in memory.
const MAX_EVENTS: usize = 500_000;

/// Uses a store, and a memory of its own if that fails.
///
/// For a shared store, only what it returns once it is up counts: other processes write to it, and
/// what was only in memory comes again.
///
/// [`FallbackStore::is_down`] tells the source half not to acknowledge: what is only in memory must
/// come again after a crash.
pub struct FallbackStore {
    primary: Arc<dyn Store>,
    memory: MemoryStore,
    /// The last call failed.
    failing: AtomicBool,
    /// Why the last failed call failed.
    problem: std::sync::Mutex<String>,
    /// The memory holds what the store does not.
    is_ahead: AtomicBool,
    /// Deferred writes. Locked while anything is written.
    later: Mutex<DeferredWrites>,
}

impl FallbackStore {
    /// Wraps a store.
    pub fn new(primary: Arc<dyn Store>) -> Self {
        Self {
            primary,
            memory: MemoryStore::default(),
            failing: AtomicBool::new(false),
            problem: std::sync::Mutex::default(),
            is_ahead: AtomicBool::new(false),
            later: Mutex::default(),
        }
    }

    /// Whether the last answer came from memory, or memory holds what the store does not.
    pub fn is_down(&self) -> bool {
        self.is_ahead() || self.failing.load(Ordering::Relaxed)
    }

    /// Why the store last did not answer.
    pub fn last_problem(&self) -> String {
        self.problem.lock().map(|problem| problem.clone()).unwrap_or_default()
    }

    /// Whether the store is down and memory is full.
    pub fn is_full(&self) -> bool {
        let (events, messages) = self.memory.held_counts();
        self.is_down() && (events >= MAX_EVENTS || messages >= MAX_MESSAGES)
    }

    fn is_ahead(&self) -> bool {
        self.is_ahead.load(Ordering::Relaxed)
    }

    /// Whether the content of memory overlays that of the store.
    fn overlays_store(&self) -> bool {
        self.is_ahead() && !self.is_shared()
    }

    fn note_answer<T>(&self, answer: Result<T, StoreError>) -> Option<T> {
        match &answer {
            Err(error) => {
                let problem = error.to_string();
                if !self.failing.swap(true, Ordering::Relaxed) {
                    tracing::error!(problem, "store is down; messages go out all the same");
                }
                if let Ok(mut last) = self.problem.lock() {
                    *last = problem;
                }
            }
            // A store on a full disk can still be read: only a successful write shows that it
            // works.
            Ok(_) if !self.is_ahead() && self.failing.swap(false, Ordering::Relaxed) => {
                tracing::info!("store is up again");
            }
            _ => {}
        }
        answer.ok()
    }

    /// Writes something, or keeps it in memory.
    async fn write_or_defer(
        &self,
        what: DeferredWrite<'_>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut later = self.later.lock().await;
        if !self.overlays_store() || self.flush_if_due(&mut later, now).await {
            match what.write_to(&*self.primary, now).await {
                Err(StoreError::Conflict) => return Err(StoreError::Conflict),
                answer => {
                    if self.note_answer(answer).is_some() {
                        return Ok(());
                    }
                }
            }
        }
        self.is_ahead.store(!self.is_shared(), Ordering::Relaxed);
        what.write_to(&self.memory, now).await?;
        if !self.is_shared() {
            later.defer_write(what);
        }
        Ok(())
    }

    /// Writes the content of memory to the store; true once everything is there.
    async fn flush_if_due(&self, later: &mut DeferredWrites, now: Timestamp) -> bool {
        if !later.claim_if_due() {
            return false;
        }
        let written = self.try_flush(later, now).await;
        if written.is_ok() {
            self.memory.clear();
            self.is_ahead.store(false, Ordering::Relaxed);
        }
        self.note_answer(written).is_some()
    }

    async fn try_flush(
        &self,
        later: &mut DeferredWrites,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let (commit, places) = self.memory.committed_state()?;
        if !commit.is_empty() {
            self.primary.commit(commit, now).await?;
        }
        for place in places {
            let commit = StepCommit { resume: Some(place), ..StepCommit::default() };
            self.primary.commit(commit, now).await?;
        }
        later.write_all(&*self.primary).await
    }

    /// The store's messages without those that memory knows to be settled, plus those in memory.
    async fn overlay_page(
        &self,
        page: OutboxPage,
        destination: Option<&str>,
        wanted: MessagePredicate<'_>,
    ) -> OutboxPage {
        let later = self.later.lock().await;
        let OutboxPage { mut messages, next, is_complete } = page;
        messages.retain(|message| !later.is_settled(&message.id, destination));
        let of_memory = match destination {
            Some(name) => self.memory.waiting_messages(name, wanted, usize::MAX).await,
            None => self.memory.outbox_page(0, usize::MAX).await,
        };
        messages.extend(of_memory.unwrap_or_default().messages);
        OutboxPage { messages, next, is_complete }
    }
}

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
        if self.overlays_store() {
            let mut later = self.later.lock().await;
            self.flush_if_due(&mut later, Timestamp::now()).await;
        }
        let untold = self.note_answer(self.primary.untold_tallies().await);
        if let Some(untold) = untold.as_ref().filter(|_| !self.overlays_store()) {
            return Ok(untold.clone());
        }
        let untold = untold.unwrap_or_default();
        let keys: Vec<Fingerprint> = untold.iter().map(|one| one.fingerprint.clone()).collect();
        let newer = self.memory.load_tallies(&keys).await?;
        let older = untold.into_iter().filter(|one| !newer.contains_key(&one.fingerprint));
        let of_memory = self.memory.untold_tallies().await?.into_iter();
        let all = older.chain(of_memory).map(|one| (one.fingerprint.clone(), one));
        Ok(all.collect::<BTreeMap<_, _>>().into_values().collect())
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
        let page = OutboxPage::of_first(super::order::fair_order(laid.messages), most);
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
        self.primary.take_problems()
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

/// The store's windows, overlaid with those in memory.
fn overlay_windows(stored: Vec<MemoryWindow>, of_memory: Vec<MemoryWindow>) -> Vec<MemoryWindow> {
    let all = stored.into_iter().chain(of_memory).map(|one| (one.key.clone(), one));
    all.collect::<BTreeMap<_, _>>().into_values().collect()
}
