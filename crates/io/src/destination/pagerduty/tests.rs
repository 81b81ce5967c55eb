//! Events, the life of an alert, and what PagerDuty answers.

use std::time::Duration;

use wiremock::matchers::{body_partial_json, method};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::super::paging::test_case_message;
use super::*;

const KEY: &str = "fp1:ab12";

fn key() -> SecretText {
    SecretText::new("canary0123456789canary0123456789".to_owned())
}

fn accepted() -> ResponseTemplate {
    let body = json!({"status": "success", "message": "Event processed", "dedup_key": KEY});
    ResponseTemplate::new(202).set_body_json(body)
}

/// The outcome of a delivery, and the bodies that were sent.
async fn deliver(
    answer: ResponseTemplate,
    message: &Message,
    thread: Option<&str>,
    min_level: Level,
) -> (DeliveryOutcome, Vec<Value>) {
    let server = MockServer::start().await;
    Mock::given(method("POST")).respond_with(answer).mount(&server).await;
    let pager = PagerDutyDestination::test_endpoint(&server.uri(), Duration::from_secs(5));
    let outcome = PagerDutyDestination { min_level, ..pager }.deliver(message, thread).await;
    let sent = server.received_requests().await.unwrap();
    (outcome, sent.iter().map(|request| request.body_json().unwrap()).collect())
}

fn delivered(thread: &str) -> DeliveryOutcome {
    DeliveryOutcome::Delivered(Some(thread.to_owned()))
}

#[test]
fn the_event_of_a_case() {
    let message = test_case_message("finding", "critical", false);
    assert_eq!(
        trigger_event(&key(), &alert_key(&message), &message),
        json!({
            "routing_key": "canary0123456789canary0123456789",
            "event_action": "trigger",
            "dedup_key": "fp1:ab12",
            "client": "aware",
            "payload": {
                "summary": "CRITICAL - alice made themselves administrator",
                "source": "111122223333",
                "severity": "critical",
                "component": "user/alice in 111122223333",
                "group": "CloudTrail",
                "class": "intrusion",
                "timestamp": "2026-11-24T03:54:00Z",
                "custom_details": {
                    "News": "A new access key.",
                    "Who": "user/alice in 111122223333",
                    "From": "203.0.113.83",
                    "When": "03:50:00 to 03:54:00 UTC",
                    "Next step": "First: Deny everything to user/alice",
                    "Commands": "aws iam attach-user-policy --user-name alice",
                    "Timeline": ["03:50:00 ◆ iam:PutUserPolicy on themselves: Allow * on *"],
                    "References": "case c5b1e",
                },
            },
        })
    );
}

#[test]
fn severities() {
    let severities = Level::ALL.map(severity_of);
    assert_eq!(severities, ["info", "info", "warning", "error", "critical"]);
}

#[tokio::test]
async fn a_case_opens_adds_and_resolves() {
    let high = Level::High;
    let first = test_case_message("finding", "high", false);
    let (outcome, sent) = deliver(accepted(), &first, None, high).await;
    assert_eq!(outcome, delivered(KEY));
    assert_eq!((&sent[0]["event_action"], &sent[0]["dedup_key"]), (&json!("trigger"), &json!(KEY)));
    assert_eq!(sent[0]["payload"]["severity"], "error");

    let fallen = test_case_message("update", "low", false);
    let (outcome, sent) = deliver(accepted(), &fallen, Some(KEY), high).await;
    assert_eq!((outcome, &sent[0]["event_action"]), (delivered(KEY), &json!("trigger")));

    let closed = test_case_message("update", "low", true);
    let (outcome, sent) = deliver(accepted(), &closed, Some(KEY), high).await;
    assert_eq!(outcome, delivered(RESOLVED));
    let routing_key = key().expose().to_owned();
    let event = json!({"routing_key": routing_key, "event_action": "resolve", "dedup_key": KEY});
    assert_eq!(sent, [event]);
}

#[tokio::test]
async fn what_does_not_page_is_not_sent() {
    for (kind, level, is_closed) in [
        ("finding", "medium", false),
        ("update", "low", true),
        ("digest", "critical", false),
        ("heartbeat", "critical", false),
    ] {
        let message = test_case_message(kind, level, is_closed);
        let (outcome, sent) = deliver(accepted(), &message, None, Level::High).await;
        assert_eq!((outcome, sent), (DeliveryOutcome::Delivered(None), vec![]), "{kind}");
    }
}

