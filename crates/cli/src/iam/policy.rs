//! `aware policy`: the smallest policy for a principal, from what it was denied or did.
//!
//! Only the policy goes to standard output; remarks on it go to standard error.

use std::io::{self, Write};
use std::sync::Mutex;

use aware_cases::generate::{ActivityCollector, PolicyWish};
use aware_cases::triage::PrincipalHistories;
use aware_core::event::Event;
use aware_core::finding::FindingPrincipal;
use aware_iam::policy::{
    MAX_POLICIES_PER_ROLE, Policy, SizeLimit, fit_policies, policy_size, render_policies,
};

use super::catalogue;
use super::policy_files::read_policies;
use super::policy_notes::{describe_no_match, report_policy};
use super::principal::{PrincipalMatches, PrincipalSelector};
use crate::args::{PolicyArgs, TimePeriod};
use crate::exit::{CommandExit, CommandFailure};
use crate::logs::ReadOptions;
use crate::logs::events::{EventSearch, search_logs};

/// Runs the command.
pub(crate) fn run_policy(args: &PolicyArgs) -> Result<CommandExit, CommandFailure> {
    let existing = read_policies(&args.existing)?;
    let whom = PrincipalSelector::parse(&args.principal)?;
    let wish = PolicyWish { basis: args.from.to_basis(), force: args.force };
    let period = args.period.check_order().map_err(CommandFailure::Usage)?;
    let lookout = PolicySearch { whom: &whom, wish, period, found: Mutex::default() };
    let manner = ReadOptions { aws: args.aws.clone(), ..ReadOptions::default() };
    let sums = search_logs(&args.logs, &manner, &lookout)?;
    let found = lookout.found.into_inner().unwrap_or_default();
    let exit = sums.report_rejects();
    let Some((arn, mut collector)) = found.matches.single_match(&whom)? else {
        tracing::warn!("{}", describe_no_match(&whom, &sums, found.outside));
        return Ok(CommandExit::Findings);
    };
    collector.add_histories(found.histories);
    let made = collector.finish_policy(&existing);
    report_policy(&made, &arn, found.who.as_ref(), &sums, args);
    if made.policy.statements.is_empty() {
        tracing::warn!("there is nothing to grant, so no policy is printed");
        return Ok(CommandExit::Findings);
    }
    write_policy(&made.policy, &arn, args)?;
    Ok(exit)
}

/// What was found about a principal.
#[derive(Default)]
struct PrincipalActivity {
    /// The principal, by one of its events.
    who: Option<FindingPrincipal>,
    matches: PrincipalMatches<ActivityCollector<'static>>,
    /// Events outside `--since` and `--until`.
    outside: u64,
    /// What the principal looked like in those before it.
    histories: PrincipalHistories,
}

struct PolicySearch<'a> {
    whom: &'a PrincipalSelector,
    wish: PolicyWish,
    period: TimePeriod,
    found: Mutex<PrincipalActivity>,
}

impl EventSearch for PolicySearch<'_> {
    fn may_match(&self, record: &[u8]) -> bool {
        self.whom.name_occurs_in(record)
    }

    fn take_event(&self, event: Event) {
        let Some(arn) = self.whom.match_event(&event) else { return };
        let Ok(mut found) = self.found.lock() else { return };
        if !self.period.contains_time(event.time) {
            found.outside += 1;
            if self.period.is_before(event.time) {
                found.histories.record_event(&event);
            }
            return;
        }
        found.who.get_or_insert_with(|| FindingPrincipal::from_event(&event));
        let new = || ActivityCollector::new(catalogue::current_catalogue(), self.wish);
        if let Some(collector) = found.matches.entry_for(arn, new) {
            collector.add_event(&event);
        }
    }
}

/// Prints the policy, split if it exceeds the limit of a managed policy, and reports its size.
fn write_policy(policy: &Policy, arn: &str, args: &PolicyArgs) -> Result<(), CommandFailure> {
    let usage = |problem: String| CommandFailure::Usage(problem);
    let parts =
        fit_policies(policy, SizeLimit::Managed).map_err(|problem| usage(problem.to_string()))?;
    let text =
        render_policies(&parts, args.format, arn).map_err(|problem| usage(problem.to_string()))?;
    io::stdout().lock().write_all(text.as_bytes())?;
    let (limit, whole) = (SizeLimit::Managed.max_chars(), policy_size(policy));
    let sizes: Vec<String> = parts.iter().map(|part| policy_size(part).to_string()).collect();
    match parts.len() {
        1 => tracing::info!("{whole} of the {limit} characters that a managed policy may have"),
        many => tracing::info!(
            "{whole} characters are over the {limit} of a managed policy: split into {many} of {}",
            sizes.join(", ")
        ),
    }
    let is_role = arn.contains(":role/");
    let inline = if is_role { SizeLimit::RoleInline } else { SizeLimit::UserInline };
    if whole > inline.max_chars() {
        let limit = inline.max_chars();
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
