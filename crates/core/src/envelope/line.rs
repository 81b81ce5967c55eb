//! Lines that hold a document: alone, after the prefix of a log tool, or in a column.
//!
//! | line | written by |
//! |---|---|
//! | `{…}` | log files, `jq -c`, `--query 'Events[].CloudTrailEvent' --output text` |
//! | `TIME {…}`, `TIME STREAM {…}` | `aws logs tail`, exports of CloudWatch Logs to S3 |
//! | `TIME STREAM`, then `{` on the next line | `aws logs tail --format json` |
//! | `EVENTS⇥…⇥{…}⇥…` | `--output text` of the AWS CLI |
//!
//! Source: the formatters of the AWS CLI, `awscli/customizations/logs/tail.py` and
//! `awscli/text.py`; CloudWatch Logs user guide, "Exporting log data to Amazon S3".

use super::span;

/// How much of a line may precede a document.
const MAX_PREFIX: usize = 1 << 10;
/// Words that begin lines of the AWS CLI's text output without records.
const STRUCTURE: [&[u8]; 7] = [
    b"NEXTTOKEN",
    b"QUERYSTATISTICS",
    b"RESOURCES",
    b"RESULTS",
    b"SEARCHEDLOGSTREAMS",
    b"STATISTICS",
    b"TAGS",
];
/// The status that `get-query-results` writes on a line of its own.
const STATUS: [&[u8]; 3] = [b"Complete", b"Running", b"Scheduled"];

/// Where the document of a line begins, if it may hold one.
///
/// ```
/// use aware_core::envelope::line::document_at;
/// assert_eq!(document_at(br#"{"eventName":"A"}"#), Some(0));
/// assert_eq!(document_at(br#"2026-11-24T03:54:07 {"eventName":"A"}"#), Some(20));
/// assert_eq!(document_at(b"INFO 2026-11-24 {}"), None);
/// ```
pub fn document_at(line: &[u8]) -> Option<usize> {
    if matches!(line.first(), Some(b'{' | b'[' | b'"')) {
        return Some(0);
    }
    let head = line.get(..line.len().min(MAX_PREFIX)).unwrap_or_default();
    let at = memchr::memchr(b'{', head)?;
    let prefix = head.get(..at).unwrap_or_default();
    let is_column = prefix.ends_with(b"\t") && !prefix.trim_ascii().is_empty();
    (is_column || (prefix.ends_with(b" ") && is_stamp(prefix))).then_some(at)
}

/// How many words before a line of text may be the prefix of a log tool: none if the first is no time.
pub(super) fn words_of_stamp(line: &[u8]) -> std::ops::RangeInclusive<usize> {
    let mut words = line.split(u8::is_ascii_whitespace);
    let first = words.next().unwrap_or_default();
    let has_stamp = is_time(first) && !line.starts_with(b"\"");
    1..=(2 * usize::from(has_stamp))
}

/// Whether a line is a timestamp and a stream name, as `aws logs tail --format json` writes before
/// each document.
pub fn is_stamp_header(line: &[u8]) -> bool {
    line.len() <= MAX_PREFIX && memchr::memchr(b'{', line).is_none() && is_stamp(line)
}

/// Whether a line belongs to the AWS CLI's text output and holds something other than a record.
pub(super) fn is_cli_structure(line: &[u8]) -> bool {
    let mut cells = line.split(|byte| *byte == b'\t');
    let (first, second) = (cells.next().unwrap_or_default(), cells.next());
    let is_tokens = first.starts_with(b"b/") && second.is_some_and(|it| it.starts_with(b"f/"));
    match second {
        Some(_) => STRUCTURE.contains(&first) || is_tokens,
        None => STATUS.contains(&first),
    }
}

/// A timestamp and at most one word after it, colours ignored.
fn is_stamp(prefix: &[u8]) -> bool {
    let words = strip_colours(prefix);
    let mut words = words.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let (first, second) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let rest = words.count();
    let is_plain = !prefix.contains(&b'"') && !prefix.starts_with(b" ");
    match () {
        () if !is_plain => false,
        () if is_date(first) && is_clock(second) => rest <= 1,
        () => (is_time(first) || is_epoch(first)) && rest == 0,
    }
}

fn is_date(word: &[u8]) -> bool {
    word.len() == 10 && has_digit_form(word, b"0000-00-00")
}

/// `2026-11-24T03:54:07`, or anything more precise.
fn is_time(word: &[u8]) -> bool {
    has_digit_form(word, b"0000-00-00T00:00:00")
}

fn is_clock(word: &[u8]) -> bool {
    has_digit_form(word, b"00:00:00")
}

/// Seconds or milliseconds since 1970.
fn is_epoch(word: &[u8]) -> bool {
    (10..=20).contains(&word.len()) && word.iter().all(|b| b.is_ascii_digit() || *b == b'.')
}

fn has_digit_form(word: &[u8], form: &[u8]) -> bool {
    let fits = |(byte, form): (&u8, &u8)| match form {
        b'0' => byte.is_ascii_digit(),
        _ => byte == form,
    };
    word.len() >= form.len() && word.iter().zip(form).all(fits)
}

/// Strips the escape sequences that colour a terminal.
fn strip_colours(text: &[u8]) -> Vec<u8> {
    let (mut plain, mut is_escape) = (Vec::with_capacity(text.len()), false);
    for byte in text {
        match byte {
            0x1b => is_escape = true,
            byte if is_escape => is_escape = !byte.is_ascii_alphabetic(),
            byte => plain.push(*byte),
        }
    }
    plain
}

