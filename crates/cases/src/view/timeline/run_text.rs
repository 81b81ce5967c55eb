//! The sentences of runs, one template for each mark.

use std::collections::BTreeSet;

use aware_core::case::EventMark;

use crate::case::{ActionLine, RESOURCES};
use crate::view::shown_names::{service_titles, shown_name};
use crate::view::times::{ClockStyle, seconds_between};
use crate::view::words::{and_list, count_noun, length_of_time, short_list, with_commas};

/// The most actions that a run names.
const MAX_ACTIONS: usize = 4;
/// The most resources that a run names.
const MAX_RESOURCES: usize = 2;
/// The most services that a run names.
const MAX_SERVICES: usize = 3;
/// From this many actions on, a run of denials counts them.
const MANY_ACTIONS: usize = 9;
/// Runs that last longer say when they end, not how long they took.
const LONG_RUN: i64 = 600;

/// An action of a run, with the number of calls that no key line tells.
#[derive(Clone, Copy, Debug)]
pub(super) struct RunCall<'c> {
    pub(super) line: &'c ActionLine,
    pub(super) count: u64,
}

/// A run in words, after its sign.
pub(super) fn run_text(calls: &[RunCall<'_>], mark: EventMark, clock: ClockStyle) -> String {
    let actions = distinct_actions(calls);
    let total: u64 = calls.iter().map(|call| call.count).sum();
    let length = run_length(calls, clock);
    match (mark, actions.as_slice()) {
        (EventMark::Denied, [one]) => {
            format!("{}{} denied{}{length}", shown_name(one), on_what(calls), times(total))
        }
        (EventMark::Denied, many) if many.len() >= MANY_ACTIONS => {
            let services = services_text(&actions);
            let first = shown_name(many.first().copied().unwrap_or_default());
            format!(
                "{} actions in {services} denied{length}, {first} first",
                with_commas(many.len() as u64)
            )
        }
        (EventMark::Denied, many) => {
            format!("{} denied{}{length}", names(many), calls_text(total, many.len()))
        }
        (EventMark::Read, [one]) => {
            format!("{}{}{}{length}", shown_name(one), on_what(calls), times(total))
        }
        (EventMark::Read, many) => {
            format!("{} of {}{length}", count_noun(total, "read", "reads"), services_text(many))
        }
        (EventMark::Changed, [one]) => {
            format!("{}{}{}{length}", shown_name(one), on_what(calls), times(total))
        }
        (EventMark::Changed, many) => {
            format!("{}{}{length}", names(many), calls_text(total, many.len()))
        }
        (EventMark::Reported, many) => format!("{} reported", names(many)),
        (EventMark::Failed, many) => format!(
            "{} failed{}",
            names(many),
            if many.len() == 1 { times(total) } else { String::new() }
        ),
    }
}

fn distinct_actions<'c>(calls: &[RunCall<'c>]) -> Vec<&'c str> {
    let mut seen = BTreeSet::new();
    let actions = calls.iter().map(|call| call.line.action.as_str());
    actions.filter(|action| seen.insert(*action)).collect()
}

fn names(actions: &[&str]) -> String {
    let names: Vec<String> = actions.iter().map(|action| shown_name(action)).collect();
    short_list(&names, MAX_ACTIONS)
}

/// How many calls there were, if more than actions.
fn calls_text(total: u64, actions: usize) -> String {
    let has_more = total > actions as u64;
    if has_more { format!(" ({})", count_noun(total, "call", "calls")) } else { String::new() }
}

fn times(total: u64) -> String {
    match total {
        0 | 1 => String::new(),
        2 => " twice".to_owned(),
        _ => format!(" {}", count_noun(total, "time", "times")),
    }
}

/// The first resources of a run of one action: ` on a and b`, ` on a, b and 3 more`. Long names that
/// begin alike are shown once. Of an action with as many as are remembered there may be more.
fn on_what(calls: &[RunCall<'_>]) -> String {
    let resources = || calls.iter().flat_map(|call| &call.line.resources);
    let names: BTreeSet<&String> = resources().filter(|name| *name != "*").collect();
    let mut shown: Vec<String> = Vec::new();
    for name in resources().filter(|name| *name != "*").map(|name| shown_name(name)) {
        if shown.len() < MAX_RESOURCES && !shown.contains(&name) {
            shown.push(name);
        }
    }
    let has_more = calls.iter().any(|call| call.line.resources.len() >= RESOURCES);
    match (shown.is_empty(), names.len() - shown.len()) {
        (true, _) => String::new(),
        (false, 0) => format!(" on {}", and_list(&shown)),
        (false, _) if has_more => format!(" on {} and others", shown.join(", ")),
        (false, more) => format!(" on {} and {more} more", shown.join(", ")),
    }
}

fn services_text(actions: &[&str]) -> String {
    let services = service_titles(actions.iter().copied());
    if services.len() <= MAX_SERVICES {
        and_list(&services)
    } else {
        format!("{} services", services.len())
    }
}

/// ` within 11 s`, or ` until 14:01:48`; nothing for a single moment.
fn run_length(calls: &[RunCall<'_>], clock: ClockStyle) -> String {
    let first = calls.iter().map(|call| call.line.first).min();
    let last = calls.iter().map(|call| call.line.last).max();
    let (Some(first), Some(last)) = (first, last) else { return String::new() };
    match seconds_between(first, last) {
        ..=0 => String::new(),
        seconds @ 1..=LONG_RUN => format!(" within {}", length_of_time(seconds)),
        _ => format!(" until {}", clock.label(last).trim_start()),
    }
}
