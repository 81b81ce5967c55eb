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
///
/// ```
/// use aware_core::source::decode_record;
/// use aware_iam::explain::{DenialVerdict, explain_event};
///
/// let event = decode_record(br#"{"eventTime": "2026-11-24T03:54:07Z", "errorCode": "AccessDenied",
///     "eventSource": "iam.amazonaws.com", "eventName": "CreateAccessKey"}"#)
/// .unwrap();
/// let explained = explain_event(&event);
/// assert_eq!(explained.action.as_deref(), Some("iam:CreateAccessKey"));
/// // A key is what an intruder wants, so no statement is suggested.
/// assert_eq!(explained.verdict, DenialVerdict::Suspicious);
/// assert_eq!(explained.suggestion, None);
/// ```
pub fn explain_event(event: &Event) -> DenialExplanation {
    DenialExplainer::new(Catalogue::built_in()).explain_event(event)
}

/// Explains the text of an error, or a decoded authorization message, with the built-in catalogue;
/// `None` if the text shows neither an action, a policy nor a refusal.
///
/// ```
/// use aware_iam::explain::explain_text;
///
/// let explained = explain_text(
///     "User: arn:aws:iam::111122223333:user/alice is not authorized to perform: \
///      dynamodb:GetItem on resource: arn:aws:dynamodb:eu-west-1:111122223333:table/orders \
///      because no identity-based policy allows the dynamodb:GetItem action",
/// )
/// .unwrap();
/// assert_eq!(explained.action.as_deref(), Some("dynamodb:GetItem"));
/// let grant = explained.suggestion.unwrap();
/// assert_eq!(grant.resources, ["arn:aws:dynamodb:eu-west-1:111122223333:table/orders"]);
/// assert!(explain_text("Connection reset by peer").is_none());
/// ```
pub fn explain_text(text: &str) -> Option<DenialExplanation> {
    DenialExplainer::new(Catalogue::built_in()).explain_text(text)
}

#[cfg(test)]
mod tests;
