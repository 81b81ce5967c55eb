//! What makes two records the same event.

use serde_json::Value;

use crate::source::json::record_digest;

/// The digest of the record, which has the request's id and its time in milliseconds in it.
pub(super) fn record_id(record: &Value) -> String {
    record_digest(record)
}
