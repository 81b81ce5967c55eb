//! The daemon's store: one SQLite file in write-ahead mode.
//!
//! A step is one transaction, and every commit is on the disk when it returns
//! (`synchronous = FULL`), so that a killed process, or a machine without power, takes up exactly
//! where it was. Source: <https://www.sqlite.org/wal.html>. All of it is done by one thread of the
//! store's own, in order.

mod cases;
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
use aware_cases::group::FindingGroup;
use aware_core::fingerprint::Fingerprint;
use aware_core::message::Message;
use aware_pipeline::port::{
    CaseFilter, CasePage, EventKey, FailedAttempt, MemoryWindow, MessagePredicate, OutboxPage,
    SettledMessage, StepCommit, Store, StoreError, StoredCase,
};
use aware_pipeline::store::memory::dropped_cases_problem;
use jiff::Timestamp;

use super::problems::StoreProblems;
use error::SqliteError;
pub use keep::RefusedRetention;
use open::{Database, Session};
pub use refused::RefusedMessage;
use row::{RowKind, StoredRow};
pub use schema::SCHEMA_VERSION;
use thread::DatabaseThread;
pub use waiting::{AttemptHistory, WaitingMessage};

/// A store in one file.
#[derive(Debug)]
pub struct SqliteStore {
    database: DatabaseThread,
    problems: Arc<StoreProblems>,
}

