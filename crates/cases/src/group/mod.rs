//! Groups findings that are the same thing, and decides whether to report them now or to count
//! them.
//!
//! A group is reported when it first appears; repeats are counted and reported as one update when
//! the interval ends. Everything here is a function of a group and `now`.

mod decide;
mod digest;
mod sample;
mod schedule;

use std::collections::BTreeSet;

use aware_core::event::Level;
use aware_core::explanation::{Cure, CureStatement, DenialSign, Reading};
use aware_core::finding::Finding;
use aware_core::fingerprint::Fingerprint;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use decide::{NotifyCause, NotifyDecision};
pub use digest::{DIGEST_INTERVAL_HOURS, DailyDigest, OpenCaseSums};
pub use sample::{SAMPLE, SampleSet};
pub use schedule::{HourlyRate, NotificationState, RepeatIntervals};

/// How many curing statements a group remembers: across accounts a cure takes two.
pub const REMEDIES: usize = 2 * SAMPLE;

/// Whether a group is reported on its own or held for the daily digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GroupClass {
    /// A person or a workload: reported at once.
    Finding,
    /// An AWS service acting on its own behalf: reported once a day, and when its rate jumps.
    Service,
    /// Hidden by a suppression: counted, and reported once a day.
    Suppressed,
}

/// Everything known about one group. Recording findings in any order gives the same group, except
/// for what was reported when.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FindingGroup {
    /// The group's key.
    pub fingerprint: Fingerprint,
    /// How it is reported.
    pub class: GroupClass,
    /// The number of findings.
    pub count: u64,
    /// The earliest finding, by time and then by event id; it represents the group.
    pub first: Finding,
    /// The latest time.
    pub last_seen: Timestamp,
    /// Source addresses.
    pub sources: SampleSet,
    /// Source networks.
    pub networks: SampleSet,
    /// Regions.
    pub regions: SampleSet,
    /// Families of user agents.
    pub agents: SampleSet,
    /// Resources.
    pub resources: SampleSet,
    /// Role sessions.
    pub sessions: SampleSet,
    /// The actions taken.
    #[serde(default)]
    pub actions: SampleSet,
    /// Event ids to look up: the earliest, by time.
    events: BTreeSet<(Timestamp, String)>,
    /// What was reported, and when.
    pub told: NotificationState,
    /// The hourly rate; for services.
    pub rate: HourlyRate,
    /// The statements that would cure its denials, without duplicates.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub remedies: BTreeSet<CureStatement>,
    /// Why some of its denials get no grant.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub refusals: BTreeSet<String>,
    /// What its denials reveal beyond a missing permission.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub signs: BTreeSet<DenialSign>,
    /// What it looks like, judged by everything that its principal did; set before it is reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reading: Option<Reading>,
    /// What would cure it; assembled before it is reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cure: Option<Cure>,
    /// The suppression that hides it, and its owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hidden_by: Option<String>,
    /// When its next update is due, by the intervals of whoever stored it, so that stores find what
    /// is due without reading the rest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
}

/// What a group keeps of a finding that repeats its first one.
#[derive(Clone, Copy, Debug)]
pub struct RepeatDetails<'a> {
    /// When it happened.
    pub time: Timestamp,
    /// The event's id.
    pub event_id: &'a str,
    /// The source address.
    pub source: Option<&'a str>,
    /// The source network.
    pub network: Option<&'a str>,
    /// The region.
    pub region: &'a str,
    /// The family of the user agent.
    pub agent: Option<&'a str>,
    /// The resource.
    pub resource: Option<&'a str>,
    /// The role session.
    pub session: Option<&'a str>,
}

impl FindingGroup {
    /// An empty group for its first finding, which is not yet counted.
    pub fn for_finding(finding: &Finding) -> Self {
        let class =
            if finding.principal.is_service { GroupClass::Service } else { GroupClass::Finding };
        Self {
            fingerprint: Fingerprint::for_finding(finding),
            class,
            count: 0,
            first: finding.clone(),
            last_seen: finding.time,
            sources: SampleSet::default(),
            networks: SampleSet::default(),
            regions: SampleSet::default(),
            agents: SampleSet::default(),
            resources: SampleSet::default(),
            sessions: SampleSet::default(),
            actions: SampleSet::default(),
            events: BTreeSet::new(),
            told: NotificationState::default(),
            rate: HourlyRate::default(),
            remedies: BTreeSet::new(),
            refusals: BTreeSet::new(),
            signs: BTreeSet::new(),
            reading: None,
            cure: None,
            hidden_by: None,
            due: None,
        }
    }

    /// An empty group of findings that a suppression hides. It is a group of its own, so that the
    /// first finding after the suppression ends is reported at once.
    pub fn for_hidden(finding: &Finding, by: &str) -> Self {
        Self {
            fingerprint: Fingerprint::for_hidden(finding, by),
            class: GroupClass::Suppressed,
            hidden_by: Some(by.to_owned()),
            ..Self::for_finding(finding)
        }
    }

