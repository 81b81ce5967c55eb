//! A parsed page of tests: the tests of a rule, and the result that each expects.

use std::fmt;

use serde_json::Value;

/// The page of a rule.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleTestPage {
    /// The file.
    pub file: String,
    /// Its first heading.
    pub title: String,
    /// A config for its tests, from a block `toml config`, and its line: what is known of accounts,
    /// networks and principals.
    pub config: Option<(u32, String)>,
    /// Its tests, in order.
    pub tests: Vec<RuleTest>,
}

/// One test.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleTest {
    /// The result expected of the rule.
    pub kind: TestKind,
    /// What it tests.
    pub title: String,
    /// The line of its heading, counted from 1.
    pub line: u32,
    /// The records. A rule must match each record of a hit and none of a near miss; a correlation
    /// must fire once over the records of a hit, and not over those of a near miss.
    pub events: Vec<Value>,
    /// The message that a hit produces.
    pub message: Option<String>,
    pub(super) places: TestPlaces,
}

/// Where the parts of a test are in its page: lines, counted from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct TestPlaces {
    /// The line after the block of records.
    pub(super) records_end: usize,
    /// The lines between the fences of the message.
    pub(super) message: Option<std::ops::Range<usize>>,
}

/// The result expected of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TestKind {
    /// It matches.
    Hit,
    /// It does not match, though it nearly would.
    NearMiss,
}

impl TestKind {
    /// Its name in a heading.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hit => "Hit",
            Self::NearMiss => "Near miss",
        }
    }
}

impl fmt::Display for TestKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
