//! Findings that are the same thing, and the decision to tell them now or to count them.
//!
//! A group is told when it first appears; repeats are counted, and told as one update when the
//! interval ends. Everything here is a function of a tally and `now`.

mod digest;
mod sample;
mod schedule;

use std::collections::BTreeSet;

use aware_core::fingerprint::Fingerprint;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use aware_core::event::Level;
use aware_core::explanation::{Cure, Reading, Remedy, Sign};
use aware_core::finding::Finding;

pub use digest::{DIGEST_INTERVAL_HOURS, Digest};
pub use sample::SampleSet;
pub use schedule::{Intervals, Rate, Told};

/// How many values of one kind a group remembers.
pub const SAMPLE: usize = 20;
/// How many statements that would cure it: across accounts a cure is two.
pub const REMEDIES: usize = 2 * SAMPLE;

/// Whether a group is told one by one, or held for the day's digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// A person or a workload: told at once.
    Finding,
    /// An AWS service acting for itself: told once a day, and when its rate jumps.
    Service,
    /// Hidden by a suppression: counted, and told once a day.
    Suppressed,
}

/// All that is known of one group. Absorbing findings in any order gives the same tally, except
/// for what was told when.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tally {
    /// The group's key.
    pub fingerprint: Fingerprint,
    /// How it is told.
    pub class: Class,
    /// How many findings.
    pub count: u64,
    /// The earliest finding, by time and then by event id; it stands for the group.
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
    /// What was done.
    #[serde(default)]
    pub actions: SampleSet,
    /// Event ids to look up: the earliest, by time.
    events: BTreeSet<(Timestamp, String)>,
    /// What was told, and when.
    pub told: Told,
    /// The rate, by hours; for services.
    pub rate: Rate,
    /// The statements that would cure its denials, each once.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub remedies: BTreeSet<Remedy>,
    /// Why some of its denials get no grant.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub refusals: BTreeSet<String>,
    /// What its denials give away beyond a lacking permission.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub signs: BTreeSet<Sign>,
    /// What it looks like, by all that its principal did; judged before it is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reading: Option<Reading>,
    /// What would cure it; put together before it is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cure: Option<Cure>,
    /// The suppression that hides it, and its owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hidden_by: Option<String>,
}

/// What a tally keeps of a finding that repeats its first one.
#[derive(Clone, Copy, Debug)]
pub struct Sighting<'a> {
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

/// What to do about a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Tell it now.
    Notify(Cause),
    /// Count it; it is told in a later update.
    Count,
}

/// Why a group is told now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The group is new.
    First,
    /// Repeats have been counted and the interval has ended.
    Interval,
    /// A network, region or agent that the group had not seen: `network 203.0.113.0/24`.
    Novelty(String),
    /// A service is denied far more often than it used to be.
    RateJump,
    /// What was said of its principal does not hold any more: it looks like somebody exploring.
    Turned,
}

impl Tally {
    /// An empty group around its first finding, which is not yet counted.
    pub fn new(finding: &Finding) -> Self {
        let class = if finding.principal.is_service { Class::Service } else { Class::Finding };
        Self {
            fingerprint: Fingerprint::of(finding),
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
            told: Told::default(),
            rate: Rate::default(),
            remedies: BTreeSet::new(),
            refusals: BTreeSet::new(),
            signs: BTreeSet::new(),
            reading: None,
            cure: None,
            hidden_by: None,
        }
    }

    /// An empty group of findings that a suppression hides. It is a group of its own, so that the
    /// first finding after the suppression's end is told at once.
    pub fn hidden(finding: &Finding, by: &str) -> Self {
        Self {
            fingerprint: Fingerprint::of_hidden(finding, by),
            class: Class::Suppressed,
            hidden_by: Some(by.to_owned()),
            ..Self::new(finding)
        }
    }

