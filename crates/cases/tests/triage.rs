//! Triage on made-up principals: a prober, a job that fails, and what lies between.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use aware_cases::triage::{
    LooksLike, PrincipalHistories, PrincipalHistory, PrincipalObservation, TriageReading,
};
use aware_core::event::Event;
use aware_core::source::cloudtrail::decode_record;
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
    decode_record(record.to_string().as_bytes()).unwrap()
}

fn history(events: &[Event]) -> PrincipalHistory {
    let mut history = PrincipalHistory::new();
    events
        .iter()
        .filter_map(PrincipalObservation::from_event)
        .for_each(|observed| history.record_observation(&observed.seen));
    history
}

fn read(calls: Vec<Call<'_>>) -> TriageReading {
    history(&calls.iter().map(event).collect::<Vec<_>>()).to_reading()
}

/// The mildest reading among all principals that the calls are of.
fn mildest(calls: &[Call<'_>]) -> LooksLike {
    let events: Vec<Event> = calls.iter().map(event).collect();
    let mut histories = PrincipalHistories::new();
    events.iter().for_each(|event| histories.record_event(event));
    let denied = events.iter().filter(|event| event.error_code().is_some());
    let readings = denied.map(|event| histories.reading_of(&event.principal).unwrap());
    readings.min_by_key(|reading| reading.points).unwrap().looks_like
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
        "looks like somebody exploring: 12 actions across 11 services within 5 minutes, 12 typical reconnaissance calls, mostly lists",
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
        action: "lambda:UpdateFunctionConfiguration",
        who: role("deploy", "nightly"),
        request: request.clone(),
        ..Call::default()
    };
    expect(
        (0..6).map(job).collect(),
        LooksLike::LacksPermission,
        "looks like a workload that lacks a permission: at steady intervals, one action on one resource, no policy of its own allows it",
    );
    assert_eq!(read(vec![job(0)]).looks_like, LooksLike::LacksPermission);
}

#[test]
fn a_broken_deployment_with_many_writes_is_not_taken_for_an_explorer() {
    let writes = [
        "cloudformation:CreateChangeSet",
        "s3:PutObject",
        "ecs:UpdateService",
        "ecr:PutImage",
        "sqs:SetQueueAttributes",
        "elasticloadbalancing:ModifyListener",
    ];
    let mut calls = Vec::new();
    for day in 0..4 {
        for (n, action) in writes.iter().enumerate() {
            calls.push(Call {
                minute: f64::from(day) * 1_440.0 + n as f64 * 0.1,
                action,
                who: role("deploy", "nightly"),
                request: json!({"name": "shop"}),
                ..Call::default()
            });
        }
    }
    assert_ne!(read(calls).looks_like, LooksLike::Exploring);
}

/// What a caller chooses besides the calls themselves.
const AGENTS: [&str; 5] = [
    "aws-cli/2.17",
    "aws-sdk-python/1.34 Boto3/1.34 exec-env/AWS_Lambda_python3.12",
    "Mozilla/5.0 (X11; Linux x86_64)",
    "console.amazonaws.com",
    "APN/1.0 HashiCorp/1.0 Terraform/1.9",
];

const SESSIONS: [&str; 5] =
    ["i-0aabbccddeeff0011", "botocore-session-1795000000", "GitHubActions", "eks-pod", "runner"];

/// A list of calls, made `times` over with `gap` minutes between them.
fn list<'a>(
    actions: &[&'a str],
    times: usize,
    gap: f64,
    who: &Value,
    agent: &'a str,
) -> Vec<Call<'a>> {
    let calls = (0..times).flat_map(|_| actions.iter().copied()).enumerate();
    calls
        .map(|(n, action)| Call {
            minute: n as f64 * gap,
            action,
            who: who.clone(),
            agent,
            ..Call::default()
        })
        .collect()
}

#[test]
fn an_enumeration_stays_one_whatever_its_caller_chooses() {
    let short = ["iam:ListUsers", "s3:ListBuckets", "ec2:DescribeInstances", "iam:ListRoles"];
    for actions in [&short[..], &PROBES[..6], &PROBES] {
        for (times, gap) in
            [(1, 0.0), (1, 0.1), (1, 20.0), (1, 300.0), (4, 5.0), (30, 0.5), (5, 61.0)]
        {
            for (agent, session) in AGENTS.iter().zip(SESSIONS) {
                for who in [user("mara"), role("web", session)] {
                    let calls = list(actions, times, gap, &who, agent);
                    let n = actions.len();
                    let what = format!("{n} calls, {times} times, {gap} minutes, {agent}, {who}");
                    assert_eq!(mildest(&calls), LooksLike::Exploring, "{what}");
                }
            }
        }
    }
}

