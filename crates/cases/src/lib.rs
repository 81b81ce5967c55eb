//! Cases: findings that are one story, what they look like, when to tell them, and what cures them.
//!
//! Nothing here reads a file, a clock, the environment or the network.

#![cfg_attr(not(test), warn(clippy::disallowed_methods, clippy::disallowed_types))]

pub mod advise;
pub mod case;
pub mod decide;
pub mod generate;
pub mod group;
pub mod message;
pub mod notable;
pub mod rule_tests;
pub mod tell;
pub mod triage;
pub mod view;
