//! The names whose positions are marked.

/// A text that begins with a quote, and a quick test for whether a place differs from it.
#[derive(Clone, Debug)]
pub(super) struct MarkedName {
    text: Vec<u8>,
    /// The first eight bytes, the first being the lowest, and a mask of those that the text has.
    word: u64,
    mask: u64,
}

/// Names, and the letters with which they begin.
#[derive(Debug)]
pub(super) struct MarkedNames {
    /// A byte that equals `letter` once these bits are set is such a letter; or another one, which
    /// only costs time.
    pub(super) ignored: u8,
    pub(super) letter: u8,
    /// Words and masks as in [`MarkedName`], repeated to fill the arrays.
    words: [u64; MAX_WORDS],
    masks: [u64; MAX_WORDS],
    /// There are too many, or their letters differ too much.
    is_wide: bool,
}

/// Maximum number of distinct words.
const MAX_WORDS: usize = 8;

/// How many bits the names' first letters may differ in: more would mark most names.
const MAX_IGNORED: u32 = 2;

impl MarkedName {
    /// The name; `None` for a text that does not begin with a quote and an ASCII letter.
    pub(super) fn from_text(text: &[u8]) -> Option<Self> {
        let [b'"', 1..=127, ..] = text else { return None };
        let mask = u64::MAX >> (64 - 8 * text.len().min(8));
        Some(Self { text: text.to_vec(), word: first_word(text), mask })
    }

    /// What follows the name at the beginning of this text, whose first eight bytes are this
    /// [`first_word`].
    #[inline]
    pub(super) fn strip_from<'t>(&self, first: u64, text: &'t [u8]) -> Option<&'t [u8]> {
        if first & self.mask != self.word {
            return None;
        }
        text.strip_prefix(self.text.as_slice())
    }
}

impl MarkedNames {
    /// Builds the set from at least one name.
    pub(super) fn from_names<'n>(names: impl Iterator<Item = &'n MarkedName>) -> Self {
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

    /// Whether they are few, and their first letters similar enough for marking to be worthwhile.
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

/// The first eight bytes of a text, the first being the lowest; missing bytes are 0.
#[inline(always)]
pub(super) fn first_word(text: &[u8]) -> u64 {
    text.first_chunk().map_or_else(|| short_word(text), |first| u64::from_le_bytes(*first))
}

#[cold]
#[inline(never)]
fn short_word(text: &[u8]) -> u64 {
    text.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte))
}
