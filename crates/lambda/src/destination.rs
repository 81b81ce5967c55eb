//! The destination function: messages from the topic to one destination.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aware_core::message::{Kind, Message};
use aware_core::route::{Route, route};
use aware_io::aws::Aws;
use aware_io::config::Config;
use aware_io::log;
use aware_io::pipeline::deliver::once;
use aware_io::pipeline::retry::Breaker;
use aware_io::port::{Destination, Outcome, Store};
use aware_io::store::fallback::FallbackStore;
use aware_io::wire;
use lambda_runtime::Context;
use serde_json::Value;

use crate::event::failures;
use crate::metrics;
use crate::settings::Settings;
use crate::start::{self, Problem};

/// How long a secret is kept before it is read again.
const SECRETS: Duration = Duration::from_secs(300);
/// What is left of an invocation's time when no other attempt is begun: an attempt takes up to ten
/// seconds.
const RESERVE: Duration = Duration::from_secs(12);
/// Attempts at one message in one invocation; the queue brings it again after that.
const ATTEMPTS: u32 = 3;
/// Messages that may fail one after the other before the rest is not tried.
const FAILURES: u32 = 2;

/// The destination function.
pub struct Function {
    aws: Aws,
    store: Arc<dyn Store>,
    topics: Vec<String>,
    config: Config,
    name: String,
    names: Vec<String>,
    routes: Vec<Route>,
    destination: Arc<dyn Destination>,
    made: Instant,
}

/// What was done in one invocation.
type Counts = BTreeMap<&'static str, u64>;

/// What is counted, by the names of the metrics.
const COUNTED: [&str; 6] =
    ["Delivered", "PutOff", "Refused", "Strangers", "Unreadable", "Heartbeats"];

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Done,
    Again,
}

impl start::Function for Function {
    async fn new(settings: Settings, aws: Aws, store: Arc<dyn Store>) -> Result<Self, Problem> {
        let wrong = |problem: &str| Problem::Environment("AWARE_DESTINATION", problem.to_owned());
        let names: Vec<String> = settings.config.destination.keys().cloned().collect();
        let name = match (settings.destination, names.as_slice()) {
            (Some(name), _) if names.contains(&name) => name,
            (Some(_), _) => return Err(wrong("the config has no destination of this name")),
            (None, [only]) => only.clone(),
            (None, _) => return Err(wrong("the name of a destination in the config")),
        };
        let destination = made(&settings.config, &name, &aws).await?;
        Ok(Self {
            aws,
            store: Arc::new(FallbackStore::new(store)),
            topics: settings.topics,
            routes: wire::routes(&settings.config.route),
            config: settings.config,
            name,
            names,
            destination,
            made: Instant::now(),
        })
    }

    async fn take(&mut self, event: Value, context: &Context) -> Result<Value, Problem> {
        self.refresh().await;
        let left = context.deadline().duration_since(std::time::SystemTime::now());
        let deadline = Instant::now() + left.unwrap_or_default().saturating_sub(RESERVE);
        let mut counts: Counts = COUNTED.into_iter().map(|name| (name, 0)).collect();
        let records = event.get("Records").and_then(Value::as_array);
        let records = records.map(Vec::as_slice).unwrap_or_default();
        let (mut again, mut failed) = (Vec::new(), 0);
        for record in records {
            let end = if failed >= FAILURES || Instant::now() >= deadline {
                add(&mut counts, "PutOff");
                End::Again
            } else {
                self.record(record, deadline, &mut counts).await
            };
            match end {
                End::Done => failed = 0,
                End::Again => {
                    failed += 1;
                    let id = record.get("messageId").and_then(Value::as_str);
                    again.push(id.unwrap_or_default().to_owned());
                }
            }
        }
        metrics::emit(&counts.into_iter().collect::<Vec<_>>());
        let is_queue = records.iter().any(|record| record.get("messageId").is_some());
        match (is_queue, again.as_slice()) {
            (true, again) => Ok(failures(again)),
            (false, []) => Ok(Value::Null),
            // SNS itself calls again, and has its own dead-letter queue.
            (false, _) => Err(Problem::Again("a message cannot be delivered now".to_owned())),
        }
    }
}

fn add(counts: &mut Counts, name: &'static str) {
    *counts.entry(name).or_default() += 1;
}

