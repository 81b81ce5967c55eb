//! `aware rules` as a real process: its output and its exit codes.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

fn aware(folder: &Path, args: &[&str]) -> (String, String, i32) {
    fed(folder, args, "")
}

fn fed(folder: &Path, args: &[&str], input: &str) -> (String, String, i32) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_aware"))
        .args(args)
        .env("NO_COLOR", "1")
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr), output.status.code().unwrap())
}

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

const EVENT: &str = r#"{"eventVersion":"1.08","eventTime":"2026-11-24T09:01:00Z","eventSource":"iam.amazonaws.com","eventName":"CreateUser","awsRegion":"us-east-1","eventID":"e1","recipientAccountId":"111122223333","userIdentity":{"type":"IAMUser","userName":"alice","accountId":"111122223333"}}"#;

fn rule(title: &str, id: u32, more: &str, selection: &str) -> String {
    format!(
        "title: {title}\nid: 11111111-1111-4111-8111-{id:012}\n{more}logsource:\n    product: aws\n    service: cloudtrail\ndetection:\n    s:\n        {selection}\n    condition: s\nlevel: low\n"
    )
}

#[test]
fn a_pattern_on_an_event() {
    let event = EVENT;
    let envelope = format!(
        r#"{{"version":"0","id":"x","source":"aws.iam","account":"111122223333","detail-type":"AWS API Call via CloudTrail","detail":{event}}}"#
    );
    let there = folder(&[
        ("event.json", event),
        ("envelope.json", &envelope),
        ("line.txt", "ERROR 42 disk full\n"),
        ("iam.json", r#"{"source":["aws.iam"],"detail":{"eventName":["CreateUser"]}}"#),
        ("ec2.json", r#"{"source":["aws.ec2"]}"#),
        ("id.json", r#"{"id":["x"],"detail":{"eventName":["CreateUser"]}}"#),
        ("made.json", r#"{"detail":{"aware":{"principal":["user/alice"],"outcome":["success"]}}}"#),
        ("wrong.json", r#"{"source":"aws.iam"}"#),
    ]);
    let code = |args: &[&str]| {
        let (out, err, code) = aware(there.path(), &[&["rules", "match"], args].concat());
        let said = match code {
            0 => "matches\n",
            1 => "does not match\n",
            _ => "",
        };
        assert_eq!(out, said, "{args:?} {err}");
        assert_eq!(err.is_empty(), code < 2, "{args:?} {err}");
        code
    };
    assert_eq!(code(&["--pattern", "{ $.eventName = \"CreateUser\" }", "event.json"]), 0);
    assert_eq!(code(&["event.json", "--pattern", "{ $.eventName = \"DeleteUser\" }"]), 1);
    assert_eq!(code(&["--pattern", "{ $.aware.principal = \"user/alice\" }", "event.json"]), 0);
    assert_eq!(code(&["--pattern", "ERROR -disk", "line.txt"]), 1);
    assert_eq!(code(&["--pattern", "[level, number > 41, ...]", "line.txt"]), 0);
    assert_eq!(code(&["--event-pattern", "iam.json", "event.json"]), 0);
    assert_eq!(code(&["--event-pattern", "iam.json", "envelope.json"]), 0);
    assert_eq!(code(&["--event-pattern", "ec2.json", "envelope.json"]), 1);
    assert_eq!(code(&["--event-pattern", "ec2.json", "event.json"]), 1);
    assert_eq!(code(&["--event-pattern", "id.json", "envelope.json"]), 0);
    assert_eq!(code(&["--event-pattern", "made.json", "envelope.json"]), 0);
    assert_eq!(code(&["--event-pattern", "made.json", "event.json"]), 0);
    // What is wrong.
    assert_eq!(code(&["--event-pattern", "id.json", "event.json"]), 2);
    assert_eq!(code(&["--event-pattern", "wrong.json", "event.json"]), 2);
    assert_eq!(code(&["--event-pattern", "iam.json", "line.txt"]), 2);
    assert_eq!(code(&["--pattern", "{ $.eventName == \"a\" }", "event.json"]), 2);
    assert_eq!(code(&["--pattern", "{ $.aware.principle = a }", "event.json"]), 2);
    assert_eq!(code(&["--pattern", "a", "nowhere.json"]), 2);
    assert_eq!(code(&["event.json"]), 2);
    assert_eq!(code(&["--pattern", "a"]), 2);
    assert_eq!(code(&["--pattern", "a", "--event-pattern", "iam.json", "event.json"]), 2);
    let piped = ["rules", "match", "--pattern", "{ $.eventName = \"CreateUser\" }", "-"];
    assert_eq!(fed(there.path(), &piped, event).2, 0);
}

#[test]
fn what_check_says_of_rules_that_cannot_mean_it() {
    let there = folder(&[
        (
            "paren.yml",
            &rule("P", 1, "", "eventName: CreateUser")
                .replace("condition: s", "condition: s and (not s"),
        ),
        (
            "never.yml",
            &rule("N", 2, "", "eventName: PassRole\n        eventSource: iam.amazonaws.con"),
        ),
        (
            "typo.yml",
            &rule("T", 3, "", "eventName: CreateUsr\n        eventSource: iam.amazonaws.com"),
        ),
        ("old.yml", &rule("O", 4, "status: deprecated\n", "eventName: CreateUser")),
        (
            "fine.yml",
            &rule("F", 5, "", "eventName: CreateUser\n        eventSource: iam.amazonaws.com"),
        ),
    ]);
    let (out, _, code) = aware(there.path(), &["rules", "check", "."]);
    assert_eq!(code, 2);
    assert!(out.contains("error: ./paren.yml:9:22: `(` without its `)`"), "{out}");
    for said in [
        "a permission that nobody calls",
        "is not the source of a service",
        "`T` asks for a call that is not known: `eventName` `createusr` (hint: did you mean `CreateUser`?)",
        "`O` is deprecated, and is loaded as disabled",
        "4 rules, 0 correlations and 0 suppressions checked, 1 problem",
    ] {
        assert!(out.contains(said), "{said}\n{out}");
    }
    let (out, _, code) = aware(there.path(), &["rules", "check", "-q", "."]);
    assert_eq!((code, out.lines().count()), (2, 1), "{out}");
    assert_eq!(
        aware(there.path(), &["rules", "check", "-q", "fine.yml"]),
        (String::new(), String::new(), 0)
    );
    assert_eq!(aware(there.path(), &["rules", "check", "nowhere"]).2, 2);
}

#[test]
fn a_checkout_of_other_peoples_rules() {
    let windows = |n: u32| {
        rule("W", n, "", "Image: x").replace(
            "product: aws\n    service: cloudtrail",
            "product: windows\n    category: process_creation",
        )
    };
    let guard = rule("G", 90, "", "type: x").replace("cloudtrail", "rds");
    let there = folder(&[
        ("rules/aws.yml", &rule("A", 1, "", "eventName: CreateUser")),
        ("rules/w1.yml", &windows(11)),
        ("rules/w2.yml", &windows(12)),
        ("rules/w3.yml", &windows(13)),
        ("rules/g.yml", &guard),
        (".github/hidden.yml", "on: push\n"),
        ("ci/workflow.yml", "name: x\non: push\njobs: {}\n"),
        ("ci/template.yaml", "{{ if .Values.x }}\na: b\n{{ end }}\n"),
        ("README.md", "# rules\n"),
    ]);
    fs::write(there.path().join("ci/latin.yml"), b"name: caf\xe9\n").unwrap();
    let (out, err, code) = aware(there.path(), &["rules", "check", "."]);
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(
        (lines.as_slice(), err.as_str(), code),
        (
            [
                "note: skipped: 4 rules for other sources (windows 3, aws/rds 1); 3 YAML documents that are not rules",
                "1 rule, 0 correlations and 0 suppressions checked, 0 problems",
            ]
            .as_slice(),
            "",
            0
        )
    );
    assert_eq!(
        aware(there.path(), &["rules", "check", "-q", "."]),
        (String::new(), String::new(), 0)
    );
    // A file that is named explicitly has to be a rule.
    let (out, _, code) = aware(there.path(), &["rules", "check", "ci/workflow.yml"]);
    assert!(code == 2 && out.contains("document is not a rule"), "{out}");
    fs::write(there.path().join("rules/latin.yml"), b"title: caf\xe9\ndetection: {}\n").unwrap();
    let (out, _, code) = aware(there.path(), &["rules", "check", "rules"]);
    assert!(code == 2 && out.contains("rules/latin.yml: is not UTF-8 after 10 bytes"), "{out}");
    let (out, _, code) = aware(there.path(), &["rules", "check", "ci"]);
    assert!(code == 2 && out.contains("error: ci: contains no rule for a supported log"), "{out}");
}

#[test]
fn a_backtest_names_rules_as_a_report_does() {
    let there = folder(&[
        ("rules/user.yml", &rule("User created", 1, "", "eventName: CreateUser")),
        (
            "rules/off.yml",
            &rule("Off, and tried all the same", 2, "enabled: false\n", "eventName: CreateUser"),
        ),
        ("rules/none.yml", &rule("Nobody does this", 3, "", "eventName: DeleteUser")),
        ("rules/other.yml", &rule("Other", 4, "", "x: y").replace("cloudtrail", "rds")),
        ("log.json", EVENT),
    ]);
    let (out, err, code) = aware(there.path(), &["rules", "backtest", "rules", "log.json"]);
    assert_eq!(code, 0, "{out}{err}");
    let skipped = "skipped `Other`: no source for product `aws`, service `rds`";
    assert!(err.contains(skipped) && err.lines().count() == 1, "{err}");
    for said in [
        "User created (11111111-1111-4111-8111-000000000001): 1 matches",
        "Off, and tried all the same (11111111-1111-4111-8111-000000000002): 1 matches",
        "principals  user/alice 1",
        "no match: Nobody does this (11111111-1111-4111-8111-000000000003)",
    ] {
        assert!(out.contains(said), "{said}\n{out}");
    }
}

/// Coverage is that of the rules that are loaded, and of the reader's own.
#[test]
fn coverage_counts_the_rules_that_are_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let rule = "title: Mine\nid: mine\nlevel: high\ntags: [attack.t1049]\nlogsource: {product: aws, service: cloudtrail}\ndetection:\n  s: {eventName: StopLogging}\n  condition: s\n";
    std::fs::write(folder.path().join("mine.yml"), rule).unwrap();
    let config =
        format!("[rules]\npaths = [{:?}]\nshipped = false\n", folder.path().join("mine.yml"));
    std::fs::write(folder.path().join("aware.toml"), config).unwrap();
    let run = |args: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_aware"));
        let output =
            command.args(["rules", "coverage"]).args(args).current_dir(&folder).output().unwrap();
        assert!(output.status.success(), "{args:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let row_of = |out: &str, id: &str| -> serde_json::Value {
        let line = out.lines().find(|line| line.contains(&format!("\"id\":\"{id}\"")));
        serde_json::from_str(line.unwrap()).unwrap()
    };
    let all = run(&["--json", "--rules", "mine.yml"]);
    let mine = row_of(&all, "T1049");
    assert_eq!(
        (mine["rules"][0].as_str(), mine["reportedBy"].as_str()),
        (Some("mine"), Some("a rule"))
    );
    assert!(row_of(&all, "T1685.002")["rules"].to_string().contains("aware-trail-deleted"));
    let off = run(&["--json", "--rules", "mine.yml", "--disable", "mine"]);
    assert_eq!(row_of(&off, "T1049")["reportedBy"], "a rule that is off");
    let only = run(&["--rules-from", "aware.toml"]);
    assert!(only.contains("1 of 109 techniques"), "{only}");
}
