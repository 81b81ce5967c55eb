//! Removes the wrapping: what each envelope holds, and how much its nested parts may produce.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::decompress::{DecompressError, Inflater, Limits};
use super::document::{Opener, VALIDATION, describe};
use super::form;
use super::shape::{Outline, Shape, Wrapped, member};
use super::span::{Element, Elements};
use super::{Kind, S3Object, notice};
use crate::source::owner_of_detail_type;

/// The longest envelope that is parsed whole, in bytes: object notifications, which are short.
const MAX_PARSED: usize = 1 << 20;

/// The longest source or detail type that is read, in bytes.
const MAX_NAME: usize = 1 << 10;

impl Opener<'_> {
    pub(super) fn wrapped(&mut self, service: Wrapped, element: &[u8], nesting: u8) {
        match service {
            Wrapped::S3 => {
                if let Some(value) = self.parse(element) {
                    self.notice(notice::of_s3(&value));
                }
            }
            Wrapped::Sqs => {
                self.inner(member(element, "body"), "an SQS message without a body", nesting);
            }
            Wrapped::Sns => {
                let message = member(element, "Sns").and_then(|sns| member(sns, "Message"));
                self.inner(message, "an SNS record without a message", nesting);
            }
            Wrapped::Kinesis => {
                self.packed(
                    member(element, "kinesis").and_then(|one| member(one, "data")),
                    nesting,
                );
            }
        }
    }

    pub(super) fn envelope(&mut self, shape: Shape, outline: &Outline<'_>, nesting: u8) {
        let value = |name| outline.value(name);
        match shape {
            Shape::Awslogs => {
                self.packed(value("awslogs").and_then(|one| member(one, "data")), nesting);
            }
            Shape::LogEvents => self.log_events(outline),
            Shape::Firehose => self.each(value("records"), |this, record| {
                this.packed(member(record, "data"), nesting);
            }),
            Shape::Eventbridge => self.eventbridge(outline),
            Shape::Sns => self.sns(outline, nesting),
            Shape::TestEvent => self.opened.skipped.test_events += 1,
            Shape::Notice => {
                for object in self.parse(outline.object()).iter().flat_map(notice::of_cloudtrail) {
                    self.notice(Some(object));
                }
            }
            Shape::Lookup => self.each(value("Events"), |this, event| {
                this.lookup_event(member(event, "CloudTrailEvent"));
            }),
            Shape::LookupEvent => self.lookup_event(value("CloudTrailEvent")),
            Shape::Digest => self.opened.skipped.digests += 1,
            Shape::LogOutput => self.each(value("events"), |this, event| {
                this.log_event(member(event, "message"));
            }),
            Shape::LogEvent => self.log_event(value("message")),
            Shape::InsightsRow => self.log_event(value("@message")),
            Shape::Insights => self.insights(value("results")),
            Shape::Lake => self.lake(value("QueryResultRows")),
            Shape::Athena => self.opened.reject(form::ATHENA),
            Shape::Ocsf => self.ocsf(outline.object()),
            Shape::Messages => self.each(value("Messages"), |this, message| {
                this.inner(member(message, "Body"), "an SQS message without a body", nesting);
            }),
            Shape::Records | Shape::Record | Shape::Unknown => {}
        }
    }

    /// Opens each element of a list; anything else counts as an empty list.
    pub(super) fn each(&mut self, list: Option<&[u8]>, mut open: impl FnMut(&mut Self, &[u8])) {
        let list = list.filter(|list| list.starts_with(b"[")).unwrap_or(b"[]");
        for element in Elements::new(list, 0) {
            match element {
                Element::At(place) => open(self, list.get(place).unwrap_or_default()),
                Element::Missing => self.opened.reject_record("a comma without a record"),
                Element::Problem(problem) => {
                    self.opened.reject_record(describe(problem, "record"));
                }
            }
        }
    }

    fn sns(&mut self, outline: &Outline<'_>, nesting: u8) {
        if outline.value("Type").is_some_and(|kind| kind != b"\"Notification\"") {
            self.opened.skipped.other_notices += 1;
            return;
        }
        self.inner(outline.value("Message"), "an SNS notification without a message", nesting);
    }

    /// Only AWS's own services send events whose source begins with `aws.`: `PutEvents` refuses it
    /// from everybody else (EventBridge API reference, "PutEventsRequestEntry"). `aws.partner/…`
    /// comes from AWS's partners (the same reference, "PutPartnerEvents").
    fn eventbridge(&mut self, outline: &Outline<'_>) {
        let short = |value: &&[u8]| value.len() <= MAX_NAME;
        let text = |name| outline.value(name).filter(short).and_then(plain).unwrap_or_default();
        let (kind, source) = (text("detail-type"), text("source"));
        let detail = outline.value("detail").filter(|detail| detail.starts_with(b"{"));
        let owner = owner_of_detail_type(&kind);
        let is_of_aws = source.starts_with("aws.") && !source.starts_with("aws.partner");
        if !is_of_aws && (owner.is_some() || &*kind == "Object Created") {
            self.opened.reject_record(format_args!(
                "an EventBridge event from `{source}` that claims to be from AWS (hint: only sources `aws.…` are, except `aws.partner/…`)"
            ));
        } else if let Some(owner) = owner {
            match detail {
                Some(detail) if self.expects(Kind::Eventbridge) => self.push_of(owner, detail),
                Some(_) => {}
                None => self.opened.reject("an EventBridge event without a detail"),
            }
        } else if &*kind == "Object Created" {
            let detail = detail.and_then(|detail| self.parse(detail));
            self.notice(detail.as_ref().and_then(notice::of_eventbridge));
        } else if &*source == "aws.s3" {
            self.opened.skipped.other_notices += 1;
        } else {
            self.opened.reject(format_args!("an EventBridge event of another kind, `{kind}`"));
        }
    }

    fn log_events(&mut self, outline: &Outline<'_>) {
        if outline.value("messageType") == Some(b"\"CONTROL_MESSAGE\"") {
            self.opened.skipped.control_messages += 1;
            return;
        }
        if !self.expects(Kind::CloudwatchLogs) {
            return;
        }
        let owner = outline.value("owner").filter(|owner| owner.len() <= MAX_NAME);
        self.owner = owner.and_then(plain).map(Cow::into_owned);
        self.each(outline.value("logEvents"), |this, event| {
            this.text_record(member(event, "message"), "a log event without a message");
        });
        self.owner = None;
    }

    /// Opens the message of one log event: text, or JSON that an earlier tool has already parsed.
    pub(super) fn log_event(&mut self, message: Option<&[u8]>) {
        if !self.expects(Kind::CloudwatchLogs) {
            return;
        }
        match message {
            Some(record) if record.starts_with(b"{") => self.push(record),
            text => self.text_record(text, "a log event without a message"),
        }
    }

    fn lookup_event(&mut self, record: Option<&[u8]>) {
        if self.expects(Kind::LookupEvents) {
            self.text_record(record, "an event without a `CloudTrailEvent`");
        }
    }

    /// Opens a record held in a text.
    pub(super) fn text_record(&mut self, text: Option<&[u8]>, missing: &str) {
        match self.text(text) {
            Ok(Some(record)) => self.push(record.as_bytes()),
            Ok(None) => self.opened.reject_record(missing),
            Err(OverLimit) => self.over_limit(),
        }
    }

    fn notice(&mut self, object: Option<S3Object>) {
        if !self.expects(Kind::S3Notification) {
            return;
        }
        match object {
            Some(object) if object.is_digest() => self.opened.skipped.digests += 1,
            Some(object) if object.is_of_other_service() => self.opened.skipped.other_logs += 1,
            Some(object) => self.opened.objects.push(object),
            None => self.opened.skipped.other_notices += 1,
        }
    }

    fn parse(&mut self, envelope: &[u8]) -> Option<Value> {
        if envelope.len() > MAX_PARSED {
            let length = envelope.len();
            self.opened.reject(format_args!("a notice of {length} bytes is over {MAX_PARSED}"));
            return None;
        }
        serde_json::from_slice(envelope)
            .map_err(|error| self.opened.reject(format_args!("envelope is not JSON: {error}")))
            .ok()
    }

    /// Opens text that holds other documents.
    fn inner(&mut self, text: Option<&[u8]>, missing: &str, nesting: u8) {
        match self.text(text) {
            Ok(Some(text)) if text.trim() == VALIDATION => self.opened.skipped.other_notices += 1,
            Ok(Some(text)) if !text.trim().is_empty() => self.nested(text.as_bytes(), nesting),
            Ok(_) => self.opened.reject(missing),
            Err(OverLimit) => self.over_limit(),
        }
    }

    /// Opens Base64 of data that may be compressed.
    fn packed(&mut self, data: Option<&[u8]>, nesting: u8) {
        let data = match self.text(data) {
            Ok(Some(data)) => data,
            Ok(None) => return self.opened.reject("an envelope without data"),
            Err(OverLimit) => return self.over_limit(),
        };
        if self.charge(data.len() / 4 * 3).is_err() {
            return self.over_limit();
        }
        let bytes = match STANDARD.decode(data.trim()) {
            Ok(bytes) => bytes,
            Err(error) => return self.opened.reject(format_args!("data is not base64: {error}")),
        };
        let is_short = self.left < self.limits.max_bytes;
        let limits = Limits { max_bytes: self.left.min(self.limits.max_bytes), ..self.limits };
        let mut inflater = Inflater::new(limits);
        match inflater.inflate(&bytes) {
            Ok(inflated) => {
                self.left = self.left.saturating_sub(inflated.bytes.len());
                if let Some(problem) = inflated.problem {
                    self.opened.reject(problem);
                }
                self.nested(inflated.bytes, nesting);
            }
            Err(DecompressError::TooLarge { .. }) if is_short => {
                self.left = 0;
                self.over_limit();
            }
            Err(error) => {
                // Output produced before the limit was reached is work as well.
                self.left = self.left.saturating_sub(limits.cap(bytes.len()));
                self.opened.reject(error);
            }
        }
    }

    fn nested(&mut self, text: &[u8], nesting: u8) {
        let text = text.trim_ascii();
        match text.first() {
            Some(b'{' | b'[') => {
                self.documents(text, nesting + 1, "an envelope that holds no JSON");
            }
            _ => self.opened.reject("an envelope that holds no JSON"),
        }
    }

    /// A string's text; it is copied only when it has escapes.
    pub(super) fn text<'a>(
        &mut self,
        value: Option<&'a [u8]>,
    ) -> Result<Option<Cow<'a, str>>, OverLimit> {
        let Some(value) = value.filter(|value| value.starts_with(b"\"")) else { return Ok(None) };
        if memchr::memchr(b'\\', value).is_some() {
            self.charge(value.len())?;
        }
        Ok(plain(value))
    }

    pub(super) fn charge(&mut self, bytes: usize) -> Result<(), OverLimit> {
        let left = self.left.checked_sub(bytes);
        self.left = left.unwrap_or_default();
        left.map(|_| ()).ok_or(OverLimit)
    }

    pub(super) fn over_limit(&mut self) {
        let limit = self.limits.max_nested;
        self.opened.reject_record(format_args!(
            "what is packed in the body comes to over {limit} bytes (hint: `limits.nested` allows more)"
        ));
    }
}

/// The nested parts of a body are together larger than allowed.
pub(super) struct OverLimit;

/// The text of a JSON string.
fn plain(value: &[u8]) -> Option<Cow<'_, str>> {
    let inner = value.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    if memchr::memchr(b'\\', inner).is_some() {
        return serde_json::from_slice::<String>(value).ok().map(Cow::Owned);
    }
    std::str::from_utf8(inner).ok().map(Cow::Borrowed)
}
