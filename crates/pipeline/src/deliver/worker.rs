//! The worker of one destination: delivers one message at a time, and chooses the next one anew
//! each time.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use aware_core::message::Message;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::DestinationHalf;
use super::queue::DestinationQueue;
use super::waiting::{DeliveryFailure, NextDelivery};
use crate::port::{DeliveryOutcome, Destination, FailedAttempt, SettledMessage};
use crate::retry::{CircuitBreaker, capped_request, retry_pause};

/// How long to leave a store alone that does not answer.
const STORE_PAUSE: Duration = Duration::from_secs(5);
/// After this many failures of one message, while others arrive, it is reported.
const REPORT_AFTER: u32 = 10;

/// One destination's worker.
struct DestinationWorker {
    half: Arc<DestinationHalf>,
    destination: Arc<dyn Destination>,
    queue: Arc<DestinationQueue>,
    breaker: CircuitBreaker,
    /// Try nothing before this time.
    until: Option<Instant>,
    /// Do not ask the store before this time.
    refill_from: Option<Instant>,
}

impl DestinationHalf {
    /// Runs until the topic is closed and everything received is settled. Messages from an earlier
    /// run go first among equally urgent ones.
    pub async fn run_until_closed(self: Arc<Self>) {
        let mut tasks = JoinSet::new();
        for destination in &self.destinations {
            let Some(queue) = self.queues.get(destination.name()) else { continue };
            let (half, destination) = (Arc::clone(&self), Arc::clone(destination));
            tasks.spawn(
                DestinationWorker::new(half, destination, Arc::clone(queue)).run_until_done(),
            );
        }
        self.receive_messages().await;
        self.queues.values().for_each(|queue| queue.close());
        while tasks.join_next().await.is_some() {}
    }
}

impl DestinationWorker {
    fn new(
        half: Arc<DestinationHalf>,
        destination: Arc<dyn Destination>,
        queue: Arc<DestinationQueue>,
    ) -> Self {
        let breaker = CircuitBreaker::default();
        Self { half, destination, queue, breaker, until: None, refill_from: None }
    }

    /// Runs until the queue is closed and everything in it is settled.
    async fn run_until_done(mut self) {
        loop {
            if let Some(until) = self.until.take() {
                tokio::time::sleep_until(until).await;
            }
            self.refill_queue().await;
            let next =
                self.queue.lock_waiting().next_delivery(Instant::now(), self.breaker.is_open());
            match next {
                NextDelivery::Message(message) => self.attempt_delivery(&message).await,
                NextDelivery::Until(until) => self.wait_for_change(Some(until)).await,
                NextDelivery::Nothing if self.is_done() => return,
                NextDelivery::Nothing => self.wait_for_change(None).await,
            }
        }
    }

    fn is_done(&self) -> bool {
        self.queue.is_closed() && !self.queue.lock_waiting().has_spilled()
    }

    /// Waits for something new, or until something may be tried again.
    async fn wait_for_change(&self, until: Option<Instant>) {
        let until = [until, self.refill_from].into_iter().flatten().min();
        match until {
            Some(until) => {
                let _ = tokio::time::timeout_at(until, self.queue.changed()).await;
            }
            None => self.queue.changed().await,
        }
    }

    /// Takes messages that wait only in the store, if there is room.
    async fn refill_queue(&mut self) {
        let now = Instant::now();
        let is_early = self.refill_from.is_some_and(|from| from > now);
        let (wants, spills) = {
            let waiting = self.queue.lock_waiting();
            (waiting.wants_more(), waiting.spill_count())
        };
        self.refill_from = self.refill_from.filter(|_| is_early);
        if is_early || !wants {
            return;
        }
        match self.half.waiting_in_store(self.destination.name()).await {
            Ok(page) => {
                let mut waiting = self.queue.lock_waiting();
                let taken = waiting.refill_from(page.messages, page.is_complete, spills);
                // A store that is down knows only some of what waits.
                if taken == 0 && waiting.has_spilled() {
                    self.refill_from = Some(now + STORE_PAUSE);
                }
            }
            Err(error) => {
                tracing::warn!(problem = %error, "waiting messages cannot be read from the store; retrying");
                self.refill_from = Some(now + STORE_PAUSE);
            }
        }
    }

    async fn attempt_delivery(&mut self, message: &Message) {
        let name = self.destination.name();
        let thread = self.half.store.last_thread(name, &message.fingerprint).await.ok().flatten();
        match self.destination.deliver(message, thread.as_deref()).await {
            DeliveryOutcome::Delivered(thread) => {
                self.half.counts.delivered.fetch_add(1, Ordering::Relaxed);
                let thread = thread.as_deref();
                let settled = SettledMessage { message, destination: name, thread, problem: None };
                self.half.settle_delivery(settled).await;
                self.record_answer(message, true);
            }
            DeliveryOutcome::Refused(problem) => {
                self.half.record_refusal(message, name, &problem).await;
                self.record_answer(message, false);
            }
            DeliveryOutcome::Retry { after, reason } => {
                self.retry_later(message, after, &reason).await
            }
        }
        let pace = Instant::now() + self.destination.min_interval();
        self.until = Some(self.until.map_or(pace, |until| until.max(pace)));
    }

    /// Records that the destination works.
    fn record_answer(&mut self, message: &Message, arrived: bool) {
        self.breaker.record_success();
        let mut waiting = self.queue.lock_waiting();
        waiting.mark_settled(message, arrived);
        waiting.release_all();
    }

    async fn retry_later(&mut self, message: &Message, after: Option<Duration>, reason: &str) {
        let name = self.destination.name();
        let now = Instant::now();
        self.half.counts.retried.fetch_add(1, Ordering::Relaxed);
        let failure = self.queue.lock_waiting().record_failure(message);
        let own = retry_pause(failure.times, failure.is_suspect, fastrand::f64());
        let own = own.max(capped_request(after));
        self.queue.lock_waiting().set_aside_until(message, now + own);
        if !failure.is_suspect {
            let wait = self.breaker.record_failure(&message.id, after, fastrand::f64());
            self.until = Some(now + wait);
        }
        tracing::warn!(
            destination = name,
            message_id = message.id,
            attempts = failure.times,
            seconds = own.as_secs_f64().ceil(),
            reason,
            "delivery failed; retrying"
        );
        let attempt = FailedAttempt { message: &message.id, destination: name, problem: reason };
        self.half.record_attempt(attempt).await;
        self.report_failure(message, failure, reason).await;
    }

    /// Reports a lasting failure once, to the other destinations.
    async fn report_failure(&self, message: &Message, failure: DeliveryFailure, reason: &str) {
        let name = self.destination.name();
        if failure.is_suspect && failure.times == REPORT_AFTER {
            let subject = "A destination does not accept a message, but accepts later ones";
            self.half.report_problem(subject, name, reason, message).await;
        } else if !failure.is_suspect && self.breaker.is_newly_failing() {
            self.half
                .report_problem("A destination does not accept messages", name, reason, message)
                .await;
        }
    }
}
