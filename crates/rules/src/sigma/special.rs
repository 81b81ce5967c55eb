//! Values that are not text: regular expressions, numbers, times, networks, other fields.

use aware_core::source::{SourceId, fields};

use super::context::Context;
use super::field::referred;
use super::meaning::{Meaning, Target, texts};
use super::modifier::{Chain, Position};
use crate::ir::{
    Case, Cidr, Comparison, Expr, Field, Match, Op, Reference, Regex, Relation, Step, TimePart,
    Types,
};
use crate::tree::{Node, Value};

/// A regular expression; it is searched for anywhere in the text, case-sensitively.
pub(super) fn regex(
    context: &mut Context<'_>,
    chain: &Chain,
    flags: &str,
    node: &Node,
) -> Option<Meaning> {
    let mut matches = Vec::new();
    for text in texts(context, chain, node, ::regex::escape)? {
        let text = if flags.is_empty() { text } else { format!("(?{flags}){text}") };
        match Regex::new(&text) {
            Ok(regex) => matches.push(Match::Regex(regex, Types::Scalars)),
            Err(error) => return refused(context, node, &error),
        }
    }
    Some(Meaning { matches, other: None })
}

/// Reports the engine's message about a regular expression, and how to do without it.
fn refused<T>(context: &mut Context<'_>, node: &Node, error: &str) -> Option<T> {
    let error = error.trim_start_matches("error: ").trim_start_matches("regular expression ");
    let hint = if error.starts_with("compiles") {
        "repeat less in it"
    } else if error.contains("look-around") || error.contains("backreferences") {
        "it has to match in linear time; split it, and use `not` in the condition"
    } else {
        "the syntax is RE2's: no look-around, no backreferences"
    };
    context.refuse_with(node.place, format_args!("regular expression: {error}"), hint)
}

/// Whether the field exists, even if empty or null.
pub(super) fn exists(context: &mut Context<'_>, target: &Target, node: &Node) -> Option<Meaning> {
    let there = Expr::test(target.field.clone(), Op::Exists);
    match node.value {
        Value::Bool(true) => Some(Meaning::other(there)),
        Value::Bool(false) => Some(Meaning::other(there.not())),
        _ => {
            let hint = "write it without quotes";
            context.refuse_with(node.place, "`exists` needs `true` or `false`", hint)
        }
    }
}

/// A number to compare the field's value with.
pub(super) fn number(context: &mut Context<'_>, how: Comparison, node: &Node) -> Option<Meaning> {
    #[allow(clippy::cast_precision_loss)]
    let number = match &node.value {
        Value::Whole(whole) => *whole as f64,
        Value::Float(number) => *number,
        other => {
            let what = format!("{} where a number is needed", other.kind());
            return context.refuse_with(node.place, what, "write it without quotes");
        }
    };
    Some(Meaning::one(Match::Number(how, number, Types::Scalars)))
}

/// A part of the time that the field contains.
pub(super) fn time(
    context: &mut Context<'_>,
    part: TimePart,
    how: Comparison,
    node: &Node,
) -> Option<Meaning> {
    let (name, range) = match part {
        TimePart::Minute => ("minute", 0..=59),
        TimePart::Hour => ("hour", 0..=23),
        TimePart::Day => ("day", 1..=31),
        TimePart::Week => ("week", 1..=53),
        TimePart::Month => ("month", 1..=12),
        TimePart::Year => ("year", 1..=9999),
    };
    let number = match &node.value {
        Value::Whole(whole) => i64::try_from(*whole).ok().filter(|n| range.contains(n)),
        _ => None,
    };
    match number {
        Some(number) => Some(Meaning::one(Match::Time(part, how, number))),
        None => {
            let (low, high) = range.into_inner();
            context.refuse(node.place, format_args!("`{name}` is a number from {low} to {high}"))
        }
    }
}

/// A network that contains the field's address.
pub(super) fn cidr(context: &mut Context<'_>, chain: &Chain, node: &Node) -> Option<Meaning> {
    let mut matches = Vec::new();
    for text in texts(context, chain, node, str::to_owned)? {
        match Cidr::parse(&text) {
            Some(cidr) => matches.push(Match::Cidr(cidr)),
            None => {
                let what = format!("`{text}` is not a network");
                return context.refuse_with(node.place, what, "`10.0.0.0/8` or `2001:db8::/32`");
            }
        }
    }
    Some(Meaning { matches, other: None })
}

/// The number of members of a list.
pub(super) fn length(
    context: &mut Context<'_>,
    target: &Target,
    how: Comparison,
    node: &Node,
) -> Option<Meaning> {
    let length = match &node.value {
        Value::Whole(whole) => u64::try_from(*whole).ok(),
        _ => None,
    };
    match length {
        Some(length) => {
            let op = Op::Length(how, length);
            Some(Meaning::other(Expr::test(target.field.clone(), op)))
        }
        None => context.refuse(node.place, "`length` needs a whole number"),
    }
}

/// Notes where a comparison with another field may say something other than its author means.
fn doubts(context: &mut Context<'_>, target: &Target, chain: &Chain, node: &Node) {
    let field = &target.field;
    if chain.neq && !context.in_member && is_open(context.source, field) {
        let what = format!(
            "`{field}` differs when no value of it is equal; for one that differs among several, \
             write `{field}[any]`"
        );
        context.note(node.place, what);
    }
    let is_arn = field.to_string().to_ascii_lowercase().ends_with("arn");
    if is_arn && chain.position.is_some() && !chain.segment {
        let what = format!(
            "part of a name is enough: `{field}` of `user/alice` ends with `ice` (hint: add \
             `segment`, which asks for whole names)"
        );
        context.note(node.place, what);
    }
}

/// Whether a field is below an object whose members a service defines, and so may be a list.
fn is_open(source: Option<SourceId>, field: &Field) -> bool {
    let [Step::Key(first), _, ..] = field.path.as_slice() else { return false };
    fields(source).iter().any(|field| field.name == first)
}

/// Another field that this one is compared with.
pub(super) fn reference(
    context: &mut Context<'_>,
    target: &Target,
    chain: &Chain,
    node: &Node,
) -> Option<Meaning> {
    let Value::Text(name) = &node.value else {
        return context.refuse(node.place, "`fieldref` needs the name of a field");
    };
    let (other, of_event) = referred(context, name, node.place)?;
    doubts(context, target, chain, node);
    let how = match chain.position {
        None if chain.segment => Relation::Contains,
        None => Relation::Equals,
        Some(Position::Start) => Relation::StartsWith,
        Some(Position::End) => Relation::EndsWith,
        Some(Position::Anywhere) => Relation::Contains,
    };
    let case = if chain.cased { Case::Sensitive } else { Case::Insensitive };
    let reference = Reference { other, of_event, how, case, segments: chain.segment };
    Some(Meaning::other(Expr::test(target.field.clone(), Op::Refers(reference))))
}
