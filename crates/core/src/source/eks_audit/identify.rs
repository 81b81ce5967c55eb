//! Its names, and which records are its own.

use crate::source::contract::JsonObject;
use crate::source::id::SourceId;

/// The names of the source.
pub const ID: SourceId = SourceId::new("eks_audit", "EKS audit");

/// Whether an object is an audit event: it has an audit id, or the form of an event of
/// `audit.k8s.io`, which names a user beside its kind. No other object of Kubernetes does.
pub(super) fn is_record(record: JsonObject<'_>) -> bool {
    let is_request = || record.has_any(&["verb", "stage", "requestURI", "sourceIPs"]);
    let is_audit =
        || record.has_any(&["auditID"]) || record.has_all(&["apiVersion", "kind", "user"]);
    is_request() && is_audit()
}
