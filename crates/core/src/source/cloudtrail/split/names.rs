//! The names that are marked where they stand.

/// A text that begins with a quote, and what tells quickly whether a place is another one.
#[derive(Clone, Debug)]
pub(super) struct Name {
    text: Vec<u8>,
    /// The first eight bytes, the first of them the lowest, and which of them the text has.
    word: u64,
    mask: u64,
}

/// Names, and the letters with which they begin.
#[derive(Debug)]
pub(super) struct Names {
    /// A byte that is `letter` with these bits set is such a letter; or another one, which costs
    /// time and nothing else.
    pub(super) ignored: u8,
    pub(super) letter: u8,
    /// Words and masks as in [`Name`], repeated to fill the lists.
    words: [u64; MAX_WORDS],
    masks: [u64; MAX_WORDS],
    /// They are too many, or their letters differ too much.
    is_wide: bool,
}

/// How many different words there may be.
const MAX_WORDS: usize = 8;

/// How many bits the names' first letters may differ in: more would mark most names.
const MAX_IGNORED: u32 = 2;

impl Name {
    /// The name; `None` for a text that does not begin with a quote and a letter of ASCII.
    pub(super) fn new(text: &[u8]) -> Option<Self> {
        let [b'"', 1..=127, ..] = text else { return None };
        let mask = u64::MAX >> (64 - 8 * text.len().min(8));
        Some(Self { text: text.to_vec(), word: word(text), mask })
    }

    /// What follows the name at the beginning of this text, the first eight bytes of which are this
    /// [`word`].
    #[inline]
    pub(super) fn after<'t>(&self, first: u64, text: &'t [u8]) -> Option<&'t [u8]> {
        if first & self.mask != self.word {
            return None;
        }
        text.strip_prefix(self.text.as_slice())
    }
}

impl Names {
    /// Makes them out of at least one.
    pub(super) fn new<'n>(names: impl Iterator<Item = &'n Name>) -> Self {
        let (mut any, mut all, mut different) = (0, u8::MAX, Vec::new());
        for name in names {
            let letter = name.text.get(1).copied().unwrap_or_default();
            (any, all) = (any | letter, all & letter);
            if !different.contains(&(name.word, name.mask)) {
                different.push((name.word, name.mask));
            }
        }
        let ignored = any & !all;
        let is_wide = ignored.count_ones() > MAX_IGNORED || different.len() > MAX_WORDS;
        let filling = different.last().copied().unwrap_or_default();
        different.resize(MAX_WORDS, filling);
        let word = |at: usize| different.get(at).copied().unwrap_or(filling);
        let (words, masks) =
            (std::array::from_fn(|at| word(at).0), std::array::from_fn(|at| word(at).1));
        Self { ignored, letter: any, words, masks, is_wide }
    }

    /// Whether they are few, and their first letters alike enough for marking them to be worthwhile.
    pub(super) fn is_narrow(&self) -> bool {
        !self.is_wide
    }

    /// Whether a text with these first eight bytes may begin with one of the names.
    #[inline(always)]
    pub(super) fn may_begin(&self, first: u64) -> bool {
        let pairs = self.words.iter().zip(&self.masks);
        pairs.fold(false, |found, (word, mask)| found | (first & mask == *word))
    }
}

/// The first eight bytes of a text, the first of them the lowest; what is missing is 0.
#[inline(always)]
pub(super) fn word(text: &[u8]) -> u64 {
    text.first_chunk().map_or_else(|| short_word(text), |first| u64::from_le_bytes(*first))
}

#[cold]
#[inline(never)]
fn short_word(text: &[u8]) -> u64 {
    text.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte))
}