#[test]
fn a_session_of_its_own_for_each_call_hides_nothing() {
    let federated = |n: usize| {
        json!({"type": "FederatedUser", "accountId": "111122223333", "principalId": "111122223333:f",
            "arn": format!("arn:aws:sts::111122223333:federated-user/f{n}"),
            "sessionContext": {"sessionIssuer": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/mara"}}})
    };
    let by_mail = |n: usize| role("web", &format!("p{n}@example.org"));
    let identities: [&dyn Fn(usize) -> Value; 2] = [&federated, &by_mail];
    for identity in identities {
        let calls: Vec<Call<'_>> = PROBES
            .iter()
            .enumerate()
            .map(|(n, action)| Call {
                minute: n as f64,
                action,
                who: identity(n),
                ..Call::default()
            })
            .collect();
        assert_eq!(mildest(&calls), LooksLike::Exploring);
    }
}

#[test]
fn what_a_service_passes_on_is_its_callers() {
    let mut who = user("mara");
    who["invokedBy"] = "cloudformation.amazonaws.com".into();
    let mut calls = list(&PROBES, 1, 0.1, &who, "cloudformation.amazonaws.com");
    calls.iter_mut().for_each(|call| call.ip = "cloudformation.amazonaws.com");
    assert_eq!(mildest(&calls), LooksLike::Exploring);
}

#[test]
fn five_questions_about_permissions_are_exploring() {
    let probes = [
        ("iam:ListGroupsForUser", json!({"userName": "ann"})),
        ("iam:ListAttachedGroupPolicies", json!({"groupName": "team"})),
        ("iam:GetGroupPolicy", json!({"groupName": "team", "policyName": "p"})),
        ("iam:ListRoles", Value::Null),
        ("iam:GetPolicyVersion", json!({"policyArn": "arn:aws:iam::111122223333:policy/p"})),
    ];
    for gap in [0.06, 30.0, 400.0] {
        let calls: Vec<Call<'_>> = probes
            .iter()
            .enumerate()
            .map(|(n, (action, request))| Call {
                minute: n as f64 * gap,
                action,
                request: request.clone(),
                who: user("ann"),
                ..Call::default()
            })
            .collect();
        assert_eq!(mildest(&calls), LooksLike::Exploring, "{gap}");
        assert_eq!(mildest(&calls[..1]), LooksLike::LacksPermission);
    }
}

#[test]
fn data_of_several_services_at_once_is_exploring_however_often() {
    let reads = ["s3:GetObject", "dynamodb:Scan", "sqs:ReceiveMessage", "s3:PutObject"];
    for times in [1, 4, 40] {
        let mut calls = list(&reads, 1, 0.01, &role("web", "web-fn"), AGENTS[1]);
        for run in 1..times {
            let later = list(&reads, 1, 0.01, &role("web", "web-fn"), AGENTS[1]);
            calls.extend(
                later
                    .into_iter()
                    .map(|call| Call { minute: call.minute + run as f64 * 5.0, ..call }),
            );
        }
        calls.iter_mut().for_each(|call| call.request = json!({"name": call.action}));
        assert_eq!(mildest(&calls), LooksLike::Exploring, "{times}");
    }
}

#[test]
fn one_workload_that_reads_is_no_explorer() {
    for action in ["s3:GetObject", "dynamodb:GetItem", "sqs:ReceiveMessage", "ssm:GetParameter"] {
        for times in [1, 4, 400] {
            let mut calls = list(&[action], times, 7.0, &role("web", "web-fn"), AGENTS[1]);
            calls.iter_mut().for_each(|call| call.request = json!({"name": "orders"}));
            assert_eq!(mildest(&calls), LooksLike::LacksPermission, "{action} {times}");
        }
    }
}

#[test]
fn a_console_is_what_aws_says_is_one() {
    let browse = |agent: &'static str, key: &str, from_console: bool| {
        let mut who = user("ann");
        who["accessKeyId"] = key.into();
        let mut records = Vec::new();
        for call in list(&PROBES, 1, 0.01, &who, agent) {
            let mut record = event(&call).record;
            if from_console {
                record["sessionCredentialFromConsole"] = "true".into();
            }
            records.push(decode_record(record.to_string().as_bytes()).unwrap());
        }
        history(&records).to_reading()
    };
    let browser = AGENTS[2];
    assert_ne!(browse(browser, "ASIAIOSFODNN7EXAMPLE", true).looks_like, LooksLike::Exploring);
    assert_ne!(
        browse("AWS Internal", "ASIAIOSFODNN7EXAMPLE", true).looks_like,
        LooksLike::Exploring
    );
    // CloudShell has the console's credentials, and runs scripts.
    let shell = "aws-cli/2.17 exec-env/CloudShell";
    assert_eq!(browse(shell, "ASIAIOSFODNN7EXAMPLE", true).looks_like, LooksLike::Exploring);
    let disguised = browse(browser, "AKIAIOSFODNN7EXAMPLE", false);
    assert_eq!(disguised.looks_like, LooksLike::Exploring);
    let texts: Vec<_> = disguised.reasons.iter().map(|reason| reason.text.as_str()).collect();
    assert!(texts.contains(&"a browser's user agent with a long-term key"), "{texts:?}");
}

#[test]
fn a_tool_by_its_name_and_a_new_network() {
    let call = |minute: f64, ip, agent| Call {
        minute,
        ip,
        agent,
        who: user("bob"),
        action: "sts:GetCallerIdentity",
        ..Call::default()
    };
    let reading = read(vec![
        call(0.0, "203.0.113.9", "aws-cli/2"),
        call(3_000.0, "198.51.100.7", "TruffleHog"),
    ]);
    assert_eq!(reading.looks_like, LooksLike::Exploring, "{reading:#?}");
    let texts: Vec<_> = reading.reasons.iter().map(|reason| reason.text.as_str()).collect();
    assert!(texts.contains(&"from a network not seen before: 198.51.100.0/24"), "{texts:?}");
}

/// A denial of `s3:GetObject`, and a success of another call by the same principal.
fn denied_and(who: &Value, action: &str, request: Value, minute: f64) -> LooksLike {
    let read = Call {
        minute: 10.0,
        action: "s3:GetObject",
        request: json!({"bucketName": "b", "key": "k"}),
        who: who.clone(),
        ..Call::default()
    };
    let grant =
        Call { minute, action, request, denied: false, who: who.clone(), ..Call::default() };
    mildest(&[grant, read])
}

#[test]
fn who_helps_himself_is_exploring() {
    let document = |actions: Value| {
        json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": actions, "Resource": "*"}}).to_string()
    };
    let arn = "arn:aws:iam::111122223333:policy/p";
    let version = |actions: Value| json!({"policyArn": arn, "policyDocument": document(actions), "setAsDefault": true});
    let trust = |who: &str| json!({"roleName": "other", "policyDocument": format!("{{\"Principal\":\"{who}\"}}")});
    let eve = "arn:aws:iam::111122223333:user/eve";
    const EXPLORING: LooksLike = LooksLike::Exploring;
    const UNCLEAR: LooksLike = LooksLike::Unclear;
    const LACKING: LooksLike = LooksLike::LacksPermission;
    for (action, request, expected) in [
        ("iam:PutUserPolicy", json!({"userName": "eve", "policyDocument": "{}"}), EXPLORING),
        // What another user may do with it, nobody can know.
        ("iam:PutUserPolicy", json!({"userName": "eva", "policyDocument": "{}"}), UNCLEAR),
        ("iam:AttachUserPolicy", json!({"userName": "Eve"}), EXPLORING),
        ("iam:AddUserToGroup", json!({"userName": "eve", "groupName": "admins"}), EXPLORING),
        ("iam:CreateAccessKey", Value::Null, EXPLORING),
        ("iam:CreateAccessKey", json!({"userName": "ann"}), UNCLEAR),
        ("iam:CreateLoginProfile", json!({"userName": "eve"}), EXPLORING),
        ("iam:CreatePolicyVersion", version(json!("s3:Get*")), EXPLORING),
        ("iam:CreatePolicyVersion", version(json!(["sqs:*", "S3:GETOBJECT"])), EXPLORING),
        ("iam:CreatePolicyVersion", version(json!(["sqs:*", "s3:PutObject"])), LACKING),
        ("iam:CreatePolicyVersion", json!({"policyArn": arn, "policyDocument": "{}"}), EXPLORING),
        ("iam:SetDefaultPolicyVersion", json!({"policyArn": arn, "versionId": "v1"}), EXPLORING),
        (
            "iam:AttachGroupPolicy",
            json!({"groupName": "team", "policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}),
            EXPLORING,
        ),
        ("iam:AttachGroupPolicy", json!({"groupName": "team", "policyArn": arn}), UNCLEAR),
        ("iam:UpdateAssumeRolePolicy", trust(eve), EXPLORING),
        ("iam:UpdateAssumeRolePolicy", trust("arn:aws:iam::111122223333:user/evelyn"), LACKING),
        (
            "s3:PutBucketPolicy",
            json!({"bucketName": "b", "bucketPolicy": {"Principal": {"AWS": eve}}}),
            EXPLORING,
        ),
        ("iam:ListUsers", Value::Null, LACKING),
    ] {
        // Before the denial, and after it.
        for minute in [0.0, 20.0] {
            let looks_like = denied_and(&user("eve"), action, request.clone(), minute);
            assert_eq!(looks_like, expected, "{action} {request}");
        }
    }
    for action in ["iam:PutRolePolicy", "iam:AttachRolePolicy", "iam:UpdateAssumeRolePolicy"] {
        let own = denied_and(&role("app", "s"), action, json!({"roleName": "app"}), 20.0);
        let other = denied_and(&role("app", "s"), action, json!({"roleName": "web"}), 20.0);
        assert_eq!((own, other), (LooksLike::Exploring, LooksLike::LacksPermission), "{action}");
    }
}

#[test]
fn a_full_table_forgets_the_harmless() {
    let mut histories = PrincipalHistories::with_capacity(400_000);
    let add = |histories: &mut PrincipalHistories, calls: Vec<Call<'_>>| {
        calls.iter().for_each(|call| histories.record_event(&event(call)));
    };
    add(&mut histories, list(&PROBES[..4], 1, 0.1, &user("mara"), "aws-cli/2"));
    add(&mut histories, list(&PROBES[..1], 1, 0.1, &user("ann"), "aws-cli/2"));
    for n in 0..2_000 {
        let who = user(&format!("invented{n}"));
        add(&mut histories, vec![Call { minute: 5.0 + f64::from(n), who, ..Call::default() }]);
    }
    assert!(histories.len() < 500);
    let arn = |name: &str| format!("arn:aws:iam::111122223333:user/{name}");
    let looks = |histories: &PrincipalHistories, name: &str| {
        histories.find_reading(&arn(name), None).map(|reading| reading.looks_like)
    };
    assert_eq!(looks(&histories, "mara"), Some(LooksLike::Exploring));
    // Of who was forgotten nothing mild is said, even when he comes again.
    assert_eq!(looks(&histories, "ann"), None);
    add(&mut histories, list(&PROBES[..1], 1, 0.1, &user("ann"), "aws-cli/2"));
    assert_eq!(looks(&histories, "ann"), None);
    add(&mut histories, list(&PROBES[..4], 1, 0.1, &user("ann"), "aws-cli/2"));
    assert_eq!(looks(&histories, "ann"), Some(LooksLike::Exploring));
}

#[test]
fn harmless_names_crowd_out_no_hostile_ones() {
    let names: Vec<String> = (0..500).map(|n| format!("a4b:PutThing{n}")).collect();
    let mut calls: Vec<Call<'_>> = Vec::new();
    for (n, action) in names.iter().enumerate() {
        let request = json!({"name": "x"});
        calls.push(Call { minute: n as f64 * 61.0, action, request, ..Call::default() });
    }
    let fourth = ["iam:ListUsers", "s3:ListBuckets", "ec2:DescribeInstances", "iam:ListRoles"];
    calls.extend(list(&fourth, 1, 200.0, &role("app", "sess"), "aws-cli/2"));
    assert_eq!(mildest(&calls), LooksLike::Exploring);
}

#[test]
fn nothing_denied_is_unclear() {
    let reading = read(vec![Call { denied: false, ..Call::default() }]);
    assert_eq!((reading.looks_like, reading.points), (LooksLike::Unclear, 0));
}

#[test]
fn a_hostile_log_does_not_make_a_history_grow() {
    let mut events = Vec::new();
    for n in 0..3_000 {
        let action = format!("iam:{}{n}", "x".repeat(500));
        let agent = format!("agent{n}");
        let ip = format!("2001:db8:{n:x}::1");
        events.push(event(&Call {
            minute: f64::from(n),
            action: &action,
            agent: &agent,
            ip: &ip,
            ..Call::default()
        }));
    }
    assert!(serde_json::to_string(&history(&events)).unwrap().len() < 128 * 1024);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn order_and_repeats_do_not_matter(
        calls in prop::collection::vec((0_u32..9_000, 0_usize..12, prop::bool::ANY, 0_u8..4), 1..40), cut in 0_usize..40,
    ) {
        let mut events: Vec<Event> = calls.iter().map(|(minute, action, denied, ip)| event(&Call {
            minute: f64::from(*minute), action: PROBES[*action], denied: *denied, ip: &format!("203.0.{ip}.9"), ..Call::default()
        })).collect();
        let whole = history(&events);
        let (first, second) = events.split_at(cut.min(events.len()));
        let mut merged = history(second);
        merged.merge_with(history(first));
        prop_assert_eq!(&merged, &whole);
        events.extend(events.clone());
        events.reverse();
        prop_assert_eq!(&history(&events), &whole);
        let text = serde_json::to_string(&whole).unwrap();
        prop_assert_eq!(serde_json::from_str::<PrincipalHistory>(&text).unwrap(), whole);
    }
}
