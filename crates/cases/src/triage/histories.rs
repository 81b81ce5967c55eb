//! The histories of many principals: the single table from which every command reads what a caller
//! looks like.

use std::collections::{HashMap, HashSet};

use aware_core::event::{Event, Principal};

use super::history::PrincipalHistory;
use super::observation::{PrincipalObservation, fnv_hash};
use super::reading::{LooksLike, TriageReading};
use super::sessions::SessionsReading;

/// How many bytes all histories may take. The history of a principal with a single denial takes
/// less than a thousand, so about seventy thousand of them fit.
const MAX_BYTES: usize = 64 << 20;
/// How many forgotten principals to remember as such, by a digest of their keys.
const MAX_FORGOTTEN: usize = 1 << 19;
/// What a key takes in the table besides its own text, in bytes: half of the table may be empty.
const KEY_BYTES: usize = 80;
/// The prefix of keys for sessions that are judged together.
const SESSIONS_PREFIX: &str = "sessions of ";

/// One history per principal, and one for all sessions of an issuer whose names somebody chose.
///
/// The table is bounded. When it is full, it forgets the quiet and harmless first; from then on
/// their readings are either `exploring` or none.
///
/// ```
/// use aware_cases::triage::{LooksLike, PrincipalHistories};
/// use aware_core::source::decode_record;
///
/// let mut histories = PrincipalHistories::new();
/// for (minute, name) in (10..).zip(["ListUsers", "ListRoles", "ListGroups", "ListAccessKeys"]) {
///     let record = serde_json::json!({"eventTime": format!("2026-11-24T03:{minute}:07Z"),
///         "eventSource": "iam.amazonaws.com", "eventName": name, "errorCode": "AccessDenied",
///         "eventID": name, "recipientAccountId": "111122223333",
///         "userIdentity": {"type": "IAMUser", "userName": "alice", "accountId": "111122223333",
///             "arn": "arn:aws:iam::111122223333:user/alice"}});
///     histories.record_event(&decode_record(record.to_string().as_bytes()).unwrap());
/// }
/// let reading = histories.find_reading("arn:aws:iam::111122223333:user/alice", None).unwrap();
/// assert_eq!(reading.looks_like, LooksLike::Exploring, "{}", reading.sentence());
/// ```
#[derive(Clone, Debug)]
pub struct PrincipalHistories {
    /// Boxed because they are large and the table moves them as it grows.
    known: HashMap<String, Box<PrincipalHistory>>,
    bytes: usize,
    max_bytes: usize,
    forgotten: HashSet<u64>,
    /// Whether it is no longer known who was forgotten: then it may be anybody who seems new.
    is_anybody_forgotten: bool,
}

impl Default for PrincipalHistories {
    fn default() -> Self {
        Self::with_capacity(MAX_BYTES)
    }
}

impl PrincipalHistories {
    /// An empty table.
    pub fn new() -> Self {
        Self::default()
    }

    /// A table that takes at most about this many bytes.
    pub fn with_capacity(max_bytes: usize) -> Self {
        Self {
            known: HashMap::new(),
            bytes: 0,
            max_bytes,
            forgotten: HashSet::new(),
            is_anybody_forgotten: false,
        }
    }

    /// Records an event, if triage considers it.
    pub fn record_event(&mut self, event: &Event) {
        if let Some(observed) = PrincipalObservation::from_event(event) {
            self.record_observation(&observed);
        }
    }

    /// Records what somebody did.
    pub fn record_observation(&mut self, observed: &PrincipalObservation) {
        self.update_history(&observed.principal, |history| {
            history.record_observation(&observed.seen)
        });
        if let Some(issuer) = &observed.issuer {
            self.update_history(&sessions_of(issuer), |history| {
                history.record_observation(&observed.seen)
            });
        }
        self.make_room();
    }

