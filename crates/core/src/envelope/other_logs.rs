//! Logs of AWS services that no source reads, which share buckets with those that are read.
//!
//! An object of such a service holds no records: it is skipped and counted, never a
//! reject. The key decides where it says enough; the first bytes decide elsewhere, and only after
//! nothing could be read, so that they never hide a record.
//!
//! Sources of the shapes: Elastic Load Balancing, Amazon VPC, AWS Config and Amazon CloudFront
//! user guides, each under "log file format".

use std::io::Read;

use super::decompress::{CompressionFormat, detect_compression};
use super::parquet::table;
use super::text_log::TextLog;
use super::{line, span};
use crate::event::is_account_id;
use crate::source::contract::LineSettings;
use crate::source::owner_of_folder;

/// How many decompressed bytes are read for recognition.
const HEAD: u64 = 4_096;

/// A Parquet file whose columns are those of no log; opening it says which they are.
pub const PARQUET: &str = "Parquet file of another kind";

/// The service that writes below `AWSLogs/[o-ORG/]ACCOUNT/SERVICE/`, by the key or path of an
/// object; `None` for the folders of sources that are read, and for keys that name no service.
///
/// ```
/// use aware_core::envelope::other_logs::service_of_key;
/// assert_eq!(service_of_key("AWSLogs/111122223333/Config/eu-west-1/x.json.gz"), Some("Config"));
/// assert_eq!(service_of_key("AWSLogs/111122223333/CloudTrail/eu-west-1/x.json.gz"), None);
/// ```
pub fn service_of_key(key: &str) -> Option<&str> {
    let mut segments = key.split('/').skip_while(|segment| *segment != "AWSLogs").skip(1);
    let mut segment = segments.next()?;
    if segment.starts_with("o-") {
        segment = segments.next()?;
    }
    let account = hive_value(segment, "aws-account-id=");
    if !is_account_id(account) {
        return None;
    }
    let service = hive_value(segments.next()?, "aws-service=");
    (!service.is_empty() && owner_of_folder(service).is_none()).then_some(service)
}

/// The value of a folder named in Hive's style: `aws-service=vpcflowlogs`.
fn hive_value<'k>(segment: &'k str, name: &str) -> &'k str {
    segment.strip_prefix(name).unwrap_or(segment)
}

/// Recognises another service's log by its first bytes, compressed or not: `CloudFront access log`. `None`
/// for anything else.
pub fn log_of_body(body: &[u8]) -> Option<&'static str> {
    let mut head = Vec::new();
    if detect_compression(body) == CompressionFormat::Gzip {
        let decoder = flate2::bufread::GzDecoder::new(body);
        // A damaged end does not matter, because only the head is read.
        let _ = decoder.take(HEAD).read_to_end(&mut head);
    } else {
        head.extend_from_slice(body.get(..body.len().min(HEAD as usize)).unwrap_or_default());
    }
    if table::is_of_no_source(body) {
        return Some(PARQUET);
    }
    if head.trim_ascii_start().starts_with(b"{") {
        return log_of_json(head.trim_ascii_start());
    }
    let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    log_of_line(std::str::from_utf8(line).ok()?.trim_end())
}

/// Keys that distinguish the log of one service from all others.
const JSON_LOGS: [(&[&str], &str); 2] = [
    (&["configurationItems"], "AWS Config snapshot"),
    (&["configurationItemDiff", "configurationItem"], "AWS Config notification"),
];

fn log_of_json(head: &[u8]) -> Option<&'static str> {
    let has = |key: &&str| span::MemberSpans::new(head, 0).any(|one| &*one.key == key.as_bytes());
    JSON_LOGS.iter().find(|(keys, _)| keys.iter().all(&has)).map(|(_, log)| *log)
}

