//! Stories of intruders and of broken workloads, each as one case.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::print_stdout)]

#[path = "story/mod.rs"]
mod story;

use std::collections::HashMap;
use std::sync::Arc;

use aware_cases::advise::explain_event;
use aware_cases::case::{
    Case, CaseBook, CaseEvent, CaseRows, KnownActor, UndoState, mark_known_cases,
};
use aware_cases::triage::PrincipalHistories;
use aware_cases::view::CaseView;
use aware_core::case::{CaseKind, CaseReading, EventMark};
use aware_core::event::{Level, Outcome};
use aware_core::explanation::Cure;
use aware_core::finding::RuleSummary;
use aware_core::open::NamedSet;
use aware_core::source::decode_record;
use serde_json::json;
use story::records::{ACCOUNT, Call, Caller, exploring_calls};

/// The cases of these calls, as a scan builds them: every denial is a finding, and everything else
/// that its principals did is known.
fn cases_of(calls: &[Call]) -> Vec<Case> {
    let (mut book, mut histories) = (CaseBook::new(), PrincipalHistories::new());
    let mut until = jiff::Timestamp::MIN;
    for call in calls {
        let event = decode_record(call.json().as_bytes()).unwrap();
        until = until.max(event.time);
        histories.record_event(&event);
        let denied = event.outcome == Outcome::Denied;
        let rules: Vec<Arc<RuleSummary>> =
            denied.then(RuleSummary::denied_call).into_iter().collect();
        let why = explain_event(&event).map(Box::new);
        book.record_event(&CaseEvent::from_event(&event, rules, why));
    }
    book.build_cases(&histories, until)
}

fn only_case(calls: &[Call]) -> Case {
    let mut cases = cases_of(calls);
    assert_eq!(cases.len(), 1, "{:?}", cases.iter().map(|c| &c.actors).collect::<Vec<_>>());
    cases.remove(0)
}

fn keller() -> Caller {
    Caller::user("m.keller", "AKIAEXAMPLEKELLER001", "203.0.113.83")
}

/// Four denials, `Allow *`, the same call, a second key that is used.
fn takeover() -> Vec<Call> {
    let who = keller();
    let other = Caller::user("m.keller", "AKIAEXAMPLEKELLER002", "203.0.113.83");
    let policy =
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    vec![
        Call::new(100, &who, "sts:GetCallerIdentity"),
        Call::new(200, &who, "s3:ListBuckets").denied_action("s3:ListAllMyBuckets", "*"),
        Call::new(206, &who, "ec2:DescribeInstances").denied("*"),
        Call::new(212, &who, "lambda:ListFunctions").denied("*"),
        Call::new(290, &who, "logs:DescribeLogGroups").denied("*"),
        Call::new(400, &who, "iam:PutUserPolicy").request(json!({"userName": "m.keller",
            "policyName": "helpdesk", "policyDocument": policy})),
        Call::new(420, &who, "s3:ListBuckets"),
        Call::new(630, &who, "iam:CreateAccessKey")
            .request(json!({"userName": "m.keller"}))
            .answer(
                json!({"accessKey": {"accessKeyId": "AKIAEXAMPLEKELLER002", "userName": "m.keller",
                "status": "Active"}}),
            ),
        Call::new(688, &other, "sts:GetCallerIdentity"),
        Call::new(700, &other, "ec2:DescribeInstances"),
    ]
}

#[test]
fn whoever_is_denied_and_then_helps_themselves_is_an_intruder() {
    let case = only_case(&takeover());
    assert_eq!((case.level, case.reading), (Level::Critical, CaseReading::Intrusion), "{case:#?}");
    assert_eq!(case.kind, CaseKind::Intruder);
    let [turn] = case.turns.as_slice() else { panic!("{:?}", case.turns) };
    assert_eq!(turn.actions, ["ec2:DescribeInstances", "s3:ListBuckets"]);
    assert_eq!(turn.allowed.to_string(), "2026-11-24T00:07:00Z");
    assert!(!case.cure.as_ref().is_some_and(Cure::is_offered));
    let texts: Vec<&str> = case.notable.iter().map(|line| line.fact.text.as_str()).collect();
    assert!(texts[0].contains("iam:PutUserPolicy on themselves: Allow * on *"), "{texts:?}");
    assert!(texts[1].contains("iam:CreateAccessKey"), "{texts:?}");
    let key = &case.notable[1];
    assert_eq!(key.first_used.as_ref().unwrap().0.to_string(), "2026-11-24T00:11:28Z");
    assert!(!case.contain.is_empty());
    assert_eq!(case.actors[0].keys.len(), 2);
}

#[test]
fn without_the_change_there_is_no_turn() {
    let calls: Vec<Call> =
        takeover().into_iter().filter(|call| !call.json().contains("PutUserPolicy")).collect();
    let case = only_case(&calls);
    assert!(case.turns.is_empty());
    assert_ne!(case.level, Level::Critical);
}

