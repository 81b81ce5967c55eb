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
use aware_core::route::{MessageRoute, destinations_for, route_message};

use crate::port::{
    Clock, Destination, FailedAttempt, OutboxPage, SettledMessage, Store, StoreError, Topic,
};
pub use once::{AttemptBudget, deliver_within};
use queue::DestinationQueue;
use told::ToldProblems;

/// How many messages wait in memory for one destination; more wait in the store.
const QUEUE_CAPACITY: usize = 1024;
/// How many messages of an earlier run are read at a time.
const PAGE_SIZE: usize = 256;
/// Interval between checks of the store for messages to redrive.
const REDRIVE_INTERVAL: Duration = Duration::from_secs(2);

/// Counters of the destination half.
#[derive(Debug, Default)]
pub struct DeliveryCounts {
    /// Deliveries that arrived.
    pub delivered: AtomicU64,
    /// Attempts that are retried later.
    pub retried: AtomicU64,
    /// Deliveries that the destination refused.
    pub refused: AtomicU64,
    /// Deliveries that were left out because every route to the destination was muted.
    pub muted: AtomicU64,
}

/// The destination half.
pub struct DestinationHalf {
    store: Arc<dyn Store>,
    topic: Arc<dyn Topic>,
    clock: Arc<dyn Clock>,
    destinations: Vec<Arc<dyn Destination>>,
    names: Vec<String>,
    routes: Vec<MessageRoute>,
    queues: HashMap<String, Arc<DestinationQueue>>,
    told: ToldProblems,
    /// Counters of the destination half.
    pub counts: DeliveryCounts,
}

impl DestinationHalf {
    /// A destination half that takes from `topic`.
    pub fn new(
        store: Arc<dyn Store>,
        topic: Arc<dyn Topic>,
        clock: Arc<dyn Clock>,
        destinations: Vec<Arc<dyn Destination>>,
        routes: Vec<MessageRoute>,
    ) -> Arc<Self> {
        let names: Vec<String> =
            destinations.iter().map(|destination| destination.name().to_owned()).collect();
        let queue = |name: &String| (name.clone(), Arc::new(DestinationQueue::new(QUEUE_CAPACITY)));
        let queues = names.iter().map(queue).collect();
        Arc::new(Self {
            store,
            topic,
            clock,
            destinations,
            names,
            routes,
            queues,
            told: ToldProblems::default(),
            counts: DeliveryCounts::default(),
        })
    }

    async fn receive_messages(&self) {
        let mut place = self.replay_outbox(Some(0)).await;
        let mut look = tokio::time::interval(REDRIVE_INTERVAL);
        loop {
            tokio::select! {
                biased;
                _ = look.tick() => {
                    place = self.replay_outbox(place).await;
                    self.dispatch_redriven().await;
                }
                message = self.topic.receive() => match message {
                    Some(message) => {
                        self.count_muted(&message);
                        self.dispatch(Arc::new(message)).await;
                    }
                    None => return,
                },
            }
        }
    }

    /// Replays what an earlier run left, from a position in the outbox. Returns where to continue
    /// if the store does not answer.
    async fn replay_outbox(&self, mut place: Option<u64>) -> Option<u64> {
        while let Some(from) = place {
            let Ok(page) = self.store.outbox_page(from, PAGE_SIZE).await else { return place };
            for message in page.messages {
                self.dispatch(Arc::new(message)).await;
            }
            place = page.next;
        }
        None
    }

    /// Dispatches messages that were put back by hand.
    async fn dispatch_redriven(&self) {
        for message in self.store.take_redriven().await.unwrap_or_default() {
            self.dispatch(Arc::new(message)).await;
        }
    }

    async fn dispatch(&self, message: Arc<Message>) {
        let open = self.open_destinations(&message).await;
        if open.is_empty() {
            return self.finish_message(&message.id).await;
        }
        for queue in open.iter().filter_map(|name| self.queues.get(name)) {
            queue.offer_message(Arc::clone(&message));
        }
    }

    /// The destinations where a message has yet to arrive.
    async fn open_destinations(&self, message: &Message) -> Vec<String> {
        let addressees = self.store.redrive_targets(&message.id).await.unwrap_or_default();
        let mut open =
            if addressees.is_empty() { self.routed_destinations(message) } else { addressees };
        let settled = self.store.settled_destinations(&message.id).await.unwrap_or_default();
        open.retain(|name| !settled.contains(name));
        open
    }

    fn routed_destinations(&self, message: &Message) -> Vec<String> {
        let targets = destinations_for(message, &self.routes, &self.names).into_iter();
        targets.filter(|name| self.queues.contains_key(*name)).map(str::to_owned).collect()
    }

    /// Counts and logs where a new message does not go because of the time. It is not sent later.
    fn count_muted(&self, message: &Message) {
        for destination in route_message(message, &self.routes, &self.names, message.time).muted {
            self.counts.muted.fetch_add(1, Ordering::Relaxed);
            let (message_id, subject) = (&message.id, &message.subject);
            tracing::info!(destination, message_id, subject, "message muted by its route");
        }
    }

    /// What waits for a destination, according to the store.
    async fn waiting_in_store(&self, destination: &str) -> Result<OutboxPage, StoreError> {
        let wanted = |message: &Message| {
            self.routed_destinations(message).iter().any(|to| to == destination)
        };
        self.store.waiting_messages(destination, &wanted, QUEUE_CAPACITY).await
    }

    async fn settle_delivery(&self, settled: SettledMessage<'_>) {
        if let Err(error) = self.store.settle_message(settled).await {
            tracing::warn!(
                destination = settled.destination,
                message_id = settled.message.id,
                problem = %error,
                "delivery not recorded; it may be repeated after a restart"
            );
        }
        if self.open_destinations(settled.message).await.is_empty() {
            self.finish_message(&settled.message.id).await;
        }
    }

    async fn finish_message(&self, message: &str) {
        if let Err(error) = self.store.finish_message(message).await {
            tracing::warn!(
                message_id = message,
                problem = %error,
                "message not removed from the outbox; it may be repeated after a restart"
            );
        }
    }

    async fn record_refusal(&self, message: &Message, destination: &str, problem: &str) {
        self.counts.refused.fetch_add(1, Ordering::Relaxed);
        tracing::error!(
            destination,
            message_id = message.id,
            problem,
            "message refused by its destination"
        );
        let problem_ = Some(problem);
        self.settle_delivery(SettledMessage {
            message,
            destination,
            thread: None,
            problem: problem_,
        })
        .await;
        self.report_problem("A destination refused a message", destination, problem, message).await;
    }

    /// Records a failed attempt, for people who inspect the outbox.
    async fn record_attempt(&self, attempt: FailedAttempt<'_>) {
        if let Err(error) = self.store.record_attempt(attempt).await {
            tracing::debug!(problem = %error, "failed attempt not recorded");
        }
    }
}
