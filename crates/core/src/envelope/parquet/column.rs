//! Reads the values of a column's part, one for each row.

use super::bits::HybridReader;
use super::budget::{ChargedText, TableBudget};
use super::cell::{NULL, take_bytes, write_flag, write_text};
use super::chunk::{ChunkPages, UnpackedPage};
use super::delta::{DeltaReader, LengthReader, PrefixReader};
use super::footer::ColumnChunk;
use super::page::PageKind;
use super::problem::{Damage, RowProblem};
use super::schema::{Column, PhysicalType, ValueKind};

/// The number of the encoding of levels.
const RLE: i64 = 3;

/// Reads a column's part.
#[derive(Debug)]
pub(super) struct ColumnReader<'a> {
    column: &'a Column,
    pages: ChunkPages<'a>,
    dictionary: Option<Dictionary>,
    page: Option<DataPage<'a>>,
}

/// The texts that a column's pages point to.
#[derive(Debug, Default)]
struct Dictionary {
    texts: Vec<u8>,
    /// Where each ends.
    ends: Vec<usize>,
}

/// A page of values.
#[derive(Debug)]
struct DataPage<'a> {
    bytes: std::borrow::Cow<'a, [u8]>,
    /// How many values are left, with those that are null.
    left: u64,
    /// Which values are null; `None` if none is.
    levels: Option<HybridReader>,
    values: PageValues,
}

/// How the values of a page are written, and where the next one is.
#[derive(Debug)]
enum PageValues {
    Plain(usize),
    Flags(usize),
    FlagRuns(HybridReader),
    Indexes(HybridReader),
    Numbers(DeltaReader),
    Lengths(LengthReader),
    Prefixes(PrefixReader),
}

impl<'a> ColumnReader<'a> {
    /// A reader of a part of a file.
    pub(super) fn new(
        file: &'a [u8],
        column: &'a Column,
        chunk: &ColumnChunk,
    ) -> Result<Self, RowProblem> {
        if let Some(what) = column.unread {
            return Err(RowProblem::Unread(what.to_owned()));
        }
        let pages = ChunkPages::new(file, chunk)?;
        Ok(Self { column, pages, dictionary: None, page: None })
    }

    /// Appends the next value to a line.
    pub(super) fn write_next(
        &mut self,
        line: &mut Vec<u8>,
        budget: &mut TableBudget,
    ) -> Result<(), RowProblem> {
        loop {
            if let Some(page) = self.page.as_mut().filter(|page| page.left > 0) {
                page.left -= 1;
                let mut line = ChargedText::of_line(line, budget);
                return page.write_next(self.column, self.dictionary.as_ref(), &mut line);
            }
            self.page = None;
            let next = self.pages.next_page(budget)?;
            self.open_page(next.ok_or(Damage("it has fewer values than rows"))?, budget)?;
        }
    }

    fn open_page(
        &mut self,
        page: UnpackedPage<'a>,
        budget: &mut TableBudget,
    ) -> Result<(), RowProblem> {
        let UnpackedPage { header, bytes } = page;
        if header.kind == PageKind::Dictionary {
            let read = Dictionary::read(self.column.kind, &bytes, header.values, budget)?;
            self.dictionary = Some(read);
            return Ok(());
        }
        let (levels, at) = read_levels(&bytes, header.kind, self.column.max_level)?;
        let values = PageValues::open(header.encoding, self.column.kind, &bytes, at)?;
        self.page = Some(DataPage { bytes, left: header.values, levels, values });
        Ok(())
    }
}

impl Dictionary {
    /// Reads a page of plain values. Each has a byte at the least, so that there are not more of
    /// them than the page has bytes for. Their texts may be far longer than the page, so that each
    /// is charged, with where it ends, before there is a next one.
    fn read(
        kind: ValueKind,
        page: &[u8],
        values: u64,
        budget: &mut TableBudget,
    ) -> Result<Self, RowProblem> {
        let (mut read, mut at) = (Self::default(), 0);
        for _ in 0..values {
            budget.charge_page(size_of::<usize>())?;
            let mut texts = ChargedText::of_dictionary(&mut read.texts, budget);
            kind.write_plain(page, &mut at, &mut texts)?;
            read.ends.push(read.texts.len());
        }
        Ok(read)
    }

    fn text(&self, index: u64) -> Option<&[u8]> {
        let index = usize::try_from(index).ok()?;
        let from = index.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied())?;
        self.texts.get(from..*self.ends.get(index)?)
    }
}

