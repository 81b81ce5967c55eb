//! How often a case may be told.

use jiff::SignedDuration;

use crate::group::RepeatIntervals;

/// How often one case is told, and when it closes by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TellingLimits {
    /// How long repeats of a high or critical case wait before they are told as one update; then it
    /// is told daily, or, if critical, every [`RepeatIntervals::repeat`]. Repeats of a case of medium
    /// wait for [`RepeatIntervals::interval`] and then for a day, those of others for a day.
    pub intervals: RepeatIntervals,
    /// How many messages a case may send at first, besides rises of its level.
    pub first_messages: u32,
    /// What counts as first: this long after it was first told.
    pub first_span: SignedDuration,
    /// How many messages a case may send within [`TellingLimits::DAY`], besides rises of its level.
    pub daily_messages: u32,
    /// A case closes by itself after this long without an event.
    pub quiet: SignedDuration,
    /// A case is cured once everything that was denied has worked for this long.
    pub cured_for: SignedDuration,
    /// When many new cases are told as one.
    pub storm: StormLimits,
}

/// When many new cases become one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StormLimits {
    /// More new cases than this within the span are a storm.
    pub most: u32,
    /// The span, and how long a storm lasts after the last one was too many.
    pub span: SignedDuration,
}

impl TellingLimits {
    /// What counts as a day.
    pub const DAY: SignedDuration = SignedDuration::from_hours(24);
}

impl Default for TellingLimits {
    fn default() -> Self {
        Self {
            intervals: RepeatIntervals::default(),
            first_messages: 3,
            first_span: SignedDuration::from_mins(10),
            daily_messages: 12,
            quiet: SignedDuration::from_hours(24),
            cured_for: SignedDuration::from_hours(1),
            storm: StormLimits::default(),
        }
    }
}

impl Default for StormLimits {
    fn default() -> Self {
        Self { most: 30, span: SignedDuration::from_mins(5) }
    }
}
