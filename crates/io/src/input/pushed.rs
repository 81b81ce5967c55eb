//! Bodies that are handed over, as a function's event hands them over.

use std::collections::VecDeque;
use std::time::Instant;

use async_trait::async_trait;
use aware_core::envelope::S3Object;
use aws_config::SdkConfig;

use super::s3::buckets::BucketClients;
use super::s3::object;
use aware_pipeline::port::{Delivery, Input, InputError};

/// Bodies that wait to be taken, until a deadline.
pub struct PushedInput {
    objects: BucketClients,
    waiting: VecDeque<Delivery>,
    deadline: Option<Instant>,
    failed: Vec<String>,
}

impl PushedInput {
    /// An input that nothing was handed to.
    pub fn new(aws: &SdkConfig) -> Self {
        Self {
            objects: BucketClients::new(aws, false),
            waiting: VecDeque::new(),
            deadline: None,
            failed: Vec::new(),
        }
    }

    /// Hands bodies over; none is begun after the deadline.
    pub fn push(&mut self, bodies: Vec<Delivery>, deadline: Option<Instant>) {
        self.waiting.extend(bodies);
        self.deadline = deadline;
    }

    /// The tokens of those that must come again.
    pub fn take_failed(&mut self) -> Vec<String> {
        std::mem::take(&mut self.failed)
    }
}

#[async_trait]
impl Input for PushedInput {
    fn name(&self) -> &str {
        "pushed"
    }

    /// Whoever hands over remembers.
    fn resume(&mut self, _place: &str) {}

    async fn next(&mut self) -> Result<Option<Delivery>, InputError> {
        if self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            self.failed.extend(self.waiting.drain(..).map(|delivery| delivery.token));
        }
        Ok(self.waiting.pop_front())
    }

    async fn ack(&mut self, _token: &str) -> Result<(), InputError> {
        Ok(())
    }

    /// What cannot be read at all ends in the dead-letter queue. What can be read in part is still
    /// in the log that brought it.
    async fn keeps_rejected(&mut self, _whole: bool) -> bool {
        true
    }

    /// What cannot be read goes to the dead-letter queue, after as many attempts as that asks for.
    async fn reject(&mut self, token: &str) -> Result<(), InputError> {
        self.failed.push(token.to_owned());
        Ok(())
    }

    async fn release(&mut self, token: &str) {
        self.failed.push(token.to_owned());
    }

    async fn fetch(&self, object: &S3Object) -> Result<Vec<u8>, InputError> {
        object::noticed(&self.objects, object).await
    }
}
