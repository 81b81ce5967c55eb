//! Its names, and which bodies and folders hold query logs.

use crate::source::contract::JsonObject;
use crate::source::id::SourceId;

/// The names of the source.
pub(super) const ID: SourceId = SourceId::new("route53_resolver", "Route 53 Resolver");

/// Whether an object is a record.
pub(super) fn is_record(record: JsonObject<'_>) -> bool {
    record.has_all(&["query_name", "query_timestamp"])
}

/// `AWSLogs/ACCOUNT/vpcdnsquerylogs/VPC/…`
pub(super) fn owns_folder(folder: &str) -> bool {
    folder.eq_ignore_ascii_case("vpcdnsquerylogs")
}
