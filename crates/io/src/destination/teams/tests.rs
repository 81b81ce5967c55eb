//! Cards, their limits, and what a workflow's answers mean.

use std::collections::BTreeSet;

use aware_cases::message;
use aware_core::event::Level;
use serde_json::json;
use wiremock::matchers::{body_partial_json, method, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::card::message_body;
use super::*;
use crate::aws::AwsSession;

const SECOND: Duration = Duration::from_secs(1);
const HOSTILE: &str = "[Reset](https://evil.example) <at>all</at> @everyone **a** `b`\n# c \u{202e}\u{1b}[31m ]( \" \\";

fn system_message() -> Message {
    let time = "2026-11-24T03:54:00Z".parse().unwrap();
    message::system_message("A test", &[("Key", "value")], Level::Low, time)
}

/// A case with the given headline, lines of its timeline and command.
fn case_message(headline: &str, lines: usize, command: &str) -> Message {
    let line = |index: usize| {
        json!({"time": "2026-11-26T13:02:53Z", "clock": format!("13:02:{index:02}"),
            "mark": "changed", "text": format!("{headline} {index}")})
    };
    let body = json!({
        "schemaVersion": "2.0", "id": "msg_1", "kind": "update", "subject": headline, "fields": [],
        "severity": "critical", "fingerprint": "fp1:0123456789abcdef0123456789abcdef",
        "case": {
            "id": "c5b1e0123456789ab", "kind": "intruder", "level": "critical",
            "reading": "intrusion", "headline": headline, "who": headline, "from": headline,
            "when": "today", "timeline": (0..lines).map(line).collect::<Vec<_>>(),
            "nextSteps": [{"title": "Deny everything", "commands": [command]}],
        },
    });
    Message::read_json(body.to_string().as_bytes()).unwrap()
}

fn card_of(body: &Value) -> &Value {
    &body["attachments"][0]["content"]
}

/// Every text of a card.
fn texts_of(value: &Value) -> Vec<String> {
    match value {
        Value::Array(list) => list.iter().flat_map(texts_of).collect(),
        Value::Object(map) => {
            let own = map.get("text").and_then(Value::as_str).map(str::to_owned);
            own.into_iter().chain(map.values().flat_map(texts_of)).collect()
        }
        _ => Vec::new(),
    }
}

#[test]
fn a_small_message() {
    let message = system_message();
    let group = format!("group {}", message.fingerprint.short_form());
    let run = |text: &str| json!({"type": "TextRun", "text": text});
    let bold = |text: &str| json!({"type": "TextRun", "text": text, "weight": "bolder"});
    let title = json!({"type": "TextRun", "text": "A test", "size": "large", "weight": "bolder"});
    let context = json!({"type": "TextRun", "text": group, "size": "small"});
    let expected = json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "content": {
                "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                "type": "AdaptiveCard",
                "version": "1.5",
                "msteams": {"width": "Full"},
                "body": [
                    {"type": "Container", "style": "accent", "bleed": true, "items": [
                        {"type": "RichTextBlock", "spacing": "none", "inlines": [title]},
                    ]},
                    {"type": "RichTextBlock", "spacing": "small",
                        "inlines": [bold("Key: "), run("value")]},
                    {"type": "ActionSet", "actions": [{"type": "Action.ToggleVisibility",
                        "title": "Details", "targetElements": ["details"]}]},
                    {"type": "Container", "id": "details", "isVisible": false, "items": [
                        {"type": "RichTextBlock", "spacing": "none", "inlines": [context]},
                    ]},
                ],
            },
        }],
    });
    assert_eq!(message_body(&message, CardWidth::Full), expected);
    assert!(card_of(&message_body(&message, CardWidth::Narrow)).get("msteams").is_none());
}

