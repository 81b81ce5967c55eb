//! A store that lasts as long as the process.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard};

use async_trait::async_trait;
use aware_cases::group::{FindingGroup, GroupClass};
use aware_core::fingerprint::Fingerprint;
use aware_core::message::Message;
use jiff::Timestamp;

use crate::port::{
    BASELINE_PREFIX, CASE_PREFIX, CaseFilter, CasePage, EventKey, MAX_STORED_CASES, MemoryWindow,
    SettledMessage, StepCommit, Store, StoreError, StoredCase,
};

/// Keeps everything in memory.
///
/// ```
/// use aware_cases::message::heartbeat_message;
/// use aware_pipeline::port::{Store, StepCommit};
/// use aware_pipeline::store::memory::MemoryStore;
///
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// let now = "2026-11-24T03:54:07Z".parse().unwrap();
/// let message = heartbeat_message(now);
/// let store = MemoryStore::default();
/// let commit = StepCommit { outbox: vec![message.clone()], ..Default::default() };
/// store.commit(commit, now).await?;
/// assert_eq!(store.list_outbox().await?, [message.clone()]);
/// store.finish_message(&message.id).await?;
/// assert!(store.list_outbox().await?.is_empty());
/// # Ok::<(), aware_pipeline::port::StoreError>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Default)]
pub struct MemoryStore {
    state: Mutex<MemoryState>,
}

#[derive(Debug, Default)]
struct MemoryState {
    seen: HashMap<EventKey, Timestamp>,
    tallies: HashMap<Fingerprint, FindingGroup>,
    cases: BTreeMap<String, StoredCase>,
    /// How many cases were dropped to make room, since this was last asked.
    dropped_cases: usize,
    outbox: BTreeMap<u64, Message>,
    next: u64,
    settled: HashMap<String, Vec<String>>,
    threads: HashMap<(String, Fingerprint), String>,
    resumes: HashMap<String, String>,
    notes: HashMap<String, String>,
    windows: BTreeMap<String, MemoryWindow>,
}

impl MemoryState {
    /// Drops the quiet and harmless cases where there are too many.
    fn evict_cases(&mut self) {
        let over = self.cases.len().saturating_sub(MAX_STORED_CASES);
        if over == 0 {
            return;
        }
        let mut all: Vec<&StoredCase> = self.cases.values().collect();
        all.sort_by(|a, b| a.eviction_order().cmp(&b.eviction_order()));
        let gone: Vec<String> = all.into_iter().take(over).map(|case| case.id.clone()).collect();
        gone.iter().for_each(|id| drop(self.cases.remove(id)));
        self.dropped_cases += gone.len();
    }
}

impl MemoryStore {
    /// Everything that was committed and is not finished; the places of inputs separately.
    pub(super) fn committed_state(
        &self,
    ) -> Result<(StepCommit, Vec<(String, String)>), StoreError> {
        let state = self.lock_state()?;
        let notes = state.notes.iter().map(|(name, value)| (name.clone(), value.clone()));
        let commit = StepCommit {
            seen: state.seen.keys().cloned().collect(),
            tallies: state.tallies.values().cloned().collect(),
            cases: state.cases.values().cloned().collect(),
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
            *state = MemoryState::default();
        }
    }

    /// How many events and messages it holds.
    pub(super) fn held_counts(&self) -> (usize, usize) {
        self.state.lock().map_or((0, 0), |state| (state.seen.len(), state.outbox.len()))
    }

    fn lock_state(&self) -> Result<MutexGuard<'_, MemoryState>, StoreError> {
        self.state
            .lock()
            .map_err(|_| StoreError::Down("an earlier step failed half-way".to_owned()))
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn seen_events(&self, events: &[EventKey]) -> Result<Vec<bool>, StoreError> {
        let state = self.lock_state()?;
        Ok(events.iter().map(|event| state.seen.contains_key(event)).collect())
    }

    async fn load_tallies(
        &self,
        keys: &[Fingerprint],
    ) -> Result<HashMap<Fingerprint, FindingGroup>, StoreError> {
        let state = self.lock_state()?;
        let tally = |key: &Fingerprint| Some((key.clone(), state.tallies.get(key)?.clone()));
        Ok(keys.iter().filter_map(tally).collect())
    }

    async fn untold_tallies(&self) -> Result<Vec<FindingGroup>, StoreError> {
        let state = self.lock_state()?;
        let mut untold: Vec<_> =
            state.tallies.values().filter(|tally| tally.unreported_count() > 0).cloned().collect();
        untold.sort_by(|a, b| a.fingerprint.cmp(&b.fingerprint));
        Ok(untold)
    }

    async fn load_cases(&self, ids: &[String]) -> Result<Vec<StoredCase>, StoreError> {
        let state = self.lock_state()?;
        Ok(ids.iter().filter_map(|id| state.cases.get(id).cloned()).collect())
    }

