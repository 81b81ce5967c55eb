//! When a case must be looked at again, though nothing happens.

use jiff::Timestamp;

use super::budget::{MessageReserve, later};
use super::limits::TellingLimits;
use super::state::{CaseTelling, TellingChannel};

/// When the decision about a case must be made again; `None` if only an event can change it.
pub fn next_due_at(case: &CaseTelling, limits: &TellingLimits) -> Option<Timestamp> {
    if !case.status.is_open() {
        return None;
    }
    let closes = case.heard.map(|heard| later(heard, limits.quiet));
    let cured = case.heard.filter(|_| case.is_cured).map(|heard| later(heard, limits.cured_for));
    let cured = cured.map(|due| due.max(case.budget.free_at(MessageReserve::Some, limits)));
    let waits = case.is_waiting.then(|| case.budget.free_at(MessageReserve::None, limits));
    let counts = (case.untold() > 0).then(|| match case.channel {
        TellingChannel::Own => case.counts_due_at(limits),
        TellingChannel::Storm => case.heard.map(|heard| later(heard, limits.intervals.wait)),
        TellingChannel::Digest => None,
    });
    [closes, cured, waits, counts.flatten()].into_iter().flatten().min()
}
