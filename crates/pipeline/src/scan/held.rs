//! Events of stored logs whose rules ask what was usual: whether they are findings is known once all
//! logs are read, in whichever order that was.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use aware_rules::baseline::{BaselineBook, BaselineSighting, RowKey};
use jiff::Timestamp;

use super::sighted::{FirstOfDay, SightedDays, SightedPlace, SightedWho};
use crate::matched_event::MatchedEvent;
use crate::port::EventKey;

/// How much memory held events take, in bytes. A caller chooses some values, so there must be a limit.
const MAX_HELD_EVENT_BYTES: usize = 48 << 20;
/// What an event takes besides its findings, roughly.
const EVENT_BYTES: usize = 3_500;
/// What each of its findings takes besides requests, roughly.
const FINDING_BYTES: usize = 2_500;
/// What a day and a place take, roughly.
const DAY_BYTES: usize = 100;

/// Held events, and when each value was seen.
#[derive(Debug, Default)]
pub(super) struct HeldEvents {
    places: HashMap<SightedPlace, SightedDays>,
    /// The principals, by their keys.
    whos: HashMap<String, Arc<SightedWho>>,
    events: HashMap<Arc<EventKey>, HeldEvent>,
    /// How much memory they take.
    bytes: usize,
    /// How many events came when there was no room.
    unjudged: u64,
}

/// An event that may be unusual.
#[derive(Debug)]
pub(super) struct HeldEvent {
    found: Box<MatchedEvent>,
    /// In how many places it is the first.
    places: usize,
    /// Its requests as text, equal ones once: parsed, they take many times the memory.
    requests: Vec<Option<Arc<str>>>,
}

impl HeldEvent {
    fn new(mut found: MatchedEvent, places: usize) -> Self {
        let mut requests: Vec<Option<Arc<str>>> = Vec::new();
        for request in found.requests_mut() {
            let text = request.take().map(|request| Arc::from(request.to_string()));
            let known = requests.iter().find(|known| **known == text).cloned();
            requests.push(known.unwrap_or(text));
        }
        found.candidates.shrink_to_fit();
        found.findings.shrink_to_fit();
        Self { requests, found: Box::new(found), places }
    }

    fn bytes(&self) -> usize {
        let longest = self.requests.iter().flatten().map(|text| text.len()).max();
        let findings = self.found.candidates.len() + self.found.findings.len();
        EVENT_BYTES + FINDING_BYTES * findings + longest.unwrap_or_default()
    }

    fn into_found(self) -> MatchedEvent {
        let mut found = *self.found;
        for (request, text) in found.requests_mut().zip(self.requests) {
            *request = text.and_then(|text| serde_json::from_str(&text).ok());
        }
        found
    }

    /// The event, once it is known not to be unusual.
    pub(super) fn into_usual(self) -> MatchedEvent {
        settled_usual(self.into_found())
    }
}

impl HeldEvents {
    /// Holds an event. Returns events that cannot be unusual, this one or others.
    pub(super) fn add_event(&mut self, found: MatchedEvent) -> Vec<MatchedEvent> {
        if self.bytes >= MAX_HELD_EVENT_BYTES {
            self.unjudged += u64::from(!self.is_habit(&found));
            return vec![settled_usual(found)];
        }
        let key = Arc::new(found.key.clone());
        let who = self.who_of(&found);
        let mut displaced = Vec::new();
        let mut places = 0_usize;
        for candidate in &found.candidates {
            for seen in &candidate.sightings {
                let place = SightedPlace::new(&candidate.test, seen, &who);
                let days = self
                    .places
                    .entry(place)
                    .or_insert_with(|| SightedDays::new(&candidate.test, seen));
                let known = days.len();
                let first = FirstOfDay::new(found.time, Arc::clone(&key), Arc::clone(&who));
                days.add_first(seen.day, first, &mut displaced);
                self.bytes += DAY_BYTES * (days.len() - known);
                places += 1;
            }
        }
        let lost = displaced.iter().filter(|one| Arc::ptr_eq(one, &key)).count();
        displaced.retain(|one| !Arc::ptr_eq(one, &key));
        let others = displaced.iter().filter_map(|key| self.release(key));
        let mut usual: Vec<MatchedEvent> = others.map(HeldEvent::into_usual).collect();
        match places.saturating_sub(lost) {
            0 => usual.push(settled_usual(found)),
            places => {
                let held = HeldEvent::new(found, places);
                self.bytes += held.bytes();
                self.events.insert(key, held);
            }
        }
        usual
    }

