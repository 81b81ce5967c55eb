//! Whose permission is lacking, where that is not the caller; and what services word in their own
//! way.

use serde_json::json;

use crate::told::{Told, differences, nothing_allows, sentence};
use crate::{ROLE, check};

const STEP: &str = "arn:aws:iam::222233334444:role/steps/line";

fn identity_policy_of(role: &str) -> String {
    format!("identity policy of {role}…")
}

#[test]
fn the_principal_that_aws_names_lacks_it() {
    let task = "arn:aws:sts::222233334444:assumed-role/sorter/4f1d";
    let secret = "arn:aws:secretsmanager:eu-central-1:222233334444:secret:labels-AbCdEf";
    let action = "secretsmanager:GetSecretValue";
    let text = sentence(
        &format!("{action} on resource: {secret}"),
        &nothing_allows("identity-based policy", action),
    );
    let rows = [
        (
            "ecs",
            "RunTask",
            "AccessDeniedException",
            text.replace("$ME", task),
            "arn:aws:iam::222233334444:role/sorter",
            action,
            secret,
        ),
        (
            "codepipeline",
            "CreatePipeline",
            "InvalidStructureException",
            format!(
                "arn:aws:iam::222233334444:role/belt is not authorized to perform AssumeRole on role {STEP}"
            ),
            "arn:aws:iam::222233334444:role/belt",
            "sts:AssumeRole",
            STEP,
        ),
    ];
    check(rows.into_iter().map(|(service, event, code, text, who, action, resource)| {
        let said = Told::by(ROLE)
            .call(service, event, code, &text)
            .request(r#"{"name": "belt"}"#)
            .explained();
        let expected = json!({
            "principal": who, "action": action, "resource": resource,
            "attach_to": identity_policy_of(who),
        });
        let mut wrong = differences(&said, &expected);
        if !said["notes"].to_string().contains("grant the caller nothing") {
            wrong.push(format!("notes: {}", said["notes"]));
        }
        (event.to_owned(), wrong)
    }));
}

#[test]
fn a_role_that_is_handed_to_a_service() {
    let managed = format!("'{STEP}' is not authorized to create managed-rule.");
    let said = Told::by(ROLE)
        .call("states", "CreateStateMachine", "AccessDeniedException", &managed)
        .request(&format!(r#"{{"roleArn": "{STEP}", "name": "line"}}"#))
        .explained();
    let expected = json!({
        "principal": STEP, "action": "events:PutRule",
        "actions": ["events:PutRule", "events:PutTargets", "events:DescribeRule"],
        "resource": null, "suggestion": null, "attach_to": identity_policy_of(STEP),
    });
    assert_eq!(differences(&said, &expected), [""; 0]);
    let function = "The provided execution role does not have permissions to call CreateNetworkInterface on EC2";
    let said = Told::by(ROLE)
        .call("lambda", "CreateFunction20150331", "InvalidParameterValueException", function)
        .explained();
    let expected = json!({
        "action": "ec2:CreateNetworkInterface",
        "attach_to": "identity policy of the role that the service was given",
    });
    assert_eq!(differences(&said, &expected), [""; 0]);
}

#[test]
fn keys_behind_other_services() {
    let ciphertext = "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.";
    let sdk = format!(
        "{ciphertext} (Service: AWSKMS; Status Code: 400; Error Code: AccessDeniedException)"
    );
    let rows = [
        (
            "secretsmanager",
            "GetSecretValue",
            "AccessDeniedException",
            "Access to KMS is not allowed",
        ),
        (
            "secretsmanager",
            "GetSecretValue",
            "AccessDeniedException",
            "Access to KMS is not allowed. This version of secret is not encrypted with the current KMS key.",
        ),
        ("ssm", "GetParameter", "AccessDeniedException", ciphertext),
        ("sqs", "SendMessage", "KMS.AccessDeniedException", &sdk),
    ];
    check(rows.into_iter().map(|(service, event, code, text)| {
        let said = Told::by(ROLE)
            .call(service, event, code, text)
            .request(r#"{"secretId": "arn:aws:secretsmanager:eu-central-1:222233334444:secret:labels-AbCdEf", "name": "/labels", "queueUrl": "https://sqs.eu-central-1.amazonaws.com/222233334444/labels"}"#)
            .explained();
        let expected = json!({
            "action": "kms:Decrypt", "resource": null, "suggestion": null,
            "attach_to": "KMS key policy (not named)…", "effect": "unknown",
        });
        (text.to_owned(), differences(&said, &expected))
    }));
}

#[test]
fn service_linked_roles() {
    let rows = [
        (
            "eks",
            "CreateNodegroup",
            "InvalidRequestException",
            "Failed to create service linked role: AWSServiceRoleForParcels due to missing permissions for 'iam:CreateServiceLinkedRole'",
        ),
        (
            "ec2",
            "RequestSpotInstances",
            "Client.AuthFailure.ServiceLinkedRoleCreationNotPermitted",
            "The provided credentials do not have permission to create the service-linked role for EC2 Spot Instances.",
        ),
        ("ec2", "RunInstances", "Client.AuthFailure.ServiceLinkedRoleCreationNotPermitted", ""),
    ];
    check(rows.into_iter().map(|(service, event, code, text)| {
        let said = Told::by(ROLE).call(service, event, code, text).explained();
        let expected = json!({
            "action": "iam:CreateServiceLinkedRole", "effect": "unknown", "layer": "unknown",
            "resource": null,
        });
        (event.to_owned(), differences(&said, &expected))
    }));
}

#[test]
fn the_reason_names_another_action() {
    let text = format!(
        "You are not authorized to perform this operation. {}.",
        sentence(
            "ec2:CreateVpcEndpoint on resource: arn:aws:ec2:eu-central-1:222233334444:vpc-endpoint/*",
            &nothing_allows("identity-based policy", "vpce:AllowMultiRegion"),
        )
    );
    let said = Told::by(ROLE)
        .call("ec2", "CreateVpcEndpoint", "Client.UnauthorizedOperation", &text)
        .explained();
    assert_eq!(said["action"], "vpce:AllowMultiRegion");
}

#[test]
fn actions_of_a_session_need_the_trust_policy() {
    let target = "arn:aws:iam::222233334444:role/automation";
    check(["sts:TagSession", "sts:SetSourceIdentity"].into_iter().map(|action| {
        let text = sentence(&format!("{action} on resource: {target}"), "");
        let said = Told::by(ROLE).call("sts", "AssumeRole", "AccessDenied", &text).explained();
        let attach_to = format!("identity policy of {ROLE}, and trust policy of {target}");
        let expected = json!({"action": action, "attach_to": attach_to});
        (action.to_owned(), differences(&said, &expected))
    }));
}

#[test]
fn arns_stay_as_aws_has_them() {
    let rows = [
        (
            "bedrock",
            "ConverseStream",
            "bedrock:InvokeModelWithResponseStream",
            "arn:aws:bedrock:::foundation-model/anthropic.claude-opus-4-6-v1",
        ),
        (
            "appsync",
            "UpdateResolver",
            "appsync:UpdateResolver",
            "arn:aws:appsync:eu-central-1:222233334444:/v1/apis/parcels/types/Query/resolvers/getParcel",
        ),
        (
            "ssm",
            "GetParameters",
            "ssm:GetParameters",
            "arn:aws:ssm:eu-central-1::parameter/aws/service/ecs/optimized-ami",
        ),
    ];
    check(rows.into_iter().map(|(service, event, action, resource)| {
        let what = format!("{action} on resource: {resource}");
        let text = sentence(&what, &nothing_allows("identity-based policy", action));
        let said = Told::by(ROLE).call(service, event, "AccessDeniedException", &text).explained();
        let granted = said["suggestion"]["Resource"].clone();
        let mut wrong = differences(&said, &json!({"resource": resource}));
        if granted != resource {
            wrong.push(format!("granted: {granted}"));
        }
        (event.to_owned(), wrong)
    }));
}

#[test]
fn arns_in_the_path_of_a_url_are_decoded() {
    let rows = [
        (
            "lambda",
            "ListTags20170331",
            "resource",
            "arn:aws:lambda:eu-central-1:222233334444:function:sorter",
        ),
        (
            "eks",
            "TagResource",
            "resourceArn",
            "arn:aws:eks:eu-central-1:222233334444:cluster/parcels",
        ),
        (
            "lambda",
            "GetFunction20150331v2",
            "functionName",
            "arn:aws:lambda:eu-central-1:222233334444:function:sorter",
        ),
    ];
    check(rows.into_iter().map(|(service, event, key, arn)| {
        let encoded = arn.replace(':', "%3A").replace('/', "%2F");
        let said = Told::by(ROLE)
            .call(service, event, "AccessDeniedException", "")
            .request(&json!({ key: encoded }).to_string())
            .explained();
        (event.to_owned(), differences(&said, &json!({"resource": arn})))
    }));
}

#[test]
fn what_is_no_question_of_iam() {
    let rows = [
        (
            "lambda",
            "GetFunctionUrlConfig20211031",
            "AccessDeniedException",
            "Unable to determine service/operation name to be authorized",
        ),
        ("lakeformation", "GetDataAccess", "AccessDeniedException", "Access is not allowed."),
        (
            "lakeformation",
            "GrantPermissions",
            "AccessDeniedException",
            "Resource does not exist or requester is not authorized to access requested permissions.",
        ),
        (
            "lakeformation",
            "ListPermissions",
            "AccessDeniedException",
            "Grantee has no permissions and no grantable permissions on resource",
        ),
        (
            "appsync",
            "GraphQL",
            "AccessDenied",
            "{\n \"errors\" : [ {\n \"errorType\" : \"UnauthorizedException\",\n \"message\" : \"You are not authorized to make this call.\"\n } ]\n}",
        ),
    ];
    check(rows.into_iter().map(|(service, event, code, text)| {
        let said = Told::by(ROLE).call(service, event, code, text).explained();
        let expected = json!({
            "layer": "not_iam", "effect": "none", "suggestion": null, "attach_to": null,
        });
        (format!("{service} {event}"), differences(&said, &expected))
    }));
}

#[test]
fn what_nothing_tells_has_no_resource() {
    let said = Told::by(ROLE)
        .call(
            "s3",
            "PutObject",
            "VpceAccessDenied",
            "The request was denied due to a VPC endpoint policy",
        )
        .explained();
    assert!(said["resource"].is_null() && said["suggestion"].is_null(), "{said}");
    let said = Told::by(ROLE)
        .call("bedrock", "InvokeModelWithResponseStream", "AccessDeniedException", "")
        .explained();
    assert!(said["resource"].is_null(), "{said}");
}
