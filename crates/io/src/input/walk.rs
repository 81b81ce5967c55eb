//! Finds files on disk: by name, in folders, by globs. `read.rs` reads them.

use std::collections::{BTreeSet, HashSet};
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use aware_core::envelope::other_logs;

use super::glob;

pub use super::read::{ChunkProblem, LineChunks, MAX_FILE, ReadProblem, is_lines, read_into};

/// A file and its size.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FoundFile {
    /// Where it is.
    pub path: PathBuf,
    /// How large it was when it was found.
    pub bytes: u64,
}

/// What was found, and what could not be accessed.
#[derive(Clone, Debug, Default)]
pub struct FoundFiles {
    /// Files, in the order of their paths' bytes, each once.
    pub files: Vec<FoundFile>,
    /// Paths that could not be accessed, and why.
    pub problems: Vec<(String, String)>,
    /// Arguments that exist but lead to no file, and what is there instead; while watching, files
    /// may still come.
    pub empty: Vec<(String, String)>,
    /// How many files were skipped because their paths show that another service wrote them.
    pub skipped: u64,
}

/// Finds the files that the arguments name: files, folders, globs.
///
/// Folders are walked recursively, and hidden files skipped. Links to folders are followed after
/// everything else, and each folder is visited once, so that a walk ends. A file that several
/// arguments lead to is found once, by its first path. A name that exists is never read as a glob.
///
/// In a copy of a bucket that several services share, files of services that no source reads are
/// left out and counted, unless an argument leads into their folder.
pub fn find_files(arguments: &[String]) -> FoundFiles {
    let mut walk = FileWalk::default();
    for argument in arguments {
        walk.walk_argument(argument);
    }
    walk.into_found()
}

/// A file with the device and inode that identify it.
type WalkEntry = (FoundFile, (u64, u64));

#[derive(Default)]
struct FileWalk {
    entries: Vec<WalkEntry>,
    problems: Vec<(String, String)>,
    empty: Vec<(String, String)>,
    skipped: u64,
    /// Folders visited for this argument, by device and inode.
    folders: HashSet<(u64, u64)>,
    /// Links to folders, followed last.
    links: BTreeSet<PathBuf>,
}

impl FileWalk {
    fn walk_argument(&mut self, argument: &str) {
        let path = Path::new(argument);
        let before = (self.entries.len(), self.problems.len(), self.skipped);
        let nothing = match fs::metadata(path) {
            Ok(meta) if meta.is_dir() => {
                let is_wanted = is_of_other_service(path);
                self.walk_tree(path, &|file| FileChoice::of(file, true, is_wanted));
                "holds no files".to_owned()
            }
            Ok(meta) => return self.add_file(path.to_owned(), &meta),
            Err(_) if glob::is_glob(argument) => self.walk_glob(argument),
            Err(error) => {
                return self.problems.push((argument.to_owned(), describe_missing(path, &error)));
            }
        };
        if before.0 == self.entries.len() && before.1 == self.problems.len() {
            let nothing = match self.skipped - before.2 {
                0 => nothing,
                1 => "holds no logs that are read, but 1 file of other services".to_owned(),
                n => format!("holds no logs that are read, but {n} files of other services"),
            };
            self.empty.push((argument.to_owned(), nothing));
        }
    }

    /// Walks what a glob matches; returns what to say if it matches nothing.
    fn walk_glob(&mut self, pattern: &str) -> String {
        let root = glob::root_folder(pattern);
        if Path::new(&root).is_dir() {
            let is_wanted = is_of_other_service(Path::new(&root));
            self.walk_tree(Path::new(&root), &|path| {
                let matches = glob::matches_path(pattern, &path.to_string_lossy());
                FileChoice::of(path, matches, is_wanted)
            });
        }
        format!("no file matches (hint: looked in `{root}`; `**` goes into all folders)")
    }

    /// Walks a folder, then the folders that links in it lead to.
    fn walk_tree(&mut self, root: &Path, choose: &dyn Fn(&Path) -> FileChoice) {
        self.folders.clear();
        self.walk_folder(root, choose);
        while let Some(link) = self.links.pop_first() {
            self.walk_folder(&link, choose);
        }
    }

