//! The bodies that go to Slack, checked by a validator of Block Kit and by our own limits.
//!
//! The rendering is that of `aware-io`, included by path so that the AWS SDK need not be built.

#![allow(unreachable_pub, dead_code)]

#[path = "../../../crates/io/src/destination/card.rs"]
pub mod card;

#[path = "../../../crates/io/src/destination/case_card.rs"]
mod case_card;

#[path = "../../../crates/io/src/destination/slack/blocks.rs"]
pub mod blocks;

#[path = "../../../crates/io/src/destination/slack/links.rs"]
pub mod links;

pub mod destination {
    //! As in `aware-io`.
    pub use crate::card;
}

#[cfg(test)]
mod tests;
