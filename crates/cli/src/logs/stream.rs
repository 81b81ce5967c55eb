//! Standard input, and files too large to hold in memory at once: read in chunks of whole lines.
//!
//! Lines of standard input are read as they arrive. If nothing has arrived for a while and the
//! stream stays open, as with `aws logs tail --follow`, everything new is reported from then on.

use std::fs::File;
use std::io::{self, Cursor, ErrorKind, Read};

use aware_core::envelope::EnvelopeKind;
use aware_core::envelope::form::is_line_stream;
use aware_io::input::walk::{ChunkProblem, FoundFile, LineChunks, is_lines};

use super::BodySink;
use super::pipe::ThreadedPipe;
use crate::interrupt;

/// From this size a file of plain lines is read in chunks.
const LARGE_FILE: u64 = 64 << 20;
/// Enough to see whether the first line is a whole record.
const PEEK_BYTES: usize = 1 << 20;
/// The most that is read of a stream that does not consist of lines.
const MAX_STREAM: usize = 128 << 20;

/// Whether to read a file in chunks: it is large, not compressed, and consists of lines.
pub(super) fn is_large_line_file(file: &FoundFile) -> bool {
    if file.bytes < LARGE_FILE {
        return false;
    }
    let mut head = Vec::new();
    let read =
        File::open(&file.path).and_then(|open| open.take(PEEK_BYTES as u64).read_to_end(&mut head));
    read.is_ok() && is_lines(&head)
}

/// Reads a large file of lines.
pub(super) fn read_large_file(bodies: &mut impl BodySink, file: &FoundFile) {
    let origin = file.path.display().to_string();
    let open = match File::open(&file.path) {
        Ok(open) => open,
        Err(error) => return bodies.take_reject(&origin, error.to_string()),
    };
    bodies.begin_body();
    for chunk in LineChunks::new(open) {
        if interrupt::is_interrupted() {
            return bodies.take_reject(&origin, "interrupted: the rest was not read".to_owned());
        }
        take_chunk(bodies, &origin, chunk);
    }
}

/// Reads a stream: as lines while they arrive if it consists of lines, otherwise whole.
pub(super) fn read_stream(
    bodies: &mut impl BodySink,
    origin: &str,
    stream: impl Read + Send + 'static,
) {
    let (mut pipe, mut head) = (ThreadedPipe::new(stream), Vec::new());
    let is_first_line = |head: &[u8]| head.trim_ascii_start().contains(&b'\n');
    let enough = |head: &[u8]| head.len() >= PEEK_BYTES || is_first_line(head);
    let waits = format!("{origin}: waiting for what comes (hint: Ctrl-C ends it with the report)");
    if let Err(error) = fill_head(&mut pipe, &mut head, enough, &waits) {
        return bodies.take_reject(origin, error.to_string());
    }
    if is_line_stream(&head) {
        return read_lines(bodies, origin, Cursor::new(head).chain(pipe));
    }
    let waits = format!(
        "{origin}: one document, which is read when it has ended (hint: records on lines of their own \
         are read as they come)"
    );
    match fill_head(&mut pipe, &mut head, |head| head.len() > MAX_STREAM, &waits) {
        Ok(()) if head.len() > MAX_STREAM => {
            bodies.take_reject(origin, format!("stream is over the limit of {MAX_STREAM} bytes"));
        }
        Ok(()) => {
            bodies.begin_body();
            bodies.take_part(origin, EnvelopeKind::Any, &head);
        }
        Err(error) => bodies.take_reject(origin, error.to_string()),
    }
}

/// Reads until there is enough, or the stream ends; reports the first pause.
fn fill_head(
    pipe: &mut ThreadedPipe,
    head: &mut Vec<u8>,
    is_enough: impl Fn(&[u8]) -> bool,
    waits: &str,
) -> io::Result<()> {
    let (mut piece, mut is_told) = (vec![0; 64 << 10], false);
    while !is_enough(head) {
        match pipe.read(&mut piece) {
            Ok(0) => return Ok(()),
            Ok(read) => head.extend_from_slice(piece.get(..read).unwrap_or_default()),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                if !std::mem::replace(&mut is_told, true) {
                    tracing::info!("{waits}");
                }
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn read_lines(bodies: &mut impl BodySink, origin: &str, input: impl Read) {
    bodies.begin_body();
    let mut stays_open = false;
    for chunk in LineChunks::from_live(input) {
        let is_pause = chunk.as_ref().is_ok_and(Vec::is_empty);
        if is_pause && !std::mem::replace(&mut stays_open, true) {
            let what =
                "stays open: groups are reported as they come, and Ctrl-C ends it with the report";
            tracing::info!("{origin} {what}");
        }
        if !is_pause {
            take_chunk(bodies, origin, chunk);
        }
        if stays_open {
            bodies.report_new();
        }
    }
}

fn take_chunk(bodies: &mut impl BodySink, origin: &str, chunk: Result<Vec<u8>, ChunkProblem>) {
    match chunk {
        Ok(chunk) => bodies.take_part(origin, EnvelopeKind::Lines, &chunk),
        Err(problem) => bodies.take_reject(origin, problem.to_string()),
    }
}