    fn walk_folder(&mut self, folder: &Path, choose: &dyn Fn(&Path) -> FileChoice) {
        let listed = fs::metadata(folder).and_then(|meta| Ok((meta, fs::read_dir(folder)?)));
        let (meta, entries) = match listed {
            Ok(listed) => listed,
            Err(error) => return self.add_problem(folder, &error),
        };
        if !self.folders.insert((meta.dev(), meta.ino())) {
            return;
        }
        for entry in entries {
            match entry.and_then(|entry| Ok((entry.path(), entry.file_type()?))) {
                Ok((path, _)) if is_hidden(&path) => {}
                Ok((path, kind)) if kind.is_dir() => self.walk_folder(&path, choose),
                Ok((path, kind)) if kind.is_symlink() && path.is_dir() => {
                    self.links.insert(path);
                }
                Ok((path, _)) => match choose(&path) {
                    FileChoice::Take => self.add_log_file(path),
                    FileChoice::Skip => self.skipped += 1,
                    FileChoice::Ignore => {}
                },
                Err(error) => self.add_problem(folder, &error),
            }
        }
    }

    /// Takes files and links to files. Sockets and devices are not logs.
    fn add_log_file(&mut self, path: PathBuf) {
        match fs::metadata(&path) {
            Ok(meta) if meta.is_file() => self.add_file(path, &meta),
            Ok(_) => {}
            // It existed a moment ago and has been removed since.
            Err(error) if error.kind() == io::ErrorKind::NotFound && !path.is_symlink() => {}
            Err(error) => self.add_problem(&path, &error),
        }
    }

    fn add_file(&mut self, path: PathBuf, meta: &Metadata) {
        self.entries.push((FoundFile { path, bytes: meta.len() }, (meta.dev(), meta.ino())));
    }

    fn add_problem(&mut self, path: &Path, error: &io::Error) {
        self.problems.push((path.display().to_string(), error.to_string()));
    }

    fn into_found(mut self) -> FoundFiles {
        let bytes = |path: &PathBuf| path.as_os_str().as_bytes().to_vec();
        self.entries.sort_by_cached_key(|(file, _)| bytes(&file.path));
        for told in [&mut self.problems, &mut self.empty] {
            told.sort_unstable();
            told.dedup();
        }
        let mut seen = HashSet::with_capacity(self.entries.len());
        let files = self.entries.into_iter().filter(|(_, id)| seen.insert(*id));
        let files = files.map(|(file, _)| file).collect();
        FoundFiles { files, problems: self.problems, empty: self.empty, skipped: self.skipped }
    }
}

/// What to do with a file that a walk finds.
enum FileChoice {
    Take,
    /// Another service wrote it: skip and count it.
    Skip,
    /// The argument does not match it.
    Ignore,
}

impl FileChoice {
    fn of(path: &Path, matches: bool, is_wanted: bool) -> Self {
        match matches {
            false => Self::Ignore,
            true if !is_wanted && is_of_other_service(path) => Self::Skip,
            true => Self::Take,
        }
    }
}

fn is_of_other_service(path: &Path) -> bool {
    // A folder alone has no file in its path, so an empty name stands for one.
    let key = format!("{}/", path.display());
    other_logs::service_of_key(&key).is_some()
}

