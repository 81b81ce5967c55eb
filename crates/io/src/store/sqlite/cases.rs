//! The table of cases.

use aware_cases::tell::CaseStatusKind;
use aware_core::event::Level;
use aware_core::open::NamedSet;
use aware_pipeline::port::{CaseFilter, CasePage, MAX_STORED_CASES, StoredCase};
use jiff::Timestamp;
use rusqlite::types::ValueRef;
use rusqlite::{OptionalExtension, Row, Transaction, params};

use super::error::SqliteError;
use super::open::Session;
use super::row::{self, RowKind, StoredRow};

/// The columns, in the order in which rows are read.
const COLUMNS: &str = "id, body, status, level, last, due, expires, weight";

/// A row that is a case, or one that cannot be read.
type CaseRow = Result<StoredCase, StoredRow>;

/// Writes cases, and drops the quiet and harmless where there are too many. Returns how many were
/// dropped.
pub(super) fn write_cases(
    step: &Transaction<'_>,
    cases: &[StoredCase],
) -> Result<usize, SqliteError> {
    if cases.is_empty() {
        return Ok(0);
    }
    let mut insert =
        step.prepare_cached("insert or replace into cases values (?, ?, ?, ?, ?, ?, ?, ?)")?;
    for case in cases {
        insert.execute(params![
            case.id,
            case.body,
            case.status.name(),
            case.level.name(),
            case.last.as_millisecond(),
            case.due.map(Timestamp::as_millisecond),
            case.expires.map(Timestamp::as_millisecond),
            case.weight
        ])?;
    }
    let count: i64 = step.query_row("select count(*) from cases", [], |row| row.get(0))?;
    let over = count.saturating_sub(i64::try_from(MAX_STORED_CASES).unwrap_or(i64::MAX));
    if over <= 0 {
        return Ok(0);
    }
    Ok(step.execute(
        "delete from cases where id in
           (select id from cases order by weight, status = 'open', last, id limit ?)",
        [over],
    )?)
}

/// The cases with these ids.
pub(super) fn cases_by_id(
    session: &mut Session<'_>,
    ids: &[String],
) -> Result<Vec<StoredCase>, SqliteError> {
    session.note_case_reading()?;
    let query = format!("select {COLUMNS} from cases where id = ?");
    let mut query = session.connection.prepare_cached(&query)?;
    let mut rows = Vec::new();
    for id in ids {
        rows.extend(query.query_row([id], case_from_row).optional()?);
    }
    Ok(readable_cases(session, rows))
}

/// The cases that are due, those that have waited longest first.
pub(super) fn due_cases(
    session: &mut Session<'_>,
    now: Timestamp,
    most: usize,
) -> Result<Vec<StoredCase>, SqliteError> {
    session.note_case_reading()?;
    let query = format!("select {COLUMNS} from cases where due <= ? order by due, id limit ?");
    let mut query = session.connection.prepare_cached(&query)?;
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let rows = query.query_map([now.as_millisecond(), most], case_from_row)?;
    let rows = rows.collect::<Result<_, _>>()?;
    Ok(readable_cases(session, rows))
}

/// A page of cases by id.
pub(super) fn list_cases(
    session: &mut Session<'_>,
    filter: &CaseFilter,
    after: &str,
    most: usize,
) -> Result<CasePage, SqliteError> {
    session.note_case_reading()?;
    let query = format!(
        "select {COLUMNS} from cases where id > ?1 and substr(id, 1, length(?2)) = ?2
           and (?3 is null or status = ?3) order by id"
    );
    let mut query = session.connection.prepare_cached(&query)?;
    let status = filter.status.map(CaseStatusKind::name);
    let mut rows = query.query(params![after, filter.id_prefix, status])?;
    let (mut cases, mut bad) = (Vec::new(), Vec::new());
    while cases.len() <= most
        && let Some(row) = rows.next()?
    {
        match case_from_row(row)? {
            Ok(case) if filter.accepts(&case) => cases.push(case),
            Ok(_) => {}
            Err(row) => bad.push(Err(row)),
        }
    }
    drop(rows);
    readable_cases(session, bad);
    Ok(CasePage::of_sorted(cases, filter, most))
}

/// The cases of rows that can be read; the others are set aside.
fn readable_cases(session: &Session<'_>, rows: Vec<CaseRow>) -> Vec<StoredCase> {
    let (mut cases, mut bad) = (Vec::new(), Vec::new());
    for row in rows {
        match row {
            Ok(case) => cases.push(case),
            Err(row) => bad.push((row, "its columns have unexpected values".to_owned())),
        }
    }
    session.set_aside_rows(RowKind::Case, &bad);
    cases
}

fn case_from_row(row: &Row<'_>) -> rusqlite::Result<CaseRow> {
    let stored = StoredRow::from_row(row)?;
    let status = CaseStatusKind::named(&row::text_at(row, 2)?);
    let level = Level::named(&row::text_at(row, 3)?);
    let (last, weight) = (time_at(row, 4)?, u32::try_from(row::integer_at(row, 7)?).ok());
    let (due, expires) = (time_at(row, 5)?, time_at(row, 6)?);
    let is_blob = matches!(row.get_ref(1)?, ValueRef::Blob(_));
    Ok(match (status, level, last, weight) {
        (Some(status), Some(level), Some(last), Some(weight)) if is_blob => {
            let StoredRow { key: id, body } = stored;
            Ok(StoredCase { id, status, level, last, due, expires, weight, body })
        }
        _ => Err(stored),
    })
}

/// A time in milliseconds, or none.
fn time_at(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<Timestamp>> {
    Ok(row.get_ref(at)?.as_i64().ok().and_then(|at| Timestamp::from_millisecond(at).ok()))
}
