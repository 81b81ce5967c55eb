//! Builds an explanation from the facts.

use aware_core::explanation::ActionConfidence;

use super::assess::DenialAssessment;
use super::called::{asked_about, linked_role, needed_resource};
use super::explanation::{DenialExplanation, DenialVerdict};
use super::facts::DenialFacts;
use super::why;
use crate::catalogue::ActionEntry;
use crate::denial::DenialLayer;
use crate::principal::{IdentityKind, PrincipalIdentity};
use crate::resource::{self, FoundResource, ResourceOrigin};

pub(super) fn build_explanation(
    facts: &DenialFacts<'_>,
    actions: &[String],
    entry: Option<ActionEntry>,
    is_told: bool,
    alternatives: bool,
) -> DenialExplanation {
    let told = needed_resource(facts, actions)
        .or_else(|| resource::find_resource(entry.as_ref(), &facts.evidence));
    let confidence = rate_confidence(facts, entry.as_ref(), told.as_ref(), is_told, alternatives);
    let found = told.and_then(|told| asked_about(facts, entry.as_ref(), told));
    let mut out = bare_explanation(facts, actions, found.as_ref(), confidence);
    if alternatives && !is_told {
        out.notes.push(format!("depending on the request, one of {}", actions.join(", ")));
    }
    out.notes.extend(why::collect_notes(facts, actions, entry.as_ref()));
    let found = found.or_else(|| linked_role(facts, actions));
    let case = DenialAssessment {
        facts,
        actions,
        entry: entry.as_ref(),
        found: found.as_ref(),
        alternatives,
    };
    case.assess_denial(&mut out);
    out
}

fn rate_confidence(
    facts: &DenialFacts<'_>,
    entry: Option<&ActionEntry>,
    found: Option<&FoundResource>,
    is_told: bool,
    alternatives: bool,
) -> ActionConfidence {
    if is_told || facts.denial.layer == DenialLayer::Authentication {
        return ActionConfidence::Message;
    }
    let is_open = found.is_some_and(|found| found.origin == ResourceOrigin::Pattern);
    if entry.is_none() || alternatives || is_open {
        ActionConfidence::Guess
    } else {
        ActionConfidence::Request
    }
}

/// An explanation without a judgement.
fn bare_explanation(
    facts: &DenialFacts<'_>,
    actions: &[String],
    found: Option<&FoundResource>,
    confidence: ActionConfidence,
) -> DenialExplanation {
    let denial = &facts.denial;
    let is_call = denial.layer != DenialLayer::Authentication;
    let owned = |text: Option<&str>| text.map(str::to_owned);
    DenialExplanation {
        principal: principal_label(facts),
        caller: facts.caller.as_ref().map(PrincipalIdentity::display_name),
        action: actions.first().filter(|_| is_call).cloned(),
        resource: found.map(|found| found.name.clone()),
        effect: denial.effect,
        layer: denial.layer,
        policy_arn: owned(denial.policy_arn),
        confidence,
        verdict: DenialVerdict::Misconfig,
        attach_to: None,
        suggestion: None,
        goes_to: None,
        also: Vec::new(),
        take_care: Vec::new(),
        no_grant: None,
        sign: None,
        why: why::explain_why(facts, confidence),
        decided_by: None,
        actions: if actions.len() > 1 && is_call { actions.to_vec() } else { Vec::new() },
        next: Vec::new(),
        notes: Vec::new(),
        encoded: denial.encoded.filter(|encoded| !encoded.likely_cut).map(|it| it.text.to_owned()),
        console_link: owned(denial.console_link),
        authorization_id: owned(denial.authorization_id),
    }
}

fn principal_label(facts: &DenialFacts<'_>) -> Option<String> {
    match &facts.identity.kind {
        IdentityKind::WebIdentity(web) => Some(web.display_name()),
        IdentityKind::Unknown if facts.identity.arn.is_none() => {
            facts.denial.principal.map(str::to_owned)
        }
        IdentityKind::Service if facts.identity.arn.is_none() => {
            facts.invoked_by.or(facts.denial.principal).map(str::to_owned)
        }
        _ => Some(facts.identity.display_name()),
    }
}
