//! Alerts over the life of a case, their forms, and what the other side's answers mean.

use std::collections::BTreeMap;
use std::time::Duration;

use aware_cases::message;
use aware_core::event::Level;
use jiff::SignedDuration;
use serde_json::{Value, json};
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::alert::Alert;
use super::*;
use crate::aws::AwsSession;
use crate::secret::SecretRef;

const SECOND: Duration = Duration::from_secs(1);
const FINGERPRINT: &str = "fp1:0123456789abcdef0123456789abcdef";

fn now() -> Timestamp {
    "2026-11-26T14:00:00Z".parse().unwrap()
}

fn settings() -> AlertSettings {
    let labels = BTreeMap::from([("team".to_owned(), "security".to_owned())]);
    AlertSettings { labels, fires_for: SignedDuration::from_hours(24) }
}

fn case_message(level: &str, reading: &str, headline: &str) -> Message {
    let body = json!({
        "schemaVersion": "2.0", "id": "msg_1", "kind": "update", "subject": headline, "fields": [],
        "metadata": {"sourceName": "CloudTrail"}, "severity": level, "fingerprint": FINGERPRINT,
        "identity": "arn:aws:iam::111122223333:user/alice",
        "facts": {"regions": {"values": ["eu-west-1", "us-east-1"]}, "rule": {"id": "r"}},
        "case": {
            "id": "c5b1e0123456789ab", "kind": "intruder", "level": level, "reading": reading,
            "headline": headline, "who": "user/alice", "accounts": ["111122223333"],
            "firstSeen": "2026-11-26T13:02:53Z",
            "nextSteps": [{"title": "Deny everything", "commands": ["aws iam x"]}],
        },
    });
    Message::read_json(body.to_string().as_bytes()).unwrap()
}

fn sent(message: &Message, before: Option<&NamedTexts>) -> (Vec<Alert>, NamedTexts) {
    alerts_of(message, &settings(), before, now())
}

fn labels(level: &str, reading: &str) -> Value {
    json!({
        "account": "111122223333", "alertname": reading, "case": "c5b1e0123456789ab",
        "kind": "intruder", "principal": "arn:aws:iam::111122223333:user/alice",
        "reading": reading, "region": "eu-west-1", "severity": level, "source": "CloudTrail",
        "team": "security",
    })
}

#[test]
fn an_alert_of_a_case() {
    let message = case_message("high", "exploring", "alice looked around");
    let (alerts, _) = sent(&message, None);
    let description = "Who: user/alice\ncase c5b1e · rule r";
    let expected = json!([{
        "labels": labels("high", "exploring"),
        "annotations": {
            "summary": "HIGH - alice looked around",
            "description": description,
            "next_step": "First: Deny everything\naws iam x",
        },
        "startsAt": "2026-11-26T13:02:53Z",
        "endsAt": "2026-11-27T14:00:00Z",
    }]);
    assert_eq!(body::api_body(&alerts), expected);
}

#[test]
fn a_case_that_rises_resolves_its_old_alert() {
    let (_, before) = sent(&case_message("medium", "unclear", "alice"), None);
    let mut risen = case_message("critical", "intrusion", "alice");
    risen.facts.regions.values = vec!["af-south-1".to_owned()];
    risen.case.as_mut().unwrap().accounts = vec!["000000000000".to_owned()];
    let (alerts, after) = sent(&risen, Some(&before));
    let states: Vec<_> =
        alerts.iter().map(|alert| (json!(alert.labels), alert.is_resolved)).collect();
    let expected = [(labels("medium", "unclear"), true), (labels("critical", "intrusion"), false)];
    assert_eq!(states, expected, "where it began stays, whatever is seen later");
    assert_eq!(alerts[0].ends_at, now());
    let (alerts, again) = sent(&risen, Some(&after));
    assert_eq!((alerts.len(), alerts[0].is_resolved, &again), (1, false, &after));
}

