//! Cases, as stores keep them.

use aware_cases::tell::CaseStatusKind;
use aware_core::event::Level;
use jiff::Timestamp;

/// How many cases a store keeps that cannot grow without end. Beyond that the quiet and harmless
/// ones go first.
pub const MAX_STORED_CASES: usize = 20_000;

/// A case, as stores keep it: what they find it by, and a body that only its owner reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredCase {
    /// The case's id.
    pub id: String,
    /// Whether it is open.
    pub status: CaseStatusKind,
    /// How bad it is.
    pub level: Level,
    /// When it last had an event. Times have milliseconds.
    pub last: Timestamp,
    /// When it must be looked at again, though nothing happens.
    pub due: Option<Timestamp>,
    /// When it may be forgotten; `None` while it is open.
    pub expires: Option<Timestamp>,
    /// How much it matters: what weighs least is dropped first where room is short.
    pub weight: u32,
    /// The content, in its owner's format.
    pub body: Vec<u8>,
}

impl StoredCase {
    /// What is dropped first where room is short comes first: what weighs least, then what is
    /// closed, then what has been quiet for longest.
    pub fn eviction_order(&self) -> (u32, bool, Timestamp, &str) {
        (self.weight, self.status == CaseStatusKind::Open, self.last, &self.id)
    }
}

/// Which cases to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaseFilter {
    /// Only these.
    pub status: Option<CaseStatusKind>,
    /// Only those that are at least as bad.
    pub at_least: Option<Level>,
    /// Only those whose id begins with this.
    pub id_prefix: String,
}

impl CaseFilter {
    /// Whether a case is wanted.
    pub fn accepts(&self, case: &StoredCase) -> bool {
        self.status.is_none_or(|status| status == case.status)
            && self.at_least.is_none_or(|level| case.level >= level)
            && case.id.starts_with(&self.id_prefix)
    }
}

/// A page of cases, by id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CasePage {
    /// The cases.
    pub cases: Vec<StoredCase>,
    /// After which id the next page begins, if there is one.
    pub next: Option<String>,
}

impl CasePage {
    /// The first `most` of cases that are given by id, as far as they are wanted.
    pub fn of_sorted(
        cases: impl IntoIterator<Item = StoredCase>,
        filter: &CaseFilter,
        most: usize,
    ) -> Self {
        let mut page = Self::default();
        for case in cases.into_iter().filter(|case| filter.accepts(case)) {
            if page.cases.len() >= most {
                page.next = page.cases.last().map(|last| last.id.clone());
                break;
            }
            page.cases.push(case);
        }
        page
    }
}
