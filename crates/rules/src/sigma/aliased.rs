//! Names of fields in a correlation, or of aliases that stand for some.

use super::context::{Context, all};
use super::field::field;
use crate::tree::Node;

/// Names of fields or aliases.
pub(super) fn fields(
    context: &mut Context<'_>,
    key: &str,
    node: &Node,
    aliases: &[String],
) -> Option<Vec<String>> {
    let names = context.texts(key, node)?;
    all(names.into_iter().map(|(name, place)| {
        if !aliases.contains(&name) {
            field(context, &name, place)?;
        }
        Some(name)
    }))
}
