//! Reads the resource that AWS's message names: an ARN, or a word and a name.

use aware_core::event::is_account_id;

use super::evidence::ResourceEvidence;
use super::fit::best_fill;
use super::format::{self, FilledFormat};
use super::found::{FoundResource, ResourceOrigin};
use super::request::RequestValues;
use super::stars;
use crate::catalogue::ResourceUse;

/// IAM's words for resources in its messages, and their types.
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
pub(super) fn read_named(
    named: &str,
    types: &[ResourceUse],
    request: &RequestValues<'_>,
    evidence: &ResourceEvidence<'_>,
) -> Option<FoundResource> {
    // AWS writes only the word if the call named no user: `on resource: user`.
    let word = WORDS
        .iter()
        .find(|(word, _)| starts_with(named, word) || named.eq_ignore_ascii_case(word.trim_end()));
    let (kind, name) = match word {
        Some((word, kind)) => (Some(*kind), named.get(word.len()..).unwrap_or_default()),
        None => (None, named),
    };
    let name = name.trim();
    if name.starts_with("arn:") {
        return Some(read_arn(name, types, request, evidence));
    }
    let candidates: Vec<ResourceUse> = match kind {
        Some(kind) => {
            types.iter().filter(|used| used.name.eq_ignore_ascii_case(kind)).cloned().collect()
        }
        None => types.to_vec(),
    };
    let of_kind = if candidates.is_empty() { types } else { candidates.as_slice() };
    resource_from_name(name, kind != Some(""), of_kind, request, evidence)
}

fn starts_with(text: &str, word: &str) -> bool {
    text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
}

/// A name without an ARN: the value of the last variable of the type's format.
fn resource_from_name(
    name: &str,
    is_name: bool,
    types: &[ResourceUse],
    request: &RequestValues<'_>,
    evidence: &ResourceEvidence<'_>,
) -> Option<FoundResource> {
    let is_crossed = name.bytes().all(|byte| b"*xX.".contains(&byte));
    let is_masked = is_crossed || name.starts_with(['<', '{', '(', '[']);
    // A name with a colon is an id of another service, not a name of this type.
    if kind_unknown(name) {
        return None;
    }
    let Some((used, requested)) = best_fill(types, request, evidence) else {
        let exact = || FoundResource {
            kind: None,
            ..FoundResource::new_exact(name, ResourceOrigin::Message, None)
        };
        return (!is_masked).then(exact);
    };
    if !is_name || is_masked {
        let origin =
            if requested.known > 0 { ResourceOrigin::Message } else { ResourceOrigin::Pattern };
        return Some(FoundResource { origin, ..requested.into_resource() });
    }
    let format = used.formats.first().map(String::as_str).unwrap_or_default();
    let last = format.rsplit_once("${").and_then(|(_, rest)| rest.split_once('}'));
    let last = last.map(|(variable, _)| variable).unwrap_or_default();
    let filled = format::fill_format(format, &used.name, &evidence.place, |variable| {
        if variable == last {
            Some(name.to_owned())
        } else {
            request.find_value(variable, &used.name)
        }
    });
    let mut found = FoundResource { origin: ResourceOrigin::Message, ..filled.into_resource() };
    if !found.whole {
        // Without Region, account and the other parts, a name does not make an ARN.
        name.clone_into(&mut found.name);
    }
    Some(found)
}

fn kind_unknown(name: &str) -> bool {
    name.contains(':') && !name.contains(' ')
}

fn read_arn(
    arn: &str,
    types: &[ResourceUse],
    request: &RequestValues<'_>,
    evidence: &ResourceEvidence<'_>,
) -> FoundResource {
    let mut found = FoundResource::new_exact(arn, ResourceOrigin::Message, None);
    found.pattern = stars::policy_pattern(arn, evidence.request);
    found = open_masked_account(found);
    if arn.contains(":logs:") {
        trim_log_group(&mut found);
    }
    let fitting =
        types.iter().flat_map(|used| used.formats.iter().map(move |format| (used, format)));
    let fitting = fitting
        .filter_map(|(used, format)| {
            Some((format::match_format(format, &found.name)?, used, format))
        })
        .max_by_key(|(letters, used, _)| (*letters, used.required));
    let Some((_, used, format)) = fitting else {
        return FoundResource { whole: !is_hidden(arn), ..found };
    };
    found.kind = Some(used.name.clone());
    if arn.contains(":ssm:") {
        fill_account(&mut found, evidence.place.account);
    }
    if is_hidden(&found.name) {
        found.whole = false;
    } else if stars::is_open(&found.name, evidence.request) {
        // A star within the name is as open as one at the end, which the request may fill.
        if !found.name.ends_with('*') {
            found.whole = false;
            return found;
        }
        let filled = format::fill_format(format, &used.name, &evidence.place, |variable| {
            request.find_value(variable, &used.name)
        });
        refine_pattern(&mut found, filled);
    }
    found
}

