//! One file for each kind of log: bytes to events and rejects.

pub mod cloudtrail;
pub mod sift;

use crate::event::Event;
use crate::reject::Reject;

/// What a body of records became. Every record is in exactly one of the counts:
/// `records = events.len() + dismissed + rejects` (rejects of single records).
#[derive(Debug, Default)]
pub struct Decoded {
    /// Records seen.
    pub records: u64,
    /// Records that no rule can match, known without decoding them.
    pub dismissed: u64,
    /// Events that may matter.
    pub events: Vec<Event>,
    /// Records, or whole bodies, that could not be read.
    pub rejects: Vec<Reject>,
}
