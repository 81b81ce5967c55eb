//! Walks the documents of a body and the records in them.
//!
//! Nothing of a body is kept: records are passed on in place, and envelopes are inspected by the
//! positions of their members. So memory grows with the number of neither.

use super::decompress::Limits;
use super::form::{self, Form};
use super::line;
use super::shape::{Outline, Shape, is_broken_line, is_lines, is_whole};
use super::span::{self, Element, Elements, Members, SpanError};
use super::unwrap::OverLimit;
use super::{Kind, MAX_NESTING, Opened, RawRecord, TakeRecord};
use crate::source::contract::RecordContext;
use crate::source::id::SourceId;
use crate::source::{cloudtrail, identify};

/// What CloudTrail publishes to an SNS topic when a trail is configured to notify it.
pub(super) const VALIDATION: &str = "CloudTrail validation message.";
/// What a CloudWatch Logs export writes to its bucket first.
const EXPORT_CHECK: &[u8] = b"Permission Check Successful";
/// Maximum nesting of lists within lists.
const MAX_LISTS: u8 = 4;

/// Opens the documents of one body.
pub(super) struct Opener<'s> {
    pub(super) kind: Kind,
    pub(super) limits: Limits,
    /// Remaining bytes that the body's nested parts may produce.
    pub(super) left: usize,
    pub(super) opened: Opened,
    /// The account that owns the log group whose events are gone through.
    pub(super) owner: Option<String>,
    pub(super) take: TakeRecord<'s>,
}

