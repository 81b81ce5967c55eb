//! The destination function: delivers messages from the topic to one destination.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;
use std::time::{Duration, Instant};

use aware_cases::message::CANARY;
use aware_core::message::{Message, MessageKind};
use aware_core::route::{MessageRoute, route_message};
use aware_pipeline::deliver::{AttemptBudget, deliver_within};
use aware_pipeline::port::{DeliveryOutcome, Destination, Store};
use aware_pipeline::store::fallback::FallbackStore;
use jiff::Timestamp;
use serde_json::Value;

use super::dead_letters::{self, DeadLetterQueue};
use super::event::batch_failures;
use super::metrics;
use super::notification::TopicNotification;
use super::order::by_urgency;
use super::problem::FunctionProblem;
use super::renewal::{build_destination, read_again};
use super::settings::FunctionSettings;
use crate::aws::AwsSession;
use crate::config;

/// How long secrets are kept before they are read again.
const SECRETS_TTL: Duration = Duration::from_secs(300);
/// No attempt is started with less than this left of the invocation's time.
const START_RESERVE: Duration = Duration::from_secs(12);
/// An attempt is aborted with this left of the invocation's time, since a destination may hang.
const ABORT_RESERVE: Duration = Duration::from_secs(3);

/// The time limits of an invocation.
#[derive(Clone, Copy)]
struct TimeBudget {
    /// No attempt is started after this time.
    begin: Instant,
    /// No attempt continues after this time.
    end: Instant,
}

/// Attempts per message per invocation; after that the queue delivers it again. A message that
/// failed before gets only one.
const MAX_ATTEMPTS: u32 = 3;
/// After this many consecutive failures the remaining messages are not tried.
const MAX_FAILURES: u32 = 3;

/// The destination function.
pub struct DestinationFunction {
    aws: AwsSession,
    store: Arc<dyn Store>,
    topics: Vec<String>,
    heartbeats: Option<String>,
    name: String,
    names: Vec<String>,
    routes: Vec<MessageRoute>,
    destination: Arc<dyn Destination>,
    letters: DeadLetterQueue,
    loaded_at: Instant,
}

/// Counts of one invocation.
type MetricCounts = BTreeMap<&'static str, u64>;

/// What happened to a message.
#[derive(Clone, Debug, PartialEq, Eq)]
enum MessageResult {
    Done,
    /// The destination does not accept it now, for this reason.
    Deferred(String),
    /// It can never be delivered, for this reason: it goes to the dead letters.
    DeadLetter(String),
}

impl super::LambdaFunction for DestinationFunction {
    async fn from_settings(
        settings: FunctionSettings,
        aws: AwsSession,
        store: Arc<dyn Store>,
    ) -> Result<Self, FunctionProblem> {
        let wrong =
            |problem: &str| FunctionProblem::Environment("AWARE_DESTINATION", problem.to_owned());
        let names: Vec<String> = settings.config.destination.keys().cloned().collect();
        let name = match (settings.destination, names.as_slice()) {
            (Some(name), _) if names.contains(&name) => name,
            (Some(_), _) => return Err(wrong("the config has no destination with this name")),
            (None, [only]) => only.clone(),
            (None, _) => return Err(wrong("must name a destination of the config")),
        };
        if settings.topics.is_empty() {
            let problem = "must be the ARN of the topic that messages are taken from".to_owned();
            return Err(FunctionProblem::Environment("AWARE_TOPIC_ARN", problem));
        }
        let destination = build_destination(&settings.config, &name, &aws).await?;
        let sqs = aws_sdk_sqs::Client::new(aws.sdk_config().await);
        Ok(Self {
            aws,
            store: Arc::new(FallbackStore::new(store)),
            topics: settings.topics.into_iter().chain(settings.heartbeats.clone()).collect(),
            heartbeats: settings.heartbeats,
            routes: config::routes_from(&settings.config),
            name,
            names,
            destination,
            letters: DeadLetterQueue::new(sqs, settings.dead_letters),
            loaded_at: Instant::now(),
        })
    }

