//! Slack's part of the config.

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

use super::links::LinkHosts;
use super::publisher::TrustedPublisher;
use super::{ChannelWebhooks, SlackDestination, SlackTransport, http};
use crate::aws::AwsSession;
use crate::secret::{SecretError, SecretRef, SecretText};

/// A Slack channel, by incoming webhook or by bot token. Exactly one of the two is needed.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SlackConfig {
    /// Where to read the incoming webhook's URL from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook_url: Option<SecretRef>,
    /// Where to read the bot token (`xoxb-…`) from. It needs the scope `chat:write`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bot_token: Option<SecretRef>,
    /// The channel that the bot posts to: its id, or `#name`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// The host of the bot's workspace: `slack.com`, or `slack-gov.com` for GovSlack. Default:
    /// `slack.com`. A webhook's URL already names its host.
    #[serde(default)]
    pub host: Option<SlackHost>,
    /// Webhooks of other channels, for messages that ask for one with the tag
    /// `slack-preferred-channel`: `"#deploys" = "env:DEPLOYS_WEBHOOK"`. Names are compared without
    /// `#` and ignoring case.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub channels: BTreeMap<String, SecretRef>,
    /// Send the body of the product before this one, `{username, color, icon_url, channel, text}`:
    /// only for webhooks of legacy custom integrations. Default: `false`.
    #[serde(default)]
    pub legacy_webhook: bool,
    /// Publishers of version 1 messages whose `<https://…|label>` links are kept.
    #[serde(default)]
    pub publisher: Vec<PublisherConfig>,
    /// Whom to mention, by level: `high = "<!here>"`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub mention: BTreeMap<String, String>,
}

/// Slack's hosts.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, JsonSchema, PartialEq, Eq)]
pub enum SlackHost {
    /// Slack.
    #[default]
    #[serde(rename = "slack.com")]
    Slack,
    /// GovSlack, for agencies of the United States.
    #[serde(rename = "slack-gov.com")]
    GovSlack,
}

impl SlackHost {
    fn api_url(self) -> &'static str {
        match self {
            Self::Slack => "https://slack.com/api",
            Self::GovSlack => "https://slack-gov.com/api",
        }
    }
}

/// A publisher whose links are kept. Trust rests on the topic, whose publishers AWS controls; what
/// a message claims as its source only narrows it.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PublisherConfig {
    /// The ARN of the SNS topic that its messages come from.
    pub topic: String,
    /// Its `metadata.sourceName`; a `*` at the end matches anything: `CodePipeline: *`.
    pub source: String,
    /// Where its links may lead: `github.com`, `*.example.com`, or `*` for anywhere.
    pub hosts: Vec<String>,
}

/// Why a publisher is not one whose links can be trusted.
#[derive(Debug, thiserror::Error)]
pub enum PublisherError {
    /// Its topic is not given as an ARN.
    #[error("`{0}` is not the ARN of an SNS topic")]
    NotATopic(String),
    /// Its name would match any publisher.
    #[error("`source` must name a publisher: a topic carries messages of many")]
    NoSource,
    /// No host is named.
    #[error("`hosts` is empty (hint: `[\"*\"]` allows any host)")]
    NoHosts,
    /// The value is not a host.
    #[error("`{0}` is not a host (hint: `github.com`, without https:// and path)")]
    NotAHost(String),
}

/// Why a Slack destination cannot be built. Never contains a secret.
#[derive(Debug, thiserror::Error)]
pub enum SlackConfigError {
    /// `host` together with `webhook_url`.
    #[error("a webhook's URL already names its host (hint: remove `host`)")]
    HostOfWebhook,
    /// `legacy_webhook` together with a key that it cannot have.
    #[error("`legacy_webhook` needs `webhook_url`, and its body cannot hold a `mention`")]
    LegacyWebhook,
    /// `bot_token` without `channel`.
    #[error("a bot needs a `channel`")]
    NoChannel,
    /// `channel` together with `webhook_url`.
    #[error("a webhook has its own channel (hint: remove `channel`, or use `bot_token`)")]
    ChannelOfWebhook,
    /// Neither, or both.
    #[error("exactly one of `webhook_url` and `bot_token` is needed")]
    OneWay,
    /// Two webhooks for a channel.
    #[error("`channels` has `{0}` twice: `#` and case do not count")]
    ChannelTwice(String),
    /// A publisher is incomplete.
    #[error("publisher `{source_name}`: {problem}")]
    Publisher {
        /// Its `source`.
        source_name: String,
        /// What is wrong with it.
        problem: PublisherError,
    },
    /// A secret cannot be read.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// A secret is not a URL.
    #[error(
        "{0}: what is there is not a URL (hint: Slack's webhooks are https://hooks.slack.com/services/…)"
    )]
    NotAUrl(SecretRef),
    /// The HTTP client cannot be built.
    #[error(transparent)]
    Client(#[from] reqwest::Error),
}

