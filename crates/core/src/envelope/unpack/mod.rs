//! From the bytes of a file to the bodies in it: decompressed, extracted from their archive, as
//! UTF-8.
//!
//! Zip and tar archives, compressed tar included, are read one member at a time, so that memory
//! does not grow with their number. The total output of one archive, including archives and
//! compressed files within it, is limited; so is the number of members.

mod tar;
mod utf16;
mod zip;

use std::borrow::Cow;

use super::decompress::{BodyInflater, DecompressError, DecompressionLimits};
use super::other_logs;

/// Maximum number of members of an archive, including those of archives within it.
pub const MAX_MEMBERS: u64 = 200_000;
/// Maximum nesting of archives.
const MAX_DEPTH: u8 = 3;
/// How many times [`DecompressionLimits::max_bytes`] one archive may produce.
const MAX_BODIES: u64 = 64;
/// How much of a member's name is shown, in bytes.
const MAX_NAME: usize = 300;

/// One item of a file.
#[derive(Debug)]
pub enum UnpackedItem<'a> {
    /// A body that is ready to be opened.
    Body {
        /// Its name, if it is a member of an archive.
        member: Option<&'a str>,
        /// Its bytes.
        bytes: &'a [u8],
    },
    /// Something that could not be unpacked.
    Reject {
        /// Where it is.
        member: Option<&'a str>,
        /// Why.
        problem: String,
    },
    /// A member known to hold no records: a digest, a log of another service, a hidden file.
    Skipped,
}

/// The remaining budget for what is packed within the bodies of one file, in total. A single body
/// has [`DecompressionLimits::max_nested`]; the members of an archive share as much as the archive
/// itself may produce.
#[derive(Clone, Copy, Debug)]
pub struct NestedBudget {
    limits: DecompressionLimits,
    left: u64,
}

impl NestedBudget {
    /// The budget of a file of this many bytes.
    pub fn new(limits: DecompressionLimits, bytes: usize) -> Self {
        Self { limits, left: max_archive_output(limits, bytes) }
    }

    /// The limits for the next body.
    pub fn limits_for_next(&self) -> DecompressionLimits {
        let left = usize::try_from(self.left).unwrap_or(usize::MAX);
        DecompressionLimits { max_nested: self.limits.max_nested.min(left), ..self.limits }
    }

    /// Deducts what a body produced.
    pub fn spend(&mut self, nested: usize) {
        self.left = self.left.saturating_sub(nested as u64);
    }
}

/// How much an archive of this many bytes may produce.
fn max_archive_output(limits: DecompressionLimits, bytes: usize) -> u64 {
    let ratio = (bytes as u64).saturating_mul(limits.max_ratio as u64);
    let most = (limits.max_bytes as u64).saturating_mul(MAX_BODIES);
    ratio.min(most).max(limits.max_nested as u64)
}

/// Receives the items of a file.
pub type UnpackSink<'t> = &'t mut dyn FnMut(UnpackedItem<'_>);

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

/// Passes on a body as UTF-8.
fn emit_text(member: Option<&str>, bytes: &[u8], take: UnpackSink<'_>) {
    let Some((text, damaged)) = utf16::decode_utf16_text(bytes) else {
        return take(UnpackedItem::Body { member, bytes });
    };
    if damaged > 0 {
        let problem =
            format!("{damaged} characters are not valid UTF-16 and were replaced with U+FFFD");
        take(UnpackedItem::Reject { member, problem });
    }
    take(UnpackedItem::Body { member, bytes: text.as_bytes() });
}

/// The remaining budget of an archive, and where its members go.
struct ArchiveUnpacker<'t> {
    limits: DecompressionLimits,
    /// How many bytes it may produce in total.
    cap: u64,
    /// How many more.
    left: u64,
    members: u64,
    /// A limit was exceeded: nothing more is read.
    is_over: bool,
    take: UnpackSink<'t>,
}

impl<'t> ArchiveUnpacker<'t> {
    fn new(limits: DecompressionLimits, input: usize, take: UnpackSink<'t>) -> Self {
        let cap = max_archive_output(limits, input);
        Self { limits, cap, left: cap, members: 0, is_over: false, take }
    }