#[test]
fn a_case_says_what_happened_and_what_to_do() {
    let message = case_message("alice became administrator", 3, "aws iam x --user-name alice");
    let body = message_body(&message, CardWidth::Full);
    assert_eq!(card_of(&body)["body"][0]["style"], "attention");
    let texts = texts_of(&body);
    for text in [
        "CRITICAL - alice became administrator",
        "Who: ",
        "13:02:01 ◆ alice became administrator 1",
        "First: Deny everything",
        "aws iam x --user-name alice",
        "case c5b1e",
    ] {
        assert!(texts.iter().any(|shown| shown == text), "{text}: {texts:?}");
    }
    let mut closed = message;
    closed.case.as_mut().unwrap().is_closed = true;
    let body = message_body(&closed, CardWidth::Full);
    assert_eq!(card_of(&body)["body"][0]["style"], "good");
}

#[test]
fn strings_of_attackers_stay_text() {
    let message = case_message(HOSTILE, 3, "aws iam x --user-name alice");
    let body = message_body(&message, CardWidth::Full);
    check_body(&body);
    let texts = texts_of(&body);
    assert!(
        texts.iter().any(|text| text.contains("[Reset] (https[:]//evil.example)")),
        "{texts:?}"
    );
    for text in texts {
        assert!(!text.contains("](") && !text.contains(['<', '>']), "{text}");
        assert!(!text.contains("@everyone") && !text.contains(['\n', '\u{202e}', '\u{1b}']));
    }
}

#[test]
fn a_command_is_whole_or_not_there() {
    let long = format!("aws iam x --user-name {}", "a".repeat(5000));
    for command in ["aws iam x > y", long.as_str()] {
        let texts = texts_of(&message_body(&case_message("a", 1, command), CardWidth::Full));
        assert!(texts.iter().all(|text| !text.contains("aws iam x")), "{texts:?}");
        assert!(texts.iter().any(|text| text == "First: Deny everything"), "{texts:?}");
    }
}

#[test]
fn the_timeline_gives_way_first_and_says_so() {
    let long = format!("{}{HOSTILE}", "\u{6f22}".repeat(160));
    let whole = message_body(&case_message("alice", 40, "aws iam x"), CardWidth::Full);
    assert!(whole.to_string().len() <= 24_000);
    assert!(!texts_of(&whole).iter().any(|text| text.contains("left out")));

    let message = case_message(&long.repeat(20), 400, "aws iam x");
    let body = message_body(&message, CardWidth::Full);
    assert!(body.to_string().len() <= 24_000, "{}", body.to_string().len());
    check_body(&body);
    let texts = texts_of(&body);
    assert!(texts.iter().any(|text| text == "… 390 lines are left out"), "{texts:?}");
    assert_eq!(texts.iter().filter(|text| text.starts_with("13:02:")).count(), 10);
    assert!(texts.iter().any(|text| text == "aws iam x"), "what to do stays: {texts:?}");
    assert!(texts.iter().any(|text| text.starts_with("13:02:00")), "the beginning stays");
    assert!(texts.iter().any(|text| text.starts_with("13:02:399")), "the end stays");
}

#[test]
fn nothing_is_too_large() {
    let wide = "\u{6f22}\"\\".repeat(2000);
    let mut message = case_message(&wide, 400, &wide);
    message.case = None;
    message.kind = aware_core::message::MessageKind::System;
    let field = aware_core::message::MessageField { key: wide.clone(), value: wide.into() };
    message.fields = vec![field; 500];
    let body = message_body(&message, CardWidth::Full);
    assert!(body.to_string().len() <= 24_000, "{}", body.to_string().len());
    check_body(&body);
    assert!(texts_of(&body).iter().any(|text| text.ends_with("more fields are left out")));
}

/// Checks a body against the rules of Adaptive Cards 1.5, as far as we use them.
/// Source: <https://github.com/microsoft/AdaptiveCards/blob/main/schemas/1.5.0/adaptive-card.json>.
fn check_body(body: &Value) {
    check_keys(body, &["type", "attachments"]);
    let attachment = &body["attachments"][0];
    check_keys(attachment, &["contentType", "content"]);
    let card = &attachment["content"];
    check_keys(card, &["$schema", "type", "version", "msteams", "body"]);
    assert_eq!((&card["type"], &card["version"]), (&json!("AdaptiveCard"), &json!("1.5")));
    assert_eq!(card["msteams"], json!({"width": "Full"}), "an extension of Teams");
    let (mut ids, mut targets) = (BTreeSet::new(), BTreeSet::new());
    for element in card["body"].as_array().unwrap() {
        check_element(element, &mut ids, &mut targets);
    }
    assert!(targets.is_subset(&ids), "{targets:?} {ids:?}");
}

