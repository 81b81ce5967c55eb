//! Where alerts go: in which form, and what the other side's answers mean.

use aware_core::text::{clean_line, clip_text};
use aware_pipeline::port::DeliveryOutcome;
use reqwest::header::HeaderValue;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use crate::destination::endpoint::EndpointUrl;
use crate::destination::http::HttpAnswer;

/// Where Alertmanager takes alerts, below its own URL.
const ALERTS_PATH: &str = "/api/v2/alerts";
/// The most characters shown of a refusal.
const WORDS_CHARS: usize = 200;
/// Shorter parts of a URL or header are not secrets.
const SECRET_CHARS: usize = 6;

/// What the other side expects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AlertForm {
    /// An Alertmanager's API.
    #[default]
    Api,
    /// A receiver of an Alertmanager's webhooks.
    Webhook,
}

/// The other side.
pub(super) struct AlertTarget {
    pub(super) form: AlertForm,
    pub(super) url: Url,
    pub(super) authorization: Option<HeaderValue>,
}

impl AlertTarget {
    pub(super) fn new(
        endpoint: &EndpointUrl,
        form: AlertForm,
        authorization: Option<HeaderValue>,
    ) -> Self {
        let mut url = endpoint.as_url().clone();
        if form == AlertForm::Api && !url.path().ends_with(ALERTS_PATH) {
            let path = format!("{}{ALERTS_PATH}", url.path().trim_end_matches('/'));
            url.set_path(&path);
        }
        Self { form, url, authorization }
    }

    /// What an answer means; `thread` is passed to the next delivery. Alertmanager answers 400 with
    /// a text in JSON to alerts that are not valid, and 400 or 422 with a code and a message to a
    /// body that is not. Keys are checked by proxies in front of it, so other answers are retried.
    pub(super) fn outcome_of(
        &self,
        answer: &HttpAnswer,
        thread: Option<String>,
    ) -> DeliveryOutcome {
        let who = match self.form {
            AlertForm::Api => "Alertmanager",
            AlertForm::Webhook => "the receiver",
        };
        match answer.status {
            200..300 if !answer.is_page() => DeliveryOutcome::Delivered(thread),
            400 | 422 => match refusal_words(&answer.body) {
                Some(words) => {
                    let words = self.without_secrets(&words);
                    DeliveryOutcome::Refused(format!("{who} refused the alert: {words}"))
                }
                None => answer.retry_as(who),
            },
            _ => answer.retry_as(who),
        }
    }

    /// The words, unless they repeat a part of the URL or of the header.
    fn without_secrets(&self, words: &str) -> String {
        let header = self.authorization.as_ref().and_then(|value| value.to_str().ok());
        let header = header.unwrap_or_default().split_whitespace();
        let path = self.url.path().trim_end_matches(ALERTS_PATH).split('/');
        let query = self.url.query().unwrap_or_default().split(['&', '=']);
        let mut parts = header.chain(path).chain(query);
        if parts.any(|part| part.len() >= SECRET_CHARS && words.contains(part)) {
            return "its words repeat a secret, so they are not shown".to_owned();
        }
        clip_text(&clean_line(words), WORDS_CHARS).into_owned()
    }
}

/// What the other side's own API says: a text in JSON, or an object with a message.
fn refusal_words(body: &str) -> Option<String> {
    let body: Value = serde_json::from_str(body).ok()?;
    let named = ["message", "error", "detail"].into_iter().find_map(|key| body.get(key)?.as_str());
    let words = body.as_str().or(named)?.trim();
    (!words.is_empty()).then(|| words.to_owned())
}
