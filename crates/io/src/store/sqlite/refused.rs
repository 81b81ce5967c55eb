//! Refused messages, and how to send them again.

use aware_core::message::{Message, MessageError};
use aware_pipeline::port::StoreError;
use jiff::Timestamp;
use rusqlite::{Row, Transaction, params};

use super::SqliteStore;
use super::error::SqliteError;
use super::open::Session;
use super::outbox::PART;
use super::row;

/// A message that was refused.
#[derive(Clone, Debug, PartialEq)]
pub struct RefusedMessage {
    /// The message.
    pub message: Message,
    /// The destination that refused it.
    pub destination: String,
    /// Why, in the destination's words.
    pub problem: String,
    /// When it was refused.
    pub at: Timestamp,
    /// How often it was attempted.
    pub attempts: u64,
}

impl SqliteStore {
    /// Calls `show` with every refused message, oldest first.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn each_refused(&self, mut show: impl FnMut(RefusedMessage)) -> Result<(), StoreError> {
        let mut place = Some((i64::MIN, i64::MIN));
        while let Some(after) = place {
            let (next, refused) =
                self.database.run_blocking(move |session| refused_page(session, after))?;
            place = next;
            refused.into_iter().for_each(&mut show);
        }
        Ok(())
    }

    /// Puts refused messages back, for the running daemon or the next one to send again to the
    /// destination that refused them. Returns how many.
    ///
    /// # Errors
    /// If the file cannot be written; nothing is put back then.
    pub fn redrive_refused(&self, destination: Option<&str>) -> Result<u64, StoreError> {
        let destination = destination.map(str::to_owned);
        Ok(self.database.run_blocking(move |session| {
            let step = session.connection.transaction()?;
            let rows = rows_to_redrive(&step, destination.as_deref())?;
            let mut count = 0;
            for (rowid, id, to, body) in rows {
                let Ok(message) = Message::read_json(&body) else { continue };
                put_back(&step, &id, &to, &message)?;
                step.execute("delete from refused where rowid = ?", [rowid])?;
                count += 1;
            }
            step.commit()?;
            Ok(count)
        })?)
    }
}

/// Where a page of refused messages ends: time and row.
type RefusedPlace = (i64, i64);

/// Refused messages after a place, oldest first, and where the next page begins.
fn refused_page(
    session: &Session<'_>,
    after: RefusedPlace,
) -> Result<(Option<RefusedPlace>, Vec<RefusedMessage>), SqliteError> {
    let mut query = session.connection.prepare_cached(
        "select destination, body, problem, at, attempts, rowid from refused where (at, rowid) > (?, ?) order by at, rowid limit ?",
    )?;
    let row = |row: &Row<'_>| Ok(((row::integer_at(row, 3)?, row.get(5)?), refused_from_row(row)?));
    let rows = query.query_map(params![after.0, after.1, PART as i64], row)?;
    let (mut last, mut count, mut page) = (None, 0, Vec::new());
    for row in rows {
        let (place, refused) = row?;
        (last, count) = (Some(place), count + 1);
        match refused {
            Ok(refused) => page.push(refused),
            Err(problem) => {
                tracing::error!(%problem, "refused message cannot be read; it is not listed");
            }
        }
    }
    Ok((last.filter(|_| count == PART), page))
}

/// Row, message, destination and body.
type RefusedRow = (i64, String, String, Vec<u8>);

/// The rows of refused messages, oldest first.
fn rows_to_redrive(
    step: &Transaction<'_>,
    destination: Option<&str>,
) -> Result<Vec<RefusedRow>, SqliteError> {
    let mut rows = step.prepare(
        "select rowid, message, destination, body from refused where ?1 is null or destination = ?1 order by at, rowid",
    )?;
    let row = |row: &Row<'_>| {
        let (message, to) = (row::text_at(row, 1)?, row::text_at(row, 2)?);
        Ok((row.get(0)?, message, to, row::bytes_at(row, 3)?))
    };
    Ok(rows.query_map([destination], row)?.collect::<Result<_, _>>()?)
}

/// Puts a message back. If it still waits for other destinations, it now also waits for this one;
/// otherwise it waits only for this one.
fn put_back(
    step: &Transaction<'_>,
    id: &str,
    to: &str,
    message: &Message,
) -> Result<(), SqliteError> {
    let waits = step.prepare_cached("select 1 from outbox where id = ?")?.exists([id])?;
    let limited = step.prepare_cached("select 1 from addressed where message = ?")?.exists([id])?;
    step.execute("delete from settled where message = ? and destination = ?", [id, to])?;
    if !waits {
        let (identity, person) = message.sender_key();
        let (body, group) = (message.to_json(), message.fingerprint.as_str());
        let (urgency, at) = (message.urgency_rank(), Timestamp::now().as_second());
        step.execute(
            "insert into outbox (id, body, urgency, identity, person, fingerprint, at) values (?, ?, ?, ?, ?, ?, ?)",
            params![id, body, urgency, identity, person, group, at],
        )?;
    }
    if !waits || limited {
        step.execute("insert or ignore into addressed values (?, ?)", [id, to])?;
    }
    step.execute("insert or ignore into redriven values (?)", [id])?;
    Ok(())
}

fn refused_from_row(row: &Row<'_>) -> rusqlite::Result<Result<RefusedMessage, MessageError>> {
    let message = match Message::read_json(&row::bytes_at(row, 1)?) {
        Ok(message) => message,
        Err(problem) => return Ok(Err(problem)),
    };
    Ok(Ok(RefusedMessage {
        message,
        destination: row::text_at(row, 0)?,
        problem: row::text_at(row, 2)?,
        at: Timestamp::from_second(row::integer_at(row, 3)?).unwrap_or_default(),
        attempts: row::integer_at(row, 4)?.unsigned_abs(),
    }))
}
