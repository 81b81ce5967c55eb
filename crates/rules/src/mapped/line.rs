//! Lines of text, of which the named groups of an expression are the fields.

use aware_core::source::common::bytes_digest;
use aware_core::source::contract::{LineReader, MAX_RECORD_BYTES, ReadLine, TEXT_HEAD};
use regex::Regex;
use serde_json::{Map, Value};

/// The member of a line's record that names the source and holds a digest of the whole line, so that
/// two lines with equal fields are two records. An expression cannot have a group of this name.
pub(super) const LINE_MARKER: &str = "@aware_line";

/// What the lines of a log look like.
#[derive(Clone, Debug)]
pub(super) struct LineForm {
    regex: Regex,
    /// The name of the source.
    source: String,
    /// What rejects call the log.
    title: String,
}

impl LineForm {
    pub(super) fn new(regex: Regex, source: &str, title: &str) -> Self {
        Self { regex, source: source.to_owned(), title: title.to_owned() }
    }

    /// The names of the fields.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.regex.capture_names().flatten()
    }

    /// Whether a line of a text is one of the log, or all of them are one event. The text of an event
    /// is not cut, and does not end with a line break, as that of a file does.
    pub(super) fn is_log(&self, head: &str) -> bool {
        let mut lines = head.lines().map(str::trim_end).filter(|line| !line.is_empty());
        let may_be_event = !head.ends_with('\n') && head.len() < TEXT_HEAD / 2;
        lines.any(|line| self.regex.is_match(line))
            || may_be_event && on_one_line(head).is_some_and(|line| self.regex.is_match(&line))
    }

    /// Whether a record was read from a line of this log.
    pub(super) fn has_read(&self, record: &Value) -> bool {
        let marker = record.get(LINE_MARKER).and_then(Value::as_str).unwrap_or_default();
        marker.split_once('/').is_some_and(|(source, _)| source == self.source)
    }

    /// The record of a line. Of an event of several lines, the first line counts; if that does not
    /// match, all of them as one.
    fn record_of(&self, text: &str) -> Option<Map<String, Value>> {
        let first = text.lines().next().unwrap_or_default();
        self.fields_of(first.trim_end()).or_else(|| self.fields_of(&on_one_line(text)?))
    }

    /// The fields that a line has.
    fn fields_of(&self, line: &str) -> Option<Map<String, Value>> {
        let found = self.regex.captures(line)?;
        let fields = self.names().filter_map(|name| Some((name, found.name(name)?.as_str())));
        Some(fields.map(|(name, text)| (name.to_owned(), text.into())).collect())
    }

    /// Distinguishes a line from all others.
    fn marker_of(&self, line: &[u8]) -> Value {
        format!("{}/{}", self.source, bytes_digest(line.trim_ascii())).into()
    }
}

/// A text of several lines with blanks between them.
fn on_one_line(text: &str) -> Option<String> {
    let text = text.trim_end();
    text.contains('\n').then(|| text.lines().collect::<Vec<_>>().join(" "))
}

/// Reads lines.
pub(super) struct MappedLineReader {
    form: LineForm,
    record: Vec<u8>,
}

impl MappedLineReader {
    pub(super) fn new(form: LineForm) -> Self {
        Self { form, record: Vec::new() }
    }
}

impl LineReader for MappedLineReader {
    /// A line that does not match and begins with a blank continues the one before it, as messages of
    /// several lines do: it is no record.
    fn read_line(&mut self, line: &[u8]) -> ReadLine<'_> {
        if line.trim_ascii().is_empty() {
            return ReadLine::Nothing;
        }
        if line.len() > MAX_RECORD_BYTES {
            let bytes = line.len();
            return ReadLine::Reject(format!(
                "line of {bytes} bytes is over the limit of {MAX_RECORD_BYTES}"
            ));
        }
        let Some(mut record) = self.form.record_of(&String::from_utf8_lossy(line)) else {
            if line.first().is_some_and(u8::is_ascii_whitespace) {
                return ReadLine::Nothing;
            }
            let title = &self.form.title;
            return ReadLine::Reject(format!("{title}: the line does not match `line`"));
        };
        record.insert(LINE_MARKER.to_owned(), self.form.marker_of(line));
        self.record = Value::Object(record).to_string().into_bytes();
        ReadLine::Record(&self.record)
    }
}
