//! Rules of the shapes that people write for CloudTrail, oddities included.

#![allow(clippy::panic, clippy::unwrap_used, clippy::indexing_slicing)]

mod evaluators;

use aware_rules::sigma::{PlaceholderValues, load_rules};
use serde_json::{Value, json};

/// Checks a whole rule file against events.
#[track_caller]
fn check(rule: &str, hits: &[Value], misses: &[Value]) {
    assert_eq!(check_noted(rule, hits, misses), [""; 0]);
}

/// The same of a rule that there are notes about, which it returns.
fn check_noted(rule: &str, hits: &[Value], misses: &[Value]) -> Vec<String> {
    let placeholders = PlaceholderValues::from([(
        "regions_in_use".to_owned(),
        vec!["eu-west-1".to_owned(), "us-east-1".to_owned()],
    )]);
    let loaded = load_rules([("rule.yml", rule)], &placeholders);
    assert!(loaded.problems.is_empty(), "{:#?}", loaded.problems);
    let [rule] = loaded.rules.as_slice() else { panic!("{loaded:?}") };
    for (events, expected) in [(hits, true), (misses, false)] {
        for event in events {
            assert_eq!(evaluators::matches(&rule.expr, &event.to_string()), expected, "{event}");
        }
    }
    loaded.notes.iter().map(ToString::to_string).collect()
}

/// The commonest shape: one selection, names in a list.
#[test]
fn one_selection() {
    check(
        "title: Trail Stopped Or Shrunk
id: 6f1f2ef9-3a39-4c31-8a83-0f7a6f4e1b01
status: test
description: |
    Detects calls that stop a trail, or make it see less.
references:
    - https://docs.aws.amazon.com/awscloudtrail/latest/userguide/
author: Aware
date: 2026-01-31
modified: 2026/02/01
tags:
    - attack.defense-impairment
    - attack.t1562.008
logsource:
    product: aws
    service: cloudtrail
detection:
    selection_source:
        eventSource: cloudtrail.amazonaws.com
        eventName:
            - StopLogging
            - 'DeleteTrail'
            - \"UpdateTrail\" # with a comment
    condition: selection_source
falsepositives:
    - Unknown
level: medium
",
        &[json!({"eventSource": "cloudtrail.amazonaws.com", "eventName": "DeleteTrail"})],
        &[
            json!({"eventSource": "cloudtrail.amazonaws.com", "eventName": "CreateTrail"}),
            json!({"eventName": "DeleteTrail"}),
        ],
    );
}

/// `errorCode|exists`, and an `or` in parentheses: success and attempt as two rules.
#[test]
fn attempts() {
    let rule = "title: t
logsource: {product: aws, service: cloudtrail}
detection:
    selection:
        eventSource: iam.amazonaws.com
        eventName: CreateUser
    error_code:
        errorCode|exists: true
    error_msg:
        errorMessage|exists: true
    condition: selection and CONDITION
";
    let event = |more: Value| {
        let mut event = json!({"eventSource": "iam.amazonaws.com", "eventName": "CreateUser"});
        event.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
        event
    };
    let (denied, quiet) = (event(json!({"errorCode": "AccessDenied"})), event(json!({})));
    let told = event(json!({"errorMessage": "no"}));
    check(
        &rule.replace("CONDITION", "(error_code or error_msg)"),
        &[denied.clone(), told],
        &[quiet.clone(), json!({"errorCode": "AccessDenied"})],
    );
    check(&rule.replace("CONDITION", "not error_code and not error_msg"), &[quiet], &[denied]);
}

/// `'true'` in quotes where the record has a boolean, and `1 of` with alternatives.
#[test]
fn booleans_in_quotes() {
    check(
        "title: t
logsource: {product: aws, service: cloudtrail}
detection:
    selection_name:
        eventName: PutBucketPublicAccessBlock
    selection_weak_acls:
        requestParameters.PublicAccessBlockConfiguration.BlockPublicAcls: 'false'
    selection_weak_policy:
        requestParameters.PublicAccessBlockConfiguration.BlockPublicPolicy: false
    condition: selection_name and 1 of selection_weak_*
",
        &[
            json!({"eventName": "PutBucketPublicAccessBlock", "requestParameters":
                {"PublicAccessBlockConfiguration": {"BlockPublicAcls": false}}}),
            json!({"eventName": "PutBucketPublicAccessBlock", "requestParameters":
                {"PublicAccessBlockConfiguration": {"BlockPublicPolicy": "False"}}}),
        ],
        &[json!({"eventName": "PutBucketPublicAccessBlock", "requestParameters":
            {"PublicAccessBlockConfiguration": {"BlockPublicAcls": true}}})],
    );
}

/// `contains` on an object matches the leaves below it; `contains|all` any leaf for each value.
#[test]
fn contains_on_objects() {
    check(
        "title: t
logsource: {product: aws, service: cloudtrail}
detection:
    selection:
        eventName: PutUserPolicy
        userAgent|contains: 'S3 Browser'
        requestParameters|contains|all:
            - '\"arn:aws:s3:::<NAME>/*\"'
            - '\"Allow\"'
    condition: selection
",
        &[json!({"eventName": "PutUserPolicy", "userAgent": "[S3 Browser/10.9.9]",
            "requestParameters": {"policyDocument":
                "{\"Effect\": \"Allow\", \"Resource\": [\"arn:aws:s3:::<NAME>/*\"]}"}})],
        &[json!({"eventName": "PutUserPolicy", "userAgent": "[S3 Browser/10.9.9]",
            "requestParameters": {"policyDocument":
                "{\"Effect\": \"Allow\", \"Resource\": [\"arn:aws:s3:::mine/*\"]}"}})],
    );
}

