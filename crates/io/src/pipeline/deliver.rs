//! The destination half: messages from the topic to the destinations, each until it is settled.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aware_core::event::Level;
use aware_core::message::{self, Kind, Message};
use aware_core::route::{Route, route};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::retry::{Breaker, random};
use crate::log;
use crate::port::{Clock, Destination, Outcome, Settled, Store, Topic};

/// How many messages wait in memory for one destination; more wait in the store.
const QUEUE: usize = 1024;

/// What has been done.
#[derive(Debug, Default)]
pub struct Counts {
    /// Deliveries that arrived.
    pub delivered: AtomicU64,
    /// Attempts that were put off.
    pub retried: AtomicU64,
    /// Deliveries that can never succeed.
    pub refused: AtomicU64,
}

/// The destination half.
pub struct Deliver {
    store: Arc<dyn Store>,
    topic: Arc<dyn Topic>,
    clock: Arc<dyn Clock>,
    destinations: Vec<Arc<dyn Destination>>,
    names: Vec<String>,
    routes: Vec<Route>,
    /// Destinations that each message in flight still waits for.
    open: Mutex<HashMap<String, Vec<String>>>,
    /// What has been done.
    pub counts: Counts,
}

impl Deliver {
    /// A destination half that takes from `topic`.
    pub fn new(
        store: Arc<dyn Store>,
        topic: Arc<dyn Topic>,
        clock: Arc<dyn Clock>,
        destinations: Vec<Arc<dyn Destination>>,
        routes: Vec<Route>,
    ) -> Arc<Self> {
        let names = destinations.iter().map(|destination| destination.name().to_owned()).collect();
        let open = Mutex::default();
        Arc::new(Self {
            store,
            topic,
            clock,
            destinations,
            names,
            routes,
            open,
            counts: Counts::default(),
        })
    }

    /// Runs until the topic is closed and everything received is settled.
    pub async fn run(self: Arc<Self>) {
        let mut tasks = JoinSet::new();
        let mut queues = HashMap::new();
        for destination in &self.destinations {
            let (sender, receiver) = mpsc::channel(QUEUE);
            let spilled = Arc::new(AtomicBool::new(false));
            queues.insert(destination.name().to_owned(), (sender, Arc::clone(&spilled)));
            let worker =
                Worker { half: Arc::clone(&self), destination: Arc::clone(destination), spilled };
            tasks.spawn(worker.run(receiver));
        }
        while let Some(message) = self.topic.receive().await {
            self.dispatch(message, &queues).await;
        }
        drop(queues);
        while tasks.join_next().await.is_some() {}
    }

    async fn dispatch(&self, message: Message, queues: &HashMap<String, Queue>) {
        let settled = self.store.settled(&message.id).await.unwrap_or_default();
        let targets = route(&message, &self.routes, &self.names);
        let targets: Vec<&str> =
            targets.into_iter().filter(|name| !settled.iter().any(|done| done == name)).collect();
        let waiting: Vec<String> = targets.iter().map(|name| (*name).to_owned()).collect();
        if waiting.is_empty() {
            return self.finish(&message.id).await;
        }
        if let Ok(mut open) = self.open.lock() {
            open.insert(message.id.clone(), waiting);
        }
        for name in targets {
            let Some((sender, spilled)) = queues.get(name) else { continue };
            if sender.try_send(message.clone()).is_err() {
                spilled.store(true, Ordering::Relaxed);
            }
        }
    }

    async fn settle(
        &self,
        message: &Message,
        destination: &str,
        thread: Option<&str>,
        problem: Option<&str>,
    ) {
        let settled = Settled { message, destination, thread, problem };
        if let Err(error) = self.store.settle(settled).await {
            log::warn(
                "a delivery may be repeated after a restart",
                &[("problem", &error.to_string())],
            );
        }
        if self.was_last(&message.id, destination) {
            self.finish(&message.id).await;
        }
    }

    fn was_last(&self, message: &str, destination: &str) -> bool {
        let Ok(mut open) = self.open.lock() else { return false };
        let Some(waiting) = open.get_mut(message) else { return false };
        waiting.retain(|name| name != destination);
        let last = waiting.is_empty();
        if last {
            open.remove(message);
        }
        last
    }

    async fn finish(&self, message: &str) {
        if let Err(error) = self.store.finish(message).await {
            log::warn(
                "a message may be repeated after a restart",
                &[("problem", &error.to_string())],
            );
        }
    }

