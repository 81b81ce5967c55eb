//! Advice that an intruder could use: his own stars, his own words, accounts of his own, and a
//! policy made from what he did.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use aware_cases::generate::{ActivityCollector, GeneratedPolicy, PolicyBasis, PolicyWish};
use aware_core::event::{Event, Outcome};
use aware_core::source::cloudtrail::decode_record;
use aware_iam::catalogue::Catalogue;
use aware_iam::denial::{DenialEffect, DenialLayer};
use aware_iam::explain::{DenialExplanation, DenialVerdict, explain_event, explain_text};
use aware_iam::policy::{PolicyFormat, render_policies};
use serde_json::{Value, json};

const OWN: &str = "222233334444";
const ME: &str = "arn:aws:sts::222233334444:assumed-role/post/run-1";

/// A call by a role's session, `None` where it went through.
fn record(action: &str, request: Value, error: Option<(&str, &str)>) -> Value {
    let (service, name) = action.split_once(':').unwrap();
    let mut record = json!({
        "eventTime": "2026-11-24T09:02:00Z", "eventSource": format!("{service}.amazonaws.com"),
        "eventName": name, "awsRegion": "eu-west-1", "recipientAccountId": OWN,
        "eventType": "AwsApiCall", "sourceIPAddress": "203.0.113.9", "userAgent": "aws-sdk-rust/1.3",
        "requestParameters": request,
        "userIdentity": {"type": "AssumedRole", "accountId": OWN, "arn": ME,
            "principalId": "AROAEXAMPLEPOST:run-1",
            "sessionContext": {"sessionIssuer": {"type": "Role",
                "arn": format!("arn:aws:iam::{OWN}:role/post"), "userName": "post"}}},
    });
    if let Some((code, text)) = error {
        record["errorCode"] = code.into();
        record["errorMessage"] = text.into();
    }
    record
}

fn event(record: &Value) -> Event {
    decode_record(record.to_string().as_bytes()).unwrap()
}

fn said(action: &str, resource: &str, reason: &str) -> String {
    format!("User: {ME} is not authorized to perform: {action} on resource: {resource} {reason}")
}

fn lacking(action: &str, resource: &str) -> String {
    let reason = format!("because no identity-based policy allows the {action} action");
    said(action, resource, &reason)
}

/// What is said of a denial whose text names the action and the resource.
fn denied(action: &str, resource: &str, request: Value) -> DenialExplanation {
    let text = lacking(action, resource);
    explain_event(&event(&record(action, request, Some(("AccessDenied", &text)))))
}

fn resources(told: &DenialExplanation) -> Vec<String> {
    told.list_remedies().into_iter().flat_map(|remedy| remedy.statement.resources).collect()
}

fn has_no_cure(told: &DenialExplanation) {
    assert!(told.list_remedies().is_empty(), "{:?}", told.list_remedies());
    assert!(told.no_grant.is_some(), "{told:?}");
}

#[test]
fn a_callers_star_is_a_name() {
    let role = "arn:aws:iam::222233334444:role/*";
    let told = denied("sts:AssumeRole", role, json!({"roleArn": role}));
    assert_eq!(resources(&told), ["arn:aws:iam::222233334444:role/${*}"]);
    let queue = "arn:aws:sqs:eu-west-1:222233334444:in-?-*";
    let url = "https://sqs.eu-west-1.amazonaws.com/222233334444/in-?-*";
    let told = denied("sqs:SendMessage", queue, json!({"queueUrl": url}));
    assert_eq!(resources(&told), ["arn:aws:sqs:eu-west-1:222233334444:in-${?}-${*}"]);
    let tagged = "arn:aws:iam::222233334444:role/${aws:PrincipalTag/team}";
    let told = denied("sts:AssumeRole", tagged, json!({"roleArn": tagged}));
    assert_eq!(resources(&told), ["arn:aws:iam::222233334444:role/${$}{aws:PrincipalTag/team}"]);
}

#[test]
fn a_star_of_aws_is_what_the_call_makes() {
    let instance = "arn:aws:ec2:eu-west-1:222233334444:instance/*";
    let told = denied("ec2:RunInstances", instance, json!({"instanceType": "t3.micro"}));
    assert_eq!(resources(&told), [instance]);
    let secret = "arn:aws:secretsmanager:eu-west-1:222233334444:secret:*";
    for request in [json!({"secretId": secret}), Value::Null] {
        let told = denied("secretsmanager:GetSecretValue", secret, request);
        assert!(!resources(&told).iter().any(|one| one.contains("secret:*")), "{told:?}");
    }
}

