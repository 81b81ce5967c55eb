//! Logs of AWS Network Firewall: every record of their corpus, and the cases that come of them.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod source_logs;

use std::fs;

use aware_core::envelope::{EnvelopeKind, open_body};
use aware_core::source::contract::LogSource;
use aware_core::source::network_firewall::NetworkFirewall;
use serde_json::json;
use source_logs::{cases, events, files, messages, open, told};

#[test]
fn every_record_and_its_message() {
    insta::assert_snapshot!(messages("network_firewall"));
}

#[test]
fn cases_of_single_rules() {
    let bodies = files("network_firewall").into_iter().map(|path| fs::read(path).unwrap());
    let all: Vec<_> = bodies.flat_map(|body| events("network_firewall", &body)).collect();
    insta::assert_snapshot!(told(&cases(NetworkFirewall.id(), &all)));
}

#[test]
fn objects_and_log_groups() {
    let record = fs::read_to_string(&files("network_firewall")[1]).unwrap();
    let body = json!({"messageType": "DATA_MESSAGE", "owner": "444455556666",
        "logGroup": "firewall", "logStream": "s",
        "logEvents": [{"id": "1", "message": record}]});
    assert_eq!(open("network_firewall", body.to_string().as_bytes()).records.len(), 1);
    let key = "AWSLogs/111122223333/network-firewall/alert/eu-west-1/egress/2026/11/29/09/x.log.gz";
    let notice = json!({"Records": [{"eventSource": "aws:s3", "eventName": "ObjectCreated:Put",
        "s3": {"bucket": {"name": "logs"}, "object": {"key": key}}}]});
    assert_eq!(open_body(EnvelopeKind::Any, notice.to_string().as_bytes()).objects.len(), 1);
}
