//! Explains why a rule matched an event or did not: its conditions, one by one, with what was
//! found.

use std::fmt::Write;

use serde_json::Value;

use crate::ir::{
    FieldReference, FieldTest, JointTest, LeafMatch, LetterCase, LineTest, MemberCondition,
    MemberQuantifier, NumberComparison, RecordSource, RuleExpr, TestOperation, TextPattern,
    TextRelation,
};
use crate::oracle::{EvaluationScope, FoundLeaves};

/// A condition, whether it holds, and the conditions that it consists of.
#[derive(Clone, Debug, PartialEq)]
pub struct ExplainedCondition {
    /// Whether it holds.
    pub holds: bool,
    /// What it requires, in words.
    pub asks: String,
    /// What the event has there; `None` for conditions that consist of others.
    pub found: Option<String>,
    /// The conditions that it consists of.
    pub parts: Vec<ExplainedCondition>,
}

impl ExplainedCondition {
    /// The leaf conditions responsible for this one holding, or not holding.
    pub fn deciding_conditions(&self) -> Vec<&Self> {
        if self.parts.is_empty() {
            return vec![self];
        }
        let same: Vec<&Self> = self.parts.iter().filter(|part| part.holds == self.holds).collect();
        // Below a `not`, no part has the same result.
        let parts = if same.is_empty() { self.parts.iter().collect() } else { same };
        parts.into_iter().flat_map(Self::deciding_conditions).collect()
    }
}

impl std::fmt::Display for ExplainedCondition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { holds, asks, found, .. } = self;
        write!(f, "{} {asks}", if *holds { "holds:" } else { "fails:" })?;
        found.as_ref().map_or(Ok(()), |found| write!(f, " (found {found})"))
    }
}

/// How many values of a field are shown.
const SHOWN: usize = 5;

/// Explains a condition on an event of a source. Strings are as the log has them.
///
/// ```
/// use aware_core::source::cloudtrail;
/// use aware_rules::{cloudwatch, explain::explain_condition};
///
/// let pattern = "{ ($.eventName = StopLogging) && ($.awsRegion = us-east-1) }";
/// let expr = cloudwatch::compile_pattern("rule", pattern)?;
/// let record = serde_json::json!({"eventName": "StopLogging", "awsRegion": "eu-west-1"});
/// let explained = explain_condition(&expr, cloudtrail::ID, &record, "");
/// assert!(!explained.holds);
/// let deciding: Vec<String> =
///     explained.deciding_conditions().iter().map(ToString::to_string).collect();
/// assert_eq!(
///     deciding,
///     [r#"fails: awsRegion = "us-east-1" (case-sensitive) (found "eu-west-1")"#]
/// );
/// # Ok::<(), aware_rules::problem::RuleMistake>(())
/// ```
pub fn explain_condition<'s>(
    expr: &RuleExpr,
    source: impl Into<RecordSource<'s>>,
    event: &Value,
    line: &str,
) -> ExplainedCondition {
    explain_in_scope(expr, EvaluationScope::new(source.into(), event, line))
}

fn explain_in_scope(expr: &RuleExpr, scope: EvaluationScope<'_>) -> ExplainedCondition {
    let holds = scope.condition_holds(expr);
    let parts =
        |inner: &[RuleExpr]| inner.iter().map(|inner| explain_in_scope(inner, scope)).collect();
    let made =
        |asks: &str, parts| ExplainedCondition { holds, asks: asks.to_owned(), found: None, parts };
    match expr {
        RuleExpr::All(inner) => made("all of", parts(inner)),
        RuleExpr::Any(inner) => made("any of", parts(inner)),
        RuleExpr::Not(inner) => made("not", vec![explain_in_scope(inner, scope)]),
        RuleExpr::Together(parts) => made(
            "all of, in the same members of lists",
            parts.iter().map(|part| explain_joint_part(part, scope)).collect(),
        ),
        RuleExpr::Each(each) => explain_each(each, scope),
        RuleExpr::Test(test) => explain_test(test, scope),
        RuleExpr::Line(test) => ExplainedCondition {
            holds,
            asks: describe_line_test(test),
            found: None,
            parts: Vec::new(),
        },
    }
}

