//! Jira Service Management's operations, the heir of Opsgenie, by its integration events API.
//!
//! Sources:
//! <https://developer.atlassian.com/cloud/jira/service-desk-ops/rest/v1/api-group-integration-events/>
//! (create, close, add note; the key's header; `identifierType`);
//! <https://docs.opsgenie.com/docs/alert-api> and <https://docs.opsgenie.com/docs/response>, which it
//! took over (fields, their limits and the status codes). An alert that is created again while it is
//! open under the same alias only counts, so whatever may have arrived is sent again. Such an alert
//! keeps its priority and its text, so a note says what is new.

use async_trait::async_trait;
use aware_core::event::Level;
use aware_core::message::Message;
use aware_core::open::NamedSet;
use aware_core::text::clip_text;
use aware_pipeline::port::{DeliveryOutcome, Destination};
use reqwest::header::{AUTHORIZATION, HeaderValue};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::http;
use super::page_card::{PageCard, page_text};
use super::paging::{PagingStep, RESOLVED, alert_key, message_level, paging_step, quote_answer};
use crate::aws::AwsSession;
use crate::config::choice::LevelName;
use crate::secret::{SecretError, SecretRef, SecretText};

/// Where alerts are created.
const ALERTS_URL: &str = "https://api.atlassian.com/jsm/ops/integration/v2/alerts";
/// How outcomes name the other side.
const JSM: &str = "Jira Service Management";

/// The most characters of a message and of a description.
const MESSAGE_CHARS: usize = 130;
const DESCRIPTION_CHARS: usize = 15_000;
/// The most characters of a detail. All details together may have 8,000; a note, of which the parts
/// are short, 25,000.
const DETAIL_CHARS: usize = 200;
/// The most responders.
const MAX_RESPONDERS: usize = 50;
/// The length of an id.
const ID_LENGTH: usize = 36;

/// The alerts of Jira Service Management.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JsmConfig {
    /// Where to read the key of an `API` integration of Jira Service Management's operations from.
    pub api_key: SecretRef,
    /// The lowest level of a case, or of a problem of this program, that pages. Default: `high`.
    #[serde(default = "super::paging::default_level")]
    pub min_level: LevelName,
    /// The teams that are notified, by name or id. Default: those of the integration.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub responders: Vec<String>,
}

/// Why a destination of Jira Service Management cannot be built. Never contains a secret.
#[derive(Debug, thiserror::Error)]
pub enum JsmConfigError {
    /// The key cannot be read.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The secret cannot be sent in a header.
    #[error(
        "{0}: what is there is not an API key (hint: the key of an `API` integration, such as 1a2b3c4d-…)"
    )]
    NotAKey(SecretRef),
    /// A responder has no name.
    #[error("`responders` names a team without a name (hint: remove the empty text)")]
    EmptyResponder,
    /// There are more responders than an alert may have.
    #[error(
        "`responders` names {0} teams, more than 50 (hint: an escalation can notify the others)"
    )]
    TooManyResponders(usize),
    /// The HTTP client cannot be built.
    #[error(transparent)]
    Client(#[from] reqwest::Error),
}

impl JsmConfig {
    /// Builds the destination.
    ///
    /// # Errors
    /// [`JsmConfigError`] if the key cannot be read or sent, or the responders are not teams.
    pub async fn build(
        self,
        name: String,
        aws: &AwsSession,
    ) -> Result<JsmDestination, JsmConfigError> {
        if self.responders.iter().any(|team| team.trim().is_empty()) {
            return Err(JsmConfigError::EmptyResponder);
        }
        if self.responders.len() > MAX_RESPONDERS {
            return Err(JsmConfigError::TooManyResponders(self.responders.len()));
        }
        let api_key = self.api_key.read_secret(aws).await?;
        let Some(authorization) = authorization_of(&api_key) else {
            return Err(JsmConfigError::NotAKey(self.api_key));
        };
        Ok(JsmDestination {
            name,
            client: http::client_builder(http::ATTEMPT_TIMEOUT).build()?,
            api: ALERTS_URL.to_owned(),
            api_key,
            authorization,
            min_level: self.min_level.into(),
            responders: self.responders.iter().map(|team| responder(team.trim())).collect(),
        })
    }
}

