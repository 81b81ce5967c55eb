//! What a config says about Alertmanager.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use reqwest::header::HeaderValue;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::AlertmanagerDestination;
use super::alert::{AlertSettings, LABEL_CHARS, LABEL_NAMES, NamedTexts};
use super::form::{AlertForm, AlertTarget};
use crate::aws::AwsSession;
use crate::config::TimeSpan;
use crate::destination::endpoint::{EndpointError, EndpointUrl};
use crate::destination::http;
use crate::destination::inert::inert_line;
use crate::secret::{SecretError, SecretRef};

/// How long an alert fires after its latest message.
const FIRES_FOR: SignedDuration = SignedDuration::from_hours(24);

/// An Alertmanager, or a receiver of its webhooks.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AlertmanagerConfig {
    /// The Alertmanager, without `/api/v2/alerts`, or the receiver of its webhooks: an `https` URL,
    /// or where to read it from (`env:NAME`, `file:/path`, an ARN).
    pub url: String,
    /// `api` for an Alertmanager, or `webhook` for a receiver that expects what an Alertmanager
    /// sends. Default: `api`.
    #[serde(default)]
    pub form: AlertForm,
    /// Where to read the value of the header `Authorization` from, such as `Bearer …`. Default:
    /// none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorization: Option<SecretRef>,
    /// Labels that every alert gets in addition. Default: none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// How long an alert fires after its latest message, unless its case is closed before. A
    /// receiver of webhooks decides that itself. Default: `24h`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fires_for: Option<TimeSpan>,
    /// Allow `http` and addresses in private networks. Default: `false`.
    #[serde(default)]
    pub allow_private: bool,
}

/// Why an Alertmanager cannot be used. Never contains a secret.
#[derive(Debug, thiserror::Error)]
pub enum AlertmanagerConfigError {
    /// The URL is not allowed, or cannot be read.
    #[error(transparent)]
    Url(#[from] EndpointError),
    /// A secret cannot be read.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// It cannot be the value of a header.
    #[error(
        "{0}: is not the value of a header (hint: the whole of it is sent, such as `Bearer …`, on one line)"
    )]
    NotAHeader(SecretRef),
    /// Prometheus does not allow the name.
    #[error(
        "`labels`: `{0}` is not the name of a label (hint: letters, digits and `_`, not a digit first, not `__` first)"
    )]
    NotALabel(String),
    /// An alert says it itself.
    #[error("`labels`: `{0}` is a label that every alert has (hint: choose another name)")]
    TakenLabel(String),
    /// Every alert would end at once.
    #[error("`fires_for` is zero (hint: longer than the time between two messages, such as `24h`)")]
    NoTime,
    /// The HTTP client cannot be built.
    #[error(transparent)]
    Client(#[from] reqwest::Error),
}

impl AlertmanagerConfig {
    /// Builds the destination.
    ///
    /// # Errors
    /// [`AlertmanagerConfigError`] if the URL is invalid or not allowed, a secret cannot be read, or
    /// a label is not allowed.
    pub async fn build(
        self,
        name: String,
        aws: &AwsSession,
    ) -> Result<AlertmanagerDestination, AlertmanagerConfigError> {
        let endpoint = EndpointUrl::read(&self.url, self.allow_private, aws).await?;
        let authorization = match &self.authorization {
            Some(place) => Some(read_header(place, aws).await?),
            None => None,
        };
        let fires_for = self.fires_for.map_or(FIRES_FOR, |span| span.0);
        if fires_for.is_zero() {
            return Err(AlertmanagerConfigError::NoTime);
        }
        Ok(AlertmanagerDestination {
            name,
            client: endpoint.client(http::ATTEMPT_TIMEOUT)?,
            target: AlertTarget::new(&endpoint, self.form, authorization),
            settings: AlertSettings { labels: checked_labels(&self.labels)?, fires_for },
        })
    }
}

async fn read_header(
    place: &SecretRef,
    aws: &AwsSession,
) -> Result<HeaderValue, AlertmanagerConfigError> {
    let secret = place.read_secret(aws).await?;
    let mut value = HeaderValue::from_str(secret.expose())
        .map_err(|_| AlertmanagerConfigError::NotAHeader(place.clone()))?;
    value.set_sensitive(true);
    Ok(value)
}

/// Source: <https://prometheus.io/docs/concepts/data_model/#metric-names-and-labels>.
fn checked_labels(
    labels: &BTreeMap<String, String>,
) -> Result<NamedTexts, AlertmanagerConfigError> {
    for name in labels.keys() {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let starts_well =
            !name.starts_with("__") && !name.starts_with(|c: char| c.is_ascii_digit());
        if name.is_empty() || !name.chars().all(is_plain) || !starts_well {
            return Err(AlertmanagerConfigError::NotALabel(name.clone()));
        }
        if LABEL_NAMES.contains(&name.as_str()) {
            return Err(AlertmanagerConfigError::TakenLabel(name.clone()));
        }
    }
    let cleaned = labels.iter().map(|(name, value)| (name.clone(), inert_line(value, LABEL_CHARS)));
    Ok(cleaned.collect())
}
