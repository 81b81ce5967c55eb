//! Numbers as differences, and texts by their lengths or by what they share with the one before.
//!
//! Source: Apache Parquet, `Encodings.md`, "Delta Encoding", "Delta-length byte array" and "Delta
//! Strings".

use super::bits::{bits_at, read_varint, unzigzag};
use super::budget::TableBudget;
use super::cell::take_bytes;
use super::problem::{Damage, RowProblem};

/// The most numbers of a block.
const MAX_BLOCK: u64 = 1 << 20;

/// What the header of such numbers says.
#[derive(Clone, Copy, Debug)]
struct DeltaHeader {
    miniblocks: usize,
    /// How many numbers a miniblock has.
    numbers: usize,
    total: u64,
    first: i64,
}

impl DeltaHeader {
    fn read(page: &[u8], at: &mut usize) -> Result<Self, Damage> {
        let (block, miniblocks) = (read_varint(page, at)?, read_varint(page, at)?);
        let (total, first) = (read_varint(page, at)?, unzigzag(read_varint(page, at)?));
        let is_whole = |of: u64, by: u64| by > 0 && of.is_multiple_of(by) && of > 0;
        if block > MAX_BLOCK
            || !is_whole(block, miniblocks)
            || !is_whole(block / miniblocks.max(1), 8)
        {
            return Err(Damage("a block of differences has an impossible size"));
        }
        let size = |number: u64| usize::try_from(number).unwrap_or_default();
        let numbers = size(block / miniblocks.max(1));
        Ok(Self { miniblocks: size(miniblocks), numbers, total, first })
    }
}

/// Reads numbers that are written as differences.
#[derive(Clone, Copy, Debug)]
pub(super) struct DeltaReader {
    header: DeltaHeader,
    /// How many numbers are left, and the one before the next.
    left: u64,
    last: i64,
    /// Where the widths of the block's miniblocks are, and which of them is next.
    widths: usize,
    miniblock: usize,
    /// Where the next block or miniblock begins.
    at: usize,
    least: i64,
    /// The bits of the current miniblock.
    bit: usize,
    width: u8,
    packed: usize,
}

impl DeltaReader {
    /// A reader of numbers that begin at an offset of a page.
    pub(super) fn new(page: &[u8], mut at: usize) -> Result<Self, Damage> {
        let header = DeltaHeader::read(page, &mut at)?;
        let (left, last, miniblock) = (header.total, header.first, header.miniblocks);
        let (widths, least, bit, width, packed) = (at, 0, 0, 0, 0);
        Ok(Self { header, left, last, widths, miniblock, at, least, bit, width, packed })
    }

    /// The next number.
    pub(super) fn next_number(&mut self, page: &[u8]) -> Result<i64, Damage> {
        let is_first = self.left == self.header.total;
        self.left = self.left.checked_sub(1).ok_or(Damage("page has too few differences"))?;
        if is_first {
            return Ok(self.last);
        }
        if self.packed == 0 {
            self.open_miniblock(page)?;
        }
        let step = bits_at(page, self.bit, self.width)?.cast_signed();
        self.bit += usize::from(self.width);
        self.packed -= 1;
        self.last = self.last.wrapping_add(self.least).wrapping_add(step);
        Ok(self.last)
    }

    /// Where the bytes after the numbers begin.
    pub(super) fn end(mut self, page: &[u8]) -> Result<usize, Damage> {
        let mut left = self.left.saturating_sub(1);
        while left > 0 {
            self.open_miniblock(page)?;
            left = left.saturating_sub(self.packed as u64);
        }
        Ok(self.at)
    }

    fn open_miniblock(&mut self, page: &[u8]) -> Result<(), Damage> {
        if self.miniblock == self.header.miniblocks {
            self.least = unzigzag(read_varint(page, &mut self.at)?);
            (self.widths, self.miniblock) = (self.at, 0);
            take_bytes(page, &mut self.at, self.header.miniblocks)?;
        }
        self.width = *page.get(self.widths + self.miniblock).ok_or(Damage("page ends early"))?;
        if self.width > 64 {
            return Err(Damage("a difference has more than 64 bits"));
        }
        (self.bit, self.packed) = (self.at * 8, self.header.numbers);
        self.miniblock += 1;
        self.at += usize::from(self.width) * self.header.numbers / 8;
        Ok(())
    }
}

/// Reads texts whose lengths stand before all of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct LengthReader {
    lengths: DeltaReader,
    at: usize,
}

