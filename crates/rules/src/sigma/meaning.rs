//! Where values are looked for, and what one of them means.

use super::context::Context;
use super::modifier::Chain;
use super::placeholder::{self, Unexpanded};
use crate::ir::{Expr, Field, Match};
use crate::tree::Node;

/// Where values are searched for.
pub(super) struct Target {
    /// The field; the whole event for keywords.
    pub(super) field: Field,
    /// Keywords: a text may be anywhere in any value of the event.
    pub(super) keyword: bool,
}

/// What one value means: any of these.
#[derive(Default)]
pub(super) struct Meaning {
    /// Conditions on a leaf of the field.
    pub(super) matches: Vec<Match>,
    /// A condition of another kind.
    pub(super) other: Option<Expr>,
}

impl Meaning {
    pub(super) fn one(wanted: Match) -> Self {
        Self { matches: vec![wanted], other: None }
    }

    pub(super) fn other(expr: Expr) -> Self {
        Self { matches: Vec::new(), other: Some(expr) }
    }
}

/// The text of a value; several if it has placeholders.
pub(super) fn texts(
    context: &mut Context<'_>,
    chain: &Chain,
    node: &Node,
    change: impl Fn(&str) -> String,
) -> Option<Vec<String>> {
    let Some(text) = node.scalar() else {
        let kind = node.value.kind();
        return context.refuse(node.place, format_args!("{kind} where text is needed"));
    };
    if !chain.expand {
        return Some(vec![text]);
    }
    match placeholder::expand(&text, context.placeholders, change) {
        Ok(texts) => Some(texts),
        Err(Unexpanded::TooMany) => {
            context.refuse(node.place, "placeholders make too many values of this one")
        }
        Err(Unexpanded::Unknown(name, at)) => {
            let place = context.inside(node.place, at);
            let what = format!("placeholder `%{name}%` has no values");
            context.refuse_with(place, what, format_args!("give `{name}` a list of values"))
        }
    }
}
