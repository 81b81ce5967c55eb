//! What triage keeps of one event.

use aware_core::event::{Arn, Category, Event, Network, Outcome, PrincipalKind, field};
use serde_json::Value;

use super::signs;
use crate::action;
use crate::catalogue::{AccessLevel, ActionEntry, Catalogue};

/// Actions that give a principal permissions, with the request's key that names whom.
const SELF_GRANTS: [(&str, &str); 8] = [
    ("AttachRolePolicy", "roleName"),
    ("PutRolePolicy", "roleName"),
    ("DeleteRolePermissionsBoundary", "roleName"),
    ("AttachUserPolicy", "userName"),
    ("PutUserPolicy", "userName"),
    ("AddUserToGroup", "userName"),
    ("DeleteUserPermissionsBoundary", "userName"),
    ("CreatePolicyVersion", ""),
];

/// One event as triage sees it. Fields may be set otherwise by who knows better: the action by
/// the denial's text, [`Observation::is_implicit`] by its explanation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// When, in seconds since 1970.
    pub time: i64,
    /// How it ended.
    pub outcome: Outcome,
    /// The action, `iam:ListUsers`.
    pub action: String,
    /// The resource or, where the record names none, a digest of the request.
    pub target: Option<String>,
    /// Whether the record names a resource.
    pub is_named: bool,
    /// Whether it looks and does not touch.
    pub is_looking: bool,
    /// Whether nobody should be granted the action unasked.
    pub is_sensitive: bool,
    /// Denied because no identity-based policy allows it, in the caller's own account.
    pub is_implicit: bool,
    /// An AWS service called for the principal.
    pub is_by_service: bool,
    /// `DryRun`: a question whether one may, not a call.
    pub is_dry_run: bool,
    /// The principal gave itself permissions.
    pub is_self_grant: bool,
    /// A person: an IAM user, root, or a session with a person's name.
    pub is_person: bool,
    /// The console asks for much that nobody looked for.
    pub is_console: bool,
    /// What it runs in: `a Lambda role`.
    pub workload: Option<&'static str>,
    /// The tool that the user agent names.
    pub tool: Option<&'static str>,
    /// The network.
    pub network: Option<String>,
    /// The family of the user agent.
    pub agent: Option<String>,
    /// The region.
    pub region: String,
}

impl Observation {
    /// Reads an event; `None` for what is no call: sign-ins, service events, Insights.
    pub fn of(event: &Event) -> Option<Self> {
        let is_call =
            matches!(event.kind.as_str(), "AwsApiCall" | "" | "AwsVpceEvent" | "AwsVpceEvents");
        if !is_call || event.category == Category::Insight {
            return None;
        }
        // What only a denial is asked for is found out for denials only: successes are many.
        let is_denied = event.outcome == Outcome::Denied;
        let action = event.action.to_string();
        let known = if is_denied { known(event) } else { None };
        let looking = known
            .as_ref()
            .map(|entry| matches!(entry.level, AccessLevel::List | AccessLevel::Read));
        let agent = event.network.user_agent.as_deref().unwrap_or_default();
        let code = event.error_code.as_deref().unwrap_or_default();
        let told = signs::Agent::read(agent);
        Some(Self {
            time: event.time.as_second(),
            outcome: event.outcome,
            target: if is_denied { target(event) } else { None },
            is_named: is_denied && (event.resource().is_some() || has_names(event)),
            is_looking: looking.unwrap_or_else(|| signs::is_looking(&action)),
            is_sensitive: known.is_some_and(|entry| entry.sensitivity.is_withheld()),
            is_implicit: is_implicit(event),
            is_by_service: is_by_service(event),
            is_dry_run: code.ends_with("DryRunOperation"),
            is_self_grant: is_self_grant(event),
            is_person: is_person(event),
            is_console: is_console(event, agent),
            workload: told.place.or_else(|| place(event)),
            tool: told.tool,
            network: event.network.neighbourhood(),
            agent: event.network.agent_family().map(str::to_owned),
            region: event.region.clone(),
            action,
        })
    }
}

/// What another denial of the same action of the same principal is told by, where everything else
/// is as it was: the reason, the kind of the resource.
#[derive(Clone, Copy, Debug)]
pub struct Again<'a> {
    /// When, in seconds since 1970.
    pub time: i64,
    /// The resource, or [`digest`] of the request.
    pub target: &'a str,
    /// Whether the record names a resource.
    pub is_named: bool,
    /// From where.
    pub network: &'a Network,
    /// The role session.
    pub session: Option<&'a str>,
    /// The region.
    pub region: &'a str,
}

