//! One file for each kind of log: bytes to events and rejects.

pub mod cloudtrail;
mod frame;
pub mod glance;
mod names;
pub mod sift;
mod surrogates;
