//! Walks the documents of a body, and the records in them.
//!
//! Nothing of a body is kept: records are handed on where they stand, and what wraps them is looked
//! at by the places of its members. So memory does not grow with the number of either.

use super::decompress::Limits;
use super::shape::{Outline, Shape, is_broken_line, is_lines, is_whole};
use super::span::{self, Element, Elements, Members, SpanError};
use super::{Kind, MAX_NESTING, Opened};

/// What CloudTrail publishes to a topic when a trail is told to notify it.
pub(super) const VALIDATION: &str = "CloudTrail validation message.";

/// Opens the documents of one body.
pub(super) struct Opener<'s> {
    pub(super) kind: Kind,
    pub(super) limits: Limits,
    /// How many bytes more may be made of the body's nested parts.
    pub(super) left: usize,
    pub(super) opened: Opened,
    /// Takes a record's number and bytes.
    pub(super) take: &'s mut dyn FnMut(u64, &[u8]),
}

impl Opener<'_> {
    /// Opens a body: one document, several, or lines.
    pub(super) fn body(&mut self, body: &[u8]) {
        let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
        if body.trim_ascii().is_empty() {
            return self.opened.reject("body is empty");
        }
        if body.trim_ascii() == VALIDATION.as_bytes() {
            self.opened.skipped.other_notices += 1;
            return;
        }
        self.documents(body, 0, "neither JSON nor anything else that CloudTrail writes");
    }

    /// Opens documents one after the other; `nothing` is the problem when there is not even one.
    pub(super) fn documents(&mut self, body: &[u8], nesting: u8, nothing: &str) {
        if is_lines(body) {
            return self.lines(body, nesting);
        }
        let mut at = span::skip_space(body, 0);
        if !matches!(body.get(at), Some(b'{' | b'[')) {
            return self.opened.reject(nothing);
        }
        while let Some(byte) = body.get(at) {
            let end = match byte {
                b'{' | b'[' => span::end_of_value(body, at),
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

    /// One document a line; each line that is none is a reject. A document may go over several
    /// lines, if the line behind its first one is not a document itself.
    fn lines(&mut self, body: &[u8], nesting: u8) {
        let (mut at, mut may_span) = (0, true);
        while at < body.len() {
            let end = tail(body, at).iter().position(|byte| *byte == b'\n');
            let end = end.map_or(body.len(), |end| at + end);
            let line = slice(body, at, end).trim_ascii();
            if may_span && opens_only(line) && !next_is_whole(tail(body, end)) {
                let start = span::skip_space(body, at);
                if let Ok(end) = span::end_of_value(body, start) {
                    self.document(slice(body, start, end), nesting);
                    at = end;
                    continue;
                }
                may_span = false;
            }
            self.line(line, nesting);
            at = end + 1;
        }
    }

    fn line(&mut self, line: &[u8], nesting: u8) {
        let mut at = 0;
        while let Some(byte) = line.get(at) {
            match (byte, span::end_of_value(line, at)) {
                (b'{' | b'[', Ok(end)) => {
                    self.document(slice(line, at, end), nesting);
                    at = span::skip_space(line, end);
                }
                (b'{' | b'[', Err(problem)) => {
                    return self.opened.reject_record(describe(problem, "line"));
                }
                (b',', _) if at > 0 && at + 1 == line.len() => {
                    return self.opened.reject_record("a comma without a record");
                }
                _ => return self.opened.reject_record("line is no JSON object"),
            }
        }
    }

    /// A document without an end: its whole records are kept.
    fn cut(&mut self, rest: &[u8], problem: SpanError, nesting: u8) {
        let mut members = Members::new(rest, 0).filter(|_| rest.starts_with(b"{"));
        let is_list = |at: usize| rest.get(at) == Some(&b'[');
        let records = members.find(|one| &*one.key == b"Records" && is_list(one.value.start));
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
            _ => self.opened.reject_record("record is no JSON object"),
        }
    }

    fn object(&mut self, outline: &Outline<'_>, text: &[u8], nesting: u8) {
        match outline.shape() {
            Shape::Record => self.record(text),
            Shape::Records => self.lists_of_records(text, nesting),
            Shape::Unknown => self.opened.reject_record(format_args!(
                "JSON of an unknown kind, with the keys {}",
                outline.names()
            )),
            shape => self.envelope(shape, outline, nesting),
        }
    }

    /// Every `Records` of an object: none is lost where the name stands twice.
    fn lists_of_records(&mut self, text: &[u8], nesting: u8) {
        for member in Members::new(text, 0).filter(|member| &*member.key == b"Records") {
            match text.get(member.value).filter(|value| value.starts_with(b"[")) {
                Some(list) => self.records(list, nesting),
                None => self.opened.reject("`Records` is no list"),
            }
        }
    }

    /// A list of records, or of what the services hand to a function.
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

    fn element(&mut self, element: &[u8], nesting: u8) {
        if !element.starts_with(b"{") {
            return self.opened.reject_record("record is no JSON object");
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

    /// Hands a record on.
    pub(super) fn record(&mut self, record: &[u8]) {
        if self.expects(Kind::Records) {
            self.push(record);
        }
    }

    /// Hands a record on that the kind of envelope was asked for already.
    pub(super) fn push(&mut self, record: &[u8]) {
        self.opened.seen += 1;
        (self.take)(self.opened.seen, record);
    }

    pub(super) fn expects(&mut self, found: Kind) -> bool {
        let fits = self.kind == Kind::Any || self.kind == found;
        if !fits {
            let (expected, found) = (self.kind.as_str(), found.as_str());
            self.opened
                .reject(format_args!("expected an envelope of kind `{expected}`, found `{found}`"));
        }
        fits
    }
}

/// Whether a line begins a document that does not end in it.
fn opens_only(line: &[u8]) -> bool {
    matches!(line.first(), Some(b'{' | b'[')) && span::end_of_value(line, 0).is_err()
}

/// Whether the first line of these that is not empty is a document.
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

fn describe(problem: SpanError, what: &str) -> String {
    match problem {
        SpanError::Cut => format!("{what} is cut (hint: the file may still be being written)"),
        SpanError::Broken(at) => format!("{what} is broken at byte {at}"),
    }
}
