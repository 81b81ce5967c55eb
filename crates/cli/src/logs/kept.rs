//! What standard input brought, kept so that it can be read again.

use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use aware_core::envelope::EnvelopeKind;
use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;

use super::BodySink;

/// The most bytes kept, compressed.
const MAX_KEPT: u64 = 1 << 30;
/// How many parts may wait to be compressed.
const QUEUE_LENGTH: usize = 4;

type StreamPart = (EnvelopeKind, Vec<u8>);

/// Keeps the parts of a stream, compressed in a file that has no name and ends with the process. A
/// thread compresses them, so that reading does not wait.
pub(super) struct KeptStream {
    state: KeptState,
}

enum KeptState {
    Empty,
    Writing(SyncSender<StreamPart>, JoinHandle<io::Result<KeptParts>>),
    Whole(io::Result<KeptParts>),
}

/// What was kept.
struct KeptParts {
    file: File,
    parts: Vec<(EnvelopeKind, usize)>,
    is_full: bool,
}

impl KeptStream {
    /// Keeps nothing yet.
    pub(super) fn new() -> Self {
        Self { state: KeptState::Empty }
    }

    fn keep(&mut self, kind: EnvelopeKind, part: &[u8]) {
        if matches!(self.state, KeptState::Empty) {
            let (sender, parts) = sync_channel(QUEUE_LENGTH);
            let writer = std::thread::spawn(move || write_parts(&parts));
            self.state = KeptState::Writing(sender, writer);
        }
        if let KeptState::Writing(sender, _) = &self.state {
            // A writer that has failed says so when it is joined.
            let _ = sender.send((kind, part.to_vec()));
        }
    }

    /// Reads everything again; returns why something is missing.
    pub(super) fn read_again(&mut self, sink: &mut impl BodySink, origin: &str) -> Option<String> {
        let kept = match std::mem::replace(&mut self.state, KeptState::Empty) {
            KeptState::Empty => return None,
            KeptState::Writing(sender, writer) => {
                drop(sender);
                writer.join().unwrap_or_else(|_| Err(io::Error::other("its thread failed")))
            }
            KeptState::Whole(kept) => kept,
        };
        let problem = match &kept {
            Ok(kept) => match kept.replay(sink, origin) {
                Ok(()) if kept.is_full => {
                    Some(format!("only its beginning was kept, {MAX_KEPT} bytes compressed"))
                }
                Ok(()) => None,
                Err(error) => Some(format!("it could not be read again: {error}")),
            },
            Err(error) => Some(format!("it could not be kept: {error}")),
        };
        self.state = KeptState::Whole(kept);
        problem
    }
}

/// Compresses parts until there are no more, or too many.
fn write_parts(from: &Receiver<StreamPart>) -> io::Result<KeptParts> {
    let mut encoder = ZlibEncoder::new(tempfile::tempfile()?, Compression::fast());
    let (mut parts, mut is_full) = (Vec::new(), false);
    for (kind, part) in from {
        if is_full {
            continue;
        }
        encoder.write_all(&part)?;
        parts.push((kind, part.len()));
        is_full = encoder.total_out() > MAX_KEPT;
    }
    Ok(KeptParts { file: encoder.finish()?, parts, is_full })
}

impl KeptParts {
    fn replay(&self, sink: &mut impl BodySink, origin: &str) -> io::Result<()> {
        let mut file = &self.file;
        file.rewind()?;
        sink.begin_body();
        let (mut decoder, mut part) = (ZlibDecoder::new(file), Vec::new());
        for (kind, length) in &self.parts {
            part.resize(*length, 0);
            decoder.read_exact(&mut part)?;
            sink.take_part(origin, *kind, &part);
        }
        Ok(())
    }
}

/// Passes everything on, and keeps it.
pub(super) struct KeepingSink<'a, B> {
    pub(super) sink: &'a mut B,
    pub(super) kept: &'a mut KeptStream,
}

impl<B: BodySink> BodySink for KeepingSink<'_, B> {
    fn begin_body(&mut self) {
        self.sink.begin_body();
    }

    fn take_part(&mut self, origin: &str, kind: EnvelopeKind, bytes: &[u8]) {
        self.kept.keep(kind, bytes);
        self.sink.take_part(origin, kind, bytes);
    }

    fn take_reject(&mut self, origin: &str, problem: String) {
        self.sink.take_reject(origin, problem);
    }

    fn skip_objects(&mut self, count: u64) {
        self.sink.skip_objects(count);
    }

    fn report_new(&mut self) {
        self.sink.report_new();
    }
}
