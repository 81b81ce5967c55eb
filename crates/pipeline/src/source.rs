//! The source half of the daemon: takes deliveries, publishes messages on the topic, and
//! acknowledges last.

mod canary;
mod case;
mod ears;
mod group_message;
mod inspect;
mod keep;
mod memory;
mod periodic;
mod places;
mod rejects;
mod retract;
mod state;
mod step;
mod untold;
mod unusual;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aware_cases::group::RepeatIntervals;
use aware_cases::message;
use aware_cases::message::SubjectStyle;
use aware_cases::tell::TellingLimits;
use aware_core::envelope::decompress::DecompressionLimits;
use aware_core::event::Level;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Mutex, RwLock, watch};
use tracing::Instrument;

use super::detect::{DetectedBody, Detector};
use crate::port::{Clock, Input, InputError, ReadProgress, StepCommit, Store, Topic};
use crate::rule_set::RuleSet;
use crate::store::fallback::FallbackStore;
use memory::SourceMemory;

/// The note with the time when events were last taken.
pub const LAST_EVENT: &str = "last-event";
/// The note with the time when messages were last published.
pub const LAST_MESSAGE: &str = "last-message";
/// The note with the time when the schedule last woke the source, rounded to ten minutes.
pub const LAST_TICK: &str = "last-tick";

/// How long to wait for an input that does not answer.
const RETRY_PAUSE: std::time::Duration = std::time::Duration::from_secs(5);

/// Counters of the source half, for the summary and the log.
#[derive(Debug, Default)]
pub struct SourceCounts {
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
pub struct SourceHalf {
    store: Arc<FallbackStore>,
    topic: Arc<dyn Topic>,
    clock: Arc<dyn Clock>,
    intervals: RwLock<RepeatIntervals>,
    /// How often a case is told; its intervals are those above.
    case_limits: RwLock<TellingLimits>,
    /// Whose other events are looked for.
    followed: Mutex<case::FollowedPrincipals>,
    rules: RwLock<Arc<RuleSet>>,
    rejects: untold::RejectTracker,
    /// Places that were recently heard from.
    recent_places: ears::RecentlySeenPlaces,
    /// When it was last reported that the store is down.
    down_reported: std::sync::Mutex<Option<Timestamp>>,
    /// Locked while tallies are read, changed and committed.
    grouping: Mutex<SourceMemory>,
    /// Limits on the size of one body.
    limits: RwLock<DecompressionLimits>,
    /// Remembers, beyond the end of the process, what is being read.
    progress: Option<Arc<dyn ReadProgress>>,
    /// The style of subject and metadata in findings.
    style: RwLock<SubjectStyle>,
    /// Counters.
    pub counts: SourceCounts,
}

/// Whether a delivery may be acknowledged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum DeliverySafety {
    #[default]
    Yes,
    /// The store is down: everything is published, but remembered only in memory.
    InMemory,
    No,
}

impl DeliverySafety {
    /// The less safe of two parts of a body.
    fn less_safe(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::InMemory, _) | (_, Self::InMemory) => Self::InMemory,
            (Self::Yes, Self::Yes) => Self::Yes,
        }
    }
}

impl SourceHalf {
    /// A source half that groups in `store` and publishes to `topic`.
    pub fn new(
        store: Arc<FallbackStore>,
        topic: Arc<dyn Topic>,
        clock: Arc<dyn Clock>,
        intervals: RepeatIntervals,
        rules: Arc<RuleSet>,
    ) -> Self {
        let memory = SourceMemory::new(&rules);
        Self {
            store,
            topic,
            clock,
            intervals: RwLock::new(intervals),
            case_limits: RwLock::default(),
            followed: Mutex::default(),
            rules: RwLock::new(rules),
            rejects: untold::RejectTracker::default(),
            recent_places: ears::RecentlySeenPlaces::default(),
            down_reported: std::sync::Mutex::default(),
            grouping: Mutex::new(memory),
            limits: RwLock::default(),
            progress: None,
            style: RwLock::default(),
            counts: SourceCounts::default(),
        }
    }

    /// The same, with other limits on the size of a body.
    #[must_use]
    pub fn with_limits(self, limits: DecompressionLimits) -> Self {
        Self { limits: RwLock::new(limits), ..self }
    }

    /// Applies other limits to inputs that start from now on.
    pub async fn set_limits(&self, limits: DecompressionLimits) {
        *self.limits.write().await = limits;
    }

    /// The same, with other limits on how often a case is told.
    #[must_use]
    pub fn with_case_limits(self, limits: TellingLimits) -> Self {
        Self { case_limits: RwLock::new(limits), ..self }
    }

    /// Applies other limits on how often a case or a group is told.
    pub async fn set_case_limits(&self, limits: TellingLimits) {
        self.set_intervals(limits.intervals).await;
        *self.case_limits.write().await = limits;
    }

