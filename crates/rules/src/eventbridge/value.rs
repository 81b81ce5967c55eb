//! What stands in a field's list: values, and objects with one operator each.
//!
//! Which operators there are and what each takes follows event-ruler, the library behind
//! EventBridge: <https://github.com/aws/event-ruler>.

use super::json::{Json, Member, Node, Place, problem};
use super::wildcard;
use crate::ir::{Case, Cidr, Comparison, Match, Pattern, Types};
use crate::problem::Problem;

/// One of a field's alternatives, and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Alternative {
    pub at: Place,
    pub what: What,
}

/// What an alternative asks for.
#[derive(Clone, Debug)]
pub(super) enum What {
    /// A value in the field that matches.
    Value(Match),
    /// No value in the field at all: `{"exists": false}`.
    Absent,
}

/// Every operator that an object in a field's list can name.
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

/// Numbers beyond this, either way, cannot be compared: EventBridge's documented limit.
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
        .filter(|(node, _)| operator(node).is_some_and(|member| member.name == "wildcard"))
        .filter_map(|(_, alternative)| match &alternative.what {
            What::Value(Match::Text(pattern, _)) => Some(pattern),
            _ => None,
        })
        .collect();
    wildcard::check(at, &wildcards)?;
    Ok(alternatives)
}

fn operator(node: &Node) -> Option<&Member> {
    match &node.json {
        Json::Object(members) => members.first(),
        _ => None,
    }
}

fn alternative(node: &Node) -> Result<Alternative, Problem> {
    let what = match &node.json {
        Json::Null => What::Value(Match::Null),
        Json::Bool(value) => What::Value(Match::Bool(*value)),
        Json::Number(number) => What::Value(equal(*number)),
        Json::String(text) => What::Value(exact(text)),
        Json::Object(members) => operation(only(node.at, members)?)?,
        Json::List(_) => {
            return Err(problem(node.at, "list in a list of values")
                .hint("values stand side by side: `[\"a\", \"b\"]`"));
        }
    };
    Ok(Alternative { at: node.at, what })
}

/// The one member of an operator's object. Of a name that is repeated each counts as one more.
fn only(at: Place, members: &[Member]) -> Result<&Member, Problem> {
    match members {
        [member] => Ok(member),
        [] => Err(problem(at, "object without an operator")
            .hint(format!("one of {}", OPERATORS.join(", ")))),
        [_, second, ..] => Err(problem(second.at, "second operator in one object")
            .hint("alternatives are objects of their own in the list")),
    }
}

fn operation(member: &Member) -> Result<What, Problem> {
    let value = &member.value;
    Ok(What::Value(match member.name.as_str() {
        "prefix" => affix(member, Pattern::prefix)?,
        "suffix" => affix(member, Pattern::suffix)?,
        "equals-ignore-case" => fold(string(value, "equals-ignore-case")?),
        "wildcard" => text(wildcard::parse(value.at, string(value, "wildcard")?)?),
        "anything-but" => anything_but(value)?,
        "numeric" => numeric(value)?,
        "cidr" => cidr(value)?,
        "exists" => return exists(value),
        other => return Err(unknown(member.at, other, &OPERATORS)),
    }))
}

