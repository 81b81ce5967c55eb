//! Tells whose place a resource is: the caller's own, another's, or nobody's in particular.
//!
//! Instances of one role, and users of one group, share a policy; policy variables keep them apart:
//! `bucket/${aws:userid}/*`. If a path contains the caller's own name, the grant has the variable
//! instead, so that it never reaches another's place. If the path contains the name of another
//! session or user of the same kind, no grant is right.
//!
//! Source: IAM user guide, "IAM policy elements: Variables and tags".

mod forms;
mod owner;
mod requests;
mod segment;
mod session;

use std::collections::BTreeMap;

use aware_core::event::is_account_id;
use percent_encoding::percent_decode_str;

use super::caller::CallerNames;
use segment::{NameOwner, PathSegment};
use session::{instance_owner, session_condition};

pub use owner::{OtherPlace, PlaceOwner};
pub use requests::{find_other_place, is_by_request, owner_of_keys, owner_of_prefix};

/// Services that keep data under names chosen by people and workloads. In other services an id
/// names a resource itself, as an instance is to whoever stops it.
const OF_DATA: [&str; 21] = [
    "appconfig",
    "athena",
    "cassandra",
    "codeartifact",
    "codecommit",
    "dynamodb",
    "ecr",
    "elasticfilesystem",
    "firehose",
    "glue",
    "iot",
    "kinesis",
    "logs",
    "s3",
    "s3express",
    "s3tables",
    "secretsmanager",
    "sns",
    "sqs",
    "ssm",
    "timestream",
];

/// How many times to decode a path: further encodings no longer hide anything.
const MAX_DECODED: usize = 3;

/// Tells whose place an ARN pattern names.
pub fn find_place_owner(caller: &CallerNames<'_>, pattern: &str) -> PlaceOwner {
    let Some((start, path)) = split_path(pattern) else { return PlaceOwner::Nobodys };
    let service = pattern.split(':').nth(2).unwrap_or_default();
    if !OF_DATA.contains(&service) {
        return PlaceOwner::Nobodys;
    }
    if let Some(other) = find_encoded_other(caller, path, service) {
        return PlaceOwner::Others(other);
    }
    let mut written = start.to_owned();
    let mut conditions = Vec::new();
    let (mut is_own, mut is_private) = (false, false);
    for segment in segment::split_segments(path, service) {
        match segment.find_owner(caller) {
            NameOwner::Nobody => written.push_str(segment.text),
            NameOwner::Instance if segment.is_instance_resource() => {
                written.push_str(segment.text);
            }
            NameOwner::Instance => match instance_owner(caller, &segment) {
                Some(PlaceOwner::Others(other)) => return PlaceOwner::Others(other),
                Some(_) => {
                    conditions.push(session_condition(caller));
                    (is_own, is_private) = (true, true);
                    written.push_str(segment.text);
                }
                None => written.push_str(segment.text),
            },
            NameOwner::Session => {
                conditions.push(session_condition(caller));
                (is_own, is_private) = (true, true);
                written.push_str(segment.text);
            }
            NameOwner::Variable { text, private } => {
                is_own = true;
                is_private |= private;
                written.push_str(&text);
            }
            NameOwner::Other(other) => return PlaceOwner::Others(other),
        }
        if is_private && segment.is_whole && segment.has_more {
            // Everything below the caller's own name is the caller's.
            written.push_str("/*");
            break;
        }
        written.push_str(segment.end);
    }
    if is_own { PlaceOwner::Own { pattern: written, conditions } } else { PlaceOwner::Nobodys }
}

/// Finds another's name behind `%3A` and the like: an object's key is what its URL decodes to.
fn find_encoded_other(caller: &CallerNames<'_>, path: &str, service: &str) -> Option<OtherPlace> {
    let mut decoded = path.to_owned();
    for _ in 0..MAX_DECODED {
        let next = percent_decode_str(&decoded).decode_utf8_lossy().into_owned();
        if next == decoded {
            return None;
        }
        decoded = next;
        let other =
            segment::split_segments(&decoded, service).into_iter().find_map(
                |segment| match segment.find_owner(caller) {
                    NameOwner::Other(other) => Some(other),
                    NameOwner::Instance => match instance_owner(caller, &segment) {
                        Some(PlaceOwner::Others(other)) => Some(other),
                        _ => None,
                    },
                    _ => None,
                },
            );
        if other.is_some() {
            return other;
        }
    }
    None
}

/// Whether a resource may be somebody's place, asked with little knowledge of the caller: `false`
/// only if [`find_place_owner`] would return [`PlaceOwner::Nobodys`] for any caller with this
/// session and name.
pub fn may_be_somebodys(session: Option<&str>, user_name: Option<&str>, resource: &str) -> bool {
    let caller = CallerNames { session, user_name, ..CallerNames::default() };
    let holds_account = resource
        .splitn(6, ':')
        .nth(5)
        .is_some_and(|path| path.split(['/', ':']).any(is_account_id));
    let path = split_path(resource).map(|(_, path)| path).unwrap_or_default();
    let is_home = segment::split_segments(path, "s3").iter().any(PathSegment::is_at_home);
    holds_account
        || is_home
        || path.contains('%')
        || find_place_owner(&caller, resource) != PlaceOwner::Nobodys
}

/// Adds conditions with one value each.
pub(super) fn add_conditions(
    all: &mut BTreeMap<String, BTreeMap<String, Vec<String>>>,
    conditions: &[(&'static str, &'static str, String)],
) {
    for (operator, key, value) in conditions {
        let values = all.entry((*operator).to_owned()).or_default();
        let values = values.entry((*key).to_owned()).or_default();
        if !values.contains(value) {
            values.push(value.clone());
        }
    }
}

/// Splits a pattern before the resource's own path: after the ARN's fifth colon, and for S3 after
/// the bucket's name.
fn split_path(pattern: &str) -> Option<(&str, &str)> {
    let colons: Vec<usize> = pattern.match_indices(':').map(|(at, _)| at).take(5).collect();
    let resource = colons.get(4).map(|at| at + 1)?;
    let is_s3 = matches!(pattern.split(':').nth(2), Some("s3" | "s3express"));
    let bucket = pattern.get(resource..)?.find('/').map(|at| resource + at + 1);
    let at = if is_s3 { bucket? } else { resource };
    Some((pattern.get(..at)?, pattern.get(at..)?))
}

#[cfg(test)]
mod tests;
