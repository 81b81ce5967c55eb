//! Files and folders, once or watched.
//!
//! Files are taken in the order of their modification times, then of their paths. A file is done
//! once its last body is acknowledged; `done.rs` describes what is remembered of it. Within one run
//! every state of a file (path, time, size) is taken once, however old it is, so that CloudTrail's
//! late files are not missed.
//!
//! While watching, a file is taken if it is not empty and did not change between two looks, so that
//! a file being written is not taken half. A file of lines that changes between looks is taken up
//! to its last whole line, and continued from there later (`follow.rs`). Looking means listing:
//! nothing depends on the file system's notifications, which network file systems do not send.
//!
//! A file that cannot be read is reported once and retried at growing intervals; it does not count
//! as done.

mod done;
mod follow;
mod reader;
#[cfg(test)]
mod tests;
mod unreadable;

use std::collections::{HashSet, VecDeque};
use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use aware_core::envelope::S3Object;
use aware_pipeline::port::{Delivery, Input, InputError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::task::{JoinHandle, spawn_blocking};

use super::walk::{self, FoundFiles};
use super::{RELEASE_PAUSE, cannot_fetch, glob};
use crate::config::TimeSpan;
use done::{FileState, FilesDone};
use reader::{FileReader, ReadRequest, ReadStep};
use unreadable::UnreadableFiles;

/// Interval between looks, unless the config sets one.
const DEFAULT_POLL: Duration = Duration::from_secs(1);

/// Files and folders.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct FileConfig {
    /// Files, folders and globs.
    pub paths: Vec<String>,
    /// Keep looking for new files. Default: `false`.
    #[serde(default)]
    pub watch: bool,
    /// Interval between looks. Default: `1s`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub poll: Option<TimeSpan>,
}

/// Why files and folders cannot be read as a config asks for it.
#[derive(Debug, thiserror::Error)]
pub enum FileConfigError {
    /// None are named.
    #[error("`paths` is empty (hint: name a file, a folder or a glob)")]
    NoPaths,
    /// One does not exist.
    #[error(
        "there is no file or folder `{path}` (hint: paths are relative to the folder that the program runs in, {folder})"
    )]
    NoSuchPath {
        /// The path.
        path: String,
        /// Where the program runs.
        folder: String,
    },
}

impl FileConfig {
    /// Fills in the defaults.
    pub(crate) fn write_defaults(&mut self) {
        self.poll = self.poll.or_else(|| self.watch.then(|| DEFAULT_POLL.into()));
    }

    /// Checks that all paths exist, as they must when a config takes effect. If one disappears
    /// later, the input reports it.
    ///
    /// # Errors
    /// [`FileConfigError::NoSuchPath`] for the first that is not.
    pub(crate) fn check_paths(&self) -> Result<(), FileConfigError> {
        let missing = |path: &&String| !glob::is_glob(path) && !Path::new(path).exists();
        let Some(path) = self.paths.iter().find(missing) else { return Ok(()) };
        let folder = std::env::current_dir().map(|folder| folder.display().to_string());
        let folder = folder.unwrap_or_else(|_| "which is gone".to_owned());
        Err(FileConfigError::NoSuchPath { path: path.clone(), folder })
    }

    /// Builds the input.
    ///
    /// # Errors
    /// [`FileConfigError::NoPaths`].
    pub fn build(self, name: &str) -> Result<FileInput, FileConfigError> {
        if self.paths.is_empty() {
            return Err(FileConfigError::NoPaths);
        }
        let poll = self.poll.map_or(DEFAULT_POLL, |span| span.0.unsigned_abs());
        Ok(FileInput {
            name: name.to_owned(),
            paths: self.paths,
            watch: self.watch.then_some(poll.max(Duration::from_millis(10))),
            looked: false,
            restored: FilesDone::default(),
            done: FilesDone::default(),
            taken: HashSet::new(),
            told: HashSet::new(),
            last: HashSet::new(),
            unreadable: UnreadableFiles::default(),
            waiting: VecDeque::new(),
            problems: VecDeque::new(),
            reader: None,
            task: None,
            held: None,
            released: false,
        })
    }
}

