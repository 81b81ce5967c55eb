//! One suite for every store, and the guarantees when several processes share one.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::cloned_ref_to_slice_refs
)]

mod ministack;

use std::collections::HashMap;
use std::sync::Arc;

use aware_cases::group::FindingGroup;
use aware_cases::group::RepeatIntervals;
use aware_cases::message;
use aware_core::event::Level;
use aware_core::finding::{Finding, RuleSummary};
use aware_core::source::cloudtrail::decode_record;
use aware_io::input::pushed::PushedInput;
use aware_io::store::dynamodb::DynamoStore;
use aware_io::store::sqlite::SqliteStore;
use aware_io::topic::local::LocalTopic;
use aware_pipeline::port::{
    Delivery, EventKey, MemoryWindow, SettledMessage, StepCommit, Store, StoreError, SystemClock,
    Topic,
};
use aware_pipeline::rule_set::RuleSet;
use aware_pipeline::source::SourceHalf;
use aware_pipeline::store::fallback::FallbackStore;
use aware_pipeline::store::memory::MemoryStore;
use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};

use ministack::{Ministack, table};

/// Shared stores compare expiry times with the clock, and keep whole seconds.
fn now() -> Timestamp {
    Timestamp::from_second(Timestamp::now().as_second()).unwrap()
}

fn tally() -> FindingGroup {
    tally_of("ListUsers")
}

fn tally_of(name: &str) -> FindingGroup {
    let record = r#"{"eventTime":"2026-11-24T03:54:00Z","eventSource":"iam.amazonaws.com","eventName":"NAME","errorCode":"AccessDenied","requestParameters":{"z":1,"a":[1.5,null]}}"#;
    let record = record.replace("NAME", name);
    let finding = Finding::from_event(
        &RuleSummary::denied_call(),
        &decode_record(record.as_bytes()).unwrap(),
    );
    let mut tally = FindingGroup::for_finding(&finding);
    tally.record(&finding);
    tally
}

async fn check(store: &dyn Store) {
    let (now, later) = (now(), now() + SignedDuration::from_hours(1));
    let (tally, key) = (tally(), |id: &str| EventKey { account: "1".into(), id: id.into() });
    let message = message::system_message("s", &[("a", "b")], Level::Low, now);
    let commit = StepCommit {
        seen: vec![key("a")],
        tallies: vec![tally.clone()],
        outbox: vec![message.clone()],
        resume: Some(("in".into(), "place".into())),
        notes: vec![("n".into(), "v".into()), ("kind/a/b".into(), "w".into())],
        windows: vec![
            MemoryWindow { key: "w".into(), bytes: vec![1, 0, 2], expires: later },
            MemoryWindow { key: "triage:p".into(), bytes: vec![3], expires: later },
        ],
    };
    store.commit(commit, now - SignedDuration::from_mins(2)).await.unwrap();
    assert_eq!(store.seen_events(&[key("a"), key("b")]).await.unwrap(), [true, false]);
    assert_eq!(
        store.load_tallies(&[tally.fingerprint.clone()]).await.unwrap()[&tally.fingerprint],
        tally
    );
    assert_eq!(store.untold_tallies().await.unwrap(), [tally.clone()]);
    assert_eq!(store.list_outbox().await.unwrap(), [message.clone()]);
    assert_eq!(store.resume_place("in").await.unwrap().as_deref(), Some("place"));
    assert_eq!(store.read_note("n").await.unwrap().as_deref(), Some("v"));
    assert_eq!(store.read_note("kind/a/b").await.unwrap().as_deref(), Some("w"));
    assert_eq!(store.list_notes("kind").await.unwrap(), [("a/b".to_owned(), "w".to_owned())]);
    assert_eq!(store.list_notes("kin").await.unwrap(), []);
    let settled = SettledMessage {
        message: &message,
        destination: "d",
        thread: Some("t"),
        problem: Some("no"),
    };
    store.settle_message(settled).await.unwrap();
    assert_eq!(store.settled_destinations(&message.id).await.unwrap(), ["d"]);
    assert_eq!(store.last_thread("d", &message.fingerprint).await.unwrap().as_deref(), Some("t"));
    store.finish_message(&message.id).await.unwrap();
    assert!(store.list_outbox().await.unwrap().is_empty());
    // A topic that others publish to may deliver the message again.
    assert_eq!(
        store.settled_destinations(&message.id).await.unwrap().is_empty(),
        !store.is_shared()
    );
    let window = MemoryWindow { key: "w".into(), bytes: vec![1, 0, 2], expires: later };
    assert!(store.list_windows().await.unwrap().contains(&window));
    let found = store.load_windows(&["triage:p".into(), "none".into()]).await.unwrap();
    assert_eq!(found.into_iter().map(|one| one.bytes).collect::<Vec<_>>(), [vec![3]]);
    told_of_old_events(store).await;
    forgets(store).await;
}

