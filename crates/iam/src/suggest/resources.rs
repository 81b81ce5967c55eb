//! The resources of a grant, as policies have to write them.

use aware_core::event::Arn;

use super::{Need, NoGrant};
use crate::resource::{Evidence, Found, Origin, find};

/// The patterns for what was found.
pub(super) fn patterns(need: &Need<'_>) -> Result<Vec<String>, NoGrant> {
    let requires = need.entry.is_some_and(|entry| entry.requires_resource());
    let found = match need.found {
        Some(found) if found.name == "*" && requires => {
            narrowest(need).ok_or(NoGrant::NoResource)?
        }
        Some(found)
            if found.name == "*" && need.entry.is_none() && found.origin != Origin::Message =>
        {
            return Err(NoGrant::NoResource);
        }
        Some(found) => found.clone(),
        None => return Err(NoGrant::NoResource),
    };
    if found.pattern == "*" {
        return Ok(vec!["*".to_owned()]);
    }
    let arn = Arn::parse(&found.pattern).ok_or(NoGrant::NoResource)?;
    if arn.region() == "*" || arn.account() == "*" {
        return Err(NoGrant::NoPlace);
    }
    match (arn.service(), found.kind.as_deref()) {
        ("logs", _) if arn.resource().starts_with("log-group:") => Ok(log_group(&found)),
        ("secretsmanager", _) => Ok(vec![secret(&found, need.evidence)]),
        _ => Ok(vec![found.pattern]),
    }
}

/// The pattern of the action's own type, for a message that shows `*` where a policy must name
/// a resource.
fn narrowest(need: &Need<'_>) -> Option<Found> {
    let evidence = Evidence { named: None, ..*need.evidence };
    find(need.entry, &evidence)
}

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
