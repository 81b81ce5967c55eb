//! Denials of every kind, and what is said of them: `explain/cases.jsonl`, one case a line.
//!
//! In the cases `role` and `user` stand for two usual identities and `$ME` for the caller's ARN.

use aware_core::event::Event;
use aware_core::source::cloudtrail;
use aware_iam::explain::explain;
use serde_json::{Value, json};

const CASES: &str = include_str!("explain/cases.jsonl");

fn identity(name: &Value) -> Value {
    match name.as_str() {
        Some("role") => json!({
            "type": "AssumedRole",
            "arn": "arn:aws:sts::111122223333:assumed-role/checkout-fn/run-7",
            "accountId": "111122223333",
            "sessionContext": {"sessionIssuer": {
                "type": "Role",
                "arn": "arn:aws:iam::111122223333:role/checkout-fn",
                "userName": "checkout-fn"
            }}
        }),
        Some("user") => json!({
            "type": "IAMUser",
            "arn": "arn:aws:iam::111122223333:user/carol",
            "accountId": "111122223333",
            "userName": "carol"
        }),
        _ => name.clone(),
    }
}

fn event(case: &Value) -> Event {
    let mut record = json!({
        "eventVersion": "1.11",
        "eventID": "e-1",
        "eventTime": "2026-11-24T09:02:00Z",
        "awsRegion": "eu-west-1",
        "recipientAccountId": "111122223333"
    });
    let fields = case["event"].as_object().unwrap();
    for (key, value) in fields {
        record[key] = value.clone();
    }
    record["userIdentity"] = identity(&case["event"]["userIdentity"]);
    if let Some(message) = record["errorMessage"].as_str() {
        let me = record["userIdentity"]["arn"].as_str().unwrap_or_default();
        record["errorMessage"] = Value::from(message.replace("$ME", me));
    }
    cloudtrail::decode(record.to_string().as_bytes()).unwrap()
}

/// What differs between what is said and what is expected.
fn differences(said: &Value, expected: &Value) -> Vec<String> {
    let mut differences = Vec::new();
    for (key, wanted) in expected.as_object().unwrap() {
        let got = &said[key];
        let fits = match key.as_str() {
            "attach_to" => match (wanted.as_str(), got.as_str()) {
                (Some(wanted), Some(got)) => got.starts_with(wanted),
                (wanted, got) => wanted == got,
            },
            _ => got == wanted,
        };
        if !fits {
            differences.push(format!("{key}: {got}, not {wanted}"));
        }
    }
    differences
}

#[test]
fn every_case_is_explained_as_it_should_be() {
    let mut problems = Vec::new();
    let mut count = 0;
    for line in CASES.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let said = serde_json::to_value(explain(&event(&case))).unwrap();
        let found = differences(&said, &case["expected"]);
        if !found.is_empty() {
            problems.push(format!("{}: {}", case["about"], found.join("; ")));
        }
        count += 1;
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert_eq!(count, 73);
}

#[test]
fn nothing_denied_or_refused_by_aws_itself_gets_a_grant() {
    for line in CASES.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let said = explain(&event(&case));
        let effect = serde_json::to_value(said.effect).unwrap();
        if effect == "explicit" || effect == "none" {
            assert_eq!(said.suggestion, None, "{}", case["about"]);
        }
        if said.suggestion.is_none() {
            let told = said.decided_by.is_some() || said.attach_to.is_some() || effect == "none";
            assert!(told, "{}: nobody is named who can decide", case["about"]);
        }
    }
}

#[test]
fn equal_events_give_equal_bytes() {
    for line in CASES.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let once = serde_json::to_string(&explain(&event(&case))).unwrap();
        assert_eq!(once, serde_json::to_string(&explain(&event(&case))).unwrap());
    }
}
