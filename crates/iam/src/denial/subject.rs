//! The principal: the part of a denial's text before `is not authorized`.

use crate::steps::scan;

/// The longest principal to look for, in bytes; an ARN has at most 2048.
pub(super) const MAX_PRINCIPAL: usize = 2_200;

/// The principal at the end of the text before `is not authorized`.
pub(super) fn find_principal(before: &str) -> Option<&str> {
    let near = scan(end_of(before));
    let named =
        near.rfind("User: ").map(|at| at + 6).or_else(|| near.rfind("User ").map(|at| at + 5));
    let name = match named {
        Some(at) => near.get(at..)?,
        None => near.get(near.rfind("arn:")?..)?,
    };
    let name = name.trim().trim_matches(['`', '\'', '"', ':']);
    (!name.is_empty() && name != "User").then_some(name)
}

/// The end of a text, as long as a principal can be.
pub(super) fn end_of(before: &str) -> &str {
    let start = before.len().saturating_sub(MAX_PRINCIPAL);
    let start = (start..=before.len()).find(|at| before.is_char_boundary(*at));
    start.and_then(|start| before.get(start..)).unwrap_or_default()
}
