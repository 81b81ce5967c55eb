//! What the source half remembers of events besides their groups, and under which keys a store
//! keeps it.

use std::collections::BTreeSet;
use std::sync::Arc;

use aware_cases::group::FindingGroup;
use aware_cases::triage::{self, PrincipalHistories};
use aware_rules::correlate::{CorrelationSettings, StateError};
use jiff::{SignedDuration, Timestamp};

use super::case::CASE_PREFIX;
use crate::correlation::EventCorrelator;
use crate::matched_event::MatchedEvent;
use crate::port::BASELINE_PREFIX;
use crate::port::MemoryWindow;
use crate::rule_set::RuleSet;

/// The prefix of the keys of triage's memory.
pub(super) const HISTORY_PREFIX: &str = "history:";
/// The prefix before histories had their present form: such rows expire by themselves.
const OLD_HISTORY_PREFIX: &str = "triage:";
/// How long triage remembers a principal without denials: somebody who explores slowly, once a day,
/// is still noticed.
const TRIAGE_RETENTION: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What is remembered of events besides their groups.
pub(super) struct SourceMemory {
    pub(super) correlator: EventCorrelator,
    pub(super) histories: PrincipalHistories,
}

/// Why stored memory cannot be restored.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(super) enum WindowError {
    /// It is triage's.
    History(#[from] serde_json::Error),
    /// It is a correlation's.
    Correlation(#[from] StateError),
}

impl SourceMemory {
    /// An empty memory.
    pub(super) fn new(rules: &RuleSet) -> Self {
        Self { correlator: new_correlator(rules), histories: PrincipalHistories::default() }
    }

    /// Restores what a store kept.
    pub(super) fn restore_window(&mut self, window: &MemoryWindow) -> Result<(), WindowError> {
        // What cases and baselines remember is read by each step that needs it.
        let others = [OLD_HISTORY_PREFIX, CASE_PREFIX, BASELINE_PREFIX];
        if others.iter().any(|prefix| window.key.starts_with(prefix)) {
            return Ok(());
        }
        match window.key.strip_prefix(HISTORY_PREFIX) {
            Some(who) => {
                self.histories.restore_history(who, serde_json::from_slice(&window.bytes)?)
            }
            None => drop(self.correlator.engine_mut().restore_state(&window.bytes)?),
        }
        Ok(())
    }
}

/// Records what was observed of principals, and returns who they are.
pub(super) fn observe_all<'f>(
    memory: &mut SourceMemory,
    found: &[&'f MatchedEvent],
) -> BTreeSet<ObservedPrincipal<'f>> {
    let observed = found.iter().filter_map(|found| found.observed.as_ref());
    let who = observed.map(|one| {
        memory.histories.record_observation(one);
        ObservedPrincipal { principal: &one.principal, issuer: one.issuer.as_deref() }
    });
    who.collect()
}

/// A principal, as triage knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ObservedPrincipal<'f> {
    pub(super) principal: &'f str,
    pub(super) issuer: Option<&'f str>,
}

impl ObservedPrincipal<'_> {
    fn history_keys(&self) -> Vec<String> {
        triage::changed_keys(self.principal, self.issuer)
    }
}

/// What triage remembers under a key.
fn history_window(memory: &SourceMemory, key: &str, now: Timestamp) -> Option<MemoryWindow> {
    let bytes = serde_json::to_vec(memory.histories.get(key)?).ok()?;
    let expires = now.checked_add(TRIAGE_RETENTION).ok()?;
    Some(MemoryWindow { key: format!("{HISTORY_PREFIX}{key}"), bytes, expires })
}

/// The keys under which triage remembers the principal of a group.
pub(super) fn triage_keys(tally: &FindingGroup) -> impl Iterator<Item = String> {
    let who = &tally.first.principal;
    triage::history_keys(&who.key, who.issuer.as_deref())
        .into_iter()
        .map(|key| format!("{HISTORY_PREFIX}{key}"))
}

/// The changes in what correlations remember.
pub(super) fn changed_windows(correlator: &mut EventCorrelator) -> Vec<MemoryWindow> {
    let saved = correlator.engine_mut().take_touched().into_iter();
    saved.map(|one| MemoryWindow { key: one.key, bytes: one.bytes, expires: one.expires }).collect()
}

/// What has changed of the memory: of correlations, and of the principals that were observed.
pub(super) fn remembered(
    memory: &mut SourceMemory,
    observed: &BTreeSet<ObservedPrincipal<'_>>,
    now: Timestamp,
) -> Vec<MemoryWindow> {
    let mut changed = changed_windows(&mut memory.correlator);
    changed.extend(
        observed
            .iter()
            .flat_map(ObservedPrincipal::history_keys)
            .filter_map(|key| history_window(memory, &key, now)),
    );
    changed
}

pub(super) fn new_correlator(rules: &RuleSet) -> EventCorrelator {
    EventCorrelator::new(
        Arc::clone(rules.correlations()),
        CorrelationSettings { shared: true, ..rules.correlation_settings() },
    )
}
