//! How a path is followed through an event, for each way in which a field reaches.

use serde_json::Value;

use crate::ir::{ListTrail, PathStep, embedded_document};

/// What a field reaches in an event.
#[derive(Debug, Default)]
pub struct FoundLeaves {
    /// Whether the path leads to something.
    pub exists: bool,
    /// The leaves, each with the lists that contain it.
    pub leaves: Vec<(Value, ListTrail)>,
}

/// Follows a path through every member of a list, and into a text that is a document when no more
/// than `documents` steps are left.
pub(super) fn walk_path(
    path: &[PathStep],
    documents: usize,
    value: &Value,
    see: &mut dyn FnMut(&Value),
) {
    let Some((step, rest)) = path.split_first() else { return see(value) };
    match (step, value) {
        (_, Value::String(text)) if path.len() <= documents => match embedded_document(text) {
            Some(document) => walk_path(path, documents, &document, see),
            None if *step == PathStep::Index(0) => walk_path(rest, documents, value, see),
            None => {}
        },
        (PathStep::Index(at), Value::Array(list)) => {
            list.get(*at).into_iter().for_each(|value| walk_path(rest, documents, value, see));
        }
        (PathStep::Index(0), single) if !single.is_null() => {
            walk_path(rest, documents, single, see)
        }
        (PathStep::Key(_), Value::Array(list)) => {
            list.iter().for_each(|value| walk_path(path, documents, value, see));
        }
        (PathStep::Key(name), Value::Object(object)) => {
            object.get(name).into_iter().for_each(|value| walk_path(rest, documents, value, see));
        }
        _ => {}
    }
}

/// Every leaf below a value.
pub(super) fn collect_leaves(value: &Value, leaves: &mut Vec<(Value, ListTrail)>) {
    match value {
        Value::Array(list) => list.iter().for_each(|value| collect_leaves(value, leaves)),
        Value::Object(object) => object.values().for_each(|value| collect_leaves(value, leaves)),
        leaf => leaves.push((leaf.clone(), ListTrail::new())),
    }
}

pub(super) fn follow_exact(path: &[PathStep], value: &Value, found: &mut FoundLeaves) {
    let Some((step, rest)) = path.split_first() else {
        found.exists = true;
        if !value.is_object() && !value.is_array() {
            found.leaves.push((value.clone(), ListTrail::new()));
        }
        return;
    };
    match (step, value) {
        (PathStep::Key(name), Value::Object(object)) => {
            object.get(name).into_iter().for_each(|value| follow_exact(rest, value, found));
        }
        (PathStep::Index(at), Value::Array(list)) => {
            list.get(*at).into_iter().for_each(|value| follow_exact(rest, value, found));
        }
        (PathStep::EachItem, Value::Array(list)) => {
            list.iter().for_each(|value| follow_exact(rest, value, found));
        }
        (PathStep::EachMember, Value::Object(object)) => {
            object.values().for_each(|value| follow_exact(rest, value, found));
        }
        _ => {}
    }
}

/// Follows a path of [`PathReach::Members`]. A leaf that is a list's member is in no member of that
/// list, as in event-ruler.
///
/// [`PathReach::Members`]: crate::ir::PathReach::Members
pub(super) fn follow_members(
    path: &[PathStep],
    value: &Value,
    trail: &ListTrail,
    found: &mut FoundLeaves,
) {
    if path.is_empty() {
        found.exists = true;
    }
    match value {
        Value::Array(list) => {
            // A list's address identifies it, for every field that leads through it.
            let name = list.as_ptr() as usize;
            for (at, member) in list.iter().enumerate() {
                let mut trail = trail.clone();
                if member.is_object() || member.is_array() {
                    trail.push((name, at));
                }
                follow_members(path, member, &trail, found);
            }
        }
        Value::Object(_) if path.is_empty() => {}
        Value::Object(object) => {
            for (name, value) in object {
                if let Some(rest) = path_after_name(path, name) {
                    follow_members(rest, value, trail, found);
                }
            }
        }
        leaf if path.is_empty() => found.leaves.push((leaf.clone(), trail.clone())),
        _ => {}
    }
}

/// The path after a member's name: as many steps are removed as the name has parts between dots.
fn path_after_name<'a>(path: &'a [PathStep], name: &str) -> Option<&'a [PathStep]> {
    let is = |step: &PathStep, name: &str| matches!(step, PathStep::Key(key) if key == name);
    match path.split_first() {
        Some((step, rest)) if is(step, name) => return Some(rest),
        _ if !name.contains('.') => return None,
        _ => {}
    }
    let mut rest = path;
    for part in name.split('.') {
        let (step, behind) = rest.split_first()?;
        if !is(step, part) {
            return None;
        }
        rest = behind;
    }
    Some(rest)
}
