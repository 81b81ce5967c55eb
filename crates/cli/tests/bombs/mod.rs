//! Bodies that would make a careless reader use much memory, and measuring what a process used.

#![allow(dead_code)] // not every test uses all of it

use std::io::Write;
use std::process::{Child, ExitStatus};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;

/// The most that may be resident, in KiB.
pub(crate) const MOST: u64 = 300 << 10;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Gzip of repeated content, made without holding that content.
fn repeated(head: &str, part: &str, times: usize, tail: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(head.as_bytes()).unwrap();
    let block = part.repeat(1_000);
    for _ in 0..times / 1_000 {
        encoder.write_all(block.as_bytes()).unwrap();
    }
    encoder.write_all(tail.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// Denials of this many people, each long and in a group of its own.
fn denials(count: u32) -> Vec<u8> {
    let list = "1,".repeat(2_000);
    let record = |n: u32| {
        format!(
            r#"{{"eventVersion":"1.08","userIdentity":{{"type":"IAMUser","arn":"arn:aws:iam::222233334444:user/u{n}","accountId":"222233334444"}},"eventTime":"2026-11-24T03:54:00Z","eventSource":"iam.amazonaws.com","eventName":"ListUsers","awsRegion":"us-east-1","errorCode":"AccessDenied","requestParameters":{{"a":[{list}1]}},"eventID":"{n}","recipientAccountId":"222233334444"}}"#
        )
    };
    let records: Vec<String> = (0..count).map(record).collect();
    gzip(format!("{{\"Records\":[{}]}}", records.join(",")).as_bytes())
}

/// Users with long requests, each made by somebody else, who has never made one.
fn unusual(count: u32) -> Vec<u8> {
    let list = "1,".repeat(2_000);
    let record = |n: u32| {
        format!(
            r#"{{"eventVersion":"1.08","userIdentity":{{"type":"IAMUser","arn":"arn:aws:iam::222233334444:user/u{n}","userName":"u{n}","accountId":"222233334444"}},"eventTime":"2026-11-24T03:54:00Z","eventSource":"iam.amazonaws.com","eventName":"CreateUser","awsRegion":"us-east-1","requestParameters":{{"userName":"x{n}","a":[{list}1]}},"eventID":"{n}","recipientAccountId":"222233334444"}}"#
        )
    };
    let records: Vec<String> = (0..count).map(record).collect();
    gzip(format!("{{\"Records\":[{}]}}", records.join(",")).as_bytes())
}

/// Calls that a correlation counts.
fn counted(count: u32) -> Vec<u8> {
    let record = |n: u32| {
        format!(
            r#"{{"userIdentity":{{"type":"IAMUser","arn":"arn:aws:iam::222233334444:user/c","accountId":"222233334444"}},"eventTime":"2026-11-24T03:54:00Z","eventSource":"secretsmanager.amazonaws.com","eventName":"GetSecretValue","requestParameters":{{"secretId":"s{n}"}},"eventID":"{n}"}}"#
        )
    };
    let records: Vec<String> = (0..count).map(record).collect();
    gzip(format!("{{\"Records\":[{}]}}", records.join(",")).as_bytes())
}

/// Short denials of this many people: little to read, but a group and a history for each.
fn people(count: u32) -> Vec<u8> {
    let record = |n: u32| {
        format!(
            r#"{{"userIdentity":{{"type":"IAMUser","arn":"arn:aws:iam::222233334444:user/p{n}"}},"eventTime":"2026-11-24T03:54:00Z","eventSource":"iam.amazonaws.com","eventName":"ListUsers","errorCode":"AccessDenied","eventID":"{n}"}}"#
        )
    };
    let records: Vec<String> = (0..count).map(record).collect();
    gzip(format!("{{\"Records\":[{}]}}", records.join(",")).as_bytes())
}

/// A list as Kinesis passes it to a function, in which each item unpacks to a large size.
fn packed(count: usize) -> Vec<u8> {
    let inner =
        repeated("{\"messageType\":\"DATA_MESSAGE\",\"logEvents\":[", "1,", 4_000_000, "1]}");
    let one = format!(
        r#"{{"eventSource":"aws:kinesis","kinesis":{{"data":"{}"}}}}"#,
        STANDARD.encode(inner)
    );
    format!("{{\"Records\":[{}]}}", vec![one; count].join(",")).into_bytes()
}

/// A zstd body that unpacks to far more than is allowed.
fn zstd() -> Vec<u8> {
    let mut encoder = zstd::stream::Encoder::new(Vec::new(), 1).unwrap();
    (0..400).for_each(|_| encoder.write_all(&[b'['; 1 << 20]).unwrap());
    encoder.finish().unwrap()
}

/// Makes a body when its turn comes, since each takes a while.
pub(crate) type Make = Box<dyn Fn() -> Vec<u8>>;

macro_rules! bomb {
    ($name:literal, $body:expr) => {
        ($name, Box::new(move || $body) as Make)
    };
}

/// Its name, and the body.
pub(crate) type Bomb = (&'static str, Make);

/// One for each way in which a body may be large: records, lines, one value, escapes, packing.
pub(crate) fn one_of_each_kind() -> impl Iterator<Item = Bomb> {
    let kinds = [
        "Records of nothing",
        "bad lines",
        "a long text in escapes",
        "gzip in gzip",
        "packed lists",
        "people",
    ];
    bombs().into_iter().filter(move |(name, _)| kinds.contains(name))
}

pub(crate) fn bombs() -> Vec<Bomb> {
    let many = 4_000_000;
    vec![
        bomb!("a list of numbers", repeated("[", "1,", many, "1]")),
        bomb!("a list of nothing", repeated("[", "{},", many, "{}]")),
        bomb!("Records of nothing", repeated("{\"Records\":[", "{},", many, "{}]}")),
        bomb!("documents", repeated("", "{}", many, "")),
        bomb!("lines", repeated("", "{}\n", many, "")),
        bomb!("bad lines", repeated("", "x\n", many, "{}")),
        bomb!("commas", repeated("[", ",", many, "]")),
        bomb!("names", repeated("{", "\"\":1,", many, "\"a\":1}")),
        bomb!(
            "an envelope of numbers",
            repeated("{\"Type\":\"Notification\",\"Message\":\"x\",\"y\":[", "1,", many, "1]}")
        ),
        bomb!(
            "an S3 notice of numbers",
            repeated("{\"Records\":[{\"eventSource\":\"aws:s3\",\"s3\":[", "1,", many, "1]}]}")
        ),
        bomb!("depth", repeated("", "[", many, "")),
        bomb!("a long text", repeated("{\"eventName\":\"", "aaaaaaaa", many, "\"}")),
        bomb!(
            "a long text in escapes",
            repeated("{\"Type\":\"Notification\",\"Message\":\"", "\\\"\\\"", many, "\"}")
        ),
        bomb!(
            "more than a body may have",
            repeated("{\"a\":\"", "aaaaaaaaaaaaaaaaaaaaaaaa", many, "\"}")
        ),
        bomb!("members of gzip", repeated("[", "1,", 400_000, "1]").repeat(50)),
        bomb!("zstd", zstd()),
        bomb!("gzip in gzip", gzip(&repeated("[", "1,", many, "1]"))),
        bomb!("packed lists", packed(200)),
        bomb!("denials", denials(10_000)),
        bomb!("people", people(30_000)),
        bomb!("unusual", unusual(10_000)),
        bomb!("counted", counted(200_000)),
    ]
}

/// The peak resident size of a process so far, in KiB.
pub(crate) fn resident(process: u32) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// The peak resident size of a process until its end, in KiB, and how it ended.
pub(crate) fn until_its_end(mut child: Child) -> (u64, ExitStatus) {
    let mut peak = 0;
    loop {
        peak = peak.max(resident(child.id()));
        if let Some(status) = child.try_wait().unwrap() {
            return (peak, status);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}
