//! What other services find joins the cases of whoever was denied something; and what flow logs show.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::path::Path;
use std::sync::Arc;

use aware_cases::case::Case;
use aware_cases::view::{CaseView, case_rows};
use aware_core::case::{CaseKind, CaseReading};
use aware_core::event::Level;
use aware_pipeline::rule_set::RuleSet;
use aware_pipeline::scan::{FindingFilter, LogScan, SeenEvents};
use serde_json::{Value, json};

fn corpus(name: &str) -> Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/findings");
    serde_json::from_str(&std::fs::read_to_string(folder.join(name)).unwrap()).unwrap()
}

fn scan(bodies: &[Value]) -> Vec<Case> {
    scan_texts(&bodies.iter().map(Value::to_string).collect::<Vec<_>>())
}

/// The cases of bodies, with the rules that are on by default.
fn scan_texts(bodies: &[String]) -> Vec<Case> {
    let rules = Arc::new(RuleSet::default());
    let (filter, seen) = (FindingFilter::default(), SeenEvents::default());
    let mut scan = LogScan::new(&filter, &rules);
    for (number, body) in bodies.iter().enumerate() {
        scan.scan_body(&format!("file {number}"), body.as_bytes(), &filter, &seen);
    }
    scan.into_report().cases
}

/// A call that was denied to alice, whom GuardDuty reports in the corpus, at this time.
fn denied(identity: Value, time: &str) -> Value {
    json!({"Records": [{
        "eventVersion": "1.11", "eventTime": time, "eventSource": "iam.amazonaws.com",
        "eventName": "ListUsers", "awsRegion": "eu-west-1", "sourceIPAddress": "203.0.113.9",
        "userAgent": "aws-cli/2.15", "errorCode": "AccessDenied", "eventID": format!("e {time}"),
        "errorMessage": "User: x is not authorized to perform: iam:ListUsers because no identity-based policy allows the iam:ListUsers action",
        "userIdentity": identity, "recipientAccountId": "111122223333", "eventType": "AwsApiCall",
        "readOnly": true,
    }]})
}

fn alice() -> Value {
    json!({"type": "IAMUser", "accountId": "111122223333", "userName": "alice",
        "arn": "arn:aws:iam::111122223333:user/alice", "accessKeyId": "AKIAIOSFODNN7EXAMPLE"})
}

/// A role with a path, which GuardDuty does not know.
fn web() -> Value {
    json!({"type": "AssumedRole", "accountId": "111122223333", "accessKeyId": "ASIAIOSFODNN7EXAMPLE",
        "principalId": "AROAEXAMPLE:i-0123456789abcdef0",
        "arn": "arn:aws:sts::111122223333:assumed-role/web/i-0123456789abcdef0",
        "sessionContext": {"sessionIssuer": {"type": "Role",
            "arn": "arn:aws:iam::111122223333:role/apps/web", "userName": "web"}}})
}

fn levels(cases: &[Case]) -> Vec<(Level, CaseReading)> {
    cases.iter().map(|case| (case.level, case.reading)).collect()
}

#[test]
fn a_finding_alone() {
    let cases = scan(&[corpus("guardduty-caller.json")]);
    assert_eq!(levels(&cases), [(Level::High, CaseReading::ReportedThreat)]);
    let case = &cases[0];
    assert_eq!((case.kind, case.findings, case.counts.reported), (CaseKind::Intruder, 1, 1));
    let view = CaseView::new(case);
    assert_eq!(
        view.headline,
        "GuardDuty: Reconnaissance API DescribeInstances was invoked from an address on a custom threat list, \
         about user/alice"
    );
    let rows: Vec<String> = case_rows(&view, "LOGS")
        .into_iter()
        .map(|row| format!("{} {}", row.label, row.text))
        .collect();
    let rows = rows.join("\n");
    assert!(rows.contains("GuardDuty, high: Reconnaissance API"), "{rows}");
    assert!(rows.contains("looks like an attack, in the words of another service"), "{rows}");
    assert!(!rows.contains("no calls"), "{rows}");
}

#[test]
fn denials_and_a_finding_within_a_day_are_one_case_one_level_worse() {
    let finding = corpus("guardduty-caller.json");
    let near = scan(&[denied(alice(), "2026-11-29T20:00:00Z"), finding.clone()]);
    assert_eq!(levels(&near), [(Level::Critical, CaseReading::ReportedThreat)]);
    let signs: Vec<&str> = near[0].signs.iter().map(|sign| sign.text.as_str()).collect();
    assert!(signs.contains(&"denied within 24 h of what GuardDuty reports"), "{signs:?}");
    assert!(
        near[0].cure.as_ref().is_none_or(|cure| !cure.is_offered()),
        "never a cure to an intruder"
    );
    assert!(CaseView::new(&near[0]).headline.ends_with("user/alice was denied iam:ListUsers"));
    let other_order = scan(&[finding.clone(), denied(alice(), "2026-11-29T20:00:00Z")]);
    assert_eq!(other_order, near);
    let far = scan(&[denied(alice(), "2026-12-03T20:00:00Z"), finding]);
    assert_eq!(levels(&far), [(Level::High, CaseReading::ReportedThreat)]);
}

