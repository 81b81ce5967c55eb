//! The walk through one archive: what it may still produce, and where its members go.

use std::borrow::Cow;

use super::budget::max_archive_output;
use super::item::{UnpackSink, UnpackedItem};
use crate::envelope::decompress::DecompressionLimits;
use crate::envelope::other_logs;

/// Maximum number of members of an archive, including those of archives within it.
pub const MAX_MEMBERS: u64 = 200_000;
/// Maximum nesting of archives.
pub(super) const MAX_DEPTH: u8 = 3;
/// How much of a member's name is shown, in bytes.
const MAX_NAME: usize = 300;

/// The remaining budget of an archive, and where its members go.
pub(super) struct ArchiveUnpacker<'t> {
    pub(super) limits: DecompressionLimits,
    /// How many bytes it may produce in total.
    pub(super) cap: u64,
    /// How many more.
    pub(super) left: u64,
    members: u64,
    /// A limit was exceeded: nothing more is read.
    is_over: bool,
    pub(super) take: UnpackSink<'t>,
}

impl<'t> ArchiveUnpacker<'t> {
    pub(super) fn new(limits: DecompressionLimits, input: usize, take: UnpackSink<'t>) -> Self {
        let cap = max_archive_output(limits, input);
        Self { limits, cap, left: cap, members: 0, is_over: false, take }
    }

    pub(super) fn reject(&mut self, member: Option<&str>, problem: String) {
        (self.take)(UnpackedItem::Reject { member, problem });
    }

    /// Deducts bytes from the budget; false when it is exhausted, which is reported once.
    pub(super) fn charge_bytes(&mut self, bytes: u64, member: Option<&str>) -> bool {
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
    pub(super) fn count_member(&mut self, member: Option<&str>) -> bool {
        self.members += 1;
        if self.members > MAX_MEMBERS {
            self.stop_reading(member, format!("the archive has over {MAX_MEMBERS} members"));
        }
        !self.is_over
    }

    pub(super) fn stop_reading(&mut self, member: Option<&str>, what: String) {
        if !std::mem::replace(&mut self.is_over, true) {
            let hint = "the rest is not read (hint: unpack it, and give the folder)";
            self.reject(member, format!("{what}; {hint}"));
        }
    }

    pub(super) fn open_nested(&mut self, name: &str, depth: u8, open: impl FnOnce(&mut Self)) {
        if depth >= MAX_DEPTH {
            let problem = format!("archives are nested deeper than {MAX_DEPTH}");
            return self.reject(Some(name), problem);
        }
        open(self);
    }

    /// Skips and counts a member that, by its name, holds no records.
    pub(super) fn skip_member(&mut self, name: &str) -> bool {
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
pub(super) fn display_name(archive: Option<&str>, name: &[u8]) -> String {
    let name = name.get(..MAX_NAME).unwrap_or(name);
    let name: Cow<'_, str> = String::from_utf8_lossy(name);
    archive.map_or_else(|| name.to_string(), |archive| format!("{archive}/{name}"))
}
