//! The lengths of time that sums cover, in seconds.

pub(super) const TEN_MINUTES: i64 = 600;
pub(super) const HOUR: i64 = 3_600;
