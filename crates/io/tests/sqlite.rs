//! The daemon's file: its versions, unreadable rows, and who may read it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use aware_cases::group::FindingGroup;
use aware_cases::message;
use aware_cases::tell::CaseStatusKind;
use aware_core::event::Level;
use aware_core::finding::{Finding, RuleSummary};
use aware_core::message::{Message, MessageKind};
use aware_core::source::cloudtrail::decode_record;
use aware_io::store::sqlite::{RefusedRetention, SCHEMA_VERSION, SqliteStore};
use aware_pipeline::port::*;
use jiff::Timestamp;
use rusqlite::Connection;

/// A file that the first version wrote, with a group, two messages, a refusal and a window.
const FIRST_VERSION: &str = include_str!("fixtures/state-version-1.sql");

/// A file that the second version wrote, with a group that waits for an update, and one of a service
/// that waits for the digest.
const SECOND_VERSION: &str = include_str!("fixtures/state-version-2.sql");

fn event(id: &str) -> EventKey {
    EventKey { account: "222233334444".into(), id: id.into() }
}

fn version(path: &Path) -> i64 {
    let connection = Connection::open(path).unwrap();
    connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn a_file_of_the_first_version_is_taken_over_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("aware.db");
    Connection::open(&path).unwrap().execute_batch(FIRST_VERSION).unwrap();
    assert_eq!(version(&path), 0);
    let store = SqliteStore::open(&path).unwrap();
    assert_eq!(version(&path), SCHEMA_VERSION);
    assert_eq!(store.seen_events(&[event("e-1"), event("e-9")]).await.unwrap(), [true, false]);
    let untold = store.untold_tallies().await.unwrap();
    assert_eq!((untold.len(), untold[0].count), (1, 3));
    let keys = [untold[0].fingerprint.clone()];
    assert_eq!(store.load_tallies(&keys).await.unwrap()[&keys[0]], untold[0]);
    let outbox: Vec<String> =
        store.list_outbox().await.unwrap().into_iter().map(|one| one.id).collect();
    assert_eq!(outbox, ["msg_medium", "msg_high"]);
    assert_eq!(store.settled_destinations("msg_medium").await.unwrap(), ["hook"]);
    let waiting = store.waiting_messages("slack", &|_| true, 10).await.unwrap();
    let order: Vec<String> = waiting.messages.into_iter().map(|one| one.id).collect();
    assert_eq!(order, ["msg_high", "msg_medium"], "the order of delivery is known of old ones too");
    assert_eq!(store.waiting_messages("hook", &|_| true, 10).await.unwrap().messages.len(), 1);
    assert_eq!(store.last_thread("slack", &keys[0]).await.unwrap().as_deref(), Some("C1/1.2"));
    assert_eq!(store.resume_place("logs").await.unwrap().as_deref(), Some("place-7"));
    assert_eq!(
        store.read_note("digest-told").await.unwrap().as_deref(),
        Some("2026-11-23T00:00:00Z")
    );
    assert_eq!(store.list_windows().await.unwrap()[0].bytes, [1, 2, 3]);
    assert_eq!(store.redrive_refused(None).unwrap(), 1);
    assert_eq!(store.list_outbox().await.unwrap().len(), 3);
    drop(store);
    SqliteStore::open(&path).unwrap();
    assert_eq!(version(&path), SCHEMA_VERSION, "once");
}

#[tokio::test]
async fn a_file_of_the_second_version_gets_cases_and_due_times() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("aware.db");
    Connection::open(&path).unwrap().execute_batch(SECOND_VERSION).unwrap();
    assert_eq!(version(&path), 2);
    let store = SqliteStore::open(&path).unwrap();
    assert_eq!(version(&path), SCHEMA_VERSION);
    assert_eq!(store.untold_tallies().await.unwrap().len(), 2);
    let due = store.due_tallies(Timestamp::UNIX_EPOCH).await.unwrap();
    assert_eq!(due.len(), 1, "what waits for an update is looked at at once");
    assert_eq!(due[0].count, 3);
    assert_eq!(store.list_outbox().await.unwrap().len(), 2);
    assert_eq!(store.read_note("digest-told").await.unwrap().unwrap(), "2026-11-23T00:00:00Z");
    assert_eq!(store.due_cases(Timestamp::MAX, 9).await.unwrap(), []);
    let cases = vec![stored_case(1, 0)];
    let commit = StepCommit { cases: cases.clone(), tallies: due, ..StepCommit::default() };
    store.commit(commit, Timestamp::now()).await.unwrap();
    assert_eq!(store.due_tallies(Timestamp::MAX).await.unwrap(), [], "stored with its own time");
    drop(store);
    let again = SqliteStore::open(&path).unwrap();
    assert_eq!(again.load_cases(&["c00001".to_owned()]).await.unwrap(), cases);
}

