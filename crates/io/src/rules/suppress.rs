//! Suppressions: the filters of rule files, and the config's entries.

use std::collections::BTreeSet;

use aware_cases::case::KnownActor;
use aware_core::finding;
use aware_pipeline::rule_set::Suppression;
use aware_rules::cloudwatch;
use aware_rules::ir::RuleExpr;
use aware_rules::problem::RuleMistake;
use aware_rules::rule::CompiledRule;
use aware_rules::sigma::{self, FilterTargets};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::config::{KnownConfig, SuppressionConfig};
use super::select::{RuleSelector, SelectorError};

/// Suppressions, each with the rules that it may hide. What is wrong with an entry is a problem.
pub(super) fn suppressions(
    filters: &[sigma::SigmaFilter],
    entries: &[SuppressionConfig],
    config_file: &str,
    rules: &[CompiledRule],
    problems: &mut Vec<RuleMistake>,
) -> Vec<(Suppression, FilterTargets)> {
    let mut suppressions: Vec<(Suppression, FilterTargets)> =
        filters.iter().filter_map(suppression_from_filter).collect();
    for entry in entries {
        match suppression_from_entry(entry, config_file, rules) {
            Ok(suppression) => suppressions.push(suppression),
            Err(problem) => problems.push(problem),
        }
    }
    suppressions
}

fn suppression_from_filter(filter: &sigma::SigmaFilter) -> Option<(Suppression, FilterTargets)> {
    let suppression = Suppression {
        name: filter.about.name.clone(),
        owner: filter.owner.clone()?,
        reason: filter.reason.clone()?,
        until: parse_end(filter.until.as_deref()?)?,
        source: filter.source,
        expr: filter.expr.clone(),
        file: filter.file.clone(),
        line: filter.line,
    };
    Some((suppression, filter.targets.clone()))
}

fn suppression_from_entry(
    entry: &SuppressionConfig,
    file: &str,
    rules: &[CompiledRule],
) -> Result<(Suppression, FilterTargets), RuleMistake> {
    let file = format!("{file} [[suppress]] `{}`", entry.name);
    let problem = |what: String| RuleMistake::new(&file, (0, 0), what);
    let wrong = |error: SelectorError| problem(error.to_string());
    for (key, value) in [("owner", &entry.owner), ("reason", &entry.reason)] {
        if value.trim().is_empty() {
            return Err(problem(format!("`{key}` is empty")));
        }
    }
    let until = parse_end(&entry.until).ok_or_else(|| {
        problem(format!("`{}` is not a date or a time", entry.until))
            .with_hint("a date, `2027-01-31`, or a time")
    })?;
    let mut targets = BTreeSet::new();
    for text in &entry.rules {
        let selector = RuleSelector::parse(text).map_err(wrong)?;
        let ids: Vec<_> = rules.iter().filter(|rule| selector.matches_rule(&rule.about)).collect();
        let known: Vec<&finding::RuleSummary> = rules.iter().map(|rule| &*rule.about).collect();
        selector.check_matches(&known).map_err(wrong)?;
        targets.extend(ids.into_iter().map(|rule| rule.about.id.clone()));
    }
    let targets = match entry.rules.as_slice() {
        [] => FilterTargets::Any,
        _ => FilterTargets::Rules(targets.into_iter().collect()),
    };
    let expr: RuleExpr = cloudwatch::compile_pattern(&file, &entry.pattern)?;
    let suppression = Suppression {
        name: entry.name.clone(),
        owner: entry.owner.clone(),
        reason: entry.reason.clone(),
        until,
        source: None,
        expr: expr.negated(),
        file,
        line: 0,
    };
    Ok((suppression, targets))
}

/// The principals whose refusals their owners know. What is wrong with an entry is a problem.
pub(super) fn known_actors(
    entries: &[KnownConfig],
    file: &str,
    problems: &mut Vec<RuleMistake>,
) -> Vec<KnownActor> {
    let mut known = Vec::new();
    for entry in entries {
        match known_from_entry(entry, file) {
            Ok(actor) => known.push(actor),
            Err(problem) => problems.push(problem),
        }
    }
    known
}

fn known_from_entry(entry: &KnownConfig, file: &str) -> Result<KnownActor, RuleMistake> {
    let file = format!("{file} [[known]] `{}`", entry.principal);
    let problem = |what: String| RuleMistake::new(&file, (0, 0), what);
    let texts =
        [("principal", &entry.principal), ("owner", &entry.owner), ("reason", &entry.reason)];
    for (key, value) in texts {
        if value.trim().is_empty() {
            return Err(problem(format!("`{key}` is empty")));
        }
    }
    if entry.principal.chars().all(|c| matches!(c, '*' | '?')) {
        return Err(problem("`principal` names everybody".to_owned()).with_hint("`role/vendor-*`"));
    }
    let until = parse_end(&entry.until).ok_or_else(|| {
        problem(format!("`{}` is not a date or a time", entry.until))
            .with_hint("a date, `2027-01-31`, or a time")
    })?;
    Ok(KnownActor {
        principal: entry.principal.clone(),
        what: entry.what.clone(),
        owner: entry.owner.clone(),
        reason: entry.reason.clone(),
        until,
    })
}

/// When a suppression ends: at a time, or at the end of a date's day.
fn parse_end(text: &str) -> Option<Timestamp> {
    let day =
        || TimeZone::UTC.to_timestamp(text.parse::<Date>().ok()?.tomorrow().ok()?.into()).ok();
    text.parse::<Timestamp>().ok().or_else(day)
}
