//! The cure for a denial is the same in the daemon's messages and in a scan of the same records,
//! and is absent where nothing may be granted.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use aware_cases::group::RepeatIntervals;
use aware_cases::message;
use aware_core::envelope::{EnvelopeKind as Envelope, S3Object};
use aware_core::event::Level;
use aware_core::message::{Message, MessageKind};
use aware_core::open::OpenEnum;
use aware_io::topic::local::LocalTopic;
use aware_pipeline::port::{Delivery, Input, InputError, SystemClock, Topic};
use aware_pipeline::rule_set::RuleSet;
use aware_pipeline::scan::{FindingFilter, LogScan, SeenEvents};
use aware_pipeline::source::SourceHalf;
use aware_pipeline::store::fallback::FallbackStore;
use aware_pipeline::store::memory::MemoryStore;
use jiff::Timestamp;
use serde_json::{Value, json};

const ACCOUNT: &str = "222233334444";
const ID: &str = "AROAQ2TTTT7EXAMPLE001";
const OWN: &str = "i-0123456789abcdef0";
const OTHER: &str = "i-0fedcba9876543210";

/// An instance of a shared role.
fn instance(session: &str) -> Value {
    json!({
        "type": "AssumedRole", "principalId": format!("{ID}:{session}"), "accountId": ACCOUNT,
        "arn": format!("arn:aws:sts::{ACCOUNT}:assumed-role/shipper/{session}"),
        "sessionContext": {"sessionIssuer": {"type": "Role", "principalId": ID,
            "arn": format!("arn:aws:iam::{ACCOUNT}:role/shipper"), "userName": "shipper"}},
    })
}

fn denied(number: u32, session: &str, action: &str, resource: &str) -> Value {
    let (service, name) = action.split_once(':').unwrap();
    let me = format!("arn:aws:sts::{ACCOUNT}:assumed-role/shipper/{session}");
    json!({
        "eventVersion": "1.11", "userIdentity": instance(session),
        "eventTime": format!("2026-11-02T17:{:02}:{:02}Z", number / 60, number % 60),
        "eventSource": format!("{service}.amazonaws.com"), "eventName": name,
        "awsRegion": "eu-central-1", "sourceIPAddress": "10.0.0.5", "userAgent": "Boto3/1.43",
        "errorCode": "AccessDenied", "eventID": format!("c-{number}"), "eventType": "AwsApiCall",
        "errorMessage": format!("User: {me} is not authorized to perform: {action} on resource: \"{resource}\" because no identity-based policy allows the {action} action"),
        "recipientAccountId": ACCOUNT, "eventCategory": "Data",
    })
}

fn object(session: &str, name: &str) -> String {
    format!("arn:aws:s3:::spool/{ID}:{session}/{name}")
}

fn body(records: &[Value]) -> Vec<u8> {
    json!({"Records": records}).to_string().into_bytes()
}

fn scanned(records: &[Value]) -> Vec<Message> {
    let rules = Arc::<RuleSet>::default();
    let mut scan = LogScan::new(&FindingFilter::default(), &rules);
    scan.scan_body("records", &body(records), &FindingFilter::default(), &SeenEvents::default());
    let groups = scan.into_report().groups;
    groups
        .iter()
        .map(|group| {
            message::group_message(group, MessageKind::Finding, None, Timestamp::UNIX_EPOCH)
        })
        .collect()
}

struct Once(Option<Vec<u8>>);

#[async_trait]
impl Input for Once {
    fn name(&self) -> &str {
        "once"
    }
    fn resume_at(&mut self, _place: &str) {}
    async fn next_delivery(&mut self) -> Result<Option<Delivery>, InputError> {
        let delivery = |body| Delivery {
            origin: "once".into(),
            kind: Envelope::Any,
            body,
            token: String::new(),
            resume: None,
        };
        Ok(self.0.take().map(delivery))
    }
    async fn ack_delivery(&mut self, _token: &str) -> Result<(), InputError> {
        Ok(())
    }
    async fn release_delivery(&mut self, _token: &str) {}
    async fn fetch_object(&self, object: &S3Object) -> Result<Vec<u8>, InputError> {
        Err(InputError::Gone(object.key.clone()))
    }
}