#[tokio::test]
async fn only_pagerduty_s_own_words_refuse() {
    let message = test_case_message("finding", "high", false);
    let answer = |status: u16, body: Value| ResponseTemplate::new(status).set_body_json(body);
    let invalid = json!({
        "status": "invalid event", "message": "Event object is invalid",
        "errors": ["Invalid routing key canary0123456789canary0123456789", "no\u{202e}\nsource"],
    });
    let (outcome, _) = deliver(answer(400, invalid), &message, None, Level::High).await;
    let said = "PagerDuty refused the event: Invalid routing key ***; no\u{fffd} source";
    assert_eq!(outcome, DeliveryOutcome::Refused(said.to_owned()));
    let invalid = json!({"status": "invalid event", "message": "Event object is invalid"});
    let (outcome, _) = deliver(answer(400, invalid.clone()), &message, None, Level::High).await;
    let said = "PagerDuty refused the event: Event object is invalid";
    assert_eq!(outcome, DeliveryOutcome::Refused(said.to_owned()));
    for (status, body) in [
        (403, invalid.clone()),
        (500, invalid.clone()),
        (429, invalid),
        (400, json!({"error": "bad request"})),
        (200, json!({"status": "ok"})),
        (202, json!("success")),
        (404, json!({"status": "success"})),
    ] {
        let (outcome, _) = deliver(answer(status, body), &message, None, Level::High).await;
        assert!(matches!(outcome, DeliveryOutcome::Retry { .. }), "{status} {outcome:?}");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let server = MockServer::start().await;
    let elsewhere = MockServer::start().await;
    Mock::given(body_partial_json(json!({}))).respond_with(accepted()).mount(&elsewhere).await;
    let answer = ResponseTemplate::new(307).insert_header("location", elsewhere.uri().as_str());
    Mock::given(method("POST")).respond_with(answer).expect(1).mount(&server).await;
    let pager = PagerDutyDestination::test_endpoint(&server.uri(), Duration::from_secs(5));
    let outcome = pager.deliver(&test_case_message("finding", "high", false), None).await;
    assert!(matches!(outcome, DeliveryOutcome::Retry { .. }), "{outcome:?}");
    assert!(elsewhere.received_requests().await.unwrap().is_empty());
}

#[test]
fn hostile_texts_and_limits() {
    let long = "\"<b>\u{202e}\u{10348}".repeat(3000);
    let fields: Vec<Value> = (0..500).map(|_| json!({"key": long, "value": long})).collect();
    let body = json!({
        "schemaVersion": "2.0", "kind": "system", "severity": "high", "subject": long,
        "fields": fields, "identity": long, "metadata": {"sourceName": long},
    });
    let message = Message::read_json(body.to_string().as_bytes()).unwrap();
    let event = trigger_event(&key(), &alert_key(&message), &message);
    let payload = &event["payload"];
    let summary = payload["summary"].as_str().unwrap();
    assert!(summary.chars().count() <= 1024 && summary.ends_with('…'), "{summary}");
    assert_eq!(payload["source"], "aware");
    assert_eq!(payload["custom_details"].as_object().unwrap().len(), 42, "40 of 500");
    let text = event.to_string();
    assert!(text.len() < 512_000, "{}", text.len());
    assert!(!text.contains(['<', '>', '\u{202e}']));
}

#[test]
fn labels_that_repeat_are_kept_apart() {
    let mut details = Map::new();
    for value in ["1", "2", "", "3"] {
        add_detail(&mut details, "k", value.into());
    }
    assert_eq!(Value::Object(details), json!({"k": "1", "k (2)": "2", "k (3)": "3"}));
}

#[test]
fn links_lead_to_aws_alone() {
    let link = |url: &str| {
        let mut message = test_case_message("finding", "high", false);
        message.facts.console_link = Some(url.to_owned());
        aws_link(&message)
    };
    let page = "https://us-east-1.console.aws.amazon.com/iam/home?x=1";
    assert_eq!(link(page).as_deref(), Some(page));
    let mut message = test_case_message("finding", "high", false);
    message.facts.console_link = Some(page.to_owned());
    let event = trigger_event(&key(), KEY, &message);
    let shown = json!([{"href": page, "text": "What AWS says about the denial"}]);
    assert_eq!(event["links"], shown);
    for other in [
        "https://evil.example/console.aws.amazon.com",
        "https://console.aws.amazon.com@evil.example/",
        "https://console.aws.amazon.com.evil.example/",
        "https://notconsole.aws.amazon.com/",
        "http://console.aws.amazon.com/",
        "https://user:word@console.aws.amazon.com/",
        "javascript:alert(1)",
    ] {
        assert_eq!(link(other), None, "{other}");
    }
}

#[tokio::test]
async fn the_config() {
    let config: PagerDutyConfig = toml::from_str("routing_key = \"env:PD\"").unwrap();
    assert_eq!(config.region, PagerDutyRegion::Us);
    assert_eq!(Level::from(config.min_level), Level::High);
    assert!(config.region.events_url().starts_with("https://events.pagerduty.com/"));
    let text = "routing_key = \"env:PD\"\nregion = \"eu\"\nmin_level = \"critical\"";
    let config: PagerDutyConfig = toml::from_str(text).unwrap();
    assert!(config.region.events_url().starts_with("https://events.eu.pagerduty.com/"));
    assert_eq!(Level::from(config.min_level), Level::Critical);

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    std::fs::write(&path, "canary\n").unwrap();
    let config =
        PagerDutyConfig { routing_key: SecretRef::File(path.display().to_string()), ..config };
    let built = config.build("pager".to_owned(), &AwsSession::default()).await;
    let error = built.err().unwrap().to_string();
    assert!(error.contains("not an integration key") && !error.contains("canary"), "{error}");
}
