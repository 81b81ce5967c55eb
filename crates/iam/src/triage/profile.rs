//! What is remembered of one principal.

use aware_core::event::{Event, Outcome};
use serde::{Deserialize, Serialize};

use super::bounded::{Few, FewKeys, Latest, Span};
use super::observation::{Observation, fnv};
use super::reading::Reading;
use super::score;

/// Length of a slot, in seconds; a window of an hour is six of them.
pub(super) const SLOT: i64 = 600;
/// How many slots with denials are kept: the latest.
const SLOTS: usize = 24;
/// How many denied actions a slot, and a profile, keeps.
pub(super) const ACTIONS: usize = 40;
/// The longest text kept, in bytes.
const MAX_TEXT: usize = 256;

/// One principal's denials and, where they are known, its successes: enough to tell who explores
/// from who lacks a permission, and never more than about 60 KB.
///
/// Absorbing the same events in any order, and any number of times, gives the same profile.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Profile {
    /// From when to when anything was seen.
    pub(super) span: Span,
    /// Denied actions.
    pub(super) denied: FewKeys<String, Deed, 64>,
    /// Denials by slots of ten minutes.
    pub(super) slots: std::collections::BTreeMap<i64, Slot>,
    /// Actions that went through.
    pub(super) worked: FewKeys<String, Span, 200>,
    /// Networks that anything came from.
    pub(super) networks: FewKeys<String, Seen, 16>,
    /// Families of user agents.
    pub(super) agents: FewKeys<String, Seen, 16>,
    /// Resources that were denied.
    pub(super) resources: Few<String, 16>,
    /// Tools that user agents named.
    pub(super) tools: Few<String, 4>,
    /// What it runs in.
    pub(super) workloads: Few<String, 4>,
    /// Actions asked for with `DryRun`.
    pub(super) dry_runs: Few<String, 16>,
    /// When the principal gave itself permissions.
    pub(super) self_grants: Few<i64, 8>,
    /// When it, or a policy that may be its own, was deployed or changed by somebody else.
    pub(super) changes: FewKeys<i64, String, 16>,
    /// A service called for it.
    pub(super) is_by_service: bool,
    /// Somebody called by himself, no service.
    pub(super) is_by_itself: bool,
    /// A person.
    pub(super) is_person: bool,
}

/// One denied action.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Deed {
    pub(super) span: Span,
    pub(super) times: Latest<16>,
    pub(super) is_looking: bool,
    pub(super) is_sensitive: bool,
    pub(super) is_named: bool,
    /// Some denial of it was implicit, and none was otherwise.
    pub(super) is_implicit: bool,
    pub(super) is_otherwise: bool,
}

/// The denials of ten minutes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Slot {
    pub(super) span: Span,
    /// Denied actions that no console page asked for.
    pub(super) actions: Few<String, ACTIONS>,
    /// Digests of action and target.
    pub(super) pairs: Few<u64, 64>,
    pub(super) regions: Few<String, 24>,
    pub(super) networks: Few<String, 4>,
    pub(super) agents: Few<String, 4>,
}

/// When something was seen, and when it was first seen with a call that went through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Seen {
    pub(super) span: Span,
    pub(super) worked: i64,
}

impl Default for Seen {
    fn default() -> Self {
        Self { span: Span::default(), worked: i64::MAX }
    }
}

impl Profile {
    /// A profile that has seen nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in an event of the principal: denials always, successes where there are any.
    pub fn absorb(&mut self, event: &Event) {
        if let Some(seen) = Observation::of(event) {
            self.observe(&seen);
        }
    }

    /// Takes in an observation.
    pub fn observe(&mut self, seen: &Observation) {
        self.span.add(seen.time);
        self.is_by_service |= seen.is_by_service;
        self.is_by_itself |= !seen.is_by_service;
        self.is_person |= seen.is_person;
        let worked = seen.outcome == Outcome::Success || seen.is_dry_run;
        for (known, value) in [(&mut self.networks, &seen.network), (&mut self.agents, &seen.agent)]
        {
            let Some(value) = value else { continue };
            known.change(clip(value), |entry| {
                entry.span.add(seen.time);
                entry.worked = entry.worked.min(if worked { seen.time } else { i64::MAX });
            });
        }
        seen.tool.iter().for_each(|tool| self.tools.add(*tool));
        seen.workload.iter().for_each(|what| self.workloads.add(*what));
        if seen.is_dry_run {
            self.dry_runs.add(clip(&seen.action));
        }
        if seen.is_self_grant {
            self.self_grants.add(&seen.time);
        }
        match seen.outcome {
            Outcome::Success => self.worked.change(clip(&seen.action), |span| span.add(seen.time)),
            Outcome::Denied => self.deny(seen),
            Outcome::Failed => {}
        }
    }

