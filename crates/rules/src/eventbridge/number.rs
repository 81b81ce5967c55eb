//! `numeric`: comparisons with numbers, and ranges of them.

use super::json::{kind, problem_at};
use crate::ir::{LeafMatch, LeafTypes, NumberComparison};
use crate::problem::RuleMistake;
use crate::tree::{PatternPlace, YamlNode, YamlValue};

/// Numbers beyond this, positive or negative, cannot be compared: EventBridge's documented limit.
const MAX_NUMBER: f64 = 5e9;

/// A number that EventBridge can compare.
pub(super) fn check_number_range(at: PatternPlace, number: f64) -> Result<f64, RuleMistake> {
    if (-MAX_NUMBER..=MAX_NUMBER).contains(&number) {
        return Ok(number);
    }
    Err(problem_at(at, format!("{number} is out of EventBridge's range, ±{MAX_NUMBER}")))
}

/// `["=", n]`, `["<", n]`, `[">", n]`, or a range that begins with its lower end.
pub(super) fn read_numeric(node: &YamlNode) -> Result<LeafMatch, RuleMistake> {
    let YamlValue::List(nodes) = &node.value else {
        return Err(
            problem_at(node.place, "`numeric` takes a list").with_hint("`[\">\", 0, \"<=\", 5]`")
        );
    };
    let (how, first, rest) = read_bound(node.place, nodes)?;
    let lower = LeafMatch::Number(how, first, LeafTypes::Strict);
    let [next, ..] = rest else { return Ok(lower) };
    if !matches!(how, NumberComparison::Greater | NumberComparison::GreaterOrEqual) {
        return Err(problem_at(next.place, "too many elements in `numeric`")
            .with_hint("a range begins with its lower end: `[\">\", 0, \"<=\", 5]`"));
    }
    let (how, second, rest) = read_bound(node.place, rest)?;
    if !matches!(how, NumberComparison::Less | NumberComparison::LessOrEqual) {
        return Err(problem_at(next.place, "upper end of a range is `<` or `<=`"));
    }
    if let [extra, ..] = rest {
        return Err(problem_at(extra.place, "too many elements in `numeric`"));
    }
    if first >= second {
        return Err(problem_at(next.place, "lower end of a range is not below its upper end"));
    }
    Ok(LeafMatch::All(vec![lower, LeafMatch::Number(how, second, LeafTypes::Strict)]))
}

/// A comparison and its number at the beginning of a list.
fn read_bound(
    at: PatternPlace,
    nodes: &[YamlNode],
) -> Result<(NumberComparison, f64, &[YamlNode]), RuleMistake> {
    let [how, rest @ ..] = nodes else {
        return Err(problem_at(at, "empty `numeric`").with_hint("`[\">\", 0, \"<=\", 5]`"));
    };
    let comparison = match &how.value {
        YamlValue::Text(text) => comparison_from(text),
        _ => None,
    };
    let comparison = comparison.ok_or_else(|| {
        problem_at(how.place, "unknown comparison in `numeric`").with_hint("one of =, <, <=, >, >=")
    })?;
    let [value, rest @ ..] = rest else {
        return Err(problem_at(how.place, "comparison without a number in `numeric`"));
    };
    match value.value {
        YamlValue::Float(number) => {
            Ok((comparison, check_number_range(value.place, number)?, rest))
        }
        ref other => Err(problem_at(
            value.place,
            format!("`numeric` compares with a number, not {}", kind(other)),
        )),
    }
}

fn comparison_from(text: &str) -> Option<NumberComparison> {
    Some(match text {
        "=" => NumberComparison::Equal,
        "<" => NumberComparison::Less,
        "<=" => NumberComparison::LessOrEqual,
        ">" => NumberComparison::Greater,
        ">=" => NumberComparison::GreaterOrEqual,
        _ => return None,
    })
}
