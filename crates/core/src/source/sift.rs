//! Dismisses records that cannot match any rule, without parsing them.
//!
//! A body as AWS writes it, `{"Records":[{…},…]}` without blanks around its records, is cut where
//! the records end, strings told from structure ([`super::frame`]). Each of them must hold
//! `"eventTime":"…","eventSource":"…","eventName":"`, as AWS writes it, among its own members and
//! none of the three again: then it is a record and no envelope, and an event unless what stands
//! elsewhere in it is no JSON. Any other body takes the slow way through [`crate::envelope`].
//!
//! Whether a rule may match a record is asked of its bytes: the rules' gate knows. `\u` may hide
//! anything from it, so a record with such an escape is kept. A test on bytes may only dismiss,
//! never decide: kept records are parsed.

use std::borrow::Cow;
use std::ops::Range;

use aho_corasick::{AhoCorasick, Input, Match, MatchKind, Span, packed};
use memchr::memmem::Finder;

use super::cloudtrail::MAX_RECORD_BYTES;
use super::frame::{Frame, Framer};
use crate::envelope::span::Members;

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
const TIME_KEY: &[u8] = b"\"eventTime\":\"";
const SOURCE_KEY: &[u8] = b",\"eventSource\":\"";
const NAME_KEY: &[u8] = b",\"eventName\":\"";
/// What the sources of S3's notices and of queues' batches begin with, which have records' keys.
const NOTICE: &[u8] = b"aws:";
/// What the three keys begin with.
const EVENT_KEY: &[u8] = b"\"event";
/// How they go on.
const ONCE: [&[u8]; 3] = [b"Time\"", b"Source\"", b"Name\""];

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
    event: Finder<'static>,
    framer: Framer,
}

/// Finds what makes a record suspect.
#[derive(Debug)]
enum Search {
    /// Few texts: one search after the other.
    Few(Vec<Finder<'static>>),
    /// Many texts in one pass, with vector instructions where there are any.
    Packed(packed::Searcher),
    /// Many texts in one pass.
    Automaton(AhoCorasick),
    /// Nothing can be searched for: every record is suspect.
    All,
}

/// Up to how many texts it is faster to search for one after the other.
const FEW: usize = 2;

impl Search {
    fn new(suspect: &impl Suspect) -> Self {
        let needles = suspect.needles();
        if suspect.suspects_all() {
            return Self::All;
        }
        if needles.len() <= FEW {
            return Self::Few(needles.iter().map(|n| Finder::new(n).into_owned()).collect());
        }
        if let Some(searcher) = packed::Config::new().builder().extend(&needles).build() {
            return Self::Packed(searcher);
        }
        let automaton = AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(needles);
        automaton.map_or(Self::All, Self::Automaton)
    }

    fn suspects(&self, record: &[u8], suspect: &impl Suspect) -> bool {
        let after = |at: usize| record.get(at..).unwrap_or_default();
        match self {
            Self::All => true,
            Self::Few(needles) => needles.iter().enumerate().any(|(number, needle)| {
                let length = needle.needle().len();
                needle.find_iter(record).any(|at| suspect.suspects(number, after(at + length)))
            }),
            Self::Packed(searcher) => Self::any(record, suspect, |from| {
                searcher.find_in(record, Span::from(from..record.len()))
            }),
            Self::Automaton(automaton) => {
                Self::any(record, suspect, |from| automaton.find(Input::new(record).range(from..)))
            }
        }
    }

    fn any(record: &[u8], suspect: &impl Suspect, find: impl Fn(usize) -> Option<Match>) -> bool {
        let mut from = 0;
        while let Some(found) = find(from) {
            let after = record.get(found.end()..).unwrap_or_default();
            if suspect.suspects(found.pattern().as_usize(), after) {
                return true;
            }
            // Texts may overlap: what is looked for next may begin within what was found.
            from = found.start() + 1;
        }
        false
    }
}

impl Sieve {
    /// A sieve that keeps what is suspect.
    pub fn new(suspect: &impl Suspect) -> Self {
        Self {
            search: Search::new(suspect),
            escape: Finder::new(b"\\u"),
            time: Finder::new(TIME_KEY),
            event: Finder::new(EVENT_KEY),
            framer: Framer::default(),
        }
    }