async fn ran(records: &[Value]) -> Vec<Message> {
    let store = Arc::new(FallbackStore::new(Arc::new(MemoryStore::default())));
    let topic: Arc<dyn Topic> = Arc::new(LocalTopic::new(64));
    let clock = Arc::new(SystemClock);
    let source = SourceHalf::new(
        store,
        Arc::clone(&topic),
        clock,
        RepeatIntervals::default(),
        Arc::default(),
    );
    source.drain_input(&mut Once(Some(body(records)))).await;
    topic.close();
    let mut messages = Vec::new();
    while let Some(message) = topic.receive().await {
        messages.push(message);
    }
    messages
}

/// The cures: whose policy must change, and how.
fn cures_of(messages: &[Message]) -> BTreeSet<Vec<Option<String>>> {
    let keys = ["Change", "Cure", "Change 2", "Cure 2"];
    let of = |message: &Message| keys.iter().map(|key| message.field_text(key)).collect();
    messages.iter().map(of).collect()
}

#[tokio::test]
async fn scans_and_messages_say_the_same() {
    let records = [
        denied(1, OWN, "s3:PutObject", &object(OWN, "a.gz")),
        denied(2, OWN, "s3:GetObject", &object(OTHER, "a.gz")),
        denied(3, OWN, "s3:GetObjectTagging", "arn:aws:s3:::spool/in/a.csv"),
        denied(
            4,
            OWN,
            "secretsmanager:GetSecretValue",
            &format!("arn:aws:secretsmanager:eu-central-1:{ACCOUNT}:secret:db-a1B2c3"),
        ),
    ];
    for chosen in [&records[..1], &records[1..2], &records[2..3], &records[3..]] {
        let scan = cures_of(&scanned(chosen));
        assert_eq!(scan, cures_of(&ran(chosen).await));
        assert!(!scan.is_empty());
    }
}

#[test]
fn sessions_of_one_role_get_one_statement_with_the_variable() {
    let records = [
        denied(1, OWN, "s3:PutObject", &object(OWN, "a.gz")),
        denied(2, OTHER, "s3:PutObject", &object(OTHER, "b.gz")),
    ];
    let messages = scanned(&records);
    let cure: Value = serde_json::from_str(&messages[0].field_text("Cure").unwrap()).unwrap();
    assert_eq!(cure["Resource"], "arn:aws:s3:::spool/${aws:userid}/*");
    assert_eq!(messages[0].severity, Some(Level::Medium));
}

#[test]
fn another_s_place_is_not_granted_and_is_high_where_it_is_read() {
    for (action, level) in [
        ("s3:PutObject", Level::Medium),
        ("s3:GetObject", Level::High),
        ("s3:DeleteObject", Level::High),
    ] {
        let message = &scanned(&[denied(1, OWN, action, &object(OTHER, "a.gz"))])[0];
        assert!(message.subject.ends_with("another instance's place"), "{}", message.subject);
        assert_eq!(message.field_text("Cure"), None);
        assert!(message.field_text("No Grant").unwrap().contains("another instance's place"));
        assert_eq!(message.severity, Some(level), "{action}");
        assert!(!message.to_json().contains("\"Effect\""), "{}", message.to_json());
    }
}

#[test]
fn what_repeats_a_cured_denial_is_looked_at_by_itself() {
    // The first would lead to a statement that others of its kind could adopt.
    let records = [
        denied(1, OWN, "s3:GetObject", "arn:aws:s3:::spool/in/a.csv"),
        denied(2, OWN, "s3:GetObject", "arn:aws:s3:::spool/in/b.csv"),
        denied(3, OWN, "s3:GetObject", &object(OTHER, "a.gz")),
        denied(4, OWN, "s3:GetObject", &object(OWN, "a.gz")),
    ];
    let message = &scanned(&records)[0];
    assert_eq!((message.count, message.severity), (4, Some(Level::High)));
    let cure = message.field_text("Cure").unwrap_or_default();
    assert!(!cure.contains(OTHER) && !cure.contains(OWN), "{cure}");
}

