//! Any text as the text of an error: no panic, and a grant only where something was denied.
#![no_main]

use aware_core::source::cloudtrail::decode_record;
use aware_iam::{denial, explain};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let denial = denial::parse_denial("AccessDenied", text);
    assert!([denial.action, denial.resource].into_iter().flatten().all(|part| text.contains(part)));
    let _ = explain::explain_text(text);
    let record = serde_json::json!({
        "eventVersion": "1.11", "eventTime": "2026-11-24T03:54:00Z", "eventSource": "s3.amazonaws.com",
        "eventName": "GetObject", "awsRegion": "eu-west-1", "recipientAccountId": "111122223333",
        "eventID": "8d1f6f3e-6f0a-4b0e-9d0e-2f2f6f3e6f0a", "errorCode": "AccessDenied",
        "errorMessage": text, "userIdentity": {"type": "AssumedRole"},
    });
    let event = decode_record(record.to_string().as_bytes()).expect("the record is one");
    let _ = explain::explain_event(&event);
});
