//! A line of a timeline.

use aware_core::case::EventMark;
use jiff::Timestamp;

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimelineLine {
    /// When it began.
    pub time: Timestamp,
    /// That time for people: `13:06:49`; with the day where a case spans several.
    pub clock: String,
    /// How the events ended.
    pub mark: EventMark,
    /// What happened.
    pub text: String,
    /// The event, or the first one, that shows it.
    pub event_id: String,
    /// Whether it is one of the things that the case is about: a notable success, or a denied call
    /// that works now.
    pub is_key: bool,
    /// How much would be missing without it.
    pub(super) rank: u32,
}
