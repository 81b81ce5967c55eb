//! Builds a set of rules from files and config entries.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use aware_core::finding;
use aware_pipeline::rule_set::{RuleSet, RuleSetParts};
use aware_rules::correlate::{self, Named};
use aware_rules::problem::Problem;
use aware_rules::rule::Rule;
use aware_rules::sigma;

use super::choice::Choice;
use super::files::{barren, files, ships};
use super::left_out::LeftOut;
use super::suppress::suppressions;
use super::watch::{doubts, watched};
use super::{RulesConfig, Selector, SelectorError, SuppressionConfig, WatchConfig};
use crate::config::Config;

/// What to load.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// The config's table.
    pub rules: RulesConfig,
    /// The config's one-line rules.
    pub watch: Vec<WatchConfig>,
    /// The config's suppressions.
    pub suppress: Vec<SuppressionConfig>,
    /// The file name used in problems of config entries.
    pub config_file: String,
    /// A path whose rules are being tried out: they are on unless the config disables them.
    pub tried: Option<PathBuf>,
}

impl Wanted {
    /// The part of a config that is about rules; its paths are relative to the working folder.
    pub fn of(config: &Config, file: &str) -> Self {
        Self {
            rules: config.rules.clone(),
            watch: config.watch.clone(),
            suppress: config.suppress.clone(),
            config_file: file.to_owned(),
            tried: None,
        }
    }
}

/// The result of loading.
#[derive(Debug)]
pub struct Loaded {
    /// The rules in force.
    pub rules: RuleSet,
    /// Rules that are loaded but off.
    pub off: Vec<Rule>,
    /// Notes that are worth knowing but not wrong.
    pub notes: Vec<String>,
    /// Content of the files that was skipped without being wrong.
    pub left_out: LeftOut,
    /// What is intended, but hides something that is otherwise reported.
    pub warnings: Vec<String>,
    /// Problems. Anything with a problem is not in force.
    pub problems: Vec<Problem>,
    /// Those problems that concern something requested but missing: a path, a rule's id, a tag.
    pub missing: Vec<Problem>,
    /// Every rule and correlation, and whether it is on.
    all: Vec<(Arc<finding::RuleSummary>, bool)>,
}

impl Loaded {
    /// The rules and correlations that `ID`, `tag:NAME` or `level:NAME` selects, each with whether
    /// it is on; at least one.
    ///
    /// # Errors
    /// [`SelectorError`] that says what was probably meant.
    pub fn named(&self, text: &str) -> Result<Vec<(String, bool)>, SelectorError> {
        let selector = Selector::parse(text)?;
        let known: Vec<&finding::RuleSummary> = self.all.iter().map(|(rule, _)| &**rule).collect();
        selector.must_take(&known)?;
        let taken = self.all.iter().filter(|(rule, _)| selector.takes(rule));
        Ok(taken.map(|(rule, is_on)| (rule.id.clone(), *is_on)).collect())
    }
}

/// The warning about it.
const STANDS_IN: &str = "the filter pattern replaces the rule `aws-denied-call`: denied calls that it does not match are not reported (hint: `rules.enable = [\"aws-denied-call\"]` reports them too)";