fn stored_case(number: usize, weight: u32) -> StoredCase {
    StoredCase {
        id: format!("c{number:05}"),
        status: CaseStatusKind::Open,
        level: Level::Low,
        last: Timestamp::from_second(1_795_927_640).unwrap(),
        due: None,
        expires: None,
        weight,
        body: vec![0, 255],
    }
}

/// A person closes a case while the daemon adds to it: neither overwrites what the other wrote.
#[tokio::test]
async fn whoever_writes_a_case_builds_on_what_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("aware.db");
    let (daemon, person) = (SqliteStore::open(&path).unwrap(), SqliteStore::open(&path).unwrap());
    let now = Timestamp::now();
    let id = ["c00001".to_owned()];
    let commit =
        |weight| StepCommit { cases: vec![stored_case(1, weight)], ..StepCommit::default() };
    daemon.commit(commit(1), now).await.unwrap();
    daemon.load_cases(&id).await.unwrap();
    person.load_cases(&id).await.unwrap();
    person.commit(commit(2), now).await.unwrap();
    let slower = daemon.commit(commit(3), now).await;
    assert!(matches!(slower, Err(StoreError::Conflict)), "{slower:?}");
    assert_eq!(daemon.load_cases(&id).await.unwrap()[0].weight, 2);
    daemon.commit(commit(3), now).await.unwrap();
    assert_eq!(person.load_cases(&id).await.unwrap()[0].weight, 3);
    // What holds no case builds on none.
    person.load_cases(&id).await.unwrap();
    let note = StepCommit { notes: vec![("n".into(), "v".into())], ..StepCommit::default() };
    daemon.commit(note.clone(), now).await.unwrap();
    person.commit(note, now).await.unwrap();
}

#[tokio::test]
async fn a_case_that_cannot_be_read_is_set_aside() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("aware.db");
    let store = SqliteStore::open(&path).unwrap();
    let mut cases =
        vec![stored_case(1, 0), stored_case(2, 0), stored_case(3, 0), stored_case(4, 0)];
    let due = Some(Timestamp::UNIX_EPOCH);
    cases.iter_mut().for_each(|case| case.due = due);
    store.commit(StepCommit { cases, ..StepCommit::default() }, Timestamp::now()).await.unwrap();
    let harm = Connection::open(&path).unwrap();
    harm.execute("update cases set level = 'dreadful' where id = 'c00001'", []).unwrap();
    harm.execute("update cases set status = 7 where id = 'c00002'", []).unwrap();
    harm.execute("update cases set body = 'text' where id = 'c00003'", []).unwrap();
    let ids: Vec<String> = (1..=2).map(|number| format!("c{number:05}")).collect();
    assert_eq!(store.load_cases(&ids[..1]).await.unwrap(), []);
    let page = store.list_cases(&CaseFilter::default(), None, 1).await.unwrap();
    assert_eq!((page.cases[0].id.as_str(), page.next), ("c00004", None));
    assert_eq!(store.due_cases(Timestamp::now(), 9).await.unwrap().len(), 1);
    assert_eq!(store.take_problems().len(), 3);
    let count = "select count(*) from unreadable where kind = 'cases'";
    let kept: i64 = harm.query_row(count, [], |row| row.get(0)).unwrap();
    assert_eq!(kept, 3, "nothing of it is lost");
}

#[tokio::test]
async fn a_file_of_a_newer_version_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("aware.db");
    let connection = Connection::open(&path).unwrap();
    connection.pragma_update(None, "user_version", SCHEMA_VERSION + 5).unwrap();
    drop(connection);
    for error in [
        SqliteStore::open(&path).unwrap_err(),
        SqliteStore::open_lenient(&path, RefusedRetention::default()).unwrap_err(),
    ] {
        assert!(matches!(error, StoreError::Newer { .. }), "{error}");
        assert!(error.to_string().contains("(hint: "), "{error}");
    }
    assert_eq!(version(&path), SCHEMA_VERSION + 5);
}

fn tally(name: &str) -> FindingGroup {
    let record = r#"{"eventTime":"2026-11-24T03:54:00Z","eventSource":"iam.amazonaws.com","eventName":"NAME","errorCode":"AccessDenied","recipientAccountId":"222233334444"}"#;
    let event = decode_record(record.replace("NAME", name).as_bytes()).unwrap();
    let finding = Finding::from_event(&RuleSummary::denied_call(), &event);
    let mut tally = FindingGroup::for_finding(&finding);
    tally.record(&finding);
    tally
}

