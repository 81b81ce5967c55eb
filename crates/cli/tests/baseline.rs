//! What is usual: learned from history, shown, and asked by scans and by the daemon alike.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::fmt::Write;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

const RULE: &str = r"title: User created by somebody new
id: house-new-creator
description: Somebody created a user who never did.
level: high
logsource: {product: aws, service: cloudtrail}
pack: default
detection:
    selection:
        eventSource: iam.amazonaws.com
        eventName: CreateUser
        aware.outcome: success
    condition: selection
baseline:
    type: first_seen
    key: recipientAccountId
    value: aware.principal
";

/// A folder with a rule, logs, and a daemon's config.
struct World {
    folder: tempfile::TempDir,
}

fn record(id: &str, who: &str, day: u8, call: (&str, &str), rest: &str) -> String {
    let (service, name) = call;
    format!(
        r#"{{"eventVersion":"1.11","eventTime":"2026-11-{day:02}T09:01:00Z","eventSource":"{service}.amazonaws.com","eventName":"{name}","awsRegion":"us-east-1","sourceIPAddress":"198.51.100.7","userAgent":"aws-cli/2.15","userIdentity":{{"type":"IAMUser","userName":"{who}","accountId":"111122223333","arn":"arn:aws:iam::111122223333:user/{who}"}},"recipientAccountId":"111122223333","eventID":"{id}","eventType":"AwsApiCall"{rest}}}"#
    )
}

fn created(who: &str, day: u8) -> String {
    let request = format!(r#","requestParameters":{{"userName":"new-{who}-{day}"}}"#);
    record(&format!("{who}-{day}"), who, day, ("iam", "CreateUser"), &request)
}

impl World {
    /// Alice creates a user each day for ten days; then she does again, and Bob does.
    fn new() -> Self {
        let world = Self { folder: tempfile::tempdir().unwrap() };
        let history: String = (1..=10).fold(String::new(), |mut text, day| {
            writeln!(text, "{}", created("alice", day)).unwrap();
            text
        });
        world.write("history.jsonl", &history);
        world.write("today.jsonl", &[created("alice", 20), created("bob", 20)].join("\n"));
        world.write("rule.yml", RULE);
        let config = format!(
            "[input.a]\ntype = \"file\"\npaths = [{:?}]\n[state]\nfolder = {:?}\n[rules]\npaths = [{:?}]\nshipped = false\n",
            world.path("today.jsonl"),
            world.path("state"),
            world.path("rule.yml"),
        );
        world.write("aware.toml", &config);
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    fn aware(&self, args: &[&str]) -> (String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_aware"));
        command.args(args).current_dir(self.folder.path()).env("NO_COLOR", "1");
        let output = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let (out, err) = (text(output.stdout), text(output.stderr));
        assert!(output.status.success(), "{args:?}\n{out}\n{err}");
        (out, err)
    }

    /// The events of the findings of a scan.
    fn found(&self, args: &[&str]) -> Vec<String> {
        let scan = ["scan", "--groups", "--format", "jsonl", "--rules-from", "aware.toml"];
        let (out, _) = self.aware(&[&scan[..], args].concat());
        let ids = out.lines().map(|line| {
            let message: Value = serde_json::from_str(line).unwrap();
            let fields = message["fields"].as_array().unwrap().clone();
            let ids = fields.into_iter().find(|field| field["key"] == "Event IDs").unwrap();
            ids["value"].as_str().unwrap().to_owned()
        });
        ids.collect()
    }
}

#[test]
fn a_scan_learns_from_the_logs_that_it_reads_in_any_order() {
    let world = World::new();
    assert_eq!(world.found(&["history.jsonl", "today.jsonl"]), ["bob-20"]);
    assert_eq!(world.found(&["today.jsonl", "history.jsonl", "--threads", "2"]), ["bob-20"]);
    assert_eq!(world.found(&["today.jsonl"]), [""; 0], "a week must be known");
    let (out, _) =
        world.aware(&["scan", "--rules-from", "aware.toml", "history.jsonl", "today.jsonl"]);
    assert!(out.contains("HIGH") && out.contains("User created by somebody new"), "{out}");
    assert!(out.contains("1 finding in 1 case"), "{out}");
}

#[test]
fn what_was_learned_is_known_to_scans_and_to_the_daemon() {
    let world = World::new();
    let learn = ["learn", "history.jsonl"];
    let (out, _) = world.aware(&learn);
    assert!(
        out.starts_with("10 events: 1 of 1 key new or changed, with 1 value; 0 events not learned"),
        "{out}"
    );
    let (out, _) = world.aware(&learn);
    assert!(out.contains("0 of 1 key new or changed"), "the same again teaches nothing: {out}");
    assert_eq!(world.aware(&[&learn[..], &["--quiet"]].concat()).0, "");

    assert_eq!(world.found(&["today.jsonl", "--baseline-from", "aware.toml"]), ["bob-20"]);
    let show = ["baseline", "show", "user/alice", "--account", "111122223333"];
    let (out, _) = world.aware(&show);
    assert!(out.contains("known since 2026-11-01, last on 2026-11-10"), "{out}");
    let (out, _) = world.aware(&["baseline", "show", "user/bob", "--account", "111122223333"]);
    assert!(out.contains("0 of 1 rules know user/bob"), "a scan only asks: {out}");

    let (out, err) = world.aware(&["run", "--config", "aware.toml"]);
    assert!(out.contains("user/bob") && !out.contains("user/alice"), "{out}{err}");
    let (out, _) = world.aware(&show);
    assert!(out.contains("last on 2026-11-20"), "the daemon learns: {out}");
}

/// Whoever explores teaches nothing, so that an intruder's ways do not become usual.
#[test]
fn what_the_hostile_do_is_not_learned() {
    let world = World::new();
    let config = std::fs::read_to_string(world.path("aware.toml")).unwrap();
    world.write("aware.toml", &config.replace("shipped = false", "shipped = true"));
    let services =
        ["ec2", "s3", "lambda", "rds", "kms", "sns", "sqs", "iam", "logs", "glue", "ecs", "ssm"];
    let denied = services.iter().enumerate().map(|(n, service)| {
        let rest = format!(r#","readOnly":true,"errorCode":"AccessDenied","errorMessage":"User: arn:aws:iam::111122223333:user/mallory is not authorized to perform: {service}:ListThings because no identity-based policy allows the {service}:ListThings action""#);
        record(&format!("denied-{n}"), "mallory", 9, (service, "ListThings"), &rest)
    });
    let mut lines: Vec<String> = denied.collect();
    lines.push(created("mallory", 9));
    world.write("mallory.jsonl", &lines.join("\n"));
    let (out, _) = world.aware(&["learn", "history.jsonl", "mallory.jsonl"]);
    assert!(out.contains("; 1 event not learned"), "{out}");
    world.write("later.jsonl", &created("mallory", 21));
    let found = world.found(&[
        "later.jsonl",
        "--baseline-from",
        "aware.toml",
        "--rule",
        "house-new-creator",
    ]);
    assert_eq!(found, ["mallory-21"]);
}

#[test]
fn only_the_period_is_learned() {
    let world = World::new();
    world.aware(&["learn", "history.jsonl", "--until", "2026-11-03"]);
    let show = ["baseline", "show", "user/alice", "--account", "111122223333", "--format", "json"];
    let (out, _) = world.aware(&show);
    let habit: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        (habit["since"].as_str(), habit["last"].as_str()),
        (Some("2026-11-01"), Some("2026-11-03"))
    );
}
