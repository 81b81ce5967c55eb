//! JSON, read as a [`crate::tree`]: with the place of every value, and with every member of an
//! object, repeated or not.
//!
//! Patterns need both: a mistake is reported with its line and column, and of two equal names the
//! later one counts. Numbers are all of one kind, [`YamlValue::Float`].

use std::str::Chars;

use crate::problem::RuleMistake;
use crate::tree::{PatternPlace, YamlKey, YamlNode, YamlValue};

/// The longest pattern, in bytes. EventBridge accepts 4,096 characters; this leaves room for
/// patterns laid out over many lines.
pub(super) const MAX_LENGTH: usize = 64 * 1024;

/// Maximum nesting of lists and objects.
const MAX_DEPTH: usize = 64;

/// What a value is called in messages about JSON.
pub(super) fn kind(value: &YamlValue) -> &'static str {
    match value {
        YamlValue::Null => "null",
        YamlValue::Bool(_) => "a boolean",
        YamlValue::Whole(_) | YamlValue::Float(_) => "a number",
        YamlValue::Text(_) => "a string",
        YamlValue::List(_) => "a list",
        YamlValue::Map(_) => "an object",
    }
}

/// Reads a single value and nothing after it.
pub(super) fn parse_json(text: &str) -> Result<YamlNode, RuleMistake> {
    if text.len() > MAX_LENGTH {
        return Err(problem_at((0, 0), format!("pattern of over {MAX_LENGTH} bytes")));
    }
    let mut reader = PatternReader { chars: text.chars(), at: (1, 1) };
    let node = reader.read_value(0)?;
    reader.skip_blanks();
    match reader.peek_char() {
        None => Ok(node),
        Some(other) => {
            Err(problem_at(reader.at, format!("{} after the pattern's end", quote_char(other))))
        }
    }
}

/// A problem in a text whose file only the caller knows.
pub(super) fn problem_at(at: PatternPlace, what: impl std::fmt::Display) -> RuleMistake {
    RuleMistake::new("", at, what)
}

struct PatternReader<'t> {
    chars: Chars<'t>,
    at: PatternPlace,
}