impl Function {
    async fn record(&self, record: &Value, deadline: Instant, counts: &mut Counts) -> End {
        let Some((topic, body)) = unwrapped(record) else {
            add(counts, "Unreadable");
            log::error("an event is neither a queue's nor a topic's", &[]);
            return End::Again;
        };
        if !self.knows(topic.as_deref()) {
            add(counts, "Strangers");
            let topic = topic.unwrap_or_else(|| "no topic".to_owned());
            log::error("a message of a stranger is refused", &[("topic", &topic)]);
            return End::Done;
        }
        match Message::read(body.as_bytes()) {
            Ok(message) => self.message(&message, deadline, counts).await,
            Err(error) => {
                add(counts, "Unreadable");
                log::error("a message cannot be read", &[("problem", &error.to_string())]);
                End::Again
            }
        }
    }

    /// Whether a topic is one of ours. A body without one is known by its queue alone, which is
    /// enough where no topics are named.
    fn knows(&self, topic: Option<&str>) -> bool {
        self.topics.is_empty()
            || topic.is_some_and(|topic| self.topics.iter().any(|known| known == topic))
    }

    async fn message(&self, message: &Message, deadline: Instant, counts: &mut Counts) -> End {
        if message.kind == Kind::Heartbeat {
            add(counts, "Heartbeats");
            return End::Done;
        }
        let targets = route(message, &self.routes, &self.names);
        let settled = self.store.settled(&message.id).await.unwrap_or_default();
        if !targets.contains(&self.name.as_str()) || settled.contains(&self.name) {
            return End::Done;
        }
        let mut breaker = Breaker::default();
        for attempt in 1..=ATTEMPTS {
            match once(&*self.store, &*self.destination, message).await {
                Outcome::Delivered(_) => {
                    add(counts, "Delivered");
                    tokio::time::sleep(self.destination.pace()).await;
                    return End::Done;
                }
                Outcome::Refused(_) => {
                    add(counts, "Refused");
                    return End::Done;
                }
                Outcome::Retry { after, reason } => {
                    let wait = breaker.failed(after, aware_io::pipeline::retry::random());
                    let is_last = attempt == ATTEMPTS || Instant::now() + wait >= deadline;
                    self.put_off(message, &reason, wait);
                    if is_last {
                        break;
                    }
                    tokio::time::sleep(wait).await;
                }
            }
        }
        add(counts, "PutOff");
        End::Again
    }

    fn put_off(&self, message: &Message, reason: &str, wait: Duration) {
        let seconds = wait.as_secs_f64().to_string();
        let details = [
            ("destination", self.name.as_str()),
            ("message", &message.id),
            ("seconds", &seconds),
            ("reason", reason),
        ];
        log::warn("a delivery is put off", &details);
    }

    /// Reads the secrets again: they may have been changed.
    async fn refresh(&mut self) {
        if self.made.elapsed() < SECRETS {
            return;
        }
        self.made = Instant::now();
        match made(&self.config, &self.name, &self.aws).await {
            Ok(destination) => self.destination = destination,
            Err(problem) => {
                let problem = problem.to_string();
                log::error(
                    "a secret cannot be read; the last one is used",
                    &[("problem", &problem)],
                );
            }
        }
    }
}

/// The destination, with its secrets as they are now.
async fn made(config: &Config, name: &str, aws: &Aws) -> Result<Arc<dyn Destination>, Problem> {
    let mut config = config.clone();
    config.destination.retain(|other, _| other == name);
    let wrong = |problem: String| Problem::Environment("AWARE_CONFIG", problem);
    let made = wire::destinations(&config, aws, false).await;
    let made = made.map_err(|error| wrong(error.to_string()))?;
    made.into_iter().next().ok_or_else(|| wrong("it has no destination".to_owned()))
}

/// The topic and the body of a record: of a queue that a topic fills, or of the topic itself.
fn unwrapped(record: &Value) -> Option<(Option<String>, String)> {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    if let Some(sns) = record.get("Sns") {
        return Some((text(sns.get("TopicArn")), text(sns.get("Message"))?));
    }
    let body = text(record.get("body"))?;
    let notification: Value = serde_json::from_str(&body).unwrap_or_default();
    match (text(notification.get("TopicArn")), text(notification.get("Message"))) {
        (Some(topic), Some(message)) => Some((Some(topic), message)),
        _ => Some((None, body)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_around_a_message() {
        let notification = json!({"TopicArn": "arn:t", "Message": "{}"}).to_string();
        let known = Some((Some("arn:t".to_owned()), "{}".to_owned()));
        assert_eq!(unwrapped(&json!({"body": notification})), known);
        assert_eq!(unwrapped(&json!({"Sns": {"TopicArn": "arn:t", "Message": "{}"}})), known);
        assert_eq!(unwrapped(&json!({"body": "{}"})), Some((None, "{}".to_owned())));
        assert_eq!(unwrapped(&json!({})), None);
    }
}