    /// Counts a finding, deciding nothing.
    pub fn absorb(&mut self, finding: &Finding) {
        if (finding.time, &finding.event_id) < (self.first.time, &self.first.event_id) {
            self.first = finding.clone();
        }
        self.actions.add(Some(&finding.action));
        self.take_explanation(finding);
        self.sight(&Sighting {
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

    /// Keeps what would cure a finding, or why nothing would, and what it gives away.
    fn take_explanation(&mut self, finding: &Finding) {
        let Some(why) = &finding.explanation else { return };
        why.remedies.iter().for_each(|remedy| self.add_remedy(remedy));
        self.refusals.extend(why.no_grant.clone());
        self.signs.extend(why.sign.clone());
        self.trim();
    }

    /// Remembers a statement that cures one of its denials: the first ones in their order are
    /// kept, whatever the order they came in.
    pub fn add_remedy(&mut self, remedy: &Remedy) {
        let is_full = self.remedies.len() >= REMEDIES;
        if is_full && self.remedies.last().is_some_and(|last| last <= remedy) {
            return;
        }
        if !self.remedies.contains(remedy) {
            self.remedies.insert(remedy.clone());
        }
        self.trim();
    }

    /// Counts a finding that is no earlier than the first one.
    pub fn sight(&mut self, seen: &Sighting<'_>) {
        self.count += 1;
        self.glimpse(seen);
    }

    /// Remembers what an event shows without counting it: one of several that are one finding.
    pub fn glimpse(&mut self, seen: &Sighting<'_>) {
        self.last_seen = self.last_seen.max(seen.time);
        self.sources.add(seen.source);
        self.networks.add(seen.network);
        self.regions.add(Some(seen.region));
        self.agents.add(seen.agent);
        self.resources.add(seen.resource);
        self.sessions.add(seen.session);
        let newest = self.events.last().map(|(time, id)| (*time, id.as_str()));
        if self.events.len() < SAMPLE
            || newest.is_some_and(|last| last > (seen.time, seen.event_id))
        {
            self.events.insert((seen.time, seen.event_id.to_owned()));
            self.trim();
        }
    }

    /// Adds another tally of the same group to this one.
    pub fn merge(&mut self, other: Self) {
        self.count += other.count;
        self.last_seen = self.last_seen.max(other.last_seen);
        if (other.first.time, &other.first.event_id) < (self.first.time, &self.first.event_id) {
            self.first = other.first;
        }
        self.sources.merge(other.sources);
        self.networks.merge(other.networks);
        self.regions.merge(other.regions);
        self.agents.merge(other.agents);
        self.resources.merge(other.resources);
        self.sessions.merge(other.sessions);
        self.actions.merge(other.actions);
        self.events.extend(other.events);
        self.remedies.extend(other.remedies);
        self.refusals.extend(other.refusals);
        self.signs.extend(other.signs);
        self.trim();
    }

    fn trim(&mut self) {
        while self.events.len() > SAMPLE {
            self.events.pop_last();
        }
        while self.remedies.len() > REMEDIES {
            self.remedies.pop_last();
        }
        while self.refusals.len() > SAMPLE {
            self.refusals.pop_last();
        }
        // The gravest stay, so that the level does not hang on the order.
        while self.signs.len() > SAMPLE {
            let mild = self.signs.iter().rev().find(|sign| !sign.is_high).cloned();
            match mild {
                Some(mild) => drop(self.signs.remove(&mild)),
                None => drop(self.signs.pop_last()),
            }
        }
    }

    /// Counts a finding and decides whether to tell it now.
    pub fn observe(&mut self, finding: &Finding, now: Timestamp) -> Decision {
        let novelty = self.new_sign(finding).or_else(|| self.novelty(finding));
        let is_first = self.count == 0;
        self.absorb(finding);
        let jumped = self.rate.observe(now);
        match self.class {
            Class::Service if jumped => Decision::Notify(Cause::RateJump),
            Class::Service | Class::Suppressed => Decision::Count,
            Class::Finding if is_first => Decision::Notify(Cause::First),
            Class::Finding => {
                novelty.map_or(Decision::Count, |new| Decision::Notify(Cause::Novelty(new)))
            }
        }
    }

    /// What this finding gives away, where the group has not seen its like: it raises the level.
    fn new_sign(&self, finding: &Finding) -> Option<String> {
        let sign = finding.explanation.as_ref()?.sign.as_ref()?;
        let is_known = self
            .signs
            .iter()
            .any(|known| known.label == sign.label && known.is_high >= sign.is_high);
        (!is_known && self.count > 0).then(|| format!("sign: {}", sign.label))
    }

    /// What this finding brings that the group has not seen.
    fn novelty(&self, finding: &Finding) -> Option<String> {
        let dimensions = [
            ("network", &self.networks, finding.network.as_deref()),
            ("region", &self.regions, Some(finding.region.as_str())),
            ("user agent", &self.agents, finding.agent_family.as_deref()),
            ("action", &self.actions, Some(finding.action.as_str())),
        ];
        let new = dimensions.into_iter().find_map(|(name, seen, value)| {
            let value = value.filter(|value| seen.is_news(value))?;
            Some(format!("{name} {value}"))
        })?;
        (self.count > 0).then_some(new)
    }

    /// When the next update of repeats is due; `None` when there is nothing to tell, or when it
    /// waits for the day's digest.
    pub fn due(&self, intervals: &Intervals) -> Option<Timestamp> {
        (self.class == Class::Finding && self.count > self.told.count)
            .then(|| self.told.next(intervals))?
    }

    /// Remembers that the group was told at `now`.
    pub fn mark_told(&mut self, now: Timestamp) {
        self.told.mark(self.count, now);
    }

    /// How many findings have not been told.
    pub fn untold(&self) -> u64 {
        self.count.saturating_sub(self.told.count)
    }

    /// How bad the group is: the rule's level, or informational for AWS services.
    pub fn level(&self) -> Level {
        match self.class {
            Class::Service => Level::Informational,
            // AWS itself says that the key leaked.
            Class::Finding if self.is_incident() => Level::Critical,
            Class::Finding if self.is_grave() => self.first.rule.level.max(Level::High),
            Class::Finding | Class::Suppressed => self.first.rule.level,
        }
    }

    /// Whether a denial of it gives away what is high by itself.
    fn is_grave(&self) -> bool {
        self.signs.iter().any(|sign| sign.is_high)
    }

    fn is_incident(&self) -> bool {
        self.first.explanation.as_ref().is_some_and(|why| why.incident)
    }

    /// The earliest event ids, in order of time.
    pub fn event_ids(&self) -> impl Iterator<Item = &str> {
        self.events.iter().map(|(_, id)| id.as_str())
    }
}

#[cfg(test)]
mod tests;
