//! What waits for one destination's worker.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aware_core::message::Message;
use tokio::sync::Notify;

use super::waiting::WaitingMessages;

/// The messages that wait for one destination, with a signal for its worker.
#[derive(Debug)]
pub(super) struct DestinationQueue {
    waiting: Mutex<WaitingMessages>,
    changed: Notify,
    closed: AtomicBool,
}

impl DestinationQueue {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            waiting: Mutex::new(WaitingMessages::new(capacity)),
            changed: Notify::new(),
            closed: AtomicBool::new(false),
        }
    }

    pub(super) fn offer_message(&self, message: Arc<Message>) {
        self.lock_waiting().add_message(message);
        self.changed.notify_one();
    }

    /// Closes the queue: nothing more will be offered.
    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
        self.changed.notify_one();
    }

    /// Whether nothing more will be offered.
    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }

    /// Waits until something is offered, or nothing more will be.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }

    /// A poisoned lock is fine: an interrupted step does no harm.
    pub(super) fn lock_waiting(&self) -> MutexGuard<'_, WaitingMessages> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
