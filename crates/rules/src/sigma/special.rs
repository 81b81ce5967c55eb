//! Values that are not text: regular expressions, numbers, times, networks, other fields.

use aware_core::source::{SourceId, fields};

use super::context::FileContext;
use super::field::referred_field;
use super::meaning::{ValueMeaning, ValueTarget, read_value_texts};
use super::modifier::{ModifierChain, TextPosition};
use crate::ir::{
    Cidr, EventField, FieldReference, LeafMatch, LeafTypes, LetterCase, LinearRegex,
    NumberComparison, PathStep, RuleExpr, TestOperation, TextRelation, TimePart,
};
use crate::tree::{YamlNode, YamlValue};

/// A regular expression; it is searched for anywhere in the text, case-sensitively.
pub(super) fn read_regex(
    context: &mut FileContext<'_>,
    chain: &ModifierChain,
    flags: &str,
    node: &YamlNode,
) -> Option<ValueMeaning> {
    let mut matches = Vec::new();
    for text in read_value_texts(context, chain, node, ::regex::escape)? {
        let text = if flags.is_empty() { text } else { format!("(?{flags}){text}") };
        match LinearRegex::compile_text(&text) {
            Ok(regex) => matches.push(LeafMatch::Regex(regex, LeafTypes::Scalars)),
            Err(error) => return refuse_regex(context, node, &error),
        }
    }
    Some(ValueMeaning { matches, other: None })
}

/// Reports the engine's message about a regular expression, and how to do without it.
fn refuse_regex<T>(context: &mut FileContext<'_>, node: &YamlNode, error: &str) -> Option<T> {
    let error = error.trim_start_matches("error: ").trim_start_matches("regular expression ");
    let hint = if error.starts_with("compiles") {
        "repeat less in it"
    } else if error.contains("look-around") || error.contains("backreferences") {
        "it has to match in linear time; split it, and use `not` in the condition"
    } else {
        "the syntax is RE2's: no look-around, no backreferences"
    };
    context.refuse_with_hint(node.place, format_args!("regular expression: {error}"), hint)
}

/// Whether the field exists, even if empty or null.
pub(super) fn read_exists(
    context: &mut FileContext<'_>,
    target: &ValueTarget,
    node: &YamlNode,
) -> Option<ValueMeaning> {
    let there = RuleExpr::from_test(target.field.clone(), TestOperation::Exists);
    match node.value {
        YamlValue::Bool(true) => Some(ValueMeaning::from_condition(there)),
        YamlValue::Bool(false) => Some(ValueMeaning::from_condition(there.negated())),
        _ => {
            let hint = "write it without quotes";
            context.refuse_with_hint(node.place, "`exists` needs `true` or `false`", hint)
        }
    }
}

/// A number to compare the field's value with.
pub(super) fn read_number(
    context: &mut FileContext<'_>,
    how: NumberComparison,
    node: &YamlNode,
) -> Option<ValueMeaning> {
    #[allow(clippy::cast_precision_loss)]
    let number = match &node.value {
        YamlValue::Whole(whole) => *whole as f64,
        YamlValue::Float(number) => *number,
        other => {
            let what = format!("{} where a number is needed", other.kind_name());
            return context.refuse_with_hint(node.place, what, "write it without quotes");
        }
    };
    Some(ValueMeaning::from_match(LeafMatch::Number(how, number, LeafTypes::Scalars)))
}

/// A part of the time that the field contains.
pub(super) fn read_time_part(
    context: &mut FileContext<'_>,
    part: TimePart,
    how: NumberComparison,
    node: &YamlNode,
) -> Option<ValueMeaning> {
    let (name, range) = match part {
        TimePart::Minute => ("minute", 0..=59),
        TimePart::Hour => ("hour", 0..=23),
        TimePart::Day => ("day", 1..=31),
        TimePart::Week => ("week", 1..=53),
        TimePart::Month => ("month", 1..=12),
        TimePart::Year => ("year", 1..=9999),
    };
    let number = match &node.value {
        YamlValue::Whole(whole) => i64::try_from(*whole).ok().filter(|n| range.contains(n)),
        _ => None,
    };
    match number {
        Some(number) => Some(ValueMeaning::from_match(LeafMatch::Time(part, how, number))),
        None => {
            let (low, high) = range.into_inner();
            context.refuse_at(node.place, format_args!("`{name}` is a number from {low} to {high}"))
        }
    }
}