    fn update_history(&mut self, key: &str, change: impl FnOnce(&mut PrincipalHistory)) {
        if !self.known.contains_key(key) {
            let is_partial =
                self.is_anybody_forgotten || self.forgotten.contains(&fnv_hash(key.as_bytes()));
            let new =
                if is_partial { PrincipalHistory::new_partial() } else { PrincipalHistory::new() };
            self.bytes += entry_bytes(key, &new);
            self.known.insert(key.to_owned(), Box::new(new));
        }
        if let Some(history) = self.known.get_mut(key) {
            let before = history.size_bytes();
            change(history);
            self.bytes = (self.bytes + history.size_bytes()).saturating_sub(before);
        }
    }

    /// When the table is full, forgets the least important quarter of it.
    fn make_room(&mut self) {
        if self.bytes <= self.max_bytes {
            return;
        }
        let mut order: Vec<(usize, i64, u64, usize)> = (self.known.iter())
            .map(|(key, history)| {
                let digest = fnv_hash(key.as_bytes());
                (history.retention_weight(), history.span.last, digest, entry_bytes(key, history))
            })
            .collect();
        order.sort_unstable();
        let mut gone = HashSet::new();
        for (.., digest, bytes) in order {
            if self.bytes <= self.max_bytes / 4 * 3 {
                break;
            }
            self.bytes = self.bytes.saturating_sub(bytes);
            gone.insert(digest);
        }
        self.known.retain(|key, _| !gone.contains(&fnv_hash(key.as_bytes())));
        self.bytes = self.known.iter().map(|(key, history)| entry_bytes(key, history)).sum();
        for digest in gone {
            if self.forgotten.len() < MAX_FORGOTTEN {
                self.forgotten.insert(digest);
            } else {
                self.is_anybody_forgotten = true;
            }
        }
    }

    /// Adds another table's knowledge.
    pub fn merge_with(&mut self, other: Self) {
        self.is_anybody_forgotten |= other.is_anybody_forgotten;
        self.forgotten.extend(other.forgotten);
        for (key, history) in other.known {
            self.update_history(&key, |mine| mine.merge_with(*history));
        }
        let forgotten = std::mem::take(&mut self.forgotten);
        for (key, history) in &mut self.known {
            history.mark_partial(forgotten.contains(&fnv_hash(key.as_bytes())));
        }
        self.forgotten = forgotten;
        self.make_room();
    }

    /// The reading of an observed principal; `None` if nothing, or too little, is known.
    pub fn find_reading(&self, principal: &str, issuer: Option<&str>) -> Option<TriageReading> {
        let together = self.read_together(issuer.unwrap_or(principal));
        self.reading_with(principal, issuer, together.as_ref())
    }

    /// The common reading of an issuer's sessions; `None` if none are known.
    fn read_together(&self, issuer: &str) -> Option<SessionsReading> {
        let sessions = self.known.get(&sessions_of(issuer))?;
        Some(SessionsReading::from_sessions(
            issuer,
            sessions,
            self.known.get(issuer).map(Box::as_ref),
        ))
    }

    fn reading_with(
        &self,
        principal: &str,
        issuer: Option<&str>,
        together: Option<&SessionsReading>,
    ) -> Option<TriageReading> {
        let own = self.known.get(principal)?;
        let reading = own.to_reading();
        let reading = match together {
            Some(together) => together.applied_to(reading, issuer.is_some()),
            None => reading,
        };
        let is_mild = reading.looks_like != LooksLike::Exploring;
        let is_partial = own.is_partial || self.are_sessions_partial(principal, issuer);
        (!is_mild || !is_partial).then_some(reading)
    }

    /// Whether something was forgotten about the sessions that are judged together with a
    /// principal.
    fn are_sessions_partial(&self, principal: &str, issuer: Option<&str>) -> bool {
        let key = sessions_of(issuer.unwrap_or(principal));
        match self.known.get(&key) {
            Some(sessions) => sessions.is_partial,
            None => issuer.is_some() || self.forgotten.contains(&fnv_hash(key.as_bytes())),
        }
    }

    /// The reading of an event's principal.
    pub fn reading_of(&self, principal: &Principal) -> Option<TriageReading> {
        self.find_reading(&principal.key, principal.issuer.as_deref())
    }

