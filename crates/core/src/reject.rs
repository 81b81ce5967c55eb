//! Input that could not be read: counted, named, and never in the way of the rest.

use std::fmt;

/// How many rejects of one body are kept by name; all are counted.
pub const MAX_NAMED: usize = 1_000;
/// Maximum length of a problem's text, in bytes: it may quote what was not understood.
const MAX_PROBLEM: usize = 500;

/// One record, or one whole body, that could not become an event.
///
/// A reject names the record's number in its body, if it is a single record, and what was wrong, as
/// a lower-case fragment.
///
/// ```
/// use aware_core::reject::Reject;
///
/// assert_eq!(Reject::for_record(3, "not JSON").to_string(), "record 3: not JSON");
/// assert_eq!(Reject::for_body("empty file").to_string(), "empty file");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    /// Number of the record within its body, counted from 1; `None` when the body itself failed.
    pub record: Option<u64>,
    /// What was wrong and, if useful, how to fix it.
    pub problem: String,
}

impl Reject {
    /// A reject of one record.
    pub fn for_record(number: u64, problem: impl fmt::Display) -> Self {
        Self { record: Some(number), problem: clip_problem(problem.to_string()) }
    }

    /// A reject of a whole body, or of a part with an unknown number of records.
    pub fn for_body(problem: impl fmt::Display) -> Self {
        Self { record: None, problem: clip_problem(problem.to_string()) }
    }
}

fn clip_problem(mut problem: String) -> String {
    if problem.len() > MAX_PROBLEM {
        problem.truncate(problem.floor_char_boundary(MAX_PROBLEM));
        problem.push('…');
    }
    problem
}

impl fmt::Display for Reject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.record {
            Some(number) => write!(f, "record {number}: {}", self.problem),
            None => f.write_str(&self.problem),
        }
    }
}

/// The rejects of one body: all are counted, the first [`MAX_NAMED`] are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RejectLog {
    named: Vec<Reject>,
    records: u64,
    bodies: u64,
}

impl RejectLog {
    /// Counts a reject, and keeps it while there is room.
    pub fn push(&mut self, reject: Reject) {
        match reject.record {
            Some(_) => self.records += 1,
            None => self.bodies += 1,
        }
        if self.named.len() < MAX_NAMED {
            self.named.push(reject);
        }
    }

    /// Whether the next reject is kept by name.
    pub fn has_room(&self) -> bool {
        self.named.len() < MAX_NAMED
    }

    /// Counts the reject of a record without keeping it.
    pub fn count_record(&mut self) {
        self.records += 1;
    }

    /// Merges the rejects of another part.
    pub fn merge_log(&mut self, other: Self) {
        self.records += other.records;
        self.bodies += other.bodies;
        let room = MAX_NAMED.saturating_sub(self.named.len());
        self.named.extend(other.named.into_iter().take(room));
    }

    /// The same rejects with each problem reworded.
    #[must_use]
    pub fn map_problems(mut self, say: impl Fn(&str) -> String) -> Self {
        for reject in &mut self.named {
            reject.problem = clip_problem(say(&reject.problem));
        }
        self
    }

    /// The number of rejects.
    pub fn total_count(&self) -> u64 {
        self.records + self.bodies
    }

    /// The number of rejected single records.
    pub fn record_count(&self) -> u64 {
        self.records
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.total_count() == 0
    }

    /// The rejects kept by name.
    pub fn iter(&self) -> std::slice::Iter<'_, Reject> {
        self.named.iter()
    }

    /// The first reject kept.
    pub fn first_named(&self) -> Option<&Reject> {
        self.named.first()
    }
}

impl<'a> IntoIterator for &'a RejectLog {
    type Item = &'a Reject;
    type IntoIter = std::slice::Iter<'a, Reject>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_million_rejects_are_counted_and_a_thousand_kept() {
        let mut rejects = RejectLog::default();
        for number in 1..=1_000_000 {
            rejects.push(Reject::for_record(number, "no"));
        }
        rejects.push(Reject::for_body("x".repeat(10_000)));
        assert_eq!((rejects.total_count(), rejects.record_count()), (1_000_001, 1_000_000));
        assert_eq!(rejects.iter().count(), MAX_NAMED);
        assert!(Reject::for_body("é".repeat(10_000)).problem.len() < 510);
    }
}
