//! Exploring, or lacking a permission? Points for and against, each with its reason.

mod bounded;
mod desk;
mod hour;
mod observation;
mod profile;
mod reading;
mod score;
mod signs;
mod steady;

pub use desk::{Change, Desk, MAX_PRINCIPALS};
pub use observation::{Again, Observation, digest};
pub use profile::Profile;
pub use reading::{EXPLORING_FROM, LACKING_FROM, LooksLike, Reading, Reason};
