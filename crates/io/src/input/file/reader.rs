//! Reads one file: whole, or in parts if it consists of lines and is large or still growing.

use std::fs::{self, File};
use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use aware_core::envelope::EnvelopeKind;

use super::done::{FileState, FileTail};
use super::follow::LineFollower;
use crate::input::walk::{self, ChunkProblem, LineChunks, MAX_FILE, ReadProblem, is_lines};

/// From this size, in bytes, a file of lines is read in parts.
const LARGE_FILE: u64 = 64 << 20;
/// Enough to see whether the first line is a whole record.
const PEEK_BYTES: u64 = 1 << 20;

/// Why a file, or a part of it, could not be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum PartError {
    /// It was written to meanwhile.
    #[error("file changed while it was being read")]
    Changed,
    /// It cannot be opened, or its lines cannot be found.
    #[error(transparent)]
    Open(#[from] io::Error),
    /// It cannot be read whole.
    #[error(transparent)]
    Whole(#[from] ReadProblem),
    /// A part of it is missing.
    #[error(transparent)]
    Part(#[from] ChunkProblem),
}

/// The result of one read.
#[derive(Debug)]
pub(super) struct ReadStep {
    /// A part of the file, or why it is missing; `None` if nothing can be read now.
    pub(super) body: Option<Result<Vec<u8>, PartError>>,
    /// Whether nothing follows it now.
    pub(super) last: bool,
    /// Whether nothing follows it until the file changes: the file is done.
    pub(super) is_done: bool,
    /// How far a file of lines is done after it.
    pub(super) tail: Option<FileTail>,
    /// Which part it is.
    part: FilePart,
}

/// Which part of a file was read.
#[derive(Clone, Copy, Debug)]
enum FilePart {
    Whole,
    /// By number, from 1.
    Numbered(u64),
    /// Lines from this byte offset.
    From(u64),
}

impl ReadStep {
    /// The kind of body: the whole file, or whole lines of it.
    pub(super) fn body_kind(&self) -> EnvelopeKind {
        match self.part {
            FilePart::Whole => EnvelopeKind::Any,
            FilePart::Numbered(_) | FilePart::From(_) => EnvelopeKind::Lines,
        }
    }

    /// Where it comes from, for people.
    pub(super) fn origin(&self, state: &FileState) -> String {
        match self.part {
            FilePart::Whole | FilePart::From(0) => state.name.clone(),
            FilePart::Numbered(number) => format!("{}, part {number}", state.name),
            FilePart::From(byte) => format!("{}, from byte {byte}", state.name),
        }
    }
}

/// How to read a file.
#[derive(Clone, Copy, Debug)]
pub(super) struct ReadRequest {
    /// It changes between looks, so only whole lines can be taken.
    pub(super) may_grow: bool,
    /// How far it was already done.
    pub(super) tail: Option<FileTail>,
}

/// Reads one file, part by part.
#[derive(Debug)]
pub(super) struct FileReader {
    path: PathBuf,
    wanted: ReadRequest,
    begun: bool,
    follow: Option<LineFollower>,
    lines: Option<LargeLineFile>,
    number: u64,
}

#[derive(Debug)]
struct LargeLineFile {
    chunks: Option<LineChunks<File>>,
    /// The part after the next one: the last part must be known as the last.
    ahead: Option<Result<Vec<u8>, PartError>>,
    before: (u64, SystemTime),
}

impl FileReader {
    /// Reads from the beginning, or from where reading a file of lines stopped.
    pub(super) fn new(path: PathBuf, wanted: ReadRequest) -> Self {
        Self { path, wanted, begun: false, follow: None, lines: None, number: 0 }
    }

    /// Reads the next part. Blocks.
    pub(super) fn next_step(mut self) -> (ReadStep, Self) {
        if !self.begun {
            self.begun = true;
            if let Err(error) = self.open_file() {
                let body = Some(Err(error.into()));
                return (ReadStep { body, ..ReadStep::whole_file() }, self);
            }
        }
        let step = match (&mut self.follow, &mut self.lines) {
            (Some(follow), _) => followed_step(follow),
            (None, Some(lines)) => {
                self.number += 1;
                lines.next_step(&self.path, self.number)
            }
            // A growing file that does not consist of lines is not taken half.
            (None, None) if self.wanted.may_grow => {
                ReadStep { body: None, is_done: false, ..ReadStep::whole_file() }
            }
            (None, None) => {
                ReadStep { body: Some(read_whole(&self.path)), ..ReadStep::whole_file() }
            }
        };
        (step, self)
    }

    fn open_file(&mut self) -> io::Result<()> {
        let ReadRequest { may_grow, tail } = self.wanted;
        if may_grow || tail.is_some() {
            self.follow = LineFollower::open(&self.path, may_grow, tail)?;
        }
        if self.follow.is_none() && !may_grow {
            self.lines = LargeLineFile::open_large(&self.path, LARGE_FILE).ok().flatten();
        }
        Ok(())
    }
}

impl ReadStep {
    fn whole_file() -> Self {
        Self { body: None, last: true, is_done: true, tail: None, part: FilePart::Whole }
    }
}

/// Lines from where reading stopped. Asking for another part shows whether one follows.
fn followed_step(follow: &mut LineFollower) -> ReadStep {
    match follow.next_part() {
        Some(part) => ReadStep {
            body: Some(part.body.map_err(Into::into)),
            last: false,
            is_done: false,
            tail: Some(part.tail),
            part: FilePart::From(part.start),
        },
        None => ReadStep { is_done: follow.reaches_end, ..ReadStep::whole_file() },
    }
}

fn read_whole(path: &Path) -> Result<Vec<u8>, PartError> {
    let mut body = Vec::new();
    let has_changed = walk::read_into(path, MAX_FILE, &mut body)?;
    if has_changed { Err(PartError::Changed) } else { Ok(body) }
}

fn file_version(path: &Path) -> io::Result<(u64, SystemTime)> {
    let meta = fs::metadata(path)?;
    Ok((meta.len(), meta.modified()?))
}

impl LargeLineFile {
    fn open_large(path: &Path, large: u64) -> io::Result<Option<Self>> {
        let before = file_version(path)?;
        if before.0 < large {
            return Ok(None);
        }
        let mut file = File::open(path)?;
        let mut head = Vec::new();
        file.by_ref().take(PEEK_BYTES).read_to_end(&mut head)?;
        file.rewind()?;
        if !is_lines(&head) {
            return Ok(None);
        }
        let mut lines = Self { chunks: Some(LineChunks::new(file)), ahead: None, before };
        lines.ahead = lines.read_chunk(path);
        Ok(Some(lines))
    }

    fn next_step(&mut self, path: &Path, number: u64) -> ReadStep {
        let body = self.ahead.take().unwrap_or_else(|| Ok(Vec::new()));
        self.ahead = self.read_chunk(path);
        let last = self.ahead.is_none();
        ReadStep {
            body: Some(body),
            last,
            is_done: last,
            tail: None,
            part: FilePart::Numbered(number),
        }
    }

    fn read_chunk(&mut self, path: &Path) -> Option<Result<Vec<u8>, PartError>> {
        if let Some(chunk) = self.chunks.as_mut()?.next() {
            return Some(chunk.map_err(Into::into));
        }
        self.chunks = None;
        let same = file_version(path).is_ok_and(|after| after == self.before);
        (!same).then_some(Err(PartError::Changed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_file_of_lines_comes_in_parts() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines");
        let text = "{\"a\":1}\n".repeat(3 << 20);
        fs::write(&path, &text).unwrap();
        assert!(LargeLineFile::open_large(&path, 1 << 30).unwrap().is_none());
        let mut lines = LargeLineFile::open_large(&path, 1 << 20).unwrap().unwrap();
        let steps: Vec<ReadStep> = (1..=3).map(|number| lines.next_step(&path, number)).collect();
        assert_eq!(steps.iter().map(|step| step.last).collect::<Vec<_>>(), [false, false, true]);
        let bodies: Vec<_> = steps.into_iter().map(|step| step.body.unwrap().unwrap()).collect();
        assert!(bodies.concat() == text.as_bytes());
    }

    #[test]
    fn one_that_grows_meanwhile_says_so_at_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines");
        fs::write(&path, "{\"a\":1}\n{\"a\":2}\n").unwrap();
        let mut lines = LargeLineFile::open_large(&path, 1).unwrap().unwrap();
        fs::write(&path, "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n").unwrap();
        let first = lines.next_step(&path, 1);
        assert!(first.body.unwrap().is_ok() && !first.last);
        let second = lines.next_step(&path, 2);
        assert!(matches!(second.body.unwrap(), Err(PartError::Changed)) && second.last);
        fs::write(&path, "{\n}\n").unwrap();
        assert!(LargeLineFile::open_large(&path, 1).unwrap().is_none(), "a document is read whole");
    }
}
