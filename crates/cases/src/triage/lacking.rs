//! What speaks for a permission that is lacking.

use std::collections::BTreeSet;

use super::history::PrincipalHistory;
use super::reading::ReadingReason;
use super::reasons::{new_reason, no_reason};
use super::{signs, steady};

/// What speaks for a missing permission, given the `points` that speak for exploring.
pub(super) fn lacking_reasons(history: &PrincipalHistory, points: i32) -> Vec<ReadingReason> {
    let mut reasons = vec![few_actions_reason(history)];
    let deeds = || history.denied_actions();
    let count = deeds().count();
    if count <= 5 && deeds().all(|deed| deed.is_implicit && !deed.is_otherwise) {
        reasons.push(new_reason(-1, "no policy of its own allows it"));
    }
    if deeds().all(|deed| !deed.is_looking && deed.is_named && !deed.is_sensitive) {
        reasons.push(new_reason(-1, "changes only resources that it names"));
        if count >= 3 && deploys(history, points) {
            reasons.push(new_reason(-3, "only what deployments do"));
        }
    }
    // Anybody can repeat themselves: repetition counts only if nothing else speaks for exploring.
    if points == 0 && count <= 2 {
        reasons.push(repeat_reason(history));
    }
    reasons
}

/// The most points for exploring that the breadth of a deployment alone makes.
const BREADTH: i32 = 2;

/// Whether a workload does what deployments do: it builds named things, destroys nothing, and comes
/// from where it always came from. More calls may make this milder only where nothing but their
/// number speaks for exploring.
fn deploys(history: &PrincipalHistory, points: i32) -> bool {
    let destroys = history.denied_by_action().any(|(action, _)| signs::is_destroying(action));
    !history.is_person && !destroys && points <= BREADTH && history.networks.len() == 1
}

/// Few actions on few resources.
fn few_actions_reason(history: &PrincipalHistory) -> ReadingReason {
    let is_sensitive = history.denied_actions().any(|deed| deed.is_sensitive);
    let is_named = history.denied_actions().all(|deed| deed.is_named);
    let actions = history.denied_actions().count();
    let targets: BTreeSet<u64> =
        history.denied_actions().flat_map(|deed| deed.targets.iter()).copied().collect();
    match (actions, targets.len()) {
        (1, 0..=1) if is_named => new_reason(-2, "one action on one resource"),
        (1, 0..=1) => new_reason(-1, "one action"),
        (1, n) if n <= 4 && !is_sensitive => new_reason(-1, format!("one action on {n} resources")),
        (n @ 2..=3, r) if r <= 3 && is_named => {
            new_reason(-1, format!("{n} actions on the same few resources"))
        }
        _ => no_reason(),
    }
}

/// Repetition of the same call.
fn repeat_reason(history: &PrincipalHistory) -> ReadingReason {
    let runs: Vec<Vec<i64>> = history
        .denied_actions()
        .map(|deed| steady::run_starts(&deed.slots.iter().map(|(_, span)| span.first).collect()))
        .collect();
    if runs.iter().any(|runs| steady::is_steady(runs)) {
        return new_reason(-3, "at steady intervals");
    }
    if runs.iter().all(|runs| runs.len() >= 3) {
        new_reason(-2, "again and again")
    } else {
        no_reason()
    }
}
