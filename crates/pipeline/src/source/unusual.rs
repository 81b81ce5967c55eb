//! Decides, as events come, which of them are unusual.

use aware_cases::triage::{LooksLike, PrincipalHistories};
use aware_rules::baseline::BaselineBook;
use jiff::Timestamp;

use super::SourceHalf;
use crate::baseline::{add_stored_rows, changed_rows, observe_candidate, stored_keys};
use crate::matched_event::MatchedEvent;
use crate::port::{MemoryWindow, Store, StoreError};

impl SourceHalf {
    /// The events whose rules ask what was usual, with what came of it, in the order of `found`; and
    /// the rows that this changed. What a principal does that looks hostile is not learned.
    pub(super) async fn judge_candidates(
        &self,
        found: &[&MatchedEvent],
        histories: &PrincipalHistories,
        now: Timestamp,
    ) -> Result<(Vec<Option<MatchedEvent>>, Vec<MemoryWindow>), StoreError> {
        let keys = stored_keys(found.iter().flat_map(|one| one.baseline_rows()));
        let mut judged: Vec<Option<MatchedEvent>> = vec![None; found.len()];
        if keys.is_empty() {
            return Ok((judged, Vec::new()));
        }
        let mut book = BaselineBook::default();
        let stored = self.store.load_windows(&keys).await?;
        for (window, problem) in add_stored_rows(&mut book, stored) {
            tracing::warn!(window = window.key, %problem, "baseline cannot be read; it is set aside");
            self.store.set_aside_window(&window, &problem).await;
        }
        let mut order: Vec<usize> = (0..found.len()).collect();
        order.sort_by_key(|at| found.get(*at).map(|one| (one.time, &one.key)));
        let mut forget = 0;
        for at in order {
            let Some(one) = found.get(at).filter(|one| !one.candidates.is_empty()) else {
                continue;
            };
            let mut settled = (*one).clone();
            let may_learn = !looks_hostile(one, histories);
            settled.settle_candidates(|candidate| {
                forget = forget.max(candidate.test.forget);
                observe_candidate(&mut book, candidate, may_learn)
            });
            if let Some(place) = judged.get_mut(at) {
                *place = Some(settled);
            }
        }
        Ok((judged, changed_rows(&book, forget, now)))
    }
}

fn looks_hostile(found: &MatchedEvent, histories: &PrincipalHistories) -> bool {
    let who = found.candidates.first().map(|one| &one.finding.principal);
    let reading = who.and_then(|who| histories.find_reading(&who.key, who.issuer.as_deref()));
    reading.is_some_and(|reading| reading.looks_like == LooksLike::Exploring)
}
