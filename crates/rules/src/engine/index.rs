//! Finds the rules that can match an event at all, from what the event shows.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasherDefault, Hasher};

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, MatchKind};

use super::row::{FieldRow, SlotId};
use super::tree::FieldTree;
use super::witness::NecessarySign;
use crate::ir::{LeafTypes, LetterCase, fold_case};

/// A rule's number.
pub(super) type RuleId = u32;

/// Rules indexed by what an event must show.
#[derive(Debug, Default)]
pub(super) struct RuleIndex {
    equals: Vec<(SlotId, TextTable)>,
    holds: Vec<(SlotId, SubstringIndex)>,
    present: Vec<(SlotId, Vec<RuleId>)>,
    always: Vec<RuleId>,
}

type TextTable = HashMap<Box<str>, Vec<RuleId>, BuildHasherDefault<QuickHasher>>;

#[derive(Debug)]
struct SubstringIndex {
    search: Option<AhoCorasick>,
    /// The rules of each text searched for.
    rules: Vec<Vec<RuleId>>,
}

/// Collects rules before the index is built.
#[derive(Debug, Default)]
pub(super) struct RuleIndexBuilder {
    equals: BTreeMap<SlotId, BTreeMap<String, Vec<RuleId>>>,
    holds: BTreeMap<SlotId, BTreeMap<String, Vec<RuleId>>>,
    present: BTreeMap<SlotId, Vec<RuleId>>,
    always: Vec<RuleId>,
}

impl RuleIndexBuilder {
    /// Adds a rule under its signs.
    pub(super) fn add_rule(
        &mut self,
        rule: RuleId,
        signs: Option<&[NecessarySign]>,
        tree: &mut FieldTree,
    ) {
        let Some(signs) = signs else { return self.always.push(rule) };
        for sign in signs {
            let slot = tree.slot_for(sign.field());
            let rules = match sign {
                NecessarySign::Equals(_, text) => {
                    self.equals.entry(slot).or_default().entry(text.clone()).or_default()
                }
                NecessarySign::Contains(_, text) => {
                    self.holds.entry(slot).or_default().entry(text.clone()).or_default()
                }
                NecessarySign::Present(_) => self.present.entry(slot).or_default(),
            };
            if rules.last() != Some(&rule) {
                rules.push(rule);
            }
        }
    }

    /// Builds the index.
    pub(super) fn build(self) -> RuleIndex {
        let texts = |texts: BTreeMap<String, Vec<RuleId>>| {
            texts.into_iter().map(|(text, rules)| (text.into_boxed_str(), rules)).collect()
        };
        RuleIndex {
            equals: self.equals.into_iter().map(|(slot, all)| (slot, texts(all))).collect(),
            holds: self
                .holds
                .into_iter()
                .map(|(slot, all)| (slot, SubstringIndex::from_texts(all)))
                .collect(),
            present: self.present.into_iter().collect(),
            always: self.always,
        }
    }
}

impl SubstringIndex {
    fn from_texts(texts: BTreeMap<String, Vec<RuleId>>) -> Self {
        let (texts, rules): (Vec<_>, Vec<_>) = texts.into_iter().unzip();
        let search = AhoCorasickBuilder::new()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::Standard)
            .build(&texts);
        // Without a search every rule is a candidate.
        Self { search: search.ok(), rules }
    }

    fn add_candidates(&self, text: &str, candidates: &mut Vec<RuleId>) {
        match &self.search {
            // Some letters outside ASCII fold into it: only the rules themselves can decide.
            Some(search) if text.is_ascii() => {
                for found in search.find_overlapping_iter(text) {
                    candidates
                        .extend(self.rules.get(found.pattern().as_usize()).into_iter().flatten());
                }
            }
            _ => candidates.extend(self.rules.iter().flatten()),
        }
    }
}

impl RuleIndex {
    /// Collects the rules that may match, possibly more than once.
    pub(super) fn add_candidates(
        &self,
        row: &FieldRow,
        record: &str,
        candidates: &mut Vec<RuleId>,
    ) {
        candidates.extend(&self.always);
        for (slot, rules) in &self.present {
            if row.exists(*slot) {
                candidates.extend(rules);
            }
        }
        for (slot, texts) in &self.equals {
            for text in
                row.leaves_of(*slot, record).filter_map(|leaf| leaf.as_text(LeafTypes::Scalars))
            {
                candidates.extend(find_text(texts, text).into_iter().flatten());
            }
        }
        for (slot, holds) in &self.holds {
            for text in
                row.leaves_of(*slot, record).filter_map(|leaf| leaf.as_text(LeafTypes::Scalars))
            {
                holds.add_candidates(text, candidates);
            }
        }
    }
}

/// Looks a text up ignoring case; short ASCII, which is nearly everything, without allocating.
fn find_text<'a>(texts: &'a TextTable, text: &str) -> Option<&'a Vec<RuleId>> {
    let mut buffer = [0_u8; 64];
    match buffer.get_mut(..text.len()) {
        Some(lower) if text.is_ascii() => {
            lower.copy_from_slice(text.as_bytes());
            lower.make_ascii_lowercase();
            texts.get(std::str::from_utf8(lower).ok()?)
        }
        _ => texts.get(fold_case(text, LetterCase::Insensitive).as_str()),
    }
}

/// A fast hash for keys that come from rules, to which nobody else can add.
#[derive(Debug, Default)]
pub(super) struct QuickHasher(u64);

impl Hasher for QuickHasher {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.mix_word(u64::from_le_bytes(*word));
        }
        let mut last = [0_u8; 8];
        last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
        self.mix_word(u64::from_le_bytes(last) ^ (bytes.len() as u64) << 56);
    }

    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 29)
    }
}

impl QuickHasher {
    fn mix_word(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(23) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}
