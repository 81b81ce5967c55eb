//! What waits, what was refused, and how it is sent again.

use aware_core::message::Message;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use super::SqliteStore;
use super::open::SqliteError;
use super::row::{self, Kind, Stored};
use aware_pipeline::log;
use aware_pipeline::port::{Page, StoreError, Wanted};

/// The order of delivery to a destination: the most urgent first; within a level each identity in
/// turn, of an identity each person in turn, of a person the oldest.
const FAIR: &str = "
with open as (
  select seq, urgency, identity,
         row_number() over (partition by urgency, identity, person order by seq) as turn
  from outbox where not exists (
    select 1 from settled where message = outbox.id and destination = ?1)
), turned as (
  select seq, urgency,
         row_number() over (partition by urgency, identity order by turn, seq) as turn
  from open
)
select seq from turned order by urgency desc, turn, seq";

/// A message that was refused.
#[derive(Clone, Debug, PartialEq)]
pub struct Refused {
    /// The message.
    pub message: Message,
    /// Who refused it.
    pub destination: String,
    /// Why, in the destination's words.
    pub problem: String,
    /// When.
    pub at: Timestamp,
    /// How often it was tried.
    pub attempts: u64,
}

/// A message that waits.
#[derive(Clone, Debug, PartialEq)]
pub struct Waiting {
    /// The message.
    pub message: Message,
    /// Since when, where it is known.
    pub since: Option<Timestamp>,
    /// Where it has arrived or was refused.
    pub settled: Vec<String>,
    /// For whom alone it is, when it was put back.
    pub addressees: Vec<String>,
    /// Attempts that failed.
    pub attempts: Vec<Attempts>,
}

/// Attempts at one destination that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempts {
    /// The destination.
    pub destination: String,
    /// How many.
    pub count: u64,
    /// What the last one came to.
    pub problem: String,
    /// When that was.
    pub last: Timestamp,
}

impl SqliteStore {
    /// A page of the outbox, oldest first.
    pub(super) fn page(&self, from: u64, most: usize) -> Result<Page, StoreError> {
        self.with(|connection| {
            let (from, limit) = (i64::try_from(from), i64::try_from(most));
            let values = params![from.unwrap_or(i64::MAX), limit.unwrap_or(-1)];
            let mut query = connection.prepare_cached(
                "select id, body, seq from outbox where seq > ? order by seq limit ?",
            )?;
            let row = |row: &Row<'_>| Ok((Stored::of(row)?, row.get::<_, i64>(2)?));
            let rows: Vec<(Stored, i64)> =
                query.query_map(values, row)?.collect::<Result<_, _>>()?;
            let next = rows.last().filter(|_| rows.len() >= most);
            let next = next.map(|(_, seq)| seq.unsigned_abs());
            let rows = rows.into_iter().map(|(row, _)| row);
            let messages = self.read_messages(connection, rows);
            Ok(Page { messages, next, is_complete: next.is_none() })
        })
    }

    fn read_messages(
        &self,
        connection: &Connection,
        rows: impl Iterator<Item = Stored>,
    ) -> Vec<Message> {
        let (mut messages, mut bad) = (Vec::new(), Vec::new());
        for row in rows {
            match row::message(&row.body) {
                Ok(message) => messages.push(message),
                Err(problem) => bad.push((row, problem)),
            }
        }
        self.set_aside(connection, Kind::Message, &bad);
        messages
    }

    /// What waits for a destination, in the order of delivery.
    pub(super) fn fair_page(
        &self,
        destination: &str,
        wanted: Wanted<'_>,
        most: usize,
    ) -> Result<Page, StoreError> {
        self.with(|connection| {
            let mut query = connection.prepare_cached(FAIR)?;
            let order: Vec<i64> =
                query.query_map([destination], |row| row.get(0))?.collect::<Result<_, _>>()?;
            let mut messages = Vec::new();
            for seq in order {
                let (row, addressees) = by_seq(connection, seq)?;
                let Some(message) = self.read_messages(connection, row.into_iter()).pop() else {
                    continue;
                };
                let is_mine = match addressees.as_slice() {
                    [] => wanted(&message),
                    some => some.iter().any(|name| name == destination),
                };
                if is_mine && messages.len() == most {
                    return Ok(Page { messages, next: None, is_complete: false });
                }
                messages.extend(Some(message).filter(|_| is_mine));
            }
            Ok(Page { messages, next: None, is_complete: true })
        })
    }

    pub(super) fn take_redriven(&self) -> Result<Vec<Message>, StoreError> {
        self.with(|connection| {
            let mut query = connection.prepare_cached(
                "select id, body from outbox where id in (select message from redriven) order by seq",
            )?;
            let rows: Vec<Stored> = query.query_map([], Stored::of)?.collect::<Result<_, _>>()?;
            if rows.is_empty() {
                return Ok(Vec::new());
            }
            let messages = self.read_messages(connection, rows.into_iter());
            for message in &messages {
                connection.execute("delete from redriven where message = ?", [&message.id])?;
            }
            Ok(messages)
        })
    }

