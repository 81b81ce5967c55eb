//! The destination function: delivers messages from the topic to one destination.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;
use std::time::{Duration, Instant};

use crate::aws::Aws;
use crate::config::{self, Config};
use crate::screen::Screen;
use crate::wire;
use aware_cases::message::CANARY;
use aware_core::message::{Message, MessageKind};
use aware_core::route::{Route, route};
use aware_pipeline::deliver::{AttemptBudget, deliver_within};
use aware_pipeline::port::{Destination, Outcome, Store};
use aware_pipeline::store::fallback::FallbackStore;
use jiff::Timestamp;
use serde_json::Value;

use super::event::failures;
use super::letters::{self, Letters};
use super::metrics;
use super::notification::Notification;
use super::order::by_urgency;
use super::problem::Problem;
use super::settings::Settings;

/// How long secrets are kept before they are read again.
const SECRETS: Duration = Duration::from_secs(300);
/// No attempt is started with less than this left of the invocation's time.
const RESERVE: Duration = Duration::from_secs(12);
/// An attempt is aborted with this left of the invocation's time, since a destination may hang.
const LAST: Duration = Duration::from_secs(3);
/// The time limits of an invocation.
#[derive(Clone, Copy)]
struct Time {
    /// No attempt is started after this time.
    begin: Instant,
    /// No attempt continues after this time.
    end: Instant,
}

/// Attempts per message per invocation; after that the queue delivers it again. A message that
/// failed before gets only one.
const ATTEMPTS: u32 = 3;
/// After this many consecutive failures the remaining messages are not tried.
const FAILURES: u32 = 3;

/// The destination function.
pub struct Function {
    aws: Aws,
    store: Arc<dyn Store>,
    topics: Vec<String>,
    heartbeats: Option<String>,
    name: String,
    names: Vec<String>,
    routes: Vec<Route>,
    destination: Arc<dyn Destination>,
    letters: Letters,
    made: Instant,
}

/// Counts of one invocation.
type Counts = BTreeMap<&'static str, u64>;

/// What happened to a message.
#[derive(Clone, Debug, PartialEq, Eq)]
enum End {
    Done,
    /// The destination does not accept it now, for this reason.
    Deferred(String),
    /// It can never be delivered, for this reason: it goes to the dead letters.
    Dead(String),
}

impl super::Function for Function {
    async fn new(settings: Settings, aws: Aws, store: Arc<dyn Store>) -> Result<Self, Problem> {
        let wrong = |problem: &str| Problem::Environment("AWARE_DESTINATION", problem.to_owned());
        let names: Vec<String> = settings.config.destination.keys().cloned().collect();
        let name = match (settings.destination, names.as_slice()) {
            (Some(name), _) if names.contains(&name) => name,
            (Some(_), _) => return Err(wrong("the config has no destination with this name")),
            (None, [only]) => only.clone(),
            (None, _) => return Err(wrong("must name a destination of the config")),
        };
        if settings.topics.is_empty() {
            let problem = "must be the ARN of the topic that messages are taken from".to_owned();
            return Err(Problem::Environment("AWARE_TOPIC_ARN", problem));
        }
        let destination = made(&settings.config, &name, &aws).await?;
        let sqs = aws_sdk_sqs::Client::new(aws.config().await);
        Ok(Self {
            aws,
            store: Arc::new(FallbackStore::new(store)),
            topics: settings.topics.into_iter().chain(settings.heartbeats.clone()).collect(),
            heartbeats: settings.heartbeats,
            routes: config::routes(&settings.config.route),
            name,
            names,
            destination,
            letters: Letters::new(sqs, settings.dead_letters),
            made: Instant::now(),
        })
    }

    async fn take(&mut self, event: Value, deadline: SystemTime) -> Result<Value, Problem> {
        self.refresh().await;
        let Some(records) = event.get("Records").and_then(Value::as_array) else {
            return Err(Problem::Again("the event has no `Records`".to_owned()));
        };
        let left = deadline.duration_since(SystemTime::now());
        let left = left.unwrap_or_default();
        let until = |reserve| Instant::now() + left.saturating_sub(reserve);
        let time = Time { begin: until(RESERVE), end: until(LAST) };
        let mut counts: Counts = metrics::DESTINATION.into_iter().map(|name| (name, 0)).collect();
        let again = self.records(records, time, &mut counts).await;
        metrics::emit(counts);
        let is_queue = records.iter().any(|record| record.get("messageId").is_some());
        match (is_queue, again.as_slice()) {
            (true, again) => {
                self.letters.hide(again).await;
                let id = |record: &&Value| Some(record.get("messageId")?.as_str()?.to_owned());
                Ok(failures(
                    &again.iter().map(|one| id(one).unwrap_or_default()).collect::<Vec<_>>(),
                ))
            }
            (false, []) => Ok(Value::Null),
            // SNS retries by itself, and has its own dead-letter queue.
            (false, _) => Err(Problem::Again("a message cannot be delivered now".to_owned())),
        }
    }
}

fn add(counts: &mut Counts, name: &'static str) {
    *counts.entry(name).or_default() += 1;
}

