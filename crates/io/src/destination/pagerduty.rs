//! PagerDuty, by the Events API v2.
//!
//! Sources: <https://github.com/PagerDuty/developer-docs/tree/main/docs/events-API-v2>, "Overview"
//! (answers, retries, the limit of 512 KB) and "Send an Alert Event" (fields and their limits; events
//! with the same `dedup_key` belong to one alert, and a resolve without an open alert is dropped);
//! <https://support.pagerduty.com/main/docs/service-regions> (the hosts). A repeated event is
//! harmless, so whatever may have arrived is sent again.

use async_trait::async_trait;
use aware_core::event::Level;
use aware_core::message::Message;
use aware_pipeline::port::{DeliveryOutcome, Destination};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use url::Url;

use super::http;
use super::page_card::{PageCard, page_text};
use super::paging::{PagingStep, RESOLVED, alert_key, message_level, paging_step, quote_answer};
use crate::aws::AwsSession;
use crate::config::choice::LevelName;
use crate::secret::{SecretError, SecretRef, SecretText};

/// The most characters of `source`, `component`, `group` and `class`.
const SHORT_CHARS: usize = 255;
/// The longest link, in bytes.
const MAX_LINK: usize = 2048;
/// The length of an integration key.
const KEY_LENGTH: usize = 32;
/// The hosts of AWS's consoles, to which links may lead, with everything below them.
const LINK_HOSTS: [&str; 4] = [
    "console.aws.amazon.com",
    "console.amazonaws.cn",
    "console.amazonaws-us-gov.com",
    "console.amazonaws.eu",
];

/// A PagerDuty service.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PagerDutyConfig {
    /// Where to read the integration key of the service's `Events API v2` integration from.
    pub routing_key: SecretRef,
    /// The service region of the account: `us` or `eu`. Default: `us`.
    #[serde(default)]
    pub region: PagerDutyRegion,
    /// The lowest level of a case, or of a problem of this program, that pages. Default: `high`.
    #[serde(default = "super::paging::default_level")]
    pub min_level: LevelName,
}

/// PagerDuty's service regions.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum PagerDutyRegion {
    /// The United States.
    #[default]
    Us,
    /// Europe.
    Eu,
}

impl PagerDutyRegion {
    fn events_url(self) -> &'static str {
        match self {
            Self::Us => "https://events.pagerduty.com/v2/enqueue",
            Self::Eu => "https://events.eu.pagerduty.com/v2/enqueue",
        }
    }
}

/// Why a PagerDuty destination cannot be built. Never contains a secret.
#[derive(Debug, thiserror::Error)]
pub enum PagerDutyConfigError {
    /// The key cannot be read.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The secret does not have the form of an integration key.
    #[error(
        "{0}: what is there is not an integration key (hint: 32 letters and digits, from the service's Events API v2 integration)"
    )]
    NotAnIntegrationKey(SecretRef),
    /// The HTTP client cannot be built.
    #[error(transparent)]
    Client(#[from] reqwest::Error),
}

impl PagerDutyConfig {
    /// Builds the destination.
    ///
    /// # Errors
    /// [`PagerDutyConfigError`] if the key cannot be read or is not an integration key.
    pub async fn build(
        self,
        name: String,
        aws: &AwsSession,
    ) -> Result<PagerDutyDestination, PagerDutyConfigError> {
        let routing_key = self.routing_key.read_secret(aws).await?;
        let key = routing_key.expose();
        if key.len() != KEY_LENGTH || !key.chars().all(|c| c.is_ascii_alphanumeric()) {
            return Err(PagerDutyConfigError::NotAnIntegrationKey(self.routing_key));
        }
        Ok(PagerDutyDestination {
            name,
            client: http::client_builder(http::ATTEMPT_TIMEOUT).build()?,
            api: self.region.events_url().to_owned(),
            routing_key,
            min_level: self.min_level.into(),
        })
    }
}

/// A PagerDuty service.
pub struct PagerDutyDestination {
    name: String,
    client: reqwest::Client,
    api: String,
    routing_key: SecretText,
    min_level: Level,
}

#[async_trait]
impl Destination for PagerDutyDestination {
    fn name(&self) -> &str {
        &self.name
    }

    async fn deliver(&self, message: &Message, thread: Option<&str>) -> DeliveryOutcome {
        let key = alert_key(message);
        let (event, thread) = match paging_step(message, thread, self.min_level) {
            PagingStep::Nothing => return DeliveryOutcome::Delivered(None),
            PagingStep::Trigger | PagingStep::Repeat => {
                (trigger_event(&self.routing_key, &key, message), key)
            }
            PagingStep::Resolve => (resolve_event(&self.routing_key, &key), RESOLVED.to_owned()),
        };
        match http::send_request(self.client.post(&self.api).json(&event)).await {
            Err(outcome) => outcome,
            Ok(answer) => outcome_of(&answer, &self.routing_key, thread),
        }
    }
}