impl PublisherConfig {
    fn build(&self) -> Result<TrustedPublisher, SlackConfigError> {
        let wrong = |problem| {
            Err(SlackConfigError::Publisher { source_name: self.source.clone(), problem })
        };
        if !matches!(
            self.topic.split(':').collect::<Vec<_>>().as_slice(),
            ["arn", _, "sns", _, _, _]
        ) {
            return wrong(PublisherError::NotATopic(self.topic.clone()));
        }
        if self.source.trim_end_matches('*').trim().is_empty() {
            return wrong(PublisherError::NoSource);
        }
        if self.hosts.is_empty() {
            return wrong(PublisherError::NoHosts);
        }
        let is_host = |host: &&String| {
            let name = host.strip_prefix("*.").unwrap_or(host);
            let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
            *host == "*" || !name.is_empty() && name.chars().all(plain)
        };
        if let Some(host) = self.hosts.iter().find(|host| !is_host(host)) {
            return wrong(PublisherError::NotAHost(host.clone()));
        }
        Ok(TrustedPublisher::new(&self.topic, &self.source, LinkHosts::new(&self.hosts)))
    }
}

impl SlackConfig {
    /// Builds the destination.
    ///
    /// # Errors
    /// [`SlackConfigError`] if the keys exclude each other, or a secret cannot be read.
    pub async fn build(
        self,
        name: String,
        aws: &AwsSession,
    ) -> Result<SlackDestination, SlackConfigError> {
        if self.webhook_url.is_some() && self.host.is_some() {
            return Err(SlackConfigError::HostOfWebhook);
        }
        if self.legacy_webhook && (self.webhook_url.is_none() || !self.mention.is_empty()) {
            return Err(SlackConfigError::LegacyWebhook);
        }
        let publishers: Result<Vec<TrustedPublisher>, SlackConfigError> =
            self.publisher.iter().map(PublisherConfig::build).collect();
        let publishers = publishers?;
        let way = match (&self.webhook_url, &self.bot_token, &self.channel) {
            (Some(url), None, None) => self.webhook_transport(url, aws).await?,
            (None, Some(token), Some(channel)) => SlackTransport::Bot {
                token: token.read_secret(aws).await?,
                channel: channel.clone(),
                api: self.host.unwrap_or_default().api_url().to_owned(),
            },
            (None, Some(_), None) => return Err(SlackConfigError::NoChannel),
            (Some(_), None, Some(_)) => return Err(SlackConfigError::ChannelOfWebhook),
            _ => return Err(SlackConfigError::OneWay),
        };
        Ok(SlackDestination {
            name,
            client: http_client(http::ATTEMPT_TIMEOUT)?,
            transport: way,
            mentions: self.mention,
            publishers,
        })
    }

    async fn webhook_transport(
        &self,
        url: &SecretRef,
        aws: &AwsSession,
    ) -> Result<SlackTransport, SlackConfigError> {
        let mut channels = ChannelWebhooks::default();
        for (channel, url) in &self.channels {
            if !channels.add(channel, read_url(url, aws).await?) {
                return Err(SlackConfigError::ChannelTwice(channel.clone()));
            }
        }
        Ok(SlackTransport::Webhook {
            url: read_url(url, aws).await?,
            channels,
            legacy: self.legacy_webhook,
        })
    }
}

