//! Finds where JSON values begin and end, without parsing them.
//!
//! Used on bodies that may be cut, wrapped or partly broken: whole values can be recovered even
//! when their neighbours cannot. It does not recurse, so depth is no danger; whether a value is
//! valid is left to its parser.

use std::borrow::Cow;
use std::ops::Range;

use memchr::memchr3;

/// Why a value has no end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpanError {
    /// The bytes end within the value.
    Cut,
    /// A line break within a string, a stray bracket, or a missing value, at this offset.
    Broken(usize),
}

/// One member of an object: its key, the position of its value, and whether the value is whole.
#[derive(Clone, Debug)]
pub struct MemberSpan<'a> {
    /// The key, with escapes resolved.
    pub key: Cow<'a, [u8]>,
    /// The position of the value.
    pub value: Range<usize>,
    /// Why the value has no end; `value` then extends to the end of the bytes.
    pub problem: Option<SpanError>,
}

/// The offset of the first byte from `at` on that is not white space.
pub fn skip_space(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count()
}

/// The offset just after the value that starts at `at` (which is not white space).
///
/// # Errors
/// [`SpanError`] when the value is cut or broken.
pub fn end_of_value(bytes: &[u8], at: usize) -> Result<usize, SpanError> {
    match bytes.get(at) {
        None => Err(SpanError::Cut),
        Some(b'"') => end_of_string(bytes, at),
        Some(b'{' | b'[') => end_of_nested(bytes, at),
        Some(b'}' | b']' | b',' | b':') => Err(SpanError::Broken(at)),
        Some(_) => Ok(end_of_scalar(bytes, at)),
    }
}

fn end_of_scalar(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    let ends = |byte: &u8| byte.is_ascii_whitespace() || b",]}\"{[:".contains(byte);
    at + rest.iter().position(ends).unwrap_or(rest.len())
}

fn end_of_string(bytes: &[u8], quote: usize) -> Result<usize, SpanError> {
    let mut at = quote + 1;
    loop {
        let rest = bytes.get(at..).ok_or(SpanError::Cut)?;
        let found = at + memchr3(b'"', b'\\', b'\n', rest).ok_or(SpanError::Cut)?;
        match bytes.get(found) {
            Some(b'"') => return Ok(found + 1),
            Some(b'\\') => at = found + 2,
            _ => return Err(SpanError::Broken(found)),
        }
    }
}

fn end_of_nested(bytes: &[u8], open: usize) -> Result<usize, SpanError> {
    let mut depth = 0_usize;
    let mut at = open;
    loop {
        match bytes.get(at).ok_or(SpanError::Cut)? {
            b'"' => at = end_of_string(bytes, at)?,
            b'{' | b'[' => (depth, at) = (depth + 1, at + 1),
            b'}' | b']' if depth == 1 => return Ok(at + 1),
            b'}' | b']' => (depth, at) = (depth - 1, at + 1),
            _ => at += 1,
        }
    }
}

/// The members of an object, as far as they can be found, without storing them.
#[derive(Clone, Debug)]
pub struct MemberSpans<'a> {
    bytes: &'a [u8],
    at: Option<usize>,
}

impl<'a> MemberSpans<'a> {
    /// The members of the object that starts at `at`.
    pub fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at: Some(at + 1) }
    }
}

impl<'a> Iterator for MemberSpans<'a> {
    type Item = MemberSpan<'a>;

    fn next(&mut self) -> Option<MemberSpan<'a>> {
        let (member, next) = member_at(self.bytes, self.at?)?;
        self.at = member.problem.is_none().then_some(next);
        Some(member)
    }
}

fn member_at(bytes: &[u8], at: usize) -> Option<(MemberSpan<'_>, usize)> {
    let start = skip_space(bytes, skip_comma(bytes, at));
    let end = (bytes.get(start) == Some(&b'"')).then(|| end_of_string(bytes, start).ok())??;
    let key = unescape_key(bytes.get(start..end)?)?;
    let colon = skip_space(bytes, end);
    (bytes.get(colon) == Some(&b':')).then_some(())?;
    let from = skip_space(bytes, colon + 1);
    let (to, problem) = match end_of_value(bytes, from) {
        Ok(to) => (to, None),
        Err(problem) => (bytes.len().max(from), Some(problem)),
    };
    Some((MemberSpan { key, value: from..to, problem }, to))
}

fn skip_comma(bytes: &[u8], at: usize) -> usize {
    let at = skip_space(bytes, at);
    if bytes.get(at) == Some(&b',') { at + 1 } else { at }
}

