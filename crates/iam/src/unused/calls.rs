//! What a call needed, and on which resources.

use aware_core::event::Event;

use super::context::{caller, context};
use crate::call::{self, Permission};
use crate::catalogue::Catalogue;
use crate::policy::Request;
use crate::resource::{Found, Origin};

/// The requests of a call, as AWS evaluated them.
pub(super) struct Asked {
    pub(super) requests: Vec<Request>,
    /// The call's name if its action is unknown.
    pub(super) unmapped: Option<String>,
}

/// Every request that a call made: each action on each resource.
pub(super) fn asked(catalogue: &Catalogue, event: &Event) -> Asked {
    let needs = call::needs(catalogue, event);
    let (caller, context) = (caller(event), context(event));
    let of_permission = |permission: Permission| {
        let action = permission.action;
        let resources = match permission.resources.is_empty() {
            true => vec![("*".to_owned(), true)],
            false => permission.resources.into_iter().map(resource).collect(),
        };
        resources.into_iter().map(move |(resource, is_open)| (action.clone(), resource, is_open))
    };
    let requests = needs.permissions.into_iter().flat_map(of_permission);
    let request = |(action, resource, is_open): (String, String, bool)| Request {
        caller: caller.clone(),
        action,
        resource,
        is_open,
        context: context.clone(),
    };
    Asked { requests: requests.map(request).collect(), unmapped: needs.unmapped }
}

/// A resource, and whether it is only partly known: `*` for an action that can name a resource
/// means an unknown one.
fn resource(found: Found) -> (String, bool) {
    let is_unknown = found.name == "*" && found.origin != Origin::NoType;
    if found.whole && !is_unknown { (found.name, false) } else { (found.pattern, true) }
}
