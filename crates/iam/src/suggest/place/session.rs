//! What the name of the caller's own session means in a path, and how a condition names it.

use super::owner::{OtherPlace, PlaceOwner};
use super::segment::{PathSegment, instance_ids, is_instance};
use crate::resource::escape_literal;
use crate::suggest::caller::CallerNames;

/// What an instance id in a path means to a caller that is an instance.
pub(super) fn instance_owner(
    caller: &CallerNames<'_>,
    segment: &PathSegment<'_>,
) -> Option<PlaceOwner> {
    let own = caller.session.filter(|session| is_instance(session))?;
    let ids = instance_ids(segment.text);
    let other = ids.iter().find(|id| !id.eq_ignore_ascii_case(own));
    Some(match other {
        Some(id) => PlaceOwner::Others(OtherPlace {
            label: "another instance's place",
            name: (*id).to_owned(),
        }),
        None => PlaceOwner::Own { pattern: String::new(), conditions: Vec::new() },
    })
}

/// No variable contains only a session's name, so a condition names the session.
pub(super) fn session_condition(caller: &CallerNames<'_>) -> (&'static str, &'static str, String) {
    match (caller.user_id, caller.session) {
        (Some(id), _) => ("StringEquals", "aws:userid", id.to_owned()),
        (None, session) => (
            "StringLike",
            "aws:userid",
            format!("*:{}", escape_literal(session.unwrap_or_default())),
        ),
    }
}
