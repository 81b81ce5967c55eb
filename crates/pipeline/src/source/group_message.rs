//! The message that a group's decision comes to.

use aware_cases::group::{Cause, Tally};
use aware_cases::message::{self, SubjectStyle};
use aware_core::message::{Kind, Message};
use jiff::Timestamp;

/// Builds the message for a decision and remembers that it was told.
pub(super) fn tell(
    tally: &mut Tally,
    cause: &Cause,
    now: Timestamp,
    style: SubjectStyle,
) -> Message {
    let (kind, note) = match cause {
        Cause::First => (Kind::Finding, None),
        Cause::Interval => {
            (Kind::Update, Some(format!("{} more since the last message", tally.untold())))
        }
        Cause::Novelty(new) => (Kind::Update, Some(format!("new {new}"))),
        Cause::RateJump => {
            (Kind::Update, Some("denied far more often than it used to be".to_owned()))
        }
        Cause::Turned => {
            let reading = tally.reading.as_ref().map(|reading| reading.looks_like.as_str());
            let now = match reading {
                Some("exploring") => "now looks like somebody exploring",
                _ => "now somebody has to look before anything is granted",
            };
            let what = "any change suggested for this principal before is withdrawn";
            (Kind::Update, Some(format!("{now}; {what}")))
        }
    };
    let mut message = message::of_group(tally, kind, note.as_deref(), now);
    if style == SubjectStyle::V1 {
        message::as_version_1(&mut message, &tally.first);
    }
    tally.mark_told(now);
    message
}
