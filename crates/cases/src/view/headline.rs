//! The headline of a case: the actor and the worst thing that went through, else the denials.
//!
//! One template for each reading.

use aware_core::case::{CaseKind, CaseReading, EventMark};
use aware_core::source::contract::AccessDecider;
use aware_core::text::clip_text;

use super::broken_chain::chain_headline;
use super::refused::{denied_actions, refused_headline};
use super::shown_names::{actor_name, distinct_names, person_name, shown_name, shown_text};
use super::times::day_and_minute;
use super::words::{and_list, count_noun};
use crate::case::{ActionLine, Case, NotableLine, UndoState};

/// The most characters of a headline.
const MAX_HEADLINE: usize = 140;
/// The most characters of what somebody achieved.
const MAX_ACHIEVED: usize = 70;
/// The most characters of another service's title.
const MAX_TITLE: usize = 90;
/// From this weight up, a success is worth a headline even where denials are what stands out.
const HEADLINE_WEIGHT: u8 = 2;
/// From this weight up, it says more than the names of several rules.
const ALONE_WEIGHT: u8 = 3;

/// The headline, without level.
pub(super) fn headline_of(case: &Case) -> String {
    let line = cause_headline(case).unwrap_or_else(|| reading_headline(case));
    clip_text(&line, MAX_HEADLINE).into_owned()
}

fn reading_headline(case: &Case) -> String {
    let who = actor_name(case, 0);
    match case.reading {
        CaseReading::BrokenChain => chain_headline(case),
        CaseReading::Intrusion => {
            let told = achieved(case, 0).or_else(|| reported(case, &who));
            told.unwrap_or_else(|| counted(case, &who))
        }
        CaseReading::Change | CaseReading::Background => {
            let is_own = case.rules.iter().any(|(id, _)| !is_ours(id));
            let told = match telling_rules(case).count() {
                1 => achieved(case, 1).and_then(|what| Some(format!("{}: {what}", rule_of(case)?))),
                // One rule's name would stand beside what another found.
                _ if is_own => None,
                _ => achieved(case, ALONE_WEIGHT),
            };
            let told = told.or_else(|| rule_headline(case, &who));
            told.or_else(|| achieved(case, 0)).unwrap_or_else(|| counted(case, &who))
        }
        CaseReading::MisuseOfRoot => {
            achieved(case, 0).unwrap_or_else(|| format!("{who} was used: {}", all_calls(case)))
        }
        CaseReading::Exploring | CaseReading::Unclear => {
            let told = achieved(case, HEADLINE_WEIGHT);
            let is_told = is_elsewhere(case) || is_summary(case);
            let told = told.or_else(|| rule_headline(case, &who).filter(|_| is_told));
            told.unwrap_or_else(|| counted(case, &who))
        }
        CaseReading::ReportedThreat | CaseReading::ReportedWeakness => {
            let told = achieved(case, HEADLINE_WEIGHT).or_else(|| reported(case, &who));
            told.unwrap_or_else(|| counted(case, &who))
        }
        CaseReading::LacksPermission => refused_headline(case, &who),
        CaseReading::NotConsistentYet => format!(
            "{who} was denied {} right after creating something, and then allowed",
            denied_actions(case)
        ),
        CaseReading::ConsolePage => {
            format!("{who} was denied {} while using the console", denied_actions(case))
        }
        CaseReading::NotServed => {
            format!("{who} called {}, which AWS does not offer there", denied_actions(case))
        }
    }
}

/// Whether it began in a log of which a rule's name tells more than what was denied.
fn is_elsewhere(case: &Case) -> bool {
    case.decided_by() != AccessDecider::Iam
}

/// Whether it has nothing but what a rule concluded from events that are counted elsewhere.
fn is_summary(case: &Case) -> bool {
    let counts = &case.counts;
    counts.denied + counts.changed + counts.read + counts.failed == 0
}

/// `GuardDuty: API calls from a malicious address; user/alice was denied 3 actions in IAM`: the worst
/// of what other services report.
fn reported(case: &Case, who: &str) -> Option<String> {
    let worst = case.reported.first()?;
    let title = if worst.title.is_empty() { &worst.kind } else { &worst.title };
    let title = shown_text(title, MAX_TITLE);
    let title = title.trim_end_matches('.');
    let product = shown_text(&worst.product, MAX_TITLE);
    let others = (case.reported.len() as u64).saturating_sub(1);
    let more = match (case.counts.denied, others) {
        (0, 0) if title.contains(who) => String::new(),
        (0, 0) => format!(", about {who}"),
        (0, others) => {
            format!("; {} about {who}", count_noun(others, "more finding", "more findings"))
        }
        (_, _) => format!("; {who} was denied {}", denied_actions(case)),
    };
    Some(format!("{product}: {title}{more}"))
}

