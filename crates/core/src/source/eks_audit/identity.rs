//! What makes two records the same event.

use serde_json::Value;

use super::fields as field;
use super::stage::is_final;
use crate::source::json::record_digest;

/// A request's audit id. Records of its earlier stages have ids of their own, so that they are
/// neither the event nor repeats of it.
pub(super) fn record_id(record: &Value) -> String {
    let Some(id) = field::AUDIT_ID.text_in(record).filter(|id| !id.is_empty()) else {
        return record_digest(record);
    };
    match field::STAGE.text_in(record) {
        Some(stage) if !is_final(record) => format!("{id}/{stage}"),
        _ => id.to_owned(),
    }
}