#[test]
fn a_star_for_all_grants_nothing_of_a_type() {
    for action in ["secretsmanager:GetSecretValue", "lambda:InvokeFunction", "kms:Decrypt"] {
        for request in [Value::Null, json!({"qualifier": "live"})] {
            has_no_cure(&denied(action, "*", request));
        }
    }
    let told = denied("ec2:DescribeInstances", "*", Value::Null);
    assert_eq!(resources(&told), ["*"]);
}

#[test]
fn no_part_of_an_arn_but_its_resource_may_be_a_star() {
    let arn = "arn:aws:*:eu-west-1:222233334444:jobs";
    let told = denied("sqs:SendMessage", arn, json!({"queueUrl": "x"}));
    assert!(told.list_remedies().is_empty(), "{told:?}");
}

const QUARANTINE: &str = "with an explicit deny in an identity-based policy: arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3";

#[test]
fn a_name_hides_no_explicit_deny() {
    let organization = "with an explicit deny in a service control policy: arn:aws:organizations::222233334444:policy/o-1/service_control_policy/p-1";
    let keys = [
        "reports/AccessDenied.csv",
        "a/not authorized to read",
        "a because no identity-based policy allows the s3:PutObject action",
        "a\" because no identity-based policy allows the s3:PutObject action",
    ];
    for key in keys {
        let arn = format!("\"arn:aws:s3:::mail/{key}\"");
        for (reason, layer) in
            [(QUARANTINE, DenialLayer::Identity), (organization, DenialLayer::Scp)]
        {
            let text = said("s3:PutObject", &arn, reason);
            let request = json!({"bucketName": "mail", "key": key});
            let told = explain_event(&event(&record(
                "s3:PutObject",
                request,
                Some(("AccessDenied", &text)),
            )));
            assert_eq!((told.effect, told.layer), (DenialEffect::Explicit, layer), "{key}");
            assert!(told.list_remedies().is_empty(), "{key}");
            let is_incident = told.verdict == DenialVerdict::Incident;
            assert_eq!(is_incident, reason == QUARANTINE, "{key}");
        }
    }
}

#[test]
fn a_name_like_a_denial_is_no_doubt_and_other_words_are() {
    let named = json!({"bucketName": "mail", "key": "AccessDenied.csv"});
    let told = denied("s3:PutObject", "\"arn:aws:s3:::mail/AccessDenied.csv\"", named);
    assert_eq!(resources(&told), ["arn:aws:s3:::mail/AccessDenied.csv"]);
    let marker = "run-1 is not authorized to perform: iam:ListUsers on";
    let arn = format!("arn:aws:iam::{OWN}:user/");
    let text = said("iam:ListUsers", &arn, QUARANTINE);
    let told = explain_event(&event(&record(
        "iam:ListUsers",
        json!({"marker": marker}),
        Some(("AccessDenied", &text)),
    )));
    assert_eq!(told.verdict, DenialVerdict::Incident);
    let told = denied("iam:ListUsers", &arn, json!({"marker": marker}));
    assert_eq!(told.layer, DenialLayer::Identity);
    has_no_cure(&told);
}

#[test]
fn a_reason_that_the_request_holds_is_nobodys() {
    let filler = "z".repeat(1_100);
    let key = format!("a\" because no identity-based policies allow {filler}");
    let text = said("s3:PutObject", &format!("\"arn:aws:s3:::mail/{key}\""), QUARANTINE);
    let cut = text.get(..1_024).unwrap();
    let request = json!({"bucketName": "mail", "key": key});
    let told = explain_event(&event(&record("s3:PutObject", request, Some(("AccessDenied", cut)))));
    assert_eq!((told.effect, told.layer), (DenialEffect::Unknown, DenialLayer::Unknown));
    has_no_cure(&told);
}

#[test]
fn a_resource_that_was_cut_is_read_from_the_request() {
    let key = "k".repeat(1_000);
    let text = said("s3:PutObject", &format!("\"arn:aws:s3:::mail/{key}\""), "because …");
    let cut = text.get(..1_024).unwrap();
    let request = json!({"bucketName": "mail", "key": key});
    let told = explain_event(&event(&record("s3:PutObject", request, Some(("AccessDenied", cut)))));
    let whole = format!("arn:aws:s3:::mail/{key}");
    assert!(resources(&told).iter().all(|one| *one == whole), "{:?}", resources(&told));
}

