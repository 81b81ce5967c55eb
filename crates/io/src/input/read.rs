//! Reading files: whole, or in chunks of whole lines.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

use aware_core::envelope::line::Framing;

/// The largest file that is read whole, in bytes: one document, or compressed. Larger ones have to be
/// lines, which are read in parts.
pub const MAX_FILE: u64 = 128 << 20;
/// How large a chunk of lines is, in bytes.
const CHUNK: usize = 8 << 20;
/// The longest line, in bytes.
const MAX_LINE: usize = 16 << 20;
/// How much is asked of a stream at a time, in bytes.
const PIECE: usize = 256 << 10;

/// Why a file could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadProblem {
    /// The system says so.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It is larger than allowed.
    #[error("file is over the limit of {0} bytes (hint: split it, or write one record a line)")]
    OverLimit(u64),
    /// It is no file that ends: a folder, a device, a socket.
    #[error("is neither a file nor a pipe")]
    NotAFile,
}

/// Reads a whole file, or a pipe until its end, into a buffer.
///
/// True when the file changed meanwhile: what was read may be half of the old and half of the
/// new, and is a reject besides what it gives.
///
/// # Errors
/// [`ReadProblem`]; the buffer is then empty.
pub fn read(path: &Path, max: u64, buffer: &mut Vec<u8>) -> Result<bool, ReadProblem> {
    buffer.clear();
    let result = read_file(path, max, buffer);
    if result.is_err() {
        buffer.clear();
    }
    result
}

fn read_file(path: &Path, max: u64, buffer: &mut Vec<u8>) -> Result<bool, ReadProblem> {
    let kind = std::fs::metadata(path)?.file_type();
    if !kind.is_file() && !kind.is_fifo() {
        return Err(ReadProblem::NotAFile);
    }
    let mut file = File::open(path)?;
    let before = file.metadata()?;
    if before.len() > max {
        return Err(ReadProblem::OverLimit(max));
    }
    let read = file.by_ref().take(max.saturating_add(1)).read_to_end(buffer)?;
    if read as u64 > max {
        return Err(ReadProblem::OverLimit(max));
    }
    let after = file.metadata()?;
    let same = after.len() == before.len() && after.modified().ok() == before.modified().ok();
    Ok(kind.is_file() && !same)
}

/// Whether the first line of what a file begins with holds a whole JSON object, and ends: then the
/// file can be read line by line.
pub fn is_lines(head: &[u8]) -> bool {
    aware_core::envelope::line::begins_with_record(head)
}

/// Why a part of a stream is missing.
#[derive(Debug, thiserror::Error)]
pub enum ChunkProblem {
    /// The stream ended with an error.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A line was left out; the stream goes on behind it.
    #[error("line {0} is over the limit of {MAX_LINE} bytes")]
    LongLine(u64),
}

/// Chunks of whole lines of a stream, of about 8 MiB. A document over several lines is not cut, unless
/// it is over 16 MiB. Nothing is lost but lines over 16 MiB, each of which is a [`ChunkProblem`].
#[derive(Debug)]
pub struct Chunks<R> {
    input: R,
    piece: Box<[u8]>,
    /// What was read and not yet given.
    rest: Vec<u8>,
    /// Where the last document of its whole lines ends.
    end: usize,
    /// Where its last whole line ends.
    seen: usize,
    framing: Framing,
    /// How much a chunk should have before it is given.
    enough: usize,
    /// The line that `rest` begins with, from 1.
    line: u64,
    /// How many bytes were read.
    read: u64,
    /// The rest of a line that is too long is being left out.
    skipping: bool,
    /// Nothing comes for now.
    pauses: bool,
    ended: bool,
    failed: Option<io::Error>,
}

impl<R: Read> Chunks<R> {
    /// Chunks of a stream.
    pub fn new(input: R) -> Self {
        Self {
            input,
            piece: vec![0; PIECE].into_boxed_slice(),
            rest: Vec::new(),
            end: 0,
            seen: 0,
            framing: Framing::default(),
            enough: CHUNK,
            line: 1,
            read: 0,
            skipping: false,
            pauses: false,
            ended: false,
            failed: None,
        }
    }

    /// Chunks of a stream that somebody is still writing: whole lines are given as soon as they
    /// are there. Where the stream says that it would block, an empty chunk is given.
    pub fn live(input: R) -> Self {
        Self { enough: 1, ..Self::new(input) }
    }

    /// How many bytes of the stream were given or left out.
    pub fn position(&self) -> u64 {
        self.read.saturating_sub(self.rest.len() as u64)
    }

    /// Reads some more. A line can only just pass the limit, so that it is seen at once.
    fn more(&mut self) {
        let room = (MAX_LINE + 1).saturating_sub(self.rest.len());
        let piece = self.piece.get_mut(..room.min(PIECE)).unwrap_or_default();
        match self.input.read(piece) {
            Ok(0) => self.ended = true,
            Ok(read) => {
                self.read += read as u64;
                self.keep(read);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.pauses = true,
            Err(error) => (self.ended, self.failed) = (true, Some(error)),
        }
    }

    /// Keeps what was read, but for the rest of a line that is left out.
    fn keep(&mut self, read: usize) {
        let mut piece = self.piece.get(..read).unwrap_or_default();
        if self.skipping {
            let Some(end) = piece.iter().position(|byte| *byte == b'\n') else { return };
            piece = piece.get(end + 1..).unwrap_or_default();
            self.skipping = false;
            self.line += 1;
        }
        self.rest.extend_from_slice(piece);
        while let Some(line) = self.rest.get(self.seen..)
            && let Some(end) = memchr::memchr(b'\n', line)
        {
            let is_end = self.framing.line(line.get(..end).unwrap_or_default());
            self.seen += end + 1;
            if is_end {
                self.end = self.seen;
            }
        }
    }

    /// Takes the whole lines off, when there is enough of them or no more will come.
    fn take(&mut self) -> Option<Result<Vec<u8>, ChunkProblem>> {
        if self.ended && !self.rest.is_empty() {
            return Some(Ok(self.cut(self.rest.len())));
        }
        if self.end > 0 && self.rest.len() >= self.enough {
            return Some(Ok(self.cut(self.end)));
        }
        if self.end == 0 && self.rest.len() > MAX_LINE && self.seen > 0 {
            // No document is that long: it is broken, and its lines are.
            self.framing = Framing::default();
            return Some(Ok(self.cut(self.seen)));
        }
        if self.end == 0 && self.rest.len() > MAX_LINE {
            (self.rest, self.skipping) = (Vec::new(), true);
            return Some(Err(ChunkProblem::LongLine(self.line)));
        }
        None
    }

    fn cut(&mut self, at: usize) -> Vec<u8> {
        let rest = self.rest.split_off(at);
        let chunk = std::mem::replace(&mut self.rest, rest);
        self.end = 0;
        self.seen = self.seen.saturating_sub(at);
        self.line += chunk.iter().filter(|byte| **byte == b'\n').count() as u64;
        chunk
    }
}

impl<R: Read> Iterator for Chunks<R> {
    type Item = Result<Vec<u8>, ChunkProblem>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(chunk) = self.take() {
                return Some(chunk);
            }
            if std::mem::take(&mut self.pauses) {
                return Some(Ok(Vec::new()));
            }
            if self.ended {
                return self.failed.take().map(|error| Err(error.into()));
            }
            self.more();
        }
    }
}

#[cfg(test)]
mod tests;
