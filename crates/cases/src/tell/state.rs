//! What was told of a case so far.

use std::collections::BTreeSet;

use aware_core::case::CaseReading;
use aware_core::event::Level;
use aware_core::fingerprint::Fingerprint;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::budget::MessageBudget;
use super::cause::{TellCause, TellingDecision};
use super::facts::CaseFactsForTelling;
use super::limits::TellingLimits;
use super::status::{CaseStatus, ClosedBy};

/// How many important things are remembered as told.
const MAX_IMPORTANT: usize = 256;
/// How many digits of a case's id people read and type, at least.
const SHORT_DIGITS: usize = 4;

/// Where findings that no message of their case has reported are reported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TellingChannel {
    /// By an update of the case.
    #[default]
    Own,
    /// By the message about a storm of cases.
    Storm,
    /// By the daily digest.
    Digest,
}

/// A person who opened a case again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenedByPerson {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub name: String,
    /// Why.
    pub reason: String,
}

/// What the last message of a case said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToldFacts {
    /// The highest level that was told since the case opened.
    pub level: Level,
    /// What it looked like.
    pub reading: CaseReading,
}

/// What was told of a case, and what waits to be told.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CaseTelling {
    /// The id as people read and type it; fixed when it is first told.
    pub short: String,
    /// Whether it is open.
    pub status: CaseStatus,
    /// Where its counts are reported.
    pub channel: TellingChannel,
    /// What it has sent.
    pub budget: MessageBudget,
    /// What the last message said; `None` before the first since it opened.
    pub told: Option<ToldFacts>,
    /// The important things that were told, as digests.
    important: BTreeSet<String>,
    /// How many findings were added to it.
    pub findings: u64,
    /// How many of them were reported, whichever way.
    pub reported: u64,
    /// Whether a message offered a cure that no later one withdrew.
    cure_stands: bool,
    /// When it last had an event, by the clock of whoever read it.
    pub heard: Option<Timestamp>,
    /// Whether something that matters waits for the budget.
    pub(super) is_waiting: bool,
    /// Whether everything that was denied works, so that it closes unless that changes.
    pub(super) is_cured: bool,
    /// Whether a storm of cases held it since it opened.
    pub(super) was_in_storm: bool,
    /// How often it was opened again.
    pub reopened: u32,
    /// The person who opened it again; `None` if it is closed or opened by itself.
    pub opened_by: Option<OpenedByPerson>,
}

impl CaseTelling {
    /// How many findings nothing has reported.
    pub fn untold(&self) -> u64 {
        self.findings.saturating_sub(self.reported)
    }

    /// The important things that were not told.
    pub(super) fn new_things(&self, facts: &CaseFactsForTelling<'_>) -> Vec<String> {
        let is_new = |thing: &&String| !self.important.contains(&thing_digest(thing));
        facts.important.iter().filter(is_new).cloned().collect()
    }

    /// Whether the cure that was told no longer stands, for another reason than that it worked.
    pub(super) fn retracts_cure(&self, facts: &CaseFactsForTelling<'_>) -> bool {
        self.cure_stands && !facts.offers_cure && !facts.is_cured
    }

    /// Whether something that matters is not told yet.
    fn has_pending(&self, facts: &CaseFactsForTelling<'_>) -> bool {
        let is_new =
            |told: &ToldFacts| told.reading != facts.reading || !self.new_things(facts).is_empty();
        self.told.as_ref().is_some_and(is_new)
    }

    /// When its counts may next be told.
    pub(super) fn counts_due_at(&self, limits: &TellingLimits) -> Option<Timestamp> {
        self.budget.counts_due_at(self.told.as_ref()?.level, limits)
    }

    /// Remembers what was decided of these facts. Returns how many findings a message of its own
    /// reports with that.
    pub fn record_decision(
        &mut self,
        decision: &TellingDecision,
        facts: &CaseFactsForTelling<'_>,
        now: Timestamp,
    ) -> u64 {
        if facts.has_new_events() || self.heard.is_none() {
            self.heard = self.heard.max(Some(now));
            if matches!(
                &self.status,
                CaseStatus::Closed { by: ClosedBy::Quiet | ClosedBy::Cured, .. }
            ) {
                self.open_again();
            }
        }
        self.findings = self.findings.saturating_add(facts.added.findings);
        (self.is_waiting, self.is_cured) = (false, false);
        let newly = self.apply_decision(decision, facts, now);
        self.is_cured = facts.is_cured && self.told.is_some() && self.status.is_open();
        newly
    }

    fn apply_decision(
        &mut self,
        decision: &TellingDecision,
        facts: &CaseFactsForTelling<'_>,
        now: Timestamp,
    ) -> u64 {
        match decision {
            TellingDecision::Tell(cause) => return self.record_message(cause, facts, now),
            TellingDecision::Count => {
                self.is_waiting = self.has_pending(facts);
                if self.told.is_some() {
                    self.channel = TellingChannel::Own;
                }
            }
            TellingDecision::LeaveToDigest => self.channel = TellingChannel::Digest,
            TellingDecision::CloseSilently => self.close(ClosedBy::Quiet, now),
        }
        0
    }

