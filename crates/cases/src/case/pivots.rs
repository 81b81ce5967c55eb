//! Who acts with what an intruder handed out or took.

use std::collections::{BTreeMap, BTreeSet};

use super::CaseLink;
use super::identity::named_by;
use super::joining::{ActorEdge, ActorSets};
use super::log::ActorLog;

/// From this weight on, what went through makes a sibling of an intruder part of the case.
const JOINED_WEIGHT: u8 = 2;

/// Who is hostile, or did all that counts with credentials that such a principal handed out. One
/// whose role others use too hands nothing on.
pub(super) fn find_pivots(
    logs: &[(&str, &ActorLog)],
    edges: &[ActorEdge],
    is_hostile: &dyn Fn(usize) -> bool,
) -> Vec<bool> {
    let mut pivots: Vec<bool> = (0..logs.len()).map(is_hostile).collect();
    loop {
        let mut handed: BTreeMap<usize, BTreeSet<&str>> = BTreeMap::new();
        let mut added = BTreeSet::new();
        for edge in edges.iter().filter(|edge| pivots.get(edge.from) == Some(&true)) {
            match &edge.link {
                CaseLink::Key(key) => {
                    handed.entry(edge.to).or_default().insert(key);
                }
                CaseLink::User(_) => {
                    added.insert(edge.to);
                }
                CaseLink::Session(_) => {}
            }
        }
        added.extend(handed.into_iter().filter_map(|(to, keys)| {
            let (_, log) = logs.get(to)?;
            log.marked_keys.iter().all(|key| keys.contains(key.as_str())).then_some(to)
        }));
        let before = pivots.iter().filter(|one| **one).count();
        for at in added {
            if let Some(pivot) = pivots.get_mut(at) {
                *pivot = true;
            }
        }
        if pivots.iter().filter(|one| **one).count() == before {
            return pivots;
        }
    }
}

/// Joins sessions of one role that act from an intruder's address, under names that whoever
/// assumed the role chose.
pub(super) fn join_siblings(
    sets: &mut ActorSets,
    logs: &[(&str, &ActorLog)],
    is_hostile: &dyn Fn(usize) -> bool,
) {
    let mut siblings: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
    for (at, (key, log)) in logs.iter().enumerate() {
        let role = named_by(key, log);
        if role != *key && is_sibling(log) {
            for source in log.sources.keys() {
                siblings.entry((role, source)).or_default().push(at);
            }
        }
    }
    for all in siblings.into_values().filter(|all| all.iter().any(|at| is_hostile(*at))) {
        for pair in all.windows(2) {
            if let [one, other] = pair {
                sets.join(*one, *other);
            }
        }
    }
}

/// Whether a session is part of an intruder's case that acts from the same address.
pub(super) fn is_sibling(log: &ActorLog) -> bool {
    log.findings > 0 || log.notables.operations().any(|(_, fact, _)| fact.weight >= JOINED_WEIGHT)
}
