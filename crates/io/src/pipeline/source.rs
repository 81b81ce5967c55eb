//! The source half of the daemon: deliveries in, messages on the topic, acknowledge last.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aware_core::finding::Finding;
use aware_core::group::{
    Cause, DIGEST_INTERVAL_HOURS, Decision, Digest, Fingerprint, Intervals, Tally,
};
use aware_core::message::{self, Kind, Message};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

use super::detect::{Detected, Detector};
use crate::log;
use crate::port::{Clock, Commit, Delivery, EventKey, Input, InputError, Store, StoreError, Topic};
use crate::rules::RuleSet;
use crate::store::fallback::FallbackStore;

/// For how long event ids and quiet groups are remembered.
const REMEMBER: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The note that holds when the last digest was told.
const DIGEST_NOTE: &str = "digest-told";

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
    rules: Arc<RuleSet>,
    /// Held while tallies are read, changed and committed.
    grouping: Mutex<()>,
    /// What has been done.
    pub counts: Counts,
}

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
        let (grouping, counts) = (Mutex::new(()), Counts::default());
        Self { store, topic, clock, intervals, rules, grouping, counts }
    }

    /// Takes everything that an input has, until it ends.
    pub async fn drain(&self, input: &mut dyn Input) {
        let mut detector = Detector::new(Arc::clone(&self.rules));
        loop {
            match input.next().await {
                Ok(Some(delivery)) => self.delivery(&mut detector, input, delivery).await,
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
    async fn findings(&self, found: Vec<Vec<Finding>>, resume: Option<(String, String)>) -> Safe {
        let _held = self.grouping.lock().await;
        let now = self.clock.now();
        let mut commit = match self.group(found, now).await {
            Ok(commit) => commit,
            Err(error) => {
                log::error("findings cannot be grouped", &[("problem", &error.to_string())]);
                return Safe::No;
            }
        };
        commit.resume = resume;
        self.publish(commit, now).await
    }

    async fn group(&self, found: Vec<Vec<Finding>>, now: Timestamp) -> Result<Commit, StoreError> {
        let mut commit = Commit::default();
        let findings = self.unseen(found, &mut commit).await?.concat();
        let keys: Vec<Fingerprint> = findings.iter().map(Fingerprint::of).collect();
        let mut tallies: BTreeMap<_, _> = self.store.tallies(&keys).await?.into_iter().collect();
        for (finding, key) in findings.iter().zip(keys) {
            self.counts.findings.fetch_add(1, Ordering::Relaxed);
            let tally = tallies.entry(key).or_insert_with(|| Tally::new(finding));
            if let Decision::Notify(cause) = tally.observe(finding, now) {
                commit.outbox.push(tell(tally, &cause, now));
            }
        }
        commit.tallies = tallies.into_values().collect();
        Ok(commit)
    }

    /// The findings of events that were not seen before.
    async fn unseen(
        &self,
        found: Vec<Vec<Finding>>,
        commit: &mut Commit,
    ) -> Result<Vec<Vec<Finding>>, StoreError> {
        let key = |finding: &Finding| EventKey {
            account: finding.account.clone(),
            id: finding.event_id.clone(),
        };
        let (keys, found): (Vec<EventKey>, Vec<_>) = found
            .into_iter()
            .filter_map(|findings| Some((key(findings.first()?), findings)))
            .unzip();
        let seen = self.store.seen(&keys).await?;
        let mut new = HashSet::new();
        let mut unseen = Vec::new();
        for ((findings, key), seen) in found.into_iter().zip(keys).zip(seen) {
            if seen || !new.insert(key.clone()) {
                self.counts.duplicates.fetch_add(1, Ordering::Relaxed);
            } else {
                commit.seen.push(key);
                unseen.push(findings);
            }
        }
        Ok(unseen)
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

    /// Tells what has become due: updates of groups, and the day's digest.
    pub async fn tick(&self) {
        let _held = self.grouping.lock().await;
        let now = self.clock.now();
        let Ok(untold) = self.store.untold().await else { return };
        let mut commit = Commit::default();
        let is_due = |tally: &&Tally| tally.due(&self.intervals).is_some_and(|due| due <= now);
        for mut tally in untold.iter().filter(is_due).cloned() {
            commit.outbox.push(tell(&mut tally, &Cause::Interval, now));
            commit.tallies.push(tally);
        }
        self.digest(&untold, &mut commit, now).await;
        if !commit.outbox.is_empty() || !commit.notes.is_empty() {
            self.publish(commit, now).await;
        }
    }

    async fn digest(&self, untold: &[Tally], commit: &mut Commit, now: Timestamp) {
        let Some(digest) = Digest::of(untold) else { return };
        let told = self.store.note(DIGEST_NOTE).await.ok().flatten();
        let told = told.and_then(|text| text.parse::<Timestamp>().ok());
        match told {
            None => commit.notes.push((DIGEST_NOTE.to_owned(), now.to_string())),
            Some(told)
                if now.duration_since(told) < SignedDuration::from_hours(DIGEST_INTERVAL_HOURS) => {
            }
            Some(_) => {
                commit.outbox.push(message::digest(&digest, now));
                commit.notes.push((DIGEST_NOTE.to_owned(), now.to_string()));
                let services =
                    untold.iter().filter(|tally| tally.class == aware_core::group::Class::Service);
                for mut tally in services.cloned() {
                    tally.mark_told(now);
                    commit.tallies.push(tally);
                }
            }
        }
    }

    /// Forgets what is too old to matter.
    pub async fn forget(&self) {
        let now = self.clock.now();
        if let Ok(before) = now.checked_sub(REMEMBER) {
            let _ = self.store.forget(before).await;
        }
    }
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