/// `The trail was changed: cloudtrail:UpdateTrail by user/ops`: what a rule says of something that
/// went through.
fn rule_headline(case: &Case, who: &str) -> Option<String> {
    let name = rule_of(case)?;
    let others = (telling_rules(case).count() as u64).saturating_sub(1);
    if others > 0 {
        let others = count_noun(others, "other rule", "other rules");
        return Some(format!("{name}: {who}; {others} matched, too"));
    }
    let is_told = |line: &&ActionLine| line.mark != EventMark::Denied;
    let mut lines: Vec<&ActionLine> = case.actions.iter().filter(is_told).collect();
    lines.sort_by_key(|line| (line.mark != EventMark::Changed, line.first));
    let mut actions: Vec<String> = Vec::new();
    for name in lines.iter().map(|line| shown_name(&line.action)) {
        if actions.len() < 2 && !actions.contains(&name) {
            actions.push(name);
        }
    }
    let is_counted = case.counts.changed + case.counts.read + case.counts.failed > 0;
    Some(match (actions.is_empty(), is_counted, case.counts.denied) {
        (false, ..) => format!("{name}: {} by {who}", and_list(&actions)),
        (true, true, _) => format!("{name}: {} by {who}", all_calls(case)),
        (true, false, 0) => format!("{name}: {who}"),
        (true, false, _) => format!("{name}: {who} was denied {}", denied_actions(case)),
    })
}

/// Whether a rule ships with the program, rather than being the reader's own.
fn is_ours(id: &str) -> bool {
    id.starts_with("aware-") || id.starts_with("aws-")
}

/// The rules that say more than that a call was denied.
fn telling_rules(case: &Case) -> impl Iterator<Item = &(String, String)> {
    case.rules.iter().filter(|(id, _)| id != "aws-denied-call")
}

/// The name of the rule that says most: one of the reader's own before one of ours, then the most
/// severe.
fn rule_of(case: &Case) -> Option<String> {
    let (_, name) = case.rules.iter().min_by_key(|(id, _)| is_ours(id))?;
    Some(shown_text(name, MAX_ACHIEVED))
}

/// `12 principals are denied by policy p-1 since 26 Nov 23:58`.
fn cause_headline(case: &Case) -> Option<String> {
    let cause = case.cause.as_ref().filter(|cause| cause.principals > 1)?;
    if case.kind == CaseKind::Intruder || case.kind == CaseKind::Chain {
        return None;
    }
    let who = count_noun(cause.principals, "principal", "principals");
    let since = day_and_minute(case.first);
    Some(format!("{who} have been denied since {since} by {}", shown_name(&cause.what)))
}

/// The actor with the worst that they achieved, and the second worst of theirs.
fn achieved(case: &Case, weight: u8) -> Option<String> {
    let ranked = worst_first(case);
    let worst = ranked.first().filter(|line| line.fact.weight >= weight)?;
    let first = shown_text(&worst.fact.achieved, MAX_ACHIEVED);
    // Something of another kind says more than the same again.
    let others = || ranked.iter().filter(|line| line.actor == worst.actor);
    let of_kind = |other: bool| {
        let lines = others().filter(move |line| (line.action != worst.action) == other);
        lines.map(|line| shown_text(&line.fact.achieved, MAX_ACHIEVED)).find(|text| *text != first)
    };
    let second = of_kind(true).or_else(|| of_kind(false));
    let texts: Vec<String> = [first.clone()].into_iter().chain(second).collect();
    let who = case.actors.get(worst.actor).map(person_name);
    Some(format!("{} {}", who.unwrap_or_else(|| "somebody".to_owned()), and_list(&texts)))
}

/// Notable successes: own grants, then by weight, then what holds, then by time.
fn worst_first(case: &Case) -> Vec<&NotableLine> {
    let told = case.notable.iter().filter(|line| !line.fact.achieved.trim().is_empty());
    let mut lines: Vec<&NotableLine> = told.collect();
    lines.sort_by_key(|line| {
        let is_undone = matches!(line.undo, UndoState::Undone { .. });
        (!line.fact.is_own_grant, u8::MAX - line.fact.weight, is_undone, line.time)
    });
    lines
}

/// `user/alice was denied 83 actions in 52 services`, or what they did where nothing was denied.
fn counted(case: &Case, who: &str) -> String {
    if case.counts.denied == 0 {
        return format!("{who} made {}", all_calls(case));
    }
    let more = distinct_names(case).len().saturating_sub(1) as u64;
    let (others, was) = match more {
        0 => (String::new(), "was"),
        _ => (format!(" and {}", count_noun(more, "other", "others")), "were"),
    };
    format!("{who}{others} {was} denied {}", denied_actions(case))
}

fn all_calls(case: &Case) -> String {
    let counts = &case.counts;
    let parts = [
        (counts.changed, "change", "changes"),
        (counts.read, "read", "reads"),
        (counts.failed, "call that failed", "calls that failed"),
    ];
    let parts = parts.into_iter().filter(|(number, ..)| *number > 0);
    let parts: Vec<String> =
        parts.map(|(number, one, many)| count_noun(number, one, many)).collect();
    if parts.is_empty() { "no calls".to_owned() } else { and_list(&parts) }
}
