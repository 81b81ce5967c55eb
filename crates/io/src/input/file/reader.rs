//! Reads one file: whole, or in parts if it consists of lines and is large or still growing.

use std::fs::{self, File};
use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use aware_core::envelope::Kind;

use super::done::{State, Tail};
use super::follow::Follow;
use crate::input::walk::{self, ChunkProblem, Chunks, MAX_FILE, ReadProblem, is_lines};

/// From this size, in bytes, a file of lines is read in parts.
const LARGE: u64 = 64 << 20;
/// Enough to see whether the first line is a whole record.
const PEEK: u64 = 1 << 20;

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
pub(super) struct Step {
    /// A part of the file, or why it is missing; `None` if nothing can be read now.
    pub(super) body: Option<Result<Vec<u8>, PartError>>,
    /// Whether nothing follows it now.
    pub(super) last: bool,
    /// Whether nothing follows it until the file changes: the file is done.
    pub(super) is_done: bool,
    /// How far a file of lines is done after it.
    pub(super) tail: Option<Tail>,
    /// Which part it is.
    part: Part,
}

/// Which part of a file was read.
#[derive(Clone, Copy, Debug)]
enum Part {
    Whole,
    /// By number, from 1.
    Numbered(u64),
    /// Lines from this byte offset.
    From(u64),
}

impl Step {
    /// The kind of body: the whole file, or whole lines of it.
    pub(super) fn kind(&self) -> Kind {
        match self.part {
            Part::Whole => Kind::Any,
            Part::Numbered(_) | Part::From(_) => Kind::Lines,
        }
    }

    /// Where it comes from, for people.
    pub(super) fn origin(&self, state: &State) -> String {
        match self.part {
            Part::Whole | Part::From(0) => state.name.clone(),
            Part::Numbered(number) => format!("{}, part {number}", state.name),
            Part::From(byte) => format!("{}, from byte {byte}", state.name),
        }
    }
}

/// How to read a file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    /// It changes between looks, so only whole lines can be taken.
    pub(super) may_grow: bool,
    /// How far it was already done.
    pub(super) tail: Option<Tail>,
}

/// Reads one file, part by part.
#[derive(Debug)]
pub(super) struct Reader {
    path: PathBuf,
    wanted: Wanted,
    begun: bool,
    follow: Option<Follow>,
    lines: Option<Lines>,
    number: u64,
}

#[derive(Debug)]
struct Lines {
    chunks: Option<Chunks<File>>,
    /// The part after the next one: the last part must be known as the last.
    ahead: Option<Result<Vec<u8>, PartError>>,
    before: (u64, SystemTime),
}

impl Reader {
    /// Reads from the beginning, or from where reading a file of lines stopped.
    pub(super) fn new(path: PathBuf, wanted: Wanted) -> Self {
        Self { path, wanted, begun: false, follow: None, lines: None, number: 0 }
    }

    /// Reads the next part. Blocks.
    pub(super) fn step(mut self) -> (Step, Self) {
        if !self.begun {
            self.begun = true;
            if let Err(error) = self.open() {
                let body = Some(Err(error.into()));
                return (Step { body, ..Step::whole() }, self);
            }
        }
        let step = match (&mut self.follow, &mut self.lines) {
            (Some(follow), _) => followed(follow),
            (None, Some(lines)) => {
                self.number += 1;
                lines.step(&self.path, self.number)
            }
            // A growing file that does not consist of lines is not taken half.
            (None, None) if self.wanted.may_grow => {
                Step { body: None, is_done: false, ..Step::whole() }
            }
            (None, None) => Step { body: Some(whole(&self.path)), ..Step::whole() },
        };
        (step, self)
    }

    fn open(&mut self) -> io::Result<()> {
        let Wanted { may_grow, tail } = self.wanted;
        if may_grow || tail.is_some() {
            self.follow = Follow::open(&self.path, may_grow, tail)?;
        }
        if self.follow.is_none() && !may_grow {
            self.lines = Lines::open(&self.path, LARGE).ok().flatten();
        }
        Ok(())
    }
}

impl Step {
    fn whole() -> Self {
        Self { body: None, last: true, is_done: true, tail: None, part: Part::Whole }
    }
}

/// Lines from where reading stopped. Asking for another part shows whether one follows.
fn followed(follow: &mut Follow) -> Step {
    match follow.part() {
        Some(part) => Step {
            body: Some(part.body.map_err(Into::into)),
            last: false,
            is_done: false,
            tail: Some(part.tail),
            part: Part::From(part.start),
        },
        None => Step { is_done: follow.reaches_end, ..Step::whole() },
    }
}

fn whole(path: &Path) -> Result<Vec<u8>, PartError> {
    let mut body = Vec::new();
    let has_changed = walk::read(path, MAX_FILE, &mut body)?;
    if has_changed { Err(PartError::Changed) } else { Ok(body) }
}

fn version(path: &Path) -> io::Result<(u64, SystemTime)> {
    let meta = fs::metadata(path)?;
    Ok((meta.len(), meta.modified()?))
}

impl Lines {
    fn open(path: &Path, large: u64) -> io::Result<Option<Self>> {
        let before = version(path)?;
        if before.0 < large {
            return Ok(None);
        }
        let mut file = File::open(path)?;
        let mut head = Vec::new();
        file.by_ref().take(PEEK).read_to_end(&mut head)?;
        file.rewind()?;
        if !is_lines(&head) {
            return Ok(None);
        }
        let mut lines = Self { chunks: Some(Chunks::new(file)), ahead: None, before };
        lines.ahead = lines.read(path);
        Ok(Some(lines))
    }

    fn step(&mut self, path: &Path, number: u64) -> Step {
        let body = self.ahead.take().unwrap_or_else(|| Ok(Vec::new()));
        self.ahead = self.read(path);
        let last = self.ahead.is_none();
        Step { body: Some(body), last, is_done: last, tail: None, part: Part::Numbered(number) }
    }

    fn read(&mut self, path: &Path) -> Option<Result<Vec<u8>, PartError>> {
        if let Some(chunk) = self.chunks.as_mut()?.next() {
            return Some(chunk.map_err(Into::into));
        }
        self.chunks = None;
        let same = version(path).is_ok_and(|after| after == self.before);
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
        assert!(Lines::open(&path, 1 << 30).unwrap().is_none());
        let mut lines = Lines::open(&path, 1 << 20).unwrap().unwrap();
        let steps: Vec<Step> = (1..=3).map(|number| lines.step(&path, number)).collect();
        assert_eq!(steps.iter().map(|step| step.last).collect::<Vec<_>>(), [false, false, true]);
        let bodies: Vec<_> = steps.into_iter().map(|step| step.body.unwrap().unwrap()).collect();
        assert!(bodies.concat() == text.as_bytes());
    }

    #[test]
    fn one_that_grows_meanwhile_says_so_at_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines");
        fs::write(&path, "{\"a\":1}\n{\"a\":2}\n").unwrap();
        let mut lines = Lines::open(&path, 1).unwrap().unwrap();
        fs::write(&path, "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n").unwrap();
        let first = lines.step(&path, 1);
        assert!(first.body.unwrap().is_ok() && !first.last);
        let second = lines.step(&path, 2);
        assert!(matches!(second.body.unwrap(), Err(PartError::Changed)) && second.last);
        fs::write(&path, "{\n}\n").unwrap();
        assert!(Lines::open(&path, 1).unwrap().is_none(), "a document is read whole");
    }
}
