//! The worker of one destination: delivers one message at a time, and chooses the next one anew
//! each time.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use aware_core::message::Message;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::Deliver;
use super::queue::Queue;
use super::waiting::{Failure, Next};
use crate::port::{Attempt, Destination, Outcome, Settled};
use crate::retry::{Breaker, asked_within_reason, pause};

/// How long to leave a store alone that does not answer.
const STORE_PAUSE: Duration = Duration::from_secs(5);
/// After this many failures of one message, while others arrive, it is reported.
const TOLD_AFTER: u32 = 10;

/// One destination's worker.
struct Worker {
    half: Arc<Deliver>,
    destination: Arc<dyn Destination>,
    queue: Arc<Queue>,
    breaker: Breaker,
    /// Try nothing before this time.
    until: Option<Instant>,
    /// Do not ask the store before this time.
    refill_from: Option<Instant>,
}

impl Deliver {
    /// Runs until the topic is closed and everything received is settled. Messages from an earlier
    /// run go first among equally urgent ones.
    pub async fn run(self: Arc<Self>) {
        let mut tasks = JoinSet::new();
        for destination in &self.destinations {
            let Some(queue) = self.queues.get(destination.name()) else { continue };
            let (half, destination) = (Arc::clone(&self), Arc::clone(destination));
            tasks.spawn(Worker::new(half, destination, Arc::clone(queue)).run());
        }
        self.receive().await;
        self.queues.values().for_each(|queue| queue.close());
        while tasks.join_next().await.is_some() {}
    }
}

impl Worker {
    fn new(half: Arc<Deliver>, destination: Arc<dyn Destination>, queue: Arc<Queue>) -> Self {
        let breaker = Breaker::default();
        Self { half, destination, queue, breaker, until: None, refill_from: None }
    }

    /// Runs until the queue is closed and everything in it is settled.
    async fn run(mut self) {
        loop {
            if let Some(until) = self.until.take() {
                tokio::time::sleep_until(until).await;
            }
            self.refill().await;
            let next = self.queue.waiting().next(Instant::now(), self.breaker.is_open());
            match next {
                Next::Message(message) => self.attempt(&message).await,
                Next::Until(until) => self.wait(Some(until)).await,
                Next::Nothing if self.is_done() => return,
                Next::Nothing => self.wait(None).await,
            }
        }
    }

    fn is_done(&self) -> bool {
        self.queue.is_closed() && !self.queue.waiting().has_spilled()
    }

    /// Waits for something new, or until something may be tried again.
    async fn wait(&self, until: Option<Instant>) {
        let until = [until, self.refill_from].into_iter().flatten().min();
        match until {
            Some(until) => {
                let _ = tokio::time::timeout_at(until, self.queue.changed()).await;
            }
            None => self.queue.changed().await,
        }
    }

    /// Takes messages that wait only in the store, if there is room.
    async fn refill(&mut self) {
        let now = Instant::now();
        let is_early = self.refill_from.is_some_and(|from| from > now);
        let (wants, spills) = {
            let waiting = self.queue.waiting();
            (waiting.wants_more(), waiting.spills())
        };
        self.refill_from = self.refill_from.filter(|_| is_early);
        if is_early || !wants {
            return;
        }
        match self.half.of_store(self.destination.name()).await {
            Ok(page) => {
                let mut waiting = self.queue.waiting();
                let taken = waiting.take_back(page.messages, page.is_complete, spills);
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

    async fn attempt(&mut self, message: &Message) {
        let name = self.destination.name();
        let thread = self.half.store.thread(name, &message.fingerprint).await.ok().flatten();
        match self.destination.deliver(message, thread.as_deref()).await {
            Outcome::Delivered(thread) => {
                self.half.counts.delivered.fetch_add(1, Ordering::Relaxed);
                let thread = thread.as_deref();
                let settled = Settled { message, destination: name, thread, problem: None };
                self.half.settle(settled).await;
                self.answered(message, true);
            }
            Outcome::Refused(problem) => {
                self.half.refused(message, name, &problem).await;
                self.answered(message, false);
            }
            Outcome::Retry { after, reason } => self.put_off(message, after, &reason).await,
        }
        let pace = Instant::now() + self.destination.pace();
        self.until = Some(self.until.map_or(pace, |until| until.max(pace)));
    }

    /// Records that the destination works.
    fn answered(&mut self, message: &Message, arrived: bool) {
        self.breaker.succeeded();
        let mut waiting = self.queue.waiting();
        waiting.settled(message, arrived);
        waiting.release();
    }

    async fn put_off(&mut self, message: &Message, after: Option<Duration>, reason: &str) {
        let name = self.destination.name();
        let now = Instant::now();
        self.half.counts.retried.fetch_add(1, Ordering::Relaxed);
        let failure = self.queue.waiting().failed(message);
        let own = pause(failure.times, failure.is_suspect, fastrand::f64());
        let own = own.max(asked_within_reason(after));
        self.queue.waiting().set_aside(message, now + own);
        if !failure.is_suspect {
            let wait = self.breaker.failed(&message.id, after, fastrand::f64());
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
        let attempt = Attempt { message: &message.id, destination: name, problem: reason };
        self.half.attempted(attempt).await;
        self.tell(message, failure, reason).await;
    }

    /// Reports a lasting failure once, to the other destinations.
    async fn tell(&self, message: &Message, failure: Failure, reason: &str) {
        let name = self.destination.name();
        if failure.is_suspect && failure.times == TOLD_AFTER {
            let subject = "A destination does not accept a message, but accepts later ones";
            self.half.tell(subject, name, reason, message).await;
        } else if !failure.is_suspect && self.breaker.is_to_be_told() {
            self.half.tell("A destination does not accept messages", name, reason, message).await;
        }
    }
}
