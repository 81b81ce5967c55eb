//! What the source half remembers of events besides their groups, and under which keys a store keeps it.

use std::collections::BTreeSet;
use std::sync::Arc;

use aware_cases::group::Tally;
use aware_cases::triage::{self, Histories};
use aware_rules::correlate::{Settings, StateError};
use jiff::{SignedDuration, Timestamp};

use crate::correlation::Correlator;
use crate::found::Found;
use crate::port::Window;
use crate::rule_set::RuleSet;

/// The prefix of the keys of triage's memory.
pub(super) const HISTORY: &str = "history:";
/// The prefix before histories had their present form: such rows expire by themselves.
const OLD_HISTORY: &str = "triage:";
/// How long triage remembers a principal without denials: somebody who explores slowly, once a day,
/// is still noticed.
const TRIAGE_REMEMBERS: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What is remembered of events besides their groups.
pub(super) struct Memory {
    pub(super) correlator: Correlator,
    pub(super) histories: Histories,
}

/// Why what was remembered cannot be taken up.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(super) enum WindowError {
    /// Of triage.
    History(#[from] serde_json::Error),
    /// Of a correlation.
    Correlation(#[from] StateError),
}

impl Memory {
    /// A memory of nothing.
    pub(super) fn new(rules: &RuleSet) -> Self {
        Self { correlator: correlator(rules), histories: Histories::default() }
    }

    /// Restores what a store kept.
    pub(super) fn take_up(&mut self, window: &Window) -> Result<(), WindowError> {
        if window.key.starts_with(OLD_HISTORY) {
            return Ok(());
        }
        match window.key.strip_prefix(HISTORY) {
            Some(who) => self.histories.restore(who, serde_json::from_slice(&window.bytes)?),
            None => drop(self.correlator.engine().restore(&window.bytes)?),
        }
        Ok(())
    }
}

/// Records what was observed of principals, and returns who they are.
pub(super) fn observe<'f>(
    memory: &mut Memory,
    found: &[&'f Found],
) -> BTreeSet<ObservedPrincipal<'f>> {
    let observed = found.iter().filter_map(|found| found.observed.as_ref());
    let who = observed.map(|one| {
        memory.histories.observe(one);
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
    fn keys(&self) -> Vec<String> {
        triage::changed_keys(self.principal, self.issuer)
    }
}

/// What triage remembers under a key.
fn history(memory: &Memory, key: &str, now: Timestamp) -> Option<Window> {
    let bytes = serde_json::to_vec(memory.histories.get(key)?).ok()?;
    let expires = now.checked_add(TRIAGE_REMEMBERS).ok()?;
    Some(Window { key: format!("{HISTORY}{key}"), bytes, expires })
}

/// The keys under which triage remembers the principal of a group.
pub(super) fn triage_keys(tally: &Tally) -> impl Iterator<Item = String> {
    let who = &tally.first.principal;
    triage::keys(&who.key, who.issuer.as_deref()).into_iter().map(|key| format!("{HISTORY}{key}"))
}

/// What correlations remember and has changed.
pub(super) fn windows(correlator: &mut Correlator) -> Vec<Window> {
    let saved = correlator.engine().take_touched().into_iter();
    saved.map(|one| Window { key: one.key, bytes: one.bytes, expires: one.expires }).collect()
}

/// What has changed of the memory: of correlations, and of the principals that were observed.
pub(super) fn remembered(
    memory: &mut Memory,
    observed: &BTreeSet<ObservedPrincipal<'_>>,
    now: Timestamp,
) -> Vec<Window> {
    let mut changed = windows(&mut memory.correlator);
    changed.extend(
        observed
            .iter()
            .flat_map(ObservedPrincipal::keys)
            .filter_map(|key| history(memory, &key, now)),
    );
    changed
}

pub(super) fn correlator(rules: &RuleSet) -> Correlator {
    Correlator::new(Arc::clone(rules.correlations()), Settings { shared: true, ..rules.settings() })
}
