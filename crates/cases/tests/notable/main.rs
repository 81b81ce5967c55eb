//! What successful calls mean, what takes them back, and whom they let act, on records of our own.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod contain;
mod facts;
mod healthy;
mod links;
mod odd;

use aware_core::event::Event;
use aware_core::source::decode_record;
use serde_json::{Value, json};

/// The account of every record.
const ACCOUNT: &str = "111122223333";
/// An account of somebody else.
const FOREIGN: &str = "999988887777";

/// The user `alice`, with a long-term key.
fn alice() -> Value {
    json!({
        "type": "IAMUser", "userName": "alice", "accountId": ACCOUNT,
        "arn": format!("arn:aws:iam::{ACCOUNT}:user/alice"), "accessKeyId": "AKIAIOSFODNN7ALICE00",
    })
}

/// A session of `role/deployer`.
fn deployer() -> Value {
    json!({
        "type": "AssumedRole", "accountId": ACCOUNT, "accessKeyId": "ASIAIOSFODNN7DEPLOY0",
        "arn": format!("arn:aws:sts::{ACCOUNT}:assumed-role/deployer/ci-1"),
        "sessionContext": {"sessionIssuer": {
            "type": "Role", "userName": "deployer", "accountId": ACCOUNT,
            "arn": format!("arn:aws:iam::{ACCOUNT}:role/deployer"),
        }},
    })
}

fn root() -> Value {
    json!({"type": "Root", "accountId": ACCOUNT, "arn": format!("arn:aws:iam::{ACCOUNT}:root")})
}

/// A record of a successful call: `iam:CreateUser`.
fn record(actor: Value, action: &str, request: Value, response: Value) -> Value {
    let (service, name) = action.split_once(':').unwrap();
    json!({
        "eventVersion": "1.08", "eventType": "AwsApiCall", "eventID": "e-1",
        "eventTime": "2026-05-01T10:00:00Z", "awsRegion": "eu-west-1",
        "recipientAccountId": ACCOUNT, "sourceIPAddress": "192.0.2.10",
        "eventSource": format!("{service}.amazonaws.com"), "eventName": name,
        "userIdentity": actor, "requestParameters": request, "responseElements": response,
    })
}

fn decode(record: &Value) -> Event {
    decode_record(record.to_string().as_bytes()).unwrap()
}

fn event(actor: Value, action: &str, request: Value, response: Value) -> Event {
    decode(&record(actor, action, request, response))
}

/// A policy with one statement, as IAM's requests have it.
fn policy(effect: &str, action: &str) -> String {
    json!({"Version": "2012-10-17", "Statement": [
        {"Effect": effect, "Action": action, "Resource": "*"},
    ]})
    .to_string()
}

/// A policy of a resource or a role that admits a principal.
fn admitting(principal: Value, condition: Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": principal, "Condition": condition},
    ]})
}
