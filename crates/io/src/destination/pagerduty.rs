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
use crate::config::LevelName;
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
mod tests {
    use std::time::Duration;

    use wiremock::matchers::{body_partial_json, method};
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::super::paging::test_case_message;
    use super::*;

    const KEY: &str = "fp1:ab12";

    fn key() -> SecretText {
        SecretText::new("canary0123456789canary0123456789".to_owned())
    }

    fn accepted() -> ResponseTemplate {
        let body = json!({"status": "success", "message": "Event processed", "dedup_key": KEY});
        ResponseTemplate::new(202).set_body_json(body)
    }

    /// The outcome of a delivery, and the bodies that were sent.
    async fn deliver(
        answer: ResponseTemplate,
        message: &Message,
        thread: Option<&str>,
        min_level: Level,
    ) -> (DeliveryOutcome, Vec<Value>) {
        let server = MockServer::start().await;
        Mock::given(method("POST")).respond_with(answer).mount(&server).await;
        let pager = PagerDutyDestination::test_endpoint(&server.uri(), Duration::from_secs(5));
        let outcome = PagerDutyDestination { min_level, ..pager }.deliver(message, thread).await;
        let sent = server.received_requests().await.unwrap();
        (outcome, sent.iter().map(|request| request.body_json().unwrap()).collect())
    }

    fn delivered(thread: &str) -> DeliveryOutcome {
        DeliveryOutcome::Delivered(Some(thread.to_owned()))
    }

    #[test]
    fn the_event_of_a_case() {
        let message = test_case_message("finding", "critical", false);
        assert_eq!(
            trigger_event(&key(), &alert_key(&message), &message),
            json!({
                "routing_key": "canary0123456789canary0123456789",
                "event_action": "trigger",
                "dedup_key": "fp1:ab12",
                "client": "aware",
                "payload": {
                    "summary": "CRITICAL - alice made themselves administrator",
                    "source": "111122223333",
                    "severity": "critical",
                    "component": "user/alice in 111122223333",
                    "group": "CloudTrail",
                    "class": "intrusion",
                    "timestamp": "2026-11-24T03:54:00Z",
                    "custom_details": {
                        "News": "A new access key.",
                        "Who": "user/alice in 111122223333",
                        "From": "203.0.113.83",
                        "When": "03:50:00 to 03:54:00 UTC",
                        "Next step": "First: Deny everything to user/alice",
                        "Commands": "aws iam attach-user-policy --user-name alice",
                        "Timeline": ["03:50:00 ◆ iam:PutUserPolicy on themselves: Allow * on *"],
                        "References": "case c5b1e",
                    },
                },
            })
        );
    }

    #[test]
    fn severities() {
        let severities = Level::ALL.map(severity_of);
        assert_eq!(severities, ["info", "info", "warning", "error", "critical"]);
    }

    #[tokio::test]
    async fn a_case_opens_adds_and_resolves() {
        let high = Level::High;
        let first = test_case_message("finding", "high", false);
        let (outcome, sent) = deliver(accepted(), &first, None, high).await;
        assert_eq!(outcome, delivered(KEY));
        assert_eq!(
            (&sent[0]["event_action"], &sent[0]["dedup_key"]),
            (&json!("trigger"), &json!(KEY))
        );
        assert_eq!(sent[0]["payload"]["severity"], "error");

        let fallen = test_case_message("update", "low", false);
        let (outcome, sent) = deliver(accepted(), &fallen, Some(KEY), high).await;
        assert_eq!((outcome, &sent[0]["event_action"]), (delivered(KEY), &json!("trigger")));

        let closed = test_case_message("update", "low", true);
        let (outcome, sent) = deliver(accepted(), &closed, Some(KEY), high).await;
        assert_eq!(outcome, delivered(RESOLVED));
        let routing_key = key().expose().to_owned();
        let event =
            json!({"routing_key": routing_key, "event_action": "resolve", "dedup_key": KEY});
        assert_eq!(sent, [event]);
    }

    #[tokio::test]
    async fn what_does_not_page_is_not_sent() {
        for (kind, level, is_closed) in [
            ("finding", "medium", false),
            ("update", "low", true),
            ("digest", "critical", false),
            ("heartbeat", "critical", false),
        ] {
            let message = test_case_message(kind, level, is_closed);
            let (outcome, sent) = deliver(accepted(), &message, None, Level::High).await;
            assert_eq!((outcome, sent), (DeliveryOutcome::Delivered(None), vec![]), "{kind}");
        }
    }

