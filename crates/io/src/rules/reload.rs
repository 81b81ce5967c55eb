//! Reloads a config that changes while the daemon runs: the config file, rule files and secret
//! files.
//!
//! A new config takes effect if all of it is available; otherwise the last good config stays in
//! force as a whole, and the problem is reported.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::time::Duration;

use aware_core::event::Level;
use aware_pipeline::rule_set::RuleSet;
use aware_pipeline::source::SourceHalf;
use aware_rules::problem::RuleMistake;

use super::{RuleRequest, load_rules};
use crate::config::{self, Config, ConfigError};
use crate::input::walk;

/// Interval between checks of the files.
pub const POLL_INTERVAL: Duration = Duration::from_secs(2);

/// Watches a config, and the files that it names.
#[derive(Debug)]
pub struct ConfigReloader {
    config: PathBuf,
    wanted: RuleRequest,
    /// The state of the files at the last reload, accepted or refused.
    judged: u64,
    /// The state at the last check: a file that is being written changes between checks.
    last: u64,
    /// Problems that were already reported.
    known: BTreeSet<RuleMistake>,
}

/// A config that was read again, with its rules.
#[derive(Debug)]
pub struct NewConfig {
    /// The config.
    pub config: Config,
    /// The rules that it asks for.
    pub rules: RuleSet,
    wanted: RuleRequest,
    problems: BTreeSet<RuleMistake>,
}

/// Why a new config is not put in force.
#[derive(Debug, thiserror::Error)]
pub enum ReloadError {
    /// It cannot be read, or something that it names cannot.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// It has rules with problems that they did not have before.
    #[error("{first}{}", more_of(*more))]
    Rules {
        /// The first of the problems.
        first: RuleMistake,
        /// How many more there are.
        more: usize,
    },
    /// The state would be in another place.
    #[error("`state` cannot change while the daemon runs (hint: restart it)")]
    State,
}

fn more_of(more: usize) -> String {
    if more > 0 { format!(" (and {more} more)") } else { String::new() }
}

impl ConfigReloader {
    /// Watches the files that these rules were loaded from; `problems` were already reported.
    pub fn new(config: &Path, wanted: RuleRequest, problems: &[RuleMistake]) -> Self {
        let state = files_fingerprint(config, &wanted);
        let known = problems.iter().cloned().collect();
        Self { config: config.to_owned(), wanted, judged: state, last: state, known }
    }

    /// Whether a file has changed since the last read, and has stopped changing.
    pub fn has_settled_change(&mut self) -> bool {
        let now = files_fingerprint(&self.config, &self.wanted);
        let has_settled = now == self.last;
        self.last = now;
        now != self.judged && has_settled
    }

    /// Reads the config and its rules again.
    ///
    /// # Errors
    /// [`ReloadError`] with the mistakes. The files are not read again until one of them changes.
    pub fn read_changed(&mut self) -> Result<NewConfig, ReloadError> {
        self.judged = files_fingerprint(&self.config, &self.wanted);
        self.last = self.judged;
        let config = config::read_config(&self.config)?;
        let wanted = RuleRequest::from_config(&config, &self.config.display().to_string());
        let loaded = load_rules(&wanted);
        let problems: BTreeSet<RuleMistake> = loaded.problems.into_iter().collect();
        let mut new = problems.difference(&self.known);
        if let Some(first) = new.next() {
            return Err(ReloadError::Rules { first: first.clone(), more: new.count() });
        }
        Ok(NewConfig { config, rules: loaded.rules, wanted, problems })
    }

    /// Watches the files that a new config names. Call this once the config is in force.
    pub fn mark_in_force(&mut self, new: &NewConfig) {
        self.judged = files_fingerprint(&self.config, &new.wanted);
        self.last = self.judged;
        self.wanted = new.wanted.clone();
        self.known.clone_from(&new.problems);
    }
}

/// Reports rules that are left out because they have problems: each in the log, and the first to
/// people if `to_people` is set.
pub async fn tell_left_out(source: &SourceHalf, problems: &[RuleMistake], to_people: bool) {
    for problem in problems {
        tracing::error!(%problem, "rule left out");
    }
    if let Some(first) = problems.first().filter(|_| to_people) {
        let (first, count) = (first.to_string(), problems.len().to_string());
        let details = [("Problem", first.as_str()), ("Problems", &count)];
        source.publish_system("Rules are left out", &details, Level::High).await;
    }
}

/// Reports that a new config did not take effect, and why.
pub async fn report_refusal(source: &SourceHalf, problem: &ReloadError) {
    let problem = problem.to_string();
    let problem = problem.as_str();
    tracing::error!(problem, "config not reloaded; the previous one stays in force");
    let details = [("Problem", problem), ("In Force", "the previous config")];
    source.publish_system("The new config was not applied", &details, Level::High).await;
}

/// A number that changes if a file is written, appears or disappears.
fn files_fingerprint(config: &Path, wanted: &RuleRequest) -> u64 {
    let paths: Vec<String> =
        wanted.rules.paths.iter().map(|path| path.display().to_string()).collect();
    let mut hasher = DefaultHasher::new();
    let rules = walk::find_files(&paths).files.into_iter().map(|file| file.path);
    for path in std::iter::once(config.to_owned()).chain(secret_files(config)).chain(rules) {
        let meta = std::fs::metadata(&path).ok();
        let written = meta.as_ref().and_then(|meta| meta.modified().ok());
        (path, meta.map(|meta| meta.len()), written).hash(&mut hasher);
    }
    hasher.finish()
}

/// The files that hold secrets: everything that the config writes as `file:/path`.
fn secret_files(config: &Path) -> Vec<PathBuf> {
    let text = std::fs::read_to_string(config).unwrap_or_default();
    let mut files = Vec::new();
    if let Ok(table) = text.parse::<toml::Table>() {
        table.values().for_each(|value| add_secret_files(value, &mut files));
    }
    files
}

fn add_secret_files(value: &toml::Value, files: &mut Vec<PathBuf>) {
    match value {
        toml::Value::String(text) => files.extend(text.strip_prefix("file:").map(PathBuf::from)),
        toml::Value::Array(list) => list.iter().for_each(|value| add_secret_files(value, files)),
        toml::Value::Table(table) => table.values().for_each(|it| add_secret_files(it, files)),
        _ => {}
    }
}
