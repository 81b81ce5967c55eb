//! Rules that change while the daemon runs: the new set is put in force when all of it is
//! understood; else the last good one stays, and people are told.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use aware_core::event::Level;
use aware_rules::problem::Problem;

use super::{Wanted, load};
use crate::config;
use crate::input::walk;
use crate::log;
use crate::pipeline::source::Source;

/// How often files are looked at.
pub const POLL: Duration = Duration::from_secs(2);

/// Watches a config and the rule files that it names.
#[derive(Debug)]
pub struct Reloader {
    config: PathBuf,
    wanted: Wanted,
    /// The state of the files that the rules in force, or the last refusal, came from.
    judged: u64,
    /// The state at the last look: a file that is being written changes from look to look.
    last: u64,
    /// What was wrong already, and told.
    known: BTreeSet<Problem>,
}

/// What became of a look.
#[derive(Debug, PartialEq, Eq)]
pub enum Looked {
    /// Nothing has changed, or something is still changing.
    Same,
    /// Other rules are in force.
    Reloaded,
    /// Something is wrong, and the last good rules stay.
    Kept,
}

impl Reloader {
    /// Watches what these rules were loaded from; `problems` were told.
    pub fn new(config: &Path, wanted: Wanted, problems: &[Problem]) -> Self {
        let state = state(config, &wanted);
        let known = problems.iter().cloned().collect();
        Self { config: config.to_owned(), wanted, judged: state, last: state, known }
    }

    /// Looks once, and puts new rules in force.
    pub async fn look(&mut self, source: &Source) -> Looked {
        let now = state(&self.config, &self.wanted);
        let settled = now == self.last;
        self.last = now;
        if now == self.judged || !settled {
            return Looked::Same;
        }
        self.judged = now;
        match config::read(&self.config) {
            Err(error) => self.keep(source, &error.to_string()).await,
            Ok(config) => {
                let wanted = Wanted::of(&config, &self.config.display().to_string());
                self.reload(source, wanted).await
            }
        }
    }

    async fn reload(&mut self, source: &Source, wanted: Wanted) -> Looked {
        let loaded = load(&wanted);
        let new: Vec<&Problem> =
            loaded.problems.iter().filter(|problem| !self.known.contains(*problem)).collect();
        if let Some(first) = new.first() {
            let more = new.len() - 1;
            let more = if more > 0 { format!(" (and {more} more)") } else { String::new() };
            return self.keep(source, &format!("{first}{more}")).await;
        }
        log::info("rules reloaded", &[("rules", &loaded.rules.events().len().to_string())]);
        self.known = loaded.problems.iter().cloned().collect();
        source.set_rules(Arc::new(loaded.rules)).await;
        self.judged = state(&self.config, &wanted);
        self.last = self.judged;
        self.wanted = wanted;
        Looked::Reloaded
    }

    async fn keep(&self, source: &Source, problem: &str) -> Looked {
        log::error("rules are not reloaded", &[("problem", problem)]);
        let details = [("Problem", problem), ("In Force", "the rules as they were before")];
        source.tell_system("New rules are not understood", &details, Level::High).await;
        Looked::Kept
    }
}

/// A number that changes when a file is written, comes or goes.
fn state(config: &Path, wanted: &Wanted) -> u64 {
    let paths: Vec<String> =
        wanted.rules.paths.iter().map(|path| path.display().to_string()).collect();
    let mut hasher = DefaultHasher::new();
    let files = walk::expand(&paths).files.into_iter().map(|file| file.path);
    for path in std::iter::once(config.to_owned()).chain(files) {
        let meta = std::fs::metadata(&path).ok();
        let written = meta.as_ref().and_then(|meta| meta.modified().ok());
        (path, meta.map(|meta| meta.len()), written).hash(&mut hasher);
    }
    hasher.finish()
}
