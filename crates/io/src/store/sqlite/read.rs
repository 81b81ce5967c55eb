//! Queries on every table but the outbox.

use std::collections::HashMap;

use aware_cases::group::FindingGroup;
use aware_core::fingerprint::Fingerprint;
use aware_pipeline::port::{BASELINE_PREFIX, CASE_PREFIX, EventKey, MemoryWindow};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

use super::error::SqliteError;
use super::open::Session;
use super::row::{self, RowKind, StoredRow};

/// Which events were committed as seen.
pub(super) fn seen(session: &Session<'_>, events: &[EventKey]) -> Result<Vec<bool>, SqliteError> {
    let mut query =
        session.connection.prepare_cached("select 1 from seen where account = ? and id = ?")?;
    let mut known = Vec::with_capacity(events.len());
    for event in events {
        known.push(query.exists(params![event.account, event.id])?);
    }
    Ok(known)
}

/// The tallies of groups, as far as there are any.
pub(super) fn tallies(
    session: &Session<'_>,
    keys: &[Fingerprint],
) -> Result<HashMap<Fingerprint, FindingGroup>, SqliteError> {
    let mut query =
        session.connection.prepare_cached("select key, body from tallies where key = ?")?;
    let mut rows = Vec::new();
    for key in keys {
        rows.extend(query.query_row([key.as_str()], StoredRow::from_row).optional()?);
    }
    let tallies = decode_tallies(session, rows).into_iter();
    Ok(tallies.map(|tally| (tally.fingerprint.clone(), tally)).collect())
}

/// Every tally with findings that were not reported.
pub(super) fn untold(session: &Session<'_>) -> Result<Vec<FindingGroup>, SqliteError> {
    let mut query = session
        .connection
        .prepare_cached("select key, body from tallies where untold > 0 order by key")?;
    let rows = query.query_map([], StoredRow::from_row)?.collect::<Result<_, _>>()?;
    Ok(decode_tallies(session, rows))
}

/// Every tally whose update is due.
pub(super) fn due_tallies(
    session: &Session<'_>,
    now: Timestamp,
) -> Result<Vec<FindingGroup>, SqliteError> {
    let mut query = session
        .connection
        .prepare_cached("select key, body from tallies where due <= ? order by key")?;
    let rows = query.query_map([now.as_millisecond()], StoredRow::from_row)?;
    Ok(decode_tallies(session, rows.collect::<Result<_, _>>()?))
}

/// The first key of what cases remember, and the first one after these.
pub(super) const CASE_KEYS: [&str; 2] = [CASE_PREFIX, "case0"];
/// The same of rows of baselines.
pub(super) const BASELINE_KEYS: [&str; 2] = [BASELINE_PREFIX, "base0"];

/// Everything that correlations and triage remember.
pub(super) fn windows(session: &Session<'_>) -> Result<Vec<MemoryWindow>, SqliteError> {
    let mut query = session.connection.prepare_cached(
        "select key, body, expires from windows
         where not (key >= ?1 and key < ?2) and not (key >= ?3 and key < ?4) order by key",
    )?;
    let [[first, end], [base, base_end]] = [CASE_KEYS, BASELINE_KEYS];
    let rows = query
        .query_map([first, end, base, base_end], row::window_from_row)?
        .collect::<Result<_, _>>()?;
    Ok(decode_windows(session, rows))
}

/// What is remembered under these keys.
pub(super) fn windows_of(
    session: &Session<'_>,
    keys: &[String],
) -> Result<Vec<MemoryWindow>, SqliteError> {
    let mut query = session
        .connection
        .prepare_cached("select key, body, expires from windows where key = ?")?;
    let mut rows = Vec::new();
    for key in keys {
        rows.extend(query.query_row([key], row::window_from_row).optional()?);
    }
    Ok(decode_windows(session, rows))
}

/// The small values whose names begin with a kind and a slash, without these.
pub(super) fn notes_of(
    session: &Session<'_>,
    kind: &str,
) -> Result<Vec<(String, String)>, SqliteError> {
    let mut query = session.connection.prepare_cached(
        "select substr(name, length(?1) + 2), value from notes where substr(name, 1, length(?1) + 1) = ?1 || '/'",
    )?;
    let pair = |row: &Row<'_>| Ok((row::text_at(row, 0)?, row::text_at(row, 1)?));
    Ok(query.query_map([kind], pair)?.collect::<Result<_, _>>()?)
}

/// The one text that a query finds.
pub(super) fn one(
    session: &Session<'_>,
    query: &str,
    key: &[String],
) -> Result<Option<String>, SqliteError> {
    let mut query = session.connection.prepare_cached(query)?;
    let key = rusqlite::params_from_iter(key);
    Ok(query.query_row(key, |row| row::text_at(row, 0)).optional()?)
}

/// All texts that a query finds.
pub(super) fn texts(
    session: &Session<'_>,
    query: &str,
    key: &str,
) -> Result<Vec<String>, SqliteError> {
    let mut query = session.connection.prepare_cached(query)?;
    let names = query.query_map([key], |row| row::text_at(row, 0))?;
    Ok(names.collect::<Result<_, _>>()?)
}

/// How many refused messages are kept.
pub(super) fn refused_count(session: &Session<'_>) -> Result<u64, SqliteError> {
    let count = session.connection.query_row("select count(*) from refused", [], |row| row.get(0));
    Ok(count.map(i64::unsigned_abs)?)
}

/// Parses tallies from rows of key and body.
fn decode_tallies(session: &Session<'_>, rows: Vec<StoredRow>) -> Vec<FindingGroup> {
    let (mut tallies, mut bad) = (Vec::new(), Vec::new());
    for row in rows {
        match serde_json::from_slice(&row.body) {
            Ok(tally) => tallies.push(tally),
            Err(error) => bad.push((row, error.to_string())),
        }
    }
    session.set_aside_rows(RowKind::Tally, &bad);
    tallies
}

fn decode_windows(
    session: &Session<'_>,
    rows: Vec<Result<MemoryWindow, StoredRow>>,
) -> Vec<MemoryWindow> {
    let (mut windows, mut bad) = (Vec::new(), Vec::new());
    for row in rows {
        match row {
            Ok(window) => windows.push(window),
            Err(row) => bad.push((row, "its columns have unexpected types".to_owned())),
        }
    }
    session.set_aside_rows(RowKind::Window, &bad);
    windows
}
