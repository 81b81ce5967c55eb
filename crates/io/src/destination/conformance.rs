//! One suite for every destination that speaks HTTP: answers and their outcomes.

use std::collections::BTreeSet;
use std::time::Duration;

use aware_cases::message;
use aware_core::event::Level;
use aware_core::message::Message;
use aware_pipeline::port::{DeliveryOutcome, Destination};
use serde_json::json;
use wiremock::matchers::{body_partial_json, header_exists, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::alertmanager::AlertmanagerDestination;
use super::jsm::JsmDestination;
use super::pagerduty::PagerDutyDestination;
use super::slack::SlackDestination;
use super::teams::TeamsDestination;
use super::template::TemplateDestination;
use super::webhook::WebhookDestination;
use crate::config::DestinationConfig;

const CANARY: &str = "T000CANARY";
const SHORT: Duration = Duration::from_millis(300);

fn test_message() -> Message {
    message::system_message(
        "A test",
        &[("Key", "value")],
        Level::Low,
        "2026-11-24T03:54:00Z".parse().unwrap(),
    )
}

/// The kinds of destination that the suite runs over, in the order of [`all_destinations`].
const KINDS: [&str; 9] = [
    "slack",
    "slack",
    "webhook",
    "pagerduty",
    "jsm",
    "teams",
    "alertmanager",
    "alertmanager",
    "template",
];
/// Kinds that do not use HTTP.
const WITHOUT_HTTP: [&str; 2] = ["terminal", "email"];

/// Every destination, pointed at a server, with the body that it accepts as success.
fn all_destinations(server: &str) -> Vec<(Box<dyn Destination>, ResponseTemplate)> {
    let url = format!("{server}/services/{CANARY}");
    let ok = ResponseTemplate::new(200);
    vec![
        (
            Box::new(SlackDestination::test_webhook(&url, &[], SHORT)),
            ok.clone().set_body_string("ok"),
        ),
        (
            Box::new(SlackDestination::test_bot(&url, SHORT)),
            ok.clone().set_body_json(json!({"ok": true, "channel": "C1", "ts": "1.2"})),
        ),
        (Box::new(WebhookDestination::test_endpoint(&url, SHORT)), ok.clone()),
        (
            Box::new(PagerDutyDestination::test_endpoint(&url, SHORT)),
            ok.clone().set_body_json(json!({"status": "success", "dedup_key": "k"})),
        ),
        (
            Box::new(JsmDestination::test_endpoint(&url, SHORT)),
            ok.clone()
                .set_body_json(json!({"result": "Request will be processed", "requestId": "4"})),
        ),
        (Box::new(TeamsDestination::test_endpoint(&url, SHORT)), ok.clone()),
        (Box::new(AlertmanagerDestination::test_endpoint(&url, SHORT)), ok.clone()),
        (Box::new(AlertmanagerDestination::test_webhook(&url, SHORT)), ok.clone()),
        (Box::new(TemplateDestination::test_endpoint(&url, SHORT)), ok),
    ]
}

async fn outcomes_of(
    answer: impl Fn(ResponseTemplate) -> ResponseTemplate,
) -> Vec<DeliveryOutcome> {
    let mut outcomes = Vec::new();
    for index in 0..KINDS.len() {
        let server = MockServer::start().await;
        let (destination, ok) = all_destinations(&server.uri()).remove(index);
        Mock::given(method("POST")).respond_with(answer(ok)).mount(&server).await;
        let outcome = destination.deliver(&test_message(), None).await;
        assert!(!format!("{outcome:?}").to_uppercase().contains("CANARY"), "{outcome:?}");
        outcomes.push(outcome);
    }
    outcomes
}

#[test]
fn the_suite_runs_over_every_kind_that_a_config_may_name() {
    let schema = serde_json::to_value(schemars::schema_for!(DestinationConfig)).unwrap();
    let variants = schema["oneOf"].as_array().unwrap().iter();
    let named: BTreeSet<&str> =
        variants.map(|variant| variant["properties"]["type"]["const"].as_str().unwrap()).collect();
    assert_eq!(named, KINDS.into_iter().chain(WITHOUT_HTTP).collect());
    assert_eq!(all_destinations("http://127.0.0.1:1").len(), KINDS.len());
}

fn is_retry(outcome: &DeliveryOutcome) -> bool {
    matches!(outcome, DeliveryOutcome::Retry { .. })
}

#[tokio::test]
async fn success_is_success() {
    assert!(
        outcomes_of(|ok| ok)
            .await
            .iter()
            .all(|outcome| matches!(outcome, DeliveryOutcome::Delivered(_)))
    );
}

#[tokio::test]
async fn a_limit_is_waited_for() {
    for outcome in
        outcomes_of(|_| ResponseTemplate::new(429).insert_header("retry-after", "7")).await
    {
        assert!(
            matches!(outcome, DeliveryOutcome::Retry { after: Some(after), .. } if after.as_secs() == 7),
            "{outcome:?}"
        );
    }
    for outcome in
        outcomes_of(|_| ResponseTemplate::new(429).insert_header("retry-after", "notanumber")).await
    {
        let some = |after: Duration| (1..60).contains(&after.as_secs());
        assert!(
            matches!(outcome, DeliveryOutcome::Retry { after: Some(after), .. } if some(after)),
            "{outcome:?}"
        );
    }
}

#[tokio::test]
async fn faults_of_the_server_and_the_network_are_put_off() {
    assert!(outcomes_of(|_| ResponseTemplate::new(503)).await.iter().all(is_retry));
    assert!(outcomes_of(|ok| ok.set_delay(SHORT * 3)).await.iter().all(is_retry));
    for (destination, _) in all_destinations("http://127.0.0.1:1") {
        let outcome = destination.deliver(&test_message(), None).await;
        assert!(is_retry(&outcome) && !format!("{outcome:?}").contains(CANARY), "{outcome:?}");
    }
}

/// What a proxy or portal answers in the destination's place: no API answers like this.
#[tokio::test]
async fn what_others_say_in_its_place_is_put_off() {
    let page = "<!DOCTYPE html><html><body><h1>Log in to use this network</h1></body></html>";
    for status in [200, 302, 400, 401, 403, 404, 407, 413, 500] {
        let html = |_| ResponseTemplate::new(status).set_body_raw(page, "text/html");
        let outcomes = outcomes_of(html).await;
        assert!(outcomes.iter().all(is_retry), "{status} {outcomes:?}");
    }
    for (status, body) in [(302, ""), (403, ""), (404, "page not found"), (407, "no_service here")]
    {
        let plain = |_| ResponseTemplate::new(status).set_body_string(body);
        let outcomes = outcomes_of(plain).await;
        assert!(outcomes.iter().all(is_retry), "{status} {outcomes:?}");
    }
}

#[tokio::test]
async fn a_webhook_that_is_gone_is_not_asked_again() {
    let outcomes = outcomes_of(|_| ResponseTemplate::new(410)).await;
    assert!(is_retry(&outcomes[0]) && is_retry(&outcomes[1]), "Slack says it in words");
    assert!(matches!(outcomes[2], DeliveryOutcome::Refused(_)), "{outcomes:?}");
}

#[tokio::test]
async fn slack_refuses_in_its_own_words_alone() {
    for word in ["no_service", "channel_not_found", "invalid_payload", "channel_is_archived"] {
        let outcomes = outcomes_of(|_| ResponseTemplate::new(404).set_body_string(word)).await;
        let refused = DeliveryOutcome::Refused(format!("Slack said {word}"));
        assert_eq!(outcomes[0], refused);
        assert!(is_retry(&outcomes[1]) && is_retry(&outcomes[2]), "{outcomes:?}");
    }
    let refused = |ok: bool, error: &str| json!({"ok": ok, "error": error});
    for (ok, error, is_refused) in [
        (false, "invalid_auth", true),
        (false, "channel_not_found", true),
        (false, "ratelimited", false),
        (false, "internal_error", false),
        (false, "a_word_of_tomorrow", false),
        (true, "", false),
    ] {
        let body = refused(ok, error);
        let outcomes = outcomes_of(|_| ResponseTemplate::new(200).set_body_json(&body)).await;
        assert_eq!(
            matches!(outcomes[1], DeliveryOutcome::Refused(_)),
            is_refused,
            "{error}: {outcomes:?}"
        );
    }
    for almost in ["OK", "ok, thanks", " ok", "\"ok\"", "", "{\"ok\":true}"] {
        let outcomes = outcomes_of(|_| ResponseTemplate::new(200).set_body_string(almost)).await;
        assert!(is_retry(&outcomes[0]), "{almost}: {outcomes:?}");
    }
}

#[tokio::test]
async fn bad_blocks_are_sent_once_more_as_text() {
    let server = MockServer::start().await;
    let plain = body_partial_json(json!({"mrkdwn": false}));
    Mock::given(plain)
        .respond_with(ResponseTemplate::new(200).set_body_string("ok"))
        .with_priority(1)
        .expect(1)
        .mount(&server)
        .await;
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(400).set_body_string("invalid_blocks"))
        .expect(1)
        .mount(&server)
        .await;
    let slack = SlackDestination::test_webhook(&server.uri(), &[], SHORT);
    assert_eq!(slack.deliver(&test_message(), None).await, DeliveryOutcome::Delivered(None));
}

