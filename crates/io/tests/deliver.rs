//! The destination half with a real store: whose turn it is, and what one bad message delays.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use aware_cases::message;
use aware_core::event::Level;
use aware_core::message::{Message, MessageKind};
use aware_core::route::{ClockTime, MessageRoute, TimeWindow};
use aware_io::store::sqlite::SqliteStore;
use aware_io::topic::local::LocalTopic;
use aware_pipeline::deliver::DestinationHalf;
use aware_pipeline::port::*;
use aware_pipeline::store::fallback::FallbackStore;
use jiff::Timestamp;
use tokio::task::JoinHandle;

type Answer = Box<dyn Fn(&Message) -> DeliveryOutcome + Send + Sync>;

/// A destination that answers from a script and remembers every attempt.
struct Scripted {
    name: &'static str,
    pace: Duration,
    answer: Mutex<Answer>,
    attempts: Mutex<Vec<String>>,
    arrived: Mutex<Vec<String>>,
}

impl Scripted {
    fn new(
        pace: Duration,
        answer: impl Fn(&Message) -> DeliveryOutcome + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self {
            name: "people",
            pace,
            answer: Mutex::new(Box::new(answer)),
            attempts: Mutex::default(),
            arrived: Mutex::default(),
        })
    }

    fn arrived(&self) -> Vec<String> {
        self.arrived.lock().unwrap().clone()
    }

    fn heal(&self) {
        *self.answer.lock().unwrap() = Box::new(|_| DeliveryOutcome::Delivered(None));
    }

    async fn until(&self, done: impl Fn(&[String]) -> bool) {
        for _ in 0..4000 {
            if done(&self.arrived.lock().unwrap()) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("not within 20 s: {:?}", self.arrived());
    }
}

#[async_trait]
impl Destination for Scripted {
    fn name(&self) -> &str {
        self.name
    }

    fn min_interval(&self) -> Duration {
        self.pace
    }

    async fn deliver(&self, message: &Message, _thread: Option<&str>) -> DeliveryOutcome {
        self.attempts.lock().unwrap().push(message.subject.clone());
        let outcome = (self.answer.lock().unwrap())(message);
        if matches!(outcome, DeliveryOutcome::Delivered(_)) {
            self.arrived.lock().unwrap().push(message.subject.clone());
        }
        outcome
    }
}

/// A group's first message.
fn first(who: &str, text: &str, level: Level) -> Message {
    let mut message = message::system_message(text, &[], level, Timestamp::UNIX_EPOCH);
    (message.kind, message.fingerprint) = (MessageKind::Finding, format!("fp1:{text}").into());
    message.identity = Some(format!("arn:aws:iam::222233334444:user/{who}"));
    message
}

/// A running destination half with a store in a file.
struct Running {
    store: Arc<dyn Store>,
    topic: Arc<dyn Topic>,
    task: JoinHandle<()>,
}

impl Running {
    fn start(path: &Path, to: &Arc<Scripted>) -> Self {
        let store = Arc::new(SqliteStore::open(path).unwrap());
        let store: Arc<dyn Store> = Arc::new(FallbackStore::new(store));
        let topic: Arc<dyn Topic> = Arc::new(LocalTopic::new(1024));
        let deliver = DestinationHalf::new(
            Arc::clone(&store),
            Arc::clone(&topic),
            Arc::new(SystemClock),
            vec![Arc::clone(to) as _],
            Vec::new(),
        );
        Self { store, topic, task: tokio::spawn(deliver.run_until_closed()) }
    }

    /// Like the source half: first the store, then the topic.
    async fn tell(&self, messages: Vec<Message>) {
        keep(&*self.store, messages.clone()).await;
        self.topic.publish_all(messages).await;
    }

    /// Like a process that is killed.
    async fn kill(self) {
        self.task.abort();
        let _ = self.task.await;
    }
}

async fn keep(store: &dyn Store, messages: Vec<Message>) {
    let commit = StepCommit { outbox: messages, ..StepCommit::default() };
    store.commit(commit, Timestamp::now()).await.unwrap();
}

fn flood(count: usize) -> Vec<Message> {
    (0..count).map(|n| first("mallory", &format!("flood {n:04}"), Level::Medium)).collect()
}

/// How many arrived before it.
fn position(arrived: &[String], text: &str) -> Option<usize> {
    arrived.iter().position(|one| one == text)
}

#[tokio::test]
async fn five_thousand_firsts_of_one_do_not_stand_before_one_of_another() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("aware.db");
    // Ten messages take ten seconds at Slack's pace.
    let people = Scripted::new(Duration::from_millis(2), |_| DeliveryOutcome::Delivered(None));
    let running = Running::start(&path, &people);
    running.tell(flood(5000)).await;
    // The queue between the halves drains first: that takes no turn of anybody.
    people.until(|arrived| arrived.len() >= 1100).await;
    let before = people.arrived().len();
    running.tell(vec![first("alice", "alice's", Level::Medium)]).await;
    people.until(|arrived| position(arrived, "alice's").is_some()).await;
    let after = position(&people.arrived(), "alice's").unwrap() - before;
    assert!(after <= 10, "{after} went before it");
    running.kill().await;
    // Messages from before a restart wait their turn like all others.
    keep(&SqliteStore::open(&path).unwrap(), vec![first("bob", "bob's", Level::Medium)]).await;
    let seen = people.arrived().len();
    let running = Running::start(&path, &people);
    people.until(|arrived| position(arrived, "bob's").is_some()).await;
    assert!(position(&people.arrived(), "bob's").unwrap() - seen <= 10 + 1024);
    running.tell(vec![first("mallory", "grave", Level::Critical)]).await;
    let seen = people.arrived().len();
    people.until(|arrived| position(arrived, "grave").is_some()).await;
    assert!(position(&people.arrived(), "grave").unwrap() <= seen + 3);
    running.kill().await;
}

