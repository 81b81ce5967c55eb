//! Reads stored logs, for every command that does: files, folders, globs, buckets, standard input.

mod bodies;
pub(crate) mod events;
mod given;
mod pipe;
mod remote;
mod stream;

use std::sync::atomic::{AtomicUsize, Ordering};

use aware_core::envelope::Kind;
use aware_io::input::walk::{self, FoundFile};

use crate::exit::Failure;
use crate::interrupt;
use crate::progress::Progress;

pub(crate) use bodies::{Bodies, Manner};
pub(crate) use given::{Given, given, records, shown, text};

/// Reads everything that the paths name, with one sink per thread.
///
/// # Errors
/// If a path is invalid; what cannot be read is a reject.
pub(crate) fn read<B: Bodies + Send>(
    paths: &[String],
    manner: &Manner,
    taker: impl Fn() -> B + Sync,
) -> Result<Vec<B>, Failure> {
    let (streams, local): (Vec<_>, Vec<_>) =
        paths.iter().cloned().partition(|path| path == "-" || path.starts_with("s3://"));
    let mut takers = Vec::new();
    let mut first = taker();
    if !local.is_empty() {
        let found = walk::expand(&local);
        for (path, problem) in found.problems.into_iter().chain(found.empty) {
            first.reject(&path, problem);
        }
        first.skip(found.skipped);
        takers = share(&found.files, manner, &taker, &mut first);
    }
    for path in streams {
        if path == "-" {
            stream::read(&mut first, "standard input", std::io::stdin());
        } else {
            remote::read(&mut first, &path, &manner.aws)?;
        }
    }
    takers.push(first);
    Ok(takers)
}

/// Shares the files among threads; each thread takes the next unread file.
fn share<B: Bodies + Send>(
    files: &[FoundFile],
    manner: &Manner,
    taker: &(impl Fn() -> B + Sync),
    first: &mut B,
) -> Vec<B> {
    let bytes = files.iter().map(|file| file.bytes).sum();
    let progress = Progress::new(files.len() as u64, bytes, manner.quiet);
    let threads = manner.threads.map_or_else(cores, usize::from).clamp(1, files.len().max(1));
    let next = AtomicUsize::new(0);
    let work = |bodies: &mut B| {
        let mut buffer = Vec::new();
        while !interrupt::is_set()
            && let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed))
        {
            one(bodies, file, &mut buffer);
            progress.add(file.bytes);
        }
    };
    let takers = std::thread::scope(|scope| {
        let thread = || {
            let mut bodies = taker();
            work(&mut bodies);
            bodies
        };
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(thread)).collect();
        work(first);
        let mut takers = Vec::new();
        for other in others {
            match other.join() {
                Ok(bodies) => takers.push(bodies),
                Err(_) => first.reject("a thread", "failed (hint: please report this)".to_owned()),
            }
        }
        takers
    });
    progress.end();
    let left = files.len().saturating_sub(next.load(Ordering::Relaxed));
    if left > 0 {
        let problem = format!("{left} of {} files were not read", files.len());
        first.reject("interrupted", problem);
    }
    takers
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn one(bodies: &mut impl Bodies, file: &FoundFile, buffer: &mut Vec<u8>) {
    let origin = file.path.display().to_string();
    if stream::is_wanted(file) {
        return stream::file(bodies, file);
    }
    match walk::read(&file.path, walk::MAX_FILE, buffer) {
        Ok(changed) => {
            bodies.begin();
            bodies.part(&origin, Kind::Any, buffer);
            if changed {
                let problem = "file changed while it was being read (hint: scan it again)";
                bodies.reject(&origin, problem.to_owned());
            }
        }
        Err(problem) => bodies.reject(&origin, problem.to_string()),
    }
}
