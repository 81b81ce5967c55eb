//! Remarks that accompany a generated policy.

use std::collections::{BTreeMap, BTreeSet};

use aware_cases::generate::GeneratedPolicy;
use aware_cases::triage::{LooksLike, NextStepCaller, next_step};
use aware_core::finding::FindingPrincipal;
use aware_iam::policy::Policy;
use aware_iam::suggest::likely_next;

use super::principal::PrincipalSelector;
use super::statement::statement_brief;
use super::{catalogue, existing};
use crate::args::{FromWhat, PolicyArgs};
use crate::config::count_of;
use crate::logs::events::ReadTotals;

/// That nothing was found, and why that may be.
pub(super) fn describe_no_match(
    whom: &PrincipalSelector,
    sums: &ReadTotals,
    outside: u64,
) -> String {
    let (given, events) = (&whom.given, sums.events);
    match (outside, sums.first, sums.last) {
        (1.., _, _) => format!("all {outside} events of {given} are outside --since and --until"),
        (0, Some(first), Some(last)) => format!(
            "none of the {events} events, {first} to {last}, belongs to {given} (hint: `aware scan --principal` finds names)"
        ),
        _ => format!("no events of {given} were found"),
    }
}

/// Reports every remark on the policy.
pub(super) fn report_policy(
    made: &GeneratedPolicy,
    arn: &str,
    who: Option<&FindingPrincipal>,
    sums: &ReadTotals,
    args: &PolicyArgs,
) {
    let info = |line: &str| tracing::info!("{line}");
    tell_basis(made, arn, sums, args.from);
    if made.denied > 0 {
        tell_reading(made, who);
    }
    for (why, actions) in withheld_by_reason(made) {
        tracing::warn!("withheld {}: {why}", actions.join(", "));
    }
    for one in &made.already {
        let statement = statement_brief(one);
        info(&format!(
            "allowed already: {statement}; if it is still denied, another policy denies it"
        ));
    }
    existing::report_standings(&made.told);
    for care in &made.take_care {
        info(&format!("take care: {care}"));
    }
    for action in &made.open {
        info(&format!("{action}: the request does not tell the whole resource; narrow its `*`"));
    }
    report_activity(made);
    let next = likely_next_actions(&made.policy);
    if args.from != FromWhat::Activity && !next.is_empty() {
        info(&format!("likely to be denied next, and not in the policy: {}", next.join(", ")));
    }
    if args.from != FromWhat::Denials && !made.has_data_events {
        info(
            "no data events are among the logs: reading and writing objects, items and messages is not in the policy",
        );
    }
    if made.is_cut {
        tracing::warn!("there were more actions or resources than are kept; some are left out");
    }
}

/// From how many calls the policy is made, and how far the logs reach.
fn tell_basis(made: &GeneratedPolicy, arn: &str, sums: &ReadTotals, from: FromWhat) {
    let calls = |n: u64, what| count_of(usize::try_from(n).unwrap_or(usize::MAX), what);
    let span = match (sums.first, sums.last) {
        (Some(first), Some(last)) => format!("; the logs reach from {first} to {last}"),
        _ => String::new(),
    };
    let basis = match from {
        FromWhat::Denials => calls(made.denied, "denied call"),
        FromWhat::Activity => calls(made.succeeded, "call") + " that went through",
        FromWhat::Both => {
            let denied = calls(made.denied, "denied call");
            format!("{denied} and {} that went through", made.succeeded)
        }
    };
    tracing::info!("{arn}: from {basis}{span}");
}

/// What the denied calls look like, and what to do when they look hostile.
fn tell_reading(made: &GeneratedPolicy, who: Option<&FindingPrincipal>) {
    let text = made.reading.to_string();
    if made.reading.looks_like != LooksLike::Exploring {
        return tracing::info!("{text}");
    }
    tracing::warn!("{text}");
    if let Some(who) = who {
        tracing::info!("{}", next_step(&NextStepCaller::from(who)));
    }
}

/// Reports which of the successful calls are guesses, or are not in the policy.
fn report_activity(made: &GeneratedPolicy) {
    for (note, actions) in &made.notes {
        let actions: Vec<&str> = actions.iter().map(String::as_str).collect();
        tracing::info!("{}: {note}", actions.join(", "));
    }
    if made.unmapped.is_empty() {
        return;
    }
    let calls: u64 = made.unmapped.values().sum();
    let named: Vec<String> =
        made.unmapped.iter().map(|(name, count)| format!("{name} ({count})")).collect();
    tracing::warn!(
        "{calls} calls are not in the policy, because no IAM action of theirs is known: {} (hint: `aware iam refresh` reads a newer catalogue)",
        named.join(", ")
    );
}

/// What is withheld, by reason.
fn withheld_by_reason(made: &GeneratedPolicy) -> BTreeMap<&str, Vec<&str>> {
    let mut by_reason: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for one in &made.withheld {
        by_reason.entry(&one.why).or_default().push(&one.action);
    }
    by_reason
}

/// What usually accompanies the granted actions and is not granted.
fn likely_next_actions(policy: &Policy) -> Vec<String> {
    let statements = policy.statements.iter();
    let granted: BTreeSet<&String> = statements.flat_map(|one| one.actions.patterns()).collect();
    let entry = |action: &str| catalogue::current_catalogue().find_action_briefly(action);
    let next = granted.iter().flat_map(|action| likely_next(action, entry(action).as_ref()));
    let next: BTreeSet<String> = next.filter(|action| !granted.contains(action)).collect();
    next.into_iter().collect()
}
