//! The values of an event in the fields that some rule reads.

use std::collections::BTreeSet;

use crate::ir::{LeafValue, ListTrail};

/// The position of a field in a row.
pub(super) type SlotId = u32;

const NONE: u32 = u32::MAX;

/// The values of one event, in buffers that are reused for the next one.
#[derive(Debug, Default)]
pub(super) struct FieldRow {
    slots: Vec<FieldSlot>,
    touched: Vec<SlotId>,
    entries: Vec<LeafEntry>,
    /// Texts that do not occur in the record as they are: strings with escapes, unusual numbers.
    scratch: String,
    trails: Vec<ListTrail>,
}

#[derive(Clone, Copy, Debug)]
struct FieldSlot {
    exists: bool,
    first: u32,
    last: u32,
}

const EMPTY: FieldSlot = FieldSlot { exists: false, first: NONE, last: NONE };

#[derive(Clone, Copy, Debug)]
struct LeafEntry {
    next: u32,
    value: RawLeaf,
    trail: u32,
}

/// A leaf, by its position.
#[derive(Clone, Copy, Debug)]
pub(super) enum RawLeaf {
    Null,
    Bool(bool),
    Number(TextSpan),
    Text(TextSpan),
}

/// A piece of the record's text, or of the row's own.
#[derive(Clone, Copy, Debug)]
pub(super) struct TextSpan {
    start: u32,
    end: u32,
    own: bool,
}

impl TextSpan {
    /// A piece of the record's text.
    pub(super) fn in_record(start: usize, end: usize) -> Self {
        // Records are at most a mebibyte long.
        let number = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Self { start: number(start), end: number(end), own: false }
    }
}

impl FieldRow {
    /// A row for this many fields.
    pub(super) fn with_slots(slots: usize) -> Self {
        Self { slots: vec![EMPTY; slots], ..Self::default() }
    }

    /// Forgets the last event.
    pub(super) fn clear(&mut self) {
        for slot in self.touched.drain(..) {
            if let Some(slot) = self.slots.get_mut(slot as usize) {
                *slot = EMPTY;
            }
        }
        self.entries.clear();
        self.scratch.clear();
        self.trails.clear();
    }

    /// Records that the field's path leads to something.
    pub(super) fn mark_existing(&mut self, id: SlotId) {
        let Some(slot) = self.slots.get_mut(id as usize) else { return };
        if !slot.exists {
            slot.exists = true;
            self.touched.push(id);
        }
    }

    /// Adds a leaf to a field.
    pub(super) fn add_leaf(&mut self, id: SlotId, value: RawLeaf, trail: &ListTrail) {
        self.mark_existing(id);
        let Some(slot) = self.slots.get_mut(id as usize) else { return };
        let at = u32::try_from(self.entries.len()).unwrap_or(NONE);
        match self.entries.get_mut(slot.last as usize) {
            Some(last) => last.next = at,
            None => slot.first = at,
        }
        slot.last = at;
        let mut number = NONE;
        if !trail.is_empty() {
            number = u32::try_from(self.trails.len()).unwrap_or(NONE);
            self.trails.push(trail.clone());
        }
        self.entries.push(LeafEntry { next: NONE, value, trail: number });
    }

    /// Stores a text that does not occur in the record.
    pub(super) fn store_text(&mut self, text: &str) -> TextSpan {
        let start = self.scratch.len();
        self.scratch.push_str(text);
        TextSpan { own: true, ..TextSpan::in_record(start, self.scratch.len()) }
    }

    /// Whether the field's path leads to something.
    pub(super) fn exists(&self, id: SlotId) -> bool {
        self.slots.get(id as usize).is_some_and(|slot| slot.exists)
    }

    /// The leaves of a field.
    pub(super) fn leaves_of<'a>(
        &'a self,
        id: SlotId,
        record: &'a str,
    ) -> impl Iterator<Item = LeafValue<'a>> {
        self.entries_of(id).map(move |entry| self.resolve_leaf(entry.value, record))
    }

    /// The trails of the leaves that match.
    pub(super) fn matching_trails(
        &self,
        id: SlotId,
        record: &str,
        matches: impl Fn(LeafValue<'_>) -> bool,
    ) -> BTreeSet<ListTrail> {
        let matching =
            self.entries_of(id).filter(|entry| matches(self.resolve_leaf(entry.value, record)));
        let trail = |entry: &LeafEntry| self.trails.get(entry.trail as usize).cloned();
        matching.map(|entry| trail(entry).unwrap_or_default()).collect()
    }

    fn entries_of(&self, id: SlotId) -> impl Iterator<Item = &LeafEntry> {
        let first = self.slots.get(id as usize).map_or(NONE, |slot| slot.first);
        let entry = |at: u32| self.entries.get(at as usize);
        std::iter::successors(entry(first), move |last| entry(last.next))
    }

    fn resolve_leaf<'a>(&'a self, value: RawLeaf, record: &'a str) -> LeafValue<'a> {
        let text = |span: TextSpan| {
            let whole = if span.own { self.scratch.as_str() } else { record };
            whole.get(span.start as usize..span.end as usize).unwrap_or_default()
        };
        match value {
            RawLeaf::Null => LeafValue::Null,
            RawLeaf::Bool(value) => LeafValue::Bool(value),
            RawLeaf::Number(span) => LeafValue::Number(text(span)),
            RawLeaf::Text(span) => LeafValue::Text(text(span)),
        }
    }
}