#[test]
fn names_are_not_widened() {
    let of = |action: &str, many: u32| {
        let records: Vec<Value> = (0..many)
            .map(|n| denied(n, "resize", action, &format!("arn:aws:s3:::spool/in/{n}.csv")))
            .collect();
        scanned(&records)[0].field_text("Cure").unwrap_or_default()
    };
    for (action, many) in [("s3:GetObject", 3), ("s3:GetObject", 9), ("s3:PutObject", 7)] {
        let cure = of(action, many);
        assert!(!cure.contains('*'), "{action}, {many}: {cure}");
    }
}

/// Credentials from another account, or a bucket in one.
fn between(caller: &str, owner: &str) -> Value {
    let mut record = denied(1, "batch-7", "s3:PutObject", "arn:aws:s3:::drop/loot.zip");
    record["userIdentity"]["accountId"] = caller.into();
    record["resources"] = json!([{"ARN": "arn:aws:s3:::drop/loot.zip", "type": "AWS::S3::Object", "accountId": owner}]);
    record
}

#[test]
fn what_goes_between_accounts_is_a_sign_and_gets_no_grant() {
    let endpoint = |mut record: Value| {
        record["errorCode"] = "VpceAccessDenied".into();
        record["errorMessage"] = "The request was denied due to a VPC endpoint policy".into();
        record["eventType"] = "AwsVpceEvent".into();
        record["vpcEndpointId"] = "vpce-00112233445566778".into();
        record["vpcEndpointAccountId"] = ACCOUNT.into();
        record["requestParameters"] = json!({"bucketName": "drop", "key": "loot.zip"});
        record
    };
    let (ours, theirs) = (ACCOUNT, "888899990000");
    for record in [
        between(ours, theirs),
        between(theirs, ours),
        endpoint(between(theirs, theirs)),
        endpoint(between(theirs, ours)),
        endpoint(between(ours, theirs)),
    ] {
        let message = &scanned(std::slice::from_ref(&record))[0];
        assert_eq!(message.severity, Some(Level::High), "{record}");
        assert!(message.field_text("Sign").unwrap().contains(theirs));
        assert!(!message.to_json().contains("\"Effect\""), "{record}");
    }
    let own = &scanned(&[endpoint(between(ours, ours))])[0];
    assert_eq!(own.severity, Some(Level::Medium));
}

#[test]
fn a_withheld_grant_is_nowhere_in_the_message() {
    let enumeration = [
        "iam:ListUsers",
        "iam:ListRoles",
        "s3:ListAllMyBuckets",
        "ec2:DescribeInstances",
        "lambda:ListFunctions",
        "kms:ListKeys",
        "rds:DescribeDBInstances",
        "sqs:ListQueues",
        "secretsmanager:ListSecrets",
        "organizations:ListAccounts",
    ];
    let records: Vec<Value> = enumeration
        .iter()
        .zip(0..)
        .map(|(action, n)| denied(n, "i-0123456789abcdef0", action, "*"))
        .collect();
    let messages = scanned(&records);
    assert_eq!(messages.len(), enumeration.len());
    for message in messages {
        let text = message.to_json();
        assert_eq!(message.looks_like.as_ref().map(OpenEnum::as_str), Some("exploring"), "{text}");
        assert!(
            message.field_text("No Grant").is_some() && message.field_text("Change").is_none(),
            "{text}"
        );
        assert!(!text.contains("\"Effect\"") && !text.contains("attach_to\":\""), "{text}");
    }
}

#[test]
fn titles_name_the_iam_action() {
    let mut record = denied(1, OWN, "s3:ListAllMyBuckets", "*");
    record["eventName"] = "ListBuckets".into();
    let message = &scanned(&[record])[0];
    assert!(message.subject.starts_with("s3:ListAllMyBuckets denied to"), "{}", message.subject);
    assert_eq!(message.field_text("Action").unwrap(), "s3:ListAllMyBuckets");
    let finding = message.finding.as_ref().unwrap();
    assert!(finding["message"].as_str().unwrap().starts_with("s3:ListAllMyBuckets denied to"));
}
