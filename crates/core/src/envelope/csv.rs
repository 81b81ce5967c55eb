//! CSV tables in which one column is the whole record.
//!
//! | table | column |
//! |---|---|
//! | Logs Insights, exported by its console | `@message` |
//! | CloudTrail Lake, `SELECT eventJson` | `eventJson` |
//! | Splunk's exports | `_raw` |
//!
//! Other tables split a record over columns and can't be put together again: nested values are
//! written as `{type=IAMUser, arn=…}`, and may themselves hold commas and equals signs. Such tables
//! are rejected by name.

use ::csv::{ByteRecord, ReaderBuilder, Trim};

use super::document::Opener;
use super::form;

/// Names of columns that hold whole records, in lower case.
const WHOLE: [&str; 8] = [
    "@message",
    "message",
    super::query::EVENT_JSON,
    "cloudtrailevent",
    "_raw",
    "raw_data",
    "raw",
    "record",
];
/// Column names that identify a table of events without such a column, in lower case.
const PARTS: [&str; 6] =
    ["eventname", "event name", "eventid", "event id", "useridentity", "@timestamp"];
/// Maximum length of a column name, in bytes.
const MAX_NAME: usize = 128;

/// Whether a line is the header row of such a table.
pub(super) fn is_head(line: &[u8]) -> bool {
    let mut names = ByteRecord::new();
    let mut reader = ReaderBuilder::new().has_headers(false).trim(Trim::All).from_reader(line);
    if !reader.read_byte_record(&mut names).unwrap_or(false) {
        return false;
    }
    let is_name = |name: &[u8]| {
        name.len() <= MAX_NAME && name.iter().all(|b| b.is_ascii_graphic() || *b == b' ')
    };
    let is_known =
        |name: &[u8]| [&WHOLE[..], &PARTS[..]].concat().iter().any(|known| is_named(name, known));
    names.iter().all(is_name) && names.iter().any(is_known)
}

fn is_named(name: &[u8], known: &str) -> bool {
    name.eq_ignore_ascii_case(known.as_bytes())
}

/// The body after the comment lines that CloudTrail Lake puts at the top of its files.
pub(super) fn without_remarks(mut body: &[u8]) -> &[u8] {
    while body.starts_with(b"#") {
        let end = memchr::memchr(b'\n', body).map_or(body.len(), |end| end + 1);
        body = body.get(end..).unwrap_or_default().trim_ascii_start();
    }
    body
}

impl Opener<'_> {
    /// Opens the rows of a table.
    pub(super) fn csv(&mut self, body: &[u8]) {
        let table = without_remarks(body.trim_ascii_start());
        let mut reader = ReaderBuilder::new().flexible(true).trim(Trim::All).from_reader(table);
        let names = match reader.byte_headers() {
            Ok(names) => names.clone(),
            Err(error) => return self.opened.reject(format_args!("CSV cannot be read: {error}")),
        };
        let is_whole = |name: &&str| names.iter().position(|column| is_named(column, name));
        let whole = WHOLE.iter().find_map(is_whole);
        let (mut row, mut rows) = (ByteRecord::new(), 0_u64);
        while reader.read_byte_record(&mut row).unwrap_or(false) {
            match whole.map(|column| row.get(column).unwrap_or_default()) {
                None => rows += 1,
                Some(cell) if cell.starts_with(b"{") => self.record(cell),
                Some(_) => self.opened.reject_record("a row of CSV without a record"),
            }
        }
        if whole.is_none() {
            self.opened.reject(form::table(&names, rows));
        }
    }
}