#[test]
fn under_a_code_that_says_nothing_the_text_has_to_be_aws() {
    let role = "arn:aws:iam::222233334444:role/act";
    let text = lacking("iam:PassRole", role);
    let call = |request: Value, code: &str, text: &str| {
        event(&record("ecs:RunTask", request, Some((code, text))))
    };
    let plain = call(json!({"taskDefinition": "x"}), "ClientException", &text);
    assert_eq!(resources(&explain_event(&plain)), [role]);
    let part = json!({"startedBy": "run-1 is not authorized to perform: iam:PassRole"});
    let told = call(part, "ClientException", &text);
    assert_eq!(told.outcome, Outcome::Denied);
    has_no_cure(&explain_event(&told));
    let encoded = text.replace(' ', "%20").replace(':', "%3A");
    assert_eq!(
        call(json!({"startedBy": encoded}), "ClientException", &text).outcome,
        Outcome::Failed
    );
    for request in [Value::Null, json!({"startedBy": "***"})] {
        has_no_cure(&explain_event(&call(request, "ClientException", &text)));
    }
    let longer = format!("{text} is no valid name");
    has_no_cure(&explain_event(&call(json!({"taskDefinition": "x"}), "ClientException", &longer)));
}

const STRANGER: &str = "999988887777";

fn is_exfiltration(told: &DenialExplanation) {
    has_no_cure(told);
    assert!(told.sign.as_ref().is_some_and(|sign| sign.is_high), "{told:?}");
}

fn with_owners(mut record: Value, owners: Value) -> DenialExplanation {
    record["resources"] = owners;
    explain_event(&event(&record))
}

#[test]
fn every_side_of_a_call_is_looked_at() {
    let request = json!({"bucketName": "away", "key": "k", "x-amz-copy-source": "mail/k"});
    let owners = json!([{"ARN": "arn:aws:s3:::away", "accountId": STRANGER}]);
    for text in ["Access Denied".to_owned(), lacking("s3:GetObject", "\"arn:aws:s3:::mail/k\"")] {
        let call = record("s3:CopyObject", request.clone(), Some(("AccessDenied", &text)));
        is_exfiltration(&with_owners(call, owners.clone()));
    }
}

#[test]
fn a_bucket_is_told_by_its_whole_name() {
    let text = lacking("s3:PutObject", "\"arn:aws:s3:::mail-away/k\"");
    let call = record(
        "s3:PutObject",
        json!({"bucketName": "mail-away", "key": "k"}),
        Some(("AccessDenied", &text)),
    );
    let ours = json!({"ARN": "arn:aws:s3:::mail", "accountId": OWN});
    let theirs = json!({"ARN": "arn:aws:s3:::mail-away", "accountId": STRANGER});
    for owners in [json!([ours, theirs]), json!([theirs, ours])] {
        is_exfiltration(&with_owners(call.clone(), owners));
    }
}

#[test]
fn what_writes_or_runs_abroad_has_no_cure() {
    for (action, arn) in [
        ("dynamodb:UpdateItem", "dynamodb:eu-west-1:999988887777:table/t"),
        ("lambda:InvokeFunction", "lambda:eu-west-1:999988887777:function:f"),
        ("sqs:SendMessage", "sqs:eu-west-1:999988887777:q"),
        ("athena:StartQueryExecution", "athena:eu-west-1:999988887777:workgroup/w"),
    ] {
        is_exfiltration(&denied(action, &format!("arn:aws:{arn}"), json!({})));
    }
    let told =
        denied("dynamodb:GetItem", "arn:aws:dynamodb:eu-west-1:999988887777:table/t", json!({}));
    assert!(
        told.list_remedies().iter().any(|remedy| !remedy.statement.principals.is_empty()),
        "{told:?}"
    );
}