#[test]
fn a_case_that_is_closed_resolves_what_fires() {
    let (_, before) = sent(&case_message("medium", "unclear", "alice"), None);
    let mut closed = case_message("low", "change", "alice");
    closed.case.as_mut().unwrap().is_closed = true;
    for (before, expected) in
        [(Some(&before), labels("medium", "unclear")), (None, labels("low", "change"))]
    {
        let (alerts, _) = sent(&closed, before);
        assert_eq!(alerts.len(), 1);
        assert_eq!((json!(alerts[0].labels), alerts[0].is_resolved), (expected, true));
        assert_eq!(alerts[0].ends_at, now());
    }
}

#[test]
fn groups_and_messages_about_the_program() {
    let group = |kind: &str| {
        let body = json!({
            "schemaVersion": "2.0", "kind": kind, "subject": "s", "fields": [],
            "severity": "low", "fingerprint": FINGERPRINT, "time": "2036-01-01T00:00:00Z",
            "facts": {"account": "111122223333", "rule": {"id": "new-user",
                "link": "https://rules.example/new-user", "author": "x"},
                "consoleLink": "https://console.aws.amazon.com.evil.example/"},
        });
        sent(&Message::read_json(body.to_string().as_bytes()).unwrap(), None)
    };
    let (alerts, first) = group("finding");
    assert_eq!(group("update").1, first, "both are the same alert");
    assert_eq!((first["alertname"].as_str(), first["kind"].as_str()), ("new-user", "finding"));
    assert_eq!(first["group"], FINGERPRINT);
    let alert = &alerts[0];
    assert_eq!(alert.annotations["runbook_url"], "https://rules.example/new-user");
    assert_eq!(alert.link, None, "no page of AWS");
    assert_eq!(alert.starts_at, now(), "an alert cannot start in the future");

    let (alerts, _) = sent(&message::system_message("A test", &[], Level::High, now()), None);
    assert_eq!(alerts[0].labels["alertname"], "aware-system");
}

#[test]
fn strings_of_attackers_mention_nobody() {
    let hostile = "<!channel> [x](https://evil.example) @everyone\n\u{202e}".repeat(300);
    let mut message = case_message("high", "exploring", &hostile);
    message.identity = Some(hostile.clone());
    let case = message.case.as_mut().unwrap();
    case.who = hostile.clone();
    case.next_steps[0].commands = vec![format!("aws iam x '{hostile}'")];
    let (alerts, _) = sent(&message, None);
    assert!(alerts[0].labels["principal"].encode_utf16().count() <= 200);
    assert_eq!(alerts[0].annotations["next_step"], "First: Deny everything");
    for text in alerts[0].labels.values().chain(alerts[0].annotations.values()) {
        assert!(!text.contains("](") && !text.contains('<') && !text.contains("@everyone"));
        assert!(
            !text.contains("https://") && !text.contains('\u{202e}') && text.len() < 20_000,
            "{text}"
        );
    }
}

#[test]
fn a_description_that_is_cut_says_so() {
    let mut message = message::system_message("A test", &[], Level::High, now());
    let field = |index: usize| aware_core::message::MessageField {
        key: format!("Key {index}"),
        value: "x".repeat(400).into(),
    };
    message.fields = (0..20).map(field).collect();
    let description = sent(&message, None).0[0].annotations["description"].clone();
    assert!(description.starts_with("Key 0: x"), "{description}");
    assert!(description.ends_with("lines are left out"), "{description}");
    assert!(description.encode_utf16().count() < 4050);
}

#[test]
fn the_body_of_a_webhook() {
    let (_, before) = sent(&case_message("medium", "exploring", "alice"), None);
    let message = case_message("high", "exploring", "alice");
    let (alerts, _) = sent(&message, Some(&before));
    let body = body::webhook_body("pager", &message.fingerprint, &alerts);
    let keys: Vec<&str> = body.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = [
        "version",
        "groupKey",
        "truncatedAlerts",
        "status",
        "receiver",
        "groupLabels",
        "commonLabels",
        "commonAnnotations",
        "externalURL",
        "alerts",
    ];
    assert_eq!(keys, expected);
    assert_eq!((&body["version"], &body["status"]), (&json!("4"), &json!("firing")));
    assert_eq!((&body["groupKey"], &body["receiver"]), (&json!(FINGERPRINT), &json!("pager")));
    assert_eq!(body["groupLabels"], json!({"case": "c5b1e0123456789ab"}));
    assert!(body["commonLabels"].get("severity").is_none(), "the two differ in it");
    assert_eq!(body["commonLabels"]["team"], "security");
    let [old, new] = body["alerts"].as_array().unwrap().as_slice() else { panic!("{body}") };
    assert_eq!((&old["status"], &old["endsAt"]), (&json!("resolved"), &json!(now())));
    let never = json!("0001-01-01T00:00:00Z");
    assert_eq!((&new["status"], &new["endsAt"]), (&json!("firing"), &never));
    let hash = |alert: &Value| alert["fingerprint"].as_str().unwrap().to_owned();
    assert_ne!(hash(old), hash(new));
    let is_hash = |text: &str| text.len() == 16 && text.chars().all(|c| c.is_ascii_hexdigit());
    assert!(is_hash(&hash(new)));

    let mut closed = message;
    closed.case.as_mut().unwrap().is_closed = true;
    let (alerts, _) = sent(&closed, None);
    let body = body::webhook_body("pager", &closed.fingerprint, &alerts);
    assert_eq!(body["status"], "resolved");
}

