//! The contents of a field's list: values, and objects with one operator each.
//!
//! The operators and their operands follow event-ruler, the library behind EventBridge:
//! <https://github.com/aws/event-ruler>.

use aware_core::near::{did_you_mean, nearest};

use super::json::{kind, problem_at};
use super::number::{check_number_range, read_numeric};
use super::wildcard;
use crate::ir::{Cidr, LeafMatch, LeafTypes, LetterCase, NumberComparison, TextPattern};
use crate::problem::RuleMistake;
use crate::tree::{PatternPlace, YamlKey, YamlNode, YamlValue};

/// A member of an object: its name and its value.
type Member = (YamlKey, YamlNode);

/// One of a field's alternatives, and its position.
#[derive(Clone, Debug)]
pub(super) struct FieldAlternative {
    pub at: PatternPlace,
    pub what: AlternativeKind,
}

/// What an alternative requires.
#[derive(Clone, Debug)]
pub(super) enum AlternativeKind {
    /// A value in the field that matches.
    Value(LeafMatch),
    /// No value in the field at all: `{"exists": false}`.
    Absent,
}

/// Every operator allowed in an object in a field's list.
const OPERATORS: [&str; 8] = [
    "prefix",
    "suffix",
    "equals-ignore-case",
    "wildcard",
    "anything-but",
    "numeric",
    "cidr",
    "exists",
];

/// Reads a field's list.
pub(super) fn read_alternatives(
    at: PatternPlace,
    nodes: &[YamlNode],
) -> Result<Vec<FieldAlternative>, RuleMistake> {
    if nodes.is_empty() {
        return Err(
            problem_at(at, "empty list").with_hint("`[{\"exists\": true}]` matches any value")
        );
    }
    let alternatives: Vec<FieldAlternative> =
        nodes.iter().map(read_alternative).collect::<Result<_, RuleMistake>>()?;
    let wildcards: Vec<&TextPattern> = nodes
        .iter()
        .zip(&alternatives)
        .filter(|(node, _)| operator_of(node).is_some_and(|(key, _)| key.text == "wildcard"))
        .filter_map(|(_, alternative)| match &alternative.what {
            AlternativeKind::Value(LeafMatch::Text(pattern, _)) => Some(pattern),
            _ => None,
        })
        .collect();
    wildcard::check_complexity(at, &wildcards)?;
    Ok(alternatives)
}

fn operator_of(node: &YamlNode) -> Option<&Member> {
    match &node.value {
        YamlValue::Map(members) => members.first(),
        _ => None,
    }
}

fn read_alternative(node: &YamlNode) -> Result<FieldAlternative, RuleMistake> {
    let what = match &node.value {
        YamlValue::Null => AlternativeKind::Value(LeafMatch::Null),
        YamlValue::Bool(value) => AlternativeKind::Value(LeafMatch::Bool(*value)),
        // JSON is read with numbers of one kind.
        YamlValue::Whole(number) => AlternativeKind::Value(equal_number(*number as f64)),
        YamlValue::Float(number) => AlternativeKind::Value(equal_number(*number)),
        YamlValue::Text(text) => AlternativeKind::Value(exact_text(text)),
        YamlValue::Map(members) => read_operator(only_member(node.place, members)?)?,
        YamlValue::List(_) => {
            return Err(problem_at(node.place, "list in a list of values")
                .with_hint("write values side by side: `[\"a\", \"b\"]`"));
        }
    };
    Ok(FieldAlternative { at: node.place, what })
}

/// The single member of an operator's object. Each repetition of a name counts as another member.
fn only_member(at: PatternPlace, members: &[Member]) -> Result<&Member, RuleMistake> {
    match members {
        [member] => Ok(member),
        [] => Err(problem_at(at, "object without an operator")
            .with_hint(format!("one of {}", OPERATORS.join(", ")))),
        [_, (second, _), ..] => Err(problem_at(second.place, "second operator in one object")
            .with_hint("alternatives are objects of their own in the list")),
    }
}

