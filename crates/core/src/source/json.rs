//! Reading a record that is an object of JSON.

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::contract::{MAX_RECORD_BYTES, RecordProblem};
use super::field::FieldPath;
use super::surrogates;

/// Parses one record's bytes. Half a surrogate pair, as left by a name cut within an emoji, is read
/// as U+FFFD.
///
/// # Errors
/// [`RecordProblem`] when it is too long, or no object.
pub fn parse_record(bytes: &[u8]) -> Result<Value, RecordProblem> {
    if bytes.len() > MAX_RECORD_BYTES {
        return Err(RecordProblem::TooLong(bytes.len()));
    }
    let record = surrogates::parse_lenient(std::str::from_utf8(bytes)?)?;
    match record {
        Value::Object(_) => Ok(record),
        other => Err(RecordProblem::NotAnObject(json_type_name(&other))),
    }
}

/// A text field that every record has.
pub(super) fn required_text<'a>(
    record: &'a Value,
    path: &FieldPath,
    name: &'static str,
) -> Result<&'a str, RecordProblem> {
    let value = path.find_in(record).ok_or(RecordProblem::Missing(name))?;
    let found = json_type_name(value);
    value.as_str().ok_or(RecordProblem::Mistyped { field: name, found, expected: "a string" })
}

/// The identity of a record that has no id: a digest of the whole record, so that a second delivery
/// is recognised.
pub fn record_digest(record: &Value) -> String {
    bytes_digest(record.to_string().as_bytes())
}

/// A digest of bytes, such as a line of a log: the first half of their SHA-256, in hexadecimal.
///
/// ```
/// use aware_core::source::common::bytes_digest;
///
/// assert_eq!(bytes_digest(b"a line").len(), 32);
/// assert_ne!(bytes_digest(b"a line"), bytes_digest(b"another line"));
/// ```
pub fn bytes_digest(bytes: &[u8]) -> String {
    let hash = Sha256::digest(bytes);
    hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// The type of a value, for messages.
pub(super) fn json_type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
