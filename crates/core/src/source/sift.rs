//! Dismisses records that cannot match any rule, without parsing them.
//!
//! A body as AWS writes it, `{"Records":[{"eventVersion":…},…]}`, is cut at the record
//! boundaries by searching for literals. Whether a rule may match a record is asked of its bytes:
//! the rules' gate knows. `\u` may hide anything from it, so a record with such an escape is kept.
//! A test on bytes may only dismiss, never decide: kept records are parsed, and any body of
//! another shape takes the slow way through [`crate::envelope`].

use std::ops::Range;

use aho_corasick::{AhoCorasick, Input, Match, MatchKind, Span, packed};
use memchr::memmem::Finder;

use super::cloudtrail::MAX_RECORD_BYTES;

/// What sifting found in one body.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Sifted {
    /// Records in the body.
    pub records: u64,
    /// Where the records are that must be parsed, and their numbers from 1.
    pub kept: Vec<(u64, Range<usize>)>,
    /// The earliest `eventTime` of the dismissed records, as written.
    pub first: Option<[u8; TIME]>,
    /// The latest.
    pub last: Option<[u8; TIME]>,
}

/// Length of `2026-11-24T03:54:00Z`, the only form that CloudTrail writes.
pub const TIME: usize = 20;

/// How a body begins that can be sifted.
pub const HEAD: &[u8] = b"{\"Records\":[";
const START: &[u8] = b"{\"eventVersion\":\"";
const TIME_KEY: &[u8] = b"\"eventTime\":\"";
/// What S3's notices and queues' batches have, which begin like a file of CloudTrail.
const NOTICE: &[u8] = b"\"eventSource\":\"aws:";
/// Within how many bytes a notice shows itself.
const FRONT: usize = 4096;
const SOURCE_KEY: &[u8] = b",\"eventSource\":\"";

/// What a record's bytes must show before any rule can match it.
pub trait Suspect {
    /// Texts to look for, none the beginning of another. A record that holds none of them, and no
    /// `\u` that could hide one, is dismissed.
    fn needles(&self) -> Vec<Vec<u8>>;

    /// Whether a text that was found is enough, judged by what follows it.
    fn suspects(&self, needle: usize, after: &[u8]) -> bool;

    /// Whether nothing can be dismissed.
    fn suspects_all(&self) -> bool;

    /// Whether a whole record is suspect, for whom looking for texts is not enough.
    fn suspects_record(&self, _record: &[u8]) -> bool {
        false
    }
}

