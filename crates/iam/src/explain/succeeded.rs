//! What speaks against granting what a successful call did.

use aware_core::event::Event;
use aware_core::source::cloudtrail::fields as field;

use super::event::own_resources;
use super::explainer::DenialExplainer;
use super::facts::DenialFacts;
use super::sign;
use crate::catalogue::ActionEntry;
use crate::denial::Denial;
use crate::principal::PrincipalIdentity;
use crate::resource::{CallPlace, FoundResource, ResourceEvidence};
use crate::suggest::{CallerNames, RecordAccounts};

/// A call that succeeded.
pub struct SucceededCall<'e> {
    facts: DenialFacts<'e>,
}

impl SucceededCall<'_> {
    /// Why a permission of the call must not be granted: it concerns another account or gives
    /// something away.
    pub fn find_objection(
        &self,
        action: &str,
        entry: Option<&ActionEntry>,
        found: &FoundResource,
    ) -> Option<String> {
        let sign = sign::find_sign(&self.facts, action, entry, Some(found)).map(|sign| sign.label);
        sign.or_else(|| {
            let stranger = sign::find_stranger(&self.facts, action, entry, Some(found))?;
            Some(format!("the caller or the resource belongs to {}", stranger.account_name()))
        })
    }
}

impl<'c> DenialExplainer<'c> {
    /// A successful call, ready to be asked what speaks against granting it.
    pub fn succeeded_call<'e>(&self, event: &'e Event) -> SucceededCall<'e>
    where
        'c: 'e,
    {
        let facts = DenialFacts {
            catalogue: self.catalogue,
            names: CallerNames::from_event(event),
            identity: PrincipalIdentity::from_event(event),
            caller: None,
            evidence: ResourceEvidence {
                place: CallPlace::from_event(event),
                operation: &event.action.name,
                named: None,
                resources: own_resources(event),
                request: field::REQUEST.find_in(&event.record),
            },
            service: &event.action.service,
            invoked_by: event.principal.invoked_by.as_deref(),
            endpoint: None,
            accounts: RecordAccounts::from_event(event),
            forced: self.forced,
            permissions: Vec::new(),
            touched: Vec::new(),
            denied: false,
            denial: Denial::default(),
        };
        SucceededCall { facts }
    }
}
