//! The points: what speaks for exploring, and what for a permission that is lacking.
//!
//! The signs are those of published rules (counts of *unique* denied calls over services, share
//! of lists, known agents, many regions, first-seen networks); the weights are our own.

use std::collections::BTreeSet;

use super::history::{Deed, History, TARGETS, action_of};
use super::reading::{EXPLORING_FROM, LooksLike, Reading, Reason};
use super::signs::ToolKind;
use super::window::Window;
use super::{signs, steady, withhold};
use aware_iam::action;
use aware_iam::catalogue::Catalogue;
use aware_iam::policy::{Glob, Truth};

const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;
/// Calls that follow each other so closely, in seconds, are of one run of one program.
const ONE_RUN: i64 = 120;
/// From how many points of one hour all sessions of one role look like one explorer. Many people may
/// share a role: it takes more than it takes of one.
const SESSIONS_FROM: i32 = 6;

/// Judges the worst stretch of time by itself, and the principal's whole record beside it.
pub(super) fn read(history: &History) -> Reading {
    let reading = by_points(history);
    match withhold::because(history).filter(|_| reading.looks_like != LooksLike::Exploring) {
        Some(why) => reading.held(why),
        None => reading,
    }
}

fn by_points(history: &History) -> Reading {
    let mut reasons = worst(Window::hours(history).iter().map(|hour| in_an_hour(history, hour)));
    let whole = over_all(&Window::whole(history));
    if sum(&whole) > sum(&reasons) {
        reasons = whole;
    }
    reasons.extend(standing(history));
    let points = sum(&reasons);
    if points < EXPLORING_FROM && history.deeds().next().is_some() {
        reasons.extend(lacking(history, points));
    }
    Reading::new(reasons, history.is_person)
}

/// Judges sessions of many names together, as if they were one caller's: only when they look like
/// exploring is there an answer.
pub(super) fn read_sessions(history: &History) -> Option<Reading> {
    let reasons = worst(Window::hours(history).iter().map(|hour| in_an_hour(history, hour)));
    (sum(&reasons) >= SESSIONS_FROM).then(|| {
        let with = reason(1, "by sessions of several names that share a role or a key");
        Reading::new(reasons.into_iter().chain([with]).collect(), history.is_person)
    })
}

fn reason(points: i32, text: impl Into<String>) -> Reason {
    Reason { points, text: text.into() }
}

fn none() -> Reason {
    reason(0, "")
}

fn sum(reasons: &[Reason]) -> i32 {
    reasons.iter().map(|reason| reason.points).sum()
}

/// The reasons that have the most points; the first of equals.
fn worst(all: impl Iterator<Item = Vec<Reason>>) -> Vec<Reason> {
    let more = |worst: Vec<Reason>, reasons: Vec<Reason>| {
        if sum(&reasons) > sum(&worst) { reasons } else { worst }
    };
    all.fold(Vec::new(), more)
}

fn in_an_hour(history: &History, hour: &Window<'_>) -> Vec<Reason> {
    let mut reasons = vec![breadth(hour), looks(hour), sensitive(hour, 3), plan(hour)];
    reasons.extend([permissions(hour), data(hour)]);
    reasons.extend(novelty(history, hour));
    reasons
}

/// How many actions, over how many services. What writes to a thing that it names is what programs
/// do: it takes three of these to count for one of the others.
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

/// A full memory has let some go.
fn more(actions: usize) -> &'static str {
    if actions >= super::history::ACTIONS { " or more" } else { "" }
}

fn within(seconds: i64) -> String {
    match seconds {
        ..=1 => "at once".to_owned(),
        2..=119 => format!("within {seconds} seconds"),
        _ => format!("within {} minutes", seconds / 60),
    }
}

fn services<'a>(actions: impl Iterator<Item = &'a str>) -> usize {
    let services: BTreeSet<&str> =
        actions.filter_map(|action| action.split_once(':').map(|(service, _)| service)).collect();
    services.len()
}

/// The share of calls that look and do not touch.
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

/// Actions that nobody is granted unasked; from `alone` of them on they are enough by themselves.
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