#[test]
fn a_new_version_of_a_policy_is_a_change_too() {
    let who = keller();
    let document = r#"{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    let calls = [
        Call::new(200, &who, "s3:ListBuckets").denied_action("s3:ListAllMyBuckets", "*"),
        Call::new(300, &who, "iam:CreatePolicyVersion").request(json!({"setAsDefault": true,
            "policyArn": "arn:aws:iam::111122223333:policy/team", "policyDocument": document})),
        Call::new(400, &who, "s3:ListBuckets"),
    ];
    let case = only_case(&calls);
    assert_eq!((case.level, case.turns.len()), (Level::Critical, 1), "{case:#?}");
}

#[test]
fn a_call_that_had_worked_before_makes_no_turn() {
    let mut calls = takeover();
    calls.push(Call::new(50, &keller(), "s3:ListBuckets"));
    calls.push(Call::new(60, &keller(), "ec2:DescribeInstances"));
    assert!(only_case(&calls).turns.is_empty());
}

#[test]
fn a_burst_over_many_services_is_one_high_case() {
    let who = Caller::user("audit", "AKIAEXAMPLEBURST0001", "198.51.100.9");
    let services = [
        "iam", "s3", "ec2", "lambda", "rds", "sns", "sqs", "kms", "ecs", "eks", "ecr", "glue",
        "athena", "dynamodb", "logs", "events", "ssm", "states", "backup", "dms", "fsx", "mq",
        "emr", "waf",
    ];
    let calls: Vec<Call> = (0..)
        .zip(services)
        .flat_map(|(at, service)| {
            let list = Call::new(100 + 3 * at, &who, &format!("{service}:ListThings")).denied("*");
            let get =
                Call::new(101 + 3 * at, &who, &format!("{service}:DescribeThing")).denied("*");
            [list, get]
        })
        .collect();
    let case = only_case(&calls);
    assert_eq!((case.level, case.reading), (Level::High, CaseReading::Exploring));
    assert_eq!((case.findings, case.counts.denied), (48, 48));
    assert!(!case.cure.as_ref().is_some_and(Cure::is_offered));
}

#[test]
fn a_deployment_that_lacks_nine_permissions_is_one_case_with_one_policy() {
    let who = Caller::role("deployer", "AWSCloudFormation", "ASIAEXAMPLEDEPLOY001", "198.51.100.7")
        .through("cloudformation.amazonaws.com");
    let at = |second, action: &str, resource: &str| {
        Call::new(second, &who, action).denied(&format!("arn:aws:{resource}"))
    };
    let of_stack = |call: Call, tags| call.set("requestParameters", json!({"tags": tags}));
    let listed = json!([{"key": "aws:cloudformation:stack-name", "value": "shop-orders"}]);
    let named = json!({"aws:cloudformation:stack-name": "shop-orders"});
    let function = "lambda:eu-west-1:111122223333:function:orders";
    let calls = [
        of_stack(
            at(100, "dynamodb:CreateTable", "dynamodb:eu-west-1:111122223333:table/orders"),
            listed,
        ),
        of_stack(at(160, "lambda:CreateFunction", function), named),
        at(220, "logs:CreateLogGroup", "logs:eu-west-1:111122223333:log-group:/aws/lambda/orders"),
        at(280, "sqs:CreateQueue", "sqs:eu-west-1:111122223333:orders"),
        at(340, "sns:CreateTopic", "sns:eu-west-1:111122223333:orders"),
        at(400, "events:PutRule", "events:eu-west-1:111122223333:rule/orders"),
        at(460, "ssm:PutParameter", "ssm:eu-west-1:111122223333:parameter/orders"),
        at(520, "iam:CreateRole", "iam::111122223333:role/orders-fn"),
        at(580, "ecr:CreateRepository", "ecr:eu-west-1:111122223333:repository/orders"),
    ];
    let case = only_case(&calls);
    assert_eq!((case.level, case.reading), (Level::Low, CaseReading::LacksPermission), "{case:#?}");
    let cure = case.cure.as_ref().unwrap();
    assert_eq!(cure.changes.len(), 1, "{cure:#?}");
    assert_eq!(case.cured, (0, 9));
    assert!(case.contain.is_empty());
    let from = CaseView::new(&case).from;
    assert!(from.contains("CloudFormation, for stack shop-orders"), "{from}");
}

