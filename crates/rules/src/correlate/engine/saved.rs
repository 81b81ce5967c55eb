//! State that leaves the process and comes back.

use aware_core::fingerprint::Fingerprint;
use jiff::Timestamp;

use super::firing::timestamp;
use crate::correlate::group::Group;
use crate::correlate::hit::Firing;
use crate::correlate::plan::{Micros, Spec};
use crate::correlate::point::Tuple;
use crate::correlate::state::State;

/// The state of one group, to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    /// The key to store it under, derived from the correlation's definition and the group.
    pub key: String,
    /// The bytes to store; [`Engine::restore`] takes them back.
    ///
    /// [`Engine::restore`]: crate::correlate::Engine::restore
    pub bytes: Vec<u8>,
    /// The time that the watermark must pass for [`Engine::advance`] to decide something about the
    /// group; `None` for conditions that are reported at once.
    ///
    /// [`Engine::advance`]: crate::correlate::Engine::advance
    pub due: Option<Timestamp>,
    /// Once the watermark passes this, the state can be deleted.
    pub expires: Timestamp,
}

/// What happened to restored state.
#[derive(Clone, Debug, PartialEq)]
pub enum Restored {
    /// The engine has it. Where it met newer state of the same group, the two are merged, and this
    /// fires.
    Merged(Vec<Firing>),
    /// No correlation has this definition any more.
    Obsolete,
}

/// What happened to the state when the rules changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reloaded {
    /// Correlations that continued.
    pub kept: usize,
    /// Correlations that started anew.
    pub new: usize,
    /// Correlations that were removed or changed, and whose state is gone.
    pub gone: usize,
}

/// The key of a group's state.
pub(super) fn name(spec: &Spec, key: &Tuple) -> String {
    let mut parts = vec!["state-1", spec.definition.as_str()];
    parts.extend(key.iter().map(|value| &**value));
    Fingerprint::from_parts(&parts).as_str().replacen("fp1:", "correlation:", 1)
}

pub(super) fn save(spec: &Spec, key: &Tuple, group: &Group, delay: Micros) -> Saved {
    let wait = delay.saturating_add(spec.lag);
    let latest = group
        .fired
        .last_key_value()
        .map_or(Micros::MIN, |(period, _)| period.saturating_add(1).saturating_mul(spec.timespan));
    let expires = group.last().max(latest).saturating_add(wait);
    Saved {
        key: name(spec, key),
        bytes: State::new(spec, key, group).save(),
        due: group.due(spec).map(|due| timestamp(due.saturating_add(wait))),
        expires: timestamp(expires.saturating_add(spec.timespan.saturating_mul(2))),
    }
}
