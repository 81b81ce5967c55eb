//! What opening a body gives: its records, what is to be fetched, what was skipped or rejected.

use super::s3_notice::S3Object;
use crate::reject::{Reject, RejectLog};
use crate::source::contract::RecordContext;
use crate::source::id::SourceId;

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

/// A record where it stands in a body.
#[derive(Clone, Copy, Debug)]
pub struct RawRecord<'a> {
    /// Its number within the body, from 1.
    pub number: u64,
    /// The source that it is of.
    pub source: SourceId,
    /// The bytes of one JSON value, not yet validated.
    pub bytes: &'a [u8],
    /// What stands beside it.
    pub context: RecordContext<'a>,
    /// Whether it sums up records that are counted already, and so is none of them.
    pub is_sum: bool,
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
    /// Records, in the order of the body; filled by [`super::open_body`] only.
    pub records: Vec<NumberedRecord>,
    /// S3 objects that hold records and must be fetched.
    pub objects: Vec<S3Object>,
    /// Input known to hold no records: control messages, test events, digest files.
    pub skipped: SkippedCounts,
    /// What could not be opened.
    pub rejects: RejectLog,
    /// Bytes produced from what is packed within the body.
    pub nested: usize,
    /// Events that were only counted: what they come to was handed on as sums.
    pub counted: u64,
    /// The times of the first and the last of these, in seconds since 1970.
    pub counted_span: Option<(i64, i64)>,
    pub(super) seen: u64,
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
    /// Objects of other services in the same bucket, recognised by their keys: see [`super::other_logs`].
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

    /// Counts a line that is an event, and is summed up with others.
    pub(super) fn count_line(&mut self, time: i64) {
        (self.seen, self.counted) = (self.seen + 1, self.counted + 1);
        let span = self.counted_span.get_or_insert((time, time));
        *span = (span.0.min(time), span.1.max(time));
    }

    pub(super) fn reject_record(&mut self, problem: impl std::fmt::Display) {
        self.seen += 1;
        // When there are a million of them, their texts are not worth keeping.
        match self.rejects.has_room() {
            true => self.rejects.push(Reject::for_record(self.seen, problem)),
            false => self.rejects.count_record(),
        }
    }

    pub(super) fn reject_body(&mut self, problem: impl std::fmt::Display) {
        self.rejects.push(Reject::for_body(problem));
    }
}
