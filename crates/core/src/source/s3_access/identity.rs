//! What makes two records the same event.

use serde_json::Value;

use crate::source::json::record_digest;

/// The digest of the record, which has S3's id of the request in it. The id alone is not enough: a
/// request that deletes or copies several objects writes one record for each.
pub(super) fn record_id(record: &Value) -> String {
    record_digest(record)
}
