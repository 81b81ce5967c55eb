//! What went through in a case, and what contains it.

use std::collections::{BTreeMap, BTreeSet};

use aware_core::case::CaseReading;
use jiff::Timestamp;

use super::log::ActorLog;
use super::notables::NotableSeen;
use super::undone::UndoTable;
use super::{CaseActor, CaseLink, ContainStep, NotableLine, UndoState};
use crate::notable::contain_actor;

/// How many steps contain a case at most.
const STEPS: usize = 64;

/// When keys were first used, by a principal of the case.
type FirstUses<'l> = BTreeMap<&'l str, i64>;

pub(super) fn notable_lines(logs: &[&ActorLog], undone: &UndoTable) -> Vec<NotableLine> {
    let uses = first_uses(logs);
    let mut lines = Vec::new();
    for (actor, log) in logs.iter().enumerate() {
        let made = made_keys(log);
        for seen in log.notables.iter() {
            let last = seen.last.map_or((seen.time, seen.event_id), |(time, id)| (*time, id));
            lines.push(NotableLine {
                time: seen.time,
                event_id: seen.event_id.to_owned(),
                action: seen.operation.to_owned(),
                mark: seen.mark,
                fact: seen.fact.clone(),
                count: seen.count,
                undo: undone.state_of(seen.fact.undo_key.as_deref(), last),
                actor,
                first_used: first_use(made.get(seen.event_id), &uses, seen.time),
            });
        }
        let unlisted = log.notables.unlisted();
        lines.extend(
            unlisted
                .filter_map(|(operation, last, more)| unlisted_line(operation, last, more, actor)),
        );
    }
    lines.sort_by(|a, b| (a.time, &a.event_id, a.count).cmp(&(b.time, &b.event_id, b.count)));
    lines
}

/// What was done to more things than are remembered.
fn unlisted_line(
    operation: &str,
    seen: &NotableSeen,
    more: u64,
    actor: usize,
) -> Option<NotableLine> {
    let ((time, event_id), mark, fact) = seen.earliest()?;
    let undo = if fact.undo_key.is_some() { UndoState::NotKnown } else { UndoState::Final };
    let fact = fact.counting(format!("{operation} on others that are not listed"));
    Some(NotableLine {
        time: *time,
        event_id: event_id.clone(),
        action: operation.to_owned(),
        mark,
        fact,
        count: more,
        undo,
        actor,
        first_used: None,
    })
}

/// The keys that a principal made, by the event.
fn made_keys(log: &ActorLog) -> BTreeMap<&str, Vec<&str>> {
    let mut made: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (link, ends) in log.links.iter() {
        let CaseLink::Key(key) = link else { continue };
        ends.iter().for_each(|(_, id)| made.entry(id).or_default().push(key));
    }
    made
}

fn first_uses<'l>(logs: &[&'l ActorLog]) -> FirstUses<'l> {
    let mut uses = FirstUses::new();
    for (key, span) in logs.iter().flat_map(|log| log.keys.iter()) {
        let first = uses.entry(key).or_insert(span.first);
        *first = span.first.min(*first);
    }
    uses
}

/// When one of the keys that an event made was first used.
fn first_use(
    made: Option<&Vec<&str>>,
    uses: &FirstUses<'_>,
    time: Timestamp,
) -> Option<(Timestamp, String)> {
    let uses = made?.iter().filter_map(|key| {
        let first = Timestamp::from_second(*uses.get(key)?).ok()?;
        Some((first, (*key).to_owned()))
    });
    uses.filter(|(first, _)| *first >= time).min()
}

/// Whether an actor is nothing but a key, and others in the case tell whose it is.
fn is_known_by_key(actor: &CaseActor, actors: &[CaseActor]) -> bool {
    let is_whole = |one: &&CaseActor| one.arn.is_some();
    let known: BTreeSet<&String> =
        actors.iter().filter(is_whole).flat_map(|one| &one.keys).collect();
    let is_bare = actor.arn.is_none() && !actor.keys.is_empty();
    is_bare && actor.keys.iter().all(|key| known.contains(key))
}

/// What contains the actors of a hostile case, and what takes back what still holds.
pub(super) fn contain_steps(
    reading: CaseReading,
    actors: &[CaseActor],
    notable: &[NotableLine],
    logs_until: Timestamp,
) -> Vec<ContainStep> {
    if !matches!(
        reading,
        CaseReading::Intrusion | CaseReading::Exploring | CaseReading::ReportedThreat
    ) {
        return Vec::new();
    }
    let apart = actors.iter().filter(|actor| !is_known_by_key(actor, actors));
    let mut steps: Vec<ContainStep> =
        apart.flat_map(|actor| contain_actor(actor, &actor.keys, logs_until)).collect();
    for line in notable {
        let holds = !matches!(line.undo, UndoState::Undone { .. });
        let back = line.fact.take_back.as_ref().filter(|_| holds && line.fact.weight > 0);
        steps.extend(back.map(|back| ContainStep {
            title: back.title.clone(),
            commands: vec![back.command.clone()],
            breaks: back.breaks.clone(),
            undo: back.undo.iter().cloned().collect(),
        }));
    }
    let mut known = BTreeSet::new();
    steps.retain(|step| known.insert((step.title.clone(), step.commands.clone())));
    let more = steps.len().saturating_sub(STEPS);
    steps.truncate(STEPS);
    steps.extend((more > 0).then(|| ContainStep {
        title: match more {
            1 => "1 more step like these: the case's facts name what is still in force".to_owned(),
            _ => format!(
                "{more} more steps like these: the case's facts name what is still in force"
            ),
        },
        commands: Vec::new(),
        breaks: String::new(),
        undo: Vec::new(),
    }));
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn actor(name: &str, arn: Option<&str>) -> CaseActor {
        CaseActor {
            key: name.to_owned(),
            name: name.to_owned(),
            arn: arn.map(str::to_owned),
            kind: if arn.is_some() { "IAMUser" } else { "Unknown" }.to_owned(),
            account: None,
            is_person: false,
            keys: vec!["AKIAIOSFODNN7EXAMPLE".to_owned()],
            sessions: Vec::new(),
        }
    }

    #[test]
    fn a_key_whose_user_is_in_the_case_is_not_looked_up() {
        let (key, alice) = (actor("key", None), Some("arn:aws:iam::111122223333:user/alice"));
        let steps = |actors: &[CaseActor]| {
            let until = Timestamp::UNIX_EPOCH;
            let steps = contain_steps(CaseReading::ReportedThreat, actors, &[], until);
            steps.into_iter().flat_map(|step| step.commands).collect::<Vec<String>>()
        };
        let is_lookup = |command: &String| command.contains("get-access-key-last-used");
        assert!(steps(std::slice::from_ref(&key)).first().is_some_and(is_lookup));
        assert!(!steps(&[key, actor("user/alice", alice)]).iter().any(is_lookup));
    }
}
