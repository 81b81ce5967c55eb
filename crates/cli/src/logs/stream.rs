//! Standard input, and files too large to be held at once: read in chunks of whole lines.

use std::fs::File;
use std::io::{Cursor, Read};

use aware_io::input::walk::{Chunks, FoundFile, is_lines};

use super::Bodies;

/// From this size on a file of plain lines is read in chunks.
const LARGE: u64 = 64 << 20;
/// Enough to see whether the first line is a whole record.
const PEEK: u64 = 1 << 20;
/// The most that is taken of a stream that is not made of lines.
const MAX_STREAM: u64 = 128 << 20;

/// Whether a file is to be read in chunks: large, not compressed, and made of lines.
pub(super) fn is_wanted(file: &FoundFile) -> bool {
    if file.bytes < LARGE {
        return false;
    }
    let mut head = Vec::new();
    let read = File::open(&file.path).and_then(|open| open.take(PEEK).read_to_end(&mut head));
    read.is_ok() && is_lines(&head)
}

/// Reads a large file of lines.
pub(super) fn file(bodies: &mut impl Bodies, file: &FoundFile) {
    let origin = file.path.display().to_string();
    match File::open(&file.path) {
        Ok(open) => chunks(bodies, &origin, open),
        Err(error) => bodies.reject(&origin, error.to_string()),
    }
}

/// Reads a stream: in chunks when it is made of lines, else whole.
pub(super) fn read(bodies: &mut impl Bodies, origin: &str, input: &mut dyn Read) {
    let mut head = Vec::new();
    if let Err(error) = input.take(PEEK).read_to_end(&mut head) {
        return bodies.reject(origin, error.to_string());
    }
    if is_lines(&head) {
        return chunks(bodies, origin, Cursor::new(head).chain(input));
    }
    match input.take(MAX_STREAM).read_to_end(&mut head) {
        Ok(_) if head.len() as u64 > MAX_STREAM => {
            bodies.reject(origin, format!("stream is over the limit of {MAX_STREAM} bytes"));
        }
        Ok(_) => {
            bodies.begin();
            bodies.part(origin, &head);
        }
        Err(error) => bodies.reject(origin, error.to_string()),
    }
}

fn chunks(bodies: &mut impl Bodies, origin: &str, input: impl Read) {
    bodies.begin();
    for chunk in Chunks::new(input) {
        match chunk {
            Ok(chunk) => bodies.part(origin, &chunk),
            Err(problem) => bodies.reject(origin, problem.to_string()),
        }
    }
}
