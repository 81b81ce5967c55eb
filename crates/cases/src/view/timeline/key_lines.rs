//! The lines that the case is about: notable successes, turns, and what other services report.

use aware_core::case::EventMark;

use super::line::TimelineLine;
use crate::case::{Case, CaseTurn, NotableLine, ReportedLine, UndoState};
use crate::view::shown_names::{actor_name, shown_name, shown_text};
use crate::view::times::{ClockStyle, seconds_between};
use crate::view::words::{count_noun, length_of_time, short_list};

/// The most characters of what a notable event did.
const MAX_FACT: usize = 200;
/// The most characters of another service's name for a kind of finding.
const MAX_KIND: usize = 80;
/// The most actions of a turn that are named.
const MAX_ACTIONS: usize = 4;

/// Ranks: a turn before everything, then own grants, then by weight.
const TURN_RANK: u32 = 1_000;
const OWN_GRANT_RANK: u32 = 900;
const NOTABLE_RANK: u32 = 500;

/// `○ s3:ListBuckets, denied at 13:03:25, now works`.
pub(super) fn turn_lines(case: &Case, clock: ClockStyle) -> Vec<TimelineLine> {
    let line = |turn: &CaseTurn| {
        let actions: Vec<String> = turn.actions.iter().map(|action| shown_name(action)).collect();
        let denied = clock.label(turn.denied);
        let (at, work) = match actions.len() {
            1 => ("denied at", "works"),
            _ => ("first denied at", "work"),
        };
        TimelineLine {
            time: turn.allowed,
            clock: clock.label(turn.allowed),
            mark: mark_of(case, turn),
            text: format!(
                "{}, {at} {}, now {work}",
                short_list(&actions, MAX_ACTIONS),
                denied.trim_start()
            ),
            event_id: turn.event_id.clone(),
            is_key: true,
            rank: TURN_RANK,
        }
    };
    case.turns.iter().map(line).collect()
}

/// How the call that went through is marked.
fn mark_of(case: &Case, turn: &CaseTurn) -> EventMark {
    let worked = |mark: EventMark| matches!(mark, EventMark::Changed | EventMark::Read);
    let lines = || case.actions.iter().filter(|line| worked(line.mark));
    let exact = lines().find(|line| line.event_id == turn.event_id);
    let same = || lines().find(|line| turn.actions.contains(&line.action));
    exact.or_else(same).map_or(EventMark::Read, |line| line.mark)
}

/// `◆ iam:CreateAccessKey for themselves: AKIA…, first used 58 s later`.
pub(super) fn notable_lines(case: &Case, clock: ClockStyle) -> Vec<TimelineLine> {
    case.notable.iter().map(|line| notable_line(case, line, clock)).collect()
}

fn notable_line(case: &Case, line: &NotableLine, clock: ClockStyle) -> TimelineLine {
    let times = match line.count {
        0 | 1 => String::new(),
        count if line.fact.undo_key.is_some() => {
            format!(" ({})", count_noun(count, "time", "times"))
        }
        // Only what can be taken back is told apart by what it was done to.
        count => format!(", and {}", count_noun(count - 1, "more such call", "more such calls")),
    };
    let by = if line.actor == 0 {
        String::new()
    } else {
        format!(" (by {})", actor_name(case, line.actor))
    };
    let used = line.first_used.as_ref().map(|(time, _)| {
        let later = length_of_time(seconds_between(line.time, *time));
        format!(", first used {later} later")
    });
    let undone = match &line.undo {
        UndoState::Undone { by, time, .. } => {
            format!("; undone by {} at {}", shown_name(by), clock.label(*time).trim_start())
        }
        UndoState::InForce | UndoState::Final | UndoState::NotKnown => String::new(),
    };
    let text = shown_text(&line.fact.text, MAX_FACT);
    TimelineLine {
        time: line.time,
        clock: clock.label(line.time),
        mark: line.mark,
        text: format!("{text}{times}{by}{}{undone}", used.unwrap_or_default()),
        event_id: line.event_id.clone(),
        is_key: true,
        rank: rank_of(line),
    }
}

/// `▲ GuardDuty, high: … (Recon:IAMUser/MaliciousIPCaller), until 14:02`.
pub(super) fn reported_lines(case: &Case, clock: ClockStyle) -> Vec<TimelineLine> {
    let line = |line: &ReportedLine| {
        let kind = match line.kind.is_empty() || line.title.is_empty() {
            true => String::new(),
            false => format!(" ({})", shown_text(&line.kind, MAX_KIND)),
        };
        let title = if line.title.is_empty() { &line.kind } else { &line.title };
        let title = shown_text(title, MAX_FACT);
        let title = title.trim_end_matches('.');
        let until = match line.last > line.first {
            true => format!(", until {}", clock.label(line.last).trim_start()),
            false => String::new(),
        };
        let times = match line.count {
            0 | 1 => String::new(),
            count => format!(", {}", count_noun(count, "time", "times")),
        };
        let by = match line.actor {
            0 => String::new(),
            actor => format!(" (about {})", actor_name(case, actor)),
        };
        TimelineLine {
            time: line.first,
            clock: clock.label(line.first),
            mark: EventMark::Reported,
            text: format!(
                "{}, {}: {title}{kind}{times}{until}{by}",
                shown_text(&line.product, MAX_KIND),
                line.level
            ),
            event_id: line.event_id.clone(),
            is_key: true,
            rank: NOTABLE_RANK + 10 * u32::from(line.level.ocsf_id()),
        }
    };
    case.reported.iter().map(line).collect()
}

fn rank_of(line: &NotableLine) -> u32 {
    let base = if line.fact.is_own_grant { OWN_GRANT_RANK } else { NOTABLE_RANK };
    let holds = u32::from(!matches!(line.undo, UndoState::Undone { .. }));
    base + 10 * u32::from(line.fact.weight) + holds
}
