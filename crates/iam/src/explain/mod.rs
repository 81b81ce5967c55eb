//! Why a call was denied, whose policy must change, and the smallest statement that would cure it.
//!
//! It reads three sources: an event of a log, the text of an error, and a decoded authorization
//! message. Guesses are marked as such: see [`ActionConfidence`].

mod called;
mod clean;
mod client;
mod companion;
mod cure;
mod markup;
mod policy;
mod sign;
mod statement;
mod succeeded;
mod text;
mod why;
mod wrapper;

use aware_core::event::{Action, Event, Outcome, is_denial_code};
use aware_core::source::cloudtrail::fields as field;
use serde::Serialize;
use serde_json::Value;

use crate::action;
use crate::call::{self, CallPermission};
use crate::catalogue::Catalogue;
use crate::denial::{self, Denial, DenialEffect, DenialLayer, LackingParty};
use crate::principal::{IdentityKind, PrincipalIdentity};
use crate::resource::{CallPlace, ResourceEvidence};
use crate::suggest::{CallerNames, CureStatement, DenialSign, Grant, RecordAccounts};

pub use aware_core::explanation::ActionConfidence;
pub use succeeded::SucceededCall;

/// What a single denial looks like, whatever else its principal did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DenialVerdict {
    /// A permission is lacking.
    Misconfig,
    /// The action is one that attackers want.
    Suspicious,
    /// AWS has attached a quarantine policy to the user, because its key has leaked.
    Incident,
    /// The caller did not prove their identity.
    Authn,
}

/// Why a call was denied.
///
/// Every string may contain a caller's text: print it only through `aware_core::text`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DenialExplanation {
    /// The user or role (not the session), by ARN if it is known.
    pub principal: Option<String>,
    /// Who called, if AWS's text says that another principal lacks the permission.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caller: Option<String>,
    /// The IAM action, as AWS spells it.
    pub action: Option<String>,
    /// The resource: an ARN, `*`, or an ARN with `*` for its unknown parts.
    pub resource: Option<String>,
    /// Whether no policy allows the action, or one denies it.
    pub effect: DenialEffect,
    /// The kind of policy that decided.
    pub layer: DenialLayer,
    /// The policy that decided, if AWS names it.
    pub policy_arn: Option<String>,
    /// Where the action comes from.
    pub confidence: ActionConfidence,
    /// What the denial looks like.
    pub verdict: DenialVerdict,
    /// The policy that must change, if a change of policy would help.
    pub attach_to: Option<String>,
    /// The statement to add there.
    pub suggestion: Option<Grant>,
    /// The one policy that the statement belongs in, if [`Self::attach_to`] names two.
    #[serde(skip)]
    pub goes_to: Option<String>,
    /// What else must change if the cure takes two policies, each with its statement.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<CureStatement>,
    /// What to know before adding a statement.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub take_care: Vec<String>,
    /// Why there is no statement, if the action, the caller or the resource rules one out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_grant: Option<String>,
    /// What it reveals beyond a lacking permission.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sign: Option<DenialSign>,
    /// Why, in a sentence: `no identity-based policy allows it (implicit; from AWS's message)`.
    pub why: String,
    /// Who can decide, if there is no suggestion.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<String>,
    /// Every action that the call needs, if there are several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<String>,
    /// Actions that are likely to be denied next.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub next: Vec<String>,
    /// Other remarks.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The encoded authorization message, if it is complete.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoded: Option<String>,
    /// AWS's page about this denial.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub console_link: Option<String>,
    /// The id that `iam:GetRequestAuthorizationDetails` takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorization_id: Option<String>,
}

impl DenialExplanation {
    /// Withdraws the suggestion, as when the caller looks hostile, and says who decides.
    pub fn withhold_grant(&mut self, reason: &str) {
        if self.suggestion.take().is_some() {
            self.refuse_grant(reason.to_owned());
            self.decided_by.get_or_insert_with(|| why::SECURITY.to_owned());
        }
        self.also.clear();
        self.take_care.clear();
        self.attach_to = None;
        self.next.clear();
        self.verdict = self.verdict.max(DenialVerdict::Suspicious);
    }

    /// Records why there is no grant.
    fn refuse_grant(&mut self, reason: String) {
        self.notes.push(format!("no grant is offered: {reason}"));
        self.no_grant = Some(reason);
    }

    /// The statements, each with its policy and what to know before adding it.
    pub fn list_remedies(&self) -> Vec<CureStatement> {
        let policy = self.goes_to.as_ref().or(self.attach_to.as_ref()).cloned();
        let first = policy.zip(self.suggestion.clone());
        let first = first.map(|(attach_to, statement)| CureStatement {
            statement,
            attach_to,
            take_care: Vec::new(),
        });
        let all = first.into_iter().chain(self.also.iter().cloned());
        all.map(|remedy| CureStatement { take_care: self.take_care.clone(), ..remedy }).collect()
    }
}