    /// Tells about a destination, unless what failed was such a message itself.
    async fn tell(&self, subject: &str, destination: &str, problem: &str, about: &Message) {
        if about.kind == Kind::System {
            return;
        }
        let details = [
            ("Destination", destination),
            ("Problem", problem),
            ("Message", about.subject.as_str()),
        ];
        let message = message::system(subject, &details, Level::High, self.clock.now());
        if tokio::time::timeout(Duration::from_secs(1), self.topic.publish(message)).await.is_err()
        {
            log::warn(
                "the topic is full; a message about a destination stays in the log only",
                &details,
            );
        }
    }
}

/// One attempt to deliver a message, remembered when it arrived: a function's way, where a queue
/// brings again what did not.
pub async fn once(store: &dyn Store, destination: &dyn Destination, message: &Message) -> Outcome {
    let name = destination.name();
    let thread = store.thread(name, &message.fingerprint).await.ok().flatten();
    let outcome = destination.deliver(message, thread.as_deref()).await;
    if let Outcome::Delivered(thread) = &outcome {
        let thread = thread.as_deref();
        let settled = Settled { message, destination: name, thread, problem: None };
        if let Err(error) = store.settle(settled).await {
            log::warn("a delivery may be repeated", &[("problem", &error.to_string())]);
        }
    }
    outcome
}

type Queue = (mpsc::Sender<Message>, Arc<AtomicBool>);

/// One destination's worker: one message at a time, in order.
struct Worker {
    half: Arc<Deliver>,
    destination: Arc<dyn Destination>,
    spilled: Arc<AtomicBool>,
}

impl Worker {
    async fn run(self, mut queue: mpsc::Receiver<Message>) {
        let mut breaker = Breaker::default();
        while let Some(message) = queue.recv().await {
            self.until_settled(&message, &mut breaker).await;
            if queue.is_empty() && self.spilled.swap(false, Ordering::Relaxed) {
                self.catch_up(&mut breaker).await;
            }
        }
    }

    /// Delivers what did not fit the queue, from the store.
    async fn catch_up(&self, breaker: &mut Breaker) {
        for message in self.half.store.outbox().await.unwrap_or_default() {
            let mine = self.half.open.lock().is_ok_and(|open| {
                let waiting = open.get(&message.id);
                waiting
                    .is_some_and(|names| names.iter().any(|name| name == self.destination.name()))
            });
            if mine {
                self.until_settled(&message, breaker).await;
            }
        }
    }

    async fn until_settled(&self, message: &Message, breaker: &mut Breaker) {
        let name = self.destination.name();
        if !self.is_open(message) {
            return;
        }
        loop {
            let thread = self.half.store.thread(name, &message.fingerprint).await.ok().flatten();
            match self.destination.deliver(message, thread.as_deref()).await {
                Outcome::Delivered(thread) => {
                    breaker.succeeded();
                    self.half.counts.delivered.fetch_add(1, Ordering::Relaxed);
                    self.half.settle(message, name, thread.as_deref(), None).await;
                    return tokio::time::sleep(self.destination.pace()).await;
                }
                Outcome::Refused(problem) => {
                    breaker.succeeded();
                    return self.refused(message, &problem).await;
                }
                Outcome::Retry { after, reason } => {
                    self.later(message, breaker, after, &reason).await
                }
            }
        }
    }

    /// Whether the message still waits for this destination: after a catch-up it may not.
    fn is_open(&self, message: &Message) -> bool {
        let name = self.destination.name();
        self.half.open.lock().is_ok_and(|open| {
            open.get(&message.id).is_some_and(|names| names.iter().any(|waiting| waiting == name))
        })
    }

    async fn refused(&self, message: &Message, problem: &str) {
        let name = self.destination.name();
        self.half.counts.refused.fetch_add(1, Ordering::Relaxed);
        log::error(
            "a message was refused",
            &[("destination", name), ("message_id", &message.id), ("problem", problem)],
        );
        self.half.settle(message, name, None, Some(problem)).await;
        self.half.tell("A destination refused a message", name, problem, message).await;
    }

    async fn later(
        &self,
        message: &Message,
        breaker: &mut Breaker,
        after: Option<Duration>,
        reason: &str,
    ) {
        let name = self.destination.name();
        self.half.counts.retried.fetch_add(1, Ordering::Relaxed);
        let wait = breaker.failed(after, random());
        let seconds = wait.as_secs().to_string();
        log::warn(
            "a delivery is put off",
            &[("destination", name), ("seconds", &seconds), ("reason", reason)],
        );
        if breaker.has_just_opened() {
            self.half.tell("A destination does not take messages", name, reason, message).await;
        }
        tokio::time::sleep(wait).await;
    }
}
