//! Reports what is wrong with the store, and restores what it remembers.

use std::collections::BTreeSet;

use aware_core::event::Level;
use jiff::SignedDuration;

use super::SourceHalf;
use super::memory::{HISTORY_PREFIX, SourceMemory};
use crate::port::{MemoryWindow, Store, StoreError};

/// Interval between reports that the store is down.
const DOWN_INTERVAL: SignedDuration = SignedDuration::from_hours(1);

impl SourceHalf {
    /// Reports what the store set aside or dropped, and whether it is down.
    pub(super) async fn report_store_state(&self) {
        let problems = self.store.take_problems();
        if !problems.is_empty() {
            let text = problems.join("; ");
            let subject = "Part of the state cannot be read, or was dropped";
            self.publish_system(subject, &[("Problem", &text)], Level::High).await;
        }
        if !self.store.is_shared() && self.store.is_down() && self.claim_down_report() {
            let problem = self.store.last_problem();
            let meaning = "messages are still sent; counts may be lost when the program ends, and messages may be repeated";
            let details = [("Problem", problem.as_str()), ("Meaning", meaning)];
            self.publish_system("The state cannot be written", &details, Level::High).await;
        }
    }

    fn claim_down_report(&self) -> bool {
        let Ok(mut told) = self.down_reported.lock() else { return false };
        let now = self.clock.now();
        let is_due = told.is_none_or(|told| now.duration_since(told) >= DOWN_INTERVAL);
        if is_due {
            *told = Some(now);
        }
        is_due
    }

    /// Restores what correlations and triage remembered. What cannot be read is set aside.
    pub(super) async fn restore_memory(&self, memory: &mut SourceMemory, windows: &[MemoryWindow]) {
        for window in windows {
            if let Err(problem) = memory.restore_window(window) {
                tracing::warn!(
                    window = window.key,
                    %problem,
                    "stored window cannot be read; it is set aside"
                );
                self.store.set_aside_window(window, &problem.to_string()).await;
            }
        }
    }

    /// Reads what a shared store keeps of principals that are not remembered, by the keys of their
    /// histories; what has been recorded since is not replaced.
    pub(super) async fn recall_missing_histories(
        &self,
        memory: &mut SourceMemory,
        mut keys: BTreeSet<String>,
    ) -> Result<(), StoreError> {
        keys.retain(|key| memory.histories.get(key).is_none());
        if !self.store.is_shared() || keys.is_empty() {
            return Ok(());
        }
        let keys: Vec<String> =
            keys.into_iter().map(|key| format!("{HISTORY_PREFIX}{key}")).collect();
        let windows = self.store.load_windows(&keys).await?;
        self.restore_memory(memory, &windows).await;
        Ok(())
    }
}
