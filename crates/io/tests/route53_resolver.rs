//! Route 53 Resolver query logs through detection: by file, CloudWatch Logs and among other logs.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use aware_cases::message::group_message;
use aware_core::envelope::EnvelopeKind;
use aware_core::message::MessageKind;
use aware_core::source::SourceId;
use aware_pipeline::detect::{DetectedBody, Detector};
use aware_pipeline::rule_set::RuleSet;
use aware_pipeline::scan::{FindingFilter, LogScan, ScanReport, SeenEvents};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

fn corpus(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/route53_resolver");
    fs::read_to_string(folder.join(name)).unwrap()
}

fn gzip(text: &str) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(text.as_bytes()).unwrap();
    gzip.finish().unwrap()
}

fn detect(body: &[u8]) -> DetectedBody {
    Detector::new(Arc::new(RuleSet::default())).detect_all(EnvelopeKind::Any, body)
}

/// What was found: the rule, the source and the outcome of each finding.
fn found(detected: &DetectedBody) -> Vec<(String, &'static str, String)> {
    let findings = detected.found.iter().flat_map(|found| &found.findings);
    findings
        .map(|one| (one.rule.id.clone(), SourceId::as_str(one.log_source), one.headline_text()))
        .collect()
}

const BLOCKED: &str = "dns:A denied to i-0123456789abcdef0 in 111122223333";

#[test]
fn a_file_of_several_logs() {
    for body in [corpus("mixed.jsonl").into_bytes(), gzip(&corpus("mixed.jsonl"))] {
        let detected = detect(&body);
        assert_eq!((detected.records, detected.events, detected.rejects.total_count()), (3, 3, 0));
        let expected = [
            ("aware-dns-blocked", "route53_resolver", BLOCKED),
            ("aware-dns-mining-pool", "route53_resolver", BLOCKED),
            ("aws-denied-call", "cloudtrail", "iam:ListUsers denied to user/alice in 111122223333"),
        ];
        let expected = expected.map(|(rule, source, line)| (rule.into(), source, line.to_owned()));
        assert_eq!(found(&detected), expected);
    }
}

#[test]
fn a_subscription_of_cloudwatch_logs() {
    let events: Vec<Value> =
        corpus("mixed.jsonl").lines().map(|one| json!({"id": "1", "message": one})).collect();
    let data = json!({"messageType": "DATA_MESSAGE", "owner": "111122223333", "logGroup": "dns",
        "logStream": "s", "logEvents": events});
    let data = STANDARD.encode(gzip(&data.to_string()));
    let direct = json!({"awslogs": {"data": data}});
    let kinesis = json!({"Records": [{"eventSource": "aws:kinesis", "kinesis": {"data": data}}]});
    let queue = json!({"Records": [{"eventSource": "aws:sqs", "body": direct.to_string()}]});
    for body in [direct, kinesis, queue] {
        assert_eq!(found(&detect(body.to_string().as_bytes())).len(), 3, "{body}");
    }
}

/// A query says nothing of whether CloudTrail still writes.
#[test]
fn an_account_is_not_heard_by_its_queries() {
    let mut detector = Detector::with_places(Arc::new(RuleSet::default()));
    let heard = |detector: &mut Detector, body: &str| {
        detector.detect_all(EnvelopeKind::Any, body.as_bytes()).place.is_some()
    };
    let lines = corpus("mixed.jsonl");
    let lines: Vec<&str> = lines.lines().collect();
    assert!(!heard(&mut detector, lines[0]));
    assert!(heard(&mut detector, lines[1]));
}

fn scan(bodies: &[String]) -> ScanReport {
    let rules = Arc::new(RuleSet::default());
    let (filter, seen) = (FindingFilter::default(), SeenEvents::default());
    let mut scan = LogScan::new(&filter, &rules);
    for (number, body) in bodies.iter().enumerate() {
        scan.scan_body(&format!("file {number}"), body.as_bytes(), &filter, &seen);
    }
    scan.into_report()
}

#[test]
fn equal_records_count_once_and_get_no_cure() {
    let report = scan(&[corpus("blocked.json"), corpus("blocked.json")]);
    let ids: Vec<&str> = report.groups.iter().map(|group| &*group.first.rule.id).collect();
    assert_eq!(ids, ["aware-dns-mining-pool", "aware-dns-blocked"]);
    let group = &report.groups[1];
    assert_eq!((group.count, group.cure.is_none(), group.reading.is_none()), (1, true, true));
    assert!(group.first.explanation.is_none());
    let message = group_message(group, MessageKind::Finding, None, group.last_seen);
    assert_eq!(message.source_name.as_deref(), Some("Route 53 Resolver"));
    assert_eq!(message.field_text("Resource").as_deref(), Some("xmr.pool.example"));
    assert!(
        message.field_text("Why").unwrap().starts_with("blocked by the DNS firewall, domain list")
    );
}

#[test]
fn many_names_that_do_not_exist_are_one_finding() {
    let record = |number: u32| {
        format!(
            r#"{{"account_id":"111122223333","region":"eu-west-1","vpc_id":"vpc-0a1b","query_timestamp":"2026-11-29T09:0{}:{:02}Z","query_name":"n{number}.example.com.","query_type":"A","rcode":"NXDOMAIN","srcids":{{"instance":"i-0123"}}}}"#,
            number / 20,
            number * 3 % 60
        )
    };
    let lines = |count| (0..count).map(record).collect::<Vec<_>>().join("\n");
    assert_eq!(scan(&[lines(99)]).groups.len(), 0);
    let report = scan(&[lines(100)]);
    assert_eq!(report.groups.len(), 1);
    let first = &report.groups[0].first;
    assert_eq!(first.rule.id, "aware-dns-many-failed-names");
    assert_eq!(first.log_source.as_str(), "route53_resolver");
    assert_eq!((first.account.as_str(), first.region.as_str()), ("111122223333", "eu-west-1"));
}
