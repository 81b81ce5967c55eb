//! The part of a config that is about rules.

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::{LevelName, TimeSpan};

/// Which rules are in force.
///
/// Rules are selected by id, by `tag:NAME` (`tag:cis` also matches `cis.4.3`), by `pack:NAME` or by
/// `level:NAME`.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RulesConfig {
    /// Folders and files of Sigma rules (`.yml`, `.yaml`), in addition to the shipped ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<PathBuf>,
    /// Whether the rules that ship with the program are loaded. Default: `true`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipped: Option<bool>,
    /// The packs whose rules are on: `default`, `cis`, `paranoid`, `data-events`, and those of your
    /// own rules. Default: `["default"]`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub packs: Option<Vec<String>>,
    /// Rules to enable that are off by default.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub enable: Vec<String>,
    /// Rules to disable. A rule that `enable` names by its id stays on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub disable: Vec<String>,
    /// Levels to use instead of the rules' own levels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub levels: BTreeMap<String, LevelName>,
    /// Values for `%NAME%` in rules that use the modifier `expand`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub placeholders: BTreeMap<String, Vec<String>>,
    /// How late an event may arrive and still count for a correlation of the daemon. Default: `2h`.
    /// A change needs a restart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lateness: Option<TimeSpan>,
}

/// A rule on one line: a CloudWatch Logs filter pattern, or an EventBridge event pattern.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WatchConfig {
    /// The name used in its messages. A rule with a `pattern` that is named `filter pattern`
    /// replaces the rule about denied calls, like the parameter of the product before this one.
    pub name: String,
    /// The level of its findings. Default: `medium`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<LevelName>,
    /// What it detects, in a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Tags, as in Sigma: `attack.t1078`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// A CloudWatch Logs filter pattern: `{ $.eventName = "ConsoleLogin" }`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// An EventBridge event pattern, as JSON: `'{"detail": {"eventName": ["ConsoleLogin"]}}'`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_pattern: Option<String>,
}

/// The name of the one-line rule that replaces the rule about denied calls.
pub const FILTER_PATTERN: &str = "filter pattern";

impl WatchConfig {
    /// Whether it replaces the rule about denied calls.
    pub fn is_filter_pattern(&self) -> bool {
        self.name == FILTER_PATTERN && self.pattern.is_some()
    }
}

/// A principal that is refused what its owner knows: its cases are told in the daily digest only.
/// What it does besides, and what goes through, is told as ever. It expires by itself.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KnownConfig {
    /// The principal: its ARN or its name in messages, with `*` and `?`: `role/vendor-*`.
    pub principal: String,
    /// The actions that it is refused, with `*` and `?`: `rds:Describe*`. Default: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub what: Vec<String>,
    /// Who is responsible for it.
    pub owner: String,
    /// Why it is known.
    pub reason: String,
    /// When it expires: a date, `2027-01-31`, or a time.
    pub until: String,
}

/// A suppression: known findings that are not reported. It expires by itself.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SuppressionConfig {
    /// The name used in digests.
    pub name: String,
    /// The rules whose findings it hides. Default: all rules.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<String>,
    /// A CloudWatch Logs filter pattern: findings about matching events are hidden.
    pub pattern: String,
    /// Who is responsible for it.
    pub owner: String,
    /// Why it exists.
    pub reason: String,
    /// When it expires: a date, `2027-01-31`, or a time.
    pub until: String,
}
