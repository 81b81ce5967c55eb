//! The composition root, the one place that names every adapter: it builds inputs, destinations and
//! the store from a config.

mod destinations;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use aware_pipeline::port::{
    Destination, Input, ReadProgress, RejectedBodies, Store, StoreError, SystemClock, Topic,
};
use aware_pipeline::rule_set::RuleSet;
use aware_pipeline::source::SourceHalf;
use aware_pipeline::store::fallback::FallbackStore;
use aware_pipeline::store::memory::MemoryStore;
use aws_config::SdkConfig;

use crate::aws::{AwsSession, NoRegion};
use crate::config::{
    Config, ConfigError, InputConfig, REJECTED_MIB, StateConfig, case_limits_from, kept_refused,
    limits_from, state_folder,
};
use crate::input::file::FileConfigError;
use crate::input::s3::S3ConfigError;
use crate::input::sqs::SqsConfigError;
use crate::screen::OutputScreen;
use crate::store::dynamodb::DynamoStore;
use crate::store::private;
use crate::store::progress::ProgressFile;
use crate::store::rejected::RejectedFolder;
use crate::topic::local::{DEFAULT_CAPACITY, LocalTopic};
use crate::topic::sns::SnsTopic;

use self::destinations::named_destination;
pub use self::destinations::{build_destinations, stdout_terminal};
pub use crate::input::pushed::PushedInput;
pub use crate::input::s3::S3Input;
pub use crate::store::sqlite::SqliteStore;

/// The error for a config that would do nothing.
pub const NO_INPUT: &str = "the config has no input (hint: add a table `[input.NAME]`)";

/// What a config describes, built but not started.
pub struct ComposedParts {
    /// The inputs, by name.
    pub inputs: Vec<(String, InputConfig, Box<dyn Input>)>,
    /// The destinations; the terminal if the config names none.
    pub destinations: Vec<Arc<dyn Destination>>,
}

/// Builds everything that a config describes: secrets are read, but nothing is connected. `aware
/// run` starts the result, and `aware config check` reports the errors.
///
/// # Errors
/// [`ConfigError::Several`] with every input and destination that cannot be built.
pub async fn compose_parts(
    config: &Config,
    aws: &AwsSession,
    screen: OutputScreen,
) -> Result<ComposedParts, ConfigError> {
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
        match named_destination(name, config, aws, screen).await {
            Ok(destination) => destinations.push(destination),
            Err(problem) => problems.push(problem),
        }
    }
    if !config.state.memory_only {
        problems.extend(state_folder(&config.state).err());
    }
    if config.destination.is_empty() {
        destinations.push(stdout_terminal("terminal", screen));
    }
    if problems.is_empty() {
        Ok(ComposedParts { inputs, destinations })
    } else {
        Err(ConfigError::Several(problems))
    }
}

/// One input of a config, by its name.
///
/// # Errors
/// [`ConfigError::Impossible`], naming the input that cannot be built.
pub async fn input(
    name: &str,
    config: &InputConfig,
    aws: &AwsSession,
) -> Result<Box<dyn Input>, ConfigError> {
    let built = build_input(name, config.clone(), aws).await;
    built.map_err(|problem| ConfigError::Impossible(format!("input `{name}`: {problem}")))
}

/// Why an input cannot be built.
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
    aws: &AwsSession,
) -> Result<Box<dyn Input>, InputConfigError> {
    Ok(match config {
        InputConfig::File(config) => {
            config.check_paths()?;
            Box::new(config.build(name)?)
        }
        InputConfig::Stdin(config) => Box::new(config.build(name)),
        InputConfig::S3(config) => Box::new(config.build(name, aws.regional_config().await?)?),
        InputConfig::Sqs(config) => Box::new(config.build(name, aws.sdk_config().await)?),
    })
}

/// An input of everything below a prefix, for commands that read stored logs.
pub fn stored_objects(aws: &SdkConfig, bucket: &str, prefix: &str) -> S3Input {
    S3Input::new("scan", aws, bucket, prefix)
}

/// The input of a function: bodies that its invocations hand over.
pub async fn pushed_input(aws: &AwsSession) -> PushedInput {
    PushedInput::new(aws.sdk_config().await)
}

/// The queue between the two halves in one process.
pub fn local_topic() -> Arc<dyn Topic> {
    Arc::new(LocalTopic::new(DEFAULT_CAPACITY))
}

/// The topic between the two functions; signs of life go to `heartbeats` where that is another one.
pub async fn shared_topic(
    aws: &AwsSession,
    arn: &str,
    heartbeats: Option<String>,
) -> Arc<dyn Topic> {
    let client = aws_sdk_sns::Client::new(aws.sdk_config().await);
    Arc::new(SnsTopic::new(client, arn).with_heartbeats(heartbeats))
}

/// The source half as a config asks for it.
pub fn source_half(
    config: &Config,
    rules: RuleSet,
    store: &Arc<FallbackStore>,
    topic: Arc<dyn Topic>,
) -> SourceHalf {
    let (clock, limits) = (Arc::new(SystemClock), case_limits_from(&config.grouping));
    SourceHalf::new(Arc::clone(store), topic, clock, limits.intervals, Arc::new(rules))
        .with_case_limits(limits)
        .with_limits(limits_from(&config.limits))
        .with_subject_style(config.messages.subject_style.into())
}

