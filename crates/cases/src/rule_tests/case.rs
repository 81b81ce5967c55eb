//! A page of cases, as it is read: the cases of a rule, and what each expects of it.

use std::fmt;

use serde_json::Value;

/// The page beside a rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// The file.
    pub file: String,
    /// Its first heading.
    pub title: String,
    /// Its cases, in order.
    pub cases: Vec<Case>,
}

/// One case.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// What is expected of the rule.
    pub kind: Kind,
    /// What it is a case of.
    pub title: String,
    /// The line of its heading, from 1.
    pub line: u32,
    /// The records. A rule has to match each of a hit and none of a near miss; a correlation has to
    /// fire once over those of a hit, and not over those of a near miss.
    pub events: Vec<Value>,
    /// The message that a hit makes.
    pub message: Option<String>,
    pub(super) places: Places,
}

/// Where the parts of a case stand in its page: lines, counted from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Places {
    /// Behind the block of records.
    pub(super) records_end: usize,
    /// What stands between the fences of the message.
    pub(super) message: Option<std::ops::Range<usize>>,
}

/// What is expected of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// It matches.
    Hit,
    /// It does not, though it nearly would.
    NearMiss,
}

impl Kind {
    /// How a heading names it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hit => "Hit",
            Self::NearMiss => "Near miss",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
