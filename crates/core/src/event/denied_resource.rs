//! The resource that AWS's sentence about a denial names.

use memchr::memmem;

/// Texts that may follow a resource. Dots, commas and spaces belong to names and never end one.
const ENDS: [&str; 15] = [
    " because ",
    " with an explicit deny",
    ". Encoded",
    " Encoded authorization",
    ". Go to https://",
    " (Service:",
    " (service:",
    " [Service:",
    " status code",
    "; status code",
    ", request id:",
    " - Request ID",
    ". Please ",
    " . Please ",
    "\n",
];
/// Texts that introduce the reason. If there are several the last is AWS's, since nothing that a
/// caller chooses follows it.
const REASONS: [&str; 2] = [" because ", " with an explicit deny"];

/// The resource after the action of a sentence (` on resource: R …`), and the text after it.
///
/// Only quotes are removed, and the full stop at the end of a sentence.
pub fn named_resource(after: &str) -> (Option<&str>, &str) {
    let Some(named) = after_resource_intro(after) else { return (None, after) };
    match named.chars().next() {
        Some(quote @ ('"' | '`')) => quoted_resource(named, quote),
        _ => bare_resource(named),
    }
}

/// The text after `on resource: `, `on resource(s): `, `on the resource `, `on role `, `on `.
pub fn after_resource_intro(after: &str) -> Option<&str> {
    let text = after.trim_start_matches(['`', '\'', '"', ']', ')', ',']).trim_start();
    let text = text.strip_prefix("on ").or_else(|| text.strip_prefix("On "))?.trim_start();
    let is_name = |text: &str| text.starts_with("arn:") || text.starts_with('`');
    if is_name(text) {
        return Some(text);
    }
    if let Some(role) = text.strip_prefix("role ").or_else(|| text.strip_prefix("service role ")) {
        return Some(role).filter(|role| is_name(role));
    }
    let text = text.strip_prefix("the ").unwrap_or(text);
    let text = text.strip_prefix("specified ").unwrap_or(text);
    let text = text.strip_prefix("resource").or_else(|| text.strip_prefix("Resource"))?;
    let text = text.strip_prefix("(s)").or_else(|| text.strip_prefix('s')).unwrap_or(text);
    match text.strip_prefix(':') {
        Some(rest) => Some(rest.trim_start()),
        None => Some(text.trim_start()).filter(|rest| is_name(rest) || rest.starts_with("\"arn:")),
    }
}

/// A resource in quotes. S3 keys may contain quotes themselves, so the last quote followed by
/// something that can follow a resource ends it.
fn quoted_resource(text: &str, quote: char) -> (Option<&str>, &str) {
    let inner = text.get(1..).unwrap_or_default();
    let closing = if quote == '`' { '\'' } else { quote };
    let is_end = |rest: &str| {
        matches!(rest.trim_end(), "" | "." | ")") || ENDS.iter().any(|end| rest.starts_with(end))
    };
    for (at, _) in inner.rmatch_indices(closing) {
        let rest = inner.get(at + 1..).unwrap_or_default();
        if is_end(rest) {
            return (non_empty(inner.get(..at)), rest);
        }
    }
    let (resource, rest) = bare_resource(inner);
    (resource.map(|name| name.trim_end_matches(closing)), rest)
}

fn bare_resource(text: &str) -> (Option<&str>, &str) {
    let last =
        REASONS.iter().filter_map(|end| memmem::rfind(text.as_bytes(), end.as_bytes())).max();
    let first =
        || ENDS.iter().filter_map(|end| memmem::find(text.as_bytes(), end.as_bytes())).min();
    let at = last.or_else(first).unwrap_or(text.len());
    let (name, rest) = text.split_at_checked(at).unwrap_or((text, ""));
    let name = name.trim();
    let is_cut = name.ends_with("..");
    let name = name.strip_suffix('.').filter(|_| !is_cut).unwrap_or(name);
    (non_empty(Some(name.trim_end())), rest)
}

fn non_empty(name: Option<&str>) -> Option<&str> {
    name.filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resources_and_what_follows_them() {
        let arn = "arn:aws:iot:eu-west-1:222233334444:topic/a b";
        let false_reason = " because no identity-based policy allows the iot:Publish action";
        let reason = " because no session policy allows the iot:Publish action";
        let cases = [
            (format!(" on resource: {arn}{reason}"), Some(arn.to_owned()), reason),
            (
                format!(" on resource: {arn}{false_reason}{reason}"),
                Some(format!("{arn}{false_reason}")),
                reason,
            ),
            (
                r#" on resource: "arn:aws:s3:::b/k" because no x" with an explicit deny"#
                    .to_owned(),
                Some(r#"arn:aws:s3:::b/k" because no x"#.to_owned()),
                " with an explicit deny",
            ),
            (
                " on resource `arn:aws:ses:a:b:identity/x'".to_owned(),
                Some("arn:aws:ses:a:b:identity/x".to_owned()),
                "",
            ),
            (
                " on role arn:aws:iam::1:role/x".to_owned(),
                Some("arn:aws:iam::1:role/x".to_owned()),
                "",
            ),
            (" on resource: arn:aws:x:.".to_owned(), Some("arn:aws:x:".to_owned()), ""),
            (" on resource: arn:aws:x:...".to_owned(), Some("arn:aws:x:...".to_owned()), ""),
            (" on this resource because".to_owned(), None, " on this resource because"),
            (" on the specified resource".to_owned(), None, " on the specified resource"),
        ];
        for (text, name, rest) in cases {
            assert_eq!(named_resource(&text), (name.as_deref(), rest), "{text}");
        }
    }
}
