//! What AWS wraps logs in, and how it is taken off.
//!
//! CloudTrail records arrive as files of `{"Records":[…]}`, as lines, in CloudWatch Logs
//! subscriptions, EventBridge events, Kinesis and Firehose records, and as notices of S3 objects
//! that hold them, each of these perhaps again in SNS or SQS; and in what the AWS CLI and the
//! consoles print. [`unpack`] gives the bodies of a file, and [`open`] recognises each by its
//! content. What holds no whole record is named, with the way to get one. Facts: the shapes are those
//! that AWS documents for each service's Lambda events and for each command's output.

mod csv;
pub mod decompress;
mod document;
pub mod form;
pub mod line;
mod notice;
pub mod other_logs;
mod query;
mod shape;
pub mod span;
pub mod unpack;
mod unwrap;
mod yaml;

use crate::reject::{Reject, Rejects};
use decompress::Limits;

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
    /// Whole lines of a longer stream: each is a document or a reject, whatever comes first.
    Lines,
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
            Self::Lines => "lines",
            Self::LookupEvents => "lookup-events",
            Self::CloudwatchLogs => "cloudwatch-logs",
            Self::Eventbridge => "eventbridge",
            Self::S3Notification => "s3-notification",
        }
    }
}

/// One record's bytes, and its number within the body, from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The number.
    pub number: u64,
    /// The bytes of one JSON value, not yet validated.
    pub bytes: Vec<u8>,
}

/// What was in a body, besides its records.
#[derive(Debug, Default)]
pub struct Opened {
    /// Records, in the order of the body; only of [`open`].
    pub records: Vec<Record>,
    /// S3 objects that hold records, to be fetched.
    pub objects: Vec<S3Object>,
    /// What is known to hold no records: control messages, test events, digest files.
    pub skipped: Skipped,
    /// What could not be opened.
    pub rejects: Rejects,
    /// How many bytes were made of what is packed within the body.
    pub nested: usize,
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

impl Opened {
    /// How many records the body had: those handed on and those rejected one by one.
    pub fn seen(&self) -> u64 {
        self.seen
    }

    fn reject_record(&mut self, problem: impl std::fmt::Display) {
        self.seen += 1;
        // A million of them are not worth their texts.
        match self.rejects.has_room() {
            true => self.rejects.push(Reject::record(self.seen, problem)),
            false => self.rejects.count_record(),
        }
    }

