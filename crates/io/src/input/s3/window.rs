//! Waiting objects, in the order of their keys; the first of them are being read.

use std::collections::VecDeque;

use aware_core::envelope::S3Object;
use tokio::task::JoinHandle;

use super::buckets::BucketClients;
use super::object::{self, GetError};
use crate::input::walk::MAX_FILE;

/// The most bytes read ahead.
const MAX_AHEAD: u64 = 256 << 20;
/// How often an object is requested while S3 answers that it cannot return it now, each time with
/// the SDK's own three attempts.
const MAX_TRIES: u8 = 5;

type ObjectBody = Result<Vec<u8>, GetError>;

/// An object from a listing.
pub(super) struct ListedObject {
    object: S3Object,
    size: u64,
    tries: u8,
    task: Option<JoinHandle<ObjectBody>>,
}

impl Drop for ListedObject {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

impl ListedObject {
    /// An object of this many bytes.
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

    fn start_reading(&mut self, clients: &BucketClients) {
        if self.task.is_none() && self.size <= MAX_FILE {
            let (clients, object) = (clients.clone(), self.object.clone());
            let read = async move { object::read_object(&clients, &object, MAX_FILE).await };
            self.task = Some(tokio::spawn(read));
        }
    }

    /// Gives up an object that S3 failed to return too often.
    fn count_failure(&mut self, error: GetError) -> GetError {
        let GetError::Busy(problem) = error else { return error };
        self.tries += 1;
        if self.tries < MAX_TRIES {
            return GetError::Busy(problem);
        }
        GetError::Refused(format!("{problem}, {MAX_TRIES} times"))
    }
}

/// Objects that wait.
pub(super) struct ReadAhead {
    concurrency: usize,
    items: VecDeque<ListedObject>,
}

impl ReadAhead {
    /// Reads this many objects concurrently.
    pub(super) fn new(concurrency: usize) -> Self {
        Self { concurrency: concurrency.max(1), items: VecDeque::new() }
    }

    /// Whether enough objects are listed for now.
    pub(super) fn has_enough(&self) -> bool {
        self.items.len() >= self.concurrency
    }

    /// Adds an object at the end.
    pub(super) fn push(&mut self, item: ListedObject) {
        self.items.push_back(item);
    }

    /// Adds an object at the front.
    pub(super) fn push_front(&mut self, item: ListedObject) {
        self.items.push_front(item);
    }

    /// Removes the first object.
    pub(super) fn pop(&mut self) -> Option<ListedObject> {
        self.items.pop_front()
    }

    /// The first one.
    pub(super) fn front(&self) -> Option<&ListedObject> {
        self.items.front()
    }

    /// Starts reading as many objects as are allowed, and waits for the first; `None` if there is
    /// none.
    pub(super) async fn first_body(&mut self, clients: &BucketClients) -> Option<ObjectBody> {
        let mut bytes = 0;
        for (place, item) in self.items.iter_mut().take(self.concurrency).enumerate() {
            bytes += item.size;
            if place > 0 && bytes > MAX_AHEAD {
                break;
            }
            item.start_reading(clients);
        }
        let first = self.items.front_mut()?;
        let Some(task) = &mut first.task else { return Some(Err(object::too_large(MAX_FILE))) };
        let body = task.await;
        first.task = None;
        let body = body.unwrap_or_else(|error| Err(GetError::Busy(error.to_string())));
        Some(body.map_err(|error| first.count_failure(error)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_given_up_when_s3_cannot_give_it_too_often() {
        let object = S3Object { bucket: "b".into(), key: "k".into() };
        let mut item = ListedObject::new(object, 1);
        for _ in 1..MAX_TRIES {
            assert!(item.count_failure(GetError::Busy("busy".into())).may_pass());
            assert!(
                item.count_failure(GetError::Down("down".into())).may_pass(),
                "that is not its fault"
            );
        }
        let last = item.count_failure(GetError::Busy("busy".into()));
        assert!(matches!(last, GetError::Refused(problem) if problem == "busy, 5 times"));
    }
}
