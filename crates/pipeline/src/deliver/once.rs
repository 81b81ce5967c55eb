//! How a function delivers: a few attempts within the time of its invocation. The queue redelivers
//! what they do not settle.

use std::time::Instant;

use aware_core::message::Message;

use crate::port::{DeliveryOutcome, Destination, SettledMessage, Store};
use crate::retry::{capped_request, retry_pause};

/// The limits of the attempts for one message.
#[derive(Clone, Copy, Debug)]
pub struct AttemptBudget {
    /// The number of attempts.
    pub attempts: u32,
    /// No attempt but the first starts after this time.
    pub begin: Instant,
    /// Every attempt is aborted at this time, since a destination may hang.
    pub end: Instant,
}

/// Attempts to deliver a message until it has arrived, is refused, or the budget is spent.
pub async fn deliver_within(
    store: &dyn Store,
    destination: &dyn Destination,
    message: &Message,
    budget: AttemptBudget,
) -> DeliveryOutcome {
    let mut attempt = 0;
    loop {
        attempt += 1;
        let (after, reason) = match in_time(store, destination, message, budget.end).await {
            DeliveryOutcome::Retry { after, reason } => (after, reason),
            settled => return settled,
        };
        let wait = retry_pause(attempt, false, fastrand::f64()).max(capped_request(after));
        tracing::warn!(
            destination = destination.name(),
            message_id = message.id,
            attempts = attempt,
            seconds = wait.as_secs_f64().ceil(),
            reason,
            "delivery failed; retrying"
        );
        if attempt >= budget.attempts || Instant::now() + wait >= budget.begin {
            return DeliveryOutcome::Retry { after, reason };
        }
        tokio::time::sleep(wait).await;
    }
}

async fn in_time(
    store: &dyn Store,
    destination: &dyn Destination,
    message: &Message,
    end: Instant,
) -> DeliveryOutcome {
    let attempt = deliver_once(store, destination, message);
    let reason = || "no answer within the invocation's time".to_owned();
    tokio::time::timeout_at(end.into(), attempt)
        .await
        .unwrap_or_else(|_| DeliveryOutcome::Retry { after: None, reason: reason() })
}

/// Makes one attempt, and records it if the message arrived.
async fn deliver_once(
    store: &dyn Store,
    destination: &dyn Destination,
    message: &Message,
) -> DeliveryOutcome {
    let name = destination.name();
    let thread = store.last_thread(name, &message.fingerprint).await.ok().flatten();
    let outcome = destination.deliver(message, thread.as_deref()).await;
    if let DeliveryOutcome::Delivered(thread) = &outcome {
        let thread = thread.as_deref();
        let settled = SettledMessage { message, destination: name, thread, problem: None };
        if let Err(error) = store.settle_message(settled).await {
            tracing::warn!(problem = %error, "delivery not recorded; it may be repeated");
        }
    }
    outcome
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;

    use async_trait::async_trait;
    use aware_core::event::Level;
    use jiff::Timestamp;

    use super::*;
    use crate::store::memory::MemoryStore;

    /// Fails this often, then accepts the message.
    struct Failing(AtomicU32);

    #[async_trait]
    impl Destination for Failing {
        fn name(&self) -> &str {
            "failing"
        }

        async fn deliver(&self, _: &Message, _: Option<&str>) -> DeliveryOutcome {
            let left = self.0.load(Ordering::Relaxed);
            self.0.store(left.saturating_sub(1), Ordering::Relaxed);
            match left {
                0 => DeliveryOutcome::Delivered(None),
                _ => DeliveryOutcome::Retry { after: None, reason: "busy".to_owned() },
            }
        }
    }

    async fn outcome(
        failures: u32,
        attempts: u32,
        begin: Duration,
    ) -> (DeliveryOutcome, Vec<String>) {
        let store = MemoryStore::default();
        let message = aware_cases::message::system_message("x", &[], Level::Low, Timestamp::now());
        let now = Instant::now();
        let budget = AttemptBudget { attempts, begin: now + begin, end: now + 2 * begin };
        let destination = Failing(AtomicU32::new(failures));
        let outcome = deliver_within(&store, &destination, &message, budget).await;
        (outcome, store.settled_destinations(&message.id).await.unwrap())
    }

    #[tokio::test]
    async fn it_is_tried_again_within_the_budget_and_no_longer() {
        let minute = Duration::from_secs(60);
        let (arrived, settled) = outcome(1, 2, minute).await;
        assert_eq!(
            (arrived, settled),
            (DeliveryOutcome::Delivered(None), vec!["failing".to_owned()])
        );
        assert!(matches!(outcome(2, 2, minute).await.0, DeliveryOutcome::Retry { .. }), "attempts");
        let short = Duration::from_millis(100);
        assert!(matches!(outcome(1, 2, short).await.0, DeliveryOutcome::Retry { .. }), "time");
    }
}
