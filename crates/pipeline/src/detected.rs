//! What a body holds besides its findings.

use aware_core::envelope::{S3Object, other_logs};
use aware_core::reject::{Reject, RejectLog};
use aware_core::silence::AccountRegion;
use jiff::Timestamp;

use super::matched_event::MatchedEvent;

/// What a body holds. `records = events + rejects that name a record`.
#[derive(Debug, Default)]
pub struct DetectedBody {
    /// Bytes after decompression.
    pub bytes: u64,
    /// Records seen.
    pub records: u64,
    /// Records that are events.
    pub events: u64,
    /// Events that match a rule; only filled by [`crate::detect::Detector::detect_all`].
    pub found: Vec<MatchedEvent>,
    /// Objects that a notice announced, to be fetched.
    pub objects: Vec<S3Object>,
    /// What could not be read.
    pub rejects: RejectLog,
    /// Digest files, control messages and the like.
    pub skipped: u64,
    /// The time of the earliest event.
    pub first: Option<Timestamp>,
    /// The time of the latest event.
    pub last: Option<Timestamp>,
    /// Where and when the first record's call was made; only if requested.
    pub place: Option<(AccountRegion, Timestamp)>,
    /// The kind of log, if no source reads it: `VPC flow log`. Such a body is a reject, unless the
    /// caller skips it.
    pub other_log: Option<&'static str>,
}

impl DetectedBody {
    /// Whether nothing of the body could be read.
    pub fn is_unread(&self) -> bool {
        let is_empty = self.events == 0 && self.skipped == 0 && self.objects.is_empty();
        is_empty && !self.rejects.is_empty()
    }

    /// Adds the result of one part of a file.
    pub(super) fn add_part(&mut self, member: Option<&str>, mut part: Self, body: &[u8]) {
        if part.is_unread() {
            part.name_other_log(body);
        }
        self.bytes += part.bytes;
        self.records += part.records;
        self.events += part.events;
        self.skipped += part.skipped;
        self.objects.extend(part.objects);
        self.extend_span(part.first);
        self.extend_span(part.last);
        self.place = self.place.take().or(part.place);
        if member.is_none() {
            self.other_log = part.other_log;
        }
        self.rejects.merge_log(part.rejects.map_problems(|problem| name_member(member, problem)));
    }

    pub(super) fn name_other_log(&mut self, body: &[u8]) {
        self.other_log = other_logs::log_of_body(body);
        // What opening a Parquet file says of it is more.
        if let Some(log) = self.other_log.filter(|log| *log != other_logs::PARQUET) {
            // It holds no records of any source.
            (self.records, self.rejects) = (0, RejectLog::default());
            let problem = format!("{log}, which no source reads");
            self.rejects.push(Reject::for_body(problem));
        }
    }

    /// Counts a log of another service as skipped, since a bucket may hold several services' logs.
    pub fn skip_other_log(&mut self) {
        if self.other_log.is_some() {
            self.rejects = RejectLog::default();
            self.skipped += 1;
        }
    }

    pub(super) fn extend_span(&mut self, time: Option<Timestamp>) {
        let Some(time) = time else { return };
        self.first = Some(self.first.map_or(time, |first| first.min(time)));
        self.last = Some(self.last.map_or(time, |last| last.max(time)));
    }
}

/// A problem, prefixed with the name of the archive member that has it.
pub(super) fn name_member(member: Option<&str>, problem: &str) -> String {
    member.map_or_else(|| problem.to_owned(), |member| format!("{member}: {problem}"))
}
