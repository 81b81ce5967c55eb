//! Zip archives, by their central directory.
//!
//! Source: PKWARE's APPNOTE.TXT: 4.4.4 (an entry's flags), 4.4.5 (its method).

use std::io::Read;

use flate2::bufread::DeflateDecoder;
use rawzip::{CompressionMethod, ZipArchive, ZipFileHeaderRecord, ZipSliceArchive};

use super::archive::{ArchiveUnpacker, display_name};
use crate::envelope::decompress::BodyInflater;

/// Whether bytes begin like a zip archive, possibly an empty one.
pub(super) fn is_zip(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06")
}

/// The member that identifies Office documents, which are zip archives.
const OFFICE: &str = "[Content_Types].xml";

impl ArchiveUnpacker<'_> {
    /// Unpacks the members of a zip archive.
    pub(super) fn unpack_zip(&mut self, bytes: &[u8], within: Option<&str>, depth: u8) {
        let archive = match ZipArchive::from_slice(bytes) {
            Ok(archive) => archive,
            Err(error) => {
                let hint = "(hint: it may still be being written)";
                return self
                    .reject(within, format!("zip archive is cut or damaged: {error} {hint}"));
            }
        };
        let mut inflater = BodyInflater::new(self.limits);
        let mut buffer = Vec::new();
        let mut entries = archive.entries();
        let mut packed = 0_u64;
        loop {
            let entry = match entries.next_entry() {
                Ok(Some(entry)) => entry,
                Ok(None) => return,
                Err(error) => {
                    let problem = format!("zip archive's directory is damaged: {error}");
                    return self.reject(within, problem);
                }
            };
            if entry.is_dir() {
                continue;
            }
            let name = display_name(within, entry.file_path().as_ref());
            if name == OFFICE {
                let problem = "an Office document, not a log (hint: export the records as JSON)";
                return self.reject(within, problem.to_owned());
            }
            packed = packed.saturating_add(entry.compressed_size_hint());
            if packed > bytes.len() as u64 {
                return self.stop_reading(Some(&name), "members of the archive overlap".to_owned());
            }
            if !self.count_member(Some(&name)) {
                return;
            }
            if self.skip_member(&name) {
                continue;
            }
            match self.extract_entry(&archive, &entry, &mut buffer) {
                Ok(()) if self.charge_bytes(buffer.len() as u64, Some(&name)) => {
                    self.unpack_member(&name, &buffer, depth, &mut inflater);
                }
                Ok(()) => return,
                Err(problem) => self.reject(Some(&name), problem),
            }
        }
    }

    /// Extracts one whole member, or says why not.
    fn extract_entry(
        &mut self,
        archive: &ZipSliceArchive<&[u8]>,
        entry: &ZipFileHeaderRecord<'_>,
        buffer: &mut Vec<u8>,
    ) -> Result<(), String> {
        buffer.clear();
        if entry.flags().is_encrypted() {
            return Err("is encrypted (hint: unpack it with its password)".to_owned());
        }
        let local = archive
            .get_entry(entry.wayfinder())
            .map_err(|error| format!("is cut or damaged: {error}"))?;
        let data = local.data();
        let cap = self.limits.max_output(data.len());
        let most = (cap as u64).saturating_add(1);
        let method = entry.compression_method();
        let read = if method == CompressionMethod::STORE {
            local.verifying_reader(data).take(most).read_to_end(buffer)
        } else if method == CompressionMethod::DEFLATE {
            local.verifying_reader(DeflateDecoder::new(data)).take(most).read_to_end(buffer)
        } else {
            let number = method.as_u16();
            return Err(format!(
                "is packed by method {number}, which is not read (hint: unpack it)"
            ));
        };
        match read {
            _ if buffer.len() > cap => {
                // Output produced before the limit was reached is work as well.
                self.left = self.left.saturating_sub(cap as u64);
                Err(self.limits.limit_error(cap).to_string())
            }
            Ok(_) => Ok(()),
            Err(error) => Err(format!("is damaged: {error}")),
        }
    }
}
