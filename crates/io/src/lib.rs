//! Everything of Activity Aware that touches the world: ports, adapters, pipelines, config.
//!
//! [`port`] holds every trait. Adapters stand in folders by port. [`pipeline`] knows the ports
//! and the pure crates and no adapter; [`wire`] is the one place that names them all.

pub mod authorization;
pub mod aws;
pub mod config;
pub mod deploy;
pub mod destination;
pub mod input;
pub mod log;
pub mod pipeline;
pub mod port;
pub mod rules;
pub mod screen;
pub mod secret;
pub mod store;
pub mod topic;
pub mod trail;
pub mod wire;
