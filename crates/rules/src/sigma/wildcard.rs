//! Notes stars that look like a policy's but are wildcards.

use super::context::FileContext;
use super::meaning::ValueTarget;
use crate::ir::PathStep;
use crate::tree::PatternPlace;

/// Elements of a policy in which a star means everything.
const ELEMENTS: [&str; 6] =
    ["Action", "NotAction", "Resource", "NotResource", "Principal", "NotPrincipal"];
/// The key for accounts in a policy's `Principal`.
const PRINCIPAL: &str = "AWS";

/// Notes a `*` that its author may mean literally: in quotes, as in `"Action":"*"`, or alone as the
/// value of a policy's element. As a wildcard it matches every policy there.
pub(super) fn note_policy_star(
    context: &mut FileContext<'_>,
    target: &ValueTarget,
    text: &str,
    place: PatternPlace,
) {
    let last = target.field.path.iter().rev().find_map(|step| match step {
        PathStep::Key(name) => Some(name.as_str()),
        _ => None,
    });
    let is_element = last.is_some_and(|name| ELEMENTS.contains(&name) || name == PRINCIPAL);
    if text.contains("\"*\"") {
        let what = "`*` is a wildcard here, even in quotes, and matches anything up to a quote \
                    somewhere behind it (hint: `\\*` is the star; or look into the document: \
                    `requestParameters.policyDocument.Statement[any]`)";
        context.add_note(place, what);
    } else if text == "*" && is_element {
        let what = format!(
            "`*` is a wildcard and matches any `{}` (hint: `\\*` is the star)",
            last.unwrap_or_default()
        );
        context.add_note(place, what);
    }
}
