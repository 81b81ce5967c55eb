//! From files and config entries to a set of rules.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use aware_core::event::Level;
use aware_core::finding;
use aware_rules::correlate::{self, Named};
use aware_rules::ir::Expr;
use aware_rules::problem::Problem;
use aware_rules::rule::{Language, Rule};
use aware_rules::sigma::{self, Targets};
use aware_rules::{cloudwatch, eventbridge, shipped};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::{
    Role, RuleSet, RulesConfig, Selector, Suppression, SuppressionConfig, WatchConfig, self_grants,
};
use crate::config::Config;
use crate::input::walk;

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
}

impl Wanted {
    /// What a config says of rules; paths in it are as seen from the working folder.
    pub fn of(config: &Config, file: &str) -> Self {
        Self {
            rules: config.rules.clone(),
            watch: config.watch.clone(),
            suppress: config.suppress.clone(),
            config_file: file.to_owned(),
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
    /// What is wrong. Nothing with a problem is in force.
    pub problems: Vec<Problem>,
}

/// The largest rule file, in bytes.
const MAX_FILE: u64 = 1 << 20;

/// Loads everything. Never fails: what is wrong is a problem, and the rest is loaded.
pub fn load(wanted: &Wanted) -> Loaded {
    let mut problems = Vec::new();
    let files = files(&wanted.rules, &mut problems);
    let placeholders = wanted.rules.placeholders.clone();
    let sigma = sigma::load(files, &placeholders);
    let notes = sigma.notes.iter().map(ToString::to_string).collect();
    problems.extend(sigma.problems.iter().cloned());
    let mut rules = sigma.rules.clone();
    rules.extend(wanted.watch.iter().filter_map(|watch| {
        watched(watch, &wanted.config_file).map_err(|problem| problems.push(problem)).ok()
    }));
    let choice = Choice::new(&wanted.rules, &wanted.config_file, &mut problems);
    rules.iter_mut().for_each(|rule| choice.level(&mut rule.about));
    let compiled = correlations(&sigma, &rules, &choice, &mut problems);
    let mut suppressions: Vec<(Suppression, Targets)> =
        sigma.filters.iter().filter_map(of_filter).collect();
    for entry in &wanted.suppress {
        match of_entry(entry, &wanted.config_file, &rules) {
            Ok(suppression) => suppressions.push(suppression),
            Err(problem) => problems.push(problem),
        }
    }
    problems.sort();
    let (mut rules, off) = assemble(rules, &choice, compiled, suppressions);
    rules.lateness = wanted.rules.lateness.as_ref().map(|span| span.0);
    Loaded { rules, off, notes, problems }
}

/// The texts of all rule files, those that ship first.
fn files(config: &RulesConfig, problems: &mut Vec<Problem>) -> Vec<(String, String)> {
    let mut files = Vec::new();
    if config.shipped.unwrap_or(true) {
        let own = shipped::rules().iter();
        files.extend(own.map(|(name, text)| ((*name).to_owned(), (*text).to_owned())));
    }
    let paths: Vec<String> = config.paths.iter().map(|path| path.display().to_string()).collect();
    let found = walk::expand(&paths);
    for (path, problem) in found.problems {
        problems.push(Problem::new(&path, (0, 0), problem));
    }
    let named = |path: &Path| config.paths.iter().any(|named| named == path);
    for file in found.files {
        if !named(&file.path) && !is_rule_file(&file.path) {
            continue;
        }
        let name = file.path.display().to_string();
        match text(&file.path) {
            Ok(text) => files.push((name, text)),
            Err(problem) => problems.push(Problem::new(&name, (0, 0), problem)),
        }
    }
    files
}

/// Whether a file of a folder is taken for a rule.
fn is_rule_file(path: &Path) -> bool {
    path.extension().is_some_and(|kind| kind == "yml" || kind == "yaml")
}

fn text(path: &Path) -> Result<String, String> {
    let mut bytes = Vec::new();
    walk::read(path, MAX_FILE, &mut bytes).map_err(|problem| problem.to_string())?;
    String::from_utf8(bytes)
        .map_err(|error| format!("is not UTF-8 after {} bytes", error.utf8_error().valid_up_to()))
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
    let mut about = finding::Rule::new(&format!("watch-{}", slug(&watch.name)), &watch.name, level);
    about.description.clone_from(&watch.description);
    about.tags.clone_from(&watch.tags);
    let source = "cloudtrail".to_owned();
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
}

impl Choice {
    fn new(config: &RulesConfig, file: &str, problems: &mut Vec<Problem>) -> Self {
        let mut parse = |text: &String| {
            let problem = |what: String| problems.push(Problem::new(file, (0, 0), what));
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
        }
    }

    fn level(&self, rule: &mut Arc<finding::Rule>) {
        let wanted = self.levels.iter().filter(|(selector, _)| selector.takes(rule));
        // An id says more than a tag or a level.
        let best = wanted.max_by_key(|(selector, _)| matches!(selector, Selector::Id(_)));
        if let Some((_, level)) = best {
            Arc::make_mut(rule).level = *level;
        }
    }

    fn is_on(&self, rule: &finding::Rule, by_default: bool) -> bool {
        let takes = |selector: &&Selector| selector.takes(rule);
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
    wanted.retain(|one| choice.is_on(&one.about, true));
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
        let selector = Selector::parse(text).map_err(problem)?;
        let ids: Vec<_> = rules.iter().filter(|rule| selector.takes(&rule.about)).collect();
        if ids.is_empty() {
            return Err(problem(format!("no rule is `{text}`")));
        }
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

/// Puts together what is on, and what only feeds correlations.
fn assemble(
    rules: Vec<Rule>,
    choice: &Choice,
    compiled: correlate::Compiled,
    suppressions: Vec<(Suppression, Targets)>,
) -> (RuleSet, Vec<Rule>) {
    let by_id = by_target(&suppressions);
    let (mut events, mut roles, mut off) = (Vec::new(), Vec::new(), Vec::new());
    for (at, rule) in rules.into_iter().enumerate() {
        let on = choice.is_on(&rule.about, rule.enabled);
        let feeds = compiled.plan.listens_to(at).then_some(at);
        if !on {
            off.push(rule.clone());
        }
        if !on && feeds.is_none() {
            continue;
        }
        let id = rule.about.id.as_str();
        let hiding = [by_id.get(&None), by_id.get(&Some(id))].into_iter().flatten().flatten();
        roles.push(Role {
            silent: !on || compiled.plan.silenced_rules().contains(&at),
            feeds,
            suppressions: hiding.copied().collect(),
        });
        events.push(rule);
    }
    let suppressions = suppressions.into_iter().map(|(one, _)| one).collect();
    let count = events.len();
    events.extend(self_grants::rules());
    roles.resize(events.len(), Role { silent: true, ..Role::default() });
    let events = events.into();
    let correlations = Arc::new(compiled.plan);
    (RuleSet { events, rules: count, roles, suppressions, correlations, lateness: None }, off)
}

/// Suppressions by the rule that they are for; `None` for all rules.
fn by_target(suppressions: &[(Suppression, Targets)]) -> BTreeMap<Option<&str>, Vec<usize>> {
    let mut by_id: BTreeMap<Option<&str>, Vec<usize>> = BTreeMap::new();
    for (at, (_, targets)) in suppressions.iter().enumerate() {
        match targets {
            Targets::Any => by_id.entry(None).or_default().push(at),
            Targets::Rules(ids) => {
                for id in ids {
                    by_id.entry(Some(id)).or_default().push(at);
                }
            }
        }
    }
    by_id
}
