//! The totals of a scan.

use jiff::Timestamp;

use crate::detect::DetectedBody;

/// The totals of a scan. `records = events + rejected_records`. Each rule that an event matches is
/// a finding, hidden, or filtered. `findings` = those of all groups, including services, plus
/// `ungrouped`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScanTotals {
    /// Files (or objects, or bodies) read.
    pub files: u64,
    /// Bytes read, compressed if the input is.
    pub bytes: u64,
    /// Bytes after decompression.
    pub inflated: u64,
    /// Records seen.
    pub records: u64,
    /// Records that are events.
    pub events: u64,
    /// Records that are not events, and bodies, or parts of them, that could not be read.
    pub rejects: u64,
    /// Those of the rejects that are records: `records = events + rejected_records`.
    pub rejected_records: u64,
    /// Repeated deliveries of an event that matches a rule.
    pub duplicates: u64,
    /// Denied events that match a rule, each counted once.
    pub denied: u64,
    /// Findings that the filter left out.
    pub filtered: u64,
    /// Findings that the filter left out of cases.
    pub filtered_of_cases: u64,
    /// Findings of principals that were dropped to save memory. `findings + filtered` = those of all
    /// cases, of AWS services, and these two.
    pub dropped_of_cases: u64,
    /// Findings that are reported, services included.
    pub findings: u64,
    /// Findings that a suppression hides.
    pub hidden: u64,
    /// Findings of correlations; they are included in `findings`.
    pub correlated: u64,
    /// Findings of groups that were dropped to stay below [`MAX_HELD_BYTES`]; they are included in
    /// `findings`.
    ///
    /// [`MAX_HELD_BYTES`]: super::MAX_HELD_BYTES
    pub ungrouped: u64,
    /// Events that rules with a baseline matched, and that were not compared with what is usual, to
    /// save memory.
    pub unjudged: u64,
    /// Matches of rules that feed correlations, beyond the most that are kept to be counted.
    pub uncorrelated: u64,
    /// Digest files, control messages and the like.
    pub skipped: u64,
    /// The earliest event.
    pub first: Option<Timestamp>,
    /// The latest event.
    pub last: Option<Timestamp>,
}

impl ScanTotals {
    /// Adds another thread's sums.
    pub(super) fn add_all(&mut self, more: &Self) {
        self.files += more.files;
        self.bytes += more.bytes;
        self.inflated += more.inflated;
        self.records += more.records;
        self.events += more.events;
        self.rejects += more.rejects;
        self.rejected_records += more.rejected_records;
        self.duplicates += more.duplicates;
        self.denied += more.denied;
        self.filtered += more.filtered;
        self.findings += more.findings;
        self.skipped += more.skipped;
        self.include_times(more.first, more.last);
        self.hidden += more.hidden;
        self.correlated += more.correlated;
        self.ungrouped += more.ungrouped;
        self.unjudged += more.unjudged;
        self.uncorrelated += more.uncorrelated;
    }

    /// Adds the counts of a body.
    pub(super) fn add_detected(&mut self, detected: &DetectedBody) {
        self.inflated += detected.bytes;
        self.records += detected.records;
        self.events += detected.events;
        self.skipped += detected.skipped;
        self.rejects += detected.rejects.total_count();
        self.rejected_records += detected.rejects.record_count();
        self.include_times(detected.first, detected.last);
    }

    fn include_times(&mut self, first: Option<Timestamp>, last: Option<Timestamp>) {
        self.first = self.first.into_iter().chain(first).min();
        self.last = self.last.max(last);
    }
}