    /// The reading with the most points, for one principal with several names.
    pub fn worst_reading(&self) -> TriageReading {
        let issuers = || self.known.keys().filter_map(|key| key.strip_prefix(SESSIONS_PREFIX));
        let together: Vec<SessionsReading> =
            issuers().filter_map(|issuer| self.read_together(issuer)).collect();
        let own = self.known.iter().filter(|(key, _)| !key.starts_with(SESSIONS_PREFIX));
        let exploring = together.iter().filter_map(|one| one.exploring.clone());
        let mut all: Vec<TriageReading> =
            own.map(|(_, history)| history.to_reading()).chain(exploring).collect();
        all.sort_by_cached_key(|one| (-one.points, one.to_string()));
        let why = all.iter().filter_map(|one| one.withhold.clone());
        let why = why.chain(together.into_iter().filter_map(|one| one.withhold)).min();
        let worst = all.into_iter().next().unwrap_or_else(|| PrincipalHistory::new().to_reading());
        match why.filter(|_| worst.looks_like != LooksLike::Exploring) {
            Some(why) => worst.hold_back(why),
            None => worst,
        }
    }

    /// Remembers that a group reported this principal, by the group's key.
    pub fn note_case(&mut self, principal: &str, group: &str) {
        if let Some(history) = self.known.get_mut(principal) {
            history.note_case(group);
        }
    }

    /// One history, by one of the keys from [`history_keys`].
    pub fn get(&self, key: &str) -> Option<&PrincipalHistory> {
        self.known.get(key).map(Box::as_ref)
    }

    /// Restores a stored history under its key.
    pub fn restore_history(&mut self, key: &str, history: PrincipalHistory) {
        if let Some(old) = self.known.remove(key) {
            self.bytes = self.bytes.saturating_sub(entry_bytes(key, &old));
        }
        self.bytes += entry_bytes(key, &history);
        self.known.insert(key.to_owned(), Box::new(history));
        self.make_room();
    }

    /// The number of histories.
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }
}

/// Readings from one table, each computed once: a principal may be behind thousands of groups.
#[derive(Debug)]
pub struct ReadingCache<'h> {
    histories: &'h PrincipalHistories,
    made: HashMap<String, Option<TriageReading>>,
    /// The common readings of sessions, by issuer.
    together: HashMap<String, Option<SessionsReading>>,
}

impl<'h> ReadingCache<'h> {
    /// Readings from a table that does not change in the meantime.
    pub fn new(histories: &'h PrincipalHistories) -> Self {
        Self { histories, made: HashMap::new(), together: HashMap::new() }
    }

    /// The underlying table.
    pub fn histories(&self) -> &'h PrincipalHistories {
        self.histories
    }

    /// See [`PrincipalHistories::find_reading`].
    pub fn reading_for(&mut self, principal: &str, issuer: Option<&str>) -> Option<&TriageReading> {
        if !self.made.contains_key(principal) {
            let owner = issuer.unwrap_or(principal);
            if !self.together.contains_key(owner) {
                self.together.insert(owner.to_owned(), self.histories.read_together(owner));
            }
            let together = self.together.get(owner).and_then(Option::as_ref);
            let reading = self.histories.reading_with(principal, issuer, together);
            self.made.insert(principal.to_owned(), reading);
        }
        self.made.get(principal)?.as_ref()
    }
}

/// The keys of the histories that determine a principal's reading.
pub fn history_keys(principal: &str, issuer: Option<&str>) -> Vec<String> {
    let own = [Some(principal), issuer].into_iter().flatten().map(str::to_owned);
    own.chain([sessions_of(issuer.unwrap_or(principal))]).collect()
}

/// Those of the keys whose histories an observation of the principal changes.
pub fn changed_keys(principal: &str, issuer: Option<&str>) -> Vec<String> {
    std::iter::once(principal.to_owned()).chain(issuer.map(sessions_of)).collect()
}

fn sessions_of(issuer: &str) -> String {
    format!("{SESSIONS_PREFIX}{issuer}")
}

fn entry_bytes(key: &str, history: &PrincipalHistory) -> usize {
    KEY_BYTES + key.len() + history.size_bytes()
}
