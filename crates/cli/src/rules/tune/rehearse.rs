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
/// How often the daemon's clock ticks while nothing arrives.
const TICK: SignedDuration = SignedDuration::from_mins(15);
/// How many cases are read at once.
const CASES: usize = 10_000;

/// A message that would have been sent.
pub(super) struct TuneMessage {
    pub(super) time: Timestamp,
    pub(super) level: Level,
    /// Its case; `None` for one about many, such as a storm's.
    pub(super) case: Option<String>,
}

/// What would have been sent, and about which cases.
pub(super) struct Rehearsal {
    pub(super) messages: Vec<TuneMessage>,
    pub(super) cases: Vec<Case>,
}

/// Plays records that are in the order of time.
///
/// # Errors
/// If cases cannot be read back.
pub(super) async fn rehearse(
    records: &[KeptRecord],
    rules: Arc<RuleSet>,
    intervals: RepeatIntervals,
    limits: TellingLimits,
) -> Result<Rehearsal, String> {
    let store = Arc::new(FallbackStore::new(Arc::new(MemoryStore::default())));
    let topic = Arc::new(CountingTopic::default());
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
        while clock.now() + TICK < first.time {
            clock.advance_to(clock.now() + TICK);
            source.run_tick().await;
        }
        let end = first.time + DELIVERY;
        let count = rest.iter().take_while(|record| record.time < end).count();
        let (now, later) = rest.split_at_checked(count).unwrap_or((rest, &[]));
        rest = later;
        clock.advance_to(end);
        topic.set_time(end);
        source.drain_input(&mut OneBody::with_records(now)).await;
        source.run_tick().await;
    }
    let page = store.list_cases(&CaseFilter::default(), None, CASES).await;
    let page = page.map_err(|error| error.to_string())?;
    let cases = page.cases.iter().filter_map(|stored| CaseRecord::from_stored(stored).ok());
    let cases = cases.map(|record| record.case).collect();
    Ok(Rehearsal { messages: topic.into_messages(), cases })
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
#[derive(Default)]
struct CountingTopic(Mutex<(Timestamp, Vec<TuneMessage>)>);

impl CountingTopic {
    fn set_time(&self, time: Timestamp) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0 = time;
    }

    fn into_messages(self: Arc<Self>) -> Vec<TuneMessage> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner).1)
    }
}

#[async_trait]
impl Topic for CountingTopic {
    async fn publish(&self, message: Message) -> Result<(), TopicError> {
        let is_counted = matches!(message.kind, MessageKind::Finding | MessageKind::Update);
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if is_counted {
            let time = message.time.unwrap_or(state.0);
            let level = message.severity.unwrap_or(Level::Informational);
            state.1.push(TuneMessage { time, level, case: message.case.map(|case| case.id) });
        }
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
