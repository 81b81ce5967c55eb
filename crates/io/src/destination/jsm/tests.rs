//! Alerts, their life, and what the API answers.

use std::time::Duration;

use wiremock::matchers::{header, method, path, query_param};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::super::paging::test_case_message;
use super::*;

const KEY: &str = "fp1:ab12";
const ACCEPTED: &str = "Request will be processed";

fn accepted() -> ResponseTemplate {
    let body = json!({"result": ACCEPTED, "took": 0.1, "requestId": "43a29c5c"});
    ResponseTemplate::new(202).set_body_json(body)
}

fn destination(url: &str, min_level: Level) -> JsmDestination {
    let jsm = JsmDestination::test_endpoint(url, Duration::from_secs(5));
    JsmDestination { min_level, ..jsm }
}

/// The outcome of a delivery, and the requests that were sent.
async fn deliver(
    answer: ResponseTemplate,
    message: &Message,
    thread: Option<&str>,
) -> (DeliveryOutcome, Vec<Request>) {
    let server = MockServer::start().await;
    let key = "GenieKey canary00-0000-4000-8000-000000000000";
    let with_key = Mock::given(method("POST")).and(header("authorization", key));
    with_key.respond_with(answer).mount(&server).await;
    let url = format!("{}/alerts", server.uri());
    let outcome = destination(&url, Level::High).deliver(message, thread).await;
    (outcome, server.received_requests().await.unwrap())
}

fn delivered(thread: &str) -> DeliveryOutcome {
    DeliveryOutcome::Delivered(Some(thread.to_owned()))
}

fn body_of(request: &Request) -> Value {
    request.body_json().unwrap()
}

#[test]
fn the_alert_of_a_case() {
    let jsm = destination("http://127.0.0.1:1", Level::High);
    assert_eq!(
        jsm.alert_body(&test_case_message("finding", "critical", false)),
        json!({
            "message": "CRITICAL - alice made themselves administrator",
            "alias": "fp1:ab12",
            "description": "A new access key.\n\
                Who: user/alice in 111122223333\n\
                From: 203.0.113.83\n\
                When: 03:50:00 to 03:54:00 UTC\n\
                First: Deny everything to user/alice\n\
                aws iam attach-user-policy --user-name alice\n\
                03:50:00 ◆ iam:PutUserPolicy on themselves: Allow * on *\n\
                case c5b1e",
            "tags": ["aware", "finding", "critical", "intrusion"],
            "details": {
                "Level": "critical",
                "Class": "intrusion",
                "Account": "111122223333",
                "Case": "c5b1e00000000000a",
                "Message": "msg_1",
            },
            "source": "aware",
            "priority": "P1",
            "entity": "user/alice in 111122223333",
            "responders": [
                {"name": "Security", "type": "team"},
                {"id": "4513b7ea-3b91-438f-b7e4-e3e54af9147c", "type": "team"},
            ],
        })
    );
}

#[test]
fn priorities() {
    assert_eq!(Level::ALL.map(priority_of), ["P5", "P4", "P3", "P2", "P1"]);
}

#[tokio::test]
async fn a_case_opens_adds_and_closes() {
    let first = test_case_message("finding", "high", false);
    let (outcome, sent) = deliver(accepted(), &first, None).await;
    assert_eq!((outcome, sent.len()), (delivered(KEY), 1));
    assert_eq!(sent[0].url.path(), "/alerts");
    assert_eq!(body_of(&sent[0])["alias"], KEY);

    let fallen = test_case_message("update", "low", false);
    let (outcome, sent) = deliver(accepted(), &fallen, Some(KEY)).await;
    assert_eq!((outcome, sent.len()), (delivered(KEY), 2));
    assert_eq!((sent[0].url.path(), sent[1].url.path()), ("/alerts", "/alerts/fp1:ab12/notes"));
    assert_eq!(sent[1].url.query(), Some("identifierType=alias"));
    let note = "LOW - alice made themselves administrator\nA new access key.\n4 times in total.";
    assert_eq!(body_of(&sent[1]), json!({"note": note, "source": "aware"}));

    let closed = test_case_message("update", "low", true);
    let (outcome, sent) = deliver(accepted(), &closed, Some(KEY)).await;
    assert_eq!((outcome, sent.len()), (delivered(RESOLVED), 1));
    assert_eq!(sent[0].url.path(), "/alerts/fp1:ab12/close");
    assert_eq!(sent[0].url.query(), Some("identifierType=alias"));
    let note = body_of(&sent[0])["note"].as_str().unwrap().to_owned();
    assert!(note.contains("This case is closed."), "{note}");
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
        let (outcome, sent) = deliver(accepted(), &message, None).await;
        assert_eq!((outcome, sent.len()), (DeliveryOutcome::Delivered(None), 0), "{kind}");
    }
}

