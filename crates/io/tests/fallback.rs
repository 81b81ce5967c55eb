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
use aware_cases::group::Tally;
use aware_cases::message;
use aware_core::event::Level;
use aware_core::finding::{Finding, RuleSummary};
use aware_core::fingerprint::Fingerprint;
use aware_core::message::Message;
use aware_core::source::cloudtrail::decode;
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
    async fn seen(&self, events: &[EventKey]) -> Result<Vec<bool>, StoreError> {
        self.read()?;
        self.store.seen(events).await
    }
    async fn tallies(
        &self,
        keys: &[Fingerprint],
    ) -> Result<HashMap<Fingerprint, Tally>, StoreError> {
        self.read()?;
        self.store.tallies(keys).await
    }
    async fn untold(&self) -> Result<Vec<Tally>, StoreError> {
        self.read()?;
        self.store.untold().await
    }
    async fn commit(&self, commit: Commit, now: Timestamp) -> Result<(), StoreError> {
        self.write()?;
        self.store.commit(commit, now).await
    }
    async fn outbox(&self) -> Result<Vec<Message>, StoreError> {
        self.read()?;
        self.store.outbox().await
    }
    async fn settled(&self, message: &str) -> Result<Vec<String>, StoreError> {
        self.read()?;
        self.store.settled(message).await
    }
    async fn settle(&self, settled: Settled<'_>) -> Result<(), StoreError> {
        self.write()?;
        self.store.settle(settled).await
    }
    async fn finish(&self, message: &str) -> Result<(), StoreError> {
        self.write()?;
        self.store.finish(message).await
    }
    async fn thread(&self, to: &str, key: &Fingerprint) -> Result<Option<String>, StoreError> {
        self.read()?;
        self.store.thread(to, key).await
    }
    async fn resume(&self, input: &str) -> Result<Option<String>, StoreError> {
        self.read()?;
        self.store.resume(input).await
    }
    async fn note(&self, name: &str) -> Result<Option<String>, StoreError> {
        self.read()?;
        self.store.note(name).await
    }
    async fn notes_of(&self, kind: &str) -> Result<Vec<(String, String)>, StoreError> {
        self.read()?;
        self.store.notes_of(kind).await
    }
    async fn windows(&self) -> Result<Vec<Window>, StoreError> {
        self.read()?;
        self.store.windows().await
    }
    async fn windows_of(&self, keys: &[String]) -> Result<Vec<Window>, StoreError> {
        self.read()?;
        self.store.windows_of(keys).await
    }
    async fn forget(&self, before: Timestamp) -> Result<(), StoreError> {
        self.write()?;
        self.store.forget(before).await
    }
}

fn tally(name: &str, count: u32) -> Tally {
    let record = r#"{"eventTime":"2026-11-24T03:54:00Z","eventSource":"iam.amazonaws.com","eventName":"NAME","errorCode":"AccessDenied","recipientAccountId":"222233334444"}"#;
    let event = decode(record.replace("NAME", name).as_bytes()).unwrap();
    let finding = Finding::new(&RuleSummary::denied_call(), &event);
    let mut tally = Tally::new(&finding);
    (0..count).for_each(|_| tally.absorb(&finding));
    tally
}

fn step(name: &str, count: u32) -> Commit {
    Commit {
        seen: vec![EventKey { account: "1".into(), id: format!("{name}-{count}") }],
        tallies: vec![tally(name, count)],
        outbox: vec![message::system(name, &[], Level::Low, Timestamp::now())],
        resume: Some(("logs".into(), format!("{name}-{count}"))),
        notes: vec![("n".into(), name.into())],
        windows: Vec::new(),
    }
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
        store.seen(&[EventKey { account: "1".into(), id: "x".into() }]).await.unwrap();
        assert!(store.is_down(), "nothing may be acknowledged");
    }
    let users = tally("ListUsers", 3).fingerprint;
    assert_eq!(store.tallies(&[users.clone()]).await.unwrap()[&users].count, 3);
    let untold: Vec<u64> = store.untold().await.unwrap().iter().map(|one| one.count).collect();
    assert_eq!(untold.iter().sum::<u64>(), 4, "updates are due of all of it: {untold:?}");
    assert_eq!(store.note("n").await.unwrap().as_deref(), Some("ListUsers"));
    let waiting = store.waiting("people", &|_| true, 100).await.unwrap();
    assert_eq!((waiting.messages.len(), waiting.is_complete), (if gone { 3 } else { 4 }, !gone));
    let first = &waiting.messages[0];
    let settled =
        Settled { message: first, destination: "people", thread: Some("t"), problem: None };
    store.settle(settled).await.unwrap();
    store.finish(&first.id).await.unwrap();
    let left = store.waiting("people", &|_| true, 100).await.unwrap().messages.len();
    assert_eq!(left, waiting.messages.len() - 1);
    flaky.full.store(false, Ordering::Relaxed);
    flaky.gone.store(false, Ordering::Relaxed);
    // A tick checks whether it works again.
    tokio::time::sleep(Duration::from_millis(600)).await;
    store.untold().await.unwrap();
    assert!(!store.is_down());
    drop((store, flaky));
    let file = SqliteStore::open(&path).unwrap();
    let seen = ["ListUsers-1", "ListUsers-2", "ListRoles-1", "ListUsers-3"];
    let seen = seen.map(|id| EventKey { account: "1".into(), id: id.into() });
    assert_eq!(file.seen(&seen).await.unwrap(), [true; 4]);
    assert_eq!(file.tallies(&[users.clone()]).await.unwrap()[&users].count, 3);
    assert_eq!(file.outbox().await.unwrap().len(), 3);
    assert_eq!(file.resume("logs").await.unwrap().as_deref(), Some("ListUsers-3"));
}

#[tokio::test]
async fn what_could_not_be_written_is_written_when_the_disk_has_room() {
    all_the_same(false).await;
}

#[tokio::test]
async fn nor_is_anything_lost_when_the_store_could_not_even_be_read() {
    all_the_same(true).await;
}
