//! Recognises each JSON document of a body and takes its wrapping off.

use std::borrow::Cow;
use std::ops::Range;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::decompress::{Inflater, Limits};
use super::shape::{Documents, Parsed, Shape, Wrapped, documents};
use super::span::{self, Member, SpanError};
use super::{Kind, MAX_NESTING, Opened, S3Object, notice};

/// What CloudTrail publishes to a topic when a trail is told to notify it.
const VALIDATION: &str = "CloudTrail validation message.";

/// Opens the documents of one body.
pub(super) struct Opener<'a> {
    pub(super) kind: Kind,
    pub(super) opened: Opened<'a>,
}

impl<'a> Opener<'a> {
    /// Opens a body: one document, several, or lines.
    pub(super) fn body(&mut self, body: &'a [u8]) {
        let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
        match documents(body) {
            _ if body.trim_ascii().is_empty() => self.opened.reject("body is empty"),
            _ if body.trim_ascii() == VALIDATION.as_bytes() => {
                self.opened.skipped.other_notices += 1;
            }
            Documents::None => {
                self.opened.reject("neither JSON nor anything else that CloudTrail writes");
            }
            Documents::Whole(places) => {
                for place in places {
                    self.document(Cow::Borrowed(slice(body, place)), 0);
                }
            }
            Documents::Lines => self.lines(body),
            Documents::Cut(places, rest, problem) => {
                for place in places {
                    self.document(Cow::Borrowed(slice(body, place)), 0);
                }
                self.cut(slice(body, rest), problem);
            }
        }
    }

    fn lines(&mut self, body: &'a [u8]) {
        for line in body.split(|byte| *byte == b'\n') {
            let line = line.trim_ascii();
            match span::end_of_value(line, 0) {
                _ if line.is_empty() => {}
                Ok(end) if end == line.len() && line.starts_with(b"{") => {
                    self.document(Cow::Borrowed(line), 0);
                }
                Ok(_) => self.opened.reject_record("line is no JSON object"),
                Err(problem) => self.opened.reject_record(describe(problem, "line")),
            }
        }
    }

    /// A document without an end: its whole records are kept.
    fn cut(&mut self, rest: &'a [u8], problem: SpanError) {
        let members = if rest.starts_with(b"{") { span::members(rest, 0) } else { Vec::new() };
        let records = members
            .iter()
            .find(|member| member.key == b"Records" && rest.get(member.value.start) == Some(&b'['));
        match records {
            Some(member) => {
                let start = member.value.start;
                self.records(Cow::Borrowed(rest), start, 0);
            }
            None if rest.starts_with(b"[") => self.records(Cow::Borrowed(rest), 0, 0),
            None => self.opened.reject_record(describe(problem, "record")),
        }
    }

    fn document(&mut self, text: Cow<'a, [u8]>, nesting: u8) {
        if nesting > MAX_NESTING {
            return self
                .opened
                .reject(format_args!("envelopes are nested deeper than {MAX_NESTING}"));
        }
        match text.first() {
            Some(b'{') => self.object(text, nesting),
            Some(b'[') => self.records(text, 0, nesting),
            _ => self.opened.reject_record("record is no JSON object"),
        }
    }

    fn object(&mut self, text: Cow<'a, [u8]>, nesting: u8) {
        let members = span::members(&text, 0);
        let shape = Shape::of(&members);
        let value = |name: &str| place(&members, name);
        match shape {
            Shape::Records => match value("Records").filter(|at| text.get(at.start) == Some(&b'['))
            {
                Some(at) => self.records(text, at.start, nesting),
                None => self.opened.reject("`Records` is no list"),
            },
            Shape::Record => {
                if self.expects(Kind::Records) {
                    self.opened.push(text);
                }
            }
            Shape::Unknown => {
                let names: Vec<_> =
                    members.iter().take(8).map(|m| String::from_utf8_lossy(m.key)).collect();
                self.opened.reject(format_args!(
                    "JSON of an unknown kind, with the keys {}",
                    names.join(", ")
                ));
            }
            Shape::Parsed(parsed) => match serde_json::from_slice::<Value>(&text) {
                Ok(value) => self.parsed(parsed, &value, nesting),
                Err(error) => self.opened.reject(format_args!("envelope is not JSON: {error}")),
            },
        }
    }

