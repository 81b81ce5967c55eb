//! The parts of a package's JSON, where it has them.

use serde_json::Value;

/// The condition keys of an action and of its resources, without the global ones that every action
/// has.
pub(super) fn keys_of(action: &Value) -> impl Iterator<Item = &str> {
    let of_types =
        list(action.get("resourceTypes")).iter().flat_map(|kind| texts(kind.get("conditionKeys")));
    texts(action.get("conditionKeys")).chain(of_types)
}

pub(super) fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

pub(super) fn list(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

pub(super) fn texts(value: Option<&Value>) -> impl Iterator<Item = &str> {
    list(value).iter().filter_map(Value::as_str)
}

pub(super) fn objects(value: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    value.and_then(Value::as_object).into_iter().flatten()
}