impl Opener<'_> {
    /// Opens a body: one document, several, or lines.
    pub(super) fn body(&mut self, body: &[u8]) {
        let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
        if body.trim_ascii().is_empty() && self.kind != Kind::Lines {
            return self.opened.reject("body is empty");
        }
        if [VALIDATION.as_bytes(), EXPORT_CHECK].contains(&body.trim_ascii()) {
            self.opened.skipped.other_notices += 1;
            return;
        }
        if self.kind == Kind::Lines {
            return self.lines(body, 0);
        }
        match form::of(body) {
            Form::Documents => self.documents(body, 0, form::UNKNOWN),
            Form::Csv => self.csv(body),
            Form::Yaml => self.yaml(body),
            Form::Named(what) => self.opened.reject(what),
        }
    }

    /// Opens one document after another; `nothing` is the problem to report when there is not even
    /// one.
    pub(super) fn documents(&mut self, body: &[u8], nesting: u8, nothing: &str) {
        if is_lines(body) {
            return self.lines(body, nesting);
        }
        let mut at = span::skip_space(body, 0);
        if !matches!(body.get(at), Some(b'{' | b'[' | b'"')) {
            return self.opened.reject(nothing);
        }
        while let Some(byte) = body.get(at) {
            let end = match byte {
                b'{' | b'[' | b'"' => span::end_of_value(body, at),
                _ => return self.lines(tail(body, at), nesting),
            };
            match end {
                Ok(end) => {
                    self.document(slice(body, at, end), nesting);
                    at = span::skip_space(body, end);
                }
                Err(_) if is_broken_line(tail(body, at)) => {
                    return self.lines(tail(body, at), nesting);
                }
                Err(problem) => return self.cut(tail(body, at), problem, nesting),
            }
        }
    }

    /// Opens one document per line; every other line is a reject. A document may span several lines
    /// if the line after its first one is not a document itself.
    pub(super) fn lines(&mut self, body: &[u8], nesting: u8) {
        let (mut at, mut may_span, mut is_due) = (0, true, false);
        while at < body.len() {
            let (line, next) = line_at(body, at);
            let begin = line::document_at(line).filter(|begin| opens_only(tail(line, *begin)));
            let is_stamped = std::mem::take(&mut is_due) || begin.is_some_and(|begin| begin > 0);
            if let Some(begin) = begin
                && (may_span || is_stamped)
                && !next_is_whole(tail(body, next))
            {
                // A line with a timestamp begins another document, so this one ends before it.
                let to = if is_stamped { next_stamped(body, next) } else { body.len() };
                let from = at + line_start(tail(body, at)) + begin;
                match span::end_of_value(slice(body, 0, to), from) {
                    Ok(end) => {
                        self.document(slice(body, from, end), nesting);
                        at = end;
                        continue;
                    }
                    Err(problem) if is_stamped => {
                        self.opened.reject_record(describe(problem, "record"));
                        at = to;
                        continue;
                    }
                    Err(_) => may_span = false,
                }
            }
            is_due = line::is_header(line) && opens_only(line_at(body, next).0);
            if !is_due {
                self.line(line, nesting);
            }
            at = next;
        }
        if self.opened.seen == 0 && memchr::memmem::find(body, b"RESULTS\t").is_some() {
            self.opened.reject(form::INSIGHTS);
        }
    }

    /// Opens one document after another, possibly after a timestamp; other columns are ignored.
    fn line(&mut self, line: &[u8], nesting: u8) {
        let Some(mut at) = line::document_at(line) else {
            if line.is_empty() || line::is_structure(line) {
                return;
            }
            return self.opened.reject_record(form::why_no_record(line));
        };
        let begin = at;
        while let Some(byte) = line.get(at) {
            match (byte, span::end_of_value(line, at)) {
                (b'{' | b'[' | b'"', Ok(end)) => {
                    self.document(slice(line, at, end), nesting);
                    if line.get(end) == Some(&b'\t') {
                        at = end + column_with_document(tail(line, end));
                    } else {
                        at = span::skip_space(line, end);
                    }
                }
                (b'{' | b'[' | b'"', Err(problem)) => {
                    return self.opened.reject_record(describe(problem, "line"));
                }
                (b',', _) if at > begin && at + 1 == line.len() => {
                    return self.opened.reject_record("a comma without a record");
                }
                _ => return self.opened.reject_record(form::why_no_record(tail(line, at))),
            }
        }
    }

    /// Opens a document without an end: its complete records are kept.
    fn cut(&mut self, rest: &[u8], problem: SpanError, nesting: u8) {
        let mut members = Members::new(rest, 0).filter(|_| rest.starts_with(b"{"));
        let is_list = |at: usize| rest.get(at) == Some(&b'[');
        let lists: [&[u8]; 4] = [b"Records", b"Events", b"events", b"results"];
        let records = members.find(|one| lists.contains(&&*one.key) && is_list(one.value.start));
        match records {
            Some(member) => self.records(tail(rest, member.value.start), nesting),
            None if rest.starts_with(b"[") => self.records(rest, nesting),
            None => self.opened.reject_record(describe(problem, "record")),
        }
    }

    pub(super) fn document(&mut self, text: &[u8], nesting: u8) {
        if nesting > MAX_NESTING {
            return self
                .opened
                .reject(format_args!("envelopes are nested deeper than {MAX_NESTING}"));
        }
        match text.first() {
            Some(b'{') => self.object(&Outline::of(text), text, nesting),
            Some(b'[') => self.records(text, nesting),
            Some(b'"') => self.string(text, nesting),
            _ => self.opened.reject_record(NO_OBJECT),
        }
    }

    /// Opens a document within a string, as in the lists that `--query 'Events[].CloudTrailEvent'`
    /// prints.
    fn string(&mut self, text: &[u8], nesting: u8) {
        match self.text(Some(text)) {
            Ok(Some(text)) if text.trim_start().starts_with('{') => {
                self.document(text.trim().as_bytes(), nesting + 1);
            }
            Ok(_) => self.opened.reject_record(NO_OBJECT),
            Err(OverLimit) => self.over_limit(),
        }
    }

    fn object(&mut self, outline: &Outline<'_>, text: &[u8], nesting: u8) {
        match outline.shape() {
            Shape::Record => self.record(text),
            Shape::Records => self.lists_of_records(text, nesting),
            Shape::Unknown if identify(text).is_some() => self.record(text),
            Shape::Unknown => self.opened.reject_record(format_args!(
                "JSON of an unknown kind, with the keys {}",
                outline.names()
            )),
            shape => self.envelope(shape, outline, nesting),
        }
    }

    /// Opens every `Records` member of an object: none is lost when the name occurs twice.
    fn lists_of_records(&mut self, text: &[u8], nesting: u8) {
        for member in Members::new(text, 0).filter(|member| &*member.key == b"Records") {
            match text.get(member.value).filter(|value| value.starts_with(b"[")) {
                Some(list) => self.records(list, nesting),
                None => self.opened.reject("`Records` is not a list"),
            }
        }
    }

    /// Opens a list of records, or of what a service passes to a function.
    pub(super) fn records(&mut self, list: &[u8], nesting: u8) {
        for element in Elements::new(list, 0) {
            match element {
                Element::At(place) => self.element(list.get(place).unwrap_or_default(), nesting),
                Element::Missing => self.opened.reject_record("a comma without a record"),
                Element::Problem(problem) => {
                    self.opened.reject_record(describe(problem, "record"));
                }
            }
        }
    }

    pub(super) fn element(&mut self, element: &[u8], nesting: u8) {
        match element.first() {
            Some(b'{') => {}
            Some(b'"') => return self.string(element, nesting),
            Some(b'[') => return self.row(element, nesting, MAX_LISTS),
            _ => return self.opened.reject_record(NO_OBJECT),
        }
        let outline = Outline::of(element);
        match (outline.wrapped(), outline.shape()) {
            (Some(service), _) => self.wrapped(service, element, nesting),
            (None, Shape::Record) => self.record(element),
            (None, Shape::Unknown) if nesting == 0 => self.record(element),
            (None, _) if nesting >= MAX_NESTING => self.document(element, nesting + 1),
            (None, _) => self.object(&outline, element, nesting + 1),
        }
    }

    /// Passes a record on.
    pub(super) fn record(&mut self, record: &[u8]) {
        if self.expects(Kind::Records) {
            self.push(record);
        }
    }

    /// Hands a record on that the kind of envelope was asked for already. What no source knows is
    /// for CloudTrail's decoder to refuse.
    pub(super) fn push(&mut self, record: &[u8]) {
        self.push_of(identify(record).unwrap_or(cloudtrail::ID), record);
    }

    /// The same where the envelope says whose record it is.
    pub(super) fn push_of(&mut self, source: SourceId, record: &[u8]) {
        self.opened.seen += 1;
        let context = RecordContext { owner: self.owner.as_deref() };
        (self.take)(RawRecord { number: self.opened.seen, source, bytes: record, context });
    }

    pub(super) fn expects(&mut self, found: Kind) -> bool {
        let fits = matches!(self.kind, Kind::Any | Kind::Lines) || self.kind == found;
        if !fits {
            let (expected, found) = (self.kind.as_str(), found.as_str());
            self.opened
                .reject(format_args!("expected an envelope of kind `{expected}`, found `{found}`"));
        }
        fits
    }
}

