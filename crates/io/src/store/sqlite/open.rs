//! Opening the file, and opening it again.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use rusqlite::{Connection, ErrorCode};

use super::{SqliteStore, schema};
use crate::store::private;
use aware_pipeline::log;
use aware_pipeline::port::StoreError;

/// How long another process may hold the file.
const BUSY: Duration = Duration::from_secs(5);
/// How often a file that cannot be opened is tried again.
const AGAIN: Duration = Duration::from_secs(5);

/// The connection, where there is one.
#[derive(Debug, Default)]
pub(super) struct Held {
    connection: Option<Connection>,
    /// When and why it could not be opened.
    failed: Option<(Instant, String)>,
    is_no_database: bool,
}

impl SqliteStore {
    /// Works with the connection, which is opened if it is not.
    pub(super) fn with<T>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, SqliteError>,
    ) -> Result<T, StoreError> {
        let half_way = |_| StoreError::Down("a step before this one failed half way".to_owned());
        let mut held = self.held.lock().map_err(half_way)?;
        if held.connection.is_none() {
            if let Some((at, problem)) = &held.failed
                && at.elapsed() < AGAIN
            {
                return Err(StoreError::Down(problem.clone()));
            }
            match self.connect() {
                Ok(connection) => held.connection = Some(connection),
                Err(error) => {
                    held.failed = Some((Instant::now(), error.to_string()));
                    held.is_no_database = is_no_database(&error);
                    return Err(error.into());
                }
            }
        }
        match &mut held.connection {
            Some(connection) => work(connection).map_err(StoreError::from),
            None => Err(StoreError::Down("it is not open".to_owned())),
        }
    }

    fn connect(&self) -> Result<Connection, SqliteError> {
        private::file(&self.path)?;
        let mut connection = Connection::open(&self.path)?;
        connection.busy_timeout(BUSY)?;
        connection.pragma_update(None, "journal_mode", "wal")?;
        connection.pragma_update(None, "synchronous", "full")?;
        schema::migrate(&mut connection)?;
        // SQLite gives these the mode of the file itself; an earlier run may have made them wider.
        self.beside().iter().for_each(|path| private::mend_file(path));
        Ok(connection)
    }

    /// The files that SQLite keeps beside its own.
    fn beside(&self) -> [std::path::PathBuf; 2] {
        ["-wal", "-shm"].map(|end| {
            let mut path = self.path.clone().into_os_string();
            path.push(end);
            path.into()
        })
    }

    /// Puts a file that is no database out of the way, so that another can be begun.
    pub(super) fn put_aside(&self) -> bool {
        let Ok(mut held) = self.held.lock() else { return false };
        if !held.is_no_database {
            return false;
        }
        let end = format!(".unreadable-{}", Timestamp::now().as_second());
        let aside = |path: &std::path::Path| {
            let mut to = path.as_os_str().to_owned();
            to.push(&end);
            std::fs::rename(path, to)
        };
        let moved = aside(&self.path);
        for path in self.beside().iter().filter(|path| path.exists()) {
            let _ = aside(path);
        }
        if moved.is_ok() {
            let problem = held.failed.take().map(|(_, problem)| problem).unwrap_or_default();
            let path = self.path.display();
            let what = format!(
                "the state in {path} cannot be read ({problem}): it is kept under the same name with `{end}`, and the program begins anew; events that are still stored may be told again"
            );
            log::error(&what, &[]);
            self.problems.say(&what);
        }
        moved.is_ok()
    }
}

/// Why a call of the database failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum SqliteError {
    #[error("{0}")]
    File(#[from] std::io::Error),
    #[error("{0}")]
    Database(#[from] rusqlite::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<SqliteError> for StoreError {
    fn from(error: SqliteError) -> Self {
        match error {
            SqliteError::Store(error) => error,
            SqliteError::File(_) | SqliteError::Database(_) => Self::Down(error.to_string()),
        }
    }
}

fn is_no_database(error: &SqliteError) -> bool {
    let SqliteError::Database(error) = error else { return false };
    matches!(error.sqlite_error_code(), Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt))
}
