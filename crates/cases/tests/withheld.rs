//! Where no log can tell an intruder's way round from a workload's: nothing is granted until
//! somebody has looked, and what is a workload's everyday stays as it is.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use aware_cases::triage::{LooksLike, PrincipalHistories, TriageReading};
use aware_core::event::Event;
use aware_core::source::cloudtrail::decode_record;
use serde_json::{Value, json};

const ACCOUNT: &str = "222233334444";
const START: i64 = 1_795_000_000;

fn session(role: &str, name: &str) -> Value {
    json!({"type": "AssumedRole", "accountId": ACCOUNT,
        "arn": format!("arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{name}"),
        "sessionContext": {"sessionIssuer": {"type": "Role", "arn": format!("arn:aws:iam::{ACCOUNT}:role/{role}")}}})
}

fn user(name: &str) -> Value {
    json!({"type": "IAMUser", "accountId": ACCOUNT, "userName": name,
        "arn": format!("arn:aws:iam::{ACCOUNT}:user/{name}"), "accessKeyId": "AKIAIOSFODNN7EXAMPLE"})
}

fn token(user: &str, name: &str) -> Value {
    json!({"type": "FederatedUser", "accountId": ACCOUNT,
        "arn": format!("arn:aws:sts::{ACCOUNT}:federated-user/{name}"),
        "sessionContext": {"sessionIssuer": {"type": "IAMUser", "arn": format!("arn:aws:iam::{ACCOUNT}:user/{user}")}}})
}

fn record(minute: i64, who: &Value, action: &str, request: Value) -> Value {
    let (service, name) = action.split_once(':').unwrap();
    let time = jiff::Timestamp::from_second(START + minute * 60).unwrap();
    json!({
        "eventVersion": "1.11", "eventTime": time.to_string(), "eventName": name,
        "eventSource": format!("{service}.amazonaws.com"), "awsRegion": "eu-west-1",
        "userAgent": "aws-cli/2.17", "sourceIPAddress": "203.0.113.9", "userIdentity": who,
        "requestParameters": request, "recipientAccountId": ACCOUNT, "eventType": "AwsApiCall",
        "eventID": format!("{minute}-{action}-{}", who["arn"]),
    })
}

fn went_through(minute: i64, who: &Value, action: &str, request: Value) -> Event {
    decode_record(record(minute, who, action, request).to_string().as_bytes()).unwrap()
}

fn denied(minute: i64, who: &Value, action: &str, request: Value) -> Event {
    let record = refused(record(minute, who, action, request));
    decode_record(record.to_string().as_bytes()).unwrap()
}

fn refused(mut record: Value) -> Value {
    let action = format!("{}:x", record["eventName"].as_str().unwrap());
    record["errorCode"] = "AccessDenied".into();
    record["errorMessage"] = format!("User: x is not authorized to perform: {action} because no identity-based policy allows the {action} action").into();
    record
}

fn write(minute: i64, who: &Value) -> Event {
    let request = json!({"bucketName": "ledger", "key": format!("in/{minute}.csv")});
    denied(minute, who, "s3:PutObject", request)
}

/// The reading of whoever is behind the last event.
fn last(events: &[Event]) -> TriageReading {
    let mut histories = PrincipalHistories::new();
    events.iter().for_each(|event| histories.record_event(event));
    histories.reading_of(&events.last().unwrap().principal).unwrap()
}

fn is_granted(reading: &TriageReading) -> bool {
    reading.looks_like != LooksLike::Exploring && reading.withhold.is_none()
}

const LISTS: [&str; 12] = [
    "iam:ListUsers",
    "ec2:DescribeInstances",
    "lambda:ListFunctions",
    "rds:DescribeDBInstances",
    "iam:ListRoles",
    "kms:ListKeys",
    "sqs:ListQueues",
    "sns:ListTopics",
    "s3:ListBuckets",
    "dynamodb:ListTables",
    "organizations:ListAccounts",
    "secretsmanager:ListSecrets",
];

