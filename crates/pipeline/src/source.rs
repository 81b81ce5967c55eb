//! The source half of the daemon: deliveries in, messages on the topic, acknowledge last.

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
/// The note with the time when the schedule last woke the source, to ten minutes.
pub const LAST_TICK: &str = "last-tick";

/// How long to wait for an input that does not answer.
const LATER: std::time::Duration = std::time::Duration::from_secs(5);

/// What has been done, for the line at the end and the log.
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
    /// Second deliveries of an event.
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
    /// Which places are known to be heard.
    ears: ears::Ears,
    /// When it was last told that the store is down.
    down_told: std::sync::Mutex<Option<Timestamp>>,
    /// Held while tallies are read, changed and committed.
    grouping: Mutex<Memory>,
    /// What one body may come to.
    limits: RwLock<Limits>,
    /// What is being looked at, beyond the end of the process.
    progress: Option<Arc<dyn Progress>>,
    /// How subject and metadata of findings are written.
    style: RwLock<SubjectStyle>,
    /// What has been done.
    pub counts: Counts,
}

/// Whether a delivery may be acknowledged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Safe {
    #[default]
    Yes,
    /// The store is down: all of it is told and remembered, but only in memory.
    InMemory,
    No,
}

impl Safe {
    /// Of two parts of a body the less safe.
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

    /// The same with other limits on what one body may come to.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        Self { limits: RwLock::new(limits), ..self }
    }

    /// Puts other limits in force for inputs that begin from now on.
    pub async fn set_limits(&self, limits: Limits) {
        *self.limits.write().await = limits;
    }

    /// The same, setting bodies aside under which the process died again and again.
    #[must_use]
    pub fn with_progress(self, progress: Option<Arc<dyn Progress>>) -> Self {
        Self { progress, ..self }
    }

    /// The same with subject and metadata in another style.
    #[must_use]
    pub fn with_subject_style(self, style: SubjectStyle) -> Self {
        Self { style: RwLock::new(style), ..self }
    }

    /// Puts another style in force, without a restart.
    pub async fn set_subject_style(&self, style: SubjectStyle) {
        *self.style.write().await = style;
    }

    async fn subject_style(&self) -> SubjectStyle {
        *self.style.read().await
    }

    async fn detector(&self, rules: Arc<RuleSet>) -> Detector {
        Detector::listening(rules).with_limits(*self.limits.read().await)
    }

    /// Takes everything that an input has, until it ends.
    pub async fn drain(&self, input: &mut dyn Input) {
        let (_never, stop) = watch::channel(false);
        self.drain_until(input, stop).await;
    }

    /// Takes everything that an input has, until it ends or `stop` turns true. What is in hand then
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

    /// Publishes again what the topic did not take: only where the topic keeps it from then on. Says
    /// whether it took all of it.
    pub async fn replay(&self) -> bool {
        let waiting = self.store.outbox().await.unwrap_or_default();
        self.hand_over(waiting).await
    }

    /// The rules in force.
    pub async fn rules(&self) -> Arc<RuleSet> {
        Arc::clone(&*self.rules.read().await)
    }

    /// Puts other rules in force, without a restart. What correlations remember stays, as far as
    /// they are the same.
    pub async fn set_rules(&self, rules: Arc<RuleSet>) {
        let mut memory = self.grouping.lock().await;
        memory.correlator.engine().reload(Arc::clone(rules.correlations()));
        *self.rules.write().await = rules;
    }

    /// Puts other intervals in force, without a restart.
    pub async fn set_intervals(&self, intervals: Intervals) {
        *self.intervals.write().await = intervals;
    }

    /// Takes up what correlations remembered in an earlier run.
    pub async fn restore(&self) {
        let mut memory = self.grouping.lock().await;
        // A store that others write to is read again at each step.
        if !self.store.is_shared() {
            let windows = self.store.windows().await.unwrap_or_default();
            self.take_up(&mut memory, &windows).await;
        }
    }

    /// Publishes a sign of life. One that is lost is no matter: the next one follows.
    pub async fn beat(&self) {
        if let Err(error) = self.topic.publish(message::heartbeat(self.clock.now())).await {
            tracing::warn!(problem = %error, "heartbeat not published");
        }
    }

    /// A small value that was remembered.
    pub async fn note(&self, name: &str) -> Option<String> {
        self.store.note(name).await.ok().flatten()
    }

    /// Remembers a small value; false when another process did so first.
    pub async fn set_note(&self, name: &str, value: String) -> bool {
        let _held = self.grouping.lock().await;
        let commit = Commit { notes: vec![(name.to_owned(), value)], ..Commit::default() };
        self.keep(commit, self.clock.now()).await.is_ok()
    }

    /// Whether something was not done within this time, by this process or another; then it is now.
    pub async fn is_due(&self, note: &str, every: SignedDuration) -> bool {
        let now = self.clock.now();
        let done = self.note(note).await.and_then(|text| text.parse::<Timestamp>().ok());
        done.is_none_or(|done| now.duration_since(done) >= every)
            && self.set_note(note, now.to_string()).await
    }

    /// Tells something about this program itself.
    pub async fn tell_system(&self, subject: &str, details: &[(&str, &str)], level: Level) {
        let _held = self.grouping.lock().await;
        let now = self.clock.now();
        let message = message::system(subject, details, level, now);
        let commit = Commit { outbox: vec![message], ..Commit::default() };
        let _ = self.keep(commit, now).await;
    }
}

/// Waits until a stop is asked for: for ever when nobody can ask any more.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    if stop.wait_for(|stop| *stop).await.is_err() {
        std::future::pending::<()>().await;
    }
}
