//! The `detection` of a rule: selections, and the condition over them.

use std::collections::BTreeSet;

use aware_core::near::nearest;

use super::condition::{self, Selections};
use super::context::{FileContext, all_or_none};
use super::field::{self, resolve_target};
use super::meaning::ValueTarget;
use super::modifier::{ModifierChain, TextPosition, ValueKind};
use super::value::{compile_values, flatten_all, flatten_any};
use crate::ir::{EventField, RuleExpr};
use crate::tree::{PatternPlace, YamlKey, YamlNode, YamlValue};

/// Keys of a detection that are not selections.
const KEYS: &[&str] = &["condition", "timeframe"];

/// Compiles a `detection`, or a `filter` except for the keys that only filters have: `also`.
pub(super) fn compile_detection(
    context: &mut FileContext<'_>,
    (key, node): (&str, &YamlNode),
    also: &[&str],
) -> Option<RuleExpr> {
    let entries = context.read_map(key, node)?;
    if let Some((key, _)) = entries.iter().find(|(key, _)| key.text == "timeframe") {
        let hint = "write a correlation that refers to this rule, with `timespan`";
        return context.refuse_with_hint(key.place, "`timeframe` is no longer Sigma", hint);
    }
    let condition = read_conditions(context, key, node);
    let named = |(key, _): &&(YamlKey, YamlNode)| {
        !KEYS.contains(&key.text.as_str()) && !also.contains(&key.text.as_str())
    };
    let selections = entries.iter().filter(named).map(|(key, node)| {
        let expr = compile_selection(context, &key.text, node, key.place)?;
        Some((key.text.clone(), expr))
    });
    let selections: Selections = all_or_none(selections)?;
    let conditions = condition?.into_iter();
    let mut used = BTreeSet::new();
    let conditions = all_or_none(conditions.map(|(text, at)| {
        condition::read_condition(context, &selections, (&text, at), &mut used)
    }))?;
    note_unused(context, entries, &used);
    Some(flatten_any(conditions))
}

/// Notes selections that no condition uses. A name that begins with `_` marks one that is set aside
/// on purpose.
fn note_unused(
    context: &mut FileContext<'_>,
    entries: &[(YamlKey, YamlNode)],
    used: &BTreeSet<String>,
) {
    let known = |name: &str| KEYS.contains(&name) || name == "rules" || name.starts_with('_');
    for (key, _) in entries.iter().filter(|(key, _)| !known(&key.text)) {
        if !used.contains(&key.text) {
            let what = format!(
                "selection `{}` is in no condition, and does nothing (hint: `and not {0}` leaves \
                 out what it matches)",
                key.text
            );
            context.add_note(key.place, what);
        }
    }
}

/// Reads the conditions; any one of several must hold.
fn read_conditions(
    context: &mut FileContext<'_>,
    key: &str,
    node: &YamlNode,
) -> Option<Vec<(String, PatternPlace)>> {
    let Some(condition) = node.get("condition") else {
        let names = node.map_entries().unwrap_or_default().iter().map(|(key, _)| key.text.as_str());
        let near = names.clone().find(|name| nearest(name, ["condition"]).is_some());
        let place = node.place;
        let what = format!("`{key}` has no `condition`");
        return match near {
            Some(near) => {
                context.refuse_with_hint(place, what, format_args!("is `{near}` meant to be it?"))
            }
            None => context.refuse_at(place, what),
        };
    };
    let texts = context.read_texts("condition", condition)?;
    if texts.is_empty() {
        return context.refuse_at(condition.place, "`condition` is empty");
    }
    Some(texts)
}

/// One selection: a map of fields, all of which must match; or a list, any member of which must
/// match; or a keyword.
fn compile_selection(
    context: &mut FileContext<'_>,
    name: &str,
    node: &YamlNode,
    key: PatternPlace,
) -> Option<RuleExpr> {
    match &node.value {
        YamlValue::Map(entries) if !entries.is_empty() => {
            let items = entries.iter().map(|(key, node)| compile_item(context, key, node));
            Some(flatten_all(all_or_none(items)?))
        }
        YamlValue::List(items) if !items.is_empty() => compile_list(context, name, items),
        YamlValue::Map(_) | YamlValue::List(_) | YamlValue::Null => {
            context.refuse_at(key, format_args!("selection `{name}` is empty"))
        }
        _ => compile_keywords(
            context,
            &ModifierChain::default(),
            std::slice::from_ref(node),
            node.place,
        ),
    }
}

