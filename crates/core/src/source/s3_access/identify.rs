//! Its names, and which records and folders hold access logs.

use crate::source::contract::JsonObject;
use crate::source::id::SourceId;

/// The names of the source.
pub const ID: SourceId = SourceId::new("s3_access", "S3 server access log");

/// Whether an object is a record: one that S3 delivers to CloudWatch Logs, or a line as this source
/// writes it.
pub(super) fn is_record(record: JsonObject<'_>) -> bool {
    record.has_all(&["operation", "http_status", "request_time"])
        || record.has_all(&["bucket_name", "request_time"])
}

/// Whether one of a text's first lines is one of an access log.
pub(super) fn is_log(head: &str) -> bool {
    head.lines().filter(|line| !line.trim().is_empty()).take(5).any(is_line)
}

/// Lines begin with the canonical id of the bucket's owner, the bucket, and a time in brackets.
fn is_line(line: &str) -> bool {
    let mut words = line.trim_start().splitn(4, ' ');
    let mut word = || words.next().unwrap_or_default();
    let (owner, bucket, time) = (word(), word(), word());
    let is_id = owner.len() >= 16 && owner.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_stamp = time.len() == 21 && time.starts_with('[') && time.contains('/');
    is_id && !bucket.is_empty() && is_stamp && word().starts_with("+0000] ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_what_only_looks_like_one() {
        let owner = "7a".repeat(32);
        let line =
            format!("{owner} logs [02/Nov/2026:10:00:00 +0000] 192.0.2.1 - A REST.GET.OBJECT k");
        assert!(is_log(&line));
        assert!(is_log(&format!("\nbroken\n{line}")));
        assert!(!is_log(&format!("{owner} logs 02/Nov/2026:10:00:00 +0000 192.0.2.1")));
        assert!(!is_log("192.0.2.1 - bob [10/Oct/2026:13:55:36 +0000] \"GET / HTTP/1.0\" 200 23"));
        assert!(!is_log(""));
    }
}
