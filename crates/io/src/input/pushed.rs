//! Bodies that a caller pushes, such as those of a function's event.

use std::collections::VecDeque;
use std::time::Instant;

use async_trait::async_trait;
use aware_core::envelope::S3Object;
use aware_pipeline::port::{Delivery, Input, InputError};
use aws_config::SdkConfig;

use super::s3::buckets::BucketClients;
use super::s3::object;

/// Bodies waiting to be processed, until a deadline.
pub struct PushedInput {
    objects: BucketClients,
    waiting: VecDeque<Delivery>,
    deadline: Option<Instant>,
    failed: Vec<String>,
}

impl PushedInput {
    /// An input without bodies.
    pub fn new(aws: &SdkConfig) -> Self {
        Self {
            objects: BucketClients::new(aws, false),
            waiting: VecDeque::new(),
            deadline: None,
            failed: Vec::new(),
        }
    }

    /// Adds bodies; none is started after the deadline.
    pub fn push_bodies(&mut self, bodies: Vec<Delivery>, deadline: Option<Instant>) {
        self.waiting.extend(bodies);
        self.deadline = deadline;
    }

    /// The tokens of bodies that must be delivered again.
    pub fn take_failed(&mut self) -> Vec<String> {
        std::mem::take(&mut self.failed)
    }
}

#[async_trait]
impl Input for PushedInput {
    fn name(&self) -> &str {
        "pushed"
    }

    /// The caller remembers.
    fn resume_at(&mut self, _place: &str) {}

    async fn next_delivery(&mut self) -> Result<Option<Delivery>, InputError> {
        if self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            self.failed.extend(self.waiting.drain(..).map(|delivery| delivery.token));
        }
        Ok(self.waiting.pop_front())
    }

    async fn ack_delivery(&mut self, _token: &str) -> Result<(), InputError> {
        Ok(())
    }

    /// A body that cannot be read at all ends in the dead-letter queue. One that can be read in
    /// part is still in the log that it came from.
    async fn keeps_rejected(&mut self, _whole: bool) -> bool {
        true
    }

    /// An unreadable body goes to the dead-letter queue, after as many attempts as that requires.
    async fn reject_delivery(&mut self, token: &str) -> Result<(), InputError> {
        self.failed.push(token.to_owned());
        Ok(())
    }

    async fn release_delivery(&mut self, token: &str) {
        self.failed.push(token.to_owned());
    }

    async fn fetch_object(&self, object: &S3Object) -> Result<Vec<u8>, InputError> {
        object::read_noticed(&self.objects, object).await
    }
}
