//! The message that a group's decision comes to.

use aware_cases::group::{Cause, Tally};
use aware_cases::message::{self, SubjectStyle};
use aware_core::explanation::LooksLike;
use aware_core::message::{Message, MessageKind};
use jiff::Timestamp;

/// Builds the message for a decision, and marks the group as reported.
pub(super) fn tell(
    tally: &mut Tally,
    cause: &Cause,
    now: Timestamp,
    style: SubjectStyle,
) -> Message {
    let (kind, note) = match cause {
        Cause::First => (MessageKind::Finding, None),
        Cause::Interval => {
            (MessageKind::Update, Some(format!("{} more since the last message", tally.untold())))
        }
        Cause::Novelty(new) => (MessageKind::Update, Some(format!("new {new}"))),
        Cause::RateJump => {
            (MessageKind::Update, Some("denied far more often than before".to_owned()))
        }
        Cause::Turned => {
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
    let mut message = message::of_group(tally, kind, note.as_deref(), now);
    if style == SubjectStyle::V1 {
        message::as_version_1(&mut message, &tally.first);
    }
    tally.mark_told(now);
    message
}
