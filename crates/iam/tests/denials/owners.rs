//! Another policy decided, or nobody should be granted it: whose it is, and what is offered.

use serde_json::{Value, json};

use crate::told::{Told, differences, nothing_allows, sentence};
use crate::{ROLE, USER, check};

const GUARD: &str =
    "arn:aws:organizations::555566667777:policy/o-parcels/service_control_policy/p-harbour";

fn deny(kind: &str) -> String {
    format!("with an explicit deny in {kind}")
}

#[test]
fn an_explicit_deny_is_never_answered_with_a_grant() {
    let own = "arn:aws:iam::222233334444:policy/no-launches";
    let fence = "arn:aws:iam::222233334444:policy/fence";
    let scp = |tail: &str| format!("a service control policy: {GUARD}{tail}");
    let identity = |tail: &str| format!("an identity-based policy: {own}{tail}");
    let blob = ". Encoded authorization failure message: SktM_TU5P-UVJT";
    let on = "ec2:RunInstances on resource: arn:aws:ec2:eu-central-1:222233334444:instance/*";
    let rows = [
        (on, identity(""), "identity", Some(own)),
        (on, identity("."), "identity", Some(own)),
        (on, identity(" (no-launches)."), "identity", Some(own)),
        (on, identity(blob), "identity", Some(own)),
        (on, format!("a permissions boundary: {fence}{blob}"), "boundary", Some(fence)),
        (on, scp(blob), "scp", Some(GUARD)),
        (
            r#"s3:PutObject on resource: "arn:aws:s3:::parcels-vault/a.csv""#,
            "a resource control policy".into(),
            "rcp",
            None,
        ),
        (
            r#"s3:GetBucketObjectLockConfiguration on resource: "arn:aws:s3:::parcels-vault""#,
            scp(""),
            "scp",
            Some(GUARD),
        ),
        (
            "iam:CreateGroup on resource: arn:aws:iam::222233334444:group/couriers",
            scp(""),
            "scp",
            Some(GUARD),
        ),
        (
            "iam:ListRoles on resource: arn:aws:iam::222233334444:role/*",
            scp(""),
            "scp",
            Some(GUARD),
        ),
        (
            "iam:CreatePolicyVersion on resource: policy arn:aws:iam::222233334444:policy/kit",
            format!("a permissions boundary: {fence}"),
            "boundary",
            Some(fence),
        ),
        (
            "eks:ListNodegroups on resource: arn:aws:eks:eu-central-1:222233334444:cluster/parcels",
            scp(""),
            "scp",
            Some(GUARD),
        ),
        ("codecommit:ListRepositories", "a service control policy".into(), "scp", None),
        ("sagemaker:ListModels", "a permissions boundary".into(), "boundary", None),
        ("codedeploy:ListApplications", "a sessions policy".into(), "session", None),
        (
            "secretsmanager:GetSecretValue on resource: arn:aws:secretsmanager:eu-central-1:222233334444:secret:*",
            "a resource-based policy".into(),
            "resource",
            None,
        ),
        (
            "SNS:Publish on resource: arn:aws:sns:eu-central-1:888899990000:arrivals",
            "a VPC endpoint policy transitively through a service control policy".into(),
            "scp",
            None,
        ),
        (
            "bedrock:InvokeModel on resource: arn:aws:bedrock:eu-central-1:222233334444:inference-profile/eu.model-v2:0",
            identity(""),
            "identity",
            Some(own),
        ),
    ];
    check(rows.into_iter().map(|(what, kind, layer, policy)| {
        let service = what.split(':').next().unwrap().to_lowercase();
        let event = what.split([':', ' ']).nth(1).unwrap();
        let text = sentence(what, &deny(&kind));
        let said = Told::by(USER).call(&service, event, "AccessDenied", &text).explained();
        let expected = json!({
            "effect": "explicit", "layer": layer, "policy_arn": policy, "confidence": "message",
            "attach_to": null, "suggestion": null,
        });
        (text, differences(&said, &expected))
    }));
}

/// What follows `perform:`, the kind of policy that allows nothing, its layer, and where the
/// grant goes.
const OTHERS: &[[&str; 4]] = &[
    [
        r#"s3:DeleteObject on resource: "arn:aws:s3:::parcels-spool/today/""#,
        "session policy",
        "session",
        "session policy…",
    ],
    [
        r#"s3:ListBucket on resource: "arn:aws:s3:::parcels-build""#,
        "session policy",
        "session",
        "session policy…",
    ],
    [
        "kms:GenerateDataKey on resource: arn:aws:kms:eu-central-1:222233334444:key/5e5e5e5e-1111-4222-8333-444455556666",
        "session policy",
        "session",
        "session policy…",
    ],
    [
        r#"s3:GetObject on resource: "arn:aws:s3:::prod-eu-central-1-layers/l""#,
        "VPC endpoint policy",
        "vpce",
        "VPC endpoint policy…",
    ],
    [
        "dynamodb:Query on resource: arn:aws:dynamodb:eu-central-1:222233334444:table/parcels",
        "VPC endpoint policy",
        "vpce",
        "VPC endpoint policy…",
    ],
    [
        "ssm:GetParameters on resource: arn:aws:ssm:eu-central-1:222233334444:parameter/parcels-flag",
        "VPC endpoint policy",
        "vpce",
        "VPC endpoint policy…",
    ],
    [
        "codedeploy:ListDeployments on resource: arn:aws:codedeploy:eu-central-1:222233334444:deploymentgroup:*",
        "permissions boundary",
        "boundary",
        "permissions boundary of…",
    ],
];

