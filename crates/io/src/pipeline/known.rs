//! Groups that a detector has met, so that a record that repeats one need not be decoded.

use std::collections::HashMap;

use aware_core::event::Outcome;
use aware_core::finding::Finding;
use aware_core::group::Fingerprint;
use aware_core::source::glance::{Glance, Repeat};
use jiff::Timestamp;

/// An event that repeats findings which the detector gave before.
#[derive(Clone, Debug)]
pub struct Repeated {
    /// The groups that it belongs to, one for each rule it meets.
    pub groups: Vec<Fingerprint>,
    /// Whether it was denied.
    pub denied: bool,
    /// What a group keeps of it.
    pub sighting: Repeat,
}

/// How many groups are remembered; what belongs to others is decoded.
const MAX_GROUPS: usize = 50_000;

/// What is remembered of each rule's groups.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Whether repetitions are wanted at all.
    pub(super) wanted: bool,
    groups: HashMap<String, HashMap<u32, Group>>,
}

#[derive(Debug)]
struct Group {
    fingerprint: Fingerprint,
    /// The earliest finding: an earlier one is decoded, since it stands for the group.
    first: (Timestamp, String),
}

impl Known {
    /// What a record repeats; `None` when one of the rules meets it in a group that is new, or
    /// earlier than all of its group.
    pub(super) fn repeat(&self, rules: &[u32], glance: &Glance<'_>) -> Option<Repeated> {
        let groups = self.groups.get(&glance.key().filter(|_| self.wanted)?)?;
        let sighting = glance.repeat()?;
        let group = |rule: &u32| {
            let group = groups.get(rule)?;
            let earlier = (sighting.time, &sighting.event_id) < (group.first.0, &group.first.1);
            (!earlier).then(|| group.fingerprint.clone())
        };
        let groups = rules.iter().map(group).collect::<Option<_>>()?;
        Some(Repeated { groups, denied: glance.ended().0 == Outcome::Denied, sighting })
    }

    /// Remembers the group of a finding.
    pub(super) fn learn(&mut self, rule: u32, key: Option<&str>, finding: &Finding) {
        let Some(key) = key.filter(|_| self.wanted && self.groups.len() < MAX_GROUPS) else {
            return;
        };
        let first = (finding.time, finding.event_id.clone());
        let groups = self.groups.entry(key.to_owned()).or_default();
        match groups.get_mut(&rule) {
            Some(group) => group.first = group.first.clone().min(first),
            None => {
                groups.insert(rule, Group { fingerprint: Fingerprint::of(finding), first });
            }
        }
    }
}
