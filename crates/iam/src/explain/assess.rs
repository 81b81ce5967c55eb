//! What a denial looks like, and who decides about it.

use super::explanation::{DenialExplanation, DenialVerdict};
use super::facts::DenialFacts;
use super::{sign, why};
use crate::call::CallPermission;
use crate::catalogue::ActionEntry;
use crate::denial::{DenialEffect, DenialLayer};
use crate::resource::FoundResource;
use crate::suggest::{self, GrantNeed};

/// The policies that AWS attaches to users whose keys it has found in public.
const QUARANTINE: &str = ":policy/AWSCompromisedKeyQuarantine";

/// One denial that is being assessed.
pub(super) struct DenialAssessment<'e> {
    pub(super) facts: &'e DenialFacts<'e>,
    pub(super) actions: &'e [String],
    pub(super) entry: Option<&'e ActionEntry>,
    pub(super) found: Option<&'e FoundResource>,
    pub(super) alternatives: bool,
}

impl DenialAssessment<'_> {
    pub(super) fn assess_denial(&self, out: &mut DenialExplanation) {
        let denial = &self.facts.denial;
        out.verdict = self.decide_verdict();
        if out.verdict == DenialVerdict::Incident {
            out.decided_by = Some(why::SECURITY.to_owned());
            out.notes.push("AWS has quarantined this user because its access key has leaked. Treat this as a critical incident and rotate the key".to_owned());
            return;
        }
        if !self.facts.denied {
            return;
        }
        if let Some(refusal) = denial.refusal {
            out.decided_by = refusal.decided_by().map(str::to_owned);
            return;
        }
        if denial.layer == DenialLayer::None {
            return;
        }
        out.sign = sign::find_sign(self.facts, self.main_action(), self.entry, self.found);
        if out.sign.is_some() {
            out.verdict = DenialVerdict::Suspicious;
        }
        let is_organizations = matches!(denial.layer, DenialLayer::Scp | DenialLayer::Rcp);
        if denial.effect == DenialEffect::Explicit || is_organizations {
            out.decided_by = why::policy_owner(self.facts);
            return;
        }
        self.offer_cure(out);
    }

    pub(super) fn main_action(&self) -> &str {
        self.actions.first().map(String::as_str).unwrap_or_default()
    }

    pub(super) fn decide_verdict(&self) -> DenialVerdict {
        let denial = &self.facts.denial;
        if denial.policy_arn.is_some_and(|arn| arn.contains(QUARANTINE)) {
            return DenialVerdict::Incident;
        }
        match denial.layer {
            DenialLayer::Authentication => DenialVerdict::Authn,
            DenialLayer::NotIam | DenialLayer::None => DenialVerdict::Misconfig,
            _ if self.is_withheld() || sign::is_tempting(self.facts, self.main_action()) => {
                DenialVerdict::Suspicious
            }
            _ => DenialVerdict::Misconfig,
        }
    }

    /// Whether this action must not be offered unasked.
    pub(super) fn is_withheld(&self) -> bool {
        !self.withhold_reasons().is_empty() || self.passes_beyond_boundary()
    }

    /// Why, according to the first action that has a reason, of all that would be granted.
    pub(super) fn withhold_reasons(&self) -> Vec<&'static str> {
        let own = suggest::withhold_reasons(self.main_action(), self.entry);
        if !own.is_empty() {
            return own;
        }
        let elsewhere = self.needs_elsewhere();
        let others = self.need_of(&elsewhere).actions.iter().skip(1);
        let others = others.chain(elsewhere.iter().map(|(one, _)| &one.action));
        let catalogue = self.facts.catalogue;
        let mut because = others.map(|action| {
            suggest::withhold_reasons(action, catalogue.find_action_briefly(action).as_ref())
        });
        because.find(|why| !why.is_empty()).unwrap_or_default()
    }

    /// A permissions boundary that prevents passing a role does what it is meant to do.
    pub(super) fn passes_beyond_boundary(&self) -> bool {
        self.main_action() == "iam:PassRole" && self.facts.denial.layer == DenialLayer::Boundary
    }

    pub(super) fn build_need(&self) -> GrantNeed<'_> {
        self.need_of(&self.needs_elsewhere())
    }

    pub(super) fn need_of(&self, elsewhere: &[(&CallPermission, &FoundResource)]) -> GrantNeed<'_> {
        // If several may be needed, grants only the first: no more than is known.
        let is_one = self.alternatives || !elsewhere.is_empty();
        let count = if is_one { 1 } else { self.actions.len() };
        GrantNeed {
            actions: self.actions.get(..count).unwrap_or_default(),
            entry: self.entry,
            found: self.found,
            evidence: &self.facts.evidence,
            caller: &self.facts.names,
            service: self.facts.service,
            invoked_by: self.facts.invoked_by,
        }
    }

    /// What else the call needed, each on one resource other than the first action's, as the
    /// destination of a copy besides its source.
    pub(super) fn needs_elsewhere(&self) -> Vec<(&CallPermission, &FoundResource)> {
        let is_else = |one: &&CallPermission| {
            self.actions.contains(&one.action) && one.action != self.main_action()
        };
        let others = self.facts.permissions.iter().filter(is_else);
        let each = others.filter_map(|one| match one.resources.as_slice() {
            [found] if found.whole && self.found.is_some_and(|first| first.name != found.name) => {
                Some((one, found))
            }
            _ => None,
        });
        each.collect()
    }
}