/// A group from long ago that is reported now is remembered now: stored logs bring such groups.
async fn told_of_old_events(store: &dyn Store) {
    let mut old = tally_of("ListOld");
    old.last_seen = now() - SignedDuration::from_hours(24 * 400);
    old.mark_reported(now());
    let expires = old.last_seen;
    let window = MemoryWindow { key: "old".into(), bytes: vec![9], expires };
    let keys = [old.fingerprint.clone()];
    store.load_tallies(&keys).await.unwrap();
    let commit = StepCommit {
        tallies: vec![old.clone()],
        windows: vec![window.clone()],
        ..StepCommit::default()
    };
    store.commit(commit, now()).await.unwrap();
    assert_eq!(store.load_tallies(&keys).await.unwrap()[&keys[0]], old);
    assert!(store.list_windows().await.unwrap().contains(&window));
}

/// What is too old does not count, whether or not it is deleted. What is unreported is kept.
async fn forgets(store: &dyn Store) {
    let (now, day) = (now(), SignedDuration::from_hours(24));
    let old = EventKey { account: "1".into(), id: "old".into() };
    let commit = StepCommit {
        seen: vec![old.clone()],
        windows: vec![MemoryWindow { key: "over".into(), bytes: vec![4], expires: now - day * 8 }],
        ..StepCommit::default()
    };
    store.commit(commit, now - day * 8).await.unwrap();
    store.forget_before(now - day * 7).await.unwrap();
    assert_eq!(store.seen_events(&[old]).await.unwrap(), [false]);
    assert!(store.load_windows(&["over".into()]).await.unwrap().is_empty());
    assert_eq!(
        store.untold_tallies().await.unwrap().len(),
        1,
        "what was not told is not forgotten"
    );
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
    assert_eq!(again.resume_place("in").await.unwrap().as_deref(), Some("place"));
    assert_eq!(again.untold_tallies().await.unwrap(), [tally()]);
}

fn dynamo(aws: &SdkConfig, table: &str) -> DynamoStore {
    DynamoStore::new(Client::new(aws), table)
}

#[tokio::test]
async fn dynamodb() {
    let Some(stack) = Ministack::start().await else { return };
    let aws = stack.config().await;
    let client = Client::new(&aws);
    table(&client, "contract").await;
    check(&dynamo(&aws, "contract")).await;
    table(&client, "races").await;
    whoever_is_slower_takes_the_step_again(&aws).await;
    table(&client, "large").await;
    large_commits_are_kept(&aws).await;
    table(&client, "at-once").await;
    two_sources_at_once_tell_once(&aws).await;
    let gone = dynamo(&aws, "no-such-table");
    let answer = gone.seen_events(&[EventKey { account: "1".into(), id: "a".into() }]).await;
    assert!(matches!(answer, Err(StoreError::Down(_))));
}

/// An item as somebody else may have left it in the table.
async fn put(client: &Client, pk: &str, sk: &str, more: &[(&str, AttributeValue)]) {
    let keys = [("pk", pk), ("sk", sk)].map(|(name, text)| (name, text_attribute(text)));
    let request = client.put_item().table_name("aware");
    let item = keys.into_iter().chain(more.iter().cloned());
    let item = item.map(|(name, value)| (name.to_owned(), value)).collect();
    request.set_item(Some(item)).send().await.unwrap();
}

