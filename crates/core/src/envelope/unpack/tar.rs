//! Tar archives, read as a stream: compressed ones are never held whole.
//!
//! Source: POSIX.1-2024, `pax`: the ustar format and its extended header, whose `path` applies to
//! the member after it; GNU tar's `L` members do the same.

use std::io::{ErrorKind, Read};

use ::tar::{Archive as Reader, Entry, EntryType};
use flate2::bufread::MultiGzDecoder;

use super::archive::{ArchiveUnpacker, display_name};
use super::item::UnpackedItem;
use crate::envelope::decompress::{BodyInflater, CompressionFormat, detect_compression};

/// The position of a header's magic.
const MAGIC: std::ops::Range<usize> = 257..262;
/// How much of a long name is read.
const MAX_LONG_NAME: u64 = 4 << 10;

/// Whether bytes begin with the header of a tar archive.
pub(super) fn is_tar(bytes: &[u8]) -> bool {
    bytes.get(MAGIC) == Some(b"ustar")
}

/// Compressed bytes as a stream, if they hold a tar archive.
pub(super) fn tar_stream(input: &[u8]) -> Option<Box<dyn Read + '_>> {
    let open = || -> Option<Box<dyn Read + '_>> {
        match detect_compression(input) {
            CompressionFormat::Gzip => Some(Box::new(MultiGzDecoder::new(input))),
            CompressionFormat::Zstd => {
                let mut decoder = zstd::stream::read::Decoder::with_buffer(input).ok()?;
                decoder.window_log_max(27).ok()?;
                Some(Box::new(decoder))
            }
            CompressionFormat::Zlib | CompressionFormat::None => None,
        }
    };
    let mut head = Vec::new();
    // A damaged end does not matter, because only the head is read.
    let _ = open()?.take(512).read_to_end(&mut head);
    if is_tar(&head) { open() } else { None }
}

/// A reader that fails once more has been read than is allowed.
struct CappedReader<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for CappedReader<R> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(into)?;
        self.left = self.left.checked_sub(read as u64).ok_or(ErrorKind::FileTooLarge)?;
        Ok(read)
    }
}

impl ArchiveUnpacker<'_> {
    /// Unpacks the members of a tar archive.
    pub(super) fn unpack_tar(&mut self, stream: impl Read, within: Option<&str>, depth: u8) {
        // Headers and padding come on top of the members, which are charged.
        let left = self.cap.saturating_mul(2);
        let mut reader = Reader::new(CappedReader { inner: stream, left });
        let entries = match reader.entries() {
            Ok(entries) => entries.raw(true),
            Err(error) => return self.reject(within, describe_tar_error(&error)),
        };
        let mut inflater = BodyInflater::new(self.limits);
        let mut buffer = Vec::new();
        let mut long_name = None;
        for entry in entries {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => return self.reject(within, describe_tar_error(&error)),
            };
            let kind = entry.header().entry_type();
            if matches!(kind, EntryType::GNULongName | EntryType::XHeader) {
                buffer.clear();
                let _ = entry.take(MAX_LONG_NAME).read_to_end(&mut buffer);
                long_name = long_name_from(kind, &buffer);
                continue;
            }
            let name = long_name.take();
            let name = name.unwrap_or_else(|| entry.path_bytes().into_owned());
            let name = display_name(within, &name);
            if !self.count_member(Some(&name)) {
                return;
            }
            match kind {
                EntryType::Regular | EntryType::Continuous if !self.skip_member(&name) => {}
                EntryType::Link | EntryType::Symlink => {
                    // Its target is a member of its own, or outside this archive.
                    (self.take)(UnpackedItem::Skipped);
                    continue;
                }
                _ => continue,
            }
            if !self.unpack_tar_member(entry, &name, depth, &mut buffer, &mut inflater) {
                return;
            }
        }
    }

    /// Unpacks one member; false when nothing after it can be read.
    fn unpack_tar_member(
        &mut self,
        mut entry: Entry<'_, impl Read>,
        name: &str,
        depth: u8,
        buffer: &mut Vec<u8>,
        inflater: &mut BodyInflater,
    ) -> bool {
        buffer.clear();
        let size = entry.size();
        if size > self.limits.max_bytes as u64 {
            let passed = self.limits.limit_error(self.limits.max_bytes);
            self.reject(Some(name), passed.to_string());
            return true;
        }
        if !self.charge_bytes(size, Some(name)) {
            return false;
        }
        let problem = match entry.read_to_end(buffer) {
            Ok(read) if (read as u64) < size => ErrorKind::UnexpectedEof.into(),
            Ok(_) => {
                self.unpack_member(name, buffer, depth, inflater);
                return true;
            }
            Err(error) => error,
        };
        self.reject(Some(name), describe_tar_error(&problem));
        false
    }
}

fn describe_tar_error(error: &std::io::Error) -> String {
    if error.kind() == ErrorKind::FileTooLarge {
        return "tar archive comes to more bytes than an archive of its size may".to_owned();
    }
    format!("tar archive is cut or damaged: {error} (hint: it may still be being written)")
}

/// The name that a member without data of its own gives to the next one.
fn long_name_from(kind: EntryType, data: &[u8]) -> Option<Vec<u8>> {
    if kind == EntryType::GNULongName {
        return data.split(|byte| *byte == 0).next().map(<[u8]>::to_vec);
    }
    let lines = data.split(|byte| *byte == b'\n');
    let mut fields = lines.filter_map(|line| line.splitn(2, |byte| *byte == b' ').nth(1));
    fields.find_map(|field| field.strip_prefix(b"path=")).map(<[u8]>::to_vec)
}