    /// A list of records, or of what the services hand to a function.
    fn records(&mut self, text: Cow<'a, [u8]>, at: usize, nesting: u8) {
        let (whole, rest) = span::elements(&text, at);
        for place in whole {
            let element = match &text {
                Cow::Borrowed(text) => Cow::Borrowed(slice(text, place)),
                Cow::Owned(text) => Cow::Owned(slice(text, place).to_vec()),
            };
            self.element(element, nesting);
        }
        if let Some(problem) = rest {
            self.opened.reject_record(describe(problem, "record"));
        }
    }

    fn element(&mut self, element: Cow<'a, [u8]>, nesting: u8) {
        if !element.starts_with(b"{") {
            return self.opened.reject_record("record is no JSON object");
        }
        let members = span::members(&element, 0);
        let text = |name: &str| place(&members, name).and_then(|at| element.get(at));
        let from = text("eventSource").or_else(|| text("EventSource")).unwrap_or_default();
        let service = match from {
            b"\"aws:s3\"" => Wrapped::S3,
            b"\"aws:sqs\"" => Wrapped::Sqs,
            b"\"aws:sns\"" => Wrapped::Sns,
            b"\"aws:kinesis\"" => Wrapped::Kinesis,
            _ if Shape::of(&members) == Shape::Record
                || nesting == 0 && !Shape::is_envelope(&members) =>
            {
                if self.expects(Kind::Records) {
                    self.opened.push(element);
                }
                return;
            }
            _ => return self.document(element, nesting + 1),
        };
        match serde_json::from_slice::<Value>(&element) {
            Ok(value) => self.wrapped(service, &value, nesting),
            Err(error) => self.opened.reject(format_args!("envelope is not JSON: {error}")),
        }
    }