/// `contains: '*'` means: it is there, and not null.
#[test]
fn contains_anything() {
    check(
        "title: t
logsource: {product: aws, service: cloudtrail}
detection:
    selection:
        eventName: CreateInstanceExportTask
    filter1:
        errorMessage|contains: '*'
    filter2:
        responseElements|contains: 'Failure'
    condition: selection and not 1 of filter*
",
        &[
            json!({"eventName": "CreateInstanceExportTask", "responseElements": {"a": "ok"}}),
            json!({"eventName": "CreateInstanceExportTask", "errorMessage": null}),
        ],
        &[
            json!({"eventName": "CreateInstanceExportTask", "errorMessage": "denied"}),
            json!({"eventName": "CreateInstanceExportTask", "responseElements": {"a": "Failure"}}),
        ],
    );
}

/// `null`, a list of maps, `startswith`, and `1 of filter_main_*`.
#[test]
fn null_lists_of_maps_and_main_filters() {
    check(
        "title: t
logsource: {product: aws, service: cloudtrail}
detection:
    selection:
        - eventName: DeleteBucket
          errorCode: null
        - eventName|startswith: 'PutBucket'
    filter_main_service:
        userIdentity.invokedBy|endswith: '.amazonaws.com'
    filter_main_reader:
        userIdentity.type: AWSService
    condition: selection and not 1 of filter_main_*
",
        &[
            json!({"eventName": "DeleteBucket"}),
            json!({"eventName": "DeleteBucket", "errorCode": null}),
            json!({"eventName": "PutBucketAcl", "errorCode": "AccessDenied"}),
        ],
        &[
            json!({"eventName": "DeleteBucket", "errorCode": "AccessDenied"}),
            json!({"eventName": "PutBucketAcl", "userIdentity": {"invokedBy": "x.amazonaws.com"}}),
            json!({"eventName": "DeleteBucket", "userIdentity": {"type": "AWSService"}}),
        ],
    );
}

/// `fieldref` and a field's name as a mere text: the one compares, the other never excludes.
#[test]
fn references_and_what_looks_like_one() {
    let rule = |modifier: &str| {
        format!(
            "title: t
logsource: {{product: aws, service: cloudtrail}}
detection:
    selection:
        eventName: CreateAccessKey
    filter_main_self:
        userIdentity.userName|{modifier}: requestParameters.userName
    condition: selection and not 1 of filter_main_*
"
        )
    };
    let event = |own: &str, other: &str| {
        json!({"eventName": "CreateAccessKey", "userIdentity": {"userName": own},
            "requestParameters": {"userName": other}})
    };
    check(&rule("fieldref"), &[event("alice", "bob")], &[event("alice", "Alice")]);
    let all = [event("alice", "bob"), event("alice", "alice")];
    let notes = check_noted(&rule("contains"), &all, &[]);
    assert!(notes.len() == 1 && notes[0].contains("is the name of a field"), "{notes:?}");
}

/// Regular expressions, networks and placeholders, under CRLF and after a byte order mark.
#[test]
fn the_rarer_modifiers() {
    let rule = "\u{feff}title: t
logsource: {product: aws, service: cloudtrail}
detection:
    selection:
        userIdentity.arn|re: '.*(assumed-role|federated)/.+@example\\.com$'
    outside:
        sourceIPAddress|cidr:
            - 10.0.0.0/8
            - 2001:db8::/32
    used:
        awsRegion|expand: '%regions_in_use%'
    condition: selection and not outside and not used
";
    let event = |arn: &str, ip: &str, region: &str| json!({"userIdentity": {"arn": arn}, "sourceIPAddress": ip, "awsRegion": region});
    let arn = "arn:aws:sts::111122223333:assumed-role/dev/alice@example.com";
    for rule in [rule.to_owned(), rule.replace('\n', "\r\n")] {
        check(
            &rule,
            &[event(arn, "192.0.2.1", "eu-north-1"), event(arn, "ec2.amazonaws.com", "ap-east-1")],
            &[
                event(arn, "10.1.2.3", "eu-north-1"),
                event(arn, "192.0.2.1", "EU-WEST-1"),
                event("arn:aws:iam::111122223333:user/alice", "192.0.2.1", "eu-north-1"),
            ],
        );
    }
}

/// Rules for many services in one file, and rules that still aggregate.
#[test]
fn old_aggregations_are_refused_alone() {
    let rule = |title: &str, condition: &str| {
        format!(
            "title: {title}\nlogsource: {{product: aws, service: cloudtrail}}\ndetection:\n  \
             selection: {{eventName: ListBuckets}}\n  condition: {condition}\n---\n"
        )
    };
    let text = [
        rule("a", "selection"),
        rule("b", "selection | count() by sourceIPAddress > 100"),
        rule("c", "selection"),
    ];
    let loaded = load_rules([("x.yml", text.concat())], &PlaceholderValues::new());
    assert_eq!(loaded.rules.len(), 2);
    assert_eq!(loaded.problems.len(), 1);
    assert!(loaded.problems[0].to_string().starts_with("x.yml:11:24: aggregations"), "{loaded:?}");
}
