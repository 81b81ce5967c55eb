//! When a case is told: at once with its first finding, then only when something rises, turns or
//! joins that matters; everything else is counted and told at intervals.
//!
//! Everything here is a function of what was told so far, what is true now, and `now`. No finding
//! is lost on the way: each is reported by a message of its case, by the message about a storm of
//! cases, or by the daily digest.

mod budget;
mod cause;
mod decide;
mod due;
mod facts;
mod limits;
mod state;
mod status;
mod storm;
mod words;

pub use budget::MessageBudget;
pub use cause::{TellCause, TellingDecision};
pub use decide::decide_telling;
pub use due::next_due_at;
pub use facts::{CaseFactsForTelling, important_things};
pub use limits::{StormLimits, TellingLimits};
pub use state::{CaseTelling, OpenedByPerson, TellingChannel, ToldFacts, shorten_id};
pub use status::{CaseStatus, CaseStatusKind, ClosedBy};
pub use storm::{CaseStorm, StormCase, StormReport};
pub use words::news_words;

#[cfg(test)]
mod tests;
