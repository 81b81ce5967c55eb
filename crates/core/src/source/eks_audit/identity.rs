//! What makes two records the same event.

use serde_json::Value;

use super::fields as field;
use super::stage::is_final;
use crate::source::json::record_digest;

/// How many characters of the digest are enough to tell requests with one audit id apart.
const DIGEST: usize = 16;

/// A request's audit id, and a digest of the record: a client may choose the audit id (`Audit-ID`), and
/// would hide all of its requests but one behind it. Records of earlier stages have ids of their own,
/// so that they are neither the event nor repeats of it.
///
/// Source: Kubernetes, `apiserver/pkg/endpoints/filters/audit_init.go`.
pub(super) fn record_id(record: &Value) -> String {
    let Some(id) = field::AUDIT_ID.text_in(record).filter(|id| !id.is_empty()) else {
        return record_digest(record);
    };
    let digest = record_digest(record);
    let digest = digest.get(..DIGEST).unwrap_or(&digest);
    match field::STAGE.text_in(record) {
        Some(stage) if !is_final(record) => format!("{id}/{stage}/{digest}"),
        _ => format!("{id}/{digest}"),
    }
}
