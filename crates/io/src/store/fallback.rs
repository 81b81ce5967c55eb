//! When the store is down, messages still go out: a duplicate is better than silence.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use aware_core::group::{Fingerprint, Tally};
use aware_core::message::Message;
use jiff::Timestamp;

use super::memory::MemoryStore;
use crate::log;
use crate::port::{Commit, EventKey, Settled, Store, StoreError, Window};

/// Asks a store, and a memory of its own where that one fails.
///
/// What a shared store says when it is up is all that counts: others write to it, and what was only
/// in memory comes again.
///
/// [`FallbackStore::is_down`] tells the source half not to acknowledge: what is only in memory
/// must come again after a crash.
pub struct FallbackStore {
    primary: Arc<dyn Store>,
    memory: MemoryStore,
    down: AtomicBool,
}

impl FallbackStore {
    /// Wraps a store.
    pub fn new(primary: Arc<dyn Store>) -> Self {
        Self { primary, memory: MemoryStore::default(), down: AtomicBool::new(false) }
    }

    /// Whether the last answer came from memory.
    pub fn is_down(&self) -> bool {
        self.down.load(Ordering::Relaxed)
    }

    fn up<T>(&self, answer: Result<T, StoreError>) -> Option<T> {
        let was_down = self.down.swap(answer.is_err(), Ordering::Relaxed);
        match (&answer, was_down) {
            (Err(error), false) => {
                log::error(
                    "the store is down; messages go out all the same",
                    &[("problem", &error.to_string())],
                );
            }
            (Ok(_), true) => log::info("the store is up again", &[]),
            _ => {}
        }
        answer.ok()
    }
}

#[async_trait]
impl Store for FallbackStore {
    fn is_shared(&self) -> bool {
        self.primary.is_shared()
    }

    fn fits(&self, commit: &Commit) -> bool {
        self.primary.fits(commit)
    }

    async fn seen(&self, events: &[EventKey]) -> Result<Vec<bool>, StoreError> {
        // What asks for nothing tells nothing of the store.
        if events.is_empty() {
            return Ok(Vec::new());
        }
        let seen = self.up(self.primary.seen(events).await);
        if let Some(seen) = seen.as_ref().filter(|_| self.is_shared()) {
            return Ok(seen.clone());
        }
        let in_memory = self.memory.seen(events).await?;
        let Some(seen) = seen else { return Ok(in_memory) };
        Ok(seen.into_iter().zip(in_memory).map(|(a, b)| a || b).collect())
    }

    async fn tallies(
        &self,
        keys: &[Fingerprint],
    ) -> Result<HashMap<Fingerprint, Tally>, StoreError> {
        if keys.is_empty() {
            return Ok(HashMap::new());
        }
        let tallies = self.up(self.primary.tallies(keys).await);
        if let Some(tallies) = tallies.as_ref().filter(|_| self.is_shared()) {
            return Ok(tallies.clone());
        }
        let mut tallies = tallies.unwrap_or_default();
        for (key, tally) in self.memory.tallies(keys).await? {
            let newer = tallies.get(&key).is_none_or(|stored| stored.count < tally.count);
            if newer {
                tallies.insert(key, tally);
            }
        }
        Ok(tallies)
    }

    async fn untold(&self) -> Result<Vec<Tally>, StoreError> {
        match self.up(self.primary.untold().await) {
            Some(untold) => Ok(untold),
            None => self.memory.untold().await,
        }
    }

    async fn commit(&self, commit: Commit, now: Timestamp) -> Result<(), StoreError> {
        if commit.is_empty() {
            return Ok(());
        }
        match self.primary.commit(commit.clone(), now).await {
            Err(StoreError::Conflict) => Err(StoreError::Conflict),
            answer => match self.up(answer) {
                Some(()) => Ok(()),
                None => self.memory.commit(commit, now).await,
            },
        }
    }

    async fn outbox(&self) -> Result<Vec<Message>, StoreError> {
        let mut outbox = self.up(self.primary.outbox().await).unwrap_or_default();
        outbox.extend(self.memory.outbox().await?);
        Ok(outbox)
    }

    async fn settled(&self, message: &str) -> Result<Vec<String>, StoreError> {
        let mut settled = self.up(self.primary.settled(message).await).unwrap_or_default();
        settled.extend(self.memory.settled(message).await?);
        Ok(settled)
    }

    async fn settle(&self, settled: Settled<'_>) -> Result<(), StoreError> {
        match self.primary.settle(settled).await {
            Err(StoreError::Conflict) => Err(StoreError::Conflict),
            answer => match self.up(answer) {
                Some(()) => Ok(()),
                None => self.memory.settle(settled).await,
            },
        }
    }

    async fn finish(&self, message: &str) -> Result<(), StoreError> {
        self.memory.finish(message).await?;
        self.up(self.primary.finish(message).await);
        Ok(())
    }

    async fn thread(
        &self,
        destination: &str,
        key: &Fingerprint,
    ) -> Result<Option<String>, StoreError> {
        match self.up(self.primary.thread(destination, key).await) {
            Some(thread) => Ok(thread),
            None => self.memory.thread(destination, key).await,
        }
    }

    async fn resume(&self, input: &str) -> Result<Option<String>, StoreError> {
        Ok(self.up(self.primary.resume(input).await).flatten())
    }

    async fn note(&self, name: &str) -> Result<Option<String>, StoreError> {
        match self.up(self.primary.note(name).await) {
            Some(note) => Ok(note),
            None => self.memory.note(name).await,
        }
    }

    async fn notes_of(&self, kind: &str) -> Result<Vec<(String, String)>, StoreError> {
        match self.up(self.primary.notes_of(kind).await) {
            Some(notes) => Ok(notes),
            None => self.memory.notes_of(kind).await,
        }
    }

    async fn windows(&self) -> Result<Vec<Window>, StoreError> {
        match self.up(self.primary.windows().await) {
            Some(windows) => Ok(windows),
            None => self.memory.windows().await,
        }
    }

    async fn windows_of(&self, keys: &[String]) -> Result<Vec<Window>, StoreError> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        match self.up(self.primary.windows_of(keys).await) {
            Some(windows) => Ok(windows),
            None => self.memory.windows_of(keys).await,
        }
    }

    async fn forget(&self, before: Timestamp) -> Result<(), StoreError> {
        self.memory.forget(before).await?;
        self.up(self.primary.forget(before).await);
        Ok(())
    }
}