fn explain_test(test: &FieldTest, scope: EvaluationScope<'_>) -> ExplainedCondition {
    let found = Some(describe_found(&scope.find_leaves(&test.field)));
    ExplainedCondition {
        holds: scope.test_holds(test),
        asks: describe_test(test),
        found,
        parts: Vec::new(),
    }
}

/// What a test requires, in words.
pub(crate) fn describe_test(test: &FieldTest) -> String {
    let field = &test.field;
    match &test.op {
        TestOperation::Exists => format!("{field} exists"),
        TestOperation::Null => format!("{field} is null or absent"),
        TestOperation::Is(wanted) => format!("{field} {}", describe_match(wanted)),
        TestOperation::Length(how, length) => {
            format!("{field} has a length {} {length}", comparison_sign(*how))
        }
        TestOperation::Refers(FieldReference { other, how, case, segments, .. }) => {
            let whole = if *segments { " as whole segments" } else { "" };
            format!("{field} {} {other}{whole}{}", describe_relation(*how), describe_case(*case))
        }
    }
}

/// One field of several that must match together, on its own.
fn explain_joint_part(
    JointTest { field, value, absent }: &JointTest,
    scope: EvaluationScope<'_>,
) -> ExplainedCondition {
    let found = scope.find_leaves(field);
    let absence = absent.then(|| "is not there".to_owned());
    let asks: Vec<String> = value.iter().map(describe_match).chain(absence).collect();
    let alone = |wanted: &LeafMatch| {
        scope.test_holds(&FieldTest { field: field.clone(), op: TestOperation::Is(wanted.clone()) })
    };
    let holds = value.as_ref().is_some_and(alone) || *absent && found.leaves.is_empty();
    let asks = format!("{field} {}", asks.join(" or "));
    ExplainedCondition { holds, asks, found: Some(describe_found(&found)), parts: Vec::new() }
}

/// A condition on a list's members, with the member that decided.
fn explain_each(each: &MemberCondition, scope: EvaluationScope<'_>) -> ExplainedCondition {
    let (count, shown) = scope.count_and_pick(each);
    let how = match each.how {
        MemberQuantifier::Any => "a member",
        MemberQuantifier::All => "every member, of one or more,",
        MemberQuantifier::AllOrEmpty => "every member, if any,",
        MemberQuantifier::None => "no member",
    };
    ExplainedCondition {
        holds: scope.condition_holds(&RuleExpr::Each(each.clone())),
        asks: format!("{how} of {} has", each.field),
        found: Some(if count == 1 { "1 member".to_owned() } else { format!("{count} members") }),
        parts: shown
            .iter()
            .map(|member| explain_in_scope(&each.body, scope.for_member(member)))
            .collect(),
    }
}

fn describe_found(found: &FoundLeaves) -> String {
    if !found.exists {
        return "not there".to_owned();
    }
    let mut text = String::new();
    for (index, (leaf, _)) in found.leaves.iter().take(SHOWN).enumerate() {
        let comma = if index == 0 { "" } else { ", " };
        let _ = write!(text, "{comma}{leaf}");
    }
    match found.leaves.len() {
        0 => "present, without a value".to_owned(),
        n if n > SHOWN => format!("{text}, and {} more", n - SHOWN),
        _ => text,
    }
}

