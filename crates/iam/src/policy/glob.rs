//! Patterns with `*` and `?`: whether one matches a text, lies within another, or overlaps another.

use super::truth::Truth;

/// One piece of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum GlobPiece {
    /// Exactly this character.
    Char(char),
    /// `?`: any one character.
    One,
    /// `*`: any characters, or none.
    Many,
    /// A policy variable whose value is unknown: any characters, but it is not known which.
    Hole,
}

/// A compiled pattern.
///
/// ```
/// use aware_iam::policy::{Glob, Truth};
///
/// let glob = Glob::new("table/orders-*");
/// assert_eq!(glob.matches_text("table/orders-eu"), Truth::True);
/// assert_eq!(glob.matches_text("table/users"), Truth::False);
/// assert!(Glob::new("table/*").contains_glob(&glob));
/// assert!(!glob.contains_glob(&Glob::new("table/*")));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glob {
    pieces: Vec<GlobPiece>,
}

/// What replaces a policy variable.
pub enum VariableValue {
    /// This text, literally.
    Text(String),
    /// The request is known not to have it: the pattern matches nothing.
    Absent,
    /// Unknown.
    Unknown,
}

impl Glob {
    /// A pattern whose only special characters are `*` and `?`.
    pub fn new(pattern: &str) -> Self {
        Self { pieces: normalize_wildcards(pattern.chars().map(piece).collect()) }
    }

    /// The same in lower case: actions and service names ignore case.
    pub fn new_folded(pattern: &str) -> Self {
        Self::new(&pattern.to_ascii_lowercase())
    }

    /// A pattern in which `${name}` is replaced, as policies of version 2012-10-17 define it:
    /// `${*}`, `${?}` and `${$}` are those characters themselves, `${name, 'text'}` has a default.
    /// `None` if a variable is known to be absent and has no default.
    ///
    /// Source: IAM user guide, "IAM policy elements: Variables and tags".
    pub fn with_variables(pattern: &str, fill: &dyn Fn(&str) -> VariableValue) -> Option<Self> {
        Self::fill_pieces(pattern, piece, fill)
    }

    /// The same for a text in which `*` and `?` are literal, as in `StringEquals`.
    pub fn literal_with_variables(
        text: &str,
        fill: &dyn Fn(&str) -> VariableValue,
    ) -> Option<Self> {
        Self::fill_pieces(text, GlobPiece::Char, fill)
    }

    fn fill_pieces(
        pattern: &str,
        piece: fn(char) -> GlobPiece,
        fill: &dyn Fn(&str) -> VariableValue,
    ) -> Option<Self> {
        let mut pieces = Vec::with_capacity(pattern.len());
        let mut rest = pattern;
        while let Some((before, inside, after)) = next_variable(rest) {
            pieces.extend(before.chars().map(piece));
            match read_variable(inside, fill) {
                VariableValue::Text(text) => pieces.extend(text.chars().map(GlobPiece::Char)),
                VariableValue::Absent => return None,
                VariableValue::Unknown => pieces.push(GlobPiece::Hole),
            }
            rest = after;
        }
        pieces.extend(rest.chars().map(piece));
        Some(Self { pieces: normalize_wildcards(pieces) })
    }

    /// Whether the text matches; unknown if that depends on an unknown variable.
    pub fn matches_text(&self, text: &str) -> Truth {
        let text: Vec<GlobPiece> = text.chars().map(GlobPiece::Char).collect();
        match (covers_pieces(&self.pieces, &text), self.pieces.contains(&GlobPiece::Hole)) {
            (false, _) => Truth::False,
            (true, true) => Truth::Unknown,
            (true, false) => Truth::True,
        }
    }

    /// Whether this pattern also matches everything that `inner` matches. Holes on either side are
    /// never covered: a yes is certain, a no may be a "perhaps".
    pub fn contains_glob(&self, inner: &Self) -> bool {
        let holes = [self, inner].iter().any(|glob| glob.pieces.contains(&GlobPiece::Hole));
        !holes && covers_pieces(&self.pieces, &inner.pieces)
    }

