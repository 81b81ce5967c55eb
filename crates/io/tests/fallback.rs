//! A store that is down for a while: every event is reported, and afterwards the store has
//! everything.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::cloned_ref_to_slice_refs
)]

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use aware_cases::group::FindingGroup;
use aware_cases::message;
use aware_cases::tell::CaseStatusKind;
use aware_core::event::Level;
use aware_core::finding::{Finding, RuleSummary};
use aware_core::fingerprint::Fingerprint;
use aware_core::message::Message;
use aware_core::source::cloudtrail::decode_record;
use aware_io::store::sqlite::SqliteStore;
use aware_pipeline::port::*;
use aware_pipeline::store::fallback::FallbackStore;
use jiff::Timestamp;

/// A store that cannot be written while `full`, and cannot be read while `gone`.
struct Flaky {
    store: SqliteStore,
    full: AtomicBool,
    gone: AtomicBool,
}

impl Flaky {
    fn new(path: &Path) -> Arc<Self> {
        let store = SqliteStore::open(path).unwrap();
        Arc::new(Self { store, full: AtomicBool::new(false), gone: AtomicBool::new(false) })
    }

    fn write(&self) -> Result<(), StoreError> {
        self.read()?;
        let full = || Err(StoreError::Down("database or disk is full".into()));
        if self.full.load(Ordering::Relaxed) { full() } else { Ok(()) }
    }

    fn read(&self) -> Result<(), StoreError> {
        let gone = || Err(StoreError::Down("disk I/O error".into()));
        if self.gone.load(Ordering::Relaxed) { gone() } else { Ok(()) }
    }
}

#[async_trait]
impl Store for Flaky {
    async fn seen_events(&self, events: &[EventKey]) -> Result<Vec<bool>, StoreError> {
        self.read()?;
        self.store.seen_events(events).await
    }
    async fn load_tallies(
        &self,
        keys: &[Fingerprint],
    ) -> Result<HashMap<Fingerprint, FindingGroup>, StoreError> {
        self.read()?;
        self.store.load_tallies(keys).await
    }
    async fn untold_tallies(&self) -> Result<Vec<FindingGroup>, StoreError> {
        self.read()?;
        self.store.untold_tallies().await
    }
    async fn load_cases(&self, ids: &[String]) -> Result<Vec<StoredCase>, StoreError> {
        self.read()?;
        self.store.load_cases(ids).await
    }
    async fn due_cases(&self, now: Timestamp, most: usize) -> Result<Vec<StoredCase>, StoreError> {
        self.read()?;
        self.store.due_cases(now, most).await
    }
    async fn list_cases(
        &self,
        filter: &CaseFilter,
        after: Option<&str>,
        most: usize,
    ) -> Result<CasePage, StoreError> {
        self.read()?;
        self.store.list_cases(filter, after, most).await
    }
    async fn commit(&self, commit: StepCommit, now: Timestamp) -> Result<(), StoreError> {
        self.write()?;
        self.store.commit(commit, now).await
    }
    async fn list_outbox(&self) -> Result<Vec<Message>, StoreError> {
        self.read()?;
        self.store.list_outbox().await
    }
    async fn settled_destinations(&self, message: &str) -> Result<Vec<String>, StoreError> {
        self.read()?;
        self.store.settled_destinations(message).await
    }
    async fn settle_message(&self, settled: SettledMessage<'_>) -> Result<(), StoreError> {
        self.write()?;
        self.store.settle_message(settled).await
    }
    async fn finish_message(&self, message: &str) -> Result<(), StoreError> {
        self.write()?;
        self.store.finish_message(message).await
    }
    async fn last_thread(&self, to: &str, key: &Fingerprint) -> Result<Option<String>, StoreError> {
        self.read()?;
        self.store.last_thread(to, key).await
    }
    async fn resume_place(&self, input: &str) -> Result<Option<String>, StoreError> {
        self.read()?;
        self.store.resume_place(input).await
    }
    async fn read_note(&self, name: &str) -> Result<Option<String>, StoreError> {
        self.read()?;
        self.store.read_note(name).await
    }
    async fn list_notes(&self, kind: &str) -> Result<Vec<(String, String)>, StoreError> {
        self.read()?;
        self.store.list_notes(kind).await
    }
    async fn list_windows(&self) -> Result<Vec<MemoryWindow>, StoreError> {
        self.read()?;
        self.store.list_windows().await
    }
    async fn load_windows(&self, keys: &[String]) -> Result<Vec<MemoryWindow>, StoreError> {
        self.read()?;
        self.store.load_windows(keys).await
    }
    async fn forget_before(&self, before: Timestamp) -> Result<(), StoreError> {
        self.write()?;
        self.store.forget_before(before).await
    }
}

fn tally(name: &str, count: u32) -> FindingGroup {
    let record = r#"{"eventTime":"2026-11-24T03:54:00Z","eventSource":"iam.amazonaws.com","eventName":"NAME","errorCode":"AccessDenied","recipientAccountId":"222233334444"}"#;
    let event = decode_record(record.replace("NAME", name).as_bytes()).unwrap();
    let finding = Finding::from_event(&RuleSummary::denied_call(), &event);
    let mut tally = FindingGroup::for_finding(&finding);
    (0..count).for_each(|_| tally.record(&finding));
    tally
}

