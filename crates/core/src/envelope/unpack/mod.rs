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

use super::decompress::{DecompressError, Inflater, Limits};
use super::other_logs;

/// Maximum number of members of an archive, including those of archives within it.
pub const MAX_MEMBERS: u64 = 200_000;
/// Maximum nesting of archives.
const MAX_DEPTH: u8 = 3;
/// How many times [`Limits::max_bytes`] one archive may produce.
const MAX_BODIES: u64 = 64;
/// How much of a member's name is shown, in bytes.
const MAX_NAME: usize = 300;

/// One item of a file.
#[derive(Debug)]
pub enum Unpacked<'a> {
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
/// has [`Limits::max_nested`]; the members of an archive share as much as the archive itself may
/// produce.
#[derive(Clone, Copy, Debug)]
pub struct NestedBudget {
    limits: Limits,
    left: u64,
}

impl NestedBudget {
    /// The budget of a file of this many bytes.
    pub fn new(limits: Limits, bytes: usize) -> Self {
        Self { limits, left: archive_cap(limits, bytes) }
    }

    /// The limits for the next body.
    pub fn limits(&self) -> Limits {
        let left = usize::try_from(self.left).unwrap_or(usize::MAX);
        Limits { max_nested: self.limits.max_nested.min(left), ..self.limits }
    }

    /// Deducts what a body produced.
    pub fn spend(&mut self, nested: usize) {
        self.left = self.left.saturating_sub(nested as u64);
    }
}

/// How much an archive of this many bytes may produce.
fn archive_cap(limits: Limits, bytes: usize) -> u64 {
    let ratio = (bytes as u64).saturating_mul(limits.max_ratio as u64);
    let most = (limits.max_bytes as u64).saturating_mul(MAX_BODIES);
    ratio.min(most).max(limits.max_nested as u64)
}

/// Receives the items of a file.
pub type Take<'t> = &'t mut dyn FnMut(Unpacked<'_>);

/// Unpacks one file after another. It keeps its buffers between files.
pub struct Unpacker {
    inflater: Inflater,
    limits: Limits,
}

impl Unpacker {
    /// An unpacker with the given limits.
    pub fn new(limits: Limits) -> Self {
        Self { inflater: Inflater::new(limits), limits }
    }

    /// Passes on the items of a file. Never fails: what cannot be unpacked is an
    /// [`Unpacked::Reject`].
    pub fn unpack(&mut self, input: &[u8], take: Take<'_>) {
        let mut archive = Archive::new(self.limits, input.len(), take);
        if zip::is_zip(input) {
            return archive.zip(input, None, 0);
        }
        match self.inflater.inflate(input) {
            Ok(inflated) => {
                if let Some(problem) = inflated.problem {
                    archive.reject(None, problem.to_string());
                }
                match inflated.bytes {
                    bytes if tar::is_tar(bytes) => archive.tar(bytes, None, 0),
                    bytes if zip::is_zip(bytes) => archive.zip(bytes, None, 0),
                    bytes => text(None, bytes, archive.take),
                }
            }
            Err(error) => archive.too_large(input, None, 0, &error),
        }
    }
}

/// Passes on a body as UTF-8.
fn text(member: Option<&str>, bytes: &[u8], take: Take<'_>) {
    let Some((text, damaged)) = utf16::decode(bytes) else {
        return take(Unpacked::Body { member, bytes });
    };
    if damaged > 0 {
        let problem =
            format!("{damaged} characters are not valid UTF-16 and were replaced with U+FFFD");
        take(Unpacked::Reject { member, problem });
    }
    take(Unpacked::Body { member, bytes: text.as_bytes() });
}

/// The remaining budget of an archive, and where its members go.
struct Archive<'t> {
    limits: Limits,
    /// How many bytes it may produce in total.
    cap: u64,
    /// How many more.
    left: u64,
    members: u64,
    /// A limit was exceeded: nothing more is read.
    is_over: bool,
    take: Take<'t>,
}

