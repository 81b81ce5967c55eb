//! The two halves, the run over stored logs, and the ports between them and the world.
//!
//! [`port`] holds every trait on one page. Nothing here names an adapter.

pub mod baseline;
mod canary_call;
pub mod case_admin;
mod case_facts;
pub mod case_record;
pub mod correlation;
pub mod deliver;
pub mod detect;
mod detected;
pub mod known_groups;
pub mod matched_event;
pub mod port;
pub mod records;
pub mod retry;
pub mod rule_set;
pub mod scan;
mod silent;
pub mod source;
mod stable_hash;
pub mod store;

pub use stable_hash::stable_hash;
