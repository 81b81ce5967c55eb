//! Generates a policy for a principal from what it was denied, from what it did, or from both.

mod collector;
mod denied;
mod finish;
mod generated;
mod intake;
mod repeats;
mod succeeded;
mod sum;
mod wish;

pub use collector::ActivityCollector;
pub use finish::action_access;
pub use generated::{GeneratedPolicy, JudgedGrant, WithheldAction};
pub use wish::{PolicyBasis, PolicyWish};
