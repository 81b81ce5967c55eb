//! What deployments do all day weighs little.

use std::collections::BTreeMap;

use aware_cases::notable::find_notable;
use serde_json::{Value, json};

use super::{ACCOUNT, admitting, alice, deployer, event, policy};

/// A deployment of an ordinary application.
fn deployment() -> Vec<(&'static str, Value)> {
    let trust = admitting(json!({"Service": "lambda.amazonaws.com"}), json!({})).to_string();
    let own = json!({"AWS": format!("arn:aws:iam::{ACCOUNT}:role/app")});
    let inside = json!({"ipProtocol": "tcp", "fromPort": 5432, "toPort": 5432,
        "ipRanges": {"items": [{"cidrIp": "10.0.0.0/8"}]}});
    let web = json!({"ipProtocol": "tcp", "fromPort": 443, "toPort": 443,
        "ipRanges": {"items": [{"cidrIp": "0.0.0.0/0"}]}});
    vec![
        ("iam:CreateRole", json!({"roleName": "app", "assumeRolePolicyDocument": trust})),
        (
            "iam:PutRolePolicy",
            json!({"roleName": "app", "policyName": "p",
            "policyDocument": policy("Allow", "s3:GetObject")}),
        ),
        (
            "iam:AttachRolePolicy",
            json!({"roleName": "app",
            "policyArn": "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"}),
        ),
        (
            "iam:CreatePolicy",
            json!({"policyName": "p", "policyDocument": policy("Allow", "sqs:*")}),
        ),
        ("iam:AddRoleToInstanceProfile", json!({"roleName": "app", "instanceProfileName": "app"})),
        (
            "lambda:CreateFunction",
            json!({"functionName": "f", "role": "arn:aws:iam::111122223333:role/app"}),
        ),
        ("lambda:UpdateFunctionCode", json!({"functionName": "f"})),
        (
            "lambda:AddPermission",
            json!({"functionName": "f", "statementId": "s", "principal": "events.amazonaws.com"}),
        ),
        (
            "s3:PutBucketPolicy",
            json!({"bucketName": "b", "bucketPolicy": admitting(own.clone(), json!({}))}),
        ),
        (
            "s3:PutBucketPublicAccessBlock",
            json!({"bucketName": "b",
            "PublicAccessBlockConfiguration": {"BlockPublicAcls": true}}),
        ),
        (
            "kms:PutKeyPolicy",
            json!({"keyId": "k", "policy": admitting(own, json!({})).to_string()}),
        ),
        (
            "ec2:AuthorizeSecurityGroupIngress",
            json!({"groupId": "sg-1", "ipPermissions": {"items": [inside]}}),
        ),
        (
            "ec2:AuthorizeSecurityGroupIngress",
            json!({"groupId": "sg-1", "ipPermissions": {"items": [web]}}),
        ),
        (
            "ec2:RunInstances",
            json!({"instanceType": "t3.small", "iamInstanceProfile": {"name": "app"},
            "instancesSet": {"items": [{"maxCount": 2}]}}),
        ),
        ("logs:PutRetentionPolicy", json!({"logGroupName": "g", "retentionInDays": 14})),
        ("ssm:GetParameter", json!({"name": "/db", "withDecryption": true})),
        ("secretsmanager:GetSecretValue", json!({"secretId": "db"})),
        ("ec2:DeleteSnapshot", json!({"snapshotId": "snap-1"})),
        ("monitoring:DeleteAlarms", json!({"alarmNames": ["a"]})),
    ]
}

/// The sum of the weights, each action once.
fn sum_weights(actor: &Value) -> u32 {
    let mut heaviest: BTreeMap<&str, u8> = BTreeMap::new();
    for (action, request) in deployment() {
        let weight = find_notable(&event(actor.clone(), action, request, json!(null)));
        let weight = weight.map_or(0, |fact| fact.weight);
        let known = heaviest.entry(action).or_default();
        *known = weight.max(*known);
    }
    heaviest.values().map(|weight| u32::from(*weight)).sum()
}

#[test]
fn a_deployment_by_a_role_weighs_nothing() {
    assert_eq!(sum_weights(&deployer()), 0);
}

#[test]
fn a_deployment_with_a_users_key_weighs_little() {
    // The code of the function 3, a parameter 1, a secret 1.
    assert_eq!(sum_weights(&alice()), 5);
}
