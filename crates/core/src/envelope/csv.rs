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

use super::columns::{RECORD_COLUMNS, names_match, skip_comment_lines};
use super::form;
use super::opener::BodyOpener;

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
