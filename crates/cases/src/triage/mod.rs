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

pub(crate) mod bounded;
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
mod sessions;
mod signs;
mod standing;
mod steady;
mod stretch;
mod window;
mod withhold;

pub use histories::{PrincipalHistories, ReadingCache, changed_keys, history_keys};
pub use history::PrincipalHistory;
pub use next_step::{NextStepCaller, next_step};
pub use observation::{PrincipalObservation, RepeatedDenial, TriageObservation, digest_request};
pub(crate) use observation::{fnv_hash, is_console_page};
pub use reading::{EXPLORING_FROM, LACKING_FROM, LooksLike, ReadingReason, TriageReading};
pub use self_grant::{GrantEffect, SelfGrant, list_operations as self_grants};
pub(crate) use self_grant::{
    WIDE, is_public_acl, parse_document, passes_role, takes_away_a_denial,
};
pub use signs::is_looking;
