//! The cases of a daemon: listed, shown, closed and opened again.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// A folder with a daemon's config, whose logs are read already.
struct Daemon {
    folder: tempfile::TempDir,
}

impl Daemon {
    fn after_its_logs() -> Self {
        let daemon = Self { folder: tempfile::tempdir().unwrap() };
        let logs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/demo");
        let config = format!(
            "[input.a]\ntype = \"file\"\npaths = [{logs:?}]\n[state]\nfolder = {:?}\n",
            daemon.folder.path()
        );
        std::fs::write(daemon.config(), config).unwrap();
        let (out, err, code) = daemon.aware(&["run"]);
        assert_eq!(code, 0, "{err}");
        assert!(out.contains("HIGH - user/alice was denied"), "{out}");
        daemon
    }

    fn config(&self) -> PathBuf {
        self.folder.path().join("aware.toml")
    }

    fn aware(&self, args: &[&str]) -> (String, String, i32) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_aware"));
        command.args(args).args(["--config", self.config().to_str().unwrap()]);
        let output = command.env("NO_COLOR", "1").env("COLUMNS", "100").output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (text(output.stdout), text(output.stderr), output.status.code().unwrap())
    }

    /// The id of alice's case.
    fn alice(&self) -> String {
        let (out, _, _) = self.aware(&["cases"]);
        let line = out.lines().find(|line| line.contains("user/alice")).unwrap();
        line.split_whitespace().next().unwrap().to_owned()
    }
}

#[test]
fn cases_are_listed_worst_first_and_shown() {
    let daemon = Daemon::after_its_logs();
    let (out, _, code) = daemon.aware(&["cases"]);
    let heads: Vec<&str> = out.lines().filter_map(|line| line.split_whitespace().nth(1)).collect();
    assert_eq!(heads[..3], ["HIGH", "MEDIUM", "LOW"], "{out}");
    assert_eq!(code, 0);
    let (out, _, code) = daemon.aware(&["cases", "--format", "json"]);
    let first: Value = serde_json::from_str(out.lines().next().unwrap()).unwrap();
    assert!(first.to_string().contains("exploring"), "{first}");
    assert_eq!(code, 0);

    let (out, _, code) = daemon.aware(&["case", "show", daemon.alice().get(..5).unwrap()]);
    assert!(out.contains("contain") && out.contains("AWSDenyAll"), "{out}");
    assert_eq!(code, 0);
    let (out, _, _) = daemon.aware(&["case", "show", &daemon.alice(), "--format", "json"]);
    assert!(serde_json::from_str::<Value>(out.lines().next().unwrap()).is_ok(), "{out}");
    let (_, err, code) = daemon.aware(&["case", "show", "c-nothing"]);
    assert_eq!(code, 2, "{err}");
}

#[test]
fn a_case_is_closed_with_a_reason_and_opened_again() {
    let daemon = Daemon::after_its_logs();
    let alice = daemon.alice();
    let close = ["case", "close", &alice, "--reason", "an exercise", "--by", "dana"];
    let (_, err, code) = daemon.aware(&close);
    assert_eq!(code, 0, "{err}");
    let (out, _, _) = daemon.aware(&["cases"]);
    assert!(!out.contains("user/alice"), "{out}");
    let (out, _, _) = daemon.aware(&["cases", "--all"]);
    assert!(out.contains("user/alice") && out.contains("closed"), "{out}");
    let (_, err, code) = daemon.aware(&["case", "reopen", &alice]);
    assert!(code == 2 && err.contains("--reason"), "{err}");
    let reopen = ["case", "reopen", &alice, "--reason", "it was none", "--by", "erin"];
    let (out, err, code) = daemon.aware(&reopen);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("opened again") && out.contains("by erin: it was none"), "{out}");
    assert!(daemon.aware(&["cases"]).0.contains("user/alice"));
}

#[test]
fn a_deployment_that_cannot_be_reached_is_an_error() {
    let daemon = Daemon::after_its_logs();
    for command in [
        vec!["cases"],
        vec!["case", "show", "c1"],
        vec!["case", "close", "c1", "--reason", "fixed"],
        vec!["case", "reopen", "c1", "--reason", "wrong"],
    ] {
        let aws = ["--stack", "none", "--aws-profile", "nobody", "--aws-region", "eu-west-1"];
        let (_, err, code) = daemon.aware(&[command.as_slice(), &aws].concat());
        assert_eq!(code, 2, "{err}");
    }
}
