//! What triage keeps of one event: a denial, or a call by which somebody gave themselves
//! permissions.
//!
//! It considers nothing else, so that every command sees the same: logs are searched for denials
//! and for these few operations, and for no other successes.

use aware_core::event::{Arn, CallOrigin, Event, EventCategory, Outcome, PrincipalKind};
use aware_core::source::cloudtrail::fields as field;
use aware_iam::action;
use aware_iam::catalogue::{AccessLevel, ActionEntry, Catalogue};
use serde_json::Value;

use super::self_grant::SelfGrant;
use super::signs;

/// Who was seen, doing what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrincipalObservation {
    /// The principal's key.
    pub principal: String,
    /// See [`Principal::issuer`](aware_core::event::Principal::issuer).
    pub issuer: Option<String>,
    /// What it did.
    pub seen: TriageObservation,
}

impl PrincipalObservation {
    /// Reads an event; `None` for events that triage does not consider, and for AWS services acting
    /// on their own behalf.
    pub fn from_event(event: &Event) -> Option<Self> {
        let principal = &event.principal;
        if principal.is_aws_service() {
            return None;
        }
        Some(Self {
            principal: principal.key.clone(),
            issuer: principal.issuer.clone(),
            seen: TriageObservation::from_event(event)?,
        })
    }
}

/// One event as triage sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TriageObservation {
    /// When, in seconds since 1970.
    pub time: i64,
    /// The action, `iam:ListUsers`.
    pub action: String,
    /// The resource or, if the record names none, a digest of the request.
    pub target: Option<String>,
    /// Whether the record names a resource.
    pub is_named: bool,
    /// Whether it reads or lists without changing anything.
    pub is_looking: bool,
    /// Whether it looks around without knowing what exists: it works on no named resource.
    pub is_blind: bool,
    /// Whether the action must not be granted unasked.
    pub is_sensitive: bool,
    /// Whether its target opens something else: a secret, a key, a role.
    pub is_opening: bool,
    /// Whether it was denied because no identity-based policy allows it, in the caller's own
    /// account.
    pub is_implicit: bool,
    /// Whether the caller is a person: an IAM user, root, or a session with a person's name.
    pub is_person: bool,
    /// Whether a page of the console may have asked, possibly for much that its visitor did not
    /// look for. Pages list what exists; they do not fetch data or change anything unasked.
    pub is_console: bool,
    /// Whether a browser's user agent came with a long-term key, which the console never uses.
    pub is_disguised: bool,
    /// The tool that the user agent names.
    pub tool: Option<&'static str>,
    /// The network.
    pub network: Option<String>,
    /// The family of the user agent.
    pub agent: Option<String>,
    /// The region.
    pub region: String,
    /// Set if the call was not denied: the caller gave itself permissions.
    pub grant: Option<SelfGrant>,
}

impl TriageObservation {
    /// Reads an event; `None` if it is neither a denied call nor a [`SelfGrant`].
    pub fn from_event(event: &Event) -> Option<Self> {
        let call = event.api_call()?;
        let is_call =
            matches!(call.kind.as_str(), "AwsApiCall" | "" | "AwsVpceEvent" | "AwsVpceEvents");
        if !is_call || call.category == EventCategory::Insight {
            return None;
        }
        let grant = SelfGrant::from_event(event);
        if event.outcome != Outcome::Denied && grant.is_none() {
            return None;
        }
        let action = event.action.to_string();
        let known = known_action(event);
        let looking = known
            .as_ref()
            .map(|entry| matches!(entry.level, AccessLevel::List | AccessLevel::Read));
        let is_looking = looking.unwrap_or_else(|| signs::is_looking(&action));
        let is_named = event.first_resource().is_some() || has_names(event);
        let needs_name = known.as_ref().map_or(is_named, ActionEntry::requires_resource);
        let is_sensitive = known.as_ref().is_some_and(|entry| entry.sensitivity.is_withheld())
            && !(is_named && builds_role(event));
        let is_page = is_looking && !is_sensitive && !signs::reads_data(&action);
        let agent = event.network.user_agent.as_deref().unwrap_or_default();
        Some(Self {
            time: event.time.as_second(),
            target: target_name(event),
            is_named,
            is_looking,
            is_blind: signs::is_reconnaissance(&action) || is_looking && !needs_name,
            is_sensitive,
            is_opening: signs::is_opening(&action) || passes_role(event),
            is_implicit: is_implicit(event),
            is_person: is_person(event),
            is_console: is_page && is_from_console(event) && !signs::is_script(agent),
            is_disguised: is_disguised(event),
            tool: signs::tool_in_agent(agent),
            network: event.network.network_prefix(),
            agent: event.network.agent_family().map(str::to_owned),
            region: event.region.clone(),
            grant,
            action,
        })
    }
}

/// What distinguishes another denial of the same action of the same principal, if everything else
/// is equal: the reason, the kind of resource. Neither denial comes from a console session or has a
/// browser's user agent.
#[derive(Clone, Copy, Debug)]
pub struct RepeatedDenial<'a> {
    /// When, in seconds since 1970.
    pub time: i64,
    /// The resource, or [`digest_request`] of the request.
    pub target: &'a str,
    /// Whether the record names a resource.
    pub is_named: bool,
    /// The network.
    pub network: &'a CallOrigin,
    /// The region.
    pub region: &'a str,
}