    fn record_message(
        &mut self,
        cause: &TellCause,
        facts: &CaseFactsForTelling<'_>,
        now: Timestamp,
    ) -> u64 {
        if matches!(cause, TellCause::Reopened { .. }) && !self.status.is_open() {
            self.open_again();
        }
        let is_rise = matches!(cause, TellCause::LevelRose { .. });
        self.budget.record_message(is_rise, now);
        let highest = self.told.as_ref().map_or(facts.level, |told| told.level.max(facts.level));
        self.told = Some(ToldFacts { level: highest, reading: facts.reading });
        self.cure_stands = facts.offers_cure;
        self.remember_important(facts);
        self.channel = TellingChannel::Own;
        if let TellCause::Closed(by) = cause {
            self.close(by.clone(), now);
        }
        let newly = self.untold();
        self.reported = self.findings;
        newly
    }

    /// Remembers what these facts hold as told; what they no longer hold is forgotten first.
    fn remember_important(&mut self, facts: &CaseFactsForTelling<'_>) {
        let current: BTreeSet<String> =
            facts.important.iter().map(|one| thing_digest(one)).collect();
        let room = MAX_IMPORTANT.saturating_sub(current.len());
        let older: Vec<String> = self.important.difference(&current).take(room).cloned().collect();
        self.important = current;
        self.important.extend(older);
    }

    /// Closes it on behalf of a person.
    pub fn close_by_person(
        &mut self,
        name: &str,
        reason: &str,
        facts: &CaseFactsForTelling<'_>,
        now: Timestamp,
    ) {
        let (name, reason) = (name.to_owned(), reason.to_owned());
        let (level, reading) = (facts.level, facts.reading);
        self.close(ClosedBy::Person { name, reason, level, reading }, now);
    }

    fn close(&mut self, by: ClosedBy, at: Timestamp) {
        self.status = CaseStatus::Closed { at, by };
        self.channel = TellingChannel::Digest;
        self.opened_by = None;
        (self.is_waiting, self.is_cured) = (false, false);
    }

    /// Opens it again on behalf of a person, who is told nothing of it: what is new is.
    pub fn open_by_person(&mut self, name: &str, reason: &str, now: Timestamp) {
        let told = self.told.clone();
        self.open_again();
        self.told = told;
        self.heard = Some(now);
        let (name, reason) = (name.to_owned(), reason.to_owned());
        self.opened_by = Some(OpenedByPerson { at: now, name, reason });
    }

    /// Opens it again: its next message is a first one.
    pub fn open_again(&mut self) {
        self.status = CaseStatus::Open;
        self.told = None;
        self.channel = TellingChannel::Own;
        self.was_in_storm = false;
        self.opened_by = None;
        self.budget.open_again();
        self.reopened = self.reopened.saturating_add(1);
    }

    /// A storm of cases holds it: its findings are reported by the message about the storm.
    pub fn hold_in_storm(&mut self, facts: &CaseFactsForTelling<'_>, now: Timestamp) {
        self.record_decision(&TellingDecision::Count, facts, now);
        self.channel = TellingChannel::Storm;
        self.was_in_storm = true;
    }

    /// Hands the findings that nothing has reported to a storm's message or the digest. Returns how
    /// many they are.
    pub fn take_untold(&mut self) -> u64 {
        let untold = self.untold();
        self.reported = self.findings;
        untold
    }

    /// After the storm, what it held is left to the digest.
    pub fn leave_to_digest(&mut self) {
        self.channel = TellingChannel::Digest;
    }

    /// Takes over another case that turns out to be part of this one. The other one only says where
    /// it went.
    pub fn merge_case(&mut self, other: &mut Self, own_id: &str) {
        self.budget.merge_with(&other.budget);
        self.important.append(&mut other.important);
        self.cure_stands |= other.cure_stands;
        self.findings = self.findings.saturating_add(std::mem::take(&mut other.findings));
        self.reported = self.reported.saturating_add(std::mem::take(&mut other.reported));
        self.heard = self.heard.max(other.heard);
        self.told = match (self.told.take(), other.told.take()) {
            (Some(own), Some(other)) => {
                Some(ToldFacts { level: own.level.max(other.level), reading: own.reading })
            }
            (own, other) => own.or(other),
        };
        if self.told.is_some() {
            self.channel = TellingChannel::Own;
        }
        *other = Self {
            short: std::mem::take(&mut other.short),
            status: CaseStatus::Merged { into: own_id.to_owned() },
            ..Self::default()
        };
    }
}

/// A stable digest of an important thing, whose text a log may have made long.
fn thing_digest(thing: &str) -> String {
    Fingerprint::from_parts(&["case-thing", thing]).short_form().to_owned()
}

/// The first digits of a case's id, as many as tell it from those that are taken.
///
/// ```
/// use aware_cases::tell::shorten_id;
///
/// assert_eq!(shorten_id("c5b1e90ab12cd34ef", |_| false), "c5b1e");
/// assert_eq!(shorten_id("c5b1e90ab12cd34ef", |short| short == "c5b1e"), "c5b1e9");
/// ```
pub fn shorten_id(id: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let lengths = SHORT_DIGITS + 1..id.len();
    let mut shorter = lengths.filter_map(|length| id.get(..length));
    shorter.find(|short| !is_taken(short)).unwrap_or(id).to_owned()
}