#[test]
fn whoever_creates_an_identity_and_uses_it_is_one_case_with_it() {
    let who = Caller::user("temp", "AKIAEXAMPLETEMP00001", "198.51.100.9");
    let made = Caller::user("backup-svc", "AKIAEXAMPLEBACKUP001", "198.51.100.9");
    let calls = [
        Call::new(100, &who, "iam:ListUsers").denied("*"),
        Call::new(110, &who, "iam:CreateUser").request(json!({"userName": "backup-svc"})),
        Call::new(120, &who, "iam:CreateAccessKey").request(json!({"userName": "backup-svc"})).answer(
            json!({"accessKey": {"accessKeyId": "AKIAEXAMPLEBACKUP001", "userName": "backup-svc"}}),
        ),
        Call::new(200, &made, "s3:ListBuckets").denied_action("s3:ListAllMyBuckets", "*"),
    ];
    let case = only_case(&calls);
    assert_eq!(case.actors.len(), 2);
    assert_eq!(case.actors[0].name, "user/temp", "who began it comes first");
    assert!(
        case.signs.iter().any(|sign| sign.text.contains("that user/temp created")),
        "{:?}",
        case.signs
    );
}

#[test]
fn only_whoever_requested_the_hostile_session_answers_for_it() {
    let shared = |session: &str, key: &str| Caller::role("shared", session, key, "198.51.100.9");
    let mut calls = Vec::new();
    for (at, name) in (0..).zip(["ana", "ben"]) {
        let key = format!("ASIAEXAMPLESHARED00{at}");
        let who = Caller::user(name, &format!("AKIAEXAMPLEUSER0000{at}"), "198.51.100.9");
        let role = "arn:aws:iam::111122223333:role/shared";
        calls.push(
            Call::new(100 + at, &who, "sts:AssumeRole")
                .request(json!({"roleArn": role}))
                .answer(json!({"credentials": {"accessKeyId": key}, "assumedRoleUser": {"arn":
                format!("arn:aws:sts::111122223333:assumed-role/shared/{name}")}})),
        );
        calls.push(Call::new(200 + at, &shared(name, &key), "ec2:DescribeRegions"));
    }
    let session = shared("ben", "ASIAEXAMPLESHARED001");
    calls.extend(exploring_calls(&session, 300));
    let case = only_case(&calls);
    assert_eq!(case.reading, CaseReading::Exploring);
    let names: Vec<&str> = case.actors.iter().map(|actor| actor.name.as_str()).collect();
    assert_eq!(names, ["user/ben", "role/shared"]);
}

#[test]
fn two_workloads_are_two_cases() {
    let calls = [("a", 100), ("b", 200)].map(|(name, second)| {
        let key = format!("ASIAEXAMPLEWORK{name}001").to_uppercase();
        let who = Caller::role(name, "i-0123456789abcdef0", &key, "10.0.0.1");
        Call::new(second, &who, "sqs:SendMessage")
            .denied("arn:aws:sqs:eu-west-1:111122223333:orders")
    });
    let cases = cases_of(&calls);
    assert_eq!(cases.len(), 2);
    assert!(cases.iter().all(|case| case.cure.as_ref().is_some_and(Cure::is_offered)));
}

#[test]
fn one_policy_that_refuses_many_is_one_case() {
    let calls: Vec<Call> = (0..6)
        .map(|at| {
            let who = Caller::role(
                &format!("app{at}"),
                "s",
                &format!("ASIAEXAMPLEAPP00000{at}"),
                "10.0.0.1",
            );
            let text = format!(
                "User: {} is not authorized to perform: sqs:SendMessage on resource: \
                 arn:aws:sqs:eu-west-1:{ACCOUNT}:orders with an explicit deny in a service control \
                 policy: arn:aws:organizations::{ACCOUNT}:policy/o-abc/service_control_policy/p-1",
                who.arn()
            );
            Call::new(100 + 30 * at, &who, "sqs:SendMessage")
                .set("errorCode", json!("AccessDenied"))
                .set("errorMessage", json!(text))
        })
        .collect();
    let case = only_case(&calls);
    let cause = case.cause.as_ref().unwrap();
    assert!(cause.what.contains("service_control_policy/p-1"), "{cause:?}");
    assert_eq!((cause.principals, case.findings), (6, 6));
    let four = cases_of(&calls[..4]);
    assert_eq!(four.len(), 4, "fewer than five stay apart");
}

#[test]
fn an_instances_credentials_from_two_networks_are_stolen() {
    let at = |address| Caller::role("web", "i-0123456789abcdef0", "ASIAEXAMPLEWEB000001", address);
    let calls = [
        Call::new(100, &at("198.51.100.7"), "ssm:UpdateInstanceInformation"),
        Call::new(200, &at("203.0.113.99"), "s3:ListBuckets")
            .denied_action("s3:ListAllMyBuckets", "*"),
    ];
    let case = only_case(&calls);
    assert_eq!(case.level, Level::Critical);
    assert!(case.signs[0].text.contains("from 2 networks"), "{:?}", case.signs);
    // Through an endpoint of a VPC an instance has another address.
    let [first, second] = calls;
    let calls = [first, second.set("vpcEndpointId", json!("vpce-0123456789abcdef0"))];
    assert_ne!(only_case(&calls).level, Level::Critical);
}