    fn reject(&mut self, member: Option<&str>, problem: String) {
        (self.take)(UnpackedItem::Reject { member, problem });
    }

    /// Deducts bytes from the budget; false when it is exhausted, which is reported once.
    fn charge_bytes(&mut self, bytes: u64, member: Option<&str>) -> bool {
        if let Some(left) = self.left.checked_sub(bytes) {
            self.left = left;
            return !self.is_over;
        }
        self.left = 0;
        let cap = self.cap;
        self.stop_reading(member, format!("the archive comes to over {cap} bytes"));
        false
    }

    /// Counts a member; false when there are too many, which is reported once.
    fn count_member(&mut self, member: Option<&str>) -> bool {
        self.members += 1;
        if self.members > MAX_MEMBERS {
            self.stop_reading(member, format!("the archive has over {MAX_MEMBERS} members"));
        }
        !self.is_over
    }

    fn stop_reading(&mut self, member: Option<&str>, what: String) {
        if !std::mem::replace(&mut self.is_over, true) {
            let hint = "the rest is not read (hint: unpack it, and give the folder)";
            self.reject(member, format!("{what}; {hint}"));
        }
    }

    /// Passes on one extracted member.
    fn unpack_member(&mut self, name: &str, bytes: &[u8], depth: u8, inflater: &mut BodyInflater) {
        let member = Some(name);
        if zip::is_zip(bytes) {
            return self.open_nested(name, depth, |this| this.unpack_zip(bytes, member, depth + 1));
        }
        match inflater.inflate(bytes) {
            Ok(inflated) => {
                let plain = inflated.bytes;
                let is_packed = !std::ptr::eq(plain, bytes);
                if is_packed && !self.charge_bytes(plain.len() as u64, member) {
                    return;
                }
                if let Some(problem) = inflated.problem {
                    self.reject(member, problem.to_string());
                }
                if tar::is_tar(plain) {
                    return self.open_nested(name, depth, |this| {
                        this.unpack_tar(plain, member, depth + 1)
                    });
                }
                emit_text(member, plain, self.take);
            }
            Err(error) => {
                // Output produced before the limit was reached is work as well.
                let spent = self.limits.max_output(bytes.len()) as u64;
                if self.charge_bytes(spent, member) {
                    self.stream_or_reject(bytes, member, depth + 1, &error);
                }
            }
        }
    }

    fn open_nested(&mut self, name: &str, depth: u8, open: impl FnOnce(&mut Self)) {
        if depth >= MAX_DEPTH {
            let problem = format!("archives are nested deeper than {MAX_DEPTH}");
            return self.reject(Some(name), problem);
        }
        open(self);
    }

    /// A body too large to hold at once may still be an archive, which can be streamed.
    fn stream_or_reject(
        &mut self,
        input: &[u8],
        member: Option<&str>,
        depth: u8,
        error: &DecompressError,
    ) {
        match tar::tar_stream(input) {
            Some(stream) if depth <= MAX_DEPTH => self.unpack_tar(stream, member, depth),
            _ => self.reject(member, error.to_string()),
        }
    }

    /// Skips and counts a member that, by its name, holds no records.
    fn skip_member(&mut self, name: &str) -> bool {
        let is_hidden = name.rsplit('/').next().is_some_and(|last| last.starts_with('.'));
        let is_skipped = is_hidden
            || name.starts_with("__MACOSX/")
            || name.contains("/CloudTrail-Digest/")
            || other_logs::service_of_key(name).is_some();
        if is_skipped {
            (self.take)(UnpackedItem::Skipped);
        }
        is_skipped
    }
}

/// A member's name as shown: after that of the archive that contains it.
fn display_name(archive: Option<&str>, name: &[u8]) -> String {
    let name = name.get(..MAX_NAME).unwrap_or(name);
    let name: Cow<'_, str> = String::from_utf8_lossy(name);
    archive.map_or_else(|| name.to_string(), |archive| format!("{archive}/{name}"))
}

#[cfg(test)]
mod tests;
