//! What a call needed, and on what.

use aware_core::event::{Event, field};

use super::context::{caller, context};
use crate::action;
use crate::catalogue::Catalogue;
use crate::policy::Request;
use crate::resource::{self, Evidence, Found, Origin, Place};

/// The requests of a call, as AWS judged them; by action the resources that it worked on.
pub(super) struct Asked {
    pub(super) requests: Vec<Request>,
    /// The call's name, where no action of it is known.
    pub(super) unmapped: Option<String>,
}

/// Every request that a call made.
pub(super) fn asked(catalogue: &Catalogue, event: &Event) -> Asked {
    let (service, name) = (&event.action.service, &event.action.name);
    let none = Asked { requests: Vec::new(), unmapped: None };
    let Some(needed) = action::needed(catalogue, service, name) else { return none };
    if !needed.known {
        return Asked { unmapped: Some(format!("{service}:{name}")), ..none };
    }
    let of_action = |action: String| {
        let found = found(catalogue, event, &action);
        let (resource, is_open) = match found {
            // Of alternatives nobody knows which was needed.
            Some(found) if found.whole && !needed.alternatives => (found.name, false),
            Some(found) => (found.pattern, true),
            None => ("*".to_owned(), true),
        };
        Request { caller: caller(event), action, resource, is_open, context: context(event) }
    };
    let requests = needed.actions.into_iter().map(of_action);
    Asked { requests: requests.collect(), unmapped: None }
}

fn found(catalogue: &Catalogue, event: &Event, action: &str) -> Option<Found> {
    let entry = catalogue.action(action)?;
    let evidence = Evidence {
        place: Place {
            region: &event.region,
            account: event.account.as_deref().unwrap_or_default(),
        },
        operation: &event.action.name,
        named: None,
        resources: &event.resources,
        request: field::REQUEST.get(&event.record),
    };
    let found = resource::find(Some(&entry), &evidence)?;
    // `*` for an action that can name a resource is no resource: nobody knows which it was.
    let is_unknown = found.name == "*" && found.origin != Origin::NoType;
    Some(Found { whole: found.whole && !is_unknown, ..found })
}
