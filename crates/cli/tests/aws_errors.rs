//! Messages when AWS cannot be reached: one sentence that says what, where and how to fix it,
//! without any of the SDK's own text.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::{Command, Stdio};

/// Answers every call in the same way, until the test ends.
fn server(status: &'static str, body: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = [0; 8192];
            let _ = stream.read(&mut request);
            let head = format!(
                "HTTP/1.1 {status}\r\nContent-Type: application/xml\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                body.len()
            );
            let _ = stream.write_all(head.as_bytes());
            let _ = stream.write_all(body.as_bytes());
        }
    });
    url
}

/// The stderr output and the exit code.
fn aware(args: &[&str], settings: &[(&str, &str)]) -> (String, i32) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("config"), "[profile prod]\nregion = eu-west-1\n").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_aware"));
    for name in ["AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_ACCESS_KEY_ID"] {
        command.env_remove(name);
    }
    let output = command
        .args(args)
        .env("HOME", folder.path())
        .env("AWS_CONFIG_FILE", folder.path().join("config"))
        .env("AWS_SHARED_CREDENTIALS_FILE", folder.path().join("none"))
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_MAX_ATTEMPTS", "1")
        .envs(settings.iter().copied())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    (String::from_utf8(output.stderr).unwrap(), output.status.code().unwrap())
}

/// Whether the text is free of what the SDK writes for programmers.
fn is_plain(said: &str) -> bool {
    let raw = [
        "Error {",
        "SdkError",
        "DispatchFailure",
        "dispatch failure",
        "ServiceError",
        "meta:",
        "raw:",
    ];
    said.lines().count() == 1
        && said.contains("(hint: ")
        && !raw.iter().any(|raw| said.contains(raw))
}

const SCAN: &[&str] = &["scan", "s3://trail-logs/AWSLogs/"];
const STATUS: &[&str] = &["status"];
const KEYS: [(&str, &str); 3] = [
    ("AWS_ACCESS_KEY_ID", "111122223333"),
    ("AWS_SECRET_ACCESS_KEY", "secret"),
    ("AWS_REGION", "eu-west-1"),
];

#[test]
fn no_region() {
    for command in [SCAN, STATUS, &["backfill", "s3://logs/"], &["destroy", "--yes"]] {
        let (said, code) = aware(command, &KEYS[..2]);
        assert!(said.contains("no AWS region: set AWS_REGION or --aws-region"), "{said}");
        assert!(is_plain(&said) && code == 2, "{said}");
    }
    let (said, _) = aware(SCAN, &[&KEYS[..2], &[("AWS_REGION", "")]].concat());
    assert!(said.contains("no AWS region"), "{said}");
}

#[test]
fn no_credentials() {
    for (options, settings) in [
        (vec![], vec![("AWS_REGION", "eu-west-1")]),
        (vec!["--aws-region", "eu-west-1"], vec![]),
        (vec!["--aws-profile", "prod"], vec![]),
        (vec!["--aws-profile", "nobody", "--aws-region", "eu-west-1"], vec![]),
    ] {
        let (said, code) = aware(&[SCAN, &options].concat(), &settings);
        assert!(said.contains("no AWS credentials"), "{said}");
        assert!(is_plain(&said) && code == 3, "{said}");
        let (said, code) = aware(&[STATUS, &options].concat(), &settings);
        assert!(said.contains("no AWS credentials"), "{said}");
        assert!(is_plain(&said) && code == 2, "{said}");
    }
}

#[test]
fn what_aws_answers() {
    for (status, code, expected) in [
        ("400 Bad Request", "ExpiredToken", "the AWS credentials have expired (hint: renew them"),
        (
            "403 Forbidden",
            "AccessDenied",
            "access denied: it says why (hint: this needs s3:ListBucket)",
        ),
        (
            "403 Forbidden",
            "InvalidAccessKeyId",
            "AWS does not accept these credentials: InvalidAccessKeyId",
        ),
        (
            "403 Forbidden",
            "RequestTimeTooSkewed",
            "this machine's clock is wrong (hint: set the clock)",
        ),
        ("404 Not Found", "NoSuchBucket", "there is no such bucket (hint: check its name)"),
        (
            "503 Slow Down",
            "SlowDown",
            "AWS throttles s3:ListBucket: SlowDown (hint: try again later)",
        ),
    ] {
        let body = format!("<Error><Code>{code}</Code><Message>it says why</Message></Error>");
        let url = server(status, body.leak());
        let (said, exit) = aware(SCAN, &[&KEYS[..], &[("AWS_ENDPOINT_URL", &url)]].concat());
        assert!(said.contains(expected), "{code}: {said}");
        assert!(is_plain(&said) && exit == 3, "{code}: {said}");
    }
}

#[test]
fn nothing_that_answers_as_aws() {
    let proxy = server("200 OK", "<html>Please log in</html>");
    let (said, _) = aware(STATUS, &[&KEYS[..], &[("AWS_ENDPOINT_URL", &proxy)]].concat());
    assert!(said.contains("(hint: is there a proxy in between?") && is_plain(&said), "{said}");
    let closed = "http://127.0.0.1:1";
    for command in [SCAN, STATUS] {
        let (said, _) = aware(command, &[&KEYS[..], &[("AWS_ENDPOINT_URL", closed)]].concat());
        let expected = "AWS cannot be reached";
        assert!(said.contains(expected) && said.contains(closed) && is_plain(&said), "{said}");
    }
}
