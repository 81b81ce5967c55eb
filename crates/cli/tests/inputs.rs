//! What the command reads, what it reports instead, and how it follows a stream.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use tempfile::TempDir;

fn corpus(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus").join(name)
}

fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aware"));
    command.args(args).env("NO_COLOR", "1").env("COLUMNS", "100");
    command
}

fn aware(args: &[&str]) -> (String, String, i32) {
    let output = command(args).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr), output.status.code().unwrap())
}

fn files(folder: &str) -> Vec<PathBuf> {
    let mut files: Vec<_> =
        fs::read_dir(corpus(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() > 10);
    files
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

/// The summary of a scan, and how it ended.
fn scan(path: &Path) -> (serde_json::Value, String, i32) {
    let (out, err, code) = aware(&["scan", "--format", "json", path.to_str().unwrap()]);
    let report: serde_json::Value = serde_json::from_str(&out).unwrap();
    (report["summary"].clone(), err, code)
}

#[test]
fn every_form_of_the_same_records_is_read() {
    for path in files("forms/read") {
        let (summary, err, code) = scan(&path);
        let sums = ["records", "events", "denied", "groups", "rejects"];
        let sums = sums.map(|sum| summary[sum].as_u64().unwrap());
        assert_eq!((sums, err.as_str(), code), ([5, 5, 5, 4, 0], "", 0), "{}", name(&path));
    }
}

#[test]
fn every_form_comes_through_standard_input_too() {
    for path in files("forms/read") {
        let scan = command(&["scan", "-"]).stdin(fs::File::open(&path).unwrap()).output().unwrap();
        let out = String::from_utf8(scan.stdout).unwrap();
        assert!(out.contains("5 denials in 1 case"), "{}: {out}", name(&path));
        assert!(scan.stderr.is_empty() && scan.status.success(), "{}", name(&path));
    }
}

#[test]
fn what_holds_no_whole_record_is_named_with_a_way_out() {
    let mut all = String::new();
    for path in files("forms/named") {
        let (summary, err, code) = scan(&path);
        let sum = |name: &str| summary[name].as_u64().unwrap();
        assert_eq!((sum("events"), sum("rejects"), code), (0, 1, 3), "{}", name(&path));
        assert_eq!(sum("records"), sum("rejected_records"), "{}", name(&path));
        let folder = path.parent().unwrap().display().to_string();
        all += &err.replace(&format!("{folder}/"), "");
    }
    insta::assert_snapshot!(all);
}

#[test]
fn other_commands_read_the_same() {
    for form in ["logs-tail-json.txt", "logs.zip", "utf16-le.json", "lookup-events.yaml"] {
        let path = corpus("forms/read").join(form).display().to_string();
        let (out, err, code) = aware(&["explain", &path]);
        assert!(out.contains("iam:ListUsers") && code == 0, "{form}: {out}{err}");
        let policy = ["policy", "--principal", "user/alice", "--force", &path];
        let (out, err, code) = aware(&policy);
        assert!(out.contains("iam:ListUsers") && code == 0, "{form}: {out}{err}");
    }
}

#[test]
fn what_leads_to_nothing_is_told_and_ends_with_3() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    fs::create_dir_all(path("empty/within")).unwrap();
    fs::create_dir_all(path("AWSLogs/222233334444/Config")).unwrap();
    fs::write(path("AWSLogs/222233334444/Config/x"), "x").unwrap();
    std::os::unix::fs::symlink("nowhere", path("broken")).unwrap();
    std::os::unix::fs::symlink("empty", path("linked")).unwrap();
    for (argument, told) in [
        ("empty", "holds no files"),
        ("linked", "holds no files"),
        ("missing", "does not exist"),
        ("broken", "is a link to a file that does not exist"),
        ("*.gz", "no file matches"),
        ("AWSLogs", "holds no logs that are read, but 1 file of other services"),
    ] {
        let argument = path(argument);
        let (_, err, code) = aware(&["scan", &argument]);
        assert!(err.contains(told), "{argument}: {err}");
        assert_eq!(code, 3, "{argument}");
        let (_, err, code) = aware(&["scan", "-q", &argument]);
        assert_eq!((err.as_str(), code), ("", 3), "{argument}");
    }
}

/// An S3 with these objects.
fn bucket_of(objects: Vec<(String, Vec<u8>)>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
            let head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
            let entry = |(key, body): &(String, Vec<u8>)| {
                format!("<Contents><Key>{key}</Key><Size>{}</Size></Contents>", body.len())
            };
            let entries: String = objects.iter().map(entry).collect();
            let list = format!(
                "<ListBucketResult><IsTruncated>false</IsTruncated>{entries}</ListBucketResult>"
            );
            let asked = objects.iter().find(|(key, _)| head[0].contains(key.as_str()));
            let body = match asked {
                Some((_, body)) => body.clone(),
                None => list.into_bytes(),
            };
            let length = body.len();
            let answer =
                format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
            let _ = stream.write_all(answer.as_bytes()).and_then(|()| stream.write_all(&body));
        }
    });
    url
}