    async fn process_invocation(
        &mut self,
        event: Value,
        deadline: SystemTime,
    ) -> Result<Value, FunctionProblem> {
        self.refresh_if_due().await;
        let Some(records) = event.get("Records").and_then(Value::as_array) else {
            return Err(FunctionProblem::RetryInvocation("the event has no `Records`".to_owned()));
        };
        let left = deadline.duration_since(SystemTime::now());
        let left = left.unwrap_or_default();
        let until = |reserve| Instant::now() + left.saturating_sub(reserve);
        let time = TimeBudget { begin: until(START_RESERVE), end: until(ABORT_RESERVE) };
        let mut counts: MetricCounts =
            metrics::DESTINATION_METRICS.into_iter().map(|name| (name, 0)).collect();
        let again = self.process_records(records, time, &mut counts).await;
        metrics::emit_counts(counts);
        let is_queue = records.iter().any(|record| record.get("messageId").is_some());
        match (is_queue, again.as_slice()) {
            (true, again) => {
                self.letters.extend_visibility(again).await;
                let id = |record: &&Value| Some(record.get("messageId")?.as_str()?.to_owned());
                Ok(batch_failures(
                    &again.iter().map(|one| id(one).unwrap_or_default()).collect::<Vec<_>>(),
                ))
            }
            (false, []) => Ok(Value::Null),
            // SNS retries by itself, and has its own dead-letter queue.
            (false, _) => Err(FunctionProblem::RetryInvocation(
                "a message cannot be delivered now".to_owned(),
            )),
        }
    }
}

fn increment_count(counts: &mut MetricCounts, name: &'static str) {
    *counts.entry(name).or_default() += 1;
}

