//! A permission of the caller's own is lacking: the statement that would cure it.

use serde_json::{Value, json};

use crate::told::{Told, differences, nothing_allows, sentence};
use crate::{ROLE, USER, check};

/// Service, event, code, action, what follows it in the text, the request, the resource that is
/// told, the resource that is granted, and the condition of the grant.
type Row = [&'static str; 9];

/// No identity-based policy of the role allows it; AWS says so.
const SAID: &[Row] = &[
    // CloudWatch Logs: a group is named with an empty stream, with a stream, or bare.
    [
        "logs",
        "CreateLogGroup",
        "AccessDeniedException",
        "logs:CreateLogGroup",
        " on resource: arn:aws:logs:eu-central-1:222233334444:log-group:/parcels/api:log-stream:",
        r#"{"logGroupName": "/parcels/api"}"#,
        "arn:aws:logs:eu-central-1:222233334444:log-group:/parcels/api",
        r#""arn:aws:logs:eu-central-1:222233334444:log-group:/parcels/api:*""#,
        "",
    ],
    [
        "logs",
        "PutRetentionPolicy",
        "AccessDeniedException",
        "logs:PutRetentionPolicy",
        " on resource: arn:aws:logs:eu-central-1:222233334444:log-group:/parcels/web",
        "",
        "arn:aws:logs:eu-central-1:222233334444:log-group:/parcels/web",
        r#"["arn:aws:logs:eu-central-1:222233334444:log-group:/parcels/web", "arn:aws:logs:eu-central-1:222233334444:log-group:/parcels/web:*"]"#,
        "",
    ],
    [
        "logs",
        "PutLogEvents",
        "AccessDeniedException",
        "logs:PutLogEvents",
        " on resource: arn:aws:logs:eu-central-1:222233334444:log-group:/parcels/api:log-stream:2026/11/02/[$LATEST]7c",
        "",
        "arn:aws:logs:eu-central-1:222233334444:log-group:/parcels/api:log-stream:2026/11/02/[$LATEST]7c",
        r#""arn:aws:logs:eu-central-1:222233334444:log-group:/parcels/api:*""#,
        "",
    ],
    // S3: quoted, with dots in bucket and key; a prefix; names of APIs that are no actions.
    [
        "s3",
        "GetObject",
        "AccessDenied",
        "s3:GetObject",
        r#" on resource: "arn:aws:s3:::parcels.labels/2026.11/label 7.pdf""#,
        "",
        "arn:aws:s3:::parcels.labels/2026.11/label 7.pdf",
        r#""arn:aws:s3:::parcels.labels/2026.11/label 7.pdf""#,
        "",
    ],
    [
        "s3",
        "CreateBucket",
        "AccessDenied",
        "s3:CreateBucket",
        r#" on resource: "arn:aws:s3:::parcels-preview""#,
        r#"{"bucketName": "parcels-preview"}"#,
        "arn:aws:s3:::parcels-preview",
        r#""arn:aws:s3:::parcels-preview""#,
        "",
    ],
    [
        "s3",
        "ListObjects",
        "AccessDenied",
        "s3:ListBucket",
        r#" on resource: "arn:aws:s3:::parcels-labels""#,
        r#"{"bucketName": "parcels-labels", "prefix": "hourly/"}"#,
        "arn:aws:s3:::parcels-labels",
        r#""arn:aws:s3:::parcels-labels""#,
        r#"{"StringLike": {"s3:prefix": ["hourly/", "hourly/*"]}}"#,
    ],
    ["s3", "ListBuckets", "AccessDenied", "s3:ListAllMyBuckets", "", "", "*", r#""*""#, ""],
    [
        "s3",
        "PutBucketEncryption",
        "AccessDenied",
        "s3:PutEncryptionConfiguration",
        r#" on resource: "arn:aws:s3:::parcels-labels""#,
        "",
        "arn:aws:s3:::parcels-labels",
        r#""arn:aws:s3:::parcels-labels""#,
        "",
    ],
    [
        "s3",
        "GetBucketPublicAccessBlock",
        "AccessDenied",
        "s3:GetBucketPublicAccessBlock",
        r#" on resource: "arn:aws:s3:::parcels-labels""#,
        "",
        "arn:aws:s3:::parcels-labels",
        r#""arn:aws:s3:::parcels-labels""#,
        "",
    ],
    // Another service's action is what is missing: the text beats the event's name.
    [
        "s3",
        "PutObject",
        "AccessDenied",
        "kms:GenerateDataKey",
        " on this resource",
        r#"{"bucketName": "parcels-labels", "key": "x", "x-amz-server-side-encryption-aws-kms-key-id": "arn:aws:kms:eu-central-1:222233334444:key/5e5e5e5e-1111-4222-8333-444455556666"}"#,
        "arn:aws:kms:eu-central-1:222233334444:key/5e5e5e5e-1111-4222-8333-444455556666",
        r#""arn:aws:kms:eu-central-1:222233334444:key/5e5e5e5e-1111-4222-8333-444455556666""#,
        r#"{"StringEquals": {"kms:ViaService": "s3.eu-central-1.amazonaws.com"}}"#,
    ],
    [
        "lambda",
        "CreateFunction20150331",
        "AccessDeniedException",
        "iam:PassRole",
        " on resource: arn:aws:iam::222233334444:role/parcels/worker",
        "",
        "arn:aws:iam::222233334444:role/parcels/worker",
        r#""arn:aws:iam::222233334444:role/parcels/worker""#,
        r#"{"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}"#,
    ],
    // EC2 says more around it; some actions name no resource.
    [
        "ec2",
        "DescribeVolumes",
        "Client.UnauthorizedOperation",
        "ec2:DescribeVolumes",
        "",
        "",
        "*",
        r#""*""#,
        "",
    ],
    [
        "ec2-instance-connect",
        "SendSSHPublicKey",
        "AccessDenied",
        "ec2-instance-connect:SendSSHPublicKey",
        " on resource: arn:aws:ec2:eu-central-1:222233334444:instance/i-0123abcd",
        "",
        "arn:aws:ec2:eu-central-1:222233334444:instance/i-0123abcd",
        r#""arn:aws:ec2:eu-central-1:222233334444:instance/i-0123abcd""#,
        "",
    ],
    [
        "codecommit",
        "ListRepositories",
        "AccessDeniedException",
        "codecommit:ListRepositories",
        "",
        "",
        "*",
        r#""*""#,
        "",
    ],
    [
        "monitoring",
        "PutMetricData",
        "AccessDenied",
        "cloudwatch:PutMetricData",
        "",
        "",
        "*",
        r#""*""#,
        "",
    ],
    // Words and bare names for resources.
    [
        "iam",
        "GetRole",
        "AccessDenied",
        "iam:GetRole",
        " on resource: role auditing",
        "",
        "arn:aws:iam::222233334444:role/auditing",
        r#""arn:aws:iam::222233334444:role/auditing""#,
        "",
    ],
    [
        "secretsmanager",
        "GetSecretValue",
        "AccessDenied",
        "secretsmanager:GetSecretValue",
        " on resource: CourierToken",
        "",
        "arn:aws:secretsmanager:eu-central-1:222233334444:secret:CourierToken",
        r#""arn:aws:secretsmanager:eu-central-1:222233334444:secret:CourierToken-??????""#,
        "",
    ],
    // Queues with dots in their names, and API Gateway's verbs.
    [
        "sqs",
        "SendMessage",
        "AccessDenied",
        "sqs:SendMessage",
        " on resource: arn:aws:sqs:eu-central-1:222233334444:parcels.fifo",
        "",
        "arn:aws:sqs:eu-central-1:222233334444:parcels.fifo",
        r#""arn:aws:sqs:eu-central-1:222233334444:parcels.fifo""#,
        "",
    ],
    [
        "apigateway",
        "CreateRestApi",
        "AccessDeniedException",
        "apigateway:POST",
        " on resource: arn:aws:apigateway:eu-central-1::/restapis",
        "",
        "arn:aws:apigateway:eu-central-1::/restapis",
        r#""arn:aws:apigateway:eu-central-1::/restapis""#,
        "",
    ],
];

#[test]
fn what_aws_says_is_lacking_is_granted_and_no_more() {
    check(SAID.iter().map(|row| {
        let [service, event, code, action, on, request, resource, granted, condition] = *row;
        let text =
            sentence(&format!("{action}{on}"), &nothing_allows("identity-based policy", action));
        let said = Told::by(ROLE).call(service, event, code, &text).request(request).explained();
        let mut grant = json!({"Effect": "Allow", "Action": action});
        grant["Resource"] = serde_json::from_str(granted).unwrap();
        if !condition.is_empty() {
            grant["Condition"] = serde_json::from_str(condition).unwrap();
        }
        let expected = json!({
            "principal": ROLE, "action": action, "resource": resource, "effect": "implicit",
            "layer": "identity", "policy_arn": null, "confidence": "message",
            "verdict": "misconfig", "attach_to": format!("identity policy of {ROLE}"),
            "suggestion": grant,
        });
        (format!("{service} {event}"), differences(&said, &expected))
    }));
}

fn granted(action: &str, resource: &str) -> Value {
    json!({"Effect": "Allow", "Action": action, "Resource": resource})
}

/// AWS says too little: the request tells the rest. Service, event, code, text, request, action,
/// resource.
const UNSAID: &[[&str; 7]] = &[
    [
        "s3",
        "HeadObject",
        "AccessDenied",
        "Access Denied",
        r#"{"bucketName": "parcels-labels", "key": "in/7.csv"}"#,
        "s3:GetObject",
        "arn:aws:s3:::parcels-labels/in/7.csv",
    ],
    [
        "s3",
        "PutObject",
        "AccessDenied",
        "Access Denied",
        r#"{"bucketName": "parcels-labels", "key": "out/7.csv", "x-amz-server-side-encryption": "aws:kms"}"#,
        "s3:PutObject",
        "arn:aws:s3:::parcels-labels/out/7.csv",
    ],
    [
        "s3",
        "DeleteObjects",
        "AccessDenied",
        "Access Denied",
        r#"{"bucketName": "parcels-labels", "delete": ""}"#,
        "s3:DeleteObject",
        "arn:aws:s3:::parcels-labels/*",
    ],
    [
        "sqs",
        "SendMessage",
        "AccessDenied",
        "Access to the resource https://sqs.eu-central-1.amazonaws.com/222233334444/parcels is denied.",
        r#"{"queueUrl": "https://sqs.eu-central-1.amazonaws.com/222233334444/parcels"}"#,
        "sqs:SendMessage",
        "arn:aws:sqs:eu-central-1:222233334444:parcels",
    ],
];

#[test]
fn what_aws_does_not_say_is_told_from_the_request_and_said_so() {
    check(UNSAID.iter().map(|row| {
        let [service, event, code, text, request, action, resource] = *row;
        let said = Told::by(ROLE).call(service, event, code, text).request(request).explained();
        let expected = json!({
            "action": action, "resource": resource, "effect": "unknown", "layer": "unknown",
            "confidence": "request", "verdict": "misconfig",
            "attach_to": format!("identity policy of {ROLE}"),
            "suggestion": granted(action, resource),
        });
        (format!("{service} {event}"), differences(&said, &expected))
    }));
}

#[test]
fn an_action_is_spelled_as_iam_spells_it() {
    // SNS shouts, SQS whispers, and neither is what a policy should have.
    let rows = [
        (
            "sns",
            "ListSubscriptions",
            "AuthorizationError",
            "SNS:ListSubscriptions on resource: arn:aws:sns:eu-central-1:222233334444:*",
            "sns:ListSubscriptions",
            "*",
        ),
        (
            "sns",
            "GetTopicAttributes",
            "AuthorizationErrorException",
            "SNS:GetTopicAttributes on resource: arn:aws:sns:eu-central-1:222233334444:arrivals",
            "sns:GetTopicAttributes",
            "arn:aws:sns:eu-central-1:222233334444:arrivals",
        ),
        (
            "sqs",
            "ReceiveMessage",
            "AccessDenied",
            "sqs:receivemessage on resource: arn:aws:sqs:eu-central-1:222233334444:arrivals",
            "sqs:ReceiveMessage",
            "arn:aws:sqs:eu-central-1:222233334444:arrivals",
        ),
    ];
    check(rows.into_iter().map(|(service, event, code, what, action, resource)| {
        let said = Told::by(USER).call(service, event, code, &sentence(what, "")).explained();
        let expected = json!({
            "principal": USER, "action": action, "resource": resource, "confidence": "message",
            "suggestion": granted(action, resource),
        });
        (format!("{service} {event}"), differences(&said, &expected))
    }));
}

#[test]
fn what_the_request_names_is_finer_than_a_pattern_of_the_text() {
    let what = "ec2:RebootInstances on resource: arn:aws:ec2:eu-central-1:222233334444:instance/*";
    let text = sentence(what, &nothing_allows("identity-based policy", "ec2:RebootInstances"));
    let text = format!("You are not authorized to perform this operation. {text}");
    let said = Told::by(ROLE)
        .call("ec2", "RebootInstances", "Client.UnauthorizedOperation", &text)
        .request(r#"{"instanceId": "i-0456abcd"}"#)
        .explained();
    assert_eq!(said["resource"], "arn:aws:ec2:eu-central-1:222233334444:instance/i-0456abcd");
    let blob = format!("{text}. Encoded authorization failure message: QUJD-REVG_R0hJ");
    let said = Told::by(ROLE)
        .call("ec2", "RunInstances", "Client.UnauthorizedOperation", &blob.replace("Reboot", "Run"))
        .request(r#"{"instanceType": "g5.xlarge"}"#)
        .explained();
    assert_eq!(said["suggestion"]["Resource"], "arn:aws:ec2:eu-central-1:222233334444:instance/*");
    assert_eq!(said["verdict"], "suspicious");
    assert!(said["encoded"].is_string());
}
