//! Bytes as items keep them: compressed, unless they are few. A write costs a unit for each KB.

use std::io::{self, Read, Write};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

/// From this size on, bytes are compressed.
const COMPRESSED_FROM: usize = 1_024;
/// What compressed bytes begin with. Source: RFC 1952, 2.3.1.
const GZIP_START: [u8; 2] = [0x1f, 0x8b];
/// The most that compressed bytes may grow to.
const MAX_INFLATED: u64 = 16 << 20;

/// Bytes for an item.
pub(super) fn deflate(bytes: &[u8]) -> Vec<u8> {
    if bytes.len() < COMPRESSED_FROM && !bytes.starts_with(&GZIP_START) {
        return bytes.to_vec();
    }
    // Writing to memory does not fail.
    compress(bytes).unwrap_or_else(|_| bytes.to_vec())
}

fn compress(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes)?;
    encoder.finish()
}

/// Bytes of an item, as they were before [`deflate`]; `None` if they are broken, or grow beyond
/// 16 MiB.
pub(super) fn inflate(bytes: &[u8]) -> Option<Vec<u8>> {
    if !bytes.starts_with(&GZIP_START) {
        return Some(bytes.to_vec());
    }
    let mut inflated = Vec::new();
    GzDecoder::new(bytes).take(MAX_INFLATED + 1).read_to_end(&mut inflated).ok()?;
    (inflated.len() as u64 <= MAX_INFLATED).then_some(inflated)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back_as_they_were() {
        let gzip_like = [&GZIP_START[..], b"not gzip"].concat();
        for bytes in [Vec::new(), b"{}".to_vec(), gzip_like, b"[0, 1, 2] ".repeat(1_000)] {
            assert_eq!(inflate(&deflate(&bytes)).unwrap(), bytes);
        }
        assert!(deflate(&b"[0, 1, 2] ".repeat(1_000)).len() < 200);
    }

    #[test]
    fn what_is_broken_or_too_large_is_not_read() {
        let whole = deflate(&b"[0, 1, 2] ".repeat(1_000));
        assert_eq!(inflate(&whole[..whole.len() / 2]), None);
        let bomb = deflate(&vec![0; MAX_INFLATED as usize + 1]);
        assert_eq!(inflate(&bomb), None);
    }
}
