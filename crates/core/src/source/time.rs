//! Times as logs write them.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::Value;

use super::contract::RecordProblem;
use super::field::FieldPath;
use super::json::json_type_name;

/// The fewest digits of a text that are a number of seconds since 1970. Eight, as in `20261124`, are a
/// date.
const MIN_DIGITS: usize = 9;

/// A time as a text or as a number since 1970, in whatever unit.
///
/// ```
/// use aware_core::source::time::time_of_value;
///
/// let wanted = time_of_value(&"2026-11-24T03:54:07Z".into());
/// assert!(wanted.is_some());
/// for same in ["2026-11-24 03:54:07", "2026-11-24T05:54:07+0200", "1795492447"] {
///     assert_eq!(time_of_value(&same.into()), wanted, "{same}");
/// }
/// assert_eq!(time_of_value(&1_795_492_447_000_i64.into()), wanted);
/// assert_eq!(time_of_value(&"yesterday".into()), None);
/// ```
pub fn time_of_value(value: &Value) -> Option<Timestamp> {
    match value {
        Value::String(text) => time_of_text(text),
        Value::Number(number) => time_of_number(number.as_f64()?),
        _ => None,
    }
}

/// A time in RFC 3339; the same with an offset without a colon; with a blank for its `T` and without
/// a zone, as tools write it; an HTTP date (AWS Health); `Sep 14, 2026, 3:11:00 AM` (Inspector); or
/// at least nine digits. Without a zone it is UTC.
pub fn time_of_text(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let utc = |time: DateTime| TimeZone::UTC.to_timestamp(time).ok();
    let plain = || text.replacen(' ', "T", 1).parse::<DateTime>().ok().and_then(utc);
    // `2026-09-14T03:12:09.006481+0000`, as Suricata writes it.
    let offset = || Timestamp::strptime("%Y-%m-%dT%H:%M:%S%.f%z", text).ok();
    let http = || Some(jiff::fmt::rfc2822::parse(text).ok()?.timestamp());
    let spoken = || {
        let text = text.replace('\u{202f}', " ");
        DateTime::strptime("%b %d, %Y, %I:%M:%S %p", text).ok().and_then(utc)
    };
    let number = || {
        let is_number = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        let whole = text.split('.').next().unwrap_or_default();
        let is_time = is_number && whole.len() >= MIN_DIGITS;
        time_of_number(text.parse().ok().filter(|_| is_time)?)
    };
    let known = text.parse().ok().or_else(offset).or_else(plain).or_else(http).or_else(spoken);
    known.or_else(number)
}

/// Seconds, milliseconds, microseconds or nanoseconds since 1970: whichever is before the year 5138.
fn time_of_number(number: f64) -> Option<Timestamp> {
    const LAST_SECOND: f64 = 1e11;
    let units = [1.0, 1e3, 1e6, 1e9];
    let seconds = units.iter().map(|unit| number / unit).find(|time| time.abs() < LAST_SECOND)?;
    #[allow(clippy::cast_possible_truncation)]
    Timestamp::from_microsecond((seconds * 1e6).round() as i64).ok()
}

/// The time in a field that every record has.
///
/// # Errors
/// [`RecordProblem`] when it is missing or no time.
pub(super) fn required_time(
    record: &Value,
    path: &FieldPath,
    name: &'static str,
) -> Result<Timestamp, RecordProblem> {
    let value = path.find_in(record).ok_or(RecordProblem::Missing(name))?;
    let found = match value {
        Value::String(_) => "some other text",
        other => json_type_name(other),
    };
    time_of_value(value).ok_or(RecordProblem::Mistyped { field: name, found, expected: "a time" })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn one_moment_in_every_form() {
        let wanted = "2026-09-14T03:11:00Z".parse().ok();
        for value in [
            json!("2026-09-14T03:11:00Z"),
            json!("2026-09-14T03:11:00.000000+0000"),
            json!(" 2026-09-14 03:11:00 "),
            json!("2026-09-14T03:11:00"),
            json!("Mon, 14 Sep 2026 03:11:00 GMT"),
            json!("Sep 14, 2026, 3:11:00\u{202f}AM"),
            json!("1789355460"),
            json!("1789355460000"),
            json!(1_789_355_460),
            json!(1_789_355_460.0),
            json!(1_789_355_460_000_i64),
            json!(1_789_355_460_000_000_i64),
            json!(1_789_355_460_000_000_000_i64),
        ] {
            assert_eq!(time_of_value(&value), wanted, "{value}");
        }
        for value in [json!("soon"), json!(""), json!("."), json!(1e300), json!(true), json!(null)]
        {
            assert_eq!(time_of_value(&value), None, "{value}");
        }
    }

    #[test]
    fn few_digits_are_no_number_of_seconds() {
        assert_eq!(time_of_text("123456789"), "1973-11-29T21:33:09Z".parse().ok());
        assert_ne!(time_of_text("20261124"), time_of_value(&json!(20_261_124)));
        for text in ["12345678", "20261324", "12345678.9", "7"] {
            assert_eq!(time_of_text(text), None, "{text}");
        }
    }
}
