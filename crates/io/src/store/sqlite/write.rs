//! Writing rows.

use aware_cases::group::GroupClass;
use aware_pipeline::port::{FailedAttempt, SettledMessage, StepCommit};
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use super::cases::write_cases;
use super::error::SqliteError;
use super::keep::RefusedRetention;
use super::open::{Session, file_state};

/// How long unreadable rows are kept.
const UNREADABLE_RETENTION: SignedDuration = SignedDuration::from_hours(30 * 24);

/// How many rows of what cases remember are kept: one or more for each principal.
pub(super) const MAX_CASE_ROWS: usize = 200_000;
/// How many rows baselines have: callers choose some of their keys.
pub(super) const MAX_BASELINE_ROWS: usize = 500_000;

/// Commits a step, all or nothing. Returns how many cases were dropped to make room.
///
/// # Errors
/// [`SqliteError::Conflict`] if it holds cases and another process, such as `aware case close`,
/// wrote to the file after they were read.
pub(super) fn commit_step(
    session: &mut Session<'_>,
    commit: &StepCommit,
    now: Timestamp,
) -> Result<usize, SqliteError> {
    let read_at = if commit.cases.is_empty() { None } else { session.take_case_reading() };
    let step = session.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let is_stale = read_at.map(|read_at| Ok::<_, SqliteError>(read_at != file_state(&step)?));
    if is_stale.transpose()? == Some(true) {
        return Err(SqliteError::Conflict);
    }
    write_step(&step, commit, now)?;
    let dropped = write_cases(&step, &commit.cases)?;
    step.commit()?;
    Ok(dropped)
}

fn write_step(
    step: &Transaction<'_>,
    commit: &StepCommit,
    now: Timestamp,
) -> Result<(), SqliteError> {
    let mut seen = step.prepare_cached("insert or ignore into seen values (?, ?, ?)")?;
    for event in &commit.seen {
        seen.execute(params![event.account, event.id, now.as_second()])?;
    }
    let mut tallies =
        step.prepare_cached("insert or replace into tallies values (?, ?, ?, ?, ?, ?)")?;
    for tally in &commit.tallies {
        let body = serde_json::to_string(tally)?;
        let untold = i64::try_from(tally.unreported_count()).unwrap_or(i64::MAX);
        let service = tally.class != GroupClass::Finding;
        let due = tally.due.map(Timestamp::as_millisecond);
        let (key, last) = (tally.fingerprint.as_str(), tally.last_seen.as_second());
        tallies.execute(params![key, body, untold, service, last, due])?;
    }
    insert_messages(step, commit, now)?;
    if let Some((input, place)) = &commit.resume {
        step.execute("insert or replace into resumes values (?, ?)", [input, place])?;
    }
    for window in &commit.windows {
        let values = params![window.key, window.bytes, window.expires.as_second()];
        step.execute("insert or replace into windows values (?, ?, ?)", values)?;
    }
    for (name, value) in &commit.notes {
        step.execute("insert or replace into notes values (?, ?)", [name, value])?;
    }
    Ok(())
}

/// Inserts messages with the columns that order them. A message that waits before a more urgent one
/// of its group is raised to that urgency.
fn insert_messages(
    step: &Transaction<'_>,
    commit: &StepCommit,
    now: Timestamp,
) -> Result<(), SqliteError> {
    let mut raise = step
        .prepare_cached("update outbox set urgency = ?1 where fingerprint = ?2 and urgency < ?1")?;
    let mut insert = step.prepare_cached(
        "insert or ignore into outbox (id, body, urgency, identity, person, fingerprint, at) values (?, ?, ?, ?, ?, ?, ?)",
    )?;
    for message in &commit.outbox {
        let (urgency, group) = (message.urgency_rank(), message.fingerprint.as_str());
        let (identity, person) = message.sender_key();
        raise.execute(params![urgency, group])?;
        let body = message.to_json();
        let at = now.as_second();
        insert.execute(params![message.id, body, urgency, identity, person, group, at])?;
    }
    Ok(())
}

/// Settles a message that arrived or was refused. Returns how many refused messages were dropped.
pub(super) fn settle_message(
    connection: &mut Connection,
    settled: SettledMessage<'_>,
    keep: RefusedRetention,
    now: Timestamp,
) -> Result<usize, SqliteError> {
    let step = connection.transaction()?;
    let SettledMessage { message, destination, thread, problem } = settled;
    let at = now.as_second();
    let values = params![message.id, destination];
    step.execute("insert or ignore into settled values (?, ?)", values)?;
    if let Some(thread) = thread {
        let values = params![destination, message.fingerprint.as_str(), thread, at];
        step.execute("insert or replace into threads values (?, ?, ?, ?)", values)?;
    }
    let mut dropped = 0;
    if let Some(problem) = problem {
        let count = "select count from attempts where message = ? and destination = ?";
        let failed: Option<i64> =
            step.query_row(count, params![message.id, destination], |row| row.get(0)).optional()?;
        let body = message.to_json();
        let attempts = failed.unwrap_or_default() + 1;
        let urgency = message.urgency_rank();
        step.execute(
            "insert into refused (message, destination, problem, body, at, urgency, attempts) values (?, ?, ?, ?, ?, ?, ?)",
            params![message.id, destination, problem, body, at, urgency, attempts],
        )?;
        dropped = trim_refused(&step, keep, now)?;
    }
    step.execute("delete from attempts where message = ? and destination = ?", values)?;
    step.commit()?;
    Ok(dropped)
}

