//! Where a record ends, found 64 bytes at a time.
//!
//! Brackets within strings do not count, and an escaped quote does not end a string: exactly, as
//! [`span::end_of_value`](crate::envelope::span::end_of_value) has it, at a multiple of its speed.
//! Whether the record is valid besides is for its parser to say. The masks are those of Langdale
//! and Lemire, "Parsing Gigabytes of JSON per Second" (2019).

use wide::u8x16;

/// How many bytes are looked at together.
const BLOCK: usize = 64;
/// How many of them a vector holds.
const LANE: usize = 16;
/// What is deeper than this where a block begins may pass the 128 levels at which parsers stop.
const SHALLOW: u32 = 60;

/// One record's frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    /// The offset behind its closing bracket.
    pub(super) end: usize,
    /// All of its bytes are ASCII.
    pub(super) is_ascii: bool,
    /// There is a backslash in it.
    pub(super) has_escape: bool,
    /// It is nested so deeply that a parser may refuse it.
    pub(super) is_deep: bool,
}

/// Finds frames. It remembers what it saw of the last one, to tell how deep a place in it is.
#[derive(Debug, Default)]
pub(super) struct Framer {
    start: usize,
    states: Vec<State>,
}

/// What is known where a block begins.
#[derive(Clone, Copy, Debug, Default)]
struct State {
    depth: u32,
    in_string: bool,
    /// The first byte is escaped.
    is_escaped: bool,
}

/// What a block holds at all.
struct Glimpse {
    has_bracket: bool,
    has_escape: bool,
    is_ascii: bool,
    /// An odd number of quotes.
    is_odd: bool,
}

/// Where a block holds it: one bit a byte, the first byte's the lowest.
#[derive(Default)]
struct Masks {
    quotes: u64,
    opens: u64,
    closes: u64,
    escapes: u64,
}

impl Framer {
    /// The frame of what begins at `at` with a bracket; `None` when it has no end.
    pub(super) fn frame(&mut self, bytes: &[u8], at: usize) -> Option<Frame> {
        self.start = at;
        self.states.clear();
        let mut frame = Frame { end: at, is_ascii: true, has_escape: false, is_deep: false };
        let (mut state, mut padded) = (State::default(), [b' '; BLOCK]);
        let mut from = at;
        loop {
            let rest = bytes.get(from..).filter(|rest| !rest.is_empty())?;
            let block = rest.first_chunk().unwrap_or_else(|| pad(&mut padded, rest));
            let glimpse = Glimpse::of(block);
            self.states.push(state);
            frame.is_ascii &= glimpse.is_ascii;
            frame.has_escape |= glimpse.has_escape;
            frame.is_deep |= state.depth > SHALLOW;
            if glimpse.has_bracket || glimpse.has_escape || state.is_escaped {
                let masks = Masks::of(block, glimpse.has_escape);
                if let Some(end) = state.pass(&masks)? {
                    frame.end = from + end;
                    return Some(frame);
                }
            } else {
                state.in_string ^= glimpse.is_odd;
            }
            from += BLOCK;
        }
    }

    /// How many brackets are open before a place in the last frame: 1 for the names of the record's
    /// own members. `None` for a place within a string, or outside of the frame.
    pub(super) fn depth_at(&self, bytes: &[u8], place: usize) -> Option<u32> {
        let offset = place.checked_sub(self.start)?;
        let mut state = *self.states.get(offset / BLOCK)?;
        let mut padded = [b' '; BLOCK];
        let rest = bytes.get(place - offset % BLOCK..)?;
        let masks = Masks::of(rest.first_chunk().unwrap_or_else(|| pad(&mut padded, rest)), true);
        let (depth, was_in_string) = (state.depth, state.in_string);
        let outside = !state.strings(&masks);
        let place = 1_u64 << (offset % BLOCK);
        let is_outside = if place == 1 { !was_in_string } else { outside & place >> 1 != 0 };
        let before = place - 1;
        let opened = (masks.opens & outside & before).count_ones();
        let closed = (masks.closes & outside & before).count_ones();
        (depth + opened).checked_sub(closed).filter(|_| is_outside)
    }
}

fn pad<'a>(padded: &'a mut [u8; BLOCK], rest: &[u8]) -> &'a [u8; BLOCK] {
    padded.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
    padded
}

impl State {
    /// Goes through a block; the offset behind the last closing bracket, if that is in it. `None`
    /// for a backslash outside of a string, which no JSON has.
    fn pass(&mut self, masks: &Masks) -> Option<Option<usize>> {
        let outside = !self.strings(masks);
        let (opens, closes) = (masks.opens & outside, masks.closes & outside);
        let (up, down) = (opens.count_ones(), closes.count_ones());
        let end = if self.depth > down {
            self.depth = self.depth + up - down;
            None
        } else {
            self.end(opens, closes)
        };
        let before = end.map_or(u64::MAX, |end| (1 << (end - 1)) - 1);
        (masks.escapes & outside & before == 0).then_some(end)
    }

