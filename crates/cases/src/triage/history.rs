//! What is remembered about one principal.

use serde::{Deserialize, Serialize};

use super::bounded::{Ends, Few, FewKeys, Heap, Span};
use super::observation::{Observation, fnv};
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
pub struct History {
    /// The first and last time that anything was seen.
    pub(super) span: Span,
    /// Actions denied to a script, a tool or a program; the most important ones are kept.
    pub(super) denied: FewKeys<Key, Deed, ACTIONS>,
    /// Actions denied to a page of the console.
    pub(super) console: FewKeys<Key, Deed, ACTIONS>,
    /// The networks of its calls.
    pub(super) networks: FewKeys<String, Span, 16>,
    /// Families of user agents.
    pub(super) agents: FewKeys<String, Span, 16>,
    /// Regions in which it looked around.
    pub(super) regions: Few<String, 40>,
    /// Tools named in user agents; the list of tools is our own.
    pub(super) tools: Few<String, 40>,
    /// Operations by which the principal certainly gave itself permissions.
    pub(super) self_grants: Few<String, 32>,
    /// Operations by which it may have given itself permissions.
    pub(super) possible_grants: Few<String, 32>,
    /// Actions, as patterns, that policies allow which the principal changed and which may be its
    /// own.
    pub(super) allowed: Few<String, 400>,
    /// Whether it is a person.
    pub(super) is_person: bool,
    /// Whether it used a browser's user agent with a long-term key.
    pub(super) is_disguised: bool,
    /// Groups that reported it, whose statements may have to be withdrawn. As many as a commit of
    /// the shared store can contain.
    groups: Few<String, 48>,
    /// Whether its beginning is unknown.
    pub(super) is_partial: bool,
}

/// A denied action, prefixed with its rank, `1 iam:ListUsers`: what an intruder does for its own
/// sake comes before what it may do to crowd that out.
pub(super) type Key = String;

/// The action of a [`Key`].
pub(super) fn action_of(key: &str) -> &str {
    key.split_once(' ').map_or(key, |(_, action)| action)
}

/// One denied action.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Deed {
    /// When, in slots of ten minutes.
    pub(super) slots: Ends<8>,
    /// Digests of its targets.
    pub(super) targets: Few<u64, TARGETS>,
    /// Digests of what contains the targets: buckets, tables, secrets.
    pub(super) places: Few<u64, TARGETS>,
    pub(super) is_looking: bool,
    pub(super) is_blind: bool,
    pub(super) is_sensitive: bool,
    pub(super) is_opening: bool,
    pub(super) is_named: bool,
    /// Whether some denial of it was implicit; `is_otherwise`: whether some denial was not.
    pub(super) is_implicit: bool,
    pub(super) is_otherwise: bool,
}

impl History {
    /// An empty history.
    pub fn new() -> Self {
        Self::default()
    }

    /// The history of a principal about whom something was forgotten.
    pub(super) fn partial() -> Self {
        Self { is_partial: true, ..Self::default() }
    }

    /// Records an observation.
    pub fn observe(&mut self, seen: &Observation) {
        self.span.add(seen.time);
        self.is_person |= seen.is_person;
        self.is_disguised |= seen.is_disguised;
        let now = Span::at(seen.time);
        for (known, value) in [(&mut self.networks, &seen.network), (&mut self.agents, &seen.agent)]
        {
            let value = value.iter();
            value.for_each(|value| known.change(clip(value), |span| span.merge(now)));
        }
        seen.tool.iter().for_each(|tool| self.tools.add(*tool));
        match &seen.grant {
            Some(grant) => match &grant.given {
                GrantEffect::Surely => self.self_grants.add(clip(&grant.operation)),
                GrantEffect::Perhaps => self.possible_grants.add(clip(&grant.operation)),
                GrantEffect::Actions(all) => all.iter().for_each(|one| self.allowed.add(clip(one))),
            },
            None => self.deny(seen),
        }
    }

    fn deny(&mut self, seen: &Observation) {
        if seen.is_blind && !seen.is_console {
            self.regions.add(clip(&seen.region));
        }
        let denied = if seen.is_console { &mut self.console } else { &mut self.denied };
        let rank = match seen {
            Observation { is_sensitive: true, .. } => 0,
            Observation { is_blind: true, .. } => 1,
            Observation { is_looking: true, .. } => 2,
            _ => 3,
        };
        denied.change(format!("{rank} {}", clip(&seen.action)).as_str(), |deed| deed.add(seen));
    }

