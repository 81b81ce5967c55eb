//! What a body is made of, and what each of its documents is: told by brackets and keys alone.

use std::ops::Range;

use super::span::{self, Member, SpanError};

/// What an entry of `Records` is, when it is no CloudTrail record.
#[derive(Clone, Copy)]
pub(super) enum Wrapped {
    S3,
    Sqs,
    Sns,
    Kinesis,
}

/// What an object is, told by its keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Records,
    Record,
    Parsed(Parsed),
    Unknown,
}

/// Small envelopes, which are parsed whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Parsed {
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
}

impl Shape {
    pub(super) fn of(members: &[Member<'_>]) -> Self {
        let has = |name: &str| members.iter().any(|member| member.key == name.as_bytes());
        match () {
            () if has("Records") => Self::Records,
            () if has("awslogs") => Self::Parsed(Parsed::Awslogs),
            () if has("messageType") && (has("logEvents") || has("logGroup")) => {
                Self::Parsed(Parsed::LogEvents)
            }
            () if has("deliveryStreamArn") && has("records") => Self::Parsed(Parsed::Firehose),
            () if has("detail-type") => Self::Parsed(Parsed::Eventbridge),
            () if has("digestS3Bucket") && has("logFiles") => Self::Parsed(Parsed::Digest),
            () if has("s3Bucket") && has("s3ObjectKey") => Self::Parsed(Parsed::Notice),
            () if has("CloudTrailEvent") => Self::Parsed(Parsed::LookupEvent),
            () if has("eventName") || has("eventVersion") || has("eventSource") => Self::Record,
            () if has("Event") && has("Bucket") => Self::Parsed(Parsed::TestEvent),
            () if has("Type") && (has("Message") || has("TopicArn")) => Self::Parsed(Parsed::Sns),
            () if has("Events") => Self::Parsed(Parsed::Lookup),
            () => Self::Unknown,
        }
    }

    pub(super) fn is_envelope(members: &[Member<'_>]) -> bool {
        matches!(Self::of(members), Self::Records | Self::Parsed(_))
    }
}

/// The documents of a body.
pub(super) enum Documents {
    None,
    /// One after the other, each whole.
    Whole(Vec<Range<usize>>),
    /// One a line, some of them broken.
    Lines,
    /// Some whole ones and one without an end.
    Cut(Vec<Range<usize>>, Range<usize>, SpanError),
}

pub(super) fn documents(body: &[u8]) -> Documents {
    let mut places = Vec::new();
    let mut at = span::skip_space(body, 0);
    while at < body.len() {
        match body.get(at) {
            Some(b'{' | b'[') => {}
            _ if places.is_empty() => return Documents::None,
            _ => return Documents::Lines,
        }
        match span::end_of_value(body, at) {
            Ok(end) => {
                places.push(at..end);
                at = span::skip_space(body, end);
            }
            Err(_) if is_lines(body) => return Documents::Lines,
            Err(problem) => return Documents::Cut(places, at..body.len(), problem),
        }
    }
    Documents::Whole(places)
}

/// Whether the body is one document a line: a second line that begins like a document while the
/// first one does not open a list.
fn is_lines(body: &[u8]) -> bool {
    let mut lines =
        body.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or_default();
    first.starts_with(b"{")
        && first.len() > 1
        && lines.next().is_some_and(|second| second.starts_with(b"{\""))
}
