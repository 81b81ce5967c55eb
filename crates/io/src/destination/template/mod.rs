//! Any receiver of JSON or forms, by a template: of a preset that ships, or of the config.
//!
//! The body is a tree whose texts are templates of minijinja (`render.rs`); values never become
//! part of JSON's own syntax. Presets are files in `presets/`, each with the receiver's own
//! documentation as its source. What an answer means is a rule too (`answer.rs`): an answer that
//! no rule knows is retried.

mod answer;
mod config;
mod context;
mod engine;
mod escape;
mod plan;
mod presets;
mod render;
mod story;

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use aware_core::event::Level;
use aware_core::message::Message;
use aware_pipeline::port::{DeliveryOutcome, Destination};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use url::Url;

use self::answer::AnswerReader;
use self::plan::TemplatePlan;
use self::render::{TemplateRenderer, form_body};
use super::http;
use crate::secret::SecretText;

pub use answer::{RefusedRule, SuccessRule};
pub use config::{TemplateConfig, TemplateConfigError};
pub use plan::{BodyEncoding, BodyTree, HttpMethod, MessageKindName};
pub use presets::{PresetError, PresetParameter, PresetSummary, list_presets, show_preset};
pub use render::TemplateError;

/// Parts of a URL that are shorter are words rather than keys.
const MIN_KEY: usize = 8;
/// The thread of an alert that was opened.
const OPENED: &str = "opened";

/// Why a request cannot be made of a message. Never contains a secret.
#[derive(Debug, thiserror::Error)]
pub enum TemplateRequestError {
    /// A template fails.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The receiver would not take it.
    #[error("`body`: has {bytes} bytes, over {max} (hint: `|clip(4000)`, or less in `story`)")]
    TooLarge {
        /// Its length.
        bytes: usize,
        /// The limit.
        max: usize,
    },
    /// A header's name or value that HTTP does not allow.
    #[error("`headers.{0}`: is not a header (hint: visible ASCII on one line)")]
    NotAHeader(String),
}

/// An endpoint with a template.
pub struct TemplateDestination {
    name: String,
    client: reqwest::Client,
    url: Url,
    plan: TemplatePlan,
    parameters: BTreeMap<String, String>,
    secrets: BTreeMap<String, SecretText>,
    secret_headers: BTreeMap<String, SecretText>,
    min_level: Option<Level>,
}

/// What is sent.
struct TemplateRequest {
    headers: HeaderMap,
    body: String,
}

#[async_trait]
impl Destination for TemplateDestination {
    fn name(&self) -> &str {
        &self.name
    }

    fn min_interval(&self) -> Duration {
        self.plan.min_interval
    }

    async fn deliver(&self, message: &Message, thread: Option<&str>) -> DeliveryOutcome {
        if !self.is_sent(message, thread) {
            return DeliveryOutcome::Delivered(thread.map(str::to_owned));
        }
        let request = match self.request_for(message, thread) {
            Ok(request) => request,
            Err(problem) => {
                return DeliveryOutcome::Refused(format!("its template fails: {problem}"));
            }
        };
        let method = self.plan.method.to_reqwest();
        let sent = self.client.request(method, self.url.clone()).headers(request.headers);
        match http::send_request(sent.body(request.body)).await {
            Err(outcome) => outcome,
            Ok(answer) => self.mark_opened(self.reader().outcome_of(&answer, thread)),
        }
    }
}

impl TemplateDestination {
    /// Whether the config sends this message at all.
    fn is_sent(&self, message: &Message, thread: Option<&str>) -> bool {
        let is_closed = message.case.as_ref().is_some_and(|case| case.is_closed);
        let is_level = match (self.min_level, message.severity) {
            (Some(least), Some(level)) => level >= least || self.closes_alert(is_closed, thread),
            _ => true,
        };
        let is_repeat = self.plan.once && (thread.is_some() || is_closed);
        is_level && !is_repeat && self.plan.takes_kind(message.kind)
    }

    /// Whether this is the end of an alert that is known to be open, whatever its level is by now.
    fn closes_alert(&self, is_closed: bool, thread: Option<&str>) -> bool {
        self.plan.closes && is_closed && thread.is_some()
    }

    /// Notes that an alert is open at a receiver that names none.
    fn mark_opened(&self, outcome: DeliveryOutcome) -> DeliveryOutcome {
        match outcome {
            DeliveryOutcome::Delivered(None) if self.plan.closes => {
                DeliveryOutcome::Delivered(Some(OPENED.to_owned()))
            }
            outcome => outcome,
        }
    }

    fn request_for(
        &self,
        message: &Message,
        thread: Option<&str>,
    ) -> Result<TemplateRequest, TemplateRequestError> {
        let renderer = TemplateRenderer::new(message, &self.parameters, &self.secrets, thread);
        self.render_request(&renderer)
    }

    /// Renders every template for a message, names that it does not use included.
    fn check_message(
        &self,
        message: &Message,
        thread: Option<&str>,
    ) -> Result<(), TemplateRequestError> {
        let renderer =
            TemplateRenderer::new(message, &self.parameters, &self.secrets, thread).checking();
        self.render_request(&renderer).map(|_| ())
    }

    fn render_request<'t>(
        &'t self,
        renderer: &TemplateRenderer<'t>,
    ) -> Result<TemplateRequest, TemplateRequestError> {
        let body = renderer.render_body(&self.plan.body)?;
        let (kind, body) = match self.plan.encoding {
            BodyEncoding::Json => ("application/json", body.to_string()),
            BodyEncoding::Form => ("application/x-www-form-urlencoded", form_body(&body)?),
        };
        let (bytes, max) = (body.len(), self.plan.max_bytes);
        if bytes > max {
            return Err(TemplateRequestError::TooLarge { bytes, max });
        }
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        for (name, text) in &self.plan.headers {
            add_header(&mut headers, name, &renderer.render_header(name, text)?)?;
        }
        for (name, secret) in &self.secret_headers {
            add_header(&mut headers, name, secret.expose())?;
        }
        Ok(TemplateRequest { headers, body })
    }

    fn reader(&self) -> AnswerReader<'_> {
        let texts = self.secrets.values().chain(self.secret_headers.values());
        let keys =
            self.url.path().split('/').chain(self.url.query().unwrap_or("").split(['&', '=']));
        let keys = keys.filter(|key| key.len() >= MIN_KEY);
        AnswerReader {
            success: &self.plan.success,
            refused: &self.plan.refused,
            thread: self.plan.thread.as_deref(),
            pause: self.plan.pause.as_deref(),
            secrets: texts.map(SecretText::expose).chain(keys).collect(),
        }
    }
}

fn add_header(
    headers: &mut HeaderMap,
    name: &str,
    value: &str,
) -> Result<(), TemplateRequestError> {
    let not_a_header = || TemplateRequestError::NotAHeader(name.to_owned());
    let key = HeaderName::try_from(name).map_err(|_| not_a_header())?;
    let mut value = HeaderValue::try_from(value).map_err(|_| not_a_header())?;
    value.set_sensitive(true);
    headers.insert(key, value);
    Ok(())
}

#[cfg(test)]
mod tests;
