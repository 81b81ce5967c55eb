//! One capped decompressor for everything that arrives compressed.
//!
//! Whole gzip files, which is what CloudTrail writes, go through libdeflate; everything else is
//! streamed. Real trail files shrink to a twelfth at best; anything that shrinks to less than a
//! two-hundredth is treated as a bomb.

use std::io::Read;

use flate2::bufread::{GzDecoder, ZlibDecoder};
use libdeflater::{DecompressionError, Decompressor};
use memchr::memmem;

/// Limits on how large one body may become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Maximum bytes that one decompression may produce.
    pub max_bytes: usize,
    /// Maximum bytes produced per input byte, enforced once there is 1 MiB.
    pub max_ratio: usize,
    /// Maximum bytes that everything packed within one body may produce, in total.
    pub max_nested: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_bytes: 64 << 20, max_ratio: 200, max_nested: 64 << 20 }
    }
}

impl Limits {
    /// Maximum output for an input of this many bytes.
    pub(super) fn cap(&self, input: usize) -> usize {
        self.max_bytes.min(input.saturating_mul(self.max_ratio).max(1 << 20))
    }

    pub(super) fn passed(&self, cap: usize) -> DecompressError {
        if cap == self.max_bytes {
            DecompressError::TooLarge { limit: self.max_bytes }
        } else {
            DecompressError::RatioTooHigh { ratio: self.max_ratio }
        }
    }
}

/// Why bytes could not be decompressed, or not all of them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecompressError {
    /// The output exceeds the limit.
    #[error("decompressed data is over {limit} bytes (hint: `limits.body` allows more)")]
    TooLarge {
        /// The limit.
        limit: usize,
    },
    /// The data looks like a decompression bomb.
    #[error(
        "data decompresses to over {ratio} times its size, like a bomb (hint: `limits.ratio` allows more)"
    )]
    RatioTooHigh {
        /// The limit.
        ratio: usize,
    },
    /// The compressed data ends early.
    #[error(
        "compressed data ends early, after {bytes} bytes (hint: the file may still be being written)"
    )]
    Truncated {
        /// Bytes decompressed up to that point.
        bytes: usize,
    },
    /// The compressed data is followed by something else.
    #[error("{bytes} bytes of something else follow the compressed data")]
    TrailingGarbage {
        /// The number of trailing bytes.
        bytes: usize,
    },
    /// The compressed data is damaged.
    #[error("compressed data is damaged, after {bytes} bytes")]
    Corrupt {
        /// Bytes decompressed up to that point.
        bytes: usize,
    },
}

/// How bytes are compressed, judged by their first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// Not compressed, or in an unknown way.
    None,
    /// RFC 1952.
    Gzip,
    /// RFC 1950.
    Zlib,
    /// RFC 8878.
    Zstd,
}

/// Detects how bytes are compressed.
pub fn detect(bytes: &[u8]) -> Compression {
    match bytes {
        [0x1f, 0x8b, ..] => Compression::Gzip,
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Compression::Zstd,
        [cmf @ 0x78, flags, ..] if (u16::from(*cmf) << 8 | u16::from(*flags)) % 31 == 0 => {
            Compression::Zlib
        }
        _ => Compression::None,
    }
}

/// Decompressed bytes, and what was wrong with the rest.
#[derive(Debug)]
pub struct Inflated<'a> {
    /// The bytes decompressed.
    pub bytes: &'a [u8],
    /// Why they are not complete.
    pub problem: Option<DecompressError>,
}

/// Decompresses one body after another into one buffer.
pub struct Inflater {
    limits: Limits,
    gzip: Decompressor,
    buffer: Vec<u8>,
}

/// A larger buffer is freed after use.
const KEEP: usize = 32 << 20;
/// Compressed members smaller than this need no size estimate.
const SMALLEST: usize = 64 << 10;

impl Inflater {
    /// An inflater with the given limits.
    pub fn new(limits: Limits) -> Self {
        Self { limits, gzip: Decompressor::new(), buffer: Vec::new() }
    }

    /// Decompresses a body, or returns it unchanged when it is not compressed.
    ///
    /// # Errors
    /// When a limit is exceeded, or nothing at all can be decompressed.
    pub fn inflate<'a>(&'a mut self, input: &'a [u8]) -> Result<Inflated<'a>, DecompressError> {
        if self.buffer.len() > KEEP {
            self.buffer = Vec::new();
        }
        match detect(input) {
            Compression::None => Ok(Inflated { bytes: input, problem: None }),
            Compression::Gzip => self.gzip(input),
            Compression::Zlib => {
                let cap = self.limits.cap(input.len());
                let problem = read(ZlibDecoder::new(input), &mut self.buffer, cap, &self.limits)?;
                finish(&self.buffer, problem)
            }
            Compression::Zstd => self.zstd(input),
        }
    }

