//! Whatever its content, and whatever reads it, no body uses more memory than the limits allow.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]
#![cfg(target_os = "linux")]

mod bombs;

use std::path::Path;
use std::process::{Command, Stdio};

use bombs::{Bomb, MOST, bombs, one_of_each_kind, until_its_end};

/// The peak memory of `aware scan`, in KiB.
fn scan(folder: &Path, bomb: &Path) -> u64 {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aware"));
    command.args(["scan", "-q", "--threads", "1", "--format", "json"]).arg(bomb);
    command.current_dir(folder).stdout(Stdio::null()).stderr(Stdio::null());
    let (peak, status) = until_its_end(command.spawn().unwrap());
    assert!(status.code().is_some_and(|code| code == 0 || code == 3), "{status}");
    peak
}

/// The peak memory of the daemon, in KiB, from its start to the end of its input.
fn run(folder: &Path, bomb: &Path) -> u64 {
    let config = format!(
        "[input.bomb]\ntype = \"file\"\npaths = [{bomb:?}]\n[destination.screen]\ntype = \"terminal\"\n\
         [state]\nfolder = {:?}\n",
        folder.join("state")
    );
    std::fs::write(folder.join("aware.toml"), config).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_aware"));
    command.args(["run", "--config", "aware.toml"]).current_dir(folder);
    let log = std::fs::File::create(folder.join("log")).unwrap();
    let (peak, status) = until_its_end(command.stdout(Stdio::null()).stderr(log).spawn().unwrap());
    let log = std::fs::read_to_string(folder.join("log")).unwrap();
    // 4: thousands of messages take longer than an ending daemon waits; the next run delivers them.
    let is_end = status.code().is_some_and(|code| code == 0 || code == 4);
    assert!(is_end && log.contains("stopped"), "{status}: {log}");
    peak
}

/// Those of the bombs that exceed the limit.
fn over(bombs: impl Iterator<Item = Bomb>, peak: fn(&Path, &Path) -> u64) -> Vec<String> {
    let mut over = Vec::new();
    for (name, make) in bombs {
        let folder = tempfile::tempdir().unwrap();
        let bomb = folder.path().join("bomb");
        std::fs::write(&bomb, make()).unwrap();
        let peak = peak(folder.path(), &bomb);
        println!("{name}: {} MiB", peak >> 10);
        if peak > MOST {
            over.push(format!("{name}: {} MiB", peak >> 10));
        }
    }
    over
}

/// The bombs of one of four parts, which run in parallel.
fn part(part: usize) -> impl Iterator<Item = Bomb> {
    bombs().into_iter().skip(part).step_by(4)
}

#[test]
fn a_scan_of_a_first_part_stays_within_limits() {
    assert_eq!(over(part(0), scan), [""; 0]);
}

#[test]
fn a_scan_of_a_second_part_stays_within_limits() {
    assert_eq!(over(part(1), scan), [""; 0]);
}

#[test]
fn a_scan_of_a_third_part_stays_within_limits() {
    assert_eq!(over(part(2), scan), [""; 0]);
}

#[test]
fn a_scan_of_a_fourth_part_stays_within_limits() {
    assert_eq!(over(part(3), scan), [""; 0]);
}

#[test]
fn the_daemon_stays_within_limits() {
    assert_eq!(over(one_of_each_kind(), run), [""; 0]);
}