    /// Counts a finding without deciding anything.
    pub fn record(&mut self, finding: &Finding) {
        if (finding.time, &finding.event_id) < (self.first.time, &self.first.event_id) {
            self.first = finding.clone();
        }
        self.actions.add_value(Some(&finding.action));
        self.record_explanation(finding);
        self.record_repeat(&RepeatDetails {
            time: finding.time,
            event_id: &finding.event_id,
            source: finding.source.as_deref(),
            network: finding.network.as_deref(),
            region: &finding.region,
            agent: finding.agent_family.as_deref(),
            resource: finding.resource.as_deref(),
            session: finding.principal.session.as_deref(),
        });
    }

    /// Keeps what would cure a finding, or why nothing would, and what it reveals.
    fn record_explanation(&mut self, finding: &Finding) {
        let Some(why) = &finding.explanation else { return };
        why.remedies.iter().for_each(|remedy| self.add_remedy(remedy));
        self.refusals.extend(why.no_grant.clone());
        self.signs.extend(why.sign.clone());
        self.trim_to_limits();
    }

    /// Remembers a statement that cures one of its denials: the first ones in sort order are kept,
    /// whatever the order of arrival.
    pub fn add_remedy(&mut self, remedy: &CureStatement) {
        let is_full = self.remedies.len() >= REMEDIES;
        if is_full && self.remedies.last().is_some_and(|last| last <= remedy) {
            return;
        }
        if !self.remedies.contains(remedy) {
            self.remedies.insert(remedy.clone());
        }
        self.trim_to_limits();
    }

    /// Counts a finding that is no earlier than the first one.
    pub fn record_repeat(&mut self, seen: &RepeatDetails<'_>) {
        self.count += 1;
        self.record_details(seen);
    }

    /// Remembers what an event shows without counting it: one of several that make one finding.
    pub fn record_details(&mut self, seen: &RepeatDetails<'_>) {
        self.last_seen = self.last_seen.max(seen.time);
        self.sources.add_value(seen.source);
        self.networks.add_value(seen.network);
        self.regions.add_value(Some(seen.region));
        self.agents.add_value(seen.agent);
        self.resources.add_value(seen.resource);
        self.sessions.add_value(seen.session);
        let newest = self.events.last().map(|(time, id)| (*time, id.as_str()));
        if self.events.len() < SAMPLE
            || newest.is_some_and(|last| last > (seen.time, seen.event_id))
        {
            self.events.insert((seen.time, seen.event_id.to_owned()));
            self.trim_to_limits();
        }
    }

    /// Merges another part of the same group into this one.
    pub fn merge_group(&mut self, other: Self) {
        self.count += other.count;
        self.last_seen = self.last_seen.max(other.last_seen);
        if (other.first.time, &other.first.event_id) < (self.first.time, &self.first.event_id) {
            self.first = other.first;
        }
        self.sources.merge_sample(other.sources);
        self.networks.merge_sample(other.networks);
        self.regions.merge_sample(other.regions);
        self.agents.merge_sample(other.agents);
        self.resources.merge_sample(other.resources);
        self.sessions.merge_sample(other.sessions);
        self.actions.merge_sample(other.actions);
        self.events.extend(other.events);
        self.remedies.extend(other.remedies);
        self.refusals.extend(other.refusals);
        self.signs.extend(other.signs);
        self.trim_to_limits();
    }

    fn trim_to_limits(&mut self) {
        while self.events.len() > SAMPLE {
            self.events.pop_last();
        }
        while self.remedies.len() > REMEDIES {
            self.remedies.pop_last();
        }
        while self.refusals.len() > SAMPLE {
            self.refusals.pop_last();
        }
        // The gravest ones are kept, so that the level does not depend on the order.
        while self.signs.len() > SAMPLE {
            let mild = self.signs.iter().rev().find(|sign| !sign.is_high).cloned();
            match mild {
                Some(mild) => drop(self.signs.remove(&mild)),
                None => drop(self.signs.pop_last()),
            }
        }
    }

    /// When the next update of repeats is due; `None` when there is nothing to report, or when it
    /// waits for the daily digest.
    pub fn next_update_at(&self, intervals: &RepeatIntervals) -> Option<Timestamp> {
        (self.class == GroupClass::Finding && self.count > self.told.count)
            .then(|| self.told.next_update_at(intervals))?
    }

    /// Remembers that the group was reported at `now`.
    pub fn mark_reported(&mut self, now: Timestamp) {
        self.told.record_message(self.count, now);
    }

    /// How many findings have not been reported.
    pub fn unreported_count(&self) -> u64 {
        self.count.saturating_sub(self.told.count)
    }

    /// How severe the group is: the rule's level, or informational for AWS services.
    pub fn effective_level(&self) -> Level {
        match self.class {
            GroupClass::Service => Level::Informational,
            // AWS itself reports that the key leaked.
            GroupClass::Finding if self.is_leaked_key() => Level::Critical,
            GroupClass::Finding if self.has_high_sign() => self.first.rule.level.max(Level::High),
            GroupClass::Finding | GroupClass::Suppressed => self.first.rule.level,
        }
    }

    /// Whether one of its denials reveals something that is high by itself.
    fn has_high_sign(&self) -> bool {
        self.signs.iter().any(|sign| sign.is_high)
    }

    fn is_leaked_key(&self) -> bool {
        self.first.explanation.as_ref().is_some_and(|why| why.incident)
    }

    /// The earliest event ids, ordered by time.
    pub fn event_ids(&self) -> impl Iterator<Item = &str> {
        self.events.iter().map(|(_, id)| id.as_str())
    }
}

#[cfg(test)]
mod tests;