fn case(name: &str, count: u32) -> StoredCase {
    let last = Timestamp::from_second(i64::from(count)).unwrap();
    StoredCase {
        id: format!("c{name}"),
        status: CaseStatusKind::Open,
        level: Level::Low,
        last,
        due: Some(last),
        expires: None,
        weight: count,
        body: Vec::new(),
    }
}

fn step(name: &str, count: u32) -> StepCommit {
    StepCommit {
        seen: vec![EventKey { account: "1".into(), id: format!("{name}-{count}") }],
        tallies: vec![tally(name, count)],
        cases: vec![case(name, count)],
        outbox: vec![message::system_message(name, &[], Level::Low, Timestamp::now())],
        resume: Some(("logs".into(), format!("{name}-{count}"))),
        notes: vec![("n".into(), name.into())],
        windows: Vec::new(),
    }
}

/// However they are read, the cases are there in their last state.
async fn check_cases(store: &dyn Store, ids: [&str; 2]) {
    let sums =
        |cases: Vec<StoredCase>| cases.iter().map(|case| (case.id.clone(), case.weight)).collect();
    let [roles, users] = ids.map(str::to_owned);
    let expected: Vec<_> = vec![(roles.clone(), 1), (users.clone(), 3)];
    let loaded: Vec<_> = sums(store.load_cases(&[roles, users]).await.unwrap());
    assert_eq!(loaded, expected);
    let listed: Vec<_> =
        sums(store.list_cases(&CaseFilter::default(), None, 9).await.unwrap().cases);
    assert_eq!(listed, expected);
    let due: Vec<_> = sums(store.due_cases(Timestamp::from_second(3).unwrap(), 9).await.unwrap());
    assert_eq!(due, expected);
    let before = store.due_cases(Timestamp::from_second(2).unwrap(), 9).await.unwrap();
    assert_eq!(sums(before), expected[..1].to_vec(), "an older state is no longer due");
}

async fn all_the_same(gone: bool) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("aware.db");
    let flaky = Flaky::new(&path);
    let store = FallbackStore::new(Arc::clone(&flaky) as Arc<dyn Store>);
    store.commit(step("ListUsers", 1), Timestamp::now()).await.unwrap();
    assert!(!store.is_down());
    flaky.full.store(true, Ordering::Relaxed);
    flaky.gone.store(gone, Ordering::Relaxed);
    for (name, count) in [("ListUsers", 2), ("ListRoles", 1), ("ListUsers", 3)] {
        store.commit(step(name, count), Timestamp::now()).await.unwrap();
        // A successful read must not make it look healthy.
        store.seen_events(&[EventKey { account: "1".into(), id: "x".into() }]).await.unwrap();
        assert!(store.is_down(), "nothing may be acknowledged");
    }
    let users = tally("ListUsers", 3).fingerprint;
    assert_eq!(store.load_tallies(&[users.clone()]).await.unwrap()[&users].count, 3);
    let untold: Vec<u64> =
        store.untold_tallies().await.unwrap().iter().map(|one| one.count).collect();
    assert_eq!(untold.iter().sum::<u64>(), 4, "updates are due of all of it: {untold:?}");
    check_cases(&store, ["cListRoles", "cListUsers"]).await;
    assert_eq!(store.read_note("n").await.unwrap().as_deref(), Some("ListUsers"));
    let waiting = store.waiting_messages("people", &|_| true, 100).await.unwrap();
    assert_eq!((waiting.messages.len(), waiting.is_complete), (if gone { 3 } else { 4 }, !gone));
    let first = &waiting.messages[0];
    let settled =
        SettledMessage { message: first, destination: "people", thread: Some("t"), problem: None };
    store.settle_message(settled).await.unwrap();
    store.finish_message(&first.id).await.unwrap();
    let left = store.waiting_messages("people", &|_| true, 100).await.unwrap().messages.len();
    assert_eq!(left, waiting.messages.len() - 1);
    flaky.full.store(false, Ordering::Relaxed);
    flaky.gone.store(false, Ordering::Relaxed);
    // A tick checks whether it works again.
    tokio::time::sleep(Duration::from_millis(600)).await;
    store.untold_tallies().await.unwrap();
    assert!(!store.is_down());
    drop((store, flaky));
    let file = SqliteStore::open(&path).unwrap();
    let seen = ["ListUsers-1", "ListUsers-2", "ListRoles-1", "ListUsers-3"];
    let seen = seen.map(|id| EventKey { account: "1".into(), id: id.into() });
    assert_eq!(file.seen_events(&seen).await.unwrap(), [true; 4]);
    assert_eq!(file.load_tallies(&[users.clone()]).await.unwrap()[&users].count, 3);
    check_cases(&file, ["cListRoles", "cListUsers"]).await;
    assert_eq!(file.list_outbox().await.unwrap().len(), 3);
    assert_eq!(file.resume_place("logs").await.unwrap().as_deref(), Some("ListUsers-3"));
}

#[tokio::test]
async fn what_could_not_be_written_is_written_when_the_disk_has_room() {
    all_the_same(false).await;
}

#[tokio::test]
async fn nor_is_anything_lost_when_the_store_could_not_even_be_read() {
    all_the_same(true).await;
}
