//! Builds a set of rules from files and config entries.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aware_core::finding;
use aware_pipeline::rule_set::{RuleSet, RuleSetParts};
use aware_rules::correlate::{self, NamedRule};
use aware_rules::mapped::{SourceMap, default_rules, define_maps};
use aware_rules::problem::RuleMistake;
use aware_rules::rule::CompiledRule;
use aware_rules::sigma;

use super::choice::RuleSelection;
use super::files::{is_shipped, paths_without_rules, read_rule_files};
use super::skipped::SkippedContent;
use super::suppress::{known_actors, suppressions};
use super::watch::{compile_watch, list_doubts};
use super::{
    KnownConfig, RuleSelector, RulesConfig, SelectorError, SuppressionConfig, WatchConfig,
};
use crate::config::{Config, source_maps};
use crate::enrichment::{EnrichmentConfig, load_enrichment};

/// What to load.
#[derive(Clone, Debug, Default)]
pub struct RuleRequest {
    /// The config's table.
    pub rules: RulesConfig,
    /// The config's one-line rules.
    pub watch: Vec<WatchConfig>,
    /// The config's suppressions.
    pub suppress: Vec<SuppressionConfig>,
    /// The config's known principals.
    pub known: Vec<KnownConfig>,
    /// What the config says of accounts, networks and principals.
    pub enrichment: EnrichmentConfig,
    /// The owner's own sources.
    pub sources: Vec<SourceMap>,
    /// The file name used in problems of config entries.
    pub config_file: String,
    /// A path whose rules are being tried out: they are on unless the config disables them.
    pub tried: Option<PathBuf>,
    /// Whether the rules of every pack are on.
    pub every_pack: bool,
}

impl RuleRequest {
    /// The part of a config that is about rules; its paths are relative to the working folder.
    pub fn from_config(config: &Config, file: &str) -> Self {
        Self {
            rules: config.rules.clone(),
            watch: config.watch.clone(),
            suppress: config.suppress.clone(),
            known: config.known.clone(),
            enrichment: config.enrichment(),
            sources: source_maps(&config.source),
            config_file: file.to_owned(),
            tried: None,
            every_pack: false,
        }
    }
}

/// The result of loading.
#[derive(Debug)]
pub struct LoadedRules {
    /// The rules in force.
    pub rules: RuleSet,
    /// Rules that are loaded but off.
    pub off: Vec<CompiledRule>,
    /// Notes that are worth knowing but not wrong.
    pub notes: Vec<String>,
    /// Content of the files that was skipped without being wrong.
    pub left_out: SkippedContent,
    /// What is intended, but hides something that is otherwise reported.
    pub warnings: Vec<String>,
    /// Problems. Anything with a problem is not in force.
    pub problems: Vec<RuleMistake>,
    /// Those problems that concern something requested but missing: a path, a rule's id, a tag.
    pub missing: Vec<RuleMistake>,
    /// Every rule and correlation, and whether it is on.
    all: Vec<(Arc<finding::RuleSummary>, bool)>,
}

impl LoadedRules {
    /// Every rule and correlation, and whether it is on.
    pub fn all_rules(&self) -> impl Iterator<Item = (&finding::RuleSummary, bool)> {
        self.all.iter().map(|(rule, is_on)| (&**rule, *is_on))
    }

    /// The rules and correlations that `ID`, `tag:NAME`, `pack:NAME` or `level:NAME` selects, each with whether
    /// it is on; at least one.
    ///
    /// # Errors
    /// [`SelectorError`] that says what was probably meant.
    pub fn select_rules(&self, text: &str) -> Result<Vec<(String, bool)>, SelectorError> {
        let selector = RuleSelector::parse(text)?;
        let known: Vec<&finding::RuleSummary> = self.all.iter().map(|(rule, _)| &**rule).collect();
        selector.check_matches(&known)?;
        let taken = self.all.iter().filter(|(rule, _)| selector.matches_rule(rule));
        Ok(taken.map(|(rule, is_on)| (rule.id.clone(), *is_on)).collect())
    }
}

/// The warning about it.
const STANDS_IN: &str = "the filter pattern replaces the rule `aws-denied-call`: denied calls that it does not match are not reported (hint: `rules.enable = [\"aws-denied-call\"]` reports them too)";

