//! Explains pasted errors and decoded authorization messages.

use aware_core::event::Arn;

use super::clean::in_one_line;
use super::wrapper::Wrapper;
use super::{Explainer, Explanation, Facts};
use crate::denial::{self, Decoded, Denial, Effect, Layer};
use crate::principal::Identity;
use crate::resource::{Evidence, Place, is_masked};
use crate::suggest::{Accounts, Caller};

pub(super) fn explain(explainer: &Explainer<'_>, text: &str) -> Option<Explanation> {
    if let Some(decoded) = denial::decoded(text) {
        return Some(of_decoded(explainer, &decoded));
    }
    let text = in_one_line(explainer.catalogue, text);
    let wrapper = Wrapper::read(explainer.catalogue, &text);
    let denial = denial::pasted(wrapper.code, &text);
    let says_nothing = denial.is_wordless() && denial.refusal.is_none() && denial.encoded.is_none();
    if says_nothing && !wrapper.is_denial() {
        // Still the error of a call, but not a denial.
        return wrapper.is_of_call().then(|| conclude(explainer, denial, &wrapper, &[]));
    }
    Some(conclude(explainer, denial, &wrapper, &[]))
}

fn of_decoded(explainer: &Explainer<'_>, decoded: &Decoded) -> Explanation {
    let effect = match (decoded.allowed, decoded.explicit_deny) {
        (true, _) => Effect::None,
        (false, true) => Effect::Explicit,
        (false, false) => Effect::Implicit,
    };
    let denial = Denial {
        principal: decoded.principal.as_deref(),
        action: decoded.action.as_deref(),
        resource: decoded.resource.as_deref(),
        effect,
        layer: if decoded.allowed { Layer::None } else { decoded.layer },
        policy_arn: decoded.policy_arn.as_deref(),
        ..Denial::default()
    };
    let mut notes = Vec::new();
    if !decoded.statements.is_empty() {
        notes.push(format!("matching statements: {}", decoded.statements.join(", ")));
    }
    if effect == Effect::Implicit {
        notes.push(
            "decoded: no policy allows it; the message does not say which kind must".to_owned(),
        );
    }
    conclude(explainer, denial, &Wrapper::default(), &notes)
}

fn conclude(
    explainer: &Explainer<'_>,
    mut denial: Denial<'_>,
    wrapper: &Wrapper<'_>,
    notes: &[String],
) -> Explanation {
    let denied = !wrapper.is_of_call() || wrapper.is_denial() || !denial.says_nothing();
    if !denied {
        (denial.effect, denial.layer) = (Effect::None, Layer::None);
    }
    let identity = Identity::named(denial.principal.unwrap_or_default());
    let arn = denial.resource.and_then(Arn::parse);
    let region = arn.as_ref().map(Arn::region).unwrap_or_default();
    let owner = arn.as_ref().map(Arn::account).filter(|account| !account.is_empty());
    let account = owner.or(identity.account.as_deref()).unwrap_or_default().to_owned();
    let name = denial.action.and_then(|action| action.split_once(':')).map_or("", |(_, name)| name);
    let facts = Facts {
        catalogue: explainer.catalogue,
        evidence: Evidence {
            place: Place { region, account: &account },
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
        accounts: Accounts::default(),
        names: Caller::named(denial.principal.unwrap_or_default()),
        forced: false,
        permissions: Vec::new(),
        touched: Vec::new(),
        denied,
        denial,
    };
    let mut explanation = explainer.conclude(&facts);
    explanation.notes.extend_from_slice(notes);
    explanation.notes.extend(masked(&facts));
    explanation
}

/// Warns about a masked account: a statement without the account's id would be for another account,
/// or for all.
fn masked(facts: &Facts<'_>) -> Option<String> {
    let named = facts.denial.resource.into_iter().chain(facts.denial.principal);
    let account = named.filter_map(Arn::parse).find_map(|arn| {
        let account = arn.account().to_owned();
        is_masked(&account).then_some(account)
    })?;
    Some(format!(
        "the account is masked in the text (`{account}`): put the account's id in its place before you use any of this"
    ))
}
