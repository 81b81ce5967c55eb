//! Firehose packs what other services log in Base64, one record each or several.

#![allow(clippy::unwrap_used)]

use aware_core::envelope::{EnvelopeKind, open_body};
use aware_core::source::SourceId;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

const RECORDS: [(&str, &str); 4] = [
    (
        "route53_resolver",
        r#"{"query_name":"a.example.com.","query_timestamp":"2026-11-29T09:01:00Z"}"#,
    ),
    ("waf", r#"{"timestamp":1795942860123,"webaclId":"w","action":"BLOCK","httpRequest":{}}"#),
    (
        "network_firewall",
        r#"{"firewall_name":"egress","event_timestamp":"1795942860","event":{"src_ip":"10.0.0.1"}}"#,
    ),
    (
        "s3_access",
        r#"{"bucket_name":"b","request_time":"2026-11-29T09:01:00Z","operation":"REST.GET.OBJECT","http_status":403}"#,
    ),
];

fn sources(records: &[Value]) -> Vec<&'static str> {
    let body = json!({"invocationId": "i", "deliveryStreamArn": "arn:x", "records": records});
    let opened = open_body(EnvelopeKind::Any, body.to_string().as_bytes());
    assert!(opened.rejects.is_empty(), "{:?}", opened.rejects);
    opened.records.iter().map(|one| one.source).map(SourceId::as_str).collect()
}

#[test]
fn records_of_every_json_log() {
    let pack = |text: &str| json!({"recordId": "1", "data": STANDARD.encode(text)});
    let names: Vec<&str> = RECORDS.iter().map(|(name, _)| *name).collect();
    let each: Vec<Value> = RECORDS.iter().map(|(_, text)| pack(text)).collect();
    assert_eq!(sources(&each), names);
    let texts: Vec<&str> = RECORDS.iter().map(|(_, text)| *text).collect();
    assert_eq!(sources(&[pack(&texts.join("\n"))]), names);
    assert_eq!(sources(&[pack(&texts.concat())]), names);
}
