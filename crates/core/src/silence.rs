//! Detects whether an account that normally logs has fallen silent.
//!
//! For each place, an account in a region, the hours of a week in which it logged are remembered.
//! They decide how long it may be silent: twice as long as its longest silence in that week.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// For how many hours activity is remembered.
const WEEK: i64 = 7 * 24;
/// How long a place must be known before its silence means something, in hours.
const KNOWN: i64 = 3 * 24;
/// In how many hours it must have logged.
const OFTEN: usize = 6;
/// The shortest silence reported, in hours: CloudTrail itself may be a quarter of an hour late.
const LEAST: i64 = 3;
/// The number of words that hold a week's hours.
const WORDS: usize = 3;

/// An account in a region.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountRegion {
    /// The account's number.
    pub account: String,
    /// The region.
    pub region: String,
}

/// When a place logged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivityHours {
    /// The latest hour with activity, counted from 1970.
    hour: i64,
    /// Bit `n`: it logged `n` hours before that.
    hours: [u64; WORDS],
    /// Whether its silence has been reported.
    #[serde(default)]
    pub told: bool,
}

/// A silence longer than any before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ObservedSilence {
    /// The end of the hour in which the place last logged.
    pub since: Timestamp,
    /// The longest silence of the previous week, in hours.
    pub longest: i64,
}

fn hour_of(time: Timestamp) -> i64 {
    time.as_second().div_euclid(3600)
}

impl ActivityHours {
    /// A place that logs for the first time.
    pub fn first_heard_at(time: Timestamp) -> Self {
        Self { hour: hour_of(time), hours: [1, 0, 0], told: false }
    }

    /// Records activity; true when this hour was not known to be active.
    pub fn record_activity(&mut self, time: Timestamp) -> bool {
        let later = hour_of(time) - self.hour;
        if later > 0 {
            let ago: Vec<i64> = self.active_hours_ago().map(|ago| ago + later).collect();
            *self = Self { hour: self.hour + later, hours: [1, 0, 0], told: self.told };
            ago.into_iter().for_each(|ago| self.mark_active(ago));
            return true;
        }
        let known = self.is_active(-later);
        self.mark_active(-later);
        !known && -later < WEEK
    }

    /// The silence to report, if any. `watched`: since when we have listened without interruption.
    pub fn reportable_silence(
        &self,
        watched: Timestamp,
        now: Timestamp,
    ) -> Option<ObservedSilence> {
        let heard: Vec<i64> = self.active_hours_ago().collect();
        let known = heard.last().copied().unwrap_or_default();
        if known < KNOWN || heard.len() < OFTEN || self.is_expired(now) {
            return None;
        }
        let longest = heard.windows(2).filter_map(|two| Some(two.get(1)? - two.first()? - 1)).max();
        let longest = longest.unwrap_or_default();
        let since = Timestamp::from_second((self.hour + 1) * 3600).ok()?;
        let silent = now.duration_since(since.max(watched));
        let allowed = SignedDuration::from_hours((2 * longest).max(LEAST));
        (silent > allowed).then_some(ObservedSilence { since, longest })
    }

    /// Whether it has been silent for so long that it counts as gone.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        hour_of(now) - self.hour > WEEK
    }

    /// How many hours before the latest it was active, ascending.
    fn active_hours_ago(&self) -> impl Iterator<Item = i64> {
        (0..WEEK).filter(|ago| self.is_active(*ago))
    }

    fn is_active(&self, ago: i64) -> bool {
        let (word, bit) = (ago.div_euclid(64), ago.rem_euclid(64));
        let word = usize::try_from(word).ok().and_then(|word| self.hours.get(word));
        word.is_some_and(|word| word >> bit & 1 == 1)
    }

    fn mark_active(&mut self, ago: i64) {
        let (word, bit) = (ago.div_euclid(64), ago.rem_euclid(64));
        let word = usize::try_from(word).ok().filter(|_| ago < WEEK);
        if let Some(word) = word.and_then(|word| self.hours.get_mut(word)) {
            *word |= 1 << bit;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hour: i64) -> Timestamp {
        Timestamp::from_second(1_790_000_000 / 3600 * 3600 + hour * 3600).unwrap()
    }

    /// A place that logs every so many hours for some days.
    fn regular(every: i64, days: i64) -> ActivityHours {
        let mut heard = ActivityHours::first_heard_at(at(0));
        (0..=days * 24).step_by(usize::try_from(every).unwrap()).for_each(|hour| {
            heard.record_activity(at(hour));
        });
        heard
    }

    #[test]
    fn an_hour_counts_once() {
        let mut heard = ActivityHours::first_heard_at(at(0));
        assert!(!heard.record_activity(at(0)));
        assert!(heard.record_activity(at(1)));
        assert!(!heard.record_activity(at(0)), "the hour before is remembered");
        assert!(heard.record_activity(at(-5)), "stored logs may bring an earlier hour");
        assert!(!heard.record_activity(at(-500)), "what is too old is not");
    }

    #[test]
    fn a_silence_longer_than_ever_is_told() {
        let heard = regular(1, 7);
        let last = 7 * 24;
        assert_eq!(heard.reportable_silence(at(0), at(last + 4)), None);
        let silence = heard.reportable_silence(at(0), at(last + 5)).unwrap();
        assert_eq!((silence.since, silence.longest), (at(last + 1), 0));
    }

    #[test]
    fn who_logs_once_a_day_may_be_silent_for_two() {
        let heard = regular(24, 7);
        assert_eq!(heard.reportable_silence(at(0), at(7 * 24 + 46)), None);
        assert_eq!(heard.reportable_silence(at(0), at(7 * 24 + 48)).unwrap().longest, 23);
    }

    #[test]
    fn nothing_is_said_of_who_is_hardly_known_or_long_gone() {
        assert_eq!(regular(1, 2).reportable_silence(at(0), at(100)), None);
        assert_eq!(ActivityHours::first_heard_at(at(0)).reportable_silence(at(0), at(100)), None);
        assert_eq!(regular(1, 7).reportable_silence(at(0), at(7 * 24 * 3)), None);
    }

    #[test]
    fn nobody_is_silent_while_nobody_listens() {
        let heard = regular(1, 7);
        assert_eq!(heard.reportable_silence(at(7 * 24 + 20), at(7 * 24 + 22)), None);
        assert!(heard.reportable_silence(at(7 * 24 + 20), at(7 * 24 + 24)).is_some());
    }

    #[test]
    fn a_week_is_remembered_and_no_more() {
        let mut heard = regular(1, 30);
        assert_eq!(heard.active_hours_ago().count(), 168);
        heard.record_activity(at(30 * 24 + 200));
        assert_eq!(heard.active_hours_ago().collect::<Vec<_>>(), [0]);
        let text = serde_json::to_string(&heard).unwrap();
        assert_eq!(serde_json::from_str::<ActivityHours>(&text).unwrap(), heard);
    }
}
