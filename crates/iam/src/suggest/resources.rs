//! The resources of a grant, as policies have to write them.

use aware_core::event::Arn;

use super::place::{self, Place};
use super::{Need, NoGrant, is_account_id};
use crate::catalogue::{AccessLevel, ActionEntry};
use crate::resource::{Evidence, Found, Origin, find, is_hidden};

/// What holds of whom a pattern is for: operator, key, value.
pub(super) type OwnConditions = Vec<(&'static str, &'static str, String)>;

/// The patterns for what was found, and what must hold where it is the caller's own place.
pub(super) fn patterns(need: &Need<'_>) -> Result<(Vec<String>, OwnConditions), NoGrant> {
    let found = found(need)?;
    if found.pattern == "*" {
        return Ok((vec!["*".to_owned()], Vec::new()));
    }
    let arn = Arn::parse(&found.pattern).ok_or(NoGrant::NoResource)?;
    check_place(&arn)?;
    if is_hidden(&found.name) {
        return Err(NoGrant::Masked);
    }
    let (found, mut conditions) = own_place(need, found)?;
    if arn.service() == "dynamodb" {
        match place::of_keys(need.caller, need.evidence.request) {
            Place::Others(other) => return Err(NoGrant::OthersPlace(other)),
            Place::Own { conditions: more, .. } => conditions.extend(more),
            Place::Nobodys => {}
        }
    }
    Ok((written(need, &arn, found), conditions))
}

/// The resource, which is `*` only where the action names none.
fn found(need: &Need<'_>) -> Result<Found, NoGrant> {
    let names_one = need.entry.is_some_and(names_resource);
    match need.found {
        Some(found) if found.name == "*" && names_one => narrowest(need).ok_or(NoGrant::NoResource),
        Some(found)
            if found.name == "*" && need.entry.is_none() && found.origin != Origin::Message =>
        {
            Err(NoGrant::NoResource)
        }
        Some(found)
            if found.origin == Origin::Message
                && has_star(&found.name)
                && !found.whole
                && need.evidence.request.is_none_or(serde_json::Value::is_null)
                && !may_be_open(need) =>
        {
            Err(NoGrant::NoResource)
        }
        Some(found) if found.name == "*" && hides_all(need, found) => Err(NoGrant::NoResource),
        Some(found) => Ok(found.clone()),
        None => Err(NoGrant::NoResource),
    }
}

/// Whether every call of an action works on a resource: one type is required, or there are several
/// of which one is needed, as `s3:PutObject` works on an object by its bucket or its access point.
pub(crate) fn names_resource(entry: &ActionEntry) -> bool {
    entry.requires_resource() || entry.service.starts_with("s3") && !entry.resources.is_empty()
}

/// Account and region must be known: what hides them would be read as any.
fn check_place(arn: &Arn) -> Result<(), NoGrant> {
    let (region, account) = (arn.region(), arn.account());
    if region == "*" || account == "*" {
        return Err(NoGrant::NoPlace);
    }
    let is_plain =
        |part: &str| part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let is_plain_part = is_plain(arn.partition()) && is_plain(arn.service()) && is_plain(region);
    let is_owner = account.is_empty() || is_account_id(account) || account.starts_with("aws");
    if is_plain_part && is_owner { Ok(()) } else { Err(NoGrant::Masked) }
}

/// The caller's own place with variables in its pattern.
fn own_place(need: &Need<'_>, found: Found) -> Result<(Found, OwnConditions), NoGrant> {
    match place::of(need.caller, &found.pattern) {
        Place::Nobodys => Ok((found, Vec::new())),
        Place::Own { pattern, conditions } => Ok((Found { pattern, ..found }, conditions)),
        Place::Others(other) => Err(NoGrant::OthersPlace(other)),
    }
}

/// The pattern as policies have to write it.
fn written(need: &Need<'_>, arn: &Arn, found: Found) -> Vec<String> {
    let is_own_stream = found.pattern.contains("${aws:") && found.pattern.contains(":log-stream:");
    match arn.service() {
        "logs" if is_own_stream => vec![found.pattern],
        "logs" if arn.resource().starts_with("log-group:") => log_group(&found),
        "secretsmanager" => vec![secret(&found, need.evidence)],
        _ => vec![found.pattern],
    }
}

/// What the request names of the action's own type, for a message that shows `*` where a policy must
/// name a resource. A pattern for all of the type is no answer.
fn narrowest(need: &Need<'_>) -> Option<Found> {
    let evidence = Evidence { named: None, ..*need.evidence };
    find(need.entry, &evidence).filter(|found| found.whole && found.origin != Origin::Pattern)
}

/// Whether a part of a name is a star, and nothing else: no mask.
fn has_star(name: &str) -> bool {
    name.contains(':') && name.split([':', '/']).any(|part| part == "*")
}

/// Whether AWS's `*` for all stands for one thing that a changing action names and nothing tells.
fn hides_all(need: &Need<'_>, found: &Found) -> bool {
    let changes = need.entry.is_some_and(|entry| {
        let looks = matches!(entry.level, AccessLevel::List | AccessLevel::Read);
        !entry.resources.is_empty() && !looks
    });
    let is_unsaid = need.evidence.request.is_none_or(serde_json::Value::is_null);
    found.origin == Origin::Message && changes && is_unsaid && !may_be_open(need)
}

/// Whether a star of AWS's text may stand for what an action is about: for what it makes, which has
/// no name yet, or for all that it lists. What exists has a name, which the text hides.
fn may_be_open(need: &Need<'_>) -> bool {
    let name = need.actions.first().and_then(|action| action.split_once(':')).map(|(_, name)| name);
    let makes = name.is_some_and(|name| MAKES.iter().any(|verb| name.starts_with(verb)));
    makes || need.entry.is_some_and(|entry| entry.level == AccessLevel::List)
}

/// Verbs of actions that make what they are checked on.
const MAKES: [&str; 10] = [
    "Allocate", "Copy", "Create", "Import", "Publish", "Purchase", "Register", "Request",
    "Restore", "Run",
];

/// A log group's streams are its ARN and `:*`. Some agents are checked on the bare ARN; then AWS's
/// message shows it so, and both are needed.
fn log_group(found: &Found) -> Vec<String> {
    let group = found.pattern.split(":log-stream:").next().unwrap_or(&found.pattern);
    if group.ends_with('*') {
        return vec![group.to_owned()];
    }
    let streams = format!("{group}:*");
    if found.of_streams || found.origin != Origin::Message {
        vec![streams]
    } else {
        vec![group.to_owned(), streams]
    }
}

/// Secrets Manager ends every ARN with a dash and six random letters, which a name lacks.
///
/// Source: Secrets Manager user guide, "What's in a secret".
fn secret(found: &Found, evidence: &Evidence<'_>) -> String {
    let by_arn = found.origin == Origin::Record
        || found.origin == Origin::Message
            && evidence.named.is_some_and(|named| named.starts_with("arn:"));
    let has_suffix = found.pattern.rsplit_once('-').is_some_and(|(_, suffix)| {
        suffix.len() == 6 && suffix.bytes().all(|byte| byte.is_ascii_alphanumeric())
    });
    if found.pattern.ends_with('*') || by_arn && has_suffix {
        return found.pattern.clone();
    }
    format!("{}-??????", found.pattern)
}
