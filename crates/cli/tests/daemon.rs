//! The daemon while it runs: config changes and signals.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// An endpoint that remembers the subjects of the messages it receives, and takes this long for
/// each.
struct Endpoint {
    url: String,
    subjects: Arc<Mutex<Vec<String>>>,
}

impl Endpoint {
    fn start(takes: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let subjects = Arc::new(Mutex::new(Vec::new()));
        let taken = Arc::clone(&subjects);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let _ = answer(stream, &taken, takes);
            }
        });
        Self { url, subjects }
    }

    fn subjects(&self) -> Vec<String> {
        self.subjects.lock().unwrap().clone()
    }

    fn waits_for(&self, part: &str) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while !self.subjects().iter().any(|subject| subject.contains(part)) {
            assert!(Instant::now() < deadline, "no {part:?} among {:?}", self.subjects());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

fn answer(stream: TcpStream, taken: &Mutex<Vec<String>>, takes: Duration) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let (mut length, mut line) = (0, String::new());
    while reader.read_line(&mut line)? > 2 {
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length: ") {
            length = value.trim().parse().unwrap();
        }
        line.clear();
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let body: serde_json::Value = serde_json::from_slice(&body)?;
    std::thread::sleep(takes);
    taken.lock().unwrap().push(body["subject"].as_str().unwrap().to_owned());
    reader.get_mut().write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
}

/// A folder with a config, logs and a secret, and the daemon running on it.
struct World {
    folder: tempfile::TempDir,
    daemon: Option<Child>,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("logs")).unwrap();
        std::fs::write(folder.path().join("secret"), "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n")
            .unwrap();
        Self { folder, daemon: None }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn config(&self, destination: &str, more: &str) {
        let text = format!(
            "[input.logs]\ntype = \"file\"\npaths = [{:?}]\nwatch = true\npoll = \"10ms\"\n\
             [destination.hook]\ntype = \"webhook\"\nurl = {destination:?}\nsecrets = [\"file:{}\"]\nallow_private = true\n\
             [state]\nfolder = {:?}\n{more}",
            self.path("logs"),
            self.path("secret").display(),
            self.path("state"),
        );
        std::fs::write(self.path("aware.toml"), text).unwrap();
    }

    fn start(&mut self) {
        let mut daemon = Command::new(env!("CARGO_BIN_EXE_aware"));
        daemon.args(["run", "--config"]).arg(self.path("aware.toml"));
        let log = std::fs::File::create(self.path("log")).unwrap();
        self.daemon = Some(daemon.stdout(Stdio::null()).stderr(log).spawn().unwrap());
    }

    fn signal(&self, name: &str) {
        let pid = self.daemon.as_ref().unwrap().id().to_string();
        let sent = Command::new("kill").args([format!("-{name}"), pid]).status().unwrap();
        assert!(sent.success());
    }

    /// A denial in a group of its own, in a file that appears complete.
    fn denied(&self, user: &str) {
        write_denied(&self.path("logs"), user);
    }

    /// What the daemon logged, and whether it ended successfully.
    fn ended(&mut self) -> (String, bool) {
        let ended = self.daemon.take().unwrap().wait().unwrap();
        (self.log(), ended.success())
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.path("log")).unwrap()
    }

    /// How often the daemon has taken a new config.
    fn reloads(&self) -> usize {
        self.log().matches("config reloaded").count()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if let Some(mut daemon) = self.daemon.take() {
            let _ = daemon.kill();
            let _ = daemon.wait();
        }
    }
}

fn write_denied(folder: &Path, user: &str) {
    let record = format!(
        r#"{{"eventVersion":"1.11","userIdentity":{{"type":"IAMUser","arn":"arn:aws:iam::222233334444:user/{user}","accountId":"222233334444"}},"eventTime":"2026-11-24T03:54:00Z","eventSource":"iam.amazonaws.com","eventName":"ListUsers","awsRegion":"us-east-1","sourceIPAddress":"192.0.2.1","errorCode":"AccessDenied","eventID":"{user}","recipientAccountId":"222233334444"}}"#
    );
    let hidden = folder.join(format!(".{user}"));
    std::fs::write(&hidden, format!("{{\"Records\":[{record}]}}")).unwrap();
    std::fs::rename(&hidden, folder.join(format!("{user}.json"))).unwrap();
}

