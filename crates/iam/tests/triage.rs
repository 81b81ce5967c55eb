//! Triage on made-up principals: a prober, a job that fails, and what lies between.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use aware_core::event::Event;
use aware_core::source::cloudtrail::decode;
use aware_iam::triage::{Desk, LooksLike, Profile, Reading};
use proptest::prelude::*;
use serde_json::{Value, json};

const START: i64 = 1_795_000_000;

/// An event, a minute's number after the start.
struct Call<'a> {
    minute: f64,
    action: &'a str,
    denied: bool,
    who: Value,
    agent: &'a str,
    ip: &'a str,
    request: Value,
}

impl Default for Call<'_> {
    fn default() -> Self {
        Self {
            minute: 0.0,
            action: "s3:ListBuckets",
            denied: true,
            who: role("app", "sess"),
            agent: "aws-cli/2.17",
            ip: "203.0.113.9",
            request: Value::Null,
        }
    }
}

fn role(name: &str, session: &str) -> Value {
    json!({"type": "AssumedRole", "accountId": "111122223333",
        "arn": format!("arn:aws:sts::111122223333:assumed-role/{name}/{session}"),
        "sessionContext": {"sessionIssuer": {"type": "Role", "arn": format!("arn:aws:iam::111122223333:role/{name}")}}})
}

fn user(name: &str) -> Value {
    json!({"type": "IAMUser", "accountId": "111122223333", "userName": name,
        "arn": format!("arn:aws:iam::111122223333:user/{name}"), "accessKeyId": "AKIAIOSFODNN7EXAMPLE"})
}

fn event(call: &Call<'_>) -> Event {
    let (service, name) = call.action.split_once(':').unwrap();
    let time = jiff::Timestamp::from_second(START + (call.minute * 60.0) as i64).unwrap();
    let mut record = json!({
        "eventVersion": "1.11", "eventTime": time.to_string(), "eventSource": format!("{service}.amazonaws.com"),
        "eventName": name, "awsRegion": "eu-west-1", "userAgent": call.agent, "sourceIPAddress": call.ip,
        "userIdentity": call.who, "requestParameters": call.request, "recipientAccountId": "111122223333",
        "eventType": "AwsApiCall", "eventID": format!("{}-{}-{}", call.minute, call.action, call.denied),
    });
    if call.denied {
        record["errorCode"] = "AccessDenied".into();
        record["errorMessage"] = format!("User: x is not authorized to perform: {} because no identity-based policy allows the {} action", call.action, call.action).into();
    }
    decode(record.to_string().as_bytes()).unwrap()
}

fn profile(events: &[Event]) -> Profile {
    let mut profile = Profile::new();
    events.iter().for_each(|event| profile.absorb(event));
    profile
}

fn read(calls: Vec<Call<'_>>) -> Reading {
    profile(&calls.iter().map(event).collect::<Vec<_>>()).reading()
}

fn expect(calls: Vec<Call<'_>>, looks_like: LooksLike, text: &str) {
    let reading = read(calls);
    assert_eq!(reading.looks_like, looks_like, "{reading:#?}");
    assert_eq!(reading.to_string(), text);
}

const PROBES: [&str; 12] = [
    "iam:ListUsers",
    "s3:ListBuckets",
    "ec2:DescribeInstances",
    "lambda:ListFunctions",
    "iam:ListRoles",
    "secretsmanager:ListSecrets",
    "kms:ListKeys",
    "rds:DescribeDBInstances",
    "sqs:ListQueues",
    "sns:ListTopics",
    "organizations:ListAccounts",
    "guardduty:ListDetectors",
];

fn probes(gap: f64) -> Vec<Call<'static>> {
    let numbered = PROBES.iter().enumerate();
    numbered
        .map(|(n, action)| Call {
            minute: n as f64 * gap,
            action,
            who: user("eve"),
            ..Call::default()
        })
        .collect()
}

#[test]
fn a_prober_is_exploring() {
    expect(
        probes(0.5),
        LooksLike::Exploring,
        "looks like somebody exploring: 12 actions over 11 services within 5 minutes, 12 calls that enumeration begins with, mostly lists",
    );
}

#[test]
fn a_slow_prober_is_exploring() {
    assert_eq!(read(probes(6.0)).looks_like, LooksLike::Exploring);
    assert_eq!(read(probes(180.0)).looks_like, LooksLike::Exploring);
}

#[test]
fn a_job_that_fails_lacks_a_permission() {
    let request = json!({"functionName": "checkout"});
    let job = |n: usize| Call {
        minute: n as f64 * 60.0,
        action: "lambda:UpdateFunctionCode",
        who: role("deploy", "GitHubActions"),
        request: request.clone(),
        ..Call::default()
    };
    expect(
        (0..6).map(job).collect(),
        LooksLike::LacksPermission,
        "looks like a workload that lacks a permission: at steady intervals, one action on one resource, a CI job",
    );
    assert_eq!(read(vec![job(0)]).looks_like, LooksLike::LacksPermission);
}

