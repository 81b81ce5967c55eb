//! The catalogue's bytes: numbers, texts and sorted tables, all read without trusting any of them.
//!
//! Every read returns `None` where the bytes end early or are inconsistent, so that a damaged
//! catalogue answers "unknown" and never panics.

use std::cmp::Ordering;

/// How many names share one restart point of a [`Names`] table.
pub(super) const BLOCK: usize = 16;
/// The longest name in a table, in bytes; the builder refuses longer ones.
pub(super) const MAX_NAME: usize = 200;

/// A position in the bytes, from which values are read one after another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    pub(super) fn at(bytes: &'a [u8], offset: usize) -> Option<Self> {
        Some(Self { rest: bytes.get(offset..)? })
    }

    pub(super) fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    /// An unsigned number, seven bits per byte, least significant first.
    pub(super) fn number(&mut self) -> Option<usize> {
        let mut value = 0_usize;
        for shift in [0, 7, 14, 21] {
            let byte = self.byte()?;
            value |= usize::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    pub(super) fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(taken)
    }

    pub(super) fn text(&mut self) -> Option<&'a str> {
        let length = self.number()?;
        std::str::from_utf8(self.take(length)?).ok()
    }

    pub(super) fn section(&mut self) -> Option<&'a [u8]> {
        let length = self.number()?;
        self.take(length)
    }
}

/// A `u32` from an array, little-endian.
fn word(array: &[u8], index: usize) -> Option<usize> {
    let start = index.checked_mul(4)?;
    let bytes: [u8; 4] = array.get(start..start.checked_add(4)?)?.try_into().ok()?;
    usize::try_from(u32::from_le_bytes(bytes)).ok()
}

/// A `u16` from an array, little-endian.
pub(super) fn half(array: &[u8], index: usize) -> Option<usize> {
    let start = index.checked_mul(2)?;
    let bytes: [u8; 2] = array.get(start..start.checked_add(2)?)?.try_into().ok()?;
    Some(usize::from(u16::from_le_bytes(bytes)))
}

/// A list of byte strings with random access: count, width of an offset, offsets, bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Items<'a> {
    count: usize,
    wide: bool,
    offsets: &'a [u8],
    bytes: &'a [u8],
}

impl<'a> Items<'a> {
    pub(super) fn read(cursor: &mut Cursor<'a>) -> Option<Self> {
        let count = cursor.number()?;
        let width = cursor.byte()?;
        let offsets = cursor.take(count.checked_mul(usize::from(width))?)?;
        let wide = width == 4;
        let bytes = cursor.section()?;
        (wide || width == 2).then_some(Self { count, wide, offsets, bytes })
    }

    pub(super) fn len(&self) -> usize {
        self.count
    }

    pub(super) fn get(&self, index: usize) -> Option<Cursor<'a>> {
        if index >= self.count {
            return None;
        }
        let offset = if self.wide { word(self.offsets, index) } else { half(self.offsets, index) };
        Cursor::at(self.bytes, offset?)
    }
}

/// A table of names, sorted without regard to case. Each name stores only what differs from the
/// previous one; every [`BLOCK`]th is complete.
#[derive(Clone, Copy, Debug)]
pub(super) struct Names<'a> {
    count: usize,
    blocks: Items<'a>,
}

impl<'a> Names<'a> {
    pub(super) fn read(cursor: &mut Cursor<'a>) -> Option<Self> {
        let count = cursor.number()?;
        let blocks = Items::read(cursor)?;
        (blocks.len() == count.div_ceil(BLOCK)).then_some(Self { count, blocks })
    }

    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// The index and the spelling of a name, ignoring case.
    pub(super) fn find(&self, name: &str) -> Option<(usize, String)> {
        let wanted = name.as_bytes();
        let block = self.block_of(wanted)?;
        let mut walk = Walk::start(*self, block)?;
        while let Some(current) = walk.next() {
            if walk.buffer.eq_ignore_ascii_case(wanted) {
                return Some((current, walk.text()?));
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
            cursor.number()?;
            let first = cursor.section()?;
            if compare(first, wanted).is_le() {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low.checked_sub(1)
    }

    pub(super) fn get(&self, index: usize) -> Option<String> {
        let mut walk = Walk::start(*self, index / BLOCK)?;
        while let Some(current) = walk.next() {
            if current == index {
                return walk.text();
            }
        }
        None
    }

    pub(super) fn iter(self) -> impl Iterator<Item = String> + use<'a> {
        let blocks = 0..self.blocks.len();
        blocks.flat_map(move |block| {
            let mut walk = Walk::start(self, block);
            std::iter::from_fn(move || {
                let walk = walk.as_mut()?;
                walk.next()?;
                walk.text()
            })
        })
    }
}

/// Compares names without regard to case.
pub(super) fn compare(one: &[u8], other: &[u8]) -> Ordering {
    for (a, b) in one.iter().zip(other) {
        let order = a.to_ascii_lowercase().cmp(&b.to_ascii_lowercase());
        if order != Ordering::Equal {
            return order;
        }
    }
    one.len().cmp(&other.len())
}

/// Walks through the names of one block.
struct Walk<'a> {
    cursor: Cursor<'a>,
    next: usize,
    end: usize,
    buffer: Vec<u8>,
}

impl<'a> Walk<'a> {
    fn start(names: Names<'a>, block: usize) -> Option<Self> {
        let next = block.checked_mul(BLOCK)?;
        let end = names.count.min(next + BLOCK);
        let cursor = names.blocks.get(block)?;
        Some(Self { cursor, next, end, buffer: Vec::with_capacity(48) })
    }

    fn next(&mut self) -> Option<usize> {
        if self.next >= self.end {
            return None;
        }
        let kept = self.cursor.number()?;
        let added = self.cursor.section()?;
        if kept > self.buffer.len() || kept + added.len() > MAX_NAME {
            return None;
        }
        self.buffer.truncate(kept);
        self.buffer.extend_from_slice(added);
        self.next += 1;
        Some(self.next - 1)
    }

    fn text(&self) -> Option<String> {
        String::from_utf8(self.buffer.clone()).ok()
    }
}
