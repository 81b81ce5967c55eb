//! What a policy as a whole shows: its type and its size.

use super::policy_type::PolicyType;
use super::view::StatementView;

/// A policy without a principal is identity-based; one whose actions are all about assuming roles
/// is a trust policy; any other with a principal is resource-based.
pub(super) fn type_by_content(statements: &[StatementView]) -> PolicyType {
    if !statements.iter().any(|one| one.principal.is_some()) {
        return PolicyType::Identity;
    }
    let lists = || statements.iter().filter_map(|one| one.actions.as_ref());
    let mut actions = lists().flat_map(|list| &list.items);
    let of_roles = |text: &str| text.to_lowercase().starts_with("sts:");
    let has_actions = lists().any(|list| !list.items.is_empty());
    if has_actions && actions.all(|leaf| of_roles(&leaf.text)) {
        PolicyType::Trust
    } else {
        PolicyType::Resource
    }
}

/// The characters of the first JSON value of a text, without the white space between its parts.
pub(super) fn count_chars(text: &str) -> usize {
    let (mut depth, mut count) = (0_usize, 0);
    let (mut in_string, mut is_escaped) = (false, false);
    for c in text.chars() {
        count += usize::from(in_string || !c.is_ascii_whitespace());
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' if in_string => is_escaped = true,
            '"' => in_string = !in_string,
            '{' | '[' if !in_string => depth += 1,
            '}' | ']' if !in_string => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    break;
                }
            }
            _ => {}
        }
    }
    count
}