fn unknown(at: Place, name: &str, known: &[&str]) -> Problem {
    let near = known
        .iter()
        .map(|known| (strsim::jaro_winkler(known, &name.to_ascii_lowercase()), known))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|left, right| left.0.total_cmp(&right.0));
    problem(at, format!("unknown operator `{name}`")).hint(match near {
        Some((_, near)) => format!("did you mean `{near}`?"),
        None if name == "exactly" => "a string by itself matches exactly".to_owned(),
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
    match &node.json {
        Json::String(text) => Ok(text),
        other => {
            Err(problem(node.at, format!("`{operator}` takes a string, not {}", other.kind())))
        }
    }
}

/// `prefix` and `suffix`: a string, or `{"equals-ignore-case": string}`.
fn affix(member: &Member, build: fn(&str, Case) -> Pattern) -> Result<Match, Problem> {
    let (name, value) = (member.name.as_str(), &member.value);
    let Json::Object(inner) = &value.json else {
        return Ok(text(build(string(value, name)?, Case::Sensitive)));
    };
    let inner = only(value.at, inner)?;
    if inner.name != "equals-ignore-case" {
        return Err(problem(inner.at, format!("`{}` inside `{name}`", inner.name))
            .hint(format!("`{name}` takes a string or `equals-ignore-case`")));
    }
    Ok(text(build(string(&inner.value, "equals-ignore-case")?, Case::Insensitive)))
}

fn exists(node: &Node) -> Result<What, Problem> {
    match node.json {
        Json::Bool(true) => Ok(What::Value(Match::Anything)),
        Json::Bool(false) => Ok(What::Absent),
        _ => Err(problem(node.at, "`exists` takes true or false")),
    }
}

/// The opposite of values, all strings or all numbers, or of one operator with strings.
fn anything_but(node: &Node) -> Result<Match, Problem> {
    let unwanted = match &node.json {
        Json::String(value) => vec![exact(value)],
        Json::Number(number) => vec![equal(limited(node.at, *number)?)],
        Json::List(nodes) => unwanted_values(node.at, nodes)?,
        Json::Object(members) => unwanted_texts(only(node.at, members)?)?,
        other => {
            return Err(problem(
                node.at,
                format!("`anything-but` takes strings or numbers, not {}", other.kind()),
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
    let mut kind: Option<&str> = None;
    for node in nodes {
        unwanted.push(match &node.json {
            Json::String(value) => exact(value),
            Json::Number(number) => equal(limited(node.at, *number)?),
            other => {
                let what = format!("{} in the list of `anything-but`", other.kind());
                return Err(problem(node.at, what).hint("only strings, or only numbers"));
            }
        });
        if *kind.get_or_insert(node.json.kind()) != node.json.kind() {
            return Err(problem(node.at, "strings and numbers in the list of `anything-but`")
                .hint("only strings, or only numbers"));
        }
    }
    match kind {
        Some(_) => Ok(unwanted),
        None => Err(problem(at, "empty list in `anything-but`")),
    }
}

/// `{"prefix": …}` and the like inside `anything-but`, each with a string or a list of strings.
fn unwanted_texts(member: &Member) -> Result<Vec<Match>, Problem> {
    const KNOWN: [&str; 4] = ["prefix", "suffix", "equals-ignore-case", "wildcard"];
    if !KNOWN.contains(&member.name.as_str()) {
        return Err(match OPERATORS.contains(&member.name.as_str()) {
            true => problem(member.at, format!("`{}` inside `anything-but`", member.name))
                .hint(format!("`anything-but` takes {}", KNOWN.join(", "))),
            false => unknown(member.at, &member.name, &KNOWN),
        });
    }
    match &member.value.json {
        Json::List(nodes) if nodes.is_empty() => {
            Err(problem(member.value.at, format!("empty list in `{}`", member.name)))
        }
        Json::List(nodes) => nodes.iter().map(|node| unwanted_text(&member.name, node)).collect(),
        _ => Ok(vec![unwanted_text(&member.name, &member.value)?]),
    }
}

fn unwanted_text(name: &str, node: &Node) -> Result<Match, Problem> {
    let value = string(node, name)?;
    Ok(match name {
        "prefix" | "suffix" if value.is_empty() => {
            return Err(problem(node.at, format!("empty `{name}` inside `anything-but`"))
                .hint("it would match nothing: every text has it"));
        }
        "prefix" => text(Pattern::prefix(value, Case::Sensitive)),
        "suffix" => text(Pattern::suffix(value, Case::Sensitive)),
        "wildcard" => text(wildcard::parse(node.at, value)?),
        _ => fold(value),
    })
}

fn limited(at: Place, number: f64) -> Result<f64, Problem> {
    if (-MAX_NUMBER..=MAX_NUMBER).contains(&number) {
        return Ok(number);
    }
    Err(problem(at, format!("{number} is out of EventBridge's range, ±{MAX_NUMBER}")))
}

/// `["=", n]`, `["<", n]`, `[">", n]` and a range that begins with its lower end.
fn numeric(node: &Node) -> Result<Match, Problem> {
    let Json::List(nodes) = &node.json else {
        return Err(problem(node.at, "`numeric` takes a list").hint("`[\">\", 0, \"<=\", 5]`"));
    };
    let (how, first, rest) = bound(node.at, nodes)?;
    let lower = Match::Number(how, first, Types::Strict);
    let [next, ..] = rest else { return Ok(lower) };
    if !matches!(how, Comparison::Greater | Comparison::GreaterOrEqual) {
        return Err(problem(next.at, "too many elements in `numeric`")
            .hint("a range begins with its lower end: `[\">\", 0, \"<=\", 5]`"));
    }
    let (how, second, rest) = bound(node.at, rest)?;
    if !matches!(how, Comparison::Less | Comparison::LessOrEqual) {
        return Err(problem(next.at, "upper end of a range is `<` or `<=`"));
    }
    if let [extra, ..] = rest {
        return Err(problem(extra.at, "too many elements in `numeric`"));
    }
    if first >= second {
        return Err(problem(next.at, "lower end of a range is not below its upper end"));
    }
    Ok(Match::All(vec![lower, Match::Number(how, second, Types::Strict)]))
}

/// A comparison and its number at the head of a list.
fn bound(at: Place, nodes: &[Node]) -> Result<(Comparison, f64, &[Node]), Problem> {
    let [how, rest @ ..] = nodes else {
        return Err(problem(at, "empty `numeric`").hint("`[\">\", 0, \"<=\", 5]`"));
    };
    let comparison = match &how.json {
        Json::String(text) => comparison(text),
        _ => None,
    };
    let comparison = comparison.ok_or_else(|| {
        problem(how.at, "unknown comparison in `numeric`").hint("one of =, <, <=, >, >=")
    })?;
    let [value, rest @ ..] = rest else {
        return Err(problem(how.at, "comparison without a number in `numeric`"));
    };
    match value.json {
        Json::Number(number) => Ok((comparison, limited(value.at, number)?, rest)),
        ref other => Err(problem(
            value.at,
            format!("`numeric` compares with a number, not {}", other.kind()),
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

/// A network with its mask; EventBridge takes no mask of a single address.
fn cidr(node: &Node) -> Result<Match, Problem> {
    let value = string(node, "cidr")?;
    let wrong = |what: &str| Err(problem(node.at, format!("`{value}` {what}")));
    let Some((address, bits)) = value.split_once('/') else {
        return wrong("has no mask").map_err(|problem: Problem| problem.hint("`10.0.0.0/24`"));
    };
    let (Some(network), true) = (Cidr::parse(value), bits.bytes().all(|b| b.is_ascii_digit()))
    else {
        return wrong("is no network in CIDR notation");
    };
    let v6 = address.contains(':');
    if v6 && address.contains('.') {
        return wrong("is written half as IPv4");
    }
    match bits.parse::<u8>() {
        Ok(bits) if bits < if v6 { 128 } else { 32 } => Ok(Match::Cidr(network)),
        _ => wrong("is a single address").map_err(|problem: Problem| {
            problem.hint("EventBridge takes it as a value by itself, without a mask")
        }),
    }
}
