//! The daemon with destinations that answer junk, a disk that is full for a while, and kills.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tempfile::TempDir;

const PAGE: &str = "<!DOCTYPE html><html><body>Log in to use this network</body></html>";

/// What an endpoint answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mood {
    /// `ok`.
    Well,
    /// Junk nearly half of the time.
    Junk,
    /// Slack's answer after a webhook was removed.
    Removed,
    /// An HTML page with status 200.
    Portal,
}

/// An endpoint that remembers the subjects of what it accepted.
#[derive(Clone)]
struct Endpoint {
    url: String,
    mood: Arc<Mutex<Mood>>,
    taken: Arc<Mutex<Vec<String>>>,
}

impl Endpoint {
    fn start(mood: Mood) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/services/T0/B0/CANARYSECRET", listener.local_addr().unwrap());
        let endpoint = Self { url, mood: Arc::new(Mutex::new(mood)), taken: Arc::default() };
        let server = endpoint.clone();
        std::thread::spawn(move || {
            for (number, stream) in listener.incoming().flatten().enumerate() {
                let server = server.clone();
                std::thread::spawn(move || server.answer(stream, number));
            }
        });
        endpoint
    }

    fn set(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    fn answer(&self, stream: TcpStream, number: usize) -> std::io::Result<()> {
        let mut reader = BufReader::new(stream);
        let (mut length, mut line) = (0, String::new());
        while reader.read_line(&mut line)? > 2 {
            let lower = line.trim().to_ascii_lowercase();
            if let Some(value) = lower.strip_prefix("content-length: ") {
                length = value.parse().unwrap();
            }
            line.clear();
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        let body: serde_json::Value = serde_json::from_slice(&body)?;
        let mood = *self.mood.lock().unwrap();
        let (status, text) = match (mood, number % 13) {
            (Mood::Well, _) => (200, "ok"),
            (Mood::Removed, _) => (404, "no_service"),
            (Mood::Portal, _) => (200, PAGE),
            (Mood::Junk, 0) => (200, PAGE),
            (Mood::Junk, 2) => (302, ""),
            (Mood::Junk, 4) => (403, PAGE),
            (Mood::Junk, 6) => (500, "oops"),
            // It hangs, then it hangs up.
            (Mood::Junk, 8 | 10) => {
                std::thread::sleep(Duration::from_secs(if number % 13 == 8 { 1 } else { 0 }));
                return Ok(());
            }
            (Mood::Junk, _) => (200, "ok"),
        };
        if (status, text) == (200, "ok") {
            self.taken.lock().unwrap().push(subject(&body));
        }
        let length = text.len();
        let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {length}\r\nconnection: close");
        reader.get_mut().write_all(format!("{head}\r\n\r\n{text}").as_bytes())
    }

    fn taken(&self) -> BTreeSet<String> {
        self.taken.lock().unwrap().iter().cloned().collect()
    }

    fn has(&self, wanted: &BTreeSet<String>) -> bool {
        self.taken().is_superset(wanted)
    }
}

/// The user that a message is about, whatever its form.
fn subject(body: &serde_json::Value) -> String {
    let text = body.to_string();
    let user = text.split("user/").nth(1).unwrap_or(&text);
    user.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').next().unwrap().to_owned()
}

/// A folder with logs, a config and a state.
struct World {
    folder: TempDir,
    slack: Endpoint,
    hook: Endpoint,
}

impl World {
    /// Account 4's activity goes to Slack, the rest to a webhook.
    fn new(mood: Mood) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (slack, hook) = (Endpoint::start(mood), Endpoint::start(mood));
        let logs = folder.path().join("logs");
        std::fs::create_dir(&logs).unwrap();
        let text = format!(
            "[input.logs]\ntype = \"file\"\npaths = [{logs:?}]\nwatch = true\npoll = \"10ms\"\n\
             [destination.slack]\ntype = \"slack\"\nwebhook_url = \"env:SLACK\"\n\
             [destination.hook]\ntype = \"webhook\"\nurl = {:?}\nsecrets = [\"env:SECRET\"]\nallow_private = true\n\
             [[route]]\naccounts = [\"444455556666\"]\nto = [\"slack\"]\n\
             [[route]]\naccounts = [\"222233334444\"]\nto = [\"hook\"]\n\
             [grouping]\nstorm = 10000\n\
             [state]\nfolder = {:?}\n",
            hook.url,
            folder.path().join("state"),
        );
        std::fs::write(folder.path().join("aware.toml"), text).unwrap();
        Self { folder, slack, hook }
    }

    fn config(&self) -> PathBuf {
        self.folder.path().join("aware.toml")
    }

    /// `aware`, started through a shell that may limit it.
    fn command(&self, before: &str, args: &[&str]) -> Command {
        let mut command = Command::new("sh");
        let script = format!("{before} exec \"$0\" \"$@\"");
        command.arg("-c").arg(script).arg(env!("CARGO_BIN_EXE_aware")).args(args);
        command.arg("--config").arg(self.config());
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        command.env("SLACK", &self.slack.url).env("SECRET", secret).env("NO_COLOR", "1");
        command
    }

    fn start(&self, before: &str) -> Child {
        let mut run = self.command(before, &["run", "--quiet"]);
        run.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    fn aware(&self, args: &[&str]) -> String {
        let output = self.command("", args).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{args:?}: {text}{errors}");
        assert!(!format!("{text}{errors}").contains("CANARYSECRET"), "{text}{errors}");
        text
    }

    /// A file of denials of these users, each in a group of its own; it appears complete.
    fn log(&self, name: &str, account: &str, users: &[String]) {
        let record = |user: &String| {
            format!(
                r#"{{"eventVersion":"1.11","userIdentity":{{"type":"IAMUser","arn":"arn:aws:iam::{account}:user/{user}","accountId":"{account}"}},"eventTime":"2026-11-24T03:54:00Z","eventSource":"iam.amazonaws.com","eventName":"ListUsers","awsRegion":"us-east-1","sourceIPAddress":"192.0.2.1","errorCode":"AccessDenied","eventID":"{user}","recipientAccountId":"{account}"}}"#
            )
        };
        let records: Vec<String> = users.iter().map(record).collect();
        let (logs, body) = (self.folder.path().join("logs"), records.join(","));
        let hidden = logs.join(format!(".{name}"));
        std::fs::write(&hidden, format!("{{\"Records\":[{body}]}}")).unwrap();
        std::fs::rename(&hidden, logs.join(format!("{name}.json"))).unwrap();
    }
}

fn users(name: &str, count: usize) -> Vec<String> {
    (0..count).map(|number| format!("{name}-{number}")).collect()
}

fn wait(what: &str, done: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(40);
    while !done() {
        assert!(Instant::now() < deadline, "not within 40 s: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn kill(mut daemon: Child) {
    daemon.kill().unwrap();
    daemon.wait().unwrap();
}

/// A file larger than this cannot be written, including the state's.
const FULL: &str = "trap '' XFSZ; ulimit -S -f 8;";

#[test]
fn a_flood_a_full_disk_junk_and_kills_lose_nothing() {
    let world = World::new(Mood::Junk);
    let (mut hook, mut slack) = (BTreeSet::new(), BTreeSet::new());
    for round in 0..24 {
        let flood = users(&format!("flood-{round}"), 12);
        world.log(&format!("{round}-flood"), "222233334444", &flood);
        hook.extend(flood);
        if round % 4 == 0 {
            let few = users(&format!("few-{round}"), 2);
            world.log(&format!("{round}-few"), "444455556666", &few);
            slack.extend(few);
        }
        let daemon = world.start(if round % 3 == 1 { FULL } else { "" });
        std::thread::sleep(Duration::from_millis(60 + 97 * (round % 5)));
        kill(daemon);
    }
    assert!(!world.hook.taken().is_empty(), "it was at work when it was killed");
    world.hook.set(Mood::Well);
    world.slack.set(Mood::Well);
    let last = world.start("");
    wait("the webhook has everything", || world.hook.has(&hook));
    wait("Slack has everything", || world.slack.has(&slack));
    kill(last);
}

#[test]
fn while_the_disk_is_full_every_event_is_told_and_then_the_state_catches_up() {
    let world = World::new(Mood::Well);
    let daemon = world.start(FULL);
    for round in 0..3 {
        let some = users(&format!("full-{round}"), 4);
        world.log(&round.to_string(), "222233334444", &some);
        let some = some.into_iter().collect();
        wait("what happens while the disk is full is told", || world.hook.has(&some));
    }
    let pid = daemon.id().to_string();
    let lifted = Command::new("prlimit").args(["--pid", &pid, "--fsize=unlimited"]).status();
    if !lifted.is_ok_and(|status| status.success()) {
        return kill(daemon);
    }
    world.log("after", "222233334444", &users("after", 1));
    wait("it is told", || world.hook.taken().contains("after-0"));
    let state = world.folder.path().join("state/aware.db");
    wait("the state is written", || {
        let wal = std::fs::metadata(state.with_extension("db-wal"));
        wal.is_ok_and(|wal| wal.len() > 20_000)
    });
    std::thread::sleep(Duration::from_secs(1));
    kill(daemon);
    let before = world.hook.taken.lock().unwrap().len();
    let daemon = world.start("");
    world.log("last", "222233334444", &users("last", 1));
    wait("the next run goes on", || world.hook.taken().contains("last-0"));
    kill(daemon);
    let taken = world.hook.taken.lock().unwrap().clone();
    let again: Vec<_> = taken[before..].iter().filter(|user| user.starts_with("full")).collect();
    assert!(again.is_empty(), "what was told is in the state: {again:?}");
}

#[test]
fn what_is_refused_is_listed_and_sent_again_and_what_a_portal_swallowed_waits() {
    let world = World::new(Mood::Removed);
    world.hook.set(Mood::Portal);
    let daemon = world.start("");
    world.log("refused", "444455556666", &users("refused", 2));
    world.log("waits", "222233334444", &users("waits", 1));
    let count = |name: &str, what: &str| {
        let text = world.aware(&["outbox", "--format", "json"]);
        let all: serde_json::Value = serde_json::from_str(&text).unwrap();
        all["destinations"][name][what].as_u64().unwrap()
    };
    wait("Slack has refused them", || count("slack", "refused_count") >= 2);
    wait("the portal was tried", || world.aware(&["outbox"]).contains("HTML page"));
    let text = world.aware(&["outbox"]);
    assert!(text.contains("Slack said no_service") && text.contains("user/refused-0"), "{text}");
    assert!(count("hook", "waiting_count") >= 1 && count("hook", "refused_count") == 0, "{text}");
    world.hook.set(Mood::Well);
    wait("the portal is gone", || world.hook.taken().contains("waits-0"));
    world.slack.set(Mood::Well);
    let unknown = world.command("", &["redrive", "--local", "slakc"]).output().unwrap();
    assert_eq!(unknown.status.code(), Some(2));
    let said = world.aware(&["redrive", "--local", "slack"]);
    assert!(!said.starts_with("0 "), "{said}");
    let both = users("refused", 2).into_iter().collect();
    wait("they are there", || world.slack.has(&both));
    wait("nothing is left", || {
        count("slack", "waiting_count") + count("slack", "refused_count") == 0
    });
    is_the_owners_alone(&world.folder.path().join("state"));
    kill(daemon);
}

fn is_the_owners_alone(state: &Path) {
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(state), 0o700);
    let mut files = 0;
    for entry in std::fs::read_dir(state).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), if path.is_dir() { 0o700 } else { 0o600 }, "{path:?}");
        files += 1;
    }
    assert!(files >= 3, "{files}");
}
