//! Every kind of message, hostile ones too.

use aware_cases::group::FindingGroup;
use aware_cases::message::{self, group_message};
use aware_core::event::Level;
use aware_core::finding::{Finding, RuleSummary};
use aware_core::message::{Message, MessageField, MessageKind};
use aware_core::source::decode_record;
use proptest::prelude::*;
use serde_json::{Value, json};
use slackblocks::WebhookMessage;

use crate::blocks::{PostExtras, fallback_body, message_body, reply_body};
use crate::links::LinkHosts;

const HOSTILE: [&str; 10] = [
    "<!channel> <@U1> <#C1>",
    "<https://evil.example|aws.amazon.com>",
    "```\n`*_~ & &amp; &lt;",
    "\u{202e}nimda\u{200b}\u{feff}\u{1b}[31m\0",
    "a\nb\rc\u{2028}d",
    "z\u{300}\u{301}\u{302}",
    "",
    "   ",
    "👩‍👩‍👧‍👧",
    "https://evil.example @here @channel",
];

fn check(body: &Value) {
    let top = body.as_object().unwrap();
    assert!(
        top.keys().all(|key| ["text", "attachments", "mrkdwn"].contains(&key.as_str())),
        "{body}"
    );
    WebhookMessage::try_from(body.clone()).unwrap_or_else(|error| panic!("{error:?}\n{body:#}"));
    let mut texts = Vec::new();
    collect(body, &mut texts);
    let total: usize = texts.iter().map(|text| text.encode_utf16().count()).sum();
    assert!(total <= 10_000, "{total} characters");
    for text in texts {
        assert!(!text.is_empty(), "{body}");
        assert!(
            !text.contains(
                |c: char| c.is_control() && c != '\n' || ('\u{202a}'..='\u{202e}').contains(&c)
            ),
            "{text:?}"
        );
    }
    let mut parsed = Vec::new();
    // Slack parses no mark-up in `plain_text`.
    collect(&without_plain_text(body.clone()), &mut parsed);
    assert!(parsed.iter().all(|text| !text.contains(['<', '>'])), "{parsed:?}");
    for attachment in body["attachments"].as_array().into_iter().flatten() {
        let blocks = attachment["blocks"].as_array().unwrap();
        assert!(blocks.len() <= 15);
        // The validator looks at blocks where they stand at the top.
        let alone = json!({"text": "x", "blocks": blocks});
        WebhookMessage::try_from(alone.clone())
            .unwrap_or_else(|error| panic!("{error:?}\n{alone:#}"));
    }
}

fn without_plain_text(mut value: Value) -> Value {
    match &mut value {
        Value::Object(map) if map.get("type") == Some(&json!("plain_text")) => return Value::Null,
        Value::Object(map) => {
            map.values_mut().for_each(|value| *value = without_plain_text(value.take()))
        }
        Value::Array(list) => {
            list.iter_mut().for_each(|value| *value = without_plain_text(value.take()))
        }
        _ => {}
    }
    value
}

fn collect(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                match value {
                    Value::String(text) if matches!(key.as_str(), "text" | "fallback") => {
                        texts.push(text.clone())
                    }
                    value => collect(value, texts),
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|value| collect(value, texts)),
        _ => {}
    }
}

fn check_all(message: &Message) {
    check(&message_body(
        message,
        PostExtras { meant_for: Some("#<!here>"), ..PostExtras::default() },
    ));
    check(&fallback_body(message));
    check(&reply_body(message));
}

fn finding(text: &str, request: &Value) -> Message {
    let record = json!({
        "eventTime": "2026-11-24T03:54:00Z", "eventSource": text, "eventName": text, "awsRegion": text,
        "sourceIPAddress": text, "userAgent": text, "errorCode": "AccessDenied", "requestParameters": request,
        "errorMessage": format!("User is not authorized to perform: x on resource: {text} because {text}"),
        "userIdentity": {"type": "AssumedRole", "arn": format!("arn:aws:sts::1:assumed-role/{text}/{text}"), "accountId": text},
        "recipientAccountId": text, "eventID": text
    });
    let finding = Finding::from_event(
        &RuleSummary::denied_call(),
        &decode_record(record.to_string().as_bytes()).unwrap(),
    );
    let mut tally = FindingGroup::for_finding(&finding);
    tally.record(&finding);
    tally.record(&finding);
    group_message(&tally, MessageKind::Update, Some(text), tally.last_seen)
}

fn version_1(count: usize, key: &str, value: &Value) -> Message {
    let fields: Vec<_> = (0..count).map(|_| json!({"key": key, "value": value})).collect();
    let subject = if key.is_empty() { "-" } else { key };
    Message::read_json(json!({"subject": subject, "fields": fields}).to_string().as_bytes())
        .unwrap()
}

#[test]
fn ordinary_messages() {
    check_all(&finding("alice", &json!({"userName": "alice"})));
    check_all(&version_1(9, "Event", &json!("ListUsers")));
    check_all(&message::system_message(
        "s",
        &[("a", "b")],
        Level::High,
        jiff::Timestamp::UNIX_EPOCH,
    ));
}

