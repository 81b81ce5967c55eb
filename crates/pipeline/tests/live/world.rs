//! A source half with a memory of its own, a clock that the test sets, and a topic that keeps what
//! it is told.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use aware_cases::case::Case;
use aware_cases::group::RepeatIntervals;
use aware_core::envelope::{EnvelopeKind, S3Object};
use aware_core::message::Message;
use aware_pipeline::case_record::CaseRecord;
use aware_pipeline::port::{
    CaseFilter, Clock, Delivery, Input, InputError, Store, Topic, TopicError,
};
use aware_pipeline::rule_set::{RuleSet, RuleSetParts};
use aware_pipeline::source::SourceHalf;
use aware_pipeline::store::fallback::FallbackStore;
use aware_pipeline::store::memory::MemoryStore;
use aware_rules::correlate::CompiledCorrelations;
use aware_rules::shipped::load_shipped;
use jiff::{SignedDuration, Timestamp};

use crate::story::records::Call;

/// A second of the day of the records.
pub(crate) fn at(second: i64) -> Timestamp {
    let start: Timestamp = "2026-11-24T00:00:00Z".parse().unwrap();
    start + SignedDuration::from_secs(second)
}

struct HandClock(Mutex<Timestamp>);

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

#[derive(Default)]
struct ToldTopic(Mutex<Vec<Message>>);

#[async_trait]
impl Topic for ToldTopic {
    async fn publish(&self, message: Message) -> Result<(), TopicError> {
        self.0.lock().unwrap().push(message);
        Ok(())
    }

    async fn receive(&self) -> Option<Message> {
        None
    }

    fn close(&self) {}
}

struct BodyList {
    bodies: VecDeque<Vec<u8>>,
    released: usize,
}

#[async_trait]
impl Input for BodyList {
    fn name(&self) -> &str {
        "list"
    }

    fn resume_at(&mut self, _: &str) {}

    async fn next_delivery(&mut self) -> Result<Option<Delivery>, InputError> {
        Ok(self.bodies.pop_front().map(|body| Delivery {
            origin: "test".to_owned(),
            kind: EnvelopeKind::Any,
            body,
            token: "t".to_owned(),
            resume: Some("place".to_owned()),
        }))
    }

    async fn ack_delivery(&mut self, _: &str) -> Result<(), InputError> {
        Ok(())
    }

    async fn release_delivery(&mut self, _: &str) {
        self.released += 1;
    }

    async fn fetch_object(&self, _: &S3Object) -> Result<Vec<u8>, InputError> {
        Err(InputError::Gone("nothing".to_owned()))
    }
}

pub(crate) struct LiveWorld {
    source: SourceHalf,
    pub(crate) store: Arc<FallbackStore>,
    topic: Arc<ToldTopic>,
    clock: Arc<HandClock>,
}

impl LiveWorld {
    /// A world at a second of the day.
    pub(crate) fn at(second: i64) -> Self {
        Self::with_store(second, Arc::new(MemoryStore::default()))
    }

    /// The same, with a store.
    pub(crate) fn with_store(second: i64, store: Arc<dyn Store>) -> Self {
        Self::with_rules(second, store, denied_calls_alone())
    }

    /// The same, with all rules that ship.
    pub(crate) fn with_shipped_rules(second: i64) -> Self {
        Self::with_rules(second, Arc::new(MemoryStore::default()), RuleSet::default())
    }

    /// The same, with these rules.
    pub(crate) fn with_rule_set(second: i64, rules: Arc<RuleSet>) -> Self {
        Self::with_shared_rules(second, Arc::new(MemoryStore::default()), rules)
    }

    fn with_rules(second: i64, store: Arc<dyn Store>, rules: RuleSet) -> Self {
        Self::with_shared_rules(second, store, Arc::new(rules))
    }

    fn with_shared_rules(second: i64, store: Arc<dyn Store>, rules: Arc<RuleSet>) -> Self {
        let store = Arc::new(FallbackStore::new(store));
        let topic = Arc::new(ToldTopic::default());
        let clock = Arc::new(HandClock(Mutex::new(at(second))));
        let source = SourceHalf::new(
            Arc::clone(&store),
            Arc::clone(&topic) as _,
            Arc::clone(&clock) as _,
            RepeatIntervals::default(),
            rules,
        );
        Self { source, store, topic, clock }
    }

    /// Takes bodies with these records.
    pub(crate) async fn take(&self, bodies: &[Vec<Call>]) {
        let body = |calls: &Vec<Call>| {
            let records: Vec<String> = calls.iter().map(Call::json).collect();
            format!("{{\"Records\":[{}]}}", records.join(",")).into_bytes()
        };
        self.take_bodies(bodies.iter().map(body)).await;
    }

    /// Takes bodies as they are.
    pub(crate) async fn take_bodies(&self, bodies: impl Iterator<Item = Vec<u8>>) {
        let mut input = BodyList { bodies: bodies.collect(), released: 0 };
        self.source.drain_input(&mut input).await;
        assert_eq!(input.released, 0);
    }

    /// Lets time pass, with a tick every thirty seconds, or fewer in a long time.
    pub(crate) async fn advance(&self, seconds: i64) {
        let step = (seconds / 400).max(30).min(seconds.max(1));
        let mut left = seconds;
        while left > 0 {
            let now = step.min(left);
            *self.clock.0.lock().unwrap() += SignedDuration::from_secs(now);
            left -= now;
            self.source.run_tick().await;
        }
    }

    /// Everything that was told.
    pub(crate) fn messages(&self) -> Vec<Message> {
        self.topic.0.lock().unwrap().clone()
    }

    /// The stored cases that are not part of others.
    pub(crate) async fn cases(&self) -> Vec<Case> {
        let page = self.store.list_cases(&CaseFilter::default(), None, 10_000).await.unwrap();
        let records = page.cases.iter().map(|stored| CaseRecord::from_stored(stored).unwrap());
        records.filter(|one| one.telling.status.is_open()).map(|one| one.case).collect()
    }
}

/// The rule about denied calls, without the others that ship.
fn denied_calls_alone() -> RuleSet {
    let rules = load_shipped().rules.into_iter();
    let rules = rules.map(|rule| (rule.about.id == "aws-denied-call", rule));
    RuleSet::new(RuleSetParts {
        rules: rules.map(|(on, rule)| (rule, on)).collect(),
        correlations: CompiledCorrelations::default(),
        suppressions: Vec::new(),
        lateness: None,
    })
}
