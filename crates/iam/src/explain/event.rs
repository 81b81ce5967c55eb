//! Explains the events of a log.

use aware_core::event::{Action, Event, Outcome, TargetResource, is_denial_code};
use aware_core::source::cloudtrail::fields as field;
use serde_json::Value;

use super::explainer::DenialExplainer;
use super::explanation::DenialExplanation;
use super::facts::DenialFacts;
use crate::action;
use crate::call;
use crate::denial::{self, Denial, DenialEffect, DenialLayer, LackingParty};
use crate::principal::{IdentityKind, PrincipalIdentity};
use crate::resource::{CallPlace, ResourceEvidence};
use crate::suggest::{CallerNames, RecordAccounts};

impl DenialExplainer<'_> {
    /// Explains an event.
    pub fn explain_event(&self, event: &Event) -> DenialExplanation {
        let mut denial = self.read_denial(event);
        let is_unsaid = denial.refusal.is_none() && denial.layer == DenialLayer::Unknown;
        let is_by_code = is_denial_code(event.error_code().unwrap_or_default());
        let is_believed = is_by_code || !denial.is_doubtful;
        let denied = event.outcome == Outcome::Denied && is_believed || !is_unsaid;
        if !denied {
            denial.effect = DenialEffect::None;
            denial.layer = DenialLayer::None;
        }
        let of_others = arns_for_others(event, &denial);
        let evidence = ResourceEvidence {
            place: CallPlace::from_event(event),
            operation: &event.action.name,
            named: denial.resource,
            resources: own_resources(event),
            request: of_others.as_ref().or(field::REQUEST.find_in(&event.record)),
        };
        let (identity, caller) = lacking_identity(event, &denial);
        let is_told = denial.lacking_action(self.catalogue).is_some() || denial.worded.is_some();
        let touched = if denied {
            call::find_call_needs(self.catalogue, event).permissions
        } else {
            Vec::new()
        };
        let is_open = !is_told && of_others.is_none();
        let permissions = if is_open { touched.clone() } else { Vec::new() };
        let facts = DenialFacts {
            catalogue: self.catalogue,
            names: if caller.is_none() {
                CallerNames::from_event(event)
            } else {
                CallerNames::default()
            },
            identity,
            caller,
            evidence,
            service: &event.action.service,
            invoked_by: event.principal.invoked_by.as_deref(),
            endpoint: field::VPC_ENDPOINT.text_in(&event.record),
            accounts: RecordAccounts::from_event(event),
            forced: self.forced,
            permissions,
            touched,
            denied,
            denial,
        };
        self.conclude_facts(&facts)
    }

    /// What an event's error says. If only the text makes it a denial, the text must be about an
    /// action that the call may need.
    fn read_denial<'e>(&self, event: &'e Event) -> Denial<'e> {
        let denial = denial::read_denial(event);
        let Action { service, name, .. } = &event.action;
        let is_by_code = is_denial_code(event.error_code().unwrap_or_default());
        let foreign = denial
            .action
            .filter(|_| !is_by_code)
            .is_some_and(|action| !action::may_need(self.catalogue, service, name, action));
        if foreign { Denial { is_doubtful: true, ..Denial::default() } } else { denial }
    }
}

/// Whose permission is lacking, and who called if that is another principal: AWS's text may name a
/// role that the call hands to a service, or the role behind a pipeline.
fn lacking_identity(
    event: &Event,
    denial: &Denial<'_>,
) -> (PrincipalIdentity, Option<PrincipalIdentity>) {
    let caller = PrincipalIdentity::from_event(event);
    let passed = || {
        let worded = denial.worded.filter(|worded| worded.whose == LackingParty::PassedRole)?;
        Some(passed_role(event).filter(|_| !worded.actions.is_empty()).unwrap_or_default())
    };
    let named = denial.principal.or_else(passed).map(PrincipalIdentity::from_name);
    let is_passed = denial.worded.is_some_and(|worded| worded.whose == LackingParty::PassedRole);
    // The service that a role does not trust.
    let is_distrusted = denial.layer == DenialLayer::Trust
        && named.as_ref().is_some_and(|named| named.kind == IdentityKind::Service);
    match named {
        Some(named) if is_passed || is_distrusted || caller.is_other(&named) => {
            (named, Some(caller))
        }
        _ => (caller, None),
    }
}

/// The ARNs of a request: only they can identify the resource of another service's action. Names
/// refer to the called service's own resources.
fn arns_for_others(event: &Event, denial: &Denial<'_>) -> Option<Value> {
    let told = denial.action.or_else(|| denial.worded?.actions.first().copied())?;
    let (service, _) = told.split_once(':')?;
    if service.eq_ignore_ascii_case(action::service_prefix(&event.action.service)) {
        return None;
    }
    let mut request = field::REQUEST.find_in(&event.record)?.clone();
    keep_arns(&mut request);
    Some(request)
}

fn keep_arns(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(keep_arns),
        Value::Object(fields) => fields.values_mut().for_each(keep_arns),
        Value::String(text) if text.starts_with("arn") => {}
        _ => *value = Value::Null,
    }
}

/// The role that a request hands to a service.
fn passed_role(event: &Event) -> Option<&str> {
    let request = field::REQUEST.find_in(&event.record)?;
    let roles = ["role", "roleArn", "executionRoleArn", "executionRole", "serviceRole"];
    let mut named = roles.iter().filter_map(|key| request.get(key)?.as_str());
    named.find(|role| role.contains(":role/"))
}

/// The resources that the record itself lists. Without `resources[]`, an event has those read from
/// the message, which this module reads again, and better.
pub(super) fn own_resources(event: &Event) -> &[TargetResource] {
    if field::RESOURCES.find_in(&event.record).is_some() { &event.resources } else { &[] }
}
