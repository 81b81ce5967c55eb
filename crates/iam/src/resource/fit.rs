//! The resource type that fits best: by an ARN, or by what a request fills.

use super::evidence::ResourceEvidence;
use super::format::{self, FilledFormat};
use super::found::{FoundResource, ResourceOrigin};
use super::leaves;
use super::request::RequestValues;
use crate::catalogue::ResourceUse;

/// The ARN that fits one of the types best: the type with the most letters of its own.
pub(super) fn best_fit<'a>(
    types: &[ResourceUse],
    arns: impl Iterator<Item = &'a str>,
) -> Option<FoundResource> {
    let mut best: Option<(bool, usize, &str, &str)> = None;
    for arn in arns {
        for used in types {
            let fit =
                used.formats.iter().filter_map(|format| format::match_format(format, arn)).max();
            let Some(letters) = fit else { continue };
            let better =
                best.is_none_or(|(required, most, ..)| (used.required, letters) > (required, most));
            if better {
                best = Some((used.required, letters, arn, used.name.as_str()));
            }
        }
    }
    best.map(|(_, _, arn, kind)| FoundResource::new_exact(arn, ResourceOrigin::Record, Some(kind)))
}

/// The type that the request fills best, and that the operation's name mentions.
pub(super) fn best_fill<'t>(
    types: &'t [ResourceUse],
    request: &RequestValues<'_>,
    evidence: &ResourceEvidence<'_>,
) -> Option<(&'t ResourceUse, FilledFormat)> {
    let operation = leaves::plain_letters(evidence.operation);
    let all = types.iter().flat_map(|used| used.formats.iter().map(move |format| (used, format)));
    let filled = all.map(|(used, format)| {
        let filled = format::fill_format(format, &used.name, &evidence.place, |variable| {
            request.find_value(variable, &used.name)
        });
        let noun = leaves::plain_letters(&used.name);
        let noun = noun.strip_suffix('s').unwrap_or(&noun);
        let spoken = if operation.contains(noun) { noun.len() } else { 0 };
        // Mentioning a type that nothing fills means little if another one is filled, and a type
        // without variables says nothing about the request.
        let varies = filled.variables > 0;
        let whole = filled.whole && (varies || spoken > 0);
        let told = filled.known > 0 || whole;
        ((told, spoken, whole, filled.known, used.required, varies), used, filled)
    });
    let best = filled.reduce(|best, next| if next.0 > best.0 { next } else { best });
    best.map(|(_, used, filled)| (used, filled))
}
