//! The one place that names every adapter: from a config to inputs, destinations and a store.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use aware_cases::group::Intervals;
use aware_core::envelope::decompress::Limits;
use aware_core::route::Route;

use crate::aws::{Aws, NoRegion};
use crate::config::{
    Config, ConfigError, DestinationConfig, GroupingConfig, InputConfig, LimitsConfig, RouteConfig,
    StateConfig,
};
use crate::destination::slack::SlackConfigError;
use crate::destination::terminal::Terminal;
use crate::destination::webhook::WebhookConfigError;
use crate::input::file::FileConfigError;
use crate::input::s3::S3ConfigError;
use crate::input::sqs::SqsConfigError;
use crate::screen::Screen;
use crate::store::private;
use crate::store::progress::ProgressFile;
use crate::store::rejected::RejectedFolder;
use crate::store::sqlite::{KeepRefused, SqliteStore};
use aware_pipeline::port::{Destination, Input, Store, StoreError};
use aware_pipeline::rule_set::RuleSet;
use aware_pipeline::source::Source;
use aware_pipeline::store::memory::MemoryStore;

/// A config that nothing would come of.
pub const NO_INPUT: &str = "the config has no input (hint: add a table `[input.NAME]`)";

/// How many MiB of rejected bodies are kept, unless the config says otherwise.
pub(crate) const REJECTED_MIB: u32 = 256;

/// What a config asks for, made and not started.
pub struct Parts {
    /// The inputs, by name.
    pub inputs: Vec<(String, InputConfig, Box<dyn Input>)>,
    /// The destinations; the terminal when the config names none.
    pub destinations: Vec<Arc<dyn Destination>>,
}

/// Makes everything that a config asks for, secrets read and nothing connected. `aware run` starts
/// what this gives, and `aware config check` says what it refuses.
///
/// # Errors
/// [`ConfigError::Several`] with every input and destination that cannot be had.
pub async fn parts(config: &Config, aws: &Aws, screen: Screen) -> Result<Parts, ConfigError> {
    let mut problems = Vec::new();
    if config.input.is_empty() {
        problems.push(ConfigError::Impossible(NO_INPUT.to_owned()));
    }
    let mut inputs = Vec::new();
    for (name, config) in &config.input {
        match input(name, config, aws).await {
            Ok(input) => inputs.push((name.clone(), config.clone(), input)),
            Err(problem) => problems.push(problem),
        }
    }
    let mut destinations = Vec::new();
    for (name, config) in &config.destination {
        match destination(name, config, aws, screen).await {
            Ok(destination) => destinations.push(destination),
            Err(problem) => problems.push(problem),
        }
    }
    if !config.state.memory_only {
        problems.extend(state_folder(&config.state).err());
    }
    if config.destination.is_empty() {
        destinations.push(Arc::new(terminal("terminal", screen)));
    }
    if problems.is_empty() {
        Ok(Parts { inputs, destinations })
    } else {
        Err(ConfigError::Several(problems))
    }
}

/// One input of a config, by its name.
///
/// # Errors
/// [`ConfigError::Impossible`] naming the input that cannot be had.
pub async fn input(
    name: &str,
    config: &InputConfig,
    aws: &Aws,
) -> Result<Box<dyn Input>, ConfigError> {
    let built = build_input(name, config.clone(), aws).await;
    built.map_err(|problem| ConfigError::Impossible(format!("input `{name}`: {problem}")))
}

