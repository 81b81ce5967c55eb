//! The table of exit codes in `docs/output.md`: every row is checked with a command, quiet or not.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// Runs in a folder with the examples' files; returns stderr and the exit code.
fn aware(folder: &Path, args: &[&str]) -> (String, i32) {
    let output = Command::new(env!("CARGO_BIN_EXE_aware"))
        .args(args)
        .current_dir(folder)
        .env("HOME", folder)
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_CONFIG_FILE", folder.join("none"))
        .env("AWS_SHARED_CREDENTIALS_FILE", folder.join("none"))
        .envs([("AWS_ACCESS_KEY_ID", ""), ("AWS_SECRET_ACCESS_KEY", "")])
        .env_remove("AWS_REGION")
        .env_remove("AWS_DEFAULT_REGION")
        .env_remove("AWS_PROFILE")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!said.contains("panicked"), "{args:?}: {said}");
    (said, output.status.code().unwrap())
}

fn examples() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/examples");
    let copied = Command::new("cp").arg("-r").arg(from.join(".")).arg(folder.path()).status();
    assert!(copied.unwrap().success());
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("junk.json", "no record");
    write("rule.yml", "title: Half a rule\n");
    write("webhook", "not a url\n");
    write("hook", "http://127.0.0.1:1/x\n");
    folder
}

#[test]
fn every_row() {
    let folder = examples();
    let rows: &[(&str, i32)] = &[
        ("scan AWSLogs", 0),
        ("scan AWSLogs --fail-on critical", 0),
        ("scan AWSLogs --fail-on medium", 1),
        ("scan AWSLogs junk.json --fail-on medium", 1),
        ("scan AWSLogs --enable aware-cis-9-9", 2),
        ("scan AWSLogs --enable tag:ciss", 2),
        ("scan AWSLogs --disable aws-denied-cal", 2),
        ("scan AWSLogs --rules nowhere", 2),
        ("scan AWSLogs --rules rule.yml", 2),
        ("scan AWSLogs --rule aws-denied-cal", 2),
        ("scan AWSLogs --rule aware-cis-4-4", 2),
        ("scan AWSLogs --region eu-wset-1", 2),
        ("scan AWSLogs --account prod", 2),
        ("scan AWSLogs --since tomorrow", 2),
        ("scan AWSLogs --since 2026-11-25 --until 2026-11-24", 2),
        ("scan AWSLogs --min-level hihg", 2),
        ("scan AWSLogs --format xml", 2),
        ("scan s3://trail-logs/AWSLogs/", 2),
        ("scan junk.json", 3),
        ("scan nowhere", 3),
        ("scan AWSLogs nowhere", 3),
        ("explain event.json", 0),
        ("explain nowhere.json", 2),
        ("policy --principal role/thumbnailer-role AWSLogs", 0),
        ("policy --principal user/alice AWSLogs", 1),
        ("policy --principal role/nobody AWSLogs", 1),
        ("policy --principal role/thumbnailer-role AWSLogs junk.json", 3),
        ("unused --principal role/web-server-role --policy policy.json AWSLogs", 0),
        ("unused --principal role/web-server-role --policy junk.json AWSLogs", 2),
        ("lint policy.json", 0),
        ("lint policy.json --fail-on note", 0),
        ("lint event.json", 1),
        ("lint junk.json", 2),
        ("rules list", 0),
        ("rules list --tag ciss", 2),
        ("rules list --rules rule.yml", 2),
        ("rules check", 0),
        ("rules check rule.yml", 2),
        ("rules explain aws-denied-call event.json", 0),
        ("rules explain aware-cis-4-4 event.json", 1),
        ("rules explain aws-denied-cal event.json", 2),
        ("destinations list", 0),
        ("destinations show discord", 0),
        ("destinations show discrod", 2),
        ("config check aware.toml", 0),
        ("config check nowhere.toml", 2),
        ("config show aware.toml", 0),
        ("run --config aware.toml", 0),
        ("run --config nowhere.toml", 2),
        ("send --config aware.toml", 0),
        ("send --config aware.toml --to security-taem", 2),
        ("outbox --config aware.toml", 0),
        ("redrive --local --config aware.toml security-taem", 2),
        ("status", 2),
        ("deploy --yes", 2),
    ];
    for (line, expected) in rows {
        let args: Vec<&str> = line.split(' ').collect();
        let (said, code) = aware(folder.path(), &args);
        assert_eq!(code, *expected, "aware {line}\n{said}");
        // What these find goes to standard output.
        let prints = code == 2 && (line.starts_with("lint ") || line.starts_with("rules check "));
        let is_told = said.contains("error: ") || prints;
        assert_eq!(is_told, code == 2, "aware {line}\n{said}");
        if matches!(args[0], "scan" | "run") {
            let (said, code) = aware(folder.path(), &[&args[..], &["--quiet"]].concat());
            assert_eq!(code, *expected, "aware {line} --quiet\n{said}");
            assert_eq!(said.contains("error: "), code == 2, "aware {line} --quiet\n{said}");
        }
    }
}

