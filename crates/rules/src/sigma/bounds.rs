//! The condition of a correlation: what its count must be.

use super::aliased::fields;
use super::context::Context;
use super::reference::Reference;
use crate::correlate::{Bound, Condition, Kind};
use crate::tree::{Node, Value};
use aware_core::near::nearest;

/// The bounds by name.
const BOUNDS: [(&str, Bound); 6] = [
    ("gt", Bound::Gt),
    ("gte", Bound::Gte),
    ("lt", Bound::Lt),
    ("lte", Bound::Lte),
    ("eq", Bound::Eq),
    ("neq", Bound::Neq),
];

/// Reads the condition; `Some(None)` when every rule must match.
#[allow(clippy::option_option)]
pub(super) fn read(
    context: &mut Context<'_>,
    kind: Kind,
    correlation: &Node,
    aliases: &[String],
    rules: &[Reference],
) -> Option<Option<Condition>> {
    let Some(node) = correlation.get("condition") else {
        if kind.is_temporal() {
            return Some(None);
        }
        let what = format!("a correlation of type `{}` needs a `condition`", kind.as_str());
        return context.refuse_with(correlation.place, what, "`condition: {gte: 10}`");
    };
    if let Value::Text(text) = &node.value {
        return every_rule(context, kind, node, text, rules);
    }
    let mut condition = Condition { bounds: Vec::new(), fields: Vec::new(), percentile: None };
    for (key, value) in context.map("condition", node)? {
        let bound = BOUNDS.iter().find(|(name, _)| *name == key.text);
        match (key.text.as_str(), bound) {
            (name, Some((_, bound))) => {
                condition.bounds.push((*bound, number(context, name, value)?));
            }
            ("field", _) => condition.fields = fields(context, "field", value, aliases)?,
            ("percentile", _) => {
                condition.percentile = Some(number(context, "percentile", value)?);
            }
            (name, None) => {
                let known = BOUNDS.map(|(name, _)| name);
                let near = nearest(name, known.into_iter().chain(["field", "percentile"]));
                let what = format!("unknown key `{name}` in `condition`");
                return context.unknown(key.place, what, near);
            }
        }
    }
    check(context, kind, node, &condition)?;
    Some(Some(condition))
}

fn number(context: &mut Context<'_>, name: &str, node: &Node) -> Option<f64> {
    match node.value {
        #[allow(clippy::cast_precision_loss)]
        Value::Whole(whole) => Some(whole as f64),
        Value::Float(number) => Some(number),
        _ => context.refuse(node.place, format_args!("`{name}` has to be a number")),
    }
}

/// Checks what each kind needs in its condition.
fn check(context: &mut Context<'_>, kind: Kind, node: &Node, condition: &Condition) -> Option<()> {
    let name = kind.as_str();
    let mut refuse = |what: String| context.refuse(node.place, what);
    if condition.bounds.is_empty() {
        return refuse("`condition` needs one of gt, gte, lt, lte, eq, neq".to_owned());
    }
    let counts_values = !kind.is_temporal() && kind != Kind::EventCount;
    match (counts_values, condition.fields.len()) {
        (true, 0) => return refuse(format!("`condition` of `{name}` needs a `field`")),
        (false, 1..) => return refuse(format!("`condition` of `{name}` takes no `field`")),
        (true, 2..) if kind != Kind::ValueCount => {
            return refuse(format!("`condition` of `{name}` takes one `field`"));
        }
        _ => {}
    }
    match (kind == Kind::ValuePercentile, condition.percentile) {
        (true, Some(percentile)) if (0.0..=100.0).contains(&percentile) => Some(()),
        (true, Some(_)) => refuse("`percentile` is a number from 0 to 100".to_owned()),
        (true, None) => refuse(format!("`condition` of `{name}` needs a `percentile`")),
        (false, Some(_)) => refuse(format!("`condition` of `{name}` takes no `percentile`")),
        (false, None) => Some(()),
    }
}

/// A condition in words. Only the one equivalent to no condition is understood: every rule, joined
/// by `and`.
#[allow(clippy::option_option)]
fn every_rule(
    context: &mut Context<'_>,
    kind: Kind,
    node: &Node,
    text: &str,
    rules: &[Reference],
) -> Option<Option<Condition>> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let named = words.iter().step_by(2);
    let joined = words.iter().skip(1).step_by(2).all(|word| word.eq_ignore_ascii_case("and"));
    let every = named.clone().count() == rules.len()
        && rules.iter().all(|(rule, _)| named.clone().any(|word| word == rule));
    if kind.is_temporal() && joined && every {
        return Some(None);
    }
    let hint = "name every rule, joined by `and`, or give a map such as `{gte: 2}`";
    context.refuse_with(node.place, "a correlation's condition in words is not understood", hint)
}