/// CloudWatch Logs writes `…:log-group:NAME:log-stream:` for the group itself.
fn trim_log_group(found: &mut FoundResource) {
    for ending in [":log-stream:", ":*"] {
        if let Some(group) = found.name.strip_suffix(ending) {
            found.of_streams = true;
            found.name = group.to_owned();
            let pattern = found.pattern.strip_suffix(ending).map(str::to_owned);
            found.pattern = pattern.unwrap_or_else(|| found.name.clone());
            return;
        }
    }
    found.of_streams = found.name.contains(":log-stream:");
}

/// Fills in the account that Systems Manager leaves out of its texts, except for AWS's public
/// parameters. Other services leave it empty on purpose.
fn fill_account(found: &mut FoundResource, account: &str) {
    let mut parts: Vec<&str> = found.name.splitn(6, ':').collect();
    let is_public = parts.last().is_some_and(|name| name.starts_with("parameter/aws/"));
    if let Some(part) = parts.get_mut(4).filter(|part| part.is_empty() && !is_public) {
        *part = account;
        found.name = parts.join(":");
        let mut parts: Vec<&str> = found.pattern.splitn(6, ':').collect();
        if let Some(part) = parts.get_mut(4) {
            *part = account;
        }
        found.pattern = parts.join(":");
    }
}

/// An ARN that names exactly one resource: not a pattern, and not a prefix where names begin.
pub(super) fn named_whole(named: &str) -> Option<FoundResource> {
    let is_open = named.ends_with(['*', '/', ':']) && !is_hidden(named);
    let is_whole = !is_open && named.starts_with("arn:");
    let found = is_whole.then(|| FoundResource::new_exact(named, ResourceOrigin::Message, None))?;
    Some(FoundResource { whole: !is_hidden(named), ..open_masked_account(found) })
}

/// Whether part of a name was masked (`hostedzone/***`) or cut off (`webacl/front/...`) before the
/// text was pasted, or contains a replacement character, which no name has.
pub(crate) fn is_hidden(name: &str) -> bool {
    if name.contains('\u{fffd}') {
        return true;
    }
    let is_mask = |part: &str| part.len() > 1 && part.bytes().all(|byte| byte == b'*');
    let is_cut = |part: &str| part.ends_with("...") || part.ends_with('…');
    name.split([':', '/']).any(|part| is_mask(part) || is_cut(part))
}

/// Whether an account is masked: `***`, `<account>`, `xxxxxxxxxxxx`.
pub(crate) fn is_masked(account: &str) -> bool {
    let is_id = is_account_id(account);
    let is_owner =
        !account.is_empty() && account.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
    let is_crossed = account.bytes().all(|byte| byte == b'x');
    !account.is_empty() && !is_id && (!is_owner || is_crossed)
}

/// Replaces a masked account with `*`, so that no grant uses it.
fn open_masked_account(mut found: FoundResource) -> FoundResource {
    let mut parts: Vec<&str> = found.pattern.splitn(6, ':').collect();
    if let Some(account) = parts.get_mut(4).filter(|account| is_masked(account)) {
        *account = "*";
        found.pattern = parts.join(":");
    }
    found
}

/// Turns `instance/*` into `instance/i-0abc` if the request says so and nothing else differs.
fn refine_pattern(found: &mut FoundResource, filled: FilledFormat) {
    let start = found.name.trim_end_matches('*');
    if filled.whole && filled.name.starts_with(start) {
        found.name = filled.name;
        found.pattern = filled.pattern;
    } else {
        found.whole = false;
    }
}
