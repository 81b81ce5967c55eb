//! The histories of many principals: the one table from which every command reads how a caller
//! looks.

use std::collections::{HashMap, HashSet};

use aware_core::event::{Event, Principal};

use super::history::History;
use super::observation::{Observed, fnv};
use super::reading::{LooksLike, Reading};
use super::score;

/// About how many bytes all histories may take. A quiet principal's takes one or two thousand: room
/// for a hundred thousand of them.
const MAX_BYTES: usize = 192 << 20;
/// How many principals that were forgotten are remembered as such, by a digest of their keys.
const MAX_FORGOTTEN: usize = 1 << 20;
/// What the keys of sessions that are judged together begin with.
const SESSIONS: &str = "sessions of ";

/// One history for each principal, and one for all sessions of an issuer whose names somebody chose.
///
/// The table is bounded. When it is full, the quiet and harmless are forgotten first, and nothing
/// milder than `exploring` is said of them from then on.
#[derive(Clone, Debug)]
pub struct Histories {
    known: HashMap<String, History>,
    bytes: usize,
    max_bytes: usize,
    forgotten: HashSet<u64>,
    /// Who is forgotten is not known any more: it may be anybody who is new.
    is_anybody_forgotten: bool,
}

impl Default for Histories {
    fn default() -> Self {
        Self::with_capacity(MAX_BYTES)
    }
}

impl Histories {
    /// A table with nobody in it.
    pub fn new() -> Self {
        Self::default()
    }

    /// A table that takes about so many bytes at most.
    pub fn with_capacity(max_bytes: usize) -> Self {
        Self {
            known: HashMap::new(),
            bytes: 0,
            max_bytes,
            forgotten: HashSet::new(),
            is_anybody_forgotten: false,
        }
    }

    /// Takes in an event, if triage looks at it.
    pub fn add(&mut self, event: &Event) {
        if let Some(observed) = Observed::of(event) {
            self.observe(&observed);
        }
    }

    /// Takes in what somebody did.
    pub fn observe(&mut self, observed: &Observed) {
        self.change(&observed.principal, |history| history.observe(&observed.seen));
        if let Some(issuer) = &observed.issuer {
            self.change(&sessions_of(issuer), |history| history.observe(&observed.seen));
        }
        self.make_room();
    }

    fn change(&mut self, key: &str, change: impl FnOnce(&mut History)) {
        if !self.known.contains_key(key) {
            let is_partial =
                self.is_anybody_forgotten || self.forgotten.contains(&fnv(key.as_bytes()));
            let new = if is_partial { History::partial() } else { History::new() };
            self.bytes += cost(key, &new);
            self.known.insert(key.to_owned(), new);
        }
        if let Some(history) = self.known.get_mut(key) {
            let before = history.bytes();
            change(history);
            self.bytes = (self.bytes + history.bytes()).saturating_sub(before);
        }
    }

    /// Forgets the least, a quarter of the table at a time, when it is full.
    fn make_room(&mut self) {
        if self.bytes <= self.max_bytes {
            return;
        }
        let mut order: Vec<(usize, i64, u64)> = (self.known.iter())
            .map(|(key, history)| (history.weight(), history.span.last, fnv(key.as_bytes())))
            .collect();
        order.sort_unstable();
        let by_digest: HashMap<u64, String> =
            self.known.keys().map(|key| (fnv(key.as_bytes()), key.clone())).collect();
        for (.., digest) in order {
            if self.bytes <= self.max_bytes / 4 * 3 {
                break;
            }
            let gone = by_digest.get(&digest).and_then(|key| self.known.remove_entry(key));
            let Some((key, history)) = gone else { continue };
            self.bytes = self.bytes.saturating_sub(cost(&key, &history));
            if self.forgotten.len() < MAX_FORGOTTEN {
                self.forgotten.insert(digest);
            } else {
                self.is_anybody_forgotten = true;
            }
        }
    }

