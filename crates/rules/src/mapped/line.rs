//! Lines of text, of which the named groups of an expression are the fields.

use aware_core::source::contract::{LineReader, MAX_RECORD_BYTES, ReadLine};
use regex::Regex;
use regex_syntax::hir::{Hir, HirKind};
use serde_json::{Map, Value};

/// How many of a text's first lines are tried.
const TRIED: usize = 5;

/// What the lines of a log look like.
#[derive(Clone, Debug)]
pub(super) struct LineForm {
    regex: Regex,
    /// The fields that every line has.
    always: Vec<String>,
    /// What rejects call the log.
    title: String,
}

impl LineForm {
    pub(super) fn new(regex: Regex, title: &str) -> Self {
        let mut always = Vec::new();
        if let Ok(parsed) = regex_syntax::parse(regex.as_str()) {
            add_certain_names(&parsed, &mut always);
        }
        Self { regex, always, title: title.to_owned() }
    }

    /// The fields that every line has.
    pub(super) fn certain_names(&self) -> &[String] {
        &self.always
    }

    /// The names of the fields.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.regex.capture_names().flatten()
    }

    /// Whether one of a text's first lines is one of the log.
    pub(super) fn is_log(&self, head: &str) -> bool {
        let lines = head.lines().filter(|line| !line.trim().is_empty());
        lines.take(TRIED).any(|line| self.regex.is_match(line))
    }

    /// The fields that a line has.
    fn record_of(&self, line: &str) -> Option<Map<String, Value>> {
        let found = self.regex.captures(line)?;
        let fields = self.names().filter_map(|name| Some((name, found.name(name)?.as_str())));
        Some(fields.map(|(name, text)| (name.to_owned(), text.into())).collect())
    }
}

/// Adds the names of the groups that are part of whatever an expression matches.
fn add_certain_names(parsed: &Hir, names: &mut Vec<String>) {
    match parsed.kind() {
        HirKind::Capture(group) => {
            names.extend(group.name.as_deref().map(str::to_owned));
            add_certain_names(&group.sub, names);
        }
        HirKind::Concat(parts) => parts.iter().for_each(|part| add_certain_names(part, names)),
        HirKind::Repetition(part) if part.min > 0 => add_certain_names(&part.sub, names),
        HirKind::Repetition(_)
        | HirKind::Alternation(_)
        | HirKind::Empty
        | HirKind::Literal(_)
        | HirKind::Class(_)
        | HirKind::Look(_) => {}
    }
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
    /// A line that begins with a blank goes on with the one before it, as messages of several lines
    /// do: it is no record.
    fn read_line(&mut self, line: &[u8]) -> ReadLine<'_> {
        if line.trim_ascii().is_empty() || line.first().is_some_and(u8::is_ascii_whitespace) {
            return ReadLine::Nothing;
        }
        if line.len() > MAX_RECORD_BYTES {
            let bytes = line.len();
            return ReadLine::Reject(format!(
                "line of {bytes} bytes is over the limit of {MAX_RECORD_BYTES}"
            ));
        }
        // An event of a log group is one message, of which further lines go on with the first.
        let first = line.split(|byte| *byte == b'\n').next().unwrap_or_default();
        match self.form.record_of(String::from_utf8_lossy(first).trim_end()) {
            Some(record) => {
                self.record = Value::Object(record).to_string().into_bytes();
                ReadLine::Record(&self.record)
            }
            None => ReadLine::Reject(format!(
                "{}: a line that the expression of `line` does not match",
                self.form.title
            )),
        }
    }
}
