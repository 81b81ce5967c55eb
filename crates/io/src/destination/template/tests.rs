//! Presets against bodies worked out independently, and what a config's own templates may do.

use aware_core::message::Message;
use serde_json::{Map, Value, json};
use wiremock::matchers::{body_json, body_string_contains, header, method, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::config::sample_messages;
use super::presets::{preset_names, read_preset};
use super::*;
use crate::config::check_document;
use crate::destination::endpoint::EndpointUrl;

const GOLDENS: &str = include_str!("goldens.jsonl");
const SHORT: Duration = Duration::from_millis(300);

/// A destination of a config given as JSON, whose secrets are `canary-NAME`.
fn built(
    mut config: Value,
    url: &str,
    secrets: &[&str],
) -> Result<TemplateDestination, TemplateConfigError> {
    config["url"] = url.into();
    let config: TemplateConfig = serde_json::from_value(config).unwrap();
    let endpoint = EndpointUrl::parse(url, true).unwrap();
    let secret = |name: &&str| ((*name).to_owned(), SecretText::new(format!("canary-{name}")));
    let secrets = secrets.iter().map(secret).collect();
    config.assemble("test".into(), &endpoint, secrets, BTreeMap::new(), SHORT)
}

/// A preset with every parameter that has no default set to its own name in upper case.
fn preset(name: &str, url: &str) -> TemplateDestination {
    let file = read_preset(name, show_preset(name).unwrap()).unwrap();
    let needed = file.parameter.iter().filter(|(_, parameter)| parameter.default.is_none());
    let parameters: Map<String, Value> =
        needed.map(|(name, _)| (name.clone(), name.to_uppercase().into())).collect();
    let secrets: Vec<&str> = file.secret.keys().map(String::as_str).collect();
    built(json!({"preset": name, "parameters": parameters}), url, &secrets).unwrap()
}

fn body_of(destination: &TemplateDestination, message: &Message, thread: Option<&str>) -> Value {
    let body = destination.request_for(message, thread).unwrap().body;
    match destination.plan.encoding {
        BodyEncoding::Json => serde_json::from_str(&body).unwrap(),
        BodyEncoding::Form => {
            let pairs = url::form_urlencoded::parse(body.as_bytes());
            let pairs = pairs.map(|(key, value)| (key.into_owned(), value.into_owned().into()));
            Value::Object(pairs.collect())
        }
    }
}

#[test]
fn every_preset_writes_what_it_should() {
    let samples = sample_messages().unwrap();
    let mut tested = Vec::new();
    for golden in GOLDENS.lines() {
        let golden: Value = serde_json::from_str(golden).unwrap();
        let name = golden["preset"].as_str().unwrap();
        let sample = usize::try_from(golden["sample"].as_u64().unwrap()).unwrap();
        let body = body_of(&preset(name, "https://a.example/x"), &samples[sample], None);
        assert_eq!(body, golden["body"], "{name}, sample {sample}");
        tested.push(name.to_owned());
    }
    tested.dedup();
    assert_eq!(tested, preset_names().collect::<Vec<_>>(), "each has its goldens");
}

#[test]
fn every_preset_says_what_it_needs() {
    let presets = list_presets().unwrap();
    let names: Vec<&str> = presets.iter().map(|preset| preset.name).collect();
    assert!(names.is_sorted() && names.len() == 16, "{names:?}");
    for preset in &presets {
        let texts = [&preset.title, &preset.doc, &preset.url, &preset.limits, &preset.duplicates];
        assert!(texts.iter().all(|text| !text.trim().is_empty()), "{}", preset.name);
        assert!(!preset.source.is_empty(), "{}", preset.name);
        assert!(preset.source.iter().all(|source| source.starts_with("https://")));
    }
}

const HOSTILE: &str = "@everyone <!channel> <@all> </code>**b** [a](https://e.example) `x` www.e.example \u{202e}\n# h ";

/// A case whose every text is hostile and long.
fn hostile_message() -> Message {
    let long = HOSTILE.repeat(60);
    let step = json!({"title": long, "commands": [long], "breaks": "", "undo": []});
    let line = json!({"time": "2026-11-24T13:06:00Z", "clock": "13:06:00", "mark": "denied", "text": long});
    let message = json!({
        "subject": long, "fields": [], "schemaVersion": "2.0", "id": "msg_9", "kind": "finding",
        "time": "2026-11-24T13:06:00Z", "fingerprint": format!("fp2:{}", "0".repeat(32)),
        "severity": "critical", "count": 1, "finding": {}, "facts": {},
        "case": {
            "id": "c5b1e0a1b2c3d4e5f", "kind": "intruder", "level": "critical",
            "reading": "intrusion", "headline": long, "who": long, "from": long, "when": long,
            "accounts": vec![long.clone(); 30], "timeline": vec![line; 20], "nextSteps": [step],
        },
    });
    Message::read_json(message.to_string().as_bytes()).unwrap()
}

/// Where each receiver has a limit, in UTF-16 units or, if said so, in bytes.
const LIMITS: [(&str, &str, usize, bool); 28] = [
    ("datadog_event", "/title", 100, false),
    ("datadog_event", "/text", 4000, false),
    ("datadog_event", "/aggregation_key", 100, false),
    ("discord", "/embeds/0/title", 256, false),
    ("discord", "/embeds/0/description", 4096, false),
    ("discord", "/embeds/0/footer/text", 2048, false),
    ("github_issue", "/title", 256, false),
    ("github_issue", "/body", 65_536, false),
    ("google_chat", "/text", 4096, false),
    ("grafana_irm", "/title", 255, false),
    ("incident_io", "/title", 255, false),
    ("incident_io", "/description", 20_000, false),
    ("jira", "/fields/summary", 255, false),
    ("jira", "/fields/labels/1", 255, false),
    ("mattermost", "/text", 16_383, false),
    ("ntfy", "/title", 200, true),
    ("ntfy", "/message", 4096, true),
    ("rocket_chat", "/text", 5000, false),
    ("rootly", "/title", 255, false),
    ("rootly", "/description", 20_000, false),
    ("servicenow", "/short_description", 160, false),
    ("servicenow", "/description", 4000, false),
    ("servicenow", "/correlation_id", 100, false),
    ("splunk_on_call", "/state_message", 5000, false),
    ("telegram", "/text", 4096, false),
    ("webex", "/markdown", 7439, true),
    ("zulip", "/topic", 60, false),
    ("zulip", "/content", 10_000, true),
];

#[test]
fn every_limit_holds_and_the_facts_stay() {
    let message = hostile_message();
    for (name, pointer, max, is_bytes) in LIMITS {
        let body = body_of(&preset(name, "https://a.example/x"), &message, None);
        let text = body.pointer(pointer).and_then(Value::as_str).unwrap();
        let length = if is_bytes { text.len() } else { text.encode_utf16().count() };
        assert!(length <= max && !text.is_empty(), "{name} {pointer}: {length} > {max}");
    }
    for name in preset_names() {
        let body = body_of(&preset(name, "https://a.example/x"), &message, None).to_string();
        assert!(body.contains("CRITICAL") && body.contains("First: "), "{name}: {body}");
        let is_roomy = ["github_issue", "jira"].contains(&name);
        assert!(is_roomy || body.contains("shortened to fit"), "{name} says that it cut: {body}");
    }
    let document = body_of(&preset("jira", "https://a.example/x"), &message, None);
    let document = document.pointer("/fields/description").unwrap().to_string();
    assert!(document.encode_utf16().count() <= 32_767);
}

#[test]
fn nobody_is_mentioned_and_nothing_is_markup() {
    let message = hostile_message();
    for name in preset_names() {
        let body = body_of(&preset(name, "https://a.example/x"), &message, None);
        assert!(!body.to_string().contains('\u{202e}'), "{name}");
    }
    let texts = [
        ("datadog_event", "/text"),
        ("discord", "/embeds/0/description"),
        ("google_chat", "/text"),
        ("mattermost", "/text"),
        ("rocket_chat", "/text"),
        ("telegram", "/text"),
        ("webex", "/markdown"),
        ("zulip", "/content"),
    ];
    for (name, pointer) in texts {
        let body = body_of(&preset(name, "https://a.example/x"), &message, None);
        let text = body.pointer(pointer).and_then(Value::as_str).unwrap();
        assert!(!text.contains("@everyone") && !text.contains("@all"), "{name}: {text}");
        assert!(!text.contains("<!channel>"), "{name}: {text}");
        let fences = text.matches("```").count();
        assert!(fences.is_multiple_of(2), "{name}: every fence is closed: {text}");
    }
    let telegram = body_of(&preset("telegram", "https://a.example/x"), &message, None);
    let text = telegram["text"].as_str().unwrap();
    for (open, close) in [("<code>", "</code>"), ("<pre>", "</pre>"), ("<b>", "</b>")] {
        assert_eq!(text.matches(open).count(), text.matches(close).count(), "{open}: {text}");
    }
    assert_eq!(text.matches('<').count(), text.matches('>').count(), "{text}");
    assert_eq!(
        body_of(&preset("discord", "https://a.example/x"), &message, None)["allowed_mentions"],
        json!({"parse": []})
    );
}

/// The message of a sample by its place in the file.
fn sample(index: usize) -> Message {
    sample_messages().unwrap().remove(index)
}

#[tokio::test]
async fn a_request_has_its_headers_its_query_and_its_thread() {
    let server = MockServer::start().await;
    let url = format!("{}/spaces/S/messages?key=canary-key", server.uri());
    Mock::given(method("POST"))
        .and(query_param("key", "canary-key"))
        .and(query_param("messageReplyOption", "REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD"))
        .and(header("content-type", "application/json"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"name": "spaces/S"})))
        .expect(1)
        .mount(&server)
        .await;
    let chat = preset("google_chat", &url);
    assert_eq!(chat.deliver(&sample(0), None).await, DeliveryOutcome::Delivered(None));

    let server = MockServer::start().await;
    let ok = json!({"result": "success", "id": 1});
    Mock::given(method("POST"))
        .and(header("authorization", "Basic Qk9UOmNhbmFyeS1hcGlfa2V5"))
        .and(header("content-type", "application/x-www-form-urlencoded"))
        .and(body_string_contains("topic=case+c5b1e"))
        .respond_with(ResponseTemplate::new(200).set_body_json(ok))
        .expect(1)
        .mount(&server)
        .await;
    let zulip = preset("zulip", &server.uri());
    assert_eq!(zulip.deliver(&sample(1), None).await, DeliveryOutcome::Delivered(None));
}