    /// Adds another thread's. Returns events that cannot be unusual.
    pub(super) fn merge_with(&mut self, other: Self) -> Vec<HeldEvent> {
        let mut displaced = Vec::new();
        self.unjudged += other.unjudged;
        self.bytes += other.bytes;
        self.events.extend(other.events);
        for (place, days) in other.places {
            match self.places.get_mut(&place) {
                Some(known) => known.merge_with(days, &mut displaced),
                None => {
                    self.places.insert(place, days);
                }
            }
        }
        displaced.iter().filter_map(|key| self.release(key)).collect()
    }

    /// Whether it could not be unusual anyway, since its caller has shown each value before.
    fn is_habit(&self, found: &MatchedEvent) -> bool {
        let first = found.candidates.first().map(|one| one.finding.principal.key.as_str());
        let Some(who) = first.and_then(|key| self.whos.get(key)) else { return false };
        found.candidates.iter().all(|candidate| {
            candidate.sightings.iter().all(|seen| {
                let place = SightedPlace::new(&candidate.test, seen, who);
                self.places.get(&place).is_some_and(|days| days.is_habit(seen.day))
            })
        })
    }

    fn who_of(&mut self, found: &MatchedEvent) -> Arc<SightedWho> {
        let Some(candidate) = found.candidates.first() else { return Arc::default() };
        let principal = &candidate.finding.principal;
        if let Some(known) = self.whos.get(&principal.key) {
            return Arc::clone(known);
        }
        let who = SightedWho { key: principal.key.clone(), issuer: principal.issuer.clone() };
        let who = Arc::new(who);
        self.whos.insert(principal.key.clone(), Arc::clone(&who));
        self.bytes += DAY_BYTES + 2 * principal.key.len();
        who
    }

    /// An event that decides nowhere any more.
    fn release(&mut self, key: &EventKey) -> Option<HeldEvent> {
        let held = self.events.get_mut(key)?;
        held.places = held.places.saturating_sub(1);
        if held.places > 0 {
            return None;
        }
        let held = self.events.remove(key)?;
        self.bytes = self.bytes.saturating_sub(held.bytes());
        Some(held)
    }

    /// How many events could not be compared with what is usual.
    pub(super) fn unjudged(&self) -> u64 {
        self.unjudged
    }

    /// The rows that decide.
    pub(super) fn rows(&self) -> impl Iterator<Item = &RowKey> {
        self.places.iter().flat_map(|(place, days)| [Some(&place.row), days.rule_row()]).flatten()
    }

    /// Decides about everything that is held, given what was known before, and adds it to that.
    /// Returns the events, unpacked one at a time, and how many were seen of callers who may not be
    /// learned.
    pub(super) fn settle_all(
        self,
        book: &mut BaselineBook,
        may_learn: &dyn Fn(&SightedWho) -> bool,
    ) -> (impl Iterator<Item = MatchedEvent> + use<>, u64) {
        let mut left_out: HashSet<(&str, Timestamp)> = HashSet::new();
        let mut unusual: BTreeMap<EventKey, BTreeSet<BaselineSighting>> = BTreeMap::new();
        let mut firsts: Vec<(&SightedPlace, &SightedDays, u16, &FirstOfDay)> = Vec::new();
        for (place, days) in &self.places {
            firsts.extend(days.iter().map(|(day, first)| (place, days, day, first)));
        }
        firsts.sort_by(|(a, _, day, first), (b, _, other_day, other)| {
            (day, first.order(), a).cmp(&(other_day, other.order(), b))
        });
        for (place, days, day, first) in firsts {
            let seen = days.sighting(place, day);
            let is_unusual = match may_learn(&first.who) {
                true => book.observe(days.test(), &seen, first.count),
                false => {
                    left_out.insert((&first.who.key, first.time));
                    book.is_unusual(days.test(), &seen, first.count)
                }
            };
            if let Some(key) = first.key.as_deref().filter(|_| is_unusual) {
                unusual.entry(key.clone()).or_default().insert(seen);
            }
        }
        let left_out = left_out.len() as u64;
        let mut events: Vec<HeldEvent> = self.events.into_values().collect();
        events.sort_by(|a, b| (a.found.time, &a.found.key).cmp(&(b.found.time, &b.found.key)));
        let events = events.into_iter().map(move |held| {
            let mut found = held.into_found();
            let of_event = unusual.remove(&found.key).unwrap_or_default();
            found.settle_candidates(|one| one.sightings.iter().any(|seen| of_event.contains(seen)));
            found
        });
        (events, left_out)
    }
}

fn settled_usual(mut found: MatchedEvent) -> MatchedEvent {
    found.settle_candidates(|_| false);
    found
}
