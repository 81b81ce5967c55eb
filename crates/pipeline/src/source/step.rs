//! A step of the source half: findings are grouped, kept and published.
//!
//! In a store of its own a step takes the findings of some hundred events, and knows those of all its
//! page. In a store that others write to it takes as many as a commit holds, remembers nothing that it
//! has not just read, and is taken again when another process was faster.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::{Memory, Safe, Source, correlator, turn};
use crate::correlation::{Correlator, Fired};
use crate::found::Found;
use crate::port::{Commit, EventKey, Store, StoreError, Window};
use crate::retry::full_jitter;
use aware_cases::advise::advise;
use aware_cases::group::{Cause, Decision, Tally};
use aware_cases::message;
use aware_cases::message::SubjectStyle;
use aware_cases::triage::{self, Histories, Readings};
use aware_core::explanation::LooksLike;
use aware_core::fingerprint::Fingerprint;
use aware_core::message::{Field, Message, MessageKind, labels};
use aware_rules::correlate::StateError;
use jiff::{SignedDuration, Timestamp};

/// What the keys of triage's memory begin with.
const HISTORY: &str = "history:";
/// What they began with before histories had their present form: such a row ends by itself.
const OLD_HISTORY: &str = "triage:";
/// For how long triage remembers a principal that is denied nothing: who looks around slowly, once a
/// day, is still seen.
const TRIAGE_REMEMBERS: SignedDuration = SignedDuration::from_hours(7 * 24);

/// How many events' findings a step takes: each may be a message, its group and a principal's history,
/// all of which are in memory until they are kept.
const TOGETHER: usize = 500;

/// How often a step is taken again when other processes are faster.
const TRIES: u32 = 8;

/// A step that is ready to be kept.
#[derive(Default)]
struct Step {
    commit: Commit,
    findings: u64,
    duplicates: u64,
}

/// What became of a step.
enum Taken {
    Kept(Safe),
    /// It does not fit a commit: its halves may.
    TooLarge,
}

impl Source {
    /// Groups findings, commits, publishes.
    pub(super) async fn findings(
        &self,
        found: Vec<Found>,
        resume: Option<(String, String)>,
    ) -> Safe {
        if self.store.is_full() {
            tracing::error!("store is down and memory is full; the delivery will be redelivered");
            return Safe::No;
        }
        let mut memory = self.grouping.lock().await;
        let mut safe = Safe::Yes;
        let mut parts: Vec<&[Found]> = found.chunks(TOGETHER).rev().collect();
        if parts.len() > 1 && !self.store.is_shared() {
            // What a later part holds decides what is told of an earlier one.
            observe(
                &mut memory,
                &found.iter().filter(|one| one.canary.is_none()).collect::<Vec<_>>(),
            );
        }
        if parts.is_empty() {
            parts.push(&[]);
        }
        while let Some(part) = parts.pop() {
            let is_last = parts.is_empty() && safe != Safe::No;
            let resume = resume.clone().filter(|_| is_last);
            match self.step(&mut memory, part, resume).await {
                Taken::Kept(kept) => safe = safe.and(kept),
                Taken::TooLarge => {
                    let (first, second) = part.split_at(part.len() / 2);
                    parts.extend([second, first]);
                }
            }
        }
        safe
    }

    async fn step(
        &self,
        memory: &mut Memory,
        found: &[Found],
        resume: Option<(String, String)>,
    ) -> Taken {
        for attempt in 0..TRIES {
            let now = self.clock.now();
            let mut step = match self.group(memory, found, now).await {
                Ok(step) => step,
                Err(error) => {
                    tracing::error!(problem = %error, "findings cannot be grouped; the delivery will be redelivered");
                    return Taken::Kept(Safe::No);
                }
            };
            if found.len() > 1 && !self.store.fits(&step.commit) {
                return Taken::TooLarge;
            }
            step.commit.resume.clone_from(&resume);
            if let Ok(safe) = self.keep(step.commit, now).await {
                self.counts.findings.fetch_add(step.findings, Ordering::Relaxed);
                self.counts.duplicates.fetch_add(step.duplicates, Ordering::Relaxed);
                return Taken::Kept(safe);
            }
            let wait = full_jitter(Duration::from_millis(10), attempt);
            tokio::time::sleep(wait).await;
        }
        tracing::error!("commit conflicted {TRIES} times; the delivery will be redelivered");
        Taken::Kept(Safe::No)
    }

