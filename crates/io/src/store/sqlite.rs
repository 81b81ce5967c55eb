//! The daemon's store: one SQLite file in write-ahead mode.
//!
//! A step is one transaction, and every commit is on the disk when it returns
//! (`synchronous = FULL`), so that a killed process, or a machine without power, takes up exactly
//! where it was. Source: <https://www.sqlite.org/wal.html>.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Mutex, MutexGuard};

use async_trait::async_trait;
use aware_core::group::{Class, Fingerprint, Tally};
use aware_core::message::Message;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use crate::port::{Commit, EventKey, Settled, Store, StoreError, Window};

const SCHEMA: &str = "
create table if not exists seen (account text, id text, at integer, primary key (account, id)) without rowid;
create table if not exists tallies (key text primary key, body text, untold integer, service integer, last integer) without rowid;
create index if not exists tallies_untold on tallies (untold) where untold > 0;
create table if not exists outbox (seq integer primary key autoincrement, id text unique, body text);
create table if not exists settled (message text, destination text, primary key (message, destination)) without rowid;
create table if not exists refused (message text, destination text, problem text, body text, at integer);
create table if not exists threads (destination text, key text, thread text, at integer, primary key (destination, key)) without rowid;
create table if not exists resumes (input text primary key, place text) without rowid;
create table if not exists notes (name text primary key, value text) without rowid;
create table if not exists windows (key text primary key, body blob, expires integer) without rowid;
";

/// A store in one file.
#[derive(Debug)]
pub struct SqliteStore {
    connection: Mutex<Connection>,
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Down(error.to_string())
    }
}