#[tokio::test]
async fn a_preferred_channel_has_its_own_webhook() {
    let server = MockServer::start().await;
    Mock::given(path("/sec"))
        .respond_with(ResponseTemplate::new(200).set_body_string("ok"))
        .expect(1)
        .mount(&server)
        .await;
    let slack = SlackDestination::test_webhook(
        &format!("{}/main", server.uri()),
        &[("#sec", &format!("{}/sec", server.uri()))],
        SHORT,
    );
    let body = r##"{"subject":"s","fields":[],"tags":[{"key":"slack-preferred-channel","value":"#sec"}]}"##;
    assert_eq!(
        slack.deliver(&Message::read_json(body.as_bytes()).unwrap(), None).await,
        DeliveryOutcome::Delivered(None)
    );
    let sent: serde_json::Value = server.received_requests().await.unwrap()[0].body_json().unwrap();
    assert!(sent.get("channel").is_none(), "an app's webhook takes no channel");
}

const TOPIC: &str = "arn:aws:sns:eu-west-1:111122223333:pipelines";

/// A version 1 message with a link and a channel, as it arrives from a topic.
fn approval_message(topic: Option<&str>, source: &str) -> Message {
    let link = "<https://github.com/acme/shop/compare/a...b|Compare>";
    let body = json!({
        "subject": "Approval is required", "fields": [{"key": "Differences", "value": link}],
        "metadata": {"sourceName": source}, "tags": [{"key": "slack-preferred-channel", "value": "#Deploys"}],
    });
    let mut message = Message::read_json(body.to_string().as_bytes()).unwrap();
    message.topic = topic.map(str::to_owned);
    message
}

