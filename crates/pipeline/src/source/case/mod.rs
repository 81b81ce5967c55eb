//! Cases in the source half: events join what is remembered of their principals, and the cases that
//! they touch are built, told and kept in the same step.

mod followed;
mod held;
mod look;
mod names;
mod rows;
mod storm;
mod telling;
mod tick;

pub(super) use look::BodyLook;
pub(super) use names::{CASE_PREFIX, FollowedPrincipals};
pub(super) use rows::{case_events, is_told_by_case};
