//! Each inverse takes back what it should, and nothing else.

use std::collections::BTreeSet;

use aware_core::event::Event;
use aware_core::source::decode_record;
use serde_json::{Value, json};

use super::super::{find_notable, undo_keys, undone_by};
use super::ROWS;

fn event(action: &str, request: Value, response: Value) -> Event {
    let (service, name) = action.split_once(':').unwrap();
    let record = json!({
        "eventVersion": "1.08", "eventType": "AwsApiCall", "eventID": "e-1",
        "eventTime": "2026-05-01T10:00:00Z", "awsRegion": "eu-west-1",
        "recipientAccountId": "111122223333",
        "eventSource": format!("{service}.amazonaws.com"), "eventName": name,
        "userIdentity": {
            "type": "IAMUser", "userName": "alice", "accountId": "111122223333",
            "arn": "arn:aws:iam::111122223333:user/alice", "accessKeyId": "AKIAIOSFODNN7ALICE00",
        },
        "requestParameters": request, "responseElements": response,
    });
    decode_record(record.to_string().as_bytes()).unwrap()
}

/// A change, and the call that takes it back.
struct Pair {
    change: &'static str,
    request: Value,
    response: Value,
    inverse: &'static str,
    by: Value,
}

fn pair(
    change: &'static str,
    request: Value,
    response: Value,
    inverse: &'static str,
    by: Value,
) -> Pair {
    Pair { change, request, response, inverse, by }
}

/// A change and an inverse with the same parameters.
fn same(change: &'static str, inverse: &'static str, request: Value) -> Pair {
    pair(change, request.clone(), json!(null), inverse, request)
}

fn is_undone(pair: &Pair) -> bool {
    let fact = find_notable(&event(pair.change, pair.request.clone(), pair.response.clone()));
    let fact = fact.unwrap_or_else(|| panic!("{} is not notable", pair.change));
    let key = fact.undo_key.unwrap_or_else(|| panic!("{} has no key", pair.change));
    let keys = undo_keys(&event(pair.inverse, pair.by.clone(), json!(null)));
    undone_by(&key).any(|key| keys.iter().any(|undone| undone == key))
}

const FOREIGN: &str = "999988887777";

fn open_policy() -> Value {
    json!({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]})
}

