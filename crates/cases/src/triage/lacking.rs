//! What speaks for a permission that is lacking.

use std::collections::BTreeSet;

use super::history::History;
use super::reading::Reason;
use super::reasons::{none, reason};
use super::steady;

/// What speaks for a missing permission, given the `points` that speak for exploring.
pub(super) fn lacking(history: &History, points: i32) -> Vec<Reason> {
    let mut reasons = vec![few(history)];
    let deeds = || history.deeds();
    let count = deeds().count();
    if count <= 5 && deeds().all(|deed| deed.is_implicit && !deed.is_otherwise) {
        reasons.push(reason(-1, "no policy of its own allows it"));
    }
    if deeds().all(|deed| !deed.is_looking && deed.is_named && !deed.is_sensitive) {
        reasons.push(reason(-1, "writes to what it names"));
    }
    // Anybody can repeat themselves: repetition counts only if nothing else speaks for exploring.
    if points == 0 && count <= 2 {
        reasons.push(repeats(history));
    }
    reasons
}

/// Few actions on few resources.
fn few(history: &History) -> Reason {
    let is_sensitive = history.deeds().any(|deed| deed.is_sensitive);
    let is_named = history.deeds().all(|deed| deed.is_named);
    let actions = history.deeds().count();
    let targets: BTreeSet<u64> =
        history.deeds().flat_map(|deed| deed.targets.iter()).copied().collect();
    match (actions, targets.len()) {
        (1, 0..=1) if is_named => reason(-2, "one action on one resource"),
        (1, 0..=1) => reason(-1, "one action"),
        (1, n) if n <= 4 && !is_sensitive => reason(-1, format!("one action on {n} resources")),
        (n @ 2..=3, r) if r <= 3 && is_named => {
            reason(-1, format!("{n} actions on the same few resources"))
        }
        _ => none(),
    }
}

/// Repetition of the same call.
fn repeats(history: &History) -> Reason {
    let runs: Vec<Vec<i64>> = history
        .deeds()
        .map(|deed| steady::runs(&deed.slots.iter().map(|(_, span)| span.first).collect()))
        .collect();
    if runs.iter().any(|runs| steady::is_steady(runs)) {
        return reason(-3, "at steady intervals");
    }
    if runs.iter().all(|runs| runs.len() >= 3) { reason(-2, "again and again") } else { none() }
}
