//! Detects the form of a body by its beginning, and names the forms that hold no whole records.

use std::borrow::Cow;

use ::csv::ByteRecord;

use super::columns::{is_csv_header, skip_comment_lines};
use super::text_log::TextLog;
use super::{line, parquet, yaml};
use crate::source::contract::LineSettings;

/// How a body is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum BodyForm {
    /// JSON, or lines some of which hold JSON.
    Documents,
    Csv,
    Yaml,
    /// A form without readable records: what it is, and what to do.
    Named(Cow<'static, str>),
}

pub(super) const UNKNOWN: &str = "neither JSON nor any other format that aware reads";
pub(super) const ATHENA: &str = "Athena query results, whose columns do not hold whole records (hint: scan the \
     files behind the table: `aware scan s3://BUCKET/AWSLogs/`)";
pub(super) const OCSF: &str = "an OCSF event without `raw_data`, which is a translation of the record (hint: scan \
     the trail's own files: `aware scan s3://BUCKET/AWSLogs/`)";
pub(super) const LAKE: &str = "CloudTrail Lake results, whose columns do not hold whole records (hint: \
     `SELECT eventJson FROM …` gives them where the store has that column)";
pub(super) const INSIGHTS: &str = "Logs Insights results without `@message` (hint: begin the query with \
     `fields @timestamp, @message`)";
const EVENT_HISTORY: &str = "CloudTrail event history as CSV, which leaves out why calls were denied (hint: download \
     it as JSON, or run `aws cloudtrail lookup-events --output json`)";
const CSV: &str = "CSV without a column of whole records (hint: export the records as JSON)";
const ERROR: &str = "an error message of the AWS CLI or an SDK, not a log (hint: `aware explain` says why it \
     was denied)";
const HTML: &str = "an HTML page, not a log";

/// How much of a table's first row is read: it is as wide as the table.
const MAX_TITLE: usize = 1 << 20;

/// First bytes of formats that are not supported.
const MAGIC: [(&[u8], &str); 12] = [
    (b"BZh", "compressed with bzip2, which is not read (hint: unpack it with bunzip2)"),
    (b"\xfd7zXZ\0", "compressed with xz, which is not read (hint: unpack it with unxz)"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive, which is not read (hint: unpack it)"),
    (b"Rar!", "a RAR archive, which is not read (hint: unpack it)"),
    (b"\x04\x22\x4d\x18", "compressed with lz4, which is not read (hint: unpack it with unlz4)"),
    (b"\xff\x06\0\0sNaPpY", "compressed with snappy, which is not read (hint: unpack it)"),
    (b"Obj\x01", "an Avro file, which is not read (hint: export the records as JSON)"),
    (b"ORC", "an ORC file, which is not read (hint: export the records as JSON)"),
    (b"SQLite format 3\0", "an SQLite database, not a log (hint: export the records as JSON)"),
    (b"%PDF-", "a PDF file, not a log"),
    (b"\x89PNG", "an image, not a log"),
    (b"\xff\xd8\xff", "an image, not a log"),
];

/// Describes a table without a column of records, with its number of rows.
pub(super) fn describe_table(names: &ByteRecord, rows: u64) -> String {
    let has = |wanted: &str| names.iter().any(|name| name == wanted.as_bytes());
    let has_any =
        |wanted: &str| names.iter().any(|one| one.eq_ignore_ascii_case(wanted.as_bytes()));
    let what = match () {
        () if has_any("event name") && has_any("event id") => EVENT_HISTORY,
        () if has("useridentity") && has("eventname") => ATHENA,
        () if has_any("useridentity") && has_any("eventname") => LAKE,
        () if has_any("@timestamp") => INSIGHTS,
        () => CSV,
    };
    count_rows(rows, what)
}

/// A number of rows and what they are.
pub(super) fn count_rows(rows: u64, what: &str) -> String {
    if rows == 1 { format!("1 row of {what}") } else { format!("{rows} rows of {what}") }
}

/// Detects the form of a body.
pub(super) fn detect_form(body: &[u8]) -> BodyForm {
    let start = body.trim_ascii_start();
    if matches!(start.first(), Some(b'{' | b'[')) || start.starts_with(b"\"{") {
        return BodyForm::Documents;
    }
    if let Some((_, what)) = MAGIC.iter().find(|(magic, _)| body.starts_with(magic)) {
        return BodyForm::Named(Cow::Borrowed(*what));
    }
    let mut lines = start.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_end);
    let (first, second) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    match () {
        () if is_cli_table(first, second) => BodyForm::Named(describe_cli_table(second).into()),
        () if is_csv(start) && !has_record_at_margin(start) => BodyForm::Csv,
        () if yaml::begins_yaml(first) && !has_record_at_margin(start) => BodyForm::Yaml,
        () if super::shape::is_document_lines(body) => BodyForm::Documents,
        () if is_error_message(start) => BodyForm::Named(ERROR.into()),
        () if is_html(first) => BodyForm::Named(HTML.into()),
        () => BodyForm::Documents,
    }
}

