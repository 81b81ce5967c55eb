//! The message that a group's decision comes to.

use aware_cases::group::{FindingGroup, NotifyCause};
use aware_cases::message::{self, SubjectStyle};
use aware_core::explanation::LooksLike;
use aware_core::message::{Message, MessageKind};
use jiff::Timestamp;

/// Builds the message for a decision, and marks the group as reported.
pub(super) fn build_message(
    tally: &mut FindingGroup,
    cause: &NotifyCause,
    now: Timestamp,
    style: SubjectStyle,
) -> Message {
    let (kind, note) = match cause {
        NotifyCause::NewGroup => (MessageKind::Finding, None),
        NotifyCause::IntervalEnded => (
            MessageKind::Update,
            Some(format!("{} more since the last message", tally.unreported_count())),
        ),
        NotifyCause::Novelty(new) => (MessageKind::Update, Some(format!("new {new}"))),
        NotifyCause::RateJump => {
            (MessageKind::Update, Some("denied far more often than before".to_owned()))
        }
        NotifyCause::ReadingChanged => {
            let reading = tally.reading.as_ref().and_then(|reading| reading.looks_like.known());
            let now = match reading {
                Some(LooksLike::Exploring) => "now looks like somebody exploring",
                Some(LooksLike::LacksPermission | LooksLike::Unclear) | None => {
                    "now somebody must look before anything is granted"
                }
            };
            let what = "any change suggested earlier for this principal is withdrawn";
            (MessageKind::Update, Some(format!("{now}; {what}")))
        }
    };
    let mut message = message::group_message(tally, kind, note.as_deref(), now);
    if style == SubjectStyle::V1 {
        message::rewrite_as_version_1(&mut message, &tally.first);
    }
    tally.mark_reported(now);
    message
}
