//! Standard input: lines as they arrive, or one document.
//!
//! Lines are delivered as soon as they arrive, so that `tail -f … | aware run` works, and many at
//! once if many are waiting. Compressed input, or one JSON document over many lines, is read whole.
//! There is no place to resume at: after a restart the writer must start over.

use std::io::{self, Cursor, Read};

use async_trait::async_trait;
use aware_core::envelope::form::is_line_stream;
use aware_core::envelope::{EnvelopeKind, S3Object};
use aware_pipeline::port::{Delivery, Input, InputError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc::{self, Receiver, Sender};

use super::read::{ChunkProblem, LineChunks, MAX_FILE};

/// How much of the waiting lines is delivered at once, in bytes.
const CHUNK_BYTES: usize = 8 << 20;
/// How many pieces may wait.
const QUEUE_LENGTH: usize = 16;
/// Input without a line break in this many bytes does not consist of lines.
const PEEK_BYTES: usize = 1 << 20;

/// Standard input: one record or one envelope per line.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct StdinConfig {}

impl StdinConfig {
    /// Builds the input.
    pub fn build(self, name: &str) -> StdinInput {
        StdinInput::new(name, io::stdin())
    }
}

/// A piece of the stream: one document, or whole lines; or why it is missing.
type StreamPiece = Result<(EnvelopeKind, Vec<u8>), StreamError>;

/// Why a piece of a stream is missing.
#[derive(Debug, thiserror::Error)]
enum StreamError {
    #[error(transparent)]
    Read(#[from] io::Error),
    #[error(transparent)]
    Lines(#[from] ChunkProblem),
    #[error("stream is over the limit of {MAX_FILE} bytes")]
    OverLimit,
}

/// Standard input, or any other stream.
pub struct StdinInput {
    name: String,
    stream: Option<Box<dyn Read + Send + Sync>>,
    pieces: Option<Receiver<StreamPiece>>,
    /// A problem that occurred after lines, reported after them.
    problem: Option<StreamError>,
    /// What is being delivered, in case it must be delivered again.
    held: (EnvelopeKind, Vec<u8>),
    again: bool,
    count: u64,
}

impl StdinInput {
    /// An input that reads a stream.
    pub fn new(name: &str, stream: impl Read + Send + Sync + 'static) -> Self {
        Self {
            name: name.to_owned(),
            stream: Some(Box::new(stream)),
            pieces: None,
            problem: None,
            held: (EnvelopeKind::Any, Vec::new()),
            again: false,
            count: 0,
        }
    }

    /// Starts reading, in a thread of its own that the end of the process does not wait for.
    fn start_reading(&mut self) {
        if let Some(stream) = self.stream.take() {
            let (sender, pieces) = mpsc::channel(QUEUE_LENGTH);
            std::thread::spawn(move || pump_stream(stream, &sender));
            self.pieces = Some(pieces);
        }
    }

    async fn next_piece(&mut self) -> Option<StreamPiece> {
        if let Some(problem) = self.problem.take() {
            return Some(Err(problem));
        }
        let pieces = self.pieces.as_mut()?;
        let (kind, mut body) = match pieces.recv().await? {
            Ok(piece) => piece,
            problem @ Err(_) => return Some(problem),
        };
        while body.len() < CHUNK_BYTES && self.problem.is_none() {
            match pieces.try_recv() {
                Ok(Ok((_, more))) => body.extend_from_slice(&more),
                Ok(Err(problem)) => self.problem = Some(problem),
                Err(_) => break,
            }
        }
        Some(Ok((kind, body)))
    }

    fn delivery(&self) -> Delivery {
        Delivery {
            origin: format!("standard input, chunk {}", self.count),
            kind: self.held.0,
            body: self.held.1.clone(),
            token: self.count.to_string(),
            resume: None,
        }
    }
}

/// Reads a stream to its end; stops if the receiver is gone.
fn pump_stream(mut stream: Box<dyn Read + Send + Sync>, to: &Sender<StreamPiece>) {
    let mut head = Vec::new();
    let problem = peek_head(&mut stream, &mut head).err();
    if problem.is_none() && is_line_stream(&head) {
        for chunk in LineChunks::from_live(Cursor::new(head).chain(stream)) {
            let piece = chunk.map(|lines| (EnvelopeKind::Lines, lines));
            if to.blocking_send(piece.map_err(Into::into)).is_err() {
                return;
            }
        }
    } else {
        let document = read_document(stream, head, problem);
        if document.as_ref().map_or(true, |(_, document)| !document.is_empty()) {
            let _ = to.blocking_send(document);
        }
    }
}

fn read_document(stream: impl Read, mut head: Vec<u8>, problem: Option<io::Error>) -> StreamPiece {
    let left = (MAX_FILE + 1).saturating_sub(head.len() as u64);
    let read = problem.map_or_else(|| stream.take(left).read_to_end(&mut head), Err);
    read?;
    if head.len() as u64 > MAX_FILE {
        return Err(StreamError::OverLimit);
    }
    Ok((EnvelopeKind::Any, head))
}

/// Reads up to the end of the first line that is not empty.
fn peek_head(stream: &mut impl Read, head: &mut Vec<u8>) -> io::Result<()> {
    let mut piece = [0; 4096];
    while head.len() < PEEK_BYTES && !head.trim_ascii_start().contains(&b'\n') {
        match stream.read(&mut piece) {
            Ok(0) => return Ok(()),
            Ok(read) => head.extend_from_slice(piece.get(..read).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[async_trait]
impl Input for StdinInput {
    fn name(&self) -> &str {
        &self.name
    }

    fn resume_at(&mut self, _place: &str) {}

    async fn next_delivery(&mut self) -> Result<Option<Delivery>, InputError> {
        self.start_reading();
        if self.again {
            tokio::time::sleep(super::RELEASE_PAUSE).await;
            self.again = false;
            return Ok(Some(self.delivery()));
        }
        let Some(piece) = self.next_piece().await else { return Ok(None) };
        self.count += 1;
        let origin = format!("standard input, chunk {}", self.count);
        let unreadable =
            |error: StreamError| InputError::Unreadable { origin, problem: error.to_string() };
        self.held = piece.map_err(unreadable)?;
        Ok(Some(self.delivery()))
    }

    async fn ack_delivery(&mut self, _token: &str) -> Result<(), InputError> {
        self.held = (EnvelopeKind::Any, Vec::new());
        Ok(())
    }

    /// A pipe cannot deliver anything again, so while the store is down it continues all the same.
    fn keeps_place_in_store(&self) -> bool {
        true
    }

    async fn release_delivery(&mut self, _token: &str) {
        self.again = true;
    }

    async fn fetch_object(&self, object: &S3Object) -> Result<Vec<u8>, InputError> {
        Err(super::cannot_fetch(object))
    }
}

#[cfg(test)]
mod tests;
