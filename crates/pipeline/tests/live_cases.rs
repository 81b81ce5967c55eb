//! Cases as the source half tells them while logs arrive.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

#[path = "../../cases/tests/story/mod.rs"]
mod story;

mod live {
    #[allow(dead_code)]
    pub(crate) mod world;
}

use std::sync::Arc;

use aware_cases::advise::explain_event;
use aware_cases::case::{Case, CaseBook, CaseEvent};
use aware_cases::tell::{CaseStatus, ClosedBy};
use aware_cases::triage::PrincipalHistories;
use aware_core::case::CaseReading;
use aware_core::event::{Level, Outcome};
use aware_core::explanation::Cure;
use aware_core::finding::RuleSummary;
use aware_core::message::{Message, MessageKind};
use aware_core::source::decode_record;
use aware_pipeline::case_admin::{
    CaseAdminError, CaseChange, change_record, find_record, list_records,
};
use aware_pipeline::port::CaseFilter;
use jiff::Timestamp;
use live::world::{LiveWorld, at};
use serde_json::json;
use story::healthy::healthy_day;
use story::records::{Call, Caller, exploring_calls};

/// The cases that somebody builds who knows every event.
fn cases_of(calls: &[Call], until: Timestamp) -> Vec<Case> {
    let (mut book, mut histories) = (CaseBook::new(), PrincipalHistories::new());
    for call in calls {
        let event = decode_record(call.json().as_bytes()).unwrap();
        histories.record_event(&event);
        let denied = event.outcome == Outcome::Denied;
        let rules: Vec<Arc<RuleSummary>> =
            denied.then(RuleSummary::denied_call).into_iter().collect();
        let why = explain_event(&event).map(Box::new);
        book.record_event(&CaseEvent::from_event(&event, rules, why));
    }
    book.mark_followed();
    book.build_cases(&histories, until)
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

/// The same order for the same seed.
fn shuffled(count: usize, seed: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    let key = |n: &usize| (*n as u64 + 1).wrapping_mul(seed | 1).rotate_left(17).wrapping_mul(seed);
    order.sort_by_key(key);
    order
}

/// What any order of bodies must agree on: which reads were followed depends on when they came.
fn gist(case: &Case) -> impl PartialEq + std::fmt::Debug {
    let texts: Vec<String> = case.notable.iter().map(|line| line.fact.text.clone()).collect();
    let (level, reading) = (case.level, case.reading);
    (level, reading, texts, case.counts.denied, case.counts.changed, case.findings)
}

#[tokio::test]
async fn a_takeover_in_one_body_is_the_case_of_whoever_knows_every_event() {
    let calls = takeover();
    let expected = cases_of(&calls, at(800));
    for seed in 1..12 {
        let world = LiveWorld::at(800);
        let mixed: Vec<Call> =
            shuffled(calls.len(), seed).into_iter().map(|at| calls[at].clone()).collect();
        world.take(&[mixed]).await;
        assert_eq!(world.cases().await, expected, "seed {seed}");
        let messages = world.messages();
        assert_eq!(messages.last().unwrap().severity, Some(Level::Critical));
        assert!(messages.len() <= 2, "{:#?}", subjects(&messages));
    }
}

#[tokio::test]
async fn a_takeover_that_arrives_piece_by_piece_rises_to_the_same_case() {
    let calls = takeover();
    let expected = cases_of(&calls, at(800));
    for size in 1..calls.len() {
        let world = LiveWorld::at(800);
        // The first piece holds a denial: what came before is not followed.
        let bodies: Vec<Vec<Call>> = calls[1..].chunks(size).map(<[Call]>::to_vec).collect();
        world.take(&bodies).await;
        let [case] = world.cases().await.try_into().unwrap();
        assert_eq!(gist(&case), gist(&expected[0]), "{size} each");
        assert_eq!(case.turns, expected[0].turns, "{size} each");
        assert_eq!(case.counts.read, expected[0].counts.read - 1);
        let messages = world.messages();
        assert_eq!(messages[0].kind, MessageKind::Finding);
        let last_level = messages.iter().filter_map(|one| one.severity).max();
        assert_eq!(last_level, Some(Level::Critical));
        assert!(messages.len() <= 5, "{:#?}", subjects(&messages));
        // Delivered once more, nothing changes.
        world.take(&bodies).await;
        assert_eq!(world.messages().len(), messages.len());
    }
}

#[tokio::test]
async fn bodies_in_any_order_agree_on_what_matters() {
    let calls = takeover();
    let expected = cases_of(&calls, at(800));
    for seed in 1..20 {
        let world = LiveWorld::at(800);
        let bodies: Vec<Vec<Call>> = shuffled(calls.len(), seed)
            .chunks(1 + seed as usize % 3)
            .map(|part| part.iter().map(|at| calls[*at].clone()).collect())
            .collect();
        world.take(&bodies).await;
        let [case] = world.cases().await.try_into().unwrap();
        assert_eq!(gist(&case), gist(&expected[0]), "seed {seed}");
    }
}

#[tokio::test]
async fn a_burst_over_many_services_is_one_case_with_at_most_three_messages() {
    let who = Caller::user("audit", "AKIAEXAMPLEBURST0001", "198.51.100.9");
    let services = [
        "iam",
        "s3",
        "ec2",
        "lambda",
        "rds",
        "sns",
        "sqs",
        "kms",
        "ecs",
        "eks",
        "ecr",
        "glue",
        "athena",
        "dynamodb",
        "logs",
        "events",
        "ssm",
        "states",
        "backup",
        "dms",
        "fsx",
        "mq",
        "emr",
        "waf",
        "batch",
        "sagemaker",
        "bedrock",
        "redshift",
    ];
    let calls: Vec<Call> = (0..83)
        .map(|n| {
            let service = services[n % services.len()];
            let name = ["ListThings", "DescribeThing", "GetThing"][n / services.len()];
            Call::new(100 + n as i64, &who, &format!("{service}:{name}")).denied("*")
        })
        .collect();
    let world = LiveWorld::at(100);
    for part in calls.chunks(5) {
        world.take(&[part.to_vec()]).await;
        world.advance(5).await;
    }
    let [case] = world.cases().await.try_into().unwrap();
    assert_eq!((case.level, case.findings), (Level::High, 83));
    let early = world.messages();
    assert!(early.len() <= 3, "{:#?}", subjects(&early));
    assert!(early.iter().any(|message| message.severity == Some(Level::High)));
    world.advance(10 * 60).await;
    let told: u64 = world.messages().last().unwrap().count;
    assert_eq!(told, 83, "counts catch up");
    world.advance(25 * 3600).await;
    let messages = world.messages();
    let closed = messages.last().unwrap();
    assert!(closed.facts.news.as_deref().unwrap_or_default().starts_with("closed"), "{closed:?}");
}

#[tokio::test]
async fn a_cure_is_taken_back_in_words() {
    let who = Caller::role("app", "app", "ASIAEXAMPLEAPP000001", "192.0.2.9");
    let queue = "arn:aws:sqs:eu-west-1:111122223333:orders";
    let world = LiveWorld::at(100);
    for n in 0..3 {
        world.take(&[vec![Call::new(100 + n, &who, "sqs:SendMessage").denied(queue)]]).await;
    }
    let first = world.messages().remove(0);
    assert!(first.facts.cure.as_ref().is_some_and(Cure::is_offered), "{first:#?}");
    world.take(&[exploring_calls(&who, 200)]).await;
    let [case] = world.cases().await.try_into().unwrap();
    assert_eq!(case.reading, CaseReading::Exploring);
    let messages = world.messages();
    let last = messages.last().unwrap();
    assert!(!last.facts.cure.as_ref().is_some_and(Cure::is_offered));
    let news = last.facts.news.as_deref().unwrap();
    assert!(news.contains("withdrawn"), "{news}");
}

#[tokio::test]
async fn a_healthy_day_is_at_most_ten_messages() {
    let mut day = healthy_day();
    day.sort_by_key(Call::json);
    let mut day: Vec<(i64, Call)> = day.into_iter().map(|call| (call.second(), call)).collect();
    day.sort_by_key(|(second, _)| *second);
    let world = LiveWorld::with_shipped_rules(0);
    let mut clock = 0;
    for part in day.chunk_by(|(one, _), (other, _)| one / 300 == other / 300) {
        let until = part[0].0 / 300 * 300 + 300;
        world.advance(until - clock).await;
        clock = until;
        world.take(&[part.iter().map(|(_, call)| call.clone()).collect()]).await;
    }
    world.advance(86_400 - clock).await;
    let messages = world.messages();
    assert!(messages.len() <= 10, "{}: {:#?}", messages.len(), subjects(&messages));
}

#[tokio::test]
async fn many_new_cases_are_one_message_and_nothing_is_lost() {
    let calls: Vec<Call> = (0..200)
        .map(|n| {
            let key = format!("ASIAEXAMPLESTORM{n:04}");
            let who = Caller::role(&format!("app{n}"), "app", &key, "192.0.2.9");
            Call::new(100 + n / 10, &who, "sqs:SendMessage")
                .denied(&format!("arn:aws:sqs:eu-west-1:111122223333:queue{n}"))
        })
        .collect();
    let world = LiveWorld::at(120);
    for part in calls.chunks(20) {
        world.take(&[part.to_vec()]).await;
    }
    let alone = world.messages().len();
    assert!(alone <= 30, "{alone}");
    world.advance(120).await;
    let messages = world.messages();
    let storm: Vec<&Message> =
        messages.iter().filter(|one| one.subject.contains("cases at once")).collect();
    assert!(!storm.is_empty() && storm.len() <= 2, "{:#?}", subjects(&messages));
    let told: u64 = storm.iter().map(|message| message.count).sum();
    assert_eq!(told as usize + alone, 200, "each is told once");
}

fn subjects(messages: &[Message]) -> Vec<String> {
    let line = |one: &Message| {
        let (level, time) = (one.severity.unwrap(), one.time.unwrap());
        format!("{time} {level} {}: {}", one.subject, one.facts.news.as_deref().unwrap_or_default())
    };
    messages.iter().map(line).collect()
}

/// Principals that one policy refuses share nothing else: whoever comes later finds them.
#[tokio::test]
async fn whom_one_cause_refuses_is_one_case_whenever_they_come() {
    let bucket = "arn:aws:s3:::reports";
    let calls: Vec<Call> = (0..7)
        .map(|n| {
            let key = format!("ASIAEXAMPLECAUSE000{n}");
            let address = format!("192.0.2.{n}");
            let who = Caller::role(&format!("app{n}"), "app", &key, &address);
            let text = format!(
                "User: {} is not authorized to perform: s3:ListBucket on resource: {bucket} with an \
                 explicit deny in a resource-based policy",
                who.arn()
            );
            Call::new(100 + 20 * n, &who, "s3:ListBucket")
                .request(json!({"bucketName": "reports"}))
                .set("errorCode", json!("AccessDenied"))
                .set("errorMessage", json!(text))
        })
        .collect();
    let expected = cases_of(&calls, at(800));
    assert_eq!(expected.len(), 1);
    for seed in 1..9 {
        let world = LiveWorld::at(800);
        for place in shuffled(calls.len(), seed) {
            world.take(&[vec![calls[place].clone()]]).await;
        }
        let [case] = world.cases().await.try_into().unwrap();
        assert_eq!((case.actors.len(), case.findings), (7, 7), "seed {seed}");
        assert_eq!(case.cause, expected[0].cause, "seed {seed}");
    }
}

/// A second session of the role, under another name, from where an intruder came.
#[tokio::test]
async fn a_session_at_an_intruders_address_joins_the_case() {
    let session = |name: &str, key: &str| Caller::role("ops", name, key, "198.51.100.9");
    let first = session("a@example.com", "ASIAEXAMPLEOPS000001");
    let mut calls = exploring_calls(&first, 100);
    let second = session("b@example.com", "ASIAEXAMPLEOPS000002");
    let name = json!({"userName": "backup"});
    calls.push(Call::new(200, &second, "iam:CreateUser").denied("*").request(name));
    for seed in 1..5 {
        let world = LiveWorld::at(800);
        for place in shuffled(calls.len(), seed) {
            world.take(&[vec![calls[place].clone()]]).await;
        }
        let [case] = world.cases().await.try_into().unwrap();
        assert_eq!((case.actors.len(), case.level), (2, Level::High), "seed {seed}");
    }
}

fn lacks(n: i64, name: &str) -> Call {
    let who = Caller::role(name, name, "ASIAEXAMPLELACKS0001", "192.0.2.9");
    let queue = "arn:aws:sqs:eu-west-1:111122223333:orders";
    Call::new(100 + n, &who, "sqs:SendMessage").denied(queue)
}

#[tokio::test]
async fn people_find_close_and_reopen_cases() {
    let world = LiveWorld::at(200);
    world.take(&[vec![lacks(0, "app"), lacks(1, "worker"), lacks(2, "app")]]).await;
    let store = &*world.store;
    let records = list_records(store, &CaseFilter::default()).await.unwrap();
    assert_eq!(records.len(), 2);
    let id = records[0].case.id.clone();
    let found = find_record(store, id.get(..6).unwrap()).await.unwrap();
    assert_eq!(found, records[0]);
    let several = find_record(store, "c").await.unwrap_err().to_string();
    assert!(several.contains("several cases") && several.contains("(hint: "), "{several}");
    assert!(matches!(find_record(store, "c0ffee").await, Err(CaseAdminError::Unknown(_))));

    let change = CaseChange::Close { by: "Nora", reason: "known" };
    let closed = change_record(store, &id, change, at(210)).await.unwrap();
    let CaseStatus::Closed { by: ClosedBy::Person { name, reason, .. }, .. } =
        &closed.telling.status
    else {
        panic!("{closed:?}")
    };
    assert_eq!((name.as_str(), reason.as_str()), ("Nora", "known"));
    let told = world.messages().len();
    let name = closed.case.actors[0].name.trim_start_matches("role/").to_owned();
    world.take(&[(10..30).map(|n| lacks(n, &name)).collect()]).await;
    world.advance(3600).await;
    assert_eq!(world.messages().len(), told, "it stays closed");
    let counted = find_record(store, &id).await.unwrap();
    assert!(!counted.telling.status.is_open() && counted.telling.untold() == 20);

    let open = change_record(
        store,
        &id,
        CaseChange::Reopen { by: "erin", reason: "it was none" },
        at(5_000),
    )
    .await
    .unwrap();
    assert!(open.telling.status.is_open());
    world.advance(25 * 3600).await;
    let digest = world.messages();
    let digest: Vec<&Message> =
        digest.iter().filter(|one| one.kind == MessageKind::Digest).collect();
    assert!(digest.len() <= 1);
}

#[tokio::test]
async fn what_needs_nobody_is_in_the_digest() {
    let who = Caller::role("deployer", "run", "ASIAEXAMPLEDEPLOY001", "198.51.100.7");
    let role = "arn:aws:iam::111122223333:role/new";
    let calls = vec![
        Call::new(100, &who, "iam:CreateRole").request(json!({"roleName": "new"})),
        Call::new(104, &who, "sts:AssumeRole").request(json!({"roleArn": role})).denied(role),
        Call::new(112, &who, "sts:AssumeRole").request(json!({"roleArn": role})),
    ];
    let world = LiveWorld::at(120);
    world.advance(30).await;
    world.take(&[calls]).await;
    let [case] = world.cases().await.try_into().unwrap();
    assert_eq!(case.reading, CaseReading::NotConsistentYet);
    world.advance(12 * 3600).await;
    world.take(&[vec![lacks(12 * 3600, "app")]]).await;
    world.advance(13 * 3600).await;
    let messages = world.messages();
    let digest = messages.iter().find(|one| one.kind == MessageKind::Digest).unwrap();
    let fields: Vec<&str> = digest.fields.iter().map(|field| field.key.as_str()).collect();
    let named = ["To fix: role/app in 111122223333", "Rule: Denied call"];
    assert!(named.iter().all(|one| fields.contains(one)), "{fields:?}");
    assert!(
        digest.subject.contains("1 finding in 1 case that needs no action"),
        "{}",
        digest.subject
    );
}
