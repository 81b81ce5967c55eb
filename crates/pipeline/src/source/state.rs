//! Reports what is wrong with the store, and restores what it remembers.

use aware_core::event::Level;
use jiff::SignedDuration;

use super::Source;
use super::memory::Memory;
use crate::port::{Store, Window};

/// Interval between reports that the store is down.
const DOWN: SignedDuration = SignedDuration::from_hours(1);

impl Source {
    /// Reports what the store set aside or dropped, and whether it is down.
    pub(super) async fn tell_state(&self) {
        let problems = self.store.take_problems();
        if !problems.is_empty() {
            let text = problems.join("; ");
            let subject = "Part of the state cannot be read, or was dropped";
            self.tell_system(subject, &[("Problem", &text)], Level::High).await;
        }
        if !self.store.is_shared() && self.store.is_down() && self.is_down_to_be_told() {
            let problem = self.store.problem();
            let meaning = "messages are still sent; counts may be lost when the program ends, and messages may be repeated";
            let details = [("Problem", problem.as_str()), ("Meaning", meaning)];
            self.tell_system("The state cannot be written", &details, Level::High).await;
        }
    }

    fn is_down_to_be_told(&self) -> bool {
        let Ok(mut told) = self.down_told.lock() else { return false };
        let now = self.clock.now();
        let is_due = told.is_none_or(|told| now.duration_since(told) >= DOWN);
        if is_due {
            *told = Some(now);
        }
        is_due
    }

    /// Restores what correlations and triage remembered. What cannot be read is set aside.
    pub(super) async fn take_up(&self, memory: &mut Memory, windows: &[Window]) {
        for window in windows {
            if let Err(problem) = memory.take_up(window) {
                tracing::warn!(
                    window = window.key,
                    %problem,
                    "stored window cannot be read; it is set aside"
                );
                self.store.set_aside_window(window, &problem.to_string()).await;
            }
        }
    }
}
