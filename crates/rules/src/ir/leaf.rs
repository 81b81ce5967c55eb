//! A leaf of an event, and whether it matches: the single definition of comparison, shared by the
//! engine and the oracle.

use aware_core::event::is_account_id;
use jiff::Timestamp;
use jiff::tz::Offset;

use super::{LeafMatch, LeafTypes, LetterCase, TextRelation, TimePart, text};

/// A value of an event that is neither an object nor a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeafValue<'a> {
    /// Null.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number, as [`serde_json::Number`] writes it.
    Number(&'a str),
    /// A string, with its escapes resolved.
    Text(&'a str),
}

impl<'a> LeafValue<'a> {
    /// The leaf as text, if it counts as text.
    pub fn as_text(self, types: LeafTypes) -> Option<&'a str> {
        match (self, types) {
            (Self::Text(text), _) | (Self::Number(text), LeafTypes::Scalars) => Some(text),
            (Self::Bool(true), LeafTypes::Scalars) => Some("true"),
            (Self::Bool(false), LeafTypes::Scalars) => Some("false"),
            (Self::Null, _) | (Self::Number(_) | Self::Bool(_), LeafTypes::Strict) => None,
        }
    }

    /// The leaf as a number, if it counts as one.
    pub fn as_number(self, types: LeafTypes) -> Option<f64> {
        match (self, types) {
            (Self::Number(text), _) => text.parse().ok(),
            (Self::Text(text), LeafTypes::Scalars) => parse_number(text),
            _ => None,
        }
    }
}

/// Parses a text as a number. Rust would also accept `inf` and `nan`.
pub fn parse_number(text: &str) -> Option<f64> {
    let text = text.trim();
    let plain = text.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b));
    text.parse().ok().filter(|value: &f64| plain && value.is_finite())
}

impl LeafMatch {
    /// Whether a leaf matches.
    pub fn matches_leaf(&self, leaf: LeafValue<'_>) -> bool {
        match self {
            Self::Anything => true,
            Self::Text(pattern, types) => {
                leaf.as_text(*types).is_some_and(|text| pattern.matches_text(text))
            }
            Self::Regex(regex, types) => {
                leaf.as_text(*types).is_some_and(|text| regex.is_match(text))
            }
            Self::Number(how, value, types) => {
                leaf.as_number(*types).is_some_and(|number| how.comparison_holds(number, *value))
            }
            Self::Bool(value) => leaf == LeafValue::Bool(*value),
            Self::Null => leaf == LeafValue::Null,
            Self::Cidr(cidr) => {
                leaf.as_text(LeafTypes::Strict).is_some_and(|text| cidr.contains_address(text))
            }
            Self::Time(part, how, value) => leaf
                .as_text(LeafTypes::Strict)
                .and_then(|text| part.extract_from(text))
                .is_some_and(|part| how.comparison_holds(part, *value)),
            Self::All(inner) => inner.iter().all(|inner| inner.matches_leaf(leaf)),
            Self::Any(inner) => inner.iter().any(|inner| inner.matches_leaf(leaf)),
            Self::Not(inner) => !inner.matches_leaf(leaf),
        }
    }
}