/// The simplest suspicion: whatever holds this text.
#[derive(Clone, Copy, Debug)]
pub struct Holds(pub &'static [u8]);

impl Suspect for Holds {
    fn needles(&self) -> Vec<Vec<u8>> {
        vec![self.0.to_vec()]
    }

    fn suspects(&self, _needle: usize, _after: &[u8]) -> bool {
        true
    }

    fn suspects_all(&self) -> bool {
        false
    }
}

/// The sieve: searchers built once, used for every body.
#[derive(Debug)]
pub struct Sieve {
    search: Search,
    escape: Finder<'static>,
    time: Finder<'static>,
    notice: Finder<'static>,
}

/// Finds where records begin, and what makes one suspect.
#[derive(Debug)]
enum Search {
    /// Few texts: one search after the other through each record, while it is in the nearest cache.
    Few { start: Box<Finder<'static>>, needles: Vec<Finder<'static>> },
    /// Many texts in one pass, with vector instructions where there are any.
    Packed(packed::Searcher),
    /// Many texts in one pass.
    Automaton(AhoCorasick),
    /// Nothing can be searched for: the slow way finds it all.
    None,
}

/// Up to how many texts it is faster to search for one after the other.
const FEW: usize = 2;

impl Search {
    fn new(needles: &[Vec<u8>]) -> Self {
        if needles.len() <= FEW {
            let needles = needles.iter().map(|needle| Finder::new(needle).into_owned()).collect();
            return Self::Few { start: Box::new(Finder::new(START)), needles };
        }
        let all = || std::iter::once(START).chain(needles.iter().map(Vec::as_slice));
        if let Some(searcher) = packed::Config::new().builder().extend(all()).build() {
            return Self::Packed(searcher);
        }
        let automaton = AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(all());
        automaton.map_or(Self::None, Self::Automaton)
    }

    fn find(&self, text: &[u8], from: usize) -> Option<Match> {
        match self {
            Self::Packed(searcher) => searcher.find_in(text, Span::from(from..text.len())),
            Self::Automaton(automaton) => automaton.find(Input::new(text).range(from..)),
            Self::Few { .. } | Self::None => None,
        }
    }
}

impl Sieve {
    /// A sieve that keeps what is suspect.
    pub fn new(suspect: &impl Suspect) -> Self {
        Self {
            search: Search::new(&suspect.needles()),
            escape: Finder::new(b"\\u"),
            time: Finder::new(TIME_KEY),
            notice: Finder::new(NOTICE),
        }
    }

    /// Sifts a body with what the sieve was made for. `None` when the body is not in the shape that
    /// AWS writes, or not UTF-8: then nothing is known, and the slow way must be taken.
    pub fn sift(&self, body: &[u8], suspect: &impl Suspect) -> Option<Sifted> {
        let records = body.trim_ascii().strip_prefix(HEAD)?.strip_suffix(b"]}")?;
        let base = body.len() - body.trim_ascii_start().len() + HEAD.len();
        let front = records.get(..FRONT).unwrap_or(records);
        if !records.starts_with(START) || self.notice.find(front).is_some() {
            return None;
        }
        match &self.search {
            Search::Few { start, needles } => {
                self.by_record(records, base, suspect, (start, needles))
            }
            Search::Packed(_) | Search::Automaton(_) => self.in_one_pass(records, base, suspect),
            Search::None => None,
        }
    }

    /// Finds the end of each record, then looks for what makes it suspect.
    fn by_record(
        &self,
        records: &[u8],
        base: usize,
        suspect: &impl Suspect,
        (begin, needles): (&Finder<'_>, &[Finder<'_>]),
    ) -> Option<Sifted> {
        let mut sifted = Sifted::default();
        let mut start = 0;
        loop {
            let from = start + START.len();
            let next = begin.find(records.get(from..)?).map(|at| from + at);
            let end = next.map_or(Some(records.len()), |next| next.checked_sub(1))?;
            let record = records.get(start..end)?;
            let shows = |(number, needle): (usize, &Finder<'_>)| {
                needle.find_iter(record).any(|at| {
                    let after = record.get(at + needle.needle().len()..);
                    suspect.suspects(number, after.unwrap_or_default())
                })
            };
            let suspected = suspect.suspects_all()
                || needles.iter().enumerate().any(shows)
                || suspect.suspects_record(record);
            self.record(records, (base, start, end), suspected, &mut sifted)?;
            let Some(next) = next else { return Some(sifted) };
            start = next;
        }
    }

    /// Finds the ends of records and what makes them suspect together.
    fn in_one_pass(&self, records: &[u8], base: usize, suspect: &impl Suspect) -> Option<Sifted> {
        let mut sifted = Sifted::default();
        let (mut start, mut from) = (0, START.len());
        let mut suspected = suspect.suspects_all();
        loop {
            let found = self.search.find(records, from);
            let (next, needle) =
                found.map_or((records.len() + 1, 0), |m| (m.start(), m.pattern().as_usize()));
            // Texts may overlap: what is looked for next may begin within what was found.
            from = next + 1;
            if let Some(needle) = needle.checked_sub(1) {
                let after = found.and_then(|m| records.get(m.end()..)).unwrap_or_default();
                suspected = suspected || suspect.suspects(needle, after);
                continue;
            }
            let end = next.checked_sub(1)?;
            suspected = suspected || suspect.suspects_record(records.get(start..end)?);
            self.record(records, (base, start, end), suspected, &mut sifted)?;
            if found.is_none() {
                return Some(sifted);
            }
            (start, suspected) = (next, suspect.suspects_all());
        }
    }

    /// Judges the record at `start..end`, followed by a comma or by nothing.
    fn record(
        &self,
        records: &[u8],
        (base, start, end): (usize, usize, usize),
        suspected: bool,
        sifted: &mut Sifted,
    ) -> Option<()> {
        let record = records.get(start..end)?;
        let bounded = record.ends_with(b"}") && records.get(end).is_none_or(|byte| *byte == b',');
        let survey = Survey::of(record);
        if !bounded || survey.depth != 0 || !survey.is_utf8(record) {
            return None;
        }
        let hidden = survey.backslash && self.escape.find(record).is_some();
        let harmless = !suspected && !hidden && record.len() <= MAX_RECORD_BYTES;
        sifted.records += 1;
        match self.time_of(record).filter(|_| harmless) {
            Some(time) => sifted.span(time),
            None => sifted.kept.push((sifted.records, base + start..base + end)),
        }
        Some(())
    }

    /// The record's `eventTime`, if it stands where AWS writes it and in AWS's form; that also
    /// shows that `eventSource` is a string and the record not some other object.
    fn time_of(&self, record: &[u8]) -> Option<[u8; TIME]> {
        let after = record.get(self.time.find(record)? + TIME_KEY.len()..)?;
        let (time, rest) = after.split_first_chunk::<TIME>()?;
        let named = rest.strip_prefix(b"\"")?.starts_with(SOURCE_KEY);
        (named && is_time(time)).then_some(*time)
    }
}

