//! The elements of a policy's JSON, in the shapes that AWS allows.

use super::problem::{PolicyProblem, element};
use crate::policy::document::Node;
use crate::policy::wording::{near_or_all, short};

type Object = Vec<(String, Node)>;

pub(super) fn object(node: Node, place: &str) -> Result<Object, PolicyProblem> {
    match node {
        Node::Object(entries) => Ok(entries),
        other => Err(element(place, format!("{} instead of an object", other.kind()), "`{…}`")),
    }
}

pub(super) fn text(node: Node, place: &str) -> Result<String, PolicyProblem> {
    match node {
        Node::Text(text) => Ok(text),
        other => Err(element(place, format!("{} instead of a string", other.kind()), "`\"…\"`")),
    }
}

/// One string, or a list of them.
pub(super) fn texts(node: Node, place: &str) -> Result<Vec<String>, PolicyProblem> {
    match node {
        Node::List(list) if list.is_empty() => {
            Err(element(place, "an empty list".to_owned(), "name at least one"))
        }
        Node::List(list) => {
            let numbered = list.into_iter().enumerate();
            numbered.map(|(i, node)| text(node, &format!("{place}[{i}]"))).collect()
        }
        one => Ok(vec![text(one, place)?]),
    }
}

/// Values of a condition, where AWS also accepts booleans and numbers for strings.
pub(super) fn scalars(node: Node, place: &str) -> Result<Vec<String>, PolicyProblem> {
    let list = match node {
        Node::List(list) => list,
        one => vec![one],
    };
    let scalar = |node| match node {
        Node::Text(text) | Node::Number(text) => Ok(text),
        Node::Bool(value) => Ok(value.to_string()),
        other => Err(element(place, format!("{} instead of a string", other.kind()), "`\"…\"`")),
    };
    list.into_iter().map(scalar).collect()
}

pub(super) fn known_keys(
    entries: &Object,
    known: &[&str],
    place: &str,
) -> Result<(), PolicyProblem> {
    match entries.iter().find(|(key, _)| !known.contains(&key.as_str())) {
        None => Ok(()),
        Some((odd, _)) => {
            let what = format!("unknown element `{}`", short(odd));
            Err(element(place, what, near_or_all(odd, known)))
        }
    }
}
