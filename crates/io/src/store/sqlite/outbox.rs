//! What waits, and in which order.

use aware_core::message::Message;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::error::SqliteError;
use super::open::Session;
use super::row::{self, Kind, Stored};
use super::{SqliteStore, read};
use aware_pipeline::port::{Page, StoreError, Wanted};

/// How many messages are read in one piece of work.
pub(super) const PART: usize = 256;

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
    /// What waits for a destination, in the order of delivery.
    pub(super) async fn fair_page(
        &self,
        destination: &str,
        wanted: Wanted<'_>,
        most: usize,
    ) -> Result<Page, StoreError> {
        let to = destination.to_owned();
        let order = self.run(move |session| fair_order(session, &to)).await?;
        let mut messages = Vec::new();
        for part in order.chunks(most.saturating_add(1).min(PART)) {
            let (part, to) = (part.to_vec(), destination.to_owned());
            let open = self.run(move |session| still_open(session, &part, &to)).await?;
            for (message, addressees) in open {
                let is_mine = match addressees.as_slice() {
                    [] => wanted(&message),
                    some => some.iter().any(|name| name == destination),
                };
                if is_mine && messages.len() == most {
                    return Ok(Page { messages, next: None, is_complete: false });
                }
                messages.extend(Some(message).filter(|_| is_mine));
            }
        }
        Ok(Page { messages, next: None, is_complete: true })
    }

    /// Shows every message that waits, oldest first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn each_waiting(&self, mut show: impl FnMut(Waiting)) -> Result<(), StoreError> {
        let mut place = Some(0);
        while let Some(from) = place {
            let (next, waiting) = self.database.run_blocking(move |session| {
                let page = page(session, from, PART)?;
                let standing = page.messages.into_iter().map(|message| standing(session, message));
                Ok((page.next, standing.collect::<Result<Vec<_>, _>>()?))
            })?;
            place = next;
            waiting.into_iter().for_each(&mut show);
        }
        Ok(())
    }
}

impl Session<'_> {
    /// Moves rows that cannot be read out of the way.
    pub(super) fn set_aside(&self, kind: Kind, rows: &[(Stored, String)]) {
        for (row, problem) in rows {
            row::set_aside(self.connection, self.problems, kind, row, problem);
        }
    }

    pub(super) fn say_dropped(&self, dropped: usize) {
        if dropped > 0 {
            let text = format!(
                "{dropped} messages that destinations had refused were dropped: too many, or too old (hint: `aware redrive --local`)"
            );
            tracing::warn!("{text}");
            self.problems.say(&text);
        }
    }

    fn decode_messages(&self, rows: impl IntoIterator<Item = Stored>) -> Vec<Message> {
        let (mut messages, mut bad) = (Vec::new(), Vec::new());
        for row in rows {
            match Message::read(&row.body) {
                Ok(message) => messages.push(message),
                Err(error) => bad.push((row, error.to_string())),
            }
        }
        self.set_aside(Kind::Message, &bad);
        messages
    }
}

/// A page of the outbox, oldest first.
pub(super) fn page(session: &Session<'_>, from: u64, most: usize) -> Result<Page, SqliteError> {
    let (from, limit) = (i64::try_from(from), i64::try_from(most));
    let values = params![from.unwrap_or(i64::MAX), limit.unwrap_or(-1)];
    let mut query = session
        .connection
        .prepare_cached("select id, body, seq from outbox where seq > ? order by seq limit ?")?;
    let row = |row: &Row<'_>| Ok((Stored::of(row)?, row.get::<_, i64>(2)?));
    let rows: Vec<(Stored, i64)> = query.query_map(values, row)?.collect::<Result<_, _>>()?;
    let next = rows.last().filter(|_| rows.len() >= most);
    let next = next.map(|(_, seq)| seq.unsigned_abs());
    let messages = session.decode_messages(rows.into_iter().map(|(row, _)| row));
    Ok(Page { messages, next, is_complete: next.is_none() })
}

/// The places in the outbox of what waits for a destination, in the order of delivery.
fn fair_order(session: &Session<'_>, destination: &str) -> Result<Vec<i64>, SqliteError> {
    let mut query = session.connection.prepare_cached(FAIR)?;
    Ok(query.query_map([destination], |row| row.get(0))?.collect::<Result<_, _>>()?)
}

/// The messages at these places that still wait for a destination, and for whom alone each is.
fn still_open(
    session: &Session<'_>,
    places: &[i64],
    destination: &str,
) -> Result<Vec<(Message, Vec<String>)>, SqliteError> {
    let mut open = Vec::new();
    for seq in places {
        let (row, addressees) = by_seq(session.connection, *seq, destination)?;
        open.extend(session.decode_messages(row).pop().map(|message| (message, addressees)));
    }
    Ok(open)
}

pub(super) fn take_redriven(session: &Session<'_>) -> Result<Vec<Message>, SqliteError> {
    let mut query = session.connection.prepare_cached(
        "select id, body from outbox where id in (select message from redriven) order by seq",
    )?;
    let rows: Vec<Stored> = query.query_map([], Stored::of)?.collect::<Result<_, _>>()?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let messages = session.decode_messages(rows);
    for message in &messages {
        session.connection.execute("delete from redriven where message = ?", [&message.id])?;
    }
    Ok(messages)
}

fn standing(session: &Session<'_>, message: Message) -> Result<Waiting, SqliteError> {
    let names = |table: &str| {
        let query = format!("select destination from {table} where message = ?");
        read::texts(session, &query, &message.id)
    };
    let (settled, addressees) = (names("settled")?, names("addressed")?);
    let at = "select at from outbox where id = ?";
    let at = session.connection.query_row(at, [&message.id], |row| row::integer(row, 0));
    let since = at.optional()?.filter(|at| *at > 0);
    let mut query = session.connection.prepare_cached(
        "select destination, count, problem, last from attempts where message = ? order by destination",
    )?;
    let attempts = query.query_map([&message.id], attempts)?.collect::<Result<_, _>>()?;
    let since = since.and_then(|at| Timestamp::from_second(at).ok());
    Ok(Waiting { since, settled, addressees, attempts, message })
}

/// A message by its place in the outbox, where it is not settled, and for whom alone it is.
fn by_seq(
    connection: &Connection,
    seq: i64,
    destination: &str,
) -> Result<(Option<Stored>, Vec<String>), SqliteError> {
    let mut query = connection.prepare_cached(
        "select id, body from outbox where seq = ? and not exists (
            select 1 from settled where message = outbox.id and destination = ?)",
    )?;
    let row = query.query_row(params![seq, destination], Stored::of).optional()?;
    let mut names = connection.prepare_cached(
        "select destination from addressed where message = (select id from outbox where seq = ?)",
    )?;
    let addressees = names.query_map([seq], |row| row::text(row, 0))?.collect::<Result<_, _>>()?;
    Ok((row, addressees))
}

fn attempts(row: &Row<'_>) -> rusqlite::Result<Attempts> {
    Ok(Attempts {
        destination: row::text(row, 0)?,
        count: row::integer(row, 1)?.unsigned_abs(),
        problem: row::text(row, 2)?,
        last: Timestamp::from_second(row::integer(row, 3)?).unwrap_or_default(),
    })
}
