//! Finds where a record ends and where names begin in it, 64 bytes at a time, in one pass.
//!
//! Brackets within strings do not count, and an escaped quote does not end a string: exactly as in
//! [`span::end_of_value`](crate::envelope::span::end_of_value), at a multiple of its speed. Whether
//! the record is otherwise valid is left to its parser. The masks are those of Langdale and Lemire,
//! "Parsing Gigabytes of JSON per Second" (2019).

use fearless_simd::prelude::*;
use fearless_simd::{Level, Simd, dispatch, u8x64};

use super::marked_names::{MarkedNames, first_word};

/// How many bytes are processed together.
const BLOCK: usize = 64;
/// A block, and the byte after it.
type BlockWindow = [u8; BLOCK + 1];
/// A record deeper than this at the start of a block may exceed the 128 levels at which parsers
/// stop.
const SHALLOW: u32 = 60;
/// How many blocks with marks are processed together.
const NOTES: usize = 32;
/// `{` and `[` differ in this bit, and so do `}` and `]`.
const FOLD: u8 = 0x20;
/// How many names are noted per record. A record with more is left to its parser, so that memory
/// does not grow with what somebody writes into it.
const MAX_MARKS: usize = 1_024;

/// The frame of one record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RecordFrame {
    /// The offset after its closing bracket.
    pub(super) end: usize,
    /// Whether all of its bytes are ASCII.
    pub(super) is_ascii: bool,
    /// Whether it contains a backslash.
    pub(super) has_escape: bool,
    /// Whether it is nested so deeply that a parser may refuse it.
    pub(super) is_deep: bool,
}

/// A place in a record where one of the names may begin: its first eight bytes are those of the
/// name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NameMark {
    /// The offset of its quote.
    pub(super) place: usize,
    /// The eight bytes from there on.
    pub(super) word: u64,
    /// How many brackets are open there: 1 for the names of the record's own members. `None` if the
    /// quote does not begin a string: it ends one, or is escaped.
    pub(super) depth: Option<u32>,
}

/// Finds frames, and keeps the marks of the last one.
#[derive(Debug)]
pub(super) struct RecordFramer {
    level: Level,
    names: MarkedNames,
    marks: Vec<NameMark>,
    notes: [BlockNote; NOTES],
}

/// The state of the walk at the start of a block.
#[derive(Clone, Copy, Debug)]
struct FrameWalk {
    from: usize,
    /// How many brackets are open: 0 after the record.
    depth: u32,
    /// All bits are set within a string.
    in_string: u64,
    /// 1 when the first byte is escaped.
    is_escaped: u64,
    deepest: u32,
    has_escape: bool,
    /// There is a backslash outside a string, which JSON does not allow.
    has_stray: bool,
    is_ascii: bool,
}

/// What is searched for in a block.
#[derive(Clone, Copy)]
struct BlockScanner<S: Simd> {
    simd: S,
    ignored: u8x64<S>,
    letter: u8x64<S>,
}

/// Where a block contains it: one bit per byte, the first byte's being the lowest.
struct BlockMasks {
    quotes: u64,
    opens: u64,
    closes: u64,
    escapes: u64,
    /// Bytes followed by a letter with which names begin.
    letters: u64,
}

/// A block in which names may begin.
#[derive(Clone, Copy, Debug, Default)]
struct BlockNote {
    /// How many bytes of the body remain from its first byte on.
    left: usize,
    /// How many brackets are open before it.
    depth: u32,
    /// Quotes with which names may begin.
    marked: u64,
    /// Quotes that begin a string.
    starts: u64,
    /// Brackets outside strings.
    opens: u64,
    closes: u64,
}

impl RecordFramer {
    /// A framer that marks these names.
    pub(super) fn new(names: MarkedNames) -> Self {
        Self { level: Level::new(), names, marks: Vec::new(), notes: [BlockNote::default(); NOTES] }
    }

