//! What one principal did, by action.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::CaseEvent;
use super::ends::EndEvents;
use crate::triage::bounded::{BoundedMap, BoundedSet};
use crate::triage::fnv_hash;

/// How many actions are remembered for each way in which calls end.
pub(super) const ACTIONS: usize = 128;
/// How many resources are remembered for each action.
pub(crate) const RESOURCES: usize = 6;
/// The longest name that is kept, in bytes.
const MAX_NAME: usize = 512;
/// The longest name of a resource.
const MAX_RESOURCE: usize = 160;

/// The actions of one principal that ended alike.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct ActionMemory {
    /// How many calls there were, whether or not their action is remembered.
    pub(super) count: u64,
    /// By rank and operation, `0 iam:CreateUser`: what matters comes first, so that nothing else
    /// can crowd it out.
    actions: BoundedMap<String, ActionSeen, ACTIONS>,
}

/// One action.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct ActionSeen {
    /// How often.
    pub(super) count: u64,
    /// The IAM action, if it is known and differs from the operation.
    pub(super) iam_action: Option<String>,
    /// Its first and last events.
    pub(super) ends: EndEvents<4>,
    /// Its resources.
    pub(super) resources: BoundedSet<String, RESOURCES>,
    /// Whether it only reads.
    pub(super) is_reading: bool,
}

impl ActionMemory {
    pub(super) fn record_event(&mut self, event: &CaseEvent) {
        self.count = self.count.saturating_add(event.counted());
        let key = format!("{} {}", rank_of(event), clip(&event.operation));
        self.actions.update_entry(key.as_str(), |seen| seen.record_event(event));
    }

    pub(super) fn merge_with(&mut self, other: Self) {
        self.count = self.count.saturating_add(other.count);
        for (key, seen) in other.actions.iter() {
            self.actions.update_entry(key.as_str(), |mine| mine.merge_with(seen));
        }
    }

    /// Forgets the resources of every operation.
    pub(super) fn drop_resources(&mut self) {
        self.actions.values_mut().for_each(|seen| seen.resources = BoundedSet::default());
    }

    /// Forgets resources, and all but the first and last event of every operation.
    pub(super) fn drop_details(&mut self) {
        self.drop_resources();
        self.actions.values_mut().for_each(|seen| seen.ends.keep_outermost());
    }

    /// Every remembered operation.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &ActionSeen)> {
        self.actions
            .iter()
            .map(|(key, seen)| (key.split_once(' ').map_or(key.as_str(), |(_, name)| name), seen))
    }

    /// One operation.
    pub(super) fn get(&self, operation: &str) -> Option<&ActionSeen> {
        self.iter().find(|(name, _)| *name == operation).map(|(_, seen)| seen)
    }

    /// How many operations are remembered, and whether there were more.
    pub(super) fn action_count(&self) -> (usize, bool) {
        (self.actions.len(), self.actions.len() >= ACTIONS)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }
}

impl ActionSeen {
    fn record_event(&mut self, event: &CaseEvent) {
        self.count = self.count.saturating_add(event.counted());
        self.note_iam_action(&event.action, &event.operation);
        self.ends.insert(event.time, &event.event_id);
        if let Some(resource) = &event.resource {
            self.resources.insert(&*clip_name(resource));
        }
        self.is_reading |= event.is_reading;
    }

    /// The first name in sort order, so that the order of events decides nothing.
    fn note_iam_action(&mut self, action: &str, operation: &str) {
        let is_new = action != operation && self.iam_action.as_deref().is_none_or(|a| action < a);
        if is_new {
            self.iam_action = Some(action.to_owned());
        }
    }

    fn merge_with(&mut self, other: &Self) {
        self.count = self.count.saturating_add(other.count);
        if let Some(action) = &other.iam_action {
            self.note_iam_action(action, "");
        }
        self.ends.merge_with(&other.ends);
        self.resources.merge_with(other.resources.clone());
        self.is_reading |= other.is_reading;
    }

    pub(super) fn first_time(&self) -> Timestamp {
        self.ends.first().map_or(Timestamp::MAX, |(time, _)| *time)
    }

    pub(super) fn last_time(&self) -> Timestamp {
        self.ends.last().map_or(Timestamp::MIN, |(time, _)| *time)
    }

    /// Whether both may concern the same thing: one of them names nothing, or a name is common.
    pub(super) fn may_share_resource(&self, other: &Self) -> bool {
        let is_open = |seen: &Self| seen.resources.is_empty() || seen.resources.is_full();
        is_open(self)
            || is_open(other)
            || self.resources.iter().any(|name| other.resources.iter().any(|one| one == name))
    }
}

/// What matters first: what is notable, what changes something, the rest.
fn rank_of(event: &CaseEvent) -> u8 {
    match (&event.notable, event.is_reading) {
        (Some(_), _) => 0,
        (None, false) => 1,
        (None, true) => 2,
    }
}

/// A resource's name, with a digest in place of what is beyond [`MAX_RESOURCE`] bytes.
pub(super) fn clip_name(name: &str) -> Cow<'_, str> {
    let (start, cut) = aware_core::text::clip_bytes(name, MAX_RESOURCE);
    if cut == 0 {
        return Cow::Borrowed(name);
    }
    Cow::Owned(format!("{start}…{:016x}", fnv_hash(name.as_bytes())))
}

pub(super) fn clip(text: &str) -> &str {
    aware_core::text::clip_bytes(text, MAX_NAME).0
}