/// Why an input cannot be had.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
enum InputConfigError {
    File(#[from] FileConfigError),
    S3(#[from] S3ConfigError),
    Sqs(#[from] SqsConfigError),
    Region(#[from] NoRegion),
}

async fn build_input(
    name: &str,
    config: InputConfig,
    aws: &Aws,
) -> Result<Box<dyn Input>, InputConfigError> {
    Ok(match config {
        InputConfig::File(config) => {
            config.check_paths()?;
            Box::new(config.build(name)?)
        }
        InputConfig::Stdin(config) => Box::new(config.build(name)),
        InputConfig::S3(config) => Box::new(config.build(name, aws.regional().await?)?),
        InputConfig::Sqs(config) => Box::new(config.build(name, aws.config().await)?),
    })
}

/// The destinations of a config; the terminal when it names none.
///
/// # Errors
/// [`ConfigError::Impossible`] naming the destination that cannot be had.
pub async fn destinations(
    config: &Config,
    aws: &Aws,
    screen: Screen,
) -> Result<Vec<Arc<dyn Destination>>, ConfigError> {
    let mut destinations: Vec<Arc<dyn Destination>> = Vec::new();
    for (name, config) in &config.destination {
        destinations.push(destination(name, config, aws, screen).await?);
    }
    if destinations.is_empty() {
        destinations.push(Arc::new(terminal("terminal", screen)));
    }
    Ok(destinations)
}

async fn destination(
    name: &str,
    config: &DestinationConfig,
    aws: &Aws,
    screen: Screen,
) -> Result<Arc<dyn Destination>, ConfigError> {
    let built = build_destination(name, config.clone(), aws, screen).await;
    built.map_err(|problem| ConfigError::Impossible(format!("destination `{name}`: {problem}")))
}

/// Why a destination cannot be had.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
enum DestinationConfigError {
    Slack(#[from] SlackConfigError),
    Webhook(#[from] WebhookConfigError),
}

async fn build_destination(
    name: &str,
    config: DestinationConfig,
    aws: &Aws,
    screen: Screen,
) -> Result<Arc<dyn Destination>, DestinationConfigError> {
    Ok(match config {
        DestinationConfig::Slack(config) => Arc::new(config.build(name.to_owned(), aws).await?),
        DestinationConfig::Webhook(config) => Arc::new(config.build(name.to_owned(), aws).await?),
        DestinationConfig::Terminal(_) => Arc::new(terminal(name, screen)),
    })
}

fn terminal(name: &str, screen: Screen) -> Terminal {
    Terminal::new(name.to_owned(), Box::new(std::io::stdout()), screen)
}

/// The routes of a config.
pub fn routes(routes: &[RouteConfig]) -> Vec<Route> {
    let route = |route: &RouteConfig| Route {
        min_level: route.min_level.map(Into::into),
        looks_like: route.looks_like.iter().map(|name| (*name).into()).collect(),
        accounts: route.accounts.clone(),
        to: route.to.clone(),
    };
    routes.iter().map(route).collect()
}

/// The intervals of a config.
pub fn intervals(grouping: &GroupingConfig) -> Intervals {
    let default = Intervals::default();
    Intervals {
        wait: grouping.wait.map_or(default.wait, |span| span.0),
        interval: grouping.interval.map_or(default.interval, |span| span.0),
        repeat: grouping.repeat.map_or(default.repeat, |span| span.0),
    }
}

/// Puts a config's rules and limits in force in a source half that runs.
pub async fn put_in_force(source: &Source, config: &Config, rules: RuleSet) {
    source.set_rules(Arc::new(rules)).await;
    source.set_intervals(intervals(&config.grouping)).await;
    source.set_limits(limits(&config.limits)).await;
    source.set_subject_style(config.messages.subject_style.into()).await;
}

/// The store of a config. One that cannot be opened now is opened when it can be.
///
/// # Errors
/// [`ConfigError::Impossible`] when there is no folder for it, or its file is of a newer version.
pub fn store(state: &StateConfig) -> Result<Arc<dyn Store>, ConfigError> {
    if state.memory_only {
        return Ok(Arc::new(MemoryStore::default()));
    }
    let file = state_file(state)?;
    if let Some(folder) = file.parent()
        && let Err(error) = private::folder(folder)
    {
        tracing::error!(
            path = %folder.display(),
            problem = %error,
            "state folder cannot be created"
        );
    }
    let default = KeepRefused::default();
    let keep = KeepRefused {
        most: state.keep_refused.unwrap_or(default.most),
        days: state.keep_refused_days.unwrap_or(default.days),
    };
    let store = SqliteStore::lenient(&file, keep).map_err(|error| impossible(&file, &error))?;
    Ok(Arc::new(store))
}

/// The daemon's state, for commands that look at it; `None` when there is none yet.
///
/// # Errors
/// [`ConfigError::Impossible`] when it cannot be opened, or the config keeps none.
pub fn local_state(state: &StateConfig) -> Result<Option<SqliteStore>, ConfigError> {
    if state.memory_only {
        let problem = "the config keeps no state (hint: remove `state.memory_only`)";
        return Err(ConfigError::Impossible(problem.to_owned()));
    }
    let file = state_file(state)?;
    if !file.try_exists().unwrap_or(true) {
        return Ok(None);
    }
    SqliteStore::open(&file).map(Some).map_err(|error| impossible(&file, &error))
}

fn impossible(file: &Path, error: &StoreError) -> ConfigError {
    ConfigError::Impossible(format!("state in {}: {error}", file.display()))
}

fn state_file(state: &StateConfig) -> Result<PathBuf, ConfigError> {
    Ok(state_folder(state)?.join("aware.db"))
}

/// Where rejected bodies are kept; `None` when nothing is to be kept.
///
/// # Errors
/// [`ConfigError::Impossible`] when there is no folder for the state.
pub fn rejected_bodies(state: &StateConfig) -> Result<Option<RejectedFolder>, ConfigError> {
    if state.memory_only {
        return Ok(None);
    }
    let max_bytes = u64::from(state.rejected_mib.unwrap_or(REJECTED_MIB)) << 20;
    Ok(Some(RejectedFolder::new(&state_folder(state)?.join("rejected"), max_bytes)))
}

/// Where a config keeps which bodies are being looked at; `None` when it remembers nothing.
///
/// # Errors
/// [`ConfigError::Impossible`] when the file cannot be opened.
pub fn progress(state: &StateConfig) -> Result<Option<ProgressFile>, ConfigError> {
    if state.memory_only {
        return Ok(None);
    }
    let file = state_folder(state)?.join("in-progress");
    let opened = ProgressFile::open(&file);
    let problem = |error| ConfigError::Impossible(format!("{}: {error}", file.display()));
    opened.map(Some).map_err(problem)
}

/// The limits of a config.
pub fn limits(limits: &LimitsConfig) -> Limits {
    let default = Limits::default();
    Limits {
        max_bytes: limits.body.map_or(default.max_bytes, |size| size.0),
        max_nested: limits.nested.map_or(default.max_nested, |size| size.0),
        max_ratio: limits.ratio.map_or(default.max_ratio, |ratio| ratio.get() as usize),
    }
}

pub(crate) fn state_folder(state: &StateConfig) -> Result<PathBuf, ConfigError> {
    state.folder.clone().or_else(default_folder).ok_or_else(|| {
        let problem = "no folder for the state (hint: set `state.folder`, or $HOME)";
        ConfigError::Impossible(problem.to_owned())
    })
}

fn default_folder() -> Option<PathBuf> {
    let base =
        std::env::var_os("XDG_STATE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".local/state"));
    base.or_else(home).map(|base| base.join("aware"))
}