fn closed_policy() -> Value {
    json!({"Statement": [{"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "*", "Resource": "*"}]})
}

fn everything() -> String {
    json!({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}).to_string()
}

fn users() -> Vec<Pair> {
    let bob = json!({"userName": "bob"});
    let key = json!({"accessKey": {"accessKeyId": "AKIA1", "userName": "bob"}});
    let off = |name: &str, id: &str| json!({"userName": "bob", name: id, "status": "Inactive"});
    let inline = json!({"userName": "bob", "policyName": "p", "policyDocument": everything()});
    let attached =
        json!({"userName": "bob", "policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"});
    let quarantine = json!({"userName": "bob", "policyArn": "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3"});
    let group = json!({"userName": "bob", "groupName": "admins"});
    vec![
        pair(
            "iam:CreateAccessKey",
            bob.clone(),
            key.clone(),
            "iam:DeleteAccessKey",
            json!({"userName": "bob", "accessKeyId": "AKIA1"}),
        ),
        pair(
            "iam:CreateAccessKey",
            bob.clone(),
            key.clone(),
            "iam:UpdateAccessKey",
            off("accessKeyId", "AKIA1"),
        ),
        pair("iam:CreateAccessKey", bob.clone(), key, "iam:DeleteUser", bob.clone()),
        same("iam:CreateUser", "iam:DeleteUser", bob.clone()),
        same("iam:CreateLoginProfile", "iam:DeleteUser", bob.clone()),
        same("iam:CreateLoginProfile", "iam:DeleteLoginProfile", bob.clone()),
        same("iam:PutUserPolicy", "iam:DeleteUserPolicy", inline.clone()),
        pair(
            "iam:PutUserPolicy",
            inline.clone(),
            json!(null),
            "iam:PutUserPolicy",
            json!({"userName": "bob", "policyName": "p", "policyDocument": "{\"Statement\":[]}"}),
        ),
        same(
            "iam:DeleteUserPolicy",
            "iam:PutUserPolicy",
            json!({"userName": "bob", "policyName": "p"}),
        ),
        same("iam:AttachUserPolicy", "iam:DetachUserPolicy", attached),
        same("iam:DetachUserPolicy", "iam:AttachUserPolicy", quarantine),
        same("iam:AddUserToGroup", "iam:RemoveUserFromGroup", group.clone()),
        same("iam:RemoveUserFromGroup", "iam:AddUserToGroup", group),
        same("iam:DeleteUserPermissionsBoundary", "iam:PutUserPermissionsBoundary", bob.clone()),
        same("iam:PutUserPermissionsBoundary", "iam:DeleteUserPermissionsBoundary", bob.clone()),
        same("iam:DeactivateMFADevice", "iam:EnableMFADevice", bob.clone()),
        pair(
            "iam:UploadSSHPublicKey",
            bob.clone(),
            json!({"sSHPublicKey": {"sSHPublicKeyId": "APKA1"}}),
            "iam:DeleteSSHPublicKey",
            json!({"userName": "bob", "sSHPublicKeyId": "APKA1"}),
        ),
        pair(
            "iam:UploadSSHPublicKey",
            bob.clone(),
            json!({"sSHPublicKey": {"sSHPublicKeyId": "APKA1"}}),
            "iam:UpdateSSHPublicKey",
            off("sSHPublicKeyId", "APKA1"),
        ),
        pair(
            "iam:UploadSigningCertificate",
            bob.clone(),
            json!({"certificate": {"certificateId": "c"}}),
            "iam:DeleteSigningCertificate",
            json!({"userName": "bob", "certificateId": "c"}),
        ),
        pair(
            "iam:UploadSigningCertificate",
            bob.clone(),
            json!({"certificate": {"certificateId": "c"}}),
            "iam:UpdateSigningCertificate",
            off("certificateId", "c"),
        ),
        pair(
            "iam:CreateServiceSpecificCredential",
            bob.clone(),
            json!({"serviceSpecificCredential": {"serviceSpecificCredentialId": "a"}}),
            "iam:DeleteServiceSpecificCredential",
            json!({"userName": "bob", "serviceSpecificCredentialId": "a"}),
        ),
        pair(
            "iam:CreateServiceSpecificCredential",
            bob.clone(),
            json!({"serviceSpecificCredential": {"serviceSpecificCredentialId": "a"}}),
            "iam:UpdateServiceSpecificCredential",
            off("serviceSpecificCredentialId", "a"),
        ),
        pair("iam:UpdateLoginProfile", bob.clone(), json!(null), "iam:DeleteLoginProfile", bob),
    ]
}

fn roles_and_policies() -> Vec<Pair> {
    let role = json!({"roleName": "app", "policyName": "p", "policyDocument": everything(), "policyArn": null});
    let group = json!({"groupName": "g", "policyName": "p", "policyDocument": everything()});
    let attached =
        |kind: &str| json!({kind: "x", "policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"});
    let version = json!({"policyArn": "arn:aws:iam::111122223333:policy/p", "policyDocument": everything(), "setAsDefault": true});
    let second = json!({"policyVersion": {"versionId": "v2"}});
    let by_version =
        |id: &str| json!({"policyArn": "arn:aws:iam::111122223333:policy/p", "versionId": id});
    let trust = |account: &str| {
        let admit = json!({"AWS": format!("arn:aws:iam::{account}:root")});
        json!({"roleName": "app", "policyDocument": json!({"Statement": [{"Effect": "Allow", "Principal": admit, "Action": "sts:AssumeRole"}]}).to_string()})
    };
    let created = json!({"policy": {"arn": "arn:aws:iam::111122223333:policy/p"}});
    vec![
        same("iam:PutRolePolicy", "iam:DeleteRolePolicy", role.clone()),
        pair(
            "iam:PutRolePolicy",
            role.clone(),
            json!(null),
            "iam:DeleteRole",
            json!({"roleName": "app"}),
        ),
        pair("iam:DeleteRolePolicy", role.clone(), json!(null), "iam:PutRolePolicy", role),
        same("iam:PutGroupPolicy", "iam:DeleteGroupPolicy", group.clone()),
        pair(
            "iam:PutGroupPolicy",
            group.clone(),
            json!(null),
            "iam:DeleteGroup",
            json!({"groupName": "g"}),
        ),
        pair("iam:DeleteGroupPolicy", group.clone(), json!(null), "iam:PutGroupPolicy", group),
        same("iam:AttachRolePolicy", "iam:DetachRolePolicy", attached("roleName")),
        same("iam:DetachRolePolicy", "iam:AttachRolePolicy", attached("roleName")),
        same("iam:AttachGroupPolicy", "iam:DetachGroupPolicy", attached("groupName")),
        same("iam:DetachGroupPolicy", "iam:AttachGroupPolicy", attached("groupName")),
        pair(
            "iam:CreatePolicy",
            json!({"policyName": "p", "policyDocument": everything()}),
            created,
            "iam:DeletePolicy",
            json!({"policyArn": "arn:aws:iam::111122223333:policy/p"}),
        ),
        pair(
            "iam:CreatePolicyVersion",
            version.clone(),
            second.clone(),
            "iam:DeletePolicyVersion",
            by_version("v2"),
        ),
        pair(
            "iam:CreatePolicyVersion",
            version,
            second,
            "iam:SetDefaultPolicyVersion",
            by_version("v1"),
        ),
        pair(
            "iam:SetDefaultPolicyVersion",
            by_version("v1"),
            json!(null),
            "iam:SetDefaultPolicyVersion",
            by_version("v3"),
        ),
        pair(
            "iam:UpdateAssumeRolePolicy",
            trust(FOREIGN),
            json!(null),
            "iam:UpdateAssumeRolePolicy",
            trust("111122223333"),
        ),
        same("iam:CreateRole", "iam:DeleteRole", json!({"roleName": "app"})),
        same(
            "iam:DeleteRolePermissionsBoundary",
            "iam:PutRolePermissionsBoundary",
            json!({"roleName": "app"}),
        ),
        same(
            "iam:PutRolePermissionsBoundary",
            "iam:DeleteRolePermissionsBoundary",
            json!({"roleName": "app"}),
        ),
        same(
            "iam:AddRoleToInstanceProfile",
            "iam:RemoveRoleFromInstanceProfile",
            json!({"roleName": "app", "instanceProfileName": "i"}),
        ),
        same(
            "iam:AddRoleToInstanceProfile",
            "iam:DeleteInstanceProfile",
            json!({"roleName": "app", "instanceProfileName": "i"}),
        ),
        pair(
            "iam:CreateOpenIDConnectProvider",
            json!({"url": "https://x"}),
            json!({"openIDConnectProviderArn": "arn:aws:iam::1:oidc-provider/x"}),
            "iam:DeleteOpenIDConnectProvider",
            json!({"openIDConnectProviderArn": "arn:aws:iam::1:oidc-provider/x"}),
        ),
        pair(
            "iam:CreateSAMLProvider",
            json!({"name": "x"}),
            json!({"sAMLProviderArn": "arn:aws:iam::1:saml-provider/x"}),
            "iam:DeleteSAMLProvider",
            json!({"sAMLProviderArn": "arn:aws:iam::1:saml-provider/x"}),
        ),
        pair(
            "rolesanywhere:CreateTrustAnchor",
            json!({"name": "x"}),
            json!({"trustAnchor": {"trustAnchorId": "t"}}),
            "rolesanywhere:DeleteTrustAnchor",
            json!({"trustAnchorId": "t"}),
        ),
        pair(
            "rolesanywhere:CreateTrustAnchor",
            json!({"name": "x"}),
            json!({"trustAnchor": {"trustAnchorId": "t"}}),
            "rolesanywhere:DisableTrustAnchor",
            json!({"trustAnchorId": "t"}),
        ),
        pair(
            "rolesanywhere:CreateProfile",
            json!({"name": "x"}),
            json!({"profile": {"profileId": "p"}}),
            "rolesanywhere:DeleteProfile",
            json!({"profileId": "p"}),
        ),
        pair(
            "rolesanywhere:CreateProfile",
            json!({"name": "x"}),
            json!({"profile": {"profileId": "p"}}),
            "rolesanywhere:DisableProfile",
            json!({"profileId": "p"}),
        ),
    ]
}

fn organizations() -> Vec<Pair> {
    let assignment = json!({"instanceArn": "i", "targetId": "444455556666", "permissionSetArn": "arn:aws:sso:::permissionSet/a/ps-1", "principalType": "USER", "principalId": "u"});
    let set = |rest: Value| {
        let mut request = json!({"permissionSetArn": "arn:aws:sso:::permissionSet/a/ps-1"});
        request.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        request
    };
    let managed = set(json!({"managedPolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}));
    let customer = set(json!({"customerManagedPolicyReference": {"name": "x"}}));
    let entry = json!({"clusterName": "c", "principalArn": "arn:aws:iam::111122223333:role/x", "policyArn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"});
    vec![
        same("sso:CreateAccountAssignment", "sso:DeleteAccountAssignment", assignment),
        same(
            "sso:AttachManagedPolicyToPermissionSet",
            "sso:DetachManagedPolicyFromPermissionSet",
            managed.clone(),
        ),
        same("sso:AttachManagedPolicyToPermissionSet", "sso:DeletePermissionSet", managed),
        same(
            "sso:AttachCustomerManagedPolicyReferenceToPermissionSet",
            "sso:DetachCustomerManagedPolicyReferenceFromPermissionSet",
            customer,
        ),
        same(
            "sso:PutInlinePolicyToPermissionSet",
            "sso:DeleteInlinePolicyFromPermissionSet",
            set(json!({"inlinePolicy": everything()})),
        ),
        pair(
            "sso-directory:CreateUser",
            json!({"userName": "x"}),
            json!({"user": {"userId": "u"}}),
            "sso-directory:DeleteUser",
            json!({"userId": "u"}),
        ),
        pair(
            "identitystore:CreateUser",
            json!({"userName": "x"}),
            json!({"userId": "u"}),
            "identitystore:DeleteUser",
            json!({"userId": "u"}),
        ),
        same(
            "sso-directory:AddMemberToGroup",
            "sso-directory:RemoveMemberFromGroup",
            json!({"groupId": "g", "member": {"memberId": "m"}}),
        ),
        same(
            "organizations:DetachPolicy",
            "organizations:AttachPolicy",
            json!({"policyId": "p-1", "targetId": "ou-1"}),
        ),
        same(
            "organizations:DisablePolicyType",
            "organizations:EnablePolicyType",
            json!({"policyType": "SERVICE_CONTROL_POLICY", "rootId": "r-1"}),
        ),
        same(
            "organizations:RegisterDelegatedAdministrator",
            "organizations:DeregisterDelegatedAdministrator",
            json!({"accountId": "444455556666", "servicePrincipal": "x.amazonaws.com"}),
        ),
        same("eks:CreateAccessEntry", "eks:DeleteAccessEntry", entry.clone()),
        same("eks:AssociateAccessPolicy", "eks:DisassociateAccessPolicy", entry.clone()),
        pair(
            "eks:AssociateAccessPolicy",
            entry,
            json!(null),
            "eks:DeleteCluster",
            json!({"name": "c"}),
        ),
    ]
}

fn records() -> Vec<Pair> {
    let trail = json!({"name": "main"});
    let selectors = |is: bool| json!({"trailName": "main", "eventSelectors": [{"readWriteType": "All", "includeManagementEvents": is}]});
    let store = json!({"eventDataStore": "arn:aws:cloudtrail:eu-west-1:1:eventdatastore/x"});
    let filter = json!({"logGroupName": "g", "filterName": "f"});
    let recorder = json!({"configurationRecorderName": "default"});
    vec![
        same("cloudtrail:StopLogging", "cloudtrail:StartLogging", trail.clone()),
        pair(
            "cloudtrail:StopLogging",
            json!({"name": "arn:aws:cloudtrail:eu-west-1:1:trail/main"}),
            json!(null),
            "cloudtrail:StartLogging",
            trail.clone(),
        ),
        same("cloudtrail:DeleteTrail", "cloudtrail:CreateTrail", trail.clone()),
        pair(
            "cloudtrail:UpdateTrail",
            json!({"name": "main", "isMultiRegionTrail": false, "enableLogFileValidation": false}),
            json!(null),
            "cloudtrail:UpdateTrail",
            json!({"name": "main", "isMultiRegionTrail": true, "includeGlobalServiceEvents": true,
                "enableLogFileValidation": true}),
        ),
        pair(
            "cloudtrail:PutEventSelectors",
            selectors(false),
            json!(null),
            "cloudtrail:PutEventSelectors",
            selectors(true),
        ),
        same("cloudtrail:DeleteEventDataStore", "cloudtrail:RestoreEventDataStore", store.clone()),
        same(
            "cloudtrail:StopEventDataStoreIngestion",
            "cloudtrail:StartEventDataStoreIngestion",
            store,
        ),
        pair(
            "ec2:DeleteFlowLogs",
            json!({"flowLogIds": ["fl-1"]}),
            json!(null),
            "ec2:CreateFlowLogs",
            json!({}),
        ),
        pair(
            "route53resolver:DeleteResolverQueryLogConfig",
            json!({"resolverQueryLogConfigId": "r"}),
            json!(null),
            "route53resolver:CreateResolverQueryLogConfig",
            json!({"name": "x"}),
        ),
        same(
            "route53resolver:DisassociateResolverQueryLogConfig",
            "route53resolver:AssociateResolverQueryLogConfig",
            json!({"resolverQueryLogConfigId": "r", "resourceId": "vpc-1"}),
        ),
        pair(
            "logs:PutRetentionPolicy",
            json!({"logGroupName": "g", "retentionInDays": 1}),
            json!(null),
            "logs:PutRetentionPolicy",
            json!({"logGroupName": "g", "retentionInDays": 90}),
        ),
        pair(
            "logs:PutRetentionPolicy",
            json!({"logGroupName": "g", "retentionInDays": 1}),
            json!(null),
            "logs:DeleteRetentionPolicy",
            json!({"logGroupName": "g"}),
        ),
        same("logs:DeleteSubscriptionFilter", "logs:PutSubscriptionFilter", filter.clone()),
        same("logs:DeleteMetricFilter", "logs:PutMetricFilter", filter),
        same(
            "config:StopConfigurationRecorder",
            "config:StartConfigurationRecorder",
            recorder.clone(),
        ),
        pair(
            "config:DeleteConfigurationRecorder",
            recorder,
            json!(null),
            "config:PutConfigurationRecorder",
            json!({"configurationRecorder": {"name": "default"}}),
        ),
        pair(
            "config:DeleteDeliveryChannel",
            json!({"deliveryChannelName": "default"}),
            json!(null),
            "config:PutDeliveryChannel",
            json!({"deliveryChannel": {"name": "default"}}),
        ),
        pair(
            "config:DeleteConfigRule",
            json!({"configRuleName": "r"}),
            json!(null),
            "config:PutConfigRule",
            json!({"configRule": {"configRuleName": "r"}}),
        ),
        same(
            "bedrock:DeleteModelInvocationLoggingConfiguration",
            "bedrock:PutModelInvocationLoggingConfiguration",
            json!({}),
        ),
        same(
            "rds:StopActivityStream",
            "rds:StartActivityStream",
            json!({"resourceArn": "arn:aws:rds:eu-west-1:1:cluster:x"}),
        ),
    ]
}

fn detectors() -> Vec<Pair> {
    let detector = json!({"detectorId": "d"});
    let accounts = json!({"detectorId": "d", "accountIds": ["444455556666"]});
    let acl =
        json!({"resourceArn": "arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer/app/x/y"});
    vec![
        same("guardduty:DeleteDetector", "guardduty:CreateDetector", detector),
        pair(
            "guardduty:UpdateDetector",
            json!({"detectorId": "d", "enable": false}),
            json!(null),
            "guardduty:UpdateDetector",
            json!({"detectorId": "d", "enable": true}),
        ),
        pair(
            "guardduty:CreateFilter",
            json!({"detectorId": "d", "name": "f", "action": "ARCHIVE"}),
            json!(null),
            "guardduty:DeleteFilter",
            json!({"filterName": "f"}),
        ),
        pair(
            "guardduty:CreateIPSet",
            json!({"name": "x", "location": "l"}),
            json!({"ipSetId": "i"}),
            "guardduty:DeleteIPSet",
            json!({"ipSetId": "i"}),
        ),
        same("guardduty:DeleteMembers", "guardduty:CreateMembers", accounts.clone()),
        same("guardduty:StopMonitoringMembers", "guardduty:StartMonitoringMembers", accounts),
        same("securityhub:DisableSecurityHub", "securityhub:EnableSecurityHub", json!({})),
        same("macie2:DisableMacie", "macie2:EnableMacie", json!({})),
        pair(
            "macie2:UpdateMacieSession",
            json!({"status": "PAUSED"}),
            json!(null),
            "macie2:UpdateMacieSession",
            json!({"status": "ENABLED"}),
        ),
        same("inspector2:Disable", "inspector2:Enable", json!({"resourceTypes": ["EC2"]})),
        same(
            "access-analyzer:DeleteAnalyzer",
            "access-analyzer:CreateAnalyzer",
            json!({"analyzerName": "a"}),
        ),
        same(
            "monitoring:DisableAlarmActions",
            "monitoring:EnableAlarmActions",
            json!({"alarmNames": ["b", "a"]}),
        ),
        pair(
            "monitoring:DeleteAlarms",
            json!({"alarmNames": ["a"]}),
            json!(null),
            "monitoring:PutMetricAlarm",
            json!({"alarmName": "a"}),
        ),
        same("events:DisableRule", "events:EnableRule", json!({"name": "r"})),
        same("events:DeleteRule", "events:PutRule", json!({"name": "r"})),
        same("wafv2:DisassociateWebACL", "wafv2:AssociateWebACL", acl.clone()),
        pair(
            "wafv2:DeleteLoggingConfiguration",
            acl.clone(),
            json!(null),
            "wafv2:PutLoggingConfiguration",
            json!({"loggingConfiguration": acl}),
        ),
    ]
}

fn shares() -> Vec<Pair> {
    let snapshot = |verb: &str, who: Value| json!({"snapshotId": "snap-1", "createVolumePermission": {verb: {"items": who}}});
    let image = |verb: &str| json!({"imageId": "ami-1", "launchPermission": {verb: {"items": [{"group": "all"}]}}});
    let fpga = |verb: &str| json!({"fpgaImageId": "afi-1", "loadPermission": {verb: {"items": [{"userId": FOREIGN}]}}});
    let database =
        |name: &str, verb: &str| json!({name: "s", "attributeName": "restore", verb: [FOREIGN]});
    let two = json!([{"userId": FOREIGN}, {"userId": "999988887766"}]);
    let document = |verb: &str| json!({"name": "d", verb: [FOREIGN]});
    let redshift = json!({"snapshotIdentifier": "s", "accountWithRestoreAccess": FOREIGN});
    let permission = json!({"functionName": "f", "statementId": "s", "principal": "*"});
    let labelled = |name: &str| json!({name: "arn:aws:sns:eu-west-1:1:x", "label": "l", "aWSAccountId": [FOREIGN]});
    let share = json!({"resourceShareArn": "arn:aws:ram:eu-west-1:1:resource-share/x", "principals": [FOREIGN]});
    let grant = json!({"keyId": "k", "granteePrincipal": FOREIGN});
    let url = |auth: &str| json!({"functionName": "f", "authType": auth});
    vec![
        pair(
            "ec2:ModifySnapshotAttribute",
            snapshot("add", json!([{"userId": FOREIGN}])),
            json!(null),
            "ec2:ModifySnapshotAttribute",
            snapshot("remove", json!([{"userId": FOREIGN}])),
        ),
        pair(
            "ec2:ModifySnapshotAttribute",
            snapshot("add", two.clone()),
            json!(null),
            "ec2:ModifySnapshotAttribute",
            snapshot("remove", two),
        ),
        pair(
            "ec2:ModifySnapshotAttribute",
            snapshot("add", json!([{"group": "all"}])),
            json!(null),
            "ec2:ResetSnapshotAttribute",
            json!({"snapshotId": "snap-1"}),
        ),
        pair(
            "ec2:ModifySnapshotAttribute",
            snapshot("add", json!([{"group": "all"}])),
            json!(null),
            "ec2:DeleteSnapshot",
            json!({"snapshotId": "snap-1"}),
        ),
        pair(
            "ec2:ModifyImageAttribute",
            image("add"),
            json!(null),
            "ec2:ModifyImageAttribute",
            image("remove"),
        ),
        pair(
            "ec2:ModifyImageAttribute",
            image("add"),
            json!(null),
            "ec2:ResetImageAttribute",
            json!({"imageId": "ami-1"}),
        ),
        pair(
            "ec2:ModifyImageAttribute",
            image("add"),
            json!(null),
            "ec2:DeregisterImage",
            json!({"imageId": "ami-1"}),
        ),
        pair(
            "ec2:ModifyFpgaImageAttribute",
            fpga("add"),
            json!(null),
            "ec2:ModifyFpgaImageAttribute",
            fpga("remove"),
        ),
        pair(
            "rds:ModifyDBSnapshotAttribute",
            database("dBSnapshotIdentifier", "valuesToAdd"),
            json!(null),
            "rds:ModifyDBSnapshotAttribute",
            database("dBSnapshotIdentifier", "valuesToRemove"),
        ),
        pair(
            "rds:ModifyDBSnapshotAttribute",
            database("dBSnapshotIdentifier", "valuesToAdd"),
            json!(null),
            "rds:DeleteDBSnapshot",
            json!({"dBSnapshotIdentifier": "s"}),
        ),
        pair(
            "rds:ModifyDBClusterSnapshotAttribute",
            database("dBClusterSnapshotIdentifier", "valuesToAdd"),
            json!(null),
            "rds:ModifyDBClusterSnapshotAttribute",
            database("dBClusterSnapshotIdentifier", "valuesToRemove"),
        ),
        pair(
            "rds:ModifyDBClusterSnapshotAttribute",
            database("dBClusterSnapshotIdentifier", "valuesToAdd"),
            json!(null),
            "rds:DeleteDBClusterSnapshot",
            json!({"dBClusterSnapshotIdentifier": "s"}),
        ),
        pair(
            "ssm:ModifyDocumentPermission",
            document("accountIdsToAdd"),
            json!(null),
            "ssm:ModifyDocumentPermission",
            document("accountIdsToRemove"),
        ),
        pair(
            "ssm:ModifyDocumentPermission",
            document("accountIdsToAdd"),
            json!(null),
            "ssm:DeleteDocument",
            json!({"name": "d"}),
        ),
        same("redshift:AuthorizeSnapshotAccess", "redshift:RevokeSnapshotAccess", redshift),
        same("lambda:AddPermission", "lambda:RemovePermission", permission.clone()),
        same("lambda:AddPermission", "lambda:DeleteFunction", permission),
        same("sns:AddPermission", "sns:RemovePermission", labelled("topicArn")),
        same("sns:AddPermission", "sns:DeleteTopic", labelled("topicArn")),
        same("sqs:AddPermission", "sqs:RemovePermission", labelled("queueUrl")),
        same("sqs:AddPermission", "sqs:DeleteQueue", labelled("queueUrl")),
        same(
            "events:PutPermission",
            "events:RemovePermission",
            json!({"eventBusName": "b", "statementId": "s", "principal": "*"}),
        ),
        same("ram:AssociateResourceShare", "ram:DisassociateResourceShare", share.clone()),
        same("ram:AssociateResourceShare", "ram:DeleteResourceShare", share),
        pair(
            "kms:CreateGrant",
            grant.clone(),
            json!({"grantId": "g"}),
            "kms:RevokeGrant",
            json!({"keyId": "k", "grantId": "g"}),
        ),
        pair(
            "kms:CreateGrant",
            grant,
            json!({"grantId": "g"}),
            "kms:RetireGrant",
            json!({"grantId": "g"}),
        ),
        same("lambda:CreateFunctionUrlConfig", "lambda:DeleteFunctionUrlConfig", url("NONE")),
        pair(
            "lambda:CreateFunctionUrlConfig",
            url("NONE"),
            json!(null),
            "lambda:UpdateFunctionUrlConfig",
            url("AWS_IAM"),
        ),
    ]
}

/// Calls that put a policy on a resource: the call, the parameter that names the resource, its
/// name, and the parameter of the policy.
const POLICIES: [(&str, &str, &str, &str); 11] = [
    ("s3:PutBucketPolicy", "bucketName", "b", "bucketPolicy"),
    ("kms:PutKeyPolicy", "keyId", "k", "policy"),
    ("ecr:SetRepositoryPolicy", "repositoryName", "r", "policyText"),
    ("secretsmanager:PutResourcePolicy", "secretId", "s", "resourcePolicy"),
    ("glue:PutResourcePolicy", "resourceArn", "g", "policyInJson"),
    ("elasticfilesystem:PutFileSystemPolicy", "fileSystemId", "f", "policy"),
    ("backup:PutBackupVaultAccessPolicy", "backupVaultName", "v", "policy"),
    ("es:UpdateElasticsearchDomainConfig", "domainName", "d", "accessPolicies"),
    ("es:UpdateDomainConfig", "domainName", "d", "accessPolicies"),
    ("dynamodb:PutResourcePolicy", "resourceArn", "t", "policy"),
    ("sqs:SetQueueAttributes", "queueUrl", "q", "attributes"),
];

fn policies() -> Vec<Pair> {
    let mut pairs: Vec<Pair> = POLICIES
        .into_iter()
        .map(|(call, holder, name, parameter)| {
            let put = |policy: Value| match parameter {
                "attributes" => json!({holder: name, "attributes": {"Policy": policy.to_string()}}),
                _ => json!({holder: name, parameter: policy.to_string()}),
            };
            pair(call, put(open_policy()), json!(null), call, put(closed_policy()))
        })
        .collect();
    let topic = |policy: Value| json!({"topicArn": "t", "attributeName": "Policy", "attributeValue": policy.to_string()});
    pairs.push(pair(
        "sns:SetTopicAttributes",
        topic(open_policy()),
        json!(null),
        "sns:SetTopicAttributes",
        topic(closed_policy()),
    ));
    for (put, holder, parameter, deleted) in [
        ("s3:PutBucketPolicy", "bucketName", "bucketPolicy", "s3:DeleteBucketPolicy"),
        ("ecr:SetRepositoryPolicy", "repositoryName", "policyText", "ecr:DeleteRepositoryPolicy"),
        ("ecr:SetRepositoryPolicy", "repositoryName", "policyText", "ecr:DeleteRepository"),
        (
            "secretsmanager:PutResourcePolicy",
            "secretId",
            "resourcePolicy",
            "secretsmanager:DeleteResourcePolicy",
        ),
        ("glue:PutResourcePolicy", "resourceArn", "policyInJson", "glue:DeleteResourcePolicy"),
        (
            "elasticfilesystem:PutFileSystemPolicy",
            "fileSystemId",
            "policy",
            "elasticfilesystem:DeleteFileSystemPolicy",
        ),
        (
            "backup:PutBackupVaultAccessPolicy",
            "backupVaultName",
            "policy",
            "backup:DeleteBackupVaultAccessPolicy",
        ),
        ("dynamodb:PutResourcePolicy", "resourceArn", "policy", "dynamodb:DeleteResourcePolicy"),
    ] {
        pairs.push(pair(
            put,
            json!({holder: "x", parameter: open_policy()}),
            json!(null),
            deleted,
            json!({holder: "x"}),
        ));
    }
    pairs
}

fn buckets() -> Vec<Pair> {
    let bucket = json!({"bucketName": "b"});
    let with = |name: &str, value: Value| json!({"bucketName": "b", name: value});
    let block = |is: bool| with("PublicAccessBlockConfiguration", json!({"BlockPublicAcls": is}));
    let replication = with(
        "ReplicationConfiguration",
        json!({"Rule": {"Destination": {"Bucket": "arn:aws:s3:::x", "Account": FOREIGN}}}),
    );
    let lifecycle = |days: u32| {
        with(
            "LifecycleConfiguration",
            json!({"Rule": {"Status": "Enabled", "Expiration": {"Days": days}}}),
        )
    };
    let versioning = |status: &str| with("VersioningConfiguration", json!({"Status": status}));
    let logging = with("BucketLoggingStatus", json!({"LoggingEnabled": {"TargetBucket": "l"}}));
    let key = with(
        "ServerSideEncryptionConfiguration",
        json!({"KMSMasterKeyID": format!("arn:aws:kms:eu-west-1:{FOREIGN}:key/x")}),
    );
    let public = with("x-amz-acl", json!("public-read"));
    vec![
        pair(
            "s3:PutBucketAcl",
            public.clone(),
            json!(null),
            "s3:PutBucketAcl",
            with("x-amz-acl", json!("private")),
        ),
        pair("s3:PutBucketAcl", public, json!(null), "s3:DeleteBucket", bucket.clone()),
        pair(
            "s3:PutBucketPublicAccessBlock",
            block(false),
            json!(null),
            "s3:PutBucketPublicAccessBlock",
            block(true),
        ),
        pair(
            "s3:DeletePublicAccessBlock",
            bucket.clone(),
            json!(null),
            "s3:PutPublicAccessBlock",
            block(true),
        ),
        pair(
            "s3:DeleteAccountPublicAccessBlock",
            json!({}),
            json!(null),
            "s3:PutAccountPublicAccessBlock",
            json!({"PublicAccessBlockConfiguration": {"BlockPublicAcls": true}}),
        ),
        pair(
            "s3:PutBucketReplication",
            replication.clone(),
            json!(null),
            "s3:DeleteBucketReplication",
            bucket.clone(),
        ),
        pair(
            "s3:PutBucketReplication",
            replication,
            json!(null),
            "s3:PutBucketReplication",
            with("ReplicationConfiguration", json!({"Rule": {"Status": "Disabled"}})),
        ),
        pair(
            "s3:PutBucketLifecycle",
            lifecycle(1),
            json!(null),
            "s3:DeleteBucketLifecycle",
            bucket.clone(),
        ),
        pair(
            "s3:PutBucketLifecycle",
            lifecycle(1),
            json!(null),
            "s3:PutBucketLifecycle",
            lifecycle(365),
        ),
        pair(
            "s3:PutBucketLifecycle",
            lifecycle(1),
            json!(null),
            "s3:PutBucketLifecycleConfiguration",
            lifecycle(365),
        ),
        pair(
            "s3:PutBucketVersioning",
            versioning("Suspended"),
            json!(null),
            "s3:PutBucketVersioning",
            versioning("Enabled"),
        ),
        pair(
            "s3:PutBucketLogging",
            with("BucketLoggingStatus", json!({})),
            json!(null),
            "s3:PutBucketLogging",
            logging,
        ),
        pair(
            "s3:PutBucketEncryption",
            key.clone(),
            json!(null),
            "s3:DeleteBucketEncryption",
            bucket.clone(),
        ),
        pair("s3:PutBucketEncryption", key, json!(null), "s3:PutBucketEncryption", bucket.clone()),
        pair(
            "s3:DeleteBucketPolicy",
            bucket,
            json!(null),
            "s3:PutBucketPolicy",
            with("bucketPolicy", closed_policy()),
        ),
    ]
}

fn machines() -> Vec<Pair> {
    let ingress = json!({"groupId": "sg-1", "ipPermissions": {"items": [
        {"ipProtocol": "tcp", "fromPort": 22, "toPort": 22, "ipRanges": {"items": [{"cidrIp": "0.0.0.0/0"}]}},
    ]}});
    let flat = json!({"groupId": "sg-1", "ipPermissions": {}, "ipProtocol": "tcp", "fromPort": 22, "toPort": 22, "cidrIp": "0.0.0.0/0"});
    let instances =
        json!({"instancesSet": {"items": [{"instanceId": "i-2"}, {"instanceId": "i-1"}]}});
    let tokens = |how: &str| json!({"instanceId": "i-1", "httpTokens": how});
    let code = json!({"functionName": "f"});
    let table = |is: bool| json!({"tableName": "t", "pointInTimeRecoverySpecification": {"pointInTimeRecoveryEnabled": is}});
    vec![
        same(
            "ec2:AuthorizeSecurityGroupIngress",
            "ec2:RevokeSecurityGroupIngress",
            ingress.clone(),
        ),
        pair(
            "ec2:AuthorizeSecurityGroupIngress",
            ingress,
            json!(null),
            "ec2:RevokeSecurityGroupIngress",
            flat.clone(),
        ),
        same("ec2:AuthorizeSecurityGroupIngress", "ec2:DeleteSecurityGroup", flat),
        pair(
            "ec2:RunInstances",
            json!({"instanceType": "p4d.24xlarge"}),
            instances.clone(),
            "ec2:TerminateInstances",
            instances,
        ),
        same("ec2:CreateKeyPair", "ec2:DeleteKeyPair", json!({"keyName": "k"})),
        same("ec2:EnableSerialConsoleAccess", "ec2:DisableSerialConsoleAccess", json!({})),
        same(
            "ec2:DisableSnapshotBlockPublicAccess",
            "ec2:EnableSnapshotBlockPublicAccess",
            json!({}),
        ),
        same("ec2:DisableImageBlockPublicAccess", "ec2:EnableImageBlockPublicAccess", json!({})),
        pair(
            "ec2:ModifyInstanceMetadataOptions",
            tokens("optional"),
            json!(null),
            "ec2:ModifyInstanceMetadataOptions",
            tokens("required"),
        ),
        pair(
            "ec2:CreateTrafficMirrorSession",
            json!({"networkInterfaceId": "eni-1"}),
            json!({"trafficMirrorSession": {"trafficMirrorSessionId": "tms-1"}}),
            "ec2:DeleteTrafficMirrorSession",
            json!({"trafficMirrorSessionId": "tms-1"}),
        ),
        same("lambda:CreateFunction", "lambda:DeleteFunction", code.clone()),
        same("lambda:UpdateFunctionCode", "lambda:DeleteFunction", code),
        pair(
            "lambda:CreateEventSourceMapping",
            json!({"functionName": "f"}),
            json!({"uUID": "u"}),
            "lambda:DeleteEventSourceMapping",
            json!({"uUID": "u"}),
        ),
        pair(
            "ssm:CreateActivation",
            json!({"iamRole": "r"}),
            json!({"activationId": "a"}),
            "ssm:DeleteActivation",
            json!({"activationId": "a"}),
        ),
        pair(
            "ssm:CreateAssociation",
            json!({"name": "d"}),
            json!({"associationDescription": {"associationId": "a"}}),
            "ssm:DeleteAssociation",
            json!({"associationId": "a"}),
        ),
        same("kms:ScheduleKeyDeletion", "kms:CancelKeyDeletion", json!({"keyId": "k"})),
        pair(
            "kms:DisableKey",
            json!({"keyId": "arn:aws:kms:eu-west-1:1:key/k"}),
            json!(null),
            "kms:EnableKey",
            json!({"keyId": "k"}),
        ),
        same("kms:DisableKeyRotation", "kms:EnableKeyRotation", json!({"keyId": "k"})),
        same("kms:DeleteImportedKeyMaterial", "kms:ImportKeyMaterial", json!({"keyId": "k"})),
        same(
            "secretsmanager:DeleteSecret",
            "secretsmanager:RestoreSecret",
            json!({"secretId": "s"}),
        ),
        pair(
            "dynamodb:UpdateContinuousBackups",
            table(false),
            json!(null),
            "dynamodb:UpdateContinuousBackups",
            table(true),
        ),
        same("glue:CreateDevEndpoint", "glue:DeleteDevEndpoint", json!({"endpointName": "e"})),
        pair(
            "ses:VerifyEmailIdentity",
            json!({"emailAddress": "a@example.com"}),
            json!(null),
            "ses:DeleteIdentity",
            json!({"identity": "a@example.com"}),
        ),
        same(
            "ses:CreateEmailIdentity",
            "ses:DeleteEmailIdentity",
            json!({"emailIdentity": "example.com"}),
        ),
    ]
}

fn all_pairs() -> Vec<Pair> {
    let groups = [
        users(),
        roles_and_policies(),
        organizations(),
        records(),
        detectors(),
        shares(),
        policies(),
        buckets(),
        machines(),
    ];
    groups.into_iter().flatten().collect()
}

/// Inverses whose own repetition is as bad as what they replace, or weighs the same.
const REPLACING: [&str; 3] =
    ["iam:CreatePolicyVersion", "iam:UpdateSAMLProvider", "lambda:UpdateFunctionConfiguration"];

#[test]
fn each_inverse_takes_back_its_change() {
    for pair in all_pairs() {
        assert!(is_undone(&pair), "{} by {}", pair.change, pair.inverse);
    }
}

#[test]
fn every_inverse_has_a_pair() {
    let paired: BTreeSet<String> = all_pairs().iter().map(|pair| pair.inverse.to_owned()).collect();
    let rows = ROWS.iter().map(|row| format!("{}:{}", row.service, row.name));
    let missing: Vec<String> =
        rows.filter(|row| !paired.contains(row) && !REPLACING.contains(&row.as_str())).collect();
    assert_eq!(missing, ["lambda:UpdateFunctionCode"], "inverses without a pair");
}

#[test]
fn what_is_about_something_else_takes_nothing_back() {
    let near_misses = [
        same("iam:CreateUser", "iam:DeleteLoginProfile", json!({"userName": "bob"})),
        pair(
            "iam:CreateUser",
            json!({"userName": "bob"}),
            json!(null),
            "iam:DeleteUser",
            json!({"userName": "bobby"}),
        ),
        pair(
            "iam:CreateAccessKey",
            json!({"userName": "bob"}),
            json!({"accessKey": {"accessKeyId": "AKIA1"}}),
            "iam:UpdateAccessKey",
            json!({"userName": "bob", "accessKeyId": "AKIA1", "status": "Active"}),
        ),
        pair(
            "cloudtrail:StopLogging",
            json!({"name": "main"}),
            json!(null),
            "cloudtrail:StartLogging",
            json!({"name": "other"}),
        ),
        pair(
            "kms:DisableKey",
            json!({"keyId": "k"}),
            json!(null),
            "kms:EnableKey",
            json!({"keyId": "l"}),
        ),
        pair(
            "cloudtrail:UpdateTrail",
            json!({"name": "main", "isMultiRegionTrail": false}),
            json!(null),
            "cloudtrail:UpdateTrail",
            json!({"name": "main", "enableLogFileValidation": true}),
        ),
        // The password is another, and still not the owner's.
        pair(
            "iam:UpdateLoginProfile",
            json!({"userName": "bob"}),
            json!(null),
            "iam:UpdateLoginProfile",
            json!({"userName": "bob"}),
        ),
        // A version that is no default replaces none.
        pair(
            "iam:CreatePolicyVersion",
            json!({"policyArn": "arn:aws:iam::111122223333:policy/p", "policyDocument": everything(), "setAsDefault": true}),
            json!({"policyVersion": {"versionId": "v2"}}),
            "iam:CreatePolicyVersion",
            json!({"policyArn": "arn:aws:iam::111122223333:policy/p", "policyDocument": everything()}),
        ),
        // A policy of AWS's, and one of the account's with the same name.
        pair(
            "iam:AttachUserPolicy",
            json!({"userName": "bob", "policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}),
            json!(null),
            "iam:DetachUserPolicy",
            json!({"userName": "bob", "policyArn": "arn:aws:iam::111122223333:policy/AdministratorAccess"}),
        ),
        // A replacement that is as bad.
        pair(
            "s3:PutBucketPolicy",
            json!({"bucketName": "b", "bucketPolicy": open_policy()}),
            json!(null),
            "s3:PutBucketPolicy",
            json!({"bucketName": "b", "bucketPolicy": open_policy()}),
        ),
    ];
    for pair in near_misses {
        assert!(!is_undone(&pair), "{} by {} {}", pair.change, pair.inverse, pair.by);
    }
}

#[test]
fn a_failed_inverse_takes_nothing_back() {
    let mut failed = event("cloudtrail:StartLogging", json!({"name": "main"}), json!(null));
    assert!(!undo_keys(&failed).is_empty());
    failed.outcome = aware_core::event::Outcome::Failed;
    assert!(undo_keys(&failed).is_empty());
}
