//! Its names, and which records and folders hold web ACLs' logs.

use crate::source::contract::JsonObject;
use crate::source::id::SourceId;

/// The names of the source.
pub(super) const ID: SourceId = SourceId::new("waf", "AWS WAF");

/// Whether an object is a record.
pub(super) fn is_record(record: JsonObject<'_>) -> bool {
    record.has_all(&["webaclId", "httpRequest"])
}

/// `AWSLogs/ACCOUNT/WAFLogs/REGION/WEB-ACL/…`
pub(super) fn owns_folder(folder: &str) -> bool {
    folder.eq_ignore_ascii_case("WAFLogs")
}
