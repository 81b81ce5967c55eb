//! Standard input: lines as they arrive, or one document.
//!
//! Lines are delivered as soon as they arrive, so that `tail -f … | aware run` works, and many at
//! once if many are waiting. Compressed input, or one JSON document over many lines, is read whole.
//! There is no place to resume at: after a restart the writer must start over.

use std::io::{self, Cursor, Read};

use async_trait::async_trait;
use aware_core::envelope::form::is_stream;
use aware_core::envelope::{Kind, S3Object};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc::{self, Receiver, Sender};

use super::read::{ChunkProblem, Chunks, MAX_FILE};
use aware_pipeline::port::{Delivery, Input, InputError};

/// How much of the waiting lines is delivered at once, in bytes.
const ENOUGH: usize = 8 << 20;
/// How many pieces may wait.
const QUEUE: usize = 16;
/// Input without a line break in this many bytes does not consist of lines.
const PEEK: usize = 1 << 20;

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
type Piece = Result<(Kind, Vec<u8>), StreamError>;

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
    pieces: Option<Receiver<Piece>>,
    /// A problem that occurred after lines, reported after them.
    problem: Option<StreamError>,
    /// What is being delivered, in case it must be delivered again.
    held: (Kind, Vec<u8>),
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
            held: (Kind::Any, Vec::new()),
            again: false,
            count: 0,
        }
    }

    /// Starts reading, in a thread of its own that the end of the process does not wait for.
    fn start(&mut self) {
        if let Some(stream) = self.stream.take() {
            let (sender, pieces) = mpsc::channel(QUEUE);
            std::thread::spawn(move || pump(stream, &sender));
            self.pieces = Some(pieces);
        }
    }

    async fn piece(&mut self) -> Option<Piece> {
        if let Some(problem) = self.problem.take() {
            return Some(Err(problem));
        }
        let pieces = self.pieces.as_mut()?;
        let (kind, mut body) = match pieces.recv().await? {
            Ok(piece) => piece,
            problem @ Err(_) => return Some(problem),
        };
        while body.len() < ENOUGH && self.problem.is_none() {
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
fn pump(mut stream: Box<dyn Read + Send + Sync>, to: &Sender<Piece>) {
    let mut head = Vec::new();
    let problem = peek(&mut stream, &mut head).err();
    if problem.is_none() && is_stream(&head) {
        for chunk in Chunks::live(Cursor::new(head).chain(stream)) {
            let piece = chunk.map(|lines| (Kind::Lines, lines));
            if to.blocking_send(piece.map_err(Into::into)).is_err() {
                return;
            }
        }
    } else {
        let document = whole(stream, head, problem);
        if document.as_ref().map_or(true, |(_, document)| !document.is_empty()) {
            let _ = to.blocking_send(document);
        }
    }
}

fn whole(stream: impl Read, mut head: Vec<u8>, problem: Option<io::Error>) -> Piece {
    let left = (MAX_FILE + 1).saturating_sub(head.len() as u64);
    let read = problem.map_or_else(|| stream.take(left).read_to_end(&mut head), Err);
    read?;
    if head.len() as u64 > MAX_FILE {
        return Err(StreamError::OverLimit);
    }
    Ok((Kind::Any, head))
}

/// Reads up to the end of the first line that is not empty.
fn peek(stream: &mut impl Read, head: &mut Vec<u8>) -> io::Result<()> {
    let mut piece = [0; 4096];
    while head.len() < PEEK && !head.trim_ascii_start().contains(&b'\n') {
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

    fn resume(&mut self, _place: &str) {}

    async fn next(&mut self) -> Result<Option<Delivery>, InputError> {
        self.start();
        if self.again {
            tokio::time::sleep(super::RELEASE_PAUSE).await;
            self.again = false;
            return Ok(Some(self.delivery()));
        }
        let Some(piece) = self.piece().await else { return Ok(None) };
        self.count += 1;
        let origin = format!("standard input, chunk {}", self.count);
        let unreadable =
            |error: StreamError| InputError::Unreadable { origin, problem: error.to_string() };
        self.held = piece.map_err(unreadable)?;
        Ok(Some(self.delivery()))
    }

    async fn ack(&mut self, _token: &str) -> Result<(), InputError> {
        self.held = (Kind::Any, Vec::new());
        Ok(())
    }

    /// A pipe cannot deliver anything again, so while the store is down it continues all the same.
    fn keeps_place_in_store(&self) -> bool {
        true
    }

    async fn release(&mut self, _token: &str) {
        self.again = true;
    }

    async fn fetch(&self, object: &S3Object) -> Result<Vec<u8>, InputError> {
        Err(super::not_fetched(object))
    }
}

#[cfg(test)]
mod tests;