impl SqliteStore {
    /// Opens or creates the file; its folder must exist. A file of an older version is migrated.
    ///
    /// # Errors
    /// [`StoreError::Newer`] for a file of a newer version; otherwise if it cannot be opened, is
    /// not a database, or is locked by another process.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let store = Self::not_opened(path, RefusedRetention::default())?;
        store.database.run_blocking(|_| Ok(()))?;
        Ok(store)
    }

    /// A store that is opened on first use, and again after a failure, since a disk may be full for
    /// a while. A file that is not a database is moved aside.
    ///
    /// # Errors
    /// [`StoreError::Newer`] for a file of a newer version, which is not touched.
    pub fn open_lenient(path: &Path, keep: RefusedRetention) -> Result<Self, StoreError> {
        let store = Self::not_opened(path, keep)?;
        match store.database.run_blocking(|_| Ok(())) {
            Err(error @ SqliteError::Newer { .. }) => Err(error.into()),
            Err(_) if store.database.ask_blocking(Database::put_aside)? => {
                store.database.run_blocking(|_| Ok(()))?;
                Ok(store)
            }
            Err(_) | Ok(()) => Ok(store),
        }
    }

    fn not_opened(path: &Path, keep: RefusedRetention) -> Result<Self, StoreError> {
        let problems = Arc::new(StoreProblems::default());
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
    async fn query_text(
        &self,
        query: &'static str,
        key: &[&str],
    ) -> Result<Option<String>, StoreError> {
        let key: Vec<String> = key.iter().map(|part| (*part).to_owned()).collect();
        self.run(move |session| read::one(session, query, &key)).await
    }

    async fn query_texts(&self, query: &'static str, key: &str) -> Result<Vec<String>, StoreError> {
        let key = key.to_owned();
        self.run(move |session| read::texts(session, query, &key)).await
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn seen_events(&self, events: &[EventKey]) -> Result<Vec<bool>, StoreError> {
        let events = events.to_vec();
        self.run(move |session| read::seen(session, &events)).await
    }

    async fn load_tallies(
        &self,
        keys: &[Fingerprint],
    ) -> Result<HashMap<Fingerprint, FindingGroup>, StoreError> {
        let keys = keys.to_vec();
        self.run(move |session| read::tallies(session, &keys)).await
    }

    async fn untold_tallies(&self) -> Result<Vec<FindingGroup>, StoreError> {
        self.run(|session| read::untold(session)).await
    }

    async fn due_tallies(&self, now: Timestamp) -> Result<Vec<FindingGroup>, StoreError> {
        self.run(move |session| read::due_tallies(session, now)).await
    }

    async fn load_cases(&self, ids: &[String]) -> Result<Vec<StoredCase>, StoreError> {
        let ids = ids.to_vec();
        self.run(move |session| cases::cases_by_id(session, &ids)).await
    }

    async fn due_cases(&self, now: Timestamp, most: usize) -> Result<Vec<StoredCase>, StoreError> {
        self.run(move |session| cases::due_cases(session, now, most)).await
    }

    async fn list_cases(
        &self,
        filter: &CaseFilter,
        after: Option<&str>,
        most: usize,
    ) -> Result<CasePage, StoreError> {
        let (filter, after) = (filter.clone(), after.unwrap_or_default().to_owned());
        self.run(move |session| cases::list_cases(session, &filter, &after, most)).await
    }

    async fn commit(&self, commit: StepCommit, now: Timestamp) -> Result<(), StoreError> {
        self.run(move |session| {
            let dropped = write::commit_step(session, &commit, now)?;
            dropped_cases_problem(dropped)
                .iter()
                .for_each(|what| session.problems.note_problem(what));
            Ok(())
        })
        .await
    }

    async fn list_outbox(&self) -> Result<Vec<Message>, StoreError> {
        Ok(self.outbox_page(0, usize::MAX).await?.messages)
    }

    async fn outbox_page(&self, from: u64, most: usize) -> Result<OutboxPage, StoreError> {
        self.run(move |session| outbox::page(session, from, most)).await
    }

    async fn waiting_messages(
        &self,
        destination: &str,
        wanted: MessagePredicate<'_>,
        most: usize,
    ) -> Result<OutboxPage, StoreError> {
        self.fair_page(destination, wanted, most).await
    }

    async fn record_attempt(&self, attempt: FailedAttempt<'_>) -> Result<(), StoreError> {
        let [message, destination, problem] =
            [attempt.message, attempt.destination, attempt.problem].map(str::to_owned);
        self.run(move |session| {
            let (message, destination, problem) = (&*message, &*destination, &*problem);
            let attempt = FailedAttempt { message, destination, problem };
            write::record_attempt(session.connection, attempt, Timestamp::now())
        })
        .await
    }

    async fn redrive_targets(&self, message: &str) -> Result<Vec<String>, StoreError> {
        self.query_texts("select destination from addressed where message = ?", message).await
    }

    async fn take_redriven(&self) -> Result<Vec<Message>, StoreError> {
        self.run(|session| outbox::take_redriven(session)).await
    }

    async fn set_aside_window(&self, window: &MemoryWindow, problem: &str) {
        let row = StoredRow { key: window.key.clone(), body: window.bytes.clone() };
        let bad = [(row, problem.to_owned())];
        let set_aside = self.run(move |session| {
            session.set_aside_rows(RowKind::Window, &bad);
            Ok(())
        });
        // What cannot be set aside is read, and fails, again.
        let _ = set_aside.await;
    }

    fn take_problems(&self) -> Vec<String> {
        self.problems.take_all()
    }

    async fn settled_destinations(&self, message: &str) -> Result<Vec<String>, StoreError> {
        self.query_texts("select destination from settled where message = ?", message).await
    }

    async fn settle_message(&self, settled: SettledMessage<'_>) -> Result<(), StoreError> {
        let (message, destination) = (settled.message.clone(), settled.destination.to_owned());
        let (thread, problem) =
            (settled.thread.map(str::to_owned), settled.problem.map(str::to_owned));
        self.run(move |session| {
            let settled = SettledMessage {
                message: &message,
                destination: &destination,
                thread: thread.as_deref(),
                problem: problem.as_deref(),
            };
            let now = Timestamp::now();
            let dropped = write::settle_message(session.connection, settled, session.keep, now)?;
            session.note_dropped(dropped);
            Ok(())
        })
        .await
    }

    async fn finish_message(&self, message: &str) -> Result<(), StoreError> {
        let message = message.to_owned();
        self.run(move |session| write::finish_message(session.connection, &message)).await
    }

    async fn last_thread(
        &self,
        destination: &str,
        key: &Fingerprint,
    ) -> Result<Option<String>, StoreError> {
        let query = "select thread from threads where destination = ? and key = ?";
        self.query_text(query, &[destination, key.as_str()]).await
    }

    async fn resume_place(&self, input: &str) -> Result<Option<String>, StoreError> {
        self.query_text("select place from resumes where input = ?", &[input]).await
    }

    async fn read_note(&self, name: &str) -> Result<Option<String>, StoreError> {
        self.query_text("select value from notes where name = ?", &[name]).await
    }

    async fn list_notes(&self, kind: &str) -> Result<Vec<(String, String)>, StoreError> {
        let kind = kind.to_owned();
        self.run(move |session| read::notes_of(session, &kind)).await
    }

    async fn list_windows(&self) -> Result<Vec<MemoryWindow>, StoreError> {
        self.run(|session| read::windows(session)).await
    }

    async fn load_windows(&self, keys: &[String]) -> Result<Vec<MemoryWindow>, StoreError> {
        let keys = keys.to_vec();
        self.run(move |session| read::windows_of(session, &keys)).await
    }

    async fn forget_before(&self, before: Timestamp) -> Result<(), StoreError> {
        self.run(move |session| {
            let now = Timestamp::now();
            let dropped = write::forget_before(session.connection, before, session.keep, now)?;
            session.note_dropped(dropped);
            let connection = &*session.connection;
            let cases = write::trim_rows(connection, read::CASE_KEYS, write::MAX_CASE_ROWS)?;
            let habits =
                write::trim_rows(connection, read::BASELINE_KEYS, write::MAX_BASELINE_ROWS)?;
            session.note_forgotten(cases, habits);
            Ok(())
        })
        .await
    }
}
