//! What refuses, from the record to the words of its case.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::fs;
use std::path::Path;
use std::sync::Arc;

use aware_cases::advise::explain_event;
use aware_cases::case::{Case, CaseBook, CaseEvent, Refuser};
use aware_cases::triage::PrincipalHistories;
use aware_cases::view::{CaseView, case_rows};
use aware_core::case::CaseReading;
use aware_core::event::Level;
use aware_core::finding::RuleSummary;
use aware_core::open::OpenEnum;
use aware_core::source::decode_record;
use serde_json::{Value, json};

/// The case of one record, which a rule matches that says what its findings look like.
fn case_of(record: &Value, reading: Option<CaseReading>) -> Case {
    let event = decode_record(record.to_string().as_bytes()).unwrap();
    let mut rule = RuleSummary::with_defaults("own-rule", "A rule", Level::Low);
    rule.reading = reading.map(OpenEnum::from);
    let (mut book, mut histories) = (CaseBook::new(), PrincipalHistories::new());
    histories.record_event(&event);
    let why = explain_event(&event).map(Box::new);
    book.record_event(&CaseEvent::from_event(&event, vec![Arc::new(rule)], why));
    let [case] = book.build_cases(&histories, event.time).try_into().unwrap();
    case
}

fn of_corpus(name: &str) -> Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus");
    serde_json::from_str(&fs::read_to_string(folder.join(name)).unwrap()).unwrap()
}

fn flow(kind: &str) -> Value {
    json!({"kind": kind, "flows": 7, "start": "2026-11-24T09:00:00Z", "end": "2026-11-24T09:10:00Z",
        "srcaddr": "10.0.1.7", "dstaddr": "10.0.2.8", "protocol": "tcp", "dstport": 443,
        "account_id": "111122223333", "vpc_id": "vpc-0abc"})
}

#[test]
fn a_network_acl_that_refuses_answers_lacks_no_rule_of_a_group() {
    let answers = case_of(&flow("refused-answer"), Some(CaseReading::LacksPermission));
    assert_eq!(answers.refused_by, [Refuser::NetworkAcl].into());
    let headline = "A network ACL refuses the replies of 10.0.1.7 from net:tcp/443";
    assert_eq!(CaseView::new(&answers).headline, headline);
    let inside = case_of(&flow("refused-inside"), Some(CaseReading::LacksPermission));
    assert_eq!(inside.refused_by, [Refuser::NetworkRule].into());
    assert_eq!(CaseView::new(&inside).headline, "10.0.1.7 lacks net:tcp/443");
}

#[test]
fn admission_refuses_what_roles_allow() {
    let case = case_of(&of_corpus("eks_audit/webhook.json"), Some(CaseReading::LacksPermission));
    assert_eq!(case.refused_by, [Refuser::KubernetesAdmission].into());
    let why = CaseView::new(&case).why.sentence;
    assert_eq!(why, "a request that the cluster's admission control refuses: no role is missing");
}

#[test]
fn the_policy_of_an_endpoint_denies_and_its_endpoint_is_named() {
    let case = case_of(&of_corpus("cloudtrail/category-network-activity.json"), None);
    assert_eq!(case.refused_by, [Refuser::Iam].into());
    assert_eq!(case.endpoints, ["vpce-0123456789abcdef0"]);
    let view = CaseView::new(&case);
    assert_eq!(view.from, "192.0.2.34 \u{b7} through vpce-0123456789abcdef0 \u{b7} aws-cli");
}

#[test]
fn an_insight_is_told_in_a_sentence() {
    let case = case_of(&of_corpus("cloudtrail/category-insight.json"), None);
    let view = CaseView::new(&case);
    let rows = case_rows(&view, "LOGS");
    let counted = rows.iter().find(|row| row.label == "counted").unwrap();
    assert_eq!(counted.text, "ssm:UpdateInstanceInformation was called at an unusual rate");
}

/// A queried name is no refusal: whoever mines is not looking around.
#[test]
fn a_rule_may_call_hostile_what_nothing_refused() {
    let mut flow = flow("watched-port");
    flow["watched_for"] = "mining pools".into();
    let case = case_of(&flow, Some(CaseReading::Exploring));
    assert_eq!((case.reading, case.refused_by.is_empty()), (CaseReading::Exploring, true));
    assert_eq!(CaseView::new(&case).why.sentence, "an attack, or somebody preparing one");
}