impl Sifted {
    fn span(&mut self, time: [u8; TIME]) {
        if self.first.is_none_or(|first| order(&time) < order(&first)) {
            self.first = Some(time);
        }
        if self.last.is_none_or(|last| order(&time) > order(&last)) {
            self.last = Some(time);
        }
    }
}

/// Numbers in the order of their bytes: every record's time is compared, and comparing texts costs
/// two calls.
fn order(time: &[u8; TIME]) -> (u128, u32) {
    let (head, tail) = (time.first_chunk(), time.last_chunk());
    (head.map_or(0, |head| u128::from_be_bytes(*head)), tail.map_or(0, |t| u32::from_be_bytes(*t)))
}

/// Whether the text has the form `dddd-dd-ddTdd:dd:ddZ`.
fn is_time(time: &[u8; TIME]) -> bool {
    let form = b"0000-00-00T00:00:00Z";
    time.iter().zip(form).all(|(byte, form)| match form {
        b'0' => byte.is_ascii_digit(),
        _ => byte == form,
    })
}

/// What one pass over a record's bytes tells.
#[derive(Default)]
struct Survey {
    /// How many more braces open than close. Braces within strings count too, which can only send
    /// a body the slow way.
    depth: i32,
    /// The bits of all bytes.
    bits: u8,
    /// There is a backslash.
    backslash: bool,
}

/// How many bytes are looked at side by side.
const LANES: usize = 32;
/// How many blocks a lane can count.
const GROUP: usize = 127;

impl Survey {
    /// Looks at each byte once. The lanes become vector registers.
    fn of(record: &[u8]) -> Self {
        let mut survey = Self::default();
        let (blocks, rest) = record.as_chunks::<LANES>();
        for group in blocks.chunks(GROUP) {
            survey.blocks(group);
        }
        for byte in rest {
            survey.depth += i32::from(*byte == b'{') - i32::from(*byte == b'}');
            survey.bits |= byte;
            survey.backslash |= *byte == b'\\';
        }
        survey
    }

    fn blocks(&mut self, blocks: &[[u8; LANES]]) {
        let (mut depth, mut bits, mut slashes) = ([0_i8; LANES], [0_u8; LANES], [0_u8; LANES]);
        for block in blocks {
            let lanes = depth.iter_mut().zip(&mut bits).zip(&mut slashes);
            for (((depth, bits), slashes), byte) in lanes.zip(block) {
                *depth += i8::from(*byte == b'{') - i8::from(*byte == b'}');
                *bits |= byte;
                *slashes |= u8::from(*byte == b'\\');
            }
        }
        self.depth += depth.iter().map(|lane| i32::from(*lane)).sum::<i32>();
        self.bits |= bits.iter().fold(0, |all, lane| all | lane);
        self.backslash |= slashes.iter().any(|lane| *lane != 0);
    }