#[test]
fn a_name_for_each_call_hides_no_drip() {
    let by_mail = |n: usize| session("analysts", &format!("p{n}@ledger.example"));
    let by_token = |n: usize| token("broker", &format!("t{n}"));
    let names: [&dyn Fn(usize) -> Value; 2] = [&by_mail, &by_token];
    for who in names {
        let lists = LISTS.iter().enumerate();
        let events: Vec<Event> =
            lists.map(|(n, action)| denied(n as i64 * 31, &who(n), action, Value::Null)).collect();
        let mut histories = PrincipalHistories::new();
        events.iter().for_each(|event| histories.record_event(event));
        for event in &events {
            assert!(!is_granted(&histories.reading_of(&event.principal).unwrap()));
        }
        assert!(!is_granted(&histories.worst_reading()));
    }
}

#[test]
fn what_one_session_did_holds_back_what_the_others_lack() {
    let (one, other) =
        (session("analysts", "a@ledger.example"), session("analysts", "b@ledger.example"));
    let grant = json!({"roleName": "analysts", "policyDocument": "{}"});
    let own = went_through(0, &one, "iam:PutRolePolicy", grant);
    let mut tool = record(3, &one, "s3:ListBuckets", Value::Null);
    tool["userAgent"] = "Boto3/1.34 pacu".into();
    let tool = decode_record(refused(tool).to_string().as_bytes()).unwrap();
    for sign in [own, tool] {
        let plain = session("analysts", "analysts");
        for who in [&other, &plain] {
            let reading = last(&[sign.clone(), write(9, who)]);
            assert_eq!(reading.looks_like, LooksLike::Unclear);
            assert!(reading.withhold.unwrap().contains("session"), "{who}");
        }
        // Another role's sessions are others'.
        assert!(is_granted(&last(&[sign.clone(), write(9, &session("web", "b@ledger.example"))])));
    }
}

#[test]
fn a_federation_token_is_its_users() {
    let mut events: Vec<Event> = LISTS
        .iter()
        .enumerate()
        .map(|(n, action)| denied(n as i64, &user("nora"), action, Value::Null))
        .collect();
    events.push(write(40, &token("nora", "batch")));
    assert_eq!(last(&events).looks_like, LooksLike::Exploring);
    events.push(write(41, &token("omar", "batch")));
    assert!(is_granted(&last(&events)));
}

#[test]
fn a_shared_role_stays_a_workload() {
    let builds: Vec<Event> =
        (0..200).map(|n| write(n, &session("ci", &format!("build-{n}")))).collect();
    assert!(is_granted(&last(&builds)));
    // Many people, each of whom lacks one thing: looked at before anything is granted, and nobody is
    // called an intruder.
    let people: Vec<Event> = LISTS
        .iter()
        .enumerate()
        .map(|(n, action)| {
            denied(n as i64 * 300, &session("ci", &format!("p{n}@x.example")), action, Value::Null)
        })
        .chain([write(9_000, &session("ci", "p0@x.example"))])
        .collect();
    let reading = last(&people);
    assert_ne!(reading.looks_like, LooksLike::Exploring);
    assert!(reading.withhold.is_some());
}

#[test]
fn data_is_data_at_any_pace() {
    let reads = [
        ("s3:GetObject", json!({"bucketName": "ledger", "key": "a"})),
        ("secretsmanager:GetSecretValue", json!({"secretId": "prod/db"})),
        ("dynamodb:Scan", json!({"tableName": "customers"})),
        ("ssm:GetParameter", json!({"name": "/prod/key"})),
    ];
    for minutes in [1, 3, 90, 1_500] {
        let who = session("app", "app");
        let events: Vec<Event> = reads
            .iter()
            .enumerate()
            .map(|(n, (action, request))| denied(n as i64 * minutes, &who, action, request.clone()))
            .collect();
        assert_eq!(last(&events).looks_like, LooksLike::Exploring, "{minutes}");
        assert!(!is_granted(&last(&events[..3])), "{minutes}");
        assert!(is_granted(&last(&events[..2])), "{minutes}");
    }
}

