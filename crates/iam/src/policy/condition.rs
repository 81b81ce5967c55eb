//! Conditions, as a policy has them.
//!
//! Source: IAM user guide, "IAM JSON policy elements: Condition operators" and "Multivalued
//! context keys".

use std::fmt;

/// One line of a `PolicyCondition` block, which tests the request's values of a key against these
/// values.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PolicyCondition {
    /// How values are compared.
    pub operator: ConditionOperator,
    /// The condition key, `aws:SourceIp`; case is ignored.
    pub key: String,
    /// The values; one of them must match.
    pub values: Vec<String>,
}

/// An operator such as `ForAllValues:StringLikeIfExists`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ConditionOperator {
    /// `ForAllValues:` or `ForAnyValue:`.
    pub quantifier: Option<ConditionQuantifier>,
    /// The comparison.
    pub test: ConditionTest,
    /// `…IfExists`: true if the request lacks the key.
    pub if_exists: bool,
}

/// How a key with several values is tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ConditionQuantifier {
    /// Every value of the request passes; true if there are none.
    ForAllValues,
    /// Some value of the request passes; false if there are none.
    ForAnyValue,
}

macro_rules! tests {
    ($($name:ident)*) => {
        /// How a value is compared, by AWS's name.
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum ConditionTest {
            $(#[doc = concat!("`", stringify!($name), "`.")] $name,)*
            /// An unknown operator; it never holds.
            Other(String),
        }

        impl ConditionTest {
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

impl ConditionOperator {
    /// Parses an operator; an unknown one becomes [`ConditionTest::Other`].
    pub fn parse(text: &str) -> Self {
        let (quantifier, rest) = match text.split_once(':') {
            Some(("ForAllValues", rest)) => (Some(ConditionQuantifier::ForAllValues), rest),
            Some(("ForAnyValue", rest)) => (Some(ConditionQuantifier::ForAnyValue), rest),
            _ => (None, text),
        };
        let (name, if_exists) = match rest.strip_suffix("IfExists") {
            Some(name) => (name, true),
            None => (rest, false),
        };
        Self { quantifier, test: ConditionTest::parse(name), if_exists }
    }

    /// Whether AWS knows the operator; it does not know `NullIfExists`.
    pub fn is_known(&self) -> bool {
        !matches!(self.test, ConditionTest::Other(_))
            && (self.test != ConditionTest::Null || !self.if_exists)
    }
}

impl fmt::Display for ConditionOperator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.quantifier {
            Some(ConditionQuantifier::ForAllValues) => f.write_str("ForAllValues:")?,
            Some(ConditionQuantifier::ForAnyValue) => f.write_str("ForAnyValue:")?,
            None => {}
        }
        f.write_str(self.test.as_str())?;
        f.write_str(if self.if_exists { "IfExists" } else { "" })
    }
}
