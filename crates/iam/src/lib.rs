//! What a denial means, and the smallest policy that would cure it.
//!
//! Nothing here reads a file, a clock, the environment or the network.

#![cfg_attr(not(test), warn(clippy::disallowed_methods, clippy::disallowed_types))]

pub mod action;
pub mod call;
pub mod catalogue;
pub mod denial;
pub mod explain;
pub mod lint;
mod network;
pub mod policy;
pub mod principal;
mod region;
pub mod resource;
mod steps;
pub mod suggest;
pub mod unused;
