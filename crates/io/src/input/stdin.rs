//! Standard input, in chunks of whole lines.

use std::io::{Stdin, stdin};

use async_trait::async_trait;
use aware_core::envelope::{Kind, S3Object};
use schemars::JsonSchema;
use serde::Deserialize;

use super::walk::Chunks;
use crate::port::{Delivery, Input, InputError};

/// Standard input: one record, or one envelope, a line.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StdinConfig {}

impl StdinConfig {
    /// The input.
    pub fn build(self, name: &str) -> StdinInput {
        StdinInput { name: name.to_owned(), chunks: Some(Chunks::new(stdin())), count: 0 }
    }
}

/// Standard input.
pub struct StdinInput {
    name: String,
    chunks: Option<Chunks<Stdin>>,
    count: u64,
}

#[async_trait]
impl Input for StdinInput {
    fn name(&self) -> &str {
        &self.name
    }

    fn resume(&mut self, _place: &str) {}

    async fn next(&mut self) -> Result<Option<Delivery>, InputError> {
        let Some(mut chunks) = self.chunks.take() else { return Ok(None) };
        let read = tokio::task::spawn_blocking(move || (chunks.next(), chunks)).await;
        let (chunk, chunks) = read.map_err(|error| InputError::Later(error.to_string()))?;
        let Some(chunk) = chunk else { return Ok(None) };
        self.chunks = Some(chunks);
        self.count += 1;
        let origin = format!("standard input, chunk {}", self.count);
        let unreadable = |error: std::io::Error| InputError::Unreadable {
            origin: origin.clone(),
            problem: error.to_string(),
        };
        let body = chunk.map_err(unreadable)?;
        Ok(Some(Delivery { origin, kind: Kind::Any, body, token: String::new(), resume: None }))
    }

    async fn ack(&mut self, _token: &str) -> Result<(), InputError> {
        Ok(())
    }

    async fn release(&mut self, _token: &str) {}

    async fn fetch(&self, object: &S3Object) -> Result<Vec<u8>, InputError> {
        Err(super::file::not_fetched(object))
    }
}
