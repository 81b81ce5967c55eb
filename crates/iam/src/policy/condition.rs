//! Conditions, and whether one holds.
//!
//! Source: IAM user guide, "IAM JSON policy elements: Condition operators" and "Multivalued
//! context keys".

use core::net::IpAddr;
use std::fmt;

use jiff::Timestamp;

use super::Version;
use super::arn::Pattern;
use super::glob::{Filling, Glob};
use super::request::{Context, Known};
use super::truth::Truth;

/// One line of a `Condition` block: the key's values in the request, tested against these.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Condition {
    /// How they are compared.
    pub operator: Operator,
    /// The condition key, `aws:SourceIp`; its case does not matter.
    pub key: String,
    /// Any of these.
    pub values: Vec<String>,
}

/// `ForAllValues:StringLikeIfExists` and its kin.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Operator {
    /// `ForAllValues:` or `ForAnyValue:`.
    pub quantifier: Option<Quantifier>,
    /// The comparison.
    pub test: Test,
    /// `…IfExists`: true when the request does not have the key.
    pub if_exists: bool,
}

/// For keys with several values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Quantifier {
    /// Every value of the request passes; true when there is none.
    ForAllValues,
    /// Some value of the request passes; false when there is none.
    ForAnyValue,
}

macro_rules! tests {
    ($($name:ident)*) => {
        /// How a value is compared, by AWS's name.
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Test {
            $(#[doc = concat!("`", stringify!($name), "`.")] $name,)*
            /// An operator that nobody knows; it never holds.
            Other(String),
        }

        impl Test {
            /// Every known name, in AWS's order.
            pub const NAMES: &[&str] = &[$(stringify!($name),)*];

            fn parse(name: &str) -> Self {
                match name {
                    $(stringify!($name) => Self::$name,)*
                    other => Self::Other(other.to_owned()),
                }
            }

            /// AWS's name.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$name => stringify!($name),)*
                    Self::Other(name) => name,
                }
            }
        }
    };
}

tests! {
    StringEquals StringNotEquals StringEqualsIgnoreCase StringNotEqualsIgnoreCase
    StringLike StringNotLike
    NumericEquals NumericNotEquals NumericLessThan NumericLessThanEquals
    NumericGreaterThan NumericGreaterThanEquals
    DateEquals DateNotEquals DateLessThan DateLessThanEquals
    DateGreaterThan DateGreaterThanEquals
    Bool BinaryEquals IpAddress NotIpAddress
    ArnEquals ArnNotEquals ArnLike ArnNotLike Null
}

impl Test {
    fn is_negated(&self) -> bool {
        self.as_str().contains("Not")
    }
}

impl Operator {
    /// Reads an operator; what nobody knows becomes [`Test::Other`].
    pub fn parse(text: &str) -> Self {
        let (quantifier, rest) = match text.split_once(':') {
            Some(("ForAllValues", rest)) => (Some(Quantifier::ForAllValues), rest),
            Some(("ForAnyValue", rest)) => (Some(Quantifier::ForAnyValue), rest),
            _ => (None, text),
        };
        let (name, if_exists) = match rest.strip_suffix("IfExists") {
            Some(name) => (name, true),
            None => (rest, false),
        };
        Self { quantifier, test: Test::parse(name), if_exists }
    }

    /// Whether AWS knows it; `NullIfExists` it does not.
    pub fn is_known(&self) -> bool {
        !matches!(self.test, Test::Other(_)) && (self.test != Test::Null || !self.if_exists)
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.quantifier {
            Some(Quantifier::ForAllValues) => f.write_str("ForAllValues:")?,
            Some(Quantifier::ForAnyValue) => f.write_str("ForAnyValue:")?,
            None => {}
        }
        f.write_str(self.test.as_str())?;
        f.write_str(if self.if_exists { "IfExists" } else { "" })
    }
}

impl Condition {
    /// Whether it holds for a request. What the context does not know is unknown, never true.
    pub(super) fn holds(&self, context: &Context, version: Version) -> Truth {
        let known = context.get(&self.key);
        if !self.operator.is_known() || known == Known::Unknown {
            return Truth::Unknown;
        }
        if self.operator.test == Test::Null {
            let is_absent = known == Known::Absent;
            return Truth::any(
                self.values
                    .iter()
                    .map(|value| Truth::from(value.eq_ignore_ascii_case("true") == is_absent)),
            );
        }
        match known {
            Known::Values(values) => self.judge(values, context, version),
            Known::Absent | Known::Unknown => Truth::from(self.holds_without_key()),
        }
    }

    fn holds_without_key(&self) -> bool {
        match self.operator.quantifier {
            _ if self.operator.if_exists => true,
            Some(Quantifier::ForAllValues) => true,
            Some(Quantifier::ForAnyValue) => false,
            None => self.operator.test.is_negated(),
        }
    }

