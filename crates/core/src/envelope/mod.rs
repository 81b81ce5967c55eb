//! The wrappings AWS puts around logs, and how they are removed.
//!
//! Records arrive as files of `{"Records":[…]}`, as lines, in CloudWatch Logs
//! subscriptions, EventBridge events, Kinesis and Firehose records, and as notices of S3 objects
//! that hold them, each of these perhaps again in SNS or SQS; and in what the AWS CLI and the
//! consoles print. [`unpack`] gives the bodies of a file, and [`open_body`] recognises each by its
//! content. A body without a whole record is a reject that says how to get one. The shapes are those
//! that AWS documents for each service's Lambda events and for each command's output.

mod columns;
mod csv;
pub mod decompress;
mod document;
mod eventbridge;
pub mod form;
pub mod line;
mod opened;
mod opener;
pub mod other_logs;
mod parquet;
mod query;
mod s3_notice;
mod shape;
pub mod span;
mod text_lines;
mod text_log;
pub mod unpack;
mod unwrap;
mod yaml;

use crate::source::contract::LineSettings;
use decompress::DecompressionLimits;
use opener::{AroundRecords, BodyOpener};

pub use opened::{EnvelopeKind, NumberedRecord, OpenedBody, RawRecord, SkippedCounts, TakeRecord};
pub use s3_notice::S3Object;

/// Opens a body that is not compressed any more, and hands each record on as it meets it, of
/// whichever source. Never fails: what cannot be opened is a reject. It needs no memory of its own
/// but for what is packed within the body, which is limited for all of it together.
pub fn open_each_record(
    kind: EnvelopeKind,
    body: &[u8],
    limits: DecompressionLimits,
    lines: LineSettings<'_>,
    take: TakeRecord<'_>,
) -> OpenedBody {
    let (left, opened) = (limits.max_nested, OpenedBody::default());
    let (reader, around) = (None, AroundRecords::default());
    let mut opener = BodyOpener { kind, limits, left, opened, lines, reader, around, take };
    opener.open_body(body);
    opener.finish_lines();
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
/// // The 7 is not a record: it is a reject, and the rest is read.
/// assert_eq!(opened.rejects.total_count(), 1);
/// assert_eq!(opened.records_seen(), 2);
/// ```
pub fn open_body(kind: EnvelopeKind, body: &[u8]) -> OpenedBody {
    let mut records = Vec::new();
    let mut take = |record: RawRecord<'_>| {
        let RawRecord { number, source, bytes, .. } = record;
        records.push(NumberedRecord { number, source, bytes: bytes.to_vec() });
    };
    let (limits, lines) = (DecompressionLimits::default(), LineSettings::nothing());
    let opened = open_each_record(kind, body, limits, lines, &mut take);
    OpenedBody { records, ..opened }
}

#[cfg(test)]
mod tests;
