//! A finding: a rule matched an event.

mod correlated;
mod names;
mod principal;
mod rule;

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::event::{ErrorClass, Event, EventCategory, Outcome};
use crate::explanation::Explanation;
use crate::open::OpenEnum;
use crate::source::{SourceId, cloudtrail};

pub use correlated::CorrelatedEvents;
pub use names::ActorKind;
pub use principal::FindingPrincipal;
pub use rule::RuleSummary;

/// A rule matched an event: what grouping and messages need of both, and nothing of the sessions.
///
/// Every string is as the log had it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The rule.
    pub rule: Arc<RuleSummary>,
    /// The kind of log that the event comes from.
    #[serde(
        with = "source_text",
        default = "cloudtrail_id",
        skip_serializing_if = "is_cloudtrail"
    )]
    pub log_source: SourceId,
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
    /// Management, Data, Insight, NetworkActivity or Aggregated.
    pub category: OpenEnum<EventCategory>,
    /// Who acted.
    pub principal: FindingPrincipal,
    /// How it ended.
    pub outcome: OpenEnum<Outcome>,
    /// Class of the error, part of the fingerprint.
    pub error_class: OpenEnum<ErrorClass>,
    /// `errorCode`.
    pub error_code: Option<String>,
    /// The AWS error message, `errorMessage`.
    pub error_message: Option<String>,
    /// What the call acted on.
    pub resource: Option<String>,
    /// The type of the resource, if the record has it.
    pub resource_kind: Option<String>,
    /// The reason for the denial, in AWS's words.
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
    pub request: Option<Value>,
    /// Why the call was denied, once an explainer has run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explanation: Option<Box<Explanation>>,
    /// What several events have in common, for the finding of a correlation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlated: Option<CorrelatedEvents>,
}

impl Finding {
    /// Builds a finding from a rule and the event that it matched.
    pub fn from_event(rule: &Arc<RuleSummary>, event: &Event) -> Self {
        let call = event.api_call();
        Self {
            rule: Arc::clone(rule),
            log_source: event.source,
            event_id: event.id.clone(),
            time: event.time,
            account: event.account_or_unknown().to_owned(),
            region: event.region.clone(),
            event_source: call.map(|call| call.event_source.clone()).unwrap_or_default(),
            event_name: call.map(|call| call.event_name.clone()).unwrap_or_default(),
            action: event.action.to_string(),
            event_type: event.kind().to_owned(),
            category: OpenEnum::read(event.category()),
            principal: FindingPrincipal::from_event(event),
            outcome: event.outcome.into(),
            error_class: ErrorClass::from_outcome(event.outcome, event.error_code()).into(),
            error_code: event.error_code().map(str::to_owned),
            error_message: event.error_message().map(str::to_owned),
            resource: event.first_resource().map(|resource| resource.name.clone()),
            resource_kind: event.first_resource().and_then(|resource| resource.kind.clone()),
            why: event.why(),
            source: event.network.source.clone(),
            network: event.network.network_prefix(),
            user_agent: event.network.user_agent.clone(),
            agent_family: event.network.agent_family().map(str::to_owned),
            request_id: call.and_then(|call| call.request_id.clone()),
            request: event.parameters().map(kept_request),
            explanation: None,
            correlated: None,
        }
    }

    /// Builds the finding of a correlation. `last` is the time of its last event.
    pub fn from_correlation(
        rule: &Arc<RuleSummary>,
        log_source: SourceId,
        (account, region): (&str, &str),
        last: Timestamp,
        correlated: CorrelatedEvents,
    ) -> Self {
        let group: Vec<String> =
            correlated.group.iter().map(|(field, value)| format!("{field}={value}")).collect();
        let action = match correlated.actions.as_slice() {
            [one] => one.clone(),
            [] => "several events".to_owned(),
            many => format!("{} actions", many.len()),
        };
        Self {
            rule: Arc::clone(rule),
            log_source,
            event_id: correlated.id.clone(),
            time: last,
            account: account.to_owned(),
            region: region.to_owned(),
            event_source: String::new(),
            event_name: String::new(),
            action,
            event_type: "Correlation".to_owned(),
            category: EventCategory::Management.into(),
            principal: FindingPrincipal::for_correlation(&correlated.principals, &group.join(", ")),
            outcome: Outcome::Success.into(),
            error_class: ErrorClass::Ok.into(),
            error_code: None,
            error_message: None,
            resource: None,
            resource_kind: None,
            why: None,
            source: None,
            network: None,
            user_agent: None,
            agent_family: None,
            request_id: None,
            request: None,
            explanation: None,
            correlated: Some(correlated),
        }
    }

