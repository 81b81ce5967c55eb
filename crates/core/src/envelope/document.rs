//! Walks the documents of a body and the records in them.
//!
//! Nothing of a body is kept: records are passed on in place, and envelopes are inspected by the
//! positions of their members. So memory grows with the number of neither.

use super::form::{self, BodyForm};
use super::line;
use super::opened::EnvelopeKind;
use super::opener::{BodyOpener, OverLimit, VALIDATION, describe_span_error};
use super::parquet;
use super::shape::{
    EnvelopeShape, ObjectOutline, is_broken_line, is_document_lines, is_whole_document,
};
use super::span::{self, ElementSpan, ElementSpans, MemberSpans, SpanError};
use crate::source::{defined, identify};

/// What a CloudWatch Logs export writes to its bucket first.
const EXPORT_CHECK: &[u8] = b"Permission Check Successful";
/// Maximum nesting of envelopes: SNS in SQS in a Lambda event is three.
const MAX_NESTING: u8 = 6;
/// Maximum nesting of lists within lists.
const MAX_LISTS: u8 = 4;

impl BodyOpener<'_> {
    /// Opens a body: one document, several, or lines.
    pub(super) fn open_body(&mut self, body: &[u8]) {
        let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
        if body.trim_ascii().is_empty() && self.kind != EnvelopeKind::Lines {
            return self.opened.reject_body("body is empty");
        }
        if [VALIDATION.as_bytes(), EXPORT_CHECK].contains(&body.trim_ascii()) {
            self.opened.skipped.other_notices += 1;
            return;
        }
        if self.kind == EnvelopeKind::Lines {
            return self.open_lines(body, 0);
        }
        if parquet::is_parquet(body) {
            return self.open_parquet(body);
        }
        if self.open_text_log(body) {
            return;
        }
        match form::detect_form(body) {
            BodyForm::Documents => self.open_documents(body, 0, form::UNKNOWN),
            BodyForm::Csv => self.open_csv(body),
            BodyForm::Yaml => self.open_yaml(body),
            BodyForm::Named(what) => self.opened.reject_body(what),
        }
    }

    /// Opens one document after another; `nothing` is the problem to report when there is not even
    /// one.
    pub(super) fn open_documents(&mut self, body: &[u8], nesting: u8, nothing: &str) {
        if is_document_lines(body) {
            return self.open_lines(body, nesting);
        }
        let mut at = span::skip_space(body, 0);
        if !matches!(body.get(at), Some(b'{' | b'[' | b'"')) {
            return self.opened.reject_body(nothing);
        }
        while let Some(byte) = body.get(at) {
            let end = match byte {
                b'{' | b'[' | b'"' => span::end_of_value(body, at),
                _ => return self.open_lines(bytes_from(body, at), nesting),
            };
            match end {
                Ok(end) => {
                    self.open_document(bytes_between(body, at, end), nesting);
                    at = span::skip_space(body, end);
                }
                Err(_) if is_broken_line(bytes_from(body, at)) => {
                    return self.open_lines(bytes_from(body, at), nesting);
                }
                Err(problem) => return self.open_truncated(bytes_from(body, at), problem, nesting),
            }
        }
    }

    /// Opens one document per line; every other line is a reject. A document may span several lines
    /// if the line after its first one is not a document itself.
    pub(super) fn open_lines(&mut self, body: &[u8], nesting: u8) {
        let (mut at, mut may_span, mut is_due) = (0, true, false);
        while at < body.len() {
            let (line, next) = line_at(body, at);
            let begin = line::document_at(line)
                .filter(|begin| opens_document_only(bytes_from(line, *begin)));
            let is_stamped = std::mem::take(&mut is_due) || begin.is_some_and(|begin| begin > 0);
            if let Some(begin) = begin
                && (may_span || is_stamped)
                && !next_line_is_document(bytes_from(body, next))
            {
                // A line with a timestamp begins another document, so this one ends before it.
                let to = if is_stamped { next_stamped_line(body, next) } else { body.len() };
                let from = at + leading_blank_length(bytes_from(body, at)) + begin;
                match span::end_of_value(bytes_between(body, 0, to), from) {
                    Ok(end) => {
                        self.open_document(bytes_between(body, from, end), nesting);
                        at = end;
                        continue;
                    }
                    Err(problem) if is_stamped => {
                        self.opened.reject_record(describe_span_error(problem, "record"));
                        at = to;
                        continue;
                    }
                    Err(_) => may_span = false,
                }
            }
            is_due = line::is_stamp_header(line) && opens_document_only(line_at(body, next).0);
            if !is_due {
                self.open_line(line, nesting);
            }
            at = next;
        }
        if self.opened.seen == 0 && memchr::memmem::find(body, b"RESULTS\t").is_some() {
            self.opened.reject_body(form::INSIGHTS);
        }
    }

    /// Opens one document after another, possibly after a timestamp; other columns are ignored.
    fn open_line(&mut self, line: &[u8], nesting: u8) {
        let Some(mut at) = line::document_at(line) else {
            if line.is_empty() || line::is_cli_structure(line) {
                return;
            }
            return self.opened.reject_record(form::explain_missing_record(line));
        };
        let begin = at;
        while let Some(byte) = line.get(at) {
            match (byte, span::end_of_value(line, at)) {
                (b'{' | b'[' | b'"', Ok(end)) => {
                    self.open_document(bytes_between(line, at, end), nesting);
                    if line.get(end) == Some(&b'\t') {
                        at = end + next_document_column(bytes_from(line, end));
                    } else {
                        at = span::skip_space(line, end);
                    }
                }
                (b'{' | b'[' | b'"', Err(problem)) => {
                    return self.opened.reject_record(describe_span_error(problem, "line"));
                }
                (b',', _) if at > begin && at + 1 == line.len() => {
                    return self.opened.reject_record("a comma without a record");
                }
                _ => {
                    return self
                        .opened
                        .reject_record(form::explain_missing_record(bytes_from(line, at)));
                }
            }
        }
    }

    /// Opens a document without an end: its complete records are kept.
    fn open_truncated(&mut self, rest: &[u8], problem: SpanError, nesting: u8) {
        let mut members = MemberSpans::new(rest, 0).filter(|_| rest.starts_with(b"{"));
        let is_list = |at: usize| rest.get(at) == Some(&b'[');
        let lists: [&[u8]; 4] = [b"Records", b"Events", b"events", b"results"];
        let records = members.find(|one| lists.contains(&&*one.key) && is_list(one.value.start));
        match records {
            Some(member) => self.open_record_list(bytes_from(rest, member.value.start), nesting),
            None if rest.starts_with(b"[") => self.open_record_list(rest, nesting),
            None => self.opened.reject_record(describe_span_error(problem, "record")),
        }
    }

    pub(super) fn open_document(&mut self, text: &[u8], nesting: u8) {
        if nesting > MAX_NESTING {
            return self
                .opened
                .reject_body(format_args!("envelopes are nested deeper than {MAX_NESTING}"));
        }
        match text.first() {
            Some(b'{') => self.open_object(&ObjectOutline::read_outline(text), text, nesting),
            Some(b'[') => self.open_record_list(text, nesting),
            Some(b'"') => self.open_string(text, nesting),
            _ => self.opened.reject_record(NO_OBJECT),
        }
    }

    /// Opens a document within a string, as in the lists that `--query 'Events[].CloudTrailEvent'`
    /// prints.
    fn open_string(&mut self, text: &[u8], nesting: u8) {
        match self.string_text(Some(text)) {
            Ok(Some(text)) if text.trim_start().starts_with('{') => {
                self.open_document(text.trim().as_bytes(), nesting + 1);
            }
            Ok(_) => self.opened.reject_record(NO_OBJECT),
            Err(OverLimit) => self.reject_over_limit(),
        }
    }

    fn open_object(&mut self, outline: &ObjectOutline<'_>, text: &[u8], nesting: u8) {
        match outline.classify_shape() {
            EnvelopeShape::Record => self.emit_record(text),
            shape if !shape.delivers() && defined::identify(text).is_some() => {
                self.emit_record(text)
            }
            EnvelopeShape::Records => self.open_record_lists(text, nesting),
            EnvelopeShape::Unknown | EnvelopeShape::Ocsf if identify(text).is_some() => {
                self.emit_record(text)
            }
            EnvelopeShape::Unknown => self.opened.reject_record(format_args!(
                "JSON of an unknown kind, with the keys {}",
                outline.list_names()
            )),
            shape => self.open_envelope(shape, outline, nesting),
        }
    }

    /// Opens every `Records` member of an object: none is lost when the name occurs twice.
    fn open_record_lists(&mut self, text: &[u8], nesting: u8) {
        for member in MemberSpans::new(text, 0).filter(|member| &*member.key == b"Records") {
            match text.get(member.value).filter(|value| value.starts_with(b"[")) {
                Some(list) => self.open_record_list(list, nesting),
                None => self.opened.reject_body("`Records` is not a list"),
            }
        }
    }

    /// Opens a list of records, or of what a service passes to a function.
    pub(super) fn open_record_list(&mut self, list: &[u8], nesting: u8) {
        for element in ElementSpans::new(list, 0) {
            match element {
                ElementSpan::At(place) => {
                    self.open_element(list.get(place).unwrap_or_default(), nesting)
                }
                ElementSpan::Missing => self.opened.reject_record("a comma without a record"),
                ElementSpan::Problem(problem) => {
                    self.opened.reject_record(describe_span_error(problem, "record"));
                }
            }
        }
    }

    pub(super) fn open_element(&mut self, element: &[u8], nesting: u8) {
        match element.first() {
            Some(b'{') => {}
            Some(b'"') => return self.open_string(element, nesting),
            Some(b'[') => return self.open_row(element, nesting, MAX_LISTS),
            _ => return self.opened.reject_record(NO_OBJECT),
        }
        let outline = ObjectOutline::read_outline(element);
        match (outline.wrapping_service(), outline.classify_shape()) {
            (Some(service), _) => self.open_wrapped(service, element, nesting),
            (None, EnvelopeShape::Record) => self.emit_record(element),
            (None, EnvelopeShape::Unknown) if nesting == 0 => self.emit_record(element),
            (None, _) if nesting >= MAX_NESTING => self.open_document(element, nesting + 1),
            (None, _) => self.open_object(&outline, element, nesting + 1),
        }
    }
}

