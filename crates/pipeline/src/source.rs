//! The source half of the daemon: takes deliveries, publishes messages on the topic, and
//! acknowledges last.

mod canary;
mod ears;
mod group_message;
mod keep;
mod look;
mod memory;
mod periodic;
mod places;
mod rejects;
mod state;
mod step;
mod turn;
mod untold;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aware_cases::group::Intervals;
use aware_cases::message;
use aware_core::envelope::decompress::Limits;
use aware_core::event::Level;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Mutex, RwLock, watch};
use tracing::Instrument;

use super::detect::{Detected, Detector};
use crate::port::{Clock, Commit, Input, InputError, Progress, Store, Topic};
use crate::rule_set::RuleSet;
use crate::store::fallback::FallbackStore;
use aware_cases::message::SubjectStyle;
use memory::Memory;

/// The note with the time when events were last taken.
pub const LAST_EVENT: &str = "last-event";
/// The note with the time when messages were last published.
pub const LAST_MESSAGE: &str = "last-message";
/// The note with the time when the schedule last woke the source, rounded to ten minutes.
pub const LAST_TICK: &str = "last-tick";

/// How long to wait for an input that does not answer.
const LATER: std::time::Duration = std::time::Duration::from_secs(5);

/// Counters of the source half, for the summary and the log.
#[derive(Debug, Default)]
pub struct Counts {
    /// Bodies taken.
    pub deliveries: AtomicU64,
    /// Records seen.
    pub records: AtomicU64,
    /// Records that are events.
    pub events: AtomicU64,
    /// What could not be read.
    pub rejects: AtomicU64,
    /// What holds no records: control messages, digest files, other services' logs.
    pub skipped: AtomicU64,
    /// Findings, each event once.
    pub findings: AtomicU64,
    /// Repeated deliveries of an event.
    pub duplicates: AtomicU64,
    /// Messages published.
    pub published: AtomicU64,
}

/// The source half: shared by all inputs of one process.
pub struct Source {
    store: Arc<FallbackStore>,
    topic: Arc<dyn Topic>,
    clock: Arc<dyn Clock>,
    intervals: RwLock<Intervals>,
    rules: RwLock<Arc<RuleSet>>,
    rejects: untold::Rejects,
    /// Places that were recently heard from.
    ears: ears::Ears,
    /// When it was last reported that the store is down.
    down_told: std::sync::Mutex<Option<Timestamp>>,
    /// Locked while tallies are read, changed and committed.
    grouping: Mutex<Memory>,
    /// Limits on the size of one body.
    limits: RwLock<Limits>,
    /// Remembers, beyond the end of the process, what is being read.
    progress: Option<Arc<dyn Progress>>,
    /// The style of subject and metadata in findings.
    style: RwLock<SubjectStyle>,
    /// Counters.
    pub counts: Counts,
}

/// Whether a delivery may be acknowledged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Safe {
    #[default]
    Yes,
    /// The store is down: everything is published, but remembered only in memory.
    InMemory,
    No,
}

impl Safe {
    /// The less safe of two parts of a body.
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::InMemory, _) | (_, Self::InMemory) => Self::InMemory,
            (Self::Yes, Self::Yes) => Self::Yes,
        }
    }
}

impl Source {
    /// A source half that groups in `store` and publishes to `topic`.
    pub fn new(
        store: Arc<FallbackStore>,
        topic: Arc<dyn Topic>,
        clock: Arc<dyn Clock>,
        intervals: Intervals,
        rules: Arc<RuleSet>,
    ) -> Self {
        let memory = Memory::new(&rules);
        Self {
            store,
            topic,
            clock,
            intervals: RwLock::new(intervals),
            rules: RwLock::new(rules),
            rejects: untold::Rejects::default(),
            ears: ears::Ears::default(),
            down_told: std::sync::Mutex::default(),
            grouping: Mutex::new(memory),
            limits: RwLock::default(),
            progress: None,
            style: RwLock::default(),
            counts: Counts::default(),
        }
    }

