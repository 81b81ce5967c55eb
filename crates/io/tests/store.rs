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
use aware_cases::tell::CaseStatusKind;
use aware_core::event::Level;
use aware_core::finding::{Finding, RuleSummary};
use aware_core::source::cloudtrail::decode_record;
use aware_io::input::pushed::PushedInput;
use aware_io::store::dynamodb::DynamoStore;
use aware_io::store::sqlite::SqliteStore;
use aware_io::topic::local::LocalTopic;
use aware_pipeline::port::{
    BASELINE_PREFIX, CASE_PREFIX, CaseFilter, Delivery, EventKey, MAX_STORED_CASES, MemoryWindow,
    SettledMessage, StepCommit, Store, StoreError, StoredCase, SystemClock, Topic,
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
        cases: Vec::new(),
        outbox: vec![message.clone()],
        resume: Some(("in".into(), "place".into())),
        notes: vec![("n".into(), "v".into()), ("kind/a/b".into(), "w".into())],
        windows: vec![
            MemoryWindow { key: "w".into(), bytes: vec![1, 0, 2], expires: later },
            MemoryWindow { key: "triage:p".into(), bytes: vec![3], expires: later },
            MemoryWindow { key: "history:p".into(), bytes: vec![5], expires: later },
            MemoryWindow { key: "case/actor/p".into(), bytes: vec![6], expires: later },
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
    let listed = store.list_windows().await.unwrap();
    let is_own = |one: &MemoryWindow| {
        [CASE_PREFIX, BASELINE_PREFIX].iter().any(|own| one.key.starts_with(own))
    };
    assert!(!listed.iter().any(is_own), "these are read by key");
    let row = MemoryWindow {
        key: format!("{BASELINE_PREFIX}0a1b"),
        bytes: (0..=255).cycle().take(4 + 12 * 300).collect(),
        expires: later,
    };
    let commit = StepCommit { windows: vec![row.clone()], ..StepCommit::default() };
    store.commit(commit, now).await.unwrap();
    let keys = [row.key.clone(), format!("{BASELINE_PREFIX}none")];
    assert_eq!(store.load_windows(&keys).await.unwrap(), [row]);
    assert!(!store.list_windows().await.unwrap().iter().any(is_own));
    let found = store.load_windows(&["triage:p".into(), "none".into()]).await.unwrap();
    assert_eq!(found.into_iter().map(|one| one.bytes).collect::<Vec<_>>(), [vec![3]]);
    for (key, bytes) in [("history:p", 5), ("case/actor/p", 6)] {
        assert_eq!(store.load_windows(&[key.into()]).await.unwrap()[0].bytes, [bytes]);
    }
    check_due_tallies(store).await;
    check_cases(store).await;
    told_of_old_events(store).await;
    forgets(store).await;
}

/// Groups are found by the time of their next update, once they have been stored with it.
async fn check_due_tallies(store: &dyn Store) {
    let now = now();
    assert_eq!(store.due_tallies(now).await.unwrap(), [], "stored without a time");
    let mut waits = tally();
    waits.due = Some(now + SignedDuration::from_secs(30));
    let write = async |tally: &FindingGroup| {
        store.load_tallies(&[tally.fingerprint.clone()]).await.unwrap();
        let commit = StepCommit { tallies: vec![tally.clone()], ..StepCommit::default() };
        store.commit(commit, now).await.unwrap();
    };
    write(&waits).await;
    assert_eq!(store.due_tallies(now).await.unwrap(), []);
    let then = now + SignedDuration::from_secs(30);
    assert_eq!(store.due_tallies(then).await.unwrap(), [waits.clone()]);
    write(&tally()).await;
    assert_eq!(store.due_tallies(then).await.unwrap(), []);
}

fn stored_case(id: &str, level: Level) -> StoredCase {
    StoredCase {
        id: id.to_owned(),
        status: CaseStatusKind::Open,
        level,
        last: now(),
        due: None,
        expires: None,
        weight: 3,
        body: vec![0, 1, 255, 10],
    }
}

fn ids(cases: &[StoredCase]) -> Vec<&str> {
    cases.iter().map(|case| case.id.as_str()).collect()
}

async fn check_cases(store: &dyn Store) {
    let (now, minute) = (now(), SignedDuration::from_mins(1));
    let all = ["c1".to_owned(), "c2".to_owned(), "c3".to_owned(), "c21".to_owned()];
    assert_eq!(store.load_cases(&all).await.unwrap(), []);
    let mut cases = [
        stored_case("c1", Level::Low),
        stored_case("c2", Level::High),
        stored_case("c3", Level::Critical),
    ];
    (cases[0].due, cases[1].due, cases[2].due) =
        (Some(now), Some(now - minute), Some(now + minute));
    let commit = StepCommit { cases: cases.to_vec(), ..StepCommit::default() };
    store.commit(commit, now).await.unwrap();
    let mut found = store.load_cases(&all).await.unwrap();
    found.sort_by(|a, b| a.id.cmp(&b.id));
    assert_eq!(found, cases);
    assert_eq!(ids(&store.due_cases(now, 9).await.unwrap()), ["c2", "c1"], "the longest due first");
    assert_eq!(ids(&store.due_cases(now, 1).await.unwrap()), ["c2"]);
    assert_eq!(store.due_cases(now - minute * 2, 9).await.unwrap(), []);
    check_case_changes(store, now).await;
    check_case_pages(store, now).await;
}

/// A case changes, and is then due at another time, or never.
async fn check_case_changes(store: &dyn Store, now: Timestamp) {
    let mut changed = stored_case("c2", Level::Critical);
    (changed.status, changed.weight) = (CaseStatusKind::Closed, 9);
    (changed.body, changed.expires) = (vec![7; 20_000], Some(now + SignedDuration::from_hours(1)));
    let mut fresh = stored_case("c21", Level::Medium);
    fresh.due = Some(now + SignedDuration::from_secs(1));
    let commit =
        StepCommit { cases: vec![changed.clone(), fresh.clone()], ..StepCommit::default() };
    store.load_cases(&["c2".to_owned(), "c21".to_owned()]).await.unwrap();
    store.commit(commit, now).await.unwrap();
    assert_eq!(store.load_cases(&["c2".to_owned()]).await.unwrap(), [changed]);
    assert_eq!(ids(&store.due_cases(now, 9).await.unwrap()), ["c1"]);
    let later = now + SignedDuration::from_hours(9);
    assert_eq!(ids(&store.due_cases(later, 9).await.unwrap()), ["c1", "c21", "c3"]);
}

async fn check_case_pages(store: &dyn Store, now: Timestamp) {
    let any = CaseFilter::default();
    let page = store.list_cases(&any, None, 3).await.unwrap();
    assert_eq!((ids(&page.cases), page.next.as_deref()), (vec!["c1", "c2", "c21"], Some("c21")));
    let rest = store.list_cases(&any, page.next.as_deref(), 3).await.unwrap();
    assert_eq!((ids(&rest.cases), rest.next), (vec!["c3"], None));
    let two = CaseFilter { id_prefix: "c2".to_owned(), ..CaseFilter::default() };
    assert_eq!(ids(&store.list_cases(&two, None, 9).await.unwrap().cases), ["c2", "c21"]);
    let open = CaseFilter {
        status: Some(CaseStatusKind::Open),
        at_least: Some(Level::Medium),
        id_prefix: String::new(),
    };
    let page = store.list_cases(&open, None, 1).await.unwrap();
    assert_eq!((ids(&page.cases), page.next.as_deref()), (vec!["c21"], Some("c21")));
    assert_eq!(ids(&store.list_cases(&open, Some("c21"), 1).await.unwrap().cases), ["c3"]);
    // Closed long ago, it is forgotten; what is open is not.
    let mut old = stored_case("c2", Level::Critical);
    (old.status, old.expires) =
        (CaseStatusKind::Closed, Some(now - SignedDuration::from_hours(24 * 30)));
    store.load_cases(&["c2".to_owned()]).await.unwrap();
    store.commit(StepCommit { cases: vec![old], ..StepCommit::default() }, now).await.unwrap();
    store.forget_before(now - SignedDuration::from_hours(24 * 7)).await.unwrap();
    assert_eq!(ids(&store.list_cases(&any, None, 9).await.unwrap().cases), ["c1", "c21", "c3"]);
}

/// Where there are too many cases, the quiet and harmless go, and that is told.
async fn check_eviction(store: &dyn Store) {
    let case = |number: usize| {
        let mut case = stored_case(&format!("c{number:06}"), Level::Low);
        case.weight = u32::try_from(number % 7).unwrap();
        (case.status, case.last) = match number % 2 {
            0 => (CaseStatusKind::Open, now() + SignedDuration::from_secs(1)),
            _ => (CaseStatusKind::Closed, now() - SignedDuration::from_secs(1)),
        };
        case
    };
    let cases = (0..MAX_STORED_CASES + 5).map(case).collect();
    store.commit(StepCommit { cases, ..StepCommit::default() }, now()).await.unwrap();
    let kept = store.list_cases(&CaseFilter::default(), None, usize::MAX).await.unwrap().cases;
    assert_eq!(kept.len(), MAX_STORED_CASES);
    let gone: Vec<usize> = [7, 21, 35, 49, 63].to_vec();
    for number in gone {
        assert_eq!(store.load_cases(&[format!("c{number:06}")]).await.unwrap(), [], "{number}");
    }
    let told = store.take_problems();
    assert!(told.len() == 1 && told[0].starts_with("5 cases were dropped"), "{told:?}");
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
    check_eviction(&MemoryStore::default()).await;
}

/// A store that works, behind the memory that takes over when it does not.
#[tokio::test]
async fn fallback() {
    check(&FallbackStore::new(Arc::new(MemoryStore::default()))).await;
    check_eviction(&FallbackStore::new(Arc::new(MemoryStore::default()))).await;
}

#[tokio::test]
async fn sqlite_and_again_after_it_was_closed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("aware.db");
    check(&SqliteStore::open(&path).unwrap()).await;
    check_eviction(&SqliteStore::open(&folder.path().join("many.db")).unwrap()).await;
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
    // One writer a case: it read that there is nothing yet, too.
    let case =
        || StepCommit { cases: vec![stored_case("c1", Level::Low)], ..StepCommit::default() };
    let id = ["c1".to_owned()];
    assert_eq!(one.load_cases(&id).await.unwrap(), []);
    assert_eq!(two.load_cases(&id).await.unwrap(), []);
    one.commit(case(), now()).await.unwrap();
    assert!(matches!(two.commit(case(), now()).await, Err(StoreError::Conflict)));
    assert_eq!(two.load_cases(&id).await.unwrap().len(), 1);
    two.commit(case(), now()).await.unwrap();
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
    let cases = dynamo(aws, "at-once").list_cases(&CaseFilter::default(), None, 100).await.unwrap();
    let findings = |body: &[u8]| -> u64 {
        let body: serde_json::Value = serde_json::from_slice(body).unwrap();
        body["case"]["findings"].as_u64().unwrap()
    };
    let told: u64 = cases.cases.iter().map(|case| findings(&case.body)).sum();
    assert_eq!(told, 120, "each event counts once");
}
