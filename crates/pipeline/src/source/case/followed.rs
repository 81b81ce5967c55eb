//! The principals of open cases, whose other events are looked for: texts that their records
//! contain, in a few rows that every process reads once a minute.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aware_cases::case::CaseRows;
use aware_cases::triage::PrincipalHistories;
use aware_core::fingerprint::Fingerprint;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::names::{CASE_PREFIX, FollowedPrincipals};
use crate::port::{MemoryWindow, StepCommit, Store, StoreError};
use crate::scan::follow::FollowFilter;
use crate::source::SourceHalf;

/// How many rows there are: a storm of new principals writes to all of them.
const SHARDS: u64 = 8;
/// How many principals one row names.
const PER_SHARD: usize = 250;
/// How many texts of one principal are kept.
const TEXTS: usize = 24;
/// How long a principal is followed after its last event.
const FOLLOWED_FOR: SignedDuration = SignedDuration::from_hours(24);
/// Interval between readings of what other processes follow.
const REFRESH: SignedDuration = SignedDuration::from_secs(60);

/// The principals of one row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
struct FollowedRow(BTreeMap<String, FollowedActor>);

/// One principal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct FollowedActor {
    texts: Vec<String>,
    until: Timestamp,
}

impl FollowedRow {
    fn read(bytes: &[u8]) -> Self {
        serde_json::from_slice(bytes).unwrap_or_default()
    }

    /// Follows a principal. If there are too many, whoever ends first is no longer followed.
    fn add(&mut self, key: &str, texts: &[String], now: Timestamp) {
        let until = now.checked_add(FOLLOWED_FOR).unwrap_or(now);
        self.0.retain(|_, actor| actor.until > now);
        let texts = texts.iter().take(TEXTS).cloned().collect();
        self.0.insert(key.to_owned(), FollowedActor { texts, until });
        while self.0.len() > PER_SHARD {
            let first = self.0.iter().min_by_key(|(_, actor)| actor.until);
            let Some(first) = first.map(|(key, _)| key.clone()) else { return };
            self.0.remove(&first);
        }
    }

    /// Whether it need not be written for this principal: the same texts, for long enough.
    fn has(&self, key: &str, texts: &[String], now: Timestamp) -> bool {
        self.0.get(key).is_some_and(|actor| {
            let left = actor.until.duration_since(now);
            actor.texts.iter().eq(texts.iter().take(TEXTS)) && left > FOLLOWED_FOR / 2
        })
    }
}

fn row_of(key: &str) -> String {
    let sum: u64 = Fingerprint::from_parts(&[key]).as_str().bytes().map(u64::from).sum();
    format!("{CASE_PREFIX}follow/{}", sum % SHARDS)
}

impl SourceHalf {
    /// Follows those of these principals who are worth it.
    pub(super) async fn follow_actors(
        &self,
        rows: &CaseRows,
        histories: &PrincipalHistories,
        actors: &BTreeSet<String>,
        commit: &mut StepCommit,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut wanted: BTreeMap<String, Vec<(String, Vec<String>)>> = BTreeMap::new();
        for (key, texts, _) in rows.book.followed_actors(histories) {
            if actors.contains(&key) && !texts.is_empty() {
                wanted.entry(row_of(&key)).or_default().push((key, texts));
            }
        }
        let names: Vec<String> = wanted.keys().cloned().collect();
        let stored = self.store.load_windows(&names).await?;
        let stored: BTreeMap<String, Vec<u8>> =
            stored.into_iter().map(|window| (window.key, window.bytes)).collect();
        for (name, actors) in wanted {
            let mut row =
                stored.get(&name).map(|bytes| FollowedRow::read(bytes)).unwrap_or_default();
            let before = row.clone();
            for (key, texts) in &actors {
                if !row.has(key, texts, now) {
                    row.add(key, texts, now);
                }
            }
            if row != before {
                commit.windows.extend(to_window(&name, &row, now));
            }
        }
        Ok(())
    }

    /// What to look for in bodies; `None` if nobody is followed.
    pub(in crate::source) async fn follow_filter(&self) -> Option<Arc<FollowFilter>> {
        let now = self.clock.now();
        let mut followed = self.followed.lock().await;
        let is_due = followed
            .read
            .is_none_or(|read| self.store.is_shared() && now.duration_since(read) >= REFRESH);
        if is_due && let Ok(windows) = self.store.load_windows(&all_rows()).await {
            followed.texts.clear();
            windows.iter().for_each(|window| followed.take_row(window, now));
            followed.read = Some(now);
            followed.renew_filter();
        }
        followed.filter.clone()
    }

    /// The same with further texts.
    pub(super) async fn follow_filter_with(&self, more: &[String]) -> Option<Arc<FollowFilter>> {
        let known = self.follow_filter().await;
        if more.is_empty() {
            return known;
        }
        let followed = self.followed.lock().await;
        let all: BTreeSet<&String> = followed.texts.values().flatten().chain(more).collect();
        let all: Vec<String> = all.into_iter().cloned().collect();
        Some(Arc::new(FollowFilter::new(&all)))
    }

    /// Takes over what a step committed.
    pub(in crate::source) async fn note_followed(&self, windows: &[MemoryWindow]) {
        let now = self.clock.now();
        let rows = all_rows();
        let changed: Vec<&MemoryWindow> =
            windows.iter().filter(|window| rows.contains(&window.key)).collect();
        if changed.is_empty() {
            return;
        }
        let mut followed = self.followed.lock().await;
        changed.into_iter().for_each(|window| followed.take_row(window, now));
        followed.renew_filter();
    }
}

fn all_rows() -> Vec<String> {
    (0..SHARDS).map(|shard| format!("{CASE_PREFIX}follow/{shard}")).collect()
}

fn to_window(name: &str, row: &FollowedRow, now: Timestamp) -> Option<MemoryWindow> {
    let expires = now.checked_add(FOLLOWED_FOR).ok()?;
    Some(MemoryWindow { key: name.to_owned(), bytes: serde_json::to_vec(row).ok()?, expires })
}

impl FollowedPrincipals {
    fn take_row(&mut self, window: &MemoryWindow, now: Timestamp) {
        let row = FollowedRow::read(&window.bytes).0.into_values();
        let texts = row.filter(|actor| actor.until > now).flat_map(|actor| actor.texts);
        self.texts.insert(window.key.clone(), texts.collect());
    }

    fn renew_filter(&mut self) {
        let texts: BTreeSet<String> = self.texts.values().flatten().cloned().collect();
        let texts: Vec<String> = texts.into_iter().collect();
        self.filter = (!texts.is_empty()).then(|| Arc::new(FollowFilter::new(&texts)));
    }
}
