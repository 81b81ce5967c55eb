//! Resolves the references and aliases of one correlation.

use std::collections::BTreeMap;

use aware_core::near::did_you_mean;

use super::check::problem_at;
use super::names::{LostReference, ReferenceNames, ReferenceTarget};
use crate::correlate::model::Correlation;
use crate::problem::RuleMistake;

/// A correlation with its references resolved.
pub(super) struct ResolvedCorrelation {
    /// One per entry of `rules`.
    pub(super) rules: Vec<ReferenceTarget>,
    /// For each alias, the field for each entry of `rules`.
    aliases: BTreeMap<String, Vec<Option<String>>>,
}

impl ResolvedCorrelation {
    /// What a name in `group-by` or `field` is called in the events of one of the rules.
    pub(super) fn field_for_rule<'a>(&'a self, name: &'a str, rule: usize) -> &'a str {
        let alias = self.aliases.get(name).and_then(|fields| fields.get(rule)?.as_deref());
        alias.unwrap_or(name)
    }
}

/// Resolves references and aliases, or reports which point to nothing.
pub(super) fn resolve_correlation(
    correlation: &Correlation,
    names: &ReferenceNames<'_>,
) -> Result<ResolvedCorrelation, Vec<RuleMistake>> {
    let found: Vec<_> = correlation
        .rules
        .iter()
        .map(|rule| find_reference(correlation, names, rule, "rule"))
        .collect();
    let (rules, lost) = split_results(found);
    if !lost.is_empty() {
        return Err(lost);
    }
    let again = correlation.rules.iter().enumerate().filter_map(|(at, rule)| {
        let first = rules.iter().position(|node| Some(node) == rules.get(at))?;
        let other = correlation.rules.get(first).filter(|other| first < at && *other != rule)?;
        Some(problem_at(correlation, format!("`{other}` and `{rule}` are the same rule")))
    });
    let problems: Vec<_> = again.collect();
    if !problems.is_empty() {
        return Err(problems);
    }
    let aliases = resolve_aliases(correlation, names, &rules)?;
    Ok(ResolvedCorrelation { rules, aliases })
}

fn split_results<T>(results: Vec<Result<T, RuleMistake>>) -> (Vec<T>, Vec<RuleMistake>) {
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for result in results {
        match result {
            Ok(value) => good.push(value),
            Err(problem) => bad.push(problem),
        }
    }
    (good, bad)
}

fn find_reference(
    correlation: &Correlation,
    names: &ReferenceNames<'_>,
    reference: &str,
    what: &str,
) -> Result<ReferenceTarget, RuleMistake> {
    names.find_target(reference).map_err(|lost| match lost {
        LostReference::Unknown => {
            let unknown = problem_at(correlation, format!("unknown {what} `{reference}`"));
            match names.nearest_name(reference) {
                Some(near) => unknown.with_hint(did_you_mean(near)),
                None => unknown,
            }
        }
        LostReference::Ambiguous(many) => {
            let what = format!("{what} `{reference}` could be any of {many}");
            problem_at(correlation, what).with_hint("refer to it by its id")
        }
    })
}

/// Every alias must name rules that the correlation refers to, and a used alias must have a field
/// for each of them: otherwise the events of the others would belong to no group.
fn resolve_aliases(
    correlation: &Correlation,
    names: &ReferenceNames<'_>,
    rules: &[ReferenceTarget],
) -> Result<BTreeMap<String, Vec<Option<String>>>, Vec<RuleMistake>> {
    let mut problems = Vec::new();
    let mut aliases = BTreeMap::new();
    for (alias, fields) in &correlation.aliases {
        let mut found = vec![None; rules.len()];
        for (reference, field) in fields {
            match position_of_rule(correlation, names, rules, reference) {
                Ok(at) => found.iter_mut().skip(at).take(1).for_each(|known| {
                    *known = Some(field.clone());
                }),
                Err(problem) => problems.push(problem),
            }
        }
        problems.extend(rules_without_alias(correlation, alias, &found));
        aliases.insert(alias.clone(), found);
    }
    if problems.is_empty() { Ok(aliases) } else { Err(problems) }
}

/// The position in `rules` of the rule that an alias names.
fn position_of_rule(
    correlation: &Correlation,
    names: &ReferenceNames<'_>,
    rules: &[ReferenceTarget],
    reference: &str,
) -> Result<usize, RuleMistake> {
    if let Some(at) = correlation.rules.iter().position(|rule| rule == reference) {
        return Ok(at);
    }
    let node = find_reference(correlation, names, reference, "rule in aliases:")?;
    rules.iter().position(|rule| *rule == node).ok_or_else(|| {
        let what = format!("aliases name `{reference}`, to which the correlation does not refer");
        problem_at(correlation, what)
    })
}

/// Rules for which a used alias has no field.
fn rules_without_alias(
    correlation: &Correlation,
    alias: &String,
    found: &[Option<String>],
) -> Vec<RuleMistake> {
    let fields = correlation.condition.iter().flat_map(|condition| &condition.fields);
    let used = correlation.group_by.iter().chain(fields).any(|name| name == alias);
    let without = correlation.rules.iter().zip(found).filter(|(_, field)| used && field.is_none());
    without
        .map(|(rule, _)| {
            let what = format!("alias `{alias}` has no field for rule `{rule}`");
            problem_at(correlation, what)
                .with_hint("name its field there, even if it has the same name")
        })
        .collect()
}
