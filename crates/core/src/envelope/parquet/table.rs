//! What a Parquet file's columns say about whose log it is.

use super::MAGIC;
use super::footer::Footer;
use super::schema::Column;
use crate::source::contract::LineSettings;
use crate::source::line_reader;

/// The longest name of a field, in bytes.
const MAX_NAME: usize = 64;
/// How many columns are named, and how much of a name, in characters.
const NAMED: usize = 10;
const MAX_SHOWN: usize = 24;

/// The names of the columns as the header line of a log has them.
pub(super) fn header_line(columns: &[Column]) -> String {
    columns.iter().map(|column| field_name(&column.path)).collect::<Vec<_>>().join(" ")
}

/// What a file is that is no log, by its columns, and what to do.
pub(super) fn describe_table(columns: &[Column]) -> String {
    let mut names: Vec<&str> =
        columns.iter().map(|column| column.path.split('.').next().unwrap_or_default()).collect();
    names.dedup();
    let is_ocsf = names.contains(&"class_uid") || names.contains(&"metadata");
    let hint = match is_ocsf {
        true => "scan the logs' own files: `aware scan s3://BUCKET/AWSLogs/`",
        false => "of Parquet only flow logs are read; export the records as JSON",
    };
    let more = names.len().saturating_sub(NAMED);
    names.truncate(NAMED);
    let shown = names.iter().map(|name| name.chars().take(MAX_SHOWN).collect::<String>());
    let shown: Vec<String> = shown.map(|name| format!("`{name}`")).collect();
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!(
        "Parquet file with the columns {}{rest}, which no source reads (hint: {hint})",
        shown.join(", ")
    )
}

/// Whether a body is a whole Parquet file whose columns are those of no source's log.
pub(in crate::envelope) fn is_of_no_source(body: &[u8]) -> bool {
    body.starts_with(MAGIC)
        && Footer::read(body).is_ok_and(|footer| {
            let header = header_line(&footer.columns);
            line_reader(header.as_bytes(), LineSettings::nothing()).is_none()
        })
}

/// A column's name as flow logs name fields: `tcp-flags`.
fn field_name(path: &str) -> String {
    let mut name: String = path
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' })
        .take(MAX_NAME)
        .collect();
    if !name.starts_with(|c: char| c.is_ascii_lowercase()) {
        name.insert(0, 'x');
        name.truncate(MAX_NAME);
    }
    name
}
