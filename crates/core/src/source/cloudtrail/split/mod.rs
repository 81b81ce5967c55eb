//! Dismisses records that cannot match any rule, without parsing them.
//!
//! A body as AWS writes it, `{"Records":[{…},…]}` without blanks around its records, is cut where
//! the records end, strings told from structure (`frame`). Each of them must hold
//! `"eventTime":"…","eventSource":"…","eventName":"`, as AWS writes it, among its own members and
//! none of the three again: then it is a record, not an envelope, and an event unless the rest of
//! it is not JSON. Any other body takes the slow way through [`crate::envelope`].
//!
//! Whether a rule may match a record is decided from its bytes by the rules' gate. `\u` may hide
//! anything from it, so a record with such an escape is kept. A test on bytes may only dismiss,
//! never decide: kept records are parsed.

mod frame;
mod marked_names;
mod time;

use std::borrow::Cow;
use std::ops::Range;

use aho_corasick::{AhoCorasick, Input, Match, MatchKind, Span, packed};
use memchr::memmem::Finder;

use crate::envelope::span::MemberSpans;
use crate::source::contract::MAX_RECORD_BYTES;
use frame::{RecordFrame, RecordFramer};
use marked_names::{MarkedName, MarkedNames};
use time::{is_valid_time, time_as_numbers};

pub use time::TIME;

/// The result of sifting one body.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct SiftResult {
    /// Records in the body.
    pub records: u64,
    /// The positions of the records that must be parsed, and their numbers, counted from 1.
    pub kept: Vec<(u64, Range<usize>)>,
    /// The earliest `eventTime` of the dismissed records, as written.
    pub first: Option<[u8; TIME]>,
    /// The latest `eventTime` of them.
    pub last: Option<[u8; TIME]>,
}

/// How a body that can be sifted begins.
pub const HEAD: &[u8] = b"{\"Records\":[";
const TIME_KEY: &[u8] = b"\"eventTime\":\"";
const SOURCE_KEY: &[u8] = b",\"eventSource\":\"";
const NAME_KEY: &[u8] = b",\"eventName\":\"";
/// The prefix of the sources of S3 notifications and queue batches, whose entries have a record's
/// keys.
const NOTICE: &[u8] = b"aws:";
/// The three names that a record has exactly once.
const OWN: [&[u8]; 3] = [b"\"eventTime\"", b"\"eventSource\"", b"\"eventName\""];

/// Decides which records must be kept: what their bytes must show before any rule can match them.
pub trait RecordFilter {
    /// Texts to search for, none a prefix of another. A record that contains none of them, and no
    /// `\u` that could hide one, is dismissed.
    fn search_texts(&self) -> Vec<Vec<u8>>;

    /// Whether finding a text is enough to keep the record, judged by what follows it.
    fn keeps_match(&self, needle: usize, after: &[u8]) -> bool;

    /// Whether nothing can be dismissed.
    fn keeps_all(&self) -> bool;

    /// Whether to keep a whole record, for filters that can't decide by searching for texts.
    fn keeps_record(&self, _record: &[u8]) -> bool {
        false
    }
}

