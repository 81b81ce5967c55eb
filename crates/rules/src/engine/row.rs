//! The values of an event in the fields that some rule reads.

use std::collections::BTreeSet;

use crate::ir::{Leaf, Trail};

/// The position of a field in a row.
pub(super) type SlotId = u32;

const NONE: u32 = u32::MAX;

/// The values of one event, in buffers that are reused for the next one.
#[derive(Debug, Default)]
pub(super) struct Row {
    slots: Vec<Slot>,
    touched: Vec<SlotId>,
    entries: Vec<Entry>,
    /// Texts that do not occur in the record as they are: strings with escapes, unusual numbers.
    scratch: String,
    trails: Vec<Trail>,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    exists: bool,
    first: u32,
    last: u32,
}

const EMPTY: Slot = Slot { exists: false, first: NONE, last: NONE };

#[derive(Clone, Copy, Debug)]
struct Entry {
    next: u32,
    value: Raw,
    trail: u32,
}

/// A leaf, by its position.
#[derive(Clone, Copy, Debug)]
pub(super) enum Raw {
    Null,
    Bool(bool),
    Number(Span),
    Text(Span),
}

/// A piece of the record's text, or of the row's own.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    start: u32,
    end: u32,
    own: bool,
}

impl Span {
    /// A piece of the record's text.
    pub(super) fn of_record(start: usize, end: usize) -> Self {
        // Records are at most a mebibyte long.
        let number = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Self { start: number(start), end: number(end), own: false }
    }
}

impl Row {
    /// A row for this many fields.
    pub(super) fn new(slots: usize) -> Self {
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
    pub(super) fn mark(&mut self, id: SlotId) {
        let Some(slot) = self.slots.get_mut(id as usize) else { return };
        if !slot.exists {
            slot.exists = true;
            self.touched.push(id);
        }
    }

    /// Adds a leaf to a field.
    pub(super) fn add(&mut self, id: SlotId, value: Raw, trail: &Trail) {
        self.mark(id);
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
        self.entries.push(Entry { next: NONE, value, trail: number });
    }

    /// Stores a text that does not occur in the record.
    pub(super) fn own(&mut self, text: &str) -> Span {
        let start = self.scratch.len();
        self.scratch.push_str(text);
        Span { own: true, ..Span::of_record(start, self.scratch.len()) }
    }

    /// Whether the field's path leads to something.
    pub(super) fn exists(&self, id: SlotId) -> bool {
        self.slots.get(id as usize).is_some_and(|slot| slot.exists)
    }

    /// The leaves of a field.
    pub(super) fn leaves<'a>(
        &'a self,
        id: SlotId,
        record: &'a str,
    ) -> impl Iterator<Item = Leaf<'a>> {
        self.entries_of(id).map(move |entry| self.leaf(entry.value, record))
    }

    /// The trails of the leaves that match.
    pub(super) fn trails(
        &self,
        id: SlotId,
        record: &str,
        matches: impl Fn(Leaf<'_>) -> bool,
    ) -> BTreeSet<Trail> {
        let matching = self.entries_of(id).filter(|entry| matches(self.leaf(entry.value, record)));
        let trail = |entry: &Entry| self.trails.get(entry.trail as usize).cloned();
        matching.map(|entry| trail(entry).unwrap_or_default()).collect()
    }

    fn entries_of(&self, id: SlotId) -> impl Iterator<Item = &Entry> {
        let first = self.slots.get(id as usize).map_or(NONE, |slot| slot.first);
        let entry = |at: u32| self.entries.get(at as usize);
        std::iter::successors(entry(first), move |last| entry(last.next))
    }

    fn leaf<'a>(&'a self, value: Raw, record: &'a str) -> Leaf<'a> {
        let text = |span: Span| {
            let whole = if span.own { self.scratch.as_str() } else { record };
            whole.get(span.start as usize..span.end as usize).unwrap_or_default()
        };
        match value {
            Raw::Null => Leaf::Null,
            Raw::Bool(value) => Leaf::Bool(value),
            Raw::Number(span) => Leaf::Number(text(span)),
            Raw::Text(span) => Leaf::Text(text(span)),
        }
    }
}
