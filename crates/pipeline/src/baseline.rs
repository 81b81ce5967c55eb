//! Matches that are findings only if they are unusual, and what decides it.

use std::sync::Arc;

use aware_core::finding::Finding;
use aware_rules::baseline::{BaselineBook, BaselineRow, BaselineSighting, BaselineTest, RowKey};
use jiff::{SignedDuration, Timestamp};

use crate::port::{BASELINE_PREFIX, MemoryWindow};

/// How long a row is kept after it last changed, beyond what its rule remembers.
const ROW_LINGER_DAYS: i64 = 30;

/// A match of a rule with a baseline: a finding if it is unusual.
#[derive(Clone, Debug)]
pub struct BaselineCandidate {
    /// What the rule asks of the past.
    pub test: Arc<BaselineTest>,
    /// Where the event counts.
    pub sightings: Vec<BaselineSighting>,
    /// The finding.
    pub finding: Finding,
    /// The suppression that hides it.
    pub hidden_by: Option<String>,
}

/// Whether an event is unusual, as events come. What it adds is recorded if it may be learned.
pub fn observe_candidate(
    book: &mut BaselineBook,
    candidate: &BaselineCandidate,
    may_learn: bool,
) -> bool {
    let (test, sightings) = (&candidate.test, candidate.sightings.iter());
    match may_learn {
        true => sightings.filter(|one| book.observe(test, one, 1)).count() > 0,
        false => sightings.filter(|one| book.is_unusual(test, one, 1)).count() > 0,
    }
}

/// Adds stored rows to a book. Returns those that cannot be read, and why.
pub fn add_stored_rows(
    book: &mut BaselineBook,
    windows: Vec<MemoryWindow>,
) -> Vec<(MemoryWindow, String)> {
    let mut unread = Vec::new();
    for window in windows {
        let Some(key) = window.key.strip_prefix(BASELINE_PREFIX) else { continue };
        match BaselineRow::from_bytes(&window.bytes) {
            Ok(row) => book.insert_row(key.to_owned(), row),
            Err(problem) => unread.push((window, problem.to_string())),
        }
    }
    unread
}

/// The keys under which rows are stored.
pub fn stored_keys<'k>(rows: impl Iterator<Item = &'k RowKey>) -> Vec<String> {
    let mut keys: Vec<String> = rows.map(|row| format!("{BASELINE_PREFIX}{row}")).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// The rows that have changed, as they are stored.
pub fn changed_rows(book: &BaselineBook, forget_days: u16, now: Timestamp) -> Vec<MemoryWindow> {
    let days = i64::from(forget_days) + ROW_LINGER_DAYS;
    let expires = now.checked_add(SignedDuration::from_hours(24 * days)).unwrap_or(now);
    book.changed_rows()
        .map(|(key, row)| MemoryWindow {
            key: format!("{BASELINE_PREFIX}{key}"),
            bytes: row.to_bytes(),
            expires,
        })
        .collect()
}
