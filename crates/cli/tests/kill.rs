//! The daemon is killed a hundred times at random under load, and loses nothing; a body under which
//! it dies repeatedly is set aside.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const KILLS: u32 = 100;
const EVENTS_A_FILE: u32 = 8;

type Received = Arc<Mutex<Vec<(String, String)>>>;

/// An endpoint that remembers the id and subject of every message, and is slow.
fn endpoint(received: Received) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let _ = answer(stream, &received);
        }
    });
    format!("http://{address}/")
}

fn answer(stream: TcpStream, received: &Received) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let (mut id, mut length, mut line) = (String::new(), 0, String::new());
    while reader.read_line(&mut line)? > 2 {
        let lower = line.trim().to_ascii_lowercase();
        if let Some(value) = lower.strip_prefix("webhook-id: ") {
            id = value.to_owned();
        }
        if let Some(value) = lower.strip_prefix("content-length: ") {
            length = value.parse().unwrap();
        }
        line.clear();
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    // A request that a kill cut off is not a message.
    let body: serde_json::Value = serde_json::from_slice(&body)?;
    received.lock().unwrap().push((id, body["subject"].as_str().unwrap().to_owned()));
    std::thread::sleep(Duration::from_millis(2));
    reader.get_mut().write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
}

/// A file of denials, each in a group of its own; it appears complete.
fn file(folder: &Path, number: u32) -> BTreeSet<String> {
    let mut subjects = BTreeSet::new();
    let mut records = Vec::new();
    for event in 0..EVENTS_A_FILE {
        let user = format!("user-{number}-{event}");
        subjects.insert(format!("user/{user} was denied iam:ListUsers"));
        records.push(format!(
            r#"{{"eventVersion":"1.11","userIdentity":{{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/{user}","accountId":"111122223333"}},"eventTime":"2026-11-24T03:54:00Z","eventSource":"iam.amazonaws.com","eventName":"ListUsers","awsRegion":"us-east-1","sourceIPAddress":"192.0.2.1","errorCode":"AccessDenied","eventID":"{user}","recipientAccountId":"111122223333"}}"#
        ));
    }
    let hidden = folder.join(format!(".{number}"));
    std::fs::write(&hidden, format!("{{\"Records\":[{}]}}", records.join(","))).unwrap();
    std::fs::rename(&hidden, folder.join(format!("{number}.json"))).unwrap();
    subjects
}

fn daemon(config: &Path) -> Child {
    let mut daemon = Command::new(env!("CARGO_BIN_EXE_aware"));
    daemon
        .args(["run", "--quiet", "--config"])
        .arg(config)
        .env("AWARE_TEST_SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    daemon.stdout(Stdio::null()).stderr(Stdio::inherit()).spawn().unwrap()
}

#[test]
fn a_hundred_kills_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let logs = folder.path().join("logs");
    std::fs::create_dir(&logs).unwrap();
    let received = Received::default();
    let config = folder.path().join("aware.toml");
    let text = format!(
        "[input.logs]\ntype = \"file\"\npaths = [{logs:?}]\nwatch = true\npoll = \"10ms\"\n\
         [destination.hook]\ntype = \"webhook\"\nurl = {:?}\nsecrets = [\"env:AWARE_TEST_SECRET\"]\nallow_private = true\n\
         [grouping]\nstorm = 10000\n\
         [state]\nfolder = {:?}\n",
        endpoint(Arc::clone(&received)),
        folder.path().join("state"),
    );
    std::fs::write(&config, text).unwrap();
    let mut expected = BTreeSet::new();
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    for number in 0..KILLS {
        expected.extend(file(&logs, number));
        let mut daemon = daemon(&config);
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        // A third dies while it starts, the others while they deliver, however busy the machine is.
        if number % 3 > 0 {
            let before = received.lock().unwrap().len();
            let deadline = Instant::now() + Duration::from_secs(3);
            while received.lock().unwrap().len() == before && Instant::now() < deadline {
                std::thread::sleep(Duration::from_millis(2));
            }
        }
        let most = if number % 3 > 0 { 40 } else { 250 };
        std::thread::sleep(Duration::from_millis((random >> 33) % most));
        daemon.kill().unwrap();
        daemon.wait().unwrap();
    }
    let killed_during = received.lock().unwrap().len();
    assert!(killed_during > 20, "the daemon was at work when it was killed: {killed_during}");
    let mut last = daemon(&config);
    let deadline = Instant::now() + Duration::from_secs(90);
    let subjects = || {
        received.lock().unwrap().iter().map(|(_, subject)| subject.clone()).collect::<BTreeSet<_>>()
    };
    while subjects() != expected && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(50));
    }
    last.kill().unwrap();
    last.wait().unwrap();
    let lost: Vec<_> = expected.difference(&subjects()).cloned().collect();
    assert!(lost.is_empty(), "{} of {} lost: {lost:?}", lost.len(), expected.len());
    let mut times: BTreeMap<String, u32> = BTreeMap::new();
    for (id, _) in received.lock().unwrap().iter() {
        *times.entry(id.clone()).or_default() += 1;
    }
    assert_eq!(times.len(), expected.len(), "every message keeps its id");
    let twice: u32 = times.values().map(|times| times - 1).sum();
    assert!(twice <= KILLS, "one message was in flight at each kill, and {twice} came twice");
}

