//! One reading of a caller, whatever the command, the order and the deliveries.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use async_trait::async_trait;
use aware_cases::group::RepeatIntervals;
use aware_core::envelope::{EnvelopeKind as Envelope, S3Object};
use aware_core::event::Level;
use aware_core::explanation::LooksLike;
use aware_core::message::{Message, MessageKind};
use aware_core::open::OpenEnum;
use aware_io::topic::local::LocalTopic;
use aware_pipeline::port::*;
use aware_pipeline::scan::{FindingFilter, LogScan, ScanReport, SeenEvents};
use aware_pipeline::source::SourceHalf;
use aware_pipeline::store::fallback::FallbackStore;
use aware_pipeline::store::memory::MemoryStore;
use serde_json::{Value, json};

/// Bodies from a list.
struct List(VecDeque<Vec<u8>>);

#[async_trait]
impl Input for List {
    fn name(&self) -> &str {
        "list"
    }

    fn resume_at(&mut self, _place: &str) {}

    async fn next_delivery(&mut self) -> Result<Option<Delivery>, InputError> {
        let delivery = |body| Delivery {
            origin: "list".into(),
            kind: Envelope::Any,
            body,
            token: String::new(),
            resume: None,
        };
        Ok(self.0.pop_front().map(delivery))
    }

    async fn ack_delivery(&mut self, _token: &str) -> Result<(), InputError> {
        Ok(())
    }

    async fn release_delivery(&mut self, _token: &str) {}

    async fn fetch_object(&self, _object: &S3Object) -> Result<Vec<u8>, InputError> {
        Err(InputError::Later("not now".into()))
    }
}

fn user(name: &str) -> Value {
    json!({"type": "IAMUser", "accountId": "222233334444", "accessKeyId": "AKIAIOSFODNN7EXAMPLE",
        "arn": format!("arn:aws:iam::222233334444:user/{name}"), "userName": name})
}

/// A call a number of seconds after the start; denied unless changed.
fn call(second: u32, who: &Value, action: &str, request: Value) -> Value {
    let (service, name) = action.split_once(':').unwrap();
    json!({
        "eventVersion": "1.11", "userIdentity": who,
        "eventTime": format!("2026-11-24T10:{:02}:{:02}Z", second / 60, second % 60),
        "eventSource": format!("{service}.amazonaws.com"), "eventName": name,
        "awsRegion": "eu-west-1", "sourceIPAddress": "203.0.113.7", "userAgent": "aws-cli/2.17",
        "errorCode": "AccessDenied",
        "errorMessage": format!("User: {} is not authorized to perform: {action} on resource: arn:aws:s3:::wages/2026.csv because no identity-based policy allows the {action} action", who["arn"].as_str().unwrap_or_default()),
        "requestParameters": request, "eventID": format!("{second}-{name}-{}", who["arn"]),
        "eventType": "AwsApiCall", "recipientAccountId": "222233334444",
    })
}

fn went_through(mut call: Value) -> Value {
    let record = call.as_object_mut().unwrap();
    record.remove("errorCode");
    record.remove("errorMessage");
    call
}

fn body(records: &[Value]) -> Vec<u8> {
    // The keys in AWS's order, so that the sieve takes the fast path.
    const ORDER: [&str; 8] = [
        "eventVersion",
        "userIdentity",
        "eventTime",
        "eventSource",
        "eventName",
        "awsRegion",
        "sourceIPAddress",
        "userAgent",
    ];
    let text = |record: &Value| {
        let record = record.as_object().unwrap();
        let first = ORDER.iter().map(|key| (*key, &record[*key]));
        let rest = record.iter().map(|(key, value)| (key.as_str(), value));
        let rest = rest.filter(|(key, _)| !ORDER.contains(key));
        let pairs: Vec<String> =
            first.chain(rest).map(|(key, value)| format!("\"{key}\":{value}")).collect();
        format!("{{{}}}", pairs.join(","))
    };
    let records: Vec<String> = records.iter().map(text).collect();
    format!("{{\"Records\":[{}]}}", records.join(",")).into_bytes()
}

/// What the daemon reports for these deliveries.
async fn told(bodies: &[Vec<u8>]) -> Vec<Message> {
    let topic: Arc<dyn Topic> = Arc::new(LocalTopic::new(256));
    let source = SourceHalf::new(
        Arc::new(FallbackStore::new(Arc::new(MemoryStore::default()))),
        Arc::clone(&topic),
        Arc::new(SystemClock),
        RepeatIntervals::default(),
        Arc::default(),
    );
    source.drain_input(&mut List(bodies.to_vec().into())).await;
    topic.close();
    let mut messages = Vec::new();
    while let Some(message) = topic.receive().await {
        messages.push(message);
    }
    messages
}