    /// Whether both match some common text; a hole may be anything.
    pub fn meets_glob(&self, other: &Self) -> bool {
        have_common_text(&self.pieces, &other.pieces)
    }

    /// Whether the pattern is only `*`.
    pub fn is_everything(&self) -> bool {
        self.pieces == [GlobPiece::Many]
    }

    /// Splits the pattern at its first `count` colons; the last part keeps the others.
    pub fn split_segments(&self, count: usize) -> Vec<Self> {
        let parts = self.pieces.splitn(count + 1, |piece| *piece == GlobPiece::Char(':'));
        parts.map(|part| Self { pieces: part.to_vec() }).collect()
    }
}

fn piece(c: char) -> GlobPiece {
    match c {
        '*' => GlobPiece::Many,
        '?' => GlobPiece::One,
        other => GlobPiece::Char(other),
    }
}

/// Orders each run of wildcards: the `?` first and a single `*` last, so that equal patterns look
/// equal.
fn normalize_wildcards(mut pieces: Vec<GlobPiece>) -> Vec<GlobPiece> {
    let is_wild = |piece: &GlobPiece| matches!(piece, GlobPiece::One | GlobPiece::Many);
    for run in pieces.chunk_by_mut(|a, b| is_wild(a) && is_wild(b)) {
        run.sort_by_key(|piece| *piece == GlobPiece::Many);
    }
    pieces.dedup_by(|a, b| *a == GlobPiece::Many && *b == GlobPiece::Many);
    pieces
}

/// The text before the next `${…}`, the text inside, and the text after it.
fn next_variable(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once("${")?;
    let (inside, after) = rest.split_once('}')?;
    Some((before, inside, after))
}

fn read_variable(inside: &str, fill: &dyn Fn(&str) -> VariableValue) -> VariableValue {
    if matches!(inside, "*" | "?" | "$") {
        return VariableValue::Text(inside.to_owned());
    }
    let (name, default) = match inside.split_once(',') {
        Some((name, default)) => (name.trim(), default.trim().strip_prefix('\'')),
        None => (inside.trim(), None),
    };
    let default = default.and_then(|text| text.strip_suffix('\''));
    match (fill(name), default) {
        (VariableValue::Absent, Some(default)) => VariableValue::Text(default.to_owned()),
        (filling, _) => filling,
    }
}

/// Whether `outer` absorbs every piece of `inner`: `*` absorbs anything, `?` one character or `?`,
/// and a `*` of `inner` only `*`. Greedy, with one position to backtrack to, so that a hostile
/// pattern costs at most the product of the lengths.
fn covers_pieces(outer: &[GlobPiece], inner: &[GlobPiece]) -> bool {
    let (mut o, mut i) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    while let Some(&want) = inner.get(i) {
        match outer.get(o) {
            Some(GlobPiece::Many | GlobPiece::Hole) => {
                back = Some((o, i));
                o += 1;
            }
            Some(&have) if absorbs_piece(have, want) => (o, i) = (o + 1, i + 1),
            _ => match back {
                Some((star, at)) => {
                    back = Some((star, at + 1));
                    (o, i) = (star + 1, at + 1);
                }
                None => return false,
            },
        }
    }
    outer.iter().skip(o).all(|piece| matches!(piece, GlobPiece::Many | GlobPiece::Hole))
}

fn absorbs_piece(have: GlobPiece, want: GlobPiece) -> bool {
    match (have, want) {
        (GlobPiece::One, GlobPiece::Char(_) | GlobPiece::One) => true,
        (GlobPiece::Char(a), GlobPiece::Char(b)) => a == b,
        _ => false,
    }
}