impl DataPage<'_> {
    fn write_next(
        &mut self,
        column: &Column,
        dictionary: Option<&Dictionary>,
        line: &mut ChargedText<'_>,
    ) -> Result<(), RowProblem> {
        let page = &*self.bytes;
        if let Some(levels) = &mut self.levels
            && levels.next_number(page)? != u64::from(column.max_level)
        {
            return line.push_bytes(&[NULL]);
        }
        match &mut self.values {
            PageValues::Plain(at) => column.kind.write_plain(page, at, line),
            PageValues::Flags(bit) => {
                write_flag(page, *bit, line)?;
                *bit += 1;
                Ok(())
            }
            PageValues::FlagRuns(flags) => write_flag(&[flags.next_number(page)? as u8], 0, line),
            PageValues::Indexes(indexes) => {
                let index = indexes.next_number(page)?;
                let text = dictionary.and_then(|dictionary| dictionary.text(index));
                line.push_bytes(text.ok_or(Damage("a value is not in its dictionary"))?)
            }
            PageValues::Numbers(numbers) => {
                let number = numbers.next_number(page)?;
                let is_short = column.kind.physical == PhysicalType::Int32;
                // Differences of short numbers wrap around as these do.
                let number = if is_short { i64::from(number as i32) } else { number };
                column.kind.write_number(number, line)
            }
            PageValues::Lengths(texts) => write_text(texts.next_text(page)?, line),
            PageValues::Prefixes(texts) => {
                let text = texts.next_text(page, line.budget())?;
                write_text(text, line)
            }
        }
    }
}

/// The levels of a page, and where its values begin.
fn read_levels(
    page: &[u8],
    kind: PageKind,
    max_level: u8,
) -> Result<(Option<HybridReader>, usize), RowProblem> {
    let width = u8::try_from(u8::BITS - max_level.leading_zeros()).unwrap_or_default();
    let (from, to) = match kind {
        PageKind::DataV2 { repetition, definition, .. } => (repetition, repetition + definition),
        _ if max_level == 0 => (0, 0),
        PageKind::Data { level_encoding: RLE } => {
            let mut at = 0;
            let length = read_length(page, &mut at)?;
            (at, at.saturating_add(length))
        }
        _ => return Err(RowProblem::Unread("in an old form of levels".to_owned())),
    };
    if to > page.len() {
        return Err(Damage("levels are cut").into());
    }
    let levels = (max_level > 0).then(|| HybridReader::new(from, to, width)).transpose()?;
    Ok((levels, to))
}

impl PageValues {
    /// Opens the values that begin at an offset, by the number of their encoding.
    fn open(
        encoding: i64,
        kind: ValueKind,
        page: &[u8],
        mut at: usize,
    ) -> Result<Self, RowProblem> {
        let is_flag = kind.physical == PhysicalType::Boolean;
        let is_whole = matches!(kind.physical, PhysicalType::Int32 | PhysicalType::Int64);
        let is_text = matches!(kind.physical, PhysicalType::Bytes | PhysicalType::Fixed(_));
        Ok(match encoding {
            0 if is_flag => Self::Flags(at * 8),
            0 => Self::Plain(at),
            RLE if is_flag => {
                let length = read_length(page, &mut at)?;
                Self::FlagRuns(HybridReader::new(at, at.saturating_add(length), 1)?)
            }
            2 | 8 if !is_flag => {
                // A page of nothing but nulls may lack the width.
                let width = page.get(at).copied().unwrap_or_default();
                Self::Indexes(HybridReader::new(at + 1, page.len(), width)?)
            }
            5 if is_whole => Self::Numbers(DeltaReader::new(page, at)?),
            6 if is_text => Self::Lengths(LengthReader::new(page, at)?),
            7 if is_text => Self::Prefixes(PrefixReader::new(page, at)?),
            other => return Err(RowProblem::Unread(format!("in the encoding {other}"))),
        })
    }
}

/// The length, in four bytes, of what follows.
fn read_length(page: &[u8], at: &mut usize) -> Result<usize, Damage> {
    let bytes = take_bytes(page, at, 4)?.first_chunk::<4>().copied();
    Ok(bytes.map_or(0, u32::from_le_bytes) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::envelope::decompress::DecompressionLimits;
    use crate::envelope::parquet::schema::NumberKind;

    #[test]
    fn a_dictionary_grows_to_the_limit_and_no_further() {
        // The smallest number above zero has 326 digits, in eight bytes.
        let page = f64::from_bits(1).to_le_bytes().repeat(100_000);
        let kind = ValueKind { physical: PhysicalType::Double, number: NumberKind::Signed };
        let mut budget = TableBudget::new(DecompressionLimits::default(), 0, usize::MAX);
        let problem = Dictionary::read(kind, &page, u64::MAX, &mut budget).unwrap_err();
        assert!(problem.is_limit(), "{problem}");
        assert!((1 << 20..(1 << 20) + 400).contains(&budget.spent()), "{}", budget.spent());
    }
}
