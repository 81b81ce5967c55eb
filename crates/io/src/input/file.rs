//! Files and folders, once or watched.
//!
//! Files are taken in the order of their modification times. What was done is remembered as the
//! newest of these times, with the paths done within ten minutes before it: after a restart a
//! file is taken when it is newer than that window, or within it and not done. Within one run
//! every path is taken once for each state of it.

use std::collections::{BTreeSet, HashSet, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use aware_core::envelope::{Kind, S3Object};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::walk::{self, MAX_FILE};
use crate::config::Span;
use crate::port::{Delivery, Input, InputError};

/// How far back, in nanoseconds, single paths are remembered.
const WINDOW: u64 = 600_000_000_000;

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
            watch: self.watch,
            poll: poll.max(Duration::from_millis(10)),
            looked: false,
            done: Done::default(),
            taken: HashSet::new(),
            told: HashSet::new(),
            sizes: HashSet::new(),
            waiting: VecDeque::new(),
        })
    }
}

/// One state of a file.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct State {
    modified: u64,
    path: PathBuf,
    bytes: u64,
}

/// What was done, as the store keeps it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Done {
    newest: u64,
    recent: BTreeSet<(u64, PathBuf)>,
}

impl Done {
    fn covers(&self, state: &State) -> bool {
        let old = state.modified.saturating_add(WINDOW) < self.newest;
        old || self.recent.contains(&(state.modified, state.path.clone()))
    }

    fn add(&mut self, state: &State) {
        self.newest = self.newest.max(state.modified);
        self.recent.insert((state.modified, state.path.clone()));
        let newest = self.newest;
        self.recent.retain(|(modified, _)| modified.saturating_add(WINDOW) >= newest);
    }
}

/// Files and folders.
#[derive(Debug)]
pub struct FileInput {
    name: String,
    paths: Vec<String>,
    watch: bool,
    poll: Duration,
    looked: bool,
    done: Done,
    taken: HashSet<State>,
    told: HashSet<String>,
    /// The states seen at the last look: a file is taken when it has not changed since.
    sizes: HashSet<State>,
    waiting: VecDeque<State>,
}

impl FileInput {
    /// Looks for files that are new, and stable when watching. Problems are told once.
    fn look(&mut self) -> Option<InputError> {
        let found = walk::expand(&self.paths);
        self.looked = true;
        let mut states: Vec<State> =
            found.files.into_iter().filter_map(|file| state(file.path)).collect();
        states.sort_unstable();
        let seen: HashSet<State> = states.iter().cloned().collect();
        let stable = |state: &State| !self.watch || (state.bytes > 0 && self.sizes.contains(state));
        let new = |state: &State| !self.taken.contains(state) && !self.done.covers(state);
        self.waiting = states.into_iter().filter(|state| stable(state) && new(state)).collect();
        self.sizes = seen;
        let news = found.problems.into_iter().find(|(path, _)| !self.told.contains(path));
        let (origin, problem) = news?;
        self.told.insert(origin.clone());
        let nothing_yet = self.watch && problem == "no file matches";
        (!nothing_yet).then_some(InputError::Unreadable { origin, problem })
    }

    fn take(&mut self, state: State) -> Result<Delivery, InputError> {
        self.taken.insert(state.clone());
        let origin = state.path.display().to_string();
        let unreadable =
            |problem: String| InputError::Unreadable { origin: origin.clone(), problem };
        let mut body = Vec::new();
        let changed = walk::read(&state.path, MAX_FILE, &mut body)
            .map_err(|error| unreadable(error.to_string()))?;
        if changed {
            return Err(unreadable(
                "file changed while it was read; it is taken again when it is stable".to_owned(),
            ));
        }
        let mut done = self.done.clone();
        done.add(&state);
        let resume = serde_json::to_string(&done).ok();
        self.done = done;
        Ok(Delivery { origin, kind: Kind::Any, body, token: String::new(), resume })
    }
}

fn state(path: PathBuf) -> Option<State> {
    let meta = fs::metadata(&path).ok()?;
    Some(State { modified: nanoseconds(meta.modified().ok()?), path, bytes: meta.len() })
}

fn nanoseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

#[async_trait]
impl Input for FileInput {
    fn name(&self) -> &str {
        &self.name
    }

    fn resume(&mut self, place: &str) {
        self.done = serde_json::from_str(place).unwrap_or_default();
    }

    async fn next(&mut self) -> Result<Option<Delivery>, InputError> {
        loop {
            if let Some(state) = self.waiting.pop_front() {
                return self.take(state).map(Some);
            }
            if self.looked && !self.watch {
                return Ok(None);
            }
            if self.looked {
                tokio::time::sleep(self.poll).await;
            }
            if let Some(problem) = self.look() {
                return Err(problem);
            }
        }
    }

    async fn ack(&mut self, _token: &str) -> Result<(), InputError> {
        Ok(())
    }

    async fn release(&mut self, _token: &str) {}

    async fn fetch(&self, object: &S3Object) -> Result<Vec<u8>, InputError> {
        Err(not_fetched(object))
    }
}

/// A notice of an object, found where no objects can be fetched.
pub(super) fn not_fetched(object: &S3Object) -> InputError {
    InputError::Unreadable {
        origin: Path::new(&object.bucket).join(&object.key).display().to_string(),
        problem: "a notice of an object is no log (hint: use an input of type `sqs` for notices)"
            .to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(folder: &Path, watch: bool) -> FileInput {
        let paths = vec![folder.display().to_string()];
        FileConfig { paths, watch, poll: Some("10ms".parse().map(Span).unwrap()) }
            .build("files")
            .unwrap()
    }

    async fn names(input: &mut FileInput) -> (Vec<String>, Option<String>) {
        let (mut names, mut resume) = (Vec::new(), None);
        while let Some(delivery) = input.next().await.unwrap() {
            names.push(delivery.origin.rsplit('/').next().unwrap().to_owned());
            resume = delivery.resume;
        }
        (names, resume)
    }

    fn write(folder: &Path, name: &str, seconds: u64) {
        let file = fs::File::create(folder.join(name)).unwrap();
        std::io::Write::write_all(&mut &file, b"{}").unwrap();
        file.set_modified(UNIX_EPOCH + Duration::from_secs(1_000_000_000 + seconds)).unwrap();
    }

    #[tokio::test]
    async fn after_a_restart_exactly_the_rest_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "b", 0);
        write(folder.path(), "a", 0);
        write(folder.path(), "c", 60);
        let (all, resume) = names(&mut input(folder.path(), false)).await;
        assert_eq!(all, ["a", "b", "c"]);
        write(folder.path(), "late", 30);
        write(folder.path(), "d", 5_000);
        let mut again = input(folder.path(), false);
        again.resume(&resume.unwrap());
        assert_eq!(names(&mut again).await.0, ["late", "d"]);
    }

    #[tokio::test]
    async fn a_watched_folder_gives_files_that_are_stable() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "a", 0);
        let mut input = input(folder.path(), true);
        assert!(input.next().await.unwrap().unwrap().origin.ends_with("/a"));
        fs::write(folder.path().join("empty"), b"").unwrap();
        let nothing = tokio::time::timeout(Duration::from_millis(100), input.next()).await;
        assert!(nothing.is_err(), "an empty file is still being written");
        write(folder.path(), "empty", 100);
        assert!(input.next().await.unwrap().unwrap().origin.ends_with("/empty"));
    }
}
