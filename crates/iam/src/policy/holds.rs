//! Whether a condition holds for a request.
//!
//! Source: IAM user guide, "IAM JSON policy elements: Condition operators" and "Multivalued
//! context keys".

use super::arn::ResourcePattern;
use super::condition::{ConditionQuantifier, ConditionTest, PolicyCondition};
use super::date::parse_date;
use super::glob::{Glob, VariableValue};
use super::request::{KnownValue, RequestContext};
use super::statement::LanguageVersion;
use super::truth::Truth;
use crate::network::in_network;

impl ConditionTest {
    fn is_negated(&self) -> bool {
        self.as_str().contains("Not")
    }
}

impl PolicyCondition {
    /// Whether the condition holds for a request. A key that the context does not know gives
    /// unknown, never true.
    pub(super) fn holds_for(&self, context: &RequestContext, version: LanguageVersion) -> Truth {
        let known = context.get(&self.key);
        if !self.operator.is_known() || known == KnownValue::Unknown {
            return Truth::Unknown;
        }
        if self.operator.test == ConditionTest::Null {
            let is_absent = known == KnownValue::Absent;
            return Truth::any(
                self.values
                    .iter()
                    .map(|value| Truth::from(value.eq_ignore_ascii_case("true") == is_absent)),
            );
        }
        match known {
            KnownValue::Values(values) => self.test_values(values, context, version),
            KnownValue::Absent | KnownValue::Unknown => Truth::from(self.holds_without_key()),
        }
    }

    fn holds_without_key(&self) -> bool {
        match self.operator.quantifier {
            _ if self.operator.if_exists => true,
            Some(ConditionQuantifier::ForAllValues) => true,
            Some(ConditionQuantifier::ForAnyValue) => false,
            None => self.operator.test.is_negated(),
        }
    }

    fn test_values(
        &self,
        values: &[String],
        context: &RequestContext,
        version: LanguageVersion,
    ) -> Truth {
        let is_negated = self.operator.test.is_negated();
        let passes = values.iter().map(|value| {
            let hit = Truth::any(
                self.values
                    .iter()
                    .map(|want| self.operator.test.matches_value(want, value, context, version)),
            );
            if is_negated { !hit } else { hit }
        });
        match self.operator.quantifier {
            Some(ConditionQuantifier::ForAllValues) => Truth::all(passes),
            None if is_negated => Truth::all(passes),
            Some(ConditionQuantifier::ForAnyValue) | None => Truth::any(passes),
        }
    }
}

impl ConditionTest {
    /// Whether a value of the policy matches one of the request, ignoring negation.
    fn matches_value(
        &self,
        want: &str,
        have: &str,
        context: &RequestContext,
        version: LanguageVersion,
    ) -> Truth {
        let fill = |name: &str| match version {
            LanguageVersion::V2008 => keep_variable(name),
            LanguageVersion::V2012 => context.fill_variable(name),
        };
        let matches = |glob: Option<Glob>, text: &str| {
            glob.map_or(Truth::False, |glob| glob.matches_text(text))
        };
        match self {
            Self::StringEquals | Self::StringNotEquals => {
                matches(Glob::literal_with_variables(want, &fill), have)
            }
            Self::StringLike | Self::StringNotLike => {
                matches(Glob::with_variables(want, &fill), have)
            }
            Self::StringEqualsIgnoreCase | Self::StringNotEqualsIgnoreCase => {
                let fill = |name: &str| fill(name).map_text(str::to_lowercase);
                let want = want.to_lowercase();
                matches(Glob::literal_with_variables(&want, &fill), &have.to_lowercase())
            }
            Self::ArnEquals | Self::ArnNotEquals | Self::ArnLike | Self::ArnNotLike => {
                let pattern = ResourcePattern::with_variables(want, &fill);
                pattern.map_or(Truth::False, |pattern| pattern.matches_resource(have))
            }
            Self::Bool => Truth::from(want.eq_ignore_ascii_case(have)),
            Self::BinaryEquals => Truth::from(want == have),
            Self::IpAddress | Self::NotIpAddress => {
                in_network(have, want).map_or(Truth::Unknown, Truth::from)
            }
            Self::Null | Self::Other(_) => Truth::Unknown,
            _ => self.compare_ordered(want, have).map_or(Truth::Unknown, Truth::from),
        }
    }

    /// Compares numbers or dates; `None` if either side is neither.
    fn compare_ordered(&self, want: &str, have: &str) -> Option<bool> {
        let (name, order) = match self.as_str().strip_prefix("Numeric") {
            Some(name) => {
                let number = |text: &str| text.trim().parse::<f64>().ok();
                (name, number(have)?.partial_cmp(&number(want)?)?)
            }
            None => {
                (self.as_str().strip_prefix("Date")?, parse_date(have)?.cmp(&parse_date(want)?))
            }
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
fn keep_variable(name: &str) -> VariableValue {
    VariableValue::Text(format!("${{{name}}}"))
}

impl RequestContext {
    /// The value of a policy variable. A key with several values cannot be used as one.
    pub(super) fn fill_variable(&self, name: &str) -> VariableValue {
        match self.get(name) {
            KnownValue::Values([one]) => VariableValue::Text(one.clone()),
            KnownValue::Values(_) | KnownValue::Absent => VariableValue::Absent,
            KnownValue::Unknown => VariableValue::Unknown,
        }
    }
}

impl VariableValue {
    fn map_text(self, change: impl Fn(&str) -> String) -> Self {
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
    use crate::policy::ConditionOperator;

    fn check(operator: &str, values: &[&str], context: &RequestContext) -> Truth {
        let condition = PolicyCondition {
            operator: ConditionOperator::parse(operator),
            key: "aws:Key".to_owned(),
            values: values.iter().map(|v| (*v).to_owned()).collect(),
        };
        condition.holds_for(context, LanguageVersion::V2012)
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
            let context = RequestContext::new().with_values("AWS:key", [have]);
            assert_eq!(check(operator, &[want], &context), expected, "{operator} {want} {have}");
        }
    }

    #[test]
    fn a_missing_key() {
        let absent = RequestContext::new().without_key("aws:key");
        for (operator, expected) in [
            ("StringEquals", False),
            ("StringNotEquals", True),
            ("StringEqualsIfExists", True),
            ("ForAllValues:StringEquals", True),
            ("ForAnyValue:StringEquals", False),
            ("ForAnyValue:StringNotEquals", False),
        ] {
            assert_eq!(check(operator, &["a"], &absent), expected, "{operator}");
            assert_eq!(check(operator, &["a"], &RequestContext::new()), Unknown, "{operator}");
        }
        assert_eq!(check("Null", &["true"], &absent), True);
        assert_eq!(check("Null", &["true"], &RequestContext::new()), Unknown);
    }

    #[test]
    fn several_values() {
        let context = RequestContext::new().with_values("aws:key", ["a", "b"]);
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
        let context = RequestContext::new()
            .with_values("aws:key", ["alice"])
            .with_values("aws:username", ["alice"]);
        assert_eq!(check("StringEquals", &["${aws:username}"], &context), True);
        assert_eq!(check("StringEquals", &["${aws:userid}"], &context), Unknown);
    }
}
