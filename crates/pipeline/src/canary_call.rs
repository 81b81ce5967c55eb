//! Which call the canary makes, and how an event shows that it may be that call.

use aware_core::event::{Event, Outcome};

/// The call: it only reads, it is logged as a management event in its own region, and the source
/// does not otherwise need it.
pub(crate) const CANARY_ACTION: (&str, &str) = ("dynamodb.amazonaws.com", "ListTables");

/// The request id of an event that may be a canary.
pub(crate) fn request_id(event: &Event) -> Option<String> {
    let text = |name: &str| event.record.get(name)?.as_str();
    let is_call = (text("eventSource")?, text("eventName")?) == CANARY_ACTION;
    let id = text("requestID").filter(|_| is_call && event.outcome == Outcome::Denied)?;
    Some(id.to_owned())
}
