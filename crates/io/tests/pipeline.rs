//! The two halves together, with failures that only a fake can produce.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use aware_cases::group::{FindingGroup, RepeatIntervals};
use aware_core::envelope::{EnvelopeKind as Envelope, S3Object};
use aware_core::fingerprint::Fingerprint;
use aware_core::message::{Message, MessageKind};
use aware_io::topic::local::LocalTopic;
use aware_pipeline::deliver::DestinationHalf;
use aware_pipeline::port::*;
use aware_pipeline::source::SourceHalf;
use aware_pipeline::store::fallback::FallbackStore;
use aware_pipeline::store::memory::MemoryStore;
use jiff::Timestamp;

/// Bodies from a list; remembers what was acknowledged and released.
#[derive(Default)]
struct List {
    bodies: VecDeque<Vec<u8>>,
    objects: HashMap<String, Vec<u8>>,
    acked: usize,
    released: usize,
}

#[async_trait]
impl Input for List {
    fn name(&self) -> &str {
        "list"
    }

    fn resume_at(&mut self, _place: &str) {}

    async fn next_delivery(&mut self) -> Result<Option<Delivery>, InputError> {
        let delivery = |body| Delivery {
            origin: "list".into(),
            kind: Envelope::Any,
            body,
            token: String::new(),
            resume: None,
        };
        Ok(self.bodies.pop_front().map(delivery))
    }

    async fn ack_delivery(&mut self, _token: &str) -> Result<(), InputError> {
        self.acked += 1;
        Ok(())
    }

    async fn release_delivery(&mut self, _token: &str) {
        self.released += 1;
    }

    async fn fetch_object(&self, object: &S3Object) -> Result<Vec<u8>, InputError> {
        let later = || InputError::Later("not now".into());
        self.objects.get(&object.key).cloned().ok_or_else(later)
    }
}

/// Answers from a list, then success; remembers what arrived.
struct Scripted {
    name: &'static str,
    answers: Mutex<VecDeque<DeliveryOutcome>>,
    arrived: Mutex<Vec<(Message, Option<String>)>>,
}

impl Scripted {
    fn new(name: &'static str, answers: Vec<DeliveryOutcome>) -> Arc<Self> {
        Arc::new(Self { name, answers: Mutex::new(answers.into()), arrived: Mutex::default() })
    }

    fn subjects(&self) -> Vec<(MessageKind, String, u64)> {
        let arrived = self.arrived.lock().unwrap();
        arrived
            .iter()
            .map(|(message, _)| (message.kind, message.subject.clone(), message.count))
            .collect()
    }
}

#[async_trait]
impl Destination for Scripted {
    fn name(&self) -> &str {
        self.name
    }

    async fn deliver(&self, message: &Message, thread: Option<&str>) -> DeliveryOutcome {
        let answer = self.answers.lock().unwrap().pop_front();
        let answer = answer.unwrap_or_else(|| DeliveryOutcome::Delivered(Some("thread-1".into())));
        if matches!(answer, DeliveryOutcome::Delivered(_)) {
            self.arrived.lock().unwrap().push((message.clone(), thread.map(str::to_owned)));
        }
        answer
    }
}

/// A store that is down.
struct Down;