    async fn due_cases(&self, now: Timestamp, most: usize) -> Result<Vec<StoredCase>, StoreError> {
        let state = self.lock_state()?;
        let is_due = |case: &&StoredCase| case.due.is_some_and(|due| due <= now);
        let mut due: Vec<&StoredCase> = state.cases.values().filter(is_due).collect();
        due.sort_by_key(|case| case.due);
        Ok(due.into_iter().take(most).cloned().collect())
    }

    async fn list_cases(
        &self,
        filter: &CaseFilter,
        after: Option<&str>,
        most: usize,
    ) -> Result<CasePage, StoreError> {
        let state = self.lock_state()?;
        let rest = state.cases.values().filter(|case| after.is_none_or(|id| *case.id > *id));
        Ok(CasePage::of_sorted(rest.cloned(), filter, most))
    }

    fn take_problems(&self) -> Vec<String> {
        let dropped = self.state.lock().map(|mut state| std::mem::take(&mut state.dropped_cases));
        dropped.ok().and_then(dropped_cases_problem).into_iter().collect()
    }

    async fn commit(&self, commit: StepCommit, now: Timestamp) -> Result<(), StoreError> {
        let mut state = self.lock_state()?;
        state.seen.extend(commit.seen.into_iter().map(|event| (event, now)));
        state
            .tallies
            .extend(commit.tallies.into_iter().map(|tally| (tally.fingerprint.clone(), tally)));
        state.cases.extend(commit.cases.into_iter().map(|case| (case.id.clone(), case)));
        state.evict_cases();
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

    async fn list_outbox(&self) -> Result<Vec<Message>, StoreError> {
        Ok(self.lock_state()?.outbox.values().cloned().collect())
    }

    async fn settled_destinations(&self, message: &str) -> Result<Vec<String>, StoreError> {
        Ok(self.lock_state()?.settled.get(message).cloned().unwrap_or_default())
    }

    async fn settle_message(&self, settled: SettledMessage<'_>) -> Result<(), StoreError> {
        let mut state = self.lock_state()?;
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

    async fn finish_message(&self, message: &str) -> Result<(), StoreError> {
        let mut state = self.lock_state()?;
        state.outbox.retain(|_, waiting| waiting.id != message);
        state.settled.remove(message);
        Ok(())
    }

    async fn last_thread(
        &self,
        destination: &str,
        key: &Fingerprint,
    ) -> Result<Option<String>, StoreError> {
        Ok(self.lock_state()?.threads.get(&(destination.to_owned(), key.clone())).cloned())
    }

    async fn resume_place(&self, input: &str) -> Result<Option<String>, StoreError> {
        Ok(self.lock_state()?.resumes.get(input).cloned())
    }

    async fn read_note(&self, name: &str) -> Result<Option<String>, StoreError> {
        Ok(self.lock_state()?.notes.get(name).cloned())
    }

    async fn list_notes(&self, kind: &str) -> Result<Vec<(String, String)>, StoreError> {
        let state = self.lock_state()?;
        let rest = |name: &str| Some(name.strip_prefix(kind)?.strip_prefix('/')?.to_owned());
        let notes = state.notes.iter();
        Ok(notes.filter_map(|(name, value)| Some((rest(name)?, value.clone()))).collect())
    }

    async fn list_windows(&self) -> Result<Vec<MemoryWindow>, StoreError> {
        let state = self.lock_state()?;
        let windows = state.windows.values().filter(|one| {
            ![CASE_PREFIX, BASELINE_PREFIX].iter().any(|own| one.key.starts_with(own))
        });
        Ok(windows.cloned().collect())
    }

    async fn load_windows(&self, keys: &[String]) -> Result<Vec<MemoryWindow>, StoreError> {
        let state = self.lock_state()?;
        Ok(keys.iter().filter_map(|key| state.windows.get(key).cloned()).collect())
    }

    async fn forget_before(&self, before: Timestamp) -> Result<(), StoreError> {
        let mut state = self.lock_state()?;
        state.seen.retain(|_, at| *at >= before);
        state.tallies.retain(|_, tally| {
            tally.last_seen >= before
                || tally.class != GroupClass::Finding
                || tally.unreported_count() > 0
        });
        state.windows.retain(|_, window| window.expires >= before);
        state.cases.retain(|_, case| case.expires.is_none_or(|expires| expires >= before));
        Ok(())
    }
}

/// What people are told when cases were dropped to make room; `None` if none were.
pub fn dropped_cases_problem(dropped: usize) -> Option<String> {
    let what = "cases were dropped to make room, the quiet and harmless first";
    (dropped > 0).then(|| format!("{dropped} {what}; at most {MAX_STORED_CASES} are kept"))
}
