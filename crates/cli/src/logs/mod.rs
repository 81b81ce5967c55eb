//! Reads stored logs, for every command that does: files, folders, globs, buckets, standard input.

mod bodies;
pub(crate) mod events;
mod files;
mod given;
mod kept;
mod paths;
mod pipe;
mod remote;
mod stream;

use crate::exit::CommandFailure;

pub(crate) use bodies::{BodySink, ReadOptions};
pub(crate) use given::{GivenRecords, display_name, parse_records, read_records, read_text};
pub(crate) use paths::GivenLogs;

/// Reads everything that the paths name, with one sink per thread.
///
/// # Errors
/// If a path is invalid; what cannot be read is a reject.
pub(crate) fn read_logs<B: BodySink + Send>(
    paths: &[String],
    manner: &ReadOptions,
    taker: impl Fn() -> B + Sync,
) -> Result<Vec<B>, CommandFailure> {
    GivenLogs::find_logs(paths).read_all(manner, taker)
}
