//! Any HTTPS endpoint, by the Standard Webhooks specification 1.0.0.
//!
//! Source:
//! <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>.
//! The id is the message's own and stays the same across retries, so that the receiver recognizes a
//! second delivery.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use aware_core::message::Message;
use aware_pipeline::port::{DeliveryOutcome, Destination};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use url::Url;

use super::endpoint::{EndpointError, EndpointUrl};
use super::http;
use crate::aws::AwsSession;
use crate::secret::{SecretError, SecretRef};

/// An HTTPS endpoint.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookConfig {
    /// The endpoint: an `https` URL, or where to read it from (`env:NAME`, `file:/path`, an ARN).
    pub url: String,
    /// Where to read the signing secrets (`whsec_…`) from; several while one is being replaced.
    pub secrets: Vec<SecretRef>,
    /// The message version: `2`, or `1` for readers of the 2017 format. Default: `2`.
    #[serde(default)]
    pub version: WebhookVersion,
    /// Allow `http` and addresses in private networks. Default: `false`.
    #[serde(default)]
    pub allow_private: bool,
}

/// A version of the message format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub enum WebhookVersion {
    /// Subject, fields, metadata and tags only.
    #[serde(rename = "1")]
    One,
    /// Everything.
    #[default]
    #[serde(rename = "2")]
    Two,
}

/// Why a webhook cannot be built. Never contains a secret.
#[derive(Debug, thiserror::Error)]
pub enum WebhookConfigError {
    /// The URL is not allowed, or cannot be read.
    #[error(transparent)]
    Url(#[from] EndpointError),
    /// A secret cannot be read.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// A secret cannot be used to sign.
    #[error("{0}: is not a signing secret (hint: `whsec_` and the base64 of 24 to 64 bytes)")]
    NotASigningSecret(String),
    /// There are no secrets to sign with.
    #[error("`secrets` is empty")]
    NoSecrets,
    /// The HTTP client cannot be built.
    #[error(transparent)]
    Client(#[from] reqwest::Error),
}

impl WebhookConfig {
    /// Builds the destination.
    ///
    /// # Errors
    /// [`WebhookConfigError`] if the URL is invalid or not allowed, or a secret cannot be
    /// read.
    pub async fn build(
        self,
        name: String,
        aws: &AwsSession,
    ) -> Result<WebhookDestination, WebhookConfigError> {
        let endpoint = EndpointUrl::read(&self.url, self.allow_private, aws).await?;
        let mut keys = Vec::new();
        for place in &self.secrets {
            let secret = place.read_secret(aws).await?;
            let wrong = || WebhookConfigError::NotASigningSecret(place.as_location().to_owned());
            keys.push(decode_key(secret.expose()).ok_or_else(wrong)?);
        }
        if keys.is_empty() {
            return Err(WebhookConfigError::NoSecrets);
        }
        WebhookDestination::new(name, &endpoint, keys, self.version, http::ATTEMPT_TIMEOUT)
    }
}

/// An HTTPS endpoint.
pub struct WebhookDestination {
    name: String,
    client: reqwest::Client,
    url: Url,
    keys: Vec<Vec<u8>>,
    version: WebhookVersion,
    gone: AtomicBool,
}

impl WebhookDestination {
    fn new(
        name: String,
        endpoint: &EndpointUrl,
        keys: Vec<Vec<u8>>,
        version: WebhookVersion,
        timeout: Duration,
    ) -> Result<Self, WebhookConfigError> {
        let client = endpoint.client(timeout)?;
        let url = endpoint.as_url().clone();
        Ok(Self { name, client, url, keys, version, gone: AtomicBool::new(false) })
    }
}

#[async_trait]
impl Destination for WebhookDestination {
    fn name(&self) -> &str {
        &self.name
    }

    async fn deliver(&self, message: &Message, _thread: Option<&str>) -> DeliveryOutcome {
        if self.gone.load(Ordering::Relaxed) {
            return DeliveryOutcome::Refused(
                "the endpoint answered 410 Gone (hint: restart once it is back)".to_owned(),
            );
        }
        let body = if self.version == WebhookVersion::One {
            message.to_json_v1()
        } else {
            message.to_json()
        };
        let seconds = Timestamp::now().as_second();
        let signatures: Vec<String> =
            self.keys.iter().map(|key| sign_body(key, &message.id, seconds, &body)).collect();
        let request = self.client.post(self.url.clone()).header("content-type", "application/json");
        let request =
            request.header("webhook-id", &message.id).header("webhook-timestamp", seconds);
        let request = request.header("webhook-signature", signatures.join(" ")).body(body);
        match http::send_request(request).await {
            Err(outcome) => outcome,
            Ok(answer) => self.outcome_of(&answer),
        }
    }
}

impl WebhookDestination {
    /// Any 2xx is a success, 410 asks to disable the endpoint, and everything else is retried.
    /// Source: the specification, "Deliverability and reliability". An HTML page is never an
    /// endpoint's answer, whatever its status.
    fn outcome_of(&self, answer: &http::HttpAnswer) -> DeliveryOutcome {
        match answer.status {
            200..300 if !answer.is_page() => DeliveryOutcome::Delivered(None),
            410 => {
                self.gone.store(true, Ordering::Relaxed);
                DeliveryOutcome::Refused("the endpoint answered 410 Gone".to_owned())
            }
            _ => answer.retry_as("the endpoint"),
        }
    }
}

fn decode_key(secret: &str) -> Option<Vec<u8>> {
    let key = STANDARD.decode(secret.strip_prefix("whsec_")?).ok()?;
    (24..=64).contains(&key.len()).then_some(key)
}

/// `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`.
fn sign_body(key: &[u8], id: &str, timestamp: i64, body: &str) -> String {
    // HMAC accepts keys of any length, so this cannot fail.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return String::new() };
    mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
impl WebhookDestination {
    /// An endpoint at a test's address.
    pub(crate) fn test_endpoint(url: &str, timeout: Duration) -> Self {
        let endpoint = EndpointUrl::parse(url, true).unwrap();
        Self::new("webhook".into(), &endpoint, vec![vec![7; 32]], WebhookVersion::Two, timeout)
            .unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The test vector of the specification's own libraries.
    #[test]
    fn the_specification_s_vector() {
        let key = decode_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signed = sign_body(
            &key,
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            r#"{"test": 2432232314}"#,
        );
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_short_key_does_not_sign() {
        assert!(decode_key("whsec_c2hvcnQ=").is_none());
    }
}