const NO_OBJECT: &str = "record is not a JSON object";

/// The line at an offset, and where the next one begins.
fn line_at(body: &[u8], at: usize) -> (&[u8], usize) {
    let rest = tail(body, at);
    let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    let line = slice(rest, line_start(rest).min(end), end);
    (line.trim_ascii(), at + end + 1)
}

/// Length of the blanks and byte order marks at the beginning of a line: concatenated files have
/// marks in the middle.
fn line_start(line: &[u8]) -> usize {
    let blank = span::skip_space(line, 0);
    if tail(line, blank).starts_with(b"\xef\xbb\xbf") { blank + 3 } else { blank }
}

/// The offset of the next line from `at` on that begins with a timestamp.
fn next_stamped(body: &[u8], mut at: usize) -> usize {
    while at < body.len() {
        let rest = tail(body, at);
        let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let line = slice(rest, 0, end).trim_ascii_end();
        if line::is_header(line) || line::document_at(line).is_some_and(|begin| begin > 0) {
            return at;
        }
        at += end + 1;
    }
    body.len()
}

/// Distance from the end of a document to the next column that holds one, or to the end.
fn column_with_document(columns: &[u8]) -> usize {
    memchr::memmem::find(columns, b"\t{").map_or(columns.len(), |at| at + 1)
}

/// Whether a line begins a document that does not end on it.
fn opens_only(line: &[u8]) -> bool {
    matches!(line.first(), Some(b'{' | b'[')) && span::end_of_value(line, 0).is_err()
}

/// Whether the first non-empty line of these is a document.
fn next_is_whole(lines: &[u8]) -> bool {
    let lines = lines.trim_ascii_start();
    let end = lines.iter().position(|byte| *byte == b'\n').unwrap_or(lines.len());
    is_whole(slice(lines, 0, end))
}

fn slice(bytes: &[u8], from: usize, to: usize) -> &[u8] {
    bytes.get(from..to).unwrap_or_default()
}

fn tail(bytes: &[u8], from: usize) -> &[u8] {
    bytes.get(from..).unwrap_or_default()
}

pub(super) fn describe(problem: SpanError, what: &str) -> String {
    match problem {
        SpanError::Cut => format!("{what} is cut (hint: the file may still be being written)"),
        SpanError::Broken(at) => format!("{what} is broken at byte {at}"),
    }
}
