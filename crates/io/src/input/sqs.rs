//! A queue: S3's notices of new objects, or events themselves.
//!
//! Facts: <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/>. A message that
//! is not deleted becomes visible again, so nothing is lost when the process dies; what keeps
//! failing ends in the queue's own dead-letter queue.

use std::collections::VecDeque;

use async_trait::async_trait;
use aware_core::envelope::{Kind, S3Object};
use aws_config::SdkConfig;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::DisplayErrorContext;
use aws_sdk_sqs::types::Message;
use schemars::JsonSchema;
use serde::Deserialize;

use super::s3;
use crate::port::{Delivery, Input, InputError};

/// How long one receive waits for messages, in seconds: the most that SQS allows.
const WAIT: i32 = 20;
/// How long a message stays hidden while it is worked on, in seconds.
const VISIBILITY: i32 = 300;
/// How long a released message stays hidden, in seconds.
const AGAIN: i32 = 30;

/// A queue with S3's notices, or with events themselves.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SqsConfig {
    /// The queue's URL.
    pub queue_url: String,
}

impl SqsConfig {
    /// The input.
    ///
    /// # Errors
    /// When the URL is none.
    pub fn build(self, name: &str, aws: &SdkConfig) -> Result<SqsInput, String> {
        url::Url::parse(&self.queue_url).map_err(|error| format!("`queue_url`: {error}"))?;
        let (client, objects) = (Client::new(aws), s3::client(aws));
        Ok(SqsInput {
            name: name.to_owned(),
            client,
            objects,
            queue: self.queue_url,
            waiting: VecDeque::new(),
        })
    }
}

/// A queue.
pub struct SqsInput {
    name: String,
    client: Client,
    objects: aws_sdk_s3::Client,
    queue: String,
    waiting: VecDeque<Message>,
}

impl SqsInput {
    async fn hide(&self, token: &str, seconds: i32) -> Result<(), InputError> {
        let request = self.client.change_message_visibility().queue_url(&self.queue);
        let sent = request.receipt_handle(token).visibility_timeout(seconds).send().await;
        sent.map(|_| ()).map_err(|error| InputError::Later(DisplayErrorContext(&error).to_string()))
    }
}

#[async_trait]
impl Input for SqsInput {
    fn name(&self) -> &str {
        &self.name
    }

    fn resume(&mut self, _place: &str) {}

    async fn next(&mut self) -> Result<Option<Delivery>, InputError> {
        loop {
            if let Some(message) = self.waiting.pop_front() {
                let token = message.receipt_handle().unwrap_or_default().to_owned();
                // What waited behind others may be visible again soon.
                self.hide(&token, VISIBILITY).await?;
                let origin =
                    format!("{}, message {}", self.queue, message.message_id().unwrap_or("?"));
                let body = message.body().unwrap_or_default().as_bytes().to_vec();
                return Ok(Some(Delivery { origin, kind: Kind::Any, body, token, resume: None }));
            }
            let request = self.client.receive_message().queue_url(&self.queue);
            let request = request
                .max_number_of_messages(10)
                .wait_time_seconds(WAIT)
                .visibility_timeout(VISIBILITY);
            let received = request.send().await;
            let received = received
                .map_err(|error| InputError::Later(DisplayErrorContext(&error).to_string()))?;
            self.waiting.extend(received.messages.unwrap_or_default());
        }
    }

    async fn ack(&mut self, token: &str) -> Result<(), InputError> {
        let sent =
            self.client.delete_message().queue_url(&self.queue).receipt_handle(token).send().await;
        sent.map(|_| ()).map_err(|error| InputError::Later(DisplayErrorContext(&error).to_string()))
    }

    async fn release(&mut self, token: &str) {
        // When this fails the message comes again all the same, only later.
        let _ = self.hide(token, AGAIN).await;
    }

    async fn fetch(&self, object: &S3Object) -> Result<Vec<u8>, InputError> {
        s3::get(&self.objects, object).await
    }
}