#[test]
fn a_message_that_is_refused() {
    let folder = examples();
    let config = "[input.a]\ntype = \"file\"\npaths = [\"AWSLogs\"]\n[destination.d]\n\
                  type = \"slack\"\nwebhook_url = \"file:hook\"\n[state]\nmemory_only = true\n";
    fs::write(folder.path().join("hook.toml"), config).unwrap();
    let (said, code) = aware(folder.path(), &["send", "--config", "hook.toml"]);
    assert_eq!(code, 4, "{said}");
    assert!(said.contains("destination `d`: "), "{said}");
}

/// An argument that names something unknown gets an error with the nearest known name.
#[test]
fn near_names() {
    let folder = examples();
    for (line, near) in [
        ("scan AWSLogs --enable aware-cis-4-33", "did you mean `aware-cis-4-"),
        ("scan AWSLogs --enable tag:ciss", "did you mean `tag:cis`?"),
        ("scan AWSLogs --disable aws-denied-cal", "did you mean `aws-denied-call`?"),
        ("scan AWSLogs --rule aws-denied-cal", "did you mean `aws-denied-call`?"),
        ("scan AWSLogs --rule aware-cis-4-4", "it is off (hint: --enable aware-cis-4-4)"),
        ("scan AWSLogs --region eu-wset-1", "did you mean `eu-west-1`?"),
        ("scan AWSLogs --account 1234", "12 digits"),
        ("rules list --tag ciss", "did you mean `tag:cis`?"),
        ("rules explain aws-denied-cal event.json", "did you mean `aws-denied-call`?"),
        ("send --config aware.toml --to security-taem", "did you mean `security-team`?"),
        ("redrive --local --config aware.toml security-taem", "did you mean `security-team`?"),
    ] {
        let args: Vec<&str> = line.split(' ').collect();
        let (said, _) = aware(folder.path(), &args);
        assert!(said.contains(near), "aware {line}\n{said}");
    }
}

/// `check` refuses what `run` refuses, in the same words.
#[test]
fn check_and_run_refuse_the_same() {
    let folder = examples();
    let input = "[input.a]\ntype = \"file\"\npaths = [\"AWSLogs\"]\n";
    let slack = |place: &str| {
        format!("{input}[destination.s]\ntype = \"slack\"\nwebhook_url = \"{place}\"\n")
    };
    let webhook = |url: &str| {
        format!(
            "{input}[destination.w]\ntype = \"webhook\"\nurl = \"{url}\"\nsecrets = [\"env:S\"]\n"
        )
    };
    for (config, expected) in [
        (String::new(), "the config has no input"),
        (
            input.replace("AWSLogs", "/no/such/folder"),
            "input `a`: there is no file or folder `/no/such/folder`",
        ),
        (input.replace("[\"AWSLogs\"]", "[]"), "input `a`: `paths` is empty"),
        (
            "[input.q]\ntype = \"sqs\"\nqueue_url = \"trail-queue\"\n".to_owned(),
            "input `q`: `queue_url` is `trail-queue`, which is not a URL",
        ),
        (
            "[input.q]\ntype = \"sqs\"\nqueue_url = \"https://example.com\"\n".to_owned(),
            "which is not a queue's URL",
        ),
        (
            "[input.b]\ntype = \"s3\"\nbucket = \"logs\"\n".to_owned(),
            "input `b`: no AWS region: set AWS_REGION or --aws-region",
        ),
        (slack("file:webhook"), "destination `s`: file:webhook: what is there is not a URL"),
        (slack("file:gone"), "destination `s`: file:gone: No such file"),
        (
            slack("env:AWARE_NOT_SET"),
            "destination `s`: env:AWARE_NOT_SET: there is no such environment variable",
        ),
        (slack("https://hooks.slack.com/services/canary"), "a secret cannot be written here"),
        (webhook("siem"), "destination `w`: "),
        (format!("{input}paht = 1\n"), "unknown key `paht`"),
    ] {
        fs::write(folder.path().join("bad.toml"), &config).unwrap();
        let said = ["config check bad.toml", "run --config bad.toml", "run -q --config bad.toml"]
            .map(|line| {
                let args: Vec<&str> = line.split(' ').collect();
                let (said, code) = aware(folder.path(), &args);
                assert_eq!(code, 2, "{config}\n{said}");
                assert!(said.contains(expected), "{config}\n{said}");
                assert!(!said.contains("canary"), "{said}");
                said
            });
        assert!(said.iter().all(|one| *one == said[0]), "{said:#?}");
    }
}

