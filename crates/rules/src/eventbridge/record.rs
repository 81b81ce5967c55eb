//! Applies patterns for EventBridge's envelope to the bare CloudTrail record inside it.

use std::sync::Arc;

use super::json::problem;
use super::pattern::{Branch, Wanted};
use super::value::{Alternative, What};
use crate::ir::{Case, Match, Pattern, Piece, Types};
use crate::problem::Problem;
use crate::tree::Place;

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
pub(super) fn unwrap(branches: Vec<Branch>) -> Result<Vec<Branch>, Problem> {
    let enveloped = branches
        .iter()
        .flat_map(|branch| &branch.fields)
        .any(|field| field.path.first().is_some_and(|first| ENVELOPE.contains(&first.as_str())));
    if !enveloped {
        return Ok(branches);
    }
    branches.iter().map(branch).collect()
}

/// A field may now occur twice, as `account` and as `detail.recipientAccountId`: both count.
fn branch(branch: &Branch) -> Result<Branch, Problem> {
    let fields: Vec<Arc<Wanted>> =
        branch.fields.iter().map(|wanted| field(wanted).map(Arc::new)).collect::<Result<_, _>>()?;
    Ok(Branch { fields })
}

fn field(wanted: &Wanted) -> Result<Wanted, Problem> {
    let path: Vec<&str> = wanted.path.iter().map(String::as_str).collect();
    match path.as_slice() {
        ["detail", rest @ ..] if !rest.is_empty() => Ok(Wanted {
            path: rest.iter().map(|name| (*name).to_owned()).collect(),
            ..wanted.clone()
        }),
        ["source"] => renamed(wanted, "eventSource", service),
        ["detail-type"] => renamed(wanted, "eventType", event_types),
        ["account"] => renamed(wanted, "recipientAccountId", |_, value| Ok(value.clone())),
        ["region"] => renamed(wanted, "awsRegion", |_, value| Ok(value.clone())),
        _ => Err(problem(
            wanted.at,
            format!("`{}` is not in the CloudTrail record of an event", wanted.path.join(".")),
        )
        .hint("the record's own fields are below `detail`")),
    }
}

fn renamed(
    wanted: &Wanted,
    name: &str,
    map: impl Fn(Place, &Match) -> Result<Match, Problem>,
) -> Result<Wanted, Problem> {
    let mut any_of = Vec::new();
    for Alternative { at, what } in &wanted.any_of {
        let what = match what {
            What::Value(value) => What::Value(map(*at, value)?),
            What::Absent => What::Absent,
        };
        any_of.push(Alternative { at: *at, what });
    }
    Ok(Wanted { at: wanted.at, path: vec![name.to_owned()], any_of })
}

/// Turns a test of `source` into one of `eventSource`.
fn service(at: Place, value: &Match) -> Result<Match, Problem> {
    let each = |values: &[Match]| -> Result<Vec<Match>, Problem> {
        values.iter().map(|value| service(at, value)).collect()
    };
    Ok(match value {
        Match::Anything => Match::Anything,
        Match::Not(value) => Match::Not(Box::new(service(at, value)?)),
        Match::Any(values) => Match::Any(each(values)?),
        Match::All(values) => Match::All(each(values)?),
        Match::Text(pattern, Types::Strict) => Match::Text(host(at, pattern)?, Types::Strict),
        _ => return Err(problem(at, "no service of AWS has such a `source`")),
    })
}

fn host(at: Place, pattern: &Pattern) -> Result<Pattern, Problem> {
    let strange = || {
        problem(at, format!("no service of AWS has the `source` `{pattern}`"))
            .hint("`aws.iam` stands for `iam.amazonaws.com`")
    };
    let mut pieces = pattern.pieces().to_vec();
    match pieces.as_mut_slice() {
        [Piece::Literal(first), rest @ ..] => {
            *first = match first.strip_prefix(SOURCE_PREFIX) {
                Some(name) if !name.is_empty() || !rest.is_empty() => name.to_owned(),
                None if !rest.is_empty() && SOURCE_PREFIX.starts_with(first.as_str()) => {
                    String::new()
                }
                _ => return Err(strange()),
            };
        }
        // A text after the first `*` that could begin within `aws.` has no counterpart.
        [Piece::Many, Piece::Literal(next), ..] if next.contains('.') => return Err(strange()),
        [Piece::Many, ..] => {}
        _ => return Err(strange()),
    }
    pieces.push(Piece::Literal(SERVICE_SUFFIX.to_owned()));
    Ok(Pattern::new(pieces, pattern.case()))
}

/// The event types whose `detail-type` matches.
fn event_types(at: Place, value: &Match) -> Result<Match, Problem> {
    let types: Vec<Match> = DETAIL_TYPES
        .iter()
        .filter(|(detail_type, _)| matches(value, detail_type))
        .map(|(_, event_type)| {
            Match::Text(Pattern::exact(event_type, Case::Sensitive), Types::Strict)
        })
        .collect();
    if types.is_empty() {
        let known: Vec<&str> = DETAIL_TYPES.iter().map(|(name, _)| *name).collect();
        return Err(problem(at, "no CloudTrail event has such a `detail-type`")
            .hint(format!("one of {}", known.join(", "))));
    }
    Ok(Match::Any(types))
}

/// Whether a text matches, for the kinds of match that occur in patterns.
fn matches(value: &Match, text: &str) -> bool {
    match value {
        Match::Anything => true,
        Match::Text(pattern, _) => pattern.matches(text),
        Match::Not(value) => !matches(value, text),
        Match::Any(values) => values.iter().any(|value| matches(value, text)),
        Match::All(values) => values.iter().all(|value| matches(value, text)),
        _ => false,
    }
}