/// Reads a secret that must be a URL. The error does not repeat it.
async fn read_url(secret: &SecretRef, aws: &AwsSession) -> Result<SecretText, SlackConfigError> {
    let text = secret.read_secret(aws).await?;
    let url = Url::parse(text.expose()).ok().filter(|url| url.has_host());
    match url.filter(|url| matches!(url.scheme(), "https" | "http")) {
        Some(_) => Ok(text),
        None => Err(SlackConfigError::NotAUrl(secret.clone())),
    }
}

fn http_client(timeout: Duration) -> Result<reqwest::Client, SlackConfigError> {
    Ok(http::client_builder(timeout).build()?)
}

#[cfg(test)]
impl SlackDestination {
    /// A webhook at a test's address.
    pub(crate) fn test_webhook(url: &str, channels: &[(&str, &str)], timeout: Duration) -> Self {
        let secret = |url: &str| SecretText::new(url.to_owned());
        let mut all = ChannelWebhooks::default();
        channels.iter().for_each(|(name, url)| assert!(all.add(name, secret(url))));
        let channels = all;
        let way = SlackTransport::Webhook { url: secret(url), channels, legacy: false };
        Self {
            name: "slack".into(),
            client: http_client(timeout).unwrap(),
            transport: way,
            mentions: BTreeMap::new(),
            publishers: Vec::new(),
        }
    }

    /// A bot at a test's address.
    pub(crate) fn test_bot(api: &str, timeout: Duration) -> Self {
        let way = SlackTransport::Bot {
            token: SecretText::new("xoxb-canary".into()),
            channel: "C1".into(),
            api: api.to_owned(),
        };
        Self {
            name: "slack".into(),
            client: http_client(timeout).unwrap(),
            transport: way,
            mentions: BTreeMap::new(),
            publishers: Vec::new(),
        }
    }
    /// The same, with the body of the product before this one.
    pub(crate) fn with_legacy_body(mut self) -> Self {
        if let SlackTransport::Webhook { legacy, .. } = &mut self.transport {
            *legacy = true;
        }
        self
    }

    /// The same, with a trusted publisher.
    pub(crate) fn with_publisher(mut self, topic: &str, source: &str, hosts: &[&str]) -> Self {
        let hosts = hosts.iter().map(|host| (*host).to_owned()).collect();
        let config = PublisherConfig { topic: topic.to_owned(), source: source.to_owned(), hosts };
        self.publishers.push(config.build().unwrap());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(topic: &str, source: &str, hosts: &[&str]) -> String {
        let hosts = hosts.iter().map(|host| (*host).to_owned()).collect();
        let config = PublisherConfig { topic: topic.to_owned(), source: source.to_owned(), hosts };
        config.build().err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn a_publisher_is_named_whole() {
        let topic = "arn:aws:sns:eu-west-1:111122223333:pipelines";
        assert_eq!(said(topic, "CodePipeline: *", &["github.com", "*.aws.amazon.com"]), "");
        for (topic, source, hosts, what) in [
            ("pipelines", "x", vec!["*"], "is not the ARN"),
            (topic, "*", vec!["*"], "must name a publisher"),
            (topic, "x", vec![], "`hosts` is empty"),
            (topic, "x", vec!["https://github.com/"], "is not a host"),
        ] {
            assert!(said(topic, source, &hosts).contains(what), "{what}");
        }
    }

    #[tokio::test]
    async fn what_does_not_go_together_is_said() {
        let config = SlackConfig {
            webhook_url: Some(SecretRef::File("/nowhere".to_owned())),
            legacy_webhook: true,
            mention: BTreeMap::from([("high".to_owned(), "<!here>".to_owned())]),
            ..SlackConfig::default()
        };
        let built = config.build("slack".to_owned(), &AwsSession::default()).await;
        assert!(built.err().unwrap().to_string().contains("cannot hold a `mention`"));
    }

    #[test]
    fn govslack_has_a_host_of_its_own() {
        let host = |text: &str| toml::from_str::<SlackConfig>(text).map(|config| config.host);
        assert_eq!(host("").unwrap().unwrap_or_default().api_url(), "https://slack.com/api");
        let gov = host("host = \"slack-gov.com\"").unwrap().unwrap();
        assert_eq!(gov.api_url(), "https://slack-gov.com/api");
        assert!(
            host("host = \"slack.example\"").unwrap_err().to_string().contains("slack-gov.com")
        );
    }
}
