//! Calls by which a principal gives itself permissions.
//!
//! They are looked for in every log, whatever the rules: who is denied and then helps himself is no
//! workload. IAM's own operations say whom they are about; where only a policy's document does, its
//! actions are kept, and held against what the principal is denied.

use aware_core::event::{Event, Outcome, field};
use serde_json::Value;

/// How many actions of a policy's document are kept.
const MAX_ACTIONS: usize = 400;

/// How an operation tells whether it is about the caller himself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Aim {
    /// The request names the user or role under this key; without it, some mean the caller.
    Named(&'static str),
    /// As [`Aim::Named`], and a request without the name is about the caller.
    NamedOrCaller(&'static str),
    /// The request's text holds the caller's ARN: a trust, bucket or key policy that lets him in.
    Mentioned,
    /// The request names the role, or its text holds the caller's ARN.
    NamedOrMentioned(&'static str),
    /// Whose policy it is the request does not say: its document's actions tell.
    Document,
}

/// Operations that give permissions or credentials: the service, the name, whom it is about.
/// Source: IAM API reference; the paths of escalation are those of published research on them.
const OPERATIONS: [(&str, &str, Aim); 18] = [
    ("iam", "PutUserPolicy", Aim::Named("userName")),
    ("iam", "AttachUserPolicy", Aim::Named("userName")),
    ("iam", "DeleteUserPermissionsBoundary", Aim::Named("userName")),
    ("iam", "AddUserToGroup", Aim::Named("userName")),
    ("iam", "CreateLoginProfile", Aim::Named("userName")),
    ("iam", "UpdateLoginProfile", Aim::Named("userName")),
    ("iam", "CreateAccessKey", Aim::NamedOrCaller("userName")),
    ("iam", "PutRolePolicy", Aim::Named("roleName")),
    ("iam", "AttachRolePolicy", Aim::Named("roleName")),
    ("iam", "DeleteRolePermissionsBoundary", Aim::Named("roleName")),
    ("iam", "UpdateAssumeRolePolicy", Aim::NamedOrMentioned("roleName")),
    ("iam", "PutGroupPolicy", Aim::Document),
    ("iam", "AttachGroupPolicy", Aim::Document),
    ("iam", "CreatePolicyVersion", Aim::Document),
    ("iam", "SetDefaultPolicyVersion", Aim::Document),
    ("s3", "PutBucketPolicy", Aim::Mentioned),
    ("kms", "PutKeyPolicy", Aim::Mentioned),
    ("secretsmanager", "PutResourcePolicy", Aim::Mentioned),
];

/// The names of the operations, each once: what a log is searched for.
pub fn operations() -> impl Iterator<Item = (&'static str, &'static str)> {
    OPERATIONS.iter().map(|(service, name, _)| (*service, *name))
}

/// A call that gave permissions to who made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SelfGrant {
    /// `iam:PutUserPolicy`.
    pub operation: String,
    /// `None` when it was surely for the caller himself; else the actions, as patterns in lower
    /// case, that a policy allows which may be the caller's.
    pub allows: Option<Vec<String>>,
}

impl SelfGrant {
    /// Reads an event; only what went through in the caller's own account is one.
    pub fn of(event: &Event) -> Option<Self> {
        if event.outcome != Outcome::Success {
            return None;
        }
        let (service, name) = (event.action.service.as_str(), event.action.name.as_str());
        let (.., aim) = OPERATIONS.iter().find(|(of, is, _)| *of == service && *is == name)?;
        let principal = &event.principal;
        let is_at_home = principal.account.is_none() || principal.account == event.account;
        let nothing = Value::Null;
        let request = field::REQUEST.get(&event.record).unwrap_or(&nothing);
        let own = principal.arn.as_deref().filter(|_| is_at_home)?;
        let operation = format!("{service}:{name}");
        let sure = Self { operation: operation.clone(), allows: None };
        match aim {
            Aim::Named(key) => is_own_name(request, key, own).then_some(sure),
            Aim::NamedOrCaller(key) => (request.get(key).is_none_or(Value::is_null)
                || is_own_name(request, key, own))
            .then_some(sure),
            Aim::Mentioned => mentions(request, own).then_some(sure),
            Aim::NamedOrMentioned(key) => {
                (is_own_name(request, key, own) || mentions(request, own)).then_some(sure)
            }
            Aim::Document => {
                let allows = allowed(request)?;
                Some(Self { operation, allows: Some(allows) })
            }
        }
    }
}

/// Whether the request names the user or role of this ARN. Names differ by more than case.
fn is_own_name(request: &Value, key: &str, own: &str) -> bool {
    let name = own.rsplit('/').next().unwrap_or(own);
    request.get(key).and_then(Value::as_str).is_some_and(|named| named.eq_ignore_ascii_case(name))
}

/// Whether the ARN stands in a text of the request, and not as the beginning of a longer name.
fn mentions(request: &Value, own: &str) -> bool {
    match request {
        Value::String(text) => text.match_indices(own).any(|(at, _)| {
            let after = text.get(at + own.len()..).and_then(|rest| rest.chars().next());
            !after.is_some_and(|c| c.is_ascii_alphanumeric() || "+=,.@_-".contains(c))
        }),
        Value::Array(inner) => inner.iter().any(|one| mentions(one, own)),
        Value::Object(inner) => inner.values().any(|one| mentions(one, own)),
        _ => false,
    }
}

/// The actions that a request's policy allows; `None` for none. A document that is not there or
/// cannot be read may allow anything.
fn allowed(request: &Value) -> Option<Vec<String>> {
    let anything = || Some(vec!["*".to_owned()]);
    if request.get("setAsDefault").is_some_and(|set| *set == false || *set == "false") {
        return None;
    }
    if request.get("groupName").is_some() && request.get("policyDocument").is_none() {
        // A group's policy: it may not be the caller's group, unless it gives nearly everything.
        let arn = request.get("policyArn").and_then(Value::as_str)?;
        let wide = ["/AdministratorAccess", "/IAMFullAccess", "/PowerUserAccess"];
        return wide.iter().any(|end| arn.ends_with(end)).then(anything).flatten();
    }
    let document = match request.get("policyDocument") {
        Some(Value::String(text)) => serde_json::from_str(text).unwrap_or_default(),
        Some(document) => document.clone(),
        None => Value::Null,
    };
    let statements = match document.get("Statement") {
        Some(Value::Array(statements)) => statements.clone(),
        Some(one) => vec![one.clone()],
        None => return anything(),
    };
    let allows = statements.iter().filter(|one| one.get("Effect") == Some(&"Allow".into()));
    let mut actions: Vec<String> = allows.flat_map(actions).collect();
    actions.sort_unstable();
    actions.dedup();
    match actions.len() {
        0 => None,
        1..=MAX_ACTIONS => Some(actions),
        _ => anything(),
    }
}

fn actions(statement: &Value) -> Vec<String> {
    match (statement.get("Action"), statement.get("NotAction")) {
        (Some(Value::String(one)), _) => vec![one.to_ascii_lowercase()],
        (Some(Value::Array(many)), _) => {
            many.iter().filter_map(Value::as_str).map(str::to_ascii_lowercase).collect()
        }
        (None, Some(_)) => vec!["*".to_owned()],
        _ => Vec::new(),
    }
}
