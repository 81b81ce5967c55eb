//! A queue that carries S3's notices of new objects, or the events themselves.
//!
//! Facts: <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/>. A message that
//! is not deleted becomes visible again, so nothing is lost if the process dies; a message that
//! keeps failing ends in the queue's own dead-letter queue. While a message is processed, and while
//! it waits behind others, it is kept hidden, however long that takes (up to SQS's 12 hours).

mod config;
mod keeper;
mod options;
mod queue_region;

use std::collections::VecDeque;

use async_trait::async_trait;
use aware_core::envelope::{EnvelopeKind, S3Object};
use aws_config::SdkConfig;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sqs::types::{Message, QueueAttributeName};
use tokio::task::JoinHandle;

pub use config::{SqsConfig, SqsConfigError};
pub use options::SqsOptions;

use super::s3::buckets::BucketClients;
use super::s3::object;
use crate::aws::describe_error;
use aware_pipeline::port::{Delivery, Input, InputError};
use keeper::VisibilityKeeper;

/// The most messages per receive: SQS does not allow more.
const BATCH_SIZE: i32 = 10;

type ReceiveTask = JoinHandle<Result<Vec<Message>, InputError>>;

/// A queue.
pub struct SqsInput {
    name: String,
    client: Client,
    objects: BucketClients,
    queue: String,
    options: SqsOptions,
    keeper: VisibilityKeeper,
    waiting: VecDeque<Message>,
    /// A receive under way. It is kept when `next` is dropped, so that its messages are too.
    receiving: Option<ReceiveTask>,
    /// A receive in progress. It is kept if `next` is dropped, so that its messages are not lost.
    has_dead_letters: Option<bool>,
}

impl SqsInput {
    /// A queue, by its URL.
    pub fn new(name: &str, aws: &SdkConfig, queue_url: &str, options: SqsOptions) -> Self {
        let aws = queue_region::in_region_of(queue_url, aws);
        let client = Client::new(&aws);
        Self {
            name: name.to_owned(),
            objects: BucketClients::new(&aws, options.force_path_style),
            keeper: VisibilityKeeper::new(client.clone(), queue_url, options.visibility),
            client,
            queue: queue_url.to_owned(),
            options,
            waiting: VecDeque::new(),
            receiving: None,
            has_dead_letters: None,
        }
    }

    /// Asks the queue whether it has a dead-letter queue: only once, since that seldom changes.
    async fn has_dead_letter_queue(&mut self) -> bool {
        if let Some(known) = self.has_dead_letters {
            return known;
        }
        let request = self.client.get_queue_attributes().queue_url(&self.queue);
        let asked = request.attribute_names(QueueAttributeName::RedrivePolicy).send().await;
        match asked {
            Ok(answer) => {
                let attributes = answer.attributes.unwrap_or_default();
                let has = attributes.contains_key(&QueueAttributeName::RedrivePolicy);
                *self.has_dead_letters.insert(has)
            }
            Err(error) => {
                let problem = retry_later(&error, "sqs:GetQueueAttributes").to_string();
                tracing::warn!(
                    queue = self.queue,
                    problem,
                    "cannot tell whether the queue has a dead-letter queue"
                );
                false
            }
        }
    }

    fn delivery(&self, message: Message) -> Delivery {
        let queue = self.queue.rsplit('/').next().unwrap_or_default();
        Delivery {
            origin: format!("sqs://{queue}/{}", message.message_id.unwrap_or_default()),
            kind: EnvelopeKind::Any,
            body: message.body.unwrap_or_default().into_bytes(),
            token: message.receipt_handle.unwrap_or_default(),
            resume: None,
        }
    }

    async fn receive_batch(&mut self) -> Result<(), InputError> {
        let (client, queue) = (&self.client, &self.queue);
        let (keeper, options) = (&self.keeper, &self.options);
        let task = self.receiving.get_or_insert_with(|| {
            let request = client.receive_message().queue_url(queue);
            let request = request
                .max_number_of_messages(BATCH_SIZE)
                .wait_time_seconds(options::whole_seconds(options.wait))
                .visibility_timeout(options::whole_seconds(options.visibility));
            let hidden = keeper.hidden_messages();
            tokio::spawn(async move {
                let received = request.send().await;
                let messages =
                    received.map_err(|error| retry_later(&error, "sqs:ReceiveMessage"))?;
                let messages = messages.messages.unwrap_or_default();
                hidden.add(messages.iter().filter_map(Message::receipt_handle));
                Ok(messages)
            })
        });
        let received = task.await;
        self.receiving = None;
        let messages = received.unwrap_or_else(|error| Err(InputError::Later(error.to_string())));
        self.waiting.extend(messages?);
        Ok(())
    }
}

#[async_trait]
impl Input for SqsInput {
    fn name(&self) -> &str {
        &self.name
    }

    /// The queue itself remembers.
    fn resume_at(&mut self, _place: &str) {}

    async fn next_delivery(&mut self) -> Result<Option<Delivery>, InputError> {
        loop {
            if let Some(message) = self.waiting.pop_front() {
                return Ok(Some(self.delivery(message)));
            }
            self.receive_batch().await?;
        }
    }

    async fn ack_delivery(&mut self, token: &str) -> Result<(), InputError> {
        let request = self.client.delete_message().queue_url(&self.queue).receipt_handle(token);
        let sent = request.send().await;
        self.keeper.hidden_messages().remove(token);
        sent.map(|_| ()).map_err(|error| retry_later(&error, "sqs:DeleteMessage"))
    }

    /// A dead-letter queue keeps only whole messages: if one was read in part, the rest must be
    /// kept elsewhere.
    async fn keeps_rejected(&mut self, whole: bool) -> bool {
        whole && self.has_dead_letter_queue().await
    }

    /// Leaves the message to the queue's dead-letter queue, if it has one.
    async fn reject_delivery(&mut self, token: &str) -> Result<(), InputError> {
        if self.has_dead_letter_queue().await {
            self.release_delivery(token).await;
            return Ok(());
        }
        self.ack_delivery(token).await
    }

    /// If this fails, the message still comes again, only later.
    async fn release_delivery(&mut self, token: &str) {
        self.keeper.hidden_messages().remove(token);
        let request = self.client.change_message_visibility().queue_url(&self.queue);
        let again = options::whole_seconds(self.options.again);
        let _ = request.receipt_handle(token).visibility_timeout(again).send().await;
    }

    async fn fetch_object(&self, object: &S3Object) -> Result<Vec<u8>, InputError> {
        object::read_noticed(&self.objects, object).await
    }
}

fn retry_later<E>(error: &SdkError<E>, action: &str) -> InputError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    InputError::Later(match error.code() {
        Some(code) if code.contains("NonExistentQueue") || code == "QueueDoesNotExist" => {
            "there is no such queue (hint: check `queue_url`, its region and its account)"
                .to_owned()
        }
        _ => describe_error(error, action),
    })
}
