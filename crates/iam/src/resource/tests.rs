//! The resources of calls.

use aware_core::event::TargetResource;
use serde_json::{Value, json};

use super::*;
use crate::catalogue::Catalogue;

const PLACE: CallPlace<'_> = CallPlace { region: "eu-west-1", account: "111122223333" };

fn of(action: &str, operation: &str, named: Option<&str>, request: Value) -> Option<String> {
    let action = Catalogue::built_in().find_action(action);
    let request = Some(&request).filter(|request| !request.is_null());
    let evidence = ResourceEvidence { place: PLACE, operation, named, resources: &[], request };
    find_resource(action.as_ref(), &evidence).map(|found| found.name)
}

#[test]
fn filled_from_the_request() {
    let here = |rest: &str| rest.replace('@', "eu-west-1:111122223333");
    let cases = [
        (
            "dynamodb:Query",
            "Query",
            json!({"tableName": "orders"}),
            "arn:aws:dynamodb:@:table/orders",
        ),
        (
            "s3:GetObject",
            "GetObject",
            json!({"bucketName": "b", "key": "a/c.txt"}),
            "arn:aws:s3:::b/a/c.txt",
        ),
        (
            "s3:DeleteObject",
            "DeleteObjects",
            json!({"bucketName": "b", "delete": ""}),
            "arn:aws:s3:::b/*",
        ),
        (
            "glue:GetTable",
            "GetTable",
            json!({"databaseName": "d", "name": "t"}),
            "arn:aws:glue:@:table/d/t",
        ),
        (
            "iam:GetRole",
            "GetRole",
            json!({"roleName": "Ops"}),
            "arn:aws:iam::111122223333:role/Ops",
        ),
        (
            "ec2:StopInstances",
            "StopInstances",
            json!({"instancesSet": {"items": [{"instanceId": "i-0a"}]}}),
            "arn:aws:ec2:@:instance/i-0a",
        ),
        (
            "sqs:SendMessage",
            "SendMessage",
            json!({"queueUrl": "https://sqs.eu-west-1.amazonaws.com/111122223333/jobs.fifo"}),
            "arn:aws:sqs:@:jobs.fifo",
        ),
        (
            "ssm:GetParameter",
            "GetParameter",
            json!({"name": "/app/db"}),
            "arn:aws:ssm:@:parameter/app/db",
        ),
        (
            "kms:Decrypt",
            "Decrypt",
            json!({"keyId": "arn:aws:kms:eu-west-1:111122223333:key/k-1"}),
            "arn:aws:kms:@:key/k-1",
        ),
        ("kms:Encrypt", "Encrypt", json!({"keyId": "alias/app"}), "arn:aws:kms:@:key/*"),
        (
            "lambda:InvokeFunction",
            "Invoke",
            json!({"functionName": "resize"}),
            "arn:aws:lambda:@:function:resize",
        ),
        (
            "ecr:PutImage",
            "PutImage",
            json!({"repositoryName": "team/app"}),
            "arn:aws:ecr:@:repository/team/app",
        ),
        (
            "secretsmanager:GetSecretValue",
            "GetSecretValue",
            json!({"secretId": "db"}),
            "arn:aws:secretsmanager:@:secret:db",
        ),
        (
            "logs:CreateLogStream",
            "CreateLogStream",
            json!({"logGroupName": "/aws/lambda/x", "logStreamName": "s"}),
            "arn:aws:logs:@:log-group:/aws/lambda/x:log-stream:s",
        ),
        (
            "apigateway:POST",
            "CreateRestApi",
            json!({"name": "shop"}),
            "arn:aws:apigateway:eu-west-1::/restapis",
        ),
        (
            "eks:DescribeCluster",
            "DescribeCluster",
            json!({"name": "prod"}),
            "arn:aws:eks:@:cluster/prod",
        ),
    ];
    for (action, operation, request, expected) in cases {
        assert_eq!(of(action, operation, None, request).unwrap(), here(expected), "{action}");
    }
}

