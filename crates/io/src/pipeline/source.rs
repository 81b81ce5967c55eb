//! The source half of the daemon: deliveries in, messages on the topic, acknowledge last.

mod periodic;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aware_core::event::Level;
use aware_core::group::{Cause, Decision, Fingerprint, Intervals, Tally};
use aware_core::message::{self, Kind, Message};
use aware_rules::correlate::Settings;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Mutex, RwLock};

use super::advise::Profiles;
use super::correlation::{Correlator, Fired};
use super::detect::{Detected, Detector};
use super::found::{Found, Observed};
use crate::log;
use crate::port::{
    Clock, Commit, Delivery, EventKey, Input, InputError, Store, StoreError, Topic, Window,
};
use crate::rules::RuleSet;
use crate::store::fallback::FallbackStore;

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
    intervals: Intervals,
    rules: RwLock<Arc<RuleSet>>,
    /// Held while tallies are read, changed and committed.
    grouping: Mutex<Memory>,
    /// What has been done.
    pub counts: Counts,
}

/// What is remembered of events besides their groups.
struct Memory {
    correlator: Correlator,
    profiles: Profiles,
}

/// What the keys of triage's memory begin with.
const TRIAGE: &str = "triage:";
/// For how long triage remembers a principal that does nothing.
const TRIAGE_REMEMBERS: SignedDuration = SignedDuration::from_hours(24);

