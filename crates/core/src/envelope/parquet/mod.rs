//! Apache Parquet files, as AWS delivers flow logs in them.
//!
//! A file is turned into the lines of text that its rows stand for, one at a time: first the names
//! of its columns, as a flow log's header line has them, then one line for each row. So both forms
//! of a log are read by the same reader, with the same sums, limits and numbers of records.
//!
//! Only flat tables in the common encodings are read, and nothing here allocates by what a file
//! claims: a page is charged to the body's limits before it is unpacked, and each text of a
//! dictionary or a line before it is written. Pages of every kind come to no more bytes than the
//! file has, whatever points to them. Every offset, length and index is checked, so that a hostile
//! file is a reject.
//!
//! Source: Apache Parquet, "File Format", `parquet.thrift` and `Encodings.md`.

mod bits;
mod budget;
mod cell;
mod chunk;
mod column;
mod delta;
mod footer;
mod open;
mod page;
mod problem;
mod schema;
pub(super) mod table;
mod thrift;

/// How every Parquet file begins and ends.
pub(super) const MAGIC: &[u8] = b"PAR1";
/// The same of one whose footer is encrypted.
const ENCRYPTED: &[u8] = b"PARE";

/// Whether bytes begin like a Parquet file.
pub(super) fn is_parquet(body: &[u8]) -> bool {
    body.starts_with(MAGIC) || body.starts_with(ENCRYPTED)
}

#[cfg(test)]
mod tests;
