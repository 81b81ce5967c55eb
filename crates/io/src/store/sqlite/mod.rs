//! The daemon's store: one SQLite file in write-ahead mode.
//!
//! A step is one transaction, and every commit is on the disk when it returns
//! (`synchronous = FULL`), so that a killed process, or a machine without power, takes up exactly
//! where it was. Source: <https://www.sqlite.org/wal.html>. All of it is done by one thread of the
//! store's own, in order.

mod error;
mod keep;
mod open;
mod outbox;
mod read;
mod refused;
mod row;
mod schema;
mod thread;
mod waiting;
mod write;

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use aware_cases::group::Tally;
use aware_core::fingerprint::Fingerprint;
use aware_core::message::Message;
use jiff::Timestamp;

use super::problems::Problems;
use aware_pipeline::port::{
    Attempt, Commit, EventKey, Page, Settled, Store, StoreError, Wanted, Window,
};
use error::SqliteError;
pub use keep::KeepRefused;
use open::{Database, Session};
pub use refused::Refused;
use row::{Kind, Stored};
pub use schema::VERSION;
use thread::DatabaseThread;
pub use waiting::{Attempts, Waiting};

/// A store in one file.
#[derive(Debug)]
pub struct SqliteStore {
    database: DatabaseThread,
    problems: Arc<Problems>,
}