#[test]
fn a_weakness_or_a_sample_makes_nobody_an_intruder() {
    let bucket = corpus("guardduty-bucket.json");
    let cases = scan(&[bucket]);
    assert_eq!(levels(&cases), [(Level::Medium, CaseReading::ReportedWeakness)]);
    assert_eq!(scan(&[corpus("guardduty-sample.json")]), []);
}

#[test]
fn updates_and_copies_are_one_finding() {
    let first = corpus("guardduty-caller.json");
    let mut update = first.clone();
    update["detail"]["updatedAt"] = json!("2026-11-29T15:10:00.000Z");
    update["detail"]["service"]["count"] = json!(14);
    update["detail"]["service"]["eventLastSeen"] = json!("2026-11-29T15:05:00.000Z");
    // The delegated administrator's account gets a copy, and so does Security Hub.
    let all = [
        first,
        update,
        corpus("guardduty-of-a-member-account.json"),
        corpus("securityhub-asff.json"),
    ];
    let cases = scan(&all);
    assert_eq!(levels(&cases), [(Level::High, CaseReading::ReportedThreat)]);
    let lines = &cases[0].reported;
    assert_eq!((lines.len(), lines[0].count, cases[0].counts.reported), (1, 14, 1));
    assert_eq!(lines[0].last.to_string(), "2026-11-29T15:05:00Z");
}

#[test]
fn the_parts_of_a_sequence_are_told_with_it() {
    let all =
        [corpus("guardduty-part-of-a-sequence.json"), corpus("guardduty-attack-sequence.json")];
    let cases = scan(&all);
    assert_eq!(levels(&cases), [(Level::Critical, CaseReading::Intrusion)]);
    assert_eq!(cases[0].reported.len(), 1);
}

#[test]
fn a_key_or_an_instance_joins_whom_names_do_not() {
    let role = corpus("guardduty-instance-role.json");
    let by_key = scan(&[denied(web(), "2026-11-29T09:30:00Z"), role]);
    assert_eq!(levels(&by_key), [(Level::Critical, CaseReading::ReportedThreat)]);
    let instance = corpus("guardduty-instance.json");
    let by_instance = scan(&[denied(web(), "2026-11-29T09:30:00Z"), instance]);
    assert_eq!(levels(&by_instance), [(Level::Critical, CaseReading::ReportedThreat)]);
    let key = corpus("health-exposed-key.json");
    let exposed = scan(&[denied(alice(), "2026-11-29T09:30:00Z"), key]);
    assert_eq!(levels(&exposed), [(Level::Critical, CaseReading::Intrusion)]);
    assert_eq!(exposed[0].actors.len(), 2);
}

/// Only AWS sends events whose source begins with `aws.`.
#[test]
fn nobody_else_reports() {
    let mut forged = corpus("guardduty-caller.json");
    forged["source"] = json!("my.app");
    assert_eq!(scan(&[forged]), []);
}

/// A host that asks others for a port, three times each.
fn flows(peers: u32) -> String {
    let lines = (0..peers).flat_map(|peer| {
        (0..3).map(move |n| {
            let time = 1_795_946_400 + 20 * n;
            format!("2 111122223333 eni-0a1b 10.0.1.20 10.0.9.{peer} {} 5432 6 1 44 {time} {time} REJECT OK\n", 40_000 + n)
        })
    });
    lines.collect()
}

/// Somebody who looks around slowly enough to be no sweep is offered nothing.
#[test]
fn whoever_is_refused_at_many_places_gets_no_rule() {
    for (peers, reading, is_offered) in [
        (1, CaseReading::LacksPermission, true),
        (4, CaseReading::LacksPermission, true),
        (5, CaseReading::Unclear, false),
        (19, CaseReading::Unclear, false),
        (20, CaseReading::Exploring, false),
    ] {
        let cases = scan_texts(&[flows(peers)]);
        assert_eq!(cases.len(), 1, "{peers}");
        let cure = cases[0].cure.as_ref();
        assert_eq!(
            (cases[0].reading, cure.is_some_and(aware_core::explanation::Cure::is_offered)),
            (reading, is_offered),
            "{peers}"
        );
    }
    assert_eq!(scan_texts(&[flows(1)])[0].counts.denied, 3);
}
