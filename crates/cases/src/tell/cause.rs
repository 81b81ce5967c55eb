//! What is decided about a case, and why.

use aware_core::case::CaseReading;
use aware_core::event::Level;

use super::status::ClosedBy;

/// What to do about a case.
#[derive(Clone, Debug, PartialEq)]
pub enum TellingDecision {
    /// Tell it now.
    Tell(TellCause),
    /// Count: a later message of it, or of a storm, reports it.
    Count,
    /// Count: the daily digest reports it.
    LeaveToDigest,
    /// Close it without a word: nobody was told that it is open.
    CloseSilently,
}

/// Why a case is told.
#[derive(Clone, Debug, PartialEq)]
pub enum TellCause {
    /// It is new.
    First,
    /// It is worse than was told.
    LevelRose {
        /// The level that was told.
        from: Level,
        /// Whether the cure that was told no longer stands: the message must say so in words.
        retracts_cure: bool,
    },
    /// It looks like something else than was told.
    ReadingChanged {
        /// What it looked like.
        from: CaseReading,
        /// Whether the cure that was told no longer stands: the message must say so in words.
        retracts_cure: bool,
    },
    /// Something important joined.
    Important(Vec<String>),
    /// The interval ended: findings were counted.
    CountsDue,
    /// It was closed, and has an event again, or is worse than when a person closed it.
    Reopened {
        /// Whether a cure that was told no longer stands: the message must say so in words.
        retracts_cure: bool,
    },
    /// It closes by itself.
    Closed(ClosedBy),
}
