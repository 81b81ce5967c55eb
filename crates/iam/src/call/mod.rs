//! What a call that went through needed: its actions, each with every resource that it was
//! checked on.
//!
//! `CopyObject` reads its source and writes its destination; a transaction is its parts; a role
//! that is assumed with tags needs `sts:TagSession` as well. What no action is known of is named,
//! never left out in silence.

mod beside;
mod partiql;
mod parts;
mod passed;
mod special;

use aware_core::event::Event;
use aware_core::source::cloudtrail::fields as field;
use serde_json::Value;

use crate::action;
use crate::catalogue::Catalogue;
use crate::resource::{self, Evidence, Found, Place};
use beside::Tagged;
use parts::Part;
pub use passed::passed;
pub(crate) use passed::taker;

/// One permission of a call.
#[derive(Clone, Debug, PartialEq)]
pub struct Permission {
    /// The action, as AWS spells it.
    pub action: String,
    /// The part of the request that the action is about; the whole of it in most calls.
    pub request: Option<Value>,
    /// Every resource. `*` alone where the action works on none, or the request names none of its
    /// optional types.
    pub resources: Vec<Found>,
    /// A condition that binds the permission to the call: operator, key, value.
    pub condition: Option<(&'static str, &'static str, String)>,
    /// What of it is a guess, for people.
    pub guess: Option<&'static str>,
}

/// What a call needed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Needs {
    /// The permissions, those of the call's own name first. Empty for calls that need none.
    pub permissions: Vec<Permission>,
    /// The call's name, where no action of it is known: `newservice:DoThing`.
    pub unmapped: Option<String>,
}

/// Calls that need no permission.
///
/// Source: STS API reference, `GetCallerIdentity`, `GetSessionToken`.
const PERMISSIONLESS: [&str; 2] = ["sts:GetCallerIdentity", "sts:GetSessionToken"];

/// What a call needed, by its event; `iam:PassRole` is left, which no request tells for certain.
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
    if !needed.known || parts.is_empty() || needed.alternatives && parts::are_whole(&parts) {
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

/// A call, asked for its permissions.
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
