//! Audit logs of EKS clusters: every record of their corpus, the cases that they make, and what is
//! offered to whom.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aware_cases::advise::explain_event;
use aware_cases::case::{Case, CaseBook, CaseEvent};
use aware_cases::group::FindingGroup;
use aware_cases::message::{case_message, group_message};
use aware_cases::rule_tests::{self, TestKind};
use aware_cases::triage::PrincipalHistories;
use aware_core::case::CaseReading;
use aware_core::enrichment::Enrichment;
use aware_core::envelope::{EnvelopeKind, OpenedBody, open_body};
use aware_core::event::{Event, EventClass, Level};
use aware_core::explanation::Explanation;
use aware_core::finding::{Finding, RuleSummary};
use aware_core::message::MessageKind;
use aware_core::source::contract::RecordContext;
use aware_core::source::{SourceId, id_of, identify, source_of};
use aware_rules::engine::SourceEngines;
use aware_rules::rule::CompiledRule;
use aware_rules::{cloudwatch, oracle, shipped};
use serde_json::{Value, json};

const CONTEXT: RecordContext<'_> = RecordContext {
    owner: Some("111122223333"),
    log_group: Some("/aws/eks/shop/cluster"),
    carrier: None,
};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/eks_audit")
}

fn record(name: &str) -> String {
    fs::read_to_string(folder().join(name)).unwrap()
}

fn decode(record: &str) -> Event {
    let source = identify(record.trim().as_bytes()).unwrap();
    source_of(source).decode(record.as_bytes(), CONTEXT).unwrap()
}

/// The rules that are on and have findings of their own, in the order of their ids.
fn rules() -> Arc<[CompiledRule]> {
    let loaded = shipped::load_shipped();
    let silent = loaded.silent_rules();
    let mut rules = loaded.rules.clone();
    rules.retain(|rule| rule.enabled && !silent.contains(rule.about.id.as_str()));
    rules.into()
}

/// The rules that match a record, judged with AWS's own ranges.
fn matching(engines: &mut SourceEngines, record: &str) -> Vec<Arc<RuleSummary>> {
    let record = record.trim();
    let engine = engines.engine_for(identify(record.as_bytes()).unwrap());
    let found: Vec<u32> = engine.scan_record(record).unwrap().matches.to_vec();
    let mut found: Vec<Arc<RuleSummary>> =
        found.into_iter().map(|at| Arc::clone(&engine.rules()[at as usize].about)).collect();
    found.sort_by(|a, b| a.id.cmp(&b.id));
    found
}

/// The cases of records, with a rule beside those that match.
fn cases(records: &[String], besides: Option<&Arc<RuleSummary>>) -> Vec<Case> {
    let known = Arc::new(Enrichment::default());
    let mut engines = SourceEngines::new(&rules(), Some(&known));
    let (mut book, mut histories) = (CaseBook::new(), PrincipalHistories::new());
    let mut until = jiff::Timestamp::MIN;
    for record in records {
        let event = decode(record);
        let mut found = matching(&mut engines, record);
        found.extend(besides.cloned());
        histories.record_event(&event);
        until = until.max(event.time);
        let why = explain_event(&event).map(Box::new);
        book.record_event(&CaseEvent::knowing(&event, found, why, &known));
    }
    book.build_cases(&histories, until)
}

fn of_records(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| record(&format!("{name}.json"))).collect()
}

/// The sources of what a body holds, in order.
fn sources(opened: &OpenedBody) -> Vec<&'static str> {
    assert!(opened.rejects.is_empty(), "{:?}", opened.rejects);
    opened.records.iter().map(|one| one.source).map(SourceId::as_str).collect()
}

fn tell_explanation(all: &mut String, why: &Explanation) {
    let (layer, effect) = (why.layer.as_str(), why.effect.as_str());
    writeln!(all, "  layer {layer}, {effect}, by {}", why.confidence.as_str()).unwrap();
    let refused = why.no_grant.iter().map(|text| format!("  no role: {text}\n"));
    let sign = why.sign.iter().map(|sign| format!("  sign: {}\n", sign.label));
    all.extend(refused.chain(sign));
    for remedy in &why.remedies {
        writeln!(all, "  {}: {}", remedy.attach_to, remedy.forms[0].text).unwrap();
        all.extend(remedy.take_care.iter().map(|text| format!("  take care: {text}\n")));
    }
}

