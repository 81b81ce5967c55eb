//! The two halves, and the run over stored logs. They know ports and pure crates, no adapter.

pub mod advise;
pub mod correlation;
pub mod deliver;
pub mod detect;
mod detected;
pub mod found;
pub mod known;
pub mod records;
pub mod retry;
pub mod scan;
pub mod source;