#[test]
fn logs_that_do_not_arrive_are_a_case_with_what_changed() {
    let admin = Caller::user("ops", "AKIAEXAMPLEOPS000001", "198.51.100.7");
    let service = Caller::service("delivery.logs.amazonaws.com");
    let mut calls = vec![
        Call::new(100, &admin, "s3:PutBucketPolicy")
            .request(json!({"bucketName": "flow-log"}))
            .set("resources", json!([{"type": "AWS::S3::Bucket", "ARN": "arn:aws:s3:::flow-log"}])),
    ];
    calls.extend((0..20).map(|at| {
        Call::new(400 + at, &service, "s3:PutObject")
            .request(json!({"bucketName": "flow-log", "key": format!("AWSLogs/{at}")}))
            .set(
                "resources",
                json!([{"type": "AWS::S3::Object",
                "ARN": format!("arn:aws:s3:::flow-log/AWSLogs/{at}")}]),
            )
            .set("errorCode", json!("AccessDenied"))
            .set("errorMessage", json!("Access Denied"))
    }));
    let case = only_case(&calls);
    assert_eq!((case.kind, case.level), (CaseKind::Chain, Level::High));
    let cause = case.cause.unwrap();
    assert_eq!(cause.what, "arn:aws:s3:::flow-log");
    assert_eq!(cause.changed_by.as_deref(), Some("user/ops"));
    assert_eq!(case.counts.denied, 20);
}

#[test]
fn a_workload_that_is_refused_the_same_for_days_is_steady() {
    let day = 86_400;
    let at = |second, address: &str| {
        let who = Caller::role("sync", "sync", "ASIAEXAMPLESYNC00001", address);
        let queue = "arn:aws:sqs:eu-west-1:111122223333:orders";
        Call::new(second, &who, "sqs:SendMessage").denied(queue)
    };
    let mut calls: Vec<Call> = (0..5).map(|n| at(n * day, "192.0.2.7")).collect();
    let case = only_case(&calls);
    assert_eq!(case.steady_since.unwrap().to_string(), "2026-11-24T00:00:00Z");
    // A new network ends it, as do another call and a short time.
    calls.push(at(4 * day + 60, "203.0.113.7"));
    assert_eq!(only_case(&calls).steady_since, None);
    assert_eq!(only_case(&calls[..2]).steady_since, None);
    let person = Caller::user("sync", "AKIAEXAMPLESYNC00001", "192.0.2.7");
    let queue = "arn:aws:sqs:eu-west-1:111122223333:orders";
    let calls: Vec<Call> =
        (0..5).map(|n| Call::new(n * day, &person, "sqs:SendMessage").denied(queue)).collect();
    assert_eq!(only_case(&calls).steady_since, None, "a person never is");
}

#[test]
fn a_known_vendor_is_quiet_until_it_does_more() {
    let vendor = Caller::role("vendor-inventory", "scan", "ASIAEXAMPLEVENDOR001", "192.0.2.40");
    let lists = [
        "rds:DescribeDBInstances",
        "eks:ListClusters",
        "glue:GetDatabases",
        "sagemaker:ListModels",
        "redshift:DescribeClusters",
        "athena:ListWorkGroups",
    ];
    let calls: Vec<Call> =
        (0..).zip(lists).map(|(at, list)| Call::new(at, &vendor, list).denied("*")).collect();
    let known = |what: &[&str], until: &str| {
        [KnownActor {
            principal: "role/vendor-*".to_owned(),
            what: what.iter().map(|&one| one.to_owned()).collect(),
            owner: "security".to_owned(),
            reason: "inventory".to_owned(),
            until: until.parse().unwrap(),
        }]
    };
    let level = |calls: &[Call], known: &[KnownActor]| {
        let mut cases = cases_of(calls);
        mark_known_cases(&mut cases, known);
        (cases[0].level, cases[0].known.is_some())
    };
    let all = known(&[], "2027-01-01T00:00:00Z");
    assert_eq!(level(&calls, &all), (Level::Informational, true));
    assert_eq!(level(&calls, &known(&[], "2026-01-01T00:00:00Z")), (Level::High, false), "over");
    let other = known(&["rds:Describe*", "eks:List*"], "2027-01-01T00:00:00Z");
    assert_eq!(level(&calls, &other), (Level::High, false), "more than is known");
    let mut more = calls;
    more.push(Call::new(90, &vendor, "cloudtrail:StopLogging").request(json!({"name": "main"})));
    assert!(level(&more, &all).0 >= Level::High, "what goes through is told");
}