#[test]
fn a_broken_deployment_with_many_actions_is_not_taken_for_an_explorer() {
    let mut calls = Vec::new();
    for day in 0..4 {
        for (n, action) in PROBES.iter().take(6).enumerate() {
            let minute = f64::from(day) * 1_440.0 + n as f64 * 0.1;
            calls.push(Call {
                minute,
                action,
                who: role("deploy", "GitHubActions"),
                ..Call::default()
            });
        }
    }
    assert_ne!(read(calls).looks_like, LooksLike::Exploring);
}

#[test]
fn a_lambda_from_its_usual_network_that_worked_before() {
    let agent = "aws-sdk-rust/1.3 exec-env/AWS_Lambda_provided.al2023";
    let call = |minute: f64, denied: bool| Call {
        minute,
        denied,
        action: "dynamodb:PutItem",
        who: role("checkout-fn", "checkout"),
        agent,
        request: json!({"tableName": "orders"}),
        ..Call::default()
    };
    expect(
        vec![call(0.0, false), call(5.0, false), call(60.0, true), call(61.0, true)],
        LooksLike::LacksPermission,
        "looks like a workload that lacks a permission: one action on one resource, a Lambda role from its usual network, dynamodb:PutItem worked before",
    );
}

#[test]
fn a_tool_by_its_name_and_a_new_network() {
    let call = |minute: f64, ip, agent, denied| Call {
        minute,
        ip,
        agent,
        denied,
        who: user("bob"),
        action: "sts:GetCallerIdentity",
        ..Call::default()
    };
    let reading = read(vec![
        call(0.0, "203.0.113.9", "aws-cli/2", false),
        call(3_000.0, "198.51.100.7", "TruffleHog", true),
    ]);
    assert_eq!(reading.looks_like, LooksLike::Exploring, "{reading:#?}");
    let texts: Vec<_> = reading.reasons.iter().map(|reason| reason.text.as_str()).collect();
    assert!(texts.contains(&"from a network not seen before, 198.51.100.0/24"), "{texts:?}");
}

#[test]
fn who_helps_himself_is_exploring() {
    let call = |minute: f64, action, denied, request| Call {
        minute,
        action,
        denied,
        request,
        who: role("app", "s"),
        ..Call::default()
    };
    let grant = json!({"roleName": "app", "policyName": "x"});
    let reading = read(vec![
        call(0.0, "s3:GetObject", true, json!({"bucketName": "b", "key": "k"})),
        call(3.0, "iam:PutRolePolicy", false, grant),
        call(4.0, "s3:GetObject", false, json!({"bucketName": "b", "key": "k"})),
    ]);
    assert!(reading.reasons[0].text.starts_with("gave itself permissions"), "{reading:#?}");
    assert_ne!(reading.looks_like, LooksLike::LacksPermission);
}

#[test]
fn a_change_by_somebody_else_is_remembered() {
    let admin = Call {
        denied: false,
        action: "iam:PutRolePolicy",
        who: user("admin"),
        request: json!({"roleName": "app"}),
        ..Call::default()
    };
    let after = Call {
        minute: 30.0,
        action: "s3:PutObject",
        request: json!({"bucketName": "b"}),
        ..Call::default()
    };
    let mut desk = Desk::new();
    // The change is known although the logs were read the other way round.
    [event(&after), event(&admin)].iter().for_each(|event| desk.add(event));
    let reading = desk.reading("arn:aws:iam::111122223333:role/app").unwrap();
    assert!(
        reading.reasons.iter().any(|reason| reason.text == "began after PutRolePolicy"),
        "{reading:#?}"
    );
}

#[test]
fn nothing_denied_is_unclear() {
    let reading = read(vec![Call { denied: false, ..Call::default() }]);
    assert_eq!((reading.looks_like, reading.points), (LooksLike::Unclear, 0));
}

#[test]
fn a_hostile_log_does_not_make_a_profile_grow() {
    let mut profile = Profile::new();
    for n in 0..3_000 {
        let action = format!("iam:{}{n}", "x".repeat(500));
        let agent = format!("agent{n}");
        let ip = format!("2001:db8:{n:x}::1");
        profile.absorb(&event(&Call {
            minute: f64::from(n),
            action: &action,
            agent: &agent,
            ip: &ip,
            ..Call::default()
        }));
    }
    assert!(serde_json::to_string(&profile).unwrap().len() < 512 * 1024);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn order_and_repeats_do_not_matter(
        calls in prop::collection::vec((0_u32..600, 0_usize..12, prop::bool::ANY, 0_u8..4), 1..40), cut in 0_usize..40,
    ) {
        let mut events: Vec<Event> = calls.iter().map(|(minute, action, denied, ip)| event(&Call {
            minute: f64::from(*minute), action: PROBES[*action], denied: *denied, ip: &format!("203.0.{ip}.9"), ..Call::default()
        })).collect();
        let whole = profile(&events);
        let (first, second) = events.split_at(cut.min(events.len()));
        let mut merged = profile(second);
        merged.merge(profile(first));
        prop_assert_eq!(&merged, &whole);
        events.extend(events.clone());
        events.reverse();
        prop_assert_eq!(&profile(&events), &whole);
        let text = serde_json::to_string(&whole).unwrap();
        prop_assert_eq!(serde_json::from_str::<Profile>(&text).unwrap(), whole);
    }
}