async fn answered(
    build: impl Fn(&str, Duration) -> AlertmanagerDestination,
    at: &str,
    answer: ResponseTemplate,
) -> DeliveryOutcome {
    let server = MockServer::start().await;
    Mock::given(method("POST")).and(path(at)).respond_with(answer).expect(1).mount(&server).await;
    let destination = build(&format!("{}/canary-path/", server.uri()), SECOND);
    let message = case_message("high", "exploring", "alice");
    let outcome = destination.deliver(&message, None).await;
    assert!(!format!("{outcome:?}").contains("canary"), "{outcome:?}");
    outcome
}

#[tokio::test]
async fn the_api_is_below_the_url_and_remembers_labels() {
    let at = "/canary-path/api/v2/alerts";
    let ok = ResponseTemplate::new(200);
    let outcome = answered(AlertmanagerDestination::test_endpoint, at, ok).await;
    let DeliveryOutcome::Delivered(Some(thread)) = outcome else { panic!("{outcome:?}") };
    let mut expected = labels("high", "exploring");
    expected.as_object_mut().unwrap().remove("team");
    assert_eq!(serde_json::from_str::<Value>(&thread).unwrap(), expected);
}

#[tokio::test]
async fn the_next_delivery_resolves_what_the_thread_names() {
    let server = MockServer::start().await;
    let mock = Mock::given(path("/api/v2/alerts")).respond_with(ResponseTemplate::new(200));
    mock.expect(3).mount(&server).await;
    let destination = AlertmanagerDestination::test_endpoint(&server.uri(), SECOND);
    let mut thread: Option<String> = None;
    for (level, broken) in [("high", false), ("critical", false), ("critical", true)] {
        let message = case_message(level, "exploring", "alice");
        let before = if broken { Some("high") } else { thread.as_deref() };
        let DeliveryOutcome::Delivered(next) = destination.deliver(&message, before).await else {
            panic!("{level}")
        };
        thread = next;
    }
    let requests = server.received_requests().await.unwrap();
    let count = |index: usize| requests[index].body_json::<Vec<Value>>().unwrap().len();
    assert_eq!([count(0), count(1), count(2)], [1, 2, 1], "a thread of another form is ignored");
}

#[tokio::test]
async fn a_receiver_of_webhooks_gets_the_key() {
    let server = MockServer::start().await;
    let mock = Mock::given(path("/hook")).and(header("authorization", "Bearer canary-key"));
    mock.respond_with(ResponseTemplate::new(202)).expect(1).mount(&server).await;
    let hook = AlertmanagerDestination::test_webhook(&format!("{}/hook", server.uri()), SECOND);
    let outcome = hook.deliver(&case_message("high", "exploring", "alice"), None).await;
    assert!(matches!(outcome, DeliveryOutcome::Delivered(Some(_))), "{outcome:?}");
}

