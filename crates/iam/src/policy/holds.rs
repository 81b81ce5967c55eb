//! Whether a condition holds for a request.
//!
//! Source: IAM user guide, "IAM JSON policy elements: Condition operators" and "Multivalued
//! context keys".

use super::arn::Pattern;
use super::condition::{Condition, Quantifier, Test};
use super::date::date;
use super::glob::{Filling, Glob};
use super::request::{Context, Known};
use super::statement::Version;
use super::truth::Truth;
use crate::network::in_network;

impl Test {
    fn is_negated(&self) -> bool {
        self.as_str().contains("Not")
    }
}

impl Condition {
    /// Whether the condition holds for a request. A key that the context does not know gives
    /// unknown, never true.
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
    /// Whether a value of the policy matches one of the request, ignoring negation.
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

    /// Compares numbers or dates; `None` if either side is neither.
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

/// Version 2008 has no variables: `${x}` is the literal text `${x}`.
fn keep(name: &str) -> Filling {
    Filling::Text(format!("${{{name}}}"))
}

impl Context {
    /// The value of a policy variable. A key with several values cannot be used as one.
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

#[cfg(test)]
mod tests {
    use super::Truth::{False, True, Unknown};
    use super::*;
    use crate::policy::Operator;

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