#[test]
fn every_record_and_its_message() {
    let mut all = String::new();
    let mut engines = SourceEngines::new(&rules(), Some(&Arc::new(Enrichment::default())));
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths.iter().filter(|path| path.extension().is_some_and(|end| end == "json")) {
        let text = fs::read_to_string(path).unwrap();
        let event = decode(&text);
        assert!(matches!(event.class, EventClass::Request(_)), "{path:?}");
        let finding = Finding::from_event(&RuleSummary::denied_call(), &event);
        let stored = serde_json::to_string(&finding).unwrap();
        assert_eq!(serde_json::from_str::<Finding>(&stored).unwrap(), finding);
        let mut tally = FindingGroup::for_finding(&finding);
        tally.record(&finding);
        let message = group_message(&tally, MessageKind::Finding, None, event.time);
        writeln!(all, "# {}", path.file_name().unwrap().display()).unwrap();
        writeln!(all, "{} ({})", message.subject, message.source_name.unwrap()).unwrap();
        for field in &message.fields {
            writeln!(all, "{}: {}", field.key, field.value).unwrap();
        }
        let (kind, key) = (event.principal.kind.as_str(), &event.principal.key);
        writeln!(all, "  {} to {kind} {key}, id {}", event.outcome.as_str(), event.id).unwrap();
        for rule in matching(&mut engines, &text) {
            writeln!(all, "  rule {}", rule.id).unwrap();
        }
        explain_event(&event).iter().for_each(|why| tell_explanation(&mut all, why));
    }
    insta::assert_snapshot!(all);
}

#[test]
fn the_case_of_a_workload_has_its_role() {
    let cases = cases(&of_records(&["workload-lacks-role"]), None);
    assert_eq!((cases.len(), cases[0].reading), (1, CaseReading::LacksPermission));
    assert_eq!(cases[0].level, Level::Low);
    let message = case_message(&cases[0], MessageKind::Finding, None, cases[0].last);
    let fields = message.fields.iter().map(|field| format!("{}: {}\n", field.key, field.value));
    insta::assert_snapshot!(format!("{}\n{}", message.subject, fields.collect::<String>()));
}

#[test]
fn whoever_explores_is_given_nothing() {
    let loaded = shipped::load_shipped();
    let many =
        loaded.correlations.iter().find(|one| one.about.id == "aware-k8s-many-resources-refused");
    let cases = cases(&of_records(&["workload-lacks-role"]), Some(&many.unwrap().about));
    assert_eq!((cases[0].reading, cases[0].level), (CaseReading::Exploring, Level::High));
    assert!(!cases[0].cure.as_ref().unwrap().is_offered());
    let message = case_message(&cases[0], MessageKind::Finding, None, cases[0].last);
    assert!(!message.to_json().contains("kubectl create"), "{}", message.to_json());
}

#[test]
fn no_case_offers_what_leads_to_more() {
    for name in [
        "anonymous-path",
        "cluster-scope",
        "control-plane",
        "escalation",
        "hostile-shell",
        "hostile-name",
        "impersonated",
        "may-not-impersonate",
        "node",
        "other-object-in-text",
        "pod-security",
        "quota",
        "subresource",
        "webhook",
        "workload-wants-all-secrets",
    ] {
        for case in cases(&of_records(&[name]), Some(&RuleSummary::denied_call())) {
            assert!(case.cure.as_ref().is_none_or(|cure| !cure.is_offered()), "{name}: {case:#?}");
        }
    }
}

/// What one identity is refused by IAM and by Kubernetes is one case.
#[test]
fn a_role_has_one_case_with_cloudtrails() {
    let calls: Vec<String> = record("mixed.jsonl").lines().map(str::to_owned).collect();
    let refused = record("person-lacks-role.json");
    let cases = cases(&[calls[1].clone(), refused], None);
    assert_eq!(cases.len(), 1, "{cases:#?}");
    assert_eq!((cases[0].counts.denied, cases[0].actors.len()), (2, 1));
}