/// Whether a delivery may be acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Safe {
    Yes,
    No,
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
        let correlator = Correlator::new(
            Arc::clone(rules.correlations()),
            Settings { shared: true, ..rules.settings() },
        );
        Self {
            store,
            topic,
            clock,
            intervals,
            rules: RwLock::new(rules),
            grouping: Mutex::new(Memory { correlator, profiles: Profiles::default() }),
            counts: Counts::default(),
        }
    }

    /// Takes everything that an input has, until it ends.
    pub async fn drain(&self, input: &mut dyn Input) {
        let mut detector = Detector::new(self.rules().await);
        loop {
            match input.next().await {
                Ok(Some(delivery)) => {
                    let rules = self.rules().await;
                    if !Arc::ptr_eq(&rules, detector.rules()) {
                        detector = Detector::new(rules);
                    }
                    self.delivery(&mut detector, input, delivery).await;
                }
                Ok(None) => return,
                Err(InputError::Later(problem)) => {
                    log::warn(
                        "an input does not answer",
                        &[("input", input.name()), ("problem", &problem)],
                    );
                    tokio::time::sleep(std::time::Duration::from_secs(5)).await;
                }
                Err(error) => self.unreadable(input.name(), &error.to_string()),
            }
        }
    }

    fn unreadable(&self, origin: &str, problem: &str) {
        self.counts.rejects.fetch_add(1, Ordering::Relaxed);
        log::warn("reject", &[("origin", origin), ("problem", problem)]);
    }

    async fn delivery(&self, detector: &mut Detector, input: &mut dyn Input, delivery: Delivery) {
        self.counts.deliveries.fetch_add(1, Ordering::Relaxed);
        let mut detected = detector.detect(delivery.kind, &delivery.body);
        let fetched = self.fetch(detector, input, &delivery, &mut detected).await;
        self.count(&delivery.origin, &detected);
        let resume = delivery
            .resume
            .filter(|_| fetched == Safe::Yes)
            .map(|place| (input.name().to_owned(), place));
        let stored = self.findings(detected.found, resume).await;
        if (fetched, stored) == (Safe::Yes, Safe::Yes) {
            if let Err(error) = input.ack(&delivery.token).await {
                log::warn(
                    "a delivery may come again",
                    &[("origin", &delivery.origin), ("problem", &error.to_string())],
                );
            }
        } else {
            input.release(&delivery.token).await;
        }
    }

    /// Reads the objects that notices spoke of. An object that is gone is a reject; one that
    /// cannot be had now makes the notice come again.
    async fn fetch(
        &self,
        detector: &mut Detector,
        input: &dyn Input,
        delivery: &Delivery,
        detected: &mut Detected,
    ) -> Safe {
        let mut safe = Safe::Yes;
        for object in std::mem::take(&mut detected.objects) {
            let origin = format!("s3://{}/{}", object.bucket, object.key);
            match input.fetch(&object).await {
                Ok(body) => {
                    let mut inner = detector.detect(aware_core::envelope::Kind::Any, &body);
                    self.count(&origin, &inner);
                    detected.found.append(&mut inner.found);
                }
                Err(InputError::Later(problem)) => {
                    safe = Safe::No;
                    let details = [
                        ("origin", origin.as_str()),
                        ("notice", &delivery.origin),
                        ("problem", &problem),
                    ];
                    log::warn("an object cannot be read now", &details);
                }
                Err(error) => self.unreadable(&origin, &error.to_string()),
            }
        }
        safe
    }

    fn count(&self, origin: &str, detected: &Detected) {
        self.counts.records.fetch_add(detected.records, Ordering::Relaxed);
        self.counts.events.fetch_add(detected.events, Ordering::Relaxed);
        for reject in &detected.rejects {
            self.unreadable(origin, &reject.to_string());
        }
    }

    /// Groups findings, commits, publishes.
    async fn findings(&self, found: Vec<Found>, resume: Option<(String, String)>) -> Safe {
        let mut memory = self.grouping.lock().await;
        let now = self.clock.now();
        let mut commit = match self.group(&mut memory, found, now).await {
            Ok(commit) => commit,
            Err(error) => {
                log::error("findings cannot be grouped", &[("problem", &error.to_string())]);
                return Safe::No;
            }
        };
        commit.resume = resume;
        self.publish(commit, now).await
    }

    async fn group(
        &self,
        memory: &mut Memory,
        found: Vec<Found>,
        now: Timestamp,
    ) -> Result<Commit, StoreError> {
        let mut commit = Commit::default();
        let found = self.unseen(found, &mut commit).await?;
        let mut fired = Vec::new();
        let mut entries = Vec::new();
        let mut observed = BTreeSet::new();
        for found in &found {
            fired.extend(memory.correlator.offer(found));
            if let Some(Observed { principal, seen }) = &found.observed {
                memory.profiles.observe(principal, seen);
                observed.insert(principal.as_str());
            }
            entries.extend(found.findings.iter().map(|finding| (Tally::new(finding), finding)));
            entries.extend(found.hidden_tallies());
        }
        let fired = self.new_firings(fired, &mut commit).await?;
        entries.extend(fired.iter().map(|one| (Tally::new(&one.finding), &one.finding)));
        let keys: Vec<Fingerprint> =
            entries.iter().map(|(tally, _)| tally.fingerprint.clone()).collect();
        let mut tallies: BTreeMap<_, _> = self.store.tallies(&keys).await?.into_iter().collect();
        for (tally, finding) in entries {
            self.counts.findings.fetch_add(1, Ordering::Relaxed);
            let tally = tallies.entry(tally.fingerprint.clone()).or_insert(tally);
            let decision = tally.observe(finding, now);
            if let Some(one) = fired.iter().find(|one| std::ptr::eq(&one.finding, finding)) {
                one.sight(tally);
            }
            if let Decision::Notify(cause) = decision {
                memory.profiles.advise(tally);
                commit.outbox.push(tell(tally, &cause, now));
            }
        }
        commit.tallies = tallies.into_values().collect();
        commit.windows = windows(&mut memory.correlator);
        commit.windows.extend(observed.into_iter().filter_map(|who| profile(memory, who, now)));
        Ok(commit)
    }

    /// What was found of events that were not seen before.
    async fn unseen(
        &self,
        found: Vec<Found>,
        commit: &mut Commit,
    ) -> Result<Vec<Found>, StoreError> {
        let keys: Vec<EventKey> = found.iter().map(|found| found.key.clone()).collect();
        let seen = self.store.seen(&keys).await?;
        let mut new = HashSet::new();
        let mut unseen = Vec::new();
        for (found, seen) in found.into_iter().zip(seen) {
            if seen || !new.insert(found.key.clone()) {
                self.counts.duplicates.fetch_add(1, Ordering::Relaxed);
            } else {
                commit.seen.push(found.key.clone());
                unseen.push(found);
            }
        }
        Ok(unseen)
    }

    /// Firings that were not told before: a late event may bring one up again.
    async fn new_firings(
        &self,
        fired: Vec<Fired>,
        commit: &mut Commit,
    ) -> Result<Vec<Fired>, StoreError> {
        let key = |one: &Fired| EventKey {
            account: "correlation".to_owned(),
            id: one.finding.event_id.clone(),
        };
        let keys: Vec<EventKey> = fired.iter().map(key).collect();
        let seen = self.store.seen(&keys).await?;
        let mut new = Vec::new();
        for ((one, key), seen) in fired.into_iter().zip(keys).zip(seen) {
            if !seen && !commit.seen.contains(&key) {
                commit.seen.push(key);
                new.push(one);
            }
        }
        Ok(new)
    }

    async fn publish(&self, commit: Commit, now: Timestamp) -> Safe {
        let messages = commit.outbox.clone();
        if let Err(error) = self.store.commit(commit, now).await {
            log::error("a step cannot be kept", &[("problem", &error.to_string())]);
        }
        let stored = if self.store.is_down() { Safe::No } else { Safe::Yes };
        for message in messages {
            self.counts.published.fetch_add(1, Ordering::Relaxed);
            if self.topic.publish(message).await.is_err() {
                return stored;
            }
        }
        stored
    }

    /// Publishes again what an earlier run did not get settled.
    pub async fn replay(&self) {
        for message in self.store.outbox().await.unwrap_or_default() {
            if self.topic.publish(message).await.is_err() {
                return;
            }
        }
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

    /// Takes up what correlations remembered in an earlier run.
    pub async fn restore(&self) {
        let mut memory = self.grouping.lock().await;
        for window in self.store.windows().await.unwrap_or_default() {
            let problem = match window.key.strip_prefix(TRIAGE) {
                Some(who) => serde_json::from_slice(&window.bytes)
                    .map(|profile| memory.profiles.restore(who, profile))
                    .err()
                    .map(|error| error.to_string()),
                None => {
                    let restored = memory.correlator.engine().restore(&window.bytes);
                    restored.err().map(|error| error.to_string())
                }
            };
            if let Some(problem) = problem {
                log::warn("a memory is left out", &[("of", &window.key), ("problem", &problem)]);
            }
        }
    }

    /// Tells something about this program itself.
    pub async fn tell_system(&self, subject: &str, details: &[(&str, &str)], level: Level) {
        let _held = self.grouping.lock().await;
        let now = self.clock.now();
        let message = message::system(subject, details, level, now);
        self.publish(Commit { outbox: vec![message], ..Commit::default() }, now).await;
    }
}

