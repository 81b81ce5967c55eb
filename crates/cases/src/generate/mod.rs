//! Generates a policy for a principal from what it was denied, from what it did, or from both.

mod collector;
mod denied;
mod done;
mod finish;
mod generated;
mod intake;
mod repeats;
mod sum;
mod wish;

pub use collector::Collector;
pub use finish::access;
pub use generated::{Generated, Told, Withheld};
pub use wish::{Basis, Wish};
