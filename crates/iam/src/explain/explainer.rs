//! Concludes an explanation from the facts with the help of a catalogue.

use super::build;
use super::explanation::DenialExplanation;
use super::facts::DenialFacts;
use crate::action;
use crate::catalogue::Catalogue;

/// Explains denials with the help of a catalogue.
#[derive(Clone, Copy, Debug)]
pub struct DenialExplainer<'c> {
    pub(super) catalogue: &'c Catalogue,
    pub(super) forced: bool,
}

impl<'c> DenialExplainer<'c> {
    /// An explainer that uses this catalogue.
    pub fn new(catalogue: &'c Catalogue) -> Self {
        Self { catalogue, forced: false }
    }

    /// An explainer that also gives a statement for sensitive actions, but still none for another's
    /// place or account.
    pub fn new_forced(catalogue: &'c Catalogue) -> Self {
        Self { catalogue, forced: true }
    }

    pub(super) fn conclude_facts(&self, facts: &DenialFacts<'_>) -> DenialExplanation {
        let denial = &facts.denial;
        if let Some(told) = denial.lacking_action(self.catalogue) {
            let name = action::qualified_action(self.catalogue, facts.service, told);
            let entry = self.catalogue.find_action_briefly(&name);
            return build::build_explanation(facts, &[name], entry, true, false);
        }
        if let Some(worded) = denial.worded {
            let names: Vec<String> = worded.actions.iter().map(|&name| name.to_owned()).collect();
            let entry = names.first().and_then(|name| self.catalogue.find_action_briefly(name));
            return build::build_explanation(facts, &names, entry, true, false);
        }
        let operation = facts.evidence.operation;
        let needed = action::required_actions(self.catalogue, facts.service, operation);
        let alternatives = needed.as_ref().is_some_and(|needed| needed.alternatives);
        let actions = needed.map(|needed| needed.actions).unwrap_or_default();
        let entry = actions.first().and_then(|action| self.catalogue.find_action_briefly(action));
        build::build_explanation(facts, &actions, entry, false, alternatives)
    }
}