    fn is_utf8(&self, record: &[u8]) -> bool {
        self.bits.is_ascii() || simdutf8::basic::from_utf8(record).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(extra: &str) -> String {
        format!(
            r#"{{"eventVersion":"1.08","userIdentity":{{}},"eventTime":"2026-11-24T03:54:00Z","eventSource":"s3.amazonaws.com","eventName":"X"{extra}}}"#
        )
    }

    fn body(extras: &[&str]) -> String {
        let records: Vec<_> = extras.iter().map(|extra| record(extra)).collect();
        format!("{{\"Records\":[{}]}}", records.join(","))
    }

    const ERROR: Holds = Holds(b"\"error");

    /// The same, with more texts than are searched for one after the other.
    struct Many;

    impl Suspect for Many {
        fn needles(&self) -> Vec<Vec<u8>> {
            [ERROR.0, b"\"none\"", b"\"nowhere\""].map(<[u8]>::to_vec).to_vec()
        }

        fn suspects(&self, _needle: usize, _after: &[u8]) -> bool {
            true
        }

        fn suspects_all(&self) -> bool {
            false
        }
    }

    fn sift(body: &[u8]) -> Option<Sifted> {
        let sifted = Sieve::new(&ERROR).sift(body, &ERROR);
        assert_eq!(Sieve::new(&Many).sift(body, &Many), sifted);
        sifted
    }

    fn kept(body: &str) -> Option<Vec<u64>> {
        let sifted = sift(body.as_bytes())?;
        for (_, range) in &sifted.kept {
            crate::source::cloudtrail::decode(&body.as_bytes()[range.clone()]).unwrap();
        }
        Some(sifted.kept.into_iter().map(|(number, _)| number).collect())
    }

    #[test]
    fn records_that_may_be_denied_are_kept() {
        let error = r#","errorCode":"AccessDenied""#;
        let escaped = r#","\u0065rrorCode":"AccessDenied""#;
        assert_eq!(kept(&body(&["", error, "", escaped])), Some(vec![2, 4]));
        assert_eq!(kept(&body(&[""])), Some(vec![]));
        assert_eq!(kept(&format!(" {}\n", body(&["", error]))), Some(vec![2]));
    }

    #[test]
    fn the_span_of_dismissed_records() {
        let sifted = sift(body(&["", ""]).as_bytes()).unwrap();
        assert_eq!(sifted.records, 2);
        assert_eq!(sifted.first, Some(*b"2026-11-24T03:54:00Z"));
    }

    #[test]
    fn other_shapes_go_the_slow_way() {
        let nested =
            body(&[r#","requestParameters":{"a":[{"eventVersion":"1"},{"eventVersion":"2"}]}"#]);
        let cut = body(&["", ""]);
        let cut = &cut[..cut.len() - 10];
        let notice = r#"{"Records":[{"eventVersion":"2.1","eventSource":"aws:s3","eventTime":"2026-11-24T03:54:00.000Z","s3":{}}]}"#;
        for body in ["", "{}", "{\"Records\":[]}", "{\"Records\": [{}]}", &nested, cut, notice] {
            assert_eq!(kept(body), None, "{body}");
        }
        let mut bytes = body(&[""]).into_bytes();
        let at = bytes.len() - 5;
        bytes[at] = 0xff;
        assert_eq!(sift(&bytes), None);
    }

    #[test]
    fn an_odd_time_is_parsed() {
        let odd = body(&[""]).replace("2026-11-24T03:54:00Z", "2026-11-24 03:54:00Z");
        assert_eq!(kept_numbers(&odd), vec![1]);
    }

    fn kept_numbers(body: &str) -> Vec<u64> {
        sift(body.as_bytes()).unwrap().kept.into_iter().map(|(n, _)| n).collect()
    }
}
