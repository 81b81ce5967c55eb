//! The stages of a request, how it ended, and when it began.
//!
//! Source: Kubernetes documentation, "Auditing": `RequestReceived`, `ResponseStarted` (of requests
//! that run long), `ResponseComplete`, `Panic`.

use serde_json::Value;

use super::fields as field;
use crate::event::Outcome;

/// Whether a record says how its request ended. One without a stage does.
pub(super) fn is_final(record: &Value) -> bool {
    matches!(field::STAGE.text_in(record), None | Some("ResponseComplete" | "Panic"))
}

/// The status code of the response.
pub(super) fn status_code(record: &Value) -> Option<u64> {
    field::CODE.find_in(record)?.as_u64()
}

/// The authorizer's decision, `allow` or `forbid`, which only the API server writes.
pub(super) fn decision(record: &Value) -> Option<&str> {
    record.get("annotations")?.get("authorization.k8s.io/decision")?.as_str()
}

/// How a request ended; a request that has not ended counts as success, and no rule sees it.
pub(super) fn outcome(record: &Value) -> Outcome {
    let is_panic = field::STAGE.text_in(record) == Some("Panic");
    match status_code(record) {
        _ if !is_final(record) => Outcome::Success,
        Some(403) => Outcome::Denied,
        Some(400..) => Outcome::Failed,
        _ if decision(record) == Some("forbid") => Outcome::Denied,
        _ if is_panic => Outcome::Failed,
        _ => Outcome::Success,
    }
}

/// The reason of what did not succeed, as Kubernetes names it: `Forbidden`, `NotFound`.
pub(super) fn error_code(record: &Value) -> Option<String> {
    if outcome(record) == Outcome::Success {
        return None;
    }
    let code = status_code(record);
    let by_code = match code {
        Some(401) => Some("Unauthorized"),
        Some(403) => Some("Forbidden"),
        Some(404) => Some("NotFound"),
        Some(409) => Some("Conflict"),
        Some(429) => Some("TooManyRequests"),
        None if outcome(record) == Outcome::Denied => Some("Forbidden"),
        None => Some("Panic"),
        Some(_) => None,
    };
    let reason = field::REASON.text_in(record).filter(|reason| !reason.is_empty());
    let named = by_code.or(reason).map(str::to_owned);
    named.or_else(|| code.map(|code| code.to_string()))
}