/// Explains denials with the help of a catalogue.
#[derive(Clone, Copy, Debug)]
pub struct DenialExplainer<'c> {
    catalogue: &'c Catalogue,
    forced: bool,
}

/// Explains an event with the built-in catalogue. Meant for denials; for any other event it says
/// that nothing was denied.
///
/// ```
/// use aware_core::source::decode_record;
/// use aware_iam::explain::{DenialVerdict, explain_event};
///
/// let event = decode_record(br#"{"eventTime": "2026-11-24T03:54:07Z", "errorCode": "AccessDenied",
///     "eventSource": "iam.amazonaws.com", "eventName": "CreateAccessKey"}"#)
/// .unwrap();
/// let explained = explain_event(&event);
/// assert_eq!(explained.action.as_deref(), Some("iam:CreateAccessKey"));
/// // A key is what an intruder wants, so no statement is suggested.
/// assert_eq!(explained.verdict, DenialVerdict::Suspicious);
/// assert_eq!(explained.suggestion, None);
/// ```
pub fn explain_event(event: &Event) -> DenialExplanation {
    DenialExplainer::new(Catalogue::built_in()).explain_event(event)
}

/// Explains the text of an error, or a decoded authorization message, with the built-in catalogue;
/// `None` if the text shows neither an action, a policy nor a refusal.
///
/// ```
/// use aware_iam::explain::explain_text;
///
/// let explained = explain_text(
///     "User: arn:aws:iam::111122223333:user/alice is not authorized to perform: \
///      dynamodb:GetItem on resource: arn:aws:dynamodb:eu-west-1:111122223333:table/orders \
///      because no identity-based policy allows the dynamodb:GetItem action",
/// )
/// .unwrap();
/// assert_eq!(explained.action.as_deref(), Some("dynamodb:GetItem"));
/// let grant = explained.suggestion.unwrap();
/// assert_eq!(grant.resources, ["arn:aws:dynamodb:eu-west-1:111122223333:table/orders"]);
/// assert!(explain_text("Connection reset by peer").is_none());
/// ```
pub fn explain_text(text: &str) -> Option<DenialExplanation> {
    DenialExplainer::new(Catalogue::built_in()).explain_text(text)
}

/// Everything known about one denial, whatever its source.
struct DenialFacts<'e> {
    /// The known actions.
    catalogue: &'e Catalogue,
    /// Whose permission is lacking.
    identity: PrincipalIdentity,
    /// Who called, if that is another principal.
    caller: Option<PrincipalIdentity>,
    denial: Denial<'e>,
    evidence: ResourceEvidence<'e>,
    /// The called service, as the log writes it: `lambda`, `monitoring`.
    service: &'e str,
    invoked_by: Option<&'e str>,
    endpoint: Option<&'e str>,
    /// Whose log recorded it, and whose endpoint it went through.
    accounts: RecordAccounts<'e>,
    /// The caller's names, after which a place of their own may be named.
    names: CallerNames<'e>,
    /// Whether anything was refused at all.
    denied: bool,
    /// Whether sensitive actions also get a statement.
    forced: bool,
    /// What the call needed, each permission with its resources, if AWS does not say what was
    /// lacking.
    permissions: Vec<CallPermission>,
    /// What else the call was about, whatever AWS says was lacking.
    touched: Vec<CallPermission>,
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

    /// Explains the text of an error, or a decoded authorization message.
    pub fn explain_text(&self, text: &str) -> Option<DenialExplanation> {
        text::explain_pasted(self, text)
    }

    fn conclude_facts(&self, facts: &DenialFacts<'_>) -> DenialExplanation {
        let denial = &facts.denial;
        if let Some(told) = denial.lacking_action(self.catalogue) {
            let name = action::qualified_action(self.catalogue, facts.service, told);
            let entry = self.catalogue.find_action_briefly(&name);
            return cure::build_explanation(facts, &[name], entry, true, false);
        }
        if let Some(worded) = denial.worded {
            let names: Vec<String> = worded.actions.iter().map(|&name| name.to_owned()).collect();
            let entry = names.first().and_then(|name| self.catalogue.find_action_briefly(name));
            return cure::build_explanation(facts, &names, entry, true, false);
        }
        let operation = facts.evidence.operation;
        let needed = action::required_actions(self.catalogue, facts.service, operation);
        let alternatives = needed.as_ref().is_some_and(|needed| needed.alternatives);
        let actions = needed.map(|needed| needed.actions).unwrap_or_default();
        let entry = actions.first().and_then(|action| self.catalogue.find_action_briefly(action));
        cure::build_explanation(facts, &actions, entry, false, alternatives)
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
fn own_resources(event: &Event) -> &[aware_core::event::TargetResource] {
    if field::RESOURCES.find_in(&event.record).is_some() { &event.resources } else { &[] }
}

#[cfg(test)]
mod tests;
