//! The command as users run it: its output and its exit codes.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use flate2::Compression;
use flate2::write::GzEncoder;

fn corpus(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus").join(name)
}

fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aware"));
    command.args(args).env("NO_COLOR", "1").env("COLUMNS", "100").current_dir(corpus(""));
    command
}

fn aware(args: &[&str]) -> (String, String, i32) {
    text(command(args).output().unwrap())
}

fn text(output: Output) -> (String, String, i32) {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr), output.status.code().unwrap())
}

fn stable(text: &str) -> String {
    let lines = text.lines().map(|line| match line.split_once("read in ") {
        Some((before, _)) => format!("{before}read in [time]"),
        None => line.split("\"seconds\"").next().unwrap().to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn scan_as_text() {
    let (out, err, code) = aware(&["scan", "demo"]);
    insta::assert_snapshot!(stable(&out));
    assert_eq!((err.as_str(), code), ("", 0));
}

#[test]
fn scan_of_groups_as_text() {
    let (out, err, code) = aware(&["scan", "demo", "--groups"]);
    insta::assert_snapshot!(stable(&out));
    assert_eq!((err.as_str(), code), ("", 0));
}

/// Scans in a format, in two orders and with one and two threads.
fn scan_in_format(format: &str, options: &[&str]) -> String {
    let [instance, function] = ["demo/instance.json", "demo/function.json"];
    let scan = |args: &[&str]| aware(&[&["scan", "--format", format], args, options].concat());
    let (out, err, code) = scan(&[instance, function]);
    assert_eq!((err.as_str(), code), ("", 0));
    let again = scan(&[function, instance, "--threads", "2"]);
    assert_eq!(stable(&again.0), stable(&out), "equal input gives equal output");
    stable(&out)
}

#[test]
fn scan_in_every_other_format() {
    for format in ["jsonl", "csv", "ocsf"] {
        insta::assert_snapshot!(format!("cases_{format}"), scan_in_format(format, &[]));
        insta::assert_snapshot!(format, scan_in_format(format, &["--groups"]));
        let findings = scan_in_format(format, &["--findings"]);
        assert_eq!(findings, scan_in_format(format, &["--groups"]));
    }
    insta::assert_snapshot!("json", scan_in_format("json", &[]));
}

#[test]
fn demo_tells_three_stories() {
    let (out, err, code) = aware(&["demo"]);
    insta::assert_snapshot!(out);
    assert_eq!((err.as_str(), code), ("", 0));
}

#[test]
fn exit_codes() {
    assert_eq!(aware(&["scan", "demo", "--fail-on", "high"]).2, 1);
    assert_eq!(aware(&["scan", "demo", "--fail-on", "critical"]).2, 0);
    assert_eq!(aware(&["scan", "demo", "--groups", "--fail-on", "medium"]).2, 1);
    assert_eq!(aware(&["scan", "demo", "--groups", "--fail-on", "high"]).2, 0);
    assert_eq!(aware(&["scan"]).2, 2);
    assert_eq!(aware(&["scan", "demo", "--since", "soon"]).2, 2);
    assert_eq!(aware(&["scan", "nowhere"]).2, 3);
    assert_eq!(aware(&["run", "--config", "nowhere.toml"]).2, 2);
}

#[test]
fn filters() {
    let denied = |args: &[&str]| {
        let (out, _, _) = aware(&[&["scan", "demo", "--format", "json"], args].concat());
        let value: serde_json::Value = serde_json::from_str(&out).unwrap();
        let sum = |name: &str| value["summary"][name].as_u64().unwrap();
        assert_eq!(sum("denied"), sum("findings") + sum("filtered"));
        let in_cases =
            sum("findings_in_cases") + sum("filtered_of_cases") + sum("dropped_of_cases");
        assert_eq!(sum("denied"), in_cases + sum("service_noise"));
        sum("findings")
    };
    assert_eq!(denied(&[]), 10);
    assert_eq!(denied(&["--principal", "alice"]), 5);
    assert_eq!(denied(&["--region", "eu-west-1"]), 5);
    assert_eq!(denied(&["--since", "2026-11-24T04:00:00Z", "--until", "2026-11-24T05:00:00Z"]), 3);
    assert_eq!(denied(&["--account", "444455556666"]), 0);
    assert_eq!(denied(&["--since", "2026-11-24", "--until", "2026-11-24"]), 10, "the whole day");
    assert_eq!(denied(&["--until", "2026-11-24T04:00:31Z"]), 6, "a time is not in it");
    assert_eq!(denied(&["--until", "2026-11-23"]), 0);
    assert_eq!(denied(&["--min-level", "medium"]), 10);
    assert_eq!(denied(&["--min-level", "high"]), 0);
    assert_eq!(denied(&["--rule", "aws-denied-call"]), 10);
    let rule = ["scan", "demo", "--rule", "tag:cis", "--enable", "aware-cis-4-1"];
    let (out, _, _) = aware(&rule);
    assert!(out.contains("10 findings in 3 cases, 10 excluded by the filter"), "{out}");
    let (out, _, _) = aware(&[&rule[..], &["--groups"]].concat());
    assert!(out.contains("10 findings in 6 groups, 10 excluded by the filter"), "{out}");
    assert!(!out.contains("MEDIUM"), "only the rule's own groups: {out}");
}

#[test]
fn standard_input_of_every_kind() {
    let whole = std::fs::read(corpus("demo/alice.json")).unwrap();
    let value: serde_json::Value = serde_json::from_slice(&whole).unwrap();
    let lines: Vec<String> =
        value["Records"].as_array().unwrap().iter().map(ToString::to_string).collect();
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(&whole).unwrap();
    for input in [whole, lines.join("\n").into_bytes(), packed.finish().unwrap()] {
        let mut scan = command(&["scan", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        scan.stdin.take().unwrap().write_all(&input).unwrap();
        let (out, err, code) = text(scan.wait_with_output().unwrap());
        assert!(out.contains("5 denials in 1 case"), "{out}");
        assert_eq!((err.as_str(), code), ("", 0));
    }
}

#[test]
fn a_closed_pipe_is_no_fault() {
    let mut scan =
        command(&["scan", "demo"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(scan.stdout.take());
    let (_, err, code) = text(scan.wait_with_output().unwrap());
    assert_eq!((err.as_str(), code), ("", 0));
}

#[test]
fn bad_input_is_named_and_loses_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let whole = std::fs::read(corpus("demo/alice.json")).unwrap();
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(&whole).unwrap();
    let packed = packed.finish().unwrap();
    let record =
        r#"{"eventTime":"2026-11-24T03:54:00Z","eventSource":"a.amazonaws.com","eventName":"X"}"#;
    let deep = format!(
        r#"{{"Records":[{record},{{"eventName":{}1{}}}]}}"#,
        "[".repeat(1000),
        "]".repeat(1000)
    );
    let large = format!(r#"{{"Records":[{record},{{"eventName":"{}"}}]}}"#, "x".repeat(10 << 20));
    let mixed = format!(r#"{{"Records":[3,null,"x",{record}]}}"#);
    let mut bomb = GzEncoder::new(Vec::new(), Compression::best());
    bomb.write_all(&vec![b' '; 80 << 20]).unwrap();
    let (bomb, garbage) = (bomb.finish().unwrap(), [&packed[..], b"garbage"].concat());
    let files: [(&str, &[u8]); 12] = [
        ("01-whole.json.gz", &packed),
        ("02-cut.json.gz", &packed[..packed.len() - 20]),
        ("03-garbage.json.gz", &garbage),
        ("04-bomb.gz", &bomb),
        ("05-utf8.json", b"{\"Records\":[{\"eventName\":\"\xff\"}]}"),
        ("06-no-list.json", b"{\"Records\":{}}"),
        ("07-no-object.json", mixed.as_bytes()),
        (
            "08-fields.json",
            br#"{"Records":[{"eventName":3},{"eventSource":"a","eventName":"b","eventTime":"x"}]}"#,
        ),
        ("09-deep.json", deep.as_bytes()),
        ("10-large.json", large.as_bytes()),
        ("11-image.png", b"\x89PNG\r\n\x1a\n"),
        ("12-empty.json", b""),
    ];
    for (name, bytes) in files {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    let (out, err, code) =
        aware(&["scan", "-v", "--format", "json", folder.path().to_str().unwrap()]);
    let value: serde_json::Value = serde_json::from_str(&out).unwrap();
    let sum = |name: &str| value["summary"][name].as_u64().unwrap();
    assert_eq!(
        (sum("denied"), sum("duplicates"), code),
        (5, 4 + 5, 3),
        "the damaged files' events count once\n{err}"
    );
    insta::assert_snapshot!(err.replace(folder.path().to_str().unwrap(), ""));
}

#[test]
fn configs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("aware.toml");
    std::fs::write(&path, "[input.a]\ntype = \"flie\"\npaths = []\n").unwrap();
    let (_, err, code) = aware(&["config", "check", path.to_str().unwrap()]);
    assert!(err.contains("aware.toml:2:8 (hint: did you mean `file`?)"), "{err}");
    assert_eq!(code, 2);
    let (out, _, code) = aware(&["config", "schema"]);
    assert!(serde_json::from_str::<serde_json::Value>(&out).is_ok());
    assert_eq!(code, 0);
}

#[test]
fn a_daemon_whose_inputs_end_delivers_everything_and_stops() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("aware.toml");
    let config = format!(
        "[input.a]\ntype = \"file\"\npaths = [{:?}]\n[state]\nfolder = {:?}\n",
        corpus("demo"),
        folder.path()
    );
    std::fs::write(&path, config).unwrap();
    let run = || aware(&["run", "--config", path.to_str().unwrap()]);
    let (out, err, code) = run();
    let told =
        ["HIGH - user/alice", "LOW - role/thumbnailer-role lacks", "MEDIUM - role/web-server"];
    assert!(told.iter().all(|line| out.matches(line).count() == 1), "{out}");
    assert!(err.contains("records=10 events=10 rejects=0 skipped=0 duplicates=0 findings=10 messages=3 delivered=3 refused=0 muted=0"), "{err}");
    assert_eq!(code, 0);
    let (out, err, _) = run();
    assert!(out.is_empty() && err.contains("records=0"), "what was read is not read again: {err}");
}

#[test]
fn the_presets_of_destinations() {
    let (list, _, code) = aware(&["destinations", "list"]);
    assert!(code == 0 && list.contains("discord"), "{list}");
    let (json, _, _) = aware(&["destinations", "list", "--format", "json"]);
    let presets: serde_json::Value = serde_json::from_str(&json).unwrap();
    let presets = presets.as_array().unwrap();
    assert_eq!(presets.len(), list.lines().count());
    for preset in presets {
        let name = preset["name"].as_str().unwrap();
        let (text, _, code) = aware(&["destinations", "show", name]);
        let title = format!("title = \"{}\"", preset["title"].as_str().unwrap());
        assert!(code == 0 && text.starts_with(&title), "{name}: {text}");
    }
    let (_, error, code) = aware(&["destinations", "show", "discrod"]);
    assert!(code == 2 && error.contains("did you mean `discord`?"), "{error}");
}
