//! The successes of one principal that are worth telling.

use aware_core::case::EventMark;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::actions::clip;
use super::ends::EndEvents;
use super::{CaseEvent, NotableFact};
use crate::triage::bounded::BoundedMap;

/// How many things are remembered for each operation.
pub(super) const THINGS: usize = 12;

/// Notable successes by operation. Operations are AWS's, so nobody can crowd one out by the names
/// that they choose.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct NotableMemory(BoundedMap<String, NotableAction, 160>);

/// One operation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct NotableAction {
    /// How often.
    pub(super) count: u64,
    /// By what it was done to, where that can be taken back.
    things: BoundedMap<String, NotableSeen, THINGS>,
}

/// One thing that was done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct NotableSeen {
    /// The earliest event that did it, and what it is.
    first: Option<((Timestamp, String), EventMark, NotableFact)>,
    /// How often.
    pub(super) count: u64,
    pub(super) ends: EndEvents<2>,
}

/// A notable success, as the memory has it.
#[derive(Clone, Copy, Debug)]
pub(super) struct NotableView<'m> {
    pub(super) operation: &'m str,
    pub(super) time: Timestamp,
    pub(super) event_id: &'m str,
    /// The last event that did the same to the same.
    pub(super) last: Option<&'m (Timestamp, String)>,
    pub(super) mark: EventMark,
    pub(super) fact: &'m NotableFact,
    /// How often this was done to this.
    pub(super) count: u64,
}

impl NotableMemory {
    pub(super) fn record_event(&mut self, event: &CaseEvent) {
        let Some(fact) = &event.notable else { return };
        let own = if fact.is_own_grant { "own" } else { "any" };
        let key = format!("{} {own} {}", 9 - fact.weight.min(9), clip(&event.operation));
        self.0.update_entry(key.as_str(), |action| {
            action.count += 1;
            let thing = fact.undo_key.as_deref().map_or("", clip);
            action.things.update_entry(thing, |seen| seen.record_event(event, fact));
        });
    }

    pub(super) fn merge_with(&mut self, other: Self) {
        for (key, action) in other.0.iter() {
            self.0.update_entry(key.as_str(), |mine| {
                mine.count += action.count;
                for (thing, seen) in action.things.iter() {
                    mine.things.update_entry(thing.as_str(), |known| known.merge_with(seen));
                }
            });
        }
    }

    /// How many things are remembered.
    pub(super) fn thing_count(&self) -> usize {
        self.0.values().map(|action| action.things.len()).sum()
    }

    /// Operations that were done to more things than are remembered, and to how many more times.
    pub(super) fn unlisted(&self) -> impl Iterator<Item = (&str, &NotableSeen, u64)> {
        self.0.iter().filter_map(|(key, action)| {
            let operation = key.splitn(3, ' ').nth(2).unwrap_or_default();
            let listed: u64 = action.things.values().map(|seen| seen.count).sum();
            let more = action.count.saturating_sub(listed);
            let last = action.things.values().next_back().filter(|_| more > 0)?;
            Some((operation, last, more))
        })
    }

    /// Everything remembered, the heaviest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = NotableView<'_>> {
        self.0.iter().flat_map(|(key, action)| {
            let operation = key.splitn(3, ' ').nth(2).unwrap_or_default();
            action.things.values().filter_map(move |seen| {
                let ((time, event_id), mark, fact) = seen.first.as_ref()?;
                Some(NotableView {
                    operation,
                    time: *time,
                    event_id,
                    last: seen.ends.last(),
                    mark: *mark,
                    fact,
                    count: seen.count,
                })
            })
        })
    }

    /// What was done, and how often, whether or not each thing is remembered: the heaviest first.
    pub(super) fn operations(&self) -> impl Iterator<Item = (&str, &NotableFact, u64)> {
        self.timed_operations().map(|(operation, fact, action)| (operation, fact, action.count))
    }

    /// The same with what tells the times.
    pub(super) fn timed_operations(
        &self,
    ) -> impl Iterator<Item = (&str, &NotableFact, &NotableAction)> {
        self.0.iter().filter_map(|(key, action)| {
            let operation = key.splitn(3, ' ').nth(2).unwrap_or_default();
            let first = action.things.values().find_map(|seen| seen.first.as_ref())?;
            Some((operation, &first.2, action))
        })
    }
}

impl NotableAction {
    /// The times that are known: the first and the last for each thing.
    pub(super) fn known_times(&self) -> impl Iterator<Item = Timestamp> {
        self.things.values().flat_map(|seen| seen.ends.iter()).map(|(time, _)| *time)
    }
}

impl NotableSeen {
    /// The earliest event that did it, how it ended, and what it is.
    pub(super) fn earliest(&self) -> Option<(&(Timestamp, String), EventMark, &NotableFact)> {
        self.first.as_ref().map(|(point, mark, fact)| (point, *mark, fact))
    }

    fn record_event(&mut self, event: &CaseEvent, fact: &NotableFact) {
        self.count += 1;
        self.ends.insert(event.time, &event.event_id);
        self.note_first(&(event.time, event.event_id.clone()), event.mark, fact);
    }

    fn note_first(&mut self, point: &(Timestamp, String), mark: EventMark, fact: &NotableFact) {
        if self.first.as_ref().is_none_or(|(known, ..)| point < known) {
            self.first = Some((point.clone(), mark, fact.clone()));
        }
    }

    fn merge_with(&mut self, other: &Self) {
        self.count += other.count;
        self.ends.merge_with(&other.ends);
        if let Some((point, mark, fact)) = &other.first {
            self.note_first(point, *mark, fact);
        }
    }
}
