//! The first and the last of many events.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// When an event happened, and its id.
pub(super) type EventPoint = (Timestamp, String);

/// The first `N` and the last `N` events seen: what is dropped from the middle would not be at
/// either end at any later moment, so the order of arrival decides nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct EndEvents<const N: usize>(Vec<EventPoint>);

impl<const N: usize> EndEvents<N> {
    pub(super) fn insert(&mut self, time: Timestamp, event_id: &str) {
        let place = self.0.binary_search_by(|(at, id)| (at, id.as_str()).cmp(&(&time, event_id)));
        let Err(at) = place else { return };
        // What would be dropped at once is not copied.
        if self.0.len() == 2 * N && at == N {
            return;
        }
        self.0.insert(at, (time, event_id.to_owned()));
        if self.0.len() > 2 * N {
            self.0.remove(N);
        }
    }

    pub(super) fn merge_with(&mut self, other: &Self) {
        other.0.iter().for_each(|(time, id)| self.insert(*time, id));
    }

    /// Keeps the first and the last event only.
    pub(super) fn keep_outermost(&mut self) {
        if self.0.len() > 2 {
            self.0.drain(1..self.0.len() - 1);
        }
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &EventPoint> {
        self.0.iter()
    }

    pub(super) fn first(&self) -> Option<&EventPoint> {
        self.0.first()
    }

    pub(super) fn last(&self) -> Option<&EventPoint> {
        self.0.last()
    }

    /// The earliest remembered event after a moment.
    pub(super) fn after(&self, time: Timestamp) -> Option<&EventPoint> {
        self.0.iter().find(|(at, _)| *at > time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_are_kept_in_any_order() {
        let at = |second: i64| Timestamp::from_second(second).unwrap();
        let mut forward = EndEvents::<2>::default();
        let mut backward = EndEvents::<2>::default();
        for second in 0..9 {
            forward.insert(at(second), &format!("e{second}"));
            backward.insert(at(8 - second), &format!("e{}", 8 - second));
            // An event that comes twice is one.
            forward.insert(at(second), &format!("e{second}"));
        }
        assert_eq!(forward, backward);
        let seconds: Vec<i64> = forward.iter().map(|(time, _)| time.as_second()).collect();
        assert_eq!(seconds, [0, 1, 7, 8]);
        assert_eq!(forward.after(at(1)).unwrap().1, "e7");
    }
}
