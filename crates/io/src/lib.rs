//! Everything in Activity Aware that touches the outside world: adapters, config, and their
//! composition.
//!
//! Adapters are in folders by port of [`aware_pipeline::port`]; [`compose`] is the one place that
//! names them all.

pub mod authorization;
pub mod aws;
pub mod compose;
pub mod config;
pub mod destination;
pub mod enrichment;
pub mod function;
pub mod input;
pub mod log;
pub mod rules;
pub mod screen;
pub mod secret;
pub mod store;
pub mod topic;
pub mod trail;