/// What triage remembers of a principal.
fn profile(memory: &Memory, principal: &str, now: Timestamp) -> Option<Window> {
    let bytes = serde_json::to_vec(memory.profiles.get(principal)?).ok()?;
    let expires = now.checked_add(TRIAGE_REMEMBERS).ok()?;
    Some(Window { key: format!("{TRIAGE}{principal}"), bytes, expires })
}

/// What correlations remember that has changed.
fn windows(correlator: &mut Correlator) -> Vec<Window> {
    let saved = correlator.engine().take_touched().into_iter();
    saved.map(|one| Window { key: one.key, bytes: one.bytes, expires: one.expires }).collect()
}

/// Builds the message for a decision and remembers that it was told.
fn tell(tally: &mut Tally, cause: &Cause, now: Timestamp) -> Message {
    let (kind, note) = match cause {
        Cause::First => (Kind::Finding, None),
        Cause::Interval => {
            (Kind::Update, Some(format!("{} more since the last message", tally.untold())))
        }
        Cause::Novelty(new) => (Kind::Update, Some(format!("new {new}"))),
        Cause::RateJump => {
            (Kind::Update, Some("denied far more often than it used to be".to_owned()))
        }
    };
    let message = message::of_group(tally, kind, note.as_deref(), now);
    tally.mark_told(now);
    message
}