#[tokio::test]
async fn refusals_quote_the_receiver_but_no_secret() {
    for (name, status, body, is_refused) in [
        ("telegram", 400_u16, json!({"ok": false, "description": "chat not found"}), true),
        ("telegram", 200, json!({"ok": false}), false),
        ("discord", 404, json!({"message": "Unknown Webhook", "code": 10015}), true),
        ("discord", 404, json!({"error": "a proxy's"}), false),
        ("discord", 200, json!({}), false),
        ("zulip", 401, json!({"result": "error", "msg": "bad canary-api_key"}), true),
        ("jira", 400, json!({"errorMessages": ["project is required"]}), true),
        ("github_issue", 403, json!({"message": "limit", "documentation_url": "x"}), false),
        ("github_issue", 404, json!({"message": "Not Found", "documentation_url": "x"}), true),
        ("grafana_irm", 400, json!({"detail": "x"}), false),
        ("mattermost", 400, json!({"id": "x", "message": "no", "status_code": 400}), true),
        ("webex", 404, json!({"message": "gone", "trackingId": "x"}), true),
        ("ntfy", 403, json!({"code": 40301, "error": "forbidden"}), true),
        ("incident_io", 429, json!({"errors": [{"message": "slow"}]}), false),
        ("splunk_on_call", 200, json!({"result": "failure"}), true),
    ] {
        let server = MockServer::start().await;
        let answer = ResponseTemplate::new(status).set_body_json(&body);
        Mock::given(method("POST")).respond_with(answer).expect(1).mount(&server).await;
        let url = format!("{}/hooks/canary-path", server.uri());
        let outcome = preset(name, &url).deliver(&sample(0), None).await;
        let refused = matches!(outcome, DeliveryOutcome::Refused(_));
        assert_eq!(refused, is_refused, "{name} {status} {body}: {outcome:?}");
        assert!(refused || matches!(outcome, DeliveryOutcome::Retry { .. }), "{name} {outcome:?}");
        assert!(!format!("{outcome:?}").contains("canary"), "{outcome:?}");
    }
}

