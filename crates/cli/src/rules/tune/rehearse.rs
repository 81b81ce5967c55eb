//! Plays records as if they came live: through the source half of the daemon, with its clock at the
//! time of the records, and a topic that counts.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use aware_cases::case::Case;
use aware_cases::group::RepeatIntervals;
use aware_cases::tell::TellingLimits;
use aware_core::envelope::{EnvelopeKind, S3Object};
use aware_core::event::Level;
use aware_core::message::{Message, MessageKind};
use aware_core::route::{MessageRoute, destinations_for};
use aware_pipeline::case_record::CaseRecord;
use aware_pipeline::port::{
    CaseFilter, Clock, Delivery, Input, InputError, Store, Topic, TopicError,
};
use aware_pipeline::rule_set::RuleSet;
use aware_pipeline::source::SourceHalf;
use aware_pipeline::store::fallback::FallbackStore;
use aware_pipeline::store::memory::MemoryStore;
use jiff::{SignedDuration, Timestamp};

use super::collect::KeptRecord;

/// The records of this long are delivered together, as CloudTrail does.
const DELIVERY: SignedDuration = SignedDuration::from_mins(5);
/// When the daemon's clock ticks after the last delivery, in minutes; then once a day.
const TICKS: [i64; 6] = [1, 6, 60, 250, 500, 750];
/// A day.
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// How many cases are read at once.
const CASES: usize = 10_000;

/// A message that would have been sent.
pub(super) struct TuneMessage {
    pub(super) time: Timestamp,
    pub(super) level: Level,
    /// Its case; `None` for one about many, such as a storm's, and for groups.
    pub(super) case: Option<String>,
    /// The id of the rule of its group, and whom it is about.
    pub(super) group: Option<(String, String)>,
}

/// What would have been sent, and about which cases.
pub(super) struct Rehearsal {
    pub(super) messages: Vec<TuneMessage>,
    /// How many messages no route takes.
    pub(super) unrouted: u64,
    pub(super) cases: Vec<Case>,
}

/// How the daemon is set.
pub(super) struct TuneSettings {
    pub(super) intervals: RepeatIntervals,
    pub(super) limits: TellingLimits,
    pub(super) routes: Vec<MessageRoute>,
    /// Until when the logs reach.
    pub(super) logs_until: Timestamp,
}

/// Plays records that are in the order of time.
///
/// # Errors
/// If cases cannot be read back.
pub(super) async fn rehearse(
    records: &[KeptRecord],
    rules: Arc<RuleSet>,
    settings: TuneSettings,
) -> Result<Rehearsal, String> {
    let TuneSettings { intervals, limits, routes, logs_until } = settings;
    let store = Arc::new(FallbackStore::new(Arc::new(MemoryStore::default())));
    let topic = Arc::new(CountingTopic { routes, counts: Mutex::default() });
    let start = records.first().map_or(Timestamp::UNIX_EPOCH, |record| record.time);
    let clock = Arc::new(RecordClock(Mutex::new(start)));
    let source = SourceHalf::new(
        Arc::clone(&store),
        Arc::clone(&topic) as _,
        Arc::clone(&clock) as _,
        intervals,
        rules,
    )
    .with_case_limits(limits);
    let mut rest = records;
    while let Some(first) = rest.first() {
        tick_until(&source, &clock, &topic, first.time).await;
        let end = first.time + DELIVERY;
        let count = rest.iter().take_while(|record| record.time < end).count();
        let (now, later) = rest.split_at_checked(count).unwrap_or((rest, &[]));
        rest = later;
        clock.advance_to(end);
        topic.set_time(end);
        source.drain_input(&mut OneBody::with_records(now)).await;
        source.run_tick().await;
    }
    tick_until(&source, &clock, &topic, logs_until).await;
    let page = store.list_cases(&CaseFilter::default(), None, CASES).await;
    let page = page.map_err(|error| error.to_string())?;
    let cases = page.cases.iter().filter_map(|stored| CaseRecord::from_stored(stored).ok());
    let cases = cases.map(|record| record.case).collect();
    let counts = topic.take_counts();
    Ok(Rehearsal { messages: counts.messages, unrouted: counts.unrouted, cases })
}

/// Lets time pass without deliveries.
async fn tick_until(
    source: &SourceHalf,
    clock: &RecordClock,
    topic: &CountingTopic,
    until: Timestamp,
) {
    let start = clock.now();
    let soon = TICKS.into_iter().map(SignedDuration::from_mins);
    let days = (1..).map(|day| DAY * day);
    let times = soon.chain(days).map_while(|after| start.checked_add(after).ok());
    for now in times.take_while(|now| *now < until) {
        clock.advance_to(now);
        topic.set_time(now);
        source.run_tick().await;
    }
}

struct RecordClock(Mutex<Timestamp>);

impl RecordClock {
    fn advance_to(&self, time: Timestamp) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = time;
    }
}

impl Clock for RecordClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts messages about findings.
struct CountingTopic {
    routes: Vec<MessageRoute>,
    counts: Mutex<TopicCounts>,
}

#[derive(Default)]
struct TopicCounts {
    now: Timestamp,
    messages: Vec<TuneMessage>,
    unrouted: u64,
}

impl CountingTopic {
    fn set_time(&self, time: Timestamp) {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).now = time;
    }

    fn take_counts(&self) -> TopicCounts {
        std::mem::take(&mut self.counts.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[async_trait]
impl Topic for CountingTopic {
    async fn publish(&self, message: Message) -> Result<(), TopicError> {
        if !matches!(message.kind, MessageKind::Finding | MessageKind::Update) {
            return Ok(());
        }
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let is_unsent = destinations_for(&message, &self.routes, &[]).is_empty();
        if !self.routes.is_empty() && is_unsent {
            counts.unrouted += 1;
            return Ok(());
        }
        let whose = message.facts.principals.values.first().cloned().unwrap_or_default();
        let rule = message.facts.rule.filter(|_| message.case.is_none());
        let told = TuneMessage {
            time: message.time.unwrap_or(counts.now),
            level: message.severity.unwrap_or(Level::Informational),
            case: message.case.map(|case| case.id),
            group: rule.map(|rule| (rule.id, whose)),
        };
        counts.messages.push(told);
        Ok(())
    }

    async fn receive(&self) -> Option<Message> {
        None
    }

    fn close(&self) {}
}

/// An input of one body.
struct OneBody(Option<Vec<u8>>);

impl OneBody {
    fn with_records(records: &[KeptRecord]) -> Self {
        let lines: Vec<&str> = records.iter().map(|record| &*record.text).collect();
        Self(Some(lines.join("\n").into_bytes()))
    }
}

#[async_trait]
impl Input for OneBody {
    fn name(&self) -> &str {
        "history"
    }

    fn resume_at(&mut self, _: &str) {}

    async fn next_delivery(&mut self) -> Result<Option<Delivery>, InputError> {
        Ok(self.0.take().map(|body| Delivery {
            origin: "history".to_owned(),
            kind: EnvelopeKind::Lines,
            body,
            token: String::new(),
            resume: None,
        }))
    }

    async fn ack_delivery(&mut self, _: &str) -> Result<(), InputError> {
        Ok(())
    }

    async fn release_delivery(&mut self, _: &str) {}

    async fn fetch_object(&self, _: &S3Object) -> Result<Vec<u8>, InputError> {
        Err(InputError::Gone("history has no objects".to_owned()))
    }
}
