//! Which keys are done, and where to continue.
//!
//! When reading a prefix once, the place is the greatest key done: keys are listed in the order of
//! their bytes, and delivered in that order.
//!
//! CloudTrail's keys start with account, region and date, so new ones appear everywhere. While
//! following, the whole prefix is therefore listed again at each poll, and what was listed in this
//! run is skipped (8 bytes are remembered per key). The place is then the greatest key done and a
//! time: the start of the last listing that was done completely, less a quarter of an hour for
//! clocks that differ. After a restart a key up to the greatest is taken if it was written after
//! that time. So no key is missed; some from that quarter of an hour arrive again, and count once.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How far clocks may differ, in seconds.
const CLOCK_SLACK_SECONDS: i64 = 900;

/// What the store keeps while following.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct KeyMark {
    key: String,
    /// Seconds since 1970.
    #[serde(default)]
    after: Option<i64>,
}

/// Which keys were done, and where to go on.
#[derive(Debug, Default)]
pub(super) struct KeyProgress {
    follow: bool,
    restored: Option<KeyMark>,
    /// The place now.
    mark: KeyMark,
    /// When the listing that is being worked on started.
    listing: i64,
    /// The keys listed in this run, hashed with a random key so that outsiders cannot cause
    /// collisions.
    seen: HashSet<u64>,
    hasher: RandomState,
}

impl KeyProgress {
    /// Progress with nothing done.
    pub(super) fn new(follow: bool) -> Self {
        Self { follow, ..Self::default() }
    }

    /// Continues where an earlier run ended, whether it followed or not.
    pub(super) fn restore_from(&mut self, place: &str) {
        let plain = || KeyMark { key: place.to_owned(), after: None };
        let mark: KeyMark = serde_json::from_str(place).unwrap_or_else(|_| plain());
        self.mark = mark.clone();
        self.restored = Some(mark);
    }

    /// The key to list after, if that misses nothing.
    pub(super) fn start_after(&self) -> Option<String> {
        self.restored.as_ref().filter(|_| !self.follow).map(|mark| mark.key.clone())
    }

    /// Notes that a listing starts.
    pub(super) fn begin_listing(&mut self, now: Timestamp) {
        self.listing = now.as_second();
        if self.restored.is_none() && self.mark.after.is_none() {
            self.mark.after = Some(self.listing - CLOCK_SLACK_SECONDS);
        }
    }

    /// Notes that the whole listing is done.
    pub(super) fn end_listing(&mut self) {
        self.mark.after = Some(self.listing - CLOCK_SLACK_SECONDS);
    }

    /// Whether a listed key is still to be done. `written` is in seconds since 1970.
    pub(super) fn is_new(&mut self, key: &str, written: i64) -> bool {
        if !self.follow {
            return self.restored.as_ref().is_none_or(|mark| key > mark.key.as_str());
        }
        let first_time = self.seen.insert(self.hasher.hash_one(key));
        first_time && !self.restored.as_ref().is_some_and(|mark| mark.covers(key, written))
    }

    /// The place once this key is done.
    pub(super) fn place_after(&self, key: &str) -> String {
        let key = self.mark.key.as_str().max(key).to_owned();
        if !self.follow {
            return key;
        }
        let mark = KeyMark { key, after: self.mark.after };
        serde_json::to_string(&mark).unwrap_or(mark.key)
    }

    /// Marks this key as done.
    pub(super) fn mark_done(&mut self, key: &str) {
        if key > self.mark.key.as_str() {
            key.clone_into(&mut self.mark.key);
        }
    }
}

impl KeyMark {
    /// Whether a key counts as done. Without a time, every key up to the greatest does.
    fn covers(&self, key: &str, written: i64) -> bool {
        key <= self.key.as_str() && self.after.is_none_or(|after| written < after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEGAN: i64 = 1_800_000_000;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn once_through_the_place_is_the_greatest_key() {
        let mut place = KeyProgress::new(false);
        place.begin_listing(at(BEGAN));
        assert_eq!(place.place_after("b"), "b");
        place.restore_from("b");
        assert_eq!(place.start_after().as_deref(), Some("b"));
        assert!(place.is_new("c", 0) && !place.is_new("b", BEGAN));
        assert_eq!(place.place_after("a"), "b");
    }

    #[test]
    fn while_following_each_key_is_new_once() {
        let mut place = KeyProgress::new(true);
        place.begin_listing(at(BEGAN));
        assert!(place.is_new("b", 0) && !place.is_new("b", 0));
        place.mark_done("b");
        place.end_listing();
        assert!(place.is_new("a", 0), "late keys are new however small");
        assert_eq!(place.start_after(), None);
    }

    #[test]
    fn after_a_restart_late_keys_are_told_by_when_they_were_written() {
        let mut first = KeyProgress::new(true);
        first.begin_listing(at(BEGAN));
        let mut again = KeyProgress::new(true);
        again.restore_from(&first.place_after("m"));
        again.begin_listing(at(BEGAN + 100_000));
        assert!(!again.is_new("a", BEGAN - 10_000) && again.is_new("b", BEGAN + 5));
        assert!(again.is_new("n", BEGAN - 10_000));
        assert_eq!(again.mark.after, Some(BEGAN - CLOCK_SLACK_SECONDS), "until all of it is done");
        again.end_listing();
        assert_eq!(again.mark.after, Some(BEGAN + 100_000 - CLOCK_SLACK_SECONDS));
    }

    #[test]
    fn a_run_that_follows_goes_on_after_one_that_did_not() {
        let mut place = KeyProgress::new(true);
        place.restore_from("m");
        place.begin_listing(at(BEGAN));
        assert!(!place.is_new("a", BEGAN) && place.is_new("n", 0));
        let mut once = KeyProgress::new(false);
        once.restore_from(&place.place_after("n"));
        assert_eq!(once.start_after().as_deref(), Some("n"));
    }
}