impl DestinationFunction {
    /// Processes records; returns those that must be redelivered.
    async fn process_records<'a>(
        &mut self,
        records: &'a [Value],
        time: TimeBudget,
        counts: &mut MetricCounts,
    ) -> Vec<&'a Value> {
        let (mut again, mut failed) = (Vec::new(), 0);
        for record in by_urgency(records) {
            let is_tried = failed < MAX_FAILURES && Instant::now() < time.begin;
            let end = if is_tried {
                self.process_record(record, time, counts).await
            } else {
                MessageResult::Deferred("earlier messages failed".to_owned())
            };
            match &end {
                MessageResult::Done => failed = 0,
                MessageResult::Deferred(_) => failed += 1,
                MessageResult::DeadLetter(_) => {}
            }
            if !self.is_settled(record, end, counts).await {
                again.push(record);
            }
        }
        again
    }

    /// Whether a message need not be redelivered.
    async fn is_settled(
        &self,
        record: &Value,
        end: MessageResult,
        counts: &mut MetricCounts,
    ) -> bool {
        let reason = match end {
            MessageResult::Done => return true,
            MessageResult::DeadLetter(reason) => reason,
            MessageResult::Deferred(reason)
                if dead_letters::is_expired(record, Timestamp::now()) =>
            {
                increment_count(counts, "Abandoned");
                tracing::error!(
                    reason,
                    "message given up after eight days; it goes to the dead letters"
                );
                format!("not delivered within eight days: {reason}")
            }
            MessageResult::Deferred(_) => {
                increment_count(counts, "Deferred");
                if dead_letters::is_overdue(record) {
                    increment_count(counts, "Overdue");
                }
                return false;
            }
        };
        self.letters.keep_letter(record, &reason).await
    }

    async fn process_record(
        &mut self,
        record: &Value,
        time: TimeBudget,
        counts: &mut MetricCounts,
    ) -> MessageResult {
        let Some(told) = TopicNotification::from_record(record) else {
            increment_count(counts, "Unreadable");
            tracing::error!("record is not an SNS notification; it goes to the dead letters");
            return MessageResult::DeadLetter("it is not a notification from a topic".to_owned());
        };
        if !self.topics.contains(&told.topic) {
            increment_count(counts, "UnknownTopic");
            tracing::error!(
                topic = told.topic,
                "message is from an unknown topic; it goes to the dead letters"
            );
            return MessageResult::DeadLetter(format!(
                "it comes from another topic, {}",
                told.topic
            ));
        }
        match Message::read_json(told.body.as_bytes()) {
            Ok(mut message) => {
                // Two version 1 messages may have the same content: only the topic's id tells them
                // apart.
                if let Some(id) = told.id.filter(|_| message.schema_version == "1") {
                    message.id = format!("sns_{id}");
                }
                message.topic = Some(told.topic);
                let attempts =
                    if dead_letters::receive_count(record) > 1 { 1 } else { MAX_ATTEMPTS };
                self.deliver_message(&message, attempts, time, counts).await
            }
            Err(error) => {
                increment_count(counts, "Unreadable");
                let problem = error.to_string();
                tracing::error!(problem, "message cannot be read; it goes to the dead letters");
                MessageResult::DeadLetter(format!("it cannot be read: {problem}"))
            }
        }
    }

    async fn deliver_message(
        &mut self,
        message: &Message,
        attempts: u32,
        time: TimeBudget,
        counts: &mut MetricCounts,
    ) -> MessageResult {
        if message.kind == MessageKind::Heartbeat {
            return self.heartbeat(message, counts);
        }
        let settled = self.store.settled_destinations(&message.id).await.unwrap_or_default();
        if !self.is_routed_here(message) || settled.contains(&self.name) {
            return MessageResult::Done;
        }
        let budget = AttemptBudget { attempts, begin: time.begin, end: time.end };
        let mut outcome = self.deliver(message, budget).await;
        if matches!(outcome, DeliveryOutcome::Refused(_)) {
            // The secret may have changed, so it is read again, once.
            self.reload_config().await;
            outcome = self.deliver(message, budget).await;
        }
        match outcome {
            DeliveryOutcome::Delivered(_) => {
                increment_count(counts, "Delivered");
                tokio::time::sleep(self.destination.min_interval()).await;
                MessageResult::Done
            }
            DeliveryOutcome::Retry { reason, .. } => MessageResult::Deferred(reason),
            DeliveryOutcome::Refused(problem) => {
                increment_count(counts, "Refused");
                tracing::error!(
                    destination = self.name,
                    message_id = message.id,
                    problem,
                    "message refused by its destination"
                );
                MessageResult::DeadLetter(problem)
            }
        }
    }

    /// Whether the routes send a message to this destination; logs it if only the time is against it.
    fn is_routed_here(&self, message: &Message) -> bool {
        let routed = route_message(message, &self.routes, &self.names, message.time);
        if routed.muted.contains(&self.name.as_str()) {
            let (destination, message_id) = (&self.name, &message.id);
            tracing::info!(destination, message_id, "message muted by its route");
        }
        routed.to.contains(&self.name.as_str())
    }

    /// Counts a sign of life, which goes to nobody.
    fn heartbeat(&self, message: &Message, counts: &mut MetricCounts) -> MessageResult {
        if self.heartbeats.is_some() && self.heartbeats != message.topic {
            // Otherwise anybody who may publish to another topic could fake a healthy chain.
            tracing::warn!(topic = message.topic, "heartbeat ignored: it is from the wrong topic");
            return MessageResult::Done;
        }
        let is_canary = message.tag_value(CANARY).is_some();
        increment_count(counts, if is_canary { "CanariesReceived" } else { "Heartbeats" });
        MessageResult::Done
    }

    async fn deliver(&self, message: &Message, budget: AttemptBudget) -> DeliveryOutcome {
        deliver_within(&*self.store, &*self.destination, message, budget).await
    }

    /// Reads config and secrets again from time to time, since they may have changed.
    async fn refresh_if_due(&mut self) {
        if self.loaded_at.elapsed() >= SECRETS_TTL {
            self.reload_config().await;
        }
    }

    async fn reload_config(&mut self) {
        self.loaded_at = Instant::now();
        match read_again(&self.aws, &self.name).await {
            Ok((config, destination)) => {
                self.names = config.destination.keys().cloned().collect();
                self.routes = config::routes_from(&config);
                self.destination = destination;
            }
            Err(problem) => {
                tracing::error!(%problem, "config or secrets cannot be read; the previous ones stay in force");
            }
        }
    }
}
