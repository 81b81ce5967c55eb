//! Remembers which files are done.
//!
//! Files may arrive late, with old names and new times, so a name alone does not say where to
//! continue. What is kept is a position in the order of (modification time, path), and the files
//! done after it: those of the last ten minutes before the newest one done, at most a thousand.
//! After a restart a file is taken if it comes after the position and is not among them.
//!
//! For growing files of lines, the offset after the last whole line done is kept, with a hash of
//! the file's beginning: a file that was replaced or truncated starts over.
//!
//! So a file that was done is never taken again, and only one kind of file is missed: one that
//! appears after a restart of the program with a modification time more than ten minutes (or a
//! thousand files) before the newest one done. Programs that copy files and keep their times can
//! cause that; within one run such files are taken too.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// How long before the newest file done single files are remembered, in nanoseconds.
const WINDOW_NANOS: u64 = 600_000_000_000;
/// How many single files are remembered: the position is written with every file.
const MAX_NAMES: usize = 1000;

/// For how many growing files the offset is remembered.
const MAX_TAILS: usize = 100;

/// The state of a file, in the order in which files are taken.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct FileState {
    /// When it was modified, in nanoseconds since 1970.
    pub(super) modified: u64,
    /// The path, for people and the store.
    pub(super) name: String,
    /// The path.
    pub(super) path: PathBuf,
    /// The size.
    pub(super) bytes: u64,
}

impl FileState {
    /// The current state of a file; `None` if it is gone.
    pub(super) fn read_from(path: PathBuf) -> Option<Self> {
        let meta = fs::metadata(&path).ok()?;
        let since = meta.modified().unwrap_or(SystemTime::UNIX_EPOCH).duration_since(UNIX_EPOCH);
        let modified = u64::try_from(since.unwrap_or_default().as_nanos()).unwrap_or(u64::MAX);
        Some(Self { modified, name: path.display().to_string(), path, bytes: meta.len() })
    }

    fn sort_key(&self) -> (u64, String) {
        (self.modified, self.name.clone())
    }
}

/// Which files are done, as kept in the store.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct FilesDone {
    /// Every file up to here is done.
    after: (u64, String),
    /// Files after it that are done.
    names: BTreeSet<(u64, String)>,
    /// How far growing files of lines are done, by path.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    tails: BTreeMap<String, FileTail>,
    /// Files that could not be read: they are not done, whatever their position.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    unreadable: BTreeSet<(u64, String)>,
}

/// How far a file of lines is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct FileTail {
    /// The offset after the last whole line done, in bytes.
    pub(super) offset: u64,
    /// How many bytes at the file's beginning are hashed.
    pub(super) head_bytes: u64,
    /// Their hash.
    pub(super) head_hash: u64,
    /// When the file was modified, in nanoseconds since 1970: the one untouched for longest is
    /// forgotten.
    pub(super) modified: u64,
}

impl FilesDone {
    /// Parses what [`Display`](fmt::Display) wrote; anything else means that nothing is done.
    pub(super) fn parse(place: &str) -> Self {
        serde_json::from_str(place).unwrap_or_default()
    }

    /// Whether a file is done.
    pub(super) fn is_done(&self, state: &FileState) -> bool {
        let place = state.sort_key();
        let is_behind = place <= self.after || self.names.contains(&place);
        is_behind && !self.unreadable.contains(&place)
    }

    /// How far a file of lines is done.
    pub(super) fn tail_of(&self, name: &str) -> Option<FileTail> {
        self.tails.get(name).copied()
    }

    /// The same, with a file of lines done this far.
    pub(super) fn with_tail(&self, name: &str, tail: FileTail) -> Self {
        let mut done = self.clone();
        done.tails.insert(name.to_owned(), tail);
        while done.tails.len() > MAX_TAILS {
            let oldest = done.tails.iter().min_by_key(|(_, tail)| tail.modified);
            let Some(oldest) = oldest.map(|(name, _)| name.clone()) else { break };
            done.tails.remove(&oldest);
        }
        done
    }

    /// The same, with a file that could not be read and is to be retried. Beyond [`MAX_NAMES`] the
    /// oldest are dropped.
    pub(super) fn with_unreadable(&self, state: &FileState) -> Self {
        let mut done = self.clone();
        done.unreadable.insert(state.sort_key());
        while done.unreadable.len() > MAX_NAMES {
            done.unreadable.pop_first();
        }
        done
    }

    /// The same, with one more file done.
    pub(super) fn with_file(&self, state: &FileState) -> Self {
        let mut done = self.clone();
        done.unreadable.remove(&state.sort_key());
        if !done.is_done(state) {
            done.names.insert(state.sort_key());
        }
        let newest = done.names.last().map_or(0, |(modified, _)| *modified);
        while let Some(first) = done.names.first()
            && (done.names.len() > MAX_NAMES || first.0.saturating_add(WINDOW_NANOS) < newest)
        {
            done.after = first.clone();
            done.names.pop_first();
        }
        done
    }
}

impl fmt::Display for FilesDone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(seconds: u64, name: &str) -> FileState {
        FileState {
            modified: seconds * 1_000_000_000,
            name: name.into(),
            path: name.into(),
            bytes: 1,
        }
    }

    #[test]
    fn what_was_done_is_covered_and_what_is_behind_the_place_is_not() {
        let done = [state(0, "a"), state(100, "b"), state(650, "c")];
        let place = done.iter().fold(FilesDone::default(), |place, state| place.with_file(state));
        let again = FilesDone::parse(&place.to_string());
        assert_eq!(again, place);
        assert_eq!(again.names.len(), 2, "what is older than ten minutes is the place");
        assert!(done.iter().all(|state| again.is_done(state)));
        assert!(!again.is_done(&state(0, "b")) && !again.is_done(&state(100, "a")));
        assert!(again.is_done(&state(0, "A")));
        assert_eq!(FilesDone::parse("AWSLogs/x"), FilesDone::default());
    }

    #[test]
    fn a_file_that_could_not_be_read_is_not_done_wherever_it_stands() {
        let unreadable = state(0, "a");
        let done = FilesDone::default().with_unreadable(&unreadable).with_file(&state(9_000, "b"));
        let done = FilesDone::parse(&done.with_file(&state(90_000, "c")).to_string());
        assert!(!done.is_done(&unreadable) && done.is_done(&state(9_000, "b")));
        assert!(done.with_file(&unreadable).is_done(&unreadable));
    }

    #[test]
    fn offsets_of_growing_files_are_kept_of_those_that_grew_last() {
        let tail = |modified| FileTail { offset: 7, head_bytes: 1, head_hash: 1, modified };
        let mut done = FilesDone::default();
        for number in 0..150 {
            done = done.with_tail(&number.to_string(), tail(number));
        }
        let again = FilesDone::parse(&done.to_string());
        assert_eq!((again.tail_of("49"), again.tail_of("50")), (None, Some(tail(50))));
    }

    #[test]
    fn a_place_stays_small_where_many_files_have_one_time() {
        let mut place = FilesDone::default();
        for number in 0..5000 {
            place = place.with_file(&state(7, &format!("{number:05}")));
        }
        assert_eq!(place.names.len(), MAX_NAMES);
        assert!(place.is_done(&state(7, "00000")) && place.is_done(&state(7, "04999")));
        assert!(!place.is_done(&state(7, "05000")));
    }
}
