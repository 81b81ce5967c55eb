//! Standard input, and files too large to be held at once: read in chunks of whole lines.

use std::fs::File;
use std::io::{Cursor, Read};

use aware_io::input::walk::{Chunks, FoundFile};
use aware_io::pipeline::scan::{Filter, Scan, Seen};

/// From this size on a file of plain lines is read in chunks.
const LARGE: u64 = 64 << 20;
/// Enough to see whether the first line is a whole record.
const PEEK: u64 = 1 << 20;
/// The most that is taken of a stream that is not made of lines.
const MAX_STREAM: u64 = 512 << 20;

/// Whether a file is to be read in chunks: large, not compressed, and made of lines.
pub(super) fn is_wanted(file: &FoundFile) -> bool {
    if file.bytes < LARGE {
        return false;
    }
    let mut head = Vec::new();
    let read = File::open(&file.path).and_then(|open| open.take(PEEK).read_to_end(&mut head));
    read.is_ok() && is_lines(&head)
}

/// Whether the first line is a whole JSON object and another line follows.
fn is_lines(head: &[u8]) -> bool {
    let Some(end) = head.iter().position(|byte| *byte == b'\n') else { return false };
    let line = head.get(..end).unwrap_or_default().trim_ascii();
    let whole = aware_core::envelope::span::end_of_value(line, 0) == Ok(line.len());
    line.starts_with(b"{") && whole
}

/// Reads a large file of lines.
pub(super) fn file(scan: &mut Scan, file: &FoundFile, filter: &Filter, seen: &Seen) {
    let origin = file.path.display().to_string();
    match File::open(&file.path) {
        Ok(open) => chunks(scan, &origin, open, filter, seen),
        Err(error) => scan.reject(&origin, 0, error.to_string()),
    }
}

/// Reads a stream: in chunks when it is made of lines, else whole.
pub(super) fn read(
    scan: &mut Scan,
    origin: &str,
    input: &mut dyn Read,
    filter: &Filter,
    seen: &Seen,
) {
    let mut head = Vec::new();
    if let Err(error) = input.take(PEEK).read_to_end(&mut head) {
        return scan.reject(origin, 0, error.to_string());
    }
    if is_lines(&head) {
        return chunks(scan, origin, Cursor::new(head).chain(input), filter, seen);
    }
    match input.take(MAX_STREAM).read_to_end(&mut head) {
        Ok(_) if head.len() as u64 > MAX_STREAM => {
            scan.reject(origin, 0, format!("stream is over the limit of {MAX_STREAM} bytes"));
        }
        Ok(_) => scan.body(origin, &head, filter, seen),
        Err(error) => scan.reject(origin, 0, error.to_string()),
    }
}

fn chunks(scan: &mut Scan, origin: &str, input: impl Read, filter: &Filter, seen: &Seen) {
    scan.sums.files += 1;
    for chunk in Chunks::new(input) {
        match chunk {
            Ok(chunk) => scan.part(origin, &chunk, filter, seen),
            Err(problem) => scan.reject(origin, 0, problem.to_string()),
        }
    }
}
