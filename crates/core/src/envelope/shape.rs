//! Recognises what an object is by the names of its members.

use std::ops::Range;

use super::line;
use super::span::{self, MemberSpans};

/// The member names that identify envelopes and records, and those whose values are read.
const NAMES: [&str; 41] = [
    "Records",
    "awslogs",
    "messageType",
    "logEvents",
    "logGroup",
    "owner",
    "deliveryStreamArn",
    "records",
    "detail-type",
    "digestS3Bucket",
    "logFiles",
    "s3Bucket",
    "s3ObjectKey",
    "CloudTrailEvent",
    "eventName",
    "eventVersion",
    "eventSource",
    "eventTime",
    "eventCategory",
    "Event",
    "Bucket",
    "Type",
    "Message",
    "TopicArn",
    "Events",
    "EventSource",
    "source",
    "detail",
    "events",
    "message",
    "logStreamName",
    "ingestionTime",
    "results",
    "status",
    "@message",
    "QueryResultRows",
    "ResultSet",
    "class_uid",
    "Messages",
    "Findings",
    "findings",
];

/// What an entry of `Records` is when it is not a CloudTrail record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WrappingService {
    S3,
    Sqs,
    Sns,
    Kinesis,
}

/// What an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EnvelopeShape {
    Records,
    Record,
    Awslogs,
    LogEvents,
    Firehose,
    Eventbridge,
    Sns,
    TestEvent,
    Notice,
    Lookup,
    LookupEvent,
    Digest,
    /// `filter-log-events`, `get-log-events`.
    LogOutput,
    /// One event of those outputs.
    LogEvent,
    /// `logs get-query-results`.
    Insights,
    /// A row of the same result, as the console writes it.
    InsightsRow,
    /// `cloudtrail get-query-results`.
    Lake,
    /// `athena get-query-results`.
    Athena,
    /// An event in OCSF.
    Ocsf,
    /// `sqs receive-message`.
    Messages,
    /// `guardduty get-findings`, `securityhub get-findings`, `accessanalyzer list-findings`.
    Findings,
    Unknown,
}

impl EnvelopeShape {
    /// Whether AWS delivers the logs of others in it, which its owner's own records never resemble.
    pub(super) fn delivers(self) -> bool {
        matches!(
            self,
            Self::Records | Self::Awslogs | Self::LogEvents | Self::Firehose | Self::Eventbridge
        )
    }
}

/// The positions of an object's members whose names are known. When a name occurs twice the last
/// one counts, as in every JSON parser.
pub(super) struct ObjectOutline<'a> {
    object: &'a [u8],
    places: [Option<Range<usize>>; NAMES.len()],
}

impl<'a> ObjectOutline<'a> {
    /// Reads the outline of the object that the bytes begin with.
    pub(super) fn read_outline(object: &'a [u8]) -> Self {
        let mut places = [const { None }; NAMES.len()];
        for member in MemberSpans::new(object, 0) {
            let known = NAMES.iter().position(|name| name.as_bytes() == &*member.key);
            if let Some(place) = known.and_then(|at| places.get_mut(at)) {
                *place = Some(member.value);
            }
        }
        Self { object, places }
    }

