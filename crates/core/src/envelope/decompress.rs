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
pub struct DecompressionLimits {
    /// Maximum bytes that one decompression may produce.
    pub max_bytes: usize,
    /// Maximum bytes produced per input byte, enforced once there is 1 MiB.
    pub max_ratio: usize,
    /// Maximum bytes that everything packed within one body may produce, in total.
    pub max_nested: usize,
}

impl Default for DecompressionLimits {
    fn default() -> Self {
        Self { max_bytes: 64 << 20, max_ratio: 200, max_nested: 64 << 20 }
    }
}

impl DecompressionLimits {
    /// Maximum output for an input of this many bytes.
    pub(super) fn max_output(&self, input: usize) -> usize {
        self.max_bytes.min(input.saturating_mul(self.max_ratio).max(1 << 20))
    }

    pub(super) fn limit_error(&self, cap: usize) -> DecompressError {
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
pub enum CompressionFormat {
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
///
/// ```
/// use aware_core::envelope::decompress::{CompressionFormat, detect_compression};
///
/// assert_eq!(detect_compression(b"\x1f\x8b\x08\x00"), CompressionFormat::Gzip);
/// assert_eq!(detect_compression(br#"{"Records": []}"#), CompressionFormat::None);
/// ```
pub fn detect_compression(bytes: &[u8]) -> CompressionFormat {
    match bytes {
        [0x1f, 0x8b, ..] => CompressionFormat::Gzip,
        [0x28, 0xb5, 0x2f, 0xfd, ..] => CompressionFormat::Zstd,
        [cmf @ 0x78, flags, ..] if (u16::from(*cmf) << 8 | u16::from(*flags)) % 31 == 0 => {
            CompressionFormat::Zlib
        }
        _ => CompressionFormat::None,
    }
}

/// Decompressed bytes, and what was wrong with the rest.
#[derive(Debug)]
pub struct InflatedBody<'a> {
    /// The bytes decompressed.
    pub bytes: &'a [u8],
    /// Why they are not complete.
    pub problem: Option<DecompressError>,
}

/// Decompresses one body after another into one buffer.
pub struct BodyInflater {
    limits: DecompressionLimits,
    gzip: Decompressor,
    buffer: Vec<u8>,
}

/// A larger buffer is freed after use.
const MAX_KEPT_BUFFER: usize = 32 << 20;
/// Compressed members smaller than this need no size estimate.
const SMALL_MEMBER: usize = 64 << 10;

impl BodyInflater {
    /// An inflater with the given limits.
    pub fn new(limits: DecompressionLimits) -> Self {
        Self { limits, gzip: Decompressor::new(), buffer: Vec::new() }
    }

    /// Decompresses a body, or returns it unchanged when it is not compressed.
    ///
    /// # Errors
    /// When a limit is exceeded, or nothing at all can be decompressed.
    pub fn inflate<'a>(&'a mut self, input: &'a [u8]) -> Result<InflatedBody<'a>, DecompressError> {
        if self.buffer.len() > MAX_KEPT_BUFFER {
            self.buffer = Vec::new();
        }
        match detect_compression(input) {
            CompressionFormat::None => Ok(InflatedBody { bytes: input, problem: None }),
            CompressionFormat::Gzip => self.inflate_gzip(input),
            CompressionFormat::Zlib => {
                let cap = self.limits.max_output(input.len());
                let problem =
                    read_stream(ZlibDecoder::new(input), &mut self.buffer, cap, &self.limits)?;
                inflated_or_error(&self.buffer, problem)
            }
            CompressionFormat::Zstd => self.inflate_zstd(input),
        }
    }

    fn inflate_gzip<'a>(
        &'a mut self,
        input: &'a [u8],
    ) -> Result<InflatedBody<'a>, DecompressError> {
        let whole = if is_one_member(input) { self.inflate_single_member(input) } else { None };
        if let Some(length) = whole {
            let bytes = self.buffer.get(..length).unwrap_or_default();
            return Ok(InflatedBody { bytes, problem: None });
        }
        let problem = read_members(input, &mut self.buffer, &self.limits)?;
        inflated_or_error(&self.buffer, problem)
    }

    /// The fast path: one whole member. `None` when its size is not what its trailer says, or when
    /// it is damaged: the slow path then finds out how much can be recovered.
    fn inflate_single_member(&mut self, input: &[u8]) -> Option<usize> {
        let size = u32::from_le_bytes(*input.last_chunk::<4>()?) as usize;
        if size > self.limits.max_output(input.len()) {
            return None;
        }
        let room = size.max(SMALL_MEMBER);
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

    fn inflate_zstd<'a>(
        &'a mut self,
        input: &'a [u8],
    ) -> Result<InflatedBody<'a>, DecompressError> {
        let cap = self.limits.max_output(input.len());
        let mut decoder = zstd::stream::read::Decoder::with_buffer(input)
            .map_err(|_| DecompressError::Corrupt { bytes: 0 })?;
        let window = decoder.window_log_max(27);
        window.map_err(|_| DecompressError::Corrupt { bytes: 0 })?;
        let problem = read_stream(decoder, &mut self.buffer, cap, &self.limits)?;
        inflated_or_error(&self.buffer, problem)
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

fn inflated_or_error(
    buffer: &[u8],
    problem: Option<DecompressError>,
) -> Result<InflatedBody<'_>, DecompressError> {
    match problem {
        Some(problem) if buffer.is_empty() => Err(problem),
        problem => Ok(InflatedBody { bytes: buffer, problem }),
    }
}

/// Reads one member after another, until the end or a problem.
fn read_members(
    input: &[u8],
    buffer: &mut Vec<u8>,
    limits: &DecompressionLimits,
) -> Result<Option<DecompressError>, DecompressError> {
    let cap = limits.max_output(input.len());
    buffer.clear();
    let mut rest = input;
    loop {
        let mut decoder = GzDecoder::new(rest);
        let problem = append_stream(&mut decoder, buffer, cap, limits)?;
        if problem.is_some() {
            return Ok(problem);
        }
        rest = decoder.into_inner();
        if rest.iter().all(|byte| *byte == 0) {
            return Ok(None);
        }
        if detect_compression(rest) != CompressionFormat::Gzip {
            return Ok(Some(DecompressError::TrailingGarbage { bytes: rest.len() }));
        }
    }
}

fn read_stream(
    mut decoder: impl Read,
    buffer: &mut Vec<u8>,
    cap: usize,
    limits: &DecompressionLimits,
) -> Result<Option<DecompressError>, DecompressError> {
    buffer.clear();
    append_stream(&mut decoder, buffer, cap, limits)
}

fn append_stream(
    decoder: &mut impl Read,
    buffer: &mut Vec<u8>,
    cap: usize,
    limits: &DecompressionLimits,
) -> Result<Option<DecompressError>, DecompressError> {
    let room = (cap + 1).saturating_sub(buffer.len());
    let read = decoder.take(room as u64).read_to_end(buffer);
    let bytes = buffer.len();
    match read {
        _ if bytes > cap => {
            *buffer = Vec::new();
            Err(limits.limit_error(cap))
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
