//! The rule languages that people already know, compiled into one representation and run by one
//! engine.
//!
//! [`sigma`], [`cloudwatch`] and [`eventbridge`] are the frontends; each turns its text into a
//! [`rule::CompiledRule`] around an [`ir::RuleExpr`], or reports where and why it cannot. A rule
//! that is only half understood is refused. Nothing here reads a file, a clock, the environment or
//! the network.

#![cfg_attr(not(test), warn(clippy::disallowed_methods, clippy::disallowed_types))]

pub mod baseline;
pub mod cloudwatch;
pub mod correlate;
pub mod coverage;
pub mod doubt;
pub mod engine;
pub mod eventbridge;
pub mod explain;
pub mod ir;
pub mod mapped;
pub mod oracle;
pub mod problem;
pub mod rule;
pub mod shipped;
mod shipped_files;
pub mod sigma;
mod tree;
