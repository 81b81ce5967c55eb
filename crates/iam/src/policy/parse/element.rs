//! The elements of a policy's JSON, in the shapes that AWS allows.

use super::problem::{PolicyProblem, element_problem};
use crate::policy::document::StrictJson;
use crate::policy::wording::{clip_text, near_or_all};

type ObjectFields = Vec<(String, StrictJson)>;

pub(super) fn read_object(node: StrictJson, place: &str) -> Result<ObjectFields, PolicyProblem> {
    match node {
        StrictJson::Object(entries) => Ok(entries),
        other => Err(element_problem(
            place,
            format!("{} instead of an object", other.type_name()),
            "`{…}`",
        )),
    }
}

pub(super) fn read_text(node: StrictJson, place: &str) -> Result<String, PolicyProblem> {
    match node {
        StrictJson::Text(text) => Ok(text),
        other => Err(element_problem(
            place,
            format!("{} instead of a string", other.type_name()),
            "`\"…\"`",
        )),
    }
}

/// One string, or a list of them.
pub(super) fn read_texts(node: StrictJson, place: &str) -> Result<Vec<String>, PolicyProblem> {
    match node {
        StrictJson::List(list) if list.is_empty() => {
            Err(element_problem(place, "an empty list".to_owned(), "name at least one"))
        }
        StrictJson::List(list) => {
            let numbered = list.into_iter().enumerate();
            numbered.map(|(i, node)| read_text(node, &format!("{place}[{i}]"))).collect()
        }
        one => Ok(vec![read_text(one, place)?]),
    }
}

/// Values of a condition, where AWS also accepts booleans and numbers for strings.
pub(super) fn read_scalars(node: StrictJson, place: &str) -> Result<Vec<String>, PolicyProblem> {
    let list = match node {
        StrictJson::List(list) => list,
        one => vec![one],
    };
    let scalar = |node| match node {
        StrictJson::Text(text) | StrictJson::Number(text) => Ok(text),
        StrictJson::Bool(value) => Ok(value.to_string()),
        other => Err(element_problem(
            place,
            format!("{} instead of a string", other.type_name()),
            "`\"…\"`",
        )),
    };
    list.into_iter().map(scalar).collect()
}

pub(super) fn check_keys(
    entries: &ObjectFields,
    known: &[&str],
    place: &str,
) -> Result<(), PolicyProblem> {
    match entries.iter().find(|(key, _)| !known.contains(&key.as_str())) {
        None => Ok(()),
        Some((odd, _)) => {
            let what = format!("unknown element `{}`", clip_text(odd));
            Err(element_problem(place, what, near_or_all(odd, known)))
        }
    }
}
