//! The turn: denied, then the own permissions changed, then the same call went through.

use jiff::Timestamp;

use super::actions::ActionSeen;
use super::log::ActorLog;
use super::{CaseTurn, NotableFact, ends::EventPoint};

/// A turn, before it is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FoundTurn {
    /// The operations.
    pub(super) operations: Vec<String>,
    pub(super) denied: Timestamp,
    pub(super) changed: Timestamp,
    /// How: `gave themselves Allow * on *`.
    pub(super) change: String,
    pub(super) allowed: Timestamp,
    pub(super) event_id: String,
}

impl FoundTurn {
    /// The turn in a sentence.
    pub(super) fn sentence(&self) -> String {
        let what = match self.operations.as_slice() {
            [one] => format!("{one} was denied"),
            [first, _] => format!("{first} and 1 more call were denied"),
            [first, rest @ ..] => format!("{first} and {} more calls were denied", rest.len()),
            [] => "calls were denied".to_owned(),
        };
        let same = if self.operations.len() == 1 { "the same call" } else { "the same calls" };
        format!("{what}, the caller {}, and then {same} went through", self.change)
    }

    /// The turn as a case tells it.
    pub(super) fn to_case_turn(&self) -> CaseTurn {
        CaseTurn {
            actions: self.operations.clone(),
            denied: self.denied,
            changed: self.changed,
            allowed: self.allowed,
            event_id: self.event_id.clone(),
        }
    }
}

/// The turns of principals that act as one: at most one for each change of the own permissions.
pub(super) fn find_turns(logs: &[&ActorLog]) -> Vec<FoundTurn> {
    let own = logs.iter().flat_map(|log| log.notables.iter());
    let mut changes: Vec<(Timestamp, &str)> = own
        .filter(|notable| may_change_own(notable.operation, notable.fact))
        .map(|notable| (notable.time, notable.fact.achieved.as_str()))
        .collect();
    changes.sort_unstable();
    let mut turns: Vec<FoundTurn> = Vec::new();
    for (changed, change) in changes {
        let known: Vec<String> = turns.iter().flat_map(|turn| turn.operations.clone()).collect();
        if let Some(turn) = turn_after(logs, changed, change, &known) {
            turns.push(turn);
        }
    }
    turns
}

/// Changes of policies of which a record does not say whom they concern: what went through
/// afterwards shows it.
const SHARED_POLICIES: [&str; 4] = [
    "iam:AttachGroupPolicy",
    "iam:CreatePolicyVersion",
    "iam:PutGroupPolicy",
    "iam:SetDefaultPolicyVersion",
];

fn may_change_own(operation: &str, fact: &NotableFact) -> bool {
    fact.is_own_permission() || fact.weight > 0 && SHARED_POLICIES.contains(&operation)
}

/// What was denied before a change, and went through after it.
fn turn_after(
    logs: &[&ActorLog],
    changed: Timestamp,
    change: &str,
    known: &[String],
) -> Option<FoundTurn> {
    let mut found: Option<FoundTurn> = None;
    let denied = logs.iter().flat_map(|log| log.denied.iter());
    for (operation, seen) in denied.filter(|(_, seen)| seen.first_time() < changed) {
        if known.iter().any(|one| one == operation) || worked_before(logs, operation, seen) {
            continue;
        }
        let Some((allowed, event_id)) = first_success_after(logs, operation, seen, changed) else {
            continue;
        };
        let turn = found.get_or_insert_with(|| FoundTurn {
            operations: Vec::new(),
            denied: seen.first_time(),
            changed,
            change: change.to_owned(),
            allowed: *allowed,
            event_id: event_id.clone(),
        });
        if !turn.operations.iter().any(|one| one == operation) {
            turn.operations.push(operation.to_owned());
        }
        turn.denied = turn.denied.min(seen.first_time());
        if (*allowed, event_id) < (turn.allowed, &turn.event_id) {
            (turn.allowed, turn.event_id) = (*allowed, event_id.clone());
        }
    }
    found.map(|mut turn| {
        turn.operations.sort_unstable();
        turn
    })
}

/// Whether the same call had gone through before it was denied: then the change need not be why.
fn worked_before(logs: &[&ActorLog], operation: &str, denied: &ActionSeen) -> bool {
    successes(logs, operation)
        .any(|went| went.may_share_resource(denied) && went.first_time() < denied.first_time())
}

fn first_success_after<'l>(
    logs: &[&'l ActorLog],
    operation: &str,
    denied: &ActionSeen,
    changed: Timestamp,
) -> Option<&'l EventPoint> {
    let same = successes(logs, operation).filter(|went| went.may_share_resource(denied));
    same.filter_map(|went| went.ends.after(changed)).min()
}

fn successes<'l>(logs: &[&'l ActorLog], operation: &str) -> impl Iterator<Item = &'l ActionSeen> {
    logs.iter().flat_map(|log| [&log.changed, &log.read]).filter_map(|memory| memory.get(operation))
}