#[tokio::test]
async fn a_note_that_does_not_arrive_is_sent_again() {
    let server = MockServer::start().await;
    let create = Mock::given(path("/alerts"));
    create.respond_with(accepted()).expect(1).mount(&server).await;
    let note = Mock::given(path("/alerts/fp1:ab12/notes"));
    let note = note.and(query_param("identifierType", "alias"));
    note.respond_with(ResponseTemplate::new(503)).expect(1).mount(&server).await;
    let jsm = destination(&format!("{}/alerts", server.uri()), Level::High);
    let update = test_case_message("update", "high", false);
    let outcome = jsm.deliver(&update, Some(KEY)).await;
    assert!(matches!(outcome, DeliveryOutcome::Retry { .. }), "{outcome:?}");
}

#[tokio::test]
async fn only_the_api_s_own_words_refuse() {
    let message = test_case_message("finding", "high", false);
    let answer = |status: u16, body: Value| ResponseTemplate::new(status).set_body_json(body);
    let said = json!({
        "message": "Request body is not processable.", "took": 0.1, "requestId": "43a29c5c",
        "errors": {"alias": "canary00-0000-4000-8000-000000000000 is no\u{202e}t an alias"},
    });
    let (outcome, _) = deliver(answer(422, said.clone()), &message, None).await;
    let reason = "Jira Service Management said: Request body is not processable. \
                      {\"alias\":\"*** is no\u{fffd}t an alias\"}";
    assert_eq!(outcome, DeliveryOutcome::Refused(reason.to_owned()));

    let key = json!({"message": "Could not authenticate", "took": 0.0, "requestId": "4"});
    let (outcome, _) = deliver(answer(401, key), &message, None).await;
    let hinted = "Could not authenticate (hint: `api_key`";
    assert!(
        matches!(&outcome, DeliveryOutcome::Refused(reason) if reason.contains(hinted)),
        "{outcome:?}"
    );

    for (status, body) in [
        (429, said.clone()),
        (500, said.clone()),
        (404, said),
        (401, json!({"code": 401, "message": "Unauthorized"})),
        (200, json!({"result": "ok"})),
        (202, json!({"message": "ok", "requestId": "4"})),
        (202, json!([])),
    ] {
        let (outcome, _) = deliver(answer(status, body), &message, None).await;
        assert!(matches!(outcome, DeliveryOutcome::Retry { .. }), "{status} {outcome:?}");
    }
}

#[test]
fn hostile_texts_and_limits() {
    let long = "\"<b>\u{202e}\u{10348} https://evil.example ".repeat(3000);
    let fields: Vec<Value> = (0..500).map(|_| json!({"key": long, "value": long})).collect();
    let body = json!({
        "schemaVersion": "2.0", "kind": "system", "severity": "high", "subject": long,
        "fields": fields, "identity": long, "id": long,
    });
    let message = Message::read_json(body.to_string().as_bytes()).unwrap();
    let jsm = destination("http://127.0.0.1:1", Level::High);
    let alert = jsm.alert_body(&message);
    let length = |name: &str| alert[name].as_str().unwrap().encode_utf16().count();
    assert!((100..=130).contains(&length("message")), "{}", alert["message"]);
    assert!((10_000..=15_000).contains(&length("description")), "{}", length("description"));
    assert!(length("entity") <= 512 && length("alias") <= 512);
    assert!(alert["message"].as_str().unwrap().ends_with('…'));
    let description = alert["description"].as_str().unwrap();
    assert!(description.ends_with("more parts are left out"), "{description}");
    assert!(alert["details"].to_string().len() < 8000);
    let note = note_body(&message)["note"].as_str().unwrap().encode_utf16().count();
    assert!(note <= 25_000);
    let text = alert.to_string();
    assert!(!text.contains(['<', '>', '\u{202e}']) && !text.contains("://"), "{text}");
}

async fn build_error(config: JsmConfig) -> String {
    let built = config.build("jsm".to_owned(), &AwsSession::default()).await;
    built.err().unwrap().to_string()
}

#[tokio::test]
async fn the_config() {
    let config: JsmConfig = toml::from_str("api_key = \"env:JSM\"").unwrap();
    assert_eq!(Level::from(config.min_level), Level::High);
    assert!(config.responders.is_empty());

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    std::fs::write(&path, "canary canary\n").unwrap();
    let config = JsmConfig { api_key: SecretRef::File(path.display().to_string()), ..config };
    let error = build_error(config.clone()).await;
    assert!(error.contains("is not an API key") && !error.contains("canary"), "{error}");
    let teams = vec!["a".to_owned(); 51];
    let error = build_error(JsmConfig { responders: teams, ..config.clone() }).await;
    assert!(error.contains("names 51 teams"), "{error}");
    let error = build_error(JsmConfig { responders: vec![" ".to_owned()], ..config }).await;
    assert!(error.contains("without a name"), "{error}");
}