/// The source half of the daemon: it keeps rejected bodies, and what it is looking at, in the folder
/// of its state.
///
/// # Errors
/// [`ConfigError::Impossible`] if there is no folder for the state.
pub fn daemon_source(
    config: &Config,
    rules: RuleSet,
    store: &Arc<FallbackStore>,
    topic: Arc<dyn Topic>,
) -> Result<SourceHalf, ConfigError> {
    let source =
        source_half(config, rules, store, topic).with_progress(open_progress(&config.state)?);
    Ok(match rejected_bodies(&config.state)? {
        Some(bodies) => source.with_rejected_bodies(bodies),
        None => source,
    })
}

/// Puts a config's rules and limits in force in a source half that runs.
pub async fn put_in_force(source: &SourceHalf, config: &Config, rules: RuleSet) {
    source.set_rules(Arc::new(rules)).await;
    source.set_case_limits(case_limits_from(&config.grouping)).await;
    source.set_limits(limits_from(&config.limits)).await;
    source.set_subject_style(config.messages.subject_style.into()).await;
}

/// The store of a config. If it cannot be opened now, it is opened once that is possible.
///
/// # Errors
/// [`ConfigError::Impossible`] if there is no folder for it, or its file has a newer version.
pub fn open_store(state: &StateConfig) -> Result<Arc<dyn Store>, ConfigError> {
    if state.memory_only {
        return Ok(memory_store());
    }
    let file = state_file(state)?;
    if let Some(folder) = file.parent()
        && let Err(error) = private::create_folder(folder)
    {
        tracing::error!(
            path = %folder.display(),
            problem = %error,
            "state folder cannot be created"
        );
    }
    let store = SqliteStore::open_lenient(&file, kept_refused(state))
        .map_err(|error| state_error(&file, &error))?;
    Ok(Arc::new(store))
}

/// A store that forgets everything with the process.
pub fn memory_store() -> Arc<dyn Store> {
    Arc::new(MemoryStore::default())
}

/// The table that the functions share.
pub fn shared_table(aws: &SdkConfig, table: &str) -> DynamoStore {
    DynamoStore::new(aws_sdk_dynamodb::Client::new(aws), table)
}

/// The store that the functions share, in its table.
///
/// # Errors
/// [`StoreError::Newer`] when a newer version of this program wrote it.
pub async fn shared_store(aws: &AwsSession, table: &str) -> Result<Arc<dyn Store>, StoreError> {
    let store = shared_table(aws.sdk_config().await, table);
    match store.check_schema().await {
        Err(error @ StoreError::Newer { .. }) => return Err(error),
        // A table that does not answer is not a reason to stay silent.
        Err(error) => {
            tracing::warn!(problem = %error, "schema version of the table cannot be read")
        }
        Ok(()) => {}
    }
    Ok(Arc::new(store))
}

/// The daemon's state, for commands that read it; `None` if there is none yet.
///
/// # Errors
/// [`ConfigError::Impossible`] if it cannot be opened, or the config keeps none.
pub fn open_local_state(state: &StateConfig) -> Result<Option<SqliteStore>, ConfigError> {
    if state.memory_only {
        let problem = "the config keeps no state (hint: remove `state.memory_only`)";
        return Err(ConfigError::Impossible(problem.to_owned()));
    }
    let file = state_file(state)?;
    if !file.try_exists().unwrap_or(true) {
        return Ok(None);
    }
    SqliteStore::open(&file).map(Some).map_err(|error| state_error(&file, &error))
}

fn state_error(file: &Path, error: &StoreError) -> ConfigError {
    ConfigError::Impossible(format!("state in {}: {error}", file.display()))
}

fn state_file(state: &StateConfig) -> Result<PathBuf, ConfigError> {
    Ok(state_folder(state)?.join("aware.db"))
}

/// Where rejected bodies are kept; `None` if none are kept.
///
/// # Errors
/// [`ConfigError::Impossible`] if there is no folder for the state.
fn rejected_bodies(state: &StateConfig) -> Result<Option<Arc<dyn RejectedBodies>>, ConfigError> {
    if state.memory_only {
        return Ok(None);
    }
    let max_bytes = u64::from(state.rejected_mib.unwrap_or(REJECTED_MIB)) << 20;
    let folder = state_folder(state)?.join("rejected");
    Ok(Some(Arc::new(RejectedFolder::new(&folder, max_bytes))))
}

/// Keeps track of which bodies are being read; `None` if the config keeps no state.
///
/// # Errors
/// [`ConfigError::Impossible`] if the file cannot be opened.
fn open_progress(state: &StateConfig) -> Result<Option<Arc<dyn ReadProgress>>, ConfigError> {
    if state.memory_only {
        return Ok(None);
    }
    let file = state_folder(state)?.join("in-progress");
    let opened = ProgressFile::open(&file);
    let problem = |error| ConfigError::Impossible(format!("{}: {error}", file.display()));
    opened.map(|file| Some(Arc::new(file) as _)).map_err(problem)
}
