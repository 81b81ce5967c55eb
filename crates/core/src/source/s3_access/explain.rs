//! What is known of a refusal: that S3 refused, and which log says why.

use super::decode::why;
use super::requester::requester_kind;
use crate::event::{Event, Outcome};
use crate::explanation::{DenialLayer, Explanation};

/// Explains a denied request. S3's log names no policy, so there is nothing to grant.
pub(super) fn explain(event: &Event) -> Option<Explanation> {
    if event.outcome != Outcome::Denied {
        return None;
    }
    let refused = why(&event.record)?;
    let who = &event.principal.name;
    let why = match requester_kind(&event.record) {
        "anonymous" => format!("{refused}: nothing allows it to everybody"),
        "identity" => format!(
            "{refused} to {who}; this log names no policy, CloudTrail data events would say why"
        ),
        _ => format!("{refused} to {who}"),
    };
    Some(Explanation {
        action: None,
        resource: event.first_resource().map(|resource| resource.name.clone()),
        layer: DenialLayer::Unknown.into(),
        why,
        ..Explanation::default()
    })
}
