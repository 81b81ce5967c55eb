//! A folder with logs of every kind: each record reaches its source, and what was refused is explained.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::path::{Path, PathBuf};
use std::process::Command;

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus")
}

fn aware(args: &[&str]) -> (String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_aware")).args(args).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr))
}

const FLOWS: &str = "version account-id interface-id instance-id srcaddr dstaddr srcport dstport protocol \
    packets bytes start end action log-status region\n";

/// A folder with one file of each kind, by other names than AWS gives.
fn mixed() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (from, to) in [
        ("findings/guardduty-caller.json", "a.log"),
        ("findings/accessanalyzer-public.json", "b.txt"),
        ("s3_access/access.log", "c"),
        ("waf/blocked.json", "d.json"),
        ("network_firewall/blocked.json", "e.json"),
        ("route53_resolver/blocked.json", "f.json"),
        ("cloudtrail/denial-boundary.json", "g.json"),
    ] {
        let from = corpus().join(from);
        let from = if from.exists() { from } else { first_of(from.parent().unwrap()) };
        std::fs::copy(&from, folder.path().join(to)).unwrap();
    }
    let lines: String = (0..4)
        .map(|n| {
            format!(
                "5 111122223333 eni-1 i-0123456789abcdef0 10.0.1.20 10.0.9.131 {} 5432 6 1 44 1795946{n}00 1795946{n}00 REJECT OK eu-west-1\n",
                40_000 + n
            )
        })
        .collect();
    std::fs::write(folder.path().join("flows.log"), format!("{FLOWS}{lines}")).unwrap();
    folder
}

fn first_of(folder: &Path) -> PathBuf {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.into_iter().find(|path| path.is_file()).unwrap()
}

#[test]
fn a_folder_of_mixed_logs_is_sorted_by_content() {
    let folder = mixed();
    let path = folder.path().display().to_string();
    let (out, err) = aware(&["scan", "--format", "json", &path]);
    let report: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert!(!err.contains("unknown kind"), "{err}");
    let sources: std::collections::BTreeSet<&str> = report["messages"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|message| message["metadata"]["sourceName"].as_str())
        .collect();
    for source in ["CloudTrail", "GuardDuty", "IAM Access Analyzer", "VPC Flow Logs, summed up"] {
        assert!(sources.contains(source), "{source}: {sources:?}");
    }
}

#[test]
fn what_is_refused_in_another_log_is_explained_by_it() {
    let folder = mixed();
    let path = folder.path().display().to_string();
    let (text, _) = aware(&["scan", &path]);
    let (_, from_case) = text.split_once("lacks net:tcp/5432").expect(&text);
    let id = from_case.split("aware explain ").nth(1).unwrap().split(' ').next().unwrap();
    let (said, err) = aware(&["explain", id, &path]);
    assert!(said.contains("a security group or a network ACL refuses tcp/5432"), "{said}{err}");
    assert!(!said.contains("identity policy"), "{said}");
    assert!(!said.contains("catalogue"), "{said}");
}