/// Loads everything. Never fails: what is wrong becomes a problem, and the rest is loaded.
pub fn load(wanted: &Wanted) -> Loaded {
    let (mut problems, mut missing) = (Vec::new(), Vec::new());
    let (files, unreadable) = files(&wanted.rules, &mut missing);
    let placeholders = wanted.rules.placeholders.clone();
    let mut sigma = sigma::load(files, &placeholders);
    let mut left_out = LeftOut::of(&mut sigma, &wanted.rules.paths);
    left_out.documents += unreadable;
    let mut notes: Vec<String> = sigma.notes.iter().map(ToString::to_string).collect();
    problems.extend(sigma.problems.iter().cloned());
    let told: Vec<Problem> = problems.iter().chain(&missing).cloned().collect();
    problems.extend(barren(&wanted.rules, &sigma, &told));
    if let Some(path) = &wanted.tried {
        switch_on(&mut sigma, path, &wanted.rules);
    }
    let mut rules = sigma.rules.clone();
    let watches = wanted.watch.iter().filter_map(|watch| {
        watched(watch, &wanted.config_file).map_err(|problem| problems.push(problem)).ok()
    });
    let watches: Vec<Rule> = watches.collect();
    notes.extend(watches.iter().flat_map(doubts));
    rules.extend(watches);
    let mut choice = Choice::new(&wanted.rules, &wanted.config_file, &mut missing);
    choice.stands_in = wanted.watch.iter().any(WatchConfig::is_filter_pattern);
    let warnings = choice.stands_in.then(|| format!("{}: {STANDS_IN}", wanted.config_file));
    rules.iter_mut().for_each(|rule| choice.level(&mut rule.about));
    let all: Vec<Arc<finding::RuleSummary>> = rules
        .iter()
        .map(|rule| Arc::clone(&rule.about))
        .chain(sigma.correlations.iter().map(|one| Arc::clone(&one.about)))
        .collect();
    missing.extend(choice.missing(&all, &wanted.config_file));
    let compiled = correlations(&sigma, &rules, &choice, &mut problems);
    let file = &wanted.config_file;
    let suppressions = suppressions(&sigma.filters, &wanted.suppress, file, &rules, &mut problems);
    let all = with_states(&all, &rules, &sigma, &choice);
    problems.extend(missing.iter().cloned());
    problems.sort();
    missing.sort();
    let with_state = |rule: Rule| {
        let on = choice.is_on(&rule.about, rule.enabled);
        (rule, on)
    };
    let rules: Vec<(Rule, bool)> = rules.into_iter().map(with_state).collect();
    let off = rules.iter().filter(|(_, on)| !on).map(|(rule, _)| rule.clone()).collect();
    let lateness = wanted.rules.lateness.as_ref().map(|span| span.0);
    let rules =
        RuleSet::new(RuleSetParts { rules, correlations: compiled, suppressions, lateness });
    let warnings = warnings.into_iter().collect();
    Loaded { rules, off, notes, left_out, warnings, problems, missing, all }
}

/// Enables the rules below a path.
fn switch_on(sigma: &mut sigma::Loaded, path: &Path, config: &RulesConfig) {
    let is_there = |file: &str| Path::new(file).starts_with(path) && !ships(config, file);
    for rule in sigma.rules.iter_mut().filter(|rule| is_there(&rule.file)) {
        rule.enabled = true;
    }
    for one in sigma.correlations.iter_mut().filter(|one| is_there(&one.file)) {
        one.enabled = true;
    }
}

/// Every rule and correlation with whether it is on.
fn with_states(
    all: &[Arc<finding::RuleSummary>],
    rules: &[Rule],
    sigma: &sigma::Loaded,
    choice: &Choice,
) -> Vec<(Arc<finding::RuleSummary>, bool)> {
    let is_on = |rule: &Arc<finding::RuleSummary>| {
        let of_rule = rules.iter().find(|one| one.about.id == rule.id).map(|one| one.enabled);
        let of_other = sigma.correlations.iter().find(|one| one.about.id == rule.id);
        let by_default = of_rule.or(of_other.map(|one| one.enabled));
        choice.is_on(rule, by_default.unwrap_or(true))
    };
    all.iter().map(|rule| (Arc::clone(rule), is_on(rule))).collect()
}

/// Compiles the correlations that are on.
fn correlations(
    sigma: &sigma::Loaded,
    rules: &[Rule],
    choice: &Choice,
    problems: &mut Vec<Problem>,
) -> correlate::Compiled {
    let mut wanted = sigma.correlations.clone();
    wanted.retain(|one| choice.is_on(&one.about, one.enabled));
    wanted.iter_mut().for_each(|one| choice.level(&mut one.about));
    let named: Vec<Named<'_>> = rules
        .iter()
        .map(|rule| Named { id: &rule.about.id, name: None, title: &rule.about.name })
        .collect();
    let compiled = correlate::compile(&named, &wanted);
    problems.extend(compiled.problems.iter().cloned());
    compiled
}
