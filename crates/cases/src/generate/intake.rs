//! What each event is to the policy: a denial, or something that went through.

use aware_core::event::{Event, Outcome};

use super::collector::Collector;
use super::wish::Basis;
use crate::triage::Histories;

impl Collector<'_> {
    /// Adds an event. The caller must pass events of one principal only.
    pub fn add(&mut self, event: &Event) {
        if event.api_call().is_none() {
            return;
        }
        self.has_data_events |= event.is_data_event();
        self.histories.add(event);
        match event.outcome {
            Outcome::Success if self.wish.basis != Basis::Denials => self.done(event),
            Outcome::Denied if self.wish.basis != Basis::Activity => self.refused(event),
            _ => {}
        }
    }

    /// Adds what is known about the principal from events that the policy is not made from.
    pub fn know(&mut self, histories: Histories) {
        self.histories.merge(histories);
    }
}