/// Whether a body can be read line by line as it arrives, judged by its beginning up to the end of
/// its first line: either a whole record, or text that fits no other form.
pub fn is_line_stream(head: &[u8]) -> bool {
    let head = head.trim_ascii_start();
    let Some(end) = memchr::memchr(b'\n', head) else { return false };
    // What the first line says holds for all that follow.
    if TextLog::recognise(head, LineSettings::nothing()).is_some() {
        return false;
    }
    let first = head.get(..end).unwrap_or_default().trim_ascii_end();
    if line::begins_with_record(head) || line::is_stamp_header(first) {
        return true;
    }
    if let Some(at) = line::document_at(first) {
        return at > 0;
    }
    let is_form = is_table_border(first)
        || first.starts_with(b"#")
        || is_csv(head)
        || yaml::begins_yaml(first);
    let is_text = std::str::from_utf8(first).is_ok() && !first.contains(&0);
    let is_form = is_form || parquet::is_parquet(head);
    is_text && !is_form && !MAGIC.iter().any(|(magic, _)| head.starts_with(magic))
}

/// Why a line holds no record.
pub(super) fn explain_missing_record(line: &[u8]) -> &'static str {
    let line = line.get(..line.len().min(1 << 10)).unwrap_or_default();
    match () {
        () if line.starts_with(b"EVENTS\t") => {
            "a line of the AWS CLI's text output without a record"
        }
        () if line.starts_with(b"QUERYRESULTROWS\t") => LAKE,
        () if is_error_message(line) => ERROR,
        () => "line is not a JSON object",
    }
}

fn is_table_border(line: &[u8]) -> bool {
    line.len() >= 10 && line.iter().all(|byte| *byte == b'-')
}

fn is_cli_table(first: &[u8], second: &[u8]) -> bool {
    is_table_border(first) && second.starts_with(b"|")
}

/// Names an AWS CLI table by the title in its first row.
fn describe_cli_table(row: &[u8]) -> String {
    let title = String::from_utf8_lossy(row.get(..row.len().min(MAX_TITLE)).unwrap_or_default());
    let title = title.trim_matches(['|', ' ']);
    let hint = "which is not read (hint: use --output json)";
    let is_name = |c: char| c.is_ascii_alphanumeric();
    if title.is_empty() || title.len() > 60 || !title.chars().all(is_name) {
        return format!("the AWS CLI's table output, {hint}");
    }
    let mut command = String::new();
    for c in title.chars() {
        if c.is_ascii_uppercase() && !command.is_empty() {
            command.push('-');
        }
        command.push(c.to_ascii_lowercase());
    }
    format!("the AWS CLI's table output of {command}, {hint}")
}

fn is_csv(body: &[u8]) -> bool {
    let table = skip_comment_lines(body);
    let end = memchr::memchr(b'\n', table).unwrap_or(table.len());
    let head = table.get(..end).unwrap_or_default();
    head.len() <= 16 << 10 && is_csv_header(head)
}

/// Whether a line begins with a record. No line of the AWS CLI's YAML does, and none of CSV, where
/// quotes are doubled and quoted.
fn has_record_at_margin(body: &[u8]) -> bool {
    body.starts_with(b"{\"") || memchr::memmem::find(body, b"\n{\"").is_some()
}

/// Looks for the wording of the AWS CLI and botocore, or for AWS's own at the beginning.
fn is_error_message(text: &[u8]) -> bool {
    let head = text.get(..text.len().min(4 << 10)).unwrap_or_default();
    let first = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let has = |text: &[u8], words: &[u8]| memchr::memmem::find(text, words).is_some();
    has(head, b"An error occurred (") && has(head, b") when calling the ")
        || has(first, b"is not authorized to perform: ")
}

fn is_html(line: &[u8]) -> bool {
    let start = line.get(..line.len().min(14)).unwrap_or_default().to_ascii_lowercase();
    start.starts_with(b"<!doctype html") || start.starts_with(b"<html")
}
