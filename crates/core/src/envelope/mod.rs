//! What AWS wraps logs in, and how it is taken off.
//!
//! CloudTrail records arrive as files of `{"Records":[…]}`, as lines, in CloudWatch Logs
//! subscriptions, EventBridge events, Kinesis and Firehose records, and as notices of S3 objects
//! that hold them, each of these perhaps again in SNS or SQS. [`open`] recognises all of them by
//! their content. Facts: the shapes are those that AWS documents for each service's Lambda events.

pub mod decompress;
mod document;
mod notice;
pub mod other_logs;
mod shape;
pub mod span;

use std::borrow::Cow;

use crate::reject::Reject;

pub use notice::S3Object;

/// How deep envelopes may be nested: SNS in SQS in a Lambda event is three.
const MAX_NESTING: u8 = 6;

/// The kind of envelope that a config promises.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// Whatever it is, recognised by content.
    #[default]
    Any,
    /// Log files and lines: `{"Records":[…]}`, one record a line, a list of records.
    Records,
    /// The output of `aws cloudtrail lookup-events`.
    LookupEvents,
    /// A CloudWatch Logs subscription, direct or by Kinesis or Firehose.
    CloudwatchLogs,
    /// EventBridge's *… via CloudTrail* events.
    Eventbridge,
    /// Notices of objects in S3: from S3, from EventBridge, or CloudTrail's own.
    S3Notification,
}

impl Kind {
    /// The name in configs and messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Records => "records",
            Self::LookupEvents => "lookup-events",
            Self::CloudwatchLogs => "cloudwatch-logs",
            Self::Eventbridge => "eventbridge",
            Self::S3Notification => "s3-notification",
        }
    }
}

/// One record's bytes, and its number within the body, from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// The number.
    pub number: u64,
    /// The bytes of one JSON value, not yet validated.
    pub bytes: Cow<'a, [u8]>,
}

/// What was in a body.
#[derive(Debug, Default)]
pub struct Opened<'a> {
    /// Records, in the order of the body.
    pub records: Vec<Record<'a>>,
    /// S3 objects that hold records, to be fetched.
    pub objects: Vec<S3Object>,
    /// What is known to hold no records: control messages, test events, digest files.
    pub skipped: Skipped,
    /// What could not be opened.
    pub rejects: Vec<Reject>,
    seen: u64,
}

/// Counts of what is known to hold no records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Skipped {
    /// CloudWatch Logs' `CONTROL_MESSAGE`.
    pub control_messages: u64,
    /// S3's `s3:TestEvent`.
    pub test_events: u64,
    /// CloudTrail digest files, and notices of them.
    pub digests: u64,
    /// Notices of objects removed from S3, of other files, and subscription confirmations.
    pub other_notices: u64,
    /// Objects of other services in the same bucket, told by their keys: see [`other_logs`].
    pub other_logs: u64,
}

impl Skipped {
    /// All of them.
    pub fn total(&self) -> u64 {
        let notices = self.test_events + self.other_notices;
        self.control_messages + notices + self.digests + self.other_logs
    }
}

impl<'a> Opened<'a> {
    /// How many records the body had: those found and those rejected one by one.
    pub fn seen(&self) -> u64 {
        self.seen
    }

    fn push(&mut self, bytes: impl Into<Cow<'a, [u8]>>) {
        self.seen += 1;
        self.records.push(Record { number: self.seen, bytes: bytes.into() });
    }

    fn reject_record(&mut self, problem: impl std::fmt::Display) {
        self.seen += 1;
        self.rejects.push(Reject::record(self.seen, problem));
    }

    fn reject(&mut self, problem: impl std::fmt::Display) {
        self.rejects.push(Reject::body(problem));
    }
}

/// Opens a body that is not compressed any more. Never fails: what cannot be opened is a reject.
pub fn open(kind: Kind, body: &[u8]) -> Opened<'_> {
    let mut opener = document::Opener { kind, opened: Opened::default() };
    opener.body(body);
    opener.opened
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(body: &str) -> (Vec<String>, Vec<String>) {
        let opened = open(Kind::Any, body.as_bytes());
        let in_records = opened.rejects.iter().filter(|reject| reject.record.is_some()).count();
        assert_eq!(opened.seen(), (opened.records.len() + in_records) as u64);
        let records = opened.records.iter().map(|r| String::from_utf8_lossy(&r.bytes).into_owned());
        (records.collect(), opened.rejects.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_cut_file_gives_what_is_whole() {
        let (records, rejects) = texts(r#"{"Records":[{"eventName":"A"},{"eventName":"B"},{"eve"#);
        assert_eq!(records.len(), 2);
        assert_eq!(
            rejects,
            ["record 3: record is cut (hint: the file may still be being written)"]
        );
    }

    #[test]
    fn a_broken_line_loses_only_itself() {
        let lines =
            "{\"eventName\":\"A\"}\n{\"eventName\":\n{\"eventName\":\"B\"}\n\n{\"eventName\":\"C";
        let (records, rejects) = texts(lines);
        assert_eq!(records.len(), 2, "{rejects:?}");
        assert_eq!(rejects.len(), 2, "{rejects:?}");
    }

    #[test]
    fn objects_one_after_the_other() {
        let (records, rejects) = texts("{\n \"eventName\": \"A\"\n}\n{\n \"eventName\": \"B\"\n}");
        assert_eq!((records.len(), rejects.len()), (2, 0));
    }

    #[test]
    fn another_kind_than_the_config_says() {
        let opened = open(Kind::Eventbridge, br#"{"Records":[{"eventName":"A"}]}"#);
        assert_eq!(
            opened.rejects[0].problem,
            "expected an envelope of kind `eventbridge`, found `records`"
        );
        assert!(opened.records.is_empty());
    }

    #[test]
    fn other_json_is_a_reject() {
        let (_, rejects) = texts(r#"{"hello":1,"world":2}"#);
        assert_eq!(rejects, ["JSON of an unknown kind, with the keys hello, world"]);
        assert_eq!(texts("PNG").1, ["neither JSON nor anything else that CloudTrail writes"]);
        assert_eq!(texts("").1, ["body is empty"]);
        assert_eq!(texts(r#"{"Records":3}"#).1, ["`Records` is no list"]);
    }
}
