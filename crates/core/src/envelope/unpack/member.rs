//! One member of an archive: text, or an archive of its own.

use super::archive::{ArchiveUnpacker, MAX_DEPTH};
use super::item::{UnpackSink, UnpackedItem};
use super::{tar, utf16, zip};
use crate::envelope::decompress::{BodyInflater, DecompressError};

impl ArchiveUnpacker<'_> {
    /// Passes on one extracted member.
    pub(super) fn unpack_member(
        &mut self,
        name: &str,
        bytes: &[u8],
        depth: u8,
        inflater: &mut BodyInflater,
    ) {
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

    /// A body too large to hold at once may still be an archive, which can be streamed.
    pub(super) fn stream_or_reject(
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
}

/// Passes on a body as UTF-8.
pub(super) fn emit_text(member: Option<&str>, bytes: &[u8], take: UnpackSink<'_>) {
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
