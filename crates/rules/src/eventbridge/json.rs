//! JSON, read as a [`crate::tree`]: with the place of every value, and with every member of an
//! object, repeated or not.
//!
//! Patterns need both: a mistake is told with its line and column, and of two equal names the
//! later one counts. Numbers are all of one kind, [`Value::Float`].

use std::str::Chars;

use crate::problem::Problem;
use crate::tree::{Key, Node, Place, Value};

/// The longest pattern, in bytes. EventBridge accepts 4,096 characters; this leaves room for
/// patterns laid out over many lines.
pub(super) const MAX_LENGTH: usize = 64 * 1024;

/// Maximum nesting of lists and objects.
const MAX_DEPTH: usize = 64;

/// What a value is called in messages about JSON.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Whole(_) | Value::Float(_) => "a number",
        Value::Text(_) => "a string",
        Value::List(_) => "a list",
        Value::Map(_) => "an object",
    }
}

/// Reads a single value and nothing after it.
pub(super) fn parse(text: &str) -> Result<Node, Problem> {
    if text.len() > MAX_LENGTH {
        return Err(problem((0, 0), format!("pattern of over {MAX_LENGTH} bytes")));
    }
    let mut reader = Reader { chars: text.chars(), at: (1, 1) };
    let node = reader.value(0)?;
    reader.blanks();
    match reader.peek() {
        None => Ok(node),
        Some(other) => Err(problem(reader.at, format!("{} after the pattern's end", show(other)))),
    }
}

/// A problem in a text whose file only the caller knows.
pub(super) fn problem(at: Place, what: impl std::fmt::Display) -> Problem {
    Problem::new("", at, what)
}

