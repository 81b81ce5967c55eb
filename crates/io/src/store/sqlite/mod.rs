//! The daemon's store: one SQLite file in write-ahead mode.
//!
//! A step is one transaction, and every commit is on the disk when it returns
//! (`synchronous = FULL`), so that a killed process, or a machine without power, takes up exactly
//! where it was. Source: <https://www.sqlite.org/wal.html>.

mod open;
mod outbox;
mod row;
mod schema;
mod write;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use async_trait::async_trait;
use aware_cases::group::Tally;
use aware_core::fingerprint::Fingerprint;
use aware_core::message::Message;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::problems::Problems;
use aware_pipeline::port::{
    Attempt, Commit, EventKey, Page, Settled, Store, StoreError, Wanted, Window,
};
use open::Held;
pub use outbox::{Attempts, Refused, Waiting};
use row::{Kind, Stored};
pub use schema::VERSION;

/// How many refused messages are kept, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeepRefused {
    /// So many; of more the oldest of the least urgent go.
    pub most: u64,
    /// So long.
    pub days: u16,
}

impl Default for KeepRefused {
    fn default() -> Self {
        Self { most: 10_000, days: 30 }
    }
}

/// A store in one file.
#[derive(Debug)]
pub struct SqliteStore {
    path: PathBuf,
    keep: KeepRefused,
    held: Mutex<Held>,
    problems: Problems,
}

