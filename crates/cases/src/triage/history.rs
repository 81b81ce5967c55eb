//! What is remembered about one principal.

use serde::{Deserialize, Serialize};

use super::bounded::{BoundedMap, BoundedSet, FirstAndLast, HeapSize, SeenSpan};
use super::observation::{TriageObservation, fnv_hash};
use super::self_grant::GrantEffect;

/// Length of a slot, in seconds; a window of an hour is six of them.
pub(super) const SLOT: i64 = 600;
/// How many denied actions to keep.
pub(super) const ACTIONS: usize = 64;
/// How many targets of each action to tell apart.
pub(super) const TARGETS: usize = 16;
/// The longest text to keep, in bytes.
const MAX_TEXT: usize = 128;

/// One principal's denials and self-granted permissions: enough to tell exploring from a missing
/// permission, and never more than about 64 KB.
///
/// Recording the same observations in any order, and any number of times, gives the same history.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PrincipalHistory {
    /// The first and last time that anything was seen.
    pub(super) span: SeenSpan,
    /// Actions denied to a script, a tool or a program; the most important ones are kept.
    pub(super) denied: BoundedMap<RankedAction, DeniedAction, ACTIONS>,
    /// Actions denied to a page of the console.
    pub(super) console: BoundedMap<RankedAction, DeniedAction, ACTIONS>,
    /// The networks of its calls.
    pub(super) networks: BoundedMap<String, SeenSpan, 16>,
    /// Families of user agents.
    pub(super) agents: BoundedMap<String, SeenSpan, 16>,
    /// Regions in which it looked around.
    pub(super) regions: BoundedSet<String, 40>,
    /// Tools named in user agents; the list of tools is our own.
    pub(super) tools: BoundedSet<String, 40>,
    /// Operations by which the principal certainly gave itself permissions.
    pub(super) self_grants: BoundedSet<String, 32>,
    /// Operations by which it may have given itself permissions.
    pub(super) possible_grants: BoundedSet<String, 32>,
    /// Actions, as patterns, that policies allow which the principal changed and which may be its
    /// own.
    pub(super) allowed: BoundedSet<String, 400>,
    /// Whether it is a person.
    pub(super) is_person: bool,
    /// Whether it used a browser's user agent with a long-term key.
    pub(super) is_disguised: bool,
    /// Groups that reported it, whose statements may have to be withdrawn. As many as a commit of
    /// the shared store can contain.
    groups: BoundedSet<String, 48>,
    /// Whether its beginning is unknown.
    pub(super) is_partial: bool,
}

/// A denied action, prefixed with its rank, `1 iam:ListUsers`: what an intruder does for its own
/// sake comes before what it may do to crowd that out.
pub(super) type RankedAction = String;

/// The action of a [`RankedAction`].
pub(super) fn action_of(key: &str) -> &str {
    key.split_once(' ').map_or(key, |(_, action)| action)
}

/// One denied action.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct DeniedAction {
    /// When, in slots of ten minutes.
    pub(super) slots: FirstAndLast<8>,
    /// Digests of its targets.
    pub(super) targets: BoundedSet<u64, TARGETS>,
    /// Digests of what contains the targets: buckets, tables, secrets.
    pub(super) places: BoundedSet<u64, TARGETS>,
    pub(super) is_looking: bool,
    pub(super) is_blind: bool,
    pub(super) is_sensitive: bool,
    pub(super) is_opening: bool,
    pub(super) is_named: bool,
    /// Whether some denial of it was implicit; `is_otherwise`: whether some denial was not.
    pub(super) is_implicit: bool,
    pub(super) is_otherwise: bool,
}

impl PrincipalHistory {
    /// An empty history.
    pub fn new() -> Self {
        Self::default()
    }

    /// The history of a principal about whom something was forgotten.
    pub(super) fn new_partial() -> Self {
        Self { is_partial: true, ..Self::default() }
    }

    /// Records an observation.
    pub fn record_observation(&mut self, seen: &TriageObservation) {
        self.span.add_time(seen.time);
        self.is_person |= seen.is_person;
        self.is_disguised |= seen.is_disguised;
        let now = SeenSpan::at_time(seen.time);
        for (known, value) in [(&mut self.networks, &seen.network), (&mut self.agents, &seen.agent)]
        {
            let value = value.iter();
            value.for_each(|value| {
                known.update_entry(clip_text(value), |span| span.merge_with(now))
            });
        }
        seen.tool.iter().for_each(|tool| self.tools.insert(*tool));
        match &seen.grant {
            Some(grant) => match &grant.given {
                GrantEffect::Surely => self.self_grants.insert(clip_text(&grant.operation)),
                GrantEffect::Perhaps => self.possible_grants.insert(clip_text(&grant.operation)),
                GrantEffect::Actions(all) => {
                    all.iter().for_each(|one| self.allowed.insert(clip_text(one)))
                }
            },
            None => self.record_denial(seen),
        }
    }

    fn record_denial(&mut self, seen: &TriageObservation) {
        if seen.is_blind && !seen.is_console {
            self.regions.insert(clip_text(&seen.region));
        }
        let denied = if seen.is_console { &mut self.console } else { &mut self.denied };
        let rank = match seen {
            TriageObservation { is_sensitive: true, .. } => 0,
            TriageObservation { is_blind: true, .. } => 1,
            TriageObservation { is_looking: true, .. } => 2,
            _ => 3,
        };
        denied.update_entry(format!("{rank} {}", clip_text(&seen.action)).as_str(), |deed| {
            deed.record_observation(seen)
        });
    }

