//! Requests, and how they end.

use serde_json::json;

use super::*;
use crate::event::PrincipalKind;
use crate::source::s3_access::explain::explain;

fn event(more: Value) -> Event {
    let mut record = json!({"bucket_owner_id": "7a".repeat(32), "bucket_name": "ledgers",
        "request_time": "2026-11-29T09:01:00Z", "remote_ip": "198.51.100.23",
        "request_id": "3E57", "operation": "REST.GET.OBJECT", "key_name": "a%2520b%252525.txt",
        "http_status": 403, "error_code": "AccessDenied",
        "host_header": "ledgers.s3.eu-west-1.amazonaws.com"});
    if let (Some(record), Value::Object(more)) = (record.as_object_mut(), more) {
        record.extend(more);
    }
    let context = RecordContext { owner: Some("444455556666"), ..RecordContext::default() };
    decode(record.to_string().as_bytes(), context).unwrap()
}

#[test]
fn an_anonymous_request() {
    let event = event(json!({}));
    assert_eq!(event.action.to_string(), "s3:REST.GET.OBJECT");
    assert_eq!(event.first_resource().unwrap().name, "arn:aws:s3:::ledgers/a b%25.txt");
    assert_eq!(event.principal.name, "198.51.100.23");
    assert_eq!((event.principal.kind, event.outcome), (PrincipalKind::Address, Outcome::Denied));
    assert_eq!((event.region.as_str(), event.account_or_unknown()), ("eu-west-1", "444455556666"));
    assert_eq!(event.why().unwrap(), "S3 refused a request without credentials (403 AccessDenied)");
}

#[test]
fn what_only_reads() {
    for (operation, reads) in [
        ("REST.GET.OBJECT", true),
        ("WEBSITE.HEAD.OBJECT", true),
        ("REST.COPY.OBJECT_GET", true),
        ("REST.COPY.OBJECT", false),
        ("REST.POST.MULTI_OBJECT_DELETE", false),
        ("S3.EXPIRE.OBJECT", false),
        ("odd", false),
    ] {
        let event = event(json!({"operation": operation}));
        assert_eq!(event.action.read_only, Some(reads), "{operation}");
    }
}

#[test]
fn outcomes() {
    for (status, code, expected) in [
        (json!(403), json!("AccessDenied"), Outcome::Denied),
        (json!(403), json!(null), Outcome::Denied),
        (json!("403"), json!(null), Outcome::Denied),
        (json!(403), json!("SignatureDoesNotMatch"), Outcome::Failed),
        (json!(403), json!("InvalidAccessKeyId"), Outcome::Failed),
        (json!(400), json!("ExpiredToken"), Outcome::Failed),
        (json!(403), json!("AllAccessDisabled"), Outcome::Failed),
        (json!(403), json!("InvalidObjectState"), Outcome::Failed),
        (json!(404), json!("NoSuchKey"), Outcome::Failed),
        (json!(500), json!(null), Outcome::Failed),
        (json!(204), json!(null), Outcome::Success),
        (json!(304), json!(null), Outcome::Success),
        (json!(null), json!(null), Outcome::Success),
    ] {
        let event = event(json!({"http_status": status, "error_code": code}));
        assert_eq!(event.outcome, expected, "{status} {code}");
    }
    let expired = event(json!({"http_status": 400, "error_code": "ExpiredToken"}));
    let why = "wrong or expired credentials, not a missing permission (400 ExpiredToken)";
    assert_eq!(expired.why().unwrap(), why);
}