/// Whether a body can be read line by line, judged by its first line: it holds a whole document and
/// ends.
pub fn begins_with_record(head: &[u8]) -> bool {
    let head = head.trim_ascii_start();
    let Some(end) = memchr::memchr(b'\n', head) else { return false };
    let line = head.get(..end).unwrap_or_default().trim_ascii_end();
    let at = document_at(line).filter(|at| line.get(*at) == Some(&b'{'));
    let ends = |end: usize| matches!(line.get(end), None | Some(b'\t'));
    at.is_some_and(|at| span::end_of_value(line, at).is_ok_and(ends))
}

/// Follows lines to find where a document that spans several of them ends.
///
/// A line break within a string, or a line that begins another document, ends a broken one, so that
/// it never holds back what comes after it.
#[derive(Clone, Copy, Debug, Default)]
pub struct LineFraming {
    depth: usize,
    in_string: bool,
    /// A header was read; its document comes next.
    is_due: bool,
}

impl LineFraming {
    /// Takes one line, with or without its line end. Returns true when everything read so far can
    /// be cut off after it.
    pub fn feed_line(&mut self, line: &[u8]) -> bool {
        let line = line.trim_ascii_end();
        self.is_due = false;
        let at = document_at(line);
        let begins_anew = at.is_some_and(|at| at > 0) || is_stamp_header(line);
        if self.depth > 0 && !begins_anew && !(at == Some(0) && line.ends_with(b"}")) {
            self.track_depth(line);
        } else {
            self.depth = 0;
            match at {
                Some(at) if !line.ends_with(b"}") => {
                    self.track_depth(line.get(at..).unwrap_or_default());
                }
                None if is_stamp_header(line) => self.is_due = true,
                _ => {}
            }
        }
        self.depth == 0 && !self.is_due
    }

    fn track_depth(&mut self, text: &[u8]) {
        let mut is_escaped = false;
        for byte in text {
            match byte {
                _ if is_escaped => is_escaped = false,
                b'\\' if self.in_string => is_escaped = true,
                b'"' => self.in_string = !self.in_string,
                b'{' | b'[' if !self.in_string => self.depth += 1,
                b'}' | b']' if !self.in_string => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth == 0 {
                        return;
                    }
                }
                _ => {}
            }
        }
        if std::mem::take(&mut self.in_string) {
            self.depth = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENT: &str = r#"{"eventName":"A"}"#;

    #[test]
    fn what_stands_before_a_document() {
        for prefix in [
            "2026-11-24T03:54:07 ",
            "2026-11-24T03:54:07.000Z ",
            "2026-11-24T03:54:07.000000+00:00 222233334444_CloudTrail_us-east-1 ",
            "\u{1b}[32m2026-11-24T03:54:07\u{1b}[0m \u{1b}[36mstream\u{1b}[0m ",
            "2026-11-24 03:54:07.000 stream ",
            "1795492447000 ",
            "1795492447.5 ",
            "EVENTS\tAKIA\t",
            "2026-11-24T03:54:07+00:00\talice\t",
        ] {
            let line = format!("{prefix}{EVENT}");
            assert_eq!(document_at(line.as_bytes()), Some(prefix.len()), "{line}");
        }
        for prefix in [
            "INFO ",
            "2026-11-24 INFO ",
            "2026-11-24T03:54:07 stream INFO ",
            "2026-11-24T03:54:07 \"quoted ",
            "2026-11-24T03:54:07 stream",
            "key: ",
            "a\tb ",
        ] {
            let line = format!("{prefix}{EVENT}");
            assert_eq!(document_at(line.as_bytes()), None, "{line}");
        }
    }

    #[test]
    fn structure_of_the_cli() {
        for line in ["RESOURCES\tx\ty", "SEARCHEDLOGSTREAMS\ts\tTrue", "b/38\tf/38", "Complete"] {
            assert!(is_cli_structure(line.as_bytes()), "{line}");
        }
        for line in ["EVENTS\ta\tb", "RESOURCES", "Completed", "", "some noise"] {
            assert!(!is_cli_structure(line.as_bytes()), "{line}");
        }
    }

    /// The lines after which a body can be split.
    fn cuts(text: &str) -> Vec<usize> {
        let mut framing = LineFraming::default();
        let lines = (1..).zip(text.lines());
        lines.filter_map(|(n, line)| framing.feed_line(line.as_bytes()).then_some(n)).collect()
    }

    #[test]
    fn documents_are_not_cut() {
        assert_eq!(cuts("{\"a\":1}\nnoise\n{\"a\":\"}{\"}\n"), [1, 2, 3]);
        let pretty =
            "2026-11-24T03:54:07+00:00 s \n{\n  \"a\": \"}\\\"\",\n  \"b\": [\n    {}\n  ]\n}\n";
        assert_eq!(cuts(pretty), [7]);
        assert_eq!(cuts(&format!("{pretty}{pretty}")), [7, 14]);
        assert_eq!(cuts("2026-11-24T03:54:07 {\n \"a\": 1\n}\nx\n"), [3, 4]);
    }

    #[test]
    fn what_is_broken_holds_nothing_back() {
        assert_eq!(cuts("{\"broken\":\n{\"a\":1}\n{\"a\":2}\n"), [2, 3]);
        let header = "2026-11-24T03:54:07+00:00 s";
        assert_eq!(cuts(&format!("{header}\n{{\n \"a\":\n{header}\n{EVENT}\n{EVENT}\n")), [5, 6]);
        assert_eq!(cuts(&format!("{header}\nno JSON\n{EVENT}\n")), [2, 3]);
        assert_eq!(cuts("{\"a\":\"cut\nx\n"), [1, 2]);
    }
}