/// Calls that enumeration begins with.
fn plan(window: &Window<'_>) -> Reason {
    let known = window.those(|action, _| signs::is_reconnaissance(action)).count();
    match known {
        8.. => reason(3, format!("{known} calls that enumeration begins with")),
        3.. => reason(2, format!("{known} calls that enumeration begins with")),
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

/// Data of several services tried at any pace: who waits a day between them wants the same.
fn all_data(whole: &Window<'_>) -> Reason {
    let (reads, services) = data_reads(whole);
    let points = match (reads, services) {
        (4.., 3..) => 4,
        (3.., 2..) => 3,
        _ => return none(),
    };
    reason(points, format!("{reads} ways to read data of {services} services tried"))
}

/// How many ways to read data were tried, of how many services.
pub(super) fn data_reads(window: &Window<'_>) -> (usize, usize) {
    let reads: Vec<&str> = window.those(|action, _| signs::reads_data(action)).collect();
    (reads.len(), services(reads.iter().copied()))
}

/// Denials from a network or agent that the principal, known for a day or more, did not have.
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

/// What shows only over days: many different things, however slowly and however often.
fn over_all(whole: &Window<'_>) -> Vec<Reason> {
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

/// What stands beside the worst stretch of time.
fn standing(history: &History) -> Vec<Reason> {
    let mut reasons = Vec::new();
    let points = |tool: &str| match signs::tool_kind(tool) {
        ToolKind::Inventory => 5,
        ToolKind::Attack => 8,
    };
    let worst = history.tools.iter().max_by_key(|tool| (points(tool), std::cmp::Reverse(*tool)));
    if let Some(tool) = worst {
        reasons.push(reason(points(tool), format!("its user agent names {tool}")));
    }
    if history.is_disguised && !history.denied.is_empty() {
        reasons.push(reason(2, "a browser's user agent with a long-term key"));
    }
    reasons.extend([helped_itself(history), everywhere(history), many_targets(history)]);
    let pages = services(history.console.keys().map(|key| action_of(key)));
    if pages >= 15 {
        reasons.push(reason(4, format!("the console's pages of {pages} services")));
    } else if let Some(lists) = listed_by_console(history) {
        let text = format!("{lists} different lists with the console's credentials");
        reasons.push(reason(3, text));
    }
    reasons
}

/// How many different lists were asked for with the console's credentials, where they are more than a
/// page asks for. Whatever runs in a browser's place has these credentials too.
pub(super) fn listed_by_console(history: &History) -> Option<usize> {
    let actions = || history.console.keys().map(|key| action_of(key));
    let known = || actions().filter(|action| signs::is_reconnaissance(action));
    let begins = known().count() >= 6 && services(known()) >= 4;
    let count = actions().count();
    (begins || count >= 12 && services(actions()) >= 6).then_some(count)
}

/// The principal was denied something, and gave itself permissions: before or after.
fn helped_itself(history: &History) -> Reason {
    if history.deeds().next().is_none() {
        return none();
    }
    if let Some(operation) = history.self_grants.first() {
        return reason(5, format!("gave itself permissions by {operation}"));
    }
    let denied = history.denied.keys().chain(history.console.keys());
    let granted = denied.map(|key| action_of(key)).find(|action| is_allowed(history, action));
    granted.map_or_else(none, |action| {
        reason(5, format!("changed a policy so that it allows {action}, which it was denied"))
    })
}

fn is_allowed(history: &History, denied: &str) -> bool {
    if history.allowed.is_empty() {
        return false;
    }
    let needed = denied.split_once(':').and_then(|(service, name)| {
        action::needed(Catalogue::builtin(), service, name).map(|needed| needed.actions)
    });
    let names = needed.unwrap_or_else(|| vec![denied.to_owned()]);
    let covers = |pattern: &String| {
        let glob = Glob::folded(pattern);
        names.iter().any(|name| glob.matches(&name.to_ascii_lowercase()) == Truth::True)
    };
    history.allowed.is_full() || history.allowed.iter().any(covers)
}

/// The same looking around in many regions.
fn everywhere(history: &History) -> Reason {
    match history.regions.len() {
        n @ 8.. => reason(4, format!("looked around in {n} regions")),
        n @ 4.. => reason(2, format!("looked around in {n} regions")),
        _ => none(),
    }
}

/// One call that looks, reads or takes on a role, on many things.
fn many_targets(history: &History) -> Reason {
    let tries = |deed: &&Deed| deed.is_looking || deed.is_sensitive || deed.is_opening;
    let most = history.deeds().filter(tries).map(|deed| deed.targets.len()).max();
    match most {
        Some(n @ 10..) => {
            let more = if n >= TARGETS { " or more" } else { "" };
            reason(2, format!("the same call on {n}{more} targets"))
        }
        _ => none(),
    }
}

/// What speaks for a permission that is lacking, where `points` speak for exploring.
fn lacking(history: &History, points: i32) -> Vec<Reason> {
    let mut reasons = vec![few(history)];
    let deeds = || history.deeds();
    let count = deeds().count();
    if count <= 5 && deeds().all(|deed| deed.is_implicit && !deed.is_otherwise) {
        reasons.push(reason(-1, "no policy of its own allows it"));
    }
    if deeds().all(|deed| !deed.is_looking && deed.is_named && !deed.is_sensitive) {
        reasons.push(reason(-1, "writes to what it names"));
    }
    // Anybody can repeat himself: it tells only where nothing else does.
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

/// The same again and again.
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
