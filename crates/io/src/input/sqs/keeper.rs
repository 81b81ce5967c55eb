//! Keeps messages hidden while they are processed.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::ChangeMessageVisibilityBatchRequestEntry as Entry;
use tokio::task::JoinHandle;

use super::options::whole_seconds;

/// How many messages one request can cover.
const BATCH_SIZE: usize = 10;

/// The receipt handles of messages to keep hidden.
#[derive(Clone, Debug, Default)]
pub(super) struct HiddenMessages(Arc<Mutex<Vec<String>>>);

impl HiddenMessages {
    fn lock_handles(&self) -> MutexGuard<'_, Vec<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps these hidden too.
    pub(super) fn add<'a>(&self, handles: impl Iterator<Item = &'a str>) {
        self.lock_handles().extend(handles.map(str::to_owned));
    }

    /// Stops keeping this one hidden.
    pub(super) fn remove(&self, handle: &str) {
        self.lock_handles().retain(|hidden| hidden != handle);
    }
}

/// A background task, started on first use and stopped on drop.
pub(super) struct VisibilityKeeper {
    client: Client,
    queue: String,
    visibility: Duration,
    hidden: HiddenMessages,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Drop for VisibilityKeeper {
    fn drop(&mut self) {
        let task = self.task.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        task.iter().for_each(JoinHandle::abort);
    }
}

impl VisibilityKeeper {
    /// Hides a queue's messages for `visibility`, repeatedly.
    pub(super) fn new(client: Client, queue: &str, visibility: Duration) -> Self {
        let (queue, hidden) = (queue.to_owned(), HiddenMessages::default());
        Self { client, queue, visibility, hidden, task: Mutex::default() }
    }

    /// The messages to keep hidden.
    pub(super) fn hidden_messages(&self) -> HiddenMessages {
        let mut task = self.task.lock().unwrap_or_else(PoisonError::into_inner);
        task.get_or_insert_with(|| {
            let (client, queue) = (self.client.clone(), self.queue.clone());
            tokio::spawn(keep_hidden(client, queue, self.visibility, self.hidden.clone()))
        });
        self.hidden.clone()
    }
}

async fn keep_hidden(client: Client, queue: String, visibility: Duration, hidden: HiddenMessages) {
    loop {
        tokio::time::sleep(visibility / 2).await;
        let handles = hidden.lock_handles().clone();
        for batch in handles.chunks(BATCH_SIZE) {
            extend_visibility(&client, &queue, visibility, batch).await;
        }
    }
}

async fn extend_visibility(client: &Client, queue: &str, visibility: Duration, handles: &[String]) {
    let entry = |(number, handle): (usize, &String)| {
        let entry = Entry::builder().id(number.to_string()).receipt_handle(handle);
        entry.visibility_timeout(whole_seconds(visibility)).build().ok()
    };
    let entries = handles.iter().enumerate().filter_map(entry).collect();
    let request = client.change_message_visibility_batch().queue_url(queue);
    if let Err(error) = request.set_entries(Some(entries)).send().await {
        let problem = crate::aws::describe_error(&error, "sqs:ChangeMessageVisibility");
        tracing::warn!(queue, problem, "visibility not extended; messages may be redelivered");
    }
}