fn describe_match(wanted: &LeafMatch) -> String {
    match wanted {
        LeafMatch::Anything => "has a value".to_owned(),
        LeafMatch::Text(pattern, _) => describe_pattern(pattern),
        LeafMatch::Regex(regex, _) => format!("matches /{}/", regex.as_str()),
        LeafMatch::Number(how, value, _) => format!("{} {value}", comparison_sign(*how)),
        LeafMatch::Bool(value) => format!("= {value}"),
        LeafMatch::Null => "= null".to_owned(),
        LeafMatch::Cidr(cidr) => format!("is in {cidr}"),
        LeafMatch::Time(part, how, value) => {
            format!("has a {} {} {value}", part.as_str(), comparison_sign(*how))
        }
        LeafMatch::All(inner) => join_matches(inner, " and "),
        LeafMatch::Any(inner) => join_matches(inner, " or "),
        LeafMatch::Not(inner) => format!("is not ({})", describe_match(inner)),
    }
}

fn join_matches(inner: &[LeafMatch], between: &str) -> String {
    let texts: Vec<String> = inner.iter().map(describe_match).collect();
    format!("({})", texts.join(between))
}

fn describe_pattern(pattern: &TextPattern) -> String {
    let how = if pattern.literal_text().is_some() { "=" } else { "is like" };
    format!("{how} \"{pattern}\"{}", describe_case(pattern.letter_case()))
}

fn describe_case(case: LetterCase) -> &'static str {
    match case {
        LetterCase::Sensitive => " (case-sensitive)",
        LetterCase::Insensitive => "",
    }
}

fn describe_relation(how: TextRelation) -> &'static str {
    match how {
        TextRelation::Equals => "equals",
        TextRelation::StartsWith => "begins with",
        TextRelation::EndsWith => "ends with",
        TextRelation::Contains => "holds",
        TextRelation::AccountOf => "is of the account",
    }
}

fn comparison_sign(how: NumberComparison) -> &'static str {
    match how {
        NumberComparison::Less => "<",
        NumberComparison::LessOrEqual => "<=",
        NumberComparison::Equal => "=",
        NumberComparison::GreaterOrEqual => ">=",
        NumberComparison::Greater => ">",
    }
}

fn describe_line_test(test: &LineTest) -> String {
    match test {
        LineTest::Contains(text) => format!("the line contains \"{text}\""),
        LineTest::Regex(regex) => format!("the line matches /{}/", regex.as_str()),
        LineTest::Words(words) => format!("the line has {} fields that fit", words.len()),
    }
}

#[cfg(test)]
mod tests {
    use aware_core::source::cloudtrail;
    use serde_json::json;

    use super::*;
    use crate::ir::{EventField, LeafTypes, PathReach};

    #[test]
    fn conditions_one_by_one() {
        let is = |name: &str, text: &str| {
            let pattern = TextPattern::exact_text(text, LetterCase::Insensitive);
            RuleExpr::from_test(
                EventField::dotted(name, PathReach::Leaves),
                TestOperation::Is(LeafMatch::Text(pattern, LeafTypes::Scalars)),
            )
        };
        let expr =
            RuleExpr::All(vec![is("eventName", "CreateUser"), is("errorCode", "x").negated()]);
        let step = explain_condition(&expr, cloudtrail::ID, &json!({"eventName": "ListUsers"}), "");
        assert!(!step.holds);
        let [first, second] = step.parts.as_slice() else { panic!("{step:?}") };
        assert_eq!((first.holds, first.asks.as_str()), (false, "eventName = \"createuser\""));
        assert_eq!(first.found.as_deref(), Some("\"ListUsers\""));
        assert!(second.holds);
        assert_eq!(second.parts[0].found.as_deref(), Some("not there"));
        let lines = |event| {
            let step = explain_condition(&expr, cloudtrail::ID, &event, "");
            step.deciding_conditions().into_iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(
            lines(json!({"eventName": "ListUsers"})),
            [r#"fails: eventName = "createuser" (found "ListUsers")"#]
        );
        assert_eq!(
            lines(json!({"eventName": "CreateUser", "errorCode": "X"})),
            [r#"holds: errorCode = "x" (found "X")"#]
        );
        assert_eq!(
            lines(json!({"eventName": "CreateUser"})),
            [
                r#"holds: eventName = "createuser" (found "CreateUser")"#,
                r#"fails: errorCode = "x" (found not there)"#
            ]
        );
    }
}
