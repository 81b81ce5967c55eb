//! What a config says of rules.

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::{LevelName, Span};

/// Which rules are in force.
///
/// Rules are named by their id, by `tag:NAME` (`tag:cis`, which takes `cis.4.3` too) or by
/// `level:NAME`.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RulesConfig {
    /// Folders and files of Sigma rules (`.yml`, `.yaml`), besides those that ship.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<PathBuf>,
    /// Whether the rules that ship with the program are loaded. Default: `true`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipped: Option<bool>,
    /// Rules to switch on, of those that are off by default.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub enable: Vec<String>,
    /// Rules to switch off. A rule that `enable` names by its id stays on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub disable: Vec<String>,
    /// Levels to use instead of the rules' own.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub levels: BTreeMap<String, LevelName>,
    /// Values for `%NAME%` in rules that use the modifier `expand`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub placeholders: BTreeMap<String, Vec<String>>,
    /// How late an event may come and still count for a correlation of the daemon. Default: `2h`. A
    /// change takes a restart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lateness: Option<Span>,
}

/// A rule on one line: a CloudWatch Logs filter pattern, or an EventBridge event pattern.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WatchConfig {
    /// What its messages call it. One with a `pattern` that is called `filter pattern` stands in for the
    /// rule about denied calls, as the parameter of the product before this one did.
    pub name: String,
    /// How bad a finding of it is. Default: `medium`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<LevelName>,
    /// What it sees, in a sentence.
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

/// The name of the one-line rule that stands in for the rule about denied calls.
pub const FILTER_PATTERN: &str = "filter pattern";

impl WatchConfig {
    /// Whether it stands in for the rule about denied calls.
    pub fn is_filter_pattern(&self) -> bool {
        self.name == FILTER_PATTERN && self.pattern.is_some()
    }
}

/// Something known that is not to be told: a suppression. It ends by itself.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SuppressionConfig {
    /// What it is called in digests.
    pub name: String,
    /// The rules whose findings it hides. Default: all rules.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<String>,
    /// A CloudWatch Logs filter pattern: findings about events that match are hidden.
    pub pattern: String,
    /// Who answers for it.
    pub owner: String,
    /// Why it is there.
    pub reason: String,
    /// When it ends: a date, `2027-01-31`, or a time.
    pub until: String,
}
