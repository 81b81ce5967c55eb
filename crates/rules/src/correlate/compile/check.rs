//! Checks a correlation without looking at others.

use std::collections::BTreeSet;

use super::condition;
use crate::correlate::model::Correlation;
use crate::problem::Problem;

/// Maximum number of rules that one correlation can refer to.
const MAX_RULES: usize = 64;
/// The longest window, in seconds: 30 days.
const MAX_TIMESPAN: u64 = 30 * 86_400;

/// Everything that is wrong with it.
pub(super) fn check(correlation: &Correlation) -> Vec<Problem> {
    let mut problems: Vec<Problem> =
        condition::shape(correlation).into_iter().map(|what| problem(correlation, what)).collect();
    problems.extend(timespan(correlation));
    problems.extend(rules(correlation));
    if problems.is_empty()
        && let Some((what, hint)) = condition::flaw(correlation)
    {
        let found = problem(correlation, what);
        problems.push(hint.map_or(found.clone(), |hint| found.hint(hint)));
    }
    problems
}

/// A problem at the correlation's position.
pub(super) fn problem(correlation: &Correlation, what: impl std::fmt::Display) -> Problem {
    Problem::new(&correlation.file, (correlation.line, 0), what)
}

fn timespan(correlation: &Correlation) -> Option<Problem> {
    match correlation.timespan_seconds {
        0 => Some(problem(correlation, "timespan is 0").hint("write a time like `10m`")),
        1..=MAX_TIMESPAN => None,
        _ => Some(problem(correlation, "timespan is over 30 days")),
    }
}

fn rules(correlation: &Correlation) -> Vec<Problem> {
    let rules = &correlation.rules;
    if rules.is_empty() {
        return vec![problem(correlation, "correlation refers to no rules")];
    }
    if rules.len() > MAX_RULES {
        let what = format!("correlation refers to {} rules", rules.len());
        return vec![problem(correlation, what).hint(format!("at most {MAX_RULES}"))];
    }
    let mut seen = BTreeSet::new();
    let twice = rules.iter().filter(|rule| !seen.insert(rule.as_str()));
    twice.map(|rule| problem(correlation, format!("rule `{rule}` is listed twice"))).collect()
}
