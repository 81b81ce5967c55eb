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
use aware_cases::group::Tally;
use aware_core::fingerprint::Fingerprint;
use aware_core::message::Message;
use jiff::Timestamp;
use tokio::sync::Mutex;

use super::memory::MemoryStore;
use crate::port::{Attempt, Commit, EventKey, Page, Settled, Store, StoreError, Wanted, Window};
use later::{Ended, Later};

/// How many messages are kept in memory; beyond that nothing new is accepted.
const MOST_MESSAGES: usize = 20_000;
/// How many event ids are kept in memory.
const MOST_EVENTS: usize = 500_000;

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
    later: Mutex<Later>,
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
    pub fn problem(&self) -> String {
        self.problem.lock().map(|problem| problem.clone()).unwrap_or_default()
    }

    /// Whether the store is down and memory is full.
    pub fn is_full(&self) -> bool {
        let (events, messages) = self.memory.sizes();
        self.is_down() && (events >= MOST_EVENTS || messages >= MOST_MESSAGES)
    }

    fn is_ahead(&self) -> bool {
        self.is_ahead.load(Ordering::Relaxed)
    }

    /// Whether the content of memory overlays that of the store.
    fn is_laid_over(&self) -> bool {
        self.is_ahead() && !self.is_shared()
    }

    fn up<T>(&self, answer: Result<T, StoreError>) -> Option<T> {
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
    async fn write(&self, what: Ended<'_>, now: Timestamp) -> Result<(), StoreError> {
        let mut later = self.later.lock().await;
        if !self.is_laid_over() || self.flush(&mut later, now).await {
            match what.write(&*self.primary, now).await {
                Err(StoreError::Conflict) => return Err(StoreError::Conflict),
                answer => {
                    if self.up(answer).is_some() {
                        return Ok(());
                    }
                }
            }
        }
        self.is_ahead.store(!self.is_shared(), Ordering::Relaxed);
        what.write(&self.memory, now).await?;
        if !self.is_shared() {
            later.push(what);
        }
        Ok(())
    }

    /// Writes the content of memory to the store; true once everything is there.
    async fn flush(&self, later: &mut Later, now: Timestamp) -> bool {
        if !later.claim_if_due() {
            return false;
        }
        let written = self.try_flush(later, now).await;
        if written.is_ok() {
            self.memory.clear();
            self.is_ahead.store(false, Ordering::Relaxed);
        }
        self.up(written).is_some()
    }

    async fn try_flush(&self, later: &mut Later, now: Timestamp) -> Result<(), StoreError> {
        let (commit, places) = self.memory.committed()?;
        if !commit.is_empty() {
            self.primary.commit(commit, now).await?;
        }
        for place in places {
            let commit = Commit { resume: Some(place), ..Commit::default() };
            self.primary.commit(commit, now).await?;
        }
        later.write(&*self.primary).await
    }

    /// The store's messages without those that memory knows to be settled, plus those in memory.
    async fn laid_over(&self, page: Page, destination: Option<&str>, wanted: Wanted<'_>) -> Page {
        let later = self.later.lock().await;
        let Page { mut messages, next, is_complete } = page;
        messages.retain(|message| !later.is_over(&message.id, destination));
        let of_memory = match destination {
            Some(name) => self.memory.waiting(name, wanted, usize::MAX).await,
            None => self.memory.outbox_page(0, usize::MAX).await,
        };
        messages.extend(of_memory.unwrap_or_default().messages);
        Page { messages, next, is_complete }
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
        // An empty request says nothing about the store.
        if events.is_empty() {
            return Ok(Vec::new());
        }
        let seen = self.up(self.primary.seen(events).await);
        if let Some(seen) = seen.as_ref().filter(|_| !self.is_laid_over()) {
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
        if let Some(tallies) = tallies.as_ref().filter(|_| !self.is_laid_over()) {
            return Ok(tallies.clone());
        }
        let mut tallies = tallies.unwrap_or_default();
        tallies.extend(self.memory.tallies(keys).await?);
        Ok(tallies)
    }

    async fn untold(&self) -> Result<Vec<Tally>, StoreError> {
        if self.is_laid_over() {
            let mut later = self.later.lock().await;
            self.flush(&mut later, Timestamp::now()).await;
        }
        let untold = self.up(self.primary.untold().await);
        if let Some(untold) = untold.as_ref().filter(|_| !self.is_laid_over()) {
            return Ok(untold.clone());
        }
        let untold = untold.unwrap_or_default();
        let keys: Vec<Fingerprint> = untold.iter().map(|one| one.fingerprint.clone()).collect();
        let newer = self.memory.tallies(&keys).await?;
        let older = untold.into_iter().filter(|one| !newer.contains_key(&one.fingerprint));
        let of_memory = self.memory.untold().await?.into_iter();
        let all = older.chain(of_memory).map(|one| (one.fingerprint.clone(), one));
        Ok(all.collect::<BTreeMap<_, _>>().into_values().collect())
    }

    async fn commit(&self, commit: Commit, now: Timestamp) -> Result<(), StoreError> {
        if commit.is_empty() {
            return Ok(());
        }
        self.write(Ended::Step(&commit), now).await
    }

    async fn outbox(&self) -> Result<Vec<Message>, StoreError> {
        let mut outbox = self.up(self.primary.outbox().await).unwrap_or_default();
        outbox.extend(self.memory.outbox().await?);
        Ok(outbox)
    }

    async fn outbox_page(&self, from: u64, most: usize) -> Result<Page, StoreError> {
        let page = self.primary.outbox_page(from, most).await;
        if let Err(error) = page {
            let problem = error.to_string();
            self.up::<()>(Err(error));
            return Err(StoreError::Down(problem));
        }
        let page = self.up(page).unwrap_or_default();
        if !self.is_laid_over() {
            return Ok(page);
        }
        Ok(self.laid_over(page, None, &|_| true).await)
    }

    async fn waiting(
        &self,
        destination: &str,
        wanted: Wanted<'_>,
        most: usize,
    ) -> Result<Page, StoreError> {
        let page = self.up(self.primary.waiting(destination, wanted, most).await);
        if let Some(page) = page.as_ref().filter(|_| !self.is_laid_over()) {
            return Ok(page.clone());
        }
        // While a store is down, it is unknown what else waits.
        let laid = self.laid_over(page.unwrap_or_default(), Some(destination), wanted).await;
        let is_complete = laid.is_complete;
        let page = Page::of_first(super::order::fair(laid.messages), most);
        Ok(Page { is_complete: page.is_complete && is_complete, ..page })
    }

    async fn attempted(&self, attempt: Attempt<'_>) -> Result<(), StoreError> {
        self.primary.attempted(attempt).await
    }

    async fn addressees(&self, message: &str) -> Result<Vec<String>, StoreError> {
        self.primary.addressees(message).await
    }

    async fn redriven(&self) -> Result<Vec<Message>, StoreError> {
        self.primary.redriven().await
    }

    async fn set_aside_window(&self, window: &Window, problem: &str) {
        self.primary.set_aside_window(window, problem).await;
    }

    fn take_problems(&self) -> Vec<String> {
        self.primary.take_problems()
    }

    async fn settled(&self, message: &str) -> Result<Vec<String>, StoreError> {
        let mut settled = self.up(self.primary.settled(message).await).unwrap_or_default();
        settled.extend(self.memory.settled(message).await?);
        Ok(settled)
    }

    async fn settle(&self, settled: Settled<'_>) -> Result<(), StoreError> {
        self.write(Ended::Settled(settled), Timestamp::now()).await
    }

    async fn finish(&self, message: &str) -> Result<(), StoreError> {
        if self.is_shared() {
            self.memory.finish(message).await?;
            self.up(self.primary.finish(message).await);
            return Ok(());
        }
        self.write(Ended::Finished(message), Timestamp::now()).await
    }

    async fn thread(
        &self,
        destination: &str,
        key: &Fingerprint,
    ) -> Result<Option<String>, StoreError> {
        if self.is_laid_over()
            && let Some(thread) = self.memory.thread(destination, key).await?
        {
            return Ok(Some(thread));
        }
        match self.up(self.primary.thread(destination, key).await) {
            Some(thread) => Ok(thread),
            None => self.memory.thread(destination, key).await,
        }
    }

    async fn resume(&self, input: &str) -> Result<Option<String>, StoreError> {
        Ok(self.up(self.primary.resume(input).await).flatten())
    }

    async fn note(&self, name: &str) -> Result<Option<String>, StoreError> {
        if self.is_laid_over()
            && let Some(note) = self.memory.note(name).await?
        {
            return Ok(Some(note));
        }
        match self.up(self.primary.note(name).await) {
            Some(note) => Ok(note),
            None => self.memory.note(name).await,
        }
    }

    async fn notes_of(&self, kind: &str) -> Result<Vec<(String, String)>, StoreError> {
        let notes = self.up(self.primary.notes_of(kind).await);
        if let Some(notes) = notes.as_ref().filter(|_| !self.is_laid_over()) {
            return Ok(notes.clone());
        }
        let mut notes: BTreeMap<_, _> = notes.unwrap_or_default().into_iter().collect();
        notes.extend(self.memory.notes_of(kind).await?);
        Ok(notes.into_iter().collect())
    }

    async fn windows(&self) -> Result<Vec<Window>, StoreError> {
        let windows = self.up(self.primary.windows().await);
        if let Some(windows) = windows.as_ref().filter(|_| !self.is_laid_over()) {
            return Ok(windows.clone());
        }
        Ok(newer(windows.unwrap_or_default(), self.memory.windows().await?))
    }

    async fn windows_of(&self, keys: &[String]) -> Result<Vec<Window>, StoreError> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let windows = self.up(self.primary.windows_of(keys).await);
        if let Some(windows) = windows.as_ref().filter(|_| !self.is_laid_over()) {
            return Ok(windows.clone());
        }
        Ok(newer(windows.unwrap_or_default(), self.memory.windows_of(keys).await?))
    }

    async fn forget(&self, before: Timestamp) -> Result<(), StoreError> {
        if !self.is_laid_over() {
            self.memory.forget(before).await?;
            self.up(self.primary.forget(before).await);
        }
        Ok(())
    }
}

/// The store's windows, overlaid with those in memory.
fn newer(stored: Vec<Window>, of_memory: Vec<Window>) -> Vec<Window> {
    let all = stored.into_iter().chain(of_memory).map(|one| (one.key.clone(), one));
    all.collect::<BTreeMap<_, _>>().into_values().collect()
}
