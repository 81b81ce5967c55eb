//! The fifteen filter patterns of the CIS AWS Foundations Benchmark, section 4.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod evaluators;

use aware_rules::cloudwatch;
use serde_json::{Value, json};

fn matches(pattern: &str, event: &Value) -> bool {
    let expr =
        cloudwatch::compile_pattern("test", pattern).unwrap_or_else(|problem| panic!("{problem}"));
    evaluators::matches(&expr, &event.to_string())
}

#[test]
fn denied_calls() {
    let denied =
        r#"{ ($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*") }"#;
    for code in ["Client.UnauthorizedOperation", "UnauthorizedOperation", "AccessDeniedException"] {
        assert!(matches(denied, &json!({ "errorCode": code })), "{code}");
    }
    assert!(!matches(denied, &json!({"errorCode": "NoSuchBucket"})));
    assert!(!matches(denied, &json!({"errorCode": null})));
    assert!(!matches(denied, &json!({"eventName": "GetObject"})));
}

/// A field that is missing does not differ: who signs in through SSO has no `MFAUsed`.
#[test]
fn console_without_mfa() {
    let pattern = r#"{($.eventName="ConsoleLogin") && ($.additionalEventData.MFAUsed != "Yes") && ($.userIdentity.type="IAMUser") && ($.responseElements.ConsoleLogin="Success")}"#;
    let login = |extra: Value| {
        json!({
            "eventName": "ConsoleLogin",
            "additionalEventData": extra,
            "userIdentity": {"type": "IAMUser"},
            "responseElements": {"ConsoleLogin": "Success"},
        })
    };
    assert!(matches(pattern, &login(json!({"MFAUsed": "No"}))));
    assert!(!matches(pattern, &login(json!({"MFAUsed": "Yes"}))));
    assert!(!matches(pattern, &login(json!({}))));
}

#[test]
fn root() {
    let pattern = r#"{$.userIdentity.type="Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType !="AwsServiceEvent"}"#;
    let event = |identity: Value, kind: &str| json!({"userIdentity": identity, "eventType": kind});
    assert!(matches(pattern, &event(json!({"type": "Root"}), "AwsApiCall")));
    assert!(!matches(pattern, &event(json!({"type": "Root"}), "AwsServiceEvent")));
    assert!(!matches(pattern, &event(json!({"type": "Root", "invokedBy": "x"}), "AwsApiCall")));
    assert!(!matches(pattern, &event(json!({"type": "IAMUser"}), "AwsApiCall")));
}

#[test]
fn failed_sign_ins_and_keys() {
    let failed = r#"{($.eventName=ConsoleLogin) && ($.errorMessage="Failed authentication")}"#;
    let event = json!({"eventName": "ConsoleLogin", "errorMessage": "Failed authentication"});
    assert!(matches(failed, &event));
    assert!(!matches(failed, &json!({"eventName": "ConsoleLogin"})));
    let keys = "{($.eventSource=kms.amazonaws.com) && (($.eventName=DisableKey) || ($.eventName=ScheduleKeyDeletion))}";
    let event = |name: &str| json!({"eventSource": "kms.amazonaws.com", "eventName": name});
    assert!(matches(keys, &event("DisableKey")) && matches(keys, &event("ScheduleKeyDeletion")));
    assert!(!matches(keys, &event("EnableKey")));
}

/// 4.4, 4.5 and 4.8 to 4.15: a service where one is named, and any of the names.
const LISTS: [(&str, &str); 10] = [
    (
        "",
        "DeleteGroupPolicy DeleteRolePolicy DeleteUserPolicy PutGroupPolicy PutRolePolicy \
         PutUserPolicy CreatePolicy DeletePolicy CreatePolicyVersion DeletePolicyVersion \
         AttachRolePolicy DetachRolePolicy AttachUserPolicy DetachUserPolicy AttachGroupPolicy \
         DetachGroupPolicy",
    ),
    ("", "CreateTrail UpdateTrail DeleteTrail StartLogging StopLogging"),
    (
        "s3",
        "PutBucketAcl PutBucketPolicy PutBucketCors PutBucketLifecycle PutBucketReplication \
         DeleteBucketPolicy DeleteBucketCors DeleteBucketLifecycle DeleteBucketReplication",
    ),
    (
        "config",
        "StopConfigurationRecorder DeleteDeliveryChannel PutDeliveryChannel \
         PutConfigurationRecorder",
    ),
    (
        "",
        "AuthorizeSecurityGroupIngress AuthorizeSecurityGroupEgress RevokeSecurityGroupIngress \
         RevokeSecurityGroupEgress CreateSecurityGroup DeleteSecurityGroup",
    ),
    (
        "",
        "CreateNetworkAcl CreateNetworkAclEntry DeleteNetworkAcl DeleteNetworkAclEntry \
         ReplaceNetworkAclEntry ReplaceNetworkAclAssociation",
    ),
    (
        "",
        "CreateCustomerGateway DeleteCustomerGateway AttachInternetGateway \
         CreateInternetGateway DeleteInternetGateway DetachInternetGateway",
    ),
    (
        "",
        "CreateRoute CreateRouteTable ReplaceRoute ReplaceRouteTableAssociation \
         DeleteRouteTable DeleteRoute DisassociateRouteTable",
    ),
    (
        "",
        "CreateVpc DeleteVpc ModifyVpcAttribute AcceptVpcPeeringConnection \
         CreateVpcPeeringConnection DeleteVpcPeeringConnection RejectVpcPeeringConnection \
         AttachClassicLinkVpc DetachClassicLinkVpc DisableVpcClassicLink EnableVpcClassicLink",
    ),
    (
        "organizations",
        "AcceptHandshake AttachPolicy CancelHandshake CreateAccount CreateOrganization \
         CreateOrganizationalUnit CreatePolicy DeclineHandshake DeleteOrganization \
         DeleteOrganizationalUnit DeletePolicy EnableAllFeatures EnablePolicyType \
         InviteAccountToOrganization LeaveOrganization DetachPolicy DisablePolicyType \
         MoveAccount RemoveAccountFromOrganization UpdateOrganizationalUnit UpdatePolicy",
    ),
];

#[test]
fn lists_of_names() {
    for (service, names) in LISTS {
        let names: Vec<&str> = names.split(' ').collect();
        let tests: Vec<String> = names.iter().map(|name| format!("($.eventName={name})")).collect();
        let any = tests.join(" || ");
        let pattern = match service {
            "" => format!("{{{any}}}"),
            service => format!("{{($.eventSource={service}.amazonaws.com) && ({any})}}"),
        };
        let event = |name: &str| json!({"eventSource": format!("{service}.amazonaws.com"), "eventName": name});
        for name in &names {
            assert!(matches(&pattern, &event(name)), "{name}");
        }
        assert!(!matches(&pattern, &event("GetObject")), "{service}");
    }
}
