//! The message that a scan shows for a group.

use aware_cases::group::FindingGroup;
use aware_cases::message;
use aware_core::message::{Message, MessageKind};
use jiff::Timestamp;

/// The message of a group, dated at its last event, so that equal input gives equal output.
pub(crate) fn message_of(tally: &FindingGroup) -> Message {
    let now: Timestamp = tally.last_seen;
    message::group_message(tally, MessageKind::Finding, None, now)
}
