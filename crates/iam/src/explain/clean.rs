//! Turns a pasted error into one line: without colours, frames, escapes, timestamps and terminal
//! line breaks.

use super::markup;
use crate::catalogue::Catalogue;
use crate::steps::scan;

/// How many layers of escapes to remove.
const MAX_ESCAPES: usize = 4;
/// Only lines at least this long may have been broken within a word.
const MIN_BROKEN: usize = 40;
/// How much of the preceding text decides how a line is joined, in bytes: encoded messages are
/// long.
const MAX_BACK: usize = 8_192;

/// Words of AWS's sentences that are long enough to be broken.
const WORDS: [&str; 22] = [
    "authorized",
    "perform",
    "resource",
    "because",
    "identity-based",
    "resource-based",
    "policy",
    "allows",
    "action",
    "explicit",
    "control",
    "service",
    "endpoint",
    "boundary",
    "permissions",
    "session",
    "encoded",
    "authorization",
    "failure",
    "message",
    "operation",
    "request",
];
/// Words that follow a name in those sentences.
const FOLLOWERS: [&str; 6] = ["because", "with", "is", "action", "on", "(Service:"];

/// The pasted text as one line.
pub(super) fn in_one_line(catalogue: &Catalogue, text: &str) -> String {
    let mut text = markup::strip_markup(&without_colours(text));
    for _ in 0..MAX_ESCAPES {
        match unescape_once(&text) {
            Some(plain) => text = plain,
            None => break,
        }
    }
    let mut joint = LineJoiner { catalogue, out: String::with_capacity(text.len()), line: 0 };
    for line in text.trim().lines() {
        joint.add_line(line);
    }
    joint.out
}

/// Removes terminal control sequences, with or without the ESC character, which logs lose.
fn without_colours(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['\u{1b}', '[']) {
        let (before, after) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(scan(before));
        rest = match skip_sequence(after) {
            Some(behind) => behind,
            None => {
                let mut letters = after.chars();
                out.extend(letters.next().filter(|letter| *letter != '\u{1b}'));
                letters.as_str()
            }
        };
    }
    out.push_str(scan(rest));
    out
}

/// The text after `ESC [ 31 m`, or after `[31m`.
fn skip_sequence(text: &str) -> Option<&str> {
    let escaped = text.strip_prefix('\u{1b}');
    let inner = escaped.unwrap_or(text).strip_prefix('[')?;
    let end = inner.find(|c: char| !(c.is_ascii_digit() || c == ';' || c == '?'))?;
    let (numbers, behind) = inner.split_at_checked(end)?;
    scan(numbers);
    let last = behind.chars().next()?;
    let is_sequence = match escaped {
        Some(_) => last.is_ascii_alphabetic(),
        None => last == 'm' && !numbers.is_empty(),
    };
    is_sequence.then(|| behind.get(1..)).flatten()
}

/// The text without one layer of JSON or HTML escapes; `None` if it has none.
fn unescape_once(text: &str) -> Option<String> {
    let is_escape = |(at, _): (usize, &str)| {
        let next = text.as_bytes().get(at + 1);
        next.is_some_and(|byte| b"\"'\\/nrtu".contains(byte))
    };
    let has_entity = ENTITIES.iter().any(|(entity, _)| scan(text).contains(entity));
    if !has_entity && !text.match_indices('\\').any(is_escape) {
        return None;
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['\\', '&']) {
        let (before, after) = rest.split_at_checked(at)?;
        out.push_str(scan(before));
        let (letter, behind) =
            read_escape(after).or_else(|| read_entity(after)).unwrap_or_else(|| {
                let mut letters = after.chars();
                (letters.next().unwrap_or_default(), letters.as_str())
            });
        out.push(letter);
        rest = behind;
    }
    out.push_str(scan(rest));
    (out != text).then_some(out)
}

