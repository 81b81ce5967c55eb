//! Notifications of S3 objects: from S3, from EventBridge, and CloudTrail's own.

use serde_json::Value;

use crate::event::percent_decoded;

/// An S3 object that a notification names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct S3Object {
    /// The bucket.
    pub bucket: String,
    /// The key, URL-decoded.
    pub key: String,
}

impl S3Object {
    /// Whether the key is that of a CloudTrail digest file, which holds no records.
    pub fn is_digest(&self) -> bool {
        self.key.contains("/CloudTrail-Digest/")
    }

    /// Whether the key says that a service other than CloudTrail wrote it: see
    /// [`super::other_logs::service_of_key`].
    pub fn is_of_other_service(&self) -> bool {
        super::other_logs::service_of_key(&self.key).is_some()
    }
}

/// Reads one entry of an S3 notification; `None` when it announces no new object.
///
/// Keys are URL-encoded with `+` for a space (S3 user guide, "Event message structure").
pub(super) fn object_from_s3(record: &Value) -> Option<S3Object> {
    let name = record.get("eventName").and_then(Value::as_str).unwrap_or("ObjectCreated:Put");
    if !name.trim_start_matches("s3:").starts_with("ObjectCreated") {
        return None;
    }
    let s3 = record.get("s3")?;
    let bucket = s3.pointer("/bucket/name")?.as_str()?;
    let key = s3.pointer("/object/key")?.as_str()?;
    Some(S3Object { bucket: bucket.to_owned(), key: url_decode(key) })
}

/// Reads EventBridge's *Object Created*; its keys are not encoded.
pub(super) fn object_from_eventbridge(detail: &Value) -> Option<S3Object> {
    let bucket = detail.pointer("/bucket/name")?.as_str()?;
    let key = detail.pointer("/object/key")?.as_str()?;
    Some(S3Object { bucket: bucket.to_owned(), key: key.to_owned() })
}

/// Reads CloudTrail's own notification: `{"s3Bucket":"…","s3ObjectKey":["…"]}`.
pub(super) fn objects_from_cloudtrail(notice: &Value) -> Vec<S3Object> {
    let Some(bucket) = notice.get("s3Bucket").and_then(Value::as_str) else { return Vec::new() };
    let keys = match notice.get("s3ObjectKey") {
        Some(Value::Array(keys)) => keys.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(key)) => vec![key.as_str()],
        _ => Vec::new(),
    };
    let object = |key: &str| S3Object { bucket: bucket.to_owned(), key: key.to_owned() };
    keys.into_iter().map(object).collect()
}

fn url_decode(text: &str) -> String {
    percent_decoded(&text.replace('+', " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_decoded() {
        let cases = [
            ("a+b%2Fc", "a b/c"),
            ("%C3%A9", "é"),
            ("100%", "100%"),
            ("%zz", "%zz"),
            ("a%2", "a%2"),
        ];
        for (encoded, expected) in cases {
            assert_eq!(url_decode(encoded), expected);
        }
    }
}
