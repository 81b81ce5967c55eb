//! Exploring, or missing a permission? Points for and against, each with its reason.
//!
//! Everything in a log may have been written by an intruder. Therefore the evidence for exploring
//! is a sum of its own, which no evidence for a missing permission can lower; and nothing that a
//! caller chooses (user agent, session name, repetition) counts as evidence for a missing
//! permission if anything points to exploring.
//!
//! Between the two lies what a log cannot tell: a role's session that created a key for someone
//! else, a call on thirty secrets. In these cases a reading withholds grants until somebody has
//! investigated, and says why.

mod bounded;
mod counts;
mod histories;
mod history;
mod lacking;
mod next_step;
mod observation;
mod reading;
mod reasons;
mod score;
mod self_grant;
mod signs;
mod standing;
mod steady;
mod stretch;
mod together;
mod window;
mod withhold;

pub use histories::{Histories, Readings, changed_keys, keys};
pub use history::History;
pub use next_step::{Caller, next_step};
pub use observation::{Again, Observation, Observed, digest};
pub use reading::{EXPLORING_FROM, LACKING_FROM, LooksLike, Reading, Reason};
pub use self_grant::{GrantEffect, SelfGrant, operations as self_grants};
