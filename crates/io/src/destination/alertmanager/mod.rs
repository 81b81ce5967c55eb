//! Prometheus Alertmanager, and the many services that receive its webhooks.
//!
//! An Alertmanager groups, silences and inhibits alerts and passes them on. Services such as
//! incident.io, Rootly, Grafana IRM and Splunk On-Call accept the body that it sends to webhooks.
//!
//! Sources: <https://prometheus.io/docs/alerting/latest/clients/> and
//! <https://prometheus.io/docs/alerting/latest/configuration/#webhook_config>.

mod alert;
mod body;
mod config;
mod form;

#[cfg(test)]
mod tests;

use async_trait::async_trait;
use aware_core::message::{Message, MessageKind};
use aware_pipeline::port::{DeliveryOutcome, Destination};
use jiff::Timestamp;
use reqwest::header::AUTHORIZATION;

pub use config::{AlertmanagerConfig, AlertmanagerConfigError};
pub use form::AlertForm;

use super::http;
use alert::{AlertSettings, NamedTexts, alerts_of};
use form::AlertTarget;

/// An Alertmanager, or a receiver of its webhooks.
pub struct AlertmanagerDestination {
    name: String,
    client: reqwest::Client,
    target: AlertTarget,
    settings: AlertSettings,
}

#[async_trait]
impl Destination for AlertmanagerDestination {
    fn name(&self) -> &str {
        &self.name
    }

    /// `thread` holds the labels of the alert that fires now, since only those can resolve it.
    async fn deliver(&self, message: &Message, thread: Option<&str>) -> DeliveryOutcome {
        if matches!(message.kind, MessageKind::Digest | MessageKind::Heartbeat) {
            return DeliveryOutcome::Delivered(None);
        }
        let before: Option<NamedTexts> = thread.and_then(|text| serde_json::from_str(text).ok());
        let (alerts, labels) =
            alerts_of(message, &self.settings, before.as_ref(), Timestamp::now());
        let body = match self.target.form {
            AlertForm::Api => body::api_body(&alerts),
            AlertForm::Webhook => body::webhook_body(&self.name, &message.fingerprint, &alerts),
        };
        let mut request = self.client.post(self.target.url.clone()).json(&body);
        if let Some(value) = &self.target.authorization {
            request = request.header(AUTHORIZATION, value.clone());
        }
        match http::send_request(request).await {
            Err(outcome) => outcome,
            Ok(answer) => self.target.outcome_of(&answer, serde_json::to_string(&labels).ok()),
        }
    }
}

#[cfg(test)]
impl AlertmanagerDestination {
    /// An Alertmanager at a test's address.
    pub(crate) fn test_endpoint(url: &str, timeout: std::time::Duration) -> Self {
        Self::test_target(url, AlertForm::Api, None, timeout)
    }

    /// A receiver of webhooks at a test's address.
    pub(crate) fn test_webhook(url: &str, timeout: std::time::Duration) -> Self {
        Self::test_target(url, AlertForm::Webhook, Some("Bearer canary-key"), timeout)
    }

    fn test_target(
        url: &str,
        form: AlertForm,
        key: Option<&str>,
        timeout: std::time::Duration,
    ) -> Self {
        let endpoint = super::endpoint::EndpointUrl::parse(url, true).unwrap();
        let key = key.map(|key| key.parse().unwrap());
        Self {
            name: "alertmanager".into(),
            client: endpoint.client(timeout).unwrap(),
            target: AlertTarget::new(&endpoint, form, key),
            settings: AlertSettings {
                labels: NamedTexts::new(),
                fires_for: jiff::SignedDuration::from_hours(24),
            },
        }
    }
}
