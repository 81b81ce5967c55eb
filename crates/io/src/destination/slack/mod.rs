//! Slack: by incoming webhook, or by bot token with threads.
//!
//! Facts: <https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks> and
//! <https://docs.slack.dev/reference/methods/chat.postMessage>. Slack has no key against
//! duplicates: an attempt that timed out may have arrived.

mod answer;
mod blocks;
mod config;
mod legacy;

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use aware_core::message::{Kind, Message};
use serde_json::{Value, json};

pub use blocks::{fallback_body, message_body, reply_body};
pub use config::SlackConfig;

use super::http;
use crate::port::{Destination, Outcome};
use crate::secret::Secret;
use answer::Verdict;

/// Slack takes about one message a second for each channel.
const PACE: Duration = Duration::from_secs(1);

/// The tag of the product that this one replaces: the channel that a message would like best.
const CHANNEL_TAG: &str = "slack-preferred-channel";

/// One Slack workspace, and where in it messages go.
pub struct Slack {
    name: String,
    client: reqwest::Client,
    way: Way,
    mentions: BTreeMap<String, String>,
}

/// How messages get there.
enum Way {
    Webhook { url: Secret, channels: BTreeMap<String, Secret>, legacy: bool },
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
        let done = match &self.way {
            Way::Webhook { url, channels, legacy } => {
                self.webhook(message, mention, url, channels, *legacy).await
            }
            Way::Bot { token, channel, api } => {
                let bot = Bot { client: &self.client, token, api };
                bot.deliver(message, mention, channel, thread).await
            }
        };
        done.unwrap_or_else(|outcome| outcome)
    }
}

impl Slack {
    async fn webhook(
        &self,
        message: &Message,
        mention: Option<&str>,
        url: &Secret,
        channels: &BTreeMap<String, Secret>,
        legacy: bool,
    ) -> Result<Outcome, Outcome> {
        let preferred = message.tag(CHANNEL_TAG);
        let url = preferred.and_then(|channel| channels.get(channel)).unwrap_or(url);
        let body = if legacy { legacy::body(message) } else { message_body(message, mention) };
        match self.post(url, &body).await? {
            Verdict::BadBlocks(_) => match self.post(url, &fallback_body(message)).await? {
                Verdict::Done(outcome) => Ok(outcome),
                Verdict::BadBlocks(error) => Err(Outcome::Refused(error)),
            },
            Verdict::Done(outcome) => Ok(outcome),
        }
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
        mention: Option<&str>,
        channel: &str,
        thread: Option<&str>,
    ) -> Result<Outcome, Outcome> {
        let parent = thread
            .filter(|_| message.kind == Kind::Update)
            .and_then(|thread| thread.split_once('/'));
        if let Some((channel, ts)) = parent {
            match self.reply(message, channel, ts).await? {
                Some(outcome) => return Ok(outcome),
                None => return self.post_new(message, mention, channel).await,
            }
        }
        let preferred = message.tag(CHANNEL_TAG).filter(|preferred| *preferred != channel);
        if let Some(preferred) = preferred {
            match self.post_new(message, mention, preferred).await? {
                Outcome::Refused(error) if answer::is_about_channel(&error) => {}
                outcome => return Ok(outcome),
            }
        }
        self.post_new(message, mention, channel).await
    }

    async fn post_new(
        &self,
        message: &Message,
        mention: Option<&str>,
        channel: &str,
    ) -> Result<Outcome, Outcome> {
        let body = with(message_body(message, mention), &[("channel", channel)]);
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

    /// A reply in the group's thread, and the new count in its first message. `None` when that
    /// message is gone.
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
        let body = with(message_body(message, None), &[("channel", channel), ("ts", ts)]);
        // The reply has arrived: a count that cannot be edited is no reason to send it again.
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