#[test]
fn accounts_that_the_request_names_count() {
    for (action, request) in [
        ("ecr:PutImage", json!({"repositoryName": "r", "registryId": STRANGER})),
        ("glue:UpdateTable", json!({"catalogId": STRANGER, "databaseName": "d", "name": "t"})),
        (
            "sqs:SendMessage",
            json!({"queueUrl": "https://sqs.eu-west-1.amazonaws.com/999988887777/q"}),
        ),
        ("lambda:Invoke", json!({"functionName": "999988887777:function:f"})),
        (
            "logs:PutSubscriptionFilter",
            json!({"logGroupName": "g",
            "destinationArn": "arn:aws:logs:eu-west-1:999988887777:destination:d"}),
        ),
        (
            "events:PutTargets",
            json!({"rule": "r",
            "targets": [{"id": "1", "arn": "arn:aws:events:eu-west-1:999988887777:event-bus/b"}]}),
        ),
        (
            "s3:PutObject",
            json!({"bucketName": "b", "key": "k",
            "x-amz-expected-bucket-owner": STRANGER}),
        ),
    ] {
        let call = record(action, request, Some(("AccessDeniedException", "Access denied")));
        let told = explain_event(&event(&call));
        is_exfiltration(&told);
    }
}

#[test]
fn nobody_is_no_caller_to_be_granted_anything() {
    for account in ["anonymous", "ANONYMOUS_PRINCIPAL"] {
        let mut call = record(
            "s3:GetObject",
            json!({"bucketName": "mail", "key": "k"}),
            Some(("AccessDenied", "Access Denied")),
        );
        call["userIdentity"] =
            json!({"type": "AWSAccount", "principalId": "", "accountId": account});
        is_exfiltration(&explain_event(&event(&call)));
    }
}

#[test]
fn who_does_not_trust_whom() {
    let role = "arn:aws:iam::222233334444:role/build";
    let text = format!("CodeBuild is not authorized to perform: sts:AssumeRole on {role}");
    let call = record(
        "codebuild:StartBuild",
        json!({"projectName": "p"}),
        Some(("AccessDeniedException", &text)),
    );
    for told in [explain_event(&event(&call)), explain_text(&text).unwrap()] {
        assert_eq!(told.layer, DenialLayer::Trust);
        let attach_to = told.attach_to.unwrap();
        assert!(attach_to.contains("trust policy") && attach_to.contains(role), "{attach_to}");
    }
    let told = explain_event(&event(&call));
    let statement = told.list_remedies().remove(0).statement;
    assert_eq!(statement.principals["Service"], ["codebuild.amazonaws.com"]);
}

fn made(basis: PolicyBasis, force: bool, records: &[Value]) -> GeneratedPolicy {
    let mut collector = ActivityCollector::new(Catalogue::built_in(), PolicyWish { basis, force });
    records.iter().for_each(|record| collector.add_event(&event(record)));
    collector.finish_policy(&[])
}

fn granted(made: &GeneratedPolicy) -> String {
    render_policies(std::slice::from_ref(&made.policy), PolicyFormat::Json, "role/post").unwrap()
}

fn is_withheld(made: &GeneratedPolicy, action: &str) {
    assert!(!granted(made).contains(action), "{}", granted(made));
    assert!(made.withheld.iter().any(|one| one.action == action), "{:?}", made.withheld);
}

#[test]
fn what_went_through_is_granted_by_the_same_decision() {
    let calls = [
        record("iam:PutRolePolicy", json!({"roleName": "post", "policyName": "p"}), None),
        record("cloudtrail:StopLogging", json!({"name": "t"}), None),
        record(
            "sqs:SendMessage",
            json!({"queueUrl": "https://sqs.eu-west-1.amazonaws.com/999988887777/q"}),
            None,
        ),
        record("s3:PutObject", json!({"bucketName": "mail", "key": "k"}), None),
    ];
    let made_of = made(PolicyBasis::Activity, false, &calls);
    for action in ["iam:PutRolePolicy", "cloudtrail:StopLogging", "sqs:SendMessage"] {
        is_withheld(&made_of, action);
    }
    let forced = made(PolicyBasis::Activity, true, &calls);
    assert!(granted(&forced).contains("cloudtrail:StopLogging"));
    is_withheld(&forced, "sqs:SendMessage");
}

