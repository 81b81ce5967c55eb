//! On which days a value was seen, and by whom.

use std::collections::BTreeMap;
use std::sync::Arc;

use aware_rules::baseline::{BaselineKind, BaselineSighting, BaselineTest, Day, RowKey};
use jiff::Timestamp;

use crate::port::EventKey;

/// Who made a call, as triage knows them.
#[derive(Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct SightedWho {
    pub(super) key: String,
    pub(super) issuer: Option<String>,
}

/// A value of a row, as one principal shows it. The events of a burst are counted together.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct SightedPlace {
    pub(super) row: RowKey,
    value: u64,
    who: Option<Arc<SightedWho>>,
}

impl SightedPlace {
    pub(super) fn new(test: &BaselineTest, seen: &BaselineSighting, who: &Arc<SightedWho>) -> Self {
        let who = (test.kind != BaselineKind::Burst).then(|| Arc::clone(who));
        Self { row: seen.row.clone(), value: seen.value, who }
    }
}

/// The first event of a day in a place, and how many there were.
#[derive(Debug)]
pub(super) struct FirstOfDay {
    pub(super) time: Timestamp,
    /// The event, if it may be unusual.
    pub(super) key: Option<Arc<EventKey>>,
    pub(super) count: u32,
    pub(super) who: Arc<SightedWho>,
}

impl FirstOfDay {
    pub(super) fn new(time: Timestamp, key: Arc<EventKey>, who: Arc<SightedWho>) -> Self {
        Self { time, key: Some(key), count: 1, who }
    }

    /// By what the events of a day are ordered.
    pub(super) fn order(&self) -> (Timestamp, Option<&EventKey>) {
        (self.time, self.key.as_deref())
    }
}

/// The days on which a value was seen.
///
/// An event can be unusual only if its principal did not show the value within the days that the
/// rule remembers, so that only the first event of a habit need be held, however long it lasts.
#[derive(Debug)]
pub(super) struct SightedDays {
    test: Arc<BaselineTest>,
    rule_row: Option<RowKey>,
    days: BTreeMap<Day, FirstOfDay>,
}

impl SightedDays {
    pub(super) fn new(test: &Arc<BaselineTest>, seen: &BaselineSighting) -> Self {
        Self { test: Arc::clone(test), rule_row: seen.rule_row.clone(), days: BTreeMap::new() }
    }

    /// Whether the value was seen within the days before that the rule remembers.
    pub(super) fn is_habit(&self, day: Day) -> bool {
        let remembered = day.saturating_sub(self.test.forget)..day;
        self.test.kind != BaselineKind::Burst && self.days.range(remembered).next().is_some()
    }

    pub(super) fn len(&self) -> usize {
        self.days.len()
    }

    pub(super) fn test(&self) -> &BaselineTest {
        &self.test
    }

    pub(super) fn rule_row(&self) -> Option<&RowKey> {
        self.rule_row.as_ref()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (Day, &FirstOfDay)> {
        self.days.iter().map(|(day, first)| (*day, first))
    }

    /// What a day adds to the row.
    pub(super) fn sighting(&self, place: &SightedPlace, day: Day) -> BaselineSighting {
        let (row, rule_row) = (place.row.clone(), self.rule_row.clone());
        BaselineSighting { row, rule_row, value: place.value, day }
    }

    /// Adds what was seen on a day. Events that decide nothing here any more are displaced.
    pub(super) fn add_first(
        &mut self,
        day: Day,
        mut first: FirstOfDay,
        displaced: &mut Vec<Arc<EventKey>>,
    ) {
        if let Some(known) = self.days.remove(&day) {
            first = earlier_of(known, first, displaced);
        }
        if self.test.kind != BaselineKind::Burst {
            if self.is_habit(day) {
                displaced.extend(first.key.take());
            }
            let until = day.saturating_add(self.test.forget);
            for (_, later) in self.days.range_mut(day..=until) {
                displaced.extend(later.key.take());
            }
        }
        self.days.insert(day, first);
    }

    /// Adds what another thread saw.
    pub(super) fn merge_with(&mut self, other: Self, displaced: &mut Vec<Arc<EventKey>>) {
        for (day, first) in other.days {
            self.add_first(day, first, displaced);
        }
    }
}

/// The first of two events of a day. Where one decides nothing, neither does.
fn earlier_of(
    known: FirstOfDay,
    new: FirstOfDay,
    displaced: &mut Vec<Arc<EventKey>>,
) -> FirstOfDay {
    let count = known.count.saturating_add(new.count);
    let decides = known.key.is_some() && new.key.is_some();
    let is_new = new.order() < known.order();
    let (mut first, second) = if is_new { (new, known) } else { (known, new) };
    displaced.extend(second.key);
    if !decides {
        displaced.extend(first.key.take());
    }
    first.count = count;
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days_of(order: &[(Day, &str)], forget: u16) -> Vec<(Day, Option<String>)> {
        let test = BaselineTest {
            kind: BaselineKind::FirstSeen,
            key: Vec::new(),
            value: Vec::new(),
            learn: 0,
            forget,
            at_most: 1,
            at_least: 1,
            times: 1.0,
        };
        let seen = BaselineSighting { row: "r".into(), rule_row: None, value: 1, day: 0 };
        let mut days = SightedDays::new(&Arc::new(test), &seen);
        let mut displaced = Vec::new();
        for (day, id) in order {
            let key = EventKey { account: "1".into(), id: (*id).into() };
            let first = FirstOfDay::new(Timestamp::UNIX_EPOCH, Arc::new(key), Arc::default());
            days.add_first(*day, first, &mut displaced);
        }
        let held: Vec<(Day, Option<String>)> = days
            .iter()
            .map(|(day, first)| (day, first.key.as_ref().map(|key| key.id.clone())))
            .collect();
        let kept = held.iter().filter(|(_, key)| key.is_some()).count();
        assert_eq!(kept + displaced.len(), order.len(), "each event is held or displaced once");
        held
    }

    #[test]
    fn only_the_first_of_a_habit_is_held_in_any_order() {
        let seen = [(10, "b"), (10, "a"), (12, "c"), (40, "d"), (71, "e"), (60, "f")];
        let expected = [(10, Some("a")), (12, None), (40, None), (60, None), (71, None)].map(owned);
        assert_eq!(days_of(&seen, 30), expected);
        for turn in 0..seen.len() {
            let mut turned = seen;
            turned.rotate_left(turn);
            assert_eq!(days_of(&turned, 30), expected, "{turned:?}");
            turned.reverse();
            assert_eq!(days_of(&turned, 30), expected, "{turned:?}");
        }
        let forgotten = [(10, Some("a")), (12, None), (40, Some("d")), (60, Some("f"))].map(owned);
        assert_eq!(days_of(&[(60, "f"), (12, "c"), (40, "d"), (10, "a")], 15), forgotten);
    }

    fn owned((day, id): (Day, Option<&str>)) -> (Day, Option<String>) {
        (day, id.map(str::to_owned))
    }
}
