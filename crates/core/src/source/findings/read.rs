//! Reading what all findings have in common: texts, times in every form that services write, levels.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::{Map, Value};

use crate::event::{Level, is_account_id};
use crate::source::contract::{RecordContext, RecordProblem};

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
    let found = paths.iter().find_map(|path| time_of(at(record, path)?));
    let carrier = || context.carrier.and_then(|carrier| parse_time(carrier.time));
    found.or_else(carrier).ok_or(RecordProblem::Missing(paths.last().copied().unwrap_or("time")))
}

fn time_of(value: &Value) -> Option<Timestamp> {
    match value {
        Value::String(text) => parse_time(text.trim()),
        Value::Number(number) => {
            let number = number.as_f64()?;
            // Later than the year 5138 if in seconds, so in milliseconds.
            let millis = if number.abs() >= 1e11 { number } else { number * 1_000.0 };
            #[allow(clippy::cast_possible_truncation)]
            Timestamp::from_millisecond(millis as i64).ok()
        }
        _ => None,
    }
}

/// RFC 3339; the same with a blank and without a zone; HTTP dates (Health); `Sep 14, 2026, 3:11:00 AM`
/// (Inspector). Without a zone it is UTC.
fn parse_time(text: &str) -> Option<Timestamp> {
    let utc = |time: DateTime| TimeZone::UTC.to_timestamp(time).ok();
    let plain = || text.replacen(' ', "T", 1).parse::<DateTime>().ok().and_then(utc);
    let http = || {
        let zoned = jiff::fmt::rfc2822::parse(text).ok()?;
        Some(zoned.timestamp())
    };
    let spoken = || {
        let text = text.replace('\u{202f}', " ");
        DateTime::strptime("%b %d, %Y, %I:%M:%S %p", text).ok().and_then(utc)
    };
    let iso = || {
        // `+0000`, as some tools write it.
        Timestamp::strptime("%Y-%m-%dT%H:%M:%S%.f%z", text).ok()
    };
    text.parse().ok().or_else(iso).or_else(plain).or_else(http).or_else(spoken)
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
    fn times_in_every_form() {
        for text in [
            "2026-09-14T03:11:00Z",
            "2026-09-14T03:11:00.000Z",
            "2026-09-14T05:11:00+02:00",
            "2026-09-14T03:11:00.000+0000",
            "2026-09-14 03:11:00.000000000",
            "Mon, 14 Sep 2026 03:11:00 GMT",
            "Sep 14, 2026, 3:11:00 AM",
            "Sep 14, 2026, 3:11:00\u{202f}AM",
        ] {
            let time = parse_time(text).map(|time| time.to_string());
            assert_eq!(time.as_deref(), Some("2026-09-14T03:11:00Z"), "{text}");
        }
        for value in [json!(1_789_355_460), json!(1_789_355_460_000_i64)] {
            assert_eq!(time_of(&value).unwrap().to_string(), "2026-09-14T03:11:00Z");
        }
        for text in ["", "soon", "2026-09-14", "14/09/2026"] {
            assert_eq!(parse_time(text).filter(|_| text != "2026-09-14"), None, "{text}");
        }
    }

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