#[tokio::test]
async fn a_flood_that_does_not_fit_memory_arrives_whole_and_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let people = Scripted::new(Duration::ZERO, |_| DeliveryOutcome::Delivered(None));
    let running = Running::start(&folder.path().join("aware.db"), &people);
    let all = flood(1100);
    running.tell(all.clone()).await;
    running.topic.close();
    running.task.await.unwrap();
    let expected: Vec<String> = all.into_iter().map(|one| one.subject).collect();
    assert_eq!(people.arrived(), expected);
    assert!(running.store.list_outbox().await.unwrap().is_empty());
}

#[tokio::test]
async fn one_that_always_fails_holds_up_no_other_and_arrives_when_it_can() {
    let folder = tempfile::tempdir().unwrap();
    let fails = |message: &Message| match message.subject.as_str() {
        "bad" => DeliveryOutcome::Retry {
            after: None,
            reason: "the endpoint answered with status 500".into(),
        },
        _ => DeliveryOutcome::Delivered(None),
    };
    let people = Scripted::new(Duration::ZERO, fails);
    let running = Running::start(&folder.path().join("aware.db"), &people);
    let others: Vec<Message> =
        (0..40).map(|n| first("alice", &format!("other {n}"), Level::Low)).collect();
    let bad = first("alice", "bad", Level::Critical);
    running.tell([vec![bad.clone()], others].concat()).await;
    people.until(|arrived| arrived.len() == 40).await;
    let attempts = people.attempts.lock().unwrap().iter().filter(|one| *one == "bad").count();
    assert!((1..=3).contains(&attempts), "{attempts}");
    let mut listed = Vec::new();
    let store = SqliteStore::open(&folder.path().join("aware.db")).unwrap();
    for _ in 0..250 {
        listed.clear();
        store.each_waiting(|one| listed.push(one)).unwrap();
        if listed.len() == 1 {
            break;
        }
        // What has just arrived is settled a moment later.
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].attempts[0].count, attempts as u64);
    assert!(listed[0].attempts[0].problem.contains("500"));
    people.heal();
    people.until(|arrived| arrived.contains(&"bad".to_owned())).await;
    running.kill().await;
}

#[tokio::test]
async fn what_was_refused_is_kept_and_sent_again_to_whoever_refused_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("aware.db");
    let people =
        Scripted::new(Duration::ZERO, |_| DeliveryOutcome::Refused("Slack said no_service".into()));
    let running = Running::start(&path, &people);
    running.tell(vec![first("alice", "one", Level::High), first("alice", "two", Level::Low)]).await;
    let store = SqliteStore::open(&path).unwrap();
    // The third is the message about the refusals, which there is no other destination to take.
    while store.refused_count().unwrap() < 3 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let mut refused = BTreeSet::new();
    store
        .each_refused(|one| {
            assert_eq!((one.problem.as_str(), one.attempts), ("Slack said no_service", 1));
            refused.insert(one.message.subject);
        })
        .unwrap();
    assert!(refused.is_superset(&["one".to_owned(), "two".to_owned()].into()), "{refused:?}");
    people.heal();
    assert_eq!(store.redrive_refused(Some("nobody")).unwrap(), 0);
    assert_eq!(store.redrive_refused(Some("people")).unwrap() as usize, refused.len());
    people
        .until(|arrived| ["one", "two"].iter().all(|text| position(arrived, text).is_some()))
        .await;
    assert_eq!(store.refused_count().unwrap(), 0);
    running.kill().await;
}

#[tokio::test]
async fn what_a_muted_route_leaves_out_is_counted_and_not_sent_later() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("aware.db")).unwrap();
    let store: Arc<dyn Store> = Arc::new(FallbackStore::new(Arc::new(store)));
    let topic: Arc<dyn Topic> = Arc::new(LocalTopic::new(16));
    let people = Scripted::new(Duration::ZERO, |_| DeliveryOutcome::Delivered(None));
    let always = TimeWindow {
        name: "always".to_owned(),
        days: Vec::new(),
        from: ClockTime::MIDNIGHT,
        to: ClockTime::DAY_END,
        zone: jiff::tz::TimeZone::UTC,
    };
    let to = vec!["people".to_owned()];
    let half = DestinationHalf::new(
        Arc::clone(&store),
        Arc::clone(&topic),
        Arc::new(SystemClock),
        vec![Arc::clone(&people) as _],
        vec![MessageRoute { mute: vec![always], to, ..MessageRoute::default() }],
    );
    let task = tokio::spawn(Arc::clone(&half).run_until_closed());
    let messages =
        vec![first("alice", "quiet", Level::High), first("alice", "loud", Level::Critical)];
    keep(&*store, messages.clone()).await;
    topic.publish_all(messages).await;
    people.until(|arrived| arrived.len() == 1).await;
    topic.close();
    task.await.unwrap();
    assert_eq!(people.arrived(), ["loud"], "critical messages are never muted");
    assert_eq!(half.counts.muted.load(std::sync::atomic::Ordering::Relaxed), 1);
    assert!(store.list_outbox().await.unwrap().is_empty(), "nothing waits for the morning");
}
