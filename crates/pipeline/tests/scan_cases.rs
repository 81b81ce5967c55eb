//! Scans of stored logs give the same cases, however the records lie in files, and no finding is
//! lost on the way.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::BTreeSet;
use std::sync::Arc;

use aware_cases::case::Case;
use aware_core::case::{CaseKind, EventMark};
use aware_core::envelope::EnvelopeKind;
use aware_core::envelope::decompress::DecompressionLimits;
use aware_core::event::Level;
use aware_pipeline::rule_set::{RuleSet, RuleSetParts, Suppression};
use aware_pipeline::scan::{FindingFilter, FollowScan, LogScan, ScanReport, SeenEvents};
use aware_rules::ir::RuleExpr;
use aware_rules::shipped::load_shipped;
use aware_rules::sigma::FilterTargets;

const ALICE: &str = r#""type":"IAMUser","principalId":"AIDAEXAMPLE","accountId":"111122223333","userName":"alice","arn":"arn:aws:iam::111122223333:user/alice""#;
const KEYS: [&str; 2] = ["AKIAEXAMPLEALICE0001", "AKIAEXAMPLEALICE0002"];

/// One record: who, by which key, what, when (in seconds after 13:00), and how it ended.
fn record(
    n: usize,
    (identity, key): (&str, &str),
    call: &str,
    second: usize,
    rest: &str,
) -> String {
    let (service, name) = call.split_once(':').unwrap();
    format!(
        r#"{{"eventVersion":"1.11","userIdentity":{{{identity},"accessKeyId":"{key}"}},"eventTime":"2026-11-24T13:{:02}:{:02}Z","eventSource":"{service}.amazonaws.com","eventName":"{name}","awsRegion":"eu-west-1","sourceIPAddress":"203.0.113.{}","userAgent":"aws-cli/2.15"{rest},"eventID":"e{n}","eventType":"AwsApiCall","recipientAccountId":"111122223333"}}"#,
        second / 60 % 60,
        second % 60,
        n % 3
    )
}

const READ: &str = r#","readOnly":true"#;

fn denied(action: &str) -> String {
    format!(
        r#","errorCode":"AccessDenied","errorMessage":"User: arn:aws:iam::111122223333:user/x is not authorized to perform: {action} because no identity-based policy allows the {action} action","readOnly":true"#
    )
}

/// An intruder, whom nearly everything is denied, and whose other reads no rule matches.
fn intruder() -> Vec<String> {
    let calls = [
        "iam:ListUsers",
        "iam:ListRoles",
        "s3:ListBuckets",
        "ec2:DescribeInstances",
        "lambda:ListFunctions20150331",
        "logs:DescribeLogGroups",
        "kms:ListKeys",
        "rds:DescribeDBInstances",
        "secretsmanager:ListSecrets",
        "organizations:ListAccounts",
    ];
    let refused = calls
        .iter()
        .enumerate()
        .map(|(n, call)| record(n, (ALICE, KEYS[0]), call, 60 * n, &denied(call)));
    let other = (100..140)
        .map(|n| record(n, (ALICE, KEYS[n % 2]), "sts:GetCallerIdentity", 20 * (n - 100), READ));
    let failed = r#","errorCode":"NoSuchEntity","errorMessage":"no"}"#.trim_end_matches('}');
    let failed = (140..143).map(|n| record(n, (ALICE, KEYS[0]), "iam:GetRole", n, failed));
    refused.chain(other).chain(failed).collect()
}

fn role(session: &str) -> String {
    format!(
        r#""type":"AssumedRole","principalId":"AROA:{session}","accountId":"111122223333","arn":"arn:aws:sts::111122223333:assumed-role/deployer/{session}","sessionContext":{{"sessionIssuer":{{"type":"Role","arn":"arn:aws:iam::111122223333:role/deployer"}}}}"#
    )
}

