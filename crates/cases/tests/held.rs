//! Rows and messages that an earlier version wrote are held: rows are read and written again byte
//! for byte, and messages are the same byte for byte, but for keys that were added since.
//!
//! The rows of `held/groups.jsonl` are groups as stores keep them, each with the message that tells
//! it: of the corpus, and of made-up denials whose cures change several policies, of services,
//! suppressions and correlations.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use aware_cases::group::{DailyDigest, FindingGroup};
use aware_cases::message;
use aware_cases::triage::PrincipalHistory;
use aware_core::event::Level;
use aware_core::message::{Message, MessageKind};
use jiff::Timestamp;
use serde_json::Value;

const GROUPS: &str = include_str!("held/groups.jsonl");
const VERSION_2: &str = include_str!("held/version-2.jsonl");
const VERSION_1: &str = include_str!("held/version-1.jsonl");
const SUBJECT_V1: &str = include_str!("held/subject-v1.jsonl");
const OTHERS: &str = include_str!("held/others.jsonl");

/// A row, with the message that tells it.
struct HeldGroup {
    name: String,
    row: String,
    tally: FindingGroup,
    message: Message,
}

fn groups() -> Vec<HeldGroup> {
    let group = |line: &str| {
        let held: Value = serde_json::from_str(line).unwrap();
        let row = held["tally"].to_string();
        let tally: FindingGroup = serde_json::from_str(&row).unwrap();
        let kind =
            if held["kind"] == "update" { MessageKind::Update } else { MessageKind::Finding };
        let message = message::group_message(&tally, kind, held["note"].as_str(), tally.last_seen);
        HeldGroup { name: held["name"].as_str().unwrap().to_owned(), row, tally, message }
    };
    GROUPS.lines().map(group).collect()
}

/// The message without what was added since.
fn as_held(message: &Message) -> String {
    let mut value = message.to_value();
    value.as_object_mut().unwrap().shift_remove("facts");
    value.to_string()
}

#[test]
fn rows_are_read_and_written_again() {
    for group in groups() {
        assert_eq!(serde_json::to_string(&group.tally).unwrap(), group.row, "{}", group.name);
    }
}

#[test]
fn messages_of_version_2_only_gain_keys() {
    let groups = groups();
    assert_eq!(groups.len(), VERSION_2.lines().count());
    assert!(groups.len() > 70);
    for (group, held) in groups.iter().zip(VERSION_2.lines()) {
        assert_eq!(as_held(&group.message), held, "{}", group.name);
        let read = Message::read_json(group.message.to_json().as_bytes()).unwrap();
        let is_named = group.message.principal.as_ref().is_some_and(|name| !name.is_empty());
        assert!(!is_named || read == group.message, "{}", group.name);
    }
}

#[test]
fn messages_of_version_1_stay() {
    for (group, held) in groups().iter().zip(VERSION_1.lines()) {
        assert_eq!(group.message.to_json_v1(), held, "{}", group.name);
    }
    for (mut group, held) in groups().into_iter().zip(SUBJECT_V1.lines()) {
        message::rewrite_as_version_1(&mut group.message, &group.tally.first);
        assert_eq!(group.message.to_json_v1(), held, "{}", group.name);
    }
}

#[test]
fn messages_of_an_earlier_sender_are_written_again() {
    // Empty texts are read as none.
    let named = VERSION_2.lines().filter(|held| !held.contains(r#""principal":"","#));
    for held in named.chain(OTHERS.lines()) {
        let read = Message::read_json(held.as_bytes()).unwrap();
        assert_eq!(as_held(&read), held);
    }
    for held in VERSION_1.lines().chain(SUBJECT_V1.lines()) {
        let read = Message::read_json(held.as_bytes()).unwrap();
        assert_eq!(read.to_json_v1(), held);
    }
}

#[test]
fn messages_about_no_group_stay() {
    let now: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
    let tallies: Vec<FindingGroup> = groups().into_iter().map(|group| group.tally).collect();
    let details = [("Problem", "disk full"), ("Since", "now")];
    let others = [
        message::digest_message(&DailyDigest::from_groups(&tallies).unwrap(), now),
        message::system_message("The store does not answer", &details, Level::High, now),
        message::heartbeat_message(now),
        message::canary_message("2026-11-24T11:58:00Z".parse().unwrap(), now),
    ];
    let written: Vec<String> = others.iter().map(as_held).collect();
    assert_eq!(written, OTHERS.lines().collect::<Vec<_>>());
}

#[test]
fn histories_are_read_and_written_again() {
    let held = include_str!("held/histories.jsonl");
    assert!(held.lines().count() > 30);
    for row in held.lines() {
        let history: PrincipalHistory = serde_json::from_str(row).unwrap();
        assert_eq!(serde_json::to_string(&history).unwrap(), row);
    }
}
