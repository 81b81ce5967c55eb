//! Flags that change how a command prints, or from where it takes its rules.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;

const REPOSITORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
const EVENT: &str = r#"{"eventVersion":"1.08","eventTime":"2026-11-24T09:01:00Z","eventSource":"iam.amazonaws.com","eventName":"CreateUser","awsRegion":"us-east-1","eventID":"e1","recipientAccountId":"111122223333","userIdentity":{"type":"IAMUser","userName":"alice","accountId":"111122223333"}}"#;

/// The output, the log and the exit code.
fn aware_with(folder: &Path, args: &[&str], settings: &[(&str, &str)]) -> (String, String, i32) {
    let output = Command::new(env!("CARGO_BIN_EXE_aware"))
        .args(args)
        .env_remove("NO_COLOR")
        .envs(settings.iter().copied())
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr), output.status.code().unwrap())
}

fn aware(folder: &Path, args: &[&str]) -> (String, String, i32) {
    aware_with(folder, args, &[])
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

/// Asserts that a command prints colours where they are forced, and none with `--no-color`.
fn check_no_color(folder: &Path, args: &[&str]) {
    let forced = [("CLICOLOR_FORCE", "1")];
    let (colored, err, code) = aware_with(folder, args, &forced);
    assert!(colored.contains("\u{1b}["), "{args:?} {colored}{err}");
    assert_eq!(code, 0, "{err}");
    let (plain, err, code) = aware_with(folder, &[args, &["--no-color"]].concat(), &forced);
    assert!(!plain.is_empty() && !plain.contains('\u{1b}'), "{args:?} {plain}{err}");
    assert_eq!(code, 0, "{err}");
}

#[test]
fn no_color_in_the_demo() {
    check_no_color(Path::new(REPOSITORY), &["demo"]);
}

#[test]
fn no_color_in_the_daemons_messages() {
    let logs = Path::new(REPOSITORY).join("corpus/demo");
    let config =
        format!("[input.a]\ntype = \"file\"\npaths = [{logs:?}]\n[state]\nmemory_only = true\n");
    let there = folder(&[("aware.toml", &config)]);
    check_no_color(there.path(), &["run"]);
}

/// A secret has to be fetched from an AWS that does not answer.
#[test]
fn a_verbose_daemon_logs_the_calls_of_the_sdk() {
    let there = folder(&[(
        "aware.toml",
        "[input.a]\ntype = \"stdin\"\n[destination.a]\ntype = \"webhook\"\nurl = \"https://example.com/\"\nsecrets = [\"arn:aws:secretsmanager:eu-west-1:111122223333:secret:hook-AbCdEf\"]\n[state]\nmemory_only = true\n",
    )]);
    let settings = [
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
        ("AWS_ACCESS_KEY_ID", "111122223333"),
        ("AWS_SECRET_ACCESS_KEY", "canary-of-the-key"),
        ("AWS_REGION", "eu-west-1"),
        ("AWS_MAX_ATTEMPTS", "1"),
    ];
    let lines = |args: &[&str]| {
        let (_, err, code) = aware_with(there.path(), args, &settings);
        assert_eq!(code, 2, "{err}");
        assert!(err.contains("AWS cannot be reached"), "{err}");
        assert!(!err.contains("canary-of-the-key"), "{err}");
        let (debug, other): (Vec<String>, Vec<String>) =
            err.lines().map(str::to_owned).partition(|line| line.starts_with("debug: "));
        (debug.len(), other.len())
    };
    assert_eq!(lines(&["run"]), (0, 1));
    let (debug, _) = lines(&["run", "--verbose"]);
    assert!(debug > 0);
}

#[test]
fn a_verbose_scan_names_every_reject() {
    let names: Vec<String> = (0..7).map(|number| format!("bad{number}.json")).collect();
    let files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "no log")).collect();
    let there = folder(&files);
    let named = |err: &str| names.iter().filter(|name| err.contains(*name)).count();
    let (_, err, code) = aware(there.path(), &["scan", "."]);
    assert_eq!((named(&err), code), (5, 3), "{err}");
    assert!(err.contains("2 more rejects (hint: -v names them)"), "{err}");
    let (_, err, code) = aware(there.path(), &["scan", ".", "--verbose"]);
    assert_eq!((named(&err), code), (7, 3), "{err}");
    assert!(!err.contains("more rejects"), "{err}");
}