    /// Shows every message that waits, oldest first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn each_waiting(&self, mut show: impl FnMut(Waiting)) -> Result<(), StoreError> {
        let mut place = Some(0);
        while let Some(from) = place {
            let page = self.page(from, 256)?;
            place = page.next;
            for message in page.messages {
                show(self.standing(message)?);
            }
        }
        Ok(())
    }

    fn standing(&self, message: Message) -> Result<Waiting, StoreError> {
        let names = |table: &str| {
            let query = format!("select destination from {table} where message = ?");
            self.texts(&query, &message.id)
        };
        let (settled, addressees) = (names("settled")?, names("addressed")?);
        self.with(|connection| {
            let at = "select at from outbox where id = ?";
            let at = connection.query_row(at, [&message.id], |row| row::integer(row, 0));
            let since = at.optional()?.filter(|at| *at > 0);
            let mut query = connection.prepare_cached(
                "select destination, count, problem, last from attempts where message = ? order by destination",
            )?;
            let attempts = query.query_map([&message.id], attempts)?.collect::<Result<_, _>>()?;
            let since = since.and_then(|at| Timestamp::from_second(at).ok());
            Ok(Waiting { since, settled, addressees, attempts, message: message.clone() })
        })
    }

    /// Shows every refused message, oldest first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn each_refused(&self, mut show: impl FnMut(Refused)) -> Result<(), StoreError> {
        self.with(|connection| {
            let mut query = connection.prepare(
                "select destination, body, problem, at, attempts from refused order by at, rowid",
            )?;
            for row in query.query_map([], refused)? {
                match row? {
                    Ok(refused) => show(refused),
                    Err(problem) => {
                        log::error("a refused message cannot be read", &[("problem", &problem)]);
                    }
                }
            }
            Ok(())
        })
    }

    /// Puts what was refused back, to be sent again to whoever refused it: by the daemon that runs,
    /// or the next one. How many.
    ///
    /// # Errors
    /// When the file cannot be written; nothing was put back then.
    pub fn redrive(&self, destination: Option<&str>) -> Result<u64, StoreError> {
        self.with(|connection| {
            let step = connection.transaction()?;
            let rows = to_redrive(&step, destination)?;
            let mut count = 0;
            for (rowid, id, to, body) in rows {
                let Ok(message) = row::message(&body) else { continue };
                put_back(&step, &id, &to, &message)?;
                step.execute("delete from refused where rowid = ?", [rowid])?;
                count += 1;
            }
            step.commit()?;
            Ok(count)
        })
    }

    pub(super) fn say_dropped(&self, dropped: usize) {
        if dropped > 0 {
            let text = format!(
                "{dropped} messages that destinations had refused were dropped: too many, or too old (hint: `aware redrive --local`)"
            );
            log::warn(&text, &[]);
            self.problems.say(&text);
        }
    }
}

/// Row, message, destination and body.
type RefusedRow = (i64, String, String, Vec<u8>);

/// The rows of what was refused, oldest first.
fn to_redrive(
    step: &Transaction<'_>,
    destination: Option<&str>,
) -> Result<Vec<RefusedRow>, SqliteError> {
    let mut rows = step.prepare(
        "select rowid, message, destination, body from refused where ?1 is null or destination = ?1 order by at, rowid",
    )?;
    let row = |row: &Row<'_>| {
        let (message, to) = (row::text(row, 1)?, row::text(row, 2)?);
        Ok((row.get(0)?, message, to, row::bytes(row, 3)?))
    };
    Ok(rows.query_map([destination], row)?.collect::<Result<_, _>>()?)
}

/// A message by its place in the outbox, and for whom alone it is.
fn by_seq(connection: &Connection, seq: i64) -> Result<(Option<Stored>, Vec<String>), SqliteError> {
    let mut query = connection.prepare_cached("select id, body from outbox where seq = ?")?;
    let row = query.query_row([seq], Stored::of).optional()?;
    let mut names = connection.prepare_cached(
        "select destination from addressed where message = (select id from outbox where seq = ?)",
    )?;
    let addressees = names.query_map([seq], |row| row::text(row, 0))?.collect::<Result<_, _>>()?;
    Ok((row, addressees))
}

/// A message that still waits for others waits for this one too; one that is alone waits for it
/// alone.
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
        let (identity, person) = message.sender();
        let (body, group) = (message.to_json(), message.fingerprint.as_str());
        let (urgency, at) = (message.urgency(), Timestamp::now().as_second());
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

fn attempts(row: &Row<'_>) -> rusqlite::Result<Attempts> {
    Ok(Attempts {
        destination: row::text(row, 0)?,
        count: row::integer(row, 1)?.unsigned_abs(),
        problem: row::text(row, 2)?,
        last: Timestamp::from_second(row::integer(row, 3)?).unwrap_or_default(),
    })
}

fn refused(row: &Row<'_>) -> rusqlite::Result<Result<Refused, String>> {
    let message = match row::message(&row::bytes(row, 1)?) {
        Ok(message) => message,
        Err(problem) => return Ok(Err(problem)),
    };
    Ok(Ok(Refused {
        message,
        destination: row::text(row, 0)?,
        problem: row::text(row, 2)?,
        at: Timestamp::from_second(row::integer(row, 3)?).unwrap_or_default(),
        attempts: row::integer(row, 4)?.unsigned_abs(),
    }))
}
