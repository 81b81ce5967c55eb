//! The tables of the config file, as they are written.

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::choice::{
    CaseKindName, CaseReadingName, LevelName, LogFormat, LooksLikeName, SubjectStyleName,
};
use super::mute::MuteConfig;
use super::{ByteSize, SourceConfig, TimeSpan};
use crate::destination::alertmanager::AlertmanagerConfig;
use crate::destination::email::EmailConfig;
use crate::destination::jsm::JsmConfig;
use crate::destination::pagerduty::PagerDutyConfig;
use crate::destination::slack::SlackConfig;
use crate::destination::teams::TeamsConfig;
use crate::destination::template::TemplateConfig;
use crate::destination::webhook::WebhookConfig;
use crate::enrichment::{
    AccountConfig, EnrichmentConfig, NetworkConfig, OrganizationConfig, PrincipalsConfig,
};
use crate::input::{FileConfig, S3Config, SqsConfig, StdinConfig};
use crate::rules::{KnownConfig, RulesConfig, SuppressionConfig, WatchConfig};

/// The whole config of `aware run`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where logs come from, by a name of your choice.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub input: BTreeMap<String, InputConfig>,
    /// Logs of your own applications, by the name that rules use.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub source: BTreeMap<String, SourceConfig>,
    /// Where messages go, by a name of your choice. Without any, they are shown on the terminal.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub destination: BTreeMap<String, DestinationConfig>,
    /// Which messages go where. Without any, every destination gets every message.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub route: Vec<RouteConfig>,
    /// Windows of time in which routes are silent, by a name of your choice.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub mute: BTreeMap<String, MuteConfig>,
    /// Which rules are in force.
    #[serde(default)]
    pub rules: RulesConfig,
    /// Rules on one line.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub watch: Vec<WatchConfig>,
    /// Known findings that are not reported; each suppression has an owner, a reason and an end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub suppress: Vec<SuppressionConfig>,
    /// Principals that are refused what their owners know: told in the daily digest only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub known: Vec<KnownConfig>,
    /// Accounts, by a name of your choice.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub account: BTreeMap<String, AccountConfig>,
    /// The organization that your accounts belong to.
    #[serde(default, skip_serializing_if = "is_default")]
    pub organization: OrganizationConfig,
    /// What is known of networks.
    #[serde(default, skip_serializing_if = "is_default")]
    pub network: NetworkConfig,
    /// What principals are for.
    #[serde(default, skip_serializing_if = "is_default")]
    pub principals: PrincipalsConfig,
    /// How messages are written.
    #[serde(default)]
    pub messages: MessagesConfig,
    /// When repeated findings are reported.
    #[serde(default)]
    pub grouping: GroupingConfig,
    /// Where the daemon keeps what it has seen and reported.
    #[serde(default)]
    pub state: StateConfig,
    /// Limits on the size of one body. A body over a limit is rejected.
    #[serde(default)]
    pub limits: LimitsConfig,
    /// The program's own log, written to stderr.
    #[serde(default)]
    pub log: LogConfig,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Config {
    /// What it says of accounts, networks and principals.
    pub fn enrichment(&self) -> EnrichmentConfig {
        EnrichmentConfig {
            account: self.account.clone(),
            organization: self.organization.clone(),
            network: self.network.clone(),
            principals: self.principals.clone(),
        }
    }
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
    /// A queue that carries S3's notices or the events themselves.
    Sqs(SqsConfig),
}

/// One destination.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum DestinationConfig {
    /// A Slack channel, by incoming webhook or bot token.
    Slack(SlackConfig),
    /// Any HTTPS endpoint that follows the Standard Webhooks specification.
    Webhook(WebhookConfig),
    /// A service of PagerDuty, by Events API v2.
    PagerDuty(PagerDutyConfig),
    /// Operations of Jira Service Management, the heir of Opsgenie.
    Jsm(JsmConfig),
    /// A channel or chat of Microsoft Teams, by a workflow.
    Teams(TeamsConfig),
    /// An Alertmanager, or whatever takes what one sends.
    Alertmanager(AlertmanagerConfig),
    /// Any other tool, by a preset or a body of your own.
    Template(TemplateConfig),
    /// Mail, by an SMTP server or Amazon SES.
    Email(EmailConfig),
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
    /// What the denials that this route takes look like. Default: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub looks_like: Vec<LooksLikeName>,
    /// What the cases that this route takes look like. Default: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub readings: Vec<CaseReadingName>,
    /// Whom the cases that this route takes are about. Default: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<CaseKindName>,
    /// The accounts that this route takes, as 12-digit ids or by their names in `[account.NAME]`.
    /// Default: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accounts: Vec<String>,
    /// The environments whose accounts this route takes. Default: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub environments: Vec<String>,
    /// The owners whose accounts this route takes. Default: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub owners: Vec<String>,
    /// The sources that this route takes: `cloudtrail`, `guardduty`, a source of your own, or what
    /// another publisher calls itself. Default: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<String>,
    /// The regions that this route takes. Default: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub regions: Vec<String>,
    /// The windows, by their names in `[mute.NAME]`, in which this route is silent. Critical cases
    /// and messages about the program are never muted. Default: none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mute: Vec<String>,
    /// The windows, by their names in `[mute.NAME]`, outside of which this route is silent, with the
    /// same exceptions. Default: never silent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub only_during: Vec<String>,
    /// Ask no later route about a message that this one matches, even while it is muted. Default:
    /// `false`: every route is asked.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stop: bool,
    /// The values of tags that this route takes, by the tags' keys. Default: all.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, Vec<String>>,
}

/// How messages are written.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MessagesConfig {
    /// How subject and metadata of findings are written. Default: `v2`.
    #[serde(default)]
    pub subject_style: SubjectStyleName,
}

/// When repeats of a case or a group are reported. The first finding is always reported at once,
/// except in a storm.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupingConfig {
    /// From the first message to the first update. Default: `30s`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait: Option<TimeSpan>,
    /// From the first update to the second. Default: `5m`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<TimeSpan>,
    /// Between all later updates. Default: `4h`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeat: Option<TimeSpan>,
    /// A case closes by itself after this long without an event. Default: `24h`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quiet: Option<TimeSpan>,
    /// More new cases than this within five minutes are told in one message; high and critical ones
    /// still have their own. Default: `30`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storm: Option<u32>,
}

/// Where the daemon keeps what it has seen and reported.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StateConfig {
    /// The folder of its SQLite file. Default: `$XDG_STATE_HOME/aware`, else `~/.local/state/aware`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<PathBuf>,
    /// Keep nothing after the process ends. Default: `false`.
    #[serde(default)]
    pub memory_only: bool,
    /// How many MiB of unreadable bodies are kept in the folder `rejected` below `folder`. Beyond
    /// that the oldest are dropped. Default: `256`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejected_mib: Option<u32>,
    /// How many messages that a destination refused are kept, to be sent again with `aware redrive
    /// --local`. Beyond that the oldest of the least urgent are dropped, which is reported.
    /// Default: `10000`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_refused: Option<u64>,
    /// For how many days refused messages are kept. Default: `30`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_refused_days: Option<u16>,
}

/// Limits on the size of one body. They bound the memory that a body takes, whoever wrote it.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LimitsConfig {
    /// The most bytes that one decompression may produce. Default: `64MiB`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<ByteSize>,
    /// The most bytes that all packed parts of one body (base64, gzip, escaped text) may produce
    /// together. Default: `64MiB`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nested: Option<ByteSize>,
    /// The most bytes that one compressed byte may expand to, once the output exceeds 1 MiB.
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
