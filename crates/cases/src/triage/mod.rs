//! Exploring, or lacking a permission? Points for and against, each with its reason.
//!
//! Everything in a log was written by who may be an intruder. So what speaks for exploring is a sum of
//! its own, which nothing that speaks for a lacking permission can lower; and nothing that a caller
//! chooses (user agent, session name, repetition) speaks for a lacking permission where anything
//! speaks for exploring.
//!
//! Between the two there is what nobody can know from a log: a role's session that made a key for
//! somebody else, a call on thirty secrets. Then a reading holds grants back until somebody has
//! looked, and says why.

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