#[test]
fn hostile_messages() {
    for text in HOSTILE {
        check_all(&finding(text, &json!({text: [text, {"a": text}]})));
        check_all(&finding(&text.repeat(200), &json!({"a": text.repeat(2000)})));
        check_all(&version_1(3, text, &json!(text)));
        check_all(&version_1(100, &text.repeat(50), &json!({text: text.repeat(500)})));
    }
    let mut none = version_1(1, "k", &json!(""));
    none.fields = vec![MessageField { key: String::new(), value: Value::Null }];
    check_all(&none);
    none.fields.clear();
    check_all(&none);
}

/// Field values in the order they stand in, whatever block they are in.
fn shown(body: &Value) -> String {
    let mut texts = Vec::new();
    collect(&body["attachments"], &mut texts);
    texts.join("\n")
}

#[test]
fn many_and_long_fields_are_shown_or_counted() {
    let fields: Vec<_> =
        (0..60).map(|at| json!({"key": format!("K{at}"), "value": format!("v{at}.")})).collect();
    let body = json!({"subject": "many", "fields": fields}).to_string();
    let body = message_body(&Message::read_json(body.as_bytes()).unwrap(), PostExtras::default());
    check(&body);
    let text = shown(&body);
    assert!((0..60).all(|at| text.contains(&format!("`v{at}.`"))), "{text}");

    let long = "x".repeat(2500);
    let body = json!({"subject": "long", "fields": [{"key": "A", "value": long}, {"key": "B", "value": "after"}]});
    let body = message_body(
        &Message::read_json(body.to_string().as_bytes()).unwrap(),
        PostExtras::default(),
    );
    check(&body);
    assert!(shown(&body).contains(&long) && shown(&body).contains("`after`"));

    let body = message_body(&version_1(1, "A", &json!("x".repeat(5000))), PostExtras::default());
    check(&body);
    assert!(shown(&body).contains("truncated: 5000 characters in full"), "{body}");

    let body = message_body(&version_1(500, "A", &json!("y".repeat(150))), PostExtras::default());
    check(&body);
    let text = shown(&body);
    let left: usize = text
        .split_whitespace()
        .zip(text.split_whitespace().skip(1))
        .find(|(_, word)| *word == "more")
        .and_then(|(count, _)| count.parse().ok())
        .unwrap();
    assert_eq!(text.matches(&"y".repeat(150)).count() + left, 500, "none is dropped in silence");
}

#[test]
fn links_of_a_trusted_publisher() {
    let hosts = LinkHosts::new(&["github.com".to_owned()]);
    let link = "<https://github.com/acme/shop/compare/a...b|Compare>";
    let message = version_1(30, "Differences", &json!(format!("{link} <!channel>")));
    let body = message_body(&message, PostExtras { links: Some(&hosts), ..PostExtras::default() });
    WebhookMessage::try_from(json!({"text": "x", "blocks": body["attachments"][0]["blocks"]}))
        .unwrap();
    assert_eq!(shown(&body).matches(link).count(), 30);
    assert!(!shown(&body).contains("<!channel>"));
    let body = message_body(&message, PostExtras::default());
    check(&body);
    assert!(!shown(&body).contains(link));
}

#[test]
fn the_check_can_fail() {
    let bad = json!({"text": "x", "blocks": [{"type": "header", "text": {"type": "plain_text", "text": "x".repeat(151)}}]});
    assert!(WebhookMessage::try_from(bad).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_text(text in any::<String>(), times in 1_usize..300) {
        check_all(&finding(&text, &json!({"a": text.repeat(times)})));
        check_all(&version_1(times % 60, &text, &json!(text.repeat(times))));
    }
}

#[path = "../../../crates/cases/tests/sample_cases/mod.rs"]
mod sample_cases;

#[test]
fn cases() {
    for (name, case) in sample_cases::all() {
        let message =
            message::case_message(&case, MessageKind::Update, Some("a new key"), case.last);
        check_all(&message);
        let body = message_body(&message, PostExtras::default());
        let text = shown(&body);
        let level = case.level.as_str().to_uppercase();
        assert!(text.contains(&format!("{level} - ")), "{name}: {text}");
        assert!(text.contains(&format!("case {}", &case.id[..5])), "{name}: {text}");
        if name == "intruder" {
            let wanted = [
                "Nothing in these logs undoes these 2 changes",
                "13:06:49 \u{25c6} iam:PutUserPolicy on themselves: Allow * on *",
                "*First: Deny everything to user/m.keller (1 more step follows)*",
                "```aws iam attach-user-policy --user-name m.keller",
            ];
            assert!(wanted.iter().all(|part| text.contains(part)), "{text}");
        }
        if name == "workload" {
            assert!(text.contains("```# identity policy of arn"), "{text}");
            assert!(!text.contains("First: "), "{text}");
        }
    }
}

#[test]
fn hostile_cases() {
    for text in HOSTILE {
        for times in [1, 300] {
            let text = text.repeat(times);
            let mut case = sample_cases::intruder();
            case.actors[0].name = text.clone();
            case.sources = vec![text.clone(); 9];
            case.notable[0].fact.text = text.clone();
            case.notable[0].fact.achieved = text.clone();
            case.contain[0].title = text.clone();
            case.contain[0].commands = vec![text.clone(); 3];
            case.actions.iter_mut().for_each(|line| line.action = text.clone());
            check_all(&message::case_message(&case, MessageKind::Finding, Some(&text), case.last));
        }
    }
}