#[tokio::test]
async fn only_its_own_words_refuse() {
    let at = "/canary-path/api/v2/alerts";
    for (status, body, shown) in [
        (400, r#""start time must be before end time""#, "start time must be before end time"),
        (422, r#"{"code":602,"message":"labels is required"}"#, "labels is required"),
        (400, r#"{"error":"no /canary-path here"}"#, "its words repeat a secret"),
    ] {
        let answer = ResponseTemplate::new(status).set_body_string(body);
        let outcome = answered(AlertmanagerDestination::test_endpoint, at, answer).await;
        let DeliveryOutcome::Refused(reason) = &outcome else { panic!("{body}: {outcome:?}") };
        assert!(reason.contains(shown), "{reason}");
    }
    for (status, body) in [
        (400, "Bad Request"),
        (400, ""),
        (400, "{}"),
        (401, r#"{"message":"Unauthorized"}"#),
        (404, "404 page not found"),
        (500, r#""internal error""#),
        (302, ""),
        (200, "<!DOCTYPE html><title>Log in</title>"),
    ] {
        let answer = ResponseTemplate::new(status).set_body_string(body);
        let outcome = answered(AlertmanagerDestination::test_endpoint, at, answer).await;
        assert!(matches!(&outcome, DeliveryOutcome::Retry { .. }), "{status} {body}: {outcome:?}");
    }
    let refusal = ResponseTemplate::new(400).set_body_string(r#""Bearer canary-key is wrong""#);
    let outcome = answered(AlertmanagerDestination::test_webhook, "/canary-path/", refusal).await;
    assert!(matches!(&outcome, DeliveryOutcome::Refused(_)), "{outcome:?}");
}

#[tokio::test]
async fn digests_and_signs_of_life_are_not_alerts() {
    let nowhere = AlertmanagerDestination::test_endpoint("http://127.0.0.1:1", SECOND);
    let mut digest = message::heartbeat_message(now());
    assert_eq!(nowhere.deliver(&digest, None).await, DeliveryOutcome::Delivered(None));
    digest.kind = MessageKind::Digest;
    assert_eq!(nowhere.deliver(&digest, None).await, DeliveryOutcome::Delivered(None));
    digest.kind = MessageKind::System;
    let outcome = nowhere.deliver(&digest, None).await;
    assert!(matches!(&outcome, DeliveryOutcome::Retry { .. }), "{outcome:?}");
}

/// What `build` says of a config.
async fn built(text: &str) -> String {
    let config: AlertmanagerConfig = toml::from_str(text).unwrap();
    let built = config.build("alerts".to_owned(), &AwsSession::default()).await;
    built.err().map(|error| error.to_string()).unwrap_or_default()
}

#[tokio::test]
async fn what_a_config_may_say() {
    for right in [
        "url = \"https://alerts.example\"",
        "url = \"http://10.0.0.1:9093\"\nallow_private = true\nfires_for = \"4h\"",
        "url = \"https://alerts.example/hook\"\nform = \"webhook\"\nlabels = { team_1 = \"a\" }",
    ] {
        assert_eq!(built(right).await, "", "{right}");
    }
    let url = "url = \"https://alerts.example\"";
    for (wrong, what) in [
        ("url = \"http://10.0.0.1:9093\"".to_owned(), "is not `https`"),
        (format!("{url}\nfires_for = \"0s\""), "`fires_for` is zero"),
        (format!("{url}\nlabels = {{ \"1a\" = \"b\" }}"), "`1a` is not the name of a label"),
        (format!("{url}\nlabels = {{ \"a-b\" = \"b\" }}"), "`a-b` is not the name of a label"),
        (format!("{url}\nlabels = {{ __a = \"b\" }}"), "`__a` is not the name of a label"),
        (format!("{url}\nlabels = {{ severity = \"b\" }}"), "`severity` is a label that"),
        (format!("{url}\nauthorization = \"env:NOT_THERE\""), "no such environment variable"),
    ] {
        let said = built(&wrong).await;
        assert!(said.contains(what), "{wrong}: {said}");
    }
}

#[tokio::test]
async fn a_key_that_is_no_header_is_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    std::fs::write(&path, "canary\nkey").unwrap();
    let config = AlertmanagerConfig {
        authorization: Some(SecretRef::File(path.display().to_string())),
        ..toml::from_str("url = \"https://alerts.example\"").unwrap()
    };
    let built = config.build("alerts".to_owned(), &AwsSession::default()).await;
    let said = built.err().unwrap().to_string();
    assert!(said.contains("is not the value of a header") && !said.contains("canary"), "{said}");
}
