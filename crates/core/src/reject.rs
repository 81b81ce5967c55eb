//! What could not be read: counted, named, and never in the way of the rest.

use std::fmt;

/// One record, or one whole body, that could not become an event.
///
/// A reject names the place (`origin` is the file, object or queue message; `record` the
/// record's number in it, from 1) and what was wrong, as a lower-case fragment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    /// Number of the record within its body, counted from 1; `None` when the body itself failed.
    pub record: Option<u64>,
    /// What was wrong and, where it helps, how to mend it.
    pub problem: String,
}

impl Reject {
    /// A reject of one record.
    pub fn record(number: u64, problem: impl fmt::Display) -> Self {
        Self { record: Some(number), problem: problem.to_string() }
    }

    /// A reject of a whole body.
    pub fn body(problem: impl fmt::Display) -> Self {
        Self { record: None, problem: problem.to_string() }
    }
}

impl fmt::Display for Reject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.record {
            Some(number) => write!(f, "record {number}: {}", self.problem),
            None => f.write_str(&self.problem),
        }
    }
}