#[test]
fn iam_that_is_not_consistent_yet_needs_no_cure() {
    let who = Caller::role("ci", "run", "ASIAEXAMPLECI0000001", "198.51.100.7");
    let role = "arn:aws:iam::111122223333:role/new";
    let calls = [
        Call::new(100, &who, "iam:CreateRole").request(json!({"roleName": "new"})),
        Call::new(104, &who, "sts:AssumeRole").request(json!({"roleArn": role})).denied(role),
        Call::new(112, &who, "sts:AssumeRole").request(json!({"roleArn": role})),
    ];
    let case = only_case(&calls);
    assert_eq!(case.reading, CaseReading::NotConsistentYet, "{case:#?}");
    assert_eq!(case.level, Level::Informational);
    assert_eq!(case.cure, None);
}

#[test]
fn whoever_makes_an_administrator_is_no_hiccup_of_iam() {
    let who = Caller::user("temp", "AKIAEXAMPLETEMP00001", "198.51.100.9");
    let role = "arn:aws:iam::111122223333:role/new";
    let admin = "arn:aws:iam::aws:policy/AdministratorAccess";
    let calls = [
        Call::new(100, &who, "iam:CreateRole").request(json!({"roleName": "new",
            "assumeRolePolicyDocument": r#"{"Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",
                "Principal":{"AWS":"arn:aws:iam::111122223333:user/temp"}}]}"#})),
        Call::new(101, &who, "iam:AttachRolePolicy")
            .request(json!({"roleName": "new", "policyArn": admin})),
        Call::new(104, &who, "sts:AssumeRole").request(json!({"roleArn": role})).denied(role),
        Call::new(112, &who, "sts:AssumeRole").request(json!({"roleArn": role})),
    ];
    let case = only_case(&calls);
    assert!(case.level >= Level::Medium, "{case:#?}");
    assert!(!case.cure.as_ref().is_some_and(Cure::is_offered));
}

/// Somebody who is denied once, and then helps a stranger to what is there.
#[test]
fn no_permission_is_all_that_is_missing_to_whoever_shares_a_database() {
    let who = Caller::role("app", "i-0123456789abcdef0", "ASIAEXAMPLEAPP000001", "10.0.0.1");
    let queue = "arn:aws:sqs:eu-west-1:111122223333:orders";
    let calls = [
        Call::new(100, &who, "sqs:SendMessage").denied(queue),
        Call::new(200, &who, "rds:ModifyDBSnapshotAttribute").request(json!({
            "dBSnapshotIdentifier": "customers", "attributeName": "restore",
            "valuesToAdd": ["999988887777"]})),
    ];
    let case = only_case(&calls);
    assert!(case.level >= Level::Medium, "{case:#?}");
    assert_ne!(case.reading, CaseReading::LacksPermission);
    assert!(!case.cure.as_ref().is_some_and(Cure::is_offered), "{:?}", case.cure);
}

#[test]
fn whoever_may_destroy_nothing_is_no_deployment() {
    let who = Caller::role("app", "i-0123456789abcdef0", "ASIAEXAMPLEAPP000001", "10.0.0.1");
    let deletes = [
        "s3:DeleteBucket",
        "rds:DeleteDBInstance",
        "dynamodb:DeleteTable",
        "ec2:DeleteSnapshot",
        "kms:ScheduleKeyDeletion",
    ];
    let calls: Vec<Call> = (0..)
        .zip(deletes)
        .map(|(at, one)| {
            let (service, _) = one.split_once(':').unwrap();
            let name = format!("arn:aws:{service}:eu-west-1:111122223333:thing/{at}");
            Call::new(100 + at, &who, one).request(json!({"name": name})).denied(&name)
        })
        .collect();
    let case = only_case(&calls);
    assert!(!case.cure.as_ref().is_some_and(Cure::is_offered), "{:?}", case.cure);
}

/// Two changes in one second: CloudTrail does not say which came last.
#[test]
fn what_was_taken_back_within_the_same_second_is_not_known() {
    let who = keller();
    let trail = json!({"name": "main"});
    let state = |second: i64| {
        let calls = [
            Call::new(100, &who, "iam:ListUsers").denied("*"),
            Call::new(200, &who, "cloudtrail:StopLogging").request(trail.clone()),
            Call::new(second, &who, "cloudtrail:StartLogging").request(trail.clone()),
        ];
        let case = only_case(&calls);
        let line = case.notable.iter().find(|line| line.action == "cloudtrail:StopLogging");
        line.unwrap().undo.clone()
    };
    assert_eq!(state(199), UndoState::InForce);
    assert_eq!(state(200), UndoState::NotKnown);
    assert!(matches!(state(201), UndoState::Undone { .. }));
}

