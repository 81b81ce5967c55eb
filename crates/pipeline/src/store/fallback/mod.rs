//! While the store is down, messages still go out: a duplicate is better than silence.
//!
//! What a store of our own could not accept is kept in memory, overlaid on what the store returns,
//! and written to it at once when it works again. Until then nothing may be acknowledged that does
//! not come again by itself.

mod later;
mod store;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;
use tokio::sync::Mutex;

use super::memory::MemoryStore;
use crate::port::{MessagePredicate, OutboxPage, StepCommit, Store, StoreError};
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
