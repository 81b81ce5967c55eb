//! Calls by which a principal gives itself permissions, or may.
//!
//! Every log is searched for them, whatever the rules: whoever is denied and then helps themselves
//! is not a workload. IAM's own operations say whom they concern; if only a policy's document does,
//! its actions are kept and compared with what the principal is denied. If the way leads through
//! another identity (its key, a role that a function runs with, a trust that admits many), nobody
//! can know: then there is no grant until somebody has investigated.

use aware_core::event::{Event, Outcome};
use aware_core::source::cloudtrail::fields as field;
use serde_json::Value;

mod operations;

use operations::GrantAim;
pub use operations::list_operations;

/// How many actions of a policy's document to keep.
const MAX_ACTIONS: usize = 400;

/// How certain it is that a call gave the caller something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GrantEffect {
    /// It was for the caller itself.
    Surely,
    /// It may have been: through another user or role, or by lifting what restricted the caller.
    Perhaps,
    /// These actions, as patterns in lower case, in a policy that may be the caller's.
    Actions(Vec<String>),
}

/// A call that gave permissions to its caller, or may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SelfGrant {
    /// `iam:PutUserPolicy`.
    pub operation: String,
    /// What it gave.
    pub given: GrantEffect,
}

impl SelfGrant {
    /// Reads an event; only a success in the caller's own account counts.
    pub fn from_event(event: &Event) -> Option<Self> {
        if event.outcome != Outcome::Success {
            return None;
        }
        let (service, name) = (event.action.service.as_str(), event.action.name.as_str());
        let aim = operations::find_aim(service, name)?;
        let principal = &event.principal;
        let is_at_home = principal.account.is_none() || principal.account == event.account;
        let nothing = Value::Null;
        let request = SelfGrantRequest {
            own: OwnNames::from_event(event).filter(|_| is_at_home)?,
            fields: field::REQUEST.find_in(&event.record).unwrap_or(&nothing),
        };
        Some(Self { operation: format!("{service}:{name}"), given: request.judge_effect(aim)? })
    }
}

/// The names by which a request may refer to the caller.
struct OwnNames<'e> {
    /// The ARN of the user or role.
    arn: &'e str,
    /// `:assumed-role/app/`, for a role.
    sessions: Option<String>,
    account: &'e str,
}

impl<'e> OwnNames<'e> {
    fn from_event(event: &'e Event) -> Option<Self> {
        let principal = &event.principal;
        // A federation token acts for the user who requested it.
        let arn = principal.issuer.as_deref().or(principal.arn.as_deref())?;
        let role = arn.contains(":role/").then(|| arn.rsplit('/').next()).flatten();
        let account = principal.account.as_deref().or(event.account.as_deref());
        Some(Self {
            arn,
            sessions: role.map(|role| format!(":assumed-role/{role}/")),
            account: account.unwrap_or_default(),
        })
    }
}

struct SelfGrantRequest<'e> {
    own: OwnNames<'e>,
    fields: &'e Value,
}