    fn judge(&self, values: &[String], context: &Context, version: Version) -> Truth {
        let is_negated = self.operator.test.is_negated();
        let passes = values.iter().map(|value| {
            let hit = Truth::any(
                self.values
                    .iter()
                    .map(|want| self.operator.test.hits(want, value, context, version)),
            );
            if is_negated { !hit } else { hit }
        });
        match self.operator.quantifier {
            Some(Quantifier::ForAllValues) => Truth::all(passes),
            None if is_negated => Truth::all(passes),
            Some(Quantifier::ForAnyValue) | None => Truth::any(passes),
        }
    }
}

impl Test {
    /// Whether one value of the policy meets one of the request, negation aside.
    fn hits(&self, want: &str, have: &str, context: &Context, version: Version) -> Truth {
        let fill = |name: &str| match version {
            Version::V2008 => keep(name),
            Version::V2012 => context.fill(name),
        };
        let matches =
            |glob: Option<Glob>, text: &str| glob.map_or(Truth::False, |glob| glob.matches(text));
        match self {
            Self::StringEquals | Self::StringNotEquals => {
                matches(Glob::literal_with_variables(want, &fill), have)
            }
            Self::StringLike | Self::StringNotLike => {
                matches(Glob::with_variables(want, &fill), have)
            }
            Self::StringEqualsIgnoreCase | Self::StringNotEqualsIgnoreCase => {
                let fill = |name: &str| fill(name).map(str::to_lowercase);
                let want = want.to_lowercase();
                matches(Glob::literal_with_variables(&want, &fill), &have.to_lowercase())
            }
            Self::ArnEquals | Self::ArnNotEquals | Self::ArnLike | Self::ArnNotLike => {
                let pattern = Pattern::with_variables(want, &fill);
                pattern.map_or(Truth::False, |pattern| pattern.matches(have))
            }
            Self::Bool => Truth::from(want.eq_ignore_ascii_case(have)),
            Self::BinaryEquals => Truth::from(want == have),
            Self::IpAddress | Self::NotIpAddress => {
                in_network(have, want).map_or(Truth::Unknown, Truth::from)
            }
            Self::Null | Self::Other(_) => Truth::Unknown,
            _ => self.orders(want, have).map_or(Truth::Unknown, Truth::from),
        }
    }

    /// The comparisons of numbers and dates; `None` when either side is none.
    fn orders(&self, want: &str, have: &str) -> Option<bool> {
        let (name, order) = match self.as_str().strip_prefix("Numeric") {
            Some(name) => {
                let number = |text: &str| text.trim().parse::<f64>().ok();
                (name, number(have)?.partial_cmp(&number(want)?)?)
            }
            None => (self.as_str().strip_prefix("Date")?, date(have)?.cmp(&date(want)?)),
        };
        Some(match name {
            "Equals" | "NotEquals" => order.is_eq(),
            "LessThan" => order.is_lt(),
            "LessThanEquals" => order.is_le(),
            "GreaterThan" => order.is_gt(),
            _ => order.is_ge(),
        })
    }
}

/// Version 2008 has no variables: `${x}` is the text `${x}`.
fn keep(name: &str) -> Filling {
    Filling::Text(format!("${{{name}}}"))
}

impl Context {
    /// The value of a policy variable. A key with several values cannot be one.
    pub(super) fn fill(&self, name: &str) -> Filling {
        match self.get(name) {
            Known::Values([one]) => Filling::Text(one.clone()),
            Known::Values(_) | Known::Absent => Filling::Absent,
            Known::Unknown => Filling::Unknown,
        }
    }
}

impl Filling {
    fn map(self, change: impl Fn(&str) -> String) -> Self {
        match self {
            Self::Text(text) => Self::Text(change(&text)),
            other => other,
        }
    }
}

/// A time: RFC 3339, a date alone (midnight UTC), or seconds since 1970.
fn date(text: &str) -> Option<Timestamp> {
    let whole = || text.parse::<Timestamp>().ok();
    let day = || {
        format!("{}T00:00:00Z", text.get(..10).filter(|day| day.len() == text.len())?).parse().ok()
    };
    let epoch = || Timestamp::from_second(text.parse().ok()?).ok();
    whole().or_else(day).or_else(epoch)
}

/// Whether a text is a date as date operators take it.
pub(crate) fn is_date(text: &str) -> bool {
    date(text).is_some()
}