    /// The same, with other limits on the size of a body.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        Self { limits: RwLock::new(limits), ..self }
    }

    /// Applies other limits to inputs that start from now on.
    pub async fn set_limits(&self, limits: Limits) {
        *self.limits.write().await = limits;
    }

    /// The same, setting aside bodies under which the process died repeatedly.
    #[must_use]
    pub fn with_progress(self, progress: Option<Arc<dyn Progress>>) -> Self {
        Self { progress, ..self }
    }

    /// The same, with another style of subject and metadata.
    #[must_use]
    pub fn with_subject_style(self, style: SubjectStyle) -> Self {
        Self { style: RwLock::new(style), ..self }
    }

    /// Applies another style without a restart.
    pub async fn set_subject_style(&self, style: SubjectStyle) {
        *self.style.write().await = style;
    }

    async fn subject_style(&self) -> SubjectStyle {
        *self.style.read().await
    }

    async fn detector(&self, rules: Arc<RuleSet>) -> Detector {
        Detector::listening(rules).with_limits(*self.limits.read().await)
    }

    /// Takes everything from an input until it ends.
    pub async fn drain(&self, input: &mut dyn Input) {
        let (_never, stop) = watch::channel(false);
        self.drain_until(input, stop).await;
    }

    /// Takes everything from an input until it ends or `stop` turns true. The delivery in progress
    /// is finished first.
    pub async fn drain_until(&self, input: &mut dyn Input, mut stop: watch::Receiver<bool>) {
        let mut detector = self.detector(self.rules().await).await;
        loop {
            let next = tokio::select! {
                biased;
                () = stopped(&mut stop) => return,
                next = input.next() => next,
            };
            match next {
                Ok(Some(delivery)) => {
                    let rules = self.rules().await;
                    if !Arc::ptr_eq(&rules, detector.rules()) {
                        detector = self.detector(rules).await;
                    }
                    // What is logged on the way says what it was about.
                    let span = tracing::info_span!("delivery", origin = delivery.origin);
                    self.watched(&mut detector, input, delivery).instrument(span).await;
                }
                Ok(None) => return,
                Err(InputError::Later(problem)) => {
                    tracing::warn!(input = input.name(), problem, "input cannot be read; retrying");
                    tokio::select! {
                        () = stopped(&mut stop) => return,
                        () = tokio::time::sleep(LATER) => {}
                    }
                }
                Err(error) => self.unreadable(input.name(), &error.to_string(), 1),
            }
        }
    }

    fn count(&self, origin: &str, detected: &Detected) {
        self.counts.records.fetch_add(detected.records, Ordering::Relaxed);
        self.counts.events.fetch_add(detected.events, Ordering::Relaxed);
        self.counts.skipped.fetch_add(detected.skipped, Ordering::Relaxed);
        if let Some(first) = detected.rejects.first() {
            self.unreadable(origin, &first.to_string(), detected.rejects.total());
        }
    }

    /// Publishes again what the topic did not take, for topics that keep messages. True if it took
    /// everything.
    pub async fn replay(&self) -> bool {
        let waiting = self.store.outbox().await.unwrap_or_default();
        self.hand_over(waiting).await
    }

    /// The rules in force.
    pub async fn rules(&self) -> Arc<RuleSet> {
        Arc::clone(&*self.rules.read().await)
    }

    /// Applies other rules without a restart. What correlations remember is kept as far as they are
    /// the same.
    pub async fn set_rules(&self, rules: Arc<RuleSet>) {
        let mut memory = self.grouping.lock().await;
        memory.correlator.engine().reload(Arc::clone(rules.correlations()));
        *self.rules.write().await = rules;
    }

    /// Applies other intervals without a restart.
    pub async fn set_intervals(&self, intervals: Intervals) {
        *self.intervals.write().await = intervals;
    }

    /// Restores what correlations remembered in an earlier run.
    pub async fn restore(&self) {
        let mut memory = self.grouping.lock().await;
        // A store that other processes write to is read again at each step.
        if !self.store.is_shared() {
            let windows = self.store.windows().await.unwrap_or_default();
            self.take_up(&mut memory, &windows).await;
        }
    }

    /// Publishes a heartbeat. A lost one does not matter, since the next one follows.
    pub async fn beat(&self) {
        if let Err(error) = self.topic.publish(message::heartbeat(self.clock.now())).await {
            tracing::warn!(problem = %error, "heartbeat not published");
        }
    }

    /// Reads a note.
    pub async fn note(&self, name: &str) -> Option<String> {
        self.store.note(name).await.ok().flatten()
    }

    /// Writes a note; false if another process was first.
    pub async fn set_note(&self, name: &str, value: String) -> bool {
        let _held = self.grouping.lock().await;
        let commit = Commit { notes: vec![(name.to_owned(), value)], ..Commit::default() };
        self.keep(commit, self.clock.now()).await.is_ok()
    }

    /// Claims a task that neither this process nor another has done within this interval; true if
    /// it is now ours to do.
    pub async fn is_due(&self, note: &str, every: SignedDuration) -> bool {
        let now = self.clock.now();
        let done = self.note(note).await.and_then(|text| text.parse::<Timestamp>().ok());
        done.is_none_or(|done| now.duration_since(done) >= every)
            && self.set_note(note, now.to_string()).await
    }

    /// Publishes a message about this program itself.
    pub async fn tell_system(&self, subject: &str, details: &[(&str, &str)], level: Level) {
        let _held = self.grouping.lock().await;
        let now = self.clock.now();
        let message = message::system(subject, details, level, now);
        let commit = Commit { outbox: vec![message], ..Commit::default() };
        let _ = self.keep(commit, now).await;
    }
}

/// Waits for a stop request; forever if nobody can request one any more.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    if stop.wait_for(|stop| *stop).await.is_err() {
        std::future::pending::<()>().await;
    }
}