fn text_attribute(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

async fn get(client: &Client, pk: &str) -> Option<HashMap<String, AttributeValue>> {
    let request = client.get_item().table_name("aware").consistent_read(true);
    let request = request.key("pk", text_attribute(pk)).key("sk", text_attribute("-"));
    request.send().await.unwrap().item
}

#[tokio::test]
async fn a_table_of_a_newer_version_is_left_alone() {
    let Some(stack) = Ministack::start().await else { return };
    let aws = stack.config().await;
    let client = Client::new(&aws);
    table(&client, "aware").await;
    dynamo(&aws, "aware").check_schema().await.unwrap();
    let written = get(&client, "schema").await.unwrap();
    assert_eq!(written["schema"], AttributeValue::N("1".to_owned()));
    dynamo(&aws, "aware").check_schema().await.unwrap();
    put(&client, "schema", "-", &[("schema", AttributeValue::N("7".to_owned()))]).await;
    let refused = dynamo(&aws, "aware").check_schema().await.unwrap_err();
    assert!(matches!(refused, StoreError::Newer { found: 7, known: 1 }), "{refused}");
    let gone = dynamo(&aws, "no-such-table").check_schema().await.unwrap_err();
    assert!(matches!(gone, StoreError::Down(_)), "{gone}");
}

#[tokio::test]
async fn an_item_that_cannot_be_read_is_set_aside_and_the_others_go_on() {
    let Some(stack) = Ministack::start().await else { return };
    let aws = stack.config().await;
    let client = Client::new(&aws);
    table(&client, "aware").await;
    let store = dynamo(&aws, "aware");
    let tally = tally();
    let message = message::system_message("s", &[("a", "b")], Level::Low, now());
    let window = MemoryWindow {
        key: "w".into(),
        bytes: vec![1],
        expires: now() + SignedDuration::from_hours(1),
    };
    let commit = StepCommit {
        tallies: vec![tally.clone()],
        outbox: vec![message.clone()],
        windows: vec![window.clone()],
        ..StepCommit::default()
    };
    store.commit(commit, now() - SignedDuration::from_mins(2)).await.unwrap();
    let junk = |state: &str| [("body", text_attribute("{")), ("state", text_attribute(state))];
    put(&client, "tally#bad", "-", &junk("untold")).await;
    put(&client, "outbox#bad", "-", &junk("outbox")).await;
    put(&client, "window", "bad", &[("bytes", text_attribute("no bytes"))]).await;

    assert_eq!(store.untold_tallies().await.unwrap(), [tally]);
    assert_eq!(store.list_outbox().await.unwrap(), [message]);
    assert_eq!(store.list_windows().await.unwrap(), [window]);
    let told = store.take_problems();
    for name in ["tally#bad", "outbox#bad", "window#bad"] {
        assert!(told.iter().any(|problem| problem.contains(name)), "{name}: {told:?}");
        let kept = get(&client, &format!("unreadable#{name}")).await;
        assert!(kept.is_some_and(|kept| kept.contains_key("problem")), "{name}");
    }
    let kept = get(&client, "unreadable#tally#bad").await.unwrap();
    assert_eq!(kept["body"], text_attribute("{"), "nothing of it is lost");
    assert!(
        get(&client, "tally#bad").await.is_none() && get(&client, "outbox#bad").await.is_none()
    );
    // Once moved, it is no longer found, and not reported again.
    store.untold_tallies().await.unwrap();
    assert_eq!(store.take_problems(), Vec::<String>::new());
}

async fn whoever_is_slower_takes_the_step_again(aws: &SdkConfig) {
    let (one, two) = (dynamo(aws, "races"), dynamo(aws, "races"));
    let tally = tally();
    let keys = [tally.fingerprint.clone()];
    let event = |id: &str| EventKey { account: "1".into(), id: id.into() };
    let commit = |id: &str| StepCommit {
        seen: vec![event(id)],
        tallies: vec![tally.clone()],
        ..StepCommit::default()
    };
    // Both read that there is nothing yet.
    assert!(one.load_tallies(&keys).await.unwrap().is_empty());
    assert!(two.load_tallies(&keys).await.unwrap().is_empty());
    one.commit(commit("a"), now()).await.unwrap();
    let slower = two.commit(commit("b"), now()).await;
    assert!(matches!(slower, Err(StoreError::Conflict)), "{slower:?}");
    assert_eq!(
        two.seen_events(&[event("b")]).await.unwrap(),
        [false],
        "nothing of the step was written"
    );
    // From a fresh read it succeeds.
    assert_eq!(two.load_tallies(&keys).await.unwrap().len(), 1);
    two.commit(commit("b"), now()).await.unwrap();
    // The same event id twice, in different groups.
    let again = StepCommit { seen: vec![event("b")], ..StepCommit::default() };
    assert!(matches!(one.commit(again, now()).await, Err(StoreError::Conflict)));
}

async fn large_commits_are_kept(aws: &SdkConfig) {
    let store = dynamo(aws, "large");
    let keys: Vec<EventKey> =
        (0..350).map(|n| EventKey { account: "1".into(), id: n.to_string() }).collect();
    let tallies: Vec<FindingGroup> = (0..30).map(|n| tally_of(&format!("List{n}"))).collect();
    let commit = StepCommit { seen: keys.clone(), tallies, ..StepCommit::default() };
    store.commit(commit, now()).await.unwrap();
    assert!(store.seen_events(&keys).await.unwrap().into_iter().all(|seen| seen));
    assert_eq!(store.untold_tallies().await.unwrap().len(), 30);
}

fn records(numbers: std::ops::Range<u32>) -> Vec<u8> {
    let record = |n: u32| {
        format!(
            r#"{{"eventVersion":"1.11","userIdentity":{{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/u{}","accountId":"111122223333"}},"eventTime":"2026-11-24T03:54:{:02}Z","eventSource":"iam.amazonaws.com","eventName":"ListUsers","awsRegion":"us-east-1","sourceIPAddress":"192.0.2.1","errorCode":"AccessDenied","eventID":"e{n}","recipientAccountId":"111122223333"}}"#,
            n % 5,
            n % 60
        )
    };
    format!("{{\"Records\":[{}]}}", numbers.map(record).collect::<Vec<_>>().join(",")).into_bytes()
}

/// Runs a source on these bodies; returns what it published.
async fn source(aws: &SdkConfig, bodies: Vec<Vec<u8>>) -> (Vec<String>, Vec<String>) {
    let topic = Arc::new(LocalTopic::new(1000));
    let store = Arc::new(FallbackStore::new(Arc::new(dynamo(aws, "at-once"))));
    let (topic_, clock) = (Arc::clone(&topic) as Arc<dyn Topic>, Arc::new(SystemClock));
    let rules = Arc::new(RuleSet::default());
    let source = SourceHalf::new(store, topic_, clock, RepeatIntervals::default(), rules);
    let mut input = PushedInput::new(aws);
    let delivery = |(number, body): (usize, Vec<u8>)| Delivery {
        origin: "test".to_owned(),
        kind: aware_core::envelope::EnvelopeKind::Any,
        body,
        token: number.to_string(),
        resume: None,
    };
    input.push_bodies(bodies.into_iter().enumerate().map(delivery).collect(), None);
    source.drain_input(&mut input).await;
    topic.close();
    let mut published = Vec::new();
    while let Some(message) = topic.receive().await {
        published.push(message.subject);
    }
    (published, input.take_failed())
}

/// Three processes take the same events at the same time, split in different ways.
async fn two_sources_at_once_tell_once(aws: &SdkConfig) {
    let cut = |size: u32| -> Vec<Vec<u8>> {
        (0..120).step_by(size as usize).map(|n| records(n..(n + size).min(120))).collect()
    };
    let (a, b, c) = tokio::join!(source(aws, cut(7)), source(aws, cut(40)), source(aws, cut(120)));
    assert_eq!([a.1, b.1, c.1], [const { Vec::<String>::new() }; 3], "nothing has to come again");
    let published: Vec<String> = [a.0, b.0, c.0].concat();
    assert_eq!(published.len(), 5, "one for each user: {published:#?}");
    let told: u64 =
        dynamo(aws, "at-once").untold_tallies().await.unwrap().iter().map(|t| t.count).sum();
    assert_eq!(told, 120, "each event counts once");
}
