//! Messages that wait: for one destination, and in full for people who inspect the outbox.

use aware_core::message::Message;
use aware_pipeline::port::{MessagePredicate, OutboxPage, StoreError};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row};

use super::error::SqliteError;
use super::open::Session;
use super::outbox::{PART, fair_order, page, still_open};
use super::{SqliteStore, read, row};

/// A message that waits.
#[derive(Clone, Debug, PartialEq)]
pub struct WaitingMessage {
    /// The message.
    pub message: Message,
    /// When it began to wait, if known.
    pub since: Option<Timestamp>,
    /// Where it has arrived or was refused.
    pub settled: Vec<String>,
    /// The only destinations it is for, if it was redriven.
    pub addressees: Vec<String>,
    /// Failed attempts.
    pub attempts: Vec<AttemptHistory>,
}

/// Failed attempts at one destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptHistory {
    /// The destination.
    pub destination: String,
    /// How many.
    pub count: u64,
    /// The problem of the last one.
    pub problem: String,
    /// When the last one was made.
    pub last: Timestamp,
}

impl SqliteStore {
    /// What waits for a destination, in the order of delivery.
    pub(super) async fn fair_page(
        &self,
        destination: &str,
        wanted: MessagePredicate<'_>,
        most: usize,
    ) -> Result<OutboxPage, StoreError> {
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
                    return Ok(OutboxPage { messages, next: None, is_complete: false });
                }
                messages.extend(Some(message).filter(|_| is_mine));
            }
        }
        Ok(OutboxPage { messages, next: None, is_complete: true })
    }

    /// Calls `show` with every waiting message, oldest first.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn each_waiting(&self, mut show: impl FnMut(WaitingMessage)) -> Result<(), StoreError> {
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

fn standing(session: &Session<'_>, message: Message) -> Result<WaitingMessage, SqliteError> {
    let names = |table: &str| {
        let query = format!("select destination from {table} where message = ?");
        read::texts(session, &query, &message.id)
    };
    let (settled, addressees) = (names("settled")?, names("addressed")?);
    let at = "select at from outbox where id = ?";
    let at = session.connection.query_row(at, [&message.id], |row| row::integer_at(row, 0));
    let since = at.optional()?.filter(|at| *at > 0);
    let mut query = session.connection.prepare_cached(
        "select destination, count, problem, last from attempts where message = ? order by destination",
    )?;
    let attempts = query.query_map([&message.id], attempts_from_row)?.collect::<Result<_, _>>()?;
    let since = since.and_then(|at| Timestamp::from_second(at).ok());
    Ok(WaitingMessage { since, settled, addressees, attempts, message })
}

fn attempts_from_row(row: &Row<'_>) -> rusqlite::Result<AttemptHistory> {
    Ok(AttemptHistory {
        destination: row::text_at(row, 0)?,
        count: row::integer_at(row, 1)?.unsigned_abs(),
        problem: row::text_at(row, 2)?,
        last: Timestamp::from_second(row::integer_at(row, 3)?).unwrap_or_default(),
    })
}
