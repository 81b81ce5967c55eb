//! A leaf of an event, and whether it matches: the single definition of comparison, shared by the
//! engine and the oracle.

use jiff::Timestamp;
use jiff::tz::Offset;

use super::{Case, Match, Relation, TimePart, Types, text};

/// A value of an event that is neither an object nor a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaf<'a> {
    /// Null.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number, as [`serde_json::Number`] writes it.
    Number(&'a str),
    /// A string, with its escapes resolved.
    Text(&'a str),
}

impl<'a> Leaf<'a> {
    /// The leaf as text, if it counts as text.
    pub fn text(self, types: Types) -> Option<&'a str> {
        match (self, types) {
            (Self::Text(text), _) | (Self::Number(text), Types::Scalars) => Some(text),
            (Self::Bool(true), Types::Scalars) => Some("true"),
            (Self::Bool(false), Types::Scalars) => Some("false"),
            (Self::Null, _) | (Self::Number(_) | Self::Bool(_), Types::Strict) => None,
        }
    }

    /// The leaf as a number, if it counts as one.
    pub fn number(self, types: Types) -> Option<f64> {
        match (self, types) {
            (Self::Number(text), _) => text.parse().ok(),
            (Self::Text(text), Types::Scalars) => number(text),
            _ => None,
        }
    }
}

/// Parses a text as a number. Rust would also accept `inf` and `nan`.
pub fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    let plain = text.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b));
    text.parse().ok().filter(|value: &f64| plain && value.is_finite())
}

impl Match {
    /// Whether a leaf matches.
    pub fn matches(&self, leaf: Leaf<'_>) -> bool {
        match self {
            Self::Anything => true,
            Self::Text(pattern, types) => {
                leaf.text(*types).is_some_and(|text| pattern.matches(text))
            }
            Self::Regex(regex, types) => leaf.text(*types).is_some_and(|text| regex.is_match(text)),
            Self::Number(how, value, types) => {
                leaf.number(*types).is_some_and(|number| how.holds(number, *value))
            }
            Self::Bool(value) => leaf == Leaf::Bool(*value),
            Self::Null => leaf == Leaf::Null,
            Self::Cidr(cidr) => leaf.text(Types::Strict).is_some_and(|text| cidr.contains(text)),
            Self::Time(part, how, value) => leaf
                .text(Types::Strict)
                .and_then(|text| part.of(text))
                .is_some_and(|part| how.holds(part, *value)),
            Self::All(inner) => inner.iter().all(|inner| inner.matches(leaf)),
            Self::Any(inner) => inner.iter().any(|inner| inner.matches(leaf)),
            Self::Not(inner) => !inner.matches(leaf),
        }
    }
}

impl TimePart {
    /// This part of a time, in UTC; weeks are those of ISO 8601.
    fn of(self, text: &str) -> Option<i64> {
        let time: Timestamp = text.parse().ok()?;
        let time = Offset::UTC.to_datetime(time);
        Some(match self {
            Self::Minute => time.minute().into(),
            Self::Hour => time.hour().into(),
            Self::Day => time.day().into(),
            Self::Week => time.date().iso_week_date().week().into(),
            Self::Month => time.month().into(),
            Self::Year => time.year().into(),
        })
    }
}

impl Relation {
    /// Whether two leaves have this relation; nulls have none. With `segments` the right one must
    /// consist of whole segments of the left one, and not be empty.
    pub fn holds(self, left: Leaf<'_>, right: Leaf<'_>, case: Case, segments: bool) -> bool {
        let folded = |leaf: Leaf<'_>| leaf.text(Types::Scalars).map(|text| text::fold(text, case));
        let (Some(left), Some(right)) = (folded(left), folded(right)) else { return false };
        match (self, segments) {
            (Self::Equals, _) => left == right,
            (Self::StartsWith, false) => left.starts_with(&right),
            (Self::EndsWith, false) => left.ends_with(&right),
            (Self::Contains, false) => left.contains(&right),
            (_, true) => self.is_segments(&left, &right),
        }
    }

    fn is_segments(self, left: &str, right: &str) -> bool {
        let after = |(at, text): (usize, &str)| at + text.len();
        let starts = left.match_indices(SEPARATORS).map(after);
        !right.is_empty()
            && std::iter::once(0).chain(starts).any(|start| {
                let rest = left.get(start..).and_then(|text| text.strip_prefix(right));
                rest.is_some_and(|rest| match self {
                    Self::StartsWith if start > 0 => false,
                    Self::EndsWith => rest.is_empty(),
                    _ => rest.is_empty() || rest.starts_with(SEPARATORS),
                })
            })
    }
}

/// The separators between segments of an ARN or a path.
pub const SEPARATORS: [char; 2] = [':', '/'];

#[cfg(test)]
mod tests {
    use super::super::{Comparison, Pattern};
    use super::*;

    #[test]
    fn what_counts_as_text_and_number() {
        let is = |types| Match::Text(Pattern::exact("42", Case::Insensitive), types);
        assert!(is(Types::Scalars).matches(Leaf::Number("42")));
        assert!(is(Types::Scalars).matches(Leaf::Text("42")));
        assert!(!is(Types::Strict).matches(Leaf::Number("42")));
        let over = |types| Match::Number(Comparison::Greater, 41.5, types);
        assert!(over(Types::Strict).matches(Leaf::Number("42")));
        assert!(!over(Types::Strict).matches(Leaf::Text("42")));
        assert!(over(Types::Scalars).matches(Leaf::Text(" 42 ")));
        for text in ["inf", "nan", "1e999", "", "0x2a"] {
            assert!(!over(Types::Scalars).matches(Leaf::Text(text)), "{text}");
        }
        let truth = Match::Text(Pattern::exact("True", Case::Insensitive), Types::Scalars);
        assert!(truth.matches(Leaf::Bool(true)));
        assert!(
            !Match::Text(Pattern::contains("", Case::Insensitive), Types::Scalars)
                .matches(Leaf::Null)
        );
    }

    #[test]
    fn whole_segments() {
        let holds = |how: Relation, left, right| {
            how.holds(Leaf::Text(left), Leaf::Text(right), Case::Insensitive, true)
        };
        let alice = "arn:aws:iam::111122223333:user/ops/alice";
        for end in ["alice", "Alice", "ops/alice", "user/ops/alice", alice] {
            assert!(holds(Relation::EndsWith, alice, end), "{end}");
        }
        for end in ["ice", "lice", "ops", "/alice", "", "xalice"] {
            assert!(!holds(Relation::EndsWith, alice, end), "{end}");
        }
        assert!(holds(Relation::Contains, alice, "111122223333"));
        assert!(holds(Relation::Contains, "ba/a/a", "a/a"));
        assert!(!holds(Relation::Contains, alice, "op") && !holds(Relation::Contains, alice, ""));
        assert!(holds(Relation::StartsWith, alice, "arn:aws"));
        assert!(!holds(Relation::StartsWith, alice, "arn:aw"));
        assert!(!holds(Relation::StartsWith, alice, "user"));
    }

    #[test]
    fn parts_of_times() {
        let is = |part, value| {
            Match::Time(part, Comparison::Equal, value).matches(Leaf::Text("2026-11-24T23:54:00Z"))
        };
        assert!(is(TimePart::Minute, 54) && is(TimePart::Hour, 23) && is(TimePart::Day, 24));
        assert!(is(TimePart::Week, 48) && is(TimePart::Month, 11) && is(TimePart::Year, 2026));
        assert!(!is(TimePart::Year, 2025));
    }
}
