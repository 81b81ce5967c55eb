//! Finds where JSON values begin and end, without parsing them.
//!
//! Used on bodies that may be cut, wrapped or partly broken: what is whole can be had even when
//! its neighbours cannot. It does not recurse, so depth is no danger; whether a value is valid is
//! for its parser to say.

use std::ops::Range;

use memchr::memchr3;

/// Why a value has no end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpanError {
    /// The bytes end within the value.
    Cut,
    /// A line break within a string, a stray bracket, or no value at all; at this offset.
    Broken(usize),
}

/// One member of an object: its key's bytes (between the quotes), its value's place, and whether
/// the value is whole.
#[derive(Clone, Debug)]
pub struct Member<'a> {
    /// The key, as written.
    pub key: &'a [u8],
    /// Where the value is.
    pub value: Range<usize>,
    /// Why the value has no end; then `value` goes to the end of the bytes.
    pub problem: Option<SpanError>,
}

/// The offset of the first byte from `at` on that is no white space.
pub fn skip_space(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count()
}

/// The offset just after the value that starts at `at` (which is no white space).
///
/// # Errors
/// [`SpanError`] when the value is cut or broken.
pub fn end_of_value(bytes: &[u8], at: usize) -> Result<usize, SpanError> {
    match bytes.get(at) {
        None => Err(SpanError::Cut),
        Some(b'"') => end_of_string(bytes, at),
        Some(b'{' | b'[') => end_of_nest(bytes, at),
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

fn end_of_nest(bytes: &[u8], open: usize) -> Result<usize, SpanError> {
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

/// The members of the object that starts at `at`, as far as they can be told.
pub fn members(bytes: &[u8], at: usize) -> Vec<Member<'_>> {
    let mut members = Vec::new();
    let mut at = at + 1;
    while let Some((member, next)) = member(bytes, at) {
        let cut = member.problem.is_some();
        members.push(member);
        if cut {
            break;
        }
        at = next;
    }
    members
}

fn member(bytes: &[u8], at: usize) -> Option<(Member<'_>, usize)> {
    let start = skip_space(bytes, skip_comma(bytes, at));
    let end = (bytes.get(start) == Some(&b'"')).then(|| end_of_string(bytes, start).ok())??;
    let key = bytes.get(start + 1..end - 1)?;
    let colon = skip_space(bytes, end);
    (bytes.get(colon) == Some(&b':')).then_some(())?;
    let from = skip_space(bytes, colon + 1);
    let (to, problem) = match end_of_value(bytes, from) {
        Ok(to) => (to, None),
        Err(problem) => (bytes.len().max(from), Some(problem)),
    };
    Some((Member { key, value: from..to, problem }, to))
}

fn skip_comma(bytes: &[u8], at: usize) -> usize {
    let at = skip_space(bytes, at);
    if bytes.get(at) == Some(&b',') { at + 1 } else { at }
}

/// The elements of the array that starts at `at`: the places of the whole ones, and the problem
/// that ended the walk before the closing bracket.
pub fn elements(bytes: &[u8], at: usize) -> (Vec<Range<usize>>, Option<SpanError>) {
    let mut whole = Vec::new();
    let mut at = at + 1;
    loop {
        let from = skip_space(bytes, skip_comma(bytes, at));
        if bytes.get(from) == Some(&b']') {
            return (whole, None);
        }
        match end_of_value(bytes, from) {
            Ok(to) => {
                whole.push(from..to);
                at = to;
            }
            Err(problem) => return (whole, Some(problem)),
        }
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
        let text = br#"[ {"a":1}, 2 ,"x",{"b":"#;
        let (whole, problem) = elements(text, 0);
        let texts: Vec<_> = whole.into_iter().map(|range| &text[range]).collect();
        assert_eq!(texts, [&br#"{"a":1}"#[..], b"2", b"\"x\""]);
        assert_eq!(problem.unwrap(), SpanError::Cut);
    }

    #[test]
    fn members_of_an_object() {
        let text = br#"{ "a" : 1, "b":[2], "c":{"d":"#;
        let keys: Vec<_> = members(text, 0).iter().map(|m| (m.key.to_vec(), m.problem)).collect();
        assert_eq!(
            keys,
            [(b"a".to_vec(), None), (b"b".to_vec(), None), (b"c".to_vec(), Some(SpanError::Cut))]
        );
        assert!(members(b"{}", 0).is_empty());
        assert!(members(b"{", 0).is_empty());
    }
}
