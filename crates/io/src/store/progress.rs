//! Which bodies are being read: a small file beside the store, written as each begins and ends.
//!
//! If a process dies, the file still lists its bodies, and the next process counts a death for
//! each. The file is not synced: it must outlive the process, not the machine. Two deaths of a body
//! that was read for more than a second set it aside. Deaths in shorter reads are more often chance
//! (somebody restarts the program just then), so it takes twenty of them.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, Weak};
use std::time::{Duration, Instant};

use aware_pipeline::port::ReadProgress;

/// From when a read counts as long.
const LONG_READ: Duration = Duration::from_secs(1);
/// Interval between checks whether a read has become long.
const CHECK_INTERVAL: Duration = Duration::from_millis(100);
/// The total weight of deaths at which a body is set aside.
const FATAL_WEIGHT: u32 = 20;
/// The weight of a death during a long read.
const LONG_DEATH_WEIGHT: u32 = 10;
/// The weight of a death during a short read.
const SHORT_DEATH_WEIGHT: u32 = 1;
/// How many bodies are remembered under which a process died.
const MAX_REMEMBERED: usize = 100;
/// The longest file that is read, in bytes; a longer one is not ours.
const MAX_FILE: u64 = 1 << 20;

/// A progress file.
#[derive(Debug)]
pub struct ProgressFile {
    inner: Arc<Mutex<ProgressState>>,
}

#[derive(Debug)]
struct ProgressState {
    file: File,
    bodies: BTreeMap<String, BodyProgress>,
}

/// What is known of one body.
#[derive(Clone, Debug, Default)]
struct BodyProgress {
    deaths: u32,
    /// When reading it began; `None` if it is not being read.
    since: Option<Instant>,
    is_long: bool,
}

impl ProgressFile {
    /// Opens or creates the file, and counts the bodies under which the process that wrote it died.
    ///
    /// # Errors
    /// If it cannot be opened or written.
    pub fn open(path: &Path) -> io::Result<Self> {
        super::private::create_file(path)?;
        let mut options = OpenOptions::new();
        let mut file = options.read(true).write(true).create(true).truncate(false).open(path)?;
        let mut text = String::new();
        // An unreadable file records no deaths; it is rewritten.
        let _ = Read::by_ref(&mut file).take(MAX_FILE).read_to_string(&mut text);
        let mut bodies: BTreeMap<String, BodyProgress> =
            text.lines().filter_map(parse_line).collect();
        while bodies.len() > MAX_REMEMBERED {
            bodies.pop_first();
        }
        let mut inner = ProgressState { file, bodies };
        inner.write_file()?;
        let inner = Arc::new(Mutex::new(inner));
        let watched = Arc::downgrade(&inner);
        std::thread::spawn(move || watch_long_reads(&watched));
        Ok(Self { inner })
    }
}

/// Parses a line: whether the body was being read (`-`, `short` or `long`), its deaths, its name.
fn parse_line(line: &str) -> Option<(String, BodyProgress)> {
    let (look, rest) = line.split_once(' ')?;
    let (deaths, name) = rest.split_once(' ')?;
    let died = match look {
        "long" => LONG_DEATH_WEIGHT,
        "short" => SHORT_DEATH_WEIGHT,
        _ => 0,
    };
    let deaths = deaths.parse::<u32>().ok()?.saturating_add(died);
    Some((name.to_owned(), BodyProgress { deaths, ..BodyProgress::default() }))
}

/// Marks reads that have become long, as long as the file is in use.
fn watch_long_reads(inner: &Weak<Mutex<ProgressState>>) {
    loop {
        std::thread::sleep(CHECK_INTERVAL);
        let Some(inner) = inner.upgrade() else { return };
        let Ok(mut inner) = inner.lock() else { return };
        let is_new = |body: &&mut BodyProgress| {
            !body.is_long && body.since.is_some_and(|since| since.elapsed() >= LONG_READ)
        };
        let mut any = false;
        inner.bodies.values_mut().filter(is_new).for_each(|body| {
            (body.is_long, any) = (true, true);
        });
        if any {
            let _ = inner.write_file();
        }
    }
}

impl ProgressState {
    fn write_file(&mut self) -> io::Result<()> {
        let mut text = String::new();
        for (name, body) in &self.bodies {
            let look = match (body.since, body.is_long) {
                (None, _) => "-",
                (Some(_), false) => "short",
                (Some(_), true) => "long",
            };
            text.push_str(&format!("{look} {} {name}\n", body.deaths));
        }
        self.file.rewind()?;
        self.file.write_all(text.as_bytes())?;
        self.file.set_len(text.len() as u64)
    }
}

impl ReadProgress for ProgressFile {
    fn begin_body(&self, body: &str) -> bool {
        let Ok(mut inner) = self.inner.lock() else { return true };
        let known = inner.bodies.entry(body.replace('\n', " ")).or_default();
        if known.deaths >= FATAL_WEIGHT {
            return false;
        }
        (known.since, known.is_long) = (Some(Instant::now()), false);
        let _ = inner.write_file();
        true
    }

    fn end_body(&self, body: &str) {
        let Ok(mut inner) = self.inner.lock() else { return };
        if inner.bodies.remove(&body.replace('\n', " ")).is_some() {
            let _ = inner.write_file();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A process that dies while it reads a body.
    fn die(path: &Path, body: &str, is_long: bool) -> bool {
        let progress = ProgressFile::open(path).unwrap();
        let begun = progress.begin_body(body);
        if is_long {
            let mut inner = progress.inner.lock().unwrap();
            inner.bodies.values_mut().for_each(|body| body.is_long = true);
            inner.write_file().unwrap();
        }
        begun
    }

    #[test]
    fn two_deaths_of_a_long_look_are_enough() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("progress");
        assert!(die(&path, "a", true) && die(&path, "a", true));
        assert!(!die(&path, "a", true));
        assert!(die(&path, "b", true));
    }

    #[test]
    fn twenty_of_a_short_one_are() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("progress");
        for _ in 0..20 {
            assert!(die(&path, "a\nb", false));
        }
        assert!(!die(&path, "a\nb", false));
    }

    #[test]
    fn what_ended_well_has_no_deaths() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("progress");
        assert!(die(&path, "a", true));
        let progress = ProgressFile::open(&path).unwrap();
        assert!(progress.begin_body("a"));
        progress.end_body("a");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "");
        drop(progress);
        assert!(die(&path, "a", true) && die(&path, "a", true));
    }

    #[test]
    fn another_file_tells_of_no_deaths() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("progress");
        std::fs::write(&path, b"\xff\nlong x y\nlong 99999999999 y\n").unwrap();
        assert!(ProgressFile::open(&path).unwrap().begin_body("y"));
    }
}