impl LengthReader {
    /// A reader of texts whose lengths begin at an offset of a page.
    pub(super) fn new(page: &[u8], at: usize) -> Result<Self, Damage> {
        let lengths = DeltaReader::new(page, at)?;
        Ok(Self { lengths, at: lengths.end(page)? })
    }

    /// The next text.
    pub(super) fn next_text<'p>(&mut self, page: &'p [u8]) -> Result<&'p [u8], Damage> {
        let length = usize::try_from(self.lengths.next_number(page)?);
        take_bytes(page, &mut self.at, length.map_err(|_| Damage("a text has no length"))?)
    }
}

/// Reads texts of which each begins like the one before.
#[derive(Clone, Debug)]
pub(super) struct PrefixReader {
    shared: DeltaReader,
    rest: LengthReader,
    text: Vec<u8>,
}

impl PrefixReader {
    /// A reader of texts that begin at an offset of a page.
    pub(super) fn new(page: &[u8], at: usize) -> Result<Self, Damage> {
        let shared = DeltaReader::new(page, at)?;
        let rest = LengthReader::new(page, shared.end(page)?)?;
        Ok(Self { shared, rest, text: Vec::new() })
    }

    /// The next text. What it takes beyond the longest one before is charged.
    pub(super) fn next_text(
        &mut self,
        page: &[u8],
        budget: &mut TableBudget,
    ) -> Result<&[u8], RowProblem> {
        let shared = usize::try_from(self.shared.next_number(page)?).ok();
        let shared = shared.filter(|shared| *shared <= self.text.len());
        self.text.truncate(shared.ok_or(Damage("a text shares more than there is"))?);
        let rest = self.rest.next_text(page)?;
        let length = self.text.len().saturating_add(rest.len());
        budget.charge_page(length.saturating_sub(self.text.capacity()))?;
        self.text.extend_from_slice(rest);
        Ok(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::envelope::decompress::DecompressionLimits;

    /// The examples of the specification: 1 to 5, and 7, 5, 3, 1, 2, 3, 4, 5.
    #[test]
    fn differences() {
        let mut even = vec![128, 1, 4, 5, 2, 2, 0, 0, 0, 0];
        let mut reader = DeltaReader::new(&even, 0).unwrap();
        let read: Vec<i64> = (0..5).map(|_| reader.next_number(&even).unwrap()).collect();
        assert_eq!(read, [1, 2, 3, 4, 5]);
        assert!(reader.next_number(&even).is_err());
        assert_eq!(DeltaReader::new(&even, 0).unwrap().end(&even).unwrap(), even.len());
        even.pop();
        assert!(DeltaReader::new(&even, 0).unwrap().end(&even).is_err());

        let packed = [0b1100_0000, 0b0011_1111, 0, 0, 0, 0, 0, 0];
        let uneven = [&[128, 1, 4, 8, 14, 3, 2, 0, 0, 0][..], &packed].concat();
        let mut reader = DeltaReader::new(&uneven, 0).unwrap();
        let read: Vec<i64> = (0..8).map(|_| reader.next_number(&uneven).unwrap()).collect();
        assert_eq!(read, [7, 5, 3, 1, 2, 3, 4, 5]);
    }

    #[test]
    fn a_text_is_charged_before_it_grows() {
        // One text that shares nothing, of five bytes.
        let page = [&[128, 1, 4, 1, 0, 128, 1, 4, 1, 10][..], b"hello"].concat();
        let limits = DecompressionLimits::default();
        let read = |nested| {
            let mut budget = TableBudget::new(limits, page.len(), nested);
            let mut reader = PrefixReader::new(&page, 0).unwrap();
            reader.next_text(&page, &mut budget).map(<[u8]>::to_vec)
        };
        assert_eq!(read(5), Ok(b"hello".to_vec()));
        assert_eq!(read(4), Err(RowProblem::OverNested(limits.max_nested)));
    }

    #[test]
    fn impossible_blocks() {
        for bytes in [&[0, 0, 5, 2][..], &[128, 1, 0, 5, 2], &[128, 1, 3, 5, 2], &[8, 4, 5, 2]] {
            assert!(DeltaReader::new(bytes, 0).is_err(), "{bytes:?}");
        }
        let wide = [128, 1, 4, 5, 2, 2, 65, 0, 0, 0];
        let mut reader = DeltaReader::new(&wide, 0).unwrap();
        assert!(reader.next_number(&wide).is_ok() && reader.next_number(&wide).is_err());
    }
}
