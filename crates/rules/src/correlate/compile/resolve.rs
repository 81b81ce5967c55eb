//! Resolves the references and aliases of one correlation.

use aware_core::near::did_you_mean;
use std::collections::BTreeMap;

use super::check::problem;
use super::names::{Lost, Names, Node};
use crate::correlate::model::Correlation;
use crate::problem::Problem;

/// A correlation with its references resolved.
pub(super) struct Resolved {
    /// One per entry of `rules`.
    pub(super) rules: Vec<Node>,
    /// For each alias, the field for each entry of `rules`.
    aliases: BTreeMap<String, Vec<Option<String>>>,
}

impl Resolved {
    /// What a name in `group-by` or `field` is called in the events of one of the rules.
    pub(super) fn field<'a>(&'a self, name: &'a str, rule: usize) -> &'a str {
        let alias = self.aliases.get(name).and_then(|fields| fields.get(rule)?.as_deref());
        alias.unwrap_or(name)
    }
}

/// Resolves references and aliases, or reports which point to nothing.
pub(super) fn resolve(
    correlation: &Correlation,
    names: &Names<'_>,
) -> Result<Resolved, Vec<Problem>> {
    let found: Vec<_> =
        correlation.rules.iter().map(|rule| find(correlation, names, rule, "rule")).collect();
    let (rules, lost) = split(found);
    if !lost.is_empty() {
        return Err(lost);
    }
    let again = correlation.rules.iter().enumerate().filter_map(|(at, rule)| {
        let first = rules.iter().position(|node| Some(node) == rules.get(at))?;
        let other = correlation.rules.get(first).filter(|other| first < at && *other != rule)?;
        Some(problem(correlation, format!("`{other}` and `{rule}` are the same rule")))
    });
    let problems: Vec<_> = again.collect();
    if !problems.is_empty() {
        return Err(problems);
    }
    let aliases = aliases(correlation, names, &rules)?;
    Ok(Resolved { rules, aliases })
}

fn split<T>(results: Vec<Result<T, Problem>>) -> (Vec<T>, Vec<Problem>) {
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for result in results {
        match result {
            Ok(value) => good.push(value),
            Err(problem) => bad.push(problem),
        }
    }
    (good, bad)
}

fn find(
    correlation: &Correlation,
    names: &Names<'_>,
    reference: &str,
    what: &str,
) -> Result<Node, Problem> {
    names.find(reference).map_err(|lost| match lost {
        Lost::Unknown => {
            let unknown = problem(correlation, format!("unknown {what} `{reference}`"));
            match names.near(reference) {
                Some(near) => unknown.hint(did_you_mean(near)),
                None => unknown,
            }
        }
        Lost::Ambiguous(many) => {
            let what = format!("{what} `{reference}` could be any of {many}");
            problem(correlation, what).hint("refer to it by its id")
        }
    })
}

/// Every alias must name rules that the correlation refers to, and a used alias must have a field
/// for each of them: otherwise the events of the others would belong to no group.
fn aliases(
    correlation: &Correlation,
    names: &Names<'_>,
    rules: &[Node],
) -> Result<BTreeMap<String, Vec<Option<String>>>, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut aliases = BTreeMap::new();
    for (alias, fields) in &correlation.aliases {
        let mut found = vec![None; rules.len()];
        for (reference, field) in fields {
            match place(correlation, names, rules, reference) {
                Ok(at) => found.iter_mut().skip(at).take(1).for_each(|known| {
                    *known = Some(field.clone());
                }),
                Err(problem) => problems.push(problem),
            }
        }
        problems.extend(silent(correlation, alias, &found));
        aliases.insert(alias.clone(), found);
    }
    if problems.is_empty() { Ok(aliases) } else { Err(problems) }
}

/// The position in `rules` of the rule that an alias names.
fn place(
    correlation: &Correlation,
    names: &Names<'_>,
    rules: &[Node],
    reference: &str,
) -> Result<usize, Problem> {
    if let Some(at) = correlation.rules.iter().position(|rule| rule == reference) {
        return Ok(at);
    }
    let node = find(correlation, names, reference, "rule in aliases:")?;
    rules.iter().position(|rule| *rule == node).ok_or_else(|| {
        let what = format!("aliases name `{reference}`, to which the correlation does not refer");
        problem(correlation, what)
    })
}

/// Rules for which a used alias has no field.
fn silent(correlation: &Correlation, alias: &String, found: &[Option<String>]) -> Vec<Problem> {
    let fields = correlation.condition.iter().flat_map(|condition| &condition.fields);
    let used = correlation.group_by.iter().chain(fields).any(|name| name == alias);
    let without = correlation.rules.iter().zip(found).filter(|(_, field)| used && field.is_none());
    without
        .map(|(rule, _)| {
            let what = format!("alias `{alias}` has no field for rule `{rule}`");
            problem(correlation, what).hint("name its field there, even if it has the same name")
        })
        .collect()
}
