//! Resolves references between documents: by id, then by name, then by title.

use std::collections::HashMap;

use aware_core::near::nearest;

use super::header::DocumentNames;
use crate::tree::PatternPlace;

/// A reference to a rule, and its position.
pub(super) type RuleReference = (String, PatternPlace);

/// What became of a document that others may refer to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DocumentState {
    /// A rule that is loaded.
    Rule,
    /// A correlation that is loaded.
    Correlation,
    /// It is for a source that is not read.
    Other,
    /// It is refused.
    Refused,
}

/// What a reference points to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum FoundReference<'a> {
    /// One document: its id and state.
    One(&'a str, DocumentState),
    /// Several with the same name or title.
    Several,
    /// No document.
    Nothing,
}

/// The documents that can be referred to.
#[derive(Debug, Default)]
pub(super) struct ReferenceIndex {
    entries: Vec<(String, DocumentState)>,
    by_id: HashMap<String, Vec<usize>>,
    by_name: HashMap<String, Vec<usize>>,
    by_title: HashMap<String, Vec<usize>>,
}

impl ReferenceIndex {
    /// Adds a document.
    pub(super) fn add_document(&mut self, names: DocumentNames, state: DocumentState) {
        let at = self.entries.len();
        self.by_id.entry(names.id.clone()).or_default().push(at);
        if let Some(name) = names.name {
            self.by_name.entry(name).or_default().push(at);
        }
        if let Some(title) = names.title {
            self.by_title.entry(title).or_default().push(at);
        }
        self.entries.push((names.id, state));
    }

    /// Changes the state of a document.
    pub(super) fn mark_refused(&mut self, id: &str) {
        for at in self.by_id.get(id).into_iter().flatten() {
            if let Some((_, state)) = self.entries.get_mut(*at)
                && *state == DocumentState::Correlation
            {
                *state = DocumentState::Refused;
            }
        }
    }

    /// Follows a reference. A loaded document takes precedence over one that is not.
    pub(super) fn find_document(&self, reference: &str) -> FoundReference<'_> {
        let by = [&self.by_id, &self.by_name, &self.by_title];
        let Some(found) = by.into_iter().find_map(|by| by.get(reference)) else {
            return FoundReference::Nothing;
        };
        let entries = found.iter().filter_map(|at| self.entries.get(*at));
        let loaded = |(_, state): &&(String, DocumentState)| {
            matches!(state, DocumentState::Rule | DocumentState::Correlation)
        };
        let mut loaded = entries.clone().filter(loaded);
        match (loaded.next(), loaded.next()) {
            (Some(_), Some(_)) => FoundReference::Several,
            (Some((id, state)), None) => FoundReference::One(id, *state),
            (None, _) => match entries.clone().next() {
                Some((id, state)) => FoundReference::One(id, *state),
                None => FoundReference::Nothing,
            },
        }
    }

    /// The nearest id, name or title.
    pub(super) fn nearest_name(&self, reference: &str) -> Option<&str> {
        let names = self.by_name.keys().chain(self.by_title.keys()).chain(self.by_id.keys());
        nearest(reference, names.map(String::as_str))
    }
}