/// Files and folders.
#[derive(Debug)]
pub struct FileInput {
    name: String,
    paths: Vec<String>,
    /// Interval between looks, while watching.
    watch: Option<Duration>,
    looked: bool,
    /// What was done before this run.
    restored: FilesDone,
    /// What is done, for the store.
    done: FilesDone,
    /// What was taken in this run and still exists.
    taken: HashSet<FileState>,
    /// Paths whose problems were reported.
    told: HashSet<String>,
    /// What existed at the last look: a file in it has not changed since.
    last: HashSet<FileState>,
    unreadable: UnreadableFiles,
    waiting: VecDeque<WaitingFile>,
    problems: VecDeque<InputError>,
    /// The first waiting file, if a part of it was delivered.
    reader: Option<FileReader>,
    /// Its next part, being read.
    task: Option<JoinHandle<(ReadStep, FileReader)>>,
    /// What is being delivered.
    held: Option<HeldBody>,
    released: bool,
}

/// A file that waits to be read.
#[derive(Clone, Debug)]
struct WaitingFile {
    state: FileState,
    /// It changes between looks.
    may_grow: bool,
}

/// A body that was delivered, and what is done once it is settled.
#[derive(Debug)]
struct HeldBody {
    /// The file, if the body was its end.
    ended: Option<WaitingFile>,
    done: FilesDone,
}

impl FileInput {
    /// Looks for files that are new and, while watching, stable.
    async fn look_for_files(&mut self) -> Result<(), InputError> {
        let paths = self.paths.clone();
        let look = move || {
            let mut found = walk::find_files(&paths);
            let files = std::mem::take(&mut found.files).into_iter();
            let mut states: Vec<FileState> =
                files.filter_map(|file| FileState::read_from(file.path)).collect();
            states.sort_unstable();
            (states, found)
        };
        let looked = spawn_blocking(look).await;
        let (states, found) = looked.map_err(|error| InputError::Later(error.to_string()))?;
        self.looked = true;
        self.queue_problems(found);
        self.select_files(states);
        Ok(())
    }

    /// Reports each problem once; while watching, missing files may still come.
    fn queue_problems(&mut self, found: FoundFiles) {
        let empty = found.empty.into_iter().filter(|_| self.watch.is_none());
        for (origin, problem) in found.problems.into_iter().chain(empty) {
            if self.told.insert(origin.clone()) {
                self.problems.push_back(InputError::Unreadable { origin, problem });
            }
        }
    }

    fn select_files(&mut self, states: Vec<FileState>) {
        let there: HashSet<FileState> = states.iter().cloned().collect();
        self.taken.retain(|state| there.contains(state));
        self.unreadable.retain(&there);
        let known: HashSet<&str> = self.last.iter().map(|state| state.name.as_str()).collect();
        let waits = |state: FileState| {
            let is_settled = self.watch.is_none() || self.last.contains(&state);
            let may_grow = !is_settled && known.contains(state.name.as_str());
            let is_filled = self.watch.is_none() || state.bytes > 0;
            let is_new = !self.taken.contains(&state) && !self.restored.is_done(&state);
            let is_due = self.unreadable.is_due(&state);
            let waits = (is_settled || may_grow) && is_filled && is_new && is_due;
            waits.then_some(WaitingFile { state, may_grow })
        };
        self.waiting = states.into_iter().filter_map(waits).collect();
        self.last = there;
    }

    /// The next part of the first waiting file; `None` if nothing of it can be read now. Reading
    /// continues if this future is dropped.
    async fn read_part(&mut self, file: &WaitingFile) -> Result<Option<Delivery>, InputError> {
        let (reader, path) = (self.reader.take(), file.state.path.clone());
        let tail = self.watch.and(self.done.tail_of(&file.state.name));
        let wanted = ReadRequest { may_grow: file.may_grow, tail };
        let step = move || reader.unwrap_or_else(|| FileReader::new(path, wanted)).next_step();
        let task = self.task.get_or_insert_with(|| spawn_blocking(step));
        let stepped = task.await;
        self.task = None;
        let (step, reader) = stepped.map_err(|error| InputError::Later(error.to_string()))?;
        if step.last {
            self.waiting.pop_front();
        } else {
            self.reader = Some(reader);
        }
        self.deliver_part(step, file)
    }