/// A workload that lacks one permission, a person whom nothing is denied, and a service.
fn others() -> Vec<String> {
    let lacking = (200..230).map(|n| {
        let rest = format!(
            r#","errorCode":"AccessDenied","errorMessage":"User: x is not authorized to perform: s3:PutObject on resource: \"arn:aws:s3:::parcels/{}\" because no identity-based policy allows the s3:PutObject action""#,
            n % 4
        );
        record(n, (&role("ci"), "ASIAEXAMPLEDEPLOY001"), "s3:PutObject", 60 * (n - 200), &rest)
    });
    let bob = ALICE.replace("alice", "bob");
    let quiet = (300..400)
        .map(|n| record(n, (&bob, "AKIAEXAMPLEBOB000001"), "s3:ListBuckets", 9 * (n - 300), READ));
    let service = r#""type":"AWSService","invokedBy":"config.amazonaws.com""#;
    let service =
        (400..405).map(|n| record(n, (service, ""), "s3:PutObject", n, &denied("s3:PutObject")));
    lacking.chain(quiet).chain(service).collect()
}

fn all_records() -> Vec<String> {
    intruder().into_iter().chain(others()).collect()
}

fn body(records: &[String]) -> Vec<u8> {
    format!("{{\"Records\":[{}]}}", records.join(",")).into_bytes()
}

fn lines(records: &[String]) -> Vec<u8> {
    records.join("\n").into_bytes()
}

fn bodies_of(records: &[String], size: usize) -> Vec<Vec<u8>> {
    records.chunks(size).map(body).collect()
}

/// Scans bodies with some threads, and reads them again as long as somebody is to be followed.
fn scan(
    rules: &Arc<RuleSet>,
    bodies: &[Vec<u8>],
    threads: usize,
    filter: &FindingFilter,
) -> ScanReport {
    let seen = SeenEvents::default();
    let mut parts: Vec<LogScan> = (0..threads).map(|_| LogScan::new(filter, rules)).collect();
    for (at, body) in bodies.iter().enumerate() {
        parts[at % threads].scan_body(&format!("b{at}"), body, filter, &seen);
    }
    let mut whole = LogScan::new(filter, rules);
    parts.into_iter().rev().for_each(|part| whole.merge_part(part));
    while let Some(look) = whole.next_look(&seen) {
        let look = Arc::new(look);
        let new = || FollowScan::new(&look, DecompressionLimits::default());
        let mut parts: Vec<FollowScan> = (0..threads).map(|_| new()).collect();
        for (at, body) in bodies.iter().enumerate() {
            if look.wants_body(&format!("b{at}")) {
                parts[(at + 1) % threads].follow_part(EnvelopeKind::Any, body, &seen);
            }
        }
        parts.into_iter().for_each(|part| whole.merge_look(part));
    }
    whole.into_report().apply_filter(filter)
}

fn scan_default(bodies: &[Vec<u8>], threads: usize) -> ScanReport {
    scan(&Arc::default(), bodies, threads, &FindingFilter::default())
}

fn case_of<'r>(report: &'r ScanReport, name: &str) -> &'r Case {
    let is_of = |case: &&Case| case.actors.iter().any(|actor| actor.name == name);
    report.cases.iter().find(is_of).unwrap()
}

/// Findings in cases, of services, and left out of cases, as against all findings.
fn check_sums(report: &ScanReport) {
    let sums = &report.sums;
    let in_cases: u64 = report.cases.iter().map(|case| case.findings).sum();
    let services: u64 = report.services.iter().map(|tally| tally.count).sum();
    assert_eq!(
        sums.findings + sums.filtered,
        in_cases + services + sums.filtered_of_cases + sums.dropped_of_cases,
        "{sums:?}"
    );
}

