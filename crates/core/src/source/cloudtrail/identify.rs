//! Its names, and which bodies, folders and envelopes hold CloudTrail's records.

use crate::source::contract::JsonObject;
use crate::source::id::SourceId;

/// The names of the source.
pub const ID: SourceId = SourceId::new("cloudtrail", "CloudTrail").with_icon(
    "https://raw.githubusercontent.com/activity-aware/aware/main/docs/images/cloudtrail.png",
);
/// How AWS begins every record.
const BEGINNING: &str = "{\"eventVersion\":";
/// Names of which every record has one.
const NAMES: [&str; 4] = ["eventName", "eventVersion", "eventSource", "eventCategory"];

/// Whether an object is a record.
pub(super) fn is_record(record: JsonObject<'_>) -> bool {
    record.starts_with(BEGINNING) || record.has_any(&NAMES)
}

/// Whether an object has what every record of a call has.
pub(in crate::source) fn is_whole_record(record: JsonObject<'_>) -> bool {
    record.has_all(&["eventTime", "eventSource", "eventName"])
}

/// `CloudTrail`, `CloudTrail-Digest`, `CloudTrail-Insight`, …
pub(super) fn owns_folder(folder: &str) -> bool {
    folder.get(..10).is_some_and(|start| start.eq_ignore_ascii_case("CloudTrail"))
}

/// `AWS API Call via CloudTrail`, `AWS Console Sign In via CloudTrail`, …
pub(super) fn owns_detail_type(detail_type: &str) -> bool {
    detail_type.ends_with(" via CloudTrail")
}
