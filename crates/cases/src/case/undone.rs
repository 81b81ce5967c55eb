//! What was taken back, by whom and when.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::ends::EndEvents;
use super::{CaseEvent, UndoState};
use crate::notable::undone_by;

/// How many things that were taken back are remembered.
const MAX_KEYS: usize = 50_000;

/// Events by a key, each with who did it.
#[derive(Clone, Debug, Default)]
pub(super) struct UndoTable {
    /// The event's id and the name of who did it stand together, one line each.
    known: BTreeMap<String, EndEvents<3>>,
    /// Whether some were dropped.
    is_partial: bool,
}

impl UndoTable {
    pub(super) fn record_event(&mut self, event: &CaseEvent) {
        for key in &event.undoes {
            self.insert(key, event);
        }
    }

    pub(super) fn insert(&mut self, key: &str, event: &CaseEvent) {
        let note = format!("{}\n{}", event.event_id, event.principal.name);
        self.insert_note(key, event.time, &note);
    }

    fn insert_note(&mut self, key: &str, time: Timestamp, note: &str) {
        self.known.entry(key.to_owned()).or_default().insert(time, note);
        self.make_room();
    }

    /// Drops what is last in sort order, so that the order of arrival decides nothing.
    fn make_room(&mut self) {
        while self.known.len() > MAX_KEYS {
            self.is_partial = true;
            self.known.pop_last();
        }
    }

    /// Notes that not everything is known.
    pub(super) fn mark_partial(&mut self) {
        self.is_partial = true;
    }

    /// The events of one key.
    pub(super) fn get(&self, key: &str) -> Option<&EndEvents<3>> {
        self.known.get(key)
    }

    /// Restores the events of a key.
    pub(super) fn restore(&mut self, key: &str, ends: EndEvents<3>) {
        self.known.insert(key.to_owned(), ends);
    }

    pub(super) fn merge_with(&mut self, other: Self) {
        self.is_partial |= other.is_partial;
        for (key, ends) in other.known {
            self.known.entry(key).or_default().merge_with(&ends);
        }
        self.make_room();
    }

    /// Whether a thing still holds that was last done by this event.
    pub(super) fn state_of(&self, key: Option<&str>, done: (Timestamp, &str)) -> UndoState {
        let Some(key) = key else { return UndoState::Final };
        let others = || {
            let ends = undone_by(key).filter_map(|key| self.known.get(key));
            ends.flat_map(EndEvents::iter).filter(|(_, note)| split_note(note).0 != done.1)
        };
        match others().filter(|(time, _)| *time > done.0).min() {
            Some((time, note)) => {
                let (event_id, by) = split_note(note);
                UndoState::Undone { by: by.to_owned(), time: *time, event_id: event_id.to_owned() }
            }
            // CloudTrail counts seconds: which of two came last is not known.
            None if self.is_partial || others().any(|(time, _)| *time == done.0) => {
                UndoState::NotKnown
            }
            None => UndoState::InForce,
        }
    }

    /// The last event of a key before a moment: when, its id and who did it.
    pub(super) fn last_before(
        &self,
        key: &str,
        time: Timestamp,
    ) -> Option<(Timestamp, &str, &str)> {
        let ends = self.known.get(key)?;
        let (at, note) = ends.iter().rev().find(|(at, _)| *at <= time)?;
        let (event_id, by) = split_note(note);
        Some((*at, event_id, by))
    }
}

fn split_note(note: &str) -> (&str, &str) {
    note.split_once('\n').unwrap_or((note, ""))
}
