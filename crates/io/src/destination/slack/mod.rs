//! Slack: by incoming webhook, or by bot token with threads.
//!
//! Facts: <https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks> and
//! <https://docs.slack.dev/reference/methods/chat.postMessage>. Slack does not deduplicate: an
//! attempt that timed out may have arrived.

mod answer;
mod blocks;
mod config;
mod legacy;
mod links;
mod publisher;

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use aware_core::message::{Message, MessageKind};
use serde_json::{Value, json};

pub use blocks::{PostExtras, fallback_body, message_body, reply_body};
pub use config::{PublisherConfig, PublisherError, SlackConfig, SlackConfigError};

use super::http;
use crate::secret::SecretText;
use answer::SlackVerdict;
use aware_pipeline::port::{DeliveryOutcome, Destination};
use links::LinkHosts;
use publisher::TrustedPublisher;

/// Slack accepts about one message per second per channel.
const MIN_INTERVAL: Duration = Duration::from_secs(1);

/// The tag of the product that this one replaces, naming the preferred channel.
const CHANNEL_TAG: &str = "slack-preferred-channel";

/// A Slack workspace, and where in it messages go.
pub struct SlackDestination {
    name: String,
    client: reqwest::Client,
    transport: SlackTransport,
    mentions: BTreeMap<String, String>,
    publishers: Vec<TrustedPublisher>,
}

/// Webhooks by channel name.
#[derive(Default)]
struct ChannelWebhooks(BTreeMap<String, SecretText>);

impl ChannelWebhooks {
    /// Adds a webhook; false if the channel already has one.
    fn add(&mut self, channel: &str, url: SecretText) -> bool {
        self.0.insert(Self::normalize_name(channel), url).is_none()
    }

    fn get(&self, channel: &str) -> Option<&SecretText> {
        self.0.get(&Self::normalize_name(channel))
    }

    fn normalize_name(channel: &str) -> String {
        channel.trim().trim_start_matches('#').to_lowercase()
    }
}

/// How messages reach Slack.
enum SlackTransport {
    Webhook { url: SecretText, channels: ChannelWebhooks, legacy: bool },
    Bot { token: SecretText, channel: String, api: String },
}

#[async_trait]
impl Destination for SlackDestination {
    fn name(&self) -> &str {
        &self.name
    }

    fn min_interval(&self) -> Duration {
        MIN_INTERVAL
    }

    async fn deliver(&self, message: &Message, thread: Option<&str>) -> DeliveryOutcome {
        let mention = self.mentions.get(message.severity_name()).map(String::as_str);
        let links = self.publishers.iter().find_map(|publisher| publisher.link_hosts_for(message));
        let extras = PostExtras { mention, links, meant_for: None };
        let done = match &self.transport {
            SlackTransport::Webhook { url, channels, legacy: true } => {
                self.deliver_legacy(message, links, url, channels).await
            }
            SlackTransport::Webhook { url, channels, legacy: false } => {
                self.deliver_by_webhook(message, extras, url, channels).await
            }
            SlackTransport::Bot { token, channel, api } => {
                let bot = SlackBot { client: &self.client, token, api };
                bot.deliver_by_bot(message, extras, channel, thread).await
            }
        };
        done.unwrap_or_else(|outcome| outcome)
    }
}

impl SlackDestination {
    /// Posts to the preferred channel's webhook, if there is one.
    async fn deliver_by_webhook(
        &self,
        message: &Message,
        extras: PostExtras<'_>,
        url: &SecretText,
        channels: &ChannelWebhooks,
    ) -> Result<DeliveryOutcome, DeliveryOutcome> {
        let preferred = message.tag_value(CHANNEL_TAG);
        let mapped = preferred.and_then(|channel| channels.get(channel));
        let meant_for = preferred.filter(|_| mapped.is_none());
        let url = mapped.unwrap_or(url);
        let body = message_body(message, PostExtras { meant_for, ..extras });
        match self.post_to_webhook(url, &body).await? {
            SlackVerdict::BadBlocks(_) => {
                match self.post_to_webhook(url, &fallback_body(message)).await? {
                    SlackVerdict::Done(outcome) => Ok(outcome),
                    SlackVerdict::BadBlocks(error) => Err(DeliveryOutcome::Refused(error)),
                }
            }
            SlackVerdict::Done(outcome) => Ok(outcome),
        }
    }