impl RepeatedDenial<'_> {
    /// Whether the user agent matters beyond its own name: such a record must be decoded.
    pub fn needs_decoding(&self) -> bool {
        signs::is_browser(self.network.user_agent.as_deref().unwrap_or_default())
    }
}

impl TriageObservation {
    /// This observation once more, with the repeated denial's details.
    pub fn repeat_with(&self, again: &RepeatedDenial<'_>) -> Self {
        let agent = again.network.user_agent.as_deref().unwrap_or_default();
        Self {
            time: again.time,
            target: Some(again.target.to_owned()),
            is_named: again.is_named,
            is_console: false,
            is_disguised: false,
            tool: signs::tool_in_agent(agent),
            network: again.network.network_prefix(),
            agent: again.network.agent_family().map(str::to_owned),
            region: again.region.to_owned(),
            action: self.action.clone(),
            grant: None,
            ..*self
        }
    }
}

/// A digest that tells one request from another, and whether the request names its target.
pub fn digest_request(request: &Value) -> (String, bool) {
    let text = request.to_string();
    (format!("request {:016x}", fnv_hash(text.as_bytes())), names_target(request))
}

/// What the catalogue knows about the action that the call needs.
fn known_action(event: &Event) -> Option<ActionEntry> {
    let catalogue = Catalogue::built_in();
    let needed = action::required_actions(catalogue, &event.action.service, &event.action.name)?;
    catalogue.find_action(needed.actions.first()?)
}

/// The resource by its name, or a digest of the request, which tells targets apart.
fn target_name(event: &Event) -> Option<String> {
    let named = event.first_resource().map(|resource| resource.name.clone());
    named.or_else(|| field::REQUEST.find_in(&event.record).map(|request| digest_request(request).0))
}

/// FNV-1a: short and stable; an attacker who makes two requests look alike gains nothing.
pub(crate) fn fnv_hash(bytes: &[u8]) -> u64 {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, step)
}

/// Whether the request names its target: a page size or filter alone names nothing.
fn has_names(event: &Event) -> bool {
    field::REQUEST.find_in(&event.record).is_some_and(names_target)
}

fn names_target(request: &Value) -> bool {
    let Value::Object(request) = request else { return false };
    request.iter().any(|(key, value)| {
        let key = key.to_ascii_lowercase();
        let names = ["name", "id", "arn", "url", "key", "identifier"];
        !value.is_null() && names.iter().any(|end| key.ends_with(end))
    })
}

/// Whether AWS says so in the text, and the resource belongs to the caller's account or to nobody
/// in particular.
fn is_implicit(event: &Event) -> bool {
    let message = event.error_message().unwrap_or_default();
    let owner = event.first_resource().and_then(|resource| Arn::parse(&resource.name));
    let is_own = owner.is_none_or(|arn| {
        arn.account().is_empty() || event.principal.account.as_deref() == Some(arn.account())
    });
    is_own && message.contains("no identity-based policy allows")
}

fn is_person(event: &Event) -> bool {
    let principal = &event.principal;
    principal.kind.is_person(principal.arn.as_ref() != Some(&principal.key))
}

/// Whether AWS's text says that the call passes on a role.
fn passes_role(event: &Event) -> bool {
    let message = event.error_message().unwrap_or_default();
    message.contains(" to perform: iam:PassRole on ")
}

/// Whether a denied call may be a page of the console asking for a list: with a console session's
/// credentials, by no script, and for nothing sensitive and no data.
pub(crate) fn is_console_page(event: &Event) -> bool {
    TriageObservation::from_event(event).is_some_and(|seen| seen.is_console)
}

/// Calls with which a stack builds the roles of what it deploys.
const ROLE_BUILDING: [&str; 9] = [
    "AttachRolePolicy",
    "CreatePolicy",
    "CreateRole",
    "DeleteRole",
    "DeleteRolePolicy",
    "DetachRolePolicy",
    "PassRole",
    "PutRolePolicy",
    "UpdateAssumeRolePolicy",
];

/// Whether CloudFormation makes a call for a deploying role that builds a role. Only AWS writes
/// `invokedBy`, and a stack can't create keys or passwords with these calls.
fn builds_role(event: &Event) -> bool {
    event.principal.invoked_by.as_deref() == Some("cloudformation.amazonaws.com")
        && event.principal.kind == PrincipalKind::AssumedRole
        && !is_person(event)
        && event.action.service == "iam"
        && ROLE_BUILDING.contains(&event.action.name.as_str())
}

/// Whether AWS itself says that the credentials belong to somebody signed in to the console.
fn is_from_console(event: &Event) -> bool {
    let from_console = field::FROM_CONSOLE.find_in(&event.record);
    from_console.is_some_and(|value| *value == Value::Bool(true) || *value == "true")
}

/// Whether a browser's user agent came with a user's long-term key, which the console never uses.
fn is_disguised(event: &Event) -> bool {
    let has_long_term_key =
        event.principal.access_key.as_deref().is_some_and(|key| key.starts_with("AKIA"));
    let agent = event.network.user_agent.as_deref().unwrap_or_default();
    has_long_term_key && signs::is_browser(agent) && !is_from_console(event)
}