    fn deliver_part(
        &mut self,
        step: ReadStep,
        file: &WaitingFile,
    ) -> Result<Option<Delivery>, InputError> {
        let state = &file.state;
        let (origin, kind) = (step.origin(state), step.body_kind());
        if let Some(Err(problem)) = step.body {
            return self.part_failed(origin, problem.to_string(), file, step.last);
        }
        if step.is_done {
            self.taken.insert(state.clone());
        }
        let done = match step.tail {
            Some(tail) => self.done.with_tail(&state.name, tail),
            None if step.is_done => self.done.with_file(state),
            None => self.done.clone(),
        };
        let Some(Ok(body)) = step.body else {
            // There is nothing to deliver; earlier parts were settled before.
            self.done = done;
            return Ok(None);
        };
        let resume = (done != self.done).then(|| done.to_string());
        self.held = Some(HeldBody { ended: step.last.then(|| file.clone()), done });
        Ok(Some(Delivery { origin, kind, body, token: state.name.clone(), resume }))
    }

    /// A file that cannot be read is reported once, retried, and not done meanwhile. A missing part
    /// is reported, and the rest of the file follows.
    fn part_failed(
        &mut self,
        origin: String,
        problem: String,
        file: &WaitingFile,
        is_last: bool,
    ) -> Result<Option<Delivery>, InputError> {
        let is_news = !is_last || self.unreadable.record_failure(&file.state);
        if is_last {
            self.done = self.done.with_unreadable(&file.state);
        }
        if self.watch.is_none() && is_last {
            self.taken.insert(file.state.clone());
        }
        if is_news { Err(InputError::Unreadable { origin, problem }) } else { Ok(None) }
    }

    fn settle_held(&mut self) {
        if let Some(held) = self.held.take() {
            self.done = held.done;
        }
    }
}

#[async_trait]
impl Input for FileInput {
    fn name(&self) -> &str {
        &self.name
    }

    fn resume_at(&mut self, place: &str) {
        self.restored = FilesDone::parse(place);
        self.done = self.restored.clone();
    }

    async fn next_delivery(&mut self) -> Result<Option<Delivery>, InputError> {
        self.settle_held();
        if self.released {
            tokio::time::sleep(RELEASE_PAUSE).await;
            self.released = false;
        }
        loop {
            if let Some(problem) = self.problems.pop_front() {
                return Err(problem);
            }
            if let Some(file) = self.waiting.front().cloned() {
                match self.read_part(&file).await? {
                    None => continue,
                    delivery => return Ok(delivery),
                }
            }
            match (self.looked, self.watch) {
                (true, None) => return Ok(None),
                (true, Some(poll)) => tokio::time::sleep(poll).await,
                (false, _) => {}
            }
            self.look_for_files().await?;
        }
    }

    async fn ack_delivery(&mut self, _token: &str) -> Result<(), InputError> {
        self.settle_held();
        Ok(())
    }

    async fn keeps_rejected(&mut self, _whole: bool) -> bool {
        true
    }

    fn keeps_place_in_store(&self) -> bool {
        true
    }

    async fn release_delivery(&mut self, _token: &str) {
        if let Some(file) = self.held.take().and_then(|held| held.ended) {
            self.taken.remove(&file.state);
            self.waiting.push_front(file);
        }
        // A file in parts starts over; what was already safe still counts only once.
        self.reader = None;
        self.released = true;
    }

    async fn fetch_object(&self, object: &S3Object) -> Result<Vec<u8>, InputError> {
        Err(cannot_fetch(object))
    }
}