/// Loads everything. Never fails: what is wrong becomes a problem, and the rest is loaded.
pub fn load_rules(wanted: &RuleRequest) -> LoadedRules {
    let (mut problems, mut missing) = (Vec::new(), Vec::new());
    let (mut sigma, unreadable) = load_sigma(wanted, &mut missing);
    let mut left_out = SkippedContent::take_from(&mut sigma, &wanted.rules.paths);
    left_out.documents += unreadable;
    let mut notes: Vec<String> = sigma.notes.iter().map(ToString::to_string).collect();
    problems.extend(sigma.problems.iter().cloned());
    let told: Vec<RuleMistake> = problems.iter().chain(&missing).cloned().collect();
    problems.extend(paths_without_rules(&wanted.rules, &sigma, &told));
    let mut rules = std::mem::take(&mut sigma.rules);
    let watches = wanted.watch.iter().filter_map(|watch| {
        compile_watch(watch, &wanted.config_file).map_err(|problem| problems.push(problem)).ok()
    });
    let watches: Vec<CompiledRule> = watches.collect();
    notes.extend(watches.iter().flat_map(list_doubts));
    rules.extend(watches);
    let mut choice = RuleSelection::new(&wanted.rules, &wanted.config_file, &mut missing);
    choice.stands_in = wanted.watch.iter().any(WatchConfig::is_filter_pattern);
    let warnings = choice.stands_in.then(|| format!("{}: {STANDS_IN}", wanted.config_file));
    rules.iter_mut().for_each(|rule| choice.apply_level(&mut rule.about));
    let all: Vec<Arc<finding::RuleSummary>> = rules
        .iter()
        .map(|rule| Arc::clone(&rule.about))
        .chain(sigma.correlations.iter().map(|one| Arc::clone(&one.about)))
        .collect();
    missing.extend(choice.unmatched_selectors(&all, &wanted.config_file));
    let compiled = compile_correlations(&sigma, &rules, &choice, &mut problems);
    let file = &wanted.config_file;
    let suppressions = suppressions(&sigma.filters, &wanted.suppress, file, &rules, &mut problems);
    let known = known_actors(&wanted.known, file, &mut problems);
    let (enrichment, unread) = load_enrichment(&wanted.enrichment, file);
    missing.extend(unread);
    let all = with_states(&all, &rules, &sigma, &choice);
    problems.extend(missing.iter().cloned());
    problems.sort();
    missing.sort();
    let with_state = |rule: CompiledRule| (choice.is_on(&rule.about, rule.enabled), rule);
    let with_state = rules.into_iter().map(with_state).map(|(on, rule)| (rule, on));
    let rules: Vec<(CompiledRule, bool)> = with_state.collect();
    let fed = |at: &usize| compiled.plan.listens_to(*at);
    let off = (0..).zip(&rules).filter(|(at, (_, on))| !on && !fed(at));
    let off = off.map(|(_, (rule, _))| rule.clone()).collect();
    let lateness = wanted.rules.lateness.as_ref().map(|span| span.0);
    let rules =
        RuleSet::new(RuleSetParts { rules, correlations: compiled, suppressions, lateness })
            .with_known(known)
            .with_enrichment(Arc::new(enrichment));
    let warnings = warnings.into_iter().collect();
    LoadedRules { rules, off, notes, left_out, warnings, problems, missing, all }
}

/// The rules of all files, and how many files could not be read.
fn load_sigma(wanted: &RuleRequest, missing: &mut Vec<RuleMistake>) -> (sigma::LoadedSigma, usize) {
    define_sources(wanted, missing);
    let (mut files, unreadable) = read_rule_files(&wanted.rules, missing);
    if wanted.rules.shipped.unwrap_or(true) {
        files.extend(rules_of_maps(wanted));
    }
    let mut sigma = sigma::load_rules(files, &wanted.rules.placeholders);
    if let Some(path) = &wanted.tried {
        enable_under(&mut sigma, path, &wanted.rules);
    }
    if wanted.every_pack {
        enable_packs(&mut sigma);
    }
    (sigma, unreadable)
}

/// Defines the owner's own sources, which rules then name.
fn define_sources(wanted: &RuleRequest, missing: &mut Vec<RuleMistake>) {
    let mistakes = define_maps(&wanted.sources).err().into_iter().flatten();
    missing.extend(mistakes.map(|mistake| RuleMistake::new(&wanted.config_file, (0, 0), mistake)));
}

/// The rules that the owner's own sources have, each named like the table that it is made of.
fn rules_of_maps(wanted: &RuleRequest) -> Vec<(String, String)> {
    let named = wanted
        .sources
        .iter()
        .map(|map| (format!("{} [source.{}]", wanted.config_file, map.name), default_rules(map)));
    named.filter(|(_, text)| !text.is_empty()).collect()
}

fn enable_packs(sigma: &mut sigma::LoadedSigma) {
    sigma.rules.iter_mut().for_each(|rule| rule.enabled |= rule.about.pack.is_some());
    sigma.correlations.iter_mut().for_each(|one| one.enabled |= one.about.pack.is_some());
}

/// Enables the rules below a path.
fn enable_under(sigma: &mut sigma::LoadedSigma, path: &Path, config: &RulesConfig) {
    let is_there = |file: &str| Path::new(file).starts_with(path) && !is_shipped(config, file);
    let silent: BTreeSet<String> = sigma.silent_rules().into_iter().map(str::to_owned).collect();
    let is_told = |rule: &CompiledRule| is_there(&rule.file) && !silent.contains(&rule.about.id);
    for rule in sigma.rules.iter_mut().filter(|rule| is_told(rule)) {
        rule.enabled = true;
        Arc::make_mut(&mut rule.about).pack = None;
    }
    for one in sigma.correlations.iter_mut().filter(|one| is_there(&one.file)) {
        one.enabled = true;
        Arc::make_mut(&mut one.about).pack = None;
    }
}

/// Every rule and correlation with whether it is on.
fn with_states(
    all: &[Arc<finding::RuleSummary>],
    rules: &[CompiledRule],
    sigma: &sigma::LoadedSigma,
    choice: &RuleSelection,
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
fn compile_correlations(
    sigma: &sigma::LoadedSigma,
    rules: &[CompiledRule],
    choice: &RuleSelection,
    problems: &mut Vec<RuleMistake>,
) -> correlate::CompiledCorrelations {
    let mut wanted = sigma.correlations.clone();
    wanted.retain(|one| choice.is_on(&one.about, one.enabled));
    wanted.iter_mut().for_each(|one| choice.apply_level(&mut one.about));
    let named: Vec<NamedRule<'_>> = rules
        .iter()
        .map(|rule| NamedRule { id: &rule.about.id, name: None, title: &rule.about.name })
        .collect();
    let compiled = correlate::compile_correlations(&named, &wanted);
    problems.extend(compiled.problems.iter().cloned());
    compiled
}
