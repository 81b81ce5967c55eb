//! One line of an access log as a record.
//!
//! Referer and user agent are as the client sent them, quotes included, so a line is read from both
//! ends: the fields before the request line and those behind the last quote are S3's own. The
//! request line ends where S3's six numbers and codes follow; a target cannot contain the blank
//! that would fake them.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::fields::{IN_LINE, TABLE};
use crate::source::http::{AccessLineReader, add_extra, add_field};

/// Reads lines; each is a record.
pub(super) fn line_reader() -> AccessLineReader {
    AccessLineReader::new("S3 access log", record_of_line)
}

/// The fields of a line by name. Those that the log gives as `-` are left out.
pub(super) fn record_of_line(line: &str) -> Result<Map<String, Value>, &'static str> {
    let (before, behind) = line.split_once(" [").ok_or("line without a time in brackets")?;
    let (time, behind) = behind.split_once("] ").ok_or("line without a time in brackets")?;
    let (owner, bucket) = before.split_once(' ').ok_or("line without an owner and a bucket")?;
    let time =
        time_of_stamp(time).ok_or("line whose time is not like `06/Feb/2019:00:00:38 +0000`")?;
    let mut words = behind.splitn(6, ' ');
    let mut values = vec![owner.to_owned(), bucket.to_owned(), time.to_string()];
    values.extend(words.by_ref().take(5).map(str::to_owned));
    let request = words.next().ok_or("line that ends before its request")?;
    let (request, numbers, behind) = split_request(request).ok_or("line without a status")?;
    values.push(request.to_owned());
    values.extend(numbers.iter().map(|number| (*number).to_owned()));
    let (referer, agent, behind) = split_texts(behind);
    values.extend([referer.to_owned(), agent.to_owned()]);
    values.extend(behind.split(' ').filter(|word| !word.is_empty()).map(str::to_owned));
    let mut record = Map::new();
    for (field, value) in TABLE.iter().zip(&values).take(IN_LINE) {
        add_field(&mut record, field.name, field.kind, value);
    }
    add_extra(&mut record, values.iter().skip(IN_LINE).map(String::as_str));
    Ok(record)
}

/// A time as web servers write it. It is UTC in every log of S3.
fn time_of_stamp(stamp: &str) -> Option<Timestamp> {
    Timestamp::strptime("%d/%b/%Y:%H:%M:%S %z", stamp).ok()
}

/// The request line, status, error, four numbers, and what follows: `"GET /k HTTP/1.1" 200 - 1 1 1 1 …`.
fn split_request(text: &str) -> Option<(&str, [&str; 6], &str)> {
    let Some(inner) = text.strip_prefix('"') else {
        let (request, behind) = text.split_once(' ')?;
        let (numbers, behind) = split_numbers(behind)?;
        return Some((request, numbers, behind));
    };
    inner.match_indices("\" ").find_map(|(at, quote)| {
        let (numbers, behind) = split_numbers(inner.get(at + quote.len()..)?)?;
        Some((inner.get(..at)?, numbers, behind))
    })
}

/// Status, error, bytes sent, object size, total time and turn-around time.
fn split_numbers(text: &str) -> Option<([&str; 6], &str)> {
    let mut words = text.splitn(7, ' ');
    let mut numbers = [""; 6];
    for number in &mut numbers {
        *number = words.next().filter(|word| !word.is_empty())?;
    }
    let is_number = |text: &str| text == "-" || text.bytes().all(|byte| byte.is_ascii_digit());
    let [status, error, others @ ..] = numbers;
    let is_code = error.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._:".contains(&byte));
    let fits = is_number(status) && is_code && others.iter().all(|number| is_number(number));
    fits.then(|| (numbers, words.next().unwrap_or_default()))
}

