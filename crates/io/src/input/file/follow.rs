//! Reads a file of lines from where reading stopped, up to its last whole line.
//!
//! An unterminated line is taken only if it is a whole JSON value, or if nobody has written to the
//! file for [`PATIENCE`]; until then it may still be incomplete. The offset is always after the
//! last terminated line, so that a line that grows after all is read whole.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Take};
use std::path::Path;
use std::time::{Duration, SystemTime};

use aware_core::envelope::span;
use aware_pipeline::stable_hash;

use super::done::FileTail;
use crate::input::walk::{ChunkProblem, LineChunks, is_lines};

/// How long a line may stay unterminated.
const PATIENCE: Duration = Duration::from_secs(30);
/// How much of a file's beginning identifies it, and shows whether it consists of lines.
const HEAD_BYTES: u64 = 64 << 10;
/// Block size when searching for the beginning of the last line.
const BLOCK_BYTES: u64 = 64 << 10;
/// The longest line, in bytes.
const MAX_LINE: u64 = 16 << 20;

/// A part of the file, and how far the file is done with it.
pub(super) struct FollowedPart {
    /// The lines, or why they are missing.
    pub(super) body: Result<Vec<u8>, ChunkProblem>,
    /// Where the part starts.
    pub(super) start: u64,
    /// How far the file is done after it.
    pub(super) tail: FileTail,
}

/// Reads lines from an offset.
#[derive(Debug)]
pub(super) struct LineFollower {
    chunks: LineChunks<Take<File>>,
    start: u64,
    tail: FileTail,
    /// Whether the whole file is done once this part is.
    pub(super) reaches_end: bool,
}

impl LineFollower {
    /// Opens a file; `None` if it does not consist of lines. `may_grow` says that the file changed
    /// since the last look.
    pub(super) fn open(
        path: &Path,
        may_grow: bool,
        tail: Option<FileTail>,
    ) -> io::Result<Option<Self>> {
        let mut file = File::open(path)?;
        let meta = file.metadata()?;
        let (bytes, modified) = (meta.len(), meta.modified()?);
        let head = read_range(&mut file, 0, bytes.min(HEAD_BYTES))?;
        let known = tail.filter(|tail| tail.offset <= bytes && tail.matches_head(&head));
        if known.is_none() && !is_lines(&head) {
            return Ok(None);
        }
        let start = known.map_or(0, |tail| tail.offset);
        let is_old = modified.elapsed().is_ok_and(|age| age >= PATIENCE);
        let end = end_of_lines(&mut file, start, bytes, !may_grow && is_old)?;
        file.seek(SeekFrom::Start(start))?;
        let tail = FileTail {
            offset: start,
            head_bytes: head.len() as u64,
            head_hash: stable_hash(head.as_slice()),
            modified: nanos_since_epoch(modified),
        };
        let chunks = LineChunks::new(file.take(end.saturating_sub(start)));
        Ok(Some(Self { chunks, start, tail, reaches_end: end == bytes }))
    }

    /// The next part; `None` if there is nothing more to read now.
    pub(super) fn next_part(&mut self) -> Option<FollowedPart> {
        let start = self.start + self.chunks.position();
        let chunk = self.chunks.next()?;
        let end = self.start + self.chunks.position();
        // An unterminated last line is read again if it grows.
        let unended = chunk.as_ref().map_or(0, |lines| {
            lines.iter().rev().take_while(|byte| **byte != b'\n').count() as u64
        });
        let tail = FileTail { offset: end.saturating_sub(unended), ..self.tail };
        Some(FollowedPart { body: chunk, start, tail })
    }
}

impl FileTail {
    /// Whether a file starts like the one that this tail belongs to.
    fn matches_head(&self, head: &[u8]) -> bool {
        let begins = usize::try_from(self.head_bytes).ok().and_then(|bytes| head.get(..bytes));
        begins.is_some_and(|begins| stable_hash(begins) == self.head_hash)
    }
}

/// Where the lines that can be taken end.
fn end_of_lines(file: &mut File, start: u64, bytes: u64, all: bool) -> io::Result<u64> {
    let mut end = bytes;
    while end > start && bytes - end <= MAX_LINE {
        let from = end.saturating_sub(BLOCK_BYTES).max(start);
        let block = read_range(file, from, end - from)?;
        if let Some(at) = block.iter().rposition(|byte| *byte == b'\n') {
            end = from + at as u64 + 1;
            break;
        }
        end = from;
    }
    let rest = bytes.saturating_sub(end);
    if rest == 0 || all || rest > MAX_LINE {
        return Ok(bytes);
    }
    let line = read_range(file, end, rest)?;
    let line = line.trim_ascii();
    let is_whole = line.starts_with(b"{") && span::end_of_value(line, 0) == Ok(line.len());
    Ok(if is_whole { bytes } else { end })
}