    /// Sifts a body with what the sieve was made for. `None` when the body is not in the shape that
    /// AWS writes, or not UTF-8: then nothing is known, and the slow way must be taken.
    pub fn sift(&mut self, body: &[u8], suspect: &impl Suspect) -> Option<Sifted> {
        let mut at = body.len() - body.trim_ascii_start().len() + HEAD.len();
        if !body.get(..at)?.ends_with(HEAD) {
            return None;
        }
        let mut sifted = Sifted::default();
        loop {
            if body.get(at) != Some(&b'{') {
                return None;
            }
            let frame = self.framer.frame(body, at)?;
            self.record(body, at, &frame, suspect, &mut sifted)?;
            match body.get(frame.end)? {
                b',' => at = frame.end + 1,
                b']' => break at = frame.end + 1,
                _ => return None,
            }
        }
        (body.get(at..)?.trim_ascii_end() == b"}").then_some(sifted)
    }

    /// Judges the record at `start`. `None` when it is not written as AWS does.
    fn record(
        &self,
        body: &[u8],
        start: usize,
        frame: &Frame,
        suspect: &impl Suspect,
        sifted: &mut Sifted,
    ) -> Option<()> {
        let record = body.get(start..frame.end)?;
        if !frame.is_ascii && simdutf8::basic::from_utf8(record).is_err() {
            return None;
        }
        let time = self.time_of(body, start, record)?;
        let hidden = frame.has_escape && self.escape.find(record).is_some();
        if hidden && Members::new(record, 0).any(|member| matches!(member.key, Cow::Owned(_))) {
            return None;
        }
        let is_kept = hidden
            || frame.is_deep
            || record.len() > MAX_RECORD_BYTES
            || !is_time(time)
            || self.search.suspects(record, suspect)
            || suspect.suspects_record(record);
        sifted.records += 1;
        if is_kept {
            sifted.kept.push((sifted.records, start..frame.end));
        } else {
            sifted.span(*time);
        }
        Some(())
    }