/// However many keys somebody makes, those that are not listed are counted.
#[test]
fn what_is_not_listed_is_counted() {
    let who = Caller::user("temp", "AKIAEXAMPLETEMP00001", "198.51.100.9");
    let mut calls = vec![Call::new(100, &who, "iam:ListUsers").denied("*")];
    calls.extend((0..200).map(|at| {
        let name = format!("svc-{at}");
        let key = format!("AKIAEXAMPLEMANY{at:05}");
        Call::new(200 + at, &who, "iam:CreateAccessKey")
            .request(json!({"userName": name}))
            .answer(json!({"accessKey": {"accessKeyId": key, "userName": name}}))
    }));
    let case = only_case(&calls);
    let keys = case.notable.iter().filter(|line| line.action == "iam:CreateAccessKey");
    let (lines, count) = keys.fold((0, 0), |(lines, count), line| (lines + 1, count + line.count));
    assert_eq!(count, 200);
    assert!(lines < 20, "{lines}");
    assert!(case.contain.len() <= 65, "{}", case.contain.len());
}

/// Names of sessions are chosen by whoever assumes the role: several are one story.
#[test]
fn sessions_of_one_role_at_an_intruders_address_are_one_case() {
    let session = |name: &str, key: &str, address: &str| Caller::role("ops", name, key, address);
    let home = "198.51.100.9";
    let first = session("a@example.com", "ASIAEXAMPLEOPS000001", home);
    let mut calls = exploring_calls(&first, 100);
    let second = session("b@example.com", "ASIAEXAMPLEOPS000002", home);
    let name = json!({"userName": "backup"});
    calls.push(Call::new(200, &second, "iam:CreateUser").denied("*").request(name));
    let elsewhere = session("c@example.com", "ASIAEXAMPLEOPS000003", "203.0.113.7");
    calls.push(Call::new(300, &elsewhere, "sqs:ListQueues").denied("*"));
    let cases = cases_of(&calls);
    let names = |case: &Case| -> Vec<String> {
        case.actors.iter().filter_map(|actor| actor.sessions.first().cloned()).collect()
    };
    let all: Vec<Vec<String>> = cases.iter().map(names).collect();
    assert_eq!(all, [vec!["a@example.com", "b@example.com"], vec!["c@example.com"]]);
}

/// Sessions of one role are one principal to a cause, however many names they have.
#[test]
fn one_role_by_many_names_is_no_common_cause() {
    let calls: Vec<Call> = (0..6)
        .map(|at| {
            let name = format!("p{at}@example.com");
            let key = format!("ASIAEXAMPLEOPS00000{at}");
            let who = Caller::role("ops", &name, &key, &format!("203.0.113.{at}"));
            let bucket = "arn:aws:s3:::reports";
            Call::new(100 + 30 * at, &who, "s3:ListBucket").denied(bucket)
        })
        .collect();
    assert!(cases_of(&calls).iter().all(|case| case.cause.is_none()));
}

/// An administrator's new colleagues are no accomplices, however often they are denied.
#[test]
fn whoever_makes_users_that_are_denied_is_no_intruder() {
    let admin = Caller::user("admin", "AKIAEXAMPLEADMIN0001", "192.0.2.10");
    let mut calls = Vec::new();
    for at in 0..4 {
        let (name, key) = (format!("new{at}"), format!("AKIAEXAMPLENEWBY000{at}"));
        let who = Caller::user(&name, &key, &format!("203.0.113.{at}"));
        let request = json!({"userName": name});
        calls.push(Call::new(100 + at, &admin, "iam:CreateUser").request(request.clone()));
        calls.push(
            Call::new(110 + at, &admin, "iam:CreateAccessKey")
                .request(request)
                .answer(json!({"accessKey": {"accessKeyId": key, "userName": name}})),
        );
        let bucket = "arn:aws:s3:::reports";
        calls.push(Call::new(900 + at, &who, "s3:ListBucket").denied(bucket));
    }
    assert!(cases_of(&calls).iter().all(|case| case.reading != CaseReading::Intrusion));
}