fn authorization_of(api_key: &SecretText) -> Option<HeaderValue> {
    let key = api_key.expose();
    if key.contains(char::is_whitespace) {
        return None;
    }
    let mut value = HeaderValue::from_str(&format!("GenieKey {key}")).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// A team by its id, if the text has the form of one, otherwise by its name.
fn responder(team: &str) -> Value {
    let is_id = team.len() == ID_LENGTH && team.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
    if is_id { json!({"id": team, "type": "team"}) } else { json!({"name": team, "type": "team"}) }
}

/// The alerts of Jira Service Management.
pub struct JsmDestination {
    name: String,
    client: reqwest::Client,
    api: String,
    api_key: SecretText,
    authorization: HeaderValue,
    min_level: Level,
    responders: Vec<Value>,
}

#[async_trait]
impl Destination for JsmDestination {
    fn name(&self) -> &str {
        &self.name
    }

    async fn deliver(&self, message: &Message, thread: Option<&str>) -> DeliveryOutcome {
        match self.take_step(message, thread).await {
            Ok(thread) => DeliveryOutcome::Delivered(thread),
            Err(outcome) => outcome,
        }
    }
}

impl JsmDestination {
    /// Returns what the next delivery for the same alert gets as its thread.
    async fn take_step(
        &self,
        message: &Message,
        thread: Option<&str>,
    ) -> Result<Option<String>, DeliveryOutcome> {
        let alias = alert_key(message);
        match paging_step(message, thread, self.min_level) {
            PagingStep::Nothing => Ok(None),
            PagingStep::Trigger => {
                self.post_json(&self.api, &self.alert_body(message)).await?;
                Ok(Some(alias))
            }
            // The alert first: it is opened anew if somebody has closed it meanwhile, and then it
            // can have a note.
            PagingStep::Repeat => {
                self.post_json(&self.api, &self.alert_body(message)).await?;
                self.post_json(&self.action_url(&alias, "notes"), &note_body(message)).await?;
                Ok(Some(alias))
            }
            PagingStep::Resolve => {
                self.post_json(&self.action_url(&alias, "close"), &note_body(message)).await?;
                Ok(Some(RESOLVED.to_owned()))
            }
        }
    }

    /// An alias consists of characters that mean nothing in a URL, see [`alert_key`].
    fn action_url(&self, alias: &str, action: &str) -> String {
        format!("{}/{alias}/{action}?identifierType=alias", self.api)
    }

    async fn post_json(&self, url: &str, body: &Value) -> Result<(), DeliveryOutcome> {
        let request = self.client.post(url).header(AUTHORIZATION, self.authorization.clone());
        let answer = http::send_request(request.json(body)).await?;
        check_answer(&answer, &self.api_key)
    }

    fn alert_body(&self, message: &Message) -> Value {
        let card = PageCard::new(message);
        let mut body = json!({
            "message": clip_text(&card.headline, MESSAGE_CHARS),
            "alias": alert_key(message),
            "description": alert_description(&card),
            "tags": alert_tags(message),
            "details": alert_details(message, &card),
            "source": "aware",
            "priority": priority_of(message_level(message)),
        });
        if let Some(body) = body.as_object_mut() {
            if !card.who.is_empty() {
                body.insert("entity".to_owned(), card.who.into());
            }
            if !self.responders.is_empty() {
                body.insert("responders".to_owned(), self.responders.clone().into());
            }
        }
        body
    }
}

/// What an answer means. Only the API's own words refuse; a gateway before it may answer with any
/// status. An accepted request is processed later, so an alert that does not exist is no error.
fn check_answer(answer: &http::HttpAnswer, api_key: &SecretText) -> Result<(), DeliveryOutcome> {
    let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    match (answer.status, text("requestId"), text("result"), text("message")) {
        (200..300, Some(_), Some(_), _) => Ok(()),
        (400 | 401 | 402 | 403 | 422, Some(_), _, Some(said)) => {
            let errors = body.get("errors").map(|errors| format!(" {errors}")).unwrap_or_default();
            let said = quote_answer(&format!("{said}{errors}"), api_key);
            let hint = match answer.status {
                401 | 403 => {
                    " (hint: `api_key` must be the key of an API integration that is turned on)"
                }
                _ => "",
            };
            Err(DeliveryOutcome::Refused(format!("{JSM} said: {said}{hint}")))
        }
        _ => Err(answer.retry_as(JSM)),
    }
}

/// The headline, if the message had to cut it, and everything else.
fn alert_description(card: &PageCard) -> String {
    if card.headline.encode_utf16().count() <= MESSAGE_CHARS {
        return card.as_text(DESCRIPTION_CHARS);
    }
    let room = DESCRIPTION_CHARS - 1 - card.headline.encode_utf16().count();
    format!("{}\n{}", card.headline, card.as_text(room))
}

/// Tags to filter by. They are all our own words.
fn alert_tags(message: &Message) -> Vec<&'static str> {
    let reading = message.case.as_ref().and_then(|case| case.reading.known());
    let mut tags = vec!["aware", message.kind.as_str(), message_level(message).as_str()];
    tags.extend(reading.map(NamedSet::name));
    tags
}

fn alert_details(message: &Message, card: &PageCard) -> Map<String, Value> {
    let case = message.case.as_ref().map(|case| case.id.as_str()).unwrap_or_default();
    let details = [
        ("Level", message_level(message).as_str()),
        ("Class", card.class.as_str()),
        ("Account", card.account.as_str()),
        ("Case", case),
        ("Message", message.id.as_str()),
    ];
    let details = details.into_iter().filter(|(_, text)| !text.is_empty());
    details.map(|(name, text)| (name.to_owned(), page_text(text, DETAIL_CHARS).into())).collect()
}

/// What is new, for an alert that is open or being closed.
fn note_body(message: &Message) -> Value {
    let card = PageCard::new(message);
    let last = message.facts.last_seen.map(|at| format!(", last at {at}")).unwrap_or_default();
    let count = (message.count > 1).then(|| format!("{} times in total{last}.", message.count));
    let parts = [card.headline, card.sentence, count.unwrap_or_default()];
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    json!({"note": parts.join("\n"), "source": "aware"})
}

/// The mapping of levels to the five priorities.
fn priority_of(level: Level) -> &'static str {
    match level {
        Level::Critical => "P1",
        Level::High => "P2",
        Level::Medium => "P3",
        Level::Low => "P4",
        Level::Informational => "P5",
    }
}

#[cfg(test)]
impl JsmDestination {
    /// An account at a test's address; every level pages.
    pub(crate) fn test_endpoint(url: &str, timeout: std::time::Duration) -> Self {
        let api_key = SecretText::new("canary00-0000-4000-8000-000000000000".into());
        Self {
            name: "jsm".into(),
            client: http::client_builder(timeout).build().unwrap(),
            api: url.to_owned(),
            authorization: authorization_of(&api_key).unwrap(),
            api_key,
            min_level: Level::Informational,
            responders: vec![
                responder("Security"),
                responder("4513b7ea-3b91-438f-b7e4-e3e54af9147c"),
            ],
        }
    }
}

#[cfg(test)]
mod tests;