/// The simplest filter: keeps every record that contains this text.
#[derive(Clone, Copy, Debug)]
pub struct ContainsText(pub &'static [u8]);

impl RecordFilter for ContainsText {
    fn search_texts(&self) -> Vec<Vec<u8>> {
        vec![self.0.to_vec()]
    }

    fn keeps_match(&self, _needle: usize, _after: &[u8]) -> bool {
        true
    }

    fn keeps_all(&self) -> bool {
        false
    }
}

/// The sieve: searchers built once and used for every body.
#[derive(Debug)]
pub struct RecordSieve {
    search: TextSearch,
    own: Vec<MarkedName>,
    escape: Finder<'static>,
    framer: RecordFramer,
}

/// Finds what makes a record worth keeping.
#[derive(Debug)]
enum TextSearch {
    /// The framer marks the texts.
    Marked(Vec<MarkedName>),
    /// Few texts: one search after another.
    Few(Vec<Finder<'static>>),
    /// Many texts in one pass, with vector instructions if available.
    Packed(packed::Searcher),
    /// Many texts in one pass.
    Automaton(AhoCorasick),
    /// Nothing can be searched for: every record is kept.
    All,
}

/// Up to this many texts it is faster to search for one after another.
const FEW: usize = 2;

impl TextSearch {
    /// The search, and the names that the framer must mark for it, together with those of a record.
    fn for_filter(suspect: &impl RecordFilter, own: &[MarkedName]) -> (Self, MarkedNames) {
        let needles = suspect.search_texts();
        if suspect.keeps_all() {
            return (Self::All, MarkedNames::from_names(own.iter()));
        }
        let named: Option<Vec<MarkedName>> =
            needles.iter().map(|needle| MarkedName::from_text(needle)).collect();
        if let Some(named) = named {
            let names = MarkedNames::from_names(own.iter().chain(&named));
            if names.is_narrow() {
                return (Self::Marked(named), names);
            }
        }
        (Self::for_texts(needles), MarkedNames::from_names(own.iter()))
    }

    fn for_texts(needles: Vec<Vec<u8>>) -> Self {
        if needles.len() <= FEW {
            return Self::Few(needles.iter().map(|n| Finder::new(n).into_owned()).collect());
        }
        if let Some(searcher) = packed::Config::new().builder().extend(&needles).build() {
            return Self::Packed(searcher);
        }
        let automaton = AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(needles);
        automaton.map_or(Self::All, Self::Automaton)
    }

    fn keeps_record(&self, record: &[u8], suspect: &impl RecordFilter) -> bool {
        let after = |at: usize| record.get(at..).unwrap_or_default();
        match self {
            Self::All => true,
            Self::Marked(_) => false,
            Self::Few(needles) => needles.iter().enumerate().any(|(number, needle)| {
                let length = needle.needle().len();
                needle.find_iter(record).any(|at| suspect.keeps_match(number, after(at + length)))
            }),
            Self::Packed(searcher) => Self::any_match_kept(record, suspect, |from| {
                searcher.find_in(record, Span::from(from..record.len()))
            }),
            Self::Automaton(automaton) => Self::any_match_kept(record, suspect, |from| {
                automaton.find(Input::new(record).range(from..))
            }),
        }
    }

    /// The same for a mark: its first eight bytes, and the record from there on.
    fn keeps_mark(&self, word: u64, text: &[u8], suspect: &impl RecordFilter) -> bool {
        let Self::Marked(names) = self else { return false };
        let after = |name: &MarkedName| name.strip_from(word, text);
        (0..).zip(names).any(|(number, name)| {
            after(name).is_some_and(|after| suspect.keeps_match(number, after))
        })
    }

    fn any_match_kept(
        record: &[u8],
        suspect: &impl RecordFilter,
        find: impl Fn(usize) -> Option<Match>,
    ) -> bool {
        let mut from = 0;
        while let Some(found) = find(from) {
            let after = record.get(found.end()..).unwrap_or_default();
            if suspect.keeps_match(found.pattern().as_usize(), after) {
                return true;
            }
            // Texts may overlap: the next match may begin within the last one.
            from = found.start() + 1;
        }
        false
    }
}

impl RecordSieve {
    /// A sieve that keeps what the filter keeps.
    pub fn for_filter(suspect: &impl RecordFilter) -> Self {
        let own: Vec<MarkedName> =
            OWN.iter().filter_map(|name| MarkedName::from_text(name)).collect();
        let (search, names) = TextSearch::for_filter(suspect, &own);
        let framer = RecordFramer::new(names);
        Self { search, own, escape: Finder::new(b"\\u"), framer }
    }

    /// Sifts a body with the filter that the sieve was built for. `None` when the body is not in
    /// the form that AWS writes, or not UTF-8: then nothing is known, and the slow path must be
    /// taken.
    pub fn sift_body(&mut self, body: &[u8], suspect: &impl RecordFilter) -> Option<SiftResult> {
        let mut at = body.len() - body.trim_ascii_start().len() + HEAD.len();
        if !body.get(..at)?.ends_with(HEAD) {
            return None;
        }
        let mut sifted = SiftResult::default();
        loop {
            if body.get(at) != Some(&b'{') {
                return None;
            }
            let frame = self.framer.find_frame(body, at)?;
            self.sift_record(body, at, &frame, suspect, &mut sifted)?;
            match body.get(frame.end)? {
                b',' => at = frame.end + 1,
                b']' => break at = frame.end + 1,
                _ => return None,
            }
        }
        (body.get(at..)?.trim_ascii_end() == b"}").then_some(sifted)
    }

    /// Judges the record at `start`. `None` when it is not written the way AWS does.
    fn sift_record(
        &self,
        body: &[u8],
        start: usize,
        frame: &RecordFrame,
        suspect: &impl RecordFilter,
        sifted: &mut SiftResult,
    ) -> Option<()> {
        let record = body.get(start..frame.end)?;
        if !frame.is_ascii && simdutf8::basic::from_utf8(record).is_err() {
            return None;
        }
        let (time, is_marked) = self.read_marks(start, record, suspect)?;
        let hidden = frame.has_escape && self.escape.find(record).is_some();
        if hidden && MemberSpans::new(record, 0).any(|member| matches!(member.key, Cow::Owned(_))) {
            return None;
        }
        let is_kept = hidden
            || frame.is_deep
            || record.len() > MAX_RECORD_BYTES
            || !is_valid_time(time)
            || is_marked
            || self.search.keeps_record(record, suspect)
            || suspect.keeps_record(record);
        sifted.records += 1;
        if is_kept {
            sifted.kept.push((sifted.records, start..frame.end));
        } else {
            sifted.widen_time_span(*time);
        }
        Some(())
    }

    /// The `eventTime` of the record at `start`, which the framer saw last, if it is where AWS
    /// writes it, and whether a mark makes the record worth keeping. That also shows that
    /// `eventSource` and `eventName` are strings, and that the record is not some other object.
    fn read_marks<'r>(
        &self,
        start: usize,
        record: &'r [u8],
        suspect: &impl RecordFilter,
    ) -> Option<(&'r [u8; TIME], bool)> {
        let mut found: Option<(&[u8; TIME], usize)> = None;
        let mut is_suspect = false;
        for mark in self.framer.last_marks() {
            let text = record.get(mark.place.checked_sub(start)?..)?;
            let is_own = || self.own.iter().any(|name| name.strip_from(mark.word, text).is_some());
            match found {
                None if text.starts_with(TIME_KEY) => {
                    let (time, left) = time_of_call(text).filter(|_| mark.depth == Some(1))?;
                    found = Some((time, left));
                }
                Some((_, left))
                    if text.len() <= left && mark.depth.is_none_or(|d| d == 1) && is_own() =>
                {
                    return None;
                }
                _ => {}
            }
            is_suspect = is_suspect || self.search.keeps_mark(mark.word, text, suspect);
        }
        found.map(|(time, _)| (time, is_suspect))
    }
}

/// The timestamp at the beginning of this text, and how much is left after `"eventName":"`; `None`
/// when the three do not follow each other as AWS writes them.
fn time_of_call(text: &[u8]) -> Option<(&[u8; TIME], usize)> {
    let (time, rest) = text.get(TIME_KEY.len()..)?.split_first_chunk::<TIME>()?;
    let source = rest.strip_prefix(b"\"")?.strip_prefix(SOURCE_KEY)?;
    let name = source.get(memchr::memchr(b'"', source)? + 1..)?.strip_prefix(NAME_KEY)?;
    (!source.starts_with(NOTICE)).then_some((time, name.len()))
}

impl SiftResult {
    fn widen_time_span(&mut self, time: [u8; TIME]) {
        if self.first.is_none_or(|first| time_as_numbers(&time) < time_as_numbers(&first)) {
            self.first = Some(time);
        }
        if self.last.is_none_or(|last| time_as_numbers(&time) > time_as_numbers(&last)) {
            self.last = Some(time);
        }
    }
}

#[cfg(test)]
mod tests;