/// What an answer means. Only PagerDuty's own words count: a proxy may answer with any status.
fn outcome_of(
    answer: &http::HttpAnswer,
    routing_key: &SecretText,
    thread: String,
) -> DeliveryOutcome {
    let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
    match (answer.status, body.get("status").and_then(Value::as_str)) {
        (200..300, Some("success")) => DeliveryOutcome::Delivered(Some(thread)),
        (400, Some("invalid event")) => {
            let errors = quote_answer(&errors_of(&body), routing_key);
            DeliveryOutcome::Refused(format!("PagerDuty refused the event: {errors}"))
        }
        _ => answer.retry_as("PagerDuty"),
    }
}

/// The errors that PagerDuty lists, otherwise its message.
fn errors_of(body: &Value) -> String {
    let errors = body.get("errors").and_then(Value::as_array).into_iter().flatten();
    let errors: Vec<&str> = errors.filter_map(Value::as_str).collect();
    if errors.is_empty() {
        return body.get("message").and_then(Value::as_str).unwrap_or_default().to_owned();
    }
    errors.join("; ")
}

fn resolve_event(routing_key: &SecretText, key: &str) -> Value {
    json!({"routing_key": routing_key.expose(), "event_action": "resolve", "dedup_key": key})
}

/// The event that opens an alert, or adds to it. It stays below 512 KB because the number of its
/// parts and the length of each are limited.
fn trigger_event(routing_key: &SecretText, key: &str, message: &Message) -> Value {
    let mut event = json!({
        "routing_key": routing_key.expose(),
        "event_action": "trigger",
        "dedup_key": key,
        "client": "aware",
        "payload": event_payload(message),
    });
    if let (Some(link), Some(event)) = (aws_link(message), event.as_object_mut()) {
        let link = json!({"href": link, "text": "What AWS says about the denial"});
        event.insert("links".to_owned(), json!([link]));
    }
    event
}

fn event_payload(message: &Message) -> Value {
    let card = PageCard::new(message);
    let group = page_text(message.source_name.as_deref().unwrap_or_default(), SHORT_CHARS);
    let source = if card.account.is_empty() { "aware" } else { card.account.as_str() };
    let texts = [
        ("summary", card.headline.as_str()),
        ("source", source),
        ("severity", severity_of(message_level(message))),
        ("component", card.who.as_str()),
        ("group", group.as_str()),
        ("class", card.class.as_str()),
    ];
    let texts = texts.into_iter().filter(|(_, text)| !text.is_empty());
    let mut payload: Map<String, Value> =
        texts.map(|(name, text)| (name.to_owned(), text.into())).collect();
    if let Some(time) = message.time {
        payload.insert("timestamp".to_owned(), time.to_string().into());
    }
    payload.insert("custom_details".to_owned(), Value::Object(custom_details(&card)));
    Value::Object(payload)
}

/// The mapping of levels to PagerDuty's four severities.
fn severity_of(level: Level) -> &'static str {
    match level {
        Level::Critical => "critical",
        Level::High => "error",
        Level::Medium => "warning",
        Level::Low | Level::Informational => "info",
    }
}

fn custom_details(card: &PageCard) -> Map<String, Value> {
    let mut details = Map::new();
    add_detail(&mut details, "News", card.sentence.as_str().into());
    for (label, value) in &card.fields {
        add_detail(&mut details, label, value.as_str().into());
    }
    add_detail(&mut details, "Next step", card.step.as_str().into());
    add_detail(&mut details, card.code_label, card.code.as_str().into());
    add_detail(&mut details, "Timeline", card.lines.clone().into());
    add_detail(&mut details, "References", card.context.as_str().into());
    details
}

/// Adds a value that is not empty, under a name of its own: foreign messages may repeat labels.
fn add_detail(details: &mut Map<String, Value>, label: &str, value: Value) {
    let is_empty =
        value.as_str().is_some_and(str::is_empty) || value.as_array().is_some_and(Vec::is_empty);
    if is_empty {
        return;
    }
    let mut name = label.to_owned();
    let mut number = 1_u32;
    while details.contains_key(&name) {
        number += 1;
        name = format!("{label} ({number})");
    }
    details.insert(name, value);
}

/// AWS's page about the denial, if the link really leads there.
fn aws_link(message: &Message) -> Option<String> {
    let url = Url::parse(message.facts.console_link.as_deref()?).ok()?;
    let host = url.host_str()?;
    let is_below = |known: &&str| {
        host.strip_suffix(*known).is_some_and(|sub| sub.is_empty() || sub.ends_with('.'))
    };
    let is_plain = url.scheme() == "https" && url.username().is_empty() && url.password().is_none();
    let is_aws = is_plain && LINK_HOSTS.iter().any(is_below);
    (is_aws && url.as_str().len() <= MAX_LINK).then(|| url.into())
}

#[cfg(test)]
impl PagerDutyDestination {
    /// A service at a test's address; every level pages.
    pub(crate) fn test_endpoint(url: &str, timeout: std::time::Duration) -> Self {
        Self {
            name: "pagerduty".into(),
            client: http::client_builder(timeout).build().unwrap(),
            api: url.to_owned(),
            routing_key: SecretText::new("canary0123456789canary0123456789".into()),
            min_level: Level::Informational,
        }
    }
}

#[cfg(test)]
mod tests;
