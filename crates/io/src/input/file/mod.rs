//! Files and folders, once or watched.
//!
//! Files are taken in the order of their modification times, and of their paths where these are
//! equal. A file is done when its last body was acknowledged; `done.rs` says what is remembered of
//! it. Within one run every state of a file (path, time, size) is taken once, however old it is,
//! so that CloudTrail's late files are not missed.
//!
//! While watching, a file is taken when it is not empty and did not change from one look to the
//! next: one that is being written is not taken half. Looking is listing: nothing depends on the
//! file system's notices, which network file systems do not send.

mod done;
mod reader;
#[cfg(test)]
mod tests;

use std::collections::{HashSet, VecDeque};
use std::time::Duration;

use async_trait::async_trait;
use aware_core::envelope::{Kind, S3Object};
use schemars::JsonSchema;
use serde::Deserialize;
use tokio::task::{JoinHandle, spawn_blocking};

use super::walk::{self, Found};
use super::{RELEASE_PAUSE, glob, not_fetched};
use crate::config::Span;
use crate::port::{Delivery, Input, InputError};
use done::{Done, State};
use reader::{Reader, Step};

/// Files and folders.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FileConfig {
    /// Files, folders and globs.
    pub paths: Vec<String>,
    /// Go on looking for new files. Default: `false`.
    #[serde(default)]
    pub watch: bool,
    /// How often to look. Default: `1s`.
    #[serde(default)]
    pub poll: Option<Span>,
}

impl FileConfig {
    /// The input.
    ///
    /// # Errors
    /// When there are no paths.
    pub fn build(self, name: &str) -> Result<FileInput, String> {
        if self.paths.is_empty() {
            return Err("`paths` is empty".to_owned());
        }
        let poll = self.poll.map_or(Duration::from_secs(1), |span| span.0.unsigned_abs());
        Ok(FileInput {
            name: name.to_owned(),
            paths: self.paths,
            watch: self.watch.then_some(poll.max(Duration::from_millis(10))),
            looked: false,
            restored: Done::default(),
            done: Done::default(),
            taken: HashSet::new(),
            told: HashSet::new(),
            last: HashSet::new(),
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
    /// How often to look, while watching.
    watch: Option<Duration>,
    looked: bool,
    /// What was done before this run.
    restored: Done,
    /// What is done, for the store.
    done: Done,
    /// What was taken in this run and is still there.
    taken: HashSet<State>,
    /// Paths whose problems were told.
    told: HashSet<String>,
    /// What was there at the last look: a file that is in it has not changed since.
    last: HashSet<State>,
    waiting: VecDeque<State>,
    problems: VecDeque<InputError>,
    /// The first file that waits, when a part of it was given.
    reader: Option<Reader>,
    /// Its next part is being read.
    task: Option<JoinHandle<(Step, Reader)>>,
    /// What was handed out, if it was the end of its file.
    held: Option<State>,
    released: bool,
}

impl FileInput {
    /// Looks for files that are new, and stable when watching.
    async fn look(&mut self) -> Result<(), InputError> {
        let paths = self.paths.clone();
        let look = move || {
            let mut found = walk::expand(&paths);
            let files = std::mem::take(&mut found.files).into_iter();
            let mut states: Vec<State> = files.filter_map(|file| State::of(file.path)).collect();
            states.sort_unstable();
            (states, found)
        };
        let looked = spawn_blocking(look).await;
        let (states, found) = looked.map_err(|error| InputError::Later(error.to_string()))?;
        self.looked = true;
        self.tell(found);
        self.sort_out(states);
        Ok(())
    }

    /// Each problem is told once; while watching, what a glob speaks of may still come.
    fn tell(&mut self, found: Found) {
        for (origin, problem) in found.problems {
            let nothing_yet = self.watch.is_some() && glob::is_glob(&origin);
            if !nothing_yet && self.told.insert(origin.clone()) {
                self.problems.push_back(InputError::Unreadable { origin, problem });
            }
        }
    }

    fn sort_out(&mut self, states: Vec<State>) {
        let there: HashSet<State> = states.iter().cloned().collect();
        self.taken.retain(|state| there.contains(state));
        let is_stable =
            |state: &State| self.watch.is_none() || state.bytes > 0 && self.last.contains(state);
        let is_new = |state: &State| !self.taken.contains(state) && !self.restored.covers(state);
        self.waiting = states.into_iter().filter(|s| is_stable(s) && is_new(s)).collect();
        self.last = there;
    }

    /// The next part of the first file that waits. The reading goes on when this is dropped.
    async fn part(&mut self, state: &State) -> Result<Delivery, InputError> {
        let (reader, path) = (self.reader.take(), state.path.clone());
        let step = move || reader.unwrap_or_else(|| Reader::new(path)).step();
        let task = self.task.get_or_insert_with(|| spawn_blocking(step));
        let stepped = task.await;
        self.task = None;
        let (step, reader) = stepped.map_err(|error| InputError::Later(error.to_string()))?;
        if step.last {
            self.waiting.pop_front();
            self.taken.insert(state.clone());
        } else {
            self.reader = Some(reader);
        }
        self.delivery(step, state)
    }

    fn delivery(&mut self, step: Step, state: &State) -> Result<Delivery, InputError> {
        let origin = step.origin(state);
        let body = step
            .body
            .map_err(|problem| InputError::Unreadable { origin: origin.clone(), problem })?;
        self.held = step.last.then(|| state.clone());
        let resume = step.last.then(|| self.done.with(state).to_string());
        Ok(Delivery { origin, kind: Kind::Any, body, token: state.name.clone(), resume })
    }

    fn settle(&mut self) {
        if let Some(state) = self.held.take() {
            self.done = self.done.with(&state);
        }
    }
}

#[async_trait]
impl Input for FileInput {
    fn name(&self) -> &str {
        &self.name
    }

    fn resume(&mut self, place: &str) {
        self.restored = Done::parse(place);
        self.done = self.restored.clone();
    }

    async fn next(&mut self) -> Result<Option<Delivery>, InputError> {
        self.settle();
        if self.released {
            tokio::time::sleep(RELEASE_PAUSE).await;
            self.released = false;
        }
        loop {
            if let Some(problem) = self.problems.pop_front() {
                return Err(problem);
            }
            if let Some(state) = self.waiting.front().cloned() {
                return self.part(&state).await.map(Some);
            }
            match (self.looked, self.watch) {
                (true, None) => return Ok(None),
                (true, Some(poll)) => tokio::time::sleep(poll).await,
                (false, _) => {}
            }
            self.look().await?;
        }
    }

    async fn ack(&mut self, _token: &str) -> Result<(), InputError> {
        self.settle();
        Ok(())
    }

    async fn release(&mut self, _token: &str) {
        if let Some(state) = self.held.take() {
            self.waiting.push_front(state);
        }
        // A file in parts begins again: what was safe of it counts once all the same.
        self.reader = None;
        self.released = true;
    }

    async fn fetch(&self, object: &S3Object) -> Result<Vec<u8>, InputError> {
        Err(not_fetched(object))
    }
}
