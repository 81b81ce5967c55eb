//! The cases of a rule: a page beside it that people read, and that is run.
//!
//! A page is Markdown. It begins with a title and says what the rule sees and why. Each section
//! `## Hit: …` or `## Near miss: …` is a case: one fenced block `json` with a record, or a list of
//! records, and for a hit one fenced block `text` with the message that it makes. All else is for
//! the reader.

mod correlated;
mod judge;
mod message;
mod page;
mod rewrite;

use std::fmt;

use serde_json::Value;

pub use judge::{Failure, Outcome, run, run_correlation};
pub use page::parse;
pub use rewrite::rewrite;

use aware_rules::problem::Problem;
pub use aware_rules::shipped::page_of;

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
    places: Places,
}

/// Where the parts of a case stand in its page: lines, counted from 0.
#[derive(Clone, Debug, Default, PartialEq)]
struct Places {
    /// Behind the block of records.
    records_end: usize,
    /// What stands between the fences of the message.
    message: Option<std::ops::Range<usize>>,
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

/// What a rule's page lacks: the page itself, a hit, a near miss, or the message of a hit.
pub fn gaps(rule_file: &str, page: Option<&Page>) -> Vec<Problem> {
    let Some(page) = page else {
        let hint = format!("write its cases into `{}`", page_of(rule_file));
        return vec![Problem::new(rule_file, (0, 0), "rule has no cases").hint(hint)];
    };
    let mut gaps = Vec::new();
    for kind in [Kind::Hit, Kind::NearMiss] {
        if page.cases.iter().all(|case| case.kind != kind) {
            let what = format!("no case is a {}", kind.as_str().to_lowercase());
            let hint = format!("add a section `## {kind}: …`");
            gaps.push(Problem::new(&page.file, (0, 0), what).hint(hint));
        }
    }
    let silent = page.cases.iter().filter(|case| case.kind == Kind::Hit && case.message.is_none());
    gaps.extend(silent.map(|case| {
        let hint = "add a fenced block `text`";
        Problem::new(&page.file, (case.line, 1), "hit without the message it makes").hint(hint)
    }));
    gaps
}
