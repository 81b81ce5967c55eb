//! How much of what destinations refused is kept.

/// How many refused messages are kept, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeepRefused {
    /// So many; of more the oldest of the least urgent go.
    pub most: u64,
    /// So long.
    pub days: u16,
}

impl Default for KeepRefused {
    fn default() -> Self {
        Self { most: 10_000, days: 30 }
    }
}
