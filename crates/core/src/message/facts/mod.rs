//! The content of a message, typed. Routes and destinations read it; subject and fields are
//! rendered from it.

mod list;
mod render;
mod wire;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::event::Outcome;
use crate::explanation::{Cure, DenialSign, Reading};
use crate::open::OpenEnum;

pub use list::FactList;

/// The facts of a message. Strings are as the log had them: show them through [`crate::text`] only.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Facts {
    /// What is new, in an update.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub news: Option<String>,
    /// What the events of a correlation have in common.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub together: Option<String>,
    /// Who acted, by the names that people use.
    #[serde(skip_serializing_if = "FactList::is_empty")]
    pub principals: FactList,
    /// Role sessions.
    #[serde(skip_serializing_if = "FactList::is_empty")]
    pub sessions: FactList,
    /// What was done; of denials the IAM action.
    #[serde(skip_serializing_if = "FactList::is_empty")]
    pub actions: FactList,
    /// How it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<OpenEnum<Outcome>>,
    /// What the call acted on.
    #[serde(skip_serializing_if = "FactList::is_empty")]
    pub resources: FactList,
    /// Why it was denied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// The policy that decided, if AWS names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_arn: Option<String>,
    /// What it looks like, with every reason.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "wire::write::<_, wire::WireReading, _>",
        deserialize_with = "wire::read::<_, wire::WireReading, _>"
    )]
    pub reading: Option<Reading>,
    /// What it reveals beyond a missing permission.
    #[serde(
        skip_serializing_if = "Vec::is_empty",
        serialize_with = "wire::write_all::<_, wire::WireSign, _>",
        deserialize_with = "wire::read_all::<_, wire::WireSign, _>"
    )]
    pub signs: Vec<DenialSign>,
    /// What would cure it, or why that is withheld.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "wire::write::<_, wire::WireCure, _>",
        deserialize_with = "wire::read::<_, wire::WireCure, _>"
    )]
    pub cure: Option<Cure>,
    /// Actions that are likely to be denied next.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub likely_next: Vec<String>,
    /// Further notes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// AWS's page about the denial.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub console_link: Option<String>,
    /// The account that was called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Regions.
    #[serde(skip_serializing_if = "FactList::is_empty")]
    pub regions: FactList,
    /// Source addresses.
    #[serde(skip_serializing_if = "FactList::is_empty")]
    pub sources: FactList,
    /// The first finding's user agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// The service that called for the principal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invoked_by: Option<String>,
    /// How many findings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// When the first of them happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_seen: Option<Timestamp>,
    /// When the latest of them happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<Timestamp>,
    /// Events to look up: the earliest.
    #[serde(skip_serializing_if = "FactList::is_empty")]
    pub event_ids: FactList,
    /// The rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<RuleFacts>,
    /// The request of the first finding. On the wire only version 1's field carries it, since it is
    /// large.
    #[serde(skip)]
    pub request: Option<Value>,
}

/// What a message says about its rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RuleFacts {
    /// Its stable id.
    pub id: String,
    /// The author, if the rule is not one of ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// The licence, if the rule is not one of ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub license: Option<String>,
    /// Where to read more, if the rule is not one of ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}