#[test]
fn as_the_message_names_it() {
    let cases = [
        (
            "sqs:SendMessage",
            "arn:aws:sqs:eu-west-1:111122223333:jobs.fifo",
            json!(null),
            "arn:aws:sqs:eu-west-1:111122223333:jobs.fifo",
        ),
        ("iam:GetRole", "role Ops", json!(null), "arn:aws:iam::111122223333:role/Ops"),
        (
            "iam:GetInstanceProfile",
            "instance profile web",
            json!(null),
            "arn:aws:iam::111122223333:instance-profile/web",
        ),
        ("iam:ListRoles", "arn:aws:iam::111122223333:role/*", json!(null), "*"),
        (
            "ssm:GetParameter",
            "arn:aws:ssm:eu-west-1::parameter/a/b",
            json!(null),
            "arn:aws:ssm:eu-west-1:111122223333:parameter/a/b",
        ),
        (
            "ec2:GetPasswordData",
            "arn:aws:ec2:eu-west-1:111122223333:instance/*",
            json!({"instanceId": "i-0a"}),
            "arn:aws:ec2:eu-west-1:111122223333:instance/i-0a",
        ),
        (
            "ec2:RunInstances",
            "arn:aws:ec2:eu-west-1:111122223333:instance/*",
            json!({"instanceType": "t3.micro"}),
            "arn:aws:ec2:eu-west-1:111122223333:instance/*",
        ),
        (
            "secretsmanager:GetSecretValue",
            "Webhook",
            json!(null),
            "arn:aws:secretsmanager:eu-west-1:111122223333:secret:Webhook",
        ),
        (
            "logs:CreateLogGroup",
            "arn:aws:logs:eu-west-1:111122223333:log-group:/a:log-stream:",
            json!(null),
            "arn:aws:logs:eu-west-1:111122223333:log-group:/a",
        ),
    ];
    for (action, named, request, expected) in cases {
        let operation = action.split(':').nth(1).unwrap();
        assert_eq!(of(action, operation, Some(named), request).unwrap(), expected, "{action}");
    }
}

#[test]
fn what_nothing_tells_is_a_pattern_of_its_type_or_unknown() {
    let pattern =
        of("greengrass:CreateComponentVersion", "CreateComponentVersion", None, json!(null));
    assert_eq!(pattern.unwrap(), "arn:aws:greengrass:eu-west-1:111122223333:components:*");
    assert_eq!(of("s3:ListAllMyBuckets", "ListBuckets", None, json!(null)).unwrap(), "*");
    assert_eq!(of("none:Such", "Such", None, json!(null)), None);
}

#[test]
fn wildcards_in_names_match_only_themselves() {
    let action = Catalogue::built_in().find_action("s3:GetObject");
    let request = json!({"bucketName": "b", "key": "a/*?${x}"});
    let evidence = ResourceEvidence {
        place: PLACE,
        operation: "GetObject",
        named: None,
        resources: &[],
        request: Some(&request),
    };
    let found = find_resource(action.as_ref(), &evidence).unwrap();
    assert_eq!(found.pattern, "arn:aws:s3:::b/a/${*}${?}${$}{x}");
}

#[test]
fn the_records_resources_count_before_the_request() {
    let action = Catalogue::built_in().find_action("kms:Decrypt");
    let key = TargetResource::from_name("arn:aws:kms:eu-west-1:111122223333:key/k-2");
    let request = json!({"keyId": "alias/app"});
    let evidence = ResourceEvidence {
        place: PLACE,
        operation: "Decrypt",
        named: None,
        resources: std::slice::from_ref(&key),
        request: Some(&request),
    };
    assert_eq!(find_resource(action.as_ref(), &evidence).unwrap().name, key.name);
}

#[test]
fn an_arn_where_an_id_is_asked_for() {
    let of = |instance: &str| {
        let request = json!({"InstanceId": instance, "ContactId": "1d3e6813-0fa5"});
        let name = "ListRealtimeContactAnalysisSegmentsV2";
        self::of("connect:ListRealtimeContactAnalysisSegmentsV2", name, None, request)
    };
    let whole = "arn:aws:connect:eu-west-1:111122223333:instance/1d9a8bf6/contact/1d3e6813-0fa5";
    for instance in [
        "1d9a8bf6",
        "arn:aws:connect:eu-west-1:111122223333:instance/1d9a8bf6",
        "arn%3Aaws%3Aconnect%3Aeu-west-1%3A111122223333%3Ainstance%2F1d9a8bf6",
    ] {
        assert_eq!(of(instance).as_deref(), Some(whole), "{instance}");
    }
    let elsewhere = of("arn:aws:connect:us-east-1:111122223333:instance/1d9a8bf6").unwrap();
    assert!(!elsewhere.contains("1d9a8bf6"), "{elsewhere}");
}

#[test]
fn a_star_that_the_caller_wrote_is_no_pattern() {
    let action = Catalogue::built_in().find_action("glue:GetTable");
    let pattern = |request: Value| {
        let named = Some("arn:aws:glue:eu-west-1:111122223333:table/*/orders");
        let evidence = ResourceEvidence {
            place: PLACE,
            operation: "GetTable",
            named,
            resources: &[],
            request: Some(&request),
        };
        find_resource(action.as_ref(), &evidence).unwrap().pattern
    };
    let callers = pattern(json!({"databaseName": "*", "name": "orders"}));
    assert_eq!(callers, "arn:aws:glue:eu-west-1:111122223333:table/${*}/orders");
    let of_aws = pattern(json!({"name": "orders"}));
    assert_eq!(of_aws, "arn:aws:glue:eu-west-1:111122223333:table/*/orders");
}
