//! What each event contributes to the policy: a denial, or a success.

use aware_core::event::{Event, Outcome};

use super::collector::ActivityCollector;
use super::wish::PolicyBasis;
use crate::triage::PrincipalHistories;

impl ActivityCollector<'_> {
    /// Adds an event. The caller must pass events of one principal only.
    pub fn add_event(&mut self, event: &Event) {
        if event.api_call().is_none() {
            return;
        }
        self.has_data_events |= event.is_data_event();
        self.histories.record_event(event);
        match event.outcome {
            Outcome::Success if self.wish.basis != PolicyBasis::Denials => self.add_success(event),
            Outcome::Denied if self.wish.basis != PolicyBasis::Activity => self.add_denial(event),
            _ => {}
        }
    }

    /// Adds what is known about the principal from events that the policy is not made from.
    pub fn add_histories(&mut self, histories: PrincipalHistories) {
        self.histories.merge_with(histories);
    }
}