impl<'t> Archive<'t> {
    fn new(limits: Limits, input: usize, take: Take<'t>) -> Self {
        let cap = archive_cap(limits, input);
        Self { limits, cap, left: cap, members: 0, is_over: false, take }
    }

    fn reject(&mut self, member: Option<&str>, problem: String) {
        (self.take)(Unpacked::Reject { member, problem });
    }

    /// Deducts bytes from the budget; false when it is exhausted, which is reported once.
    fn charge(&mut self, bytes: u64, member: Option<&str>) -> bool {
        if let Some(left) = self.left.checked_sub(bytes) {
            self.left = left;
            return !self.is_over;
        }
        self.left = 0;
        let cap = self.cap;
        self.end(member, format!("the archive comes to over {cap} bytes"));
        false
    }

    /// Counts a member; false when there are too many, which is reported once.
    fn count(&mut self, member: Option<&str>) -> bool {
        self.members += 1;
        if self.members > MAX_MEMBERS {
            self.end(member, format!("the archive has over {MAX_MEMBERS} members"));
        }
        !self.is_over
    }

    fn end(&mut self, member: Option<&str>, what: String) {
        if !std::mem::replace(&mut self.is_over, true) {
            let hint = "the rest is not read (hint: unpack it, and give the folder)";
            self.reject(member, format!("{what}; {hint}"));
        }
    }

    /// Passes on one extracted member.
    fn member(&mut self, name: &str, bytes: &[u8], depth: u8, inflater: &mut Inflater) {
        let member = Some(name);
        if zip::is_zip(bytes) {
            return self.nested(name, depth, |this| this.zip(bytes, member, depth + 1));
        }
        match inflater.inflate(bytes) {
            Ok(inflated) => {
                let plain = inflated.bytes;
                let is_packed = !std::ptr::eq(plain, bytes);
                if is_packed && !self.charge(plain.len() as u64, member) {
                    return;
                }
                if let Some(problem) = inflated.problem {
                    self.reject(member, problem.to_string());
                }
                if tar::is_tar(plain) {
                    return self.nested(name, depth, |this| this.tar(plain, member, depth + 1));
                }
                text(member, plain, self.take);
            }
            Err(error) => {
                // Output produced before the limit was reached is work as well.
                let spent = self.limits.cap(bytes.len()) as u64;
                if self.charge(spent, member) {
                    self.too_large(bytes, member, depth + 1, &error);
                }
            }
        }
    }

    fn nested(&mut self, name: &str, depth: u8, open: impl FnOnce(&mut Self)) {
        if depth >= MAX_DEPTH {
            let problem = format!("archives are nested deeper than {MAX_DEPTH}");
            return self.reject(Some(name), problem);
        }
        open(self);
    }

    /// A body too large to hold at once may still be an archive, which can be streamed.
    fn too_large(
        &mut self,
        input: &[u8],
        member: Option<&str>,
        depth: u8,
        error: &DecompressError,
    ) {
        match tar::stream(input) {
            Some(stream) if depth <= MAX_DEPTH => self.tar(stream, member, depth),
            _ => self.reject(member, error.to_string()),
        }
    }

    /// Skips and counts a member that, by its name, holds no records.
    fn skips(&mut self, name: &str) -> bool {
        let is_hidden = name.rsplit('/').next().is_some_and(|last| last.starts_with('.'));
        let is_skipped = is_hidden
            || name.starts_with("__MACOSX/")
            || name.contains("/CloudTrail-Digest/")
            || other_logs::service_of_key(name).is_some();
        if is_skipped {
            (self.take)(Unpacked::Skipped);
        }
        is_skipped
    }
}

/// A member's name as shown: after that of the archive that contains it.
fn name_in(archive: Option<&str>, name: &[u8]) -> String {
    let name = name.get(..MAX_NAME).unwrap_or(name);
    let name: Cow<'_, str> = String::from_utf8_lossy(name);
    archive.map_or_else(|| name.to_string(), |archive| format!("{archive}/{name}"))
}

#[cfg(test)]
mod tests;
