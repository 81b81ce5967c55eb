//! Microsoft Teams, by a workflow of Power Automate that receives webhook requests.
//!
//! Source: <https://support.microsoft.com/en-us/office/create-incoming-webhooks-with-workflows-for-microsoft-teams-8ae491c7-0394-4861-ba59-055e33f75498>.
//! The workflow answers 202 before it posts, so that a delivery is accepted rather than seen; it
//! returns no id, so that there are no threads and no edits; and it does not recognize a message
//! that comes twice.

mod card;
mod config;

#[cfg(test)]
mod tests;

use std::time::Duration;

use async_trait::async_trait;
use aware_core::message::Message;
use aware_pipeline::port::{DeliveryOutcome, Destination};
use serde_json::Value;

pub use card::CardWidth;
pub use config::{TeamsConfig, TeamsConfigError};

use super::endpoint::EndpointUrl;
use super::http::{self, HttpAnswer};

/// Teams slows down whoever sends more than four requests per second; a channel takes fewer.
const MIN_INTERVAL: Duration = Duration::from_secs(1);

/// The codes with which the service refuses a request for good, and what mends it.
/// Source: the errors of Logic Apps' request trigger,
/// <https://learn.microsoft.com/en-us/azure/logic-apps/logic-apps-http-endpoint>.
const REFUSALS: [(&str, &str); 5] = [
    ("DirectApiAuthorizationRequired", "copy the URL whole: it ends in `sig=` and a signature"),
    ("DirectApiInvalidAuthorizationSignature", "copy the URL of the workflow's trigger again"),
    ("InvalidSharedAccessSignature", "copy the URL of the workflow's trigger again"),
    ("WorkflowNotFound", "the workflow was deleted: create another one and use its URL"),
    ("TriggerInputSchemaMismatch", "remove the schema of the workflow's trigger"),
];

/// A workflow that is turned off, or was deleted a moment ago: somebody may turn it on.
const TURNED_OFF: &str = "WorkflowTriggerIsNotEnabled";

/// A channel or chat of Microsoft Teams.
pub struct TeamsDestination {
    name: String,
    client: reqwest::Client,
    endpoint: EndpointUrl,
    width: CardWidth,
}

#[async_trait]
impl Destination for TeamsDestination {
    fn name(&self) -> &str {
        &self.name
    }

    fn min_interval(&self) -> Duration {
        MIN_INTERVAL
    }

    async fn deliver(&self, message: &Message, _thread: Option<&str>) -> DeliveryOutcome {
        let body = card::message_body(message, self.width);
        let request = self.client.post(self.endpoint.as_url().clone()).json(&body);
        match http::send_request(request).await {
            Err(outcome) => outcome,
            Ok(answer) => outcome_of(&answer),
        }
    }
}

/// What an answer means. Only codes from our own list are repeated: an answer may repeat the URL.
fn outcome_of(answer: &HttpAnswer) -> DeliveryOutcome {
    let code = error_code(&answer.body);
    let is_refusal = |(refusal, _): &&(&str, &str)| code.as_deref() == Some(*refusal);
    match answer.status {
        200 | 202 if !answer.is_page() => DeliveryOutcome::Delivered(None),
        400 | 401 | 403 | 404 => match REFUSALS.iter().find(is_refusal) {
            Some((code, hint)) => {
                DeliveryOutcome::Refused(format!("the workflow answered {code} (hint: {hint})"))
            }
            None if code.as_deref() == Some(TURNED_OFF) => DeliveryOutcome::Retry {
                after: None,
                reason: format!(
                    "the workflow answered {TURNED_OFF} (hint: turn it on, or, if it was deleted, create another one and use its URL)"
                ),
            },
            None => answer.retry_as("the workflow"),
        },
        _ => answer.retry_as("the workflow"),
    }
}

/// `{"error": {"code": "WorkflowNotFound", "message": "…"}}`.
fn error_code(body: &str) -> Option<String> {
    let body: Value = serde_json::from_str(body).ok()?;
    body.pointer("/error/code")?.as_str().map(str::to_owned)
}

#[cfg(test)]
impl TeamsDestination {
    /// A workflow at a test's address.
    pub(crate) fn test_endpoint(url: &str, timeout: Duration) -> Self {
        let endpoint = EndpointUrl::parse(url, true).unwrap();
        let client = endpoint.client(timeout).unwrap();
        Self { name: "teams".into(), client, endpoint, width: CardWidth::Full }
    }
}
