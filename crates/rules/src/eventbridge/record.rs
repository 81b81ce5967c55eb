//! Applies patterns for EventBridge's envelope to the bare CloudTrail record inside it.

use std::sync::Arc;

use super::json::problem_at;
use super::pattern::{PatternBranch, WantedField};
use super::value::{AlternativeKind, FieldAlternative};
use crate::ir::{LeafMatch, LeafTypes, LetterCase, PatternPiece, TextPattern};
use crate::problem::RuleMistake;
use crate::tree::PatternPlace;

/// The envelope's names that identify a pattern for it: all but `resources`, which is also a name
/// in records.
const ENVELOPE: [&str; 8] =
    ["source", "detail-type", "detail", "account", "region", "id", "time", "version"];

/// CloudTrail's names for the event types that EventBridge distinguishes by `detail-type`.
const DETAIL_TYPES: [(&str, &str); 5] = [
    ("AWS API Call via CloudTrail", "AwsApiCall"),
    ("AWS Console Sign In via CloudTrail", "AwsConsoleSignIn"),
    ("AWS Service Event via CloudTrail", "AwsServiceEvent"),
    ("AWS Console Action via CloudTrail", "AwsConsoleAction"),
    ("AWS Insight via CloudTrail", "AwsCloudTrailInsight"),
];

/// The beginning of EventBridge's service names, and the end of CloudTrail's: `aws.iam` is
/// `iam.amazonaws.com`.
const SOURCE_PREFIX: &str = "aws.";
const SERVICE_SUFFIX: &str = ".amazonaws.com";

/// Turns branches for the envelope into branches for the record; others are unchanged.
pub(super) fn unwrap_envelope(
    branches: Vec<PatternBranch>,
) -> Result<Vec<PatternBranch>, RuleMistake> {
    let enveloped = branches
        .iter()
        .flat_map(|branch| &branch.fields)
        .any(|field| field.path.first().is_some_and(|first| ENVELOPE.contains(&first.as_str())));
    if !enveloped {
        return Ok(branches);
    }
    branches.iter().map(unwrap_branch).collect()
}

/// A field may now occur twice, as `account` and as `detail.recipientAccountId`: both count.
fn unwrap_branch(branch: &PatternBranch) -> Result<PatternBranch, RuleMistake> {
    let fields: Vec<Arc<WantedField>> = branch
        .fields
        .iter()
        .map(|wanted| unwrap_field(wanted).map(Arc::new))
        .collect::<Result<_, _>>()?;
    Ok(PatternBranch { fields })
}

fn unwrap_field(wanted: &WantedField) -> Result<WantedField, RuleMistake> {
    let path: Vec<&str> = wanted.path.iter().map(String::as_str).collect();
    match path.as_slice() {
        ["detail", rest @ ..] if !rest.is_empty() => Ok(WantedField {
            path: rest.iter().map(|name| (*name).to_owned()).collect(),
            ..wanted.clone()
        }),
        ["source"] => rename_field(wanted, "eventSource", event_source_match),
        ["detail-type"] => rename_field(wanted, "eventType", matching_event_types),
        ["account"] => rename_field(wanted, "recipientAccountId", |_, value| Ok(value.clone())),
        ["region"] => rename_field(wanted, "awsRegion", |_, value| Ok(value.clone())),
        _ => Err(problem_at(
            wanted.at,
            format!("`{}` is not in the CloudTrail record of an event", wanted.path.join(".")),
        )
        .with_hint("the record's own fields are below `detail`")),
    }
}

fn rename_field(
    wanted: &WantedField,
    name: &str,
    map: impl Fn(PatternPlace, &LeafMatch) -> Result<LeafMatch, RuleMistake>,
) -> Result<WantedField, RuleMistake> {
    let mut any_of = Vec::new();
    for FieldAlternative { at, what } in &wanted.any_of {
        let what = match what {
            AlternativeKind::Value(value) => AlternativeKind::Value(map(*at, value)?),
            AlternativeKind::Absent => AlternativeKind::Absent,
        };
        any_of.push(FieldAlternative { at: *at, what });
    }
    Ok(WantedField { at: wanted.at, path: vec![name.to_owned()], any_of })
}

