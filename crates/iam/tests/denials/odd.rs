//! Odd texts, odd callers, and what is no question of permissions at all.

use serde_json::json;

use crate::told::{Told, differences, nothing_allows, sentence};
use crate::{ROLE, USER, check};

#[test]
fn kms_says_three_things_at_once() {
    let key = "arn:aws:kms:eu-central-1:222233334444:key/5e5e5e5e-1111-4222-8333-444455556666";
    let text = sentence(
        "kms:DescribeKey on this resource",
        "because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access",
    );
    let said = Told::by(ROLE)
        .call("kms", "DescribeKey", "AccessDenied", &text)
        .request(&format!(r#"{{"keyId": "{key}"}}"#))
        .explained();
    let expected = json!({
        "resource": key, "effect": "unknown", "layer": "resource_or_missing",
        "attach_to": "KMS key policy of arn…", "suggestion": null,
    });
    assert_eq!(differences(&said, &expected), [""; 0]);
}

#[test]
fn nothing_is_granted_for_what_is_no_question_of_permissions() {
    // Service, event, code, text, effect, layer, verdict.
    let rows = [
        [
            "ce",
            "GetCostAndUsage",
            "AccessDenied",
            "IAM user access not activated",
            "none",
            "not_iam",
            "misconfig",
        ],
        [
            "glue",
            "GetTable",
            "AccessDeniedException",
            "Insufficient Lake Formation permission(s): Required Describe on parcels",
            "none",
            "not_iam",
            "misconfig",
        ],
        [
            "ec2",
            "RunInstances",
            "Client.DryRunOperation",
            "Request would have succeeded, but DryRun flag is set.",
            "none",
            "none",
            "misconfig",
        ],
        [
            "sts",
            "GetCallerIdentity",
            "ExpiredToken",
            "The security token included in the request is expired",
            "none",
            "authn",
            "authn",
        ],
        ["signin", "ConsoleLogin", "", "Failed authentication", "none", "authn", "authn"],
    ];
    check(rows.into_iter().map(|[service, event, code, text, effect, layer, verdict]| {
        let said = Told::by(USER).call(service, event, code, text).explained();
        let expected = json!({
            "effect": effect, "layer": layer, "verdict": verdict, "attach_to": null,
            "suggestion": null,
        });
        (format!("{service} {event}"), differences(&said, &expected))
    }));
}

#[test]
fn texts_that_name_no_resource() {
    // The role's trust policy, and the secret's own: neither is named, and none is guessed.
    let rows = [
        ("sts", "AssumeRole", "role trust policy", "trust", "trust policy of…"),
        (
            "secretsmanager",
            "GetSecretValue",
            "resource-based policy",
            "resource",
            "resource policy of the secret…",
        ),
    ];
    check(rows.into_iter().map(|(service, event, kind, layer, attach_to)| {
        let action = format!("{service}:{event}");
        let text = sentence(&action, &nothing_allows(kind, &action));
        let said = Told::by(USER).call(service, event, "AccessDenied", &text).explained();
        let expected = json!({
            "action": action, "resource": null, "effect": "implicit", "layer": layer,
            "attach_to": attach_to, "suggestion": null,
        });
        (action, differences(&said, &expected))
    }));
}

#[test]
fn assuming_a_role_without_a_reason() {
    let what = "sts:AssumeRole on resource: arn:aws:iam::222233334444:role/parcels/audit";
    let said =
        Told::by(USER).call("sts", "AssumeRole", "AccessDenied", &sentence(what, "")).explained();
    let expected = json!({
        "effect": "unknown", "layer": "unknown", "attach_to": format!("identity policy of {USER}"),
        "suggestion": {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "arn:aws:iam::222233334444:role/parcels/audit"},
    });
    assert_eq!(differences(&said, &expected), [""; 0]);
}

#[test]
fn an_action_that_aws_calls_null_is_guessed_and_said_to_be() {
    let said = Told::by(USER)
        .call(
            "greengrass",
            "CreateComponentVersion",
            "AccessDeniedException",
            &sentence("null", ""),
        )
        .explained();
    assert_eq!(said["action"], "greengrass:CreateComponentVersion");
    assert_eq!(said["confidence"], "guess");
}

#[test]
fn only_an_encoded_message() {
    let text = "You are not authorized to perform this operation. Encoded authorization failure message: R0hJ-QUJD_REVG";
    let said = Told::by(ROLE)
        .call("ec2", "DescribeInstanceAttribute", "Client.UnauthorizedOperation", text)
        .request(r#"{"instanceId": "i-0abcabc0", "attribute": "userData"}"#)
        .explained();
    let expected = json!({
        "action": "ec2:DescribeInstanceAttribute", "effect": "unknown", "layer": "unknown",
        "resource": "arn:aws:ec2:eu-central-1:222233334444:instance/i-0abcabc0",
        "confidence": "request", "encoded": "R0hJ-QUJD_REVG",
    });
    assert_eq!(differences(&said, &expected), [""; 0]);
}

#[test]
fn a_vpc_endpoint_s_own_event() {
    let said = Told::by(ROLE)
        .call(
            "s3",
            "GetObject",
            "VpceAccessDenied",
            "The request was denied due to a VPC endpoint policy",
        )
        .request(r#"{"bucketName": "parcels-labels", "key": "a/b"}"#)
        .with("eventType", "AwsVpceEvent")
        .with("eventCategory", "NetworkActivity")
        .with("vpcEndpointId", "vpce-00112233445566778")
        .explained();
    let expected = json!({
        "layer": "vpce", "effect": "explicit_or_implicit", "attach_to": "VPC endpoint policy…",
        "resource": "arn:aws:s3:::parcels-labels/a/b", "confidence": "request",
    });
    assert_eq!(differences(&said, &expected), [""; 0]);
}

#[test]
fn callers_that_are_neither_users_nor_plain_roles() {
    let allows = |action: &str| {
        sentence(
            &format!("{action} on resource: *"),
            &nothing_allows("identity-based policy", action),
        )
    };
    let set = Told::by("arn:aws:iam::222233334444:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Couriers_0f0f0f0f0f0f0f0f")
        .call("lambda", "ListFunctions20150331", "AccessDeniedException", &allows("lambda:ListFunctions"))
        .explained();
    assert_eq!(set["attach_to"], "IAM Identity Center permission set Couriers");

    let linked = Told::by("arn:aws:iam::222233334444:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling")
        .call("ec2", "RunInstances", "Client.UnauthorizedOperation", &allows("ec2:RunInstances"))
        .explained();
    assert!(linked["suggestion"].is_null() && linked["attach_to"].is_null());

    let federated = json!({
        "type": "FederatedUser", "arn": "arn:aws:sts::222233334444:federated-user/lease-9",
        "accountId": "222233334444",
        "sessionContext": {"sessionIssuer": {"type": "IAMUser", "arn": "arn:aws:iam::222233334444:user/leases", "userName": "leases"}},
    });
    let what =
        "dynamodb:GetItem on resource: arn:aws:dynamodb:eu-central-1:222233334444:table/parcels";
    let text = sentence(what, &nothing_allows("session policy", "dynamodb:GetItem"));
    let said = Told::as_identity(federated, "222233334444")
        .call("dynamodb", "GetItem", "AccessDeniedException", &text)
        .explained();
    let expected = json!({
        "principal": "arn:aws:iam::222233334444:user/leases", "layer": "session",
        "attach_to": "policy passed to GetFederationToken…",
    });
    assert_eq!(differences(&said, &expected), [""; 0]);
}

#[test]
fn a_build_job_is_told_by_its_token() {
    let subject = "repo:parcels/tracker:ref:refs/heads/release";
    let identity = json!({
        "type": "WebIdentityUser", "userName": subject,
        "principalId": format!("arn:aws:iam::222233334444:oidc-provider/token.actions.githubusercontent.com:sts.amazonaws.com:{subject}"),
        "identityProvider": "arn:aws:iam::222233334444:oidc-provider/token.actions.githubusercontent.com",
    });
    let said = Told::as_identity(identity, "222233334444")
        .call("sts", "AssumeRoleWithWebIdentity", "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")
        .request(r#"{"roleArn": "arn:aws:iam::222233334444:role/parcels/deploy", "roleSessionName": "b-7"}"#)
        .explained();
    let principal = said["principal"].as_str().unwrap();
    assert!(principal.contains("parcels/tracker") && principal.contains("release"), "{principal}");
    let expected = json!({
        "resource": "arn:aws:iam::222233334444:role/parcels/deploy", "suggestion": null,
        "attach_to": "trust policy of arn:aws:iam::222233334444:role/parcels/deploy…",
    });
    assert_eq!(differences(&said, &expected), [""; 0]);
}
