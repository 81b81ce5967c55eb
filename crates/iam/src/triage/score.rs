//! The points: what speaks for exploring, and what for a permission that is lacking.
//!
//! The signs are those of published rules (counts of *unique* denied calls over services, share
//! of lists, known agents, many regions, first-seen networks); the weights are our own.

use std::collections::BTreeSet;

use super::hour::{Hour, WINDOW};
use super::profile::{Profile, SLOT};
use super::reading::{Reading, Reason};
use super::signs;
use super::steady;

const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;

/// Judges the worst hour by itself, and the principal's whole record beside it.
pub(super) fn read(profile: &Profile) -> Reading {
    let mut reasons = worst_hour(profile);
    reasons.extend(exploring(profile));
    if !profile.denied.0.is_empty() {
        reasons.extend(lacking(profile));
    }
    Reading::new(reasons, profile.is_person)
}

fn reason(points: i32, text: impl Into<String>) -> Reason {
    Reason { points, text: text.into() }
}

/// The reasons of the hour that has the most points; the first of equals.
fn worst_hour(profile: &Profile) -> Vec<Reason> {
    let mut worst: (i32, Vec<Reason>) = (0, Vec::new());
    for hour in Hour::all(&profile.slots) {
        let reasons = in_an_hour(profile, &hour);
        let points = reasons.iter().map(|reason| reason.points).sum();
        if points > worst.0 {
            worst = (points, reasons);
        }
    }
    worst.1
}

fn in_an_hour(profile: &Profile, hour: &Hour<'_>) -> Vec<Reason> {
    let mut reasons = vec![breadth(hour), looks(profile, hour), sensitive(profile, hour)];
    reasons.push(plan(hour));
    let regions = hour.regions.len();
    reasons.push(match regions {
        8.. => reason(4, format!("in {regions} regions")),
        4.. => reason(2, format!("in {regions} regions")),
        _ => reason(0, ""),
    });
    let (actions, pairs) = (hour.actions.len(), hour.pairs.len());
    if actions > 0 && actions <= 2 && pairs >= 10 {
        let more = if hour.has_more_pairs { " or more" } else { "" };
        reasons.push(reason(2, format!("the same call on {pairs}{more} targets")));
    }
    reasons.extend(novelty(profile, hour));
    reasons
}