/// A network that contains the field's address.
pub(super) fn read_cidr(
    context: &mut FileContext<'_>,
    chain: &ModifierChain,
    node: &YamlNode,
) -> Option<ValueMeaning> {
    let mut matches = Vec::new();
    for text in read_value_texts(context, chain, node, str::to_owned)? {
        match Cidr::parse(&text) {
            Some(cidr) => matches.push(LeafMatch::Cidr(cidr)),
            None => {
                let what = format!("`{text}` is not a network");
                return context.refuse_with_hint(
                    node.place,
                    what,
                    "`10.0.0.0/8` or `2001:db8::/32`",
                );
            }
        }
    }
    Some(ValueMeaning { matches, other: None })
}

/// The number of members of a list.
pub(super) fn read_length(
    context: &mut FileContext<'_>,
    target: &ValueTarget,
    how: NumberComparison,
    node: &YamlNode,
) -> Option<ValueMeaning> {
    let length = match &node.value {
        YamlValue::Whole(whole) => u64::try_from(*whole).ok(),
        _ => None,
    };
    match length {
        Some(length) => {
            let op = TestOperation::Length(how, length);
            Some(ValueMeaning::from_condition(RuleExpr::from_test(target.field.clone(), op)))
        }
        None => context.refuse_at(node.place, "`length` needs a whole number"),
    }
}

/// Notes where a comparison with another field may say something other than its author means.
fn note_doubts(
    context: &mut FileContext<'_>,
    target: &ValueTarget,
    chain: &ModifierChain,
    node: &YamlNode,
) {
    let field = &target.field;
    if chain.neq && !context.in_member && is_open_field(context.source, field) {
        let what = format!(
            "`{field}` differs when no value of it is equal; for one that differs among several, \
             write `{field}[any]`"
        );
        context.add_note(node.place, what);
    }
    let is_arn = field.to_string().to_ascii_lowercase().ends_with("arn");
    if is_arn && chain.position.is_some() && !chain.segment {
        let what = format!(
            "part of a name is enough: `{field}` of `user/alice` ends with `ice` (hint: add \
             `segment`, which asks for whole names)"
        );
        context.add_note(node.place, what);
    }
}

/// Whether a field is below an object whose members a service defines, and so may be a list.
fn is_open_field(source: Option<SourceId>, field: &EventField) -> bool {
    let [PathStep::Key(first), _, ..] = field.path.as_slice() else { return false };
    fields(source).iter().any(|field| field.name == first)
}

/// Another field that this one is compared with.
pub(super) fn read_reference(
    context: &mut FileContext<'_>,
    target: &ValueTarget,
    chain: &ModifierChain,
    node: &YamlNode,
) -> Option<ValueMeaning> {
    let YamlValue::Text(name) = &node.value else {
        return context.refuse_at(node.place, "`fieldref` needs the name of a field");
    };
    let (other, of_event) = referred_field(context, name, node.place)?;
    note_doubts(context, target, chain, node);
    let how = match chain.position {
        _ if chain.account => TextRelation::AccountOf,
        None if chain.segment => TextRelation::Contains,
        None => TextRelation::Equals,
        Some(TextPosition::Start) => TextRelation::StartsWith,
        Some(TextPosition::End) => TextRelation::EndsWith,
        Some(TextPosition::Anywhere) => TextRelation::Contains,
    };
    let case = if chain.cased { LetterCase::Sensitive } else { LetterCase::Insensitive };
    let reference = FieldReference { other, of_event, how, case, segments: chain.segment };
    Some(ValueMeaning::from_condition(RuleExpr::from_test(
        target.field.clone(),
        TestOperation::Refers(reference),
    )))
}
