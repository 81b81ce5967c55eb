//! Keeps messages hidden while they are processed.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::ChangeMessageVisibilityBatchRequestEntry as Entry;
use tokio::task::JoinHandle;

use super::options::seconds;

/// How many messages one request can cover.
const BATCH: usize = 10;

/// The receipt handles of messages to keep hidden.
#[derive(Clone, Debug, Default)]
pub(super) struct Hidden(Arc<Mutex<Vec<String>>>);

impl Hidden {
    fn handles(&self) -> MutexGuard<'_, Vec<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps these hidden too.
    pub(super) fn add<'a>(&self, handles: impl Iterator<Item = &'a str>) {
        self.handles().extend(handles.map(str::to_owned));
    }

    /// Stops keeping this one hidden.
    pub(super) fn remove(&self, handle: &str) {
        self.handles().retain(|hidden| hidden != handle);
    }
}

/// A background task, started on first use and stopped on drop.
pub(super) struct Keeper {
    client: Client,
    queue: String,
    visibility: Duration,
    hidden: Hidden,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Drop for Keeper {
    fn drop(&mut self) {
        let task = self.task.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        task.iter().for_each(JoinHandle::abort);
    }
}

impl Keeper {
    /// Hides a queue's messages for `visibility`, repeatedly.
    pub(super) fn new(client: Client, queue: &str, visibility: Duration) -> Self {
        let (queue, hidden) = (queue.to_owned(), Hidden::default());
        Self { client, queue, visibility, hidden, task: Mutex::default() }
    }

    /// The messages to keep hidden.
    pub(super) fn hidden(&self) -> Hidden {
        let mut task = self.task.lock().unwrap_or_else(PoisonError::into_inner);
        task.get_or_insert_with(|| {
            let (client, queue) = (self.client.clone(), self.queue.clone());
            tokio::spawn(keep(client, queue, self.visibility, self.hidden.clone()))
        });
        self.hidden.clone()
    }
}

async fn keep(client: Client, queue: String, visibility: Duration, hidden: Hidden) {
    loop {
        tokio::time::sleep(visibility / 2).await;
        let handles = hidden.handles().clone();
        for batch in handles.chunks(BATCH) {
            hide(&client, &queue, visibility, batch).await;
        }
    }
}

async fn hide(client: &Client, queue: &str, visibility: Duration, handles: &[String]) {
    let entry = |(number, handle): (usize, &String)| {
        let entry = Entry::builder().id(number.to_string()).receipt_handle(handle);
        entry.visibility_timeout(seconds(visibility)).build().ok()
    };
    let entries = handles.iter().enumerate().filter_map(entry).collect();
    let request = client.change_message_visibility_batch().queue_url(queue);
    if let Err(error) = request.set_entries(Some(entries)).send().await {
        let problem = crate::aws::describe(&error, "sqs:ChangeMessageVisibility");
        tracing::warn!(queue, problem, "visibility not extended; messages may be redelivered");
    }
}
