//! When a case must be looked at again, though nothing happens.

use jiff::Timestamp;

use super::budget::later;
use super::limits::TellingLimits;
use super::state::{CaseTelling, TellingChannel};

/// When the decision about a case must be made again; `None` if only an event can change it.
pub fn next_due_at(case: &CaseTelling, limits: &TellingLimits) -> Option<Timestamp> {
    if !case.status.is_open() {
        return None;
    }
    let closes = case.heard.map(|heard| later(heard, limits.quiet));
    let waits = case.waiting.map(|reserve| case.budget.free_at(reserve, limits));
    let counts = (case.untold() > 0).then(|| match case.channel {
        TellingChannel::Own => case.budget.counts_due_at(limits),
        TellingChannel::Storm => case.heard.map(|heard| later(heard, limits.intervals.wait)),
        TellingChannel::Digest => None,
    });
    [closes, waits, counts.flatten()].into_iter().flatten().min()
}