#[test]
fn requesters_are_those_of_cloudtrail() {
    let canonical = "79".repeat(32);
    for (requester, key, name) in [
        (
            "arn:aws:sts::777788889999:assumed-role/x/y",
            "arn:aws:iam::777788889999:role/x",
            "role/x",
        ),
        (
            "arn:aws:iam::111122223333:user/team/alice",
            "arn:aws:iam::111122223333:user/team/alice",
            "user/alice",
        ),
        ("arn:aws:iam::111122223333:root", "root@111122223333", "root"),
        (
            "svc:delivery.logs.amazonaws.com",
            "delivery.logs.amazonaws.com",
            "delivery.logs.amazonaws.com",
        ),
        ("AmazonS3", "AmazonS3", "AmazonS3"),
        (&canonical, &format!("canonical/{canonical}"), "canonical id 7979797979797979…"),
        ("-", "198.51.100.23", "198.51.100.23"),
        ("arn:x", "arn:x", "arn:x"),
    ] {
        let who = event(json!({"requester": requester})).principal;
        assert_eq!((who.key.as_str(), who.name.as_str()), (key, name), "{requester}");
    }
    let call = crate::source::decode_record(
        br#"{"eventTime": "2026-11-29T09:01:00Z", "eventSource": "s3.amazonaws.com",
            "eventName": "GetObject", "userIdentity": {"type": "IAMUser", "userName": "alice",
            "arn": "arn:aws:iam::111122223333:user/alice", "accountId": "111122223333"}}"#,
    )
    .unwrap();
    let request = event(json!({"requester": "arn:aws:iam::111122223333:user/alice"}));
    assert_eq!(request.principal.key, call.principal.key);
    assert_eq!(request.principal.arn, call.principal.arn);
    assert_eq!(request.principal.account, call.principal.account);
}

#[test]
fn records_of_cloudwatch_logs() {
    let text = json!({"schema_version_id": "V_1_0", "bucket_arn": "arn:aws:s3:::ledgers",
        "request_time": "2026-11-29T09:01:00.123Z", "operation": "REST.HEAD.OBJECT",
        "requester": null, "http_status": 403, "key_name": "k"})
    .to_string();
    let opened = crate::source::identify(text.as_bytes());
    assert_eq!(opened, Some(ID));
    let event = decode(text.as_bytes(), RecordContext::default()).unwrap();
    assert_eq!(event.first_resource().unwrap().name, "arn:aws:s3:::ledgers/k");
    assert_eq!((event.outcome, event.principal.name.as_str()), (Outcome::Denied, "unknown client"));
}

#[test]
fn what_is_said_of_a_denial() {
    let anonymous = explain(&event(json!({}))).unwrap();
    assert!(anonymous.why.contains("nothing allows it to everybody"), "{}", anonymous.why);
    let named = event(json!({"requester": "arn:aws:iam::111122223333:user/alice"}));
    let named = explain(&named).unwrap();
    assert!(named.why.contains("user/alice") && named.why.contains("CloudTrail data events"));
    assert!(named.remedies.is_empty());
    assert!(explain(&event(json!({"error_code": "NoSuchKey", "http_status": 404}))).is_none());
}

#[test]
fn regions() {
    for (host, expected) in [
        ("b.s3.eu-west-1.amazonaws.com", Some("eu-west-1")),
        ("b.s3-us-west-2.amazonaws.com", Some("us-west-2")),
        ("b.s3.dualstack.ap-southeast-2.amazonaws.com", Some("ap-southeast-2")),
        ("s3.cn-north-1.amazonaws.com.cn", Some("cn-north-1")),
        ("b.s3.amazonaws.com", None),
        ("evil.example.com", None),
        ("x.s3.\u{202e}-a-1.amazonaws.com", None),
    ] {
        assert_eq!(region(&json!({"host_header": host})), expected, "{host}");
    }
}

#[test]
fn what_is_no_record() {
    let problem =
        |text: &str| decode(text.as_bytes(), RecordContext::default()).unwrap_err().to_string();
    assert_eq!(problem("[]"), "record is a list, not an object");
    assert_eq!(problem("{}"), "record has no `request_time`");
    assert_eq!(
        problem(r#"{"request_time":"soon"}"#),
        "`request_time` is some other text, not a time"
    );
}
