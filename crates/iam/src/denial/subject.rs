//! Who and on what: the parts of a denial's text on either side of the action.

use memchr::memmem;

/// What may follow a resource. Dots, commas and spaces belong to names and never end one.
const ENDS: [&str; 10] = [
    " because ",
    " with an explicit deny",
    ". Encoded",
    " Encoded authorization",
    ". Go to https://",
    " (Service:",
    " (service:",
    " status code",
    ", request id:",
    " - Request ID",
];
/// The longest principal that is looked for, in bytes; ARNs have at most 2048.
const MAX_PRINCIPAL: usize = 2_200;

/// The principal at the end of the text before `is not authorized`.
pub(super) fn principal(before: &str) -> Option<&str> {
    let start = before.len().saturating_sub(MAX_PRINCIPAL);
    let start = (start..=before.len()).find(|at| before.is_char_boundary(*at))?;
    let near = before.get(start..)?;
    let named =
        near.rfind("User: ").map(|at| at + 6).or_else(|| near.rfind("User ").map(|at| at + 5));
    let name = match named {
        Some(at) => near.get(at..)?,
        None => near.get(near.rfind("arn:")?..)?,
    };
    let name = name.trim().trim_matches(['`', '\'', '"', ':']);
    (!name.is_empty() && name != "User").then_some(name)
}

/// The resource after the action, and the text after it.
pub(super) fn resource(after: &str) -> (Option<&str>, &str) {
    let text = after.trim_start_matches(['`', '\'', '"', ']', ')', ',']).trim_start();
    let Some(text) = text.strip_prefix("on ") else { return (None, after) };
    let text = text.strip_prefix("the ").unwrap_or(text);
    let Some(text) = text.strip_prefix("resource") else { return (None, after) };
    let text = text.strip_prefix("(s)").or_else(|| text.strip_prefix('s')).unwrap_or(text);
    let named = match text.strip_prefix(':') {
        Some(rest) => rest.trim_start(),
        None => {
            let rest = text.trim_start();
            if !rest.starts_with("arn:") && !rest.starts_with('`') {
                return (None, text);
            }
            rest
        }
    };
    match named.chars().next() {
        Some(quote @ ('"' | '`')) => quoted(named, quote),
        _ => plain(named),
    }
}

/// A resource in quotes, in which S3 keys may hold quotes too: the last that is followed by what
/// can follow a resource ends it.
fn quoted(text: &str, quote: char) -> (Option<&str>, &str) {
    let inner = text.get(1..).unwrap_or_default();
    let closing = if quote == '`' { '\'' } else { quote };
    let is_end = |rest: &str| {
        matches!(rest.trim_end(), "" | ".") || ENDS.iter().any(|end| rest.starts_with(end))
    };
    for (at, _) in inner.rmatch_indices(closing) {
        let rest = inner.get(at + 1..).unwrap_or_default();
        if is_end(rest) {
            return (filled(inner.get(..at)), rest);
        }
    }
    let (resource, rest) = plain(inner);
    (resource.map(|name| name.trim_end_matches(closing)), rest)
}

fn plain(text: &str) -> (Option<&str>, &str) {
    let ends = ENDS.iter().filter_map(|end| memmem::find(text.as_bytes(), end.as_bytes()));
    let at = ends.min().unwrap_or(text.len());
    let (name, rest) = text.split_at_checked(at).unwrap_or((text, ""));
    let name = name.trim();
    (filled(Some(name.strip_suffix('.').unwrap_or(name))), rest)
}

fn filled(name: Option<&str>) -> Option<&str> {
    name.filter(|name| !name.is_empty())
}
