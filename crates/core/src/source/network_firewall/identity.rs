//! What makes two records the same event.

use serde_json::Value;

use crate::source::json::record_digest;

/// The digest of the record, which has the flow's id and the time in microseconds in it.
pub(super) fn record_id(record: &Value) -> String {
    record_digest(record)
}