#[test]
fn what_an_explorer_did_is_not_granted() {
    let looks = [
        "iam:ListUsers",
        "iam:ListRoles",
        "s3:ListBuckets",
        "secretsmanager:ListSecrets",
        "ec2:DescribeInstances",
        "lambda:ListFunctions",
        "kms:ListKeys",
        "rds:DescribeDBInstances",
    ];
    let mut calls: Vec<Value> = looks
        .iter()
        .map(|action| record(action, Value::Null, Some(("AccessDenied", &lacking(action, "*")))))
        .collect();
    calls.push(record("s3:PutObject", json!({"bucketName": "mail", "key": "k"}), None));
    for basis in [PolicyBasis::Activity, PolicyBasis::Both] {
        is_withheld(&made(basis, false, &calls), "s3:PutObject");
    }
}

#[test]
fn conditions_stay_with_what_went_through() {
    let list = |prefix: &str| {
        record("s3:ListObjects", json!({"bucketName": "mail", "prefix": prefix}), None)
    };
    let key = json!({"tableName": "t", "key": {"id": {"S": "AROAEXAMPLEPOST:run-1"}}});
    let calls = [list("in/"), list("out/"), record("dynamodb:GetItem", key, None)];
    let text = granted(&made(PolicyBasis::Activity, false, &calls));
    assert!(text.contains("s3:prefix") && text.contains("in/") && text.contains("out/"), "{text}");
    assert!(text.contains("dynamodb:LeadingKeys"), "{text}");
}

fn activity(action: &str, request: Value) -> String {
    granted(&made(PolicyBasis::Activity, false, &[record(action, request, None)]))
}

#[test]
fn what_a_call_was_on() {
    let of = "eu-west-1:222233334444";
    for (action, request, arns) in [
        (
            "ecs:RunTask",
            json!({"taskDefinition": "web:3"}),
            vec![format!("arn:aws:ecs:{of}:task-definition/web:3")],
        ),
        (
            "ssm:GetParametersByPath",
            json!({"path": "/app/prod/"}),
            vec![format!("arn:aws:ssm:{of}:parameter/app/prod/")],
        ),
        (
            "ssm:GetParameter",
            json!({"name": "/aws/service/ecs/x"}),
            vec!["arn:aws:ssm:eu-west-1::parameter/aws/service/ecs/x".to_owned()],
        ),
        (
            "s3:CopyObject",
            json!({"bucketName": "mail", "key": "k",
            "x-amz-copy-source": format!("arn:aws:s3:{of}:accesspoint/in/object/a/b")}),
            vec![
                format!("arn:aws:s3:{of}:accesspoint/in/object/a/b"),
                "arn:aws:s3:::mail/k".to_owned(),
            ],
        ),
        (
            "route53:AssociateVPCWithHostedZone",
            json!({"hostedZoneId": "/hostedzone/Z1"}),
            vec!["arn:aws:route53:::hostedzone/Z1".to_owned()],
        ),
        (
            "bedrock:InvokeModel",
            json!({"modelId": "global.anthropic.claude-sonnet-4-20250514-v1:0"}),
            vec![
                "arn:aws:bedrock:::foundation-model/anthropic.claude-sonnet-4-20250514-v1:0"
                    .to_owned(),
            ],
        ),
        (
            "s3:PutObject",
            json!({"bucketName": "mail", "key": "k",
            "x-amz-server-side-encryption-aws-kms-key-id": format!("arn:aws:kms:{of}:key/1-2")}),
            vec!["kms:GenerateDataKey".to_owned(), format!("arn:aws:kms:{of}:key/1-2")],
        ),
    ] {
        let text = activity(action, request);
        for arn in arns {
            assert!(text.contains(&format!("\"{arn}\"")), "{arn}: {text}");
        }
        assert!(!text.contains("/*\"") && !text.contains(":*\""), "{text}");
    }
}

#[test]
fn half_a_letter_hides_no_denial() {
    let text = lacking("s3:PutObject", "\"arn:aws:s3:::mail/k\"");
    let call = record(
        "s3:PutObject",
        json!({"bucketName": "mail", "key": "k", "note": "HALF"}),
        Some(("AccessDenied", &text)),
    );
    let noted = |word: &str| {
        let bytes = call.to_string().replace("HALF", word);
        let told = explain_event(&decode_record(bytes.as_bytes()).unwrap());
        assert_eq!(resources(&told), ["arn:aws:s3:::mail/k"]);
        told.notes.iter().any(|note| note.contains("lone surrogate"))
    };
    assert!(noted("\\ud83d"));
    // A whole letter; a word that is Base64 of something else.
    assert!(!noted("\\ud83d\\ude00") && !noted("bucketName"));
}