    /// The `eventTime` of the record at `start`, which the framer saw last, if it stands where AWS
    /// writes it. That also shows that `eventSource` and `eventName` are strings, and the record
    /// not some other object.
    fn time_of<'r>(&self, body: &[u8], start: usize, record: &'r [u8]) -> Option<&'r [u8; TIME]> {
        let at = self.time.find(record)?;
        let (time, rest) = record.get(at + TIME_KEY.len()..)?.split_first_chunk::<TIME>()?;
        let source = rest.strip_prefix(b"\"")?.strip_prefix(SOURCE_KEY)?;
        let name = source.get(memchr::memchr(b'"', source)? + 1..)?.strip_prefix(NAME_KEY)?;
        let is_own = |at: usize| self.framer.depth_at(body, start + at).is_none_or(|d| d == 1);
        if source.starts_with(NOTICE) || self.framer.depth_at(body, start + at) != Some(1) {
            return None;
        }
        let behind = record.len() - name.len();
        let is_again = |at: usize| {
            let rest = name.get(at + EVENT_KEY.len()..).unwrap_or_default();
            ONCE.iter().any(|key| rest.starts_with(key)) && is_own(behind + at)
        };
        (!self.event.find_iter(name).any(is_again)).then_some(time)
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

/// Whether the text has the form `dddd-dd-ddTdd:dd:ddZ` and is a time of every year: what is left
/// out (31 May, a leap second) is for a parser.
fn is_time(time: &[u8; TIME]) -> bool {
    let form = b"0000-00-00T00:00:00Z";
    let has_form = time.iter().zip(form).all(|(byte, form)| match form {
        b'0' => byte.is_ascii_digit(),
        _ => byte == form,
    });
    let [_, _, _, _, _, m, n, _, d, e, _, h, i, _, min, _, _, sec, ..] = *time;
    has_form
        && matches!((m, n), (b'0', b'1'..=b'9') | (b'1', b'0'..=b'2'))
        && is_day((m, n), (d, e))
        && matches!((h, i), (b'0' | b'1', _) | (b'2', b'0'..=b'3'))
        && min < b'6'
        && sec < b'6'
}

fn is_day(month: (u8, u8), day: (u8, u8)) -> bool {
    match day {
        (b'0', tail) => tail != b'0',
        (b'1', _) | (b'2', ..=b'8') => true,
        (b'2', _) | (b'3', b'0') => month != (b'0', b'2'),
        (b'3', b'1') => {
            matches!(month, (b'0', b'1' | b'3' | b'5' | b'7' | b'8') | (b'1', b'0' | b'2'))
        }
        _ => false,
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
        let escaped = r#","a":{"\u0065rrorCode":"AccessDenied"}"#;
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
    fn records_end_where_they_end() {
        let nested = r#","requestParameters":{"a":[{"eventVersion":"1"},{"eventVersion":"2","z":"{{"}]},"b":"}}""#;
        assert_eq!(kept(&body(&[nested, ""])), Some(vec![]));
        let whole =
            format!(r#","requestParameters":{{"Records":[{},{}]}}"#, record(""), record(""));
        assert_eq!(kept(&body(&["", &whole])), Some(vec![]));
        let error = r#","requestParameters":{"a":["}]}",{"errorCode":"AccessDenied"}]}"#;
        assert_eq!(kept(&body(&["", error, ""])), Some(vec![2]));
    }

    #[test]
    fn other_shapes_go_the_slow_way() {
        let cut = body(&["", ""]);
        let cut = &cut[..cut.len() - 10];
        let notice = r#"{"Records":[{"eventVersion":"2.1","eventSource":"aws:s3","eventTime":"2026-11-24T03:54:00.000Z","s3":{}}]}"#;
        let glued = body(&[""]).replace("]}", r#",{"errorCode":"AccessDenied"}]}"#);
        let spaced = body(&["", ""]).replace("},{", "}, {");
        let number = body(&["", ""]).replace("},{", "},3,{");
        let comma = body(&[""]).replace("}]}", "},]}");
        let again = body(&[r#","eventName":3"#]);
        let escaped = body(&[r#","\u0065ventName":3"#]);
        let unnamed = body(&[""]).replace("eventName", "eventname");
        let within = body(&[""]).replace(r#""userIdentity":{}"#, &format!(r#""a":{}"#, record("")));
        for body in [
            "",
            "{}",
            "{\"Records\":[]}",
            "{\"Records\": [{}]}",
            cut,
            notice,
            &glued,
            &spaced,
            &number,
            &comma,
            &again,
            &escaped,
            &unnamed,
            &within,
        ] {
            assert_eq!(kept(body), None, "{body}");
        }
        let mut bytes = body(&[""]).into_bytes();
        let at = bytes.len() - 5;
        bytes[at] = 0xff;
        assert_eq!(sift(&bytes), None);
    }

    #[test]
    fn what_is_no_time_of_every_year_is_parsed() {
        for (time, is_kept) in [
            ("2026-02-28T23:59:59Z", false),
            ("2026-02-29T00:00:00Z", true),
            ("2026-04-31T00:00:00Z", true),
            ("2026-12-31T00:00:00Z", false),
            ("2026-13-01T00:00:00Z", true),
            ("2026-00-01T00:00:00Z", true),
            ("2026-01-00T00:00:00Z", true),
            ("2026-01-32T00:00:00Z", true),
            ("2026-01-01T24:00:00Z", true),
            ("2026-01-01T00:60:00Z", true),
        ] {
            let odd = body(&[""]).replace("2026-11-24T03:54:00Z", time);
            let kept: u64 = sift(odd.as_bytes()).unwrap().kept.len() as u64;
            assert_eq!(kept == 1, is_kept, "{time}");
        }
    }

    #[test]
    fn what_is_nested_deeply_is_parsed() {
        let deep = format!(r#","a":{}{}"#, "[".repeat(130), "]".repeat(130));
        let sifted = sift(body(&[&deep, ""]).as_bytes()).unwrap();
        assert_eq!(sifted.kept.iter().map(|(n, _)| *n).collect::<Vec<_>>(), [1]);
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
