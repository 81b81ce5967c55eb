//! Runs: what happened between two key lines, by mark and actor.

use aware_core::case::EventMark;
use jiff::Timestamp;

use super::line::TimelineLine;
use super::run_text::{RunCall, run_text};
use crate::case::{ActionLine, Case};
use crate::view::shown_names::actor_name;
use crate::view::times::{ClockStyle, seconds_between};
use crate::view::words::count_noun;

/// A pause of this many seconds ends a run; reads come in bursts, which say what they were for.
const PAUSE: i64 = 300;
const READ_PAUSE: i64 = 60;
/// Up to this many actors have runs of their own.
const MAX_ACTORS: usize = 3;

/// Calls of one mark, and of one actor where there are few.
struct Run<'c> {
    segment: usize,
    mark: EventMark,
    actor: Option<usize>,
    calls: Vec<RunCall<'c>>,
}

impl Run<'_> {
    fn last_start(&self) -> Option<Timestamp> {
        self.calls.last().map(|call| call.line.first)
    }
}

/// The lines of the runs; a key line at one of `breaks` ends each.
pub(super) fn run_lines(case: &Case, breaks: &[Timestamp], clock: ClockStyle) -> Vec<TimelineLine> {
    let mut calls: Vec<RunCall<'_>> =
        case.actions.iter().filter_map(|line| untold_call(case, line)).collect();
    calls.sort_by_key(|call| (call.line.first, &call.line.event_id, &call.line.action));
    let mut runs: Vec<Run<'_>> = Vec::new();
    for call in calls {
        add_call(&mut runs, call, breaks, case.actors.len() <= MAX_ACTORS);
    }
    let first_denied = runs.iter().position(|run| run.mark == EventMark::Denied);
    let line = |(index, run)| run_line(case, run, first_denied == Some(index), clock);
    runs.iter().enumerate().filter_map(line).collect()
}

/// What of an action no key line tells.
fn untold_call<'c>(case: &Case, line: &'c ActionLine) -> Option<RunCall<'c>> {
    let is_same = |action: &str, mark, actor| {
        action == line.action && mark == line.mark && actor == line.actor
    };
    let notable = case.notable.iter().filter(|one| is_same(&one.action, one.mark, one.actor));
    let told: u64 = notable.map(|one| one.count.max(1)).sum();
    let turns = case.turns.iter().filter(|turn| turn.event_id == line.event_id).count() as u64;
    let count = line.count.saturating_sub(told + turns);
    (count > 0).then_some(RunCall { line, count })
}

fn add_call<'c>(runs: &mut Vec<Run<'c>>, call: RunCall<'c>, breaks: &[Timestamp], by_actor: bool) {
    let (mark, actor) = (call.line.mark, by_actor.then_some(call.line.actor));
    let segment = breaks.iter().filter(|time| **time <= call.line.first).count();
    let is_next = |run: &&mut Run<'_>| {
        let last = run.last_start().unwrap_or(call.line.first);
        let pause = if mark == EventMark::Read { READ_PAUSE } else { PAUSE };
        let is_near = seconds_between(last, call.line.first) <= pause;
        is_near && (run.segment, run.mark, run.actor) == (segment, mark, actor)
    };
    match runs.iter_mut().rev().find(is_next) {
        Some(run) => run.calls.push(call),
        None => runs.push(Run { segment, mark, actor, calls: vec![call] }),
    }
}

fn run_line(
    case: &Case,
    run: &Run<'_>,
    is_first_denied: bool,
    clock: ClockStyle,
) -> Option<TimelineLine> {
    let first = run.calls.first()?.line;
    let rank = match run.mark {
        EventMark::Denied if is_first_denied => 450,
        EventMark::Denied => 300,
        EventMark::Changed => 200,
        EventMark::Read => 100,
        EventMark::Failed | EventMark::Reported => 50,
    };
    let size = u32::try_from(run.calls.len().min(90)).unwrap_or_default();
    Some(TimelineLine {
        time: first.first,
        clock: clock.label(first.first),
        mark: run.mark,
        text: format!("{}{}", run_text(&run.calls, run.mark, clock), by_whom(case, run)),
        event_id: first.event_id.clone(),
        is_key: false,
        rank: rank + size,
    })
}

/// Whose calls they are, if not the first actor's.
fn by_whom(case: &Case, run: &Run<'_>) -> String {
    let mut actors: Vec<usize> = run.calls.iter().map(|call| call.line.actor).collect();
    actors.sort_unstable();
    actors.dedup();
    match actors.as_slice() {
        [] | [0] => String::new(),
        [one] => format!(" (by {})", actor_name(case, *one)),
        many => format!(" (by {})", count_noun(many.len() as u64, "principal", "principals")),
    }
}