#[test]
fn no_user_agent_makes_a_list_of_the_consoles_harmless() {
    for agent in ["Go-http-client/1.1", "Mozilla/5.0", "AWS Internal", "", "aws-cli/2.17"] {
        let console = |n: usize, action: &str, request: Value| {
            let mut who = user("nora");
            who["accessKeyId"] = "ASIAIOSFODNN7EXAMPLE".into();
            let mut record = refused(record(n as i64, &who, action, request));
            record["sessionCredentialFromConsole"] = "true".into();
            record["userAgent"] = agent.into();
            decode_record(record.to_string().as_bytes()).unwrap()
        };
        let lists: Vec<Event> =
            LISTS.iter().enumerate().map(|(n, action)| console(n, action, Value::Null)).collect();
        assert!(!is_granted(&last(&lists)), "{agent}");
        // What no page asks for by itself counts as from anywhere else.
        let tries = [
            console(0, "iam:CreateAccessKey", json!({"userName": "root-admin"})),
            console(1, "iam:AttachUserPolicy", json!({"userName": "nora"})),
            console(2, "iam:PutUserPolicy", json!({"userName": "nora"})),
            console(3, "iam:UpdateAssumeRolePolicy", json!({"roleName": "admin"})),
        ];
        assert_eq!(last(&tries).looks_like, LooksLike::Exploring, "{agent}");
        // Somebody who lacks a permission for a page or two lacks a permission.
        assert!(is_granted(&last(&lists[..2])), "{agent}");
    }
}

#[test]
fn many_secrets_roles_and_keys_are_no_workloads() {
    let who = session("app", "app");
    let on_many = |action: &str, request: &dyn Fn(usize) -> Value| {
        let each = (0..30).map(|n| denied(n as i64, &who, action, request(n)));
        last(&each.collect::<Vec<_>>())
    };
    let role = |n: usize| json!({"roleArn": format!("arn:aws:iam::{ACCOUNT}:role/r{n}")});
    let secret = |n: usize| json!({"secretId": format!("prod/db{n}")});
    let object = |n: usize| json!({"bucketName": "ledger", "key": format!("k{n}")});
    assert!(!is_granted(&on_many("sts:AssumeRole", &role)));
    assert!(!is_granted(&on_many("secretsmanager:GetSecretValue", &secret)));
    assert!(!is_granted(&on_many("s3:DeleteObject", &object)));
    assert!(is_granted(&on_many("s3:PutObject", &object)));
    let queue = |n: usize| json!({"queueUrl": "https://sqs/q", "messageId": n.to_string()});
    assert!(is_granted(&on_many("sqs:SendMessage", &queue)));
}

/// Calls that went through, and what was denied to the same user beside them.
fn beside(who: &Value, action: &str, request: Value) -> TriageReading {
    let before = last(&[went_through(0, who, action, request.clone()), write(5, who)]);
    let after = [write(5, who), went_through(9, who, action, request)];
    let after = last(&after);
    assert_eq!(is_granted(&before), is_granted(&after), "{action}");
    before
}

#[test]
fn ways_round_a_denial_hold_grants_back() {
    let mallory = user("mallory");
    let app = session("app", "worker-1");
    let trust = |principal: Value| {
        let policy = json!({"Statement": {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}});
        json!({"roleName": "admin", "policyDocument": policy.to_string()})
    };
    let root = format!("arn:aws:iam::{ACCOUNT}:root");
    let quarantine = "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3";
    let admin = "arn:aws:iam::aws:policy/AdministratorAccess";
    let role = format!("arn:aws:iam::{ACCOUNT}:role/admin");
    for (who, action, request) in [
        (&mallory, "iam:DetachUserPolicy", json!({"userName": "mallory", "policyArn": quarantine})),
        (&mallory, "iam:DeleteUserPolicy", json!({"userName": "mallory", "policyName": "x"})),
        (&mallory, "iam:RemoveUserFromGroup", json!({"userName": "mallory", "groupName": "g"})),
        (&app, "iam:DeleteRolePolicy", json!({"roleName": "app", "policyName": "x"})),
        (
            &mallory,
            "iam:AttachGroupPolicy",
            json!({"groupName": "g", "policyArn": "arn:aws:iam::222233334444:policy/p"}),
        ),
        (&mallory, "iam:CreateAccessKey", json!({"userName": "admin"})),
        (&mallory, "iam:UpdateLoginProfile", json!({"userName": "admin"})),
        (&mallory, "iam:AttachUserPolicy", json!({"userName": "spare", "policyArn": admin})),
        (&mallory, "iam:UpdateAssumeRolePolicy", trust(json!({"AWS": root}))),
        (&mallory, "iam:UpdateAssumeRolePolicy", trust(json!("*"))),
        (&mallory, "iam:CreateRole", trust(json!({"AWS": ACCOUNT}))),
        (
            &app,
            "iam:UpdateAssumeRolePolicy",
            trust(json!({"AWS": format!("arn:aws:sts::{ACCOUNT}:assumed-role/app/worker-1")})),
        ),
        (&mallory, "lambda:CreateFunction20150331", json!({"functionName": "f", "role": role})),
        (&mallory, "ec2:RunInstances", json!({"iamInstanceProfile": {"name": "admin"}})),
        (&mallory, "glue:CreateJob", json!({"role": role})),
        (&mallory, "cloudformation:CreateStack", json!({"stackName": "s", "roleARN": role})),
        (&mallory, "ecs:RegisterTaskDefinition", json!({"taskRoleArn": role})),
        (
            &mallory,
            "iam:PutUserPermissionsBoundary",
            json!({"userName": "mallory", "permissionsBoundary": admin}),
        ),
        (&mallory, "iam:CreateSAMLProvider", json!({"name": "p"})),
        (
            &mallory,
            "kms:CreateGrant",
            json!({"keyId": "k", "granteePrincipal": "arn:aws:iam::222233334444:user/mallory"}),
        ),
        (&mallory, "organizations:DetachPolicy", json!({"policyId": "p-1"})),
    ] {
        let reading = beside(who, action, request.clone());
        assert!(!is_granted(&reading), "{action} {request}");
        assert_ne!(reading.looks_like, LooksLike::LacksPermission, "{action}");
    }
}