    /// Adds what another history of the same principal has seen.
    pub fn merge_with(&mut self, other: Self) {
        self.span.merge_with(other.span);
        for (mine, theirs) in
            [(&mut self.denied, &other.denied), (&mut self.console, &other.console)]
        {
            for (key, deed) in theirs.iter() {
                mine.update_entry(key.as_str(), |mine| mine.merge_with(deed));
            }
        }
        for (mine, theirs) in
            [(&mut self.networks, &other.networks), (&mut self.agents, &other.agents)]
        {
            for (name, span) in theirs.iter() {
                mine.update_entry(name.as_str(), |mine| mine.merge_with(*span));
            }
        }
        self.regions.merge_with(other.regions);
        self.tools.merge_with(other.tools);
        self.self_grants.merge_with(other.self_grants);
        self.possible_grants.merge_with(other.possible_grants);
        self.allowed.merge_with(other.allowed);
        self.groups.merge_with(other.groups);
        self.is_person |= other.is_person;
        self.is_disguised |= other.is_disguised;
        self.is_partial |= other.is_partial;
    }

    /// Remembers whether something about it was forgotten.
    pub(super) fn mark_partial(&mut self, is_partial: bool) {
        self.is_partial |= is_partial;
    }

    /// Remembers that a group reported it, by the group's key.
    pub fn note_case(&mut self, key: &str) {
        self.groups.insert(key);
    }

    /// The groups that reported it, as far as they are remembered.
    pub fn told_cases(&self) -> impl Iterator<Item = &str> {
        self.groups.iter().map(String::as_str)
    }

    /// Everything that was denied, both to scripts and to the console.
    pub(super) fn denied_actions(&self) -> impl Iterator<Item = &DeniedAction> {
        self.denied.values().chain(self.console.values())
    }

    /// The same with the action of each.
    pub(super) fn denied_by_action(&self) -> impl Iterator<Item = (&str, &DeniedAction)> {
        let all = self.denied.iter().chain(self.console.iter());
        all.map(|(key, deed)| (action_of(key), deed))
    }

    /// How much would be lost with it: the quiet and harmless weigh least.
    pub(super) fn retention_weight(&self) -> usize {
        let sensitive = self.denied.values().filter(|deed| deed.is_sensitive).count();
        let grants = self.self_grants.len()
            + self.possible_grants.len()
            + usize::from(!self.allowed.is_empty());
        self.denied.len() + self.console.len() + 4 * sensitive + 16 * grants + 16 * self.tools.len()
    }

    /// How many bytes it takes, including its allocations.
    pub(super) fn size_bytes(&self) -> usize {
        let texts = self.tools.heap_bytes()
            + self.regions.heap_bytes()
            + self.self_grants.heap_bytes()
            + self.possible_grants.heap_bytes()
            + self.allowed.heap_bytes()
            + self.groups.heap_bytes();
        let spans = self.networks.heap_bytes() + self.agents.heap_bytes();
        size_of::<Self>() + texts + spans + self.denied.heap_bytes() + self.console.heap_bytes()
    }
}

impl DeniedAction {
    fn record_observation(&mut self, seen: &TriageObservation) {
        self.slots.add_span(seen.time.div_euclid(SLOT), SeenSpan::at_time(seen.time));
        let target = seen.target.as_deref().unwrap_or_default();
        self.targets.insert(&fnv_hash(target.as_bytes()));
        self.places.insert(&fnv_hash(container_of(target).as_bytes()));
        self.is_looking |= seen.is_looking;
        self.is_blind |= seen.is_blind;
        self.is_sensitive |= seen.is_sensitive;
        self.is_opening |= seen.is_opening;
        self.is_named |= seen.is_named;
        self.is_implicit |= seen.is_implicit;
        self.is_otherwise |= !seen.is_implicit;
    }

    fn merge_with(&mut self, other: &Self) {
        self.slots.merge_with(&other.slots);
        self.targets.merge_with(other.targets.clone());
        self.places.merge_with(other.places.clone());
        self.is_looking |= other.is_looking;
        self.is_blind |= other.is_blind;
        self.is_sensitive |= other.is_sensitive;
        self.is_opening |= other.is_opening;
        self.is_named |= other.is_named;
        self.is_implicit |= other.is_implicit;
        self.is_otherwise |= other.is_otherwise;
    }

    /// From the first to the last remembered time.
    pub(super) fn time_span(&self) -> SeenSpan {
        self.slots.iter().fold(SeenSpan::default(), |mut all, (_, span)| {
            all.merge_with(span);
            all
        })
    }
}

impl HeapSize for DeniedAction {
    fn heap_bytes(&self) -> usize {
        self.slots.heap_bytes() + self.targets.heap_bytes() + self.places.heap_bytes()
    }
}

/// What contains a target: an object's bucket, a stream's log group; otherwise the target itself.
fn container_of(target: &str) -> &str {
    if target.starts_with("arn:") && target.contains(":s3:::") {
        return target.split('/').next().unwrap_or(target);
    }
    target.split(":log-stream:").next().unwrap_or(target)
}

fn clip_text(text: &str) -> &str {
    aware_core::text::clip_bytes(text, MAX_TEXT).0
}