#[tokio::test]
async fn an_issue_is_made_once_and_an_alert_is_always_closed() {
    let server = MockServer::start().await;
    let made = ResponseTemplate::new(201).set_body_json(json!({"key": "SEC-7"}));
    Mock::given(method("POST")).respond_with(made).expect(1).mount(&server).await;
    let jira = preset("jira", &server.uri());
    let there = DeliveryOutcome::Delivered(Some("SEC-7".to_owned()));
    assert_eq!(jira.deliver(&sample(0), None).await, there);
    assert_eq!(jira.deliver(&sample(0), Some("SEC-7")).await, there, "it is not made again");
    assert_eq!(jira.deliver(&sample(1), Some("SEC-7")).await, there);
    assert!(jira.is_sent(&sample(1), None), "a case that only now is bad enough");
    assert!(!jira.is_sent(&sample(2), None), "not for a case that is closed already");
    assert_eq!(jira.deliver(&sample(3), None).await, DeliveryOutcome::Delivered(None));

    let server = MockServer::start().await;
    let taken = ResponseTemplate::new(202).set_body_json(json!({"deduplication_key": "x"}));
    Mock::given(method("POST")).respond_with(taken).expect(1).mount(&server).await;
    let opened = DeliveryOutcome::Delivered(Some(OPENED.to_owned()));
    assert_eq!(preset("incident_io", &server.uri()).deliver(&sample(0), None).await, opened);

    let config = json!({"preset": "incident_io", "min_level": "critical"});
    let incident = built(config, "https://a.example/x", &["token"]).unwrap();
    assert!(!incident.is_sent(&sample(1), None), "high is below critical");
    assert!(!incident.is_sent(&sample(2), None), "nothing is open");
    assert!(incident.is_sent(&sample(2), Some(OPENED)), "and still closes what it opened");
    assert!(!incident.is_sent(&sample(3), None), "a digest opens no alert");
    assert!(!incident.is_sent(&sample(4), None) && incident.is_sent(&hostile_message(), None));
    let telegram = body_of(&preset("telegram", "https://a.example/x"), &sample(1), Some("77"));
    assert_eq!(telegram["reply_parameters"]["message_id"], 77);
}