#[async_trait]
impl Store for Down {
    async fn seen_events(&self, _: &[EventKey]) -> Result<Vec<bool>, StoreError> {
        Err(StoreError::Down("down".into()))
    }
    async fn load_tallies(
        &self,
        _: &[Fingerprint],
    ) -> Result<HashMap<Fingerprint, FindingGroup>, StoreError> {
        Err(StoreError::Down("down".into()))
    }
    async fn untold_tallies(&self) -> Result<Vec<FindingGroup>, StoreError> {
        Err(StoreError::Down("down".into()))
    }
    async fn load_cases(&self, _: &[String]) -> Result<Vec<StoredCase>, StoreError> {
        Err(StoreError::Down("down".into()))
    }
    async fn due_cases(&self, _: Timestamp, _: usize) -> Result<Vec<StoredCase>, StoreError> {
        Err(StoreError::Down("down".into()))
    }
    async fn list_cases(
        &self,
        _: &CaseFilter,
        _: Option<&str>,
        _: usize,
    ) -> Result<CasePage, StoreError> {
        Err(StoreError::Down("down".into()))
    }
    async fn commit(&self, _: StepCommit, _: Timestamp) -> Result<(), StoreError> {
        Err(StoreError::Down("down".into()))
    }
    async fn list_outbox(&self) -> Result<Vec<Message>, StoreError> {
        Err(StoreError::Down("down".into()))
    }
    async fn settled_destinations(&self, _: &str) -> Result<Vec<String>, StoreError> {
        Err(StoreError::Down("down".into()))
    }
    async fn settle_message(&self, _: SettledMessage<'_>) -> Result<(), StoreError> {
        Err(StoreError::Down("down".into()))
    }
    async fn finish_message(&self, _: &str) -> Result<(), StoreError> {
        Err(StoreError::Down("down".into()))
    }
    async fn last_thread(&self, _: &str, _: &Fingerprint) -> Result<Option<String>, StoreError> {
        Err(StoreError::Down("down".into()))
    }
    async fn resume_place(&self, _: &str) -> Result<Option<String>, StoreError> {
        Err(StoreError::Down("down".into()))
    }
    async fn read_note(&self, _: &str) -> Result<Option<String>, StoreError> {
        Err(StoreError::Down("down".into()))
    }
    async fn list_notes(&self, _: &str) -> Result<Vec<(String, String)>, StoreError> {
        Err(StoreError::Down("down".into()))
    }
    async fn list_windows(&self) -> Result<Vec<aware_pipeline::port::MemoryWindow>, StoreError> {
        Err(StoreError::Down("down".into()))
    }

    async fn load_windows(&self, _: &[String]) -> Result<Vec<MemoryWindow>, StoreError> {
        Err(StoreError::Down("down".into()))
    }

    async fn forget_before(&self, _: Timestamp) -> Result<(), StoreError> {
        Err(StoreError::Down("down".into()))
    }
}

/// A clock that the test sets.
struct Hand(Mutex<Timestamp>);

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

fn denied(user: &str, id: &str, by: &str) -> String {
    format!(
        r#"{{"eventVersion":"1.11","userIdentity":{{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/{user}"{by}}},"eventTime":"2026-11-24T03:54:00Z","eventSource":"iam.amazonaws.com","eventName":"ListUsers","awsRegion":"us-east-1","sourceIPAddress":"192.0.2.1","errorCode":"AccessDenied","eventID":"{id}","recipientAccountId":"111122223333"}}"#
    )
}

fn body(records: &[String]) -> Vec<u8> {
    format!("{{\"Records\":[{}]}}", records.join(",")).into_bytes()
}

/// Both halves around a store and destinations, with a settable clock.
struct World {
    source: SourceHalf,
    topic: Arc<dyn Topic>,
    deliver: Arc<DestinationHalf>,
    clock: Arc<Hand>,
}

fn world(store: Arc<dyn Store>, destinations: &[Arc<Scripted>]) -> World {
    let clock = Arc::new(Hand(Mutex::new("2026-11-24T04:00:00Z".parse().unwrap())));
    let store = Arc::new(FallbackStore::new(store));
    let topic: Arc<dyn Topic> = Arc::new(LocalTopic::new(64));
    let destinations = destinations.iter().map(|d| Arc::clone(d) as Arc<dyn Destination>).collect();
    let deliver = DestinationHalf::new(
        Arc::clone(&store) as _,
        Arc::clone(&topic),
        Arc::clone(&clock) as _,
        destinations,
        Vec::new(),
    );
    let source = SourceHalf::new(
        store,
        Arc::clone(&topic),
        Arc::clone(&clock) as _,
        RepeatIntervals::default(),
        Arc::default(),
    );
    World { source, topic, deliver, clock }
}

impl World {
    fn later(&self, seconds: i64) {
        let mut now = self.clock.0.lock().unwrap();
        *now += jiff::SignedDuration::from_secs(seconds);
    }

    async fn settle(self) {
        self.topic.close();
        self.deliver.run_until_closed().await;
    }
}

#[tokio::test]
async fn repeats_are_told_by_and_by_and_in_the_thread() {
    let people = Scripted::new("people", vec![]);
    let world = world(Arc::new(MemoryStore::default()), &[Arc::clone(&people)]);
    let bodies = [
        body(&[denied("alice", "1", "")]),
        body(&[denied("alice", "1", ""), denied("alice", "2", ""), denied("alice", "3", "")]),
    ];
    let mut input = List { bodies: bodies.into(), ..List::default() };
    world.source.drain_input(&mut input).await;
    world.source.run_tick().await;
    world.later(301);
    world.source.run_tick().await;
    world.source.run_tick().await;
    assert_eq!(input.acked, 2);
    world.settle().await;
    let subject = "user/alice was denied iam:ListUsers".to_owned();
    assert_eq!(
        people.subjects(),
        [(MessageKind::Finding, subject.clone(), 1), (MessageKind::Update, subject, 3)]
    );
    assert_eq!(people.arrived.lock().unwrap()[1].1.as_deref(), Some("thread-1"));
}

