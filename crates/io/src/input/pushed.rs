//! Bodies that are handed over, as a function's event hands them over.

use std::collections::VecDeque;
use std::time::Instant;

use async_trait::async_trait;
use aware_core::envelope::S3Object;
use aws_config::SdkConfig;

use super::s3::object::{self, GetError};
use crate::port::{Delivery, Input, InputError};

/// The largest object that a notice may speak of, in bytes.
const MAX_OBJECT: u64 = 256 << 20;

/// Bodies that wait to be taken, until a deadline.
pub struct PushedInput {
    objects: aws_sdk_s3::Client,
    waiting: VecDeque<Delivery>,
    deadline: Option<Instant>,
    failed: Vec<String>,
}

impl PushedInput {
    /// An input that nothing was handed to.
    pub fn new(aws: &SdkConfig, force_path_style: bool) -> Self {
        Self {
            objects: object::client(aws, force_path_style),
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

    /// What cannot be read goes to the dead-letter queue, after as many attempts as that asks for.
    async fn reject(&mut self, token: &str) -> Result<(), InputError> {
        self.failed.push(token.to_owned());
        Ok(())
    }

    async fn release(&mut self, token: &str) {
        self.failed.push(token.to_owned());
    }

    /// Where the role may not read the object, the notice comes again: its policy can be mended,
    /// and a dead-letter queue keeps what it was not mended for.
    async fn fetch(&self, object: &S3Object) -> Result<Vec<u8>, InputError> {
        let origin = format!("s3://{}/{}", object.bucket, object.key);
        match object::get(&self.objects, object, MAX_OBJECT).await {
            Err(GetError::Denied(problem)) => {
                Err(InputError::Later(format!("{origin}: {problem}")))
            }
            body => body.map_err(|error| error.tell(origin)),
        }
    }
}
