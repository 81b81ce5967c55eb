//! Checks a correlation without looking at others.

use std::collections::BTreeSet;

use super::condition;
use crate::correlate::model::Correlation;
use crate::problem::RuleMistake;

/// Maximum number of rules that one correlation can refer to.
const MAX_RULES: usize = 64;
/// The longest window, in seconds: 30 days.
const MAX_TIMESPAN: u64 = 30 * 86_400;

/// Everything that is wrong with it.
pub(super) fn check_correlation(correlation: &Correlation) -> Vec<RuleMistake> {
    let mut problems: Vec<RuleMistake> = condition::check_shape(correlation)
        .into_iter()
        .map(|what| problem_at(correlation, what))
        .collect();
    problems.extend(check_timespan(correlation));
    problems.extend(check_rules(correlation));
    if problems.is_empty()
        && let Some((what, hint)) = condition::find_flaw(correlation)
    {
        let found = problem_at(correlation, what);
        problems.push(hint.map_or(found.clone(), |hint| found.with_hint(hint)));
    }
    problems
}

/// A problem at the correlation's position.
pub(super) fn problem_at(correlation: &Correlation, what: impl std::fmt::Display) -> RuleMistake {
    RuleMistake::new(&correlation.file, (correlation.line, 0), what)
}

fn check_timespan(correlation: &Correlation) -> Option<RuleMistake> {
    match correlation.timespan_seconds {
        0 => Some(problem_at(correlation, "timespan is 0").with_hint("write a time like `10m`")),
        1..=MAX_TIMESPAN => None,
        _ => Some(problem_at(correlation, "timespan is over 30 days")),
    }
}

fn check_rules(correlation: &Correlation) -> Vec<RuleMistake> {
    let rules = &correlation.rules;
    if rules.is_empty() {
        return vec![problem_at(correlation, "correlation refers to no rules")];
    }
    if rules.len() > MAX_RULES {
        let what = format!("correlation refers to {} rules", rules.len());
        return vec![problem_at(correlation, what).with_hint(format!("at most {MAX_RULES}"))];
    }
    let mut seen = BTreeSet::new();
    let twice = rules.iter().filter(|rule| !seen.insert(rule.as_str()));
    twice.map(|rule| problem_at(correlation, format!("rule `{rule}` is listed twice"))).collect()
}
