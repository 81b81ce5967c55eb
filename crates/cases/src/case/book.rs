//! The table of everything that cases are built from.

use jiff::Timestamp;

use super::{Case, CaseEvent};
use crate::triage::PrincipalHistories;

/// Everything that cases are built from, by principal. Recording the same events in any order and
/// any split gives the same cases; each event is recorded once.
#[derive(Clone, Debug, Default)]
pub struct CaseBook {
    events: Vec<CaseEvent>,
}

/// Which records a second look at the logs must find.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FollowPlan {
    /// Texts of which a wanted record contains at least one: access keys, and the ARNs of users and
    /// sessions, sorted.
    pub texts: Vec<String>,
    /// When: only records within one of these spans are wanted, in seconds since 1970, sorted.
    pub spans: Vec<(i64, i64)>,
}

impl FollowPlan {
    /// Whether nobody is followed.
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// Whether a body whose events happened between these times may hold a wanted record.
    pub fn wants_span(&self, first: Timestamp, last: Timestamp) -> bool {
        let (first, last) = (first.as_second(), last.as_second());
        self.spans.iter().any(|(from, to)| first <= *to && last >= *from)
    }
}

impl CaseBook {
    /// An empty table.
    pub fn new() -> Self {
        Self::default()
    }

    /// Records an event: one with findings, a denial, a notable success, or, in a second look,
    /// whatever else a followed principal did.
    pub fn record_event(&mut self, event: &CaseEvent) {
        self.events.push(event.clone());
    }

    /// Adds another table's knowledge.
    pub fn merge_with(&mut self, other: Self) {
        self.events.extend(other.events);
    }

    /// Whom a second look must follow.
    pub fn follow_plan(&self, _histories: &PrincipalHistories) -> FollowPlan {
        FollowPlan::default()
    }

    /// The cases, worst first. `logs_until` is the time of the last event of the logs.
    pub fn build_cases(
        &self,
        _histories: &PrincipalHistories,
        _logs_until: Timestamp,
    ) -> Vec<Case> {
        Vec::new()
    }
}