/// Consecutive keywords become one test.
fn compile_list(context: &mut FileContext<'_>, name: &str, items: &[YamlNode]) -> Option<RuleExpr> {
    let nested = |node: &YamlNode| matches!(node.value, YamlValue::Map(_) | YamlValue::List(_));
    let groups = items.chunk_by(|a, b| !nested(a) && !nested(b));
    let parts = groups.map(|group| match group {
        [one] if nested(one) => compile_selection(context, name, one, one.place),
        words => {
            let place = words.first().map_or((0, 0), |word| word.place);
            compile_keywords(context, &ModifierChain::default(), words, place)
        }
    });
    Some(flatten_any(all_or_none(parts)?))
}

/// One field with its modifiers and values; keywords if it has no name.
fn compile_item(context: &mut FileContext<'_>, key: &YamlKey, node: &YamlNode) -> Option<RuleExpr> {
    let mut parts = key.text.split('|');
    let name = parts.next().unwrap_or_default();
    let modifiers: Vec<&str> = parts.collect();
    let chain = ModifierChain::read_chain(context, &modifiers, key.place);
    let target = if name.is_empty() {
        Some(None)
    } else {
        resolve_target(context, name, key.place).map(Some)
    };
    let (chain, target) = (chain?, target?);
    let nodes = match &node.value {
        YamlValue::List(items) if items.is_empty() => {
            return context.refuse_at(node.place, format_args!("`{}` has no values", key.text));
        }
        YamlValue::List(items) => items.as_slice(),
        YamlValue::Map(_) => {
            return match target {
                Some(target) if target.is_block() && modifiers.is_empty() => {
                    compile_block(context, target, key, node)
                }
                _ => refuse_nested_map(context, key, node),
            };
        }
        _ => std::slice::from_ref(node),
    };
    if chain.all && nodes.len() == 1 {
        let hint = "leave `all` out, or give a list";
        return context.refuse_with_hint(key.place, "modifier `all` needs several values", hint);
    }
    if chain.kind == ValueKind::Exists && nodes.len() > 1 {
        return context.refuse_at(node.place, "`exists` needs one value");
    }
    let Some(target) = target else { return compile_keywords(context, &chain, nodes, key.place) };
    let in_member = context.in_member;
    context.in_member |= target.is_in_list();
    let field = target.field.clone();
    let body = compile_values(context, &ValueTarget { field, keyword: false }, &chain, nodes);
    context.in_member = in_member;
    Some(target.wrap_in_lists(body?))
}

/// A condition on the members of a list: a map of their fields, or selections with a `condition`.
fn compile_block(
    context: &mut FileContext<'_>,
    target: field::FieldTarget,
    key: &YamlKey,
    node: &YamlNode,
) -> Option<RuleExpr> {
    let in_member = std::mem::replace(&mut context.in_member, true);
    let body = match node.get("condition") {
        Some(_) => compile_detection(context, (&key.text, node), &[]),
        None => compile_selection(context, &key.text, node, key.place),
    };
    context.in_member = in_member;
    Some(target.wrap_in_lists(body?))
}

fn refuse_nested_map(
    context: &mut FileContext<'_>,
    key: &YamlKey,
    node: &YamlNode,
) -> Option<RuleExpr> {
    let name = key.text.split('|').next().unwrap_or_default();
    let hint = match node.map_entries().and_then(|entries| entries.first()) {
        Some((below, _)) => format!("write `{name}.{}`", below.text),
        None => "write text, a number or a list of them".to_owned(),
    };
    context.refuse_with_hint(
        node.place,
        format_args!("`{}` has a map for its value", key.text),
        hint,
    )
}

/// Texts that may occur anywhere in the event.
fn compile_keywords(
    context: &mut FileContext<'_>,
    chain: &ModifierChain,
    nodes: &[YamlNode],
    place: PatternPlace,
) -> Option<RuleExpr> {
    let fits = matches!(chain.kind, ValueKind::Plain | ValueKind::Regex(_))
        && matches!(chain.position, None | Some(TextPosition::Anywhere));
    if !fits {
        let hint = "name a field before the `|`";
        return context.refuse_with_hint(place, "keywords have no such modifier", hint);
    }
    compile_values(
        context,
        &ValueTarget { field: EventField::whole_event(), keyword: true },
        chain,
        nodes,
    )
}
