//! How a queue is read.

use std::time::Duration;

/// How a queue is read. Times are whole seconds.
#[derive(Clone, Debug)]
pub struct SqsOptions {
    /// How long one receive waits for messages: SQS allows up to 20 s.
    pub wait: Duration,
    /// How long a message stays hidden. This is renewed after half of the time.
    pub visibility: Duration,
    /// How long a released message stays hidden.
    pub again: Duration,
    /// Put the bucket into the path of URLs.
    pub force_path_style: bool,
}

impl Default for SqsOptions {
    fn default() -> Self {
        Self {
            wait: Duration::from_secs(20),
            visibility: Duration::from_secs(300),
            again: Duration::from_secs(30),
            force_path_style: false,
        }
    }
}

/// Whole seconds, as SQS counts.
pub(super) fn whole_seconds(time: Duration) -> i32 {
    i32::try_from(time.as_secs()).unwrap_or(i32::MAX)
}
