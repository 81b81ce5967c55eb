//! What every store needs, and the memory that takes over when one is down.

pub mod fallback;
pub mod memory;
pub mod order;
