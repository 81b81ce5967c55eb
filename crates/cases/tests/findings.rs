//! Findings of other services: every event of their corpus, what it is, and what a message says.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use aware_cases::group::FindingGroup;
use aware_cases::message::group_message;
use aware_core::envelope::decompress::DecompressionLimits;
use aware_core::envelope::{EnvelopeKind, RawRecord, open_each_record};
use aware_core::event::{Event, EventClass, Level};
use aware_core::finding::{Finding, RuleSummary};
use aware_core::message::MessageKind;
use aware_core::source::contract::LineSettings;
use aware_core::source::source_of;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/findings")
}

fn events_of(body: &[u8]) -> Vec<Event> {
    let mut events = Vec::new();
    let (limits, lines) = (DecompressionLimits::default(), LineSettings::nothing());
    let mut take = |record: RawRecord<'_>| {
        let source = source_of(record.source);
        events.push(source.decode(record.bytes, record.context).unwrap());
    };
    let opened = open_each_record(EnvelopeKind::Any, body, limits, lines, &mut take);
    assert!(opened.rejects.is_empty(), "{:?}", opened.rejects);
    events
}

#[test]
fn every_event_and_its_message() {
    let mut all = String::new();
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let rule = RuleSummary::with_defaults("finding", "Finding", Level::Medium).into();
    for path in paths {
        writeln!(all, "# {}", path.file_name().unwrap().display()).unwrap();
        for event in events_of(&fs::read(&path).unwrap()) {
            assert!(matches!(event.class, EventClass::ForeignFinding(_)), "{path:?}");
            let finding = Finding::from_event(&rule, &event);
            let stored = serde_json::to_string(&finding).unwrap();
            assert_eq!(serde_json::from_str::<Finding>(&stored).unwrap(), finding);
            let mut tally = FindingGroup::for_finding(&finding);
            tally.record(&finding);
            let message = group_message(&tally, MessageKind::Finding, None, event.time);
            writeln!(all, "{} ({})", message.subject, message.source_name.unwrap()).unwrap();
            writeln!(all, "event {} at {}", event.id, event.time).unwrap();
            writeln!(all, "{:?}", event.foreign_finding().unwrap()).unwrap();
            for field in &message.fields {
                writeln!(all, "{}: {}", field.key, field.value).unwrap();
            }
        }
    }
    insta::assert_snapshot!(all);
}