impl Function {
    /// Processes records; returns those that must come again.
    async fn records<'a>(
        &mut self,
        records: &'a [Value],
        time: Time,
        counts: &mut Counts,
    ) -> Vec<&'a Value> {
        let (mut again, mut failed) = (Vec::new(), 0);
        for record in by_urgency(records) {
            let is_tried = failed < FAILURES && Instant::now() < time.begin;
            let end = if is_tried {
                self.record(record, time, counts).await
            } else {
                End::Deferred("earlier messages failed".to_owned())
            };
            match &end {
                End::Done => failed = 0,
                End::Deferred(_) => failed += 1,
                End::Dead(_) => {}
            }
            if !self.is_settled(record, end, counts).await {
                again.push(record);
            }
        }
        again
    }

    /// Whether a message need not come again.
    async fn is_settled(&self, record: &Value, end: End, counts: &mut Counts) -> bool {
        let reason = match end {
            End::Done => return true,
            End::Dead(reason) => reason,
            End::Deferred(reason) if letters::is_given_up(record, Timestamp::now()) => {
                add(counts, "Abandoned");
                tracing::error!(
                    reason,
                    "message given up after eight days; it goes to the dead letters"
                );
                format!("not delivered within eight days: {reason}")
            }
            End::Deferred(_) => {
                add(counts, "Deferred");
                if letters::is_overdue(record) {
                    add(counts, "Overdue");
                }
                return false;
            }
        };
        self.letters.keep(record, &reason).await
    }

    async fn record(&mut self, record: &Value, time: Time, counts: &mut Counts) -> End {
        let Some(told) = Notification::of(record) else {
            add(counts, "Unreadable");
            tracing::error!("record is not an SNS notification; it goes to the dead letters");
            return End::Dead("it is not a notification from a topic".to_owned());
        };
        if !self.topics.contains(&told.topic) {
            add(counts, "UnknownTopic");
            tracing::error!(
                topic = told.topic,
                "message is from an unknown topic; it goes to the dead letters"
            );
            return End::Dead(format!("it comes from another topic, {}", told.topic));
        }
        match Message::read(told.body.as_bytes()) {
            Ok(mut message) => {
                // Two version 1 messages may have the same content: only the topic's id tells them
                // apart.
                if let Some(id) = told.id.filter(|_| message.schema_version == "1") {
                    message.id = format!("sns_{id}");
                }
                message.topic = Some(told.topic);
                let attempts = if letters::receives(record) > 1 { 1 } else { ATTEMPTS };
                self.message(&message, attempts, time, counts).await
            }
            Err(error) => {
                add(counts, "Unreadable");
                let problem = error.to_string();
                tracing::error!(problem, "message cannot be read; it goes to the dead letters");
                End::Dead(format!("it cannot be read: {problem}"))
            }
        }
    }

    async fn message(
        &mut self,
        message: &Message,
        attempts: u32,
        time: Time,
        counts: &mut Counts,
    ) -> End {
        if message.kind == MessageKind::Heartbeat {
            return self.heartbeat(message, counts);
        }
        let targets = route(message, &self.routes, &self.names);
        let settled = self.store.settled(&message.id).await.unwrap_or_default();
        if !targets.contains(&self.name.as_str()) || settled.contains(&self.name) {
            return End::Done;
        }
        let budget = AttemptBudget { attempts, begin: time.begin, end: time.end };
        let mut outcome = self.deliver(message, budget).await;
        if matches!(outcome, Outcome::Refused(_)) {
            // The secret may have changed, so it is read again, once.
            self.renew().await;
            outcome = self.deliver(message, budget).await;
        }
        match outcome {
            Outcome::Delivered(_) => {
                add(counts, "Delivered");
                tokio::time::sleep(self.destination.pace()).await;
                End::Done
            }
            Outcome::Retry { reason, .. } => End::Deferred(reason),
            Outcome::Refused(problem) => {
                add(counts, "Refused");
                tracing::error!(
                    destination = self.name,
                    message_id = message.id,
                    problem,
                    "message refused by its destination"
                );
                End::Dead(problem)
            }
        }
    }

    /// Counts a sign of life, which goes to nobody.
    fn heartbeat(&self, message: &Message, counts: &mut Counts) -> End {
        if self.heartbeats.is_some() && self.heartbeats != message.topic {
            // Otherwise anybody who may publish to another topic could fake a healthy chain.
            tracing::warn!(topic = message.topic, "heartbeat ignored: it is from the wrong topic");
            return End::Done;
        }
        let is_canary = message.tag(CANARY).is_some();
        add(counts, if is_canary { "CanariesReceived" } else { "Heartbeats" });
        End::Done
    }

    async fn deliver(&self, message: &Message, budget: AttemptBudget) -> Outcome {
        deliver_within(&*self.store, &*self.destination, message, budget).await
    }

    /// Reads config and secrets again from time to time, since they may have changed.
    async fn refresh(&mut self) {
        if self.made.elapsed() >= SECRETS {
            self.renew().await;
        }
    }

    async fn renew(&mut self) {
        self.made = Instant::now();
        let renewed = match Settings::read(&self.aws).await {
            Ok(settings) => {
                let made = made(&settings.config, &self.name, &self.aws).await;
                made.map(|destination| (settings.config, destination))
            }
            Err(problem) => Err(problem),
        };
        match renewed {
            Ok((config, destination)) => {
                self.names = config.destination.keys().cloned().collect();
                self.routes = config::routes(&config.route);
                self.destination = destination;
            }
            Err(problem) => {
                tracing::error!(%problem, "config or secrets cannot be read; the previous ones stay in force");
            }
        }
    }
}

/// Builds the destination with its current secrets.
async fn made(config: &Config, name: &str, aws: &Aws) -> Result<Arc<dyn Destination>, Problem> {
    let mut config = config.clone();
    config.destination.retain(|other, _| other == name);
    let wrong = |problem: String| Problem::Environment("AWARE_CONFIG", problem);
    let made = wire::destinations(&config, aws, Screen::default()).await;
    let made = made.map_err(|error| wrong(error.to_string()))?;
    made.into_iter().next().ok_or_else(|| wrong("the config has no destination".to_owned()))
}