impl Observation {
    /// The same, once more.
    pub fn again(&self, again: &Again<'_>) -> Self {
        let agent = again.network.user_agent.as_deref().unwrap_or_default();
        let told = signs::Agent::read(agent);
        Self {
            time: again.time,
            target: Some(again.target.to_owned()),
            is_named: again.is_named,
            is_by_service: is_service(again.network),
            is_console: is_console_agent(agent),
            workload: told.place.or_else(|| again.session.and_then(signs::place_of_session)),
            tool: told.tool,
            network: again.network.neighbourhood(),
            agent: again.network.agent_family().map(str::to_owned),
            region: again.region.to_owned(),
            action: self.action.clone(),
            ..*self
        }
    }
}

/// What tells one request from another, and whether it names what it is about.
pub fn digest(request: &Value) -> (String, bool) {
    let text = request.to_string();
    (format!("request {:016x}", fnv(text.as_bytes())), names(request))
}

/// What it runs in, where the user agent does not tell.
fn place(event: &Event) -> Option<&'static str> {
    let is_web = event.principal.kind == PrincipalKind::WebIdentityUser;
    let by_session = event.principal.session.as_deref().and_then(signs::place_of_session);
    by_session.or(is_web.then_some("a CI job"))
}

/// What the catalogue knows of the action that the call needs.
fn known(event: &Event) -> Option<ActionEntry> {
    let catalogue = Catalogue::builtin();
    let needed = action::needed(catalogue, &event.action.service, &event.action.name)?;
    catalogue.action(needed.actions.first()?)
}

/// The resource by its name, or a digest of the request, which tells one target from another.
fn target(event: &Event) -> Option<String> {
    let named = event.resource().map(|resource| resource.name.clone());
    named.or_else(|| field::REQUEST.get(&event.record).map(|request| digest(request).0))
}

/// FNV-1a: short, stable, and an attacker who makes two requests look like one gains nothing.
pub(super) fn fnv(bytes: &[u8]) -> u64 {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, step)
}

/// Whether the request names what it is about: a lone page size or filter names nothing.
fn has_names(event: &Event) -> bool {
    field::REQUEST.get(&event.record).is_some_and(names)
}

fn names(request: &Value) -> bool {
    let Value::Object(request) = request else { return false };
    request.iter().any(|(key, value)| {
        let key = key.to_ascii_lowercase();
        let names = ["name", "id", "arn", "url", "key", "identifier"];
        !value.is_null() && names.iter().any(|end| key.ends_with(end))
    })
}

/// AWS says so in the text; the resource is the account's own, or nobody's in particular.
fn is_implicit(event: &Event) -> bool {
    let message = event.error_message.as_deref().unwrap_or_default();
    let owner = event.resource().and_then(|resource| Arn::parse(&resource.name));
    let is_own = owner.is_none_or(|arn| {
        arn.account().is_empty() || event.principal.account.as_deref() == Some(arn.account())
    });
    is_own && message.contains("no identity-based policy allows")
}

fn is_by_service(event: &Event) -> bool {
    event.principal.is_service() || is_service(&event.network)
}

fn is_service(network: &Network) -> bool {
    network.source.as_deref().unwrap_or_default().ends_with(".amazonaws.com")
}

fn is_person(event: &Event) -> bool {
    let principal = &event.principal;
    let has_session_of_person = principal.arn.as_ref() != Some(&principal.key);
    match principal.kind {
        PrincipalKind::IamUser | PrincipalKind::Root | PrincipalKind::IdentityCenterUser => true,
        PrincipalKind::AssumedRole => has_session_of_person,
        _ => false,
    }
}

fn is_console(event: &Event, agent: &str) -> bool {
    let from_console = field::FROM_CONSOLE.get(&event.record);
    from_console.is_some_and(|value| *value == Value::Bool(true) || *value == "true")
        || is_console_agent(agent)
}

fn is_console_agent(agent: &str) -> bool {
    agent.contains("aws-internal/3")
        || agent.starts_with("console.amazonaws.com")
        || agent.starts_with("Mozilla/")
}

/// A successful call that gives permissions to the caller himself. Whose policy a new version
/// belongs to is not in the request; it counts, for only a success after a denial makes it a sign.
fn is_self_grant(event: &Event) -> bool {
    if event.outcome != Outcome::Success || event.action.service != "iam" {
        return false;
    }
    let grant = SELF_GRANTS.iter().find(|(name, _)| *name == event.action.name);
    let own_name = event.principal.arn.as_deref().and_then(|arn| arn.rsplit('/').next());
    grant.is_some_and(|(_, key)| {
        let named = field::REQUEST.get(&event.record).and_then(|request| request.get(key));
        key.is_empty() || named.and_then(Value::as_str).is_some_and(|name| Some(name) == own_name)
    })
}
