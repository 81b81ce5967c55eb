//! Its names, and which records and folders hold firewalls' logs.

use crate::source::contract::JsonObject;
use crate::source::id::SourceId;

/// The names of the source.
pub(super) const ID: SourceId = SourceId::new("network_firewall", "Network Firewall");

/// Whether an object is a record.
pub(super) fn is_record(record: JsonObject<'_>) -> bool {
    record.has_all(&["firewall_name", "event"])
}

/// `AWSLogs/ACCOUNT/network-firewall/alert/REGION/FIREWALL/…`
pub(super) fn owns_folder(folder: &str) -> bool {
    folder.eq_ignore_ascii_case("network-firewall")
}
