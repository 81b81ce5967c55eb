//! What makes two records the same event.

use serde_json::Value;

use super::fields as field;
use crate::source::json::record_digest;

/// The record's own id. Records older than 1.07 and some Insights records have ids all the same;
/// where one is missing, the record's digest is used.
pub(super) fn record_id(record: &Value) -> String {
    let own = field::EVENT_ID.text_in(record).or_else(|| field::AGGREGATED_ID.text_in(record));
    own.map_or_else(|| record_digest(record), str::to_owned)
}
