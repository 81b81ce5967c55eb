//! The parts of a package's JSON, where it has them.

use serde_json::Value;

/// The condition keys of an action and of its resources, without the global ones that every action
/// has.
pub(super) fn keys_of(action: &Value) -> impl Iterator<Item = &str> {
    let of_types = array_items(action.get("resourceTypes"))
        .iter()
        .flat_map(|kind| array_texts(kind.get("conditionKeys")));
    array_texts(action.get("conditionKeys")).chain(of_types)
}

pub(super) fn text_field<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

pub(super) fn array_items(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

pub(super) fn array_texts(value: Option<&Value>) -> impl Iterator<Item = &str> {
    array_items(value).iter().filter_map(Value::as_str)
}

pub(super) fn object_entries(value: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    value.and_then(Value::as_object).into_iter().flatten()
}
