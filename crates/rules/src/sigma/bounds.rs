//! The condition of a correlation: what its count must be.

use aware_core::near::nearest;

use super::aliased::read_fields;
use super::context::FileContext;
use super::reference::RuleReference;
use crate::correlate::{BoundOperator, CorrelationCondition, CorrelationKind};
use crate::tree::{YamlNode, YamlValue};

/// The bounds by name.
const BOUNDS: [(&str, BoundOperator); 6] = [
    ("gt", BoundOperator::Gt),
    ("gte", BoundOperator::Gte),
    ("lt", BoundOperator::Lt),
    ("lte", BoundOperator::Lte),
    ("eq", BoundOperator::Eq),
    ("neq", BoundOperator::Neq),
];

/// Reads the condition; `Some(None)` when every rule must match.
#[allow(clippy::option_option)]
pub(super) fn read_condition(
    context: &mut FileContext<'_>,
    kind: CorrelationKind,
    correlation: &YamlNode,
    aliases: &[String],
    rules: &[RuleReference],
) -> Option<Option<CorrelationCondition>> {
    let Some(node) = correlation.get("condition") else {
        if kind.is_temporal() {
            return Some(None);
        }
        let what = format!("a correlation of type `{}` needs a `condition`", kind.as_str());
        return context.refuse_with_hint(correlation.place, what, "`condition: {gte: 10}`");
    };
    if let YamlValue::Text(text) = &node.value {
        return read_every_rule(context, kind, node, text, rules);
    }
    let mut condition =
        CorrelationCondition { bounds: Vec::new(), fields: Vec::new(), percentile: None };
    for (key, value) in context.read_map("condition", node)? {
        let bound = BOUNDS.iter().find(|(name, _)| *name == key.text);
        match (key.text.as_str(), bound) {
            (name, Some((_, bound))) => {
                condition.bounds.push((*bound, read_number(context, name, value)?));
            }
            ("field", _) => condition.fields = read_fields(context, "field", value, aliases)?,
            ("percentile", _) => {
                condition.percentile = Some(read_number(context, "percentile", value)?);
            }
            (name, None) => {
                let known = BOUNDS.map(|(name, _)| name);
                let near = nearest(name, known.into_iter().chain(["field", "percentile"]));
                let what = format!("unknown key `{name}` in `condition`");
                return context.refuse_unknown(key.place, what, near);
            }
        }
    }
    check_condition(context, kind, node, &condition)?;
    Some(Some(condition))
}

fn read_number(context: &mut FileContext<'_>, name: &str, node: &YamlNode) -> Option<f64> {
    match node.value {
        #[allow(clippy::cast_precision_loss)]
        YamlValue::Whole(whole) => Some(whole as f64),
        YamlValue::Float(number) => Some(number),
        _ => context.refuse_at(node.place, format_args!("`{name}` has to be a number")),
    }
}

/// Checks what each kind needs in its condition.
fn check_condition(
    context: &mut FileContext<'_>,
    kind: CorrelationKind,
    node: &YamlNode,
    condition: &CorrelationCondition,
) -> Option<()> {
    let name = kind.as_str();
    let mut refuse = |what: String| context.refuse_at(node.place, what);
    if condition.bounds.is_empty() {
        return refuse("`condition` needs one of gt, gte, lt, lte, eq, neq".to_owned());
    }
    let counts_values = !kind.is_temporal() && kind != CorrelationKind::EventCount;
    match (counts_values, condition.fields.len()) {
        (true, 0) => return refuse(format!("`condition` of `{name}` needs a `field`")),
        (false, 1..) => return refuse(format!("`condition` of `{name}` takes no `field`")),
        (true, 2..) if kind != CorrelationKind::ValueCount => {
            return refuse(format!("`condition` of `{name}` takes one `field`"));
        }
        _ => {}
    }
    match (kind == CorrelationKind::ValuePercentile, condition.percentile) {
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
fn read_every_rule(
    context: &mut FileContext<'_>,
    kind: CorrelationKind,
    node: &YamlNode,
    text: &str,
    rules: &[RuleReference],
) -> Option<Option<CorrelationCondition>> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let named = words.iter().step_by(2);
    let joined = words.iter().skip(1).step_by(2).all(|word| word.eq_ignore_ascii_case("and"));
    let every = named.clone().count() == rules.len()
        && rules.iter().all(|(rule, _)| named.clone().any(|word| word == rule));
    if kind.is_temporal() && joined && every {
        return Some(None);
    }
    let hint = "name every rule, joined by `and`, or give a map such as `{gte: 2}`";
    context.refuse_with_hint(
        node.place,
        "a correlation's condition in words is not understood",
        hint,
    )
}
