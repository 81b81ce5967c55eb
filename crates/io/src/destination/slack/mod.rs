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

pub use blocks::{Extras, fallback_body, message_body, reply_body};
pub use config::{PublisherConfig, PublisherError, SlackConfig, SlackConfigError};

use super::http;
use crate::secret::Secret;
use answer::Verdict;
use aware_pipeline::port::{Destination, Outcome};
use links::Hosts;
use publisher::Publisher;

/// Slack accepts about one message per second per channel.
const PACE: Duration = Duration::from_secs(1);

/// The tag of the product that this one replaces, naming the preferred channel.
const CHANNEL_TAG: &str = "slack-preferred-channel";

/// A Slack workspace, and where in it messages go.
pub struct Slack {
    name: String,
    client: reqwest::Client,
    way: Way,
    mentions: BTreeMap<String, String>,
    publishers: Vec<Publisher>,
}

/// Webhooks by channel name.
#[derive(Default)]
struct Channels(BTreeMap<String, Secret>);

impl Channels {
    /// Adds a webhook; false if the channel already has one.
    fn add(&mut self, channel: &str, url: Secret) -> bool {
        self.0.insert(Self::name(channel), url).is_none()
    }

    fn get(&self, channel: &str) -> Option<&Secret> {
        self.0.get(&Self::name(channel))
    }

    fn name(channel: &str) -> String {
        channel.trim().trim_start_matches('#').to_lowercase()
    }
}

/// How messages reach Slack.
enum Way {
    Webhook { url: Secret, channels: Channels, legacy: bool },
    Bot { token: Secret, channel: String, api: String },
}

#[async_trait]
impl Destination for Slack {
    fn name(&self) -> &str {
        &self.name
    }

    fn pace(&self) -> Duration {
        PACE
    }

    async fn deliver(&self, message: &Message, thread: Option<&str>) -> Outcome {
        let mention = self.mentions.get(message.severity_name()).map(String::as_str);
        let links = self.publishers.iter().find_map(|publisher| publisher.links(message));
        let extras = Extras { mention, links, meant_for: None };
        let done = match &self.way {
            Way::Webhook { url, channels, legacy: true } => {
                self.old_webhook(message, links, url, channels).await
            }
            Way::Webhook { url, channels, legacy: false } => {
                self.webhook(message, extras, url, channels).await
            }
            Way::Bot { token, channel, api } => {
                let bot = Bot { client: &self.client, token, api };
                bot.deliver(message, extras, channel, thread).await
            }
        };
        done.unwrap_or_else(|outcome| outcome)
    }
}

impl Slack {
    /// Posts to the preferred channel's webhook, if there is one.
    async fn webhook(
        &self,
        message: &Message,
        extras: Extras<'_>,
        url: &Secret,
        channels: &Channels,
    ) -> Result<Outcome, Outcome> {
        let preferred = message.tag(CHANNEL_TAG);
        let mapped = preferred.and_then(|channel| channels.get(channel));
        let meant_for = preferred.filter(|_| mapped.is_none());
        let url = mapped.unwrap_or(url);
        let body = message_body(message, Extras { meant_for, ..extras });
        match self.post(url, &body).await? {
            Verdict::BadBlocks(_) => match self.post(url, &fallback_body(message)).await? {
                Verdict::Done(outcome) => Ok(outcome),
                Verdict::BadBlocks(error) => Err(Outcome::Refused(error)),
            },
            Verdict::Done(outcome) => Ok(outcome),
        }
    }

    /// A legacy webhook posts to any channel. A channel with its own webhook is not named in the
    /// body, since an app's webhook would refuse that.
    async fn old_webhook(
        &self,
        message: &Message,
        links: Option<&Hosts>,
        url: &Secret,
        channels: &Channels,
    ) -> Result<Outcome, Outcome> {
        let preferred = message.tag(CHANNEL_TAG);
        let mapped = preferred.and_then(|channel| channels.get(channel));
        let body = legacy::body(message, preferred.filter(|_| mapped.is_none()), links);
        Ok(self.post(mapped.unwrap_or(url), &body).await?.outcome())
    }

