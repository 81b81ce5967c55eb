//! Writes that are deferred until the store works again, besides what memory holds.

use std::collections::{HashMap, HashSet, VecDeque};
use std::time::{Duration, Instant};

use aware_core::message::Message;
use jiff::Timestamp;

use crate::port::{Commit, Settled, Store, StoreError};

/// Interval between attempts to write to a store that is down.
const AGAIN: Duration = Duration::from_millis(500);

/// A write.
#[derive(Clone, Copy, Debug)]
pub(super) enum Ended<'a> {
    /// A step of the source half.
    Step(&'a Commit),
    /// A message, settled at one destination.
    Settled(Settled<'a>),
    /// A message, settled everywhere.
    Finished(&'a str),
}

impl Ended<'_> {
    pub(super) async fn write(self, store: &dyn Store, now: Timestamp) -> Result<(), StoreError> {
        match self {
            Self::Step(commit) => store.commit(commit.clone(), now).await,
            Self::Settled(settled) => store.settle(settled).await,
            Self::Finished(message) => store.finish(message).await,
        }
    }
}

/// Messages that were settled or finished while the store was down.
#[derive(Debug, Default)]
pub(super) struct Later {
    tried: Option<Instant>,
    settled: VecDeque<(Message, String, Option<String>, Option<String>)>,
    /// The destinations where each is settled.
    ended: HashMap<String, Vec<String>>,
    finished: HashSet<String>,
}

impl Later {
    /// Claims an attempt to write to the store, if one is due.
    pub(super) fn claim_if_due(&mut self) -> bool {
        let is_due = self.tried.is_none_or(|at| at.elapsed() >= AGAIN);
        if is_due {
            self.tried = Some(Instant::now());
        }
        is_due
    }

    pub(super) fn push(&mut self, what: Ended<'_>) {
        match what {
            Ended::Step(_) => {}
            Ended::Settled(Settled { message, destination, thread, problem }) => {
                let ended = self.ended.entry(message.id.clone()).or_default();
                ended.push(destination.to_owned());
                let (thread, problem) = (thread.map(str::to_owned), problem.map(str::to_owned));
                self.settled.push_back((message.clone(), destination.to_owned(), thread, problem));
            }
            Ended::Finished(message) => {
                self.finished.insert(message.to_owned());
            }
        }
    }

    /// Whether a message is settled at a destination, or everywhere.
    pub(super) fn is_over(&self, message: &str, destination: Option<&str>) -> bool {
        let ended = self.ended.get(message).into_iter().flatten();
        self.finished.contains(message)
            || destination.is_some_and(|name| ended.into_iter().any(|ended| ended == name))
    }

    /// Writes everything. If it fails half-way, writing the same again later does no harm.
    pub(super) async fn write(&mut self, store: &dyn Store) -> Result<(), StoreError> {
        while let Some((message, destination, thread, problem)) = self.settled.front() {
            let (thread, problem) = (thread.as_deref(), problem.as_deref());
            store.settle(Settled { message, destination, thread, problem }).await?;
            self.settled.pop_front();
        }
        for message in &self.finished {
            store.finish(message).await?;
        }
        *self = Self { tried: self.tried, ..Self::default() };
        Ok(())
    }
}
