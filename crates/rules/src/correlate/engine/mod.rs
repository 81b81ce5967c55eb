//! Runs a plan over matches.

mod arrival;
mod firing;
mod limits;
mod restore;
mod run;
mod saved;
mod tables;

pub use saved::{ReloadOutcome, RestoreOutcome, SavedGroup};
pub use tables::CorrelationEngine;