    /// Follows each bracket of a block; the offset behind the one that closes the last.
    fn end(&mut self, opens: u64, closes: u64) -> Option<usize> {
        let mut rest = opens | closes;
        while rest != 0 {
            let bit = rest & rest.wrapping_neg();
            if opens & bit != 0 {
                self.depth += 1;
            } else {
                self.depth = self.depth.saturating_sub(1);
            }
            if self.depth == 0 {
                return Some(bit.trailing_zeros() as usize + 1);
            }
            rest ^= bit;
        }
        None
    }

    /// Which bytes are within strings, their opening quotes with them.
    fn strings(&mut self, masks: &Masks) -> u64 {
        let mut inside = masks.quotes & !self.escaped(masks.escapes);
        for shift in [1, 2, 4, 8, 16, 32] {
            inside ^= inside << shift;
        }
        inside ^= if self.in_string { u64::MAX } else { 0 };
        self.in_string = inside >> (BLOCK - 1) == 1;
        inside
    }

    /// Which bytes stand behind a backslash that is not escaped itself.
    fn escaped(&mut self, slashes: u64) -> u64 {
        let mut escaped = u64::from(std::mem::take(&mut self.is_escaped));
        let mut rest = slashes & !escaped;
        while rest != 0 {
            let at = rest.trailing_zeros();
            self.is_escaped = at == 63;
            escaped |= (1_u64 << at) << 1;
            rest &= !((1_u64 << at) | (1_u64 << at) << 1);
        }
        escaped
    }
}

impl Glimpse {
    #[inline]
    fn of(block: &[u8; BLOCK]) -> Self {
        let none = u8x16::default();
        let (mut quotes, mut brackets, mut escapes, mut all) = (none, none, none, none);
        for lane in block.as_chunks::<LANE>().0 {
            let bytes = u8x16::from(*lane);
            quotes ^= bytes.simd_eq(u8x16::splat(b'"'));
            brackets |= opens(bytes) | closes(bytes);
            escapes |= bytes.simd_eq(u8x16::splat(b'\\'));
            all |= bytes;
        }
        Self {
            has_bracket: brackets.to_bitmask() != 0,
            has_escape: escapes.to_bitmask() != 0,
            is_ascii: all.to_bitmask() == 0,
            is_odd: quotes.to_bitmask().count_ones() & 1 == 1,
        }
    }
}

impl Masks {
    #[inline]
    fn of(block: &[u8; BLOCK], has_escape: bool) -> Self {
        let mut masks = Self::default();
        for (number, lane) in block.as_chunks::<LANE>().0.iter().enumerate() {
            let bytes = u8x16::from(*lane);
            let bits = |found: u8x16| u64::from(found.to_bitmask()) << (number * LANE);
            masks.quotes |= bits(bytes.simd_eq(u8x16::splat(b'"')));
            masks.opens |= bits(opens(bytes));
            masks.closes |= bits(closes(bytes));
            if has_escape {
                masks.escapes |= bits(bytes.simd_eq(u8x16::splat(b'\\')));
            }
        }
        masks
    }
}

/// `{` and `[` differ in one bit.
fn opens(bytes: u8x16) -> u8x16 {
    (bytes | u8x16::splat(0x20)).simd_eq(u8x16::splat(b'{'))
}

/// `}` and `]` differ in the same bit.
fn closes(bytes: u8x16) -> u8x16 {
    (bytes | u8x16::splat(0x20)).simd_eq(u8x16::splat(b'}'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::envelope::span::end_of_value;

    /// The depth by the obvious walk.
    fn depth(bytes: &[u8], place: usize) -> Option<u32> {
        let (mut depth, mut in_string, mut is_escaped) = (0_u32, false, false);
        for byte in &bytes[..place] {
            match byte {
                _ if is_escaped => is_escaped = false,
                b'\\' => is_escaped = true,
                b'"' => in_string = !in_string,
                b'{' | b'[' if !in_string => depth += 1,
                b'}' | b']' if !in_string => depth -= 1,
                _ => {}
            }
        }
        (!in_string).then_some(depth)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]
        #[test]
        fn frames_are_those_of_the_walk(text in r#"\{("|\\|\{|\}|\[|\]|[a-c]{0,9}|é|\\"|":"|","){0,90}\}?"#) {
            let padded = format!("xx{text},tail");
            let bytes = padded.as_bytes();
            let mut framer = Framer::default();
            let frame = framer.frame(bytes, 2);
            let walked = end_of_value(bytes, 2).ok();
            // A backslash outside of a string is no JSON: the framer says nothing then.
            let is_doubtful = frame.is_none() && bytes.contains(&b'\\');
            prop_assert!(is_doubtful || frame.map(|frame| frame.end) == walked, "{:?}", walked);
            if let Some(Frame { end, is_ascii, has_escape, .. }) = frame {
                prop_assert!(!is_ascii || bytes[2..end].is_ascii());
                prop_assert!(has_escape || !bytes[2..end].contains(&b'\\'));
                for place in 2..end {
                    prop_assert_eq!(framer.depth_at(bytes, place), depth(&bytes[2..], place - 2));
                }
            }
        }
    }
}
