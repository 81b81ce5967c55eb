//! Slack's part of the config.

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{Slack, Way, http};
use crate::aws::Aws;
use crate::secret::{Secret, SecretRef};

/// A Slack channel, by incoming webhook or by bot token. Exactly one of the two is needed.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SlackConfig {
    /// Where the incoming webhook's URL is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook_url: Option<SecretRef>,
    /// Where the bot's token (`xoxb-…`) is. It needs the scope `chat:write`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bot_token: Option<SecretRef>,
    /// The channel that the bot posts to: its id, or `#name`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// Where the bot's workspace is: `slack.com`, or `slack-gov.com` for GovSlack. Default: `slack.com`. A
    /// webhook's URL says it by itself.
    #[serde(default)]
    pub host: Option<Host>,
    /// Webhooks of other channels, for messages that prefer one by the tag `slack-preferred-channel`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub channels: BTreeMap<String, SecretRef>,
    /// Send the body of 2017, with `channel`: only for webhooks of legacy custom integrations. Default: `false`.
    #[serde(default)]
    pub legacy_webhook: bool,
    /// Whom to mention, by level: `high = "<!here>"`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub mention: BTreeMap<String, String>,
}

/// Slack's hosts.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
pub enum Host {
    /// Slack.
    #[default]
    #[serde(rename = "slack.com")]
    Slack,
    /// GovSlack, for agencies of the United States.
    #[serde(rename = "slack-gov.com")]
    GovSlack,
}

impl Host {
    fn api(self) -> &'static str {
        match self {
            Self::Slack => "https://slack.com/api",
            Self::GovSlack => "https://slack-gov.com/api",
        }
    }
}

impl SlackConfig {
    /// The destination.
    ///
    /// # Errors
    /// A text for people when the keys do not go together, or a secret cannot be had.
    pub async fn build(self, name: String, aws: &Aws) -> Result<Slack, String> {
        if self.webhook_url.is_some() && self.host.is_some() {
            return Err("a webhook's URL says its host (hint: remove `host`)".to_owned());
        }
        let way = match (&self.webhook_url, &self.bot_token, &self.channel) {
            (Some(url), None, None) => self.webhook(url, aws).await?,
            (None, Some(token), Some(channel)) => Way::Bot {
                token: read(token, aws).await?,
                channel: channel.clone(),
                api: self.host.unwrap_or_default().api().to_owned(),
            },
            (None, Some(_), None) => return Err("a bot needs a `channel`".to_owned()),
            (Some(_), None, Some(_)) => {
                return Err(
                    "a webhook has its own channel (hint: remove `channel`, or use `bot_token`)"
                        .to_owned(),
                );
            }
            _ => return Err("exactly one of `webhook_url` and `bot_token` is needed".to_owned()),
        };
        Ok(Slack { name, client: client(http::TIMEOUT)?, way, mentions: self.mention })
    }

    async fn webhook(&self, url: &SecretRef, aws: &Aws) -> Result<Way, String> {
        let mut channels = BTreeMap::new();
        for (channel, url) in &self.channels {
            channels.insert(channel.clone(), read_url(url, aws).await?);
        }
        Ok(Way::Webhook { url: read_url(url, aws).await?, channels, legacy: self.legacy_webhook })
    }
}

async fn read(secret: &SecretRef, aws: &Aws) -> Result<Secret, String> {
    secret.read(aws).await.map_err(|error| error.to_string())
}

/// A secret that has to be a URL. The error does not repeat it.
async fn read_url(secret: &SecretRef, aws: &Aws) -> Result<Secret, String> {
    let text = read(secret, aws).await?;
    let url = Url::parse(text.expose()).ok().filter(|url| url.has_host());
    match url.filter(|url| matches!(url.scheme(), "https" | "http")) {
        Some(_) => Ok(text),
        None => Err(format!(
            "{secret}: what is there is not a URL (hint: Slack's webhooks are https://hooks.slack.com/services/…)"
        )),
    }
}

fn client(timeout: Duration) -> Result<reqwest::Client, String> {
    http::client(timeout).build().map_err(|error| error.to_string())
}

#[cfg(test)]
impl Slack {
    /// A webhook at a test's address.
    pub(crate) fn test_webhook(url: &str, channels: &[(&str, &str)], timeout: Duration) -> Self {
        let secret = |url: &str| Secret::new(url.to_owned());
        let channels =
            channels.iter().map(|(name, url)| ((*name).to_owned(), secret(url))).collect();
        let way = Way::Webhook { url: secret(url), channels, legacy: false };
        Self {
            name: "slack".into(),
            client: client(timeout).unwrap(),
            way,
            mentions: BTreeMap::new(),
        }
    }

    /// A bot at a test's address.
    pub(crate) fn test_bot(api: &str, timeout: Duration) -> Self {
        let way = Way::Bot {
            token: Secret::new("xoxb-canary".into()),
            channel: "C1".into(),
            api: api.to_owned(),
        };
        Self {
            name: "slack".into(),
            client: client(timeout).unwrap(),
            way,
            mentions: BTreeMap::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn govslack_has_a_host_of_its_own() {
        let host = |text: &str| toml::from_str::<SlackConfig>(text).map(|config| config.host);
        assert_eq!(host("").unwrap().unwrap_or_default().api(), "https://slack.com/api");
        let gov = host("host = \"slack-gov.com\"").unwrap().unwrap();
        assert_eq!(gov.api(), "https://slack-gov.com/api");
        assert!(
            host("host = \"slack.example\"").unwrap_err().to_string().contains("slack-gov.com")
        );
    }
}
