//! Event patterns aimed at bare CloudTrail records.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod evaluators;

use aware_rules::eventbridge;
use serde_json::{Value, json};

fn matches(pattern: &Value, record: &Value) -> bool {
    let expr = eventbridge::compile_for_record("test", &pattern.to_string())
        .unwrap_or_else(|problem| panic!("{problem}"));
    evaluators::matches(&expr, &record.to_string())
}

fn refused(pattern: &str) -> String {
    eventbridge::compile_for_record("p", pattern).unwrap_err().to_string()
}

fn record() -> Value {
    json!({
        "eventSource": "iam.amazonaws.com",
        "eventName": "CreateUser",
        "eventType": "AwsApiCall",
        "awsRegion": "us-east-1",
        "recipientAccountId": "111122223333",
        "requestParameters": {"userName": "ann"},
    })
}

#[test]
fn envelopes() {
    let pattern = json!({
        "source": ["aws.iam"],
        "detail-type": ["AWS API Call via CloudTrail"],
        "account": ["111122223333"],
        "region": [{"prefix": "us-"}],
        "detail": {
            "eventSource": ["iam.amazonaws.com"],
            "eventName": ["CreateUser", "DeleteUser"],
            "requestParameters": {"userName": [{"anything-but": "bo"}]},
        },
    });
    assert!(matches(&pattern, &record()));
    for (name, value) in [
        ("eventSource", "ec2.amazonaws.com"),
        ("eventType", "AwsConsoleSignIn"),
        ("recipientAccountId", "444455556666"),
        ("awsRegion", "eu-west-1"),
        ("eventName", "GetUser"),
    ] {
        let mut other = record();
        other[name] = json!(value);
        assert!(!matches(&pattern, &other), "{name}");
    }
}

#[test]
fn sources() {
    let cases = [
        (json!(["aws.iam"]), true),
        (json!(["aws.ia"]), false),
        (json!(["aws.ec2", "aws.iam"]), true),
        (json!([{"prefix": "aws."}]), true),
        (json!([{"prefix": "aws"}]), true),
        (json!([{"prefix": "aws.i"}]), true),
        (json!([{"prefix": "aws.s"}]), false),
        (json!([{"suffix": "am"}]), true),
        (json!([{"suffix": "com"}]), false),
        (json!([{"wildcard": "aws.*a*"}]), true),
        (json!([{"wildcard": "*iam"}]), true),
        (json!([{"equals-ignore-case": "AWS.IAM"}]), true),
        (json!([{"anything-but": "aws.iam"}]), false),
        (json!([{"anything-but": ["aws.s3", "aws.ec2"]}]), true),
        (json!([{"anything-but": {"prefix": "aws.i"}}]), false),
        (json!([{"exists": true}]), true),
    ];
    for (source, expected) in cases {
        let pattern = json!({ "source": source });
        assert_eq!(matches(&pattern, &record()), expected, "{pattern}");
    }
}

#[test]
fn detail_types() {
    let of = |event_type: &str| json!({ "eventType": event_type });
    let sign_in = json!({"detail-type": ["AWS Console Sign In via CloudTrail"]});
    assert!(matches(&sign_in, &of("AwsConsoleSignIn")) && !matches(&sign_in, &of("AwsApiCall")));
    let service = json!({"detail-type": ["AWS Service Event via CloudTrail"]});
    assert!(matches(&service, &of("AwsServiceEvent")));
    let any = json!({"detail-type": [{"suffix": "via CloudTrail"}]});
    assert!(matches(&any, &of("AwsApiCall")) && !matches(&any, &of("else")));
    let other = json!({"detail-type": [{"anything-but": "AWS API Call via CloudTrail"}]});
    assert!(!matches(&other, &of("AwsApiCall")) && matches(&other, &of("AwsServiceEvent")));
}

#[test]
fn bare_records() {
    let pattern = json!({"eventName": ["CreateUser"], "requestParameters.userName": ["ann"]});
    assert!(matches(&pattern, &record()));
    assert!(matches(&json!({"detail.eventName": ["CreateUser"]}), &record()));
    let either =
        json!({"$or": [{"source": ["aws.ec2"]}, {"detail": {"eventName": ["CreateUser"]}}]});
    assert!(matches(&either, &record()));
    // The account is said twice, and both count.
    let twice = json!({"account": ["111122223333"], "detail": {"recipientAccountId": ["x"]}});
    assert!(!matches(&twice, &record()));
}

#[test]
fn what_no_record_tells() {
    let cases = [
        (r#"{"source": ["my.app"]}"#, "p:1:13: no service of AWS has the `source` `my.app`"),
        (r#"{"source": ["aws."]}"#, "p:1:13: no service"),
        (r#"{"source": [7]}"#, "p:1:13: no service"),
        (r#"{"source": [{"wildcard": "*.iam"}]}"#, "p:1:13: no service"),
        (r#"{"detail-type": ["aws api call"]}"#, "p:1:18: no CloudTrail event has such"),
        (r#"{"source": ["aws.iam"], "time": [1]}"#, "p:1:25: `time` is not in the CloudTrail"),
        (r#"{"source": ["aws.iam"], "eventName": ["X"]}"#, "are below `detail`"),
        (r#"{"time": [{"prefix": "2026-"}]}"#, "p:1:2: `time` is not in the CloudTrail"),
        (r#"{"detail": ["x"]}"#, "p:1:2: `detail` is not"),
        (r#"{"detail": {"eventName": "X"}}"#, "p:1:26: `eventName` is a string"),
    ];
    for (pattern, part) in cases {
        assert!(refused(pattern).contains(part), "{pattern}: {}", refused(pattern));
    }
}

/// What the program makes of a record stands beside its own fields.
#[test]
fn derived_fields() {
    let mut record = record();
    record["eventTime"] = json!("2026-11-24T09:01:00Z");
    record["userIdentity"] = json!({"type": "IAMUser", "userName": "alice"});
    for (fields, expected) in [
        (json!({"principal": ["user/alice"], "action": ["iam:CreateUser"]}), true),
        (json!({"service": ["iam"], "outcome": ["success"]}), true),
        (json!({"sensitivity": [{"exists": true}]}), true),
        (json!({"principal": [{"prefix": "role/"}]}), false),
        (json!({"outcome": [{"anything-but": "success"}]}), false),
    ] {
        assert_eq!(matches(&json!({"aware": fields}), &record), expected, "{fields}");
        let detail = json!({"source": ["aws.iam"], "detail": {"aware": fields}});
        assert_eq!(matches(&detail, &record), expected, "{fields}");
    }
    let told = refused(r#"{"detail": {"aware.principle": ["a"]}}"#);
    assert!(told.contains("unknown field `aware.principle`") && told.contains("aware.principal"));
    let envelope =
        eventbridge::compile_pattern("p", r#"{"detail": {"aware": {"outcome": ["denied"]}}}"#);
    assert!(envelope.unwrap_err().to_string().contains("try the pattern on a record"));
}
