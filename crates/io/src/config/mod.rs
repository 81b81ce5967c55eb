//! The config file: one TOML document, read strictly.
//!
//! Unknown keys, wrong types and missing keys are errors that say where, and what was probably
//! meant. Each adapter owns its part: the structures of inputs and destinations live with them.

mod check;
mod duration;
mod names;
mod show;
mod size;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use aware_cases::message::SubjectStyle;
use aware_core::event::Level;
use aware_core::explanation::LooksLike;
use schemars::{JsonSchema, Schema, schema_for};
use serde::{Deserialize, Serialize};

pub use check::{Problem, check};
pub use duration::Span;
pub use size::Size;

use crate::destination::slack::SlackConfig;
use crate::destination::webhook::WebhookConfig;
use crate::input::{FileConfig, S3Config, SqsConfig, StdinConfig};
use crate::rules::{RulesConfig, SuppressionConfig, WatchConfig};

/// The whole config of `aware run`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where logs come from, by a name of your choice.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub input: BTreeMap<String, InputConfig>,
    /// Where messages go, by a name of your choice. Without any, they are shown on the terminal.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub destination: BTreeMap<String, DestinationConfig>,
    /// Which messages go where. Without any, every destination gets every message.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub route: Vec<RouteConfig>,
    /// Which rules are in force.
    #[serde(default)]
    pub rules: RulesConfig,
    /// Rules on one line.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub watch: Vec<WatchConfig>,
    /// What is known and not to be told, each with an owner, a reason and an end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub suppress: Vec<SuppressionConfig>,
    /// How messages are written.
    #[serde(default)]
    pub messages: MessagesConfig,
    /// When repeats are told.
    #[serde(default)]
    pub grouping: GroupingConfig,
    /// Where the daemon remembers what it has seen and told.
    #[serde(default)]
    pub state: StateConfig,
    /// How much one body may come to. What is over a limit is a reject.
    #[serde(default)]
    pub limits: LimitsConfig,
    /// The program's own log, on stderr.
    #[serde(default)]
    pub log: LogConfig,
}

/// One input.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum InputConfig {
    /// Files and folders.
    File(FileConfig),
    /// Standard input.
    Stdin(StdinConfig),
    /// A bucket's objects, listed and read.
    S3(S3Config),
    /// A queue with S3's notices, or with events themselves.
    Sqs(SqsConfig),
}

/// One destination.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum DestinationConfig {
    /// A Slack channel, by incoming webhook or bot token.
    Slack(SlackConfig),
    /// Any HTTPS endpoint, by the Standard Webhooks specification.
    Webhook(WebhookConfig),
    /// The terminal that the daemon runs in.
    Terminal(TerminalConfig),
}

/// A destination that writes to standard output.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TerminalConfig {}

/// One route.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RouteConfig {
    /// Names of destinations.
    pub to: Vec<String>,
    /// The lowest level that this route takes. Default: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_level: Option<LevelName>,
    /// What denials that this route takes look like. Default: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub looks_like: Vec<LooksLikeName>,
    /// The accounts that this route takes, as 12 digits. Default: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accounts: Vec<String>,
}

/// Which of two things a denial looks like.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LooksLikeName {
    /// Somebody is looking around.
    Exploring,
    /// A workload, or a person, lacks a permission.
    LacksPermission,
    /// What is known fits both.
    Unclear,
}

impl From<LooksLikeName> for LooksLike {
    fn from(name: LooksLikeName) -> Self {
        match name {
            LooksLikeName::Exploring => Self::Exploring,
            LooksLikeName::LacksPermission => Self::LacksPermission,
            LooksLikeName::Unclear => Self::Unclear,
        }
    }
}

/// A level's name.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LevelName {
    /// For the record only.
    Informational,
    /// Rarely worth a look.
    Low,
    /// Worth a look today.
    Medium,
    /// Worth a look now.
    High,
    /// Worth waking somebody.
    Critical,
}

impl From<LevelName> for Level {
    fn from(name: LevelName) -> Self {
        match name {
            LevelName::Informational => Self::Informational,
            LevelName::Low => Self::Low,
            LevelName::Medium => Self::Medium,
            LevelName::High => Self::High,
            LevelName::Critical => Self::Critical,
        }
    }
}

