//! State that leaves the process and comes back.

use aware_core::fingerprint::Fingerprint;
use jiff::Timestamp;

use super::firing::clamped_timestamp;
use crate::correlate::group::CorrelationGroup;
use crate::correlate::hit::Firing;
use crate::correlate::plan::{CorrelationSpec, Micros};
use crate::correlate::point::ValueTuple;
use crate::correlate::state::GroupState;

/// The state of one group, to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedGroup {
    /// The key to store it under, derived from the correlation's definition and the group.
    pub key: String,
    /// The bytes to store; [`CorrelationEngine::restore_state`] takes them back.
    ///
    /// [`CorrelationEngine::restore_state`]: crate::correlate::CorrelationEngine::restore_state
    pub bytes: Vec<u8>,
    /// The time that the watermark must pass for [`CorrelationEngine::advance_watermark`] to decide
    /// something about the group; `None` for conditions that are reported at once.
    ///
    /// [`CorrelationEngine::advance_watermark`]: crate::correlate::CorrelationEngine::advance_watermark
    pub due: Option<Timestamp>,
    /// Once the watermark passes this, the state can be deleted.
    pub expires: Timestamp,
}

/// What happened to restored state.
#[derive(Clone, Debug, PartialEq)]
pub enum RestoreOutcome {
    /// The engine has it. Where it met newer state of the same group, the two are merged, and this
    /// fires.
    Merged(Vec<Firing>),
    /// No correlation has this definition any more.
    Obsolete,
}

/// What happened to the state when the rules changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReloadOutcome {
    /// Correlations that continued.
    pub kept: usize,
    /// Correlations that started anew.
    pub new: usize,
    /// Correlations that were removed or changed, and whose state is gone.
    pub gone: usize,
}

/// The key of a group's state.
pub(super) fn state_key(spec: &CorrelationSpec, key: &ValueTuple) -> String {
    let mut parts = vec!["state-1", spec.definition.as_str()];
    parts.extend(key.iter().map(|value| &**value));
    Fingerprint::from_parts(&parts).as_str().replacen("fp1:", "correlation:", 1)
}

pub(super) fn save_group(
    spec: &CorrelationSpec,
    key: &ValueTuple,
    group: &CorrelationGroup,
    delay: Micros,
) -> SavedGroup {
    let wait = delay.saturating_add(spec.lag);
    let latest = group
        .fired
        .last_key_value()
        .map_or(Micros::MIN, |(period, _)| period.saturating_add(1).saturating_mul(spec.timespan));
    let expires = group.last_event_time().max(latest).saturating_add(wait);
    SavedGroup {
        key: state_key(spec, key),
        bytes: GroupState::from_group(spec, key, group).to_bytes(),
        due: group.next_settle_time(spec).map(|due| clamped_timestamp(due.saturating_add(wait))),
        expires: clamped_timestamp(expires.saturating_add(spec.timespan.saturating_mul(2))),
    }
}
