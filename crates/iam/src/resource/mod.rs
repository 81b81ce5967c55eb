//! Finds the resource of a call: the one that AWS's message names, otherwise the one that the
//! record and the request show.
//!
//! In this order: the message; an ARN of the record's `resources[]` or of the request that fits a
//! resource type of the action; the type's ARN format, filled from request keys of the same name;
//! the format with `*` for the unknown variables, and only for those.

mod apigateway;
mod encoded;
mod every;
mod evidence;
mod fill;
mod fit;
mod format;
mod found;
mod ids;
mod leaves;
mod message;
mod naming;
mod owner;
mod place;
mod request;
mod stars;

use crate::catalogue::{AccessLevel, ActionEntry};
pub use evidence::ResourceEvidence;
use fit::{best_fill, best_fit};
pub(crate) use format::escape_literal;
pub use found::{FoundResource, ResourceOrigin};
pub(crate) use ids::base_model;
pub(crate) use message::{is_hidden, is_masked};
pub(crate) use owner::{named_accounts, owner_account};
pub use place::CallPlace;
use request::RequestValues;
pub(crate) use request::key_alias;

/// Finds the resource of an action; `None` if nothing is known about the action's resources.
pub fn find_resource(
    action: Option<&ActionEntry>,
    evidence: &ResourceEvidence<'_>,
) -> Option<FoundResource> {
    if action.is_some_and(|action| action.resources.is_empty()) {
        // AWS checked what its message names, whatever its reference says.
        return Some(evidence.named.and_then(message::named_whole).unwrap_or_else(|| {
            FoundResource {
                origin: ResourceOrigin::NoType,
                ..FoundResource::any_resource(evidence)
            }
        }));
    }
    let types = action.map(|action| action.resources.as_slice()).unwrap_or_default();
    let plain = encoded::decode_arns(evidence.request);
    let request = RequestValues::read_request(plain.as_deref(), &evidence.place);
    if let Some(named) = evidence.named.filter(|named| *named != "*") {
        return message::read_named(named, types, &request, evidence);
    }
    let in_record = evidence.resources.iter().map(|resource| resource.name.as_str());
    // The event's own resources were read from AWS's message, which has been handled already.
    let arns = in_record.filter(|name| Some(*name) != evidence.named).chain(request.named_arns());
    let filled = || match best_fill(types, &request, evidence)? {
        (_, filled) if filled.whole || filled.known > 0 => Some(filled.into_resource()),
        (used, filled) if used.required && evidence.named.is_none() => {
            Some(FoundResource { origin: ResourceOrigin::Pattern, ..filled.into_resource() })
        }
        _ => None,
    };
    best_fit(types, arns).or_else(filled).or_else(|| {
        let optional = action.is_some_and(needs_no_resource);
        (optional || evidence.named == Some("*")).then(|| FoundResource::any_resource(evidence))
    })
}

/// Whether a call may concern no existing resource: it lists or creates, or its only type is
/// optional. If several types are optional, each call needs one of them: an object, or one behind
/// an access point. A session always belongs to a role.
fn needs_no_resource(action: &ActionEntry) -> bool {
    let is_list = action.name.starts_with("List") && !action.name.contains("Tags");
    let lists = is_list && action.level == AccessLevel::List && action.service != "s3";
    let creates = ["Create", "Register", "Import"].iter().any(|it| action.name.starts_with(it));
    let is_one = action.resources.len() == 1 && action.service != "sts";
    (lists || creates || is_one) && !action.requires_resource()
}

/// Finds every resource of an action in a successful call: all that it names, and a pattern for
/// each required type that it does not name. Only `*` if the action works on no named resource, or
/// names none of its optional types. Empty if nothing is known about them.
pub fn find_all_resources(
    action: &ActionEntry,
    evidence: &ResourceEvidence<'_>,
) -> Vec<FoundResource> {
    if evidence.named.is_some() || action.resources.is_empty() {
        return find_resource(Some(action), evidence).into_iter().collect();
    }
    let plain = encoded::decode_arns(evidence.request);
    let request = RequestValues::read_request(plain.as_deref(), &evidence.place);
    let found = every::find_every(action, &request, evidence);
    if found.is_empty() && !action.requires_resource() {
        vec![FoundResource::any_resource(evidence)]
    } else {
        found
    }
}

#[cfg(test)]
mod tests;
