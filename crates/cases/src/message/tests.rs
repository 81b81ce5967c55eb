//! Both versions on the wire, OCSF against its schema, and truncation.

use aware_core::finding::{Finding, RuleSummary};
use aware_core::message::labels;
use aware_core::message::{Message, MessageKind, SOFT_LIMIT, truncate_message};
use aware_core::open::OpenEnum;
use aware_core::source::cloudtrail::decode_record;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::group::FindingGroup;

fn tally(request: &Value) -> FindingGroup {
    let record = json!({
        "eventVersion": "1.08",
        "userIdentity": {"type": "IAMUser", "principalId": "AIDAEXAMPLE", "arn": "arn:aws:iam::111122223333:user/alice",
            "accountId": "111122223333", "accessKeyId": "AKIAIOSFODNN7EXAMPLE", "userName": "alice"},
        "eventTime": "2026-11-24T03:54:00Z", "eventSource": "iam.amazonaws.com", "eventName": "ListGroupsForUser",
        "awsRegion": "us-east-1", "sourceIPAddress": "198.51.100.23", "userAgent": "aws-cli/2.15.0",
        "errorCode": "AccessDenied",
        "errorMessage": "User: arn:aws:iam::111122223333:user/alice is not authorized to perform: iam:ListGroupsForUser on resource: user alice because no identity-based policy allows the iam:ListGroupsForUser action",
        "requestParameters": request, "eventID": "6f1e0c2a-0000-4000-8000-000000000001", "requestID": "r-1",
        "eventType": "AwsApiCall", "recipientAccountId": "111122223333"
    });
    let finding = Finding::from_event(
        &RuleSummary::denied_call(),
        &decode_record(record.to_string().as_bytes()).unwrap(),
    );
    let mut tally = FindingGroup::for_finding(&finding);
    tally.record(&finding);
    tally
}

fn message(request: &Value) -> Message {
    group_message(
        &tally(request),
        MessageKind::Finding,
        None,
        "2026-11-24T03:55:00Z".parse().unwrap(),
    )
}

#[test]
fn version_2_as_written() {
    let message = message(&json!({"userName": "alice"}));
    insta::assert_json_snapshot!(message.to_value());
    assert_eq!(Message::read_json(message.to_json().as_bytes()).unwrap(), message);
}

#[test]
fn version_1_as_written_and_read() {
    let message = message(&json!({"userName": "alice"}));
    let keys: Vec<_> = message.fields.iter().take(9).map(|field| field.key.as_str()).collect();
    assert_eq!(
        keys,
        [
            "Error Message",
            "Event",
            "Source",
            "Recipient Account ID",
            "User Account ID",
            "Username",
            "User ARN",
            "Source IP",
            "Request Parameters"
        ]
    );
    let read = Message::read_json(message.to_json_v1().as_bytes()).unwrap();
    assert_eq!((&read.subject, &read.fields), (&message.subject, &message.fields));
    assert_eq!((read.schema_version.as_str(), read.severity, read.count), ("1", None, 1));
    assert_eq!(read.to_json_v1(), message.to_json_v1());
}

