//! The source function: takes a log's events, and publishes messages on the topic.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;
use std::time::{Duration, Instant};

use aware_pipeline::port::{Delivery, Store};
use aware_pipeline::source::{LAST_EVENT, LAST_MESSAGE, LAST_TICK, SourceHalf};
use aware_pipeline::store::fallback::FallbackStore;
use aware_rules::problem::RuleMistake as RuleProblem;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::event::{InvocationEvent, batch_failures};
use super::metrics;
use super::problem::FunctionProblem;
use super::settings::{FunctionSettings, read_config_text};
use super::watch::{ChainWatch, WatchResult};
use crate::aws::AwsSession;
use crate::compose::{self, PushedInput};
use crate::config::Config;
use crate::rules::reload::tell_left_out;
use crate::rules::{RuleRequest, load_rules};

/// No body is started with less than this left of the invocation's time.
const START_RESERVE: Duration = Duration::from_secs(10);
/// Interval between checks whether the config has changed.
const CONFIG_INTERVAL: Duration = Duration::from_secs(300);
/// Interval between writes of the times of the last event and message.
const MINUTE: Duration = Duration::from_secs(60);
/// Interval between writes of the time of the last tick.
const TEN_MINUTES: Duration = Duration::from_secs(600);
/// Interval between reports of rules that are left out, which every instance finds.
const RULES_INTERVAL: SignedDuration = SignedDuration::from_hours(24);
/// The note with the time of the last such report.
const RULES_NOTE: &str = "rules-told";

/// The source function.
pub struct SourceFunction {
    aws: AwsSession,
    source: SourceHalf,
    store: Arc<FallbackStore>,
    input: PushedInput,
    watch: ChainWatch,
    config_text: String,
    config_read: Instant,
    noted: HashMap<&'static str, Instant>,
}

impl super::LambdaFunction for SourceFunction {
    async fn from_settings(
        settings: FunctionSettings,
        aws: AwsSession,
        store: Arc<dyn Store>,
    ) -> Result<Self, FunctionProblem> {
        let [topic] = settings.topics.as_slice() else {
            let problem = "must be the ARN of the topic to publish to".to_owned();
            return Err(FunctionProblem::Environment("AWARE_TOPIC_ARN", problem));
        };
        let topic = compose::shared_topic(&aws, topic, settings.heartbeats).await;
        let store = Arc::new(FallbackStore::new(store));
        let loaded = load_rules(&RuleRequest::from_config(&settings.config, "AWARE_CONFIG"));
        loaded.warnings.iter().for_each(|warning| tracing::warn!("{warning}"));
        let config = aws.sdk_config().await;
        let link = settings.subscription.map(|arn| (aws_sdk_sns::Client::new(config), arn));
        let canary = settings.canary.then(|| aws_sdk_dynamodb::Client::new(config));
        let trail = settings.trail.map(|arn| (aws_sdk_cloudtrail::Client::new(config), arn));
        let source = compose::source_half(&settings.config, loaded.rules, &store, topic);
        report_rule_problems(&source, &loaded.problems).await;
        Ok(Self {
            input: compose::pushed_input(&aws).await,
            watch: ChainWatch::new(canary, trail, link),
            aws,
            source,
            store,
            config_text: settings.config_text,
            config_read: Instant::now(),
            noted: HashMap::new(),
        })
    }

    async fn process_invocation(
        &mut self,
        event: Value,
        deadline: SystemTime,
    ) -> Result<Value, FunctionProblem> {
        let before = self.read_counts();
        self.reload_if_due().await;
        let mut looked = WatchResult::default();
        let answer = match InvocationEvent::from_json(event) {
            InvocationEvent::Tick => {
                looked = self.run_tick().await;
                Ok(Value::Null)
            }
            InvocationEvent::Batch(bodies) => {
                Ok(batch_failures(&self.process_bodies(bodies, deadline).await))
            }
            InvocationEvent::Whole(body) => {
                match self.process_bodies(vec![body], deadline).await.as_slice() {
                    [] => Ok(Value::Null),
                    _ => Err(FunctionProblem::RetryInvocation(
                        "the event cannot be processed now; see the log".to_owned(),
                    )),
                }
            }
        };
        self.emit_metrics(before, looked, &answer);
        self.note_activity(before).await;
        answer
    }
}

