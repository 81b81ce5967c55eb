//! The running destination half, and its replacement by another.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use aware_core::route::Route;
use aware_pipeline::deliver::Deliver;
use aware_pipeline::port::{Destination, SystemClock, Topic};
use aware_pipeline::store::fallback::FallbackStore;
use tokio::task::JoinHandle;

/// The running destination half.
pub(super) struct Delivery {
    store: Arc<FallbackStore>,
    topic: Arc<dyn Topic>,
    half: Arc<Deliver>,
    task: JoinHandle<()>,
    /// How many messages earlier halves delivered, and how many their destinations refused.
    before: (u64, u64),
}

impl Delivery {
    /// Starts delivering.
    pub(super) fn start(
        store: &Arc<FallbackStore>,
        topic: &Arc<dyn Topic>,
        destinations: Vec<Arc<dyn Destination>>,
        routes: Vec<Route>,
    ) -> Self {
        let (store, topic) = (Arc::clone(store), Arc::clone(topic));
        let clock = Arc::new(SystemClock);
        let half =
            Deliver::new(Arc::clone(&store) as _, Arc::clone(&topic), clock, destinations, routes);
        let task = tokio::spawn(Arc::clone(&half).run());
        Self { store, topic, half, task, before: (0, 0) }
    }

    /// Switches to other destinations. Unsettled messages are in the outbox, from which the new
    /// half takes them; an attempt in progress may arrive twice.
    pub(super) async fn replace(
        &mut self,
        destinations: Vec<Arc<dyn Destination>>,
        routes: Vec<Route>,
    ) {
        self.task.abort();
        let _ = (&mut self.task).await;
        let before = (self.delivered(), self.refused());
        *self = Self { before, ..Self::start(&self.store, &self.topic, destinations, routes) };
    }

    /// Waits until everything received is settled; false if that takes longer than `patience`.
    pub(super) async fn end(&mut self, patience: Duration) -> bool {
        tokio::time::timeout(patience, &mut self.task).await.is_ok()
    }

    /// How many deliveries arrived.
    pub(super) fn delivered(&self) -> u64 {
        self.before.0 + count(&self.half.counts.delivered)
    }

    /// How many deliveries a destination refused.
    pub(super) fn refused(&self) -> u64 {
        self.before.1 + count(&self.half.counts.refused)
    }
}

fn count(count: &AtomicU64) -> u64 {
    count.load(Ordering::Relaxed)
}
