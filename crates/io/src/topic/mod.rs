//! Topics: they connect sources to destinations.

pub mod local;
pub mod sns;
