//! Route 53 Resolver query logs: every record of their corpus, alone and among CloudTrail's.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use aware_cases::group::FindingGroup;
use aware_cases::message::group_message;
use aware_core::envelope::{EnvelopeKind, OpenedBody, open_body};
use aware_core::event::EventClass;
use aware_core::finding::{Finding, RuleSummary};
use aware_core::message::MessageKind;
use aware_core::source::{SourceId, decode_record};
use serde_json::{Value, json};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/route53_resolver")
}

fn record(name: &str) -> String {
    fs::read_to_string(folder().join(name)).unwrap()
}

/// The sources of what a body holds, in order.
fn sources(opened: &OpenedBody) -> Vec<&'static str> {
    assert!(opened.rejects.is_empty(), "{:?}", opened.rejects);
    opened.records.iter().map(|one| one.source).map(SourceId::as_str).collect()
}

#[test]
fn every_record_and_its_message() {
    let mut all = String::new();
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths.iter().filter(|path| path.extension().is_some_and(|end| end == "json")) {
        let text = fs::read_to_string(path).unwrap();
        let event = decode_record(text.as_bytes()).unwrap();
        assert!(matches!(event.class, EventClass::Request(_)), "{path:?}");
        let finding = Finding::from_event(&RuleSummary::denied_call(), &event);
        let stored = serde_json::to_string(&finding).unwrap();
        assert_eq!(serde_json::from_str::<Finding>(&stored).unwrap(), finding);
        let mut tally = FindingGroup::for_finding(&finding);
        tally.record(&finding);
        let message = group_message(&tally, MessageKind::Finding, None, event.time);
        writeln!(all, "# {}", path.file_name().unwrap().display()).unwrap();
        writeln!(all, "{} ({})", message.subject, message.source_name.unwrap()).unwrap();
        for field in &message.fields {
            writeln!(all, "{}: {}", field.key, field.value).unwrap();
        }
    }
    insta::assert_snapshot!(all);
}

#[test]
fn a_body_of_several_sources() {
    let mixed = record("mixed.jsonl");
    let expected = ["route53_resolver", "cloudtrail", "route53_resolver"];
    assert_eq!(sources(&open_body(EnvelopeKind::Any, mixed.as_bytes())), expected);
    let list = format!("[{}]", mixed.trim().replace('\n', ","));
    assert_eq!(sources(&open_body(EnvelopeKind::Any, list.as_bytes())), expected);
    let one_after_the_other = mixed.replace('\n', "");
    assert_eq!(sources(&open_body(EnvelopeKind::Any, one_after_the_other.as_bytes())), expected);
}

#[test]
fn a_subscription_tells_whose_log_it_is() {
    let records: Vec<String> = record("mixed.jsonl").lines().map(str::to_owned).collect();
    let events: Vec<Value> = records.iter().map(|one| json!({"id": "1", "message": one})).collect();
    let body = json!({"messageType": "DATA_MESSAGE", "owner": "444455556666", "logGroup": "dns",
        "logStream": "s", "logEvents": events});
    let opened = open_body(EnvelopeKind::CloudwatchLogs, body.to_string().as_bytes());
    assert_eq!(sources(&opened), ["route53_resolver", "cloudtrail", "route53_resolver"]);
}

#[test]
fn objects_of_query_logs_are_fetched() {
    let key = "AWSLogs/111122223333/vpcdnsquerylogs/vpc-0a1b/2026/11/29/vpc-0a1b_vpcdnsquerylogs_111122223333_20261129T0905Z_0a1b2c3d.log.gz";
    let other = "AWSLogs/111122223333/Config/eu-west-1/2026/11/29/x.json.gz";
    let record = |key: &str| {
        json!({"eventSource": "aws:s3", "eventName": "ObjectCreated:Put",
            "s3": {"bucket": {"name": "logs"}, "object": {"key": key}}})
    };
    let body = json!({"Records": [record(key), record(other)]});
    let opened = open_body(EnvelopeKind::Any, body.to_string().as_bytes());
    assert_eq!(opened.objects.len(), 1);
    assert_eq!((opened.objects[0].key.as_str(), opened.skipped.other_logs), (key, 1));
}

/// A caller chooses the name that is asked for, and nothing else of a record's form.
#[test]
fn a_record_stays_of_its_source() {
    let hostile =
        r#"{"query_name":"\",\"eventName\":\"x","query_timestamp":"2026-11-29T09:01:00Z"}"#;
    assert_eq!(sources(&open_body(EnvelopeKind::Any, hostile.as_bytes())), ["route53_resolver"]);
    let call = r#"{"eventVersion":"1.08","eventTime":"2026-11-29T09:01:00Z","eventSource":"s","eventName":"n","query_name":"a","query_timestamp":"b"}"#;
    assert_eq!(sources(&open_body(EnvelopeKind::Any, call.as_bytes())), ["cloudtrail"]);
}
