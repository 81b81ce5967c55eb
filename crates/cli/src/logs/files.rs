//! Files, shared among threads.

use std::sync::atomic::{AtomicUsize, Ordering};

use aware_core::envelope::EnvelopeKind;
use aware_io::input::walk::{self, FoundFile};

use super::bodies::{BodySink, ReadOptions};
use super::stream;
use crate::interrupt;
use crate::progress::ScanProgress;

/// Shares the files among threads; each thread takes the next unread file.
pub(super) fn share_files<B: BodySink + Send>(
    files: &[&FoundFile],
    manner: &ReadOptions,
    taker: &(impl Fn() -> B + Sync),
    first: &mut B,
) -> Vec<B> {
    let bytes = files.iter().map(|file| file.bytes).sum();
    let progress = ScanProgress::new(files.len() as u64, bytes, manner.quiet);
    let threads = manner.threads.map_or_else(core_count, usize::from).clamp(1, files.len().max(1));
    let next = AtomicUsize::new(0);
    let work = |bodies: &mut B| {
        let mut buffer = Vec::new();
        while !interrupt::is_interrupted()
            && let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed))
        {
            read_file(bodies, file, &mut buffer);
            progress.add_bytes(file.bytes);
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
                Err(_) => {
                    first.take_reject("a thread", "failed (hint: please report this)".to_owned())
                }
            }
        }
        takers
    });
    progress.clear_bar();
    let left = files.len().saturating_sub(next.load(Ordering::Relaxed));
    if left > 0 {
        let problem = format!("{left} of {} files were not read", files.len());
        first.take_reject("interrupted", problem);
    }
    takers
}

fn core_count() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn read_file(bodies: &mut impl BodySink, file: &FoundFile, buffer: &mut Vec<u8>) {
    let origin = file.path.display().to_string();
    if stream::is_large_line_file(file) {
        return stream::read_large_file(bodies, file);
    }
    match walk::read_into(&file.path, walk::MAX_FILE, buffer) {
        Ok(changed) => {
            bodies.begin_body();
            bodies.take_part(&origin, EnvelopeKind::Any, buffer);
            if changed {
                let problem = "file changed while it was being read (hint: scan it again)";
                bodies.take_reject(&origin, problem.to_owned());
            }
        }
        Err(problem) => bodies.take_reject(&origin, problem.to_string()),
    }
}