const NO_OBJECT: &str = "record is not a JSON object";

/// The line at an offset, and where the next one begins.
fn line_at(body: &[u8], at: usize) -> (&[u8], usize) {
    let rest = bytes_from(body, at);
    let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    let line = bytes_between(rest, leading_blank_length(rest).min(end), end);
    (line.trim_ascii(), at + end + 1)
}

/// Length of the blanks and byte order marks at the beginning of a line: concatenated files have
/// marks in the middle.
fn leading_blank_length(line: &[u8]) -> usize {
    let blank = span::skip_space(line, 0);
    if bytes_from(line, blank).starts_with(b"\xef\xbb\xbf") { blank + 3 } else { blank }
}

/// The offset of the next line from `at` on that begins with a timestamp.
fn next_stamped_line(body: &[u8], mut at: usize) -> usize {
    while at < body.len() {
        let rest = bytes_from(body, at);
        let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let line = bytes_between(rest, 0, end).trim_ascii_end();
        if line::is_stamp_header(line) || line::document_at(line).is_some_and(|begin| begin > 0) {
            return at;
        }
        at += end + 1;
    }
    body.len()
}

/// Distance from the end of a document to the next column that holds one, or to the end.
fn next_document_column(columns: &[u8]) -> usize {
    memchr::memmem::find(columns, b"\t{").map_or(columns.len(), |at| at + 1)
}

/// Whether a line begins a document that does not end on it.
fn opens_document_only(line: &[u8]) -> bool {
    matches!(line.first(), Some(b'{' | b'[')) && span::end_of_value(line, 0).is_err()
}

/// Whether the first non-empty line of these is a document.
fn next_line_is_document(lines: &[u8]) -> bool {
    let lines = lines.trim_ascii_start();
    let end = lines.iter().position(|byte| *byte == b'\n').unwrap_or(lines.len());
    is_whole_document(bytes_between(lines, 0, end))
}

fn bytes_between(bytes: &[u8], from: usize, to: usize) -> &[u8] {
    bytes.get(from..to).unwrap_or_default()
}

fn bytes_from(bytes: &[u8], from: usize) -> &[u8] {
    bytes.get(from..).unwrap_or_default()
}