fn read_range(file: &mut File, from: u64, bytes: u64) -> io::Result<Vec<u8>> {
    let mut range = Vec::new();
    file.seek(SeekFrom::Start(from))?;
    file.take(bytes).read_to_end(&mut range)?;
    Ok(range)
}

fn nanos_since_epoch(time: SystemTime) -> u64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// Reads what there is, and returns how far the file is done.
    fn read(
        path: &Path,
        may_grow: bool,
        tail: Option<FileTail>,
    ) -> (String, Option<FileTail>, bool) {
        let mut follow = LineFollower::open(path, may_grow, tail).unwrap().unwrap();
        let (mut text, mut tail) = (Vec::new(), tail);
        while let Some(part) = follow.next_part() {
            text.extend(part.body.unwrap());
            tail = Some(part.tail);
        }
        (String::from_utf8(text).unwrap(), tail, follow.reaches_end)
    }

    fn file() -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        (folder, path)
    }

    #[test]
    fn each_line_is_read_once_when_it_has_ended() {
        let (_folder, path) = file();
        fs::write(&path, "{\"a\":1}\n{\"a\":").unwrap();
        let (text, tail, ends) = read(&path, true, None);
        assert_eq!((text.as_str(), ends), ("{\"a\":1}\n", false));
        fs::write(&path, "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n").unwrap();
        let (text, tail, ends) = read(&path, true, tail);
        assert_eq!((text.as_str(), ends), ("{\"a\":2}\n{\"a\":3}\n", true));
        assert_eq!(read(&path, true, tail).0, "");
    }

    #[test]
    fn a_last_line_without_an_end_is_taken_when_it_is_whole_or_old() {
        let (_folder, path) = file();
        fs::write(&path, "{\"a\":1}\n{\"a\":2}").unwrap();
        let (text, tail, _) = read(&path, false, None);
        assert_eq!((text.len(), tail.unwrap().offset), (15, 8), "it may still grow");
        fs::write(&path, "{\"a\":1}\n{\"a\":").unwrap();
        let (_, tail, ends) = read(&path, false, None);
        assert_eq!((tail.unwrap().offset, ends), (8, false));
        assert_eq!(read(&path, false, tail).0, "");
        let file = File::options().write(true).open(&path).unwrap();
        file.set_modified(SystemTime::now() - PATIENCE * 2).unwrap();
        assert_eq!(read(&path, false, tail).0, "{\"a\":");
    }

    #[test]
    fn a_file_that_was_cut_or_replaced_begins_anew() {
        let (_folder, path) = file();
        fs::write(&path, "{\"a\":1}\n{\"a\":2}\n").unwrap();
        let (_, tail, _) = read(&path, true, None);
        fs::write(&path, "{\"a\":1}\n").unwrap();
        assert_eq!(read(&path, true, tail).0, "{\"a\":1}\n");
        fs::write(&path, "{\"b\":1}\n{\"b\":2}\n{\"b\":3}\n").unwrap();
        assert_eq!(read(&path, true, tail).0.lines().count(), 3);
    }

    #[test]
    fn long_lines_are_left_out_and_counted_in_the_offset() {
        let (_folder, path) = file();
        let long = "x".repeat(17 << 20);
        fs::write(&path, format!("{{\"a\":1}}\n{long}\n{{\"a\":2}}\n")).unwrap();
        let mut follow = LineFollower::open(&path, true, None).unwrap().unwrap();
        let parts: Vec<FollowedPart> = std::iter::from_fn(|| follow.next_part()).collect();
        assert!(parts.iter().any(|part| part.body.is_err()));
        let last = parts.last().unwrap();
        assert!(last.body.as_ref().unwrap().ends_with(b"{\"a\":2}\n"));
        assert_eq!(last.tail.offset, fs::metadata(&path).unwrap().len());
    }

    #[test]
    fn what_is_not_made_of_lines_is_not_followed() {
        let (_folder, path) = file();
        for text in ["{\"Records\":[\n", "\u{1f}\u{8b}", ""] {
            fs::write(&path, text).unwrap();
            assert!(LineFollower::open(&path, true, None).unwrap().is_none(), "{text}");
        }
    }
}