#[test]
fn the_statement_goes_where_something_is_missing() {
    check(OTHERS.iter().map(|[what, kind, layer, attach_to]| {
        let (action, resource) = what.split_once(" on resource: ").unwrap();
        let service = action.split(':').next().unwrap();
        let mut text = sentence(what, &nothing_allows(kind, action));
        // Some clients add their own words.
        if service == "ssm" {
            text.push_str(" status code: 400, request id: q-1");
        }
        let event = action.split(':').nth(1).unwrap();
        let said = Told::by(ROLE).call(service, event, "AccessDeniedException", &text).explained();
        let resource = resource.trim_matches('"');
        let statement = match *layer {
            // An endpoint's policy has to name whom it allows.
            "vpce" => json!({"Effect": "Allow", "Principal": {"AWS": ROLE}, "Action": action, "Resource": resource}),
            _ => json!({"Effect": "Allow", "Action": action, "Resource": resource}),
        };
        let expected = json!({
            "effect": "implicit", "layer": layer, "attach_to": attach_to, "resource": resource,
            "suggestion": statement,
        });
        (text, differences(&said, &expected))
    }));
}

#[test]
fn what_a_service_control_policy_does_not_allow_is_for_its_owner() {
    let what = "ssm:GetParameter on resource: arn:aws:ssm:eu-central-1::parameter/kit/v2/version";
    let text = sentence(what, &nothing_allows("service control policy", "ssm:GetParameter"));
    let said = Told::by(ROLE)
        .call("ssm", "GetParameter", "AccessDeniedException", &text)
        .request(r#"{"name": "/kit/v2/version"}"#)
        .explained();
    let expected = json!({
        "resource": "arn:aws:ssm:eu-central-1:222233334444:parameter/kit/v2/version",
        "effect": "implicit", "layer": "scp", "attach_to": null, "suggestion": null,
    });
    assert_eq!(differences(&said, &expected), [""; 0]);
    assert!(said["decided_by"].is_string());
}

#[test]
fn actions_that_raise_privileges_or_blind_are_not_offered() {
    let rows = [
        (
            "cloudtrail",
            "cloudtrail:StopLogging on resource: arn:aws:cloudtrail:eu-central-1:222233334444:trail/all",
        ),
        ("organizations", "organizations:LeaveOrganization on resource: *"),
        (
            "ec2",
            "ec2:GetPasswordData on resource: arn:aws:ec2:eu-central-1:222233334444:instance/i-0789abcd",
        ),
        (
            "guardduty",
            "guardduty:DeleteDetector on resource: arn:aws:guardduty:eu-central-1:222233334444:detector/d1",
        ),
        ("iam", "iam:CreateAccessKey on resource: user root-like"),
    ];
    check(rows.into_iter().map(|(service, what)| {
        let action = what.split(' ').next().unwrap();
        let event = action.split(':').nth(1).unwrap();
        let text = sentence(what, &nothing_allows("identity-based policy", action));
        let said = Told::by(USER).call(service, event, "AccessDenied", &text).explained();
        let expected =
            json!({"action": action, "verdict": "suspicious", "suggestion": null, "attach_to": null});
        (text, differences(&said, &expected))
    }));
}

#[test]
fn a_boundary_that_keeps_a_role_from_being_passed_is_not_opened() {
    let what = "iam:PassRole on resource: arn:aws:iam::222233334444:role/parcels/admin";
    let text = sentence(what, &nothing_allows("permissions boundary", "iam:PassRole"));
    let said =
        Told::by(ROLE).call("ecs", "RegisterTaskDefinition", "ClientException", &text).explained();
    let expected = json!({
        "action": "iam:PassRole", "layer": "boundary", "verdict": "suspicious",
        "suggestion": null,
    });
    assert_eq!(differences(&said, &expected), [""; 0]);
}

#[test]
fn a_quarantined_key_is_an_incident() {
    for version in ["", "V2", "V3"] {
        let policy = format!("arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantine{version}");
        let kind = format!("an identity-based policy: {policy}");
        let text =
            sentence(r#"s3:GetObject on resource: "arn:aws:s3:::parcels-papers/a""#, &deny(&kind));
        let said = Told::by(USER).call("s3", "GetObject", "AccessDenied", &text).explained();
        let expected = json!({"verdict": "incident", "policy_arn": policy, "suggestion": null});
        assert_eq!(differences(&said, &expected), [""; 0]);
    }
}

#[test]
fn across_accounts_both_sides_are_named() {
    let what = "sqs:receivemessage on resource: arn:aws:sqs:eu-central-1:888899990000:arrivals";
    let text = sentence(what, &nothing_allows("resource-based policy", "sqs:receivemessage"));
    let said = Told::by(USER).call("sqs", "ReceiveMessage", "AccessDenied", &text).explained();
    let attach_to = said["attach_to"].as_str().unwrap();
    assert!(
        attach_to.contains("888899990000") && attach_to.contains("identity policy"),
        "{attach_to}"
    );
    assert_eq!(said["suggestion"]["Action"], "sqs:ReceiveMessage");

    let text = "User with accountId: 222233334444 is not authorized to perform: logs:PutSubscriptionFilter on resource: arn:aws:logs:eu-central-1:888899990000:destination:all";
    let said = Told::by(ROLE)
        .call("logs", "PutSubscriptionFilter", "AccessDeniedException", text)
        .explained();
    assert_eq!(said["sign"]["label"], "data towards another account");
    assert_eq!(said["suggestion"], Value::Null, "our logs would go to a stranger");
}
