//! The messages that wait, and their order.

use aware_core::message::Message;
use aware_pipeline::port::OutboxPage;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::error::SqliteError;
use super::open::Session;
use super::row::{self, RowKind, StoredRow};

/// How many messages are read in one piece of work.
pub(super) const PART: usize = 256;

/// The order of delivery to a destination: the most urgent first; within a level the identities
/// take turns, within an identity the persons, and of each person the oldest comes first.
const FAIR_ORDER_QUERY: &str = "
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

impl Session<'_> {
    /// Moves rows that cannot be read out of the way.
    pub(super) fn set_aside_rows(&self, kind: RowKind, rows: &[(StoredRow, String)]) {
        for (row, problem) in rows {
            row::set_aside_row(self.connection, self.problems, kind, row, problem);
        }
    }

    pub(super) fn note_dropped(&self, dropped: usize) {
        if dropped > 0 {
            self.note_loss(&format!(
                "{dropped} messages that destinations had refused were dropped because they were too many or too old (hint: `aware redrive --local`)"
            ));
        }
    }

    /// Reports that cases lost some of what they remember.
    pub(super) fn note_forgotten(&self, cases: usize, baselines: usize) {
        if cases > 0 {
            self.note_loss(&format!(
                "{cases} rows of what cases remember were dropped because there were too many, those of the principals that were quiet for longest first"
            ));
        }
        if baselines > 0 {
            self.note_loss(&format!(
                "{baselines} rows of what is usual were dropped because there were too many, those that were not used for longest first; what they knew is new again"
            ));
        }
    }

    fn note_loss(&self, text: &str) {
        tracing::warn!("{text}");
        self.problems.note_problem(text);
    }

    fn decode_messages(&self, rows: impl IntoIterator<Item = StoredRow>) -> Vec<Message> {
        let (mut messages, mut bad) = (Vec::new(), Vec::new());
        for row in rows {
            match Message::read_json(&row.body) {
                Ok(message) => messages.push(message),
                Err(error) => bad.push((row, error.to_string())),
            }
        }
        self.set_aside_rows(RowKind::Message, &bad);
        messages
    }
}

/// A page of the outbox, oldest first.
pub(super) fn page(
    session: &Session<'_>,
    from: u64,
    most: usize,
) -> Result<OutboxPage, SqliteError> {
    let (from, limit) = (i64::try_from(from), i64::try_from(most));
    let values = params![from.unwrap_or(i64::MAX), limit.unwrap_or(-1)];
    let mut query = session
        .connection
        .prepare_cached("select id, body, seq from outbox where seq > ? order by seq limit ?")?;
    let row = |row: &Row<'_>| Ok((StoredRow::from_row(row)?, row.get::<_, i64>(2)?));
    let rows: Vec<(StoredRow, i64)> = query.query_map(values, row)?.collect::<Result<_, _>>()?;
    let next = rows.last().filter(|_| rows.len() >= most);
    let next = next.map(|(_, seq)| seq.unsigned_abs());
    let messages = session.decode_messages(rows.into_iter().map(|(row, _)| row));
    Ok(OutboxPage { messages, next, is_complete: next.is_none() })
}

/// The places in the outbox of what waits for a destination, in the order of delivery.
pub(super) fn fair_order(
    session: &Session<'_>,
    destination: &str,
) -> Result<Vec<i64>, SqliteError> {
    let mut query = session.connection.prepare_cached(FAIR_ORDER_QUERY)?;
    Ok(query.query_map([destination], |row| row.get(0))?.collect::<Result<_, _>>()?)
}

/// The messages at these places that still wait for a destination, and for whom alone each is.
pub(super) fn still_open(
    session: &Session<'_>,
    places: &[i64],
    destination: &str,
) -> Result<Vec<(Message, Vec<String>)>, SqliteError> {
    let mut open = Vec::new();
    for seq in places {
        let (row, addressees) = message_by_seq(session.connection, *seq, destination)?;
        open.extend(session.decode_messages(row).pop().map(|message| (message, addressees)));
    }
    Ok(open)
}

pub(super) fn take_redriven(session: &Session<'_>) -> Result<Vec<Message>, SqliteError> {
    let mut query = session.connection.prepare_cached(
        "select id, body from outbox where id in (select message from redriven) order by seq",
    )?;
    let rows: Vec<StoredRow> =
        query.query_map([], StoredRow::from_row)?.collect::<Result<_, _>>()?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let messages = session.decode_messages(rows);
    for message in &messages {
        session.connection.execute("delete from redriven where message = ?", [&message.id])?;
    }
    Ok(messages)
}

/// A message by its place in the outbox, where it is not settled, and for whom alone it is.
fn message_by_seq(
    connection: &Connection,
    seq: i64,
    destination: &str,
) -> Result<(Option<StoredRow>, Vec<String>), SqliteError> {
    let mut query = connection.prepare_cached(
        "select id, body from outbox where seq = ? and not exists (
            select 1 from settled where message = outbox.id and destination = ?)",
    )?;
    let row = query.query_row(params![seq, destination], StoredRow::from_row).optional()?;
    let mut names = connection.prepare_cached(
        "select destination from addressed where message = (select id from outbox where seq = ?)",
    )?;
    let addressees =
        names.query_map([seq], |row| row::text_at(row, 0))?.collect::<Result<_, _>>()?;
    Ok((row, addressees))
}