fn read_escape(text: &str) -> Option<(char, &str)> {
    let rest = text.strip_prefix('\\')?;
    let letter = rest.chars().next()?;
    let behind = rest.get(letter.len_utf8()..)?;
    let plain = match letter {
        'n' | 'r' => '\n',
        't' => ' ',
        '"' | '\'' | '\\' | '/' => letter,
        'u' => {
            let code = u32::from_str_radix(behind.get(..4)?, 16).ok()?;
            return Some((char::from_u32(code)?, behind.get(4..)?));
        }
        _ => return None,
    };
    Some((plain, behind))
}

const ENTITIES: [(&str, char); 8] = [
    ("&quot;", '"'),
    ("&#34;", '"'),
    ("&#39;", '\''),
    ("&#x27;", '\''),
    ("&apos;", '\''),
    ("&lt;", '<'),
    ("&gt;", '>'),
    ("&amp;", '&'),
];

fn read_entity(text: &str) -> Option<(char, &str)> {
    let found =
        ENTITIES.iter().find_map(|(entity, letter)| Some((letter, text.strip_prefix(entity)?)));
    found.map(|(letter, rest)| (*letter, rest))
}

/// Joins lines into one.
struct LineJoiner<'c> {
    catalogue: &'c Catalogue,
    out: String,
    /// The length of the previous line, in bytes.
    line: usize,
}

impl LineJoiner<'_> {
    fn add_line(&mut self, line: &str) {
        let inner = bare_line(line);
        let is_at_margin = inner.len() == line.trim_end().len();
        let ends_with_blank = self.out.ends_with(' ');
        let kept = self.out.trim_end().len();
        self.out.truncate(kept);
        let is_broken = is_at_margin && !ends_with_blank && self.is_within_word(inner)
            || is_open_name(end_of(&self.out), inner);
        if !self.out.is_empty() && !inner.is_empty() && !is_broken {
            self.out.push(' ');
        }
        let letters = inner.chars().filter(|c| !matches!(c, '\u{200b}' | '\u{feff}'));
        self.out.extend(letters.map(|letter| match letter {
            '\u{a0}' | '\t' => ' ',
            '“' | '”' => '"',
            '‘' | '’' => '\'',
            other => other,
        }));
        if line.ends_with(' ') {
            self.out.push(' ');
        }
        self.line = line.len();
    }

    /// Whether a terminal has broken a word here.
    fn is_within_word(&self, next: &str) -> bool {
        if self.line < MIN_BROKEN {
            return false;
        }
        let left = end_of(&self.out).rsplit([' ', '"', '\'', '`']).next().unwrap_or_default();
        let mut words = next.split(' ');
        let right = words.next().unwrap_or_default();
        let follower = words.next();
        if left.is_empty() || right.is_empty() {
            return false;
        }
        self.is_broken_action(left, right)
            || is_broken_word(left, right)
            || is_broken_name(left, right, follower)
            || self.is_broken_blob(right)
    }

    fn is_broken_action(&self, left: &str, right: &str) -> bool {
        let right = right.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        let is_known = |name: &str| self.catalogue.find_spelling(name).is_some();
        if !left.contains(':') {
            return right.contains(':') && !is_known(right) && is_known(&format!("{left}{right}"));
        }
        !is_known(left) && is_known(&format!("{left}{right}"))
    }

    fn is_broken_blob(&self, right: &str) -> bool {
        let near = end_of(&self.out).rsplit_once("failure message: ");
        let Some((_, blob)) = near else { return false };
        let is_blob = |text: &str| {
            text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_=.".contains(&byte))
        };
        is_blob(blob) && is_blob(right) && right.len() >= 8
    }
}

/// The end of the text joined so far.
fn end_of(out: &str) -> &str {
    let from = out.len().saturating_sub(MAX_BACK);
    let from = (from..=out.len()).find(|at| out.is_char_boundary(*at));
    scan(from.and_then(|from| out.get(from..)).unwrap_or_default())
}

/// Whether an ARN is unfinished: it ends with a colon or a slash and more of a name follows.
fn is_open_name(out: &str, next: &str) -> bool {
    let last = out.rsplit(' ').next().unwrap_or_default();
    let right = next.split(' ').next().unwrap_or_default();
    last.starts_with("arn:")
        && last.ends_with([':', '/'])
        && !FOLLOWERS.contains(&right)
        && right.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '*')
}

