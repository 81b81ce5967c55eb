//! Removes the wrapping: what each envelope holds, whichever service wrapped it.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::decompress::{BodyInflater, DecompressError, DecompressionLimits};
use super::form;
use super::opened::EnvelopeKind;
use super::opener::{BodyOpener, OverLimit, VALIDATION, describe_span_error, json_text};
use super::s3_notice::{self, S3Object};
use super::shape::{EnvelopeShape, ObjectOutline, WrappingService, find_member};
use super::span::{ElementSpan, ElementSpans};

/// The longest envelope that is parsed whole, in bytes: object notifications, which are short.
const MAX_PARSED: usize = 1 << 20;

/// The longest source or detail type that is read, in bytes.
pub(super) const MAX_NAME: usize = 1 << 10;

impl BodyOpener<'_> {
    pub(super) fn open_wrapped(&mut self, service: WrappingService, element: &[u8], nesting: u8) {
        match service {
            WrappingService::S3 => {
                if let Some(value) = self.parse_notice(element) {
                    self.add_s3_object(s3_notice::object_from_s3(&value));
                }
            }
            WrappingService::Sqs => {
                self.open_inner_text(
                    find_member(element, "body"),
                    "an SQS message without a body",
                    nesting,
                );
            }
            WrappingService::Sns => {
                let message =
                    find_member(element, "Sns").and_then(|sns| find_member(sns, "Message"));
                self.open_inner_text(message, "an SNS record without a message", nesting);
            }
            WrappingService::Kinesis => {
                self.open_packed(
                    find_member(element, "kinesis").and_then(|one| find_member(one, "data")),
                    nesting,
                );
            }
        }
    }

    pub(super) fn open_envelope(
        &mut self,
        shape: EnvelopeShape,
        outline: &ObjectOutline<'_>,
        nesting: u8,
    ) {
        let value = |name| outline.member_value(name);
        match shape {
            EnvelopeShape::Awslogs => {
                self.open_packed(
                    value("awslogs").and_then(|one| find_member(one, "data")),
                    nesting,
                );
            }
            EnvelopeShape::LogEvents => self.open_log_events(outline),
            EnvelopeShape::Firehose => self.open_firehose(value("records"), nesting),
            EnvelopeShape::Eventbridge => self.open_eventbridge(outline),
            EnvelopeShape::Sns => self.open_sns(outline, nesting),
            EnvelopeShape::TestEvent => self.opened.skipped.test_events += 1,
            EnvelopeShape::Notice => self.open_cloudtrail_notice(outline),
            EnvelopeShape::Lookup => self.open_each(value("Events"), |this, event| {
                this.open_lookup_event(find_member(event, "CloudTrailEvent"));
            }),
            EnvelopeShape::LookupEvent => self.open_lookup_event(value("CloudTrailEvent")),
            EnvelopeShape::Digest => self.opened.skipped.digests += 1,
            EnvelopeShape::LogOutput => self.open_each(value("events"), |this, event| {
                this.open_log_event(find_member(event, "message"));
            }),
            EnvelopeShape::LogEvent => self.open_log_event(value("message")),
            EnvelopeShape::InsightsRow => self.open_log_event(value("@message")),
            EnvelopeShape::Insights => self.open_insights_rows(value("results")),
            EnvelopeShape::Lake => self.open_lake_rows(value("QueryResultRows")),
            EnvelopeShape::Athena => self.opened.reject_body(form::ATHENA),
            EnvelopeShape::Ocsf => self.open_ocsf_event(outline.object_bytes()),
            EnvelopeShape::Messages => self.open_each(value("Messages"), |this, message| {
                this.open_inner_text(
                    find_member(message, "Body"),
                    "an SQS message without a body",
                    nesting,
                );
            }),
            EnvelopeShape::Findings => {
                let listed = value("Findings").or_else(|| value("findings"));
                self.open_each(listed, |this, finding| this.emit_record(finding));
            }
            EnvelopeShape::Records | EnvelopeShape::Record | EnvelopeShape::Unknown => {}
        }
    }

    /// Lines may go on from one record to the next.
    fn open_firehose(&mut self, records: Option<&[u8]>, nesting: u8) {
        self.open_each(records, |this, record| {
            this.open_packed(find_member(record, "data"), nesting);
        });
        self.finish_lines();
    }

    fn open_cloudtrail_notice(&mut self, outline: &ObjectOutline<'_>) {
        let notice = self.parse_notice(outline.object_bytes());
        for object in notice.iter().flat_map(s3_notice::objects_from_cloudtrail) {
            self.add_s3_object(Some(object));
        }
    }

    /// Opens each element of a list; anything else counts as an empty list.
    pub(super) fn open_each(
        &mut self,
        list: Option<&[u8]>,
        mut open: impl FnMut(&mut Self, &[u8]),
    ) {
        let list = list.filter(|list| list.starts_with(b"[")).unwrap_or(b"[]");
        for element in ElementSpans::new(list, 0) {
            match element {
                ElementSpan::At(place) => open(self, list.get(place).unwrap_or_default()),
                ElementSpan::Missing => self.opened.reject_record("a comma without a record"),
                ElementSpan::Problem(problem) => {
                    self.opened.reject_record(describe_span_error(problem, "record"));
                }
            }
        }
    }

    fn open_sns(&mut self, outline: &ObjectOutline<'_>, nesting: u8) {
        if outline.member_value("Type").is_some_and(|kind| kind != b"\"Notification\"") {
            self.opened.skipped.other_notices += 1;
            return;
        }
        self.open_inner_text(
            outline.member_value("Message"),
            "an SNS notification without a message",
            nesting,
        );
    }

    fn open_log_events(&mut self, outline: &ObjectOutline<'_>) {
        if outline.member_value("messageType") == Some(b"\"CONTROL_MESSAGE\"") {
            self.opened.skipped.control_messages += 1;
            return;
        }
        if !self.accepts_kind(EnvelopeKind::CloudwatchLogs) {
            return;
        }
        let short = |name| outline.member_value(name).filter(|text| text.len() <= MAX_NAME);
        let text = |name| short(name).and_then(json_text).map(Cow::into_owned);
        (self.around.owner, self.around.log_group) = (text("owner"), text("logGroup"));
        self.open_each(outline.member_value("logEvents"), |this, event| {
            this.open_text_record(find_member(event, "message"), "a log event without a message");
        });
        self.finish_lines();
        (self.around.owner, self.around.log_group) = (None, None);
    }

    /// Opens the message of one log event: text, or JSON that an earlier tool has already parsed.
    pub(super) fn open_log_event(&mut self, message: Option<&[u8]>) {
        if !self.accepts_kind(EnvelopeKind::CloudwatchLogs) {
            return;
        }
        match message {
            Some(record) if record.starts_with(b"{") => self.open_json_record(record),
            text => self.open_text_record(text, "a log event without a message"),
        }
    }

    fn open_lookup_event(&mut self, record: Option<&[u8]>) {
        if self.accepts_kind(EnvelopeKind::LookupEvents) {
            self.open_text_record(record, "an event without a `CloudTrailEvent`");
        }
    }

    /// Opens a record held in a text.
    pub(super) fn open_text_record(&mut self, text: Option<&[u8]>, missing: &str) {
        match self.string_text(text) {
            Ok(Some(record)) => {
                let text = record.trim_start().as_bytes();
                let is_json = matches!(text.first(), Some(b'{' | b'['));
                if is_json {
                    self.open_json_record(text);
                } else if !self.open_text_line(text) {
                    self.emit_unchecked(record.as_bytes());
                }
            }
            Ok(None) => self.opened.reject_record(missing),
            Err(OverLimit) => self.reject_over_limit(),
        }
    }

    pub(super) fn add_s3_object(&mut self, object: Option<S3Object>) {
        if !self.accepts_kind(EnvelopeKind::S3Notification) {
            return;
        }
        match object {
            Some(object) if object.is_digest() => self.opened.skipped.digests += 1,
            Some(object) if object.is_of_other_service() => self.opened.skipped.other_logs += 1,
            Some(object) => self.opened.objects.push(object),
            None => self.opened.skipped.other_notices += 1,
        }
    }

    pub(super) fn parse_notice(&mut self, envelope: &[u8]) -> Option<Value> {
        if envelope.len() > MAX_PARSED {
            let length = envelope.len();
            self.opened
                .reject_body(format_args!("a notice of {length} bytes is over {MAX_PARSED}"));
            return None;
        }
        serde_json::from_slice(envelope)
            .map_err(|error| self.opened.reject_body(format_args!("envelope is not JSON: {error}")))
            .ok()
    }

    /// Opens text that holds other documents.
    fn open_inner_text(&mut self, text: Option<&[u8]>, missing: &str, nesting: u8) {
        match self.string_text(text) {
            Ok(Some(text)) if text.trim() == VALIDATION => self.opened.skipped.other_notices += 1,
            Ok(Some(text)) if !text.trim().is_empty() => {
                self.open_nested_text(text.as_bytes(), nesting)
            }
            Ok(_) => self.opened.reject_body(missing),
            Err(OverLimit) => self.reject_over_limit(),
        }
    }

    /// Opens Base64 of data that may be compressed.
    fn open_packed(&mut self, data: Option<&[u8]>, nesting: u8) {
        let data = match self.string_text(data) {
            Ok(Some(data)) => data,
            Ok(None) => return self.opened.reject_body("an envelope without data"),
            Err(OverLimit) => return self.reject_over_limit(),
        };
        if self.charge_bytes(data.len() / 4 * 3).is_err() {
            return self.reject_over_limit();
        }
        let bytes = match STANDARD.decode(data.trim()) {
            Ok(bytes) => bytes,
            Err(error) => {
                return self.opened.reject_body(format_args!("data is not base64: {error}"));
            }
        };
        let is_short = self.left < self.limits.max_bytes;
        let limits =
            DecompressionLimits { max_bytes: self.left.min(self.limits.max_bytes), ..self.limits };
        let mut inflater = BodyInflater::new(limits);
        match inflater.inflate(&bytes) {
            Ok(inflated) => {
                self.left = self.left.saturating_sub(inflated.bytes.len());
                if let Some(problem) = inflated.problem {
                    self.opened.reject_body(problem);
                }
                self.open_nested_text(inflated.bytes, nesting);
            }
            Err(DecompressError::TooLarge { .. }) if is_short => {
                self.left = 0;
                self.reject_over_limit();
            }
            Err(error) => {
                // Output produced before the limit was reached is work as well.
                self.left = self.left.saturating_sub(limits.max_output(bytes.len()));
                self.opened.reject_body(error);
            }
        }
    }

    fn open_nested_text(&mut self, text: &[u8], nesting: u8) {
        let text = text.trim_ascii();
        match text.first() {
            Some(b'{' | b'[') => {
                self.open_documents(text, nesting + 1, "an envelope that holds no JSON");
            }
            _ if self.open_nested_lines(text) => {}
            _ => self.opened.reject_body("an envelope that holds no JSON"),
        }
    }
}
