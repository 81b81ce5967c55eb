//! When the events of each body happened.

use std::collections::HashMap;

use aware_cases::case::FollowPlan;
use jiff::Timestamp;

use crate::stable_hash::stable_hash;

/// How many bodies are remembered; others are always read again.
const MAX_BODIES: usize = 1_000_000;

/// The first and last time of the events of each body that was read.
#[derive(Clone, Debug, Default)]
pub(in crate::scan) struct BodyTimes {
    /// By the hash of the origin. Two origins with one hash share their times, which costs time and
    /// loses nothing.
    spans: HashMap<u64, Option<(Timestamp, Timestamp)>>,
    /// Whether there were too many.
    is_full: bool,
}

impl BodyTimes {
    /// Remembers a body, or a part of one.
    pub(in crate::scan) fn add_body(
        &mut self,
        origin: &str,
        first: Option<Timestamp>,
        last: Option<Timestamp>,
    ) {
        self.add_span(stable_hash(origin), first.zip(last));
    }

    /// Adds another thread's.
    pub(in crate::scan) fn merge_with(&mut self, other: Self) {
        self.is_full |= other.is_full;
        for (key, span) in other.spans {
            self.add_span(key, span);
        }
    }

    /// Whether a body may hold events of the plan's spans.
    pub(super) fn may_overlap(&self, origin: &str, plan: &FollowPlan) -> bool {
        match self.spans.get(&stable_hash(origin)) {
            Some(span) => span.is_some_and(|(first, last)| plan.wants_span(first, last)),
            None => self.is_full,
        }
    }

    fn add_span(&mut self, key: u64, span: Option<(Timestamp, Timestamp)>) {
        if self.spans.len() >= MAX_BODIES && !self.spans.contains_key(&key) {
            self.is_full = true;
            return;
        }
        let known = self.spans.entry(key).or_default();
        *known = match (*known, span) {
            (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
            (one, other) => one.or(other),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_wanted_if_its_time_overlaps() {
        let at = |second| Some(Timestamp::from_second(second).unwrap());
        let mut times = BodyTimes::default();
        times.add_body("a", at(100), at(200));
        times.add_body("a", at(300), at(400));
        times.add_body("empty", None, None);
        let plan = |from, to| FollowPlan {
            texts: vec!["x".into()],
            spans: vec![(from, to)],
            ..FollowPlan::default()
        };
        for (origin, span, is_wanted) in [
            ("a", (0, 99), false),
            ("a", (0, 100), true),
            ("a", (400, 500), true),
            ("a", (401, 500), false),
            ("empty", (0, 500), false),
            ("unknown", (0, 500), false),
        ] {
            assert_eq!(times.may_overlap(origin, &plan(span.0, span.1)), is_wanted, "{origin}");
        }
        times.is_full = true;
        assert!(times.may_overlap("unknown", &plan(0, 1)));
    }
}
