//! Exploring, or lacking a permission? Points for and against, each with its reason.
//!
//! Everything in a log was written by who may be an intruder. So what speaks for exploring is a sum of
//! its own, which nothing that speaks for a lacking permission can lower; and nothing that a caller
//! chooses (user agent, session name, repetition) speaks for a lacking permission where anything
//! speaks for exploring.

mod bounded;
mod histories;
mod history;
mod next_step;
mod observation;
mod reading;
mod score;
mod self_grant;
mod signs;
mod steady;
mod window;

pub use histories::{Histories, Readings, keys};
pub use history::History;
pub use next_step::{Caller, next_step};
pub use observation::{Again, Observation, Observed, digest};
pub use reading::{EXPLORING_FROM, LACKING_FROM, LooksLike, Reading, Reason};
pub use self_grant::{SelfGrant, operations as self_grants};