/// Several errors are reported at once.
#[test]
fn everything_that_is_wrong_is_told() {
    let folder = examples();
    let config = "[input.a]\ntype = \"file\"\npaths = [\"/nowhere\"]\n\
                  [input.q]\ntype = \"sqs\"\nqueue_url = \"q\"\n[destination.s]\ntype = \"slack\"\n\
                  webhook_url = \"file:gone\"\n[rules]\nenable = [\"aware-cis-9-9\", \"tag:ciss\"]\n";
    fs::write(folder.path().join("bad.toml"), config).unwrap();
    let (said, _) = aware(folder.path(), &["config", "check", "bad.toml"]);
    assert_eq!(said.matches("error: ").count(), 5, "{said}");
    assert!(said.contains("`aware-cis-9-9`") && said.contains("did you mean `tag:cis`?"), "{said}");
}

/// `check` accepts what `show` prints.
#[test]
fn a_shown_config_can_be_used() {
    let folder = examples();
    let output = Command::new(env!("CARGO_BIN_EXE_aware"))
        .args(["config", "show", "aware.toml"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    fs::write(folder.path().join("shown.toml"), &output.stdout).unwrap();
    let (said, code) = aware(folder.path(), &["config", "check", "shown.toml"]);
    assert_eq!(code, 0, "{said}");
}

/// `aware … | head`: a reader that stops early is not an error, whatever the command.
#[test]
fn a_closed_pipe() {
    let folder = examples();
    for line in [
        "--help",
        "scan --help",
        "scan AWSLogs",
        "scan AWSLogs --format json",
        "scan AWSLogs --format jsonl",
        "scan AWSLogs --format csv",
        "scan AWSLogs --format ocsf",
        "demo",
        "explain event.json",
        "explain event.json --format json",
        "explain event.json --format jsonl",
        "policy --principal role/thumbnailer-role AWSLogs",
        "unused --principal role/web-server-role --policy policy.json AWSLogs",
        "unused --principal role/web-server-role --policy policy.json AWSLogs --format json",
        "lint policy.json",
        "lint policy.json --format json",
        "rules list",
        "rules list --json",
        "rules check",
        "rules test",
        "rules explain aws-denied-call event.json",
        "rules backtest mine AWSLogs",
        "config schema",
        "config show aware.toml",
        "completions bash",
        "iam show logs",
        "destinations list",
        "destinations list --format json",
        "destinations show jira",
        "outbox --config aware.toml",
        "outbox --config aware.toml --format json",
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = Command::new(env!("CARGO_BIN_EXE_aware"))
            .args(line.split(' '))
            .current_dir(folder.path())
            .env("HOME", folder.path())
            .stdin(Stdio::null())
            .stdout(writer)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
            .wait_with_output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        let faults = said.lines().filter(|line| !line.starts_with("info: ")).count();
        assert_eq!((faults, output.status.code()), (0, Some(0)), "aware {line}\n{said}");
    }
}
