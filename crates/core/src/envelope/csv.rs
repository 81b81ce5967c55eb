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

use super::document::BodyOpener;
use super::form;

/// Names of columns that hold whole records, in lower case.
const RECORD_COLUMNS: [&str; 8] = [
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
const EVENT_COLUMNS: [&str; 6] =
    ["eventname", "event name", "eventid", "event id", "useridentity", "@timestamp"];
/// Maximum length of a column name, in bytes.
const MAX_NAME: usize = 128;

/// Whether a line is the header row of such a table.
pub(super) fn is_csv_header(line: &[u8]) -> bool {
    let mut names = ByteRecord::new();
    let mut reader = ReaderBuilder::new().has_headers(false).trim(Trim::All).from_reader(line);
    if !reader.read_byte_record(&mut names).unwrap_or(false) {
        return false;
    }
    let is_name = |name: &[u8]| {
        name.len() <= MAX_NAME && name.iter().all(|b| b.is_ascii_graphic() || *b == b' ')
    };
    let is_known = |name: &[u8]| {
        [&RECORD_COLUMNS[..], &EVENT_COLUMNS[..]]
            .concat()
            .iter()
            .any(|known| names_match(name, known))
    };
    names.iter().all(is_name) && names.iter().any(is_known)
}

fn names_match(name: &[u8], known: &str) -> bool {
    name.eq_ignore_ascii_case(known.as_bytes())
}

/// The body after the comment lines that CloudTrail Lake puts at the top of its files.
pub(super) fn skip_comment_lines(mut body: &[u8]) -> &[u8] {
    while body.starts_with(b"#") {
        let end = memchr::memchr(b'\n', body).map_or(body.len(), |end| end + 1);
        body = body.get(end..).unwrap_or_default().trim_ascii_start();
    }
    body
}

impl BodyOpener<'_> {
    /// Opens the rows of a table.
    pub(super) fn open_csv(&mut self, body: &[u8]) {
        let table = skip_comment_lines(body.trim_ascii_start());
        let mut reader = ReaderBuilder::new().flexible(true).trim(Trim::All).from_reader(table);
        let names = match reader.byte_headers() {
            Ok(names) => names.clone(),
            Err(error) => {
                return self.opened.reject_body(format_args!("CSV cannot be read: {error}"));
            }
        };
        let is_whole = |name: &&str| names.iter().position(|column| names_match(column, name));
        let whole = RECORD_COLUMNS.iter().find_map(is_whole);
        let (mut row, mut rows) = (ByteRecord::new(), 0_u64);
        while reader.read_byte_record(&mut row).unwrap_or(false) {
            match whole.map(|column| row.get(column).unwrap_or_default()) {
                None => rows += 1,
                Some(cell) if cell.starts_with(b"{") => self.emit_record(cell),
                Some(_) => self.opened.reject_record("a row of CSV without a record"),
            }
        }
        if whole.is_none() {
            self.opened.reject_body(form::describe_table(&names, rows));
        }
    }
}