#[tokio::test]
async fn services_are_told_once_a_day() {
    let people = Scripted::new("people", vec![]);
    let world = world(Arc::new(MemoryStore::default()), &[Arc::clone(&people)]);
    let by = r#","invokedBy":"config.amazonaws.com""#;
    let service = |id: u32| denied("x", &id.to_string(), by).replace("IAMUser", "AWSService");
    let records: Vec<String> = (0..5).map(service).collect();
    world
        .source
        .drain_input(&mut List { bodies: [body(&records)].into(), ..List::default() })
        .await;
    for _ in 0..26 {
        world.source.run_tick().await;
        world.later(3600);
    }
    world.settle().await;
    let subject =
        "5 denials of AWS services acting for themselves in account 111122223333".to_owned();
    assert_eq!(people.subjects(), [(MessageKind::Digest, subject, 5)]);
}

#[tokio::test]
async fn when_the_store_is_down_messages_go_out_and_nothing_is_acknowledged() {
    let people = Scripted::new("people", vec![]);
    let world = world(Arc::new(Down), &[Arc::clone(&people)]);
    let again = body(&[denied("alice", "1", "")]);
    let mut input = List { bodies: [again.clone(), again].into(), ..List::default() };
    world.source.drain_input(&mut input).await;
    assert_eq!((input.acked, input.released), (0, 2));
    world.settle().await;
    assert_eq!(people.subjects().len(), 1, "what comes again is known in memory");
    let arrived = people.arrived.lock().unwrap();
    let note = arrived[0].0.field_text("Note").unwrap();
    assert!(note.contains("store does not answer"), "{note}");
}

/// A topic that keeps what it accepts, like SNS, and accepts nothing at first.
#[derive(Default)]
struct Durable {
    works: std::sync::atomic::AtomicBool,
    taken: Mutex<Vec<String>>,
}

#[async_trait]
impl Topic for Durable {
    fn is_durable(&self) -> bool {
        true
    }

    async fn publish(&self, message: Message) -> Result<(), TopicError> {
        if !self.works.load(std::sync::atomic::Ordering::Relaxed) {
            return Err(TopicError::Later("throttled".into()));
        }
        self.taken.lock().unwrap().push(message.subject);
        Ok(())
    }

    async fn receive(&self) -> Option<Message> {
        None
    }

    fn close(&self) {}
}

#[tokio::test]
async fn a_message_that_the_topic_did_not_take_waits() {
    let topic = Arc::new(Durable::default());
    let store = Arc::new(FallbackStore::new(Arc::new(MemoryStore::default())));
    let source = SourceHalf::new(
        Arc::clone(&store),
        Arc::clone(&topic) as _,
        Arc::new(SystemClock),
        RepeatIntervals::default(),
        Arc::default(),
    );
    let mut input = List { bodies: [body(&[denied("alice", "1", "")])].into(), ..List::default() };
    source.drain_input(&mut input).await;
    assert_eq!(
        (input.acked, store.list_outbox().await.unwrap().len()),
        (1, 1),
        "it is safe, and waits"
    );
    topic.works.store(true, std::sync::atomic::Ordering::Relaxed);
    source.republish_outbox().await;
    source.republish_outbox().await;
    assert_eq!(topic.taken.lock().unwrap().len(), 1, "once");
    assert!(store.list_outbox().await.unwrap().is_empty(), "what the topic took leaves the outbox");
}