    /// The frame of the value whose bracket is at `at`. `None` when it has no end, or when only its
    /// parser can judge it.
    pub(super) fn find_frame(&mut self, bytes: &[u8], at: usize) -> Option<RecordFrame> {
        self.marks.clear();
        let mut walk = FrameWalk::new(at + 1);
        while walk.depth > 0 {
            let (notes, names) = (&mut self.notes, &self.names);
            // Separate calls, so that the loop over the blocks has all registers.
            let noted = dispatch!(self.level, simd => walk.walk_blocks(simd, names, bytes, notes))?;
            let (notes, marks) = (notes.get(..noted)?, &mut self.marks);
            dispatch!(self.level, _ => collect_marks(notes, bytes, walk.from, names, marks))?;
        }
        walk.finished_frame()
    }

    /// The marks in the last frame, in order.
    pub(super) fn last_marks(&self) -> &[NameMark] {
        &self.marks
    }
}

impl FrameWalk {
    /// Starts after the first bracket.
    fn new(from: usize) -> Self {
        Self {
            from,
            depth: 1,
            in_string: 0,
            is_escaped: 0,
            deepest: 0,
            has_escape: false,
            has_stray: false,
            is_ascii: true,
        }
    }

    /// Walks blocks up to the end of the record, or until there is no room for notes, and returns
    /// the number of notes. `None` when the bytes end before the record.
    #[inline(always)]
    fn walk_blocks<S: Simd>(
        &mut self,
        simd: S,
        names: &MarkedNames,
        bytes: &[u8],
        notes: &mut [BlockNote],
    ) -> Option<usize> {
        let (look, mut walk) = (BlockScanner::new(simd, names), *self);
        let (mut all, mut noted) = (u8x64::splat(simd, 0), 0);
        let mut rest = bytes.get(self.from..)?;
        while let (Some(note), 1..) = (notes.get_mut(noted), walk.depth) {
            let tail;
            let window = match rest.first_chunk() {
                Some(window) => window,
                None => {
                    tail = padded_window(rest)?;
                    &tail
                }
            };
            let (block, masks) = look.scan_window(window);
            all |= block;
            note.left = rest.len();
            note.marked = masks.quotes & masks.letters;
            noted += usize::from(note.marked != 0);
            let length = walk.step_block(masks, note).unwrap_or(BLOCK);
            rest = rest.get(length..).unwrap_or_default();
        }
        walk.is_ascii &= !all.simd_ge(u8x64::splat(simd, 0x80)).any_true();
        walk.from = bytes.len() - rest.len();
        *self = walk;
        Some(noted)
    }

    /// Steps over a block; returns the offset in it after the record or, if the record does not end
    /// there, after the block, if its brackets had to be followed one by one.
    #[inline(always)]
    fn step_block(&mut self, masks: BlockMasks, note: &mut BlockNote) -> Option<usize> {
        let mut quotes = masks.quotes;
        if masks.escapes | self.is_escaped != 0 {
            self.has_escape = true;
            let escaped;
            (escaped, self.is_escaped) = escaped_bytes(masks.escapes, self.is_escaped);
            quotes &= !escaped;
            self.has_stray |= masks.escapes & !(prefix_parity(quotes) ^ self.in_string) != 0;
        }
        let inside = prefix_parity(quotes) ^ self.in_string;
        self.in_string = 0_u64.wrapping_sub(inside >> (BLOCK - 1));
        let (opens, closes) = (masks.opens & !inside, masks.closes & !inside);
        note.depth = self.depth;
        (note.starts, note.opens, note.closes) = (quotes & inside, opens, closes);
        self.deepest = self.deepest.max(self.depth);
        let closed = closes.count_ones();
        if self.depth > closed {
            self.depth = self.depth + opens.count_ones() - closed;
            return None;
        }
        let end;
        (self.depth, end) = follow_brackets(self.depth, opens, closes);
        Some(end)
    }

    /// The frame that ends here; `None` when a backslash is where none may be.
    fn finished_frame(&self) -> Option<RecordFrame> {
        let Self { from: end, is_ascii, .. } = *self;
        let (has_escape, is_deep) = (self.has_escape, self.deepest > SHALLOW);
        (!self.has_stray).then_some(RecordFrame { end, is_ascii, has_escape, is_deep })
    }
}

