//! Events of stored logs whose rules ask what was usual: whether they are findings is known once all
//! logs are read, in whichever order that was.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use aware_rules::baseline::{BaselineBook, BaselineSighting, BaselineTest, RowKey};
use jiff::Timestamp;

use crate::matched_event::MatchedEvent;
use crate::port::EventKey;

/// The first event of a day that counts in one place, and how many there were.
#[derive(Clone, Debug)]
struct FirstOfDay {
    time: Timestamp,
    key: EventKey,
    count: u32,
    test: Arc<BaselineTest>,
}

/// How many events are held. A caller chooses some values, so there must be a limit.
const MAX_HELD: usize = 100_000;

/// Held events. Only the first of each day that counts in a place can be unusual.
#[derive(Debug, Default)]
pub(super) struct HeldEvents {
    firsts: HashMap<BaselineSighting, FirstOfDay>,
    /// The events, each with the number of places in which it is the first.
    events: HashMap<EventKey, (Box<MatchedEvent>, usize)>,
    /// How many events came when there was no room.
    unjudged: u64,
}

impl HeldEvents {
    /// Holds an event. Returns events that cannot be unusual, this one or others.
    pub(super) fn add_event(&mut self, found: MatchedEvent) -> Vec<MatchedEvent> {
        let (time, key) = (found.time, found.key.clone());
        if self.events.len() >= MAX_HELD {
            self.unjudged += 1;
            return vec![settled_usual(found)];
        }
        let mut places = 0;
        let mut displaced = Vec::new();
        for candidate in &found.candidates {
            for seen in &candidate.sightings {
                let first = FirstOfDay {
                    time,
                    key: key.clone(),
                    count: 1,
                    test: Arc::clone(&candidate.test),
                };
                places += usize::from(self.add_first(seen.clone(), first, &mut displaced));
            }
        }
        if places > 0 {
            self.events.insert(key.clone(), (Box::new(found), places));
        } else {
            return vec![settled_usual(found)];
        }
        displaced.iter().filter_map(|key| self.release(key)).collect()
    }

    /// Adds another thread's. Returns events that cannot be unusual.
    pub(super) fn merge_with(&mut self, other: Self) -> Vec<MatchedEvent> {
        let mut displaced = Vec::new();
        self.unjudged += other.unjudged;
        self.events.extend(other.events);
        for (seen, first) in other.firsts {
            let key = first.key.clone();
            if !self.add_first(seen, first, &mut displaced) {
                displaced.push(key);
            }
        }
        displaced.iter().filter_map(|key| self.release(key)).collect()
    }

    /// Whether the event is the first of its day there. The one that was is displaced.
    fn add_first(
        &mut self,
        seen: BaselineSighting,
        first: FirstOfDay,
        displaced: &mut Vec<EventKey>,
    ) -> bool {
        let Some(known) = self.firsts.get_mut(&seen) else {
            self.firsts.insert(seen, first);
            return true;
        };
        let count = known.count.saturating_add(first.count);
        let order = |one: &FirstOfDay| (one.time, one.key.account.clone(), one.key.id.clone());
        let is_first = order(&first) < order(known);
        if is_first {
            displaced.push(known.key.clone());
            *known = first;
        }
        known.count = count;
        is_first
    }

    /// An event that is the first nowhere any more.
    fn release(&mut self, key: &EventKey) -> Option<MatchedEvent> {
        let (_, places) = self.events.get_mut(key)?;
        *places = places.saturating_sub(1);
        if *places > 0 {
            return None;
        }
        self.events.remove(key).map(|(found, _)| settled_usual(*found))
    }

    /// How many events could not be compared with what is usual.
    pub(super) fn unjudged(&self) -> u64 {
        self.unjudged
    }

    /// The rows that decide.
    pub(super) fn rows(&self) -> impl Iterator<Item = &RowKey> {
        self.firsts.keys().flat_map(|seen| [Some(&seen.row), seen.rule_row.as_ref()]).flatten()
    }

    /// Decides about everything that is held, given what was known before, and adds it to that.
    /// Returns the events, and how many of them may not be learned.
    pub(super) fn settle_all(
        self,
        book: &mut BaselineBook,
        may_learn: &dyn Fn(&MatchedEvent) -> bool,
    ) -> (Vec<MatchedEvent>, u64) {
        let left_out = self.events.values().filter(|(event, _)| !may_learn(event)).count() as u64;
        let mut unusual: BTreeMap<EventKey, BTreeSet<BaselineSighting>> = BTreeMap::new();
        let mut firsts: Vec<(&BaselineSighting, &FirstOfDay)> = self.firsts.iter().collect();
        firsts.sort_by(|(a, first), (b, other)| {
            (a.day, first.time, &first.key.id, a).cmp(&(b.day, other.time, &other.key.id, b))
        });
        for (seen, first) in firsts {
            let event = self.events.get(&first.key);
            let is_unusual = match event.is_some_and(|(event, _)| may_learn(event)) {
                true => book.observe(&first.test, seen, first.count),
                false => book.is_unusual(&first.test, seen, first.count),
            };
            if is_unusual {
                unusual.entry(first.key.clone()).or_default().insert(seen.clone());
            }
        }
        let mut events: Vec<MatchedEvent> =
            self.events.into_values().map(|(found, _)| *found).collect();
        events.sort_by(|a, b| (a.time, &a.key).cmp(&(b.time, &b.key)));
        for found in &mut events {
            let of_event = unusual.remove(&found.key).unwrap_or_default();
            found.settle_candidates(|one| one.sightings.iter().any(|seen| of_event.contains(seen)));
        }
        (events, left_out)
    }
}

fn settled_usual(mut found: MatchedEvent) -> MatchedEvent {
    found.settle_candidates(|_| false);
    found
}
