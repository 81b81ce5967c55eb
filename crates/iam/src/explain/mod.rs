//! Why a call was denied, whose policy must change, and the smallest statement that would cure it.
//!
//! It reads three sources: an event of a log, the text of an error, and a decoded authorization
//! message. Guesses are marked as such: see [`ActionConfidence`].

mod assess;
mod build;
mod called;
mod clean;
mod client;
mod companion;
mod cure;
mod event;
mod explainer;
mod explanation;
mod facts;
mod markup;
mod policy;
mod sign;
mod statement;
mod succeeded;
mod text;
mod why;
mod wrapper;

use aware_core::event::Event;

use crate::catalogue::Catalogue;

pub use aware_core::explanation::ActionConfidence;
pub use explainer::DenialExplainer;
pub use explanation::{DenialExplanation, DenialVerdict};
pub use succeeded::SucceededCall;

/// Explains an event with the built-in catalogue. Meant for denials; for any other event it says
/// that nothing was denied.
pub fn explain_event(event: &Event) -> DenialExplanation {
    DenialExplainer::new(Catalogue::built_in()).explain_event(event)
}

/// Explains the text of an error, or a decoded authorization message, with the built-in catalogue;
/// `None` if the text shows neither an action, a policy nor a refusal.
pub fn explain_text(text: &str) -> Option<DenialExplanation> {
    DenialExplainer::new(Catalogue::built_in()).explain_text(text)
}

#[cfg(test)]
mod tests;