    fn reject(&mut self, problem: impl std::fmt::Display) {
        self.rejects.push(Reject::body(problem));
    }
}

/// Opens a body that is not compressed any more, and hands each record's number and bytes on as it
/// meets them. Never fails: what cannot be opened is a reject. It needs no memory of its own but for
/// what is packed within the body, which is limited for all of it together.
pub fn open_each(
    kind: Kind,
    body: &[u8],
    limits: Limits,
    take: &mut dyn FnMut(u64, &[u8]),
) -> Opened {
    let left = limits.max_nested;
    let mut opener = document::Opener { kind, limits, left, opened: Opened::default(), take };
    opener.body(body);
    Opened { nested: left.saturating_sub(opener.left), ..opener.opened }
}

/// The same with all records at once, for bodies known to be small.
pub fn open(kind: Kind, body: &[u8]) -> Opened {
    let mut records = Vec::new();
    let mut take = |number, bytes: &[u8]| records.push(Record { number, bytes: bytes.to_vec() });
    let opened = open_each(kind, body, Limits::default(), &mut take);
    Opened { records, ..opened }
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
            opened.rejects.first().unwrap().problem,
            "expected an envelope of kind `eventbridge`, found `records`"
        );
        assert!(opened.records.is_empty());
    }

    #[test]
    fn other_json_is_a_reject() {
        let (_, rejects) = texts(r#"{"hello":1,"world":2}"#);
        assert_eq!(rejects, ["record 1: JSON of an unknown kind, with the keys hello, world"]);
        assert_eq!(texts(r#"{"events":3}"#).1.len(), 1);
        assert_eq!(texts("PNG").1, ["neither JSON nor anything else that CloudTrail writes"]);
        assert_eq!(texts("").1, ["body is empty"]);
        assert_eq!(texts(r#"{"Records":3}"#).1, ["`Records` is no list"]);
    }

    #[test]
    fn junk_costs_only_its_own_line() {
        let event = r#"{"eventName":"A"}"#;
        let body = format!(
            "some noise\n{event}\n\nWARN x\n{{\"Records\":[{event},{event}]}}\n{{\"broken\": \n{event}\r\n{event}{event}\n{event},"
        );
        let (records, rejects) = texts(&body);
        assert_eq!((records.len(), rejects.len()), (7, 4), "{rejects:?}");
        let broken = format!("{{\"broken\": \n{event}\n{event}\n");
        let (records, rejects) = texts(&broken);
        assert_eq!((records.len(), rejects.len()), (2, 1), "{rejects:?}");
        let spread = format!("{event}\n{{\n \"eventName\": \"B\"\n}}\n{event}\nnoise");
        let (records, rejects) = texts(&spread);
        assert_eq!((records.len(), rejects.len()), (3, 1), "{rejects:?}");
        let cut = format!("{{\"Records\":[\n{event},\n{event},\n{{\"eve");
        let (records, rejects) = texts(&cut);
        assert_eq!((records.len(), rejects.len()), (2, 1), "{rejects:?}");
    }

    #[test]
    fn a_broken_document_behind_a_time_costs_only_itself() {
        let time = "2026-11-24T03:54:07+00:00 stream";
        let whole = format!("{time} \n{{\n  \"eventName\": \"A\"\n}}\n");
        let broken = format!("{time} \n{{\n  \"eventName\":\n");
        let inline = format!("{time} {{\"eventName\":\n");
        let body = [&*whole, &*broken, &*whole, &*inline, &*whole, &*broken].concat();
        let (records, rejects) = texts(&body);
        assert_eq!((records.len(), rejects.len()), (3, 3), "{rejects:?}");
        let (records, rejects) = texts(&format!("{time}\nno JSON\n{whole}{time} hello\n"));
        assert_eq!((records.len(), rejects.len()), (1, 3), "{rejects:?}");
    }

    #[test]
    fn rows_without_a_record_are_named() {
        let without = "{\"status\":\"Complete\",\"results\":[[{\"field\":\"a\",\"value\":\"b\"}]]}";
        for body in [without, "Complete\nRESULTS\ta\tb\n", "@timestamp,eventName\n1,2\n"] {
            let (records, rejects) = texts(body);
            assert_eq!((records.len(), rejects.len()), (0, 1), "{rejects:?}");
            assert!(rejects[0].contains("hint: begin the query with `fields"), "{rejects:?}");
        }
        let (_, rejects) = texts("[[1,\"x\"],[],\"{\",[{\"eventName\":\"A\"}]]");
        assert_eq!(rejects.len(), 3, "{rejects:?}");
    }

    #[test]
    fn lines_of_a_stream_are_no_form_of_their_own() {
        for body in ["@message,x\nnoise\n", "Events:\n- x\n", "----------\n|  x  |\n", "noise\nx\n"]
        {
            let opened = open(Kind::Lines, body.as_bytes());
            assert_eq!((opened.seen(), opened.rejects.of_records()), (2, 2), "{body}");
        }
        assert!(open(Kind::Lines, b"\n \r\n").rejects.is_empty());
    }

    #[test]
    fn yaml_that_is_none_or_repeats_itself_without_end_is_named() {
        let (_, rejects) = texts("Events:\n- [\n");
        assert!(rejects[0].starts_with("YAML cannot be read: "), "{rejects:?}");
        let mut laughs = "Events: &n0 ['x']\n".to_owned();
        for n in 0..9 {
            let ten = vec![format!("*n{n}"); 10].join(", ");
            laughs += &format!("k{n}: &n{} [{ten}]\n", n + 1);
        }
        let (records, rejects) = texts(&laughs);
        assert_eq!((records.len(), rejects.len()), (0, 1), "{rejects:?}");
        assert!(rejects[0].starts_with("YAML cannot be read: "), "{rejects:?}");
    }

    #[test]
    fn commas_without_records_are_rejects() {
        let event = r#"{"eventName":"A"}"#;
        let (records, rejects) = texts(&format!("[{event},,{event},]"));
        assert_eq!((records.len(), rejects.len()), (2, 2), "{rejects:?}");
    }

    #[test]
    fn a_name_twice_and_a_name_in_escapes() {
        let (records, _) =
            texts(r#"{"\u0052ecords":[{"eventName":"A"}],"Records":[{"eventName":"B"}]}"#);
        assert_eq!(records.len(), 2);
        let (records, rejects) = texts(r#"{"\u0065ventName":"A"}"#);
        assert_eq!((records.len(), rejects.len()), (1, 0));
    }

    #[test]
    fn a_record_stays_one_whatever_is_added_to_it() {
        let decoy = r#"{"eventTime":"t","eventSource":"s","eventName":"n","Records":[{"eventName":"x"}],"awslogs":{"data":""}}"#;
        for body in [decoy.to_owned(), format!("[{decoy}]"), format!("{{\"Records\":[{decoy}]}}")] {
            let (records, rejects) = texts(&body);
            assert_eq!((records, rejects.len()), (vec![decoy.to_owned()], 0));
        }
    }

    #[test]
    fn only_aws_speaks_for_aws() {
        let event = |source: &str| {
            format!(
                r#"{{"detail-type":"AWS API Call via CloudTrail","source":"{source}","detail":{{"eventName":"A"}}}}"#
            )
        };
        assert_eq!(texts(&event("aws.iam")).0.len(), 1);
        for forged in ["evil.app", "aws", "awsiam", "", "AWS.iam"] {
            let (records, rejects) = texts(&event(forged));
            assert_eq!((records.len(), rejects.len()), (0, 1), "{forged}");
        }
        let without = event("aws.iam").replace("\"source\"", "\"sauce\"");
        assert_eq!(texts(&without).0.len(), 0);
    }

    #[test]
    fn what_is_packed_is_limited_in_all() {
        let part = r#"{"eventSource":"aws:sqs","body":"[\"x\",\"y\"]"}"#;
        let body = format!("{{\"Records\":[{}]}}", vec![part; 100].join(","));
        let limits = Limits { max_nested: 500, ..Limits::default() };
        let opened = open_each(Kind::Any, body.as_bytes(), limits, &mut |_, _| {});
        let last = opened.rejects.iter().last().unwrap().problem.clone();
        assert!(last.contains("over 500 bytes (hint: `limits.nested` allows more)"), "{last}");
        let opened = open_each(Kind::Any, body.as_bytes(), Limits::default(), &mut |_, _| {});
        assert_eq!(opened.rejects.total(), 200);
    }
}
