//! Files on the disk: finding them, and reading them whole or in chunks of lines.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use super::glob;

/// The largest file that is read whole, in bytes.
pub const MAX_FILE: u64 = 512 << 20;
/// How much is read of a file of lines at a time, in bytes.
const CHUNK: usize = 8 << 20;
/// The longest line, in bytes.
const MAX_LINE: usize = 16 << 20;

/// A file and its size.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FoundFile {
    /// Where it is.
    pub path: PathBuf,
    /// How large it was when it was found.
    pub bytes: u64,
}

/// What was found, and what could not be looked at.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// Files, in order of their paths, each once.
    pub files: Vec<FoundFile>,
    /// Paths that could not be looked at, and why.
    pub problems: Vec<(String, String)>,
}

/// Finds the files that arguments speak of: files, folders, globs.
///
/// Folders are walked in full; hidden files are left out, and links to folders are not followed,
/// so that a walk ends.
pub fn expand(arguments: &[String]) -> Found {
    let mut found = Found::default();
    for argument in arguments {
        let path = Path::new(argument);
        match fs::metadata(path) {
            Ok(meta) if meta.is_dir() => walk(path, &mut found, &|_| true),
            Ok(meta) => found.files.push(FoundFile { path: path.to_owned(), bytes: meta.len() }),
            Err(_) if glob::is_glob(argument) => expand_glob(argument, &mut found),
            Err(error) => found.problems.push((argument.clone(), error.to_string())),
        }
    }
    found.files.sort_unstable();
    found.files.dedup_by(|a, b| a.path == b.path);
    found
}

fn expand_glob(pattern: &str, found: &mut Found) {
    let before = found.files.len();
    let root = glob::root(pattern);
    walk(Path::new(&root), found, &|path| glob::matches(pattern, &path.to_string_lossy()));
    if found.files.len() == before {
        found.problems.push((pattern.to_owned(), "no file matches".to_owned()));
    }
}

fn walk(folder: &Path, found: &mut Found, wanted: &dyn Fn(&Path) -> bool) {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => {
            return found.problems.push((folder.display().to_string(), error.to_string()));
        }
    };
    for entry in entries {
        match entry.and_then(|entry| Ok((entry.path(), entry.file_type()?))) {
            Ok((path, _)) if is_hidden(&path) => {}
            Ok((path, kind)) if kind.is_dir() => walk(&path, found, wanted),
            Ok((path, _)) if wanted(&path) => match fs::metadata(&path) {
                Ok(meta) if meta.is_file() => {
                    found.files.push(FoundFile { path, bytes: meta.len() })
                }
                Ok(_) => {}
                Err(error) => found.problems.push((path.display().to_string(), error.to_string())),
            },
            Ok(_) => {}
            Err(error) => found.problems.push((folder.display().to_string(), error.to_string())),
        }
    }
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'))
}

/// Reads a whole file into a buffer. True when the file changed meanwhile: what was read may be
/// half of the old and half of the new.
///
/// # Errors
/// When it cannot be read, or is larger than `max` bytes.
pub fn read(path: &Path, max: u64, buffer: &mut Vec<u8>) -> io::Result<bool> {
    buffer.clear();
    let mut file = File::open(path)?;
    let before = file.metadata()?;
    let read = file.by_ref().take(max + 1).read_to_end(buffer)?;
    if read as u64 > max {
        buffer.clear();
        return Err(io::Error::other(format!("file is over the limit of {max} bytes")));
    }
    let after = file.metadata()?;
    Ok(before.is_file()
        && (after.len() != before.len() || after.modified().ok() != before.modified().ok()))
}

/// Chunks of whole lines of a stream, of about 8 MiB.
#[derive(Debug)]
pub struct Chunks<R> {
    reader: BufReader<R>,
    ended: bool,
}

impl<R: Read> Chunks<R> {
    /// Chunks of a stream.
    pub fn new(input: R) -> Self {
        Self { reader: BufReader::with_capacity(1 << 20, input), ended: false }
    }

    fn fill(&mut self) -> io::Result<Vec<u8>> {
        let mut chunk = Vec::new();
        while chunk.len() < CHUNK {
            let start = chunk.len();
            let limit = MAX_LINE as u64;
            let read = self.reader.by_ref().take(limit).read_until(b'\n', &mut chunk)?;
            if read == 0 {
                self.ended = true;
                break;
            }
            // What is left of a line that is too long becomes lines that are rejects.
            if read as u64 == limit && chunk.last() != Some(&b'\n') {
                chunk.truncate(start + 64);
                chunk.push(b'\n');
            }
        }
        Ok(chunk)
    }
}

impl<R: Read> Iterator for Chunks<R> {
    type Item = io::Result<Vec<u8>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        match self.fill() {
            Ok(chunk) if chunk.is_empty() => None,
            Ok(chunk) => Some(Ok(chunk)),
            Err(error) => {
                self.ended = true;
                Some(Err(error))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_globs_and_what_is_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir_all(at("a/b")).unwrap();
        for name in ["a/2.json", "a/1.json", "a/b/3.gz", "a/.hidden"] {
            fs::write(at(name), b"x").unwrap();
        }
        let text = |name: &str| at(name).display().to_string();
        let found = expand(&[
            text("a"),
            text("a/1.json"),
            text("a/**/*.gz"),
            text("none"),
            text("a/*.zip"),
        ]);
        let names: Vec<_> = found.files.iter().map(|file| file.path.clone()).collect();
        assert_eq!(names, [at("a/1.json"), at("a/2.json"), at("a/b/3.gz")]);
        assert_eq!(found.problems.len(), 2);
    }

    #[test]
    fn chunks_are_whole_lines_and_lose_nothing() {
        let line = "x".repeat(1000) + "\n";
        let text = line.repeat(20_000) + "last";
        let chunks: Vec<_> = Chunks::new(text.as_bytes()).map(Result::unwrap).collect();
        assert!(chunks.len() > 1);
        assert!(chunks[0].ends_with(b"\n"));
        assert_eq!(chunks.concat(), text.as_bytes());
    }

    #[test]
    fn a_file_over_the_limit_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        fs::write(&path, b"12345").unwrap();
        let mut buffer = Vec::new();
        assert!(!read(&path, 5, &mut buffer).unwrap());
        assert!(read(&path, 4, &mut buffer).unwrap_err().to_string().contains("over the limit"));
    }
}
