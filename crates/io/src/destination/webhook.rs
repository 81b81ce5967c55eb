//! Any HTTPS endpoint, by the Standard Webhooks specification 1.0.0.
//!
//! Source:
//! <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>.
//! The id is the message's own and stays the same across retries, so that the receiver recognizes a
//! second delivery.

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use aware_core::message::Message;
use aware_pipeline::port::{DeliveryOutcome, Destination};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use url::{Host, Url};

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
    /// The value is not a URL.
    #[error("`url`: {0} (hint: https://…, or where it is: env:NAME, file:/path)")]
    NotAUrl(#[from] url::ParseError),
    /// Anybody on the network path could read the messages.
    #[error("`url` is not `https` (hint: `allow_private = true` allows it)")]
    NotHttps,
    /// A name or password in it would be shown.
    #[error("`url` contains a user name")]
    UserInUrl,
    /// It points into a private network.
    #[error("`url` is an address in a private network")]
    PrivateAddress,
    /// It has no host.
    #[error("`url` has no host")]
    NoHost,
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
        let text = match SecretRef::parse(&self.url) {
            Ok(place) => place.read_secret(aws).await?.expose().to_owned(),
            Err(_) => self.url,
        };
        let mut keys = Vec::new();
        for place in &self.secrets {
            let secret = place.read_secret(aws).await?;
            let wrong = || WebhookConfigError::NotASigningSecret(place.as_location().to_owned());
            keys.push(decode_key(secret.expose()).ok_or_else(wrong)?);
        }
        if keys.is_empty() {
            return Err(WebhookConfigError::NoSecrets);
        }
        WebhookDestination::new(
            name,
            &text,
            keys,
            self.version,
            self.allow_private,
            http::ATTEMPT_TIMEOUT,
        )
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
        url: &str,
        keys: Vec<Vec<u8>>,
        version: WebhookVersion,
        private: bool,
        timeout: Duration,
    ) -> Result<Self, WebhookConfigError> {
        let url = Url::parse(url)?;
        let mut builder = http::client_builder(timeout);
        if !private {
            check_url(&url)?;
            builder = builder.https_only(true).dns_resolver(std::sync::Arc::new(PublicResolver));
        }
        let client = builder.build()?;
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

fn check_url(url: &Url) -> Result<(), WebhookConfigError> {
    let private = |ip: IpAddr| !is_public(ip);
    match url.host() {
        _ if url.scheme() != "https" => Err(WebhookConfigError::NotHttps),
        _ if !url.username().is_empty() || url.password().is_some() => {
            Err(WebhookConfigError::UserInUrl)
        }
        Some(Host::Ipv4(ip)) if private(ip.into()) => Err(WebhookConfigError::PrivateAddress),
        Some(Host::Ipv6(ip)) if private(ip.into()) => Err(WebhookConfigError::PrivateAddress),
        None => Err(WebhookConfigError::NoHost),
        Some(_) => Ok(()),
    }
}

/// Resolves names to public addresses only, so that a name cannot point into our own network.
struct PublicResolver;

impl Resolve for PublicResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found: Vec<SocketAddr> =
                tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let public: Vec<SocketAddr> =
                found.into_iter().filter(|address| is_public(address.ip())).collect();
            if public.is_empty() {
                return Err(
                    "the name has no public address (hint: `allow_private = true` allows others)"
                        .into(),
                );
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

/// Whether an address is public. Source: IANA's special-purpose registries.
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            let [a, b, c, _] = ip.octets();
            let shared = a == 100 && (64..128).contains(&b);
            let special =
                a == 0 || a >= 240 || (a, b, c) == (192, 0, 0) || a == 198 && (18..20).contains(&b);
            !(ip.is_private()
                || ip.is_loopback()
                || ip.is_link_local()
                || ip.is_multicast()
                || shared
                || special)
        }
        IpAddr::V6(ip) => match ip.to_ipv4_mapped() {
            Some(mapped) => is_public(mapped.into()),
            None => {
                (ip.segments().first().copied().unwrap_or_default() & 0xe000) == 0x2000
                    && !embeds_v4(ip)
            }
        },
    }
}

/// 6to4, Teredo and NAT64 addresses embed addresses that the checks above would miss.
fn embeds_v4(ip: std::net::Ipv6Addr) -> bool {
    let [a, b, ..] = ip.segments();
    a == 0x2002 || (a, b) == (0x2001, 0) || (a, b) == (0x64, 0xff9b)
}

#[cfg(test)]
impl WebhookDestination {
    /// An endpoint at a test's address.
    pub(crate) fn test_endpoint(url: &str, timeout: Duration) -> Self {
        Self::new("webhook".into(), url, vec![vec![7; 32]], WebhookVersion::Two, true, timeout)
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
    fn addresses_that_are_refused() {
        for ip in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "::1",
            "fd00:ec2::254",
            "fe80::1",
            "::ffff:10.0.0.1",
            "2002:a00:1::",
            "64:ff9b::a00:1",
        ] {
            assert!(!is_public(ip.parse().unwrap()), "{ip}");
        }
        assert!(
            is_public("1.1.1.1".parse().unwrap()) && is_public("2606:4700::1".parse().unwrap())
        );
        for url in
            ["http://a.example", "https://u:p@a.example", "https://127.0.0.1/", "https://[::1]/"]
        {
            assert!(check_url(&Url::parse(url).unwrap()).is_err(), "{url}");
        }
        assert!(decode_key("whsec_c2hvcnQ=").is_none());
    }
}