#[tokio::test]
async fn a_template_of_your_own() {
    let server = MockServer::start().await;
    let config = json!({
        "method": "PUT",
        "headers": {"X-Level": "{{ level }}"},
        "body": {
            "text": "\"}{{ subject|clip(10) }}", "count": "{{ count|json }}",
            "none": "{{ none|json }}", "key": {"$secret": "key"}, "fixed": [1, true, "a"],
            "fields": [{"$each": "card.fields[:2]", "$item": {"n": "{{ item.label }}", "v": "{{ item.value|code(40) }}"}}],
        },
    });
    let expected = json!({
        "text": "\"}iam:ListU…", "count": 1, "key": "canary-key", "fixed": [1, true, "a"],
        "fields": [{"n": "Account", "v": "`111122223333`"}],
    });
    Mock::given(method("PUT"))
        .and(body_json(&expected))
        .and(header("x-level", "medium"))
        .respond_with(ResponseTemplate::new(204))
        .expect(1)
        .mount(&server)
        .await;
    let own = built(config, &server.uri(), &["key"]).unwrap();
    assert_eq!(own.deliver(&sample(0), None).await, DeliveryOutcome::Delivered(None));
}

#[test]
fn a_config_that_cannot_work_says_why() {
    let text = |body: &str| json!({"body": {"text": body}});
    for (config, expected) in [
        (json!({"preset": "discrod"}), "did you mean `discord`?"),
        (json!({}), "`body` is missing"),
        (json!({"preset": "telegram"}), "`parameters.chat_id` is missing: The chat's id"),
        (json!({"preset": "jira", "parameters": {"projet": "X"}}), "`parameters.projet`"),
        (json!({"preset": "incident_io"}), "`secrets.token` is missing"),
        (text("{{ subjct }}"), "`body.text`: unknown name `subjct`"),
        (text("{% if case %}{{ nobody }}{% endif %}"), "unknown name `nobody`"),
        (text("a\n{{ case.who }}"), "`finding`: `body.text`, line 2: undefined value"),
        (text("{{ subject|clp(3) }}"), "unknown filter"),
        (text("{{ subject"), "line 1: syntax error"),
        (text("{% include 'x' %}"), "syntax error"),
        (text("{{ parameters.channel }}"), "undefined value"),
        (text("{{ card.nothing|json }}"), "`body.text`: has no value"),
        (text("{{ story('morse', 9) }}"), "`story` writes plain, markdown"),
        (
            text("{% for a in range(9999) %}{% for b in range(9999) %}.{% endfor %}{% endfor %}"),
            "fuel",
        ),
        (json!({"body": {"a": {"$secret": "none"}}}), "there is no secret `none`"),
        (json!({"body": [{"$each": "subject", "$item": 1}]}), "`$each` needs a list"),
        (json!({"body": {"a": {"b": 1}}, "encoding": "form"}), "`body.a`: a form holds"),
        (json!({"body": {"a": "{{ subject }}"}, "max_bytes": 9}), "over 9 (hint: "),
        (json!({"body": {}, "headers": {"a b": "x"}}), "`headers.a b`: is not a header"),
        (
            json!({"body": {}, "headers": {"a": "{{ secret.key ~ (secret.key + 1) }}"}}),
            "`headers.a`, line 1",
        ),
        (json!({"body": {}, "headers": {"a": "{{ secret.other }}"}}), "`headers.a`, line 1"),
        (json!({"body": {}, "refused": [{"status": [400]}]}), "`refused`: a rule needs"),
    ] {
        let shown = config.to_string();
        let error = built(config, "https://a.example/canary", &["key"]).err();
        let error = error.map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains(expected), "{shown}: {error}");
        assert!(!error.contains("canary"), "{error}");
    }
}

#[test]
fn the_config_s_check_knows_the_body_as_open_and_all_else_as_closed() {
    let schema = serde_json::to_value(schemars::schema_for!(TemplateConfig)).unwrap();
    let open = "url = 'env:U'\n[body]\ntext = 'x'\nlist = [{ '$each' = 'card.fields', '$item' = { a = { b = [1, true] } } }]\n[success]\nstatus = [200]\npointer = '/ok'\nequals = true\n[[refused]]\nstatus = [400]\npointer = '/ok'\nany_of = [false, 'x']\n";
    let problems = check_document(open, "a.toml", &schema);
    assert!(problems.is_empty(), "{problems:?}");
    for (wrong, problem) in [
        ("url = 'env:U'\npresett = 'x'", "presett"),
        ("preset = 'x'", "`url` is missing"),
        ("url = 'env:U'\n[success]\nstatsu = [1]", "statsu"),
    ] {
        let problems = format!("{:?}", check_document(wrong, "a.toml", &schema));
        assert!(problems.contains(problem), "{problems}");
    }
    let config: TemplateConfig = toml::from_str(open).unwrap();
    let again: TemplateConfig = toml::from_str(&toml::to_string(&config).unwrap()).unwrap();
    assert_eq!(again.body, config.body);
}