impl SqliteStore {
    /// Opens or creates the file; its folder must exist. A file of an older version is migrated.
    ///
    /// # Errors
    /// [`StoreError::Newer`] for a file of a newer version; otherwise if it cannot be opened, is
    /// not a database, or is locked by another process.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let store = Self::closed(path, KeepRefused::default())?;
        store.database.run_blocking(|_| Ok(()))?;
        Ok(store)
    }

    /// A store that is opened on first use, and again after a failure, since a disk may be full for
    /// a while. A file that is not a database is moved aside.
    ///
    /// # Errors
    /// [`StoreError::Newer`] for a file of a newer version, which is not touched.
    pub fn lenient(path: &Path, keep: KeepRefused) -> Result<Self, StoreError> {
        let store = Self::closed(path, keep)?;
        match store.database.run_blocking(|_| Ok(())) {
            Err(error @ SqliteError::Newer { .. }) => Err(error.into()),
            Err(_) if store.database.ask_blocking(Database::put_aside)? => {
                store.database.run_blocking(|_| Ok(()))?;
                Ok(store)
            }
            Err(_) | Ok(()) => Ok(store),
        }
    }

    fn closed(path: &Path, keep: KeepRefused) -> Result<Self, StoreError> {
        let problems = Arc::new(Problems::default());
        let database = Database::closed(path, keep, Arc::clone(&problems));
        Ok(Self { database: DatabaseThread::start(database)?, problems })
    }

    /// How many refused messages are kept, for reports.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn refused_count(&self) -> Result<u64, StoreError> {
        Ok(self.database.run_blocking(|session| read::refused_count(session))?)
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Session<'_>) -> Result<T, SqliteError> + Send + 'static,
    ) -> Result<T, StoreError> {
        Ok(self.database.run(work).await?)
    }

    /// The text that a query finds under a key of one or two parts.
    async fn one(&self, query: &'static str, key: &[&str]) -> Result<Option<String>, StoreError> {
        let key: Vec<String> = key.iter().map(|part| (*part).to_owned()).collect();
        self.run(move |session| read::one(session, query, &key)).await
    }

    async fn texts(&self, query: &'static str, key: &str) -> Result<Vec<String>, StoreError> {
        let key = key.to_owned();
        self.run(move |session| read::texts(session, query, &key)).await
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn seen(&self, events: &[EventKey]) -> Result<Vec<bool>, StoreError> {
        let events = events.to_vec();
        self.run(move |session| read::seen(session, &events)).await
    }

    async fn tallies(
        &self,
        keys: &[Fingerprint],
    ) -> Result<HashMap<Fingerprint, Tally>, StoreError> {
        let keys = keys.to_vec();
        self.run(move |session| read::tallies(session, &keys)).await
    }

    async fn untold(&self) -> Result<Vec<Tally>, StoreError> {
        self.run(|session| read::untold(session)).await
    }

    async fn commit(&self, commit: Commit, now: Timestamp) -> Result<(), StoreError> {
        self.run(move |session| write::commit(session.connection, &commit, now)).await
    }

    async fn outbox(&self) -> Result<Vec<Message>, StoreError> {
        Ok(self.outbox_page(0, usize::MAX).await?.messages)
    }

    async fn outbox_page(&self, from: u64, most: usize) -> Result<Page, StoreError> {
        self.run(move |session| outbox::page(session, from, most)).await
    }

    async fn waiting(
        &self,
        destination: &str,
        wanted: Wanted<'_>,
        most: usize,
    ) -> Result<Page, StoreError> {
        self.fair_page(destination, wanted, most).await
    }

    async fn attempted(&self, attempt: Attempt<'_>) -> Result<(), StoreError> {
        let [message, destination, problem] =
            [attempt.message, attempt.destination, attempt.problem].map(str::to_owned);
        self.run(move |session| {
            let (message, destination, problem) = (&*message, &*destination, &*problem);
            let attempt = Attempt { message, destination, problem };
            write::attempt(session.connection, attempt, Timestamp::now())
        })
        .await
    }

    async fn addressees(&self, message: &str) -> Result<Vec<String>, StoreError> {
        self.texts("select destination from addressed where message = ?", message).await
    }

    async fn redriven(&self) -> Result<Vec<Message>, StoreError> {
        self.run(|session| outbox::take_redriven(session)).await
    }

    async fn set_aside_window(&self, window: &Window, problem: &str) {
        let row = Stored { key: window.key.clone(), body: window.bytes.clone() };
        let bad = [(row, problem.to_owned())];
        let set_aside = self.run(move |session| {
            session.set_aside(Kind::Window, &bad);
            Ok(())
        });
        // What cannot be set aside is read, and fails, again.
        let _ = set_aside.await;
    }

    fn take_problems(&self) -> Vec<String> {
        self.problems.take()
    }

    async fn settled(&self, message: &str) -> Result<Vec<String>, StoreError> {
        self.texts("select destination from settled where message = ?", message).await
    }

    async fn settle(&self, settled: Settled<'_>) -> Result<(), StoreError> {
        let (message, destination) = (settled.message.clone(), settled.destination.to_owned());
        let (thread, problem) =
            (settled.thread.map(str::to_owned), settled.problem.map(str::to_owned));
        self.run(move |session| {
            let settled = Settled {
                message: &message,
                destination: &destination,
                thread: thread.as_deref(),
                problem: problem.as_deref(),
            };
            let now = Timestamp::now();
            let dropped = write::settle(session.connection, settled, session.keep, now)?;
            session.say_dropped(dropped);
            Ok(())
        })
        .await
    }

    async fn finish(&self, message: &str) -> Result<(), StoreError> {
        let message = message.to_owned();
        self.run(move |session| write::finish(session.connection, &message)).await
    }

    async fn thread(
        &self,
        destination: &str,
        key: &Fingerprint,
    ) -> Result<Option<String>, StoreError> {
        let query = "select thread from threads where destination = ? and key = ?";
        self.one(query, &[destination, key.as_str()]).await
    }

    async fn resume(&self, input: &str) -> Result<Option<String>, StoreError> {
        self.one("select place from resumes where input = ?", &[input]).await
    }

    async fn note(&self, name: &str) -> Result<Option<String>, StoreError> {
        self.one("select value from notes where name = ?", &[name]).await
    }

    async fn notes_of(&self, kind: &str) -> Result<Vec<(String, String)>, StoreError> {
        let kind = kind.to_owned();
        self.run(move |session| read::notes_of(session, &kind)).await
    }

    async fn windows(&self) -> Result<Vec<Window>, StoreError> {
        self.run(|session| read::windows(session)).await
    }

    async fn windows_of(&self, keys: &[String]) -> Result<Vec<Window>, StoreError> {
        let keys = keys.to_vec();
        self.run(move |session| read::windows_of(session, &keys)).await
    }

    async fn forget(&self, before: Timestamp) -> Result<(), StoreError> {
        self.run(move |session| {
            let now = Timestamp::now();
            let dropped = write::forget(session.connection, before, session.keep, now)?;
            session.say_dropped(dropped);
            Ok(())
        })
        .await
    }
}