/// A scan of this bucket.
fn scan_of_bucket(url: &str, args: &[&str]) -> Command {
    let mut scan = command(&[&["scan", "s3://logs/AWSLogs/"], args].concat());
    scan.env("AWS_ENDPOINT_URL", url).env("AWS_REGION", "us-east-1");
    scan.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test");
    scan
}

/// An intruder's records: ten denials, and twenty reads in between that no rule matches.
fn intruders_records() -> Vec<String> {
    let record = |n: usize, service: &str, rest: &str| {
        format!(
            r#"{{"eventVersion":"1.11","userIdentity":{{"type":"IAMUser","accountId":"111122223333","userName":"mallory","arn":"arn:aws:iam::111122223333:user/mallory","accessKeyId":"AKIAEXAMPLEMALLORY01"}},"eventTime":"2026-11-24T13:{n:02}:00Z","eventSource":"{service}.amazonaws.com","eventName":"ListThings","awsRegion":"eu-west-1","sourceIPAddress":"203.0.113.9","readOnly":true{rest},"eventID":"m{n}","recipientAccountId":"111122223333"}}"#
        )
    };
    let refused = r#","errorCode":"AccessDenied","errorMessage":"Access Denied""#;
    let services =
        ["iam", "s3", "ec2", "lambda", "logs", "kms", "rds", "sqs", "sns", "organizations"];
    let denied = (0..).zip(services).map(|(n, service)| record(3 * n, service, refused));
    denied.chain((0..20).map(|n| record(n / 2 * 3 + n % 2 + 1, "sts", ""))).collect()
}

#[test]
fn what_an_intruder_did_besides_is_found_in_every_kind_of_input() {
    let records = intruders_records();
    let file = |part: &[String]| format!("{{\"Records\":[{}]}}", part.join(",")).into_bytes();
    let there = TempDir::new().unwrap();
    let keys = (0..3).zip(records.chunks(10));
    let mut objects: Vec<(String, Vec<u8>)> =
        keys.map(|(n, part)| (format!("AWSLogs/{n}.json"), file(part))).collect();
    // Somebody's read of a month before, which no rule matches.
    let old = String::from_utf8(file(&records[10..11])).unwrap();
    let old = old.replace("2026-11-24", "2026-10-24").replace("mallory", "somebody");
    let old = old.replace("MALLORY", "SOMEBODY").replace("\"m1\"", "\"old\"");
    objects.push(("AWSLogs/old.json".to_owned(), old.into_bytes()));
    fs::create_dir(there.path().join("AWSLogs")).unwrap();
    for (key, body) in &objects {
        fs::write(there.path().join(key), body).unwrap();
    }
    let folder = there.path().join("AWSLogs").display().to_string();
    let lines: Vec<u8> = objects.iter().flat_map(|(_, body)| [&body[..], b"\n"].concat()).collect();
    fs::write(there.path().join("lines"), lines).unwrap();
    let json = ["--format", "json"];
    let mut piped = command(&["scan", "-", "--format", "json"]);
    piped.stdin(fs::File::open(there.path().join("lines")).unwrap());
    let scans = [
        (command(&["scan", &folder, "--format", "json"]), 3),
        (command(&["scan", &folder, "--format", "json", "--threads", "1"]), 3),
        (piped, 1),
        (scan_of_bucket(&bucket_of(objects), &json), 3),
    ];
    let mut first = None;
    for (mut scan, files) in scans {
        let output = scan.output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{err}");
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let followed = &report["summary"]["followed"];
        assert_eq!(
            (&followed["files"], &followed["events"]),
            (&files.into(), &20.into()),
            "{scan:?}"
        );
        assert!(followed["problems"].as_array().unwrap().is_empty(), "{followed}");
        let cases = report["cases"].clone();
        assert_eq!(*first.get_or_insert(cases.clone()), cases, "{scan:?}");
    }
}