/// How many actions, over how many services.
fn breadth(hour: &Hour<'_>) -> Reason {
    let actions = hour.actions.len();
    let services = services(hour.actions.iter().copied());
    let more = if hour.has_more_actions { " or more" } else { "" };
    let points = match (actions, services) {
        (20.., 3..) => 6,
        (10.., 3..) => 5,
        (5.., 3..) => 3,
        (15.., _) => 4,
        (8.., _) => 3,
        (5.., _) | (3.., 3..) => 1,
        _ => 0,
    };
    let services = if services == 1 {
        "of one service".to_owned()
    } else {
        format!("over {services} services")
    };
    reason(points, format!("{actions}{more} actions {services} {}", within(hour.span.seconds())))
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
fn looks(profile: &Profile, hour: &Hour<'_>) -> Reason {
    let actions = hour.actions.len();
    let is_looking = |action: &&&str| {
        let deed = profile.denied.0.get(**action);
        deed.map_or_else(|| signs::is_looking(action), |deed| deed.is_looking)
    };
    let looking = hour.actions.iter().filter(is_looking).count();
    match (actions, looking * 100 / actions.max(1)) {
        (5.., 80..) => reason(2, "mostly lists"),
        (5.., 50..) => reason(1, "half of them lists"),
        _ => reason(0, ""),
    }
}

fn sensitive(profile: &Profile, hour: &Hour<'_>) -> Reason {
    let is_sensitive =
        |action: &&&str| profile.denied.0.get(**action).is_some_and(|deed| deed.is_sensitive);
    let mut actions = hour.actions.iter().filter(is_sensitive);
    let first = actions.next();
    let others = actions.count();
    match (first, others) {
        (None, _) => reason(0, ""),
        (Some(first), 0) => reason(2, format!("a sensitive action, {first}")),
        (Some(first), n @ 1) => {
            reason(3, format!("{} sensitive actions, {first} and another", n + 1))
        }
        (Some(first), n) => reason(4, format!("{} sensitive actions, {first} and others", n + 1)),
    }
}

/// Calls that enumeration begins with.
fn plan(hour: &Hour<'_>) -> Reason {
    let known = hour.actions.iter().filter(|action| signs::is_reconnaissance(action)).count();
    match known {
        8.. => reason(3, format!("{known} calls that enumeration begins with")),
        3.. => reason(2, format!("{known} calls that enumeration begins with")),
        _ => reason(0, ""),
    }
}

/// Denials from a network or agent that the principal, known for a day or more, did not have.
fn novelty(profile: &Profile, hour: &Hour<'_>) -> Vec<Reason> {
    let is_new = |first: i64| {
        first >= hour.span.first.saturating_sub(HOUR)
            && first.saturating_sub(profile.span.first) >= DAY
    };
    let mut reasons = Vec::new();
    let kinds = [
        (2, "network", &profile.networks, &hour.networks),
        (1, "user agent", &profile.agents, &hour.agents),
    ];
    for (points, what, known, here) in kinds {
        // A full memory has let some go, and cannot tell new from forgotten.
        let seen = |name: &&&str| known.0.get(**name).is_some_and(|seen| is_new(seen.span.first));
        if let Some(name) = here.iter().find(seen).filter(|_| !known.is_full()) {
            reasons.push(reason(points, format!("from a {what} not seen before, {name}")));
        }
    }
    reasons
}

/// What speaks for exploring over the whole record.
fn exploring(profile: &Profile) -> Vec<Reason> {
    let mut reasons = Vec::new();
    if let Some(tool) = profile.tools.0.first() {
        // Inventory tools have their honest uses; attack tools are seldom run by accident.
        let points = if tool.contains("scanner") || tool.contains("inventory") { 5 } else { 8 };
        reasons.push(reason(points, format!("its user agent names {tool}")));
    }
    let probes = profile.dry_runs.0.len();
    reasons.push(match probes {
        0 => reason(0, ""),
        1..=2 => reason(1, "asked by DryRun what it may do"),
        _ => reason(3, format!("asked by DryRun whether it may do {probes} things")),
    });
    reasons.push(slow(profile));
    if let Some((action, _)) = helped_itself(profile) {
        reasons.push(reason(
            5,
            format!("gave itself permissions after {action} was denied, and then could"),
        ));
    }
    reasons
}

/// Many different things in three days, few of them twice: slower than any hour shows.
fn slow(profile: &Profile) -> Reason {
    let last = profile.denied.0.values().map(|deed| deed.span.last).max().unwrap_or_default();
    let recent = || {
        profile.denied.0.iter().filter(|(_, deed)| last.saturating_sub(deed.span.last) <= 3 * DAY)
    };
    let actions = recent().count();
    let services = services(recent().map(|(action, _)| action.as_str()));
    let once = recent().filter(|(_, deed)| deed.span.seconds() < HOUR).count();
    let first = recent().map(|(_, deed)| deed.span.first).min().unwrap_or_default();
    let is_slow = last.saturating_sub(first) > HOUR;
    if is_slow && actions >= 12 && services >= 5 && once * 10 >= actions * 7 {
        let more = if profile.denied.is_full() { " or more" } else { "" };
        return reason(
            4,
            format!("{actions}{more} different actions over {services} services in three days"),
        );
    }
    reason(0, "")
}

/// An action that was denied, and went through after the principal gave itself permissions.
fn helped_itself(profile: &Profile) -> Option<(&String, i64)> {
    profile.denied.0.iter().find_map(|(action, deed)| {
        let worked = profile.worked.0.get(action)?;
        let mut grants = profile.self_grants.0.iter();
        let grant = grants.find(|at| deed.span.first < **at && **at < worked.last)?;
        Some((action, *grant))
    })
}

/// What speaks for a permission that is lacking.
fn lacking(profile: &Profile) -> Vec<Reason> {
    let mut reasons = vec![few(profile), place(profile), repeats(profile)];
    let deeds = || profile.denied.0.values();
    if profile.is_by_service && !profile.is_by_itself {
        reasons.push(reason(-3, "an AWS service calls for it"));
    }
    let is_few = profile.denied.0.len() <= 5;
    if is_few && deeds().all(|deed| deed.is_implicit && !deed.is_otherwise) {
        reasons.push(reason(-1, "no policy of its own allows it"));
    }
    if deeds().all(|deed| !deed.is_looking && deed.is_named && !deed.is_sensitive) {
        reasons.push(reason(-1, "writes to what it names"));
    }
    reasons.push(before_and_after(profile));
    if let Some(change) = changed(profile) {
        reasons.push(reason(-2, format!("began after {change}")));
    }
    reasons
}

/// Few actions on few resources.
fn few(profile: &Profile) -> Reason {
    let is_sensitive = profile.denied.0.values().any(|deed| deed.is_sensitive);
    let is_named = profile.denied.0.values().all(|deed| deed.is_named);
    let (actions, resources) = (profile.denied.0.len(), profile.resources.0.len());
    match (actions, resources) {
        (1, 0..=1) if is_named => reason(-2, "one action on one resource"),
        (1, 0..=1) => reason(-1, "one action"),
        (1, n) if n <= 4 && !is_sensitive => reason(-1, format!("one action on {n} resources")),
        (n @ 2..=3, r) if r <= 3 && is_named => {
            reason(-1, format!("{n} actions on the same few resources"))
        }
        _ => reason(0, ""),
    }
}

/// Who it is, and whether it calls from where it always does.
fn place(profile: &Profile) -> Reason {
    let who = profile.workloads.0.first();
    let first = profile.denied.0.values().map(|deed| deed.span.first).min().unwrap_or_default();
    let is_usual = |seen: &super::profile::Seen| {
        seen.worked < first || first.saturating_sub(seen.span.first) >= DAY
    };
    let denied: BTreeSet<&String> =
        profile.slots.values().flat_map(|slot| &slot.networks.0).collect();
    let known = |name: &&String| profile.networks.0.get(name.as_str()).is_some_and(is_usual);
    let at_home = !denied.is_empty() && denied.iter().all(known);
    match (who, at_home) {
        (Some(who), true) => reason(-2, format!("{who} from its usual network")),
        (Some(who), false) => reason(-1, who.clone()),
        (None, true) => reason(-1, "from its usual network"),
        (None, false) => reason(0, ""),
    }
}

/// The same again and again: explorers do not come back for what they could not have.
fn repeats(profile: &Profile) -> Reason {
    let deeds = profile.denied.0.len();
    let runs = |deed: &super::profile::Deed| steady::runs(&deed.times.0);
    let again = profile.denied.0.values().filter(|deed| runs(deed).len() >= 3).count();
    if deeds <= 5 && profile.denied.0.values().any(|deed| steady::is_steady(&runs(deed))) {
        return reason(-3, "at steady intervals");
    }
    match (deeds, again * 10 >= deeds * 7) {
        (_, false) => reason(0, ""),
        (1, true) => reason(-2, "again and again"),
        // A broken deployment is refused the same long list with every run.
        (n, true) => {
            let is_workload = !profile.workloads.0.is_empty() && !profile.is_person;
            reason(
                if is_workload { -6 } else { -3 },
                format!("the same {n} actions again and again"),
            )
        }
    }
}

/// It worked before, or works since. What the principal gave itself is no repair.
fn before_and_after(profile: &Profile) -> Reason {
    if helped_itself(profile).is_some() {
        return reason(0, "");
    }
    let mut worked = profile.denied.0.iter().filter_map(|(action, deed)| {
        let worked = profile.worked.0.get(action)?;
        Some((action, deed, worked))
    });
    match worked.next() {
        Some((action, deed, worked)) if worked.first < deed.span.first => {
            reason(-2, format!("{action} worked before"))
        }
        Some((action, deed, worked)) if worked.last > deed.span.last => {
            reason(-2, format!("{action} has worked since"))
        }
        _ => reason(0, ""),
    }
}

/// What was changed within two hours before the first denial.
fn changed(profile: &Profile) -> Option<&String> {
    let first = profile.denied.0.values().map(|deed| deed.span.first).min()?;
    let mut before = profile.changes.0.range(first.saturating_sub(2 * HOUR)..=first);
    before.next_back().map(|(_, what)| what)
}

const _: () = assert!(SLOT * WINDOW == HOUR);