fn scan(bodies: &[Vec<u8>]) -> ScanReport {
    let only = BTreeSet::from(["aws-denied-call".to_owned()]);
    let filter = FindingFilter { rules: Some(only), ..FindingFilter::default() };
    let (seen, rules) = (SeenEvents::default(), Arc::default());
    let mut scan = LogScan::new(&filter, &rules);
    bodies.iter().for_each(|body| scan.scan_body("b", body, &filter, &seen));
    scan.into_report().apply_filter(&filter)
}

/// Every order of a few records, in one delivery and in one delivery each.
fn deliveries(records: &[Value]) -> Vec<Vec<Vec<u8>>> {
    let mut orders = vec![vec![]];
    for record in records {
        orders = orders
            .into_iter()
            .flat_map(|order: Vec<Value>| {
                (0..=order.len()).map(move |at| {
                    let mut longer = order.clone();
                    longer.insert(at, record.clone());
                    longer
                })
            })
            .collect();
    }
    let alone =
        |order: &Vec<Value>| order.iter().map(|one| body(std::slice::from_ref(one))).collect();
    orders.iter().flat_map(|order| [vec![body(order)], alone(order)]).collect()
}

fn self_grant(operation: &str, request: Value) -> [Value; 3] {
    let eve = user("eve");
    let read = json!({"bucketName": "wages", "key": "2026.csv"});
    [
        call(0, &eve, "s3:GetObject", read.clone()),
        went_through(call(300, &eve, operation, request)),
        went_through(call(600, &eve, "s3:GetObject", read)),
    ]
}

fn self_grants() -> Vec<[Value; 3]> {
    let document = r#"{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#;
    vec![
        self_grant("iam:PutUserPolicy", json!({"userName": "eve", "policyDocument": "{}"})),
        self_grant("iam:AddUserToGroup", json!({"userName": "eve", "groupName": "admins"})),
        self_grant("iam:CreateAccessKey", Value::Null),
        self_grant(
            "iam:CreatePolicyVersion",
            json!({"policyArn": "arn:aws:iam::222233334444:policy/p", "policyDocument": document}),
        ),
    ]
}

#[tokio::test]
async fn who_helps_himself_is_told_as_exploring_in_any_order_and_delivery() {
    for records in self_grants() {
        for bodies in deliveries(&records) {
            let messages = told(&bodies).await;
            let last = messages.last().unwrap();
            assert_eq!(
                last.looks_like.as_ref().map(OpenEnum::as_str),
                Some("exploring"),
                "{}",
                records[1]
            );
            assert_eq!(last.field_text("Cure"), None);
            let case = last.case.as_ref().unwrap();
            // What arrived before the case was opened, and no rule matches, is not known to it.
            assert!(["intrusion", "exploring"].contains(&case.reading.as_str()));
            assert!(last.severity >= Some(Level::High));
            if bodies.len() == 1 {
                assert_eq!(messages.len(), 1, "what is known at once is told at once");
            }
        }
    }
}

#[tokio::test]
async fn what_may_have_been_a_way_round_leaves_no_cure_in_any_order_and_delivery() {
    let role = json!({"functionName": "f", "role": "arn:aws:iam::222233334444:role/admin"});
    for records in [
        self_grant("iam:CreateAccessKey", json!({"userName": "admin"})),
        self_grant("lambda:CreateFunction20150331", role),
    ] {
        for bodies in deliveries(&records) {
            let messages = told(&bodies).await;
            let last = messages.last().unwrap();
            assert_eq!(
                last.looks_like.as_ref().map(OpenEnum::as_str),
                Some("unclear"),
                "{}",
                records[1]
            );
            assert_eq!(last.field_text("Cure"), None, "{}", records[1]);
            let report = scan(&bodies);
            let cure = report.groups[0].cure.as_ref();
            assert!(cure.is_none_or(|cure| !cure.is_offered()));
        }
    }
}

