//! Where values are looked for, and what one of them means.

use super::context::FileContext;
use super::modifier::ModifierChain;
use super::placeholder::{self, ExpandError};
use crate::ir::{EventField, LeafMatch, RuleExpr};
use crate::tree::YamlNode;

/// Where values are searched for.
pub(super) struct ValueTarget {
    /// The field; the whole event for keywords.
    pub(super) field: EventField,
    /// Keywords: a text may be anywhere in any value of the event.
    pub(super) keyword: bool,
}

/// What one value means: any of these.
#[derive(Default)]
pub(super) struct ValueMeaning {
    /// Conditions on a leaf of the field.
    pub(super) matches: Vec<LeafMatch>,
    /// A condition of another kind.
    pub(super) other: Option<RuleExpr>,
}

impl ValueMeaning {
    pub(super) fn from_match(wanted: LeafMatch) -> Self {
        Self { matches: vec![wanted], other: None }
    }

    pub(super) fn from_condition(expr: RuleExpr) -> Self {
        Self { matches: Vec::new(), other: Some(expr) }
    }
}

/// The text of a value; several if it has placeholders.
pub(super) fn read_value_texts(
    context: &mut FileContext<'_>,
    chain: &ModifierChain,
    node: &YamlNode,
    change: impl Fn(&str) -> String,
) -> Option<Vec<String>> {
    let Some(text) = node.scalar_text() else {
        let kind = node.value.kind_name();
        return context.refuse_at(node.place, format_args!("{kind} where text is needed"));
    };
    if !chain.expand {
        return Some(vec![text]);
    }
    match placeholder::expand_placeholders(&text, context.placeholders, change) {
        Ok(texts) => Some(texts),
        Err(ExpandError::TooMany) => {
            context.refuse_at(node.place, "placeholders make too many values of this one")
        }
        Err(ExpandError::Unknown(name, at)) => {
            let place = context.place_inside(node.place, at);
            let what = format!("placeholder `%{name}%` has no values");
            context.refuse_with_hint(place, what, format_args!("give `{name}` a list of values"))
        }
    }
}
