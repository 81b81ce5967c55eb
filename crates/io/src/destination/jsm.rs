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
use crate::config::LevelName;
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
mod tests {
    use std::time::Duration;

    use wiremock::matchers::{header, method, path, query_param};
    use wiremock::{Mock, MockServer, Request, ResponseTemplate};

    use super::super::paging::test_case_message;
    use super::*;

    const KEY: &str = "fp1:ab12";
    const ACCEPTED: &str = "Request will be processed";

    fn accepted() -> ResponseTemplate {
        let body = json!({"result": ACCEPTED, "took": 0.1, "requestId": "43a29c5c"});
        ResponseTemplate::new(202).set_body_json(body)
    }

    fn destination(url: &str, min_level: Level) -> JsmDestination {
        let jsm = JsmDestination::test_endpoint(url, Duration::from_secs(5));
        JsmDestination { min_level, ..jsm }
    }

    /// The outcome of a delivery, and the requests that were sent.
    async fn deliver(
        answer: ResponseTemplate,
        message: &Message,
        thread: Option<&str>,
    ) -> (DeliveryOutcome, Vec<Request>) {
        let server = MockServer::start().await;
        let key = "GenieKey canary00-0000-4000-8000-000000000000";
        let with_key = Mock::given(method("POST")).and(header("authorization", key));
        with_key.respond_with(answer).mount(&server).await;
        let url = format!("{}/alerts", server.uri());
        let outcome = destination(&url, Level::High).deliver(message, thread).await;
        (outcome, server.received_requests().await.unwrap())
    }

    fn delivered(thread: &str) -> DeliveryOutcome {
        DeliveryOutcome::Delivered(Some(thread.to_owned()))
    }

    fn body_of(request: &Request) -> Value {
        request.body_json().unwrap()
    }

    #[test]
    fn the_alert_of_a_case() {
        let jsm = destination("http://127.0.0.1:1", Level::High);
        assert_eq!(
            jsm.alert_body(&test_case_message("finding", "critical", false)),
            json!({
                "message": "CRITICAL - alice made themselves administrator",
                "alias": "fp1:ab12",
                "description": "A new access key.\n\
                    Who: user/alice in 111122223333\n\
                    From: 203.0.113.83\n\
                    When: 03:50:00 to 03:54:00 UTC\n\
                    First: Deny everything to user/alice\n\
                    aws iam attach-user-policy --user-name alice\n\
                    03:50:00 ◆ iam:PutUserPolicy on themselves: Allow * on *\n\
                    case c5b1e",
                "tags": ["aware", "finding", "critical", "intrusion"],
                "details": {
                    "Level": "critical",
                    "Class": "intrusion",
                    "Account": "111122223333",
                    "Case": "c5b1e00000000000a",
                    "Message": "msg_1",
                },
                "source": "aware",
                "priority": "P1",
                "entity": "user/alice in 111122223333",
                "responders": [
                    {"name": "Security", "type": "team"},
                    {"id": "4513b7ea-3b91-438f-b7e4-e3e54af9147c", "type": "team"},
                ],
            })
        );
    }

    #[test]
    fn priorities() {
        assert_eq!(Level::ALL.map(priority_of), ["P5", "P4", "P3", "P2", "P1"]);
    }