impl TimePart {
    /// This part of a time, in UTC; weeks are those of ISO 8601.
    fn extract_from(self, text: &str) -> Option<i64> {
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

impl TextRelation {
    /// Whether two leaves have this relation; nulls have none. With `segments` the right one must
    /// consist of whole segments of the left one, and not be empty.
    pub fn relation_holds(
        self,
        left: LeafValue<'_>,
        right: LeafValue<'_>,
        case: LetterCase,
        segments: bool,
    ) -> bool {
        let folded = |leaf: LeafValue<'_>| {
            leaf.as_text(LeafTypes::Scalars).map(|text| text::fold_case(text, case))
        };
        let (Some(left), Some(right)) = (folded(left), folded(right)) else { return false };
        match (self, segments) {
            (Self::Equals, _) => left == right,
            (Self::AccountOf, _) => account_of(&left) == Some(&right),
            (Self::StartsWith, false) => left.starts_with(&right),
            (Self::EndsWith, false) => left.ends_with(&right),
            (Self::Contains, false) => left.contains(&right),
            (_, true) => self.matches_segments(&left, &right),
        }
    }

    fn matches_segments(self, left: &str, right: &str) -> bool {
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

/// The account of an ARN, which is its fifth part alone; of an id, the id.
fn account_of(text: &str) -> Option<&str> {
    if is_account_id(text) {
        return Some(text);
    }
    let rest = text.strip_prefix("arn:")?;
    rest.split(':').nth(3).filter(|account| is_account_id(account))
}

/// The separators between segments of an ARN or a path.
pub const SEPARATORS: [char; 2] = [':', '/'];

#[cfg(test)]
mod tests {
    use super::super::{NumberComparison, TextPattern};
    use super::*;

    #[test]
    fn what_counts_as_text_and_number() {
        let is =
            |types| LeafMatch::Text(TextPattern::exact_text("42", LetterCase::Insensitive), types);
        assert!(is(LeafTypes::Scalars).matches_leaf(LeafValue::Number("42")));
        assert!(is(LeafTypes::Scalars).matches_leaf(LeafValue::Text("42")));
        assert!(!is(LeafTypes::Strict).matches_leaf(LeafValue::Number("42")));
        let over = |types| LeafMatch::Number(NumberComparison::Greater, 41.5, types);
        assert!(over(LeafTypes::Strict).matches_leaf(LeafValue::Number("42")));
        assert!(!over(LeafTypes::Strict).matches_leaf(LeafValue::Text("42")));
        assert!(over(LeafTypes::Scalars).matches_leaf(LeafValue::Text(" 42 ")));
        for text in ["inf", "nan", "1e999", "", "0x2a"] {
            assert!(!over(LeafTypes::Scalars).matches_leaf(LeafValue::Text(text)), "{text}");
        }
        let truth = LeafMatch::Text(
            TextPattern::exact_text("True", LetterCase::Insensitive),
            LeafTypes::Scalars,
        );
        assert!(truth.matches_leaf(LeafValue::Bool(true)));
        assert!(
            !LeafMatch::Text(
                TextPattern::containing("", LetterCase::Insensitive),
                LeafTypes::Scalars
            )
            .matches_leaf(LeafValue::Null)
        );
    }

    #[test]
    fn whole_segments() {
        let holds = |how: TextRelation, left, right| {
            how.relation_holds(
                LeafValue::Text(left),
                LeafValue::Text(right),
                LetterCase::Insensitive,
                true,
            )
        };
        let alice = "arn:aws:iam::111122223333:user/ops/alice";
        for end in ["alice", "Alice", "ops/alice", "user/ops/alice", alice] {
            assert!(holds(TextRelation::EndsWith, alice, end), "{end}");
        }
        for end in ["ice", "lice", "ops", "/alice", "", "xalice"] {
            assert!(!holds(TextRelation::EndsWith, alice, end), "{end}");
        }
        assert!(holds(TextRelation::Contains, alice, "111122223333"));
        assert!(holds(TextRelation::Contains, "ba/a/a", "a/a"));
        assert!(
            !holds(TextRelation::Contains, alice, "op")
                && !holds(TextRelation::Contains, alice, "")
        );
        assert!(holds(TextRelation::StartsWith, alice, "arn:aws"));
        assert!(!holds(TextRelation::StartsWith, alice, "arn:aw"));
        assert!(!holds(TextRelation::StartsWith, alice, "user"));
        for (left, expected) in [
            ("111122223333", true),
            ("arn:aws:iam::111122223333:root", true),
            ("arn:aws:kms:us-east-1:111122223333:alias/a", true),
            ("arn:aws:iam::999988887777:role/111122223333", false),
            ("arn:aws:kms:us-east-1:999988887777:alias/111122223333", false),
            ("arn:aws:s3:::111122223333", false),
            ("arn:111122223333", false),
            ("111122223333:root", false),
        ] {
            assert_eq!(holds(TextRelation::AccountOf, left, "111122223333"), expected, "{left}");
        }
    }

    #[test]
    fn parts_of_times() {
        let is = |part, value| {
            LeafMatch::Time(part, NumberComparison::Equal, value)
                .matches_leaf(LeafValue::Text("2026-11-24T23:54:00Z"))
        };
        assert!(is(TimePart::Minute, 54) && is(TimePart::Hour, 23) && is(TimePart::Day, 24));
        assert!(is(TimePart::Week, 48) && is(TimePart::Month, 11) && is(TimePart::Year, 2026));
        assert!(!is(TimePart::Year, 2025));
    }
}