#[test]
fn what_readers_of_version_1_expect() {
    let body = json!({
        "subject": "Event: AssumeRole", "fields": [{"key": "Event", "value": "AssumeRole"}, {"value": "no key"}],
        "metadata": {"sourceName": "Cloudtrail"}, "unknown": 1,
        "tags": [{"key": "slack-preferred-channel", "value": "#sec"}, {"key": "", "value": "x"}, {"key": "y"}]
    });
    let message = Message::read_json(body.to_string().as_bytes()).unwrap();
    assert_eq!(message.field_text("undefined").as_deref(), Some("no key"));
    assert_eq!(message.tags.len(), 1);
    assert_eq!(message.tag_value("slack-preferred-channel"), Some("#sec"));
    let error = |body: &str| Message::read_json(body.as_bytes()).unwrap_err().to_string();
    assert_eq!(error("{}"), "Missing Required Parameter 'subject'");
    assert_eq!(error(r#"{"subject":"s"}"#), "Missing Required Parameter 'fields'");
}

#[test]
fn subject_and_metadata_of_version_1() {
    let tally = tally(&json!({"userName": "alice"}));
    let mut message = group_message(&tally, MessageKind::Finding, None, tally.last_seen);
    let before = message.clone();
    rewrite_as_version_1(&mut message, &tally.first);
    let error = tally.first.error_message.clone().unwrap();
    assert_eq!(message.subject, format!("Error Message: {error}"));
    assert_eq!(
        message.to_value()["metadata"],
        json!({
            "sourceName": "Cloudtrail",
            "sourceIconUrl": "https://s3-us-west-2.amazonaws.com/giftbit-developer-static-resources/AWS-CloudTrail.png",
        })
    );
    assert_eq!((&message.fields, &message.id), (&before.fields, &before.id));

    // Where AWS gives no message, the second field is the first.
    let mut finding = tally.first.clone();
    finding.error_message = None;
    let mut silent = FindingGroup::for_finding(&finding);
    silent.record(&finding);
    let mut message = group_message(&silent, MessageKind::Update, Some("3 more"), silent.last_seen);
    rewrite_as_version_1(&mut message, &finding);
    assert_eq!(message.subject, "Event: ListGroupsForUser");
    assert_eq!(message.fields[0].key, "Event");

    let mut beat = heartbeat_message(tally.last_seen);
    let before = beat.clone();
    rewrite_as_version_1(&mut beat, &finding);
    assert_eq!(beat, before);
}

#[test]
fn facts_of_another_version_are_read() {
    let body = json!({
        "schemaVersion": "2.9", "subject": "s", "fields": [{"key": "Account", "value": "1"}],
        "looksLike": "sleeping",
        "facts": {"account": "222233334444", "outcome": "quarantined", "moon": "full",
            "reading": {"looksLike": "sleeping", "sentence": "nobody", "mood": 3}},
    });
    let message = Message::read_json(body.to_string().as_bytes()).unwrap();
    let facts = &message.facts;
    assert_eq!(facts.account.as_deref(), Some("222233334444"));
    assert_eq!(facts.outcome.as_ref().map(OpenEnum::as_str), Some("quarantined"));
    assert_eq!(facts.reading.as_ref().unwrap().looks_like, OpenEnum::Other("sleeping".into()));
    assert_eq!(message.looks_like, Some(OpenEnum::Other("sleeping".into())));

    // Facts that cannot be read are told by the fields, as where there are none.
    for facts in [json!(7), json!({"account": 7}), Value::Null] {
        let body =
            json!({"subject": "s", "fields": [{"key": "Account", "value": "1"}], "facts": facts});
        let message = Message::read_json(body.to_string().as_bytes()).unwrap();
        assert_eq!(message.facts.account.as_deref(), Some("1"), "{facts}");
    }
}

/// A sender of version 2 that wrote fields alone is shown as one that writes facts.
#[test]
fn fields_alone_tell_the_same_facts() {
    let message = message(&json!({"userName": "alice"}));
    let mut older = message.to_value();
    older.as_object_mut().unwrap().shift_remove("facts").unwrap();
    let read = Message::read_json(older.to_string().as_bytes()).unwrap();
    let labels = labels::FactLabel::BEFORE_CURE.into_iter().chain(labels::FactLabel::AFTER_CURE);
    for label in labels {
        assert_eq!(read.facts.text(label), message.facts.text(label), "{label:?}");
    }
    assert_eq!(read.facts.request, message.facts.request);
}

#[test]
fn a_newer_version_is_still_shown() {
    let body =
        r#"{"schemaVersion":"7.1","subject":"s","fields":[],"kind":"dance","severity":"purple"}"#;
    let message = Message::read_json(body.as_bytes()).unwrap();
    assert_eq!(
        (message.subject.as_str(), message.kind, message.severity),
        ("s", MessageKind::Finding, None)
    );
}

/// The published schema, as `ocsf-json-schema` 1.2.0 writes it for class 2004 with the profiles
/// `cloud` and `datetime`.
fn schema() -> jsonschema::Validator {
    let schema = include_str!("../../tests/ocsf/detection_finding_1.6.0.schema.json");
    jsonschema::validator_for(&serde_json::from_str(schema).unwrap()).unwrap()
}

fn valid(finding: &Value) {
    let problems: Vec<_> = schema()
        .iter_errors(finding)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(problems.is_empty(), "{problems:#?}");
    let number = |name: &str| finding[name].as_u64().unwrap();
    assert_eq!(number("type_uid"), number("class_uid") * 100 + number("activity_id"));
}

#[test]
fn the_finding_is_valid_ocsf() {
    for request in [json!(null), json!({"userName": "alice"}), json!({"a": {"b": [1, null, {}]}})] {
        valid(&message(&request).finding.unwrap());
    }
    let update = group_message(
        &tally(&json!(null)),
        MessageKind::Update,
        Some("x"),
        "2026-11-24T03:55:00Z".parse().unwrap(),
    );
    assert_eq!(update.finding.as_ref().unwrap()["type_uid"], 200_402);
    valid(&update.finding.unwrap());
    let broken = json!({"class_uid": 2004});
    assert!(!schema().is_valid(&broken), "the schema can fail");
}

fn tree() -> impl Strategy<Value = Value> {
    let text = prop_oneof![".{0,40}", "[a-zé€𝄞]{2000,3000}"];
    let leaf = prop_oneof![
        text.prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        Just(Value::Null)
    ];
    leaf.prop_recursive(3, 40, 30, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..40).prop_map(Value::from),
            prop::collection::btree_map(".{0,20}", inner, 0..20)
                .prop_map(|map| map.into_iter().collect::<serde_json::Map<_, _>>().into()),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn truncation_keeps_to_the_limit_and_the_identity(request in tree(), limit in 6_000_usize..30_000) {
        let tally = tally(&request);
        let mut message = group_message(&tally, MessageKind::Finding, None, tally.last_seen);
        let before = message.clone();
        truncate_message(&mut message, limit);
        prop_assert!(message.to_json().len() <= limit.max(SOFT_LIMIT.min(8_000)), "{}", message.to_json().len());
        prop_assert_eq!(&message.subject, &before.subject);
        prop_assert_eq!((&message.id, &message.fingerprint, message.severity), (&before.id, &before.fingerprint, before.severity));
        prop_assert_eq!(message.field_text("Event IDs"), before.field_text("Event IDs"));
        prop_assert_eq!(message.truncated.is_empty(), message == before && before.truncated.is_empty());
        let once = message.clone();
        truncate_message(&mut message, limit);
        prop_assert_eq!(message, once);
    }
}
