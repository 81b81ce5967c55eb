//! The columns by which tables of events are known, and those that hold whole records.

use ::csv::{ByteRecord, ReaderBuilder, Trim};

/// The column of a Lake query that holds the record as CloudTrail wrote it, in lower case.
pub(super) const EVENT_JSON: &str = "eventjson";
/// Names of columns that hold whole records, in lower case.
pub(super) const RECORD_COLUMNS: [&str; 8] =
    ["@message", "message", EVENT_JSON, "cloudtrailevent", "_raw", "raw_data", "raw", "record"];
/// Column names that identify a table of events without such a column, in lower case.
const EVENT_COLUMNS: [&str; 6] =
    ["eventname", "event name", "eventid", "event id", "useridentity", "@timestamp"];
/// Maximum length of a column name, in bytes.
const MAX_NAME: usize = 128;

/// Whether a line is the header row of a table of events.
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

pub(super) fn names_match(name: &[u8], known: &str) -> bool {
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
