//! What a successful call needed: its actions, each with every resource that AWS checked it on.
//!
//! `CopyObject` reads its source and writes its destination; a transaction consists of its parts;
//! assuming a role with tags needs `sts:TagSession` as well. A call whose action is unknown is
//! named, never silently left out.

mod extra;
mod part;
mod partiql;
mod parts;
mod passed;
mod permission;
mod special;

use aware_core::event::Event;
use aware_core::source::cloudtrail::fields as field;

use crate::action;
use crate::catalogue::Catalogue;
use crate::resource::{self, CallPlace, ResourceEvidence};
use extra::TaggingPermission;
use part::RequestPart;
pub use passed::pass_role_permissions;
pub(crate) use passed::receiving_service;
pub use permission::{CallNeeds, CallPermission};

/// Calls that need no permission.
///
/// Source: STS API reference, `GetCallerIdentity`, `GetSessionToken`.
pub(crate) const PERMISSIONLESS: [&str; 2] = ["sts:GetCallerIdentity", "sts:GetSessionToken"];

/// What a call needed, judged by its event. Leaves out `iam:PassRole`, which no request shows for
/// certain.
pub fn find_call_needs(catalogue: &Catalogue, event: &Event) -> CallNeeds {
    let (service, operation) = (event.action.service.as_str(), event.action.name.as_str());
    let Some(needed) = action::required_actions(catalogue, service, operation) else {
        return CallNeeds::default();
    };
    let first = needed.actions.first().map(String::as_str).unwrap_or_default();
    if PERMISSIONLESS.contains(&first) {
        return CallNeeds::default();
    }
    let request = field::REQUEST.find_in(&event.record);
    let parts = parts::split_request(first, operation, needed.actions.clone(), request);
    if !needed.known || parts.is_empty() || needed.alternatives && part::are_whole(&parts) {
        return CallNeeds {
            unmapped: Some(format!("{service}:{operation}")),
            ..CallNeeds::default()
        };
    }
    let call = PermissionResolver { catalogue, event };
    let mut permissions: Vec<CallPermission> =
        parts.into_iter().filter_map(|part| call.resolve_permission(part)).collect();
    let beside = extra::find_extra_permissions(&permissions, event, catalogue);
    permissions.extend(beside.parts.into_iter().filter_map(|part| call.resolve_permission(part)));
    permissions.extend(beside.tagged.into_iter().map(TaggingPermission::into_permission));
    CallNeeds { permissions, unmapped: None }
}

/// A call and the catalogue, from which permissions are resolved.
struct PermissionResolver<'e> {
    catalogue: &'e Catalogue,
    event: &'e Event,
}

impl PermissionResolver<'_> {
    fn resolve_permission(&self, part: RequestPart) -> Option<CallPermission> {
        let entry = self.catalogue.find_action(&part.action)?;
        let event = self.event;
        let whole = field::REQUEST.find_in(&event.record);
        let evidence = ResourceEvidence {
            place: CallPlace::from_event(event),
            operation: part.operation.unwrap_or(&event.action.name),
            named: None,
            resources: part.resources.pick_from(&event.resources),
            request: if part.is_whole { whole } else { part.request.as_ref() },
        };
        let found = resource::find_all_resources(&entry, &evidence);
        let resources = special::adjust_resources(&part.action, found, event);
        Some(CallPermission {
            action: part.action,
            request: if part.is_whole { whole.cloned() } else { part.request },
            resources,
            condition: None,
            guess: None,
        })
    }
}

#[cfg(test)]
mod tests;
