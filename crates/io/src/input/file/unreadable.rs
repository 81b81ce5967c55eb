//! When to retry files that could not be read.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use super::done::FileState;

/// The first pause before a retry; it doubles with each attempt.
const FIRST_PAUSE: Duration = Duration::from_secs(30);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(3600);

/// Files that could not be read, each with the time of its next attempt.
#[derive(Debug, Default)]
pub(super) struct UnreadableFiles {
    tries: HashMap<FileState, (u32, Instant)>,
}

impl UnreadableFiles {
    /// Whether a file can be tried now.
    pub(super) fn is_due(&self, state: &FileState) -> bool {
        self.tries.get(state).is_none_or(|(_, due)| Instant::now() >= *due)
    }

    /// Records that a file could not be read. True the first time.
    pub(super) fn record_failure(&mut self, state: &FileState) -> bool {
        let (tries, due) = self.tries.entry(state.clone()).or_insert((0, Instant::now()));
        let pause = FIRST_PAUSE.saturating_mul(1 << (*tries).min(16)).min(LONGEST_PAUSE);
        *due = Instant::now() + pause;
        *tries += 1;
        *tries == 1
    }

    /// Forgets files that are gone or have changed.
    pub(super) fn retain(&mut self, there: &HashSet<FileState>) {
        self.tries.retain(|state, _| there.contains(state));
    }
}
