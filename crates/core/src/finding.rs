//! A finding: a rule met an event.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::event::{Category, ErrorClass, Event, Level, reason};

/// What a finding keeps of its rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// Stable id, part of fingerprints.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// How bad a finding of it is.
    #[serde(with = "level_text")]
    pub level: Level,
    /// What it sees, in a sentence or two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Who wrote it. The Detection Rule License asks that messages name the author.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// Under which licence it may be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub license: Option<String>,
    /// Where to read more: its first reference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// Sigma tags: `attack.t1562.008`, `cis.3.1`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
}

impl Rule {
    /// The built-in rule: every denied call.
    pub fn denied_call() -> Arc<Self> {
        Arc::new(Self::new("aws-denied-call", "Denied call", Level::Medium))
    }

    /// A rule of which no more is known.
    pub fn new(id: &str, name: &str, level: Level) -> Self {
        Self {
            id: id.to_owned(),
            name: name.to_owned(),
            level,
            description: None,
            author: None,
            license: None,
            link: None,
            tags: Vec::new(),
        }
    }
}

/// A rule met an event: what grouping and messages need of both, and nothing of the sessions.
///
/// Every string is as the log had it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The rule.
    pub rule: Arc<Rule>,
    /// The event's id.
    pub event_id: String,
    /// When the event happened.
    pub time: Timestamp,
    /// The account that was called.
    pub account: String,
    /// The region.
    pub region: String,
    /// `eventSource` as the log has it.
    pub event_source: String,
    /// `eventName` as the log has it.
    pub event_name: String,
    /// The action, `iam:ListUsers`.
    pub action: String,
    /// `eventType`.
    pub event_type: String,
    /// Management, Data, Insight or NetworkActivity.
    pub category: String,
    /// Who.
    pub principal: Who,
    /// `denied`, `failed` or `success`.
    pub outcome: String,
    /// Class of the error, part of the fingerprint.
    pub error_class: String,
    /// `errorCode`.
    pub error_code: Option<String>,
    /// `errorMessage`.
    pub error_message: Option<String>,
    /// What it was done to.
    pub resource: Option<String>,
    /// The type of the resource, where the record says so.
    pub resource_kind: Option<String>,
    /// Why it was denied, in AWS's words.
    pub why: Option<String>,
    /// `sourceIPAddress`.
    pub source: Option<String>,
    /// The network that the source belongs to.
    pub network: Option<String>,
    /// `userAgent`.
    pub user_agent: Option<String>,
    /// The family of the user agent.
    pub agent_family: Option<String>,
    /// `requestID`.
    pub request_id: Option<String>,
    /// `requestParameters`, when there are any.
    pub request: Option<serde_json::Value>,
}

/// Who acted, as a finding keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Who {
    /// Stable key, part of the fingerprint.
    pub key: String,
    /// What people call it: `user/alice`.
    pub name: String,
    /// AWS's kind: `IAMUser`.
    pub kind: String,
    /// The user's or role's ARN.
    pub arn: Option<String>,
    /// `userIdentity.arn` as the log has it: a session's for roles.
    pub session_arn: Option<String>,
    /// `userIdentity.userName`.
    pub user_name: Option<String>,
    /// The role session.
    pub session: Option<String>,
    /// The account of the principal.
    pub account: Option<String>,
    /// The access key id.
    pub access_key: Option<String>,
    /// The service that called for it.
    pub invoked_by: Option<String>,
    /// An AWS service acting for itself.
    pub is_service: bool,
}

impl Finding {
    /// Builds a finding from a rule and the event that it met.
    pub fn new(rule: &Arc<Rule>, event: &Event) -> Self {
        let text = |path: &crate::event::field::Path| path.text(&event.record).map(str::to_owned);
        let message = event.error_message.as_deref();
        Self {
            rule: Arc::clone(rule),
            event_id: event.id.clone(),
            time: event.time,
            account: event.account_or_unknown().to_owned(),
            region: event.region.clone(),
            event_source: text(&crate::event::field::EVENT_SOURCE).unwrap_or_default(),
            event_name: text(&crate::event::field::EVENT_NAME).unwrap_or_default(),
            action: event.action.to_string(),
            event_type: event.kind.clone(),
            category: Category::as_str(event.category).to_owned(),
            principal: Who::new(event),
            outcome: event.outcome.as_str().to_owned(),
            error_class: ErrorClass::of(event.outcome, event.error_code.as_deref())
                .as_str()
                .to_owned(),
            error_code: event.error_code.clone(),
            error_message: event.error_message.clone(),
            resource: event.resource().map(|resource| resource.name.clone()),
            resource_kind: event.resource().and_then(|resource| resource.kind.clone()),
            why: message.and_then(reason).map(str::to_owned),
            source: event.network.source.clone(),
            network: event.network.neighbourhood(),
            user_agent: event.network.user_agent.clone(),
            agent_family: event.network.agent_family().map(str::to_owned),
            request_id: event.request_id.clone(),
            request: crate::event::field::REQUEST.get(&event.record).cloned(),
        }
    }
}

impl Who {
    fn new(event: &Event) -> Self {
        let text = |path: &crate::event::field::Path| path.text(&event.record).map(str::to_owned);
        let principal = &event.principal;
        Self {
            key: principal.key.clone(),
            name: principal.name.clone(),
            kind: principal.kind.as_str().to_owned(),
            arn: principal.arn.clone(),
            session_arn: text(&crate::event::field::USER_ARN),
            user_name: text(&crate::event::field::USER_NAME),
            session: principal.session.clone(),
            account: principal.account.clone(),
            access_key: principal.access_key.clone(),
            invoked_by: principal.invoked_by.clone(),
            is_service: principal.is_service(),
        }
    }
}

mod level_text {
    //! Levels by name.

    use serde::{Deserialize, Deserializer, Serializer};

    use crate::event::Level;

    #[allow(clippy::trivially_copy_pass_by_ref)]
    pub(super) fn serialize<S: Serializer>(
        level: &Level,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(level.as_str())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Level, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