    /// Takes another table's knowledge.
    pub fn merge(&mut self, other: Self) {
        self.is_anybody_forgotten |= other.is_anybody_forgotten;
        self.forgotten.extend(other.forgotten);
        for (key, history) in other.known {
            self.change(&key, |mine| mine.merge(history));
        }
        let forgotten = std::mem::take(&mut self.forgotten);
        for (key, history) in &mut self.known {
            history.mark_partial(forgotten.contains(&fnv(key.as_bytes())));
        }
        self.forgotten = forgotten;
        self.make_room();
    }

    /// How somebody looks who was observed; `None` when nothing, or too little, is known.
    pub fn reading(&self, principal: &str, issuer: Option<&str>) -> Option<Reading> {
        let own = self.known.get(principal)?;
        let reading = own.reading();
        if reading.looks_like == LooksLike::Exploring {
            return Some(reading);
        }
        let together = issuer.and_then(|issuer| self.known.get(&sessions_of(issuer)));
        let together = together.and_then(score::read_sessions);
        together.or((!own.is_partial).then_some(reading))
    }

    /// How the principal of an event looks.
    pub fn reading_of(&self, principal: &Principal) -> Option<Reading> {
        self.reading(&principal.key, principal.issuer.as_deref())
    }

    /// The reading with the most points: of one principal who goes by several names.
    pub fn worst(&self) -> Reading {
        let read = |(key, history): (&String, &History)| {
            let are_many = key.starts_with(SESSIONS);
            if are_many { score::read_sessions(history) } else { Some(history.reading()) }
        };
        let worst =
            self.known.iter().filter_map(read).max_by(|a, b| {
                a.points.cmp(&b.points).then_with(|| b.to_string().cmp(&a.to_string()))
            });
        worst.unwrap_or_else(|| History::new().reading())
    }

    /// Remembers that a group was told of a principal, by the group's key.
    pub fn note_group(&mut self, principal: &str, group: &str) {
        if let Some(history) = self.known.get_mut(principal) {
            history.note_group(group);
        }
    }

    /// One history, by the key that [`keys`] tells.
    pub fn get(&self, key: &str) -> Option<&History> {
        self.known.get(key)
    }

    /// Takes up what was kept under a key.
    pub fn restore(&mut self, key: &str, history: History) {
        if let Some(old) = self.known.remove(key) {
            self.bytes = self.bytes.saturating_sub(cost(key, &old));
        }
        self.bytes += cost(key, &history);
        self.known.insert(key.to_owned(), history);
        self.make_room();
    }

    /// How many histories there are.
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }
}

/// Readings from one table, each made once: a principal may be behind thousands of groups.
#[derive(Debug)]
pub struct Readings<'h> {
    histories: &'h Histories,
    made: HashMap<String, Option<Reading>>,
}

impl<'h> Readings<'h> {
    /// Readings from a table that does not change meanwhile.
    pub fn new(histories: &'h Histories) -> Self {
        Self { histories, made: HashMap::new() }
    }

    /// The table.
    pub fn histories(&self) -> &'h Histories {
        self.histories
    }

    /// See [`Histories::reading`].
    pub fn of(&mut self, principal: &str, issuer: Option<&str>) -> Option<&Reading> {
        if !self.made.contains_key(principal) {
            let reading = self.histories.reading(principal, issuer);
            self.made.insert(principal.to_owned(), reading);
        }
        self.made.get(principal)?.as_ref()
    }
}

/// Under which keys the histories that tell how somebody looks are kept.
pub fn keys(principal: &str, issuer: Option<&str>) -> Vec<String> {
    std::iter::once(principal.to_owned()).chain(issuer.map(sessions_of)).collect()
}

fn sessions_of(issuer: &str) -> String {
    format!("{SESSIONS}{issuer}")
}

fn cost(key: &str, history: &History) -> usize {
    2 * key.len() + history.bytes()
}
