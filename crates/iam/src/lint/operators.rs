//! Checks condition operators against the types of their keys.

use super::checks::conditions as check;
use super::global::{KeyType, ValueType};
use super::look::Look;
use super::view::Line;
use crate::policy::{Quantifier, Test, short};

/// What an operator compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    Text,
    Arn,
    Bool,
    Number,
    Date,
    Address,
    Binary,
    /// Whether the key exists.
    Null,
}

/// The family of an operator.
pub(super) fn family(test: &Test) -> Family {
    let name = test.as_str();
    match test {
        Test::Bool => Family::Bool,
        Test::Null => Family::Null,
        Test::BinaryEquals => Family::Binary,
        Test::IpAddress | Test::NotIpAddress => Family::Address,
        _ if name.starts_with("Arn") => Family::Arn,
        _ if name.starts_with("Numeric") => Family::Number,
        _ if name.starts_with("Date") => Family::Date,
        _ => Family::Text,
    }
}

impl Look<'_, '_> {
    pub(super) fn operator(&mut self, line: &Line, known: Option<&KeyType>) {
        let operator = &line.operator;
        if operator.test == Test::Null {
            if operator.quantifier.is_some() {
                let what = format!("`{}` is the same as `Null`", line.operator_name.text);
                self.findings.at(&check::NULL_WITH_QUANTIFIER, &line.operator_name, what);
            }
            return;
        }
        self.audience(line);
        let Some(known) = known else { return };
        self.quantifier(line, known);
        self.operator_type(line, known);
    }

    /// The audience of a token has one value, whatever the provider.
    fn audience(&mut self, line: &Line) {
        let is_audience = line.key.text.to_ascii_lowercase().ends_with(":aud");
        if is_audience && line.operator.quantifier == Some(Quantifier::ForAnyValue) {
            let what = format!("`{}` has one value", short(&line.key.text));
            self.findings.at(&check::FOR_ANY_AUDIENCE, &line.operator_name, what);
        }
    }

    fn quantifier(&mut self, line: &Line, known: &KeyType) {
        let key = short(&line.key.text);
        match (known.is_list, line.operator.quantifier) {
            (true, None) => {
                let what = format!("`{key}` has several values");
                self.findings.at(&check::MISSING_QUANTIFIER, &line.operator_name, what);
            }
            (false, Some(Quantifier::ForAllValues)) => {
                let what = format!("`{key}` has one value, and a request may lack it");
                self.findings.at(&check::FOR_ALL_SINGLE, &line.operator_name, what);
            }
            (true, Some(Quantifier::ForAllValues)) if self.is_allow() => {
                let mut lines = self.statement.lines_of(&line.key.text);
                let is_required = lines.any(|other| {
                    other.operator.test == Test::Null
                        && other.values.iter().all(|it| it.text.eq_ignore_ascii_case("false"))
                });
                if !is_required {
                    let what = format!("it also holds without `{key}` in the request");
                    self.findings.at(&check::FOR_ALL_ABSENT, &line.operator_name, what);
                }
            }
            _ => {}
        }
    }

    fn operator_type(&mut self, line: &Line, known: &KeyType) {
        let family = family(&line.operator.test);
        let key = short(&line.key.text);
        let is_like = matches!(line.operator.test, Test::StringLike | Test::StringNotLike);
        if known.values == ValueType::Arn && is_like {
            let what = format!("`{}` on `{key}`, which is an ARN", line.operator_name.text);
            return self.findings.at(&check::LIKE_ON_ARN, &line.operator_name, what);
        }
        let wanted = match known.values {
            // Often only the key's name shows that a text is an ARN.
            ValueType::Text if known.name.to_ascii_lowercase().ends_with("arn") => return,
            ValueType::Text => &[Family::Text][..],
            ValueType::Arn => &[Family::Arn, Family::Text],
            ValueType::Bool => &[Family::Bool],
            ValueType::Number => &[Family::Number],
            ValueType::Date => &[Family::Date],
            ValueType::DateOrNumber => &[Family::Date, Family::Number],
            ValueType::Address => &[Family::Address],
            ValueType::Binary => &[Family::Binary],
            ValueType::Unknown => return,
        };
        if wanted.contains(&family) {
            return;
        }
        let operator = &line.operator_name;
        let usual = wanted.first().map_or("String", |family| usual(*family));
        let what = format!("`{}` on `{key}`, whose values are of another type", operator.text);
        let hint = format!("use an operator such as `{usual}`");
        self.findings.hinted(&check::OPERATOR_TYPE, operator, what, hint);
    }
}

/// The usual operator of a family.
fn usual(family: Family) -> &'static str {
    match family {
        Family::Text => "StringEquals",
        Family::Arn => "ArnLike",
        Family::Bool => "Bool",
        Family::Number => "NumericEquals",
        Family::Date => "DateGreaterThan",
        Family::Address => "IpAddress",
        Family::Binary => "BinaryEquals",
        Family::Null => "Null",
    }
}