    /// Approximate memory use, in bytes.
    pub fn memory_bytes(&self) -> usize {
        let message = self.error_message.as_ref().map_or(0, String::len);
        size_of::<Self>() + message + self.request.as_ref().map_or(0, value_memory_bytes)
    }

    /// Whether the call was refused for want of permission.
    pub fn is_denied(&self) -> bool {
        self.outcome == Outcome::Denied
    }

    /// The IAM action that was denied, `s3:ListAllMyBuckets`; if it is unknown or nothing was
    /// denied, the service and the operation, `s3:ListBuckets`.
    pub fn iam_action(&self) -> &str {
        let explained = self.explanation.as_ref().filter(|_| self.is_denied());
        explained.and_then(|why| why.action.as_deref()).unwrap_or(&self.action)
    }

    /// Whether its log says in a sentence what happened: another service's finding, or traffic.
    fn is_told_by_its_log(&self) -> bool {
        self.correlated.is_none() && matches!(self.category.as_str(), "Finding" | "Flow")
    }

    /// The finding in one line: `iam:ListUsers denied to user/alice in 111122223333`, preceded by
    /// the rule's name when nothing was denied.
    pub fn headline_text(&self) -> String {
        let rule = &self.rule.name;
        let (action, who) = (self.iam_action(), &self.principal.name);
        // Some logs do not say whose account it was.
        let is_named = self.account != "unknown" || self.log_source == cloudtrail::ID;
        let place = if is_named { format!(" in {}", self.account) } else { String::new() };
        if let Some(said) = self.why.as_deref().filter(|_| self.is_told_by_its_log()) {
            return format!("{said}: {who}{place}");
        }
        match (&self.correlated, self.outcome.known()) {
            (Some(_), _) => format!("{rule}: {action} by {who}{place}"),
            (None, Some(Outcome::Denied)) => format!("{action} denied to {who}{place}"),
            (None, Some(Outcome::Failed)) => format!("{rule}: {action} by {who} failed{place}"),
            (None, Some(Outcome::Success) | None) => format!("{rule}: {action} by {who}{place}"),
        }
    }
}

/// Maximum approximate memory use of a request that is kept, in bytes: a finding lives as long as
/// its group, and a list of numbers takes sixteen times the memory of its bytes in the log.
const MAX_REQUEST: usize = 512 << 10;

fn kept_request(request: &Value) -> Value {
    match value_memory_bytes(request) {
        0..=MAX_REQUEST => request.clone(),
        bytes => Value::from(format!("left out: it takes {bytes} bytes of memory")),
    }
}

/// Approximate memory use of a value, in bytes.
fn value_memory_bytes(value: &Value) -> usize {
    size_of::<Value>()
        + match value {
            Value::Array(list) => list.iter().map(value_memory_bytes).sum(),
            Value::Object(object) => {
                object.iter().map(|(name, value)| 64 + name.len() + value_memory_bytes(value)).sum()
            }
            Value::String(text) => text.len(),
            _ => 0,
        }
}

/// The source of findings that were stored before there were several sources.
fn cloudtrail_id() -> SourceId {
    cloudtrail::ID
}

/// CloudTrail findings are stored without a source, as before there were several.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_cloudtrail(source: &SourceId) -> bool {
    *source == cloudtrail::ID
}

mod source_text {
    //! (De)serialises sources by their stable names.

    use serde::{Deserialize, Deserializer, Serializer};

    use crate::source::{SourceId, id_of};

    #[allow(clippy::trivially_copy_pass_by_ref)]
    pub(super) fn serialize<S: Serializer>(
        source: &SourceId,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(source.as_str())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<SourceId, D::Error> {
        let name = String::deserialize(deserializer)?;
        id_of(&name)
            .ok_or_else(|| serde::de::Error::custom(format_args!("unknown source `{name}`")))
    }
}