/// Whether an address lies in a network, `192.0.2.0/24`; a bare address is a network of one.
/// `None` when either is none.
fn in_network(address: &str, network: &str) -> Option<bool> {
    let address: IpAddr = address.trim().parse().ok()?;
    let (base, length) = match network.trim().split_once('/') {
        Some((base, length)) => (base, Some(length.parse::<u32>().ok()?)),
        None => (network.trim(), None),
    };
    Some(match (address, base.parse().ok()?) {
        (IpAddr::V4(address), IpAddr::V4(base)) => {
            let shift = 32_u32.checked_sub(length.unwrap_or(32))?;
            (address.to_bits() ^ base.to_bits()).checked_shr(shift).unwrap_or(0) == 0
        }
        (IpAddr::V6(address), IpAddr::V6(base)) => {
            let shift = 128_u32.checked_sub(length.unwrap_or(128))?;
            (address.to_bits() ^ base.to_bits()).checked_shr(shift).unwrap_or(0) == 0
        }
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::Truth::{False, True, Unknown};
    use super::*;

    fn check(operator: &str, values: &[&str], context: &Context) -> Truth {
        let condition = Condition {
            operator: Operator::parse(operator),
            key: "aws:Key".to_owned(),
            values: values.iter().map(|v| (*v).to_owned()).collect(),
        };
        condition.holds(context, Version::V2012)
    }

    #[test]
    fn operators_on_one_value() {
        for (operator, want, have, expected) in [
            ("StringEquals", "a*", "a*", True),
            ("StringEquals", "a*", "ab", False),
            ("StringNotEquals", "a", "b", True),
            ("StringEqualsIgnoreCase", "Ab", "aB", True),
            ("StringLike", "a*", "ab", True),
            ("StringNotLike", "a*", "ab", False),
            ("NumericLessThan", "10", "9.5", True),
            ("NumericLessThan", "10", "nine", Unknown),
            ("NumericNotEquals", "10", "10.0", False),
            ("DateGreaterThan", "2026-01-01", "2026-01-02T00:00:00Z", True),
            ("DateLessThanEquals", "1767225600", "2026-01-01T00:00:00Z", True),
            ("Bool", "True", "true", True),
            ("IpAddress", "192.0.2.0/24", "192.0.2.77", True),
            ("IpAddress", "0.0.0.0/0", "192.0.2.77", True),
            ("IpAddress", "2001:db8::/32", "2001:db8:1::1", True),
            ("NotIpAddress", "192.0.2.1", "192.0.2.1", False),
            ("NotIpAddress", "192.0.2.0/24", "cloudformation.amazonaws.com", Unknown),
            ("ArnLike", "arn:aws:sqs:*:*:jobs*", "arn:aws:sqs:eu-west-1:1:jobs.fifo", True),
            ("ArnNotEquals", "arn:aws:sqs:*:*:jobs", "arn:aws:sqs:eu-west-1:1:jobs", False),
            ("Null", "false", "x", True),
            ("StringSounds", "a", "a", Unknown),
        ] {
            let context = Context::new().with("AWS:key", [have]);
            assert_eq!(check(operator, &[want], &context), expected, "{operator} {want} {have}");
        }
    }

    #[test]
    fn a_missing_key() {
        let absent = Context::new().without("aws:key");
        for (operator, expected) in [
            ("StringEquals", False),
            ("StringNotEquals", True),
            ("StringEqualsIfExists", True),
            ("ForAllValues:StringEquals", True),
            ("ForAnyValue:StringEquals", False),
            ("ForAnyValue:StringNotEquals", False),
        ] {
            assert_eq!(check(operator, &["a"], &absent), expected, "{operator}");
            assert_eq!(check(operator, &["a"], &Context::new()), Unknown, "{operator}");
        }
        assert_eq!(check("Null", &["true"], &absent), True);
        assert_eq!(check("Null", &["true"], &Context::new()), Unknown);
    }

    #[test]
    fn several_values() {
        let context = Context::new().with("aws:key", ["a", "b"]);
        for (operator, want, expected) in [
            ("ForAllValues:StringEquals", vec!["a", "b", "c"], True),
            ("ForAllValues:StringEquals", vec!["a"], False),
            ("ForAnyValue:StringEquals", vec!["b"], True),
            ("ForAnyValue:StringNotEquals", vec!["a"], True),
            ("ForAllValues:StringNotEquals", vec!["c"], True),
            ("StringNotEquals", vec!["b"], False),
        ] {
            assert_eq!(check(operator, &want, &context), expected, "{operator} {want:?}");
        }
    }

    #[test]
    fn variables_in_values() {
        let context = Context::new().with("aws:key", ["alice"]).with("aws:username", ["alice"]);
        assert_eq!(check("StringEquals", &["${aws:username}"], &context), True);
        assert_eq!(check("StringEquals", &["${aws:userid}"], &context), Unknown);
    }
}
