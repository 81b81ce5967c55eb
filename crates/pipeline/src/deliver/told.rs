//! The problems with destinations that were reported, so that the same one is not reported again
//! soon.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use tokio::time::Instant;

/// Interval before the same problem of a destination is reported again.
const REPEAT_AFTER: Duration = Duration::from_secs(600);

/// When each problem was last reported, and how often it has occurred since.
#[derive(Debug, Default)]
pub(super) struct ToldProblems(Mutex<HashMap<(String, String), (Instant, u64)>>);

impl ToldProblems {
    /// Claims the report if it is due; returns how often the problem went unreported since the last
    /// one.
    pub(super) fn claim_if_due(&self, subject: &str, destination: &str) -> Option<u64> {
        let mut told = self.0.lock().ok()?;
        let key = (subject.to_owned(), destination.to_owned());
        let now = Instant::now();
        match told.get_mut(&key) {
            Some((at, more)) if now.duration_since(*at) < REPEAT_AFTER => {
                *more += 1;
                None
            }
            before => {
                let more = before.map_or(0, |(_, more)| *more);
                told.insert(key, (now, 0));
                Some(more)
            }
        }
    }
}
