//! The contents of a field's list: values, and objects with one operator each.
//!
//! The operators and their operands follow event-ruler, the library behind EventBridge:
//! <https://github.com/aws/event-ruler>.

use super::json::{kind, problem};
use super::wildcard;
use crate::ir::{Case, Cidr, Comparison, Match, Pattern, Types};
use crate::problem::Problem;
use crate::tree::{Key, Node, Place, Value};
use aware_core::near::{did_you_mean, nearest};

/// A name in an object, and what stands under it.
type Member = (Key, Node);

/// One of a field's alternatives, and its position.
#[derive(Clone, Debug)]
pub(super) struct Alternative {
    pub at: Place,
    pub what: What,
}

/// What an alternative requires.
#[derive(Clone, Debug)]
pub(super) enum What {
    /// A value in the field that matches.
    Value(Match),
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

/// Numbers beyond this, positive or negative, cannot be compared: EventBridge's documented limit.
const MAX_NUMBER: f64 = 5e9;

/// Reads a field's list.
pub(super) fn alternatives(at: Place, nodes: &[Node]) -> Result<Vec<Alternative>, Problem> {
    if nodes.is_empty() {
        return Err(problem(at, "empty list").hint("`[{\"exists\": true}]` matches any value"));
    }
    let alternatives: Vec<Alternative> =
        nodes.iter().map(alternative).collect::<Result<_, Problem>>()?;
    let wildcards: Vec<&Pattern> = nodes
        .iter()
        .zip(&alternatives)
        .filter(|(node, _)| operator(node).is_some_and(|(key, _)| key.text == "wildcard"))
        .filter_map(|(_, alternative)| match &alternative.what {
            What::Value(Match::Text(pattern, _)) => Some(pattern),
            _ => None,
        })
        .collect();
    wildcard::check(at, &wildcards)?;
    Ok(alternatives)
}

fn operator(node: &Node) -> Option<&Member> {
    match &node.value {
        Value::Map(members) => members.first(),
        _ => None,
    }
}

fn alternative(node: &Node) -> Result<Alternative, Problem> {
    let what = match &node.value {
        Value::Null => What::Value(Match::Null),
        Value::Bool(value) => What::Value(Match::Bool(*value)),
        // JSON is read with numbers of one kind.
        Value::Whole(number) => What::Value(equal(*number as f64)),
        Value::Float(number) => What::Value(equal(*number)),
        Value::Text(text) => What::Value(exact(text)),
        Value::Map(members) => operation(only(node.place, members)?)?,
        Value::List(_) => {
            return Err(problem(node.place, "list in a list of values")
                .hint("write values side by side: `[\"a\", \"b\"]`"));
        }
    };
    Ok(Alternative { at: node.place, what })
}

/// The single member of an operator's object. Each repetition of a name counts as another member.
fn only(at: Place, members: &[Member]) -> Result<&Member, Problem> {
    match members {
        [member] => Ok(member),
        [] => Err(problem(at, "object without an operator")
            .hint(format!("one of {}", OPERATORS.join(", ")))),
        [_, (second, _), ..] => Err(problem(second.place, "second operator in one object")
            .hint("alternatives are objects of their own in the list")),
    }
}

fn operation(member: &Member) -> Result<What, Problem> {
    let (key, value) = member;
    Ok(What::Value(match key.text.as_str() {
        "prefix" => affix(member, Pattern::prefix)?,
        "suffix" => affix(member, Pattern::suffix)?,
        "equals-ignore-case" => fold(string(value, "equals-ignore-case")?),
        "wildcard" => text(wildcard::parse(value.place, string(value, "wildcard")?)?),
        "anything-but" => anything_but(value)?,
        "numeric" => numeric(value)?,
        "cidr" => cidr(value)?,
        "exists" => return exists(value),
        other => return Err(unknown(key.place, other, &OPERATORS)),
    }))
}

fn unknown(at: Place, name: &str, known: &[&str]) -> Problem {
    let near = nearest(name, known.iter().copied());
    problem(at, format!("unknown operator `{name}`")).hint(match near {
        Some(near) => did_you_mean(near),
        None if name == "exactly" => "a plain string matches exactly".to_owned(),
        None => format!("one of {}", known.join(", ")),
    })
}

fn text(pattern: Pattern) -> Match {
    Match::Text(pattern, Types::Strict)
}

fn exact(value: &str) -> Match {
    text(Pattern::exact(value, Case::Sensitive))
}

fn fold(value: &str) -> Match {
    text(Pattern::exact(value, Case::Insensitive))
}

fn equal(number: f64) -> Match {
    Match::Number(Comparison::Equal, number, Types::Strict)
}

fn string<'n>(node: &'n Node, operator: &str) -> Result<&'n str, Problem> {
    match &node.value {
        Value::Text(text) => Ok(text),
        other => {
            Err(problem(node.place, format!("`{operator}` takes a string, not {}", kind(other))))
        }
    }
}

