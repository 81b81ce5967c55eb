//! Access logs of Application Load Balancers: every record of their corpus, and the cases that come of them.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod source_logs;

use std::fs;

use aware_core::envelope::{EnvelopeKind, open_body};
use aware_core::source::alb::Alb;
use aware_core::source::contract::LogSource;
use serde_json::json;
use source_logs::{cases, events, files, messages, open, told};

#[test]
fn every_record_and_its_message() {
    insta::assert_snapshot!(messages("alb"));
}

#[test]
fn cases_of_single_rules() {
    let bodies = files("alb").into_iter().map(|path| fs::read(path).unwrap());
    let all: Vec<_> = bodies.flat_map(|body| events("alb", &body)).collect();
    insta::assert_snapshot!(told(&cases(Alb.id(), &all)));
}

/// Network Load Balancers share the folder; their logs are named and skipped.
#[test]
fn objects_are_fetched() {
    let key = "AWSLogs/111122223333/elasticloadbalancing/eu-west-1/2026/11/29/111122223333_elasticloadbalancing_eu-west-1_app.web.50dc_20261129T0905Z_192.0.2.1_x.log.gz";
    let body = json!({"Records": [{"eventSource": "aws:s3", "eventName": "ObjectCreated:Put",
        "s3": {"bucket": {"name": "logs"}, "object": {"key": key}}}]});
    let opened = open_body(EnvelopeKind::Any, body.to_string().as_bytes());
    assert_eq!(opened.objects.len(), 1);
    assert!(open("alb", b"").records.is_empty());
}