    async fn group(
        &self,
        memory: &mut Memory,
        found: &[Found],
        now: Timestamp,
    ) -> Result<Step, StoreError> {
        let mut step = Step::default();
        let found = self.unseen(found, &mut step).await?;
        let found = self.without_canaries(found, &mut step.commit, now).await?;
        if self.store.is_shared() {
            self.recall(memory, &found).await?;
        }
        let style = self.subject_style().await;
        let commit = &mut step.commit;
        let mut fired = Vec::new();
        let mut entries = Vec::new();
        // All of it before anything is told: what comes first in a delivery decides nothing.
        let observed = observe(memory, &found);
        for found in found {
            fired.extend(memory.correlator.offer(found));
            entries.extend(found.findings.iter().map(|finding| (Tally::new(finding), finding)));
            entries.extend(found.hidden_tallies());
        }
        let fired = self.new_firings(fired, commit).await?;
        entries.extend(fired.iter().map(|one| (Tally::new(&one.finding), &one.finding)));
        let mut touched: BTreeSet<Fingerprint> =
            entries.iter().map(|(tally, _)| tally.fingerprint.clone()).collect();
        let mut readings = Readings::new(&memory.histories);
        let turned = turn::hostile_groups(&mut readings, &observed);
        let keys: Vec<Fingerprint> = touched.iter().chain(&turned).cloned().collect();
        let mut tallies: BTreeMap<_, _> = self.store.tallies(&keys).await?.into_iter().collect();
        for (tally, finding) in entries {
            step.findings += 1;
            let tally = tallies.entry(tally.fingerprint.clone()).or_insert(tally);
            let decision = tally.observe(finding, now);
            if let Some(one) = fired.iter().find(|one| std::ptr::eq(&one.finding, finding)) {
                one.sight(tally);
            }
            if let Decision::Notify(cause) = decision {
                advise(&mut readings, tally);
                commit.outbox.push(tell(tally, &cause, now, style));
            }
        }
        let of_turned = turned.iter().filter_map(|key| tallies.get(key).cloned()).collect();
        for (tally, message) in turn::take_back(&mut readings, of_turned, now, style) {
            touched.insert(tally.fingerprint.clone());
            commit.outbox.extend(message);
            tallies.insert(tally.fingerprint.clone(), tally);
        }
        tallies.retain(|key, _| touched.contains(key));
        turn::note(&mut memory.histories, tallies.values());
        commit.tallies = tallies.into_values().collect();
        commit.windows = windows(&mut memory.correlator);
        commit.windows.extend(
            observed
                .iter()
                .flat_map(ObservedPrincipal::keys)
                .filter_map(|key| history(memory, &key, now)),
        );
        Ok(step)
    }

    /// Takes up from the store what these findings touch, in place of what was remembered.
    async fn recall(&self, memory: &mut Memory, found: &[&Found]) -> Result<(), StoreError> {
        memory.histories = Histories::default();
        let who = found.iter().filter_map(|found| found.observed.as_ref());
        let keys = who.flat_map(|one| triage::keys(&one.principal, one.issuer.as_deref()));
        let who: BTreeSet<String> = keys.map(|key| format!("{HISTORY}{key}")).collect();
        let mut windows = self.store.windows_of(&who.into_iter().collect::<Vec<_>>()).await?;
        if found.iter().any(|found| !found.hits.is_empty()) {
            memory.correlator.forget(correlator(&*self.rules().await));
            windows.extend(self.store.windows().await?);
        }
        self.take_up(memory, &windows).await;
        Ok(())
    }

    /// Takes up all that correlations remember.
    pub(super) async fn recall_correlations(&self, memory: &mut Memory) -> Result<(), StoreError> {
        memory.correlator.forget(correlator(&*self.rules().await));
        let windows = self.store.windows().await?;
        self.take_up(memory, &windows).await;
        Ok(())
    }

    /// What was found of events that were not seen before.
    async fn unseen<'f>(
        &self,
        found: &'f [Found],
        step: &mut Step,
    ) -> Result<Vec<&'f Found>, StoreError> {
        let keys: Vec<EventKey> = found.iter().map(|found| found.key.clone()).collect();
        let seen = self.store.seen(&keys).await?;
        let mut new = HashSet::new();
        let mut unseen = Vec::new();
        for (found, seen) in found.iter().zip(seen) {
            if seen || !new.insert(&found.key) {
                step.duplicates += 1;
            } else {
                step.commit.seen.push(found.key.clone());
                unseen.push(found);
            }
        }
        Ok(unseen)
    }

    /// Firings that were not told before: a late event may bring one up again.
    pub(super) async fn new_firings(
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

    /// Keeps a step and publishes its messages.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when another process was faster, and nothing was done.
    pub(super) async fn keep(&self, commit: Commit, now: Timestamp) -> Result<Safe, StoreError> {
        let mut messages = commit.outbox.clone();
        match self.store.commit(commit, now).await {
            Err(StoreError::Conflict) => return Err(StoreError::Conflict),
            Err(error) => {
                tracing::error!(problem = %error, "commit failed; its messages go out all the same")
            }
            Ok(()) => {}
        }
        let safe = if self.store.is_down() { Safe::InMemory } else { Safe::Yes };
        if safe == Safe::InMemory {
            messages.iter_mut().for_each(say_so);
        }
        self.hand_over(messages).await;
        Ok(safe)
    }

    /// Hands messages to the topic. What it keeps by itself leaves the outbox; what it did not take
    /// waits there, and makes this false.
    pub(super) async fn hand_over(&self, messages: Vec<Message>) -> bool {
        let mut all = true;
        let ids: Vec<String> = messages.iter().map(|message| message.id.clone()).collect();
        let handed = self.topic.publish_all(messages).await;
        for (id, handed) in ids.iter().zip(handed) {
            match handed {
                Ok(()) => {
                    self.counts.published.fetch_add(1, Ordering::Relaxed);
                    if self.topic.is_durable()
                        && let Err(error) = self.store.finish(id).await
                    {
                        tracing::warn!(
                            message_id = id,
                            problem = %error,
                            "published message not removed from the outbox; it may be sent again"
                        );
                    }
                }
                Err(error) => {
                    all = false;
                    tracing::warn!(
                        message_id = id,
                        problem = %error,
                        "message not published; it waits in the outbox"
                    );
                }
            }
        }
        all
    }
}