fn message(subject: &str, level: Level) -> Message {
    let mut message = message::system_message(subject, &[], level, Timestamp::now());
    (message.kind, message.fingerprint) = (MessageKind::Finding, subject.to_owned().into());
    message
}

#[tokio::test]
async fn a_row_that_cannot_be_read_is_set_aside_and_the_others_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("aware.db");
    let store = SqliteStore::open(&path).unwrap();
    let expires = Timestamp::now() + jiff::SignedDuration::from_hours(1);
    let window = |key: &str| MemoryWindow { key: key.into(), bytes: vec![1], expires };
    let commit = StepCommit {
        tallies: vec![tally("ListUsers"), tally("ListRoles")],
        outbox: vec![message("one", Level::Low), message("two", Level::Low)],
        windows: vec![window("a"), window("b")],
        ..StepCommit::default()
    };
    store.commit(commit, Timestamp::now()).await.unwrap();
    let bad = tally("ListRoles").fingerprint;
    let harm = Connection::open(&path).unwrap();
    harm.execute("update tallies set body = '{' where key = ?", [bad.as_str()]).unwrap();
    harm.execute("update outbox set body = x'00ff' where seq = 1", []).unwrap();
    harm.execute("update windows set expires = 'soon' where key = 'a'", []).unwrap();
    drop(harm);
    assert_eq!(store.untold_tallies().await.unwrap().len(), 1);
    let good = tally("ListUsers").fingerprint;
    assert_eq!(store.load_tallies(&[bad.clone(), good]).await.unwrap().len(), 1);
    assert_eq!(store.waiting_messages("d", &|_| true, 9).await.unwrap().messages[0].subject, "two");
    assert_eq!(store.list_outbox().await.unwrap().len(), 1);
    assert_eq!(store.list_windows().await.unwrap().len(), 1);
    let problems = store.take_problems();
    assert_eq!(problems.len(), 3, "{problems:?}");
    assert!(store.take_problems().is_empty(), "each is told once");
    let look = Connection::open(&path).unwrap();
    let count = |query: &str| look.query_row(query, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(count("select count(*) from unreadable"), 3, "nothing of it is lost");
    assert_eq!(count("select count(*) from tallies"), 1);
    // The group starts over.
    let commit = StepCommit { tallies: vec![tally("ListRoles")], ..StepCommit::default() };
    store.commit(commit, Timestamp::now()).await.unwrap();
    assert_eq!(store.untold_tallies().await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_file_that_is_no_database_is_put_aside_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("aware.db");
    std::fs::write(&path, "no database ".repeat(1000)).unwrap();
    assert!(SqliteStore::open(&path).is_err());
    let store = SqliteStore::open_lenient(&path, RefusedRetention::default()).unwrap();
    assert_eq!(store.seen_events(&[event("a")]).await.unwrap(), [false]);
    assert_eq!(store.take_problems().len(), 1);
    let names: Vec<String> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(names.iter().any(|name| name.starts_with("aware.db.unreadable-")), "{names:?}");
}

#[tokio::test]
async fn of_too_many_refused_the_oldest_harmless_go_and_that_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let keep = RefusedRetention { most: 3, days: 30 };
    let store = SqliteStore::open_lenient(&folder.path().join("aware.db"), keep).unwrap();
    let levels = [Level::High, Level::Low, Level::Medium, Level::Low, Level::Critical];
    for (number, level) in levels.into_iter().enumerate() {
        let message = message(&number.to_string(), level);
        let problem = Some("no");
        let settled = SettledMessage { message: &message, destination: "d", thread: None, problem };
        store.settle_message(settled).await.unwrap();
    }
    let mut kept = Vec::new();
    store.each_refused(|one| kept.push(one.message.subject)).unwrap();
    assert_eq!(kept, ["0", "2", "4"]);
    assert_eq!(store.take_problems().len(), 2);
}

#[test]
fn every_file_is_the_owners_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("aware.db");
    let mode = |name: &str| {
        let there = std::fs::metadata(folder.path().join(name)).unwrap();
        there.permissions().mode() & 0o777
    };
    let store = SqliteStore::open(&path).unwrap();
    for name in ["aware.db", "aware.db-wal", "aware.db-shm"] {
        assert_eq!(mode(name), 0o600, "{name}");
        let wide = std::fs::Permissions::from_mode(0o644);
        std::fs::set_permissions(folder.path().join(name), wide).unwrap();
    }
    let again = SqliteStore::open(&path).unwrap();
    for name in ["aware.db", "aware.db-wal", "aware.db-shm"] {
        assert_eq!(mode(name), 0o600, "{name} was too wide");
    }
    drop((store, again));
}
