//! Objects that wait, those of them that are being read, in the order of their keys.

use std::collections::VecDeque;

use aware_core::envelope::S3Object;
use tokio::task::JoinHandle;

use super::buckets::BucketClients;
use super::object::{self, GetError};
use crate::input::walk::MAX_FILE;

/// The most bytes that are read ahead.
const MAX_AHEAD: u64 = 256 << 20;
/// How often an object is asked for that S3 answers it cannot give now, each time with the SDK's
/// own three attempts.
const MAX_TRIES: u8 = 5;

type Body = Result<Vec<u8>, GetError>;

/// An object that was listed.
pub(super) struct Item {
    object: S3Object,
    size: u64,
    tries: u8,
    task: Option<JoinHandle<Body>>,
}

impl Drop for Item {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

impl Item {
    /// An object of so many bytes.
    pub(super) fn new(object: S3Object, size: u64) -> Self {
        Self { object, size, tries: 0, task: None }
    }

    /// Where it is, for people.
    pub(super) fn origin(&self) -> String {
        format!("s3://{}/{}", self.object.bucket, self.object.key)
    }

    /// Its key.
    pub(super) fn key(&self) -> &str {
        &self.object.key
    }

    fn start(&mut self, clients: &BucketClients) {
        if self.task.is_none() && self.size <= MAX_FILE {
            let (clients, object) = (clients.clone(), self.object.clone());
            let read = async move { object::get(&clients, &object, MAX_FILE).await };
            self.task = Some(tokio::spawn(read));
        }
    }

    /// Gives an object up that S3 could not give too often.
    fn failed(&mut self, error: GetError) -> GetError {
        let GetError::Busy(problem) = error else { return error };
        self.tries += 1;
        if self.tries < MAX_TRIES {
            return GetError::Busy(problem);
        }
        GetError::Refused(format!("{problem}, {MAX_TRIES} times"))
    }
}

/// Objects that wait.
pub(super) struct Window {
    concurrency: usize,
    items: VecDeque<Item>,
}

impl Window {
    /// Reads so many objects at once.
    pub(super) fn new(concurrency: usize) -> Self {
        Self { concurrency: concurrency.max(1), items: VecDeque::new() }
    }

    /// Whether no more need to be listed now.
    pub(super) fn has_enough(&self) -> bool {
        self.items.len() >= self.concurrency
    }

    /// Adds one behind all others.
    pub(super) fn push(&mut self, item: Item) {
        self.items.push_back(item);
    }

    /// Adds one before all others.
    pub(super) fn push_front(&mut self, item: Item) {
        self.items.push_front(item);
    }

    /// Takes the first one off.
    pub(super) fn pop(&mut self) -> Option<Item> {
        self.items.pop_front()
    }

    /// The first one.
    pub(super) fn front(&self) -> Option<&Item> {
        self.items.front()
    }

    /// Starts reading as many as are allowed, and waits for the first; `None` when there is none.
    pub(super) async fn first(&mut self, clients: &BucketClients) -> Option<Body> {
        let mut bytes = 0;
        for (place, item) in self.items.iter_mut().take(self.concurrency).enumerate() {
            bytes += item.size;
            if place > 0 && bytes > MAX_AHEAD {
                break;
            }
            item.start(clients);
        }
        let first = self.items.front_mut()?;
        let Some(task) = &mut first.task else { return Some(Err(object::too_large(MAX_FILE))) };
        let body = task.await;
        first.task = None;
        let body = body.unwrap_or_else(|error| Err(GetError::Busy(error.to_string())));
        Some(body.map_err(|error| first.failed(error)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_given_up_when_s3_cannot_give_it_too_often() {
        let object = S3Object { bucket: "b".into(), key: "k".into() };
        let mut item = Item::new(object, 1);
        for _ in 1..MAX_TRIES {
            assert!(item.failed(GetError::Busy("busy".into())).may_pass());
            assert!(item.failed(GetError::Down("down".into())).may_pass(), "that is not its fault");
        }
        let last = item.failed(GetError::Busy("busy".into()));
        assert!(matches!(last, GetError::Refused(problem) if problem == "busy, 5 times"));
    }
}
