//! Derived fields, which no record has itself: the program computes them from several others.

use aware_core::enrichment::Enrichment;
use aware_core::source::{self, SourceId};
use serde_json::Value;

use super::{EventField, PathStep};

/// A field that is made of others, by its name. Sources may share one, and make it of what they
/// have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DerivedField(&'static str);

impl DerivedField {
    /// The name of the object in which derived fields appear.
    pub const OBJECT: &'static str = "aware";
    /// How it ended: `success`, `denied` or `failed`.
    pub const OUTCOME: Self = Self("aware.outcome");
    /// Who acted, as messages call it.
    pub const PRINCIPAL: Self = Self("aware.principal");
    /// What was done, as messages call it.
    pub const ACTION: Self = Self("aware.action");
    /// The action's service.
    pub const SERVICE: Self = Self("aware.service");
    /// What the action can do to the account's safety.
    pub const SENSITIVITY: Self = Self("aware.sensitivity");

    /// The derived field that a path names, of any source.
    pub fn from_field(field: &EventField) -> Option<Self> {
        let [PathStep::Key(object), PathStep::Key(name)] = field.path.as_slice() else {
            return None;
        };
        if object != Self::OBJECT {
            return None;
        }
        let is = |full: &&'static str| {
            full.strip_prefix(Self::OBJECT).and_then(|rest| rest.strip_prefix('.'))
                == Some(name.as_str())
        };
        source::derived(None).map(|one| one.name).find(is).map(Self)
    }

    /// The name of a derived field that a path asks for and that no record of a source has.
    pub fn unknown_name(source: Option<SourceId>, field: &EventField) -> Option<String> {
        let is_key =
            |step: &PathStep, name: &str| matches!(step, PathStep::Key(key) if key == name);
        let asks = field.path.first().is_some_and(|first| is_key(first, Self::OBJECT));
        let is_known = || {
            Self::from_field(field)
                .is_some_and(|Self(name)| Self::all_names(source).any(|it| it == name))
        };
        (asks && !is_known()).then(|| field.to_string())
    }

    /// The names of all derived fields: of one source, or of all.
    pub fn all_names(source: Option<SourceId>) -> impl Iterator<Item = &'static str> {
        source::derived(source).map(|one| one.name)
    }

    /// The values in a record of a source; none where that has no such field.
    pub fn values_in(self, source: RecordSource<'_>, record: &Value) -> Vec<String> {
        let field = source::derived(Some(source.id)).find(|one| one.name == self.0);
        let of = source::source_of(source.id);
        field.map(|field| field.values.values_in(of, record, source.known)).unwrap_or_default()
    }

    /// Whether records can have values, given what is known.
    pub fn can_be_had(self, known: &Enrichment) -> bool {
        source::derived(None).any(|one| one.name == self.0 && one.values.can_be_had(known))
    }
}

/// Whose record it is, and what is known of whom it names.
#[derive(Clone, Copy, Debug)]
pub struct RecordSource<'a> {
    /// Its source.
    pub id: SourceId,
    /// What is known.
    pub known: &'a Enrichment,
}

impl From<SourceId> for RecordSource<'static> {
    /// Nothing is known.
    fn from(id: SourceId) -> Self {
        Self { id, known: Enrichment::nothing() }
    }
}
