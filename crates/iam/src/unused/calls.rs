//! What a call needed, and on which resources.

use aware_core::event::Event;

use super::context::{read_caller, read_context};
use crate::call::{self, CallPermission};
use crate::catalogue::Catalogue;
use crate::policy::PolicyRequest;
use crate::resource::{FoundResource, ResourceOrigin};

/// The requests of a call, as AWS evaluated them.
pub(super) struct CallRequests {
    pub(super) requests: Vec<PolicyRequest>,
    /// The call's name if its action is unknown.
    pub(super) unmapped: Option<String>,
}

/// Every request that a call made: each action on each resource.
pub(super) fn build_requests(catalogue: &Catalogue, event: &Event) -> CallRequests {
    let needs = call::find_call_needs(catalogue, event);
    let (caller, context) = (read_caller(event), read_context(event));
    let of_permission = |permission: CallPermission| {
        let action = permission.action;
        let resources = match permission.resources.is_empty() {
            true => vec![("*".to_owned(), true)],
            false => permission.resources.into_iter().map(to_resource).collect(),
        };
        resources.into_iter().map(move |(resource, is_open)| (action.clone(), resource, is_open))
    };
    let requests = needs.permissions.into_iter().flat_map(of_permission);
    let request = |(action, resource, is_open): (String, String, bool)| PolicyRequest {
        caller: caller.clone(),
        action,
        resource,
        is_open,
        context: context.clone(),
    };
    CallRequests { requests: requests.map(request).collect(), unmapped: needs.unmapped }
}

/// A resource, and whether it is only partly known: `*` for an action that can name a resource
/// means an unknown one.
fn to_resource(found: FoundResource) -> (String, bool) {
    let is_unknown = found.name == "*" && found.origin != ResourceOrigin::NoType;
    if found.whole && !is_unknown { (found.name, false) } else { (found.pattern, true) }
}
