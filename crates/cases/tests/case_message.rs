//! Messages of cases: on the wire, for readers of version 1, as OCSF, and cut.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod sample_cases;

use aware_cases::message::{case_message, closed_case_message};
use aware_core::case::CaseReading;
use aware_core::event::Level;
use aware_core::explanation::LooksLike;
use aware_core::message::{MAX_TIMELINE, Message, MessageKind, truncate_message};
use aware_core::open::OpenEnum;
use serde_json::{Value, json};

fn message(case: &aware_cases::case::Case) -> Message {
    case_message(case, MessageKind::Finding, None, case.last)
}

#[test]
fn a_case_as_written() {
    let message = message(&sample_cases::intruder());
    insta::assert_json_snapshot!("case_as_written", message.to_value());
    assert_eq!(Message::read_json(message.to_json().as_bytes()).unwrap(), message);
    assert_eq!(message.severity, Some(Level::Critical));
    assert_eq!(message.looks_like, Some(LooksLike::Exploring.into()));
    assert!(message.truncated.is_empty());
}

#[test]
fn every_case_is_read_as_it_is_written() {
    for (name, case) in sample_cases::all() {
        let message = message(&case);
        let read = Message::read_json(message.to_json().as_bytes()).unwrap();
        assert_eq!(read, message, "{name}");
        let told = message.case.as_ref().unwrap();
        assert!(told.timeline.len() <= MAX_TIMELINE, "{name}");
        assert!(message.to_json().len() <= 60 * 1024, "{name}: {}", message.to_json().len());
        assert_eq!(message.count, case.findings);
        // An intruder is given nothing.
        if case.reading == CaseReading::Intrusion {
            assert!(message.facts.cure.iter().all(|cure| !cure.is_offered()), "{name}");
        }
    }
}

#[test]
fn readers_of_version_1_see_subject_and_fields() {
    let message = message(&sample_cases::intruder());
    let read = Message::read_json(message.to_json_v1().as_bytes()).unwrap();
    assert_eq!((&read.subject, &read.fields), (&message.subject, &message.fields));
    assert_eq!(read.case, None);
    let field = |key: &str| read.field_text(key).unwrap();
    assert_eq!(
        field("In Force"),
        "Nothing in these logs undoes these 2 changes, up to 2026-11-30 09:50 UTC."
    );
    assert_eq!(field("13:06:49"), "\u{25c6} iam:PutUserPolicy on themselves: Allow * on *");
    assert!(field("Contain 1").starts_with("Deny everything to user/m.keller: aws iam attach"));
}

#[test]
fn what_a_newer_version_writes_is_kept() {
    let mut value = message(&sample_cases::unclear()).to_value();
    value["case"]["kind"] = json!("visitor");
    value["case"]["reading"] = json!("sleepwalking");
    value["case"]["level"] = json!("apocalyptic");
    value["case"]["timeline"][0]["mark"] = json!("forgotten");
    value["case"]["moon"] = json!("full");
    let read = Message::read_json(value.to_string().as_bytes()).unwrap();
    let case = read.case.as_ref().unwrap();
    assert_eq!((case.reading.known(), case.reading.as_str()), (None, "sleepwalking"));
    assert_eq!(case.timeline[0].sign(), "\u{b7}");
    assert_eq!(case.level, OpenEnum::Other("apocalyptic".into()));
    let again = Message::read_json(read.to_json().as_bytes()).unwrap();
    assert_eq!(again, read);
    // A case that cannot be read leaves a message that can.
    for case in [json!(7), json!({}), Value::Null] {
        value["case"] = case;
        let read = Message::read_json(value.to_string().as_bytes()).unwrap();
        assert!(read.case.is_none() && !read.subject.is_empty());
    }
}

#[test]
fn a_message_is_told_once() {
    let case = sample_cases::intruder();
    let id = |kind, note| case_message(&case, kind, note, case.last).id;
    assert_eq!(id(MessageKind::Update, Some("a")), id(MessageKind::Update, Some("a")));
    assert_ne!(id(MessageKind::Update, Some("a")), id(MessageKind::Update, Some("b")));
    assert_ne!(id(MessageKind::Update, None), id(MessageKind::Finding, None));
    let mut later = case.clone();
    later.counts.denied += 1;
    assert_ne!(message(&later).id, message(&case).id);
    assert_eq!(message(&later).fingerprint, message(&case).fingerprint);
}

