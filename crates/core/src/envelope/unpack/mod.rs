//! From the bytes of a file to the bodies in it: decompressed, extracted from their archive, as
//! UTF-8.
//!
//! Zip and tar archives, compressed tar included, are read one member at a time, so that memory
//! does not grow with their number. The total output of one archive, including archives and
//! compressed files within it, is limited; so is the number of members.

mod archive;
mod budget;
mod item;
mod member;
mod tar;
mod utf16;
mod zip;

use super::decompress::{BodyInflater, DecompressionLimits};
use archive::ArchiveUnpacker;
use member::emit_text;

pub use archive::MAX_MEMBERS;
pub use budget::NestedBudget;
pub use item::{UnpackSink, UnpackedItem};

/// Unpacks one file after another. It keeps its buffers between files.
///
/// ```
/// use aware_core::envelope::unpack::{FileUnpacker, UnpackedItem};
///
/// let mut bodies = Vec::new();
/// let mut unpacker = FileUnpacker::new(Default::default());
/// unpacker.unpack(br#"{"Records": []}"#, &mut |item| match item {
///     UnpackedItem::Body { bytes, .. } => bodies.push(bytes.to_vec()),
///     UnpackedItem::Reject { problem, .. } => eprintln!("{problem}"),
///     UnpackedItem::Skipped => {}
/// });
/// assert_eq!(bodies, [br#"{"Records": []}"#]);
/// ```
pub struct FileUnpacker {
    inflater: BodyInflater,
    limits: DecompressionLimits,
}

impl FileUnpacker {
    /// An unpacker with the given limits.
    pub fn new(limits: DecompressionLimits) -> Self {
        Self { inflater: BodyInflater::new(limits), limits }
    }

    /// Passes on the items of a file. Never fails: what cannot be unpacked is an
    /// [`UnpackedItem::Reject`].
    pub fn unpack(&mut self, input: &[u8], take: UnpackSink<'_>) {
        let mut archive = ArchiveUnpacker::new(self.limits, input.len(), take);
        if zip::is_zip(input) {
            return archive.unpack_zip(input, None, 0);
        }
        match self.inflater.inflate(input) {
            Ok(inflated) => {
                if let Some(problem) = inflated.problem {
                    archive.reject(None, problem.to_string());
                }
                match inflated.bytes {
                    bytes if tar::is_tar(bytes) => archive.unpack_tar(bytes, None, 0),
                    bytes if zip::is_zip(bytes) => archive.unpack_zip(bytes, None, 0),
                    bytes => emit_text(None, bytes, archive.take),
                }
            }
            Err(error) => archive.stream_or_reject(input, None, 0, &error),
        }
    }
}

#[cfg(test)]
mod tests;