fn check_keys(value: &Value, allowed: &[&str]) {
    for key in value.as_object().unwrap().keys() {
        assert!(allowed.contains(&key.as_str()), "{key} in {value}");
    }
}

/// A value, if it is there, is one of some words.
fn check_word(value: &Value, key: &str, words: &[&str]) {
    if let Some(word) = value.get(key) {
        assert!(words.contains(&word.as_str().unwrap()), "{key} in {value}");
    }
}

fn check_element(value: &Value, ids: &mut BTreeSet<String>, targets: &mut BTreeSet<String>) {
    let common = ["type", "id", "isVisible", "spacing", "separator", "height"];
    let with = |more: &[&'static str]| [&common[..], more].concat();
    let spacings = ["default", "none", "small", "medium", "large", "extraLarge", "padding"];
    check_word(value, "spacing", &spacings);
    for flag in ["isVisible", "separator", "bleed"] {
        assert!(value.get(flag).is_none_or(Value::is_boolean), "{flag} in {value}");
    }
    if let Some(id) = value.get("id") {
        assert!(ids.insert(id.as_str().unwrap().to_owned()), "an id comes twice: {value}");
    }
    let children = |key: &str| value[key].as_array().filter(|list| !list.is_empty()).unwrap();
    match value["type"].as_str().unwrap() {
        "Container" => {
            check_keys(value, &with(&["items", "style", "bleed"]));
            let styles = ["default", "emphasis", "good", "attention", "warning", "accent"];
            check_word(value, "style", &styles);
            children("items").iter().for_each(|child| check_element(child, ids, targets));
        }
        "RichTextBlock" => {
            check_keys(value, &with(&["inlines", "horizontalAlignment"]));
            children("inlines").iter().for_each(check_run);
        }
        "ActionSet" => {
            check_keys(value, &with(&["actions"]));
            for action in children("actions") {
                check_keys(action, &["type", "title", "targetElements"]);
                assert_eq!(action["type"], "Action.ToggleVisibility");
                let ids = action["targetElements"].as_array().unwrap().iter();
                targets.extend(ids.map(|id| id.as_str().unwrap().to_owned()));
            }
        }
        other => panic!("no text of others may be in a {other}"),
    }
}

fn check_run(run: &Value) {
    check_keys(run, &["type", "text", "size", "weight", "fontType", "color", "isSubtle"]);
    assert_eq!(run["type"], "TextRun");
    assert!(!run["text"].as_str().unwrap().is_empty(), "{run}");
    check_word(run, "size", &["default", "small", "medium", "large", "extraLarge"]);
    check_word(run, "weight", &["default", "lighter", "bolder"]);
    check_word(run, "fontType", &["default", "monospace"]);
}

async fn answered(answer: ResponseTemplate) -> DeliveryOutcome {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(query_param("sig", "canary"))
        .and(body_partial_json(json!({"type": "message"})))
        .respond_with(answer)
        .expect(1)
        .mount(&server)
        .await;
    let url = format!("{}/workflows/1/triggers/manual/paths/invoke?sig=canary", server.uri());
    let teams = TeamsDestination::test_endpoint(&url, SECOND);
    let outcome = teams.deliver(&system_message(), None).await;
    assert!(!format!("{outcome:?}").contains("canary"), "{outcome:?}");
    outcome
}

#[tokio::test]
async fn accepted_is_delivered_without_a_thread() {
    for status in [200, 202] {
        let outcome = answered(ResponseTemplate::new(status)).await;
        assert_eq!(outcome, DeliveryOutcome::Delivered(None));
    }
}

#[tokio::test]
async fn the_service_refuses_in_its_own_codes_alone() {
    let error = |code: &str| json!({"error": {"code": code, "message": "see ?sig=canary"}});
    for (status, code) in [
        (401, "DirectApiAuthorizationRequired"),
        (401, "DirectApiInvalidAuthorizationSignature"),
        (403, "InvalidSharedAccessSignature"),
        (404, "WorkflowNotFound"),
        (400, "TriggerInputSchemaMismatch"),
    ] {
        let outcome = answered(ResponseTemplate::new(status).set_body_json(error(code))).await;
        let DeliveryOutcome::Refused(reason) = &outcome else { panic!("{code}: {outcome:?}") };
        assert!(reason.contains(code) && reason.contains("(hint: "), "{reason}");
    }
    for (status, body) in [
        (400, error("WorkflowTriggerIsNotEnabled").to_string()),
        (400, error("ACodeOfTomorrow").to_string()),
        (500, error("WorkflowNotFound").to_string()),
        (404, "WorkflowNotFound".to_owned()),
        (401, String::new()),
        (413, String::new()),
    ] {
        let outcome = answered(ResponseTemplate::new(status).set_body_string(&body)).await;
        let is_retry = matches!(&outcome, DeliveryOutcome::Retry { .. });
        assert!(is_retry, "{status} {body}: {outcome:?}");
    }
}

#[tokio::test]
async fn a_limit_is_waited_for() {
    let outcome = answered(ResponseTemplate::new(429).insert_header("retry-after", "9")).await;
    let DeliveryOutcome::Retry { after, .. } = outcome else { panic!("{outcome:?}") };
    assert_eq!(after, Some(Duration::from_secs(9)));
}

/// What `build` says of a config, whose URL is in a file unless it is given itself.
async fn built(url: &str, is_literal: bool, allow_host: Option<&str>) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("url");
    std::fs::write(&path, url).unwrap();
    let place = format!("file:{}", path.display());
    let config = TeamsConfig {
        url: if is_literal { url.to_owned() } else { place },
        allow_host: allow_host.map(str::to_owned),
        width: CardWidth::Full,
    };
    let built = config.build("teams".to_owned(), &AwsSession::default()).await;
    let error = built.err().map(|error| error.to_string()).unwrap_or_default();
    assert!(!error.contains("canary"), "{error}");
    error
}