    fn gzip<'a>(&'a mut self, input: &'a [u8]) -> Result<Inflated<'a>, DecompressError> {
        let whole = if is_one_member(input) { self.whole(input) } else { None };
        if let Some(length) = whole {
            let bytes = self.buffer.get(..length).unwrap_or_default();
            return Ok(Inflated { bytes, problem: None });
        }
        let problem = members(input, &mut self.buffer, &self.limits)?;
        finish(&self.buffer, problem)
    }

    /// The fast path: one whole member. `None` when its size is not what its trailer says, or when
    /// it is damaged: the slow path then finds out how much can be recovered.
    fn whole(&mut self, input: &[u8]) -> Option<usize> {
        let size = u32::from_le_bytes(*input.last_chunk::<4>()?) as usize;
        if size > self.limits.cap(input.len()) {
            return None;
        }
        let room = size.max(SMALLEST);
        if self.buffer.len() < room {
            self.buffer.resize(room.next_power_of_two(), 0);
        }
        match self.gzip.gzip_decompress(input, &mut self.buffer) {
            Ok(length) if length == size => Some(length),
            Ok(_) | Err(DecompressionError::BadData | DecompressionError::InsufficientSpace) => {
                None
            }
        }
    }

    fn zstd<'a>(&'a mut self, input: &'a [u8]) -> Result<Inflated<'a>, DecompressError> {
        let cap = self.limits.cap(input.len());
        let mut decoder = zstd::stream::read::Decoder::with_buffer(input)
            .map_err(|_| DecompressError::Corrupt { bytes: 0 })?;
        let window = decoder.window_log_max(27);
        window.map_err(|_| DecompressError::Corrupt { bytes: 0 })?;
        let problem = read(decoder, &mut self.buffer, cap, &self.limits)?;
        finish(&self.buffer, problem)
    }
}

/// Whether no second member can follow: libdeflate stops after the first one and does not say
/// where. A member begins with `1f 8b 08`; compressed bytes may contain that by chance, and then
/// the slow path decides. Anything else that follows is caught by comparing the size in the last
/// bytes.
fn is_one_member(input: &[u8]) -> bool {
    let rest = input.get(10..).unwrap_or_default();
    let begins = |at| rest.get(at + 3).is_none_or(|flags: &u8| *flags < 0x20);
    !memmem::find_iter(rest, b"\x1f\x8b\x08").any(begins)
}

fn finish(
    buffer: &[u8],
    problem: Option<DecompressError>,
) -> Result<Inflated<'_>, DecompressError> {
    match problem {
        Some(problem) if buffer.is_empty() => Err(problem),
        problem => Ok(Inflated { bytes: buffer, problem }),
    }
}

/// Reads one member after another, until the end or a problem.
fn members(
    input: &[u8],
    buffer: &mut Vec<u8>,
    limits: &Limits,
) -> Result<Option<DecompressError>, DecompressError> {
    let cap = limits.cap(input.len());
    buffer.clear();
    let mut rest = input;
    loop {
        let mut decoder = GzDecoder::new(rest);
        let problem = append(&mut decoder, buffer, cap, limits)?;
        if problem.is_some() {
            return Ok(problem);
        }
        rest = decoder.into_inner();
        if rest.iter().all(|byte| *byte == 0) {
            return Ok(None);
        }
        if detect(rest) != Compression::Gzip {
            return Ok(Some(DecompressError::TrailingGarbage { bytes: rest.len() }));
        }
    }
}

fn read(
    mut decoder: impl Read,
    buffer: &mut Vec<u8>,
    cap: usize,
    limits: &Limits,
) -> Result<Option<DecompressError>, DecompressError> {
    buffer.clear();
    append(&mut decoder, buffer, cap, limits)
}

fn append(
    decoder: &mut impl Read,
    buffer: &mut Vec<u8>,
    cap: usize,
    limits: &Limits,
) -> Result<Option<DecompressError>, DecompressError> {
    let room = (cap + 1).saturating_sub(buffer.len());
    let read = decoder.take(room as u64).read_to_end(buffer);
    let bytes = buffer.len();
    match read {
        _ if bytes > cap => {
            *buffer = Vec::new();
            Err(limits.passed(cap))
        }
        Ok(_) => Ok(None),
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            Ok(Some(DecompressError::Truncated { bytes }))
        }
        Err(_) => Ok(Some(DecompressError::Corrupt { bytes })),
    }
}

#[cfg(test)]
mod tests;
