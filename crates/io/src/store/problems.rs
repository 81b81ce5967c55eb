//! Problems in a store that are to be reported.

use std::collections::HashSet;
use std::sync::Mutex;

/// How many problems wait to be reported in words; beyond that only their number is.
const MAX_WAITING: usize = 10;
/// For how many things it is remembered that their problem was noted.
const MAX_KNOWN: usize = 10_000;

/// Problems, each once.
#[derive(Debug, Default)]
pub(super) struct StoreProblems(Mutex<NotedProblems>);

#[derive(Debug, Default)]
struct NotedProblems {
    known: HashSet<String>,
    waiting: Vec<String>,
    more: usize,
}

impl StoreProblems {
    /// Notes a problem with a thing; false if it was already noted.
    pub(super) fn note_once(&self, thing: &str, problem: &str) -> bool {
        let Ok(mut noted) = self.0.lock() else { return false };
        if noted.known.len() >= MAX_KNOWN {
            noted.known.clear();
        }
        if !noted.known.insert(thing.to_owned()) {
            return false;
        }
        noted.add_waiting(problem);
        true
    }

    /// Notes a problem that may occur again.
    pub(super) fn note_problem(&self, problem: &str) {
        if let Ok(mut noted) = self.0.lock() {
            noted.add_waiting(problem);
        }
    }

    /// Takes the problems to report.
    pub(super) fn take_all(&self) -> Vec<String> {
        let Ok(mut noted) = self.0.lock() else { return Vec::new() };
        let mut told = std::mem::take(&mut noted.waiting);
        match std::mem::take(&mut noted.more) {
            0 => {}
            more => told.push(format!("and {more} more")),
        }
        told
    }
}

impl NotedProblems {
    fn add_waiting(&mut self, problem: &str) {
        if self.waiting.len() < MAX_WAITING {
            self.waiting.push(problem.to_owned());
        } else {
            self.more += 1;
        }
    }
}