#[tokio::test]
async fn only_workflows_are_reached() {
    for url in [
        "https://prod-1.westeurope.logic.azure.com:443/workflows/1?sig=canary",
        "https://prod-1.usgovvirginia.logic.azure.us/workflows/1?sig=canary",
        "https://1.ae.environment.api.powerplatform.com:443/powerautomate?sig=canary",
        "https://1.environment.api.gov.powerplatform.microsoft.us/powerautomate?sig=canary",
        "https://api.powerautomate.com/webhook?sig=canary",
    ] {
        assert_eq!(built(url, false, None).await, "");
        assert!(built(url, true, None).await.contains("contains a signature"));
    }
    let gateway = "https://gateway.example/canary";
    assert_eq!(built(gateway, true, Some("Gateway.example")).await, "");
    for (url, what) in [
        (gateway, "does not lead to Power Automate"),
        ("https://evil-logic.azure.com/canary", "does not lead"),
        ("https://logic.azure.com.evil.example/canary", "does not lead"),
        ("https://acme.webhook.office.com/webhookb2/canary", "has retired"),
        ("http://a.logic.azure.com/canary", "is not `https`"),
        ("https://canary@a.logic.azure.com/", "a user name"),
    ] {
        let said = built(url, false, None).await;
        assert!(said.contains(what), "{url}: {said}");
    }
}

#[test]
fn a_config_is_strict() {
    let config: TeamsConfig = toml::from_str("url = \"env:TEAMS_URL\"").unwrap();
    assert_eq!((config.width, config.allow_host), (CardWidth::Full, None));
    assert!(toml::from_str::<TeamsConfig>("url = \"env:X\"\nwith = \"full\"").is_err());
}
