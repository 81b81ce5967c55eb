//! The running destination half, and its replacement by another.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use aware_core::route::MessageRoute;
use aware_pipeline::deliver::DestinationHalf;
use aware_pipeline::port::{Destination, SystemClock, Topic};
use aware_pipeline::store::fallback::FallbackStore;
use tokio::task::JoinHandle;

/// How many deliveries arrived, were refused, and were left out because of the time.
#[derive(Clone, Copy, Debug, Default)]
struct DeliveryTotals {
    delivered: u64,
    refused: u64,
    muted: u64,
}

/// The running destination half.
pub(super) struct RunningDelivery {
    store: Arc<FallbackStore>,
    topic: Arc<dyn Topic>,
    half: Arc<DestinationHalf>,
    task: JoinHandle<()>,
    /// What earlier halves did.
    before: DeliveryTotals,
}

impl RunningDelivery {
    /// Starts delivering.
    pub(super) fn start_half(
        store: &Arc<FallbackStore>,
        topic: &Arc<dyn Topic>,
        destinations: Vec<Arc<dyn Destination>>,
        routes: Vec<MessageRoute>,
    ) -> Self {
        let (store, topic) = (Arc::clone(store), Arc::clone(topic));
        let clock = Arc::new(SystemClock);
        let half = DestinationHalf::new(
            Arc::clone(&store) as _,
            Arc::clone(&topic),
            clock,
            destinations,
            routes,
        );
        let task = tokio::spawn(Arc::clone(&half).run_until_closed());
        Self { store, topic, half, task, before: DeliveryTotals::default() }
    }

    /// Switches to other destinations. Unsettled messages are in the outbox, from which the new
    /// half takes them; an attempt in progress may arrive twice.
    pub(super) async fn replace_half(
        &mut self,
        destinations: Vec<Arc<dyn Destination>>,
        routes: Vec<MessageRoute>,
    ) {
        self.task.abort();
        let _ = (&mut self.task).await;
        let before = DeliveryTotals {
            delivered: self.delivered_count(),
            refused: self.refused_count(),
            muted: self.muted_count(),
        };
        *self = Self { before, ..Self::start_half(&self.store, &self.topic, destinations, routes) };
    }

    /// Waits until everything received is settled; false if that takes longer than `patience`.
    pub(super) async fn finish_within(&mut self, patience: Duration) -> bool {
        tokio::time::timeout(patience, &mut self.task).await.is_ok()
    }

    /// How many deliveries arrived.
    pub(super) fn delivered_count(&self) -> u64 {
        self.before.delivered + load_count(&self.half.counts.delivered)
    }

    /// How many deliveries a destination refused.
    pub(super) fn refused_count(&self) -> u64 {
        self.before.refused + load_count(&self.half.counts.refused)
    }

    /// How many deliveries were left out because their routes were muted.
    pub(super) fn muted_count(&self) -> u64 {
        self.before.muted + load_count(&self.half.counts.muted)
    }
}

fn load_count(count: &AtomicU64) -> u64 {
    count.load(Ordering::Relaxed)
}