fn read_operator(member: &Member) -> Result<AlternativeKind, RuleMistake> {
    let (key, value) = member;
    Ok(AlternativeKind::Value(match key.text.as_str() {
        "prefix" => read_affix(member, TextPattern::with_prefix)?,
        "suffix" => read_affix(member, TextPattern::with_suffix)?,
        "equals-ignore-case" => folded_text(string_operand(value, "equals-ignore-case")?),
        "wildcard" => {
            strict_text(wildcard::parse_wildcard(value.place, string_operand(value, "wildcard")?)?)
        }
        "anything-but" => read_anything_but(value)?,
        "numeric" => read_numeric(value)?,
        "cidr" => read_cidr(value)?,
        "exists" => return read_exists(value),
        other => return Err(unknown_operator(key.place, other, &OPERATORS)),
    }))
}

fn unknown_operator(at: PatternPlace, name: &str, known: &[&str]) -> RuleMistake {
    let near = nearest(name, known.iter().copied());
    problem_at(at, format!("unknown operator `{name}`")).with_hint(match near {
        Some(near) => did_you_mean(near),
        None if name == "exactly" => "a plain string matches exactly".to_owned(),
        None => format!("one of {}", known.join(", ")),
    })
}

fn strict_text(pattern: TextPattern) -> LeafMatch {
    LeafMatch::Text(pattern, LeafTypes::Strict)
}

fn exact_text(value: &str) -> LeafMatch {
    strict_text(TextPattern::exact_text(value, LetterCase::Sensitive))
}

fn folded_text(value: &str) -> LeafMatch {
    strict_text(TextPattern::exact_text(value, LetterCase::Insensitive))
}

fn equal_number(number: f64) -> LeafMatch {
    LeafMatch::Number(NumberComparison::Equal, number, LeafTypes::Strict)
}

fn string_operand<'n>(node: &'n YamlNode, operator: &str) -> Result<&'n str, RuleMistake> {
    match &node.value {
        YamlValue::Text(text) => Ok(text),
        other => {
            Err(problem_at(node.place, format!("`{operator}` takes a string, not {}", kind(other))))
        }
    }
}

/// `prefix` and `suffix`: a string, or `{"equals-ignore-case": string}`.
fn read_affix(
    member: &Member,
    build: fn(&str, LetterCase) -> TextPattern,
) -> Result<LeafMatch, RuleMistake> {
    let (key, value) = member;
    let name = key.text.as_str();
    let YamlValue::Map(inner) = &value.value else {
        return Ok(strict_text(build(string_operand(value, name)?, LetterCase::Sensitive)));
    };
    let (inner, value) = only_member(value.place, inner)?;
    if inner.text != "equals-ignore-case" {
        return Err(problem_at(inner.place, format!("`{}` inside `{name}`", inner.text))
            .with_hint(format!("`{name}` takes a string or `equals-ignore-case`")));
    }
    Ok(strict_text(build(string_operand(value, "equals-ignore-case")?, LetterCase::Insensitive)))
}

fn read_exists(node: &YamlNode) -> Result<AlternativeKind, RuleMistake> {
    match node.value {
        YamlValue::Bool(true) => Ok(AlternativeKind::Value(LeafMatch::Anything)),
        YamlValue::Bool(false) => Ok(AlternativeKind::Absent),
        _ => Err(problem_at(node.place, "`exists` takes true or false")),
    }
}

/// The opposite of values, all strings or all numbers, or of one operator on strings.
fn read_anything_but(node: &YamlNode) -> Result<LeafMatch, RuleMistake> {
    let unwanted = match &node.value {
        YamlValue::Text(value) => vec![exact_text(value)],
        YamlValue::Float(number) => vec![equal_number(check_number_range(node.place, *number)?)],
        YamlValue::List(nodes) => unwanted_values(node.place, nodes)?,
        YamlValue::Map(members) => unwanted_texts(only_member(node.place, members)?)?,
        other => {
            return Err(problem_at(
                node.place,
                format!("`anything-but` takes strings or numbers, not {}", kind(other)),
            ));
        }
    };
    Ok(LeafMatch::Not(Box::new(match unwanted.as_slice() {
        [single] => single.clone(),
        _ => LeafMatch::Any(unwanted),
    })))
}

