//! From files and config entries to a set of rules.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aware_core::event::Level;
use aware_core::finding;
use aware_core::source::cloudtrail;
use aware_pipeline::rule_set::{RuleSet, RuleSetParts, Suppression};
use aware_rules::correlate::{self, Named};
use aware_rules::ir::Expr;
use aware_rules::problem::Problem;
use aware_rules::rule::{Language, Rule};
use aware_rules::sigma::{self, Targets};
use aware_rules::{cloudwatch, eventbridge};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::files::{barren, files, ships};
use super::left_out::LeftOut;
use super::{RulesConfig, Selector, SelectorError, SuppressionConfig, WatchConfig};
use crate::config::Config;

/// What is to be loaded.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// The config's table.
    pub rules: RulesConfig,
    /// The config's one-line rules.
    pub watch: Vec<WatchConfig>,
    /// The config's suppressions.
    pub suppress: Vec<SuppressionConfig>,
    /// What problems of config entries call their file.
    pub config_file: String,
    /// A path whose rules are tried out: they are on unless the config switches them off.
    pub tried: Option<PathBuf>,
}

impl Wanted {
    /// What a config says of rules; paths in it are as seen from the working folder.
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

/// What came of it.
#[derive(Debug)]
pub struct Loaded {
    /// The rules in force.
    pub rules: RuleSet,
    /// Rules that are loaded, and off.
    pub off: Vec<Rule>,
    /// What is worth knowing and not wrong.
    pub notes: Vec<String>,
    /// What of the files was left out, although nothing is wrong with it.
    pub left_out: LeftOut,
    /// What is meant so, and leaves out what is told otherwise.
    pub warnings: Vec<String>,
    /// What is wrong. Nothing with a problem is in force.
    pub problems: Vec<Problem>,
    /// Those of them that are about something that was asked for and is not there: a path, a rule's
    /// id, a tag.
    pub missing: Vec<Problem>,
    /// Ids, tags and whether it is on, of every rule and correlation.
    all: Vec<(Arc<finding::RuleSummary>, bool)>,
}

impl Loaded {
    /// The rules and correlations that `ID`, `tag:NAME` or `level:NAME` names, each with whether it is
    /// on; at least one.
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

/// The rule that a filter pattern stands in for.
const DENIED_CALLS: &str = "aws-denied-call";
/// What is said of it.
const STANDS_IN: &str = "the filter pattern stands in for the rule `aws-denied-call`: denied calls that it does not match are not told (hint: `rules.enable = [\"aws-denied-call\"]` tells them too)";

/// Loads everything. Never fails: what is wrong is a problem, and the rest is loaded.
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
    let mut suppressions: Vec<(Suppression, Targets)> =
        sigma.filters.iter().filter_map(of_filter).collect();
    for entry in &wanted.suppress {
        match of_entry(entry, &wanted.config_file, &rules) {
            Ok(suppression) => suppressions.push(suppression),
            Err(problem) => problems.push(problem),
        }
    }
    let is_on = |rule: &Arc<finding::RuleSummary>| {
        let of_rule = rules.iter().find(|one| one.about.id == rule.id).map(|one| one.enabled);
        let of_other = sigma.correlations.iter().find(|one| one.about.id == rule.id);
        let by_default = of_rule.or(of_other.map(|one| one.enabled));
        choice.is_on(rule, by_default.unwrap_or(true))
    };
    let all = all.iter().map(|rule| (Arc::clone(rule), is_on(rule))).collect();
    problems.extend(missing.iter().cloned());
    problems.sort();
    missing.sort();
    let rules: Vec<(Rule, bool)> = rules
        .into_iter()
        .map(|rule| {
            let on = choice.is_on(&rule.about, rule.enabled);
            (rule, on)
        })
        .collect();
    let off = rules.iter().filter(|(_, on)| !on).map(|(rule, _)| rule.clone()).collect();
    let lateness = wanted.rules.lateness.as_ref().map(|span| span.0);
    let rules =
        RuleSet::new(RuleSetParts { rules, correlations: compiled, suppressions, lateness });
    let warnings = warnings.into_iter().collect();
    Loaded { rules, off, notes, left_out, warnings, problems, missing, all }
}

/// Switches on what a path brings.
fn switch_on(sigma: &mut sigma::Loaded, path: &Path, config: &RulesConfig) {
    let is_there = |file: &str| Path::new(file).starts_with(path) && !ships(config, file);
    for rule in sigma.rules.iter_mut().filter(|rule| is_there(&rule.file)) {
        rule.enabled = true;
    }
    for one in sigma.correlations.iter_mut().filter(|one| is_there(&one.file)) {
        one.enabled = true;
    }
}

/// What a one-line rule says that its author cannot mean.
fn doubts(rule: &Rule) -> Vec<String> {
    let doubts = aware_rules::doubt::doubts(&rule.expr, rule.source, &BTreeSet::new());
    doubts.iter().map(|doubt| format!("{}: {doubt}", rule.file)).collect()
}

/// A one-line rule.
fn watched(watch: &WatchConfig, file: &str) -> Result<Rule, Problem> {
    let file = format!("{file} [[watch]] `{}`", watch.name);
    let (language, expr) = match (&watch.pattern, &watch.event_pattern) {
        (Some(pattern), None) => (Language::CloudWatch, cloudwatch::compile(&file, pattern)?),
        (None, Some(pattern)) => {
            (Language::EventBridge, eventbridge::compile_for_record(&file, pattern)?)
        }
        _ => {
            let what = "needs either `pattern` or `event_pattern`";
            return Err(Problem::new(&file, (0, 0), what));
        }
    };
    let level = watch.level.map_or(Level::Medium, Into::into);
    let mut about =
        finding::RuleSummary::new(&format!("watch-{}", slug(&watch.name)), &watch.name, level);
    about.description.clone_from(&watch.description);
    about.tags.clone_from(&watch.tags);
    let source = Some(cloudtrail::ID);
    Ok(Rule { about: Arc::new(about), language, source, file, line: 0, enabled: true, expr })
}

fn slug(name: &str) -> String {
    let words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join("-")
}

/// What the config switches on and off, and which levels it sets.
struct Choice {
    enable: Vec<Selector>,
    disable: Vec<Selector>,
    levels: Vec<(Selector, Level)>,
    /// Whether a filter pattern stands in for the rule about denied calls.
    stands_in: bool,
}

impl Choice {
    fn new(config: &RulesConfig, file: &str, problems: &mut Vec<Problem>) -> Self {
        let mut parse = |text: &String| {
            let problem = |error: SelectorError| problems.push(Problem::new(file, (0, 0), error));
            Selector::parse(text).map_err(problem).ok()
        };
        Self {
            enable: config.enable.iter().filter_map(&mut parse).collect(),
            disable: config.disable.iter().filter_map(&mut parse).collect(),
            levels: config
                .levels
                .iter()
                .filter_map(|(text, level)| Some((parse(text)?, (*level).into())))
                .collect(),
            stands_in: false,
        }
    }