/// What is posted, and where.
async fn posted_body(
    slack: impl Fn(&str) -> SlackDestination,
    message: &Message,
) -> (String, serde_json::Value) {
    let server = MockServer::start().await;
    let ok = ResponseTemplate::new(200).set_body_string("ok");
    Mock::given(method("POST")).respond_with(ok).expect(1).mount(&server).await;
    assert_eq!(slack(&server.uri()).deliver(message, None).await, DeliveryOutcome::Delivered(None));
    let request = server.received_requests().await.unwrap().remove(0);
    (request.url.path().to_owned(), request.body_json().unwrap())
}

#[tokio::test]
async fn links_stay_links_for_whom_the_config_trusts_by_its_topic_alone() {
    let slack = |server: &str| {
        let slack = SlackDestination::test_webhook(server, &[], SHORT);
        slack.with_publisher(TOPIC, "CodePipeline: *", &["github.com"])
    };
    let link = "<https://github.com/acme/shop/compare/a...b|Compare>";
    let (_, body) = posted_body(slack, &approval_message(Some(TOPIC), "CodePipeline: shop")).await;
    assert!(body.to_string().contains(link), "{body}");
    let old = |server: &str| slack(server).with_legacy_body();
    let (_, body) = posted_body(old, &approval_message(Some(TOPIC), "CodePipeline: shop")).await;
    assert_eq!(body["text"], format!("Differences: {link}"));

    let elsewhere = format!("{TOPIC}-of-another");
    let mut of_version_2 = approval_message(Some(TOPIC), "CodePipeline: shop");
    of_version_2.schema_version = "2.0".to_owned();
    for stranger in [
        approval_message(None, "CodePipeline: shop"),
        approval_message(Some(&elsewhere), "CodePipeline: shop"),
        approval_message(Some(TOPIC), "Cloudtrail"),
        of_version_2,
    ] {
        for (_, body) in [posted_body(slack, &stranger).await, posted_body(old, &stranger).await] {
            let text = body.to_string();
            assert!(text.contains("&lt;https://github.com") && !text.contains(link), "{text}");
        }
    }
}

