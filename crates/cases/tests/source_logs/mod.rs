//! The corpus of one source: what each file holds, and the messages and cases that come of it.

#![allow(dead_code, clippy::unwrap_used, clippy::indexing_slicing)]

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aware_cases::advise::explain_event;
use aware_cases::case::{Case, CaseBook, CaseEvent};
use aware_cases::group::FindingGroup;
use aware_cases::message::group_message;
use aware_cases::triage::PrincipalHistories;
use aware_cases::view::{CaseView, case_rows};
use aware_core::envelope::{EnvelopeKind, OpenedBody, open_body};
use aware_core::event::Event;
use aware_core::finding::{Finding, RuleSummary};
use aware_core::message::MessageKind;
use aware_core::open::NamedSet;
use aware_core::source::contract::RecordContext;
use aware_core::source::{SourceId, source_of};
use aware_rules::engine::RuleEngine;
use aware_rules::rule::CompiledRule;
use aware_rules::shipped;

/// The files of a source's corpus, by name.
pub(crate) fn files(source: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus").join(source);
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty(), "{source}");
    paths
}

/// Opens a body; its sums balance, and every record is one of this source's.
pub(crate) fn open(source: &str, body: &[u8]) -> OpenedBody {
    let opened = open_body(EnvelopeKind::Any, body);
    let records = opened.records.len() as u64;
    assert_eq!(opened.records_seen(), records + opened.rejects.record_count());
    for record in &opened.records {
        assert_eq!(SourceId::as_str(record.source), source);
    }
    opened
}

/// The events of a body.
pub(crate) fn events(source: &str, body: &[u8]) -> Vec<Event> {
    let opened = open(source, body);
    let decode = |bytes: &[u8], id| source_of(id).decode(bytes, RecordContext::default());
    opened.records.iter().map(|one| decode(&one.bytes, one.source).unwrap()).collect()
}

/// What each file of the corpus holds: the message of each record, and the rejects.
pub(crate) fn messages(source: &str) -> String {
    let mut all = String::new();
    for path in files(source) {
        let body = fs::read(&path).unwrap();
        writeln!(all, "# {}", path.file_name().unwrap().display()).unwrap();
        for event in events(source, &body) {
            write_message(&mut all, &event);
        }
        for reject in open(source, &body).rejects.iter() {
            writeln!(all, "reject: {reject}").unwrap();
        }
    }
    all
}

fn write_message(all: &mut String, event: &Event) {
    let finding = Finding::from_event(&RuleSummary::denied_call(), event);
    let stored = serde_json::to_string(&finding).unwrap();
    assert_eq!(serde_json::from_str::<Finding>(&stored).unwrap(), finding);
    let mut tally = FindingGroup::for_finding(&finding);
    tally.record(&finding);
    let message = group_message(&tally, MessageKind::Finding, None, event.time);
    let outcome = event.outcome.as_str();
    writeln!(all, "{} ({}, {outcome})", message.subject, message.source_name.unwrap()).unwrap();
    for field in &message.fields {
        writeln!(all, "  {}: {}", field.key, field.value).unwrap();
    }
    let is_bad = |c: char| c.is_control() && c != '\n' || ('\u{202a}'..='\u{202e}').contains(&c);
    assert!(!all.contains(is_bad), "{all:?}");
}

/// The cases of events that rules which are on by default match by themselves.
pub(crate) fn cases(source: SourceId, events: &[Event]) -> Vec<Case> {
    let loaded = shipped::load_shipped();
    let silent: Vec<String> = loaded.silent_rules().iter().map(ToString::to_string).collect();
    let rules = loaded.rules.into_iter();
    let is_of_it = |rule: &CompiledRule| rule.source == Some(source) && rule.enabled;
    let told = rules.filter(|rule| is_of_it(rule) && !silent.contains(&rule.about.id));
    let mut engine = RuleEngine::compile_rules(told.collect::<Vec<_>>(), source);
    let mut book = CaseBook::new();
    for event in events {
        let record = event.record.to_string();
        let matched = engine.scan_record(&record).unwrap().matches.to_vec();
        let about = |at: &u32| Arc::clone(&engine.rules()[*at as usize].about);
        let matched: Vec<Arc<RuleSummary>> = matched.iter().map(about).collect();
        if !matched.is_empty() {
            let denial = explain_event(event).map(Box::new);
            book.record_event(&CaseEvent::from_event(event, matched, denial));
        }
    }
    let until = events.iter().map(|event| event.time).max().unwrap_or_default();
    book.build_cases(&PrincipalHistories::default(), until)
}

/// Cases as a terminal shows them.
pub(crate) fn told(cases: &[Case]) -> String {
    let mut text = String::new();
    for case in cases {
        let view = CaseView::new(case);
        writeln!(text, "{} {} ({})", view.level, view.headline, case.reading.name()).unwrap();
        for row in case_rows(&view, "LOGS") {
            writeln!(text, "  {:<10}{}", row.label, row.text).unwrap();
        }
    }
    text
}
