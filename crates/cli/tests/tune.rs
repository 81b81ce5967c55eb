//! What `aware rules tune` proposes makes the noise that it counts go away, and nothing else.

#![allow(clippy::unwrap_used, clippy::panic, clippy::string_slice, clippy::indexing_slicing)]

use std::path::PathBuf;
use std::process::Command;

struct World {
    folder: tempfile::TempDir,
}

fn record(
    id: &str,
    day: u32,
    (who, role): (&str, bool),
    (service, name): (&str, &str),
    rest: &str,
) -> String {
    let account = "111122223333";
    let identity = match role {
        true => format!(
            r#"{{"type":"AssumedRole","principalId":"AROAEXAMPLE:{who}","arn":"arn:aws:sts::{account}:assumed-role/{who}/s","accountId":"{account}","sessionContext":{{"sessionIssuer":{{"type":"Role","principalId":"AROAEXAMPLE","arn":"arn:aws:iam::{account}:role/{who}","accountId":"{account}","userName":"{who}"}}}}}}"#
        ),
        false => format!(
            r#"{{"type":"IAMUser","principalId":"AIDAEXAMPLE","arn":"arn:aws:iam::{account}:user/{who}","accountId":"{account}","userName":"{who}"}}"#
        ),
    };
    format!(
        r#"{{"eventVersion":"1.11","eventTime":"2026-10-{day:02}T09:01:00Z","eventSource":"{service}.amazonaws.com","eventName":"{name}","awsRegion":"eu-west-1","sourceIPAddress":"198.51.100.7","userAgent":"aws-sdk-go/1.44","userIdentity":{identity},"recipientAccountId":"{account}","eventID":"{id}","eventType":"AwsApiCall"{rest}}}"#
    )
}

/// Twelve days: an inventory is refused one call each day, an operator deactivates a trail once, and
/// an intruder looks around on the ninth.
fn history() -> String {
    let denied = |role: &str, action: &str| {
        format!(
            r#","errorCode":"AccessDenied","errorMessage":"User: arn:aws:sts::111122223333:assumed-role/{role}/s is not authorized to perform: {action} because no identity-based policy allows the {action} action""#
        )
    };
    let mut lines: Vec<String> = (1..=12)
        .map(|day| {
            let rest = denied("inventory", "backup:ListBackupVaults");
            let call = ("backup", "ListBackupVaults");
            record(&format!("inventory-{day}"), day, ("inventory", true), call, &rest)
        })
        .collect();
    for (n, service) in
        ["iam", "s3", "ec2", "lambda", "kms", "rds", "sns", "sqs"].iter().enumerate()
    {
        let rest = r#","readOnly":true,"errorCode":"AccessDenied","errorMessage":"Access Denied""#;
        let call = (*service, "ListThings");
        lines.push(record(&format!("mallory-{n}"), 9, ("mallory", false), call, rest));
    }
    lines.join("\n")
}

impl World {
    fn new() -> Self {
        let world = Self { folder: tempfile::tempdir().unwrap() };
        std::fs::write(world.path("history.jsonl"), history()).unwrap();
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn tune(&self, args: &[&str]) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_aware"));
        command.args(["rules", "tune", "history.jsonl"]).args(args);
        let output = command.current_dir(self.folder.path()).env("NO_COLOR", "1").output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8(output.stderr).unwrap());
        String::from_utf8(output.stdout).unwrap()
    }
}

#[test]
fn what_is_proposed_quietens_what_is_counted() {
    let world = World::new();
    let told = world.tune(&[]);
    assert!(told.starts_with("12 days, 20 events, 20 matched a rule\n"), "{told}");
    assert!(told.contains("role/inventory in 111122223333"), "{told}");
    assert!(told.contains("user/mallory in 111122223333"), "{told}");
    let messages = |text: &str| -> usize {
        text.lines().nth(1).unwrap().split(' ').next().unwrap().parse().unwrap()
    };
    assert!(messages(&told) >= 4, "{told}");
    // The proposal is a config as it stands; owner and reason are to be filled in.
    let tables = told.find("[[known]]").unwrap_or_else(|| panic!("{told}"));
    let proposal = told[tables..].to_owned();
    assert!(
        proposal.contains(r#"principal = "arn:aws:iam::111122223333:role/inventory""#),
        "{told}"
    );
    assert!(proposal.contains(r#"what = ["backup:ListBackupVaults"]"#), "{told}");
    assert!(!proposal.contains("user/mallory\""), "no exception for whoever looks hostile: {told}");
    std::fs::write(world.path("aware.toml"), &proposal).unwrap();
    let then = world.tune(&["--config", "aware.toml"]);
    assert!(messages(&then) < messages(&told), "{told}\n{then}");
    assert!(!then.contains("role/inventory"), "{then}");
    assert!(then.contains("user/mallory in 111122223333"), "{then}");
    let left = format!("# with these exceptions: {} message", messages(&then));
    assert!(told.contains(&left), "what it promised: {left}\n{told}");
    // Only a part of history.
    assert!(world.tune(&["--until", "2026-10-05"]).contains("role/inventory"));
}