#[test]
fn a_changed_file_or_a_hangup_puts_the_whole_config_in_force() {
    let (first, second) = (Endpoint::start(Duration::ZERO), Endpoint::start(Duration::ZERO));
    let mut world = World::new();
    world.config(&first.url, "");
    world.start();
    world.denied("amir");
    first.waits_for("user/amir");

    // A changed file with another destination.
    world.config(&second.url, "");
    let user = second_takes(&world, &second, "bea");
    assert!(!first.subjects().iter().any(|subject| subject.contains(&user)));

    // A config that fails in any part changes nothing, which a message reports.
    std::fs::remove_file(world.path("secret")).unwrap();
    world.config(&first.url, "");
    second.waits_for("The new config was not applied");
    second_takes(&world, &second, "cleo");

    // The secret is back; only the signal is needed.
    std::fs::write(world.path("secret"), "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n").unwrap();
    world.signal("HUP");
    let deadline = Instant::now() + Duration::from_secs(30);
    for number in 0.. {
        world.denied(&format!("dan{number}"));
        std::thread::sleep(Duration::from_secs(1));
        if first.subjects().iter().any(|subject| subject.contains("user/dan")) {
            break;
        }
        assert!(Instant::now() < deadline, "{:?}", first.subjects());
    }

    // A suppression, in the same way.
    let silenced = "[[suppress]]\nname = \"eve\"\nrules = [\"aws-denied-call\"]\npattern = '{ $.eventID = \"eve\" }'\nowner = \"me\"\nreason = \"known\"\nuntil = \"2099-01-01\"\n";
    let reloads = world.reloads();
    world.config(&first.url, silenced);
    world.signal("HUP");
    let deadline = Instant::now() + Duration::from_secs(30);
    while world.reloads() == reloads {
        assert!(Instant::now() < deadline, "{}", world.log());
        std::thread::sleep(Duration::from_millis(20));
    }
    world.denied("eve");
    world.denied("finn");
    first.waits_for("user/finn");
    assert!(!first.subjects().iter().any(|subject| subject.contains("user/eve")));

    world.signal("TERM");
    let (log, well) = world.ended();
    assert!(well, "{log}");
    assert!(log.contains("info: config reloaded"), "{log}");
}

/// Denies one user after another, until one is reported there: the daemon notices a change within
/// seconds.
fn second_takes(world: &World, endpoint: &Endpoint, user: &str) -> String {
    let deadline = Instant::now() + Duration::from_secs(30);
    for number in 0.. {
        let user = format!("{user}{number}");
        world.denied(&user);
        // More than thirty new cases in five minutes would be one message.
        std::thread::sleep(Duration::from_secs(1));
        if endpoint.subjects().iter().any(|subject| subject.contains(&user)) {
            return user;
        }
        assert!(Instant::now() < deadline, "{:?}", endpoint.subjects());
    }
    unreachable!()
}

#[test]
fn a_termination_delivers_what_was_taken_and_ends_well() {
    let endpoint = Endpoint::start(Duration::from_millis(300));
    let mut world = World::new();
    world.config(&endpoint.url, "");
    for number in 0..8 {
        world.denied(&format!("gil{number}"));
    }
    world.start();
    endpoint.waits_for("user/gil");
    world.signal("TERM");
    let (log, well) = world.ended();
    assert!(well, "{log}");
    let stopped = log.lines().find(|line| line.contains("stopped")).unwrap();
    let value = |name: &str| {
        let word = stopped.split(' ').find_map(|word| word.strip_prefix(name)).unwrap();
        word.trim_start_matches('=').to_owned()
    };
    assert_eq!(value("messages"), value("delivered"), "{stopped}");
    assert_eq!(value("messages"), endpoint.subjects().len().to_string(), "{stopped}");
}