    /// A legacy webhook posts to any channel. A channel with its own webhook is not named in the
    /// body, since an app's webhook would refuse that.
    async fn deliver_legacy(
        &self,
        message: &Message,
        links: Option<&LinkHosts>,
        url: &SecretText,
        channels: &ChannelWebhooks,
    ) -> Result<DeliveryOutcome, DeliveryOutcome> {
        let preferred = message.tag_value(CHANNEL_TAG);
        let mapped = preferred.and_then(|channel| channels.get(channel));
        let body = legacy::legacy_body(message, preferred.filter(|_| mapped.is_none()), links);
        Ok(self.post_to_webhook(mapped.unwrap_or(url), &body).await?.into_outcome())
    }

    async fn post_to_webhook(
        &self,
        url: &SecretText,
        body: &Value,
    ) -> Result<SlackVerdict, DeliveryOutcome> {
        let answer = http::send_request(self.client.post(url.expose()).json(body)).await?;
        Ok(answer::webhook_verdict(&answer))
    }
}

/// Slack's Web API with a bot's token.
struct SlackBot<'a> {
    client: &'a reqwest::Client,
    token: &'a SecretText,
    api: &'a str,
}

impl SlackBot<'_> {
    async fn deliver_by_bot(
        &self,
        message: &Message,
        extras: PostExtras<'_>,
        channel: &str,
        thread: Option<&str>,
    ) -> Result<DeliveryOutcome, DeliveryOutcome> {
        let parent = thread
            .filter(|_| message.kind == MessageKind::Update)
            .and_then(|thread| thread.split_once('/'));
        if let Some((channel, ts)) = parent {
            match self.reply_in_thread(message, channel, ts).await? {
                Some(outcome) => return Ok(outcome),
                None => return self.post_new(message, extras, channel).await,
            }
        }
        let preferred = message.tag_value(CHANNEL_TAG).filter(|preferred| *preferred != channel);
        if let Some(preferred) = preferred {
            match self.post_new(message, extras, preferred).await? {
                DeliveryOutcome::Refused(error) if answer::is_channel_error(&error) => {}
                outcome => return Ok(outcome),
            }
        }
        let extras = PostExtras { meant_for: preferred, ..extras };
        self.post_new(message, extras, channel).await
    }

    async fn post_new(
        &self,
        message: &Message,
        extras: PostExtras<'_>,
        channel: &str,
    ) -> Result<DeliveryOutcome, DeliveryOutcome> {
        let body = with_fields(message_body(message, extras), &[("channel", channel)]);
        let answered = match self.call_method("chat.postMessage", &body).await? {
            Err(SlackVerdict::BadBlocks(_)) => {
                let body = with_fields(fallback_body(message), &[("channel", channel)]);
                self.call_method("chat.postMessage", &body).await?
            }
            answered => answered,
        };
        Ok(match answered {
            Ok(answer) => DeliveryOutcome::Delivered(thread_of(&answer)),
            Err(verdict) => verdict.into_outcome(),
        })
    }

    /// Replies in the thread and updates the count in its first message. `None` if that message no
    /// longer exists.
    async fn reply_in_thread(
        &self,
        message: &Message,
        channel: &str,
        ts: &str,
    ) -> Result<Option<DeliveryOutcome>, DeliveryOutcome> {
        let body = with_fields(reply_body(message), &[("channel", channel), ("thread_ts", ts)]);
        match self.call_method("chat.postMessage", &body).await? {
            Ok(_) => {}
            Err(SlackVerdict::Done(DeliveryOutcome::Refused(error)))
                if answer::is_parent_gone(&error) =>
            {
                return Ok(None);
            }
            Err(verdict) => return Ok(Some(verdict.into_outcome())),
        }
        let body = with_fields(
            message_body(message, PostExtras::default()),
            &[("channel", channel), ("ts", ts)],
        );
        // The reply has arrived; a count that cannot be edited does not justify sending it again.
        let _ = self.call_method("chat.update", &body).await;
        Ok(Some(DeliveryOutcome::Delivered(Some(format!("{channel}/{ts}")))))
    }

    async fn call_method(
        &self,
        method: &str,
        body: &Value,
    ) -> Result<Result<Value, SlackVerdict>, DeliveryOutcome> {
        let request =
            self.client.post(format!("{}/{method}", self.api)).bearer_auth(self.token.expose());
        let answer = http::send_request(request.json(body)).await?;
        Ok(answer::api_answer(&answer))
    }
}

fn thread_of(answer: &Value) -> Option<String> {
    let text = |key: &str| answer.get(key).and_then(Value::as_str);
    Some(format!("{}/{}", text("channel")?, text("ts")?))
}

fn with_fields(mut body: Value, more: &[(&str, &str)]) -> Value {
    for (key, value) in more {
        if let Some(object) = body.as_object_mut() {
            object.insert((*key).to_owned(), json!(value));
        }
    }
    body
}