    /// The same, setting aside bodies under which the process died repeatedly.
    #[must_use]
    pub fn with_progress(self, progress: Option<Arc<dyn ReadProgress>>) -> Self {
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

    async fn new_detector(&self, rules: Arc<RuleSet>) -> Detector {
        Detector::with_places(rules).with_limits(*self.limits.read().await)
    }

    /// Takes everything from an input until it ends.
    pub async fn drain_input(&self, input: &mut dyn Input) {
        let (_never, stop) = watch::channel(false);
        self.drain_until(input, stop).await;
    }

    /// Takes everything from an input until it ends or `stop` turns true. The delivery in progress
    /// is finished first.
    pub async fn drain_until(&self, input: &mut dyn Input, mut stop: watch::Receiver<bool>) {
        let mut detector = self.new_detector(self.current_rules().await).await;
        loop {
            let next = tokio::select! {
                biased;
                () = wait_for_stop(&mut stop) => return,
                next = input.next_delivery() => next,
            };
            match next {
                Ok(Some(delivery)) => {
                    let rules = self.current_rules().await;
                    if !Arc::ptr_eq(&rules, detector.rule_set()) {
                        detector = self.new_detector(rules).await;
                    }
                    // What is logged on the way says what it was about.
                    let span = tracing::info_span!("delivery", origin = delivery.origin);
                    self.process_guarded(&mut detector, input, delivery).instrument(span).await;
                }
                Ok(None) => return,
                Err(InputError::Later(problem)) => {
                    tracing::warn!(input = input.name(), problem, "input cannot be read; retrying");
                    tokio::select! {
                        () = wait_for_stop(&mut stop) => return,
                        () = tokio::time::sleep(RETRY_PAUSE) => {}
                    }
                }
                Err(error) => self.record_unreadable(input.name(), &error.to_string(), 1),
            }
        }
    }

    fn add_counts(&self, origin: &str, detected: &DetectedBody) {
        self.counts.records.fetch_add(detected.records, Ordering::Relaxed);
        self.counts.events.fetch_add(detected.events, Ordering::Relaxed);
        self.counts.skipped.fetch_add(detected.skipped, Ordering::Relaxed);
        if let Some(first) = detected.rejects.first_named() {
            self.record_unreadable(origin, &first.to_string(), detected.rejects.total_count());
        }
    }

    /// Publishes again what the topic did not take, for topics that keep messages. True if it took
    /// everything.
    pub async fn republish_outbox(&self) -> bool {
        let waiting = self.store.list_outbox().await.unwrap_or_default();
        self.hand_over(waiting).await
    }

    /// The rules in force.
    pub async fn current_rules(&self) -> Arc<RuleSet> {
        Arc::clone(&*self.rules.read().await)
    }

    /// Applies other rules without a restart. What correlations remember is kept as far as they are
    /// the same.
    pub async fn set_rules(&self, rules: Arc<RuleSet>) {
        let mut memory = self.grouping.lock().await;
        memory.correlator.engine_mut().reload_plan(Arc::clone(rules.correlations()));
        *self.rules.write().await = rules;
    }

    /// Applies other intervals without a restart.
    pub async fn set_intervals(&self, intervals: RepeatIntervals) {
        *self.intervals.write().await = intervals;
    }

    /// Restores what correlations remembered in an earlier run.
    pub async fn restore_windows(&self) {
        let mut memory = self.grouping.lock().await;
        // A store that other processes write to is read again at each step.
        if !self.store.is_shared() {
            let windows = self.store.list_windows().await.unwrap_or_default();
            self.restore_memory(&mut memory, &windows).await;
        }
    }

    /// Publishes a heartbeat. A lost one does not matter, since the next one follows.
    pub async fn publish_heartbeat(&self) {
        if let Err(error) = self.topic.publish(message::heartbeat_message(self.clock.now())).await {
            tracing::warn!(problem = %error, "heartbeat not published");
        }
    }

    /// Reads a note.
    pub async fn read_note(&self, name: &str) -> Option<String> {
        self.store.read_note(name).await.ok().flatten()
    }

    /// Writes a note; false if another process was first.
    pub async fn set_note(&self, name: &str, value: String) -> bool {
        let _held = self.grouping.lock().await;
        let commit = StepCommit { notes: vec![(name.to_owned(), value)], ..StepCommit::default() };
        self.commit_and_publish(commit, self.clock.now()).await.is_ok()
    }

    /// Claims a task that neither this process nor another has done within this interval; true if
    /// it is now ours to do.
    pub async fn claim_if_due(&self, note: &str, every: SignedDuration) -> bool {
        let now = self.clock.now();
        let done = self.read_note(note).await.and_then(|text| text.parse::<Timestamp>().ok());
        done.is_none_or(|done| now.duration_since(done) >= every)
            && self.set_note(note, now.to_string()).await
    }

    /// Publishes a message about this program itself.
    pub async fn publish_system(&self, subject: &str, details: &[(&str, &str)], level: Level) {
        let _held = self.grouping.lock().await;
        let now = self.clock.now();
        let message = message::system_message(subject, details, level, now);
        let commit = StepCommit { outbox: vec![message], ..StepCommit::default() };
        let _ = self.commit_and_publish(commit, now).await;
    }
}

/// Waits for a stop request; forever if nobody can request one any more.
async fn wait_for_stop(stop: &mut watch::Receiver<bool>) {
    if stop.wait_for(|stop| *stop).await.is_err() {
        std::future::pending::<()>().await;
    }
}