fn is_broken_word(left: &str, right: &str) -> bool {
    let plain =
        |text: &str| text.trim_matches(|c: char| !c.is_ascii_alphabetic()).to_ascii_lowercase();
    let is_word = |text: &str| WORDS.contains(&text);
    let whole = plain(&format!("{left}{right}"));
    is_word(&whole) && !is_word(&plain(left)) && !is_word(&plain(right))
}

/// Whether this is an ARN whose other part precedes a word that follows names.
fn is_broken_name(left: &str, right: &str, follower: Option<&str>) -> bool {
    let is_name = |c: char| c.is_ascii_alphanumeric() || "-_./:*+=,@\"".contains(c);
    let is_follower = |word: &str| FOLLOWERS.contains(&word);
    left.starts_with("arn:")
        && right.chars().all(is_name)
        && !is_follower(right)
        && follower.is_some_and(is_follower)
}

/// A line without its frame, its quotation marks of mail and code, and its timestamp.
fn bare_line(line: &str) -> &str {
    let frame = |c: char| c.is_whitespace() || "│╷╵┃╭╰─".contains(c);
    let mut line = scan(line).trim_end().trim_start_matches(frame);
    for mark in ["> ", "// ", "# ", "* ", "| "] {
        line = line.strip_prefix(mark).map_or(line, |rest| rest.trim_start_matches(frame));
    }
    without_time(line)
}

/// A line without `2026-11-19T07:12:44.123Z ` at its beginning, which build logs write on every
/// line.
fn without_time(line: &str) -> &str {
    let Some((time, rest)) = line.split_once(' ') else { return line };
    let is_time = time.len() >= 20
        && time.len() <= 35
        && time.as_bytes().get(10) == Some(&b'T')
        && time.bytes().all(|byte| byte.is_ascii_digit() || b"-:.TZ+".contains(&byte));
    if is_time { rest.trim_start() } else { line }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_of_what_was_pasted() {
        let long = "x".repeat(60);
        let cases = [
            ("\u{1b}[31mError:\u{1b}[0m no".to_owned(), "Error: no".to_owned()),
            ("[31mError:[0m [1] no".to_owned(), "Error: [1] no".to_owned()),
            ("│ a\n│   b\n╵".to_owned(), "a b".to_owned()),
            (r#"{"m": "say \"hi\"\n\tthere"}"#.to_owned(), r#"{"m": "say "hi" there"}"#.to_owned()),
            (r#"\\\"a\\\""#.to_owned(), r#""a""#.to_owned()),
            ("&quot;a &amp; b&quot;".to_owned(), "\"a & b\"".to_owned()),
            (
                "2026-11-19T07:12:44.1234567Z a\n2026-11-19T07:12:45.1234567Z b".to_owned(),
                "a b".to_owned(),
            ),
            (format!("{long} iam:PutRolePo\nlicy on"), format!("{long} iam:PutRolePolicy on")),
            (
                format!("{long} perform: clou\ndfront:CreateInvalidation on"),
                format!("{long} perform: cloudfront:CreateInvalidation on"),
            ),
            (format!("{long} is not autho\nrized to"), format!("{long} is not authorized to")),
            (
                format!("{long} arn:aws:s3:::par\ncels because no"),
                format!("{long} arn:aws:s3:::parcels because no"),
            ),
            (
                format!("{long} arn:aws:s3:::parcels\nbecause no policy"),
                format!("{long} arn:aws:s3:::parcels because no policy"),
            ),
            (
                format!("{long} failure message: abcd_efg\nhijk-lmnopqrstuvwxyz"),
                format!("{long} failure message: abcd_efghijk-lmnopqrstuvwxyz"),
            ),
            (
                "User: arn:aws:sts::222233334444:\n  assumed-role/\n  post/s is".to_owned(),
                "User: arn:aws:sts::222233334444:assumed-role/post/s is".to_owned(),
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(in_one_line(Catalogue::built_in(), &text), expected);
        }
    }
}