/// Whoever makes every name long and different does not make a store forget them.
#[test]
fn what_a_store_keeps_of_a_principal_and_a_case_is_bounded() {
    let who = Caller::user("temp", "AKIAEXAMPLETEMP00001", "198.51.100.9");
    let mut random = 7_u64;
    let mut noise = |length: usize| -> String {
        let mut next = || {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            char::from(b'a' + (random >> 33) as u8 % 26)
        };
        (0..length).map(|_| next()).collect()
    };
    let mut calls = Vec::new();
    for at in 0..1_500 {
        let name = format!("arn:aws:s3:::{}", noise(400));
        let call = Call::new(100 + at, &who, &format!("s3:{}", noise(40)))
            .request(json!({"bucketName": name, "text": noise(5_000)}));
        calls.push(if at % 2 == 0 { call.denied(&name) } else { call });
        let user = noise(64);
        calls.push(Call::new(100 + at, &who, "iam:CreateAccessKey").request(json!({"userName": user})).answer(
            json!({"accessKey": {"accessKeyId": format!("AKIA{}", noise(16).to_uppercase()), "userName": user}}),
        ));
    }
    let mut rows = CaseRows::new();
    for call in &calls {
        let event = decode_record(call.json().as_bytes()).unwrap();
        let rules = (event.outcome == Outcome::Denied).then(RuleSummary::denied_call);
        let why = explain_event(&event).map(Box::new);
        let rules: Vec<Arc<RuleSummary>> = rules.into_iter().collect();
        rows.record_event(&CaseEvent::from_event(&event, rules, why));
    }
    let longest = rows.changed_rows().unwrap().into_iter().max_by_key(|(_, row)| row.len());
    let (name, row) = longest.unwrap();
    assert!(row.len() < 380_000, "{name}: {} bytes", row.len());
    let case = only_case(&calls);
    let short = case.shortened();
    let length = serde_json::to_vec(&short).unwrap().len();
    assert!(length < 380_000, "{length} bytes");
    let count = |case: &Case| case.notable.iter().map(|line| line.count).sum::<u64>();
    assert_eq!(count(&short), count(&case));
}

#[test]
fn any_order_gives_the_same_cases() {
    let calls = takeover();
    let expected = cases_of(&calls);
    for turn in 1..calls.len() {
        let mut other = calls.clone();
        other.rotate_left(turn);
        if turn % 2 == 0 {
            other.reverse();
        }
        assert_eq!(cases_of(&other), expected, "{turn}");
    }
}

#[test]
fn a_healthy_day_is_at_most_ten_messages() {
    let cases = cases_of(&story::healthy::healthy_day());
    let told = || cases.iter().filter(|case| case.level > Level::Informational);
    let lines: Vec<String> = told()
        .map(|case| {
            let who = case.actors.first().map_or("", |actor| actor.name.as_str());
            format!("{} {} {}", case.level, case.reading.name(), who)
        })
        .collect();
    assert!(lines.len() <= 10, "{lines:#?}");
    assert!(told().all(|case| case.level < Level::Critical), "{lines:#?}");
}

/// Every event of a day with an intruder, and what the triage of denials knows of them.
fn mixed_day() -> (Vec<CaseEvent>, PrincipalHistories, jiff::Timestamp) {
    let mut calls = takeover();
    calls.extend(story::healthy::healthy_day().into_iter().step_by(7));
    let mut histories = PrincipalHistories::new();
    let mut until = jiff::Timestamp::MIN;
    let events = calls.iter().map(|call| {
        let event = decode_record(call.json().as_bytes()).unwrap();
        until = until.max(event.time);
        histories.record_event(&event);
        let denied = event.outcome == Outcome::Denied;
        let rules = denied.then(RuleSummary::denied_call).into_iter().collect();
        CaseEvent::from_event(&event, rules, explain_event(&event).map(Box::new))
    });
    let events: Vec<CaseEvent> = events.collect();
    (events, histories, until)
}

/// The order in which a number of things arrive, by a seed.
fn shuffled(count: usize, seed: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by_key(|at| (*at as u64 + 1).wrapping_mul(seed | 1).rotate_left(17) ^ seed);
    order
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 12, ..Default::default() })]

    #[test]
    fn any_order_and_any_split_give_the_same_cases(seed: u64, parts in 1_usize..5) {
        let (events, histories, until) = mixed_day();
        let mut whole = CaseBook::new();
        events.iter().for_each(|event| whole.record_event(event));
        let mut books = vec![CaseBook::new(); parts];
        for at in shuffled(events.len(), seed) {
            books[at % parts].record_event(&events[at]);
        }
        let mut merged = books.pop().unwrap();
        books.into_iter().for_each(|book| merged.merge_with(book));
        let expected = whole.build_cases(&histories, until);
        proptest::prop_assert_eq!(merged.build_cases(&histories, until), expected);
    }

    #[test]
    fn a_store_gives_the_same_cases(seed: u64, step in 1_usize..40) {
        let (events, histories, until) = mixed_day();
        let mut whole = CaseBook::new();
        events.iter().for_each(|event| whole.record_event(event));
        let expected = whole.build_cases(&histories, until);
        let mut store: HashMap<String, Vec<u8>> = HashMap::new();
        for part in shuffled(events.len(), seed).chunks(step) {
            let part: Vec<&CaseEvent> = part.iter().map(|at| &events[*at]).collect();
            let mut rows = read_rows(&store, CaseRows::rows_of_events(part.iter().copied()));
            part.iter().for_each(|event| rows.record_event(event));
            store.extend(rows.changed_rows().unwrap());
        }
        let all: Vec<String> = store.keys().cloned().collect();
        let rows = read_rows(&store, all);
        proptest::prop_assert_eq!(&rows.book.build_cases(&histories, until), &expected);
        // What one event leads to is enough for its case.
        let keller = events.iter().find(|event| event.principal.name == "user/m.keller").unwrap();
        let rows = read_rows(&store, CaseRows::rows_of_events([keller]));
        let cases = rows.book.build_cases(&histories, until);
        let own = |cases: &[Case]| {
            cases.iter().find(|case| case.actors[0].name == "user/m.keller").cloned()
        };
        proptest::prop_assert_eq!(own(&cases), own(&expected));
    }
}

