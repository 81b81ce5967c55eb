//! Explains pasted errors and decoded authorization messages.

use aware_core::event::Arn;

use super::clean::in_one_line;
use super::explainer::DenialExplainer;
use super::explanation::DenialExplanation;
use super::facts::DenialFacts;
use super::wrapper::ClientWrapper;
use crate::denial::{self, DecodedMessage, Denial, DenialEffect, DenialLayer};
use crate::principal::PrincipalIdentity;
use crate::resource::{CallPlace, ResourceEvidence, is_masked};
use crate::suggest::{CallerNames, RecordAccounts};

impl DenialExplainer<'_> {
    /// Explains the text of an error, or a decoded authorization message.
    pub fn explain_text(&self, text: &str) -> Option<DenialExplanation> {
        explain_pasted(self, text)
    }
}

fn explain_pasted(explainer: &DenialExplainer<'_>, text: &str) -> Option<DenialExplanation> {
    if let Some(decoded) = denial::parse_decoded(text) {
        return Some(explain_decoded(explainer, &decoded));
    }
    let text = in_one_line(explainer.catalogue, text);
    let wrapper = ClientWrapper::read_wrapper(explainer.catalogue, &text);
    let denial = denial::parse_pasted(wrapper.code, &text);
    let says_nothing = denial.is_wordless() && denial.refusal.is_none() && denial.encoded.is_none();
    if says_nothing && !wrapper.is_denial() {
        // Still the error of a call, but not a denial.
        return wrapper.is_of_call().then(|| conclude_text(explainer, denial, &wrapper, &[]));
    }
    Some(conclude_text(explainer, denial, &wrapper, &[]))
}

fn explain_decoded(explainer: &DenialExplainer<'_>, decoded: &DecodedMessage) -> DenialExplanation {
    let effect = match (decoded.allowed, decoded.explicit_deny) {
        (true, _) => DenialEffect::None,
        (false, true) => DenialEffect::Explicit,
        (false, false) => DenialEffect::Implicit,
    };
    let denial = Denial {
        principal: decoded.principal.as_deref(),
        action: decoded.action.as_deref(),
        resource: decoded.resource.as_deref(),
        effect,
        layer: if decoded.allowed { DenialLayer::None } else { decoded.layer },
        policy_arn: decoded.policy_arn.as_deref(),
        ..Denial::default()
    };
    let mut notes = Vec::new();
    if !decoded.statements.is_empty() {
        notes.push(format!("matching statements: {}", decoded.statements.join(", ")));
    }
    if effect == DenialEffect::Implicit {
        notes.push(
            "decoded: no policy allows it; the message does not say which kind must".to_owned(),
        );
    }
    conclude_text(explainer, denial, &ClientWrapper::default(), &notes)
}

fn conclude_text(
    explainer: &DenialExplainer<'_>,
    mut denial: Denial<'_>,
    wrapper: &ClientWrapper<'_>,
    notes: &[String],
) -> DenialExplanation {
    let denied = !wrapper.is_of_call() || wrapper.is_denial() || !denial.says_nothing();
    if !denied {
        (denial.effect, denial.layer) = (DenialEffect::None, DenialLayer::None);
    }
    let identity = PrincipalIdentity::from_name(denial.principal.unwrap_or_default());
    let arn = denial.resource.and_then(Arn::parse);
    let region = arn.as_ref().map(Arn::region).unwrap_or_default();
    let owner = arn.as_ref().map(Arn::account).filter(|account| !account.is_empty());
    let account = owner.or(identity.account.as_deref()).unwrap_or_default().to_owned();
    let name = denial.action.and_then(|action| action.split_once(':')).map_or("", |(_, name)| name);
    let facts = DenialFacts {
        catalogue: explainer.catalogue,
        evidence: ResourceEvidence {
            place: CallPlace { region, account: &account },
            operation: if wrapper.operation.is_empty() { name } else { wrapper.operation },
            named: denial.resource,
            resources: &wrapper.resources,
            request: None,
        },
        identity,
        caller: None,
        service: &wrapper.service,
        invoked_by: None,
        endpoint: None,
        accounts: RecordAccounts::default(),
        names: CallerNames::from_arn(denial.principal.unwrap_or_default()),
        forced: false,
        permissions: Vec::new(),
        touched: Vec::new(),
        denied,
        denial,
    };
    let mut explanation = explainer.conclude_facts(&facts);
    explanation.notes.extend_from_slice(notes);
    explanation.notes.extend(masked_account_note(&facts));
    explanation
}

/// Warns about a masked account: a statement without the account's id would be for another account,
/// or for all.
fn masked_account_note(facts: &DenialFacts<'_>) -> Option<String> {
    let named = facts.denial.resource.into_iter().chain(facts.denial.principal);
    let account = named.filter_map(Arn::parse).find_map(|arn| {
        let account = arn.account().to_owned();
        is_masked(&account).then_some(account)
    })?;
    Some(format!(
        "the account is masked in the text (`{account}`): put the account's id in its place before you use any of this"
    ))
}