    fn deny(&mut self, seen: &Observation) {
        self.denied.change(clip(&seen.action), |deed| {
            deed.span.add(seen.time);
            deed.times.add(seen.time);
            deed.is_looking |= seen.is_looking;
            deed.is_sensitive |= seen.is_sensitive;
            deed.is_named |= seen.is_named;
            deed.is_implicit |= seen.is_implicit;
            deed.is_otherwise |= !seen.is_implicit;
        });
        if let Some(target) = &seen.target {
            self.resources.add(clip(target));
        }
        let slot = self.slots.entry(seen.time.div_euclid(SLOT)).or_default();
        slot.add(seen);
        while self.slots.len() > SLOTS {
            self.slots.pop_first();
        }
    }

    /// Notes that the principal's code or permissions were changed, by whoever may: what is denied
    /// from then on is likely to be a mistake in the change. `what` is shown: `PutRolePolicy`.
    pub fn note_change(&mut self, time: i64, what: &str) {
        self.changes.change(&time, |text| {
            if text.is_empty() || what < text.as_str() {
                *text = clip(what).to_owned();
            }
        });
    }

    /// Adds what another profile of the same principal has seen.
    pub fn merge(&mut self, other: Self) {
        self.span.merge(other.span);
        for (action, deed) in other.denied.0 {
            self.denied.change(&action, |mine| mine.merge(&deed));
        }
        for (at, slot) in other.slots {
            self.slots.entry(at).or_default().merge(slot);
        }
        while self.slots.len() > SLOTS {
            self.slots.pop_first();
        }
        for (action, span) in other.worked.0 {
            self.worked.change(&action, |mine| mine.merge(span));
        }
        for (mine, theirs) in
            [(&mut self.networks, other.networks), (&mut self.agents, other.agents)]
        {
            for (name, seen) in theirs.0 {
                mine.change(&name, |entry| {
                    entry.span.merge(seen.span);
                    entry.worked = entry.worked.min(seen.worked);
                });
            }
        }
        self.resources.merge(other.resources);
        self.tools.merge(other.tools);
        self.workloads.merge(other.workloads);
        self.dry_runs.merge(other.dry_runs);
        self.self_grants.merge(other.self_grants);
        other.changes.0.iter().for_each(|(time, what)| self.note_change(*time, what));
        self.is_by_service |= other.is_by_service;
        self.is_by_itself |= other.is_by_itself;
        self.is_person |= other.is_person;
    }

    /// Which of the two it looks like, with points and reasons.
    pub fn reading(&self) -> Reading {
        score::read(self)
    }
}

impl Deed {
    fn merge(&mut self, other: &Self) {
        self.span.merge(other.span);
        self.times.merge(&other.times);
        self.is_looking |= other.is_looking;
        self.is_sensitive |= other.is_sensitive;
        self.is_named |= other.is_named;
        self.is_implicit |= other.is_implicit;
        self.is_otherwise |= other.is_otherwise;
    }
}

impl Slot {
    fn add(&mut self, seen: &Observation) {
        self.span.add(seen.time);
        // A console page asks for twenty things at once that its visitor may not even know of.
        if !seen.is_console {
            self.actions.add(clip(&seen.action));
        }
        let target = seen.target.as_deref().unwrap_or_default();
        self.pairs.add(&fnv(format!("{}\n{target}", seen.action).as_bytes()));
        self.regions.add(clip(&seen.region));
        seen.network.iter().for_each(|network| self.networks.add(clip(network)));
        seen.agent.iter().for_each(|agent| self.agents.add(clip(agent)));
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.span.merge(other.span);
        self.actions.merge(other.actions);
        self.pairs.merge(other.pairs);
        self.regions.merge(other.regions);
        self.networks.merge(other.networks);
        self.agents.merge(other.agents);
    }
}

fn clip(text: &str) -> &str {
    aware_core::text::clip_bytes(text, MAX_TEXT).0
}
