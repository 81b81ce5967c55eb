//! The destination half: takes messages from the topic to each destination until they are settled.

mod once;
mod queue;
mod tell;
mod told;
mod turns;
mod waiting;
mod worker;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use aware_core::message::Message;
use aware_core::route::{Route, route};

use crate::port::{Attempt, Clock, Destination, Page, Settled, Store, StoreError, Topic};
pub use once::{AttemptBudget, deliver_within};
use queue::Queue;
use told::Told;

/// How many messages wait in memory for one destination; more wait in the store.
const QUEUE: usize = 1024;
/// How many messages of an earlier run are read at a time.
const PAGE: usize = 256;
/// Interval between checks of the store for messages to redrive.
const LOOK: Duration = Duration::from_secs(2);

/// Counters of the destination half.
#[derive(Debug, Default)]
pub struct Counts {
    /// Deliveries that arrived.
    pub delivered: AtomicU64,
    /// Attempts that are retried later.
    pub retried: AtomicU64,
    /// Deliveries that the destination refused.
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
    queues: HashMap<String, Arc<Queue>>,
    told: Told,
    /// Counters of the destination half.
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
        let names: Vec<String> =
            destinations.iter().map(|destination| destination.name().to_owned()).collect();
        let queue = |name: &String| (name.clone(), Arc::new(Queue::new(QUEUE)));
        let queues = names.iter().map(queue).collect();
        Arc::new(Self {
            store,
            topic,
            clock,
            destinations,
            names,
            routes,
            queues,
            told: Told::default(),
            counts: Counts::default(),
        })
    }

    async fn receive(&self) {
        let mut place = self.replay(Some(0)).await;
        let mut look = tokio::time::interval(LOOK);
        loop {
            tokio::select! {
                biased;
                _ = look.tick() => {
                    place = self.replay(place).await;
                    self.redriven().await;
                }
                message = self.topic.receive() => match message {
                    Some(message) => self.dispatch(Arc::new(message)).await,
                    None => return,
                },
            }
        }
    }

    /// Replays what an earlier run left, from a position in the outbox. Returns where to continue
    /// if the store does not answer.
    async fn replay(&self, mut place: Option<u64>) -> Option<u64> {
        while let Some(from) = place {
            let Ok(page) = self.store.outbox_page(from, PAGE).await else { return place };
            for message in page.messages {
                self.dispatch(Arc::new(message)).await;
            }
            place = page.next;
        }
        None
    }

    /// Dispatches messages that were put back by hand.
    async fn redriven(&self) {
        for message in self.store.redriven().await.unwrap_or_default() {
            self.dispatch(Arc::new(message)).await;
        }
    }

    async fn dispatch(&self, message: Arc<Message>) {
        let open = self.open(&message).await;
        if open.is_empty() {
            return self.finish(&message.id).await;
        }
        for queue in open.iter().filter_map(|name| self.queues.get(name)) {
            queue.offer(Arc::clone(&message));
        }
    }

    /// The destinations where a message has yet to arrive.
    async fn open(&self, message: &Message) -> Vec<String> {
        let addressees = self.store.addressees(&message.id).await.unwrap_or_default();
        let mut open = if addressees.is_empty() { self.targets(message) } else { addressees };
        let settled = self.store.settled(&message.id).await.unwrap_or_default();
        open.retain(|name| !settled.contains(name));
        open
    }

    fn targets(&self, message: &Message) -> Vec<String> {
        let targets = route(message, &self.routes, &self.names).into_iter();
        targets.filter(|name| self.queues.contains_key(*name)).map(str::to_owned).collect()
    }

    /// What waits for a destination, according to the store.
    async fn of_store(&self, destination: &str) -> Result<Page, StoreError> {
        let wanted = |message: &Message| self.targets(message).iter().any(|to| to == destination);
        self.store.waiting(destination, &wanted, QUEUE).await
    }

    async fn settle(&self, settled: Settled<'_>) {
        if let Err(error) = self.store.settle(settled).await {
            tracing::warn!(
                destination = settled.destination,
                message_id = settled.message.id,
                problem = %error,
                "delivery not recorded; it may be repeated after a restart"
            );
        }
        if self.open(settled.message).await.is_empty() {
            self.finish(&settled.message.id).await;
        }
    }

    async fn finish(&self, message: &str) {
        if let Err(error) = self.store.finish(message).await {
            tracing::warn!(
                message_id = message,
                problem = %error,
                "message not removed from the outbox; it may be repeated after a restart"
            );
        }
    }

    async fn refused(&self, message: &Message, destination: &str, problem: &str) {
        self.counts.refused.fetch_add(1, Ordering::Relaxed);
        tracing::error!(
            destination,
            message_id = message.id,
            problem,
            "message refused by its destination"
        );
        let problem_ = Some(problem);
        self.settle(Settled { message, destination, thread: None, problem: problem_ }).await;
        self.tell("A destination refused a message", destination, problem, message).await;
    }

    /// Records a failed attempt, for people who look.
    async fn attempted(&self, attempt: Attempt<'_>) {
        if let Err(error) = self.store.attempted(attempt).await {
            tracing::debug!(problem = %error, "failed attempt not recorded");
        }
    }
}