/// How messages are written.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MessagesConfig {
    /// How subject and metadata of findings are written. Default: `v2`.
    #[serde(default)]
    pub subject_style: SubjectStyleName,
}

/// How subject and metadata of findings are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SubjectStyleName {
    /// `iam:ListUsers denied to user/alice in 111122223333: exploring`.
    #[default]
    V2,
    /// As the product before this one wrote them: the first field, whole, `Error Message: User: …`, and
    /// its name and icon.
    V1,
}

impl From<SubjectStyleName> for SubjectStyle {
    fn from(name: SubjectStyleName) -> Self {
        match name {
            SubjectStyleName::V2 => Self::V2,
            SubjectStyleName::V1 => Self::V1,
        }
    }
}

/// When repeats of a group are told. The first is always told at once.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupingConfig {
    /// From the first message to the first update. Default: `30s`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait: Option<Span>,
    /// From the first update to the second. Default: `5m`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<Span>,
    /// Between all later updates. Default: `4h`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeat: Option<Span>,
}

/// Where the daemon remembers what it has seen and told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StateConfig {
    /// The folder of its SQLite file. Default: `$XDG_STATE_HOME/aware`, else `~/.local/state/aware`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<PathBuf>,
    /// Remember nothing after the process has ended. Default: `false`.
    #[serde(default)]
    pub memory_only: bool,
    /// How many MiB of bodies that could not be read are kept in the folder `rejected` below
    /// `folder`. Beyond it the oldest are dropped. Default: `256`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejected_mib: Option<u32>,
    /// How many messages that a destination refused are kept, to be sent again by `aware redrive --local`; of more the oldest of the least urgent are dropped, and that is told. Default: `10000`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_refused: Option<u64>,
    /// For how many days they are kept. Default: `30`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_refused_days: Option<u16>,
}

/// How much one body may come to: these bound the memory that it takes, whoever wrote it.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LimitsConfig {
    /// The most that may come out of one decompression. Default: `64MiB`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Size>,
    /// The most that may be made of everything packed within one body (base64, gzip, escaped text),
    /// together. Default: `64MiB`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nested: Option<Size>,
    /// How many bytes may come out of one byte that is compressed, once there is 1 MiB.
    /// Default: `200`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ratio: Option<std::num::NonZeroU32>,
}

/// The program's own log.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LogConfig {
    /// `text` for people, `json` for machines. Default: `text`.
    #[serde(default)]
    pub format: LogFormat,
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// A config that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{path}: {problem}")]
    Unreadable {
        /// The file.
        path: String,
        /// Why.
        problem: String,
    },
    /// The file says something that is not understood.
    #[error("{}", problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Wrong {
        /// Every problem found.
        problems: Vec<Problem>,
    },
    /// It is understood, but cannot be done.
    #[error("{0}")]
    Impossible(String),
    /// Several things cannot be done.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Several(Vec<ConfigError>),
}

/// The config's JSON Schema, for editors and for the check.
pub fn schema() -> Schema {
    schema_for!(Config)
}

/// Reads a config file.
///
/// # Errors
/// [`ConfigError`] with every problem that was found, with line and column.
pub fn read(path: &Path) -> Result<Config, ConfigError> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| ConfigError::Unreadable {
        path: name.clone(),
        problem: error.to_string(),
    })?;
    parse(&text, &name)
}

/// Parses a config; `name` is what its problems call the file.
///
/// # Errors
/// [`ConfigError::Wrong`] with every problem that was found.
pub fn parse(text: &str, name: &str) -> Result<Config, ConfigError> {
    let problems = check(text, name, schema().as_value());
    if !problems.is_empty() {
        return Err(ConfigError::Wrong { problems });
    }
    let config: Config = toml::from_str(text).map_err(|error| ConfigError::Wrong {
        problems: vec![Problem::of_toml(&error, text, name)],
    })?;
    let problems = names::wrong(&config, text, name);
    if problems.is_empty() { Ok(config) } else { Err(ConfigError::Wrong { problems }) }
}

#[cfg(test)]
mod tests;
