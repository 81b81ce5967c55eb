//! The wrappings AWS puts around logs, and how they are removed.
//!
//! Records arrive as files of `{"Records":[…]}`, as lines, in CloudWatch Logs subscriptions,
//! EventBridge events, Kinesis and Firehose records, and as notices of S3 objects that hold them,
//! each of these perhaps again in SNS or SQS; and in what the AWS CLI and the consoles print.
//! [`unpack`] gives the bodies of a file, and [`open_body`] recognises each by its content. What
//! holds no whole record is named, with the way to get one. Facts: the shapes are those that AWS
//! documents for each service's Lambda events and for each command's output.

mod csv;
pub mod decompress;
mod document;
pub mod form;
pub mod line;
pub mod other_logs;
mod query;
mod s3_notice;
mod shape;
pub mod span;
pub mod unpack;
mod unwrap;
mod yaml;

use crate::reject::{Reject, RejectLog};
use crate::source::contract::RecordContext;
use crate::source::id::SourceId;
use decompress::DecompressionLimits;

pub use s3_notice::S3Object;

/// Maximum nesting of envelopes: SNS in SQS in a Lambda event is three.
const MAX_NESTING: u8 = 6;

/// The kind of envelope that the configuration promises.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EnvelopeKind {
    /// Any kind, recognised by content.
    #[default]
    Any,
    /// Log files and lines: `{"Records":[…]}`, one record per line, a list of records.
    Records,
    /// Whole lines of a longer stream: each is a document or a reject, whatever comes first.
    Lines,
    /// The output of `aws cloudtrail lookup-events`.
    LookupEvents,
    /// A CloudWatch Logs subscription, delivered directly or through Kinesis or Firehose.
    CloudwatchLogs,
    /// EventBridge's events that carry records: CloudTrail's *… via CloudTrail*.
    Eventbridge,
    /// Notifications of objects in S3: from S3, from EventBridge, or CloudTrail's own.
    S3Notification,
}

impl EnvelopeKind {
    /// The name in configs and messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Records => "records",
            Self::Lines => "lines",
            Self::LookupEvents => "lookup-events",
            Self::CloudwatchLogs => "cloudwatch-logs",
            Self::Eventbridge => "eventbridge",
            Self::S3Notification => "s3-notification",
        }
    }
}

/// A record and its place in a body.
#[derive(Clone, Copy, Debug)]
pub struct RawRecord<'a> {
    /// Its number within the body, from 1.
    pub number: u64,
    /// The source that it is of.
    pub source: SourceId,
    /// The bytes of one JSON value, not yet validated.
    pub bytes: &'a [u8],
    /// What the envelope says about it.
    pub context: RecordContext<'a>,
}

/// Takes records in the order of the body.
pub type TakeRecord<'t> = &'t mut dyn FnMut(RawRecord<'_>);

/// The bytes of one record, and its number within the body, counted from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberedRecord {
    /// The number.
    pub number: u64,
    /// The source that it is of.
    pub source: SourceId,
    /// The bytes of one JSON value, not yet validated.
    pub bytes: Vec<u8>,
}

/// What a body contained, besides its records.
#[derive(Debug, Default)]
pub struct OpenedBody {
    /// Records, in the order of the body; filled by [`open_body`] only.
    pub records: Vec<NumberedRecord>,
    /// S3 objects that hold records and must be fetched.
    pub objects: Vec<S3Object>,
    /// Input known to hold no records: control messages, test events, digest files.
    pub skipped: SkippedCounts,
    /// What could not be opened.
    pub rejects: RejectLog,
    /// Bytes produced from what is packed within the body.
    pub nested: usize,
    seen: u64,
}

/// Counts of input known to hold no records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SkippedCounts {
    /// CloudWatch Logs' `CONTROL_MESSAGE`.
    pub control_messages: u64,
    /// S3's `s3:TestEvent`.
    pub test_events: u64,
    /// CloudTrail digest files, and notifications of them.
    pub digests: u64,
    /// Notifications of objects removed from S3 or of other files, and subscription confirmations.
    pub other_notices: u64,
    /// Objects of other services in the same bucket, recognised by their keys: see [`other_logs`].
    pub other_logs: u64,
}

impl SkippedCounts {
    /// The sum of all counts.
    pub fn total(&self) -> u64 {
        let notices = self.test_events + self.other_notices;
        self.control_messages + notices + self.digests + self.other_logs
    }
}

impl OpenedBody {
    /// How many records the body had: those passed on and those rejected one by one.
    pub fn records_seen(&self) -> u64 {
        self.seen
    }

    fn reject_record(&mut self, problem: impl std::fmt::Display) {
        self.seen += 1;
        // When there are a million of them, their texts are not worth keeping.
        match self.rejects.has_room() {
            true => self.rejects.push(Reject::for_record(self.seen, problem)),
            false => self.rejects.count_record(),
        }
    }

    fn reject_body(&mut self, problem: impl std::fmt::Display) {
        self.rejects.push(Reject::for_body(problem));
    }
}

/// Opens a body that is not compressed any more, and hands each record on as it meets it, of
/// whichever source. Never fails: what cannot be opened is a reject. It needs no memory of its own
/// but for what is packed within the body, which is limited for all of it together.
pub fn open_each_record(
    kind: EnvelopeKind,
    body: &[u8],
    limits: DecompressionLimits,
    take: TakeRecord<'_>,
) -> OpenedBody {
    let (left, opened) = (limits.max_nested, OpenedBody::default());
    let mut opener = document::BodyOpener { kind, limits, left, opened, owner: None, take };
    opener.open_body(body);
    OpenedBody { nested: left.saturating_sub(opener.left), ..opener.opened }
}

/// The same with all records collected, for bodies known to be small.
///
/// ```
/// use aware_core::envelope::{EnvelopeKind, open_body};
/// use aware_core::source::cloudtrail;
///
/// let file = br#"{"Records": [{"eventName": "ListUsers", "eventVersion": "1.11"}, 7]}"#;
/// let opened = open_body(EnvelopeKind::Any, file);
/// assert_eq!(opened.records.len(), 1);
/// assert_eq!(opened.records[0].source, cloudtrail::ID);
/// // The number is no record: it is named, and the rest is read.
/// assert_eq!(opened.rejects.total_count(), 1);
/// assert_eq!(opened.records_seen(), 2);
/// ```
pub fn open_body(kind: EnvelopeKind, body: &[u8]) -> OpenedBody {
    let mut records = Vec::new();
    let mut take = |record: RawRecord<'_>| {
        let RawRecord { number, source, bytes, .. } = record;
        records.push(NumberedRecord { number, source, bytes: bytes.to_vec() });
    };
    let opened = open_each_record(kind, body, DecompressionLimits::default(), &mut take);
    OpenedBody { records, ..opened }
}

#[cfg(test)]
mod tests;