/// Referer, user agent, and what follows the last quote.
fn split_texts(text: &str) -> (&str, &str, &str) {
    let Some((quoted, behind)) = text.rsplit_once('"') else {
        let (referer, behind) = text.split_once(' ').unwrap_or((text, ""));
        let (agent, behind) = behind.split_once(' ').unwrap_or((behind, ""));
        return (referer, agent, behind);
    };
    let Some(inner) = quoted.strip_prefix('"') else {
        let (referer, agent) = quoted.split_once(' ').unwrap_or((quoted, ""));
        return (referer, agent.trim_start_matches('"'), behind);
    };
    match inner.split_once("\" \"") {
        Some((referer, agent)) => (referer, agent, behind),
        None => {
            let (agent, behind) = behind.trim_start().split_once(' ').unwrap_or((behind, ""));
            (inner, agent, behind)
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::source::contract::RecordContext;
    use crate::source::contract::{LineReader, ReadLine};
    use crate::source::s3_access::decode::decode;

    const OWNER: &str = "7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a";

    const WHOLE: &str = "7a7a7a7a7a7a7a7a b [29/Nov/2026:09:01:00 +0000] 192.0.2.1 - I REST.GET.OBJECT k \"GET /k HTTP/1.1\" 403 AccessDenied 1 - 1 - \"-\" \"-\" - host";

    fn read(rest: &str) -> Value {
        let head =
            format!("{OWNER} logs [02/Nov/2026:10:00:00 +0000] 192.0.2.1 - 3E57 REST.GET.OBJECT");
        Value::Object(record_of_line(&format!("{head} {rest}")).unwrap())
    }

    #[test]
    fn a_line_of_today() {
        let record = read(
            "a%2520b \"GET /a%20b HTTP/1.1\" 403 AccessDenied 243 - 7 - \"-\" \"curl/8\" - aB+/= - TLS_AES - logs.s3.eu-west-1.amazonaws.com TLSv1.3 - - us-east-1 new \u{e9}",
        );
        assert_eq!(
            record,
            json!({"bucket_owner_id": OWNER, "bucket_name": "logs",
                "request_time": "2026-11-02T10:00:00Z", "remote_ip": "192.0.2.1",
                "request_id": "3E57", "operation": "REST.GET.OBJECT", "key_name": "a%2520b",
                "request_uri": "GET /a%20b HTTP/1.1", "http_status": 403,
                "error_code": "AccessDenied", "bytes_sent_size": 243, "total_duration": 7,
                "user_agent": "curl/8", "host_id": "aB+/=", "cipher_suite": "TLS_AES",
                "host_header": "logs.s3.eu-west-1.amazonaws.com", "tls_version": "TLSv1.3",
                "source_region": "us-east-1", "extra": ["new", "\u{e9}"]})
        );
    }

    #[test]
    fn old_lines_and_those_of_jobs() {
        let old = read("k \"GET /k HTTP/1.0\" 200 - 5 5 1 1 \"http://x/\" \"a b\" -");
        assert_eq!((&old["referer"], &old["user_agent"]), (&json!("http://x/"), &json!("a b")));
        assert!(old.get("version_id").is_none() && old.get("host_id").is_none());
        for job in ["k - - - - 59 - - - - - hostid", "k \"-\" - - - 59 - - \"-\" \"-\" - hostid"] {
            let job = read(job);
            assert_eq!((&job["object_size"], &job["host_id"]), (&json!(59), &json!("hostid")));
            assert!(job.get("http_status").is_none() && job.get("user_agent").is_none());
        }
    }

    /// Nobody can write a field that S3 writes.
    #[test]
    fn quotes_of_clients() {
        let fake = "\" 200 - 1 1 1 1 \"-\" \"x\" - fake SigV4 - AuthHeader h - - Yes";
        for agent in ["say \"x\"", "\\\"x\\\"", "\"", "\" \"", fake] {
            let record = read(&format!(
                "k \"GET /k HTTP/1.1\" 403 AccessDenied 1 1 1 1 \"-\" \"{agent}\" - real - - - h - - -"
            ));
            assert_eq!(record["http_status"], 403, "{agent}");
            assert_eq!(record["host_id"], "real", "{agent}");
            assert_eq!(record["request_uri"], "GET /k HTTP/1.1", "{agent}");
            assert!(record.get("acl_required").is_none(), "{agent}");
        }
        let record = read("k \"GET /k?a=\"b\" HTTP/1.1\" 404 NoSuchKey - - - - \"-\" - v h");
        assert_eq!(record["request_uri"], "GET /k?a=\"b\" HTTP/1.1");
        assert_eq!((&record["version_id"], &record["host_id"]), (&json!("v"), &json!("h")));
    }

    #[test]
    fn what_is_no_line() {
        for (line, problem) in [
            ("", "line without a time in brackets"),
            ("a [b] c", "line without an owner and a bucket"),
            ("a b [c] d", "line whose time is not like `06/Feb/2019:00:00:38 +0000`"),
            ("a b [02/Nov/2026:10:00:00 +0000] c", "line that ends before its request"),
            ("a b [02/Nov/2026:10:00:00 +0000] c d e f g \"GET", "line without a status"),
        ] {
            assert_eq!(record_of_line(line), Err(problem), "{line}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_line_is_a_record_or_a_reject(line in "(?s).{0,200}") {
            let _ = line_reader().read_line(line.as_bytes());
            for at in 0..line.len() {
                let Some((head, tail)) = WHOLE.split_at_checked(at) else { continue };
                let mixed = format!("{head}{line}{tail}");
                if let ReadLine::Record(record) = line_reader().read_line(mixed.as_bytes()) {
                    proptest::prop_assert!(decode(record, RecordContext::default()).is_ok());
                }
            }
        }

        #[test]
        fn any_agent_and_any_tail_is_a_record(agent in "[^\n]{0,60}", tail in "[!-~ ]{0,60}") {
            let line = format!("{OWNER} b [02/Nov/2026:10:00:00 +0000] 192.0.2.1 - I REST.GET.OBJECT k \
                \"GET /k HTTP/1.1\" 403 AccessDenied 1 1 1 1 \"-\" \"{agent}\" {tail}");
            let mut reader = line_reader();
            let read = reader.read_line(line.as_bytes());
            let ReadLine::Record(record) = read else { panic!("{read:?}") };
            let record: Value = serde_json::from_slice(record).unwrap();
            proptest::prop_assert_eq!(&record["http_status"], 403);
        }
    }
}