impl PatternReader<'_> {
    fn peek_char(&self) -> Option<char> {
        self.chars.clone().next()
    }

    fn next_char(&mut self) -> Option<char> {
        let next = self.chars.next()?;
        self.at = if next == '\n' {
            (self.at.0.saturating_add(1), 1)
        } else {
            (self.at.0, self.at.1.saturating_add(1))
        };
        Some(next)
    }

    fn take_char(&mut self, wanted: char) -> bool {
        let found = self.peek_char() == Some(wanted);
        if found {
            self.next_char();
        }
        found
    }

    fn skip_blanks(&mut self) {
        while matches!(self.peek_char(), Some(' ' | '\t' | '\r' | '\n')) {
            self.next_char();
        }
    }

    fn unexpected_here(&self, wanted: &str) -> RuleMistake {
        match self.peek_char() {
            None => problem_at(self.at, format!("pattern ends where {wanted} is expected")),
            Some(found) => {
                problem_at(self.at, format!("{} where {wanted} is expected", quote_char(found)))
            }
        }
    }

    fn read_value(&mut self, depth: usize) -> Result<YamlNode, RuleMistake> {
        self.skip_blanks();
        let at = self.at;
        if depth > MAX_DEPTH {
            return Err(problem_at(at, format!("pattern nested over {MAX_DEPTH} deep")));
        }
        let value = match self.peek_char() {
            Some('{') => self.read_object(depth)?,
            Some('[') => self.read_list(depth)?,
            Some('"') => YamlValue::Text(self.read_string()?),
            Some('-' | '0'..='9') => self.read_number()?,
            Some('a'..='z' | 'A'..='Z') => self.read_word()?,
            _ => return Err(self.unexpected_here("a value")),
        };
        Ok(YamlNode::new(value, at))
    }

    fn read_object(&mut self, depth: usize) -> Result<YamlValue, RuleMistake> {
        self.next_char();
        let mut members = Vec::new();
        self.skip_blanks();
        if self.take_char('}') {
            return Ok(YamlValue::Map(members));
        }
        loop {
            self.skip_blanks();
            let at = self.at;
            if self.peek_char() != Some('"') {
                return Err(self.unexpected_here("a name in quotes"));
            }
            let name = self.read_string()?;
            self.skip_blanks();
            if !self.take_char(':') {
                return Err(self.unexpected_here("`:`"));
            }
            let value = self.read_value(depth + 1)?;
            members.push((YamlKey { text: name, place: at }, value));
            self.skip_blanks();
            if self.take_char('}') {
                return Ok(YamlValue::Map(members));
            }
            if !self.take_char(',') {
                return Err(self.unexpected_here("`,` or `}`"));
            }
        }
    }

    fn read_list(&mut self, depth: usize) -> Result<YamlValue, RuleMistake> {
        self.next_char();
        let mut nodes = Vec::new();
        self.skip_blanks();
        if self.take_char(']') {
            return Ok(YamlValue::List(nodes));
        }
        loop {
            nodes.push(self.read_value(depth + 1)?);
            self.skip_blanks();
            if self.take_char(']') {
                return Ok(YamlValue::List(nodes));
            }
            if !self.take_char(',') {
                return Err(self.unexpected_here("`,` or `]`"));
            }
        }
    }

    fn read_string(&mut self) -> Result<String, RuleMistake> {
        self.next_char();
        let mut text = String::new();
        loop {
            let at = self.at;
            match self.next_char() {
                Some('"') => return Ok(text),
                Some('\\') => text.push(self.read_escape(at)?),
                Some(c) if c >= ' ' => text.push(c),
                Some(_) => return Err(problem_at(at, "control character in a string")),
                None => return Err(problem_at(at, "string without an end")),
            }
        }
    }

    fn read_escape(&mut self, at: PatternPlace) -> Result<char, RuleMistake> {
        Ok(match self.next_char() {
            Some(c @ ('"' | '\\' | '/')) => c,
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('u') => return self.read_unicode_escape(at),
            _ => {
                return Err(problem_at(at, "unknown escape in a string")
                    .with_hint("JSON writes a backslash as `\\\\`"));
            }
        })
    }

    /// `\u` and four digits; two of them form one character beyond the first plane.
    fn read_unicode_escape(&mut self, at: PatternPlace) -> Result<char, RuleMistake> {
        let first = self.read_hex_digits(at)?;
        let code = if (0xD800..0xDC00).contains(&first) && self.take_char('\\') {
            let second = if self.take_char('u') { self.read_hex_digits(at)? } else { 0 };
            if (0xDC00..0xE000).contains(&second) {
                0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00)
            } else {
                first
            }
        } else {
            first
        };
        char::from_u32(code).ok_or_else(|| problem_at(at, "half of a surrogate pair in a string"))
    }

    fn read_hex_digits(&mut self, at: PatternPlace) -> Result<u32, RuleMistake> {
        let mut code = 0;
        for _ in 0..4 {
            let digit = self.next_char().and_then(|c| c.to_digit(16));
            code = code * 16 + digit.ok_or_else(|| problem_at(at, "`\\u` without four digits"))?;
        }
        Ok(code)
    }

    fn read_number(&mut self) -> Result<YamlValue, RuleMistake> {
        let at = self.at;
        let mut text = String::new();
        while let Some(c @ ('0'..='9' | '+' | '-' | '.' | 'e' | 'E')) = self.peek_char() {
            text.push(c);
            self.next_char();
        }
        match text.parse::<f64>() {
            Ok(number) if is_number(&text) && number.is_finite() => Ok(YamlValue::Float(number)),
            _ => Err(problem_at(at, format!("`{text}` is not a JSON number"))),
        }
    }

    fn read_word(&mut self) -> Result<YamlValue, RuleMistake> {
        let at = self.at;
        let mut text = String::new();
        while let Some(c @ ('a'..='z' | 'A'..='Z' | '0'..='9' | '_')) = self.peek_char() {
            text.push(c);
            self.next_char();
        }
        match text.as_str() {
            "null" => Ok(YamlValue::Null),
            "true" => Ok(YamlValue::Bool(true)),
            "false" => Ok(YamlValue::Bool(false)),
            other => Err(problem_at(at, format!("`{other}` where a value is expected"))
                .with_hint("write text in double quotes")),
        }
    }
}

/// JSON's grammar of numbers is narrower than Rust's: no `+1`, `1.`, `.5` or `01`.
fn is_number(text: &str) -> bool {
    let text = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let exponent = exponent.map(|text| text.strip_prefix(['+', '-']).unwrap_or(text));
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(digits)
}

fn quote_char(c: char) -> String {
    format!("`{}`", c.escape_debug())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_characters() {
        let node = parse_json("{\n  \"é\": [1, \"x\"]\n}").unwrap();
        let members = node.map_entries().unwrap();
        let YamlValue::List(values) = &members[0].1.value else { panic!() };
        assert_eq!(members[0].0.place, (2, 3));
        assert_eq!(values[1].place, (2, 12));
    }

    #[test]
    fn numbers_are_json() {
        for good in ["0", "-1", "1.5", "3.018e2", "1E-7", "-0.0"] {
            assert!(parse_json(good).is_ok(), "{good}");
        }
        for wrong in ["+1", "01", "1.", ".5", "1e", "--1", "1e999", "-", "NaN"] {
            assert!(parse_json(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn strings_are_json() {
        let node = parse_json(r#""a\u00e9\n\ud83d\ude00\/""#).unwrap();
        assert!(matches!(node.value, YamlValue::Text(text) if text == "aé\n😀/"));
        for wrong in [r#""\x""#, r#""\ud83d""#, r#""\u12""#, "\"a", "\"\n\"", r#""\ud83d\n""#] {
            assert!(parse_json(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn nesting_has_a_limit() {
        assert!(parse_json(&"[".repeat(100_000)).is_err());
        assert!(parse_json(&"{\"a\":".repeat(60)).unwrap_err().what.contains("ends"));
    }
}