/// CloudFormation is refused the same call for two stacks: each of its records says for which.
#[test]
fn every_stack_is_named() {
    let identity = format!(r#"{},"invokedBy":"cloudformation.amazonaws.com""#, role("cfn"));
    let calls = ["shop-web", "shop-db"].into_iter().zip(0..).map(|(stack, n)| {
        let tag = format!(
            r#""requestParameters":{{"tags":{{"aws:cloudformation:stack-name":"{stack}"}}}}"#
        );
        let rest = format!("{},{tag}", denied("sqs:CreateQueue"));
        record(n, (&identity, KEYS[0]), "sqs:CreateQueue", 60 * n, &rest)
    });
    let report = scan_default(&[lines(&calls.collect::<Vec<_>>())], 1);
    assert_eq!(report.cases[0].stacks, ["shop-db", "shop-web"]);
}

#[test]
fn what_an_intruder_did_besides_is_found_and_a_workload_is_not_followed() {
    let report = scan_default(&bodies_of(&all_records(), 25), 1);
    check_sums(&report);
    let case = case_of(&report, "user/alice");
    assert_eq!((case.counts.denied, case.counts.read, case.counts.failed), (10, 40, 3));
    assert!(case.followed && case.level >= Level::High, "{case:#?}");
    assert_eq!(case.actors[0].keys, KEYS);
    let seen = case.actions.iter().find(|line| line.mark == EventMark::Read).unwrap();
    assert_eq!((seen.action.as_str(), seen.count), ("sts:GetCallerIdentity", 40));
    let workload = case_of(&report, "role/deployer");
    assert_eq!((workload.counts.denied, workload.findings), (30, 30));
    assert!(!workload.followed);
    assert_eq!(report.followed.events, 43);
    let kinds: BTreeSet<CaseKind> = report.cases.iter().map(|case| case.kind).collect();
    assert_eq!(kinds, [CaseKind::Intruder, CaseKind::Workload, CaseKind::Chain].into());
    assert_eq!(report.cases.len(), 3);
}

#[test]
fn only_files_of_the_time_are_read_again() {
    let mut bodies = bodies_of(&intruder(), 10);
    let later: Vec<String> =
        others().iter().map(|record| record.replace("2026-11-24", "2026-12-24")).collect();
    let count = bodies.len();
    bodies.extend(bodies_of(&later, 10));
    let mut whole = LogScan::new(&FindingFilter::default(), &Arc::default());
    for (at, body) in bodies.iter().enumerate() {
        whole.scan_body(&at.to_string(), body, &FindingFilter::default(), &SeenEvents::default());
    }
    let look = whole.next_look(&SeenEvents::default()).unwrap();
    let wanted = (0..bodies.len()).filter(|at| look.wants_body(&at.to_string()));
    assert!(wanted.eq(0..count));
}

#[test]
fn any_order_split_and_duplication_gives_the_same_cases() {
    let mut records = all_records();
    let expected = scan_default(&bodies_of(&records, 25), 1);
    let wanted = format!("{:#?}", expected.cases);
    let mut random = fastrand::Rng::with_seed(20_261_129);
    for round in 0..30 {
        random.shuffle(&mut records);
        let mut bodies = bodies_of(&records, random.usize(1..80));
        for again in 0..random.usize(0..4) {
            bodies.insert(random.usize(0..bodies.len()), body(&records[again * 7..again * 9 + 1]));
        }
        let report = scan_default(&bodies, random.usize(1..4));
        check_sums(&report);
        let cases = format!("{:#?}", report.cases);
        assert!(cases == wanted, "round {round}:\n{cases}\nshould be\n{wanted}");
    }
}

#[test]
fn any_form_gives_the_same_cases() {
    let records = all_records();
    let wanted = format!("{:#?}", scan_default(&[body(&records)], 1).cases);
    let escaped: Vec<String> =
        records.iter().map(|record| record.replace("AKIAEXAMPLE", "AKI\\u0041EXAMPLE")).collect();
    let slashes: Vec<String> =
        records.iter().map(|record| record.replace(":user/", ":user\\/")).collect();
    let spread: Vec<String> =
        records.iter().map(|record| record.replace("\":", "\" : ").replace(',', ", ")).collect();
    let bus: Vec<String> = records
        .iter()
        .map(|record| format!(r#"{{"version":"0","detail-type":"AWS API Call via CloudTrail","source":"aws.iam","detail":{record}}}"#))
        .collect();
    for (name, form) in [
        ("lines", lines(&records)),
        ("escapes", body(&escaped)),
        ("slashes", body(&slashes)),
        ("blanks", lines(&spread)),
        ("EventBridge", lines(&bus)),
    ] {
        let cases = format!("{:#?}", scan_default(&[form], 1).cases);
        assert!(cases == wanted, "{name}:\n{cases}\nshould be\n{wanted}");
    }
}

#[test]
fn a_filter_leaves_cases_out_and_keeps_a_story_whole() {
    let bodies = bodies_of(&all_records(), 25);
    let rules = Arc::default();
    let report = |filter: FindingFilter| {
        let report = scan(&rules, &bodies, 2, &filter);
        check_sums(&report);
        report
    };
    let names = |report: &ScanReport| -> Vec<String> {
        let own = report.cases.iter().filter(|case| case.kind != CaseKind::Chain);
        own.map(|case| case.actors[0].name.clone()).collect()
    };
    let only = |name: &str| FindingFilter { principals: vec![name.into()], ..Default::default() };
    assert_eq!(names(&report(only("alice"))), ["user/alice"]);
    assert_eq!(names(&report(only("deployer"))), ["role/deployer"]);
    assert_eq!(names(&report(only("nobody"))), [""; 0]);
    let severe = FindingFilter { min_level: Some(Level::High), ..Default::default() };
    assert_eq!(names(&report(severe)), ["user/alice"]);
    let since = Some("2026-11-24T13:05:00Z".parse().unwrap());
    let late = report(FindingFilter { since, ..only("alice") });
    let case = case_of(&late, "user/alice");
    assert_eq!((case.findings, case.counts.denied, case.counts.read), (5, 10, 40));
    let none = FindingFilter { rules: Some(["other".into()].into()), ..Default::default() };
    assert_eq!(names(&report(none)), [""; 0]);
}

/// The rules that ship and those of these ids, with a suppression that hides some findings.
fn hiding(targets: FilterTargets, more: &str) -> Arc<RuleSet> {
    let hidden = Suppression {
        name: "known".into(),
        owner: "ops".into(),
        reason: "known".into(),
        until: "2030-01-01T00:00:00Z".parse().unwrap(),
        source: None,
        expr: RuleExpr::Any(Vec::new()),
        file: String::new(),
        line: 0,
    };
    let shipped = load_shipped();
    let rules = shipped.rules.iter();
    let rules = rules.map(|rule| (rule.clone(), rule.enabled || rule.about.id == more));
    Arc::new(RuleSet::new(RuleSetParts {
        rules: rules.collect(),
        correlations: Default::default(),
        suppressions: vec![(hidden, targets)],
        lateness: None,
    }))
}

#[test]
fn hidden_findings_open_no_case_but_belong_to_the_story() {
    let (routes, all) = ("aware-cis-4-13", FindingFilter::default());
    let mut records = intruder();
    let report = scan(&hiding(FilterTargets::Any, routes), &[body(&records)], 1, &all);
    assert_eq!((report.cases.len(), report.sums.hidden, report.sums.findings), (0, 10, 0));
    records.push(record(900, (ALICE, KEYS[0]), "ec2:CreateRoute", 700, r#","readOnly":false"#));
    let some = hiding(FilterTargets::Rules(vec![routes.into()]), routes);
    let report = scan(&some, &[body(&records)], 1, &all);
    check_sums(&report);
    let case = case_of(&report, "user/alice");
    assert_eq!((case.findings, case.counts.changed, report.sums.hidden), (10, 1, 1));
}

/// A record of anybody doing anything, with any end.
fn random_record(n: usize, random: &mut fastrand::Rng) -> String {
    let bob = ALICE.replace("alice", "bob");
    let root = r#""type":"Root","accountId":"111122223333","arn":"arn:aws:iam::111122223333:root""#;
    let service = r#""type":"AWSService","invokedBy":"config.amazonaws.com""#;
    let person = role("dana@example.com");
    let (ci, web) = (role("ci"), role("i-0a1b2c3d4e5f60718"));
    let identities = [ALICE, &bob, root, service, &person, &ci, &web];
    let keys = [KEYS[0], KEYS[1], "ASIAEXAMPLESESSION01", "AKIAEXAMPLEBOB000001"];
    let calls = [
        ("iam:CreateAccessKey", r#"{"userName":"bob"}"#),
        ("iam:DeleteAccessKey", r#"{"userName":"bob","accessKeyId":"AKIAEXAMPLEBOB000001"}"#),
        (
            "iam:AttachUserPolicy",
            r#"{"userName":"alice","policyArn":"arn:aws:iam::aws:policy/AdministratorAccess"}"#,
        ),
        ("cloudtrail:StopLogging", r#"{"name":"main"}"#),
        ("cloudtrail:StartLogging", r#"{"name":"main"}"#),
        ("s3:PutBucketPolicy", r#"{"bucketName":"parcels"}"#),
        ("ec2:CreateRoute", r#"{"routeTableId":"rtb-1"}"#),
        ("ec2:DescribeInstances", "null"),
        ("s3:ListBuckets", "null"),
        ("secretsmanager:GetSecretValue", r#"{"secretId":"app/db"}"#),
        ("organizations:ListAccounts", "null"),
    ];
    let (call, request) = *random.choice(&calls).unwrap();
    let response = r#""responseElements":{"accessKey":{"userName":"bob","accessKeyId":"AKIAEXAMPLEBOB000001"}}"#;
    let rest = match random.usize(0..5) {
        0 | 1 => denied(call).replace(r#","readOnly":true"#, ""),
        2 => r#","errorCode":"NoSuchEntity","errorMessage":"there is none""#.to_owned(),
        _ => format!(",{response}"),
    };
    let who = (*random.choice(&identities).unwrap(), *random.choice(&keys).unwrap());
    let rest = format!(r#"{rest},"requestParameters":{request}"#);
    record(n, who, call, random.usize(0..3_600), &rest)
}

#[test]
fn every_finding_is_in_one_case_whatever_is_left_out() {
    let rules = load_shipped().rules.iter().map(|rule| (rule.clone(), true)).collect::<Vec<_>>();
    let rules = Arc::new(RuleSet::new(RuleSetParts {
        rules,
        correlations: Default::default(),
        suppressions: Vec::new(),
        lateness: None,
    }));
    let since = Some("2026-11-24T13:20:00Z".parse().unwrap());
    let filters = [
        FindingFilter::default(),
        FindingFilter { principals: vec!["bob".into()], ..FindingFilter::default() },
        FindingFilter { since, min_level: Some(Level::High), ..FindingFilter::default() },
        FindingFilter {
            rules: Some(["aws-denied-call".into()].into()),
            ..FindingFilter::default()
        },
    ];
    let mut random = fastrand::Rng::with_seed(20_261_130);
    for round in 0..6 {
        let mut records: Vec<String> = (0..300).map(|n| random_record(n, &mut random)).collect();
        for filter in &filters {
            let first = scan(&rules, &bodies_of(&records, 40), 1, filter);
            check_sums(&first);
            random.shuffle(&mut records);
            let again = scan(&rules, &bodies_of(&records, random.usize(1..90)), 3, filter);
            check_sums(&again);
            let [one, other] = [&first, &again].map(|report| format!("{:#?}", report.cases));
            assert!(one == other, "round {round}, {filter:?}:\n{one}\nor\n{other}");
        }
    }
}
