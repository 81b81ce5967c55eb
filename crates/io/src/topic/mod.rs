//! Topics: what stands between sources and destinations.

pub mod local;
pub mod sns;
