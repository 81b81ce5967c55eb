//! What the paths of a command name, read once or again.

use aware_io::input::s3::ObjectChoice;
use aware_io::input::walk::{self, FoundFile, FoundFiles};

use super::bodies::{BodySink, ReadOptions};
use super::files::share_files;
use super::kept::{KeepingSink, KeptStream};
use super::{remote, stream};
use crate::exit::CommandFailure;
use crate::interrupt;

/// The name of standard input as an origin.
const STDIN: &str = "standard input";

/// Why a pipe is not read again.
const NOT_A_FILE: &str = "it is no file, and can be read only once (hint: `-` is kept)";

/// The logs that paths name.
pub(crate) struct GivenLogs {
    found: FoundFiles,
    /// `-`, and buckets.
    streams: Vec<String>,
    /// What standard input brought, if it is to be read again.
    kept: Option<KeptStream>,
}

impl GivenLogs {
    /// Finds what the paths name.
    pub(crate) fn find_logs(paths: &[String]) -> Self {
        let (streams, local): (Vec<_>, Vec<_>) =
            paths.iter().cloned().partition(|path| path == "-" || path.starts_with("s3://"));
        let found = if local.is_empty() { FoundFiles::default() } else { walk::find_files(&local) };
        Self { found, streams, kept: None }
    }

    /// Keeps what standard input brings, so that it can be read again.
    #[must_use]
    pub(crate) fn keeping_stdin(self) -> Self {
        Self { kept: Some(KeptStream::new()), ..self }
    }

    /// Reads everything, with one sink per thread.
    ///
    /// # Errors
    /// If a path is invalid; what cannot be read is a reject.
    pub(crate) fn read_all<B: BodySink + Send>(
        &mut self,
        manner: &ReadOptions,
        taker: impl Fn() -> B + Sync,
    ) -> Result<Vec<B>, CommandFailure> {
        let mut first = taker();
        for (path, problem) in self.found.problems.iter().chain(&self.found.empty) {
            first.take_reject(path, problem.clone());
        }
        first.skip_objects(self.found.skipped);
        let files: Vec<&FoundFile> = self.found.files.iter().collect();
        let mut takers = share_files(&files, manner, &taker, &mut first);
        for path in &self.streams {
            match (path.as_str(), &mut self.kept) {
                ("-", Some(kept)) => {
                    let mut keeping = KeepingSink { sink: &mut first, kept };
                    stream::read_stream(&mut keeping, STDIN, std::io::stdin());
                }
                ("-", None) => stream::read_stream(&mut first, STDIN, std::io::stdin()),
                _ => remote::read_bucket(&mut first, path, &manner.aws, None)?,
            }
        }
        takers.push(first);
        Ok(takers)
    }

    /// Reads again what is wanted, judged by its origin.
    ///
    /// # Errors
    /// As for [`GivenLogs::read_all`].
    pub(crate) fn read_again<B: BodySink + Send>(
        &mut self,
        manner: &ReadOptions,
        wants: &ObjectChoice,
        taker: impl Fn() -> B + Sync,
    ) -> Result<Vec<B>, CommandFailure> {
        let mut first = taker();
        let is_wanted = |file: &&FoundFile| wants(&file.path.display().to_string());
        let (files, pipes): (Vec<&FoundFile>, Vec<&FoundFile>) =
            self.found.files.iter().filter(is_wanted).partition(|file| file.path.is_file());
        for pipe in pipes {
            first.take_reject(&pipe.path.display().to_string(), NOT_A_FILE.to_owned());
        }
        let mut takers = share_files(&files, manner, &taker, &mut first);
        for path in &self.streams {
            match (path.as_str(), &mut self.kept) {
                ("-", Some(kept)) if wants(STDIN) => {
                    let problem = kept.read_again(&mut first, STDIN);
                    problem.into_iter().for_each(|problem| first.take_reject(STDIN, problem));
                }
                ("-", _) => {}
                _ if interrupt::is_interrupted() => {
                    first.take_reject(path, "interrupted: it was not read again".to_owned());
                }
                _ => remote::read_bucket(&mut first, path, &manner.aws, Some(wants))?,
            }
        }
        takers.push(first);
        Ok(takers)
    }
}
