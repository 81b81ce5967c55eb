//! Compiles correlations as written into a plan that runs. Each invalid one is refused on its own.

mod assemble;
mod check;
mod condition;
mod cycle;
mod names;
mod resolve;

pub use names::NamedRule;

use self::check::problem_at;
use self::names::{ReferenceNames, ReferenceTarget};
use self::resolve::ResolvedCorrelation;
use super::model::Correlation;
use super::plan::CorrelationPlan;
use crate::problem::RuleMistake;

/// The result of compiling correlations.
#[derive(Clone, Debug, Default)]
pub struct CompiledCorrelations {
    /// The correlations that can run.
    pub plan: CorrelationPlan,
    /// Why the others can't, in the order given.
    pub problems: Vec<RuleMistake>,
}

/// Compiles correlations over the given rules.
///
/// References are looked up by id, then by name, then by title, among rules and correlations. The
/// `rule` of a match is an index into `rules`.
///
/// ```
/// use aware_rules::correlate::{NamedRule, compile_correlations};
/// use aware_rules::shipped::load_shipped;
///
/// let loaded = load_shipped();
/// let rules: Vec<NamedRule<'_>> = (loaded.rules.iter())
///     .map(|rule| NamedRule { id: &rule.about.id, name: None, title: &rule.about.name })
///     .collect();
/// let compiled = compile_correlations(&rules, &loaded.correlations);
/// assert!(compiled.problems.is_empty());
/// assert_eq!(compiled.plan.correlations().len(), loaded.correlations.len());
/// ```
pub fn compile_correlations(
    rules: &[NamedRule<'_>],
    correlations: &[Correlation],
) -> CompiledCorrelations {
    let names = ReferenceNames::from_rules(rules, correlations);
    let mut fates: Vec<Result<ResolvedCorrelation, Vec<RuleMistake>>> =
        correlations.iter().map(|one| judge_correlation(one, &names)).collect();
    cycle::refuse_cycles(correlations, &mut fates);
    refuse_orphans(correlations, &mut fates);
    let mut problems = Vec::new();
    let mut accepted = Vec::new();
    for fate in fates {
        match fate {
            Ok(resolved) => accepted.push(Some(resolved)),
            Err(found) => {
                problems.extend(found);
                accepted.push(None);
            }
        }
    }
    CompiledCorrelations { plan: assemble::assemble_plan(rules, correlations, accepted), problems }
}

fn judge_correlation(
    correlation: &Correlation,
    names: &ReferenceNames<'_>,
) -> Result<ResolvedCorrelation, Vec<RuleMistake>> {
    let mut problems = check::check_correlation(correlation);
    match resolve::resolve_correlation(correlation, names) {
        Ok(resolved) if problems.is_empty() => Ok(resolved),
        Ok(_) => Err(problems),
        Err(lost) => {
            problems.extend(lost);
            Err(problems)
        }
    }
}

/// Refuses whatever refers to a refused correlation, until nothing changes.
fn refuse_orphans(
    correlations: &[Correlation],
    fates: &mut [Result<ResolvedCorrelation, Vec<RuleMistake>>],
) {
    loop {
        let refused: Vec<bool> = fates.iter().map(Result::is_err).collect();
        let is_refused = |node: &ReferenceTarget| match node {
            ReferenceTarget::Correlation(at) => refused.get(*at).copied().unwrap_or(true),
            ReferenceTarget::Rule(_) => false,
        };
        let mut changed = false;
        for (fate, correlation) in fates.iter_mut().zip(correlations) {
            let Ok(resolved) = fate else { continue };
            let Some(at) = resolved.rules.iter().position(is_refused) else { continue };
            let reference = correlation.rules.get(at).map_or("", String::as_str);
            let what = format!("correlation refers to `{reference}`, which is itself refused");
            *fate = Err(vec![problem_at(correlation, what)]);
            changed = true;
        }
        if !changed {
            return;
        }
    }
}
