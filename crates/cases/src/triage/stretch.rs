//! What speaks for exploring within a stretch of time: an hour, or all that is remembered.

use super::counts::{count_services, data_reads, or_more, within_time};
use super::history::{DeniedAction, PrincipalHistory};
use super::reading::ReadingReason;
use super::reasons::{new_reason, no_reason};
use super::signs;
use super::window::DenialWindow;

const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;
/// Calls that follow each other this closely, in seconds, belong to one run of one program.
const ONE_RUN: i64 = 120;

pub(super) fn reasons_in_hour(
    history: &PrincipalHistory,
    hour: &DenialWindow<'_>,
) -> Vec<ReadingReason> {
    let mut reasons = vec![
        breadth_reason(hour),
        listing_reason(hour),
        sensitive_reason(hour, 3),
        enumeration_reason(hour),
    ];
    reasons.extend([permission_reason(hour), data_reason(hour)]);
    reasons.extend(novelty_reasons(history, hour));
    reasons
}

/// How many actions, over how many services. Writing to a named resource is what programs do: three
/// such actions count as much as one of the others.
fn breadth_reason(hour: &DenialWindow<'_>) -> ReadingReason {
    let asks =
        |_: &str, deed: &DeniedAction| deed.is_looking || deed.is_sensitive || !deed.is_named;
    let asked: Vec<&str> = hour.actions_where(asks).collect();
    let all = hour.actions.len();
    let weight = asked.len() + (all - asked.len()) / 3;
    let services = count_services(hour.actions.keys().copied());
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
        "in one service".to_owned()
    } else {
        format!("across {services} services")
    };
    new_reason(
        points,
        format!(
            "{all}{} actions {over} {}",
            or_more(all),
            within_time(hour.span.duration_seconds())
        ),
    )
}

/// The share of calls that read or list without changing anything.
fn listing_reason(hour: &DenialWindow<'_>) -> ReadingReason {
    let actions = hour.actions.len();
    let looking = hour.actions_where(|_, deed| deed.is_looking).count();
    match (actions, looking * 100 / actions.max(1)) {
        (5.., 80..) => new_reason(2, "mostly lists"),
        (5.., 50..) => new_reason(1, "at least half of them lists"),
        (3..5, 100) => new_reason(1, "only lists"),
        _ => no_reason(),
    }
}

/// Actions that are never granted unasked; from `alone` of them on, they suffice by themselves.
fn sensitive_reason(window: &DenialWindow<'_>, alone: usize) -> ReadingReason {
    let mut actions = window.actions_where(|_, deed| deed.is_sensitive);
    let first = actions.next();
    let others = actions.count();
    match (first, others) {
        (None, _) => no_reason(),
        (Some(first), 0) => new_reason(2, format!("a sensitive action, {first}")),
        (Some(first), 1) => new_reason(3, format!("2 sensitive actions, one of them {first}")),
        (Some(first), n) => {
            let points = if n + 1 >= alone { 4 } else { 3 };
            new_reason(points, format!("{} sensitive actions, among them {first}", n + 1))
        }
    }
}

/// Calls that enumeration typically begins with.
fn enumeration_reason(window: &DenialWindow<'_>) -> ReadingReason {
    let known = window.actions_where(|action, _| signs::is_reconnaissance(action)).count();
    match known {
        8.. => new_reason(3, format!("{known} typical reconnaissance calls")),
        3.. => new_reason(2, format!("{known} typical reconnaissance calls")),
        _ => no_reason(),
    }
}

/// Questions about who may do what.
fn permission_reason(window: &DenialWindow<'_>) -> ReadingReason {
    let asks = |action: &str, deed: &DeniedAction| {
        deed.is_looking && signs::asks_about_permissions(action)
    };
    match window.actions_where(asks).count() {
        n @ 4.. => new_reason(3, format!("{n} lookups of users, roles or their permissions")),
        n @ 3 => new_reason(2, format!("{n} lookups of users, roles or their permissions")),
        _ => no_reason(),
    }
}

/// Data of several services tried at once. A program that lacks a permission stops at the first.
fn data_reason(hour: &DenialWindow<'_>) -> ReadingReason {
    let reads: Vec<(&str, i64)> = (hour.actions.iter())
        .filter(|(action, _)| signs::reads_data(action))
        .map(|(action, (first, _))| (*action, *first))
        .collect();
    let runs = reads.iter().map(|(_, start)| {
        let run = reads.iter().filter(|(_, time)| (0..=ONE_RUN).contains(&(time - start)));
        run.map(|(action, _)| *action).collect::<Vec<_>>()
    });
    match runs.max_by_key(Vec::len) {
        Some(run) if run.len() >= 3 && count_services(run.iter().copied()) >= 2 => {
            new_reason(2, format!("{} ways of reading data tried in a row", run.len()))
        }
        _ => no_reason(),
    }
}

/// Data of several services tried at any pace: waiting a day between attempts does not change the
/// intent.
fn all_data_reason(whole: &DenialWindow<'_>) -> ReadingReason {
    let (reads, services) = data_reads(whole);
    let points = match (reads, services) {
        (4.., 3..) => 4,
        (3.., 2..) => 3,
        _ => return no_reason(),
    };
    new_reason(points, format!("{reads} ways of reading data tried in {services} services"))
}

/// Denials from a network or agent that the principal, known for a day or more, did not have
/// before.
fn novelty_reasons(history: &PrincipalHistory, hour: &DenialWindow<'_>) -> Vec<ReadingReason> {
    let is_new = |first: i64| {
        (hour.span.first.saturating_sub(HOUR)..=hour.span.last).contains(&first)
            && first.saturating_sub(history.span.first) >= DAY
    };
    let mut reasons = Vec::new();
    let kinds = [(2, "network", &history.networks), (1, "user agent", &history.agents)];
    for (points, what, known) in kinds {
        if let Some((name, _)) = known.iter().find(|(_, span)| is_new(span.first)) {
            reasons.push(new_reason(points, format!("from a {what} not seen before: {name}")));
        }
    }
    reasons
}

/// What only shows over days: many different things, however slowly and however often.
pub(super) fn reasons_over_all(whole: &DenialWindow<'_>) -> Vec<ReadingReason> {
    let blind: Vec<&str> = whole.actions_where(|_, deed| deed.is_blind).collect();
    let asked = whole.actions_where(|_, deed| deed.is_looking || deed.is_sensitive).count();
    let all = count_services(whole.actions.keys().copied());
    let how_long = match whole.span.duration_seconds() {
        seconds if seconds <= HOUR => within_time(seconds),
        seconds if seconds <= 2 * DAY => format!("within {} hours", seconds / HOUR),
        seconds => format!("within {} days", seconds / DAY),
    };
    let spread = match (blind.len(), count_services(blind.iter().copied())) {
        _ if asked >= 12 && all >= 5 => new_reason(
            4,
            format!("{asked}{} different actions across {all} services {how_long}", or_more(asked)),
        ),
        (n @ 3.., services @ 3..) => {
            new_reason(2, format!("{n} inventory calls across {services} services {how_long}"))
        }
        _ => no_reason(),
    };
    let probing = permission_reason(whole);
    let probing = new_reason(probing.points + i32::from(probing.points == 3), probing.text);
    vec![
        spread,
        enumeration_reason(whole),
        probing,
        sensitive_reason(whole, 4),
        all_data_reason(whole),
    ]
}
