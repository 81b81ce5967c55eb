//! Logs of the owner's own applications: `[source.NAME]`.

use std::collections::BTreeMap;

use aware_rules::mapped::{SourceMap, check_map};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::check::ConfigProblem;

/// A log of your own: which records are its own, and where their fields are. A *place* is a field, as
/// `$.user.name`, or a text with fields in it, as `db/{$.database}`. Of several places the first counts
/// that a record has. Conditions are CloudWatch Logs filter patterns for JSON. Changes need a restart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SourceConfig {
    /// What people call it: `Orders audit log`. Default: its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// For JSON: which records are its own, as a filter pattern: `{ $.log = "orders-audit" }`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub records: Option<String>,
    /// For lines of text: the regular expression that they match. Its named groups are the fields:
    /// `^(?<time>\S+) (?<user>\S+) (?<action>\S+)$`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<String>,
    /// Texts that stand for no value, besides `-`: `["NA"]`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub none: Vec<String>,
    /// When it happened: in RFC 3339, or a number of seconds, milliseconds, microseconds or
    /// nanoseconds since 1970. Default: the time of the EventBridge event that carries the record.
    #[serde(default, skip_serializing_if = "is_none")]
    pub time: PlacesConfig,
    /// How times are written, if otherwise: `%d/%b/%Y:%H:%M:%S %z`. Without a zone it is UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_format: Option<String>,
    /// The record's own id.
    #[serde(default, skip_serializing_if = "is_none")]
    pub id: PlacesConfig,
    /// The account, 12 digits. Default: that of the log group or of the EventBridge event.
    #[serde(default, skip_serializing_if = "is_none")]
    pub account: PlacesConfig,
    /// The region. Default: that of the EventBridge event.
    #[serde(default, skip_serializing_if = "is_none")]
    pub region: PlacesConfig,
    /// What was done: `orders:{$.event}`. Before a colon is the service.
    pub action: PlacesConfig,
    /// Who did it. The ARN of a user or a role is the principal that CloudTrail has. Default: the
    /// address.
    #[serde(default, skip_serializing_if = "is_none")]
    pub principal: PlacesConfig,
    /// The address that it came from.
    #[serde(default, skip_serializing_if = "is_none")]
    pub address: PlacesConfig,
    /// The program that the client says it is.
    #[serde(default, skip_serializing_if = "is_none")]
    pub user_agent: PlacesConfig,
    /// What it was done to; `$.items[*].id` is each of them.
    #[serde(default, skip_serializing_if = "is_none")]
    pub resources: PlacesConfig,
    /// The code of the error.
    #[serde(default, skip_serializing_if = "is_none")]
    pub error_code: PlacesConfig,
    /// Why it ended as it did.
    #[serde(default, skip_serializing_if = "is_none")]
    pub reason: PlacesConfig,
    /// What was refused, as a filter pattern: `{ $.status = 403 }`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub denied: Option<String>,
    /// What failed for another reason, as a filter pattern. All else is a success.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
    /// Records whose principal has not proved who they are, as a filter pattern: refused sign-ins.
    /// Then the principal is the address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unauthenticated: Option<String>,
    /// Other fields that rules may use: `tenant`; `details.*` is all that is below `details`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<String>,
}

/// One place or several.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum PlacesConfig {
    /// One.
    One(String),
    /// The first that a record has counts.
    Several(Vec<String>),
}

impl Default for PlacesConfig {
    fn default() -> Self {
        Self::Several(Vec::new())
    }
}

impl PlacesConfig {
    fn to_list(&self) -> Vec<String> {
        match self {
            Self::One(place) => vec![place.clone()],
            Self::Several(places) => places.clone(),
        }
    }
}

fn is_none(places: &PlacesConfig) -> bool {
    places.to_list().is_empty()
}

/// The maps of a config.
pub(crate) fn source_maps(config: &BTreeMap<String, SourceConfig>) -> Vec<SourceMap> {
    let map = |(name, one): (&String, &SourceConfig)| SourceMap {
        name: name.clone(),
        title: one.title.clone(),
        records: one.records.clone(),
        line: one.line.clone(),
        none: one.none.clone(),
        time: one.time.to_list(),
        time_format: one.time_format.clone(),
        id: one.id.to_list(),
        account: one.account.to_list(),
        region: one.region.to_list(),
        action: one.action.to_list(),
        principal: one.principal.to_list(),
        address: one.address.to_list(),
        user_agent: one.user_agent.to_list(),
        resources: one.resources.to_list(),
        error_code: one.error_code.to_list(),
        reason: one.reason.to_list(),
        denied: one.denied.clone(),
        failed: one.failed.clone(),
        unauthenticated: one.unauthenticated.clone(),
        fields: one.fields.clone(),
    };
    config.iter().map(map).collect()
}

/// Lists what is wrong with the maps of a config, each where it stands.
pub(super) fn map_problems(
    config: &BTreeMap<String, SourceConfig>,
    text: &str,
    name: &str,
) -> Vec<ConfigProblem> {
    let maps = source_maps(config);
    let mistakes = maps.iter().filter_map(|map| check_map(map).err()).flatten();
    mistakes
        .map(|mistake| {
            let table = text.find(&format!("[source.{}", mistake.source)).unwrap_or_default();
            let key = mistake.key.and_then(|key| place_of_key(text, table, key));
            ConfigProblem::at_byte(text, name, key.unwrap_or(table), mistake.to_string(), None)
        })
        .collect()
}

/// Where a key stands at the beginning of a line, from `table` on.
fn place_of_key(text: &str, table: usize, key: &str) -> Option<usize> {
    let body = text.get(table..)?;
    let is_key = |line: &str| {
        line.trim_start().strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with('='))
    };
    let (mut at, mut lines) = (table, body.split_inclusive('\n'));
    loop {
        let line = lines.next()?;
        if is_key(line) {
            return Some(at + line.len() - line.trim_start().len());
        }
        at += line.len();
    }
}
