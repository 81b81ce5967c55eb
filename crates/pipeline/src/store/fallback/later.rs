//! Writes that are deferred until the store works again, besides what memory holds.

use std::collections::{HashMap, HashSet, VecDeque};
use std::time::{Duration, Instant};

use aware_core::message::Message;
use jiff::Timestamp;

use crate::port::{SettledMessage, StepCommit, Store, StoreError};

/// Interval between attempts to write to a store that is down.
const RETRY_INTERVAL: Duration = Duration::from_millis(500);

/// A write.
#[derive(Clone, Copy, Debug)]
pub(super) enum DeferredWrite<'a> {
    /// A step of the source half.
    Step(&'a StepCommit),
    /// A message, settled at one destination.
    Settled(SettledMessage<'a>),
    /// A message, settled everywhere.
    Finished(&'a str),
}

impl DeferredWrite<'_> {
    pub(super) async fn write_to(
        self,
        store: &dyn Store,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        match self {
            Self::Step(commit) => store.commit(commit.clone(), now).await,
            Self::Settled(settled) => store.settle_message(settled).await,
            Self::Finished(message) => store.finish_message(message).await,
        }
    }
}

/// Messages that were settled or finished while the store was down.
#[derive(Debug, Default)]
pub(super) struct DeferredWrites {
    tried: Option<Instant>,
    settled: VecDeque<(Message, String, Option<String>, Option<String>)>,
    /// The destinations where each is settled.
    ended: HashMap<String, Vec<String>>,
    finished: HashSet<String>,
}

impl DeferredWrites {
    /// Claims an attempt to write to the store, if one is due.
    pub(super) fn claim_if_due(&mut self) -> bool {
        let is_due = self.tried.is_none_or(|at| at.elapsed() >= RETRY_INTERVAL);
        if is_due {
            self.tried = Some(Instant::now());
        }
        is_due
    }

    pub(super) fn defer_write(&mut self, what: DeferredWrite<'_>) {
        match what {
            DeferredWrite::Step(_) => {}
            DeferredWrite::Settled(SettledMessage { message, destination, thread, problem }) => {
                let ended = self.ended.entry(message.id.clone()).or_default();
                ended.push(destination.to_owned());
                let (thread, problem) = (thread.map(str::to_owned), problem.map(str::to_owned));
                self.settled.push_back((message.clone(), destination.to_owned(), thread, problem));
            }
            DeferredWrite::Finished(message) => {
                self.finished.insert(message.to_owned());
            }
        }
    }

    /// Whether a message is settled at a destination, or everywhere.
    pub(super) fn is_settled(&self, message: &str, destination: Option<&str>) -> bool {
        let ended = self.ended.get(message).into_iter().flatten();
        self.finished.contains(message)
            || destination.is_some_and(|name| ended.into_iter().any(|ended| ended == name))
    }

    /// Writes everything. If it fails half-way, writing the same again later does no harm.
    pub(super) async fn write_all(&mut self, store: &dyn Store) -> Result<(), StoreError> {
        while let Some((message, destination, thread, problem)) = self.settled.front() {
            let (thread, problem) = (thread.as_deref(), problem.as_deref());
            store.settle_message(SettledMessage { message, destination, thread, problem }).await?;
            self.settled.pop_front();
        }
        for message in &self.finished {
            store.finish_message(message).await?;
        }
        *self = Self { tried: self.tried, ..Self::default() };
        Ok(())
    }
}
