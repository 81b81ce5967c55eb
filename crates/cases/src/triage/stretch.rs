//! What speaks for exploring within a stretch of time: an hour, or all that is remembered.

use super::counts::{data_reads, more, services, within};
use super::history::{Deed, History};
use super::reading::Reason;
use super::reasons::{none, reason};
use super::signs;
use super::window::Window;

const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;
/// Calls that follow each other this closely, in seconds, belong to one run of one program.
const ONE_RUN: i64 = 120;

pub(super) fn in_an_hour(history: &History, hour: &Window<'_>) -> Vec<Reason> {
    let mut reasons = vec![breadth(hour), looks(hour), sensitive(hour, 3), plan(hour)];
    reasons.extend([permissions(hour), data(hour)]);
    reasons.extend(novelty(history, hour));
    reasons
}

/// How many actions, over how many services. Writing to a named resource is what programs do: three
/// such actions count as much as one of the others.
fn breadth(hour: &Window<'_>) -> Reason {
    let asks = |_: &str, deed: &Deed| deed.is_looking || deed.is_sensitive || !deed.is_named;
    let asked: Vec<&str> = hour.those(asks).collect();
    let all = hour.actions.len();
    let weight = asked.len() + (all - asked.len()) / 3;
    let services = services(hour.actions.keys().copied());
    let points = match (weight, services) {
        (20.., 3..) => 6,
        (10.., 3..) => 5,
        (5.., 3..) => 3,
        (15.., _) => 4,
        (8.., _) => 3,
        (3.., 3..) => 2,
        (5.., _) => 1,
        _ => 0,
    };
    let over = if services == 1 {
        "of one service".to_owned()
    } else {
        format!("over {services} services")
    };
    reason(points, format!("{all}{} actions {over} {}", more(all), within(hour.span.seconds())))
}

/// The share of calls that read or list without changing anything.
fn looks(hour: &Window<'_>) -> Reason {
    let actions = hour.actions.len();
    let looking = hour.those(|_, deed| deed.is_looking).count();
    match (actions, looking * 100 / actions.max(1)) {
        (5.., 80..) => reason(2, "mostly lists"),
        (5.., 50..) => reason(1, "half of them lists"),
        (3..5, 100) => reason(1, "lists only"),
        _ => none(),
    }
}

/// Actions that are never granted unasked; from `alone` of them on, they suffice by themselves.
fn sensitive(window: &Window<'_>, alone: usize) -> Reason {
    let mut actions = window.those(|_, deed| deed.is_sensitive);
    let first = actions.next();
    let others = actions.count();
    match (first, others) {
        (None, _) => none(),
        (Some(first), 0) => reason(2, format!("a sensitive action, {first}")),
        (Some(first), 1) => reason(3, format!("2 sensitive actions, {first} and another")),
        (Some(first), n) => {
            let points = if n + 1 >= alone { 4 } else { 3 };
            reason(points, format!("{} sensitive actions, {first} and others", n + 1))
        }
    }
}

/// Calls that enumeration typically begins with.
fn plan(window: &Window<'_>) -> Reason {
    let known = window.those(|action, _| signs::is_reconnaissance(action)).count();
    match known {
        8.. => reason(3, format!("{known} calls that enumeration typically begins with")),
        3.. => reason(2, format!("{known} calls that enumeration typically begins with")),
        _ => none(),
    }
}

/// Questions about who may do what.
fn permissions(window: &Window<'_>) -> Reason {
    let asks = |action: &str, deed: &Deed| deed.is_looking && signs::asks_about_permissions(action);
    match window.those(asks).count() {
        n @ 4.. => reason(3, format!("{n} questions about users, roles and their permissions")),
        n @ 3 => reason(2, format!("{n} questions about users, roles and their permissions")),
        _ => none(),
    }
}

/// Data of several services tried at once. A program that lacks a permission stops at the first.
fn data(hour: &Window<'_>) -> Reason {
    let reads: Vec<(&str, i64)> = (hour.actions.iter())
        .filter(|(action, _)| signs::reads_data(action))
        .map(|(action, (first, _))| (*action, *first))
        .collect();
    let runs = reads.iter().map(|(_, start)| {
        let run = reads.iter().filter(|(_, time)| (0..=ONE_RUN).contains(&(time - start)));
        run.map(|(action, _)| *action).collect::<Vec<_>>()
    });
    match runs.max_by_key(Vec::len) {
        Some(run) if run.len() >= 3 && services(run.iter().copied()) >= 2 => {
            reason(2, format!("{} ways to read data tried one after the other", run.len()))
        }
        _ => none(),
    }
}

/// Data of several services tried at any pace: waiting a day between attempts does not change the
/// intent.
fn all_data(whole: &Window<'_>) -> Reason {
    let (reads, services) = data_reads(whole);
    let points = match (reads, services) {
        (4.., 3..) => 4,
        (3.., 2..) => 3,
        _ => return none(),
    };
    reason(points, format!("{reads} ways to read data of {services} services tried"))
}

/// Denials from a network or agent that the principal, known for a day or more, did not have
/// before.
fn novelty(history: &History, hour: &Window<'_>) -> Vec<Reason> {
    let is_new = |first: i64| {
        (hour.span.first.saturating_sub(HOUR)..=hour.span.last).contains(&first)
            && first.saturating_sub(history.span.first) >= DAY
    };
    let mut reasons = Vec::new();
    let kinds = [(2, "network", &history.networks), (1, "user agent", &history.agents)];
    for (points, what, known) in kinds {
        if let Some((name, _)) = known.iter().find(|(_, span)| is_new(span.first)) {
            reasons.push(reason(points, format!("from a {what} not seen before, {name}")));
        }
    }
    reasons
}

/// What only shows over days: many different things, however slowly and however often.
pub(super) fn over_all(whole: &Window<'_>) -> Vec<Reason> {
    let blind: Vec<&str> = whole.those(|_, deed| deed.is_blind).collect();
    let asked = whole.those(|_, deed| deed.is_looking || deed.is_sensitive).count();
    let all = services(whole.actions.keys().copied());
    let how_long = match whole.span.seconds() {
        seconds if seconds <= HOUR => within(seconds),
        seconds if seconds <= 2 * DAY => format!("within {} hours", seconds / HOUR),
        seconds => format!("within {} days", seconds / DAY),
    };
    let spread = match (blind.len(), services(blind.iter().copied())) {
        _ if asked >= 12 && all >= 5 => reason(
            4,
            format!("{asked}{} different actions over {all} services {how_long}", more(asked)),
        ),
        (n @ 3.., services @ 3..) => {
            reason(2, format!("{n} lists of what there is over {services} services {how_long}"))
        }
        _ => none(),
    };
    let probing = permissions(whole);
    let probing = reason(probing.points + i32::from(probing.points == 3), probing.text);
    vec![spread, plan(whole), probing, sensitive(whole, 4), all_data(whole)]
}
