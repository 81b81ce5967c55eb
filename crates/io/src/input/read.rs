//! Reading files: whole, or in chunks of whole lines.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

use aware_core::envelope::line::LineFraming;

/// The largest file that is read whole, in bytes: a single document, or a compressed file. Larger
/// files must consist of lines, which are read in parts.
pub const MAX_FILE: u64 = 128 << 20;
/// The size of a chunk of lines, in bytes.
const CHUNK_BYTES: usize = 8 << 20;
/// The longest line, in bytes.
const MAX_LINE_BYTES: usize = 16 << 20;
/// How much is requested from a stream at a time, in bytes.
const PIECE_BYTES: usize = 256 << 10;

/// Why a file could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadProblem {
    /// The operating system reports an error.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The file is larger than allowed.
    #[error("file is over the limit of {0} bytes (hint: split it, or write one record per line)")]
    OverLimit(u64),
    /// It is a folder, a device or a socket, which has no end.
    #[error("is neither a file nor a pipe")]
    NotAFile,
}

/// Reads a whole file, or a pipe until its end, into a buffer.
///
/// True if the file changed meanwhile: the result may mix old and new content, which is also
/// counted as a reject.
///
/// # Errors
/// [`ReadProblem`]; the buffer is then empty.
pub fn read_into(path: &Path, max: u64, buffer: &mut Vec<u8>) -> Result<bool, ReadProblem> {
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

/// Whether the first line is terminated and holds a whole JSON object: then the file can be read
/// line by line.
pub fn is_lines(head: &[u8]) -> bool {
    aware_core::envelope::line::begins_with_record(head)
}

/// Why a part of a stream is missing.
#[derive(Debug, thiserror::Error)]
pub enum ChunkProblem {
    /// The stream ended with an error.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A line was left out; the stream continues after it.
    #[error("line {0} is over the limit of {MAX_LINE_BYTES} bytes")]
    LongLine(u64),
}

/// Chunks of whole lines from a stream, of about 8 MiB. A document over several lines is not cut,
/// unless it exceeds 16 MiB. Only lines over 16 MiB are lost; each is a [`ChunkProblem`].
#[derive(Debug)]
pub struct LineChunks<R> {
    input: R,
    piece: Box<[u8]>,
    /// What was read and not yet returned.
    rest: Vec<u8>,
    /// Where the last complete document in it ends.
    end: usize,
    /// Where the last whole line in it ends.
    seen: usize,
    framing: LineFraming,
    /// The size from which a chunk is returned.
    enough: usize,
    /// The number of the line that `rest` starts with, from 1.
    line: u64,
    /// How many bytes have been read.
    read: u64,
    /// The rest of an overlong line is being skipped.
    skipping: bool,
    /// The stream has nothing to read for now.
    pauses: bool,
    ended: bool,
    failed: Option<io::Error>,
}

impl<R: Read> LineChunks<R> {
    /// Chunks of a stream.
    pub fn new(input: R) -> Self {
        Self {
            input,
            piece: vec![0; PIECE_BYTES].into_boxed_slice(),
            rest: Vec::new(),
            end: 0,
            seen: 0,
            framing: LineFraming::default(),
            enough: CHUNK_BYTES,
            line: 1,
            read: 0,
            skipping: false,
            pauses: false,
            ended: false,
            failed: None,
        }
    }

    /// Chunks of a stream that is still being written: whole lines are returned as soon as they
    /// arrive. If the stream would block, an empty chunk is returned.
    pub fn from_live(input: R) -> Self {
        Self { enough: 1, ..Self::new(input) }
    }

    /// How many bytes of the stream were returned or left out.
    pub fn position(&self) -> u64 {
        self.read.saturating_sub(self.rest.len() as u64)
    }

    /// Reads another piece. A line can exceed the limit by only one byte, so that this is noticed
    /// at once.
    fn read_piece(&mut self) {
        let room = (MAX_LINE_BYTES + 1).saturating_sub(self.rest.len());
        let piece = self.piece.get_mut(..room.min(PIECE_BYTES)).unwrap_or_default();
        match self.input.read(piece) {
            Ok(0) => self.ended = true,
            Ok(read) => {
                self.read += read as u64;
                self.keep_piece(read);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.pauses = true,
            Err(error) => (self.ended, self.failed) = (true, Some(error)),
        }
    }

    /// Keeps what was read, except for the rest of a line that is skipped.
    fn keep_piece(&mut self, read: usize) {
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
            let is_end = self.framing.feed_line(line.get(..end).unwrap_or_default());
            self.seen += end + 1;
            if is_end {
                self.end = self.seen;
            }
        }
    }

    /// Takes the whole lines, if there are enough of them or the stream has ended.
    fn take_ready(&mut self) -> Option<Result<Vec<u8>, ChunkProblem>> {
        if self.ended && !self.rest.is_empty() {
            return Some(Ok(self.cut_at(self.rest.len())));
        }
        if self.end > 0 && self.rest.len() >= self.enough {
            return Some(Ok(self.cut_at(self.end)));
        }
        if self.end == 0 && self.rest.len() > MAX_LINE_BYTES && self.seen > 0 {
            // A document cannot be that long, so it is broken; its lines are taken as they are.
            self.framing = LineFraming::default();
            return Some(Ok(self.cut_at(self.seen)));
        }
        if self.end == 0 && self.rest.len() > MAX_LINE_BYTES {
            (self.rest, self.skipping) = (Vec::new(), true);
            return Some(Err(ChunkProblem::LongLine(self.line)));
        }
        None
    }

    fn cut_at(&mut self, at: usize) -> Vec<u8> {
        let rest = self.rest.split_off(at);
        let chunk = std::mem::replace(&mut self.rest, rest);
        self.end = 0;
        self.seen = self.seen.saturating_sub(at);
        self.line += chunk.iter().filter(|byte| **byte == b'\n').count() as u64;
        chunk
    }
}

impl<R: Read> Iterator for LineChunks<R> {
    type Item = Result<Vec<u8>, ChunkProblem>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(chunk) = self.take_ready() {
                return Some(chunk);
            }
            if std::mem::take(&mut self.pauses) {
                return Some(Ok(Vec::new()));
            }
            if self.ended {
                return self.failed.take().map(|error| Err(error.into()));
            }
            self.read_piece();
        }
    }
}

#[cfg(test)]
mod tests;
