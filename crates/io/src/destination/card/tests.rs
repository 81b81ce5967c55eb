//! What people see of the messages that the core holds, whoever sent them.

use std::fmt::Write;

use aware_cases::group::FindingGroup;
use aware_cases::message;
use aware_core::message::{Message, MessageKind};
use serde_json::Value;

use super::card::MessageCard;
use super::sample_cases;
use super::slack::reply_body;

const GROUPS: &str = include_str!("../../../../cases/tests/held/groups.jsonl");
const VERSION_2: &str = include_str!("../../../../cases/tests/held/version-2.jsonl");
const VERSION_1: &str = include_str!("../../../../cases/tests/held/version-1.jsonl");
const OTHERS: &str = include_str!("../../../../cases/tests/held/others.jsonl");

fn read(line: &str) -> Message {
    Message::read_json(line.as_bytes()).unwrap()
}

/// Messages of earlier senders, which have no facts.
#[test]
fn cards_of_held_messages() {
    let mut all = String::new();
    let few = VERSION_1.lines().step_by(9);
    for message in VERSION_2.lines().chain(OTHERS.lines()).chain(few).map(read) {
        let card = MessageCard::new(&message);
        writeln!(all, "# {}\n{}", card.header, card.sentence).unwrap();
        for (label, value) in &card.fields {
            writeln!(all, "  {label}: {value}").unwrap();
        }
        writeln!(all, "{}\n{}\n", card.code, card.context.join(" · ")).unwrap();
        if message.kind == MessageKind::Update {
            writeln!(all, "{}\n", reply_body(&message)).unwrap();
        }
    }
    insta::assert_snapshot!(all);
}

/// With facts a message looks as it does without.
#[test]
fn facts_change_no_card() {
    for (group, held) in GROUPS.lines().zip(VERSION_2.lines()) {
        let group: Value = serde_json::from_str(group).unwrap();
        let tally: FindingGroup = serde_json::from_value(group["tally"].clone()).unwrap();
        let is_update = group["kind"] == "update";
        let kind = if is_update { MessageKind::Update } else { MessageKind::Finding };
        let made = message::group_message(&tally, kind, group["note"].as_str(), tally.last_seen);
        assert_eq!(MessageCard::new(&made), MessageCard::new(&read(held)), "{}", group["name"]);
        assert_eq!(
            MessageCard::new(&read(&made.to_json())),
            MessageCard::new(&made),
            "{}",
            group["name"]
        );
        assert_eq!(reply_body(&made), reply_body(&read(held)));
    }
}

/// Cases: the story first, then what to do; nobody is told to contain a workload.
#[test]
fn cards_of_cases() {
    let mut all = String::new();
    for (name, case) in sample_cases::all() {
        if name == "hostile" || name == "exploring" {
            continue;
        }
        let kind = MessageKind::Update;
        let message = message::case_message(&case, kind, Some("a new access key"), case.last);
        let card = MessageCard::new(&message);
        assert_eq!(MessageCard::new(&read(&message.to_json())), card);
        writeln!(all, "# {}\n{}", card.header, card.sentence).unwrap();
        for (label, value) in &card.fields {
            writeln!(all, "  {label}: {value}").unwrap();
        }
        writeln!(all, "{}\n{}", card.lines.join("\n"), card.code_title).unwrap();
        writeln!(all, "{}\n{}", card.code, card.context.join(" · ")).unwrap();
        writeln!(all, "{}\n", reply_body(&message)).unwrap();
    }
    insta::assert_snapshot!(all);
}