    /// Adds what another history of the same principal has seen.
    pub fn merge(&mut self, other: Self) {
        self.span.merge(other.span);
        for (mine, theirs) in
            [(&mut self.denied, &other.denied), (&mut self.console, &other.console)]
        {
            for (key, deed) in theirs.iter() {
                mine.change(key.as_str(), |mine| mine.merge(deed));
            }
        }
        for (mine, theirs) in
            [(&mut self.networks, &other.networks), (&mut self.agents, &other.agents)]
        {
            for (name, span) in theirs.iter() {
                mine.change(name.as_str(), |mine| mine.merge(*span));
            }
        }
        self.regions.merge(other.regions);
        self.tools.merge(other.tools);
        self.self_grants.merge(other.self_grants);
        self.possible_grants.merge(other.possible_grants);
        self.allowed.merge(other.allowed);
        self.groups.merge(other.groups);
        self.is_person |= other.is_person;
        self.is_disguised |= other.is_disguised;
        self.is_partial |= other.is_partial;
    }

    /// Remembers whether something about it was forgotten.
    pub(super) fn mark_partial(&mut self, is_partial: bool) {
        self.is_partial |= is_partial;
    }

    /// Remembers that a group reported it, by the group's key.
    pub fn note_group(&mut self, key: &str) {
        self.groups.add(key);
    }

    /// The groups that reported it, as far as they are remembered.
    pub fn groups(&self) -> impl Iterator<Item = &str> {
        self.groups.iter().map(String::as_str)
    }

    /// Everything that was denied, both to scripts and to the console.
    pub(super) fn deeds(&self) -> impl Iterator<Item = &Deed> {
        self.denied.values().chain(self.console.values())
    }

    /// The same with the action of each.
    pub(super) fn deeds_by_action(&self) -> impl Iterator<Item = (&str, &Deed)> {
        let all = self.denied.iter().chain(self.console.iter());
        all.map(|(key, deed)| (action_of(key), deed))
    }

    /// How much would be lost with it: the quiet and harmless weigh least.
    pub(super) fn weight(&self) -> usize {
        let sensitive = self.denied.values().filter(|deed| deed.is_sensitive).count();
        let grants = self.self_grants.len()
            + self.possible_grants.len()
            + usize::from(!self.allowed.is_empty());
        self.denied.len() + self.console.len() + 4 * sensitive + 16 * grants + 16 * self.tools.len()
    }

    /// How many bytes it takes, including its allocations.
    pub(super) fn bytes(&self) -> usize {
        let texts = self.tools.heap()
            + self.regions.heap()
            + self.self_grants.heap()
            + self.possible_grants.heap()
            + self.allowed.heap()
            + self.groups.heap();
        let spans = self.networks.heap() + self.agents.heap();
        size_of::<Self>() + texts + spans + self.denied.heap() + self.console.heap()
    }
}

impl Deed {
    fn add(&mut self, seen: &Observation) {
        self.slots.add(seen.time.div_euclid(SLOT), Span::at(seen.time));
        let target = seen.target.as_deref().unwrap_or_default();
        self.targets.add(&fnv(target.as_bytes()));
        self.places.add(&fnv(container(target).as_bytes()));
        self.is_looking |= seen.is_looking;
        self.is_blind |= seen.is_blind;
        self.is_sensitive |= seen.is_sensitive;
        self.is_opening |= seen.is_opening;
        self.is_named |= seen.is_named;
        self.is_implicit |= seen.is_implicit;
        self.is_otherwise |= !seen.is_implicit;
    }

    fn merge(&mut self, other: &Self) {
        self.slots.merge(&other.slots);
        self.targets.merge(other.targets.clone());
        self.places.merge(other.places.clone());
        self.is_looking |= other.is_looking;
        self.is_blind |= other.is_blind;
        self.is_sensitive |= other.is_sensitive;
        self.is_opening |= other.is_opening;
        self.is_named |= other.is_named;
        self.is_implicit |= other.is_implicit;
        self.is_otherwise |= other.is_otherwise;
    }

    /// From the first to the last remembered time.
    pub(super) fn span(&self) -> Span {
        self.slots.iter().fold(Span::default(), |mut all, (_, span)| {
            all.merge(span);
            all
        })
    }
}

impl Heap for Deed {
    fn heap(&self) -> usize {
        self.slots.heap() + self.targets.heap() + self.places.heap()
    }
}

/// What contains a target: an object's bucket, a stream's log group; otherwise the target itself.
fn container(target: &str) -> &str {
    if target.starts_with("arn:") && target.contains(":s3:::") {
        return target.split('/').next().unwrap_or(target);
    }
    target.split(":log-stream:").next().unwrap_or(target)
}

fn clip(text: &str) -> &str {
    aware_core::text::clip_bytes(text, MAX_TEXT).0
}
