//! Reading what all findings have in common: texts, times in every form that services write, levels.

use std::borrow::Cow;

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::event::{Level, is_account_id};
use crate::source::contract::{RecordContext, RecordProblem};
use crate::source::time::{time_of_text, time_of_value};

/// The value at a path such as `service.additionalInfo.sample`; `None` if it is absent or null. A
/// number in a path is an index.
pub(super) fn at<'r>(record: &'r Value, path: &str) -> Option<&'r Value> {
    let mut value = record;
    for name in path.split('.') {
        value = match value {
            Value::Array(list) => list.get(name.parse::<usize>().ok()?)?,
            other => other.get(name)?,
        };
    }
    (!value.is_null()).then_some(value)
}

/// The text at a path, if it is not empty.
pub(super) fn text<'r>(record: &'r Value, path: &str) -> Option<&'r str> {
    at(record, path)?.as_str().filter(|text| !text.trim().is_empty())
}

/// The same, owned; empty if there is none.
pub(super) fn owned(record: &Value, path: &str) -> String {
    text(record, path).unwrap_or_default().to_owned()
}

/// Whether the value at a path is true, also where it is a text.
pub(super) fn is_true(record: &Value, path: &str) -> bool {
    match at(record, path) {
        Some(Value::Bool(value)) => *value,
        Some(Value::String(value)) => value.eq_ignore_ascii_case("true"),
        _ => false,
    }
}

/// A number at a path, also where it is a text.
pub(super) fn number(record: &Value, path: &str) -> Option<f64> {
    match at(record, path)? {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// A count at a path.
pub(super) fn count(record: &Value, path: &str) -> Option<u64> {
    match at(record, path)? {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// A text that every record of the service has.
pub(super) fn required<'r>(
    record: &'r Value,
    path: &'static str,
) -> Result<&'r str, RecordProblem> {
    text(record, path).ok_or(RecordProblem::Missing(path))
}

/// The account at a path, else that of the envelope.
pub(super) fn account(record: &Value, path: &str, context: RecordContext<'_>) -> Option<String> {
    let carrier = context.carrier.map(|carrier| carrier.account);
    let known = [text(record, path), carrier, context.owner];
    known.into_iter().flatten().find(|id| is_account_id(id)).map(str::to_owned)
}

/// The region at a path, else that of the envelope.
pub(super) fn region(record: &Value, path: &str, context: RecordContext<'_>) -> String {
    let carrier = context.carrier.map(|carrier| carrier.region);
    text(record, path).or(carrier).unwrap_or_default().to_owned()
}

/// The first of these times that can be read, else that of the envelope.
///
/// # Errors
/// [`RecordProblem::Missing`] with the last path if there is none.
pub(super) fn time(
    record: &Value,
    paths: &[&'static str],
    context: RecordContext<'_>,
) -> Result<Timestamp, RecordProblem> {
    let found = paths.iter().find_map(|path| time_of_value(at(record, path)?));
    let carrier = || context.carrier.and_then(|carrier| time_of_text(carrier.time));
    found.or_else(carrier).ok_or(RecordProblem::Missing(paths.last().copied().unwrap_or("time")))
}

/// A level by its name: `HIGH`, `Informational`, `UNTRIAGED`.
pub(super) fn level_of_word(word: &str) -> Option<Level> {
    match word.to_ascii_lowercase().as_str() {
        "critical" | "fatal" => Some(Level::Critical),
        "high" => Some(Level::High),
        "medium" | "moderate" => Some(Level::Medium),
        "low" => Some(Level::Low),
        "informational" | "info" | "untriaged" => Some(Level::Informational),
        _ => None,
    }
}

/// The last part of an id that may be an ARN or a path: `…/finding/ID`.
pub(super) fn last_part(id: &str) -> &str {
    id.rsplit('/').next().filter(|last| !last.is_empty()).unwrap_or(id)
}

/// `role/web` of an ARN's resource: without service, account and path.
pub(super) fn short_name(arn: &str) -> String {
    crate::source::cloudtrail::short_arn_name(arn)
}

/// The record with keys that begin in lower case, where a tool has written them like the API:
/// `AccountId` for `accountId`. Security Hub's own format begins in upper case and stays.
pub(super) fn with_small_keys(record: &Value) -> Cow<'_, Value> {
    let is_api =
        ["AccountId", "Service", "SchemaVersion"].iter().all(|key| record.get(key).is_some());
    if is_api { Cow::Owned(small_keys(record)) } else { Cow::Borrowed(record) }
}

fn small_keys(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let small = |(key, value): (&String, &Value)| {
                let mut letters = key.chars();
                let first = letters.next().map(|first| first.to_ascii_lowercase());
                (first.into_iter().chain(letters).collect(), small_keys(value))
            };
            Value::Object(members.iter().map(small).collect::<Map<String, Value>>())
        }
        Value::Array(list) => list.iter().map(small_keys).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_tools_keys() {
        let record =
            json!({"AccountId": "1", "SchemaVersion": "2.0", "Service": {"Action": [{"Api": 1}]}});
        let small = with_small_keys(&record).into_owned();
        assert_eq!(
            small,
            json!({"accountId": "1", "schemaVersion": "2.0", "service": {"action": [{"api": 1}]}})
        );
        let asff = json!({"SchemaVersion": "2018-10-08", "Title": "t"});
        assert_eq!(*with_small_keys(&asff), asff);
    }
}