/// A file of one person's denials that keeps the daemon busy for a while.
fn long_file(folder: &Path) {
    let record = |number: u32| {
        format!(
            r#"{{"eventVersion":"1.11","userIdentity":{{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/long","accountId":"111122223333"}},"eventTime":"2026-11-24T03:54:00Z","eventSource":"iam.amazonaws.com","eventName":"ListUsers","awsRegion":"us-east-1","sourceIPAddress":"192.0.2.1","errorCode":"AccessDenied","eventID":"long-{number}","recipientAccountId":"111122223333"}}"#
        )
    };
    let records: Vec<String> = (0..60_000).map(record).collect();
    std::fs::write(folder.join("long.json"), format!("{{\"Records\":[{}]}}", records.join(",")))
        .unwrap();
}

#[test]
fn a_body_under_which_the_daemon_dies_is_set_aside() {
    let folder = tempfile::tempdir().unwrap();
    let (logs, state) = (folder.path().join("logs"), folder.path().join("state"));
    std::fs::create_dir(&logs).unwrap();
    let received = Received::default();
    let config = folder.path().join("aware.toml");
    let text = format!(
        "[input.logs]\ntype = \"file\"\npaths = [{logs:?}]\nwatch = true\npoll = \"10ms\"\n\
         [destination.hook]\ntype = \"webhook\"\nurl = {:?}\nsecrets = [\"env:AWARE_TEST_SECRET\"]\nallow_private = true\n\
         [state]\nfolder = {state:?}\n",
        endpoint(Arc::clone(&received)),
    );
    std::fs::write(&config, text).unwrap();
    long_file(&logs);
    let deadline = || Instant::now() + Duration::from_secs(90);
    for weight_of_deaths in [0, 10] {
        let (mut daemon, deadline) = (daemon(&config), deadline());
        // The earlier run's record counts less; this run's own read has to become long.
        let is_long = format!("long {weight_of_deaths} ");
        let progress = || std::fs::read_to_string(state.join("in-progress")).unwrap_or_default();
        while !progress().contains(&is_long) && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(5));
        }
        daemon.kill().unwrap();
        daemon.wait().unwrap();
    }
    let others = file(&logs, 1);
    let mut last = daemon(&config);
    let aside = "A body was set aside because the program died while reading it";
    let told = || {
        let received = received.lock().unwrap();
        let subjects: BTreeSet<_> = received.iter().map(|(_, subject)| subject.clone()).collect();
        subjects.contains(aside) && subjects.is_superset(&others)
    };
    let deadline = deadline();
    while !told() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(20));
    }
    last.kill().unwrap();
    last.wait().unwrap();
    assert!(told(), "{:?}", received.lock().unwrap());
}
