//! The source function: takes a log's events, and publishes messages on the topic.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;
use std::time::{Duration, Instant};

use crate::aws::Aws;
use crate::config::Config;
use crate::rules::reload::tell_left_out;
use crate::rules::{Wanted, load};
use crate::wire::{self, PushedInput};
use aware_pipeline::port::{Delivery, Store};
use aware_pipeline::source::{LAST_EVENT, LAST_MESSAGE, LAST_TICK, Source};
use aware_pipeline::store::fallback::FallbackStore;
use aware_rules::problem::Problem as RuleProblem;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::event::{Event, failures};
use super::metrics;
use super::problem::Problem;
use super::settings::{Settings, config_text};
use super::watch::{Looked, Watch};

/// No body is started with less than this left of the invocation's time.
const RESERVE: Duration = Duration::from_secs(10);
/// Interval between checks whether the config has changed.
const CONFIG: Duration = Duration::from_secs(300);
/// Interval between writes of the times of the last event and message.
const MINUTE: Duration = Duration::from_secs(60);
/// Interval between writes of the time of the last tick.
const TEN_MINUTES: Duration = Duration::from_secs(600);
/// Interval between reports of rules that are left out, which every instance finds.
const RULES: SignedDuration = SignedDuration::from_hours(24);
/// The note with the time of the last such report.
const RULES_NOTE: &str = "rules-told";

/// The source function.
pub struct Function {
    aws: Aws,
    source: Source,
    store: Arc<FallbackStore>,
    input: PushedInput,
    watch: Watch,
    config_text: String,
    config_read: Instant,
    noted: HashMap<&'static str, Instant>,
}

impl super::Function for Function {
    async fn new(settings: Settings, aws: Aws, store: Arc<dyn Store>) -> Result<Self, Problem> {
        let [topic] = settings.topics.as_slice() else {
            let problem = "must be the ARN of the topic to publish to".to_owned();
            return Err(Problem::Environment("AWARE_TOPIC_ARN", problem));
        };
        let topic = wire::shared_topic(&aws, topic, settings.heartbeats).await;
        let store = Arc::new(FallbackStore::new(store));
        let loaded = load(&Wanted::of(&settings.config, "AWARE_CONFIG"));
        loaded.warnings.iter().for_each(|warning| tracing::warn!("{warning}"));
        let config = aws.config().await;
        let link = settings.subscription.map(|arn| (aws_sdk_sns::Client::new(config), arn));
        let canary = settings.canary.then(|| aws_sdk_dynamodb::Client::new(config));
        let trail = settings.trail.map(|arn| (aws_sdk_cloudtrail::Client::new(config), arn));
        let source = wire::source_half(&settings.config, loaded.rules, &store, topic);
        tell_problems(&source, &loaded.problems).await;
        Ok(Self {
            input: wire::pushed_input(&aws).await,
            watch: Watch::new(canary, trail, link),
            aws,
            source,
            store,
            config_text: settings.config_text,
            config_read: Instant::now(),
            noted: HashMap::new(),
        })
    }

    async fn take(&mut self, event: Value, deadline: SystemTime) -> Result<Value, Problem> {
        let before = self.counts();
        self.refresh().await;
        let mut looked = Looked::default();
        let answer = match Event::of(event) {
            Event::Tick => {
                looked = self.tick().await;
                Ok(Value::Null)
            }
            Event::Batch(bodies) => Ok(failures(&self.bodies(bodies, deadline).await)),
            Event::Whole(body) => match self.bodies(vec![body], deadline).await.as_slice() {
                [] => Ok(Value::Null),
                _ => {
                    Err(Problem::Again("the event cannot be processed now; see the log".to_owned()))
                }
            },
        };
        self.measure(before, looked, &answer);
        self.note_lasts(before).await;
        answer
    }
}

impl Function {
    /// Processes bodies; returns the tokens of those that must come again.
    async fn bodies(&mut self, bodies: Vec<Delivery>, deadline: SystemTime) -> Vec<String> {
        let left = deadline.duration_since(SystemTime::now());
        let deadline = Instant::now() + left.unwrap_or_default().saturating_sub(RESERVE);
        self.input.push(bodies, Some(deadline));
        self.source.drain(&mut self.input).await;
        self.source.tell_rejects().await;
        self.input.take_failed()
    }

    /// Publishes what is due, and a heartbeat.
    async fn tick(&mut self) -> Looked {
        let is_taken = self.source.replay().await;
        self.source.tick().await;
        // A heartbeat also says that messages get through.
        if is_taken && self.watch.link_is_well().await {
            self.source.beat().await;
        }
        self.source.forget().await;
        self.note_now(LAST_TICK, TEN_MINUTES).await;
        self.watch.look(&self.source).await
    }

    /// Applies the rules of a changed config.
    async fn refresh(&mut self) {
        if self.config_read.elapsed() < CONFIG {
            return;
        }
        self.config_read = Instant::now();
        let read = match config_text(&self.aws).await {
            Ok(text) if text == self.config_text => return,
            Ok(_) => Settings::read(&self.aws).await,
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
        let loaded = load(&Wanted::of(config, "AWARE_CONFIG"));
        wire::put_in_force(&self.source, config, loaded.rules).await;
        tell_problems(&self.source, &loaded.problems).await;
    }

    /// Notes when events were last taken and messages last published, to the minute: for `aware
    /// status`.
    async fn note_lasts(&mut self, before: [u64; 7]) {
        let after = self.counts();
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
        self.source.note(name).await;
        self.source.set_note(name, Timestamp::now().to_string()).await;
        self.noted.insert(name, Instant::now());
    }

    /// The counts, in the order of [`metrics::SOURCE`].
    fn counts(&self) -> [u64; 7] {
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

    fn measure(&self, before: [u64; 7], looked: Looked, answer: &Result<Value, Problem>) {
        let after = self.counts();
        let grown = after.iter().zip(before).map(|(after, before)| after.saturating_sub(before));
        let again = answer.as_ref().map_or(1, |answer| {
            let failures = answer.get("batchItemFailures").and_then(Value::as_array);
            failures.map_or(0, |failures| failures.len() as u64)
        });
        let store_down = u64::from(self.store.is_down());
        let rest = [again, looked.canaries_sent, looked.trail_problems, store_down];
        metrics::emit(metrics::SOURCE.into_iter().zip(grown.chain(rest)));
    }
}

/// Tells of rules that are left out: people once a day, for each instance finds them.
async fn tell_problems(source: &Source, problems: &[RuleProblem]) {
    let to_people = !problems.is_empty() && source.is_due(RULES_NOTE, RULES).await;
    tell_left_out(source, problems, to_people).await;
}
