//! The denials of an hour, put together from slots of ten minutes.

use std::collections::{BTreeMap, BTreeSet};

use super::bounded::Span;
use super::profile::Slot;

/// Slots in a window of an hour.
pub(super) const WINDOW: i64 = 6;

/// What six slots hold together, borrowed from them.
#[derive(Default)]
pub(super) struct Hour<'p> {
    pub(super) span: Span,
    pub(super) actions: BTreeSet<&'p str>,
    pub(super) has_more_actions: bool,
    pub(super) pairs: BTreeSet<u64>,
    pub(super) has_more_pairs: bool,
    pub(super) regions: BTreeSet<&'p str>,
    pub(super) networks: BTreeSet<&'p str>,
    pub(super) agents: BTreeSet<&'p str>,
}

impl<'p> Hour<'p> {
    /// Every hour that begins with a denial and is not part of the one before.
    pub(super) fn all(slots: &'p BTreeMap<i64, Slot>) -> impl Iterator<Item = Self> {
        let mut end = None;
        slots.keys().filter_map(move |start| {
            let range = || slots.range(*start..start.saturating_add(WINDOW));
            let last = range().next_back().map(|(at, _)| *at);
            let is_part = end == last;
            end = last;
            (!is_part).then(|| Self::of(range().map(|(_, slot)| slot)))
        })
    }

    fn of(slots: impl Iterator<Item = &'p Slot>) -> Self {
        let mut hour = Self::default();
        for slot in slots {
            hour.span.merge(slot.span);
            hour.actions.extend(slot.actions.0.iter().map(String::as_str));
            hour.has_more_actions |= slot.actions.is_full();
            hour.pairs.extend(&slot.pairs.0);
            hour.has_more_pairs |= slot.pairs.is_full();
            hour.regions.extend(slot.regions.0.iter().map(String::as_str));
            hour.networks.extend(slot.networks.0.iter().map(String::as_str));
            hour.agents.extend(slot.agents.0.iter().map(String::as_str));
        }
        hour
    }
}