/// A name between quotes, with its escapes resolved if there are any.
fn unescape_key(quoted: &[u8]) -> Option<Cow<'_, [u8]>> {
    let name = quoted.get(1..quoted.len().checked_sub(1)?)?;
    if memchr::memchr(b'\\', name).is_none() {
        return Some(Cow::Borrowed(name));
    }
    let text: Option<String> = serde_json::from_slice(quoted).ok();
    Some(text.map_or(Cow::Borrowed(name), |text| Cow::Owned(text.into_bytes())))
}

/// What a list has at one position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ElementSpan {
    /// A value.
    At(Range<usize>),
    /// A comma with nothing before or after it.
    Missing,
    /// A problem that ends the walk before the closing bracket.
    Problem(SpanError),
}

/// The elements of a list, without storing them.
#[derive(Clone, Debug)]
pub struct ElementSpans<'a> {
    bytes: &'a [u8],
    at: Option<usize>,
    /// A value must follow: the list has just begun, or a comma was read.
    wants: bool,
    is_first: bool,
}

impl<'a> ElementSpans<'a> {
    /// The elements of the list that starts at `at`.
    pub fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at: Some(at + 1), wants: true, is_first: true }
    }
}

impl Iterator for ElementSpans<'_> {
    type Item = ElementSpan;

    fn next(&mut self) -> Option<ElementSpan> {
        loop {
            let at = skip_space(self.bytes, self.at?);
            match self.bytes.get(at) {
                Some(b']') => {
                    self.at = None;
                    return (self.wants && !self.is_first).then_some(ElementSpan::Missing);
                }
                Some(b',') => {
                    self.at = Some(at + 1);
                    self.is_first = false;
                    if std::mem::replace(&mut self.wants, true) {
                        return Some(ElementSpan::Missing);
                    }
                }
                _ => {
                    (self.wants, self.is_first) = (false, false);
                    return Some(self.take_value(at));
                }
            }
        }
    }
}

impl ElementSpans<'_> {
    fn take_value(&mut self, at: usize) -> ElementSpan {
        let end = end_of_value(self.bytes, at);
        self.at = end.ok();
        end.map_or_else(ElementSpan::Problem, |end| ElementSpan::At(at..end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_end_where_they_end() {
        let cases: [(&str, Result<usize, SpanError>); 9] = [
            ("{}", Ok(2)),
            (r#"{"a":"}\"","b":[1,{"c":2}]} tail"#, Ok(27)),
            ("\"x\\\\\" ", Ok(5)),
            ("12,", Ok(2)),
            ("true]", Ok(4)),
            ("{\"a\":", Err(SpanError::Cut)),
            ("\"a", Err(SpanError::Cut)),
            ("\"a\nb\"", Err(SpanError::Broken(2))),
            ("}", Err(SpanError::Broken(0))),
        ];
        for (text, expected) in cases {
            assert_eq!(end_of_value(text.as_bytes(), 0), expected, "{text}");
        }
    }

    #[test]
    fn a_cut_list_gives_its_whole_elements() {
        let elements = |text: &'static str| -> Vec<String> {
            let shown = |element| match element {
                ElementSpan::At(range) => text[range].to_owned(),
                other => format!("{other:?}"),
            };
            ElementSpans::new(text.as_bytes(), 0).map(shown).collect()
        };
        let cut = [r#"{"a":1}"#, "2", r#""x""#, "Problem(Cut)"];
        assert_eq!(elements(r#"[ {"a":1}, 2 ,"x",{"b":"#), cut);
        assert_eq!(elements("[1 2]"), ["1", "2"]);
        assert_eq!(elements("[]"), [""; 0]);
        assert_eq!(elements("[1,]"), ["1", "Missing"]);
        assert_eq!(elements("[,1,,2"), ["Missing", "1", "Missing", "2", "Problem(Cut)"]);
    }

    #[test]
    fn members_of_an_object() {
        let text = br#"{ "a" : 1, "\u0062":[2], "c":{"d":"#;
        let keys: Vec<_> =
            MemberSpans::new(text, 0).map(|m| (m.key.into_owned(), m.problem)).collect();
        assert_eq!(
            keys,
            [(b"a".to_vec(), None), (b"b".to_vec(), None), (b"c".to_vec(), Some(SpanError::Cut))]
        );
        assert_eq!(MemberSpans::new(b"{}", 0).count(), 0);
        assert_eq!(MemberSpans::new(b"{", 0).count(), 0);
    }
}