fn log_of_line(line: &str) -> Option<&'static str> {
    if line::document_at(line.as_bytes()).is_some()
        || TextLog::recognise(line.as_bytes(), LineSettings::nothing()).is_some()
    {
        return None;
    }
    let words: Vec<&str> = line.split(' ').take(12).collect();
    let word = |at: usize| words.get(at).copied().unwrap_or_default();
    let is_time = |text: &str| {
        let mut bytes = text.bytes();
        text.len() >= 19 && bytes.nth(4) == Some(b'-') && bytes.nth(5) == Some(b'T')
    };
    match () {
        () if word(0) == "tls" && is_time(word(2)) => Some("Network Load Balancer access log"),
        () if is_time(word(0)) && word(2).contains(':') && words.len() >= 11 => {
            Some("Classic Load Balancer access log")
        }
        () if line.starts_with("#Version: ") => Some("CloudFront access log"),
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn keys_tell_whose_log_it_is() {
        let cases = [
            ("AWSLogs/222233334444/CloudTrail/eu-west-1/2026/11/02/a.json.gz", None),
            ("x/AWSLogs/o-a1b2c3/222233334444/CloudTrail/eu-west-1/a.json.gz", None),
            ("AWSLogs/222233334444/CloudTrail-Insight/eu-west-1/a.json.gz", None),
            ("AWSLogs/222233334444/Config/eu-west-1/2026/11/2/ConfigHistory/a.gz", Some("Config")),
            ("AWSLogs/222233334444/Config/ConfigWritabilityCheckFile", Some("Config")),
            ("p/q/AWSLogs/222233334444/elasticloadbalancing/x.log", None),
            ("AWSLogs/222233334444/WAFLogs/eu-west-1/shop/x.log.gz", None),
            ("AWSLogs/222233334444/network-firewall/alert/eu-west-1/egress/x.log.gz", None),
            ("AWSLogs/222233334444/ELBAccessLogTestFile", Some("ELBAccessLogTestFile")),
            ("AWSLogs/o-a1b2c3/222233334444/vpcflowlogs/x.log.gz", None),
            ("AWSLogs/aws-account-id=222233334444/aws-service=vpcflowlogs/x.parquet", None),
            ("AWSLogs/222233334444/GuardDuty/eu-west-1/x.jsonl.gz", None),
            ("AWSLogs/222233334444", None),
            ("AWSLogs/mine/x.json.gz", None),
            ("trail/2026/11/02/a.json.gz", None),
            ("NotAWSLogs/222233334444/Config/a.gz", None),
        ];
        for (key, service) in cases {
            assert_eq!(service_of_key(key), service, "{key}");
        }
    }

    #[test]
    fn first_bytes_tell_what_log_it_is() {
        let cases: [(&str, Option<&str>); 8] = [
            (
                "tls 2.0 2026-11-02T10:00:00 net/web/5d a 192.0.2.1:1",
                Some("Network Load Balancer access log"),
            ),
            (
                "2026-11-02T10:00:00.1Z web 192.0.2.1:1 10.0.0.1:80 0 0 0 200 200 0 5 \"GET / HTTP/1.1\"",
                Some("Classic Load Balancer access log"),
            ),
            ("#Version: 1.0\n#Fields: date time\n", Some("CloudFront access log")),
            (
                r#"{"fileVersion":"1.0","configSnapshotId":"s","configurationItems":[]}"#,
                Some("AWS Config snapshot"),
            ),
            ("PAR1\u{15}", None),
            (r#"{"hello":"configurationItems"}"#, None),
            ("lorem ipsum", None),
            ("2026-11-24T03:54:07 {\"a\":\"b c:1 d e f g h i j k l m\"}", None),
        ];
        for (body, log) in cases {
            assert_eq!(log_of_body(body.as_bytes()), log, "{body}");
            let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            gzip.write_all(body.as_bytes()).unwrap();
            assert_eq!(log_of_body(&gzip.finish().unwrap()), log, "{body}, compressed");
        }
        assert_eq!(log_of_body(b"\x1f\x8b\x08\xff"), None);
        assert_eq!(log_of_body(b""), None);
    }
}