/// Reads rows and whatever they refer to.
fn read_rows(store: &HashMap<String, Vec<u8>>, mut wanted: Vec<String>) -> CaseRows {
    let mut rows = CaseRows::new();
    while !wanted.is_empty() {
        rows.mark_read(wanted.iter().cloned());
        for name in &wanted {
            if let Some(bytes) = store.get(name) {
                rows.restore_row(name, bytes).unwrap();
            }
        }
        wanted = rows.missing_rows();
    }
    rows
}

/// What a developer or an operator does within weeks is what an intruder does within an hour.
#[test]
fn successes_count_together_within_a_day() {
    let who = keller();
    let calls = |apart: i64| -> Vec<Call> {
        let day = |n: i64| 100 + n * apart;
        let denied = Call::new(day(0), &who, "kms:ListKeys").denied("*");
        let acts = [
            (
                "ssm:SendCommand",
                json!({"instanceIds": ["i-1"], "documentName": "AWS-RunShellScript"}),
            ),
            (
                "ec2:ModifySnapshotAttribute",
                json!({"snapshotId": "snap-1", "attributeType": "CREATE_VOLUME_PERMISSION",
                    "createVolumePermission": {"add": {"items": [{"userId": "999988887777"}]}}}),
            ),
            ("kms:ScheduleKeyDeletion", json!({"keyId": "k-1", "pendingWindowInDays": 30})),
            (
                "ec2:DeleteFlowLogs",
                json!({"DeleteFlowLogsRequest": {"FlowLogId": {"content": "fl-1"}}}),
            ),
        ];
        let acts = (1..)
            .zip(acts)
            .map(|(n, (action, request))| Call::new(day(n), &who, action).request(request));
        std::iter::once(denied).chain(acts).collect()
    };
    assert_eq!(only_case(&calls(600)).reading, CaseReading::Intrusion, "within an hour");
    let slow = only_case(&calls(3 * 86_400));
    assert_ne!(slow.reading, CaseReading::Intrusion, "within two weeks");
    assert!(slow.level >= Level::High, "a snapshot for a stranger is grave by itself");
    let elsewhere =
        |case: &Case| case.signs.iter().any(|one| one.text.ends_with(", on another day"));
    assert!(elsewhere(&slow), "{:?}", slow.signs);
    assert!(!elsewhere(&only_case(&calls(600))));
}

/// An insight counts calls that were denied; it is none of them, and none that worked.
#[test]
fn an_insight_about_denials_cures_nothing() {
    let who = Caller::role("ci", "run-7", "ASIAEXAMPLECI0000001", "198.51.100.7");
    let denied =
        Call::new(100, &who, "sqs:SendMessage").denied("arn:aws:sqs:eu-west-1:111122223333:jobs");
    let insight = json!({"eventVersion": "1.09", "eventTime": "2026-11-24T10:10:00Z",
        "awsRegion": "eu-west-1", "eventID": "insight-1", "eventType": "AwsCloudTrailInsight",
        "recipientAccountId": "111122223333", "eventCategory": "Insight", "insightDetails": {
            "state": "Start", "eventSource": "sqs.amazonaws.com", "eventName": "SendMessage",
            "insightType": "ApiErrorRateInsight", "errorCode": "AccessDenied",
            "insightContext": {"statistics": {"insight": {"average": 7}}, "attributions": [
                {"attribute": "userIdentityArn", "insight": [{"value": who.identity["arn"]}]}]}}});
    let insight = decode_record(insight.to_string().as_bytes()).unwrap();
    let (mut book, mut histories) = (CaseBook::new(), PrincipalHistories::new());
    for event in [decode_record(denied.json().as_bytes()).unwrap(), insight] {
        histories.record_event(&event);
        let rules = vec![RuleSummary::denied_call()];
        let why = explain_event(&event).map(Box::new);
        book.record_event(&CaseEvent::from_event(&event, rules, why));
    }
    let [case] =
        book.build_cases(&histories, "2026-11-25T00:00:00Z".parse().unwrap()).try_into().unwrap();
    assert_eq!((case.cured, case.counts.changed), ((0, 1), 0), "{:?}", case.actions);
    assert!(case.actions.iter().all(|line| line.mark == EventMark::Denied), "{:?}", case.actions);
    assert_eq!(case.measured.len(), 1, "but what it counted is told");
}
