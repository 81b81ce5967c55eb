//! A folder of unreadable bodies, each with a note of its origin and the problem.
//!
//! A body is `TIME-HASH.body`, and its note `TIME-HASH.json`. The same body is kept once, however
//! often it comes again. Beyond the limit the oldest bodies are dropped.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use aware_core::text;
use aware_pipeline::port::{NotKept, RejectedBodies};
use jiff::Timestamp;
use serde_json::json;
use sha2::{Digest, Sha256};

/// A folder of rejected bodies, readable only by its owner.
#[derive(Debug)]
pub struct RejectedFolder {
    folder: PathBuf,
    max_bytes: u64,
    /// Locked while the folder changes, since several inputs may reject at once.
    changing: Mutex<()>,
}

/// A body that is kept.
struct KeptBody {
    path: PathBuf,
    bytes: u64,
}

impl RejectedFolder {
    /// A folder that keeps at most `max_bytes` of bodies. It is created with the first one.
    pub fn new(folder: &Path, max_bytes: u64) -> Self {
        Self { folder: folder.to_owned(), max_bytes, changing: Mutex::new(()) }
    }

    fn write_body(&self, origin: &str, problem: &str, body: &[u8]) -> io::Result<PathBuf> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
        let hash = body_hash(body);
        let kept = self.kept_bodies()?;
        let same = format!("-{hash}.body");
        if let Some(known) = kept.iter().find(|kept| file_name(&kept.path).ends_with(&same)) {
            return Ok(known.path.clone());
        }
        let limit = usize::try_from(self.max_bytes).unwrap_or(usize::MAX);
        let part = body.get(..body.len().min(limit)).unwrap_or(body);
        self.make_room(&kept, part.len() as u64)?;
        let now = Timestamp::now();
        let stem = format!("{}-{hash}", now.strftime("%Y%m%dT%H%M%SZ"));
        let note = json!({
            "origin": text::clean_line(origin),
            "problem": text::clean_line(problem),
            "time": now.to_string(),
            "bytes": body.len(),
            "kept_bytes": part.len(),
        });
        self.create_file(&format!("{stem}.json"), note.to_string().as_bytes())?;
        self.create_file(&format!("{stem}.body"), part)
    }

    /// Writes a file completely or not at all.
    fn create_file(&self, name: &str, bytes: &[u8]) -> io::Result<PathBuf> {
        let unfinished = self.folder.join(format!(".{name}"));
        let path = self.folder.join(name);
        let mut options = OpenOptions::new();
        let mut file =
            options.write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&unfinished, &path)?;
        Ok(path)
    }

    /// The bodies in the folder, oldest first: their names start with the time.
    fn kept_bodies(&self) -> io::Result<Vec<KeptBody>> {
        let mut bodies = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let (path, meta) = entry.and_then(|entry| Ok((entry.path(), entry.metadata()?)))?;
            if path.extension().is_some_and(|extension| extension == "body") {
                bodies.push(KeptBody { path, bytes: meta.len() });
            }
        }
        bodies.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(bodies)
    }

    fn make_room(&self, kept: &[KeptBody], bytes: u64) -> io::Result<()> {
        let mut total: u64 = kept.iter().map(|kept| kept.bytes).sum();
        for oldest in kept {
            if total.saturating_add(bytes) <= self.max_bytes {
                break;
            }
            fs::remove_file(&oldest.path)?;
            let _ = fs::remove_file(oldest.path.with_extension("json"));
            total = total.saturating_sub(oldest.bytes);
            tracing::warn!(path = %oldest.path.display(), "oldest rejected body dropped to make room");
        }
        Ok(())
    }
}

impl RejectedBodies for RejectedFolder {
    fn keep_body(&self, origin: &str, problem: &str, body: &[u8]) -> Result<String, NotKept> {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = self.write_body(origin, problem, body);
        kept.map(|path| path.display().to_string())
            .map_err(|problem| NotKept { place: self.folder.display().to_string(), problem })
    }
}

fn body_hash(body: &[u8]) -> String {
    Sha256::digest(body).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(folder).unwrap().map(|entry| file_name(&entry.unwrap().path())).collect();
        names.sort();
        names
    }

    #[test]
    fn a_body_is_kept_once_with_a_note_and_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rejected");
        let rejected = RejectedFolder::new(&path, 1_000);
        let first = rejected.keep_body("sqs://trail/1", "body is empty\u{1b}[2J", b"x").unwrap();
        assert_eq!(rejected.keep_body("sqs://trail/2", "again", b"x").unwrap(), first);
        assert_eq!(fs::read(&first).unwrap(), b"x");
        let note = fs::read_to_string(Path::new(&first).with_extension("json")).unwrap();
        assert!(note.contains("sqs://trail/1") && !note.contains('\u{1b}'), "{note}");
        assert_eq!(names(&path).len(), 2);
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(Path::new(&first))), (0o700, 0o600));
    }

    #[test]
    fn the_oldest_make_room_and_a_huge_one_is_cut() {
        let folder = tempfile::tempdir().unwrap();
        let rejected = RejectedFolder::new(folder.path(), 10);
        let old = folder.path().join("20200101T000000Z-00.body");
        fs::write(&old, b"12345678").unwrap();
        let kept = rejected.keep_body("a", "b", b"abc").unwrap();
        assert!(!old.exists() && Path::new(&kept).exists());
        let kept = rejected.keep_body("a", "b", &[7; 50]).unwrap();
        assert_eq!(fs::read(kept).unwrap().len(), 10);
        assert_eq!(names(folder.path()).len(), 2);
    }

    #[test]
    fn what_cannot_be_kept_says_why() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let problem = RejectedFolder::new(&file.path().join("x"), 10).keep_body("a", "b", b"c");
        assert!(problem.unwrap_err().to_string().contains("/x: "));
    }
}