#[test]
fn a_prefix_without_logs_is_told_and_ends_with_3() {
    for (keys, told) in [
        (&[][..], "s3://logs/AWSLogs/: there are no objects"),
        (
            &["AWSLogs/222233334444/Config/x"],
            "s3://logs/AWSLogs/: holds no logs that are read (others left out: 1)",
        ),
    ] {
        let objects = keys.iter().map(|key| (key.to_string(), Vec::new())).collect();
        let mut scan = scan_of_bucket(&bucket_of(objects), &[]);
        let output = scan.output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert!(err.contains(told), "{err}");
        assert_eq!(output.status.code(), Some(3));
    }
}

#[test]
fn links_to_folders_are_followed_once() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("logs")).unwrap();
    fs::copy(corpus("demo/alice.json"), folder.path().join("logs/a.json")).unwrap();
    fs::create_dir(folder.path().join("scanned")).unwrap();
    for link in ["one", "two"] {
        std::os::unix::fs::symlink("../logs", folder.path().join("scanned").join(link)).unwrap();
    }
    std::os::unix::fs::symlink("../scanned", folder.path().join("logs/loop")).unwrap();
    let (summary, err, code) = scan(&folder.path().join("scanned"));
    assert_eq!((summary["files"].as_u64(), err.as_str(), code), (Some(1), "", 0));
}

#[test]
fn each_bad_line_of_standard_input_is_one_reject() {
    let records = fs::read_to_string(corpus("forms/read/logs-tail-short.txt")).unwrap();
    let error =
        "An error occurred (ThrottlingException) when calling the FilterLogEvents operation: x";
    let (first, rest) = records.split_once('\n').unwrap();
    let text = format!("some noise\n{first}\n2026-11-24T03:54:07 no record\n{error}\n{rest}");
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), &text).unwrap();
    for path in ["-", file.path().to_str().unwrap()] {
        let stdin = fs::File::open(file.path()).unwrap();
        let scan = command(&["scan", "--format", "json", path]).stdin(stdin).output().unwrap();
        let report: serde_json::Value = serde_json::from_slice(&scan.stdout).unwrap();
        let sum = |name: &str| report["summary"][name].as_u64().unwrap();
        let sums = (sum("records"), sum("events"), sum("rejected_records"), sum("rejects"));
        assert_eq!((sums, scan.status.code()), ((8, 5, 3, 3), Some(3)), "{path}");
        let err = String::from_utf8(scan.stderr).unwrap();
        assert!(err.contains("hint: `aware explain`"), "{err}");
        for number in ["record 1: ", "record 3: ", "record 4: "] {
            assert!(err.contains(number), "they are numbered through: {err}");
        }
    }
}

/// `aware scan -` on a pipe that stays open.
struct Live {
    scan: Child,
    stdin: Option<ChildStdin>,
    stderr: Receiver<String>,
}

impl Live {
    fn start(args: &[&str]) -> Self {
        let mut scan = command(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, stderr) = channel();
        let lines = BufReader::new(scan.stderr.take().unwrap()).lines();
        std::thread::spawn(move || {
            lines.map_while(Result::ok).try_for_each(|one| sender.send(one))
        });
        Self { stdin: scan.stdin.take(), scan, stderr }
    }

    fn write(&mut self, text: &str) {
        let stdin = self.stdin.as_mut().unwrap();
        stdin.write_all(text.as_bytes()).unwrap();
        stdin.flush().unwrap();
    }

    /// Waits for a line of stderr that contains a text.
    fn wait(&self, text: &str) -> String {
        loop {
            let line = self.stderr.recv_timeout(Duration::from_secs(60));
            let line = line.unwrap_or_else(|_| panic!("not told within a minute: {text}"));
            if line.contains(text) {
                return line;
            }
        }
    }

