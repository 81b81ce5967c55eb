//! What the parts of the frontend share while they read one file.

use std::collections::BTreeSet;
use std::fmt::Display;

use aware_core::near::did_you_mean;
use aware_core::source::SourceId;

use super::placeholder::PlaceholderValues;
use crate::ir::EventField;
use crate::problem::RuleMistake;
use crate::tree::{PatternPlace, YamlKey, YamlNode, YamlValue};

/// The file being read, and the problems found in the current document.
pub(super) struct FileContext<'a> {
    pub(super) file: &'a str,
    pub(super) text: &'a str,
    pub(super) placeholders: &'a PlaceholderValues,
    pub(super) problems: Vec<RuleMistake>,
    /// Remarks about the current document.
    pub(super) notes: Vec<(PatternPlace, String)>,
    /// The source whose fields the document at hand names; `None` for any.
    pub(super) source: Option<SourceId>,
    /// Whether names belong to a list's member.
    pub(super) in_member: bool,
    /// Fields that the document treats as lists, by requiring several values at once with the
    /// modifier `all`.
    pub(super) lists: BTreeSet<EventField>,
    /// Where the document first selects members of a list, as in Sigma 3.
    pub(super) selector: Option<PatternPlace>,
}

impl<'a> FileContext<'a> {
    pub(super) fn new(file: &'a str, text: &'a str, placeholders: &'a PlaceholderValues) -> Self {
        Self {
            file,
            text,
            placeholders,
            problems: Vec::new(),
            notes: Vec::new(),
            source: None,
            in_member: false,
            lists: BTreeSet::new(),
            selector: None,
        }
    }

    /// Forgets what was recorded for the last document.
    pub(super) fn begin_document(&mut self) {
        self.source = None;
        self.lists.clear();
        self.selector = None;
    }

    /// Records a remark.
    pub(super) fn add_note(&mut self, place: PatternPlace, what: impl Display) {
        self.notes.push((place, what.to_string()));
    }

    /// Records a problem; returns `None`.
    pub(super) fn refuse_at<T>(&mut self, place: PatternPlace, what: impl Display) -> Option<T> {
        self.problems.push(RuleMistake::new(self.file, place, what));
        None
    }

    /// Records a problem and how to fix it; returns `None`.
    pub(super) fn refuse_with_hint<T>(
        &mut self,
        place: PatternPlace,
        what: impl Display,
        hint: impl Display,
    ) -> Option<T> {
        self.problems.push(RuleMistake::new(self.file, place, what).with_hint(hint));
        None
    }

    /// Records that a name is unknown, with the nearest known name if there is one.
    pub(super) fn refuse_unknown<T>(
        &mut self,
        place: PatternPlace,
        what: impl Display,
        near: Option<impl Display>,
    ) -> Option<T> {
        match near {
            Some(near) => self.refuse_with_hint(place, what, did_you_mean(near)),
            None => self.refuse_at(place, what),
        }
    }

    /// The position of the character at an offset into a scalar, if it is on the scalar's first
    /// line.
    pub(super) fn place_inside(&self, (line, column): PatternPlace, offset: usize) -> PatternPlace {
        let row = usize::try_from(line).ok().and_then(|line| line.checked_sub(1));
        let rest = row.and_then(|row| self.text.lines().nth(row)).unwrap_or_default();
        let begin = usize::try_from(column).unwrap_or_default().saturating_sub(1);
        let quoted = rest.chars().nth(begin).is_some_and(|first| "'\"".contains(first));
        let offset = offset + usize::from(quoted);
        let there = rest.chars().count() >= begin + offset;
        let shift = if there { u32::try_from(offset).unwrap_or_default() } else { 0 };
        (line, column.saturating_add(shift))
    }

    /// Reads a scalar as text.
    pub(super) fn read_text(&mut self, what: &str, node: &YamlNode) -> Option<String> {
        match node.scalar_text() {
            Some(text) => Some(text),
            None => {
                let kind = node.value.kind_name();
                self.refuse_at(node.place, format_args!("`{what}` has to be text, not {kind}"))
            }
        }
    }

    /// Reads one text, or a list of them.
    pub(super) fn read_texts(
        &mut self,
        what: &str,
        node: &YamlNode,
    ) -> Option<Vec<(String, PatternPlace)>> {
        let YamlValue::List(items) = &node.value else {
            return Some(vec![(self.read_text(what, node)?, node.place)]);
        };
        let texts = items.iter().map(|item| Some((self.read_text(what, item)?, item.place)));
        all_or_none(texts)
    }

    /// Reads the entries of a map.
    pub(super) fn read_map<'n>(
        &mut self,
        what: &str,
        node: &'n YamlNode,
    ) -> Option<&'n [(YamlKey, YamlNode)]> {
        match node.map_entries() {
            Some(entries) => Some(entries),
            None => {
                let kind = node.value.kind_name();
                self.refuse_at(node.place, format_args!("`{what}` has to be a map, not {kind}"))
            }
        }
    }
}

/// All values, or none. Unlike collecting into an `Option`, this evaluates every one, so that every
/// mistake is found.
pub(super) fn all_or_none<T>(values: impl Iterator<Item = Option<T>>) -> Option<Vec<T>> {
    let values: Vec<Option<T>> = values.collect();
    values.into_iter().collect()
}