impl SourceFunction {
    /// Processes bodies; returns the tokens of those that must be redelivered.
    async fn process_bodies(&mut self, bodies: Vec<Delivery>, deadline: SystemTime) -> Vec<String> {
        let left = deadline.duration_since(SystemTime::now());
        let deadline = Instant::now() + left.unwrap_or_default().saturating_sub(START_RESERVE);
        self.input.push_bodies(bodies, Some(deadline));
        self.source.drain_input(&mut self.input).await;
        self.source.report_rejects().await;
        self.input.take_failed()
    }

    /// Publishes what is due, and a heartbeat.
    async fn run_tick(&mut self) -> WatchResult {
        let is_taken = self.source.republish_outbox().await;
        self.source.run_tick().await;
        // A heartbeat also says that messages get through.
        if is_taken && self.watch.is_link_healthy().await {
            self.source.publish_heartbeat().await;
        }
        self.source.forget_old().await;
        self.note_now(LAST_TICK, TEN_MINUTES).await;
        self.watch.run_due_checks(&self.source).await
    }

    /// Applies the rules of a changed config.
    async fn reload_if_due(&mut self) {
        if self.config_read.elapsed() < CONFIG_INTERVAL {
            return;
        }
        self.config_read = Instant::now();
        let read = match read_config_text(&self.aws).await {
            Ok(text) if text == self.config_text => return,
            Ok(_) => FunctionSettings::from_environment(&self.aws).await,
            Err(problem) => Err(problem),
        };
        match read {
            Ok(settings) => {
                self.set_rules(&settings.config).await;
                self.config_text = settings.config_text;
            }
            Err(problem) => {
                tracing::error!(%problem, "config not reloaded; the previous one stays in force");
            }
        }
    }

    async fn set_rules(&self, config: &Config) {
        let loaded = load_rules(&RuleRequest::from_config(config, "AWARE_CONFIG"));
        compose::put_in_force(&self.source, config, loaded.rules).await;
        report_rule_problems(&self.source, &loaded.problems).await;
    }

    /// Notes when events were last taken and messages last published, to the minute: for `aware
    /// status`.
    async fn note_activity(&mut self, before: [u64; 7]) {
        let after = self.read_counts();
        let grown = |at: usize| after.get(at) > before.get(at);
        for (slot, name) in [(2, LAST_EVENT), (6, LAST_MESSAGE)] {
            if grown(slot) {
                self.note_now(name, MINUTE).await;
            }
        }
    }

    /// Writes the time into a note, unless this instance did so within `every`.
    async fn note_now(&mut self, name: &'static str, every: Duration) {
        if self.noted.get(name).is_some_and(|at| at.elapsed() < every) {
            return;
        }
        // Read first: another instance's note is overwritten only if its version is known.
        self.source.read_note(name).await;
        self.source.set_note(name, Timestamp::now().to_string()).await;
        self.noted.insert(name, Instant::now());
    }

    /// The counts, in the order of [`metrics::SOURCE_METRICS`].
    fn read_counts(&self) -> [u64; 7] {
        let counts = &self.source.counts;
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        [
            read(&counts.deliveries),
            read(&counts.records),
            read(&counts.events),
            read(&counts.rejects),
            read(&counts.findings),
            read(&counts.duplicates),
            read(&counts.published),
        ]
    }

    fn emit_metrics(
        &self,
        before: [u64; 7],
        looked: WatchResult,
        answer: &Result<Value, FunctionProblem>,
    ) {
        let after = self.read_counts();
        let grown = after.iter().zip(before).map(|(after, before)| after.saturating_sub(before));
        let again = answer.as_ref().map_or(1, |answer| {
            let failures = answer.get("batchItemFailures").and_then(Value::as_array);
            failures.map_or(0, |failures| failures.len() as u64)
        });
        let store_down = u64::from(self.store.is_down());
        let rest = [again, looked.canaries_sent, looked.trail_problems, store_down];
        metrics::emit_counts(metrics::SOURCE_METRICS.into_iter().zip(grown.chain(rest)));
    }
}

/// Reports rules that are left out: to people only once a day, since every instance finds them.
async fn report_rule_problems(source: &SourceHalf, problems: &[RuleProblem]) {
    let to_people = !problems.is_empty() && source.claim_if_due(RULES_NOTE, RULES_INTERVAL).await;
    tell_left_out(source, problems, to_people).await;
}
