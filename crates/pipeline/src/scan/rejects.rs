//! The first rejects of a scan, in order of their names.

/// How many rejects are kept by name; all are counted.
pub const NAMED_REJECTS: usize = 1_000;

/// A reject, and the body that it belongs to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NamedReject {
    /// The body.
    pub origin: String,
    /// The record's number, 0 for the whole body.
    pub record: u64,
    /// What was wrong.
    pub problem: String,
}

/// The first [`NAMED_REJECTS`] of those that were pushed; a few more in between.
#[derive(Debug, Default)]
pub(super) struct RejectList(Vec<NamedReject>);

impl RejectList {
    pub(super) fn push(&mut self, reject: NamedReject) {
        self.0.push(reject);
        if self.0.len() >= 2 * NAMED_REJECTS {
            self.shorten();
        }
    }

    /// Adds another thread's.
    pub(super) fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// The first ones, in order.
    pub(super) fn into_sorted(mut self) -> Vec<NamedReject> {
        self.shorten();
        self.0
    }

    fn shorten(&mut self) {
        self.0.sort_unstable();
        self.0.truncate(NAMED_REJECTS);
    }
}
