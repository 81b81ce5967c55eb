//! Activity Aware as Lambda functions: the same two halves as the daemon's, on either side of an
//! SNS topic. Only the ports differ.
//!
//! What an instance does comes from its environment: see [`settings::Settings`].

pub mod destination;
pub mod event;
mod letters;
pub mod metrics;
mod notification;
mod order;
mod problem;
pub mod settings;
pub mod source;
mod start;
mod watch;

pub use problem::Problem;
pub use start::run;
