//! A store that lasts as long as the process.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard};

use async_trait::async_trait;
use aware_cases::group::{Class, Tally};
use aware_core::fingerprint::Fingerprint;
use aware_core::message::Message;
use jiff::Timestamp;

use crate::port::{Commit, EventKey, Settled, Store, StoreError, Window};

/// Keeps everything in memory.
#[derive(Debug, Default)]
pub struct MemoryStore {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    seen: HashMap<EventKey, Timestamp>,
    tallies: HashMap<Fingerprint, Tally>,
    outbox: BTreeMap<u64, Message>,
    next: u64,
    settled: HashMap<String, Vec<String>>,
    threads: HashMap<(String, Fingerprint), String>,
    resumes: HashMap<String, String>,
    notes: HashMap<String, String>,
    windows: BTreeMap<String, Window>,
}

impl MemoryStore {
    /// Everything that was committed and is not finished; the places of inputs separately.
    pub(super) fn committed(&self) -> Result<(Commit, Vec<(String, String)>), StoreError> {
        let state = self.state()?;
        let notes = state.notes.iter().map(|(name, value)| (name.clone(), value.clone()));
        let commit = Commit {
            seen: state.seen.keys().cloned().collect(),
            tallies: state.tallies.values().cloned().collect(),
            outbox: state.outbox.values().cloned().collect(),
            resume: None,
            notes: notes.collect(),
            windows: state.windows.values().cloned().collect(),
        };
        let places = state.resumes.iter().map(|(input, place)| (input.clone(), place.clone()));
        Ok((commit, places.collect()))
    }

    /// Forgets everything.
    pub(super) fn clear(&self) {
        if let Ok(mut state) = self.state.lock() {
            *state = State::default();
        }
    }

    /// How many events and messages it holds.
    pub(super) fn sizes(&self) -> (usize, usize) {
        self.state.lock().map_or((0, 0), |state| (state.seen.len(), state.outbox.len()))
    }

    fn state(&self) -> Result<MutexGuard<'_, State>, StoreError> {
        self.state
            .lock()
            .map_err(|_| StoreError::Down("an earlier step failed half-way".to_owned()))
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn seen(&self, events: &[EventKey]) -> Result<Vec<bool>, StoreError> {
        let state = self.state()?;
        Ok(events.iter().map(|event| state.seen.contains_key(event)).collect())
    }

    async fn tallies(
        &self,
        keys: &[Fingerprint],
    ) -> Result<HashMap<Fingerprint, Tally>, StoreError> {
        let state = self.state()?;
        let tally = |key: &Fingerprint| Some((key.clone(), state.tallies.get(key)?.clone()));
        Ok(keys.iter().filter_map(tally).collect())
    }

    async fn untold(&self) -> Result<Vec<Tally>, StoreError> {
        let state = self.state()?;
        let mut untold: Vec<_> =
            state.tallies.values().filter(|tally| tally.untold() > 0).cloned().collect();
        untold.sort_by(|a, b| a.fingerprint.cmp(&b.fingerprint));
        Ok(untold)
    }

    async fn commit(&self, commit: Commit, now: Timestamp) -> Result<(), StoreError> {
        let mut state = self.state()?;
        state.seen.extend(commit.seen.into_iter().map(|event| (event, now)));
        state
            .tallies
            .extend(commit.tallies.into_iter().map(|tally| (tally.fingerprint.clone(), tally)));
        for message in commit.outbox {
            let next = state.next;
            state.outbox.insert(next, message);
            state.next += 1;
        }
        state.resumes.extend(commit.resume);
        state.notes.extend(commit.notes);
        state.windows.extend(commit.windows.into_iter().map(|one| (one.key.clone(), one)));
        Ok(())
    }

    async fn outbox(&self) -> Result<Vec<Message>, StoreError> {
        Ok(self.state()?.outbox.values().cloned().collect())
    }

    async fn settled(&self, message: &str) -> Result<Vec<String>, StoreError> {
        Ok(self.state()?.settled.get(message).cloned().unwrap_or_default())
    }

    async fn settle(&self, settled: Settled<'_>) -> Result<(), StoreError> {
        let mut state = self.state()?;
        state
            .settled
            .entry(settled.message.id.clone())
            .or_default()
            .push(settled.destination.to_owned());
        if let Some(thread) = settled.thread {
            state.threads.insert(
                (settled.destination.to_owned(), settled.message.fingerprint.clone()),
                thread.to_owned(),
            );
        }
        Ok(())
    }

    async fn finish(&self, message: &str) -> Result<(), StoreError> {
        let mut state = self.state()?;
        state.outbox.retain(|_, waiting| waiting.id != message);
        state.settled.remove(message);
        Ok(())
    }

    async fn thread(
        &self,
        destination: &str,
        key: &Fingerprint,
    ) -> Result<Option<String>, StoreError> {
        Ok(self.state()?.threads.get(&(destination.to_owned(), key.clone())).cloned())
    }

    async fn resume(&self, input: &str) -> Result<Option<String>, StoreError> {
        Ok(self.state()?.resumes.get(input).cloned())
    }

    async fn note(&self, name: &str) -> Result<Option<String>, StoreError> {
        Ok(self.state()?.notes.get(name).cloned())
    }

    async fn notes_of(&self, kind: &str) -> Result<Vec<(String, String)>, StoreError> {
        let state = self.state()?;
        let rest = |name: &str| Some(name.strip_prefix(kind)?.strip_prefix('/')?.to_owned());
        let notes = state.notes.iter();
        Ok(notes.filter_map(|(name, value)| Some((rest(name)?, value.clone()))).collect())
    }

    async fn windows(&self) -> Result<Vec<Window>, StoreError> {
        Ok(self.state()?.windows.values().cloned().collect())
    }

    async fn windows_of(&self, keys: &[String]) -> Result<Vec<Window>, StoreError> {
        let state = self.state()?;
        Ok(keys.iter().filter_map(|key| state.windows.get(key).cloned()).collect())
    }

    async fn forget(&self, before: Timestamp) -> Result<(), StoreError> {
        let mut state = self.state()?;
        state.seen.retain(|_, at| *at >= before);
        state.tallies.retain(|_, tally| {
            tally.last_seen >= before || tally.class != Class::Finding || tally.untold() > 0
        });
        state.windows.retain(|_, window| window.expires >= before);
        Ok(())
    }
}
