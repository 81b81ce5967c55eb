//! Logs of the owner's own applications: `[source.NAME]`.

use std::collections::BTreeMap;

use aware_rules::mapped::{SourceMap, check_map};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::check::ConfigProblem;

/// A log of your own: which records belong to it, and where their fields are. A *place* is a field,
/// such as `$.user.name`, or a text with fields in it, such as `db/{$.database}`. Of several places, the
/// first one counts that has a value in the record. Conditions are CloudWatch Logs filter patterns for
/// JSON; for lines of text, the named groups are the fields. Changes need a restart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SourceConfig {
    /// What people call it: `Orders audit log`. Default: its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// For JSON: the filter pattern that selects its records: `{ $.log = "orders-audit" }`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub records: Option<String>,
    /// For lines of text: the regular expression that they match. Its named groups are the fields:
    /// `^(?<time>\S+) (?<user>\S+) (?<action>\S+)$`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<String>,
    /// The folder below `AWSLogs/ACCOUNT/` that holds its objects. Objects in folders there that no
    /// source names are skipped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
    /// Texts that mean "no value", besides `-`: `["NA"]`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub none: Vec<String>,
    /// When it happened: in RFC 3339, or a number of seconds, milliseconds, microseconds or
    /// nanoseconds since 1970; a number in a text has at least nine digits. Default: the time of the
    /// EventBridge event that carries the record.
    #[serde(default, skip_serializing_if = "is_none")]
    pub time: PlacesConfig,
    /// The format of times, if it is another one: `%d/%b/%Y:%H:%M:%S %z`. Without a zone, times are in
    /// UTC.
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
    /// What was done: `orders:{$.event}`. The part before the colon is the service. A record without
    /// an action is `request`.
    pub action: PlacesConfig,
    /// Who did it: a user of the application, even if the text is an ARN. Default: the address.
    #[serde(default, skip_serializing_if = "is_none")]
    pub principal: PlacesConfig,
    /// Who did it, as the ARN of an IAM user or role: the same principal as in CloudTrail. Name only a
    /// field that your application got from AWS, such as the ARN of the verified caller; never one
    /// that repeats what a client says. It comes before `principal`.
    #[serde(default, skip_serializing_if = "is_none")]
    pub principal_arn: PlacesConfig,
    /// The IP address that it came from, with or without a port. Any other text is an unknown client.
    #[serde(default, skip_serializing_if = "is_none")]
    pub address: PlacesConfig,
    /// The program that the client claims to be.
    #[serde(default, skip_serializing_if = "is_none")]
    pub user_agent: PlacesConfig,
    /// What it was done to; `$.items[*].id` is every item. The first 20 count.
    #[serde(default, skip_serializing_if = "is_none")]
    pub resources: PlacesConfig,
    /// The error code.
    #[serde(default, skip_serializing_if = "is_none")]
    pub error_code: PlacesConfig,
    /// Why it ended as it did.
    #[serde(default, skip_serializing_if = "is_none")]
    pub reason: PlacesConfig,
    /// The filter pattern of records that were refused: `{ $.status = 403 }`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub denied: Option<String>,
    /// The filter pattern of records that failed for another reason. All others succeeded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
    /// The filter pattern of records whose principal has not proved who they are, such as refused
    /// sign-ins. Their principal is the address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unauthenticated: Option<String>,
    /// Other fields that rules may use: `tenant`; `details.*` allows everything below `details`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<String>,
}

/// One place or several.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum PlacesConfig {
    /// One.
    One(String),
    /// The first one counts that has a value in the record.
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
        folder: one.folder.clone(),
        none: one.none.clone(),
        time: one.time.to_list(),
        time_format: one.time_format.clone(),
        id: one.id.to_list(),
        account: one.account.to_list(),
        region: one.region.to_list(),
        action: one.action.to_list(),
        principal: one.principal.to_list(),
        principal_arn: one.principal_arn.to_list(),
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

/// Lists what is wrong with the maps of a config, each with its place in the file.
pub(super) fn map_problems(
    config: &BTreeMap<String, SourceConfig>,
    text: &str,
    name: &str,
) -> Vec<ConfigProblem> {
    let maps = source_maps(config);
    let mistakes = maps.iter().filter_map(|map| check_map(map).err()).flatten();
    mistakes
        .map(|mistake| {
            let table = mistake.source.as_deref();
            let table = table.and_then(|source| text.find(&format!("[source.{source}]")));
            let table = table.unwrap_or_default();
            let key = mistake.key.and_then(|key| place_of_key(text, table, key));
            let (byte, problem) = (key.unwrap_or(table), mistake.to_problem());
            let placed = ConfigProblem::at_byte(text, name, byte, problem, None);
            ConfigProblem { hint: mistake.hint, ..placed }
        })
        .collect()
}

/// The offset of a key at the beginning of a line, from `table` on.
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
