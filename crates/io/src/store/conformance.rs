//! One suite for every store.

#![allow(clippy::cloned_ref_to_slice_refs)]

use aware_core::event::Level;
use aware_core::finding::{Finding, Rule};
use aware_core::group::Tally;
use aware_core::message;
use aware_core::source::cloudtrail::decode;
use jiff::{SignedDuration, Timestamp};

use super::memory::MemoryStore;
use super::sqlite::SqliteStore;
use crate::port::{Commit, EventKey, Settled, Store, Window};

fn now() -> Timestamp {
    "2026-11-24T03:54:00Z".parse().unwrap()
}

fn tally() -> Tally {
    let record = br#"{"eventTime":"2026-11-24T03:54:00Z","eventSource":"iam.amazonaws.com","eventName":"ListUsers","errorCode":"AccessDenied","requestParameters":{"z":1,"a":[1.5,null]}}"#;
    let finding = Finding::new(&Rule::denied_call(), &decode(record).unwrap());
    let mut tally = Tally::new(&finding);
    tally.absorb(&finding);
    tally
}

async fn check(store: &dyn Store) {
    let (tally, key) = (tally(), |id: &str| EventKey { account: "1".into(), id: id.into() });
    let message = message::system("s", &[("a", "b")], Level::Low, now());
    let commit = Commit {
        seen: vec![key("a")],
        tallies: vec![tally.clone()],
        outbox: vec![message.clone()],
        resume: Some(("in".into(), "place".into())),
        notes: vec![("n".into(), "v".into())],
        windows: vec![Window { key: "w".into(), bytes: vec![1, 0, 2], expires: now() }],
    };
    store.commit(commit, now()).await.unwrap();
    assert_eq!(store.seen(&[key("a"), key("b")]).await.unwrap(), [true, false]);
    assert_eq!(
        store.tallies(&[tally.fingerprint.clone()]).await.unwrap()[&tally.fingerprint],
        tally
    );
    assert_eq!(store.untold().await.unwrap(), [tally.clone()]);
    assert_eq!(store.outbox().await.unwrap(), [message.clone()]);
    assert_eq!(store.resume("in").await.unwrap().as_deref(), Some("place"));
    assert_eq!(store.note("n").await.unwrap().as_deref(), Some("v"));
    let settled = Settled {
        message: &message.id,
        key: &message.fingerprint,
        destination: "d",
        thread: Some("t"),
        problem: None,
    };
    store.settle(settled).await.unwrap();
    assert_eq!(store.settled(&message.id).await.unwrap(), ["d"]);
    assert_eq!(store.thread("d", &message.fingerprint).await.unwrap().as_deref(), Some("t"));
    store.finish(&message.id).await.unwrap();
    assert!(
        store.outbox().await.unwrap().is_empty()
            && store.settled(&message.id).await.unwrap().is_empty()
    );
    let window = Window { key: "w".into(), bytes: vec![1, 0, 2], expires: now() };
    assert_eq!(store.windows().await.unwrap(), [window]);
    store.forget(now() + SignedDuration::from_hours(1)).await.unwrap();
    assert_eq!(store.seen(&[key("a")]).await.unwrap(), [false]);
    assert!(store.windows().await.unwrap().is_empty());
    assert_eq!(store.untold().await.unwrap().len(), 1, "what was not told is not forgotten");
}

#[tokio::test]
async fn memory() {
    check(&MemoryStore::default()).await;
}

#[tokio::test]
async fn sqlite_and_again_after_it_was_closed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("aware.db");
    check(&SqliteStore::open(&path).unwrap()).await;
    let again = SqliteStore::open(&path).unwrap();
    assert_eq!(again.resume("in").await.unwrap().as_deref(), Some("place"));
    assert_eq!(again.untold().await.unwrap(), [tally()]);
}
