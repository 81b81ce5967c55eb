//! One file for each kind of log: bytes to events and rejects.

pub mod cloudtrail;
mod frame;
pub mod glance;
pub mod sift;
mod surrogates;
