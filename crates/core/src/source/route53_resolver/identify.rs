//! Which bodies and folders hold query logs.

use crate::source::contract::JsonObject;

/// Whether an object is a record.
pub(super) fn is_record(record: JsonObject<'_>) -> bool {
    record.has_all(&["query_name", "query_timestamp"])
}

/// `AWSLogs/ACCOUNT/vpcdnsquerylogs/VPC/…`
pub(super) fn owns_folder(folder: &str) -> bool {
    folder.eq_ignore_ascii_case("vpcdnsquerylogs")
}