impl SqliteStore {
    /// Opens or makes the file; its folder must exist.
    ///
    /// # Errors
    /// When it cannot be opened, is no database, or another process holds it.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let connection = Connection::open(path)?;
        connection.busy_timeout(std::time::Duration::from_secs(5))?;
        connection.pragma_update(None, "journal_mode", "wal")?;
        connection.pragma_update(None, "synchronous", "full")?;
        connection.execute_batch(SCHEMA)?;
        Ok(Self { connection: Mutex::new(connection) })
    }

    fn connection(&self) -> Result<MutexGuard<'_, Connection>, StoreError> {
        self.connection
            .lock()
            .map_err(|_| StoreError::Down("a step before this one failed half way".to_owned()))
    }

    /// How many messages destinations refused, for reports.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn refused(&self) -> Result<u64, StoreError> {
        let count: i64 =
            self.connection()?.query_row("select count(*) from refused", [], |row| row.get(0))?;
        Ok(count.unsigned_abs())
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn seen(&self, events: &[EventKey]) -> Result<Vec<bool>, StoreError> {
        let connection = self.connection()?;
        let mut query =
            connection.prepare_cached("select 1 from seen where account = ? and id = ?")?;
        let mut known = Vec::with_capacity(events.len());
        for event in events {
            known.push(query.exists(params![event.account, event.id])?);
        }
        Ok(known)
    }

    async fn tallies(
        &self,
        keys: &[Fingerprint],
    ) -> Result<HashMap<Fingerprint, Tally>, StoreError> {
        let connection = self.connection()?;
        let mut query = connection.prepare_cached("select body from tallies where key = ?")?;
        let mut tallies = HashMap::new();
        for key in keys {
            let body: Option<String> =
                query.query_row([key.as_str()], |row| row.get(0)).optional()?;
            if let Some(body) = body {
                tallies.insert(key.clone(), tally(&body)?);
            }
        }
        Ok(tallies)
    }

    async fn untold(&self) -> Result<Vec<Tally>, StoreError> {
        let connection = self.connection()?;
        let mut query =
            connection.prepare_cached("select body from tallies where untold > 0 order by key")?;
        let bodies = query.query_map([], |row| row.get::<_, String>(0))?;
        bodies.map(|body| tally(&body?)).collect()
    }

    async fn commit(&self, commit: Commit, now: Timestamp) -> Result<(), StoreError> {
        let mut connection = self.connection()?;
        let step = connection.transaction()?;
        write(&step, &commit, now)?;
        step.commit()?;
        Ok(())
    }

    async fn outbox(&self) -> Result<Vec<Message>, StoreError> {
        let connection = self.connection()?;
        let mut query = connection.prepare_cached("select body from outbox order by seq")?;
        let bodies = query.query_map([], |row| row.get::<_, String>(0))?;
        let message = |body: String| {
            Message::read(body.as_bytes()).map_err(|error| StoreError::Down(error.to_string()))
        };
        bodies.map(|body| message(body?)).collect()
    }

    async fn settled(&self, message: &str) -> Result<Vec<String>, StoreError> {
        let connection = self.connection()?;
        let mut query =
            connection.prepare_cached("select destination from settled where message = ?")?;
        let names = query.query_map([message], |row| row.get(0))?;
        names.map(|name| Ok(name?)).collect()
    }

    async fn settle(&self, settled: Settled<'_>) -> Result<(), StoreError> {
        let mut connection = self.connection()?;
        let step = connection.transaction()?;
        let Settled { message, destination, thread, problem } = settled;
        let now = Timestamp::now().as_second();
        let values = params![message.id, destination];
        step.execute("insert or ignore into settled values (?, ?)", values)?;
        if let Some(thread) = thread {
            let values = params![destination, message.fingerprint.as_str(), thread, now];
            step.execute("insert or replace into threads values (?, ?, ?, ?)", values)?;
        }
        if let Some(problem) = problem {
            let values = params![message.id, destination, problem, message.to_json(), now];
            step.execute("insert into refused values (?, ?, ?, ?, ?)", values)?;
        }
        step.commit()?;
        Ok(())
    }

    async fn finish(&self, message: &str) -> Result<(), StoreError> {
        let mut connection = self.connection()?;
        let step = connection.transaction()?;
        step.execute("delete from outbox where id = ?", [message])?;
        step.execute("delete from settled where message = ?", [message])?;
        step.commit()?;
        Ok(())
    }

    async fn thread(
        &self,
        destination: &str,
        key: &Fingerprint,
    ) -> Result<Option<String>, StoreError> {
        let connection = self.connection()?;
        let mut query = connection
            .prepare_cached("select thread from threads where destination = ? and key = ?")?;
        Ok(query.query_row([destination, key.as_str()], |row| row.get(0)).optional()?)
    }

    async fn resume(&self, input: &str) -> Result<Option<String>, StoreError> {
        let connection = self.connection()?;
        let mut query = connection.prepare_cached("select place from resumes where input = ?")?;
        Ok(query.query_row([input], |row| row.get(0)).optional()?)
    }

    async fn note(&self, name: &str) -> Result<Option<String>, StoreError> {
        let connection = self.connection()?;
        let mut query = connection.prepare_cached("select value from notes where name = ?")?;
        Ok(query.query_row([name], |row| row.get(0)).optional()?)
    }

    async fn notes_of(&self, kind: &str) -> Result<Vec<(String, String)>, StoreError> {
        let connection = self.connection()?;
        let mut query = connection.prepare_cached(
            "select substr(name, length(?1) + 2), value from notes where substr(name, 1, length(?1) + 1) = ?1 || '/'",
        )?;
        let rows = query.query_map([kind], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    async fn windows(&self) -> Result<Vec<Window>, StoreError> {
        let connection = self.connection()?;
        let mut query =
            connection.prepare_cached("select key, body, expires from windows order by key")?;
        let rows = query.query_map([], window)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    async fn windows_of(&self, keys: &[String]) -> Result<Vec<Window>, StoreError> {
        let connection = self.connection()?;
        let mut query =
            connection.prepare_cached("select key, body, expires from windows where key = ?")?;
        let mut found = Vec::new();
        for key in keys {
            found.extend(query.query_row([key], window).optional()?);
        }
        Ok(found)
    }

    async fn forget(&self, before: Timestamp) -> Result<(), StoreError> {
        let connection = self.connection()?;
        let before = before.as_second();
        connection.execute("delete from seen where at < ?", [before])?;
        connection.execute("delete from threads where at < ?", [before])?;
        connection.execute("delete from windows where expires < ?", [before])?;
        connection.execute(
            "delete from tallies where last < ? and untold = 0 and service = 0",
            [before],
        )?;
        Ok(())
    }
}

fn window(row: &rusqlite::Row<'_>) -> rusqlite::Result<Window> {
    let expires = Timestamp::from_second(row.get(2)?).unwrap_or_default();
    Ok(Window { key: row.get(0)?, bytes: row.get(1)?, expires })
}

fn tally(body: &str) -> Result<Tally, StoreError> {
    serde_json::from_str(body)
        .map_err(|error| StoreError::Down(format!("a group cannot be read: {error}")))
}

fn write(step: &Transaction<'_>, commit: &Commit, now: Timestamp) -> Result<(), StoreError> {
    let mut seen = step.prepare_cached("insert or ignore into seen values (?, ?, ?)")?;
    for event in &commit.seen {
        seen.execute(params![event.account, event.id, now.as_second()])?;
    }
    let mut tallies =
        step.prepare_cached("insert or replace into tallies values (?, ?, ?, ?, ?)")?;
    for tally in &commit.tallies {
        let body =
            serde_json::to_string(tally).map_err(|error| StoreError::Down(error.to_string()))?;
        let untold = i64::try_from(tally.untold()).unwrap_or(i64::MAX);
        let service = tally.class != Class::Finding;
        let values =
            params![tally.fingerprint.as_str(), body, untold, service, tally.last_seen.as_second()];
        tallies.execute(values)?;
    }
    let mut outbox =
        step.prepare_cached("insert or ignore into outbox (id, body) values (?, ?)")?;
    for message in &commit.outbox {
        outbox.execute(params![message.id, message.to_json()])?;
    }
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