    fn wrapped(&mut self, service: Wrapped, value: &Value, nesting: u8) {
        let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str);
        match service {
            Wrapped::S3 => self.notice(notice::of_s3(value)),
            Wrapped::Sqs => self.inner(text("/body"), "an SQS message without a body", nesting),
            Wrapped::Sns => {
                self.inner(text("/Sns/Message"), "an SNS record without a message", nesting)
            }
            Wrapped::Kinesis => self.packed(text("/kinesis/data"), nesting),
        }
    }

    fn parsed(&mut self, parsed: Parsed, value: &Value, nesting: u8) {
        let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str);
        match parsed {
            Parsed::Awslogs => self.packed(text("/awslogs/data"), nesting),
            Parsed::LogEvents => self.log_events(value, nesting),
            Parsed::Firehose => {
                let records = value.get("records").and_then(Value::as_array);
                for record in records.map(Vec::as_slice).unwrap_or_default() {
                    self.packed(record.get("data").and_then(Value::as_str), nesting);
                }
            }
            Parsed::Eventbridge => self.eventbridge(value),
            Parsed::Sns => self.sns(value, nesting),
            Parsed::TestEvent => self.opened.skipped.test_events += 1,
            Parsed::Notice => {
                for object in notice::of_cloudtrail(value) {
                    self.notice(Some(object));
                }
            }
            Parsed::Lookup => self.lookup(value),
            Parsed::LookupEvent => self.lookup_event(value),
            Parsed::Digest => self.opened.skipped.digests += 1,
        }
    }

    fn sns(&mut self, value: &Value, nesting: u8) {
        if value.get("Type").and_then(Value::as_str).is_some_and(|kind| kind != "Notification") {
            self.opened.skipped.other_notices += 1;
            return;
        }
        let message = value.get("Message").and_then(Value::as_str);
        self.inner(message, "an SNS notification without a message", nesting);
    }

    fn eventbridge(&mut self, value: &Value) {
        let kind = value.get("detail-type").and_then(Value::as_str).unwrap_or_default();
        let detail = value.get("detail");
        if kind.ends_with(" via CloudTrail") {
            match detail.filter(|detail| detail.is_object()) {
                Some(detail) if self.expects(Kind::Eventbridge) => {
                    self.opened.push(detail.to_string().into_bytes());
                }
                Some(_) => {}
                None => self.opened.reject("an EventBridge event without a detail"),
            }
        } else if kind == "Object Created" {
            self.notice(detail.and_then(notice::of_eventbridge));
        } else if value.get("source").and_then(Value::as_str) == Some("aws.s3") {
            self.opened.skipped.other_notices += 1;
        } else {
            self.opened.reject(format_args!("an EventBridge event of another kind, `{kind}`"));
        }
    }

    fn log_events(&mut self, value: &Value, nesting: u8) {
        if value.get("messageType").and_then(Value::as_str) == Some("CONTROL_MESSAGE") {
            self.opened.skipped.control_messages += 1;
            return;
        }
        if !self.expects(Kind::CloudwatchLogs) {
            return;
        }
        let events = value.get("logEvents").and_then(Value::as_array);
        for event in events.map(Vec::as_slice).unwrap_or_default() {
            match event.get("message").and_then(Value::as_str) {
                Some(message) if nesting <= MAX_NESTING => {
                    self.opened.push(message.as_bytes().to_vec());
                }
                _ => self.opened.reject_record("a log event without a message"),
            }
        }
    }

    fn lookup(&mut self, value: &Value) {
        let events = value.get("Events").and_then(Value::as_array);
        for event in events.map(Vec::as_slice).unwrap_or_default() {
            self.lookup_event(event);
        }
    }

    fn lookup_event(&mut self, event: &Value) {
        if !self.expects(Kind::LookupEvents) {
            return;
        }
        match event.get("CloudTrailEvent").and_then(Value::as_str) {
            Some(record) => self.opened.push(record.as_bytes().to_vec()),
            None => self.opened.reject_record("an event without a `CloudTrailEvent`"),
        }
    }

    fn notice(&mut self, object: Option<S3Object>) {
        if !self.expects(Kind::S3Notification) {
            return;
        }
        match object {
            Some(object) if object.is_digest() => self.opened.skipped.digests += 1,
            Some(object) if object.is_of_other_service() => {
                self.opened.skipped.other_logs += 1;
            }
            Some(object) => self.opened.objects.push(object),
            None => self.opened.skipped.other_notices += 1,
        }
    }

    /// Text that holds another document.
    fn inner(&mut self, text: Option<&str>, missing: &str, nesting: u8) {
        match text.map(str::trim) {
            None | Some("") => self.opened.reject(missing),
            Some(VALIDATION) => self.opened.skipped.other_notices += 1,
            Some(text) => self.nested(text.as_bytes(), nesting),
        }
    }

    /// Base64 of something that may be compressed.
    fn packed(&mut self, data: Option<&str>, nesting: u8) {
        let Some(data) = data else { return self.opened.reject("an envelope without data") };
        let bytes = match STANDARD.decode(data.trim()) {
            Ok(bytes) => bytes,
            Err(error) => return self.opened.reject(format_args!("data is not base64: {error}")),
        };
        let mut inflater = Inflater::new(Limits::default());
        match inflater.inflate(&bytes) {
            Ok(inflated) => {
                if let Some(problem) = inflated.problem {
                    self.opened.reject(problem);
                }
                self.nested(inflated.bytes, nesting);
            }
            Err(error) => self.opened.reject(error),
        }
    }

    fn nested(&mut self, text: &[u8], nesting: u8) {
        let text = text.trim_ascii();
        match span::end_of_value(text, 0) {
            Ok(end) if end == text.len() && !text.is_empty() => {
                self.document(Cow::Owned(text.to_vec()), nesting + 1);
            }
            _ => self.opened.reject("an envelope that holds no JSON"),
        }
    }

    fn expects(&mut self, found: Kind) -> bool {
        let fits = self.kind == Kind::Any || self.kind == found;
        if !fits {
            let (expected, found) = (self.kind.as_str(), found.as_str());
            self.opened
                .reject(format_args!("expected an envelope of kind `{expected}`, found `{found}`"));
        }
        fits
    }
}

fn slice(bytes: &[u8], place: Range<usize>) -> &[u8] {
    bytes.get(place).unwrap_or_default()
}

fn place(members: &[Member<'_>], name: &str) -> Option<Range<usize>> {
    let member = members.iter().find(|member| member.key == name.as_bytes())?;
    Some(member.value.clone())
}

fn describe(problem: SpanError, what: &str) -> String {
    match problem {
        SpanError::Cut => format!("{what} is cut (hint: the file may still be being written)"),
        SpanError::Broken(at) => format!("{what} is broken at byte {at}"),
    }
}
