//! The resource as AWS's message names it: an ARN, or a word and a name.

use super::format::{self, Filled};
use super::request::Request;
use super::{Evidence, Found, Origin, best_fill};
use crate::catalogue::ResourceUse;

/// What IAM calls resources in its messages, and the types they are.
const WORDS: [(&str, &str); 8] = [
    ("instance profile ", "instance-profile"),
    ("server certificate ", "server-certificate"),
    ("saml provider ", "saml-provider"),
    ("role ", "role"),
    ("user ", "user"),
    ("group ", "group"),
    ("policy ", "policy"),
    ("access key ", ""),
];

/// Reads a named resource.
pub(super) fn read(
    named: &str,
    types: &[ResourceUse],
    request: &Request<'_>,
    evidence: &Evidence<'_>,
) -> Found {
    // AWS writes the word alone where the call named nobody: `on resource: user`.
    let word = WORDS
        .iter()
        .find(|(word, _)| starts_with(named, word) || named.eq_ignore_ascii_case(word.trim_end()));
    let (kind, name) = match word {
        Some((word, kind)) => (Some(*kind), named.get(word.len()..).unwrap_or_default()),
        None => (None, named),
    };
    let name = name.trim();
    if name.starts_with("arn:") {
        return arn(name, types, request, evidence);
    }
    let candidates: Vec<ResourceUse> = match kind {
        Some(kind) => {
            types.iter().filter(|used| used.name.eq_ignore_ascii_case(kind)).cloned().collect()
        }
        None => types.to_vec(),
    };
    let of_kind = if candidates.is_empty() { types } else { candidates.as_slice() };
    by_name(name, kind != Some(""), of_kind, request, evidence)
}

fn starts_with(text: &str, word: &str) -> bool {
    text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
}

/// A name without an ARN: the last variable of the type's format.
fn by_name(
    name: &str,
    is_name: bool,
    types: &[ResourceUse],
    request: &Request<'_>,
    evidence: &Evidence<'_>,
) -> Found {
    let Some((used, requested)) = best_fill(types, request, evidence) else {
        return Found { kind: None, ..Found::exact(name, Origin::Message, None) };
    };
    if !is_name || name.is_empty() || name.starts_with(['<', '{', '(']) {
        return Found { origin: Origin::Message, ..requested.found() };
    }
    let format = used.formats.first().map(String::as_str).unwrap_or_default();
    let last = format.rsplit_once("${").and_then(|(_, rest)| rest.split_once('}'));
    let last = last.map(|(variable, _)| variable).unwrap_or_default();
    let filled = format::fill(format, &used.name, &evidence.place, |variable| {
        if variable == last { Some(name.to_owned()) } else { request.value(variable, &used.name) }
    });
    Found { origin: Origin::Message, ..filled.found() }
}

fn arn(arn: &str, types: &[ResourceUse], request: &Request<'_>, evidence: &Evidence<'_>) -> Found {
    let mut found = Found::exact(arn, Origin::Message, None);
    found.pattern = if arn.contains(":s3:::") { format::literal(arn) } else { arn.to_owned() };
    if arn.contains(":logs:") {
        trim_log_group(&mut found);
    }
    let fitting =
        types.iter().flat_map(|used| used.formats.iter().map(move |format| (used, format)));
    let fitting = fitting
        .filter_map(|(used, format)| Some((format::fits(format, &found.name)?, used, format)))
        .max_by_key(|(letters, used, _)| (*letters, used.required));
    let Some((_, used, format)) = fitting else { return found };
    found.kind = Some(used.name.clone());
    complete(&mut found, format, evidence);
    if found.name.ends_with('*') && found.origin == Origin::Message {
        let filled = format::fill(format, &used.name, &evidence.place, |variable| {
            request.value(variable, &used.name)
        });
        refine(&mut found, filled);
    }
    found
}

/// CloudWatch Logs writes `…:log-group:NAME:log-stream:` for the group itself.
fn trim_log_group(found: &mut Found) {
    for ending in [":log-stream:", ":*"] {
        if let Some(group) = found.name.strip_suffix(ending) {
            found.of_streams = true;
            found.name = group.to_owned();
            found.pattern.clone_from(&found.name);
            return;
        }
    }
    found.of_streams = found.name.contains(":log-stream:");
}

/// Fills a region or an account that the message left empty.
fn complete(found: &mut Found, format: &str, evidence: &Evidence<'_>) {
    let mut parts: Vec<&str> = found.name.splitn(6, ':').collect();
    let wanted: Vec<&str> = format.splitn(6, ':').collect();
    let place =
        [(3, "${Region}", evidence.place.region), (4, "${Account}", evidence.place.account)];
    let mut changed = false;
    for (at, variable, value) in place {
        if let (Some(part), Some(wanted)) = (parts.get_mut(at), wanted.get(at))
            && part.is_empty()
            && *wanted == variable
            && !value.is_empty()
        {
            *part = value;
            changed = true;
        }
    }
    if changed {
        found.name = parts.join(":");
        found.pattern.clone_from(&found.name);
    }
}

/// `instance/*` becomes `instance/i-0abc` when the request says so and nothing else differs.
fn refine(found: &mut Found, filled: Filled) {
    let start = found.name.trim_end_matches('*');
    if filled.whole && filled.name.starts_with(start) {
        found.name = filled.name;
        found.pattern = filled.pattern;
    } else {
        found.whole = false;
    }
}
