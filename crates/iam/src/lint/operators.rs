//! Checks condition operators against the types of their keys.

use super::checks::conditions as check;
use super::global::{KeyType, ValueType};
use super::look::StatementChecker;
use super::view::ConditionLine;
use crate::policy::{ConditionQuantifier, ConditionTest, clip_text};

/// What an operator compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OperatorFamily {
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
pub(super) fn operator_family(test: &ConditionTest) -> OperatorFamily {
    let name = test.as_str();
    match test {
        ConditionTest::Bool => OperatorFamily::Bool,
        ConditionTest::Null => OperatorFamily::Null,
        ConditionTest::BinaryEquals => OperatorFamily::Binary,
        ConditionTest::IpAddress | ConditionTest::NotIpAddress => OperatorFamily::Address,
        _ if name.starts_with("Arn") => OperatorFamily::Arn,
        _ if name.starts_with("Numeric") => OperatorFamily::Number,
        _ if name.starts_with("Date") => OperatorFamily::Date,
        _ => OperatorFamily::Text,
    }
}

impl StatementChecker<'_, '_> {
    pub(super) fn check_operator(&mut self, line: &ConditionLine, known: Option<&KeyType>) {
        let operator = &line.operator;
        if operator.test == ConditionTest::Null {
            if operator.quantifier.is_some() {
                let what = format!("`{}` is the same as `Null`", line.operator_name.text);
                self.findings.report_at(&check::NULL_WITH_QUANTIFIER, &line.operator_name, what);
            }
            return;
        }
        self.check_audience(line);
        let Some(known) = known else { return };
        self.check_quantifier(line, known);
        self.check_operator_type(line, known);
    }

    /// The audience of a token has one value, whatever the provider.
    fn check_audience(&mut self, line: &ConditionLine) {
        let is_audience = line.key.text.to_ascii_lowercase().ends_with(":aud");
        if is_audience && line.operator.quantifier == Some(ConditionQuantifier::ForAnyValue) {
            let what = format!("`{}` has one value", clip_text(&line.key.text));
            self.findings.report_at(&check::FOR_ANY_AUDIENCE, &line.operator_name, what);
        }
    }

    fn check_quantifier(&mut self, line: &ConditionLine, known: &KeyType) {
        let key = clip_text(&line.key.text);
        match (known.is_list, line.operator.quantifier) {
            (true, None) => {
                let what = format!("`{key}` has several values");
                self.findings.report_at(&check::MISSING_QUANTIFIER, &line.operator_name, what);
            }
            (false, Some(ConditionQuantifier::ForAllValues)) => {
                let what = format!("`{key}` has one value, and a request may lack it");
                self.findings.report_at(&check::FOR_ALL_SINGLE, &line.operator_name, what);
            }
            (true, Some(ConditionQuantifier::ForAllValues)) if self.is_allow() => {
                let mut lines = self.statement.lines_of(&line.key.text);
                let is_required = lines.any(|other| {
                    other.operator.test == ConditionTest::Null
                        && other.values.iter().all(|it| it.text.eq_ignore_ascii_case("false"))
                });
                if !is_required {
                    let what = format!("it also holds without `{key}` in the request");
                    self.findings.report_at(&check::FOR_ALL_ABSENT, &line.operator_name, what);
                }
            }
            _ => {}
        }
    }

    fn check_operator_type(&mut self, line: &ConditionLine, known: &KeyType) {
        let family = operator_family(&line.operator.test);
        let key = clip_text(&line.key.text);
        let is_like =
            matches!(line.operator.test, ConditionTest::StringLike | ConditionTest::StringNotLike);
        if known.values == ValueType::Arn && is_like {
            let what = format!("`{}` on `{key}`, which is an ARN", line.operator_name.text);
            return self.findings.report_at(&check::LIKE_ON_ARN, &line.operator_name, what);
        }
        let wanted = match known.values {
            // Often only the key's name shows that a text is an ARN.
            ValueType::Text if known.name.to_ascii_lowercase().ends_with("arn") => return,
            ValueType::Text => &[OperatorFamily::Text][..],
            ValueType::Arn => &[OperatorFamily::Arn, OperatorFamily::Text],
            ValueType::Bool => &[OperatorFamily::Bool],
            ValueType::Number => &[OperatorFamily::Number],
            ValueType::Date => &[OperatorFamily::Date],
            ValueType::DateOrNumber => &[OperatorFamily::Date, OperatorFamily::Number],
            ValueType::Address => &[OperatorFamily::Address],
            ValueType::Binary => &[OperatorFamily::Binary],
            ValueType::Unknown => return,
        };
        if wanted.contains(&family) {
            return;
        }
        let operator = &line.operator_name;
        let usual = wanted.first().map_or("String", |family| usual_operator(*family));
        let what = format!("`{}` on `{key}`, whose values are of another type", operator.text);
        let hint = format!("use an operator such as `{usual}`");
        self.findings.report_with_hint(&check::OPERATOR_TYPE, operator, what, hint);
    }
}

/// The usual operator of a family.
fn usual_operator(family: OperatorFamily) -> &'static str {
    match family {
        OperatorFamily::Text => "StringEquals",
        OperatorFamily::Arn => "ArnLike",
        OperatorFamily::Bool => "Bool",
        OperatorFamily::Number => "NumericEquals",
        OperatorFamily::Date => "DateGreaterThan",
        OperatorFamily::Address => "IpAddress",
        OperatorFamily::Binary => "BinaryEquals",
        OperatorFamily::Null => "Null",
    }
}