struct Reader<'t> {
    chars: Chars<'t>,
    at: Place,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.chars.clone().next()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.chars.next()?;
        self.at = if next == '\n' {
            (self.at.0.saturating_add(1), 1)
        } else {
            (self.at.0, self.at.1.saturating_add(1))
        };
        Some(next)
    }

    fn take(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.next();
        }
        found
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(' ' | '\t' | '\r' | '\n')) {
            self.next();
        }
    }

    fn unexpected(&self, wanted: &str) -> Problem {
        match self.peek() {
            None => problem(self.at, format!("pattern ends where {wanted} is expected")),
            Some(found) => problem(self.at, format!("{} where {wanted} is expected", show(found))),
        }
    }

    fn value(&mut self, depth: usize) -> Result<Node, Problem> {
        self.blanks();
        let at = self.at;
        if depth > MAX_DEPTH {
            return Err(problem(at, format!("pattern nested over {MAX_DEPTH} deep")));
        }
        let value = match self.peek() {
            Some('{') => self.object(depth)?,
            Some('[') => self.list(depth)?,
            Some('"') => Value::Text(self.string()?),
            Some('-' | '0'..='9') => self.number()?,
            Some('a'..='z' | 'A'..='Z') => self.word()?,
            _ => return Err(self.unexpected("a value")),
        };
        Ok(Node::new(value, at))
    }

    fn object(&mut self, depth: usize) -> Result<Value, Problem> {
        self.next();
        let mut members = Vec::new();
        self.blanks();
        if self.take('}') {
            return Ok(Value::Map(members));
        }
        loop {
            self.blanks();
            let at = self.at;
            if self.peek() != Some('"') {
                return Err(self.unexpected("a name in quotes"));
            }
            let name = self.string()?;
            self.blanks();
            if !self.take(':') {
                return Err(self.unexpected("`:`"));
            }
            let value = self.value(depth + 1)?;
            members.push((Key { text: name, place: at }, value));
            self.blanks();
            if self.take('}') {
                return Ok(Value::Map(members));
            }
            if !self.take(',') {
                return Err(self.unexpected("`,` or `}`"));
            }
        }
    }

    fn list(&mut self, depth: usize) -> Result<Value, Problem> {
        self.next();
        let mut nodes = Vec::new();
        self.blanks();
        if self.take(']') {
            return Ok(Value::List(nodes));
        }
        loop {
            nodes.push(self.value(depth + 1)?);
            self.blanks();
            if self.take(']') {
                return Ok(Value::List(nodes));
            }
            if !self.take(',') {
                return Err(self.unexpected("`,` or `]`"));
            }
        }
    }

    fn string(&mut self) -> Result<String, Problem> {
        self.next();
        let mut text = String::new();
        loop {
            let at = self.at;
            match self.next() {
                Some('"') => return Ok(text),
                Some('\\') => text.push(self.escape(at)?),
                Some(c) if c >= ' ' => text.push(c),
                Some(_) => return Err(problem(at, "control character in a string")),
                None => return Err(problem(at, "string without an end")),
            }
        }
    }

    fn escape(&mut self, at: Place) -> Result<char, Problem> {
        Ok(match self.next() {
            Some(c @ ('"' | '\\' | '/')) => c,
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('u') => return self.unicode(at),
            _ => {
                return Err(problem(at, "unknown escape in a string")
                    .hint("JSON writes a backslash as `\\\\`"));
            }
        })
    }

    /// `\u` and four digits; two of them form one character beyond the first plane.
    fn unicode(&mut self, at: Place) -> Result<char, Problem> {
        let first = self.hex(at)?;
        let code = if (0xD800..0xDC00).contains(&first) && self.take('\\') {
            let second = if self.take('u') { self.hex(at)? } else { 0 };
            if (0xDC00..0xE000).contains(&second) {
                0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00)
            } else {
                first
            }
        } else {
            first
        };
        char::from_u32(code).ok_or_else(|| problem(at, "half of a surrogate pair in a string"))
    }

    fn hex(&mut self, at: Place) -> Result<u32, Problem> {
        let mut code = 0;
        for _ in 0..4 {
            let digit = self.next().and_then(|c| c.to_digit(16));
            code = code * 16 + digit.ok_or_else(|| problem(at, "`\\u` without four digits"))?;
        }
        Ok(code)
    }

    fn number(&mut self) -> Result<Value, Problem> {
        let at = self.at;
        let mut text = String::new();
        while let Some(c @ ('0'..='9' | '+' | '-' | '.' | 'e' | 'E')) = self.peek() {
            text.push(c);
            self.next();
        }
        match text.parse::<f64>() {
            Ok(number) if is_number(&text) && number.is_finite() => Ok(Value::Float(number)),
            _ => Err(problem(at, format!("`{text}` is not a JSON number"))),
        }
    }

    fn word(&mut self) -> Result<Value, Problem> {
        let at = self.at;
        let mut text = String::new();
        while let Some(c @ ('a'..='z' | 'A'..='Z' | '0'..='9' | '_')) = self.peek() {
            text.push(c);
            self.next();
        }
        match text.as_str() {
            "null" => Ok(Value::Null),
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            other => Err(problem(at, format!("`{other}` where a value is expected"))
                .hint("write text in double quotes")),
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

fn show(c: char) -> String {
    format!("`{}`", c.escape_debug())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_characters() {
        let node = parse("{\n  \"é\": [1, \"x\"]\n}").unwrap();
        let members = node.map().unwrap();
        let Value::List(values) = &members[0].1.value else { panic!() };
        assert_eq!(members[0].0.place, (2, 3));
        assert_eq!(values[1].place, (2, 12));
    }

    #[test]
    fn numbers_are_json() {
        for good in ["0", "-1", "1.5", "3.018e2", "1E-7", "-0.0"] {
            assert!(parse(good).is_ok(), "{good}");
        }
        for wrong in ["+1", "01", "1.", ".5", "1e", "--1", "1e999", "-", "NaN"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn strings_are_json() {
        let node = parse(r#""a\u00e9\n\ud83d\ude00\/""#).unwrap();
        assert!(matches!(node.value, Value::Text(text) if text == "aé\n😀/"));
        for wrong in [r#""\x""#, r#""\ud83d""#, r#""\u12""#, "\"a", "\"\n\"", r#""\ud83d\n""#] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn nesting_has_a_limit() {
        assert!(parse(&"[".repeat(100_000)).is_err());
        assert!(parse(&"{\"a\":".repeat(60)).unwrap_err().what.contains("ends"));
    }
}