#[test]
fn check_notes_suppressions_that_end_soon() {
    let until = Timestamp::now() + SignedDuration::from_hours(24 * 20);
    let config = format!(
        "[[suppress]]\nname = \"audit\"\nrules = [\"aws-denied-call\"]\npattern = '{{ $.eventName = \"ListUsers\" }}'\nowner = \"mara\"\nreason = \"known\"\nuntil = \"{until}\"\n"
    );
    let there = folder(&[("aware.toml", &config)]);
    let notes = |days: &[&str]| {
        let args = [&["rules", "check", "--rules-from", "aware.toml"], days].concat();
        let (out, err, code) = aware(there.path(), &args);
        assert_eq!(code, 0, "{out}{err}");
        out.contains("suppression `audit` of mara ends soon")
    };
    assert!(!notes(&[]), "two weeks unless another number is given");
    assert!(!notes(&["--ending", "19"]));
    assert!(notes(&["--ending", "21"]));
}

#[test]
fn explain_takes_the_rules_of_a_config() {
    let id = "11111111-1111-4111-8111-000000000001";
    let rule = format!(
        "title: User created\nid: {id}\nlogsource:\n    product: aws\n    service: cloudtrail\ndetection:\n    s:\n        eventName: CreateUser\n    condition: s\nlevel: low\n"
    );
    let there = folder(&[
        ("mine/user.yml", &rule),
        ("event.json", EVENT),
        ("aware.toml", "[rules]\npaths = [\"mine\"]\n"),
    ]);
    let explain = ["rules", "explain", id, "event.json"];
    let (out, err, code) = aware(there.path(), &explain);
    assert_eq!((out.as_str(), code), ("", 2), "{err}");
    let (out, err, code) =
        aware(there.path(), &[&explain[..], &["--rules-from", "aware.toml"]].concat());
    assert!(out.starts_with(&format!("{id} matches CreateUser e1\n")), "{out}{err}");
    assert_eq!(code, 0);
}

#[test]
fn list_shows_the_rules_of_one_source() {
    let list = |source: &str| {
        let args = ["rules", "list", "--json", "--source", source];
        aware(Path::new(REPOSITORY), &args)
    };
    let (out, err, code) = list("route53_resolver");
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("\"aware-dns-blocked\""), "{out}");
    for line in out.lines() {
        let rule: serde_json::Value = serde_json::from_str(line).unwrap();
        let is_for = rule["source"].is_null() || rule["source"] == "route53_resolver";
        assert!(is_for, "{line}");
    }
    let (out, _, code) = list("cloudtrail");
    assert!(!out.contains("\"aware-dns-blocked\"") && out.lines().count() > 10, "{out}");
    assert_eq!(code, 0);
    let (out, err, code) = list("cloudtrial");
    assert_eq!((out.as_str(), code), ("", 2));
    assert!(err.contains("`cloudtrial`") && err.contains("route53_resolver"), "{err}");
}

#[test]
fn test_writes_a_junit_report() {
    let shipped = Path::new(REPOSITORY).join("rules/route53_resolver/blocked-domain");
    let rule = fs::read_to_string(shipped.with_extension("yml")).unwrap();
    let page = fs::read_to_string(shipped.with_extension("md")).unwrap();
    let tests = page.lines().filter(|line| line.starts_with("## ")).count();
    let report = |rule: &str| {
        let there = folder(&[("rules/blocked.yml", rule), ("rules/blocked.md", &page)]);
        let args = ["rules", "test", "rules", "--junit", "report.xml"];
        let (out, err, code) = aware(there.path(), &args);
        let xml = fs::read_to_string(there.path().join("report.xml"));
        (xml.unwrap_or_else(|error| panic!("{error} {out}{err}")), code)
    };
    let (xml, code) = report(&rule);
    assert_eq!(code, 0, "{xml}");
    assert!(xml.starts_with("<?xml ") && xml.ends_with("</testsuites>\n"), "{xml}");
    assert!(xml.contains(&format!(" tests=\"{tests}\" failures=\"0\">")), "{xml}");
    assert_eq!(xml.matches("<testcase classname=\"aware-dns-blocked\" name=\"").count(), tests);
    let (xml, code) = report(&rule.replace("BLOCK", "NEVER"));
    assert_eq!(code, 1, "{xml}");
    assert!(xml.contains("<failure>") && !xml.contains("failures=\"0\""), "{xml}");
}
