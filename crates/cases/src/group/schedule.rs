//! When a group is reported again, and when a rate has jumped.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// How long repeats wait before they are reported as one update.
///
/// The defaults are those of Prometheus Alertmanager's `group_wait`, `group_interval` and
/// `repeat_interval`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RepeatIntervals {
    /// Between the first message and the first update.
    pub wait: SignedDuration,
    /// Between the first update and the second.
    pub interval: SignedDuration,
    /// Between all later ones.
    pub repeat: SignedDuration,
}

impl Default for RepeatIntervals {
    fn default() -> Self {
        Self {
            wait: SignedDuration::from_secs(30),
            interval: SignedDuration::from_mins(5),
            repeat: SignedDuration::from_hours(4),
        }
    }
}

/// What was reported about a group, and when.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotificationState {
    /// When it was last reported.
    pub at: Option<Timestamp>,
    /// The count last reported.
    pub count: u64,
    /// How many messages were sent.
    pub messages: u32,
}

impl NotificationState {
    /// When the next update may be sent; `None` before the first message.
    pub fn next_update_at(&self, intervals: &RepeatIntervals) -> Option<Timestamp> {
        let wait = match self.messages {
            0 => return None,
            1 => intervals.wait,
            2 => intervals.interval,
            _ => intervals.repeat,
        };
        self.at?.checked_add(wait).ok()
    }

    pub(super) fn record_message(&mut self, count: u64, now: Timestamp) {
        self.at = Some(now);
        self.count = count;
        self.messages = self.messages.saturating_add(1);
    }
}

/// An hourly count with a slow mean: enough to detect a jump.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HourlyRate {
    since: Option<Timestamp>,
    hour: i64,
    count: u64,
    mean: f64,
    told_hour: i64,
}

/// Minimum number of denials within an hour that can count as a jump.
const JUMP_AT_LEAST: u64 = 20;
/// How many times the mean counts as a jump.
const JUMP_FACTOR: f64 = 5.0;
/// How long a mean is learned before a jump can be reported.
const LEARN: SignedDuration = SignedDuration::from_hours(24);

impl HourlyRate {
    /// Counts one finding at `now`; true when the rate has jumped, once per hour.
    pub(super) fn count_and_detect_jump(&mut self, now: Timestamp) -> bool {
        self.close_hours(now.as_second().div_euclid(3600));
        let since = *self.since.get_or_insert(now);
        self.count += 1;
        let learned = now.duration_since(since) >= LEARN;
        #[allow(clippy::cast_precision_loss)]
        let jumped = self.count >= JUMP_AT_LEAST && self.count as f64 >= JUMP_FACTOR * self.mean;
        let told = self.told_hour == self.hour;
        if learned && jumped && !told {
            self.told_hour = self.hour;
            return true;
        }
        false
    }

    /// Closes the hours that have passed: each moves the mean by a twelfth.
    fn close_hours(&mut self, hour: i64) {
        if self.since.is_some() {
            let passed = hour.saturating_sub(self.hour).clamp(0, 200);
            for _ in 0..passed {
                #[allow(clippy::cast_precision_loss)]
                let count = self.count as f64;
                self.mean += (count - self.mean) / 12.0;
                self.count = 0;
            }
        }
        self.hour = self.hour.max(hour);
    }
}
