//! Opens the file, and opens it again after a failure.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rusqlite::Connection;

use super::error::SqliteError;
use super::keep::RefusedRetention;
use super::schema;
use crate::store::private;
use crate::store::problems::StoreProblems;

/// How long to wait for another process that has locked the file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Interval between attempts to open the file.
const RETRY_INTERVAL: Duration = Duration::from_secs(5);

/// The file, and the connection to it where there is one.
#[derive(Debug)]
pub(super) struct Database {
    path: PathBuf,
    keep: RefusedRetention,
    problems: Arc<StoreProblems>,
    connection: Option<Connection>,
    /// The state of the file when cases were read from it; see [`Session::note_case_reading`].
    cases_read_at: Option<i64>,
    /// When and why it last could not be opened.
    failed: Option<(Instant, String)>,
    is_no_database: bool,
}

/// What a piece of work can use.
pub(super) struct Session<'a> {
    pub(super) connection: &'a mut Connection,
    /// The state of the file when cases were read from it that no commit has built on yet.
    cases_read_at: &'a mut Option<i64>,
    /// Problems that no call returns as an error.
    pub(super) problems: &'a StoreProblems,
    /// How many refused messages are kept.
    pub(super) keep: RefusedRetention,
}

impl Session<'_> {
    /// Notes the state of the file before cases are read, so that a commit that builds on them
    /// finds out whether another process has written since.
    pub(super) fn note_case_reading(&mut self) -> Result<(), SqliteError> {
        let state = file_state(self.connection)?;
        self.cases_read_at.get_or_insert(state);
        Ok(())
    }

    /// The state of the file that cases were read at since the last commit of cases.
    pub(super) fn take_case_reading(&mut self) -> Option<i64> {
        self.cases_read_at.take()
    }
}

/// A number that changes when another connection writes to the file.
///
/// Source: <https://www.sqlite.org/pragma.html#pragma_data_version>.
pub(super) fn file_state(connection: &Connection) -> Result<i64, SqliteError> {
    Ok(connection.pragma_query_value(None, "data_version", |row| row.get(0))?)
}

impl Database {
    /// A file that is opened when it is first needed.
    pub(super) fn closed(
        path: &Path,
        keep: RefusedRetention,
        problems: Arc<StoreProblems>,
    ) -> Self {
        Self {
            path: path.to_owned(),
            keep,
            problems,
            connection: None,
            cases_read_at: None,
            failed: None,
            is_no_database: false,
        }
    }

    /// Runs `work` with the connection, opening it first if necessary.
    pub(super) fn work<T>(
        &mut self,
        work: impl FnOnce(&mut Session<'_>) -> Result<T, SqliteError>,
    ) -> Result<T, SqliteError> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.open()?,
        };
        let (problems, keep) = (&*self.problems, self.keep);
        let cases_read_at = &mut self.cases_read_at;
        let done =
            work(&mut Session { connection: &mut connection, cases_read_at, problems, keep });
        self.connection = Some(connection);
        done
    }

    fn open(&mut self) -> Result<Connection, SqliteError> {
        if let Some((at, problem)) = &self.failed
            && at.elapsed() < RETRY_INTERVAL
        {
            return Err(SqliteError::Again(problem.clone()));
        }
        let opened = self.open_connection();
        if let Err(error) = &opened {
            self.failed = Some((Instant::now(), error.to_string()));
            self.is_no_database = error.is_no_database();
        }
        opened
    }

    fn open_connection(&self) -> Result<Connection, SqliteError> {
        private::create_file(&self.path)?;
        let mut connection = Connection::open(&self.path)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.pragma_update(None, "journal_mode", "wal")?;
        connection.pragma_update(None, "synchronous", "full")?;
        schema::migrate(&mut connection)?;
        // SQLite gives these files the mode of the main file; an earlier run may have created them
        // with a wider one.
        self.sidecar_files().iter().for_each(|path| private::restrict_file(path));
        Ok(connection)
    }

    /// The files that SQLite keeps beside the main file.
    fn sidecar_files(&self) -> [std::path::PathBuf; 2] {
        ["-wal", "-shm"].map(|end| {
            let mut path = self.path.clone().into_os_string();
            path.push(end);
            path.into()
        })
    }

    /// Moves a file that is not a database aside, so that a new one can be created.
    pub(super) fn put_aside(&mut self) -> bool {
        if !self.is_no_database {
            return false;
        }
        let end = format!(".unreadable-{}", Timestamp::now().as_second());
        let aside = |path: &std::path::Path| {
            let mut to = path.as_os_str().to_owned();
            to.push(&end);
            std::fs::rename(path, to)
        };
        let moved = aside(&self.path);
        for path in self.sidecar_files().iter().filter(|path| path.exists()) {
            let _ = aside(path);
        }
        if moved.is_ok() {
            let problem = self.failed.take().map(|(_, problem)| problem).unwrap_or_default();
            let path = self.path.display();
            let what = format!(
                "the state in {path} cannot be read ({problem}): it is kept under the same name with `{end}`, and the program starts over; events that are still stored may be reported again"
            );
            tracing::error!("{what}");
            self.problems.note_problem(&what);
        }
        moved.is_ok()
    }
}
