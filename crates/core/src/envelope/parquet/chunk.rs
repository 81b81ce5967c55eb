//! The pages of a column's part, unpacked one at a time.

use std::borrow::Cow;
use std::io::Read;

use super::budget::TableBudget;
use super::footer::ColumnChunk;
use super::page::{PageHeader, PageKind};
use super::problem::{Damage, RowProblem};

/// Goes through the pages of a column's part.
#[derive(Debug)]
pub(super) struct ChunkPages<'a> {
    bytes: &'a [u8],
    at: usize,
    codec: PageCodec,
}

/// A page as it is before it was packed.
#[derive(Debug)]
pub(super) struct UnpackedPage<'a> {
    pub(super) header: PageHeader,
    pub(super) bytes: Cow<'a, [u8]>,
}

/// How pages are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PageCodec {
    None,
    Snappy,
    Gzip,
    Zstd,
}

impl<'a> ChunkPages<'a> {
    /// The pages of a part of a file.
    pub(super) fn new(file: &'a [u8], chunk: &ColumnChunk) -> Result<Self, RowProblem> {
        let range = |from: u64, bytes: u64| {
            let (from, to) = (usize::try_from(from).ok()?, from.checked_add(bytes)?);
            file.get(from..usize::try_from(to).ok()?)
        };
        let bytes = range(chunk.from, chunk.bytes).ok_or(Damage("it ends after the file"))?;
        Ok(Self { bytes, at: 0, codec: PageCodec::of_number(chunk.codec)? })
    }

    /// The next page with values or a dictionary; `None` after the last one.
    pub(super) fn next_page(
        &mut self,
        budget: &mut TableBudget,
    ) -> Result<Option<UnpackedPage<'a>>, RowProblem> {
        while self.at < self.bytes.len() {
            let (header, packed) = self.read_packed(budget)?;
            if header.kind == PageKind::Other {
                continue;
            }
            budget.charge_page(header.unpacked)?;
            let bytes = self.unpack_page(&header, packed)?;
            if bytes.len() != header.unpacked {
                return Err(Damage("a page has another size than its header says").into());
            }
            return Ok(Some(UnpackedPage { header, bytes }));
        }
        Ok(None)
    }

    /// The next page as it is in the file. It is charged whatever it is: pages without values, and
    /// bytes that many parts of the file share, are read for no less than others.
    fn read_packed(
        &mut self,
        budget: &mut TableBudget,
    ) -> Result<(PageHeader, &'a [u8]), RowProblem> {
        let from = self.at;
        let header = PageHeader::read(self.bytes, &mut self.at);
        budget.charge_packed(self.at.saturating_sub(from))?;
        let header = header?;
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let packed = rest.get(..header.packed).ok_or(Damage("a page is cut"))?;
        budget.charge_packed(packed.len())?;
        self.at += header.packed;
        Ok((header, packed))
    }

    /// Unpacks a page; of the newer kind only what follows the levels.
    fn unpack_page(&self, header: &PageHeader, packed: &'a [u8]) -> Result<Cow<'a, [u8]>, Damage> {
        let levels = match header.kind {
            PageKind::DataV2 { repetition, definition, is_packed: true } => repetition + definition,
            PageKind::DataV2 { .. } => return Ok(Cow::Borrowed(packed)),
            _ => 0,
        };
        if self.codec == PageCodec::None {
            return Ok(Cow::Borrowed(packed));
        }
        let (head, rest) = packed.split_at_checked(levels).ok_or(Damage("levels are cut"))?;
        let size = header.unpacked.checked_sub(levels).ok_or(Damage("levels are cut"))?;
        let mut bytes = head.to_vec();
        // A page of nothing but nulls may have no bytes to unpack.
        if size > 0 {
            self.codec.unpack(rest, size, &mut bytes)?;
        }
        Ok(Cow::Owned(bytes))
    }
}

impl PageCodec {
    fn of_number(number: i64) -> Result<Self, RowProblem> {
        let unread = |name: &str| Err(RowProblem::Unread(format!("compressed with {name}")));
        match number {
            0 => Ok(Self::None),
            1 => Ok(Self::Snappy),
            2 => Ok(Self::Gzip),
            6 => Ok(Self::Zstd),
            3 => unread("LZO"),
            4 => unread("brotli"),
            5 | 7 => unread("LZ4"),
            _ => unread("an unknown codec"),
        }
    }

    /// Appends what is packed, which is `size` bytes, or fewer or one more if the header is wrong.
    fn unpack(self, packed: &[u8], size: usize, bytes: &mut Vec<u8>) -> Result<(), Damage> {
        let damage = Damage("a page cannot be unpacked");
        match self {
            Self::None => bytes.extend_from_slice(packed),
            Self::Snappy => {
                let from = bytes.len();
                if snap::raw::decompress_len(packed) != Ok(size) {
                    return Err(damage);
                }
                bytes.resize(from + size, 0);
                let room = bytes.get_mut(from..).unwrap_or_default();
                snap::raw::Decoder::new().decompress(packed, room).map_err(|_| damage)?;
            }
            Self::Gzip => {
                let decoder = flate2::bufread::MultiGzDecoder::new(packed);
                read_at_most(decoder, size, bytes).map_err(|_| damage)?;
            }
            Self::Zstd => {
                let decoder = zstd::stream::read::Decoder::with_buffer(packed);
                let mut decoder = decoder.map_err(|_| damage)?;
                decoder.window_log_max(27).map_err(|_| damage)?;
                read_at_most(decoder, size, bytes).map_err(|_| damage)?;
            }
        }
        Ok(())
    }
}

/// Reads one byte more than there should be, to tell whether there are more.
fn read_at_most(decoder: impl Read, size: usize, bytes: &mut Vec<u8>) -> std::io::Result<usize> {
    bytes.reserve_exact(size.saturating_add(1));
    decoder.take(size as u64 + 1).read_to_end(bytes)
}