#[test]
fn everyday_calls_hold_nothing_back() {
    let deploy = session("deploy", "deploy");
    for (action, request) in [
        (
            "iam:DetachUserPolicy",
            json!({"userName": "left", "policyArn": "arn:aws:iam::222233334444:policy/p"}),
        ),
        (
            "iam:AttachRolePolicy",
            json!({"roleName": "web", "policyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}),
        ),
        (
            "iam:PutRolePolicy",
            json!({"roleName": "web", "policyDocument": r#"{"Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}}"#}),
        ),
        (
            "iam:CreateRole",
            json!({"roleName": "web", "assumeRolePolicyDocument": r#"{"Statement":{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}}"#}),
        ),
        ("cloudformation:CreateStack", json!({"stackName": "shop"})),
        ("ec2:RunInstances", json!({"instanceType": "t3.micro"})),
        // What a role that deploys does every day; a user who does it is looked at.
        ("ec2:RunInstances", json!({"iamInstanceProfile": {"name": "web"}})),
        (
            "lambda:CreateFunction20150331",
            json!({"functionName": "f", "role": format!("arn:aws:iam::{ACCOUNT}:role/web")}),
        ),
        (
            "lambda:UpdateFunctionConfiguration20150331v2",
            json!({"functionName": "f", "timeout": 9}),
        ),
        (
            "s3:PutBucketPolicy",
            json!({"bucketName": "b", "bucketPolicy": {"Statement": {"Effect": "Allow", "Principal": {"Service": "logging.s3.amazonaws.com"}}}}),
        ),
    ] {
        assert!(is_granted(&beside(&deploy, action, request)), "{action}");
    }
}

#[test]
fn several_attempts_at_permissions_hold_back_the_rest() {
    let who = user("mallory");
    let tries = [
        denied(0, &who, "iam:CreateAccessKey", json!({"userName": "admin"})),
        denied(1, &who, "iam:AttachUserPolicy", json!({"userName": "mallory"})),
        write(9, &who),
    ];
    assert!(!is_granted(&last(&tries)));
}

#[test]
fn a_quiet_principal_takes_less_than_a_kilobyte() {
    let mut histories = PrincipalHistories::with_capacity(1 << 20);
    let each = |n: usize| denied(n as i64, &user(&format!("u{n}")), "s3:ListBuckets", Value::Null);
    (0..1_000).for_each(|n| histories.record_event(&each(n)));
    assert_eq!(histories.len(), 1_000, "all of them have room in a megabyte");
    (1_000..4_000).for_each(|n| histories.record_event(&each(n)));
    assert!(histories.len() < 1_600, "{}", histories.len());
}
