//! Dismisses records that cannot match any rule, without parsing them.
//!
//! A body as AWS writes it, `{"Records":[{"eventVersion":…},…]}`, is cut at the record
//! boundaries by searching for literals. Whether a rule may match a record is asked of its bytes:
//! the rules' gate knows. `\u` may hide anything from it, so a record with such an escape is kept.
//! A test on bytes may only dismiss, never decide: kept records are parsed, and any body of
//! another shape takes the slow way through [`crate::envelope`].

use std::ops::Range;

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

const HEAD: &[u8] = b"{\"Records\":[";
const START: &[u8] = b"{\"eventVersion\":\"";
const TIME_KEY: &[u8] = b"\"eventTime\":\"";
const SOURCE_KEY: &[u8] = b",\"eventSource\":\"";

/// The sieve: searchers built once, used for every body.
#[derive(Debug)]
pub struct Sieve {
    start: Finder<'static>,
    escape: Finder<'static>,
    time: Finder<'static>,
}

impl Default for Sieve {
    fn default() -> Self {
        Self { start: Finder::new(START), escape: Finder::new(b"\\u"), time: Finder::new(TIME_KEY) }
    }
}

impl Sieve {
    /// Sifts a body; `may_match` is asked of each record's bytes. `None` when the body is not in
    /// the shape that AWS writes, or not UTF-8: then nothing is known, and the slow way must be
    /// taken.
    pub fn sift(&self, body: &[u8], may_match: impl Fn(&[u8]) -> bool) -> Option<Sifted> {
        let records = body.trim_ascii().strip_prefix(HEAD)?.strip_suffix(b"]}")?;
        let base = body.len() - body.trim_ascii_start().len() + HEAD.len();
        if !records.starts_with(START) {
            return None;
        }
        let mut sifted = Sifted::default();
        let mut from = 0;
        while from < records.len() {
            // One record at a time, so that it is in the nearest cache for all that follows.
            let to = self.end_of_record(records, from);
            let record = records.get(from..to)?;
            let bounded = record.ends_with(b"}") && records.get(to).is_none_or(|b| *b == b',');
            let survey = Survey::of(record);
            if !bounded || survey.depth != 0 || !survey.is_utf8(record) {
                return None;
            }
            let hidden = survey.backslash && self.escape.find(record).is_some();
            let suspect = hidden || may_match(record);
            let harmless = !suspect && record.len() <= MAX_RECORD_BYTES;
            sifted.records += 1;
            match self.time_of(record).filter(|_| harmless) {
                Some(time) => sifted.span(time),
                None => sifted.kept.push((sifted.records, base + from..base + to)),
            }
            from = to + 1;
        }
        Some(sifted)
    }

    /// Where the record that starts at `from` ends: before the comma of the next one, or at the
    /// end of the list.
    fn end_of_record(&self, records: &[u8], from: usize) -> usize {
        let rest = records.get(from + 1..).unwrap_or_default();
        self.start.find(rest).map_or(records.len(), |next| from + next)
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
        self.first = Some(self.first.map_or(time, |first| first.min(time)));
        self.last = Some(self.last.map_or(time, |last| last.max(time)));
    }
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

    fn has_error(record: &[u8]) -> bool {
        memchr::memmem::find(record, b"\"error").is_some()
    }

    fn kept(body: &str) -> Option<Vec<u64>> {
        let sifted = Sieve::default().sift(body.as_bytes(), has_error)?;
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
        let sifted = Sieve::default().sift(body(&["", ""]).as_bytes(), has_error).unwrap();
        assert_eq!(sifted.records, 2);
        assert_eq!(sifted.first, Some(*b"2026-11-24T03:54:00Z"));
    }

    #[test]
    fn other_shapes_go_the_slow_way() {
        let nested =
            body(&[r#","requestParameters":{"a":[{"eventVersion":"1"},{"eventVersion":"2"}]}"#]);
        let cut = body(&["", ""]);
        let cut = &cut[..cut.len() - 10];
        for body in ["", "{}", "{\"Records\":[]}", "{\"Records\": [{}]}", &nested, cut] {
            assert_eq!(kept(body), None, "{body}");
        }
        let mut bytes = body(&[""]).into_bytes();
        let at = bytes.len() - 5;
        bytes[at] = 0xff;
        assert_eq!(Sieve::default().sift(&bytes, has_error), None);
    }

    #[test]
    fn an_odd_time_is_parsed() {
        let odd = body(&[""]).replace("2026-11-24T03:54:00Z", "2026-11-24 03:54:00Z");
        assert_eq!(kept_numbers(&odd), vec![1]);
    }

    fn kept_numbers(body: &str) -> Vec<u64> {
        Sieve::default()
            .sift(body.as_bytes(), has_error)
            .unwrap()
            .kept
            .into_iter()
            .map(|(n, _)| n)
            .collect()
    }
}