    /// The object.
    pub(super) fn object_bytes(&self) -> &'a [u8] {
        self.object
    }

    /// The position of a member's value.
    pub(super) fn member_range(&self, name: &str) -> Option<Range<usize>> {
        let at = NAMES.iter().position(|known| *known == name)?;
        self.places.get(at)?.clone()
    }

    /// A member's value, as written.
    pub(super) fn member_value(&self, name: &str) -> Option<&'a [u8]> {
        self.object.get(self.member_range(name)?)
    }

    fn has_one_member(&self) -> bool {
        MemberSpans::new(self.object, 0).take(2).count() == 1
    }

    fn has_member(&self, name: &str) -> bool {
        self.member_range(name).is_some()
    }

    /// Classifies the object. A record is a record whatever else it contains: a caller who could
    /// add a member can't turn it into an envelope.
    pub(super) fn classify_shape(&self) -> EnvelopeShape {
        let has = |name| self.has_member(name);
        let is_list = |name| self.member_value(name).is_some_and(|value| value.starts_with(b"["));
        match () {
            () if self.places.iter().all(Option::is_none) => EnvelopeShape::Unknown,
            () if has("eventTime") && has("eventSource") && has("eventName") => {
                EnvelopeShape::Record
            }
            () if has("Records") => EnvelopeShape::Records,
            () if has("awslogs") => EnvelopeShape::Awslogs,
            () if has("messageType") && (has("logEvents") || has("logGroup")) => {
                EnvelopeShape::LogEvents
            }
            () if has("deliveryStreamArn") && has("records") => EnvelopeShape::Firehose,
            () if has("detail-type") => EnvelopeShape::Eventbridge,
            () if has("digestS3Bucket") && has("logFiles") => EnvelopeShape::Digest,
            () if has("s3Bucket") && has("s3ObjectKey") => EnvelopeShape::Notice,
            () if has("CloudTrailEvent") => EnvelopeShape::LookupEvent,
            () if has("eventName") || has("eventVersion") || has("eventSource") => {
                EnvelopeShape::Record
            }
            () if has("eventCategory") => EnvelopeShape::Record,
            () if has("Event") && has("Bucket") => EnvelopeShape::TestEvent,
            () if has("Type") && (has("Message") || has("TopicArn")) => EnvelopeShape::Sns,
            () if has("Events") => EnvelopeShape::Lookup,
            () if is_list("events") => EnvelopeShape::LogOutput,
            () if has("message") && (has("logStreamName") || has("ingestionTime")) => {
                EnvelopeShape::LogEvent
            }
            // What Firehose gets of a flow log.
            () if has("message") && self.has_one_member() => EnvelopeShape::LogEvent,
            () if is_list("results") && has("status") => EnvelopeShape::Insights,
            () if has("@message") => EnvelopeShape::InsightsRow,
            () if is_list("QueryResultRows") => EnvelopeShape::Lake,
            () if has("ResultSet") => EnvelopeShape::Athena,
            () if has("class_uid") => EnvelopeShape::Ocsf,
            () if is_list("Messages") => EnvelopeShape::Messages,
            () if is_list("Findings") || is_list("findings") => EnvelopeShape::Findings,
            () => EnvelopeShape::Unknown,
        }
    }

    /// The service that passed this entry of `Records` to a function.
    pub(super) fn wrapping_service(&self) -> Option<WrappingService> {
        match self.member_value("eventSource").or_else(|| self.member_value("EventSource"))? {
            b"\"aws:s3\"" => Some(WrappingService::S3),
            b"\"aws:sqs\"" => Some(WrappingService::Sqs),
            b"\"aws:sns\"" => Some(WrappingService::Sns),
            b"\"aws:kinesis\"" => Some(WrappingService::Kinesis),
            _ => None,
        }
    }

    /// The first few member names, for a message.
    pub(super) fn list_names(&self) -> String {
        let names = MemberSpans::new(self.object, 0).take(8);
        let names: Vec<_> = names.map(|one| printable_name(&one.key)).collect();
        names.join(", ")
    }
}

fn printable_name(name: &[u8]) -> String {
    String::from_utf8_lossy(name.get(..60).unwrap_or(name)).into_owned()
}

/// The value of one member of an object; the last one of that name.
pub(super) fn find_member<'a>(object: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let object = object.get(span::skip_space(object, 0)..).filter(|o| o.starts_with(b"{"))?;
    let named = MemberSpans::new(object, 0).filter(|member| &*member.key == name.as_bytes());
    object.get(named.last()?.value)
}

/// Whether a body is one document per line, judged by its first line: either a whole document
/// followed by others, or not JSON at all.
pub(super) fn is_document_lines(body: &[u8]) -> bool {
    let mut lines = trimmed_lines(body);
    let first = lines.next().unwrap_or_default();
    match first.first() {
        Some(b'{') => is_whole_document(first) && lines.next().is_some(),
        Some(b'[') => false,
        _ => std::iter::once(first).chain(lines).any(suggests_lines),
    }
}

/// Whether a line shows that a body is made of lines: a document begins on it, or the AWS CLI wrote
/// it.
fn suggests_lines(line: &[u8]) -> bool {
    line::document_at(line).is_some_and(|at| line.get(at) != Some(&b'"'))
        || line.starts_with(b"EVENTS\t")
        || line::is_cli_structure(line)
}

/// Whether a body whose first document has no end is one document per line with the first one
/// broken: a later line is a document and does not continue it.
pub(super) fn is_broken_line(body: &[u8]) -> bool {
    let mut lines = trimmed_lines(body);
    let first = lines.next().unwrap_or_default();
    let goes_on = matches!(first.last(), Some(b'{' | b'[' | b','));
    first.starts_with(b"{") && !goes_on && lines.any(is_whole_document)
}

/// Whether a line is one object, possibly followed by a comma.
pub(super) fn is_whole_document(line: &[u8]) -> bool {
    let rest = span::end_of_value(line, 0).ok().and_then(|end| line.get(end..));
    line.starts_with(b"{") && rest.is_some_and(|rest| matches!(rest.trim_ascii(), b"" | b","))
}

/// The non-empty lines of a body, trimmed.
fn trimmed_lines(body: &[u8]) -> impl Iterator<Item = &[u8]> {
    body.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty())
}
