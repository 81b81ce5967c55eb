//! Why an operation on the file failed.

use aware_pipeline::port::StoreError;
use rusqlite::ErrorCode;

/// Why the file could not be opened, read or written.
#[derive(Debug, thiserror::Error)]
pub(super) enum SqliteError {
    /// The file or its folder.
    #[error("{0}")]
    File(#[from] std::io::Error),
    /// SQLite itself.
    #[error("{0}")]
    Database(#[from] rusqlite::Error),
    /// It failed a moment ago, and is not tried again so soon.
    #[error("{0}")]
    Again(String),
    /// A value cannot be written as JSON.
    #[error("a value cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// The file is of a newer version.
    #[error("its schema is version {found}, and this program knows {known}")]
    Newer {
        /// The version of its schema.
        found: i64,
        /// The newest version that this program knows.
        known: i64,
    },
    /// Another process wrote to the file after cases were read from it.
    #[error("another process was faster")]
    Conflict,
    /// A step before this one panicked.
    #[error("an earlier step failed half-way")]
    Ended,
}

impl SqliteError {
    /// Whether the file is something else than a database, or a broken one.
    pub(super) fn is_no_database(&self) -> bool {
        let Self::Database(error) = self else { return false };
        matches!(
            error.sqlite_error_code(),
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt)
        )
    }
}

impl From<SqliteError> for StoreError {
    fn from(error: SqliteError) -> Self {
        match error {
            SqliteError::Newer { found, known } => Self::Newer { found, known },
            SqliteError::Conflict => Self::Conflict,
            error => Self::Down(error.to_string()),
        }
    }
}
