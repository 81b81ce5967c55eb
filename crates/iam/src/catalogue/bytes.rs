//! The catalogue's bytes: numbers, texts and sorted tables, all read without trusting any of them.
//!
//! Every read returns `None` where the bytes end early or are inconsistent, so that a damaged
//! catalogue answers "unknown" and never panics.

use std::cmp::Ordering;

/// How many names share one restart point of a [`NameTable`] table.
pub(super) const BLOCK: usize = 16;
/// The longest name in a table, in bytes; the builder refuses longer ones.
pub(super) const MAX_NAME: usize = 200;

/// A position in the bytes, from which values are read one after another.
#[derive(Clone, Copy, Debug)]
pub(super) struct ByteCursor<'a> {
    rest: &'a [u8],
}

impl<'a> ByteCursor<'a> {
    pub(super) fn at_offset(bytes: &'a [u8], offset: usize) -> Option<Self> {
        Some(Self { rest: bytes.get(offset..)? })
    }

    pub(super) fn read_byte(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    /// An unsigned number, seven bits per byte, least significant first.
    pub(super) fn read_number(&mut self) -> Option<usize> {
        let mut value = 0_usize;
        for shift in [0, 7, 14, 21] {
            let byte = self.read_byte()?;
            value |= usize::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    pub(super) fn read_bytes(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(taken)
    }

    pub(super) fn read_text(&mut self) -> Option<&'a str> {
        let length = self.read_number()?;
        std::str::from_utf8(self.read_bytes(length)?).ok()
    }

    pub(super) fn read_section(&mut self) -> Option<&'a [u8]> {
        let length = self.read_number()?;
        self.read_bytes(length)
    }
}

/// A `u32` from an array, little-endian.
fn read_u32(array: &[u8], index: usize) -> Option<usize> {
    let start = index.checked_mul(4)?;
    let bytes: [u8; 4] = array.get(start..start.checked_add(4)?)?.try_into().ok()?;
    usize::try_from(u32::from_le_bytes(bytes)).ok()
}

/// A `u16` from an array, little-endian.
pub(super) fn read_u16(array: &[u8], index: usize) -> Option<usize> {
    let start = index.checked_mul(2)?;
    let bytes: [u8; 2] = array.get(start..start.checked_add(2)?)?.try_into().ok()?;
    Some(usize::from(u16::from_le_bytes(bytes)))
}

/// A list of byte strings with random access: count, width of an offset, offsets, bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct ItemTable<'a> {
    count: usize,
    wide: bool,
    offsets: &'a [u8],
    bytes: &'a [u8],
}

impl<'a> ItemTable<'a> {
    pub(super) fn read_table(cursor: &mut ByteCursor<'a>) -> Option<Self> {
        let count = cursor.read_number()?;
        let width = cursor.read_byte()?;
        let offsets = cursor.read_bytes(count.checked_mul(usize::from(width))?)?;
        let wide = width == 4;
        let bytes = cursor.read_section()?;
        (wide || width == 2).then_some(Self { count, wide, offsets, bytes })
    }

    pub(super) fn len(&self) -> usize {
        self.count
    }

    pub(super) fn get(&self, index: usize) -> Option<ByteCursor<'a>> {
        if index >= self.count {
            return None;
        }
        let offset =
            if self.wide { read_u32(self.offsets, index) } else { read_u16(self.offsets, index) };
        ByteCursor::at_offset(self.bytes, offset?)
    }
}

/// A table of names, sorted without regard to case. Each name stores only what differs from the
/// previous one; every [`BLOCK`]th is complete.
#[derive(Clone, Copy, Debug)]
pub(super) struct NameTable<'a> {
    count: usize,
    blocks: ItemTable<'a>,
}

impl<'a> NameTable<'a> {
    pub(super) fn read_table(cursor: &mut ByteCursor<'a>) -> Option<Self> {
        let count = cursor.read_number()?;
        let blocks = ItemTable::read_table(cursor)?;
        (blocks.len() == count.div_ceil(BLOCK)).then_some(Self { count, blocks })
    }

    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// The index and the spelling of a name, ignoring case.
    pub(super) fn find_name(&self, name: &str) -> Option<(usize, String)> {
        let wanted = name.as_bytes();
        let block = self.block_of(wanted)?;
        let mut walk = NameWalk::start_block(*self, block)?;
        while let Some(current) = walk.advance() {
            if walk.buffer.eq_ignore_ascii_case(wanted) {
                return Some((current, walk.current_name()?));
            }
        }
        None
    }

    /// The last block whose first name does not come after the wanted one.
    fn block_of(&self, wanted: &[u8]) -> Option<usize> {
        let (mut low, mut high) = (0, self.blocks.len());
        while low < high {
            let middle = low + (high - low) / 2;
            let mut cursor = self.blocks.get(middle)?;
            cursor.read_number()?;
            let first = cursor.read_section()?;
            if compare_names(first, wanted).is_le() {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low.checked_sub(1)
    }

    pub(super) fn get(&self, index: usize) -> Option<String> {
        let mut walk = NameWalk::start_block(*self, index / BLOCK)?;
        while let Some(current) = walk.advance() {
            if current == index {
                return walk.current_name();
            }
        }
        None
    }

    pub(super) fn iter(self) -> impl Iterator<Item = String> + use<'a> {
        let blocks = 0..self.blocks.len();
        blocks.flat_map(move |block| {
            let mut walk = NameWalk::start_block(self, block);
            std::iter::from_fn(move || {
                let walk = walk.as_mut()?;
                walk.advance()?;
                walk.current_name()
            })
        })
    }
}

/// Compares names without regard to case.
pub(super) fn compare_names(one: &[u8], other: &[u8]) -> Ordering {
    for (a, b) in one.iter().zip(other) {
        let order = a.to_ascii_lowercase().cmp(&b.to_ascii_lowercase());
        if order != Ordering::Equal {
            return order;
        }
    }
    one.len().cmp(&other.len())
}

/// Walks through the names of one block.
struct NameWalk<'a> {
    cursor: ByteCursor<'a>,
    next: usize,
    end: usize,
    buffer: Vec<u8>,
}

impl<'a> NameWalk<'a> {
    fn start_block(names: NameTable<'a>, block: usize) -> Option<Self> {
        let next = block.checked_mul(BLOCK)?;
        let end = names.count.min(next + BLOCK);
        let cursor = names.blocks.get(block)?;
        Some(Self { cursor, next, end, buffer: Vec::with_capacity(48) })
    }

    fn advance(&mut self) -> Option<usize> {
        if self.next >= self.end {
            return None;
        }
        let kept = self.cursor.read_number()?;
        let added = self.cursor.read_section()?;
        if kept > self.buffer.len() || kept + added.len() > MAX_NAME {
            return None;
        }
        self.buffer.truncate(kept);
        self.buffer.extend_from_slice(added);
        self.next += 1;
        Some(self.next - 1)
    }

    fn current_name(&self) -> Option<String> {
        String::from_utf8(self.buffer.clone()).ok()
    }
}