fn unwanted_values(at: PatternPlace, nodes: &[YamlNode]) -> Result<Vec<LeafMatch>, RuleMistake> {
    let mut unwanted = Vec::new();
    let mut known: Option<&str> = None;
    for node in nodes {
        unwanted.push(match &node.value {
            YamlValue::Text(value) => exact_text(value),
            YamlValue::Float(number) => equal_number(check_number_range(node.place, *number)?),
            other => {
                let what = format!("{} in the list of `anything-but`", kind(other));
                return Err(problem_at(node.place, what).with_hint("only strings, or only numbers"));
            }
        });
        if *known.get_or_insert(kind(&node.value)) != kind(&node.value) {
            return Err(problem_at(
                node.place,
                "strings and numbers in the list of `anything-but`",
            )
            .with_hint("only strings, or only numbers"));
        }
    }
    match known {
        Some(_) => Ok(unwanted),
        None => Err(problem_at(at, "empty list in `anything-but`")),
    }
}

/// `{"prefix": …}` and the like inside `anything-but`, each with a string or a list of strings.
fn unwanted_texts((key, value): &Member) -> Result<Vec<LeafMatch>, RuleMistake> {
    const KNOWN: [&str; 4] = ["prefix", "suffix", "equals-ignore-case", "wildcard"];
    if !KNOWN.contains(&key.text.as_str()) {
        return Err(match OPERATORS.contains(&key.text.as_str()) {
            true => problem_at(key.place, format!("`{}` inside `anything-but`", key.text))
                .with_hint(format!("`anything-but` takes {}", KNOWN.join(", "))),
            false => unknown_operator(key.place, &key.text, &KNOWN),
        });
    }
    match &value.value {
        YamlValue::List(nodes) if nodes.is_empty() => {
            Err(problem_at(value.place, format!("empty list in `{}`", key.text)))
        }
        YamlValue::List(nodes) => nodes.iter().map(|node| unwanted_text(&key.text, node)).collect(),
        _ => Ok(vec![unwanted_text(&key.text, value)?]),
    }
}

fn unwanted_text(name: &str, node: &YamlNode) -> Result<LeafMatch, RuleMistake> {
    let value = string_operand(node, name)?;
    Ok(match name {
        "prefix" | "suffix" if value.is_empty() => {
            return Err(problem_at(node.place, format!("empty `{name}` inside `anything-but`"))
                .with_hint("it would match nothing: every text has it"));
        }
        "prefix" => strict_text(TextPattern::with_prefix(value, LetterCase::Sensitive)),
        "suffix" => strict_text(TextPattern::with_suffix(value, LetterCase::Sensitive)),
        "wildcard" => strict_text(wildcard::parse_wildcard(node.place, value)?),
        _ => folded_text(value),
    })
}

/// A network with its mask; EventBridge does not accept a mask for a single address.
fn read_cidr(node: &YamlNode) -> Result<LeafMatch, RuleMistake> {
    let value = string_operand(node, "cidr")?;
    let wrong = |what: &str| Err(problem_at(node.place, format!("`{value}` {what}")));
    let Some((address, bits)) = value.split_once('/') else {
        return wrong("has no mask")
            .map_err(|problem: RuleMistake| problem.with_hint("`10.0.0.0/24`"));
    };
    let (Some(network), true) = (Cidr::parse(value), bits.bytes().all(|b| b.is_ascii_digit()))
    else {
        return wrong("is not a network in CIDR notation");
    };
    let v6 = address.contains(':');
    if v6 && address.contains('.') {
        return wrong("is written half as IPv4");
    }
    match bits.parse::<u8>() {
        Ok(bits) if bits < if v6 { 128 } else { 32 } => Ok(LeafMatch::Cidr(network)),
        _ => wrong("is a single address").map_err(|problem: RuleMistake| {
            problem.with_hint("EventBridge accepts it as a plain value, without a mask")
        }),
    }
}