/// `prefix` and `suffix`: a string, or `{"equals-ignore-case": string}`.
fn affix(member: &Member, build: fn(&str, Case) -> Pattern) -> Result<Match, Problem> {
    let (key, value) = member;
    let name = key.text.as_str();
    let Value::Map(inner) = &value.value else {
        return Ok(text(build(string(value, name)?, Case::Sensitive)));
    };
    let (inner, value) = only(value.place, inner)?;
    if inner.text != "equals-ignore-case" {
        return Err(problem(inner.place, format!("`{}` inside `{name}`", inner.text))
            .hint(format!("`{name}` takes a string or `equals-ignore-case`")));
    }
    Ok(text(build(string(value, "equals-ignore-case")?, Case::Insensitive)))
}

fn exists(node: &Node) -> Result<What, Problem> {
    match node.value {
        Value::Bool(true) => Ok(What::Value(Match::Anything)),
        Value::Bool(false) => Ok(What::Absent),
        _ => Err(problem(node.place, "`exists` takes true or false")),
    }
}

/// The opposite of values, all strings or all numbers, or of one operator on strings.
fn anything_but(node: &Node) -> Result<Match, Problem> {
    let unwanted = match &node.value {
        Value::Text(value) => vec![exact(value)],
        Value::Float(number) => vec![equal(limited(node.place, *number)?)],
        Value::List(nodes) => unwanted_values(node.place, nodes)?,
        Value::Map(members) => unwanted_texts(only(node.place, members)?)?,
        other => {
            return Err(problem(
                node.place,
                format!("`anything-but` takes strings or numbers, not {}", kind(other)),
            ));
        }
    };
    Ok(Match::Not(Box::new(match unwanted.as_slice() {
        [single] => single.clone(),
        _ => Match::Any(unwanted),
    })))
}

fn unwanted_values(at: Place, nodes: &[Node]) -> Result<Vec<Match>, Problem> {
    let mut unwanted = Vec::new();
    let mut known: Option<&str> = None;
    for node in nodes {
        unwanted.push(match &node.value {
            Value::Text(value) => exact(value),
            Value::Float(number) => equal(limited(node.place, *number)?),
            other => {
                let what = format!("{} in the list of `anything-but`", kind(other));
                return Err(problem(node.place, what).hint("only strings, or only numbers"));
            }
        });
        if *known.get_or_insert(kind(&node.value)) != kind(&node.value) {
            return Err(problem(node.place, "strings and numbers in the list of `anything-but`")
                .hint("only strings, or only numbers"));
        }
    }
    match known {
        Some(_) => Ok(unwanted),
        None => Err(problem(at, "empty list in `anything-but`")),
    }
}

/// `{"prefix": …}` and the like inside `anything-but`, each with a string or a list of strings.
fn unwanted_texts((key, value): &Member) -> Result<Vec<Match>, Problem> {
    const KNOWN: [&str; 4] = ["prefix", "suffix", "equals-ignore-case", "wildcard"];
    if !KNOWN.contains(&key.text.as_str()) {
        return Err(match OPERATORS.contains(&key.text.as_str()) {
            true => problem(key.place, format!("`{}` inside `anything-but`", key.text))
                .hint(format!("`anything-but` takes {}", KNOWN.join(", "))),
            false => unknown(key.place, &key.text, &KNOWN),
        });
    }
    match &value.value {
        Value::List(nodes) if nodes.is_empty() => {
            Err(problem(value.place, format!("empty list in `{}`", key.text)))
        }
        Value::List(nodes) => nodes.iter().map(|node| unwanted_text(&key.text, node)).collect(),
        _ => Ok(vec![unwanted_text(&key.text, value)?]),
    }
}

