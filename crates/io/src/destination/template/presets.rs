//! The presets that ship: a file for each receiver.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::answer::{RefusedRule, SuccessRule};
use super::plan::{BodyEncoding, HttpMethod, MAX_BYTES, MessageKindName, TemplatePlan};

macro_rules! presets {
    ($($name:literal),+ $(,)?) => {
        [$(($name, include_str!(concat!("presets/", $name, ".toml")))),+]
    };
}

/// Every preset's name and file, in order.
const PRESETS: [(&str, &str); 16] = presets![
    "datadog_event",
    "discord",
    "github_issue",
    "google_chat",
    "grafana_irm",
    "incident_io",
    "jira",
    "mattermost",
    "ntfy",
    "rocket_chat",
    "rootly",
    "servicenow",
    "splunk_on_call",
    "telegram",
    "webex",
    "zulip",
];

/// What a preset says about itself.
#[derive(Clone, Debug)]
pub struct PresetSummary {
    /// Its name in a config.
    pub name: &'static str,
    /// The receiver's name.
    pub title: String,
    /// One line about it.
    pub doc: String,
    /// The form of its URL.
    pub url: String,
    /// What its parameters are, and their defaults.
    pub parameters: BTreeMap<String, PresetParameter>,
    /// What its secrets are.
    pub secrets: BTreeMap<String, String>,
    /// The receiver's limits, and how the preset keeps them.
    pub limits: String,
    /// What becomes of a second message about the same case, and of a message that arrives twice.
    pub duplicates: String,
    /// Where the receiver documents it.
    pub source: Vec<String>,
}

/// A parameter of a preset.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PresetParameter {
    /// What it is.
    pub doc: String,
    /// Its default; without one it must be given.
    pub default: Option<String>,
}

/// A file that cannot be read, which tests exclude.
#[derive(Debug, thiserror::Error)]
#[error("preset `{name}`: {problem}")]
pub struct PresetError {
    name: String,
    problem: Box<toml::de::Error>,
}

/// A preset's file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PresetFile {
    title: String,
    doc: String,
    url: String,
    source: Vec<String>,
    limits: String,
    duplicates: String,
    #[serde(default)]
    pub(super) parameter: BTreeMap<String, PresetParameter>,
    /// Secrets by name, with what they are.
    #[serde(default)]
    pub(super) secret: BTreeMap<String, String>,
    #[serde(default)]
    method: HttpMethod,
    #[serde(default)]
    encoding: BodyEncoding,
    #[serde(default)]
    query: BTreeMap<String, String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    body: Value,
    #[serde(default)]
    success: SuccessRule,
    #[serde(default)]
    refused: Vec<RefusedRule>,
    #[serde(default)]
    kinds: Vec<MessageKindName>,
    #[serde(default)]
    closes: bool,
    #[serde(default)]
    once: bool,
    thread: Option<String>,
    pause: Option<String>,
    max_bytes: Option<usize>,
    #[serde(default)]
    min_interval_ms: u64,
}

impl PresetFile {
    /// What it says to send.
    pub(super) fn into_plan(self) -> TemplatePlan {
        TemplatePlan {
            method: self.method,
            encoding: self.encoding,
            query: self.query,
            headers: self.headers,
            body: self.body,
            success: self.success,
            refused: self.refused,
            kinds: self.kinds,
            closes: self.closes,
            once: self.once,
            thread: self.thread,
            pause: self.pause,
            max_bytes: self.max_bytes.unwrap_or(MAX_BYTES),
            min_interval: Duration::from_millis(self.min_interval_ms),
        }
    }
}

/// The names of the presets.
pub(super) fn preset_names() -> impl Iterator<Item = &'static str> {
    PRESETS.iter().map(|(name, _)| *name)
}

/// A preset's file as it ships, if there is a preset of this name.
///
/// ```
/// use aware_io::destination::template::show_preset;
///
/// assert!(show_preset("discord").is_some_and(|file| file.contains("allowed_mentions")));
/// assert_eq!(show_preset("pigeon"), None);
/// ```
pub fn show_preset(name: &str) -> Option<&'static str> {
    PRESETS.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// Reads a preset.
///
/// # Errors
/// [`PresetError`] if its file is malformed.
pub(super) fn read_preset(name: &str, text: &str) -> Result<PresetFile, PresetError> {
    toml::from_str(text)
        .map_err(|problem| PresetError { name: name.to_owned(), problem: Box::new(problem) })
}

/// Every preset, by name.
///
/// # Errors
/// [`PresetError`] if a file is malformed, which tests exclude.
pub fn list_presets() -> Result<Vec<PresetSummary>, PresetError> {
    let summary = |entry: &(&'static str, &'static str)| -> Result<PresetSummary, PresetError> {
        let (name, text) = *entry;
        let file = read_preset(name, text)?;
        Ok(PresetSummary {
            name,
            title: file.title,
            doc: file.doc,
            url: file.url,
            parameters: file.parameter,
            secrets: file.secret,
            limits: file.limits,
            duplicates: file.duplicates,
            source: file.source,
        })
    };
    PRESETS.iter().map(summary).collect()
}