/// Whether two patterns have a text in common: the standard table, one row at a time.
fn have_common_text(a: &[GlobPiece], b: &[GlobPiece]) -> bool {
    let endless = |piece: &GlobPiece| matches!(piece, GlobPiece::Many | GlobPiece::Hole);
    let mut row: Vec<bool> = Vec::with_capacity(b.len() + 1);
    row.push(true);
    for piece in b {
        row.push(row.last() == Some(&true) && endless(piece));
    }
    for x in a {
        let mut next = Vec::with_capacity(row.len());
        next.push(row.first() == Some(&true) && endless(x));
        for ((y, above), diagonal) in b.iter().zip(row.iter().skip(1)).zip(&row) {
            let left = next.last() == Some(&true);
            let cell = match (endless(x), endless(y)) {
                (false, false) => *diagonal && (absorbs_piece(*x, *y) || absorbs_piece(*y, *x)),
                _ => left && (endless(y) || endless(x)) || *above && (endless(x) || endless(y)),
            };
            next.push(cell);
        }
        row = next;
    }
    row.last() == Some(&true)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn matches(pattern: &str, text: &str) -> bool {
        Glob::new(pattern).matches_text(text) == Truth::True
    }

    #[test]
    fn wildcards() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("s3:Get*", "s3:GetObject", true),
            ("s3:Get?bject", "s3:GetObject", true),
            ("a*b*c", "a__b__b_c", true),
            ("a*b*c", "a__c__b", false),
            ("?", "", false),
            ("**?", "é", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn within_and_meeting() {
        for (outer, inner, within, meet) in [
            ("*", "a*", true, true),
            ("a*", "*", false, true),
            ("a*", "ab*c", true, true),
            ("a?c", "abc", true, true),
            ("?*", "*?", true, true),
            ("a*b", "*ab", false, true),
            ("a*b", "c*", false, false),
            ("x?", "x", false, false),
        ] {
            let (outer_glob, inner_glob) = (Glob::new(outer), Glob::new(inner));
            assert_eq!(outer_glob.contains_glob(&inner_glob), within, "{inner} within {outer}");
            assert_eq!(outer_glob.meets_glob(&inner_glob), meet, "{inner} meets {outer}");
            assert_eq!(inner_glob.meets_glob(&outer_glob), meet, "{outer} meets {inner}");
        }
    }

    #[test]
    fn variables() {
        let fill = |name: &str| match name {
            "aws:username" => VariableValue::Text("a*".to_owned()),
            "aws:absent" => VariableValue::Absent,
            _ => VariableValue::Unknown,
        };
        let glob = |pattern: &str| Glob::with_variables(pattern, &fill);
        assert_eq!(glob("home/${aws:username}/*").unwrap().matches_text("home/a*/x"), Truth::True);
        assert_eq!(glob("home/${aws:username}/*").unwrap().matches_text("home/ab/x"), Truth::False);
        assert_eq!(glob("home/${other}/*").unwrap().matches_text("home/ab/x"), Truth::Unknown);
        assert_eq!(glob("home/${other}/*").unwrap().matches_text("away/ab/x"), Truth::False);
        assert_eq!(glob("${aws:absent}"), None);
        assert_eq!(glob("${aws:absent, 'z'}").unwrap().matches_text("z"), Truth::True);
        assert_eq!(glob("${*}${$}${?}").unwrap().matches_text("*$?"), Truth::True);
        assert_eq!(glob("open ${").unwrap().matches_text("open ${"), Truth::True);
    }

    proptest! {
        #[test]
        fn what_lies_within_matches_no_more(
            outer in "[ab?*]{0,6}", inner in "[ab?*]{0,6}", text in "[abc]{0,6}",
        ) {
            let (outer_glob, inner_glob) = (Glob::new(&outer), Glob::new(&inner));
            let both = [&outer_glob, &inner_glob].map(|g| g.matches_text(&text) == Truth::True);
            if outer_glob.contains_glob(&inner_glob) {
                prop_assert!(!both[1] || both[0]);
            }
            if both[0] && both[1] {
                prop_assert!(outer_glob.meets_glob(&inner_glob));
            }
        }
    }
}
