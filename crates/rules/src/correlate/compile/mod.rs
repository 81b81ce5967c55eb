//! Compiles correlations as written into a plan that runs. Each invalid one is refused on its own.

mod assemble;
mod check;
mod circle;
mod condition;
mod names;
mod resolve;

pub use names::Named;

use self::check::problem;
use self::names::{Names, Node};
use self::resolve::Resolved;
use super::model::Correlation;
use super::plan::Plan;
use crate::problem::Problem;

/// The result of compiling correlations.
#[derive(Clone, Debug, Default)]
pub struct Compiled {
    /// The correlations that can run.
    pub plan: Plan,
    /// Why the others can't, in the order given.
    pub problems: Vec<Problem>,
}

/// Compiles correlations over the given rules.
///
/// References are looked up by id, then by name, then by title, among rules and correlations. The
/// `rule` of a match is an index into `rules`.
pub fn compile(rules: &[Named<'_>], correlations: &[Correlation]) -> Compiled {
    let names = Names::new(rules, correlations);
    let mut fates: Vec<Result<Resolved, Vec<Problem>>> =
        correlations.iter().map(|one| judge(one, &names)).collect();
    circle::refuse(correlations, &mut fates);
    orphans(correlations, &mut fates);
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
    Compiled { plan: assemble::assemble(rules, correlations, accepted), problems }
}

fn judge(correlation: &Correlation, names: &Names<'_>) -> Result<Resolved, Vec<Problem>> {
    let mut problems = check::check(correlation);
    match resolve::resolve(correlation, names) {
        Ok(resolved) if problems.is_empty() => Ok(resolved),
        Ok(_) => Err(problems),
        Err(lost) => {
            problems.extend(lost);
            Err(problems)
        }
    }
}

/// Refuses whatever refers to a refused correlation, until nothing changes.
fn orphans(correlations: &[Correlation], fates: &mut [Result<Resolved, Vec<Problem>>]) {
    loop {
        let refused: Vec<bool> = fates.iter().map(Result::is_err).collect();
        let is_refused = |node: &Node| match node {
            Node::Correlation(at) => refused.get(*at).copied().unwrap_or(true),
            Node::Rule(_) => false,
        };
        let mut changed = false;
        for (fate, correlation) in fates.iter_mut().zip(correlations) {
            let Ok(resolved) = fate else { continue };
            let Some(at) = resolved.rules.iter().position(is_refused) else { continue };
            let reference = correlation.rules.get(at).map_or("", String::as_str);
            let what = format!("correlation refers to `{reference}`, which is itself refused");
            *fate = Err(vec![problem(correlation, what)]);
            changed = true;
        }
        if !changed {
            return;
        }
    }
}
