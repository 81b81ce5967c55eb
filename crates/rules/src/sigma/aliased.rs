//! Names of fields in a correlation, or of aliases that stand for some.

use super::context::{FileContext, all_or_none};
use super::field::plain_field;
use crate::tree::YamlNode;

/// Names of fields or aliases.
pub(super) fn read_fields(
    context: &mut FileContext<'_>,
    key: &str,
    node: &YamlNode,
    aliases: &[String],
) -> Option<Vec<String>> {
    let names = context.read_texts(key, node)?;
    all_or_none(names.into_iter().map(|(name, place)| {
        if !aliases.contains(&name) {
            plain_field(context, &name, place)?;
        }
        Some(name)
    }))
}