#[tokio::test]
async fn an_object_that_cannot_be_read_now_makes_its_notice_come_again() {
    let people = Scripted::new("people", vec![]);
    let world = world(Arc::new(MemoryStore::default()), &[Arc::clone(&people)]);
    let notice = |key: &str| format!(r#"{{"s3Bucket":"b","s3ObjectKey":["{key}"]}}"#).into_bytes();
    let objects = [("there".to_owned(), body(&[denied("alice", "1", "")]))].into();
    let mut input =
        List { bodies: [notice("there"), notice("away")].into(), objects, ..List::default() };
    world.source.drain_input(&mut input).await;
    assert_eq!((input.acked, input.released), (1, 1));
    world.settle().await;
    assert_eq!(people.subjects().len(), 1);
}

#[tokio::test]
async fn what_is_put_off_arrives_and_what_is_refused_is_told_to_the_others() {
    let later =
        DeliveryOutcome::Retry { after: Some(Duration::from_millis(5)), reason: "busy".into() };
    let slow = Scripted::new("slow", vec![later]);
    let wrong = Scripted::new("wrong", vec![DeliveryOutcome::Refused("no such channel".into())]);
    let world = world(Arc::new(MemoryStore::default()), &[Arc::clone(&slow), Arc::clone(&wrong)]);
    world
        .source
        .drain_input(&mut List {
            bodies: [body(&[denied("alice", "1", "")])].into(),
            ..List::default()
        })
        .await;
    let delivering = tokio::spawn(Arc::clone(&world.deliver).run_until_closed());
    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    while slow.subjects().len() < 2 && tokio::time::Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    world.topic.close();
    delivering.await.unwrap();
    let mut subjects: Vec<String> =
        slow.subjects().into_iter().map(|(_, subject, _)| subject).collect();
    subjects.sort();
    assert_eq!(
        subjects,
        ["A destination refused a message", "user/alice was denied iam:ListUsers"]
    );
    let counts = &world.deliver.counts;
    let count =
        |counter: &std::sync::atomic::AtomicU64| counter.load(std::sync::atomic::Ordering::Relaxed);
    assert_eq!((count(&counts.retried), count(&counts.refused)), (1, 1));
}

/// The call that a canary makes, as it appears in the log.
fn canary(id: &str, request: &str) -> String {
    denied("source", id, "")
        .replace("iam.amazonaws.com", "dynamodb.amazonaws.com")
        .replace("ListUsers", "ListTables")
        .replace(r#""eventID""#, &format!(r#""requestID":"{request}","eventID""#))
}

#[tokio::test]
async fn a_canary_that_comes_back_is_a_sign_of_life_and_nobody_else_passes_for_it() {
    let world = world(Arc::new(MemoryStore::default()), &[]);
    world.source.record_canary_call("REQUEST").await;
    world.later(90);
    let bodies = vec![body(&[canary("1", "REQUEST")]), body(&[canary("1", "REQUEST")])];
    let mut input = List { bodies: bodies.into(), ..List::default() };
    world.source.drain_input(&mut input).await;
    let told = world.topic.receive().await.unwrap();
    assert_eq!((told.kind, told.tag_value("canary")), (MessageKind::Heartbeat, Some("90")));
    // Neither the same request under another id nor another request is a canary.
    let bodies = vec![body(&[canary("2", "REQUEST"), canary("3", "OTHER")])];
    let mut input = List { bodies: bodies.into(), ..List::default() };
    world.source.drain_input(&mut input).await;
    let told = world.topic.receive().await.unwrap();
    assert_eq!((told.kind, told.subject.contains("ListTables")), (MessageKind::Finding, true));
}

#[tokio::test]
async fn an_account_that_logs_no_more_is_told_once_and_when_it_is_heard_again() {
    let world = world(Arc::new(MemoryStore::default()), &[]);
    let hour = async |world: &World, is_heard: bool| {
        for _ in 0..4 {
            world.later(900);
            world.source.run_tick().await;
        }
        if is_heard {
            let now = world.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
            let record = denied("alice", &now, "").replace("2026-11-24T03:54:00Z", &now);
            // The record matches no rule, so that only the place is reported.
            let record = record.replace(r#""errorCode":"AccessDenied","#, "");
            let mut input = List { bodies: vec![body(&[record])].into(), ..List::default() };
            world.source.drain_input(&mut input).await;
        }
    };
    for _ in 0..100 {
        hour(&world, true).await;
    }
    for _ in 0..12 {
        hour(&world, false).await;
    }
    hour(&world, true).await;
    hour(&world, true).await;
    world.topic.close();
    let mut told = Vec::new();
    while let Some(message) = world.topic.receive().await {
        told.push((message.kind, message.subject));
    }
    let silent = "Silent: 111122223333 us-east-1 has stopped logging".to_owned();
    let again = "An account that was silent logs again".to_owned();
    assert_eq!(told, [(MessageKind::System, silent), (MessageKind::System, again)]);
}
