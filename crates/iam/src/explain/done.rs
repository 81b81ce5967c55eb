//! What speaks against granting what a successful call did.

use aware_core::event::Event;
use aware_core::source::cloudtrail::fields as field;

use super::{Explainer, Facts, own_resources, sign};
use crate::catalogue::ActionEntry;
use crate::denial::Denial;
use crate::principal::Identity;
use crate::resource::{Evidence, Found, Place};
use crate::suggest::{Accounts, Caller};

/// A call that succeeded.
pub struct Done<'e> {
    facts: Facts<'e>,
}

impl Done<'_> {
    /// Why a permission of the call must not be granted: it concerns another account or gives
    /// something away.
    pub fn objection(
        &self,
        action: &str,
        entry: Option<&ActionEntry>,
        found: &Found,
    ) -> Option<String> {
        let sign = sign::of(&self.facts, action, entry, Some(found)).map(|sign| sign.label);
        sign.or_else(|| {
            let stranger = sign::strangers(&self.facts, action, entry, Some(found))?;
            Some(format!("the caller or the resource belongs to {}", stranger.account()))
        })
    }
}

impl<'c> Explainer<'c> {
    /// A successful call, ready to be asked what speaks against granting it.
    pub fn done<'e>(&self, event: &'e Event) -> Done<'e>
    where
        'c: 'e,
    {
        let facts = Facts {
            catalogue: self.catalogue,
            names: Caller::of(event),
            identity: Identity::of(event),
            caller: None,
            evidence: Evidence {
                place: Place::of(event),
                operation: &event.action.name,
                named: None,
                resources: own_resources(event),
                request: field::REQUEST.get(&event.record),
            },
            service: &event.action.service,
            invoked_by: event.principal.invoked_by.as_deref(),
            endpoint: None,
            accounts: Accounts::of(event),
            forced: self.forced,
            permissions: Vec::new(),
            touched: Vec::new(),
            denied: false,
            denial: Denial::default(),
        };
        Done { facts }
    }
}