    #[tokio::test]
    async fn only_pagerduty_s_own_words_refuse() {
        let message = test_case_message("finding", "high", false);
        let answer = |status: u16, body: Value| ResponseTemplate::new(status).set_body_json(body);
        let invalid = json!({
            "status": "invalid event", "message": "Event object is invalid",
            "errors": ["Invalid routing key canary0123456789canary0123456789", "no\u{202e}\nsource"],
        });
        let (outcome, _) = deliver(answer(400, invalid), &message, None, Level::High).await;
        let said = "PagerDuty refused the event: Invalid routing key ***; no\u{fffd} source";
        assert_eq!(outcome, DeliveryOutcome::Refused(said.to_owned()));
        let invalid = json!({"status": "invalid event", "message": "Event object is invalid"});
        let (outcome, _) = deliver(answer(400, invalid.clone()), &message, None, Level::High).await;
        let said = "PagerDuty refused the event: Event object is invalid";
        assert_eq!(outcome, DeliveryOutcome::Refused(said.to_owned()));
        for (status, body) in [
            (403, invalid.clone()),
            (500, invalid.clone()),
            (429, invalid),
            (400, json!({"error": "bad request"})),
            (200, json!({"status": "ok"})),
            (202, json!("success")),
            (404, json!({"status": "success"})),
        ] {
            let (outcome, _) = deliver(answer(status, body), &message, None, Level::High).await;
            assert!(matches!(outcome, DeliveryOutcome::Retry { .. }), "{status} {outcome:?}");
        }
    }

    #[tokio::test]
    async fn a_redirect_is_not_followed() {
        let server = MockServer::start().await;
        let elsewhere = MockServer::start().await;
        Mock::given(body_partial_json(json!({}))).respond_with(accepted()).mount(&elsewhere).await;
        let answer = ResponseTemplate::new(307).insert_header("location", elsewhere.uri().as_str());
        Mock::given(method("POST")).respond_with(answer).expect(1).mount(&server).await;
        let pager = PagerDutyDestination::test_endpoint(&server.uri(), Duration::from_secs(5));
        let outcome = pager.deliver(&test_case_message("finding", "high", false), None).await;
        assert!(matches!(outcome, DeliveryOutcome::Retry { .. }), "{outcome:?}");
        assert!(elsewhere.received_requests().await.unwrap().is_empty());
    }

    #[test]
    fn hostile_texts_and_limits() {
        let long = "\"<b>\u{202e}\u{10348}".repeat(3000);
        let fields: Vec<Value> = (0..500).map(|_| json!({"key": long, "value": long})).collect();
        let body = json!({
            "schemaVersion": "2.0", "kind": "system", "severity": "high", "subject": long,
            "fields": fields, "identity": long, "metadata": {"sourceName": long},
        });
        let message = Message::read_json(body.to_string().as_bytes()).unwrap();
        let event = trigger_event(&key(), &alert_key(&message), &message);
        let payload = &event["payload"];
        let summary = payload["summary"].as_str().unwrap();
        assert!(summary.chars().count() <= 1024 && summary.ends_with('…'), "{summary}");
        assert_eq!(payload["source"], "aware");
        assert_eq!(payload["custom_details"].as_object().unwrap().len(), 42, "40 of 500");
        let text = event.to_string();
        assert!(text.len() < 512_000, "{}", text.len());
        assert!(!text.contains(['<', '>', '\u{202e}']));
    }

    #[test]
    fn labels_that_repeat_are_kept_apart() {
        let mut details = Map::new();
        for value in ["1", "2", "", "3"] {
            add_detail(&mut details, "k", value.into());
        }
        assert_eq!(Value::Object(details), json!({"k": "1", "k (2)": "2", "k (3)": "3"}));
    }

    #[test]
    fn links_lead_to_aws_alone() {
        let link = |url: &str| {
            let mut message = test_case_message("finding", "high", false);
            message.facts.console_link = Some(url.to_owned());
            aws_link(&message)
        };
        let page = "https://us-east-1.console.aws.amazon.com/iam/home?x=1";
        assert_eq!(link(page).as_deref(), Some(page));
        let mut message = test_case_message("finding", "high", false);
        message.facts.console_link = Some(page.to_owned());
        let event = trigger_event(&key(), KEY, &message);
        let shown = json!([{"href": page, "text": "What AWS says about the denial"}]);
        assert_eq!(event["links"], shown);
        for other in [
            "https://evil.example/console.aws.amazon.com",
            "https://console.aws.amazon.com@evil.example/",
            "https://console.aws.amazon.com.evil.example/",
            "https://notconsole.aws.amazon.com/",
            "http://console.aws.amazon.com/",
            "https://user:word@console.aws.amazon.com/",
            "javascript:alert(1)",
        ] {
            assert_eq!(link(other), None, "{other}");
        }
    }

    #[tokio::test]
    async fn the_config() {
        let config: PagerDutyConfig = toml::from_str("routing_key = \"env:PD\"").unwrap();
        assert_eq!(config.region, PagerDutyRegion::Us);
        assert_eq!(Level::from(config.min_level), Level::High);
        assert!(config.region.events_url().starts_with("https://events.pagerduty.com/"));
        let text = "routing_key = \"env:PD\"\nregion = \"eu\"\nmin_level = \"critical\"";
        let config: PagerDutyConfig = toml::from_str(text).unwrap();
        assert!(config.region.events_url().starts_with("https://events.eu.pagerduty.com/"));
        assert_eq!(Level::from(config.min_level), Level::Critical);

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        std::fs::write(&path, "canary\n").unwrap();
        let config =
            PagerDutyConfig { routing_key: SecretRef::File(path.display().to_string()), ..config };
        let built = config.build("pager".to_owned(), &AwsSession::default()).await;
        let error = built.err().unwrap().to_string();
        assert!(error.contains("not an integration key") && !error.contains("canary"), "{error}");
    }
}