fn unwanted_text(name: &str, node: &Node) -> Result<Match, Problem> {
    let value = string(node, name)?;
    Ok(match name {
        "prefix" | "suffix" if value.is_empty() => {
            return Err(problem(node.place, format!("empty `{name}` inside `anything-but`"))
                .hint("it would match nothing: every text has it"));
        }
        "prefix" => text(Pattern::prefix(value, Case::Sensitive)),
        "suffix" => text(Pattern::suffix(value, Case::Sensitive)),
        "wildcard" => text(wildcard::parse(node.place, value)?),
        _ => fold(value),
    })
}

fn limited(at: Place, number: f64) -> Result<f64, Problem> {
    if (-MAX_NUMBER..=MAX_NUMBER).contains(&number) {
        return Ok(number);
    }
    Err(problem(at, format!("{number} is out of EventBridge's range, ±{MAX_NUMBER}")))
}

/// `["=", n]`, `["<", n]`, `[">", n]`, or a range that begins with its lower end.
fn numeric(node: &Node) -> Result<Match, Problem> {
    let Value::List(nodes) = &node.value else {
        return Err(problem(node.place, "`numeric` takes a list").hint("`[\">\", 0, \"<=\", 5]`"));
    };
    let (how, first, rest) = bound(node.place, nodes)?;
    let lower = Match::Number(how, first, Types::Strict);
    let [next, ..] = rest else { return Ok(lower) };
    if !matches!(how, Comparison::Greater | Comparison::GreaterOrEqual) {
        return Err(problem(next.place, "too many elements in `numeric`")
            .hint("a range begins with its lower end: `[\">\", 0, \"<=\", 5]`"));
    }
    let (how, second, rest) = bound(node.place, rest)?;
    if !matches!(how, Comparison::Less | Comparison::LessOrEqual) {
        return Err(problem(next.place, "upper end of a range is `<` or `<=`"));
    }
    if let [extra, ..] = rest {
        return Err(problem(extra.place, "too many elements in `numeric`"));
    }
    if first >= second {
        return Err(problem(next.place, "lower end of a range is not below its upper end"));
    }
    Ok(Match::All(vec![lower, Match::Number(how, second, Types::Strict)]))
}

/// A comparison and its number at the beginning of a list.
fn bound(at: Place, nodes: &[Node]) -> Result<(Comparison, f64, &[Node]), Problem> {
    let [how, rest @ ..] = nodes else {
        return Err(problem(at, "empty `numeric`").hint("`[\">\", 0, \"<=\", 5]`"));
    };
    let comparison = match &how.value {
        Value::Text(text) => comparison(text),
        _ => None,
    };
    let comparison = comparison.ok_or_else(|| {
        problem(how.place, "unknown comparison in `numeric`").hint("one of =, <, <=, >, >=")
    })?;
    let [value, rest @ ..] = rest else {
        return Err(problem(how.place, "comparison without a number in `numeric`"));
    };
    match value.value {
        Value::Float(number) => Ok((comparison, limited(value.place, number)?, rest)),
        ref other => Err(problem(
            value.place,
            format!("`numeric` compares with a number, not {}", kind(other)),
        )),
    }
}

fn comparison(text: &str) -> Option<Comparison> {
    Some(match text {
        "=" => Comparison::Equal,
        "<" => Comparison::Less,
        "<=" => Comparison::LessOrEqual,
        ">" => Comparison::Greater,
        ">=" => Comparison::GreaterOrEqual,
        _ => return None,
    })
}

/// A network with its mask; EventBridge does not accept a mask for a single address.
fn cidr(node: &Node) -> Result<Match, Problem> {
    let value = string(node, "cidr")?;
    let wrong = |what: &str| Err(problem(node.place, format!("`{value}` {what}")));
    let Some((address, bits)) = value.split_once('/') else {
        return wrong("has no mask").map_err(|problem: Problem| problem.hint("`10.0.0.0/24`"));
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
        Ok(bits) if bits < if v6 { 128 } else { 32 } => Ok(Match::Cidr(network)),
        _ => wrong("is a single address").map_err(|problem: Problem| {
            problem.hint("EventBridge accepts it as a plain value, without a mask")
        }),
    }
}
