//! One statement, as its checks look at it.

use super::budget::{ExpandedPattern, LookupBudget};
use super::findings::FindingCollector;
use super::policy_type::PolicyType;
use super::view::{DocumentView, PlacedText, StatementView};
use crate::catalogue::Catalogue;
use crate::policy::{LanguageVersion, StatementEffect};

/// One statement, with everything its checks need.
pub(super) struct StatementChecker<'a, 't> {
    pub(super) catalogue: &'a Catalogue,
    pub(super) document: &'a DocumentView,
    pub(super) statement: &'a StatementView,
    /// What each action pattern matches.
    pub(super) expanded: Vec<ExpandedPattern>,
    pub(super) budget: &'a mut LookupBudget,
    pub(super) findings: &'a mut FindingCollector<'t>,
}

impl StatementChecker<'_, '_> {
    pub(super) fn is_allow(&self) -> bool {
        self.statement.effect == Some(StatementEffect::Allow)
    }

    pub(super) fn is_deny(&self) -> bool {
        self.statement.effect == Some(StatementEffect::Deny)
    }

    pub(super) fn is_type(&self, kind: PolicyType) -> bool {
        self.document.kind == kind
    }

    pub(super) fn has_variables(&self) -> bool {
        self.document.version == Some(LanguageVersion::V2012)
    }

    /// The actions that the statement names; empty for `NotAction`.
    pub(super) fn actions_named(&self) -> &[PlacedText] {
        let list = self.statement.actions.as_ref().filter(|list| !list.is_negated);
        list.map(|list| list.items.as_slice()).unwrap_or_default()
    }

    pub(super) fn resources_named(&self) -> &[PlacedText] {
        let list = self.statement.resources.as_ref().filter(|list| !list.is_negated);
        list.map(|list| list.items.as_slice()).unwrap_or_default()
    }
}