#[test]
fn scanners_of_the_internet_wait() {
    let mut scan: Value = serde_json::from_str(&record("anonymous-path.json")).unwrap();
    scan["sourceIPs"] = json!(["198.51.100.24"]);
    let cases = cases(&[scan.to_string()], None);
    assert_eq!((cases.len(), cases[0].level), (1, Level::Low), "{cases:#?}");
    let message = case_message(&cases[0], MessageKind::Finding, None, cases[0].last);
    let fields = message.fields.iter().map(|field| format!("{}: {}\n", field.key, field.value));
    insta::assert_snapshot!(format!("{}\n{}", message.subject, fields.collect::<String>()));
}

#[test]
fn a_subscription_tells_whose_log_it_is() {
    let records: Vec<String> = record("mixed.jsonl").lines().map(str::to_owned).collect();
    let expected = ["eks_audit", "cloudtrail", "eks_audit", "eks_audit"];
    assert_eq!(sources(&open_body(EnvelopeKind::Any, record("mixed.jsonl").as_bytes())), expected);
    let events: Vec<Value> = records.iter().map(|one| json!({"id": "1", "message": one})).collect();
    let body = json!({"messageType": "DATA_MESSAGE", "owner": "444455556666",
        "logGroup": "/aws/eks/shop/cluster", "logStream": "kube-apiserver-audit-0a1b",
        "logEvents": events});
    let opened = open_body(EnvelopeKind::CloudwatchLogs, body.to_string().as_bytes());
    assert_eq!(sources(&opened), expected);
}

/// Records are events or rejects, whatever their stage, and no stage is a repeat of another.
#[test]
fn every_stage_is_an_event_of_its_own() {
    let stages = ["RequestReceived", "ResponseStarted", "ResponseComplete", "Panic"];
    let complete: Value = serde_json::from_str(&record("workload-lacks-role.json")).unwrap();
    let mut engines = SourceEngines::new(&rules(), Some(&Arc::new(Enrichment::default())));
    let mut ids = Vec::new();
    for stage in &stages[..3] {
        let record = Value::Object(
            complete
                .as_object()
                .unwrap()
                .clone()
                .into_iter()
                .chain([("stage".to_owned(), json!(stage))])
                .collect(),
        );
        let text = record.to_string();
        assert_eq!(
            matching(&mut engines, &text).is_empty(),
            *stage != "ResponseComplete",
            "{stage}"
        );
        ids.push(decode(&text).id);
    }
    ids.dedup();
    assert_eq!(ids.len(), 3);
    assert!(id_of("eks_audit").is_some());
}

/// Rules about successes from addresses of which the filter in the docs knows nothing.
const BEYOND_FILTER: [&str; 2] = ["request-from-listed-network", "system-identity-from-internet"];

/// The filter that the docs give for the default rules passes every hit of theirs.
#[test]
fn the_documented_filter_passes_what_the_rules_need() {
    let docs = include_str!("../../../docs/sources.md");
    let pattern = docs.lines().find(|line| line.starts_with("{ $.stage = ")).unwrap();
    assert!(pattern.len() <= 1024, "{}", pattern.len());
    let pattern = cloudwatch::compile_pattern("docs", pattern).unwrap();
    let source = id_of("eks_audit").unwrap();
    let mut hits = 0;
    for (name, text) in shipped::shipped_pages() {
        let Some(rule) = name.strip_prefix("rules/eks_audit/") else { continue };
        let rule = rule.trim_end_matches(".md");
        let file = format!("rules/eks_audit/{rule}.yml");
        let (_, text_of_rule) =
            shipped::shipped_files().iter().find(|(name, _)| *name == file).unwrap();
        if !text_of_rule.contains("\npack: default\n") || BEYOND_FILTER.contains(&rule) {
            continue;
        }
        let tests = rule_tests::parse_page(name, text).unwrap().tests;
        for case in tests.iter().filter(|case| case.kind == TestKind::Hit) {
            for event in &case.events {
                let line = event.to_string();
                assert!(oracle::event_matches(&pattern, source, event, &line), "{rule}: {line}");
                hits += 1;
            }
        }
    }
    assert!(hits > 80, "{hits}");
}
