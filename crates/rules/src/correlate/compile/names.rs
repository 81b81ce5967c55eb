//! Resolves references: by id, then by name, then by title.

use std::collections::HashMap;

use aware_core::near::nearest;

use crate::correlate::model::Correlation;

/// The names by which a rule can be referred to.
#[derive(Clone, Copy, Debug)]
pub struct NamedRule<'a> {
    /// Its id.
    pub id: &'a str,
    /// Sigma's `name`.
    pub name: Option<&'a str>,
    /// Its title.
    pub title: &'a str,
}

impl<'a> NamedRule<'a> {
    /// What identifies it over time: its id, if it has one.
    pub(super) fn stable_key(&self) -> &'a str {
        let mut known = [Some(self.id), self.name].into_iter().flatten();
        known.find(|name| !name.is_empty()).unwrap_or(self.title)
    }
}

/// What a reference points to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ReferenceTarget {
    Rule(usize),
    Correlation(usize),
}

/// Ids, names and titles, in lookup order.
pub(super) struct ReferenceNames<'a> {
    tables: [HashMap<&'a str, Vec<ReferenceTarget>>; 3],
}

/// Why a reference points to nothing.
pub(super) enum LostReference {
    Unknown,
    Ambiguous(usize),
}

impl<'a> ReferenceNames<'a> {
    pub(super) fn from_rules(rules: &[NamedRule<'a>], correlations: &'a [Correlation]) -> Self {
        let mut names = Self { tables: Default::default() };
        for (at, rule) in rules.iter().enumerate() {
            names.add_target(
                ReferenceTarget::Rule(at),
                [Some(rule.id), rule.name, Some(rule.title)],
            );
        }
        for (at, correlation) in correlations.iter().enumerate() {
            let about = &correlation.about;
            let known = [Some(about.id.as_str()), correlation.name.as_deref(), Some(&about.name)];
            names.add_target(ReferenceTarget::Correlation(at), known);
        }
        names
    }

    fn add_target(&mut self, node: ReferenceTarget, known: [Option<&'a str>; 3]) {
        for (table, name) in self.tables.iter_mut().zip(known) {
            if let Some(name) = name.filter(|name| !name.is_empty()) {
                table.entry(name).or_default().push(node);
            }
        }
    }

    pub(super) fn find_target(&self, reference: &str) -> Result<ReferenceTarget, LostReference> {
        let found = self.tables.iter().find_map(|table| table.get(reference));
        match found.map(Vec::as_slice) {
            None => Err(LostReference::Unknown),
            Some([node]) => Ok(*node),
            Some(nodes) => Err(LostReference::Ambiguous(nodes.len())),
        }
    }

    /// The known name nearest to a reference, if one is close and has the same first or last
    /// letter: there may be many names, and many references to none.
    pub(super) fn nearest_name(&self, reference: &str) -> Option<&'a str> {
        let is_alike = |known: &&str| {
            known.chars().next() == reference.chars().next()
                || known.chars().last() == reference.chars().last()
        };
        nearest(reference, self.tables.iter().flat_map(HashMap::keys).copied().filter(is_alike))
    }
}
