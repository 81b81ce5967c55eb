//! One statement, as its checks look at it.

use super::budget::{Budget, Found};
use super::findings::Findings;
use super::policy_type::PolicyType;
use super::view::{Document, Leaf, View};
use crate::catalogue::Catalogue;
use crate::policy::{Effect, Version};

/// One statement, with everything its checks need.
pub(super) struct Look<'a, 't> {
    pub(super) catalogue: &'a Catalogue,
    pub(super) document: &'a Document,
    pub(super) statement: &'a View,
    /// What each action pattern matches.
    pub(super) expanded: Vec<Found>,
    pub(super) budget: &'a mut Budget,
    pub(super) findings: &'a mut Findings<'t>,
}

impl Look<'_, '_> {
    pub(super) fn is_allow(&self) -> bool {
        self.statement.effect == Some(Effect::Allow)
    }

    pub(super) fn is_deny(&self) -> bool {
        self.statement.effect == Some(Effect::Deny)
    }

    pub(super) fn is(&self, kind: PolicyType) -> bool {
        self.document.kind == kind
    }

    pub(super) fn has_variables(&self) -> bool {
        self.document.version == Some(Version::V2012)
    }

    /// The actions that the statement names; empty for `NotAction`.
    pub(super) fn actions_named(&self) -> &[Leaf] {
        let list = self.statement.actions.as_ref().filter(|list| !list.is_negated);
        list.map(|list| list.items.as_slice()).unwrap_or_default()
    }

    pub(super) fn resources_named(&self) -> &[Leaf] {
        let list = self.statement.resources.as_ref().filter(|list| !list.is_negated);
        list.map(|list| list.items.as_slice()).unwrap_or_default()
    }
}