/// The published schema, as `ocsf-json-schema` 1.2.0 writes it for class 2004 with the profiles
/// `cloud` and `datetime`.
fn check_ocsf(name: &str, message: &Message) -> Value {
    let schema = include_str!("ocsf/detection_finding_1.6.0.schema.json");
    let schema = jsonschema::validator_for(&serde_json::from_str(schema).unwrap()).unwrap();
    let finding = message.finding.clone().unwrap();
    let problems: Vec<String> = schema
        .iter_errors(&finding)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(problems.is_empty(), "{name}: {problems:#?}");
    let number = |key: &str| finding[key].as_u64().unwrap();
    assert_eq!(number("type_uid"), number("class_uid") * 100 + number("activity_id"));
    finding
}

#[test]
fn the_finding_of_a_case_is_valid_ocsf() {
    for (name, case) in sample_cases::all() {
        let finding = check_ocsf(name, &message(&case));
        assert_eq!(finding["finding_info"]["uid"], case.id);
        assert_eq!(finding["activity_id"], 1);
        let update = case_message(&case, MessageKind::Update, Some("new"), case.last);
        let finding = check_ocsf(name, &update);
        assert_eq!(finding["activity_id"], 2);
        let closed = closed_case_message(&case, Some("an exercise"), case.last);
        let finding = check_ocsf(name, &closed);
        assert_eq!((&finding["activity_id"], &finding["status_id"]), (&json!(3), &json!(4)));
        assert!(closed.case.unwrap().is_closed);
    }
    let mut cured = sample_cases::workload();
    cured.cured = (9, 9);
    let update = case_message(&cured, MessageKind::Update, None, cured.last);
    assert_eq!(check_ocsf("cured", &update)["activity_name"], "Close");
    let finding = check_ocsf("workload", &message(&sample_cases::workload()));
    assert_eq!(finding["is_alert"], false);
    let finding = check_ocsf("intruder", &message(&sample_cases::intruder()));
    let related = &finding["finding_info"]["related_events"];
    assert_eq!(related[0]["title"], "iam:PutUserPolicy on themselves: Allow * on *");
    assert_eq!(finding["finding_info"]["related_events_count"], 37);
}

#[test]
fn the_timeline_is_cut_before_anything_vital() {
    let mut case = sample_cases::intruder();
    for index in 0..40 {
        let time = format!("2026-11-26T15:{index:02}:30Z");
        let mut line = case.notable[1].clone();
        line.time = time.parse().unwrap();
        line.fact.text = format!("iam:CreateUser eve{index} {}", "long ".repeat(30));
        case.notable.push(line);
        case.contain.push(aware_cases::case::ContainStep {
            title: format!("step {index}"),
            commands: vec!["x".repeat(if index == 3 { 9_000 } else { 100 })],
            ..Default::default()
        });
    }
    let whole = message(&case);
    let told = whole.case.as_ref().unwrap();
    assert_eq!((told.timeline.len(), told.next_steps.len()), (20, 10));
    assert!(told.timeline_left_out > 20 && told.steps_left_out == 32);
    for limit in [30_000, 20_000, 12_000] {
        let mut cut = whole.clone();
        truncate_message(&mut cut, limit);
        assert!(cut.to_json().len() <= limit, "{limit}: {}", cut.to_json().len());
        let (kept, all) = (cut.case.as_ref().unwrap(), whole.case.as_ref().unwrap());
        assert_eq!((&kept.id, &kept.level, &kept.headline), (&all.id, &all.level, &all.headline));
        assert_eq!((&kept.in_force, kept.counts), (&all.in_force, all.counts));
        assert_eq!(cut.subject, whole.subject);
        assert_eq!(kept.next_steps[0], all.next_steps[0]);
        assert!(
            kept.timeline.len() as u64 + kept.timeline_left_out
                == all.timeline.len() as u64 + all.timeline_left_out
        );
        assert!(
            cut.truncated.iter().any(|one| one.path == "/case/timeline"),
            "{:?}",
            cut.truncated
        );
        let once = cut.clone();
        truncate_message(&mut cut, limit);
        assert_eq!(cut, once);
    }
}
