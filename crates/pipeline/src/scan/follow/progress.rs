//! Which looks a scan takes, until nobody new is to be followed.

use std::collections::BTreeSet;
use std::sync::Arc;

use aware_cases::case::FollowPlan;
use aware_core::enrichment::Enrichment;

use super::{BodyTimes, FollowedTotals, SecondLook};

/// How often logs are read again at most. A look may find sessions that somebody opened, and the
/// next one what was done in these.
const MAX_LOOKS: usize = 3;

/// The looks of a scan so far.
#[derive(Debug, Default)]
pub(in crate::scan) struct LookProgress {
    /// What was looked for, or need not be.
    done: BTreeSet<String>,
    looks: usize,
    times: Arc<BodyTimes>,
    is_finished: bool,
    /// Who was followed.
    actors: BTreeSet<String>,
    /// What was read again.
    pub(in crate::scan) sums: FollowedTotals,
}

impl LookProgress {
    /// The times of all bodies, once they have all been read.
    pub(in crate::scan) fn set_times(&mut self, times: BodyTimes) {
        if self.looks == 0 {
            self.times = Arc::new(times);
        }
    }

    /// Whether everything that was to be found is found.
    fn is_complete(&self) -> bool {
        self.is_finished && self.sums.problems.is_empty()
    }

    /// Who was followed, if everything that was to be found is found.
    pub(in crate::scan) fn followed_actors(&self) -> BTreeSet<String> {
        if self.is_complete() { self.actors.clone() } else { BTreeSet::new() }
    }

    /// Adds what one thread of a look found: its sums, and the access keys of which nothing is left
    /// to be found.
    pub(in crate::scan) fn add_part(&mut self, met: BTreeSet<String>, sums: FollowedTotals) {
        self.done.extend(met);
        self.sums.add_all(sums);
    }

    /// The next look, if the plan wants more than was looked for.
    pub(in crate::scan) fn next_look(
        &mut self,
        mut plan: FollowPlan,
        known: &Arc<Enrichment>,
    ) -> Option<SecondLook> {
        plan.texts.retain(|text| !self.done.contains(text));
        self.sums.left_out = plan.left_out;
        if plan.is_empty() || self.looks >= MAX_LOOKS {
            self.is_finished = true;
            return None;
        }
        self.looks += 1;
        self.actors.append(&mut plan.actors);
        self.sums.principals = self.actors.len() as u64;
        self.is_finished = false;
        self.done.extend(plan.texts.iter().cloned());
        Some(SecondLook::new(plan, Arc::clone(&self.times), known))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(texts: &[&str], to: i64) -> FollowPlan {
        let texts = texts.iter().map(|&text| text.to_owned()).collect();
        FollowPlan { texts, spans: vec![(0, to)], ..FollowPlan::default() }
    }

    #[test]
    fn only_what_is_new_is_looked_for() {
        let mut progress = LookProgress::default();
        let texts = |look: Option<SecondLook>| look.map(|look| look.plan.texts);
        assert_eq!(texts(progress.next_look(plan(&[], 9), &Arc::default())), None);
        assert_eq!(
            texts(progress.next_look(plan(&["a"], 9), &Arc::default())),
            Some(vec!["a".into()])
        );
        assert_eq!(texts(progress.next_look(plan(&["a"], 9), &Arc::default())), None);
        assert_eq!(
            texts(progress.next_look(plan(&["a", "b"], 9), &Arc::default())),
            Some(vec!["b".into()])
        );
        assert!(!progress.is_complete());
        assert_eq!(texts(progress.next_look(plan(&["a", "b"], 10), &Arc::default())), None);
        assert!(progress.is_complete());
        assert_eq!(
            texts(progress.next_look(plan(&["a", "c"], 10), &Arc::default())),
            Some(vec!["c".into()])
        );
        assert_eq!(texts(progress.next_look(plan(&["d"], 10), &Arc::default())), None, "enough");
    }
}