/// Describes how much of a missing path exists.
fn describe_missing(path: &Path, error: &io::Error) -> String {
    if error.kind() != io::ErrorKind::NotFound {
        return error.to_string();
    }
    if path.is_symlink() {
        return "is a link to a file that does not exist".to_owned();
    }
    let above = path.ancestors().skip(1).find(|above| above.is_dir());
    match above.filter(|above| above.file_name().is_some()) {
        Some(above) => format!("does not exist (hint: the folder `{}` does)", above.display()),
        None => "does not exist".to_owned(),
    }
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_bytes().starts_with(b"."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(names: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for name in names {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, name).unwrap();
        }
        folder
    }

    fn names(folder: &Path, arguments: &[&str]) -> (Vec<String>, Vec<String>) {
        let root = format!("{}/", folder.display());
        let arguments: Vec<String> = arguments.iter().map(|name| format!("{root}{name}")).collect();
        let found = find_files(&arguments);
        let short = |text: String| text.replace(&root, "");
        let files = found.files.iter().map(|file| short(file.path.display().to_string())).collect();
        let problem = |(path, problem): (String, String)| short(format!("{path}: {problem}"));
        (files, found.problems.into_iter().chain(found.empty).map(problem).collect())
    }

    #[test]
    fn files_folders_and_globs_each_once_in_order() {
        let folder = folder(&["a/2.json", "a/1.json", "a/b/3.gz", "a/.hidden", "a-b", "a/.git/x"]);
        let (files, problems) =
            names(folder.path(), &["a", "a/1.json", "a/**/*.gz", "./a/../a-b", "a-b"]);
        assert_eq!(files, ["./a/../a-b", "a/1.json", "a/2.json", "a/b/3.gz"]);
        assert!(problems.is_empty(), "{problems:?}");
    }

    #[test]
    fn the_order_is_that_of_the_bytes() {
        let folder = folder(&["a/x", "a-b", "a.b", "B", "ä"]);
        assert_eq!(names(folder.path(), &["."]).0, ["./B", "./a-b", "./a.b", "./a/x", "./ä"]);
    }

    #[test]
    fn files_of_other_services_are_left_out_unless_they_are_asked_for() {
        let account = "AWSLogs/222233334444";
        let keys = ["CloudTrail/a", "Config/b", "StorageLens/eu-west-1/c", "ELBAccessLogTestFile"];
        let keys = keys.map(|key| format!("{account}/{key}"));
        let folder = folder(&keys.each_ref().map(String::as_str));
        let skipped =
            |path: &str| find_files(&[folder.path().join(path).display().to_string()]).skipped;
        assert_eq!(names(folder.path(), &["."]).0, ["./AWSLogs/222233334444/CloudTrail/a"]);
        assert_eq!((skipped("."), skipped("**/*"), skipped("**/a")), (3, 3, 0));
        let config = format!("{account}/Config");
        assert_eq!(names(folder.path(), &[&config]).0, [format!("{config}/b")]);
        assert_eq!(skipped(&config), 0);
    }

    #[test]
    fn what_is_not_there_is_told_with_a_hint() {
        let folder = folder(&["a/1.json"]);
        std::os::unix::fs::symlink("nowhere", folder.path().join("broken")).unwrap();
        let (files, problems) = names(folder.path(), &["a/none", "a/*.zip", "broken", "c/d/*"]);
        assert!(files.is_empty());
        let root = folder.path().display();
        assert_eq!(
            problems,
            [
                "a/none: does not exist (hint: the folder `a` does)",
                "broken: is a link to a file that does not exist",
                "a/*.zip: no file matches (hint: looked in `a`; `**` goes into all folders)",
                "c/d/*: no file matches (hint: looked in `c/d`; `**` goes into all folders)",
            ],
            "{root}"
        );
    }

    #[test]
    fn what_holds_no_files_is_told() {
        let folder = folder(&["a/.hidden", "AWSLogs/222233334444/Config/x"]);
        fs::create_dir(folder.path().join("b")).unwrap();
        let (files, problems) = names(folder.path(), &["a", "b", "AWSLogs", "AWSLogs/**/x"]);
        assert!(files.is_empty());
        let others = "holds no logs that are read, but 1 file of other services";
        let told = |path: &str, what: &str| format!("{path}: {what}");
        assert_eq!(
            problems,
            [
                told("AWSLogs", others),
                told("AWSLogs/**/x", others),
                told("a", "holds no files"),
                told("b", "holds no files"),
            ]
        );
    }

    #[test]
    fn links_are_followed_last_and_each_folder_once() {
        let folder = folder(&["a/b/c", "elsewhere/d", "elsewhere/e"]);
        let link = |to: &str, from: &str| {
            std::os::unix::fs::symlink(folder.path().join(to), folder.path().join(from)).unwrap();
        };
        link("a", "a/b/loop");
        link("elsewhere/d", "a/d");
        link("elsewhere", "a/0-linked");
        link("elsewhere", "a/1-again");
        link("a", "elsewhere/back");
        link("elsewhere", "by-name");
        assert_eq!(names(folder.path(), &["a"]).0, ["a/0-linked/d", "a/0-linked/e", "a/b/c"]);
        let through = ["by-name/back/b/c", "by-name/back/d", "by-name/e"];
        assert_eq!(names(folder.path(), &["by-name"]).0, through);
        assert_eq!(names(folder.path(), &["a/**/e"]).0, ["a/0-linked/e"]);
    }
}