impl SelfGrantRequest<'_> {
    fn judge_effect(&self, aim: GrantAim) -> Option<GrantEffect> {
        let sure = |is: bool| is.then_some(GrantEffect::Surely);
        let perhaps = |is: bool| is.then_some(GrantEffect::Perhaps);
        match aim {
            GrantAim::Named(key) => sure(self.is_own_name(key)),
            GrantAim::Policy(key) => {
                sure(self.is_own_name(key)).or_else(|| perhaps(gives_nearly_all(self.fields)))
            }
            GrantAim::Removal(key) if !self.is_own_name(key) => None,
            GrantAim::Removal(_) => {
                sure(takes_away_a_denial(self.fields)).or(Some(GrantEffect::Perhaps))
            }
            GrantAim::Credentials(key) => {
                let is_own = self.fields.get(key).is_none_or(Value::is_null);
                sure(is_own || self.is_own_name(key)).or(Some(GrantEffect::Perhaps))
            }
            GrantAim::Mentioned => {
                sure(self.is_mentioned()).or_else(|| perhaps(self.lets_everybody_in()))
            }
            GrantAim::Trust => {
                let is_own = self.is_own_name("roleName") || self.is_mentioned();
                sure(is_own).or_else(|| perhaps(self.lets_everybody_in() || self.lets_root_in()))
            }
            GrantAim::Document => allowed_actions(self.fields)
                .map(GrantEffect::Actions)
                .or_else(|| perhaps(self.fields.get("groupName").is_some())),
            // A deploying role passes roles with each deployment; a person's user does not.
            GrantAim::PassesRole => {
                perhaps(self.own.sessions.is_none() && passes_role(self.fields, 0))
            }
            GrantAim::Anybody => Some(GrantEffect::Perhaps),
            GrantAim::PublicAcl => perhaps(is_public_acl(self.fields)),
        }
    }

    /// Whether the request names the caller's user or role. Case is ignored, since names differ by
    /// more than case.
    fn is_own_name(&self, key: &str) -> bool {
        let name = self.own.arn.rsplit('/').next().unwrap_or(self.own.arn);
        let named = self.fields.get(key).and_then(Value::as_str);
        named.is_some_and(|named| named.eq_ignore_ascii_case(name))
    }

    /// Whether the request contains the caller's ARN, or that of a session of its role.
    fn is_mentioned(&self) -> bool {
        any_text(self.fields, 0, &|text| {
            let is_session = |sessions: &String| text.contains(sessions.as_str());
            mentions_arn(text, self.own.arn) || self.own.sessions.as_ref().is_some_and(is_session)
        })
    }

    fn lets_everybody_in(&self) -> bool {
        any_principal(self.fields, 0, &|text| text == "*")
    }

    fn lets_root_in(&self) -> bool {
        let account = self.own.account;
        any_principal(self.fields, 0, &|text| {
            text == account || text.ends_with(&format!("::{account}:root"))
        })
    }
}

/// How deep to search a request, including documents in strings.
const MAX_DEPTH: usize = 32;

/// The document that a string contains; parsing it resolves escapes that could hide something.
pub(crate) fn parse_document(text: &str) -> Option<Value> {
    text.trim_start().starts_with(['{', '[']).then(|| serde_json::from_str(text).ok()).flatten()
}

/// Whether any text in a value satisfies the predicate, including those in documents inside
/// strings.
fn any_text(value: &Value, depth: usize, is: &dyn Fn(&str) -> bool) -> bool {
    if depth > MAX_DEPTH {
        return false;
    }
    match value {
        Value::String(text) => {
            is(text) || parse_document(text).is_some_and(|inner| any_text(&inner, depth + 1, is))
        }
        Value::Array(inner) => inner.iter().any(|one| any_text(one, depth + 1, is)),
        Value::Object(inner) => inner.values().any(|one| any_text(one, depth + 1, is)),
        _ => false,
    }
}

/// Whether any principal that a statement or a parameter of this name admits satisfies the
/// predicate.
fn any_principal(value: &Value, depth: usize, is: &dyn Fn(&str) -> bool) -> bool {
    if depth > MAX_DEPTH {
        return false;
    }
    match value {
        Value::String(text) => {
            parse_document(text).is_some_and(|inner| any_principal(&inner, depth + 1, is))
        }
        Value::Array(inner) => inner.iter().any(|one| any_principal(one, depth + 1, is)),
        Value::Object(inner) if inner.get("Effect").is_some_and(|effect| effect == "Deny") => false,
        Value::Object(inner) => inner.iter().any(|(key, one)| {
            key.eq_ignore_ascii_case("principal") && any_text(one, depth + 1, is)
                || any_principal(one, depth + 1, is)
        }),
        _ => false,
    }
}

/// Whether a text contains the ARN, and not as the beginning of a longer name.
fn mentions_arn(text: &str, own: &str) -> bool {
    text.match_indices(own).any(|(at, _)| {
        let after = text.get(at + own.len()..).and_then(|rest| rest.chars().next());
        !after.is_some_and(|c| c.is_ascii_alphanumeric() || "+=,.@_-".contains(c))
    })
}

