//! S3 server access logs: every record of their corpus, and the cases that come of them.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod source_logs;

use std::fs;

use aware_core::envelope::{EnvelopeKind, open_body};
use aware_core::source::contract::LogSource;
use aware_core::source::s3_access::S3Access;
use serde_json::json;
use source_logs::{cases, events, files, messages, open, told};

#[test]
fn every_record_and_its_message() {
    insta::assert_snapshot!(messages("s3_access"));
}

#[test]
fn cases_of_single_rules() {
    let bodies = files("s3_access").into_iter().map(|path| fs::read(path).unwrap());
    let all: Vec<_> = bodies.flat_map(|body| events("s3_access", &body)).collect();
    insta::assert_snapshot!(told(&cases(S3Access.id(), &all)));
}

/// Lines of text reach CloudWatch Logs when somebody forwards them.
#[test]
fn lines_in_a_log_group() {
    let lines = fs::read_to_string(&files("s3_access")[2]).unwrap();
    let messages: Vec<_> = lines.lines().map(|line| json!({"id": "1", "message": line})).collect();
    let body = json!({"messageType": "DATA_MESSAGE", "owner": "444455556666", "logGroup": "g",
        "logStream": "s", "logEvents": messages});
    let opened = open("s3_access", body.to_string().as_bytes());
    assert_eq!((opened.records.len(), opened.rejects.record_count()), (10, 0));
}

/// The record of a line and that of CloudWatch Logs have the same fields.
#[test]
fn both_forms_are_one() {
    let text = fs::read(&files("s3_access")[2]).unwrap();
    let vended = fs::read(&files("s3_access")[0]).unwrap();
    let (text, vended) = (events("s3_access", &text), events("s3_access", &vended));
    assert_eq!(text[0].principal, vended[0].principal);
    assert_eq!((text[0].outcome, &text[0].why()), (vended[0].outcome, &vended[0].why()));
}

/// A caller chooses the key and the user agent, and nothing else of a record's form.
#[test]
fn a_record_stays_of_its_source() {
    let call = br#"{"eventVersion":"1.08","eventTime":"2026-11-29T09:01:00Z","eventSource":"s","eventName":"n","operation":"a","http_status":1,"request_time":"b"}"#;
    let opened = open_body(EnvelopeKind::Any, call);
    assert_eq!(opened.records[0].source.as_str(), "cloudtrail");
}