    #[tokio::test]
    async fn a_case_opens_adds_and_closes() {
        let first = test_case_message("finding", "high", false);
        let (outcome, sent) = deliver(accepted(), &first, None).await;
        assert_eq!((outcome, sent.len()), (delivered(KEY), 1));
        assert_eq!(sent[0].url.path(), "/alerts");
        assert_eq!(body_of(&sent[0])["alias"], KEY);

        let fallen = test_case_message("update", "low", false);
        let (outcome, sent) = deliver(accepted(), &fallen, Some(KEY)).await;
        assert_eq!((outcome, sent.len()), (delivered(KEY), 2));
        assert_eq!((sent[0].url.path(), sent[1].url.path()), ("/alerts", "/alerts/fp1:ab12/notes"));
        assert_eq!(sent[1].url.query(), Some("identifierType=alias"));
        let note =
            "LOW - alice made themselves administrator\nA new access key.\n4 times in total.";
        assert_eq!(body_of(&sent[1]), json!({"note": note, "source": "aware"}));

        let closed = test_case_message("update", "low", true);
        let (outcome, sent) = deliver(accepted(), &closed, Some(KEY)).await;
        assert_eq!((outcome, sent.len()), (delivered(RESOLVED), 1));
        assert_eq!(sent[0].url.path(), "/alerts/fp1:ab12/close");
        assert_eq!(sent[0].url.query(), Some("identifierType=alias"));
        let note = body_of(&sent[0])["note"].as_str().unwrap().to_owned();
        assert!(note.contains("This case is closed."), "{note}");
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
            let (outcome, sent) = deliver(accepted(), &message, None).await;
            assert_eq!((outcome, sent.len()), (DeliveryOutcome::Delivered(None), 0), "{kind}");
        }
    }

    #[tokio::test]
    async fn a_note_that_does_not_arrive_is_sent_again() {
        let server = MockServer::start().await;
        let create = Mock::given(path("/alerts"));
        create.respond_with(accepted()).expect(1).mount(&server).await;
        let note = Mock::given(path("/alerts/fp1:ab12/notes"));
        let note = note.and(query_param("identifierType", "alias"));
        note.respond_with(ResponseTemplate::new(503)).expect(1).mount(&server).await;
        let jsm = destination(&format!("{}/alerts", server.uri()), Level::High);
        let update = test_case_message("update", "high", false);
        let outcome = jsm.deliver(&update, Some(KEY)).await;
        assert!(matches!(outcome, DeliveryOutcome::Retry { .. }), "{outcome:?}");
    }

    #[tokio::test]
    async fn only_the_api_s_own_words_refuse() {
        let message = test_case_message("finding", "high", false);
        let answer = |status: u16, body: Value| ResponseTemplate::new(status).set_body_json(body);
        let said = json!({
            "message": "Request body is not processable.", "took": 0.1, "requestId": "43a29c5c",
            "errors": {"alias": "canary00-0000-4000-8000-000000000000 is no\u{202e}t an alias"},
        });
        let (outcome, _) = deliver(answer(422, said.clone()), &message, None).await;
        let reason = "Jira Service Management said: Request body is not processable. \
                      {\"alias\":\"*** is no\u{fffd}t an alias\"}";
        assert_eq!(outcome, DeliveryOutcome::Refused(reason.to_owned()));

        let key = json!({"message": "Could not authenticate", "took": 0.0, "requestId": "4"});
        let (outcome, _) = deliver(answer(401, key), &message, None).await;
        let hinted = "Could not authenticate (hint: `api_key`";
        assert!(
            matches!(&outcome, DeliveryOutcome::Refused(reason) if reason.contains(hinted)),
            "{outcome:?}"
        );

        for (status, body) in [
            (429, said.clone()),
            (500, said.clone()),
            (404, said),
            (401, json!({"code": 401, "message": "Unauthorized"})),
            (200, json!({"result": "ok"})),
            (202, json!({"message": "ok", "requestId": "4"})),
            (202, json!([])),
        ] {
            let (outcome, _) = deliver(answer(status, body), &message, None).await;
            assert!(matches!(outcome, DeliveryOutcome::Retry { .. }), "{status} {outcome:?}");
        }
    }

    #[test]
    fn hostile_texts_and_limits() {
        let long = "\"<b>\u{202e}\u{10348} https://evil.example ".repeat(3000);
        let fields: Vec<Value> = (0..500).map(|_| json!({"key": long, "value": long})).collect();
        let body = json!({
            "schemaVersion": "2.0", "kind": "system", "severity": "high", "subject": long,
            "fields": fields, "identity": long, "id": long,
        });
        let message = Message::read_json(body.to_string().as_bytes()).unwrap();
        let jsm = destination("http://127.0.0.1:1", Level::High);
        let alert = jsm.alert_body(&message);
        let length = |name: &str| alert[name].as_str().unwrap().encode_utf16().count();
        assert!((100..=130).contains(&length("message")), "{}", alert["message"]);
        assert!((10_000..=15_000).contains(&length("description")), "{}", length("description"));
        assert!(length("entity") <= 512 && length("alias") <= 512);
        assert!(alert["message"].as_str().unwrap().ends_with('…'));
        let description = alert["description"].as_str().unwrap();
        assert!(description.ends_with("more parts are left out"), "{description}");
        assert!(alert["details"].to_string().len() < 8000);
        let note = note_body(&message)["note"].as_str().unwrap().encode_utf16().count();
        assert!(note <= 25_000);
        let text = alert.to_string();
        assert!(!text.contains(['<', '>', '\u{202e}']) && !text.contains("://"), "{text}");
    }

    async fn build_error(config: JsmConfig) -> String {
        let built = config.build("jsm".to_owned(), &AwsSession::default()).await;
        built.err().unwrap().to_string()
    }

    #[tokio::test]
    async fn the_config() {
        let config: JsmConfig = toml::from_str("api_key = \"env:JSM\"").unwrap();
        assert_eq!(Level::from(config.min_level), Level::High);
        assert!(config.responders.is_empty());

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        std::fs::write(&path, "canary canary\n").unwrap();
        let config = JsmConfig { api_key: SecretRef::File(path.display().to_string()), ..config };
        let error = build_error(config.clone()).await;
        assert!(error.contains("is not an API key") && !error.contains("canary"), "{error}");
        let teams = vec!["a".to_owned(); 51];
        let error = build_error(JsmConfig { responders: teams, ..config.clone() }).await;
        assert!(error.contains("names 51 teams"), "{error}");
        let error = build_error(JsmConfig { responders: vec![" ".to_owned()], ..config }).await;
        assert!(error.contains("without a name"), "{error}");
    }
}
