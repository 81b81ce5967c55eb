//! What a case keeps of an event is the same, whether the record is decoded or only glanced at.

use std::sync::Arc;

use aware_cases::case::CaseEvent;
use aware_core::envelope::EnvelopeKind;

use crate::detect::{DetectedEvent, Detector};
use crate::rule_set::{RuleSet, RuleSetParts};
use aware_rules::shipped::load_shipped;

/// All rules that ship, on.
fn all_rules() -> Arc<RuleSet> {
    let rules = load_shipped().rules.iter().map(|rule| (rule.clone(), true)).collect();
    let parts = RuleSetParts {
        rules,
        correlations: Default::default(),
        suppressions: Vec::new(),
        lateness: None,
    };
    Arc::new(RuleSet::new(parts))
}

/// The case events of these records, and how many of them were not decoded.
fn case_events(mut detector: Detector, records: &[String]) -> (Vec<CaseEvent>, usize) {
    let (mut events, mut repeats) = (Vec::new(), 0);
    for part in records.chunks(100) {
        let body = format!("{{\"Records\":[{}]}}", part.join(","));
        detector.detect_each(EnvelopeKind::Any, body.as_bytes(), &mut |came| match came {
            DetectedEvent::Matched(found, _) => events.extend(found.case_event.map(|one| *one)),
            DetectedEvent::Repeated(repeated) => {
                repeats += 1;
                events.extend(repeated.case_event.map(|one| *one));
            }
        });
    }
    (events, repeats)
}

/// Compares both ways, with the records in both orders.
fn check(mut records: Vec<String>, least_repeats: usize) {
    let rules = all_rules();
    for _ in 0..2 {
        let (decoded, none) = case_events(Detector::new(Arc::clone(&rules)), &records);
        let (seen, repeats) = case_events(Detector::with_repeats(Arc::clone(&rules)), &records);
        assert_eq!((decoded.len(), none), (records.len(), 0));
        for (seen, decoded) in seen.iter().zip(&decoded) {
            // Only the earliest of a group needs the fields of version 1, and that one is decoded.
            let decoded =
                CaseEvent { first_finding: seen.first_finding.clone(), ..decoded.clone() };
            assert_eq!(*seen, decoded);
        }
        assert_eq!(seen.len(), decoded.len());
        assert!(repeats >= least_repeats, "{repeats} repeats");
        records.reverse();
    }
}

fn record(n: usize, identity: &str, call: (&str, &str), rest: &str) -> String {
    let region = ["eu-west-1", "us-east-1"][n / 7 % 2];
    let agent = ["aws-cli/2.9", "Boto3/1 exec-env/AWS_Lambda_python3.12"][n % 2];
    let endpoint = ["", r#","vpcEndpointId":"vpce-0a1b2c3d""#][n / 3 % 2];
    format!(
        r#"{{"eventVersion":"1.08","userIdentity":{{{identity}}},"eventTime":"2026-11-24T0{}:{:02}:00Z","eventSource":"{}.amazonaws.com","eventName":"{}","awsRegion":"{region}","sourceIPAddress":"192.0.2.{}","userAgent":"{agent}"{rest},"eventID":"e{n}","eventType":"AwsApiCall"{endpoint},"recipientAccountId":"111122223333"}}"#,
        n * 7 % 10,
        n * 13 % 60,
        call.0,
        call.1,
        n % 5
    )
}

fn role(n: usize) -> String {
    format!(
        r#""type":"AssumedRole","principalId":"AROA:i-0{s}","accountId":"111122223333","accessKeyId":"ASIAEXAMPLE{s}","arn":"arn:aws:sts::111122223333:assumed-role/app/i-0{s}","sessionContext":{{"sessionIssuer":{{"type":"Role","arn":"arn:aws:iam::111122223333:role/app"}}}}"#,
        s = n % 4
    )
}

fn user(n: usize) -> String {
    format!(
        r#""type":"IAMUser","accountId":"111122223333","accessKeyId":"AKIAEXAMPLE{}","userName":"alice","arn":"arn:aws:iam::111122223333:user/alice""#,
        n % 2
    )
}

fn denied(message: &str, request: &str) -> String {
    format!(
        r#","errorCode":"AccessDenied","errorMessage":"{message}","requestParameters":{request}"#
    )
}

#[test]
fn denials_of_objects_queues_and_instances_own_folders() {
    let make = |n: usize| {
        let (key, identity) = (n % 40, role(n));
        let (call, resource) = match n % 4 {
            0 => (("s3", "GetObject"), format!("arn:aws:s3:::parcels/in/x{key}")),
            1 => (("s3", "PutObject"), format!("arn:aws:s3:::parcels/i-0{}/x{key}", n % 3)),
            2 => (("sqs", "SendMessage"), format!("arn:aws:sqs:eu-west-1:111122223333:q{key}")),
            _ => (
                ("secretsmanager", "GetSecretValue"),
                format!("arn:aws:secretsmanager:eu-west-1:111122223333:secret:app/{key}"),
            ),
        };
        let action = format!("{}:{}", call.0, call.1);
        let message = format!(
            "User: x is not authorized to perform: {action} on resource: {resource} because no identity-based policy allows the {action} action"
        );
        record(n, &identity, call, &denied(&message, r#"{"a":1}"#))
    };
    check((0..1_200).map(make).collect(), 300);
}

#[test]
fn denials_without_a_resource_by_their_requests_and_regions() {
    let make = |n: usize| {
        let (call, request) = match n % 4 {
            0 => (("dynamodb", "GetItem"), format!(r#"{{"tableName":"t{}"}}"#, n % 6)),
            1 => (("s3", "PutObject"), format!(r#"{{"bucketName":"b","key":"i-0{}/k"}}"#, n % 3)),
            2 => {
                (("lambda", "GetFunction20150331v2"), format!(r#"{{"functionName":"f{}"}}"#, n % 3))
            }
            _ => (("ec2", "DescribeInstances"), "{}".to_owned()),
        };
        let identity = if n.is_multiple_of(3) { user(n) } else { role(n) };
        record(n, &identity, call, &denied("Access Denied", &request))
    };
    check((0..1_200).map(make).collect(), 300);
}

#[test]
fn successes_and_failures_that_rules_match() {
    let make = |n: usize| {
        let read_only = ["true", "false", "\"true\"", "null"][n % 4];
        let error = ["", "", r#","errorCode":"DryRunOperation""#][n % 3];
        let rest = format!(
            r#","readOnly":{read_only}{error},"requestParameters":{{"routeTableId":"rtb-{}"}}"#,
            n % 5
        );
        let identity = if n.is_multiple_of(7) { user(n) } else { role(n) };
        record(n, &identity, ("ec2", "CreateRoute"), &rest)
    };
    check((0..400).map(make).collect(), 0);
}