    /// Selectors that name no rule.
    fn missing(&self, all: &[Arc<finding::RuleSummary>], file: &str) -> Vec<Problem> {
        let known: Vec<&finding::RuleSummary> = all.iter().map(|rule| &**rule).collect();
        let levels = self.levels.iter().map(|(selector, _)| selector);
        let selectors = self.enable.iter().chain(&self.disable).chain(levels);
        let problem = |selector: &Selector| {
            let what = selector.must_take(&known).err()?;
            Some(Problem::new(file, (0, 0), what))
        };
        selectors.filter_map(problem).collect()
    }

    fn level(&self, rule: &mut Arc<finding::RuleSummary>) {
        let wanted = self.levels.iter().filter(|(selector, _)| selector.takes(rule));
        // An id says more than a tag or a level.
        let best = wanted.max_by_key(|(selector, _)| matches!(selector, Selector::Id(_)));
        if let Some((_, level)) = best {
            Arc::make_mut(rule).level = *level;
        }
    }

    fn is_on(&self, rule: &finding::RuleSummary, by_default: bool) -> bool {
        let takes = |selector: &&Selector| selector.takes(rule);
        let by_default = by_default && !(self.stands_in && rule.id == DENIED_CALLS);
        let by_id = |selector: &Selector| matches!(selector, Selector::Id(_));
        let on = self.enable.iter().find(takes);
        let off = self.disable.iter().find(takes);
        match (on, off) {
            (Some(on), Some(off)) => by_id(on) || !by_id(off) && by_default,
            (Some(_), None) => true,
            (None, Some(_)) => false,
            (None, None) => by_default,
        }
    }
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

fn of_filter(filter: &sigma::Filter) -> Option<(Suppression, Targets)> {
    let suppression = Suppression {
        name: filter.about.name.clone(),
        owner: filter.owner.clone()?,
        reason: filter.reason.clone()?,
        until: end(filter.until.as_deref()?)?,
        source: filter.source,
        expr: filter.expr.clone(),
        file: filter.file.clone(),
        line: filter.line,
    };
    Some((suppression, filter.targets.clone()))
}

fn of_entry(
    entry: &SuppressionConfig,
    file: &str,
    rules: &[Rule],
) -> Result<(Suppression, Targets), Problem> {
    let file = format!("{file} [[suppress]] `{}`", entry.name);
    let problem = |what: String| Problem::new(&file, (0, 0), what);
    let wrong = |error: SelectorError| problem(error.to_string());
    for (key, value) in [("owner", &entry.owner), ("reason", &entry.reason)] {
        if value.trim().is_empty() {
            return Err(problem(format!("`{key}` is empty")));
        }
    }
    let until = end(&entry.until).ok_or_else(|| {
        problem(format!("`{}` is no end", entry.until)).hint("a date, `2027-01-31`, or a time")
    })?;
    let mut targets = BTreeSet::new();
    for text in &entry.rules {
        let selector = Selector::parse(text).map_err(wrong)?;
        let ids: Vec<_> = rules.iter().filter(|rule| selector.takes(&rule.about)).collect();
        let known: Vec<&finding::RuleSummary> = rules.iter().map(|rule| &*rule.about).collect();
        selector.must_take(&known).map_err(wrong)?;
        targets.extend(ids.into_iter().map(|rule| rule.about.id.clone()));
    }
    let targets = match entry.rules.as_slice() {
        [] => Targets::Any,
        _ => Targets::Rules(targets.into_iter().collect()),
    };
    let expr: Expr = cloudwatch::compile(&file, &entry.pattern)?;
    let suppression = Suppression {
        name: entry.name.clone(),
        owner: entry.owner.clone(),
        reason: entry.reason.clone(),
        until,
        source: None,
        expr: expr.not(),
        file,
        line: 0,
    };
    Ok((suppression, targets))
}

/// The end that a date or time names; a date is over when its day is.
fn end(text: &str) -> Option<Timestamp> {
    let day =
        || TimeZone::UTC.to_timestamp(text.parse::<Date>().ok()?.tomorrow().ok()?.into()).ok();
    text.parse::<Timestamp>().ok().or_else(day)
}
