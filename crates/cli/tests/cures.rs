//! One answer: `scan`, `explain` and `policy` grant the same for the same records, or nothing.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use serde_json::{Value, json};

const ACCOUNT: &str = "222233334444";

fn aware(folder: &std::path::Path, args: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aware"));
    command.args(args).env("NO_COLOR", "1").current_dir(folder);
    let output = command.env("XDG_DATA_HOME", folder.join("data")).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// A denial of a role's session, and AWS's message about it.
fn denied(number: u32, session: &str, call: (&str, &str), action: &str, rest: &str) -> Value {
    let (service, name) = call;
    json!({
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "AssumedRole", "principalId": format!("AROAQ2TTTT7EXAMPLE001:{session}"),
            "accountId": ACCOUNT,
            "arn": format!("arn:aws:sts::{ACCOUNT}:assumed-role/tracker/{session}"),
            "sessionContext": {"sessionIssuer": {"type": "Role", "principalId": "AROAQ2TTTT7EXAMPLE001",
                "arn": format!("arn:aws:iam::{ACCOUNT}:role/parcels/tracker"), "userName": "tracker"}},
        },
        "eventTime": format!("2026-11-02T17:20:{number:02}Z"),
        "eventSource": format!("{service}.amazonaws.com"), "eventName": name,
        "awsRegion": "eu-central-1", "sourceIPAddress": "10.0.0.5", "userAgent": "Boto3/1.43",
        "errorCode": "AccessDenied", "eventID": format!("0f0f0f0f-0000-4000-8000-{number:012}"),
        "errorMessage": format!("User: arn:aws:sts::{ACCOUNT}:assumed-role/tracker/{session} is not authorized to perform: {action} {rest}"),
        "eventType": "AwsApiCall", "recipientAccountId": ACCOUNT, "eventCategory": "Management",
    })
}

fn lacks(session: &str, action: &str, resource: &str) -> Vec<Value> {
    let rest = format!(
        "on resource: {resource} because no identity-based policy allows the {action} action"
    );
    vec![denied(1, session, action.split_once(':').unwrap(), action, &rest)]
}

/// Whether each command offers a grant for a record, and with which statements.
fn check(name: &str, records: &[Value], wanted: Option<Value>) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("log.json"), json!({"Records": records}).to_string()).unwrap();
    let run = |args: &[&str]| aware(folder.path(), args);

    let scan: Value =
        serde_json::from_str(&run(&["scan", "log.json", "--format", "json"])).unwrap();
    let cures = scan["messages"].as_array().unwrap().iter();
    let cures = cures.filter_map(|message| {
        let fields = message["fields"].as_array().unwrap();
        let cure = fields.iter().find(|field| field["key"] == "Cure")?;
        Some(serde_json::from_str::<Value>(cure["value"].as_str().unwrap()).unwrap())
    });
    let scanned: BTreeSet<String> = cures.map(|cure| cure.to_string()).collect();

    let lines = run(&["explain", "log.json", "--format", "jsonl"]);
    let explained = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let explained: BTreeSet<String> = explained
        .filter(|line| !line["suggestion"].is_null())
        .map(|line| line["suggestion"].to_string())
        .collect();
    assert_eq!(scanned, explained, "{name}");

    let policy = run(&["policy", "--principal", "role/tracker", "log.json"]);
    let policy: Value = serde_json::from_str(&policy).unwrap_or_default();
    let statements = policy["Statement"].as_array().cloned().unwrap_or_default();
    let generated: BTreeSet<String> = statements
        .into_iter()
        .map(|mut statement| {
            statement.as_object_mut().unwrap().shift_remove("Sid");
            statement.to_string()
        })
        .collect();
    let own: BTreeSet<String> =
        explained.iter().filter(|text| !text.contains("\"Principal\"")).cloned().collect();
    assert_eq!(generated, own, "{name}");
    let wanted: BTreeSet<String> = wanted.iter().map(Value::to_string).collect();
    assert_eq!(explained, wanted, "{name}");
}

#[test]
fn one_answer() {
    let allow = |action: &str, resource: &str| {
        Some(json!({"Effect": "Allow", "Action": action, "Resource": resource}))
    };
    let queue = "arn:aws:sqs:eu-central-1:222233334444:arrivals";
    check("plain", &lacks("track", "sqs:SendMessage", queue), allow("sqs:SendMessage", queue));
    check(
        "its own place",
        &lacks(
            "i-0123456789abcdef0",
            "s3:PutObject",
            "\"arn:aws:s3:::spool/AROAQ2TTTT7EXAMPLE001:i-0123456789abcdef0/a.gz\"",
        ),
        allow("s3:PutObject", "arn:aws:s3:::spool/${aws:userid}/*"),
    );
    check(
        "another's place",
        &lacks(
            "i-0123456789abcdef0",
            "s3:PutObject",
            "\"arn:aws:s3:::spool/AROAQ2TTTT7EXAMPLE001:i-0fedcba9876543210/a.gz\"",
        ),
        None,
    );
    check("sensitive", &lacks("track", "iam:PutRolePolicy", "role tracker"), None);
    check(
        "no reason given",
        &[denied(
            1,
            "track",
            ("sqs", "SendMessage"),
            "sqs:SendMessage",
            &format!("on resource: {queue}"),
        )],
        allow("sqs:SendMessage", queue),
    );
    check(
        "a queue's policy",
        &[denied(
            1,
            "track",
            ("sqs", "SendMessage"),
            "sqs:SendMessage",
            &format!(
                "on resource: {queue} because no resource-based policy allows the sqs:SendMessage action"
            ),
        )],
        Some(
            json!({"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::222233334444:role/parcels/tracker"}, "Action": "sqs:SendMessage", "Resource": queue}),
        ),
    );
    check(
        "a key's policy",
        &[denied(
            1,
            "track",
            ("kms", "Decrypt"),
            "kms:Decrypt",
            "on resource: arn:aws:kms:eu-central-1:222233334444:key/5e5e5e5e-1111-4222-8333-444455556666 because no resource-based policy allows the kms:Decrypt action",
        )],
        Some(
            json!({"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::222233334444:role/parcels/tracker"}, "Action": "kms:Decrypt", "Resource": "*"}),
        ),
    );
    check(
        "a foreign queue to write to",
        &lacks("track", "sqs:SendMessage", "arn:aws:sqs:eu-central-1:888899990000:arrivals"),
        None,
    );
    check(
        "an explicit deny",
        &[denied(
            1,
            "track",
            ("sqs", "SendMessage"),
            "sqs:SendMessage",
            &format!("on resource: {queue} with an explicit deny in an identity-based policy"),
        )],
        None,
    );
}

#[test]
fn a_role_of_another_account_takes_two_statements() {
    let folder = tempfile::tempdir().unwrap();
    let role = "arn:aws:iam::888899990000:role/audit";
    let text = format!(
        "User: arn:aws:iam::{ACCOUNT}:user/nadia is not authorized to perform: sts:AssumeRole on resource: {role}"
    );
    let said: Value =
        serde_json::from_str(&aware(folder.path(), &["explain", &text, "--format", "jsonl"]))
            .unwrap();
    assert_eq!(
        said["suggestion"],
        json!({"Effect": "Allow", "Principal": {"AWS": format!("arn:aws:iam::{ACCOUNT}:user/nadia")}, "Action": "sts:AssumeRole"})
    );
    assert!(said["attach_to"].as_str().unwrap().starts_with("trust policy of"), "{said}");
    assert_eq!(
        said["also"][0]["statement"],
        json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": role})
    );
    assert!(said["also"][0]["attach_to"].as_str().unwrap().starts_with("identity policy of"));
}