#[tokio::test]
async fn a_channel_that_has_no_webhook_is_named() {
    let message = approval_message(None, "CodePipeline: shop");
    let mapped = |server: &str| {
        SlackDestination::test_webhook(server, &[("deploys", &format!("{server}/deploys"))], SHORT)
    };
    let (path, body) = posted_body(mapped, &message).await;
    assert_eq!(path, "/deploys", "`#` and case do not count");
    assert!(!body.to_string().contains("#Deploys"), "{body}");
    let unmapped = |server: &str| SlackDestination::test_webhook(server, &[], SHORT);
    assert!(posted_body(unmapped, &message).await.1.to_string().contains("meant for #Deploys"));
    let (_, body) = posted_body(|server| unmapped(server).with_legacy_body(), &message).await;
    assert_eq!(body["channel"], "#Deploys");
    let (path, body) = posted_body(|server| mapped(server).with_legacy_body(), &message).await;
    assert!(path == "/deploys" && body.get("channel").is_none(), "{path} {body}");
}

#[tokio::test]
async fn a_bot_replies_in_the_thread_and_edits_the_count() {
    let server = MockServer::start().await;
    let ok =
        ResponseTemplate::new(200).set_body_json(json!({"ok": true, "channel": "C1", "ts": "9.9"}));
    let reply = body_partial_json(json!({"thread_ts": "1.2", "channel": "C1"}));
    Mock::given(path("/chat.postMessage"))
        .and(reply)
        .respond_with(ok.clone())
        .expect(1)
        .mount(&server)
        .await;
    let edit = body_partial_json(json!({"ts": "1.2"}));
    Mock::given(path("/chat.update"))
        .and(edit)
        .and(header_exists("authorization"))
        .respond_with(ok)
        .expect(1)
        .mount(&server)
        .await;
    let update = r#"{"schemaVersion":"2.0","kind":"update","subject":"s","fields":[],"count":4}"#;
    let update = Message::read_json(update.as_bytes()).unwrap();
    let outcome =
        SlackDestination::test_bot(&server.uri(), SHORT).deliver(&update, Some("C1/1.2")).await;
    assert_eq!(outcome, DeliveryOutcome::Delivered(Some("C1/1.2".to_owned())));
}

#[tokio::test]
async fn a_bot_falls_back_to_its_own_channel_and_posts_anew_when_the_thread_is_gone() {
    let server = MockServer::start().await;
    let wrong = ResponseTemplate::new(200)
        .set_body_json(json!({"ok": false, "error": "channel_not_found"}));
    Mock::given(body_partial_json(json!({"channel": "#none"})))
        .respond_with(wrong)
        .expect(1)
        .mount(&server)
        .await;
    let gone =
        ResponseTemplate::new(200).set_body_json(json!({"ok": false, "error": "thread_not_found"}));
    Mock::given(body_partial_json(json!({"thread_ts": "1.2"})))
        .respond_with(gone)
        .expect(1)
        .with_priority(1)
        .mount(&server)
        .await;
    let ok =
        ResponseTemplate::new(200).set_body_json(json!({"ok": true, "channel": "C1", "ts": "3.4"}));
    Mock::given(body_partial_json(json!({"channel": "C1"})))
        .respond_with(ok)
        .expect(2)
        .mount(&server)
        .await;
    let bot = SlackDestination::test_bot(&server.uri(), SHORT);
    let body = r##"{"subject":"s","fields":[],"tags":[{"key":"slack-preferred-channel","value":"#none"}]}"##;
    let there = DeliveryOutcome::Delivered(Some("C1/3.4".to_owned()));
    assert_eq!(bot.deliver(&Message::read_json(body.as_bytes()).unwrap(), None).await, there);
    let update = r#"{"kind":"update","subject":"s","fields":[]}"#;
    assert_eq!(
        bot.deliver(&Message::read_json(update.as_bytes()).unwrap(), Some("C1/1.2")).await,
        there
    );
}
