//! What a successful call needed: its actions, each with every resource that AWS checked it on.
//!
//! `CopyObject` reads its source and writes its destination; a transaction consists of its parts;
//! assuming a role with tags needs `sts:TagSession` as well. A call whose action is unknown is
//! named, never silently left out.

mod beside;
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
use crate::resource::{self, Evidence, Place};
use beside::Tagged;
use part::Part;
pub use passed::passed;
pub(crate) use passed::taker;
pub use permission::{Needs, Permission};

/// Calls that need no permission.
///
/// Source: STS API reference, `GetCallerIdentity`, `GetSessionToken`.
pub(crate) const PERMISSIONLESS: [&str; 2] = ["sts:GetCallerIdentity", "sts:GetSessionToken"];

/// What a call needed, judged by its event. Leaves out `iam:PassRole`, which no request shows for
/// certain.
pub fn needs(catalogue: &Catalogue, event: &Event) -> Needs {
    let (service, operation) = (event.action.service.as_str(), event.action.name.as_str());
    let Some(needed) = action::needed(catalogue, service, operation) else {
        return Needs::default();
    };
    let first = needed.actions.first().map(String::as_str).unwrap_or_default();
    if PERMISSIONLESS.contains(&first) {
        return Needs::default();
    }
    let request = field::REQUEST.get(&event.record);
    let parts = parts::of(first, operation, needed.actions.clone(), request);
    if !needed.known || parts.is_empty() || needed.alternatives && part::are_whole(&parts) {
        return Needs { unmapped: Some(format!("{service}:{operation}")), ..Needs::default() };
    }
    let call = Call { catalogue, event };
    let mut permissions: Vec<Permission> =
        parts.into_iter().filter_map(|part| call.permission(part)).collect();
    let beside = beside::of(&permissions, event, catalogue);
    permissions.extend(beside.parts.into_iter().filter_map(|part| call.permission(part)));
    permissions.extend(beside.tagged.into_iter().map(Tagged::permission));
    Needs { permissions, unmapped: None }
}

/// A call and the catalogue, from which permissions are resolved.
struct Call<'e> {
    catalogue: &'e Catalogue,
    event: &'e Event,
}

impl Call<'_> {
    fn permission(&self, part: Part) -> Option<Permission> {
        let entry = self.catalogue.action(&part.action)?;
        let event = self.event;
        let whole = field::REQUEST.get(&event.record);
        let evidence = Evidence {
            place: Place::of(event),
            operation: part.operation.unwrap_or(&event.action.name),
            named: None,
            resources: part.resources.pick(&event.resources),
            request: if part.is_whole { whole } else { part.request.as_ref() },
        };
        let found = resource::find_all(&entry, &evidence);
        let resources = special::resources(&part.action, found, event);
        Some(Permission {
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
