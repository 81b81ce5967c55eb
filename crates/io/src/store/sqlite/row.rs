//! Reads rows. One that cannot be read must not block the others: it is set aside and reported.

use aware_pipeline::port::MemoryWindow;
use jiff::Timestamp;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row, params};

use super::StoreProblems;

/// The bytes of a text or a blob; empty for any other value.
pub(super) fn bytes_at(row: &Row<'_>, at: usize) -> rusqlite::Result<Vec<u8>> {
    Ok(match row.get_ref(at)? {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes.to_vec(),
        ValueRef::Null | ValueRef::Integer(_) | ValueRef::Real(_) => Vec::new(),
    })
}

/// A text, whatever the value's type.
pub(super) fn text_at(row: &Row<'_>, at: usize) -> rusqlite::Result<String> {
    Ok(String::from_utf8_lossy(&bytes_at(row, at)?).into_owned())
}

/// A whole number, whatever the value's type.
pub(super) fn integer_at(row: &Row<'_>, at: usize) -> rusqlite::Result<i64> {
    Ok(row.get_ref(at)?.as_i64().unwrap_or_default())
}

/// A row of a table that keeps bodies under keys.
pub(super) struct StoredRow {
    pub(super) key: String,
    pub(super) body: Vec<u8>,
}

impl StoredRow {
    pub(super) fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self { key: text_at(row, 0)?, body: bytes_at(row, 1)? })
    }
}

/// Parses a window from its row: key, body, expiry. One without a numeric expiry might be kept
/// forever.
pub(super) fn window_from_row(row: &Row<'_>) -> rusqlite::Result<Result<MemoryWindow, StoredRow>> {
    let stored = StoredRow::from_row(row)?;
    let expires = row.get_ref(2)?.as_i64().ok().and_then(|at| Timestamp::from_second(at).ok());
    let is_blob = matches!(row.get_ref(1)?, ValueRef::Blob(_));
    Ok(match expires.filter(|_| is_blob) {
        Some(expires) => Ok(MemoryWindow { key: stored.key, bytes: stored.body, expires }),
        None => Err(stored),
    })
}

/// Moves an unreadable row to the table `unreadable`. If that fails, the row is skipped.
pub(super) fn set_aside_row(
    connection: &Connection,
    problems: &StoreProblems,
    kind: RowKind,
    row: &StoredRow,
    problem: &str,
) {
    let now = Timestamp::now().as_second();
    let insert = "insert into unreadable values (?, ?, ?, ?, ?)";
    let delete = format!("delete from {} where {} = ?", kind.table_name(), kind.key_column());
    let moved = connection
        .execute(insert, params![kind.table_name(), row.key, row.body, problem, now])
        .and_then(|_| connection.execute(&delete, [&row.key]));
    let what =
        format!("a row of `{}` cannot be read and is set aside: {problem}", kind.table_name());
    if problems.note_once(&format!("{}/{}", kind.table_name(), row.key), &what) {
        let moved = moved.err().map(|error| error.to_string()).unwrap_or_default();
        tracing::error!(
            table = kind.table_name(),
            key = row.key,
            problem,
            not_moved = moved,
            "row cannot be read; it is set aside"
        );
    }
}

/// The content of a row that is set aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RowKind {
    Tally,
    Case,
    Message,
    Window,
}

impl RowKind {
    fn table_name(self) -> &'static str {
        match self {
            Self::Tally => "tallies",
            Self::Case => "cases",
            Self::Message => "outbox",
            Self::Window => "windows",
        }
    }

    fn key_column(self) -> &'static str {
        match self {
            Self::Case | Self::Message => "id",
            Self::Tally | Self::Window => "key",
        }
    }
}
