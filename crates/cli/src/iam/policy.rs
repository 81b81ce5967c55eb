//! `aware policy`: the smallest policy for a principal, from what it was denied or did.
//!
//! Only the policy goes to standard output; everything that is to be said about it goes to standard
//! error.

use std::io::{self, Write};
use std::sync::Mutex;

use aware_cases::generate::{Collector, Wish};
use aware_cases::triage::Histories;
use aware_core::event::Event;
use aware_core::finding::FindingPrincipal;
use aware_iam::policy::{Limit, MAX_POLICIES_PER_ROLE, Policy, fit, render, size};

use super::catalogue;
use super::policy_files::policies;
use super::policy_notes::{nobody, tell};
use super::whom::{Matches, Whom};
use crate::args::{Period, PolicyArgs};
use crate::exit::{Exit, Failure};
use crate::logs::Manner;
use crate::logs::events::{Search, search};

/// Runs the command.
pub(crate) fn main(args: &PolicyArgs) -> Result<Exit, Failure> {
    let existing = policies(&args.existing)?;
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

/// What was found about a principal.
#[derive(Default)]
struct Found {
    /// The principal, by one of its events.
    who: Option<FindingPrincipal>,
    matches: Matches<Collector<'static>>,
    /// Events outside `--since` and `--until`.
    outside: u64,
    /// What the principal looked like in those before it.
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

/// Prints the policy, split if it exceeds the limit of a managed policy, and reports its size.
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
