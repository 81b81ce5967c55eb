//! The `detection` of a rule: selections, and the condition over them.

use std::collections::BTreeSet;

use aware_core::near::nearest;

use super::condition::{self, Selections};
use super::context::{Context, all};
use super::field::{self, target};
use super::meaning::Target;
use super::modifier::{Chain, Kind, Position};
use super::value::{all_of, any, values};
use crate::ir::{Expr, Field};
use crate::tree::{Key, Node, Place, Value};

/// Keys of a detection that are not selections.
const KEYS: &[&str] = &["condition", "timeframe"];

/// Compiles a `detection`, or a `filter` except for the keys that only filters have: `also`.
pub(super) fn compile(
    context: &mut Context<'_>,
    (key, node): (&str, &Node),
    also: &[&str],
) -> Option<Expr> {
    let entries = context.map(key, node)?;
    if let Some((key, _)) = entries.iter().find(|(key, _)| key.text == "timeframe") {
        let hint = "write a correlation that refers to this rule, with `timespan`";
        return context.refuse_with(key.place, "`timeframe` is no longer Sigma", hint);
    }
    let condition = condition_of(context, key, node);
    let named = |(key, _): &&(Key, Node)| {
        !KEYS.contains(&key.text.as_str()) && !also.contains(&key.text.as_str())
    };
    let selections = entries.iter().filter(named).map(|(key, node)| {
        let expr = selection(context, &key.text, node, key.place)?;
        Some((key.text.clone(), expr))
    });
    let selections: Selections = all(selections)?;
    let conditions = condition?.into_iter();
    let mut used = BTreeSet::new();
    let conditions =
        all(conditions
            .map(|(text, at)| condition::read(context, &selections, (&text, at), &mut used)))?;
    unused(context, entries, &used);
    Some(any(conditions))
}

/// Notes selections that no condition uses. A name that begins with `_` marks one that is set aside
/// on purpose.
fn unused(context: &mut Context<'_>, entries: &[(Key, Node)], used: &BTreeSet<String>) {
    let known = |name: &str| KEYS.contains(&name) || name == "rules" || name.starts_with('_');
    for (key, _) in entries.iter().filter(|(key, _)| !known(&key.text)) {
        if !used.contains(&key.text) {
            let what = format!(
                "selection `{}` is in no condition, and does nothing (hint: `and not {0}` leaves \
                 out what it matches)",
                key.text
            );
            context.note(key.place, what);
        }
    }
}

/// Reads the conditions; any one of several must hold.
fn condition_of(context: &mut Context<'_>, key: &str, node: &Node) -> Option<Vec<(String, Place)>> {
    let Some(condition) = node.get("condition") else {
        let names = node.map().unwrap_or_default().iter().map(|(key, _)| key.text.as_str());
        let near = names.clone().find(|name| nearest(name, ["condition"]).is_some());
        let place = node.place;
        let what = format!("`{key}` has no `condition`");
        return match near {
            Some(near) => {
                context.refuse_with(place, what, format_args!("is `{near}` meant to be it?"))
            }
            None => context.refuse(place, what),
        };
    };
    let texts = context.texts("condition", condition)?;
    if texts.is_empty() {
        return context.refuse(condition.place, "`condition` is empty");
    }
    Some(texts)
}

/// One selection: a map of fields, all of which must match; or a list, any member of which must
/// match; or a keyword.
fn selection(context: &mut Context<'_>, name: &str, node: &Node, key: Place) -> Option<Expr> {
    match &node.value {
        Value::Map(entries) if !entries.is_empty() => {
            let items = entries.iter().map(|(key, node)| item(context, key, node));
            Some(all_of(all(items)?))
        }
        Value::List(items) if !items.is_empty() => list(context, name, items),
        Value::Map(_) | Value::List(_) | Value::Null => {
            context.refuse(key, format_args!("selection `{name}` is empty"))
        }
        _ => keywords(context, &Chain::default(), std::slice::from_ref(node), node.place),
    }
}

/// Consecutive keywords become one test.
fn list(context: &mut Context<'_>, name: &str, items: &[Node]) -> Option<Expr> {
    let nested = |node: &Node| matches!(node.value, Value::Map(_) | Value::List(_));
    let groups = items.chunk_by(|a, b| !nested(a) && !nested(b));
    let parts = groups.map(|group| match group {
        [one] if nested(one) => selection(context, name, one, one.place),
        words => {
            let place = words.first().map_or((0, 0), |word| word.place);
            keywords(context, &Chain::default(), words, place)
        }
    });
    Some(any(all(parts)?))
}

/// One field with its modifiers and values; keywords if it has no name.
fn item(context: &mut Context<'_>, key: &Key, node: &Node) -> Option<Expr> {
    let mut parts = key.text.split('|');
    let name = parts.next().unwrap_or_default();
    let modifiers: Vec<&str> = parts.collect();
    let chain = Chain::read(context, &modifiers, key.place);
    let target =
        if name.is_empty() { Some(None) } else { target(context, name, key.place).map(Some) };
    let (chain, target) = (chain?, target?);
    let nodes = match &node.value {
        Value::List(items) if items.is_empty() => {
            return context.refuse(node.place, format_args!("`{}` has no values", key.text));
        }
        Value::List(items) => items.as_slice(),
        Value::Map(_) => {
            return match target {
                Some(target) if target.is_block() && modifiers.is_empty() => {
                    block(context, target, key, node)
                }
                _ => nested(context, key, node),
            };
        }
        _ => std::slice::from_ref(node),
    };
    if chain.all && nodes.len() == 1 {
        let hint = "leave `all` out, or give a list";
        return context.refuse_with(key.place, "modifier `all` needs several values", hint);
    }
    if chain.kind == Kind::Exists && nodes.len() > 1 {
        return context.refuse(node.place, "`exists` needs one value");
    }
    let Some(target) = target else { return keywords(context, &chain, nodes, key.place) };
    let in_member = context.in_member;
    context.in_member |= target.is_in_list();
    let field = target.field.clone();
    let body = values(context, &Target { field, keyword: false }, &chain, nodes);
    context.in_member = in_member;
    Some(target.each(body?))
}

/// A condition on the members of a list: a map of their fields, or selections with a `condition`.
fn block(context: &mut Context<'_>, target: field::Target, key: &Key, node: &Node) -> Option<Expr> {
    let in_member = std::mem::replace(&mut context.in_member, true);
    let body = match node.get("condition") {
        Some(_) => compile(context, (&key.text, node), &[]),
        None => selection(context, &key.text, node, key.place),
    };
    context.in_member = in_member;
    Some(target.each(body?))
}

fn nested(context: &mut Context<'_>, key: &Key, node: &Node) -> Option<Expr> {
    let name = key.text.split('|').next().unwrap_or_default();
    let hint = match node.map().and_then(|entries| entries.first()) {
        Some((below, _)) => format!("write `{name}.{}`", below.text),
        None => "write text, a number or a list of them".to_owned(),
    };
    context.refuse_with(node.place, format_args!("`{}` has a map for its value", key.text), hint)
}

/// Texts that may occur anywhere in the event.
fn keywords(
    context: &mut Context<'_>,
    chain: &Chain,
    nodes: &[Node],
    place: Place,
) -> Option<Expr> {
    let fits = matches!(chain.kind, Kind::Plain | Kind::Regex(_))
        && matches!(chain.position, None | Some(Position::Anywhere));
    if !fits {
        let hint = "name a field before the `|`";
        return context.refuse_with(place, "keywords have no such modifier", hint);
    }
    values(context, &Target { field: Field::everything(), keyword: true }, chain, nodes)
}