#[test]
fn a_scan_sees_that_somebody_helped_himself() {
    for records in self_grants() {
        for bodies in deliveries(&records) {
            let report = scan(&bodies);
            let [tally] = report.groups.as_slice() else { panic!("one group") };
            assert_eq!(tally.reading.as_ref().unwrap().looks_like.as_str(), "exploring");
            assert!(tally.cure.as_ref().is_none_or(|cure| !cure.is_offered()));
            let sums = &report.sums;
            assert_eq!((sums.records, sums.findings, sums.duplicates), (3, 1, 0));
        }
    }
    let mut others = self_grant("iam:PutUserPolicy", json!({"userName": "ann"}));
    others[1]["eventID"] = "other".into();
    let report = scan(&[body(&others)]);
    assert_eq!(report.groups[0].reading.as_ref().unwrap().looks_like.as_str(), "lacks-permission");
}

#[tokio::test]
async fn what_was_suggested_is_taken_back_once() {
    let who = user("ann");
    let probes = [
        ("iam:ListGroupsForUser", json!({"userName": "ann"})),
        ("iam:GetGroupPolicy", json!({"groupName": "team", "policyName": "p"})),
        ("iam:ListRoles", Value::Null),
        ("iam:GetPolicyVersion", json!({"policyArn": "arn:aws:iam::222233334444:policy/p"})),
        ("iam:ListUsers", Value::Null),
    ];
    let records = probes.iter().zip(0..);
    let bodies: Vec<Vec<u8>> = records
        .map(|((action, request), n)| body(&[call(n * 4, &who, action, request.clone())]))
        .collect();
    let messages = told(&bodies).await;
    let updates: Vec<&Message> =
        messages.iter().filter(|message| message.kind == MessageKind::Update).collect();
    let is_retraction =
        |message: &&&Message| message.field_text("News").unwrap().contains("withdrawn");
    let retractions: Vec<&&Message> = updates.iter().filter(is_retraction).collect();
    let [update] = retractions.as_slice() else { panic!("{updates:#?}") };
    assert_eq!(update.field_text("Cure"), None);
    let last = messages.last().unwrap();
    assert_eq!(
        (last.looks_like.as_ref().map(OpenEnum::as_str), last.field_text("Cure")),
        (Some("exploring"), None)
    );
    assert!(messages.len() <= 5, "a rise beside three messages");
    // All at once there is nothing to retract.
    let together: Vec<Value> = probes
        .iter()
        .zip(0..)
        .map(|((action, request), n)| call(n * 4, &who, action, request.clone()))
        .collect();
    let messages = told(&[body(&together)]).await;
    let are_all = messages
        .iter()
        .all(|one| one.looks_like.as_ref().is_some_and(|it| *it == LooksLike::Exploring));
    assert!(are_all && messages.len() == 1, "{}", messages.len());
}

#[tokio::test]
async fn a_call_that_a_service_passes_on_is_told_first_or_last() {
    let direct = user("mara");
    let mut passed_on = direct.clone();
    passed_on["invokedBy"] = "cloudformation.amazonaws.com".into();
    let records = [
        call(0, &passed_on, "iam:ListUsers", Value::Null),
        call(9, &direct, "iam:ListUsers", Value::Null),
    ];
    let mut records = records.to_vec();
    records[1]["eventID"] = "direct".into();
    for bodies in deliveries(&records) {
        let report = scan(&bodies);
        assert_eq!((report.groups.len(), report.services.len()), (1, 0));
        assert_eq!(report.groups[0].count, 2);
        let messages = told(&bodies).await;
        assert_eq!(messages[0].kind, MessageKind::Finding);
    }
    let mut service = records[0].clone();
    service["userIdentity"] = json!({"type": "AWSService", "invokedBy": "config.amazonaws.com"});
    let report = scan(&[body(&[service])]);
    assert_eq!((report.groups.len(), report.services.len()), (0, 1));
}

#[test]
fn many_other_principals_do_not_make_an_explorer_milder() {
    let probes =
        ["iam:ListUsers", "s3:ListBuckets", "ec2:DescribeInstances", "secretsmanager:ListSecrets"];
    let mara = user("mara");
    let mut records: Vec<Value> = (0..2_000)
        .map(|n| call(n % 600, &user(&format!("u{n}")), "s3:ListBuckets", Value::Null))
        .collect();
    records.extend(probes.iter().zip(0..).map(|(action, n)| call(n, &mara, action, Value::Null)));
    let report = scan(&[body(&records)]);
    let hers = report.groups.iter().filter(|one| one.first.principal.name == "user/mara");
    let readings: Vec<&str> =
        hers.map(|one| one.reading.as_ref().unwrap().looks_like.as_str()).collect();
    assert_eq!(readings, ["exploring"; 4]);
}
