//! Groups that a detector has met, so that a record that repeats one need not be decoded.

use std::collections::{BTreeSet, HashMap};

use aware_core::event::Outcome;
use aware_core::finding::Finding;
use aware_core::group::{Fingerprint, SAMPLE};
use aware_core::source::glance::{Glance, Repeat};
use jiff::Timestamp;

use super::found::Observed;

/// An event that repeats findings which the detector gave before.
#[derive(Clone, Debug)]
pub struct Repeated {
    /// The groups that it belongs to, one for each rule it meets.
    pub groups: Vec<Fingerprint>,
    /// Whether it was denied.
    pub denied: bool,
    /// What a group keeps of it.
    pub sighting: Repeat,
    /// What triage keeps of it.
    pub observed: Option<Observed>,
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
    /// The resources that it knows a cure for: another one is decoded, as long as there are few.
    resources: BTreeSet<Option<String>>,
    /// What triage saw of the last event that was decoded.
    observed: Option<Observed>,
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
            let cured =
                group.resources.contains(&sighting.resource) || group.resources.len() >= SAMPLE;
            (!earlier && cured).then(|| group.fingerprint.clone())
        };
        let fingerprints = rules.iter().map(group).collect::<Option<_>>()?;
        let observed = rules.iter().find_map(|rule| groups.get(rule)?.observed.clone());
        let observed = observed.map(|observed| again(observed, &sighting));
        let denied = glance.ended().0 == Outcome::Denied;
        Some(Repeated { groups: fingerprints, denied, sighting, observed })
    }

    /// Remembers the group of a finding.
    pub(super) fn learn(
        &mut self,
        rule: u32,
        key: Option<&str>,
        finding: &Finding,
        observed: Option<&Observed>,
    ) {
        let Some(key) = key.filter(|_| self.wanted && self.groups.len() < MAX_GROUPS) else {
            return;
        };
        let first = (finding.time, finding.event_id.clone());
        let groups = self.groups.entry(key.to_owned()).or_default();
        let group = groups.entry(rule).or_insert_with(|| Group {
            fingerprint: Fingerprint::of(finding),
            first: first.clone(),
            resources: BTreeSet::new(),
            observed: None,
        });
        group.first = group.first.clone().min(first);
        group.observed = observed.cloned();
        if group.resources.len() < SAMPLE {
            group.resources.insert(finding.resource.clone());
        }
    }
}

/// The same done once more, at another time and perhaps from elsewhere.
fn again(mut observed: Observed, sighting: &Repeat) -> Observed {
    let seen = &mut observed.seen;
    seen.time = sighting.time.as_second();
    seen.network = sighting.network.neighbourhood();
    seen.agent = sighting.network.agent_family().map(str::to_owned);
    seen.region.clone_from(&sighting.region);
    if sighting.resource.is_some() {
        seen.target.clone_from(&sighting.resource);
    }
    observed
}