impl<S: Simd> BlockScanner<S> {
    #[inline(always)]
    fn new(simd: S, names: &MarkedNames) -> Self {
        let splat = |byte| u8x64::splat(simd, byte);
        Self { simd, ignored: splat(names.ignored), letter: splat(names.letter) }
    }

    #[inline(always)]
    fn scan_window(self, window: &BlockWindow) -> (u8x64<S>, BlockMasks) {
        let block = self.load_vector(window.first_chunk());
        let behind = self.load_vector(window.last_chunk());
        let folded = block | u8x64::splat(self.simd, FOLD);
        let masks = BlockMasks {
            quotes: block.simd_eq(b'"').to_bitmask(),
            opens: folded.simd_eq(b'{').to_bitmask(),
            closes: folded.simd_eq(b'}').to_bitmask(),
            escapes: block.simd_eq(b'\\').to_bitmask(),
            letters: (behind | self.ignored).simd_eq(self.letter).to_bitmask(),
        };
        (block, masks)
    }

    #[inline(always)]
    fn load_vector(self, bytes: Option<&[u8; BLOCK]>) -> u8x64<S> {
        bytes.map_or([0; BLOCK], |bytes| *bytes).simd_into(self.simd)
    }
}

impl BlockNote {
    /// The depth of a quote, if it begins a string.
    #[inline(always)]
    fn depth_at(&self, at: u32) -> Option<u32> {
        let before = (1_u64 << at) - 1;
        let opened = (self.opens & before).count_ones();
        let closed = (self.closes & before).count_ones();
        (self.starts >> at & 1 != 0).then(|| (self.depth + opened).saturating_sub(closed))
    }
}

/// Adds the marks of blocks, up to the end of the record; `None` when there are too many.
#[inline(always)]
fn collect_marks(
    notes: &[BlockNote],
    bytes: &[u8],
    end: usize,
    names: &MarkedNames,
    marks: &mut Vec<NameMark>,
) -> Option<()> {
    for note in notes {
        let mut rest = note.marked;
        while rest != 0 {
            let at = rest.trailing_zeros();
            rest &= rest - 1;
            let place = bytes.len() - note.left + at as usize;
            let word = first_word(bytes.get(place..).unwrap_or_default());
            if names.may_begin(word) && place < end {
                (marks.len() < MAX_MARKS).then_some(())?;
                marks.push(NameMark { place, word, depth: note.depth_at(at) });
            }
        }
    }
    Some(())
}

/// What remains after the last whole window, if anything, padded with spaces.
#[cold]
#[inline(never)]
fn padded_window(rest: &[u8]) -> Option<BlockWindow> {
    let mut window = [b' '; BLOCK + 1];
    window.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
    (!rest.is_empty()).then_some(window)
}

/// Follows a block's brackets one at a time: the depth after the one that closes the very first, or
/// after the block, and how many bytes that is.
#[inline(never)]
fn follow_brackets(mut depth: u32, opens: u64, closes: u64) -> (u32, usize) {
    let mut rest = opens | closes;
    while rest != 0 {
        let at = rest.trailing_zeros();
        rest &= rest - 1;
        depth = if opens >> at & 1 != 0 { depth + 1 } else { depth - 1 };
        if depth == 0 {
            return (0, at as usize + 1);
        }
    }
    (depth, BLOCK)
}

/// Which bytes follow a backslash that is not escaped itself, and 1 when the first byte of the next
/// block does; `first` is the same for this block.
#[cold]
#[inline(never)]
fn escaped_bytes(slashes: u64, first: u64) -> (u64, u64) {
    let (mut escaped, mut next) = (first, 0);
    let mut rest = slashes & !escaped;
    while rest != 0 {
        let slash = rest & rest.wrapping_neg();
        next = slash >> (BLOCK - 1);
        escaped |= slash << 1;
        rest &= !(slash | slash << 1);
    }
    (escaped, next)
}

/// Each bit is set if an odd number of bits are set up to and including it: from the first quote of
/// a pair up to the byte before the second.
#[inline(always)]
fn prefix_parity(mut bits: u64) -> u64 {
    for shift in [1, 2, 4, 8, 16, 32] {
        bits ^= bits << shift;
    }
    bits
}

#[cfg(test)]
mod tests;
