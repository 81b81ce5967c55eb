//! How a path is followed through an event, for each way in which a field reaches.

use serde_json::Value;

use crate::ir::{Step, Trail, document};

/// What a field reaches in an event.
#[derive(Debug, Default)]
pub struct Found {
    /// Whether the path leads to something.
    pub exists: bool,
    /// The leaves, each with the lists that contain it.
    pub leaves: Vec<(Value, Trail)>,
}

/// Follows a path through every member of a list, and into a text that is a document when no more
/// than `documents` steps are left.
pub(super) fn walk(path: &[Step], documents: usize, value: &Value, see: &mut dyn FnMut(&Value)) {
    let Some((step, rest)) = path.split_first() else { return see(value) };
    match (step, value) {
        (_, Value::String(text)) if path.len() <= documents => match document(text) {
            Some(document) => walk(path, documents, &document, see),
            None if *step == Step::Index(0) => walk(rest, documents, value, see),
            None => {}
        },
        (Step::Index(at), Value::Array(list)) => {
            list.get(*at).into_iter().for_each(|value| walk(rest, documents, value, see));
        }
        (Step::Index(0), single) if !single.is_null() => walk(rest, documents, single, see),
        (Step::Key(_), Value::Array(list)) => {
            list.iter().for_each(|value| walk(path, documents, value, see));
        }
        (Step::Key(name), Value::Object(object)) => {
            object.get(name).into_iter().for_each(|value| walk(rest, documents, value, see));
        }
        _ => {}
    }
}

/// Every leaf below a value.
pub(super) fn leaves_of(value: &Value, leaves: &mut Vec<(Value, Trail)>) {
    match value {
        Value::Array(list) => list.iter().for_each(|value| leaves_of(value, leaves)),
        Value::Object(object) => object.values().for_each(|value| leaves_of(value, leaves)),
        leaf => leaves.push((leaf.clone(), Trail::new())),
    }
}

pub(super) fn exact(path: &[Step], value: &Value, found: &mut Found) {
    let Some((step, rest)) = path.split_first() else {
        found.exists = true;
        if !value.is_object() && !value.is_array() {
            found.leaves.push((value.clone(), Trail::new()));
        }
        return;
    };
    match (step, value) {
        (Step::Key(name), Value::Object(object)) => {
            object.get(name).into_iter().for_each(|value| exact(rest, value, found));
        }
        (Step::Index(at), Value::Array(list)) => {
            list.get(*at).into_iter().for_each(|value| exact(rest, value, found));
        }
        (Step::EachItem, Value::Array(list)) => {
            list.iter().for_each(|value| exact(rest, value, found));
        }
        (Step::EachMember, Value::Object(object)) => {
            object.values().for_each(|value| exact(rest, value, found));
        }
        _ => {}
    }
}

/// Follows a path of [`Reach::Members`]. A leaf that is a list's member is in no member of that
/// list, as in event-ruler.
///
/// [`Reach::Members`]: crate::ir::Reach::Members
pub(super) fn through(path: &[Step], value: &Value, trail: &Trail, found: &mut Found) {
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
                through(path, member, &trail, found);
            }
        }
        Value::Object(_) if path.is_empty() => {}
        Value::Object(object) => {
            for (name, value) in object {
                if let Some(rest) = after(path, name) {
                    through(rest, value, trail, found);
                }
            }
        }
        leaf if path.is_empty() => found.leaves.push((leaf.clone(), trail.clone())),
        _ => {}
    }
}

/// The path after a member's name: as many steps are removed as the name has parts between dots.
fn after<'a>(path: &'a [Step], name: &str) -> Option<&'a [Step]> {
    let is = |step: &Step, name: &str| matches!(step, Step::Key(key) if key == name);
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
