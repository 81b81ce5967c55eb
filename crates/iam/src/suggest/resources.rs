//! The resources of a grant, written as policies require.

use aware_core::event::{Arn, is_account_id};

use super::need::{GrantNeed, NoGrant};
use super::place::{self, PlaceOwner};
use crate::catalogue::{AccessLevel, ActionEntry};
use crate::resource::{FoundResource, ResourceEvidence, ResourceOrigin, find_resource, is_hidden};

/// Conditions for whoever a pattern is for: operator, key, value.
pub(super) type OwnConditions = Vec<(&'static str, &'static str, String)>;

/// The patterns for the resource, and the conditions that must hold if it is the caller's own
/// place.
pub(super) fn grant_patterns(
    need: &GrantNeed<'_>,
) -> Result<(Vec<String>, OwnConditions), NoGrant> {
    let found = grant_resource(need)?;
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
        match place::owner_of_keys(need.caller, need.evidence.request) {
            PlaceOwner::Others(other) => return Err(NoGrant::OthersPlace(other)),
            PlaceOwner::Own { conditions: more, .. } => conditions.extend(more),
            PlaceOwner::Nobodys => {}
        }
    }
    Ok((written_patterns(need, &arn, found), conditions))
}

/// The resource, which is `*` only if the action names none.
fn grant_resource(need: &GrantNeed<'_>) -> Result<FoundResource, NoGrant> {
    let names_one = need.entry.is_some_and(names_resource);
    match need.found {
        Some(found) if found.name == "*" && names_one => {
            narrowest_resource(need).ok_or(NoGrant::NoResource)
        }
        Some(found)
            if found.name == "*"
                && need.entry.is_none()
                && found.origin != ResourceOrigin::Message =>
        {
            Err(NoGrant::NoResource)
        }
        Some(found)
            if found.origin == ResourceOrigin::Message
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

/// Whether every call of an action works on a resource: one type is required, or one of several is
/// needed, as `s3:PutObject` works on an object by its bucket or its access point.
pub(crate) fn names_resource(entry: &ActionEntry) -> bool {
    entry.requires_resource() || entry.service.starts_with("s3") && !entry.resources.is_empty()
}

/// Account and Region must be known: a policy would read a mask as any.
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
fn own_place(
    need: &GrantNeed<'_>,
    found: FoundResource,
) -> Result<(FoundResource, OwnConditions), NoGrant> {
    match place::find_place_owner(need.caller, &found.pattern) {
        PlaceOwner::Nobodys => Ok((found, Vec::new())),
        PlaceOwner::Own { pattern, conditions } => {
            Ok((FoundResource { pattern, ..found }, conditions))
        }
        PlaceOwner::Others(other) => Err(NoGrant::OthersPlace(other)),
    }
}

/// The pattern, written as policies require.
fn written_patterns(need: &GrantNeed<'_>, arn: &Arn, found: FoundResource) -> Vec<String> {
    let is_own_stream = found.pattern.contains("${aws:") && found.pattern.contains(":log-stream:");
    match arn.service() {
        "logs" if is_own_stream => vec![found.pattern],
        "logs" if arn.resource().starts_with("log-group:") => log_group_patterns(&found),
        "secretsmanager" => vec![secret_pattern(&found, need.evidence)],
        _ => vec![found.pattern],
    }
}

/// The resource of the action's own type that the request names, if the message shows `*` and a
/// policy must name one. A pattern for the whole type does not count.
fn narrowest_resource(need: &GrantNeed<'_>) -> Option<FoundResource> {
    let evidence = ResourceEvidence { named: None, ..*need.evidence };
    find_resource(need.entry, &evidence)
        .filter(|found| found.whole && found.origin != ResourceOrigin::Pattern)
}

/// Whether a part of a name is only a star, which is not a mask.
fn has_star(name: &str) -> bool {
    name.contains(':') && name.split([':', '/']).any(|part| part == "*")
}

/// Whether AWS's `*` stands for a single resource of a changing action, which nothing names.
fn hides_all(need: &GrantNeed<'_>, found: &FoundResource) -> bool {
    let changes = need.entry.is_some_and(|entry| {
        let looks = matches!(entry.level, AccessLevel::List | AccessLevel::Read);
        !entry.resources.is_empty() && !looks
    });
    let is_unsaid = need.evidence.request.is_none_or(serde_json::Value::is_null);
    found.origin == ResourceOrigin::Message && changes && is_unsaid && !may_be_open(need)
}

/// Whether a star in AWS's text may stand for the action's subject: a new resource that has no name
/// yet, or everything that it lists. An existing resource has a name, which the text hides.
fn may_be_open(need: &GrantNeed<'_>) -> bool {
    let name = need.actions.first().and_then(|action| action.split_once(':')).map(|(_, name)| name);
    let makes = name.is_some_and(|name| MAKES.iter().any(|verb| name.starts_with(verb)));
    makes || need.entry.is_some_and(|entry| entry.level == AccessLevel::List)
}

/// Verbs of actions that create the resource they are checked on.
const MAKES: [&str; 10] = [
    "Allocate", "Copy", "Create", "Import", "Publish", "Purchase", "Register", "Request",
    "Restore", "Run",
];

/// A log group's streams are its ARN plus `:*`. AWS checks some agents on the bare ARN; its message
/// then shows that, and both are needed.
fn log_group_patterns(found: &FoundResource) -> Vec<String> {
    let group = found.pattern.split(":log-stream:").next().unwrap_or(&found.pattern);
    if group.ends_with('*') {
        return vec![group.to_owned()];
    }
    let streams = format!("{group}:*");
    if found.of_streams || found.origin != ResourceOrigin::Message {
        vec![streams]
    } else {
        vec![group.to_owned(), streams]
    }
}

/// Secrets Manager ends every ARN with a dash and six random letters, which the name lacks.
///
/// Source: Secrets Manager user guide, "What's in a secret".
fn secret_pattern(found: &FoundResource, evidence: &ResourceEvidence<'_>) -> String {
    let by_arn = found.origin == ResourceOrigin::Record
        || found.origin == ResourceOrigin::Message
            && evidence.named.is_some_and(|named| named.starts_with("arn:"));
    let has_suffix = found.pattern.rsplit_once('-').is_some_and(|(_, suffix)| {
        suffix.len() == 6 && suffix.bytes().all(|byte| byte.is_ascii_alphanumeric())
    });
    if found.pattern.ends_with('*') || by_arn && has_suffix {
        return found.pattern.clone();
    }
    format!("{}-??????", found.pattern)
}