/// Whether a role or an instance profile is passed, under whatever name.
pub(crate) fn passes_role(request: &Value, depth: usize) -> bool {
    let Value::Object(fields) = request else { return false };
    fields.iter().any(|(key, value)| {
        let key = key.to_ascii_lowercase();
        let is_role = key.contains("role") || key.contains("instanceprofile");
        let is_given = match value {
            Value::String(text) => !text.is_empty(),
            Value::Object(parts) => !parts.is_empty(),
            Value::Array(parts) => !parts.is_empty(),
            _ => false,
        };
        is_role && is_given || depth < 8 && passes_role(value, depth + 1)
    })
}

/// Whether what is removed is, by its name, a denial: AWS's quarantine of leaked keys, or anything
/// that somebody named like one.
pub(crate) fn takes_away_a_denial(request: &Value) -> bool {
    let names = ["policyArn", "policyName", "groupName"].iter();
    let mut names = names.filter_map(|key| request.get(key)?.as_str()).map(str::to_ascii_lowercase);
    names.any(|name| {
        ["quarantine", "deny", "block", "restrict"].iter().any(|word| name.contains(word))
    })
}

pub(crate) fn is_public_acl(request: &Value) -> bool {
    any_text(request, 0, &|text| {
        text.starts_with("public-read")
            || text == "authenticated-read"
            || text.ends_with("/groups/global/AllUsers")
            || text.ends_with("/groups/global/AuthenticatedUsers")
    })
}

/// AWS managed policies that allow nearly everything, or everything in IAM.
pub(crate) const WIDE: [&str; 3] = ["/AdministratorAccess", "/IAMFullAccess", "/PowerUserAccess"];

/// Whether the policy in a request allows nearly everything.
fn gives_nearly_all(request: &Value) -> bool {
    let arn = request.get("policyArn").and_then(Value::as_str);
    let is_wide = |arn: &str| WIDE.iter().any(|end| arn.ends_with(end));
    let has_document = request.get("policyDocument").is_some();
    let all = |actions: Vec<String>| {
        actions.iter().any(|one| matches!(one.as_str(), "*" | "*:*" | "iam:*" | "sts:*"))
    };
    arn.is_some_and(is_wide) || has_document && allowed_actions(request).is_some_and(all)
}

/// The actions that a request's policy allows; `None` if it allows none. A document that is missing
/// or unreadable may allow anything.
fn allowed_actions(request: &Value) -> Option<Vec<String>> {
    let anything = || Some(vec!["*".to_owned()]);
    if request.get("setAsDefault").is_some_and(|set| *set == false || *set == "false") {
        return None;
    }
    if request.get("groupName").is_some() && request.get("policyDocument").is_none() {
        // A group's policy: the caller may not be in the group, so it counts only if it allows
        // nearly everything.
        let arn = request.get("policyArn").and_then(Value::as_str)?;
        return WIDE.iter().any(|end| arn.ends_with(end)).then(anything).flatten();
    }
    let policy = match request.get("policyDocument") {
        Some(Value::String(text)) => serde_json::from_str(text).unwrap_or_default(),
        Some(document) => document.clone(),
        None => Value::Null,
    };
    let statements = match policy.get("Statement") {
        Some(Value::Array(statements)) => statements.clone(),
        Some(one) => vec![one.clone()],
        None => return anything(),
    };
    let allows = statements.iter().filter(|one| one.get("Effect") == Some(&"Allow".into()));
    let mut actions: Vec<String> = allows.flat_map(statement_actions).collect();
    actions.sort_unstable();
    actions.dedup();
    match actions.len() {
        0 => None,
        1..=MAX_ACTIONS => Some(actions),
        _ => anything(),
    }
}

fn statement_actions(statement: &Value) -> Vec<String> {
    match (statement.get("Action"), statement.get("NotAction")) {
        (Some(Value::String(one)), _) => vec![one.to_ascii_lowercase()],
        (Some(Value::Array(many)), _) => {
            many.iter().filter_map(Value::as_str).map(str::to_ascii_lowercase).collect()
        }
        (None, Some(_)) => vec!["*".to_owned()],
        _ => Vec::new(),
    }
}
