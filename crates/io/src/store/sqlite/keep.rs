//! How much of what destinations refused is kept.

/// How many refused messages are kept, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefusedRetention {
    /// At most this many; beyond that the oldest of the least urgent are dropped.
    pub most: u64,
    /// For this many days.
    pub days: u16,
}

impl Default for RefusedRetention {
    fn default() -> Self {
        Self { most: 10_000, days: 30 }
    }
}