impl SqliteStore {
    /// Opens or makes the file; its folder must exist. A file of an older version becomes one of
    /// this version.
    ///
    /// # Errors
    /// [`StoreError::Newer`] for a file of a newer version; otherwise when it cannot be opened, is
    /// no database, or another process holds it.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let store = Self::closed(path, KeepRefused::default());
        store.with(|_| Ok(()))?;
        Ok(store)
    }

    /// A store that is opened when something is asked of it, and again when that failed: a disk may
    /// be full for a while. A file that is no database is put aside.
    ///
    /// # Errors
    /// [`StoreError::Newer`] for a file of a newer version, which is left alone.
    pub fn lenient(path: &Path, keep: KeepRefused) -> Result<Self, StoreError> {
        let store = Self::closed(path, keep);
        match store.with(|_| Ok(())) {
            Err(error @ StoreError::Newer { .. }) => Err(error),
            Err(_) if store.put_aside() => store.with(|_| Ok(())).map(|()| store),
            Err(_) | Ok(()) => Ok(store),
        }
    }

    fn closed(path: &Path, keep: KeepRefused) -> Self {
        let (held, problems) = (Mutex::default(), Problems::default());
        Self { path: path.to_owned(), keep, held, problems }
    }

    /// How many messages destinations refused and are kept, for reports.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn refused_count(&self) -> Result<u64, StoreError> {
        self.with(|connection| {
            let count = connection.query_row("select count(*) from refused", [], |row| row.get(0));
            Ok(count.map(i64::unsigned_abs)?)
        })
    }

    fn set_aside(&self, connection: &Connection, kind: Kind, rows: &[(Stored, String)]) {
        for (row, problem) in rows {
            row::set_aside(connection, &self.problems, kind, row, problem);
        }
    }

    /// Tallies of rows of key and body.
    fn read_tallies(&self, connection: &Connection, rows: Vec<Stored>) -> Vec<Tally> {
        let (mut tallies, mut bad) = (Vec::new(), Vec::new());
        for row in rows {
            match serde_json::from_slice(&row.body) {
                Ok(tally) => tallies.push(tally),
                Err(error) => bad.push((row, error.to_string())),
            }
        }
        self.set_aside(connection, Kind::Tally, &bad);
        tallies
    }

    fn read_windows(
        &self,
        connection: &Connection,
        rows: Vec<Result<Window, Stored>>,
    ) -> Vec<Window> {
        let (mut windows, mut bad) = (Vec::new(), Vec::new());
        for row in rows {
            match row {
                Ok(window) => windows.push(window),
                Err(row) => bad.push((row, "its columns are of other types".to_owned())),
            }
        }
        self.set_aside(connection, Kind::Window, &bad);
        windows
    }

    fn one(&self, query: &str, key: &[&str]) -> Result<Option<String>, StoreError> {
        self.with(|connection| {
            let mut query = connection.prepare_cached(query)?;
            let key = rusqlite::params_from_iter(key);
            Ok(query.query_row(key, |row| row::text(row, 0)).optional()?)
        })
    }

    fn texts(&self, query: &str, key: &str) -> Result<Vec<String>, StoreError> {
        self.with(|connection| {
            let mut query = connection.prepare_cached(query)?;
            let names = query.query_map([key], |row| row::text(row, 0))?;
            Ok(names.collect::<Result<_, _>>()?)
        })
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn seen(&self, events: &[EventKey]) -> Result<Vec<bool>, StoreError> {
        self.with(|connection| {
            let mut query =
                connection.prepare_cached("select 1 from seen where account = ? and id = ?")?;
            let mut known = Vec::with_capacity(events.len());
            for event in events {
                known.push(query.exists(params![event.account, event.id])?);
            }
            Ok(known)
        })
    }

    async fn tallies(
        &self,
        keys: &[Fingerprint],
    ) -> Result<HashMap<Fingerprint, Tally>, StoreError> {
        self.with(|connection| {
            let mut query =
                connection.prepare_cached("select key, body from tallies where key = ?")?;
            let mut rows = Vec::new();
            for key in keys {
                rows.extend(query.query_row([key.as_str()], Stored::of).optional()?);
            }
            let tallies = self.read_tallies(connection, rows).into_iter();
            Ok(tallies.map(|tally| (tally.fingerprint.clone(), tally)).collect())
        })
    }

    async fn untold(&self) -> Result<Vec<Tally>, StoreError> {
        self.with(|connection| {
            let mut query = connection
                .prepare_cached("select key, body from tallies where untold > 0 order by key")?;
            let rows = query.query_map([], Stored::of)?.collect::<Result<_, _>>()?;
            Ok(self.read_tallies(connection, rows))
        })
    }

    async fn commit(&self, commit: Commit, now: Timestamp) -> Result<(), StoreError> {
        self.with(|connection| write::commit(connection, &commit, now))
    }

    async fn outbox(&self) -> Result<Vec<Message>, StoreError> {
        Ok(self.page(0, usize::MAX)?.messages)
    }

    async fn outbox_page(&self, from: u64, most: usize) -> Result<Page, StoreError> {
        self.page(from, most)
    }

    async fn waiting(
        &self,
        destination: &str,
        wanted: Wanted<'_>,
        most: usize,
    ) -> Result<Page, StoreError> {
        self.fair_page(destination, wanted, most)
    }

    async fn attempted(&self, attempt: Attempt<'_>) -> Result<(), StoreError> {
        self.with(|connection| write::attempt(connection, attempt, Timestamp::now()))
    }

    async fn addressees(&self, message: &str) -> Result<Vec<String>, StoreError> {
        self.texts("select destination from addressed where message = ?", message)
    }

    async fn redriven(&self) -> Result<Vec<Message>, StoreError> {
        self.take_redriven()
    }

    async fn set_aside_window(&self, window: &Window, problem: &str) {
        let row = Stored { key: window.key.clone(), body: window.bytes.clone() };
        let _ = self.with(|connection| {
            self.set_aside(connection, Kind::Window, &[(row, problem.to_owned())]);
            Ok(())
        });
    }

    fn take_problems(&self) -> Vec<String> {
        self.problems.take()
    }

    async fn settled(&self, message: &str) -> Result<Vec<String>, StoreError> {
        self.texts("select destination from settled where message = ?", message)
    }

    async fn settle(&self, settled: Settled<'_>) -> Result<(), StoreError> {
        let dropped = self
            .with(|connection| write::settle(connection, settled, self.keep, Timestamp::now()))?;
        self.say_dropped(dropped);
        Ok(())
    }

    async fn finish(&self, message: &str) -> Result<(), StoreError> {
        self.with(|connection| write::finish(connection, message))
    }

    async fn thread(
        &self,
        destination: &str,
        key: &Fingerprint,
    ) -> Result<Option<String>, StoreError> {
        let query = "select thread from threads where destination = ? and key = ?";
        self.one(query, &[destination, key.as_str()])
    }

    async fn resume(&self, input: &str) -> Result<Option<String>, StoreError> {
        self.one("select place from resumes where input = ?", &[input])
    }

    async fn note(&self, name: &str) -> Result<Option<String>, StoreError> {
        self.one("select value from notes where name = ?", &[name])
    }

    async fn notes_of(&self, kind: &str) -> Result<Vec<(String, String)>, StoreError> {
        self.with(|connection| {
            let mut query = connection.prepare_cached(
                "select substr(name, length(?1) + 2), value from notes where substr(name, 1, length(?1) + 1) = ?1 || '/'",
            )?;
            let pair = |row: &Row<'_>| Ok((row::text(row, 0)?, row::text(row, 1)?));
            Ok(query.query_map([kind], pair)?.collect::<Result<_, _>>()?)
        })
    }

    async fn windows(&self) -> Result<Vec<Window>, StoreError> {
        self.with(|connection| {
            let mut query =
                connection.prepare_cached("select key, body, expires from windows order by key")?;
            let rows = query.query_map([], row::window)?.collect::<Result<_, _>>()?;
            Ok(self.read_windows(connection, rows))
        })
    }

    async fn windows_of(&self, keys: &[String]) -> Result<Vec<Window>, StoreError> {
        self.with(|connection| {
            let mut query = connection
                .prepare_cached("select key, body, expires from windows where key = ?")?;
            let mut rows = Vec::new();
            for key in keys {
                rows.extend(query.query_row([key], row::window).optional()?);
            }
            Ok(self.read_windows(connection, rows))
        })
    }

    async fn forget(&self, before: Timestamp) -> Result<(), StoreError> {
        let dropped =
            self.with(|connection| write::forget(connection, before, self.keep, Timestamp::now()))?;
        self.say_dropped(dropped);
        Ok(())
    }
}
