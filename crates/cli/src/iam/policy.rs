//! `aware policy`: the smallest policy for a principal, from what it was denied or did.
//!
//! The policy goes to standard output and nothing else does; what is to be said of it goes to
//! standard error.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::sync::Mutex;

use aware_cases::generate::{Collector, Generated, Wish};
use aware_cases::triage::{Caller, Histories, LooksLike, next_step};
use aware_core::event::Event;
use aware_core::finding::FindingPrincipal;
use aware_iam::policy::{Limit, MAX_POLICIES_PER_ROLE, Policy, Statement, fit, render, size};
use aware_iam::suggest::likely_next;

use super::catalogue;
use super::existing;
use super::whom::{Matches, Whom};
use crate::args::{FromWhat, Period, PolicyArgs};
use crate::config::count;
use crate::exit::{Exit, Failure};
use crate::logs::Manner;
use crate::logs::events::{Search, Sums, search};

/// Runs the command.
pub(crate) fn main(args: &PolicyArgs) -> Result<Exit, Failure> {
    let existing = super::policies(&args.existing)?;
    let whom = Whom::parse(&args.principal)?;
    let wish = Wish { basis: args.from.basis(), force: args.force };
    let period = args.period.checked().map_err(Failure::Usage)?;
    let lookout = Lookout { whom: &whom, wish, period, found: Mutex::default() };
    let manner = Manner { aws: args.aws.clone(), ..Manner::default() };
    let sums = search(&args.logs, &manner, &lookout)?;
    let found = lookout.found.into_inner().unwrap_or_default();
    let exit = sums.tell();
    let Some((arn, mut collector)) = found.matches.only(&whom)? else {
        tracing::warn!("{}", nobody(&whom, &sums, found.outside));
        return Ok(Exit::Findings);
    };
    collector.know(found.histories);
    let made = collector.finish(&existing);
    tell(&made, &arn, found.who.as_ref(), &sums, args);
    if made.policy.statements.is_empty() {
        tracing::warn!("there is nothing to grant, so no policy is printed");
        return Ok(Exit::Findings);
    }
    write(&made.policy, &arn, args)?;
    Ok(exit)
}

/// What was found of a principal.
#[derive(Default)]
struct Found {
    /// The principal, by one of its events.
    who: Option<FindingPrincipal>,
    matches: Matches<Collector<'static>>,
    /// Events outside `--since` and `--until`.
    outside: u64,
    /// How the principal looked in those before it.
    histories: Histories,
}

struct Lookout<'a> {
    whom: &'a Whom,
    wish: Wish,
    period: Period,
    found: Mutex<Found>,
}

impl Search for Lookout<'_> {
    fn may_matter(&self, record: &[u8]) -> bool {
        self.whom.is_in(record)
    }

    fn event(&self, event: Event) {
        let Some(arn) = self.whom.of(&event) else { return };
        let Ok(mut found) = self.found.lock() else { return };
        if !self.period.holds(event.time) {
            found.outside += 1;
            if self.period.is_before(event.time) {
                found.histories.add(&event);
            }
            return;
        }
        found.who.get_or_insert_with(|| FindingPrincipal::new(&event));
        let new = || Collector::new(catalogue::in_use(), self.wish);
        if let Some(collector) = found.matches.of(arn, new) {
            collector.add(&event);
        }
    }
}

fn nobody(whom: &Whom, sums: &Sums, outside: u64) -> String {
    let (given, events) = (&whom.given, sums.events);
    match (outside, sums.first, sums.last) {
        (1.., _, _) => format!("all {outside} events of {given} are outside --since and --until"),
        (0, Some(first), Some(last)) => format!(
            "none of {events} events, {first} to {last}, is of {given} (hint: `aware scan --principal` finds names)"
        ),
        _ => format!("no events were found of {given}"),
    }
}