    async fn post(&self, url: &Secret, body: &Value) -> Result<Verdict, Outcome> {
        let answer = http::send(self.client.post(url.expose()).json(body)).await?;
        Ok(answer::of_webhook(&answer))
    }
}

/// Slack's Web API with a bot's token.
struct Bot<'a> {
    client: &'a reqwest::Client,
    token: &'a Secret,
    api: &'a str,
}

impl Bot<'_> {
    async fn deliver(
        &self,
        message: &Message,
        extras: Extras<'_>,
        channel: &str,
        thread: Option<&str>,
    ) -> Result<Outcome, Outcome> {
        let parent = thread
            .filter(|_| message.kind == MessageKind::Update)
            .and_then(|thread| thread.split_once('/'));
        if let Some((channel, ts)) = parent {
            match self.reply(message, channel, ts).await? {
                Some(outcome) => return Ok(outcome),
                None => return self.post_new(message, extras, channel).await,
            }
        }
        let preferred = message.tag(CHANNEL_TAG).filter(|preferred| *preferred != channel);
        if let Some(preferred) = preferred {
            match self.post_new(message, extras, preferred).await? {
                Outcome::Refused(error) if answer::is_about_channel(&error) => {}
                outcome => return Ok(outcome),
            }
        }
        let extras = Extras { meant_for: preferred, ..extras };
        self.post_new(message, extras, channel).await
    }

    async fn post_new(
        &self,
        message: &Message,
        extras: Extras<'_>,
        channel: &str,
    ) -> Result<Outcome, Outcome> {
        let body = with(message_body(message, extras), &[("channel", channel)]);
        let answered = match self.call("chat.postMessage", &body).await? {
            Err(Verdict::BadBlocks(_)) => {
                let body = with(fallback_body(message), &[("channel", channel)]);
                self.call("chat.postMessage", &body).await?
            }
            answered => answered,
        };
        Ok(match answered {
            Ok(answer) => Outcome::Delivered(thread(&answer)),
            Err(verdict) => verdict.outcome(),
        })
    }

    /// Replies in the thread and updates the count in its first message. `None` if that message no
    /// longer exists.
    async fn reply(
        &self,
        message: &Message,
        channel: &str,
        ts: &str,
    ) -> Result<Option<Outcome>, Outcome> {
        let body = with(reply_body(message), &[("channel", channel), ("thread_ts", ts)]);
        match self.call("chat.postMessage", &body).await? {
            Ok(_) => {}
            Err(Verdict::Done(Outcome::Refused(error))) if answer::is_gone(&error) => {
                return Ok(None);
            }
            Err(verdict) => return Ok(Some(verdict.outcome())),
        }
        let body =
            with(message_body(message, Extras::default()), &[("channel", channel), ("ts", ts)]);
        // The reply has arrived; a count that cannot be edited does not justify sending it again.
        let _ = self.call("chat.update", &body).await;
        Ok(Some(Outcome::Delivered(Some(format!("{channel}/{ts}")))))
    }

    async fn call(&self, method: &str, body: &Value) -> Result<Result<Value, Verdict>, Outcome> {
        let request =
            self.client.post(format!("{}/{method}", self.api)).bearer_auth(self.token.expose());
        let answer = http::send(request.json(body)).await?;
        Ok(answer::of_api(&answer))
    }
}

fn thread(answer: &Value) -> Option<String> {
    let text = |key: &str| answer.get(key).and_then(Value::as_str);
    Some(format!("{}/{}", text("channel")?, text("ts")?))
}

fn with(mut body: Value, more: &[(&str, &str)]) -> Value {
    for (key, value) in more {
        if let Some(object) = body.as_object_mut() {
            object.insert((*key).to_owned(), json!(value));
        }
    }
    body
}