    fn interrupt(&self) {
        let pid = self.scan.id().to_string();
        assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    }

    /// The report, after the stream or an interrupt has ended it.
    fn end(self) -> (String, i32) {
        let output = self.scan.wait_with_output().unwrap();
        (String::from_utf8(output.stdout).unwrap(), output.status.code().unwrap())
    }
}

#[test]
fn a_stream_that_stays_open_is_told_as_it_comes_and_reported_at_an_interrupt() {
    for form in ["logs-tail-short.txt", "logs-tail-json.txt"] {
        let text = fs::read_to_string(corpus("forms/read").join(form)).unwrap();
        let (first, rest) = text.split_at(text.match_indices("\n2026-").next().unwrap().0 + 1);
        let mut live = Live::start(&["scan", "-"]);
        live.write(first);
        live.wait("stays open");
        live.wait("iam:ListGroupsForUser");
        live.write(rest);
        live.wait("iam:ListUsers");
        live.interrupt();
        let (out, code) = live.end();
        assert!(out.contains("5 denials in 1 case"), "{form}: {out}");
        assert_eq!(code, 0, "{form}");
    }
}

#[test]
fn a_document_that_has_not_ended_is_told_and_reported_at_an_interrupt() {
    let text = fs::read_to_string(corpus("demo/alice.json")).unwrap();
    let (begun, _) = text.rsplit_once("\"eventName\"").unwrap();
    let mut live = Live::start(&["scan", "-", "--fail-on", "medium"]);
    live.write(begun);
    live.wait("one document, which is read when it has ended");
    live.interrupt();
    let (out, code) = live.end();
    assert!(out.contains("4 denials in"), "{out}");
    assert_eq!(code, 1);
    let live = Live::start(&["scan", "-"]);
    live.wait("waiting for what comes");
    live.interrupt();
    assert_eq!(live.end().1, 3, "nothing was read");
}

#[test]
fn an_interrupt_reports_what_was_read_and_tells_what_was_not() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    assert!(Command::new("mkfifo").arg(path("0.json")).status().unwrap().success());
    fs::copy(corpus("demo/function.json"), path("1.json")).unwrap();
    let scan = Live::start(&["scan", "--threads", "1", &path("0.json"), &path("1.json")]);
    // It is open for writing once the scan reads it.
    let mut pipe = fs::File::options().write(true).open(path("0.json")).unwrap();
    scan.interrupt();
    scan.wait("interrupted: the report follows");
    pipe.write_all(&fs::read(corpus("demo/alice.json")).unwrap()).unwrap();
    drop(pipe);
    scan.wait("interrupted: 1 of 2 files were not read");
    let (out, code) = scan.end();
    assert!(out.contains("5 denials in 1 case"), "{out}");
    assert_eq!(code, 3);
}

#[test]
fn a_second_interrupt_ends_it_at_once() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("pipe").display().to_string();
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    let scan = Live::start(&["scan", &path]);
    let _pipe = fs::File::options().write(true).open(&path).unwrap();
    scan.interrupt();
    scan.wait("interrupted: the report follows");
    scan.interrupt();
    assert_eq!(scan.end(), (String::new(), 130));
}

#[test]
fn the_daemon_reads_the_same_forms_from_a_folder() {
    let folder = TempDir::new().unwrap();
    for form in ["logs.zip", "logs.tar.gz", "cloudwatch-logs-export.gz", "logs-insights.csv"] {
        let logs = folder.path().join(form).join("logs");
        fs::create_dir_all(&logs).unwrap();
        fs::copy(corpus("forms/read").join(form), logs.join(form)).unwrap();
        let state = folder.path().join(form).join("state");
        let config = format!(
            "[input.a]\ntype = \"file\"\npaths = [{logs:?}]\n[state]\nfolder = {state:?}\n"
        );
        let path = folder.path().join(form).join("aware.toml");
        fs::write(&path, config).unwrap();
        let (out, err, code) = aware(&["run", "--config", path.to_str().unwrap()]);
        assert!(err.contains("records=5 events=5 rejects=0"), "{form}: {err}");
        assert!(out.contains("iam:ListUsers"), "{form}: {out}");
        assert_eq!(code, 0, "{form}");
    }
}