/// Turns a test of `source` into one of `eventSource`.
fn event_source_match(at: PatternPlace, value: &LeafMatch) -> Result<LeafMatch, RuleMistake> {
    let each = |values: &[LeafMatch]| -> Result<Vec<LeafMatch>, RuleMistake> {
        values.iter().map(|value| event_source_match(at, value)).collect()
    };
    Ok(match value {
        LeafMatch::Anything => LeafMatch::Anything,
        LeafMatch::Not(value) => LeafMatch::Not(Box::new(event_source_match(at, value)?)),
        LeafMatch::Any(values) => LeafMatch::Any(each(values)?),
        LeafMatch::All(values) => LeafMatch::All(each(values)?),
        LeafMatch::Text(pattern, LeafTypes::Strict) => {
            LeafMatch::Text(event_source_pattern(at, pattern)?, LeafTypes::Strict)
        }
        _ => return Err(problem_at(at, "no service of AWS has such a `source`")),
    })
}

fn event_source_pattern(
    at: PatternPlace,
    pattern: &TextPattern,
) -> Result<TextPattern, RuleMistake> {
    let strange = || {
        problem_at(at, format!("no service of AWS has the `source` `{pattern}`"))
            .with_hint("`aws.iam` stands for `iam.amazonaws.com`")
    };
    let mut pieces = pattern.pieces().to_vec();
    match pieces.as_mut_slice() {
        [PatternPiece::Literal(first), rest @ ..] => {
            *first = match first.strip_prefix(SOURCE_PREFIX) {
                Some(name) if !name.is_empty() || !rest.is_empty() => name.to_owned(),
                None if !rest.is_empty() && SOURCE_PREFIX.starts_with(first.as_str()) => {
                    String::new()
                }
                _ => return Err(strange()),
            };
        }
        // A text after the first `*` that could begin within `aws.` has no counterpart.
        [PatternPiece::Many, PatternPiece::Literal(next), ..] if next.contains('.') => {
            return Err(strange());
        }
        [PatternPiece::Many, ..] => {}
        _ => return Err(strange()),
    }
    pieces.push(PatternPiece::Literal(SERVICE_SUFFIX.to_owned()));
    Ok(TextPattern::from_pieces(pieces, pattern.letter_case()))
}

/// The event types whose `detail-type` matches.
fn matching_event_types(at: PatternPlace, value: &LeafMatch) -> Result<LeafMatch, RuleMistake> {
    let types: Vec<LeafMatch> = DETAIL_TYPES
        .iter()
        .filter(|(detail_type, _)| matches_text(value, detail_type))
        .map(|(_, event_type)| {
            LeafMatch::Text(
                TextPattern::exact_text(event_type, LetterCase::Sensitive),
                LeafTypes::Strict,
            )
        })
        .collect();
    if types.is_empty() {
        let known: Vec<&str> = DETAIL_TYPES.iter().map(|(name, _)| *name).collect();
        return Err(problem_at(at, "no CloudTrail event has such a `detail-type`")
            .with_hint(format!("one of {}", known.join(", "))));
    }
    Ok(LeafMatch::Any(types))
}

/// Whether a text matches, for the kinds of match that occur in patterns.
fn matches_text(value: &LeafMatch, text: &str) -> bool {
    match value {
        LeafMatch::Anything => true,
        LeafMatch::Text(pattern, _) => pattern.matches_text(text),
        LeafMatch::Not(value) => !matches_text(value, text),
        LeafMatch::Any(values) => values.iter().any(|value| matches_text(value, text)),
        LeafMatch::All(values) => values.iter().all(|value| matches_text(value, text)),
        _ => false,
    }
}