/// Says in a message that it could not be kept.
fn say_so(message: &mut Message) {
    message.fields.push(Field {
        key: labels::NOTE.to_owned(),
        value: "The store does not answer: counts may be too low, and this may be told again."
            .into(),
    });
}

/// Why what was remembered cannot be taken up.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(super) enum WindowError {
    /// Of triage.
    History(#[from] serde_json::Error),
    /// Of a correlation.
    Correlation(#[from] StateError),
}

impl Memory {
    /// Takes up what a store kept.
    pub(super) fn take_up(&mut self, window: &Window) -> Result<(), WindowError> {
        if window.key.starts_with(OLD_HISTORY) {
            return Ok(());
        }
        match window.key.strip_prefix(HISTORY) {
            Some(who) => self.histories.restore(who, serde_json::from_slice(&window.bytes)?),
            None => drop(self.correlator.engine().restore(&window.bytes)?),
        }
        Ok(())
    }
}

/// Takes in what was found of principals, and tells who they are.
fn observe<'f>(memory: &mut Memory, found: &[&'f Found]) -> BTreeSet<ObservedPrincipal<'f>> {
    let observed = found.iter().filter_map(|found| found.observed.as_ref());
    let who = observed.map(|one| {
        memory.histories.observe(one);
        ObservedPrincipal { principal: &one.principal, issuer: one.issuer.as_deref() }
    });
    who.collect()
}

/// A principal, as triage knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ObservedPrincipal<'f> {
    pub(super) principal: &'f str,
    pub(super) issuer: Option<&'f str>,
}

impl ObservedPrincipal<'_> {
    fn keys(&self) -> Vec<String> {
        triage::changed_keys(self.principal, self.issuer)
    }
}

/// What triage remembers under a key.
fn history(memory: &Memory, key: &str, now: Timestamp) -> Option<Window> {
    let bytes = serde_json::to_vec(memory.histories.get(key)?).ok()?;
    let expires = now.checked_add(TRIAGE_REMEMBERS).ok()?;
    Some(Window { key: format!("{HISTORY}{key}"), bytes, expires })
}

/// Under which keys triage remembers whom a group is about.
pub(super) fn triage_keys(tally: &Tally) -> impl Iterator<Item = String> {
    let who = &tally.first.principal;
    triage::keys(&who.key, who.issuer.as_deref()).into_iter().map(|key| format!("{HISTORY}{key}"))
}

/// What correlations remember that has changed.
pub(super) fn windows(correlator: &mut Correlator) -> Vec<Window> {
    let saved = correlator.engine().take_touched().into_iter();
    saved.map(|one| Window { key: one.key, bytes: one.bytes, expires: one.expires }).collect()
}

/// Builds the message for a decision and remembers that it was told.
pub(super) fn tell(
    tally: &mut Tally,
    cause: &Cause,
    now: Timestamp,
    style: SubjectStyle,
) -> Message {
    let (kind, note) = match cause {
        Cause::First => (MessageKind::Finding, None),
        Cause::Interval => {
            (MessageKind::Update, Some(format!("{} more since the last message", tally.untold())))
        }
        Cause::Novelty(new) => (MessageKind::Update, Some(format!("new {new}"))),
        Cause::RateJump => {
            (MessageKind::Update, Some("denied far more often than it used to be".to_owned()))
        }
        Cause::Turned => {
            let reading = tally.reading.as_ref().and_then(|reading| reading.looks_like.known());
            let now = match reading {
                Some(LooksLike::Exploring) => "now looks like somebody exploring",
                Some(LooksLike::LacksPermission | LooksLike::Unclear) | None => {
                    "now somebody has to look before anything is granted"
                }
            };
            let what = "any change suggested for this principal before is withdrawn";
            (MessageKind::Update, Some(format!("{now}; {what}")))
        }
    };
    let mut message = message::of_group(tally, kind, note.as_deref(), now);
    if style == SubjectStyle::V1 {
        message::as_version_1(&mut message, &tally.first);
    }
    tally.mark_told(now);
    message
}
