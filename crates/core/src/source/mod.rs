//! One file for each kind of log: bytes to events and rejects.

pub mod cloudtrail;
pub mod glance;
pub mod sift;