/// Everything that is to be said beside the policy.
fn tell(
    made: &Generated,
    arn: &str,
    who: Option<&FindingPrincipal>,
    sums: &Sums,
    args: &PolicyArgs,
) {
    let info = |line: &str| tracing::info!("{line}");
    let calls = |n: u64, what| count(usize::try_from(n).unwrap_or(usize::MAX), what);
    let span = match (sums.first, sums.last) {
        (Some(first), Some(last)) => format!("; the logs reach from {first} to {last}"),
        _ => String::new(),
    };
    info(&format!(
        "{arn}: from {}{span}",
        match args.from {
            FromWhat::Denials => calls(made.denied, "denied call"),
            FromWhat::Activity => calls(made.succeeded, "call") + " that went through",
            FromWhat::Both => {
                let denied = calls(made.denied, "denied call");
                format!("{denied} and {} that went through", made.succeeded)
            }
        }
    ));
    if made.denied > 0 {
        let text = made.reading.to_string();
        let is_hostile = made.reading.looks_like == LooksLike::Exploring;
        if is_hostile {
            tracing::warn!("{text}");
            if let Some(who) = who {
                info(&next_step(&Caller::from(who)));
            }
        } else {
            info(&text);
        }
    }
    for (why, actions) in withheld(made) {
        tracing::warn!("withheld {}: {why}", actions.join(", "));
    }
    for one in &made.already {
        let statement = brief(one);
        info(&format!(
            "allowed already: {statement}; if it is still denied, another policy denies it"
        ));
    }
    existing::tell(&made.told);
    for care in &made.take_care {
        info(&format!("take care: {care}"));
    }
    for action in &made.open {
        info(&format!("{action}: the request does not tell the whole resource; narrow its `*`"));
    }
    tell_activity(made);
    let next = next(&made.policy);
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

/// What of the calls that went through is a guess, or is not in the policy.
fn tell_activity(made: &Generated) {
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

/// What is withheld, by the reason.
fn withheld(made: &Generated) -> BTreeMap<&str, Vec<&str>> {
    let mut by_reason: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for one in &made.withheld {
        by_reason.entry(&one.why).or_default().push(&one.action);
    }
    by_reason
}

/// What usually goes with the granted actions and is not granted.
fn next(policy: &Policy) -> Vec<String> {
    let statements = policy.statements.iter();
    let granted: BTreeSet<&String> = statements.flat_map(|one| one.actions.patterns()).collect();
    let entry = |action: &str| catalogue::in_use().action_in_brief(action);
    let next = granted.iter().flat_map(|action| likely_next(action, entry(action).as_ref()));
    let next: BTreeSet<String> = next.filter(|action| !granted.contains(action)).collect();
    next.into_iter().collect()
}

/// `s3:GetObject, s3:PutObject on arn:aws:s3:::b/*`.
pub(super) fn brief(statement: &Statement) -> String {
    let resources = statement.resources.as_ref().map(|clause| clause.patterns());
    let list = |list: &[String]| list.join(", ");
    let on = resources.map(|names| format!(" on {}", list(names))).unwrap_or_default();
    format!("{}{on}", list(statement.actions.patterns()))
}

/// Prints the policy, split where it is over the limit of a managed one, and tells its size.
fn write(policy: &Policy, arn: &str, args: &PolicyArgs) -> Result<(), Failure> {
    let usage = |problem: String| Failure::Usage(problem);
    let parts = fit(policy, Limit::Managed).map_err(|problem| usage(problem.to_string()))?;
    let text = render(&parts, args.format, arn).map_err(|problem| usage(problem.to_string()))?;
    io::stdout().lock().write_all(text.as_bytes())?;
    let (limit, whole) = (Limit::Managed.chars(), size(policy));
    let sizes: Vec<String> = parts.iter().map(|part| size(part).to_string()).collect();
    match parts.len() {
        1 => tracing::info!("{whole} of the {limit} characters that a managed policy may have"),
        many => tracing::info!(
            "{whole} characters are over the {limit} of a managed policy: split into {many} of {}",
            sizes.join(", ")
        ),
    }
    let is_role = arn.contains(":role/");
    let inline = if is_role { Limit::RoleInline } else { Limit::UserInline };
    if whole > inline.chars() {
        let limit = inline.chars();
        tracing::info!("too large to be inline, where {limit} are allowed in all");
    }
    if parts.len() > MAX_POLICIES_PER_ROLE {
        tracing::warn!(
            "{} policies are more than the {MAX_POLICIES_PER_ROLE} that may be attached (hint: ask for a higher quota, or grant less)",
            parts.len()
        );
    }
    Ok(())
}