/// Drops messages that were refused too long ago and, if there are too many, the oldest of the
/// least urgent.
fn trim_refused(
    step: &Connection,
    keep: RefusedRetention,
    now: Timestamp,
) -> Result<usize, SqliteError> {
    let days = SignedDuration::from_hours(24 * i64::from(keep.days));
    let before = now.checked_sub(days).unwrap_or_default().as_second();
    let old = step.execute("delete from refused where at < ?", [before])?;
    let count: i64 = step.query_row("select count(*) from refused", [], |row| row.get(0))?;
    let over = count.saturating_sub(i64::try_from(keep.most).unwrap_or(i64::MAX));
    let many = if over > 0 {
        step.execute(
            "delete from refused where rowid in (select rowid from refused order by urgency, at, rowid limit ?)",
            [over],
        )?
    } else {
        0
    };
    Ok(old + many)
}

pub(super) fn finish_message(
    connection: &mut Connection,
    message: &str,
) -> Result<(), SqliteError> {
    let step = connection.transaction()?;
    // A message that was just redriven by another process is not finished.
    if step.prepare_cached("select 1 from redriven where message = ?")?.exists([message])? {
        return Ok(());
    }
    step.execute("delete from outbox where id = ?", [message])?;
    for table in ["settled", "addressed", "attempts"] {
        step.execute(&format!("delete from {table} where message = ?"), [message])?;
    }
    step.commit()?;
    Ok(())
}

pub(super) fn record_attempt(
    connection: &Connection,
    attempt: FailedAttempt<'_>,
    now: Timestamp,
) -> Result<(), SqliteError> {
    let FailedAttempt { message, destination, problem } = attempt;
    connection.execute(
        "insert into attempts values (?1, ?2, 1, ?3, ?4, ?4)
         on conflict (message, destination) do update set count = count + 1, problem = ?3, last = ?4",
        params![message, destination, problem, now.as_second()],
    )?;
    Ok(())
}

/// Drops the rows with keys of a range that were quiet for longest, if there are too many. Returns how
/// many were dropped.
pub(super) fn trim_rows(
    connection: &Connection,
    [first, end]: [&str; 2],
    most: usize,
) -> Result<usize, SqliteError> {
    let count = "select count(*) from windows where key >= ? and key < ?";
    let count: i64 = connection.query_row(count, [first, end], |row| row.get(0))?;
    let over = count.saturating_sub(i64::try_from(most).unwrap_or(i64::MAX));
    if over <= 0 {
        return Ok(0);
    }
    Ok(connection.execute(
        "delete from windows where key in
           (select key from windows where key >= ? and key < ? order by expires, key limit ?)",
        params![first, end, over],
    )?)
}

pub(super) fn forget_before(
    connection: &mut Connection,
    before: Timestamp,
    keep: RefusedRetention,
    now: Timestamp,
) -> Result<usize, SqliteError> {
    let step = connection.transaction()?;
    step.execute("delete from cases where expires < ?", [before.as_millisecond()])?;
    let before = before.as_second();
    step.execute("delete from seen where at < ?", [before])?;
    step.execute("delete from threads where at < ?", [before])?;
    step.execute("delete from windows where expires < ?", [before])?;
    step.execute("delete from tallies where last < ? and untold = 0 and service = 0", [before])?;
    let unreadable = now.checked_sub(UNREADABLE_RETENTION).unwrap_or_default().as_second();
    step.execute("delete from unreadable where at < ?", [unreadable])?;
    let dropped = trim_refused(&step, keep, now)?;
    step.commit()?;
    Ok(dropped)
}

#[cfg(test)]
mod tests {
    use aware_pipeline::port::MemoryWindow;

    use super::super::schema;
    use super::*;
    use crate::store::sqlite::read::CASE_KEYS;

    #[test]
    fn what_was_quiet_for_longest_is_forgotten_first() {
        let mut connection = Connection::open_in_memory().unwrap();
        schema::migrate(&mut connection).unwrap();
        let window = |key: &str, second| MemoryWindow {
            key: key.to_owned(),
            bytes: Vec::new(),
            expires: Timestamp::from_second(second).unwrap(),
        };
        let windows =
            vec![window("case/a", 30), window("case/b", 10), window("case/c", 20), window("x", 1)];
        let commit = StepCommit { windows, ..StepCommit::default() };
        let step = connection.transaction().unwrap();
        write_step(&step, &commit, Timestamp::UNIX_EPOCH).unwrap();
        step.commit().unwrap();
        assert_eq!(trim_rows(&connection, CASE_KEYS, 3).unwrap(), 0);
        assert_eq!(trim_rows(&connection, CASE_KEYS, 1).unwrap(), 2);
        let mut left = connection.prepare("select key from windows order by key").unwrap();
        let left: Vec<String> =
            left.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        assert_eq!(left, ["case/a", "x"]);
    }
}
