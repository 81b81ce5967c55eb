//! What takes something back: the inverse of each change, and the keys by which they find each
//! other.

use super::call::NotableCall;
use super::network::IngressRule;
use super::resource_policies::HOLDER;
use super::shares::{PERMISSION_KEY, SHARED, ShareChange};
use super::trails::narrowed_selectors;

/// How the keys of an inverse are made.
#[derive(Clone, Copy)]
pub(super) enum UndoHow {
    /// One key, by a template.
    Key(&'static str),
    /// By its parameters.
    By(fn(&NotableCall<'_>) -> Vec<String>),
}

/// A call that takes something back.
pub(super) struct UndoRow {
    pub(super) service: &'static str,
    pub(super) name: &'static str,
    pub(super) how: UndoHow,
}

const fn key(service: &'static str, name: &'static str, template: &'static str) -> UndoRow {
    UndoRow { service, name, how: UndoHow::Key(template) }
}

const fn by(
    service: &'static str,
    name: &'static str,
    read: fn(&NotableCall<'_>) -> Vec<String>,
) -> UndoRow {
    UndoRow { service, name, how: UndoHow::By(read) }
}

/// Every inverse. What replaces something of the same name is among them.
pub(super) const ROWS: &[UndoRow] = &[
    by("iam", "DeleteAccessKey", deleted_key),
    by("iam", "UpdateAccessKey", inactive_key),
    key("iam", "DeleteUser", "user/{userName}"),
    key("iam", "DeleteRole", "role/{roleName}"),
    key("iam", "DeleteGroup", "group/{groupName}"),
    key("iam", "DeleteLoginProfile", "user/{user}|password"),
    key("iam", "UpdateLoginProfile", "user/{user}|password"),
    by("iam", "PutUserPolicy", put_policy),
    by("iam", "PutRolePolicy", put_policy),
    by("iam", "PutGroupPolicy", put_policy),
    key("iam", "DeleteUserPolicy", "user/{user}|inline/{policyName}"),
    key("iam", "DeleteRolePolicy", "role/{roleName}|inline/{policyName}"),
    key("iam", "DeleteGroupPolicy", "group/{groupName}|inline/{policyName}"),
    key("iam", "DetachUserPolicy", "user/{user}|attached/{policyArn}"),
    key("iam", "DetachRolePolicy", "role/{roleName}|attached/{policyArn}"),
    key("iam", "DetachGroupPolicy", "group/{groupName}|attached/{policyArn}"),
    key("iam", "AttachUserPolicy", "user/{user}|detached/{policyArn}"),
    key("iam", "AttachRolePolicy", "role/{roleName}|detached/{policyArn}"),
    key("iam", "AttachGroupPolicy", "group/{groupName}|detached/{policyArn}"),
    key("iam", "RemoveUserFromGroup", "user/{userName}|group/{groupName}"),
    key("iam", "AddUserToGroup", "user/{userName}|left/{groupName}"),
    key("iam", "DeletePolicy", "policy/{policyArn}"),
    key("iam", "DeletePolicyVersion", "policy/{policyArn}|version/{versionId}"),
    by("iam", "SetDefaultPolicyVersion", other_versions),
    by("iam", "CreatePolicyVersion", other_versions),
    key("iam", "UpdateAssumeRolePolicy", "role/{roleName}|trust"),
    key("iam", "PutUserPermissionsBoundary", "user/{userName}|boundary"),
    key("iam", "PutRolePermissionsBoundary", "role/{roleName}|boundary"),
    key("iam", "DeleteUserPermissionsBoundary", "user/{userName}|boundary"),
    key("iam", "DeleteRolePermissionsBoundary", "role/{roleName}|boundary"),
    key("iam", "EnableMFADevice", "user/{user}|mfa"),
    key("iam", "DeleteSSHPublicKey", "user/{user}|ssh/{sSHPublicKeyId}"),
    by("iam", "UpdateSSHPublicKey", inactive_ssh_key),
    key("iam", "DeleteSigningCertificate", "user/{user}|certificate/{certificateId}"),
    by("iam", "UpdateSigningCertificate", inactive_certificate),
    key(
        "iam",
        "DeleteServiceSpecificCredential",
        "user/{user}|credential/{serviceSpecificCredentialId}",
    ),
    by("iam", "UpdateServiceSpecificCredential", inactive_credential),
    key("iam", "DeleteOpenIDConnectProvider", "openid/{openIDConnectProviderArn}"),
    key("iam", "DeleteSAMLProvider", "saml/{sAMLProviderArn}"),
    key("iam", "UpdateSAMLProvider", "saml/{sAMLProviderArn}|metadata"),
    key("iam", "RemoveRoleFromInstanceProfile", "profile/{instanceProfileName}|role/{roleName}"),
    key("iam", "DeleteInstanceProfile", "profile/{instanceProfileName}"),
    key("rolesanywhere", "DeleteTrustAnchor", "anchor/{trustAnchorId}"),
    key("rolesanywhere", "DisableTrustAnchor", "anchor/{trustAnchorId}"),
    key("rolesanywhere", "DeleteProfile", "profile/{profileId}"),
    key("rolesanywhere", "DisableProfile", "profile/{profileId}"),
    key("sso", "DeleteAccountAssignment", "assignment/{targetId}/{permissionSetArn}/{principalId}"),
    key(
        "sso",
        "DetachManagedPolicyFromPermissionSet",
        "permission-set/{permissionSetArn}|policy/{managedPolicyArn}",
    ),
    key(
        "sso",
        "DetachCustomerManagedPolicyReferenceFromPermissionSet",
        "permission-set/{permissionSetArn}|policy/{customerManagedPolicyReference.name}",
    ),
    key("sso", "DeleteInlinePolicyFromPermissionSet", "permission-set/{permissionSetArn}|inline"),
    key("sso", "DeletePermissionSet", "permission-set/{permissionSetArn}"),
    key("sso-directory", "DeleteUser", "directory/user/{userId}"),
    key("identitystore", "DeleteUser", "directory/user/{userId}"),
    key("sso-directory", "RemoveMemberFromGroup", "directory/group/{groupId}/{member.memberId}"),
    key("organizations", "AttachPolicy", "policy/{policyId}|target/{targetId}"),
    key("organizations", "EnablePolicyType", "policy-type/{policyType}"),
    key(
        "organizations",
        "DeregisterDelegatedAdministrator",
        "delegated/{accountId}/{servicePrincipal}",
    ),
    key("eks", "DeleteAccessEntry", "cluster/{clusterName|name}|entry/{principalArn}"),
    key(
        "eks",
        "DisassociateAccessPolicy",
        "cluster/{clusterName|name}|entry/{principalArn}|policy/{policyArn}",
    ),
    key("eks", "DeleteCluster", "cluster/{name}"),
    key("cloudtrail", "StartLogging", "trail/{name}|logging"),
    key("cloudtrail", "CreateTrail", "trail-deleted/{name}"),
    key("cloudtrail", "UpdateTrail", "trail/{name}|settings"),
    by("cloudtrail", "PutEventSelectors", wide_selectors),
    key("cloudtrail", "RestoreEventDataStore", "store/{eventDataStore}"),
    key("cloudtrail", "StartEventDataStoreIngestion", "store/{eventDataStore}|ingestion"),
    key("ec2", "CreateFlowLogs", "flow-logs"),
    key("route53resolver", "CreateResolverQueryLogConfig", "query-log"),
    key(
        "route53resolver",
        "AssociateResolverQueryLogConfig",
        "query-log/{resolverQueryLogConfigId}/{resourceId}",
    ),
    key("logs", "DeleteRetentionPolicy", "log-group/{logGroupName}|retention"),
    key("logs", "PutRetentionPolicy", "log-group/{logGroupName}|retention"),
    key("logs", "PutSubscriptionFilter", "log-group/{logGroupName}|filter/{filterName}"),
    key("logs", "PutMetricFilter", "log-group/{logGroupName}|filter/{filterName}"),
    key("config", "StartConfigurationRecorder", "recorder/{configurationRecorderName}|recording"),
    key("config", "PutConfigurationRecorder", "recorder-deleted/{configurationRecorder.name}"),
    key("config", "PutDeliveryChannel", "channel/{deliveryChannel.name}"),
    key("config", "PutConfigRule", "rule/{configRule.configRuleName}"),
    key("bedrock", "PutModelInvocationLoggingConfiguration", "model-log"),
    key("rds", "StartActivityStream", "activity-stream/{resourceArn}"),
    key("guardduty", "CreateDetector", "detector-deleted"),
    by("guardduty", "UpdateDetector", enabled_detector),
    key("guardduty", "DeleteFilter", "filter/{filterName}"),
    key("guardduty", "DeleteIPSet", "trusted/{ipSetId}"),
    key("guardduty", "CreateMembers", "members/{accountIds&}"),
    key("guardduty", "StartMonitoringMembers", "members/{accountIds&}"),
    key("securityhub", "EnableSecurityHub", "hub"),
    key("macie2", "EnableMacie", "macie"),
    by("macie2", "UpdateMacieSession", enabled_macie),
    key("inspector2", "Enable", "inspector"),
    key("access-analyzer", "CreateAnalyzer", "analyzer/{analyzerName}"),
    key("monitoring", "EnableAlarmActions", "alarm/{alarmNames&}|actions"),
    key("monitoring", "PutMetricAlarm", "alarm/{alarmName}"),
    key("events", "EnableRule", "rule/{name}|enabled"),
    key("events", "PutRule", "rule/{name}"),
    key("wafv2", "AssociateWebACL", "web-acl/{resourceArn}"),
    key("wafv2", "PutLoggingConfiguration", "web-acl/{loggingConfiguration.resourceArn}|log"),
    by("ec2", "ModifySnapshotAttribute", removed_shares),
    by("ec2", "ModifyImageAttribute", removed_shares),
    by("ec2", "ModifyFpgaImageAttribute", removed_shares),
    by("rds", "ModifyDBSnapshotAttribute", removed_shares),
    by("rds", "ModifyDBClusterSnapshotAttribute", removed_shares),
    by("ssm", "ModifyDocumentPermission", removed_shares),
    key(
        "redshift",
        "RevokeSnapshotAccess",
        "shared/{snapshotIdentifier}|{accountWithRestoreAccess}",
    ),
    by("ec2", "ResetSnapshotAttribute", no_longer_shared),
    by("ec2", "ResetImageAttribute", no_longer_shared),
    by("ec2", "DeleteSnapshot", no_longer_shared),
    by("ec2", "DeregisterImage", no_longer_shared),
    by("rds", "DeleteDBSnapshot", no_longer_shared),
    by("rds", "DeleteDBClusterSnapshot", no_longer_shared),
    key("ssm", "DeleteDocument", "shared/{name}"),
    key("ssm", "DeleteActivation", "activation/{activationId}"),
    key("ssm", "DeleteAssociation", "association/{associationId}"),
    by("s3", "PutBucketPolicy", put_resource_policy),
    by("s3", "DeleteBucketPolicy", put_resource_policy),
    by("s3", "DeleteBucket", deleted_bucket),
    key("s3", "PutBucketAcl", "acl/{bucketName}"),
    key("s3", "PutBucketPublicAccessBlock", "public-block/{bucketName}"),
    key("s3", "PutPublicAccessBlock", "public-block/{bucketName}"),
    key("s3", "PutAccountPublicAccessBlock", "public-block"),
    key("s3", "DeleteBucketReplication", "replication/{bucketName}"),
    key("s3", "PutBucketReplication", "replication/{bucketName}"),
    key("s3", "DeleteBucketLifecycle", "lifecycle/{bucketName}"),
    key("s3", "PutBucketLifecycle", "lifecycle/{bucketName}"),
    key("s3", "PutBucketLifecycleConfiguration", "lifecycle/{bucketName}"),
    key("s3", "PutBucketVersioning", "versioning/{bucketName}"),
    key("s3", "PutBucketLogging", "logging/{bucketName}"),
    key("s3", "PutBucketEncryption", "encryption/{bucketName}"),
    key("s3", "DeleteBucketEncryption", "encryption/{bucketName}"),
    by("kms", "PutKeyPolicy", put_resource_policy),
    by("ecr", "SetRepositoryPolicy", put_resource_policy),
    by("ecr", "DeleteRepositoryPolicy", put_resource_policy),
    by("ecr", "DeleteRepository", put_resource_policy),
    by("sns", "SetTopicAttributes", put_resource_policy),
    by("sns", "DeleteTopic", deleted_holder),
    by("sqs", "SetQueueAttributes", put_resource_policy),
    by("sqs", "DeleteQueue", deleted_holder),
    by("secretsmanager", "PutResourcePolicy", put_resource_policy),
    by("secretsmanager", "DeleteResourcePolicy", put_resource_policy),
    key("secretsmanager", "RestoreSecret", "secret/{secretId}"),
    by("glue", "PutResourcePolicy", put_resource_policy),
    by("glue", "DeleteResourcePolicy", put_resource_policy),
    by("elasticfilesystem", "PutFileSystemPolicy", put_resource_policy),
    by("elasticfilesystem", "DeleteFileSystemPolicy", put_resource_policy),
    by("backup", "PutBackupVaultAccessPolicy", put_resource_policy),
    by("backup", "DeleteBackupVaultAccessPolicy", put_resource_policy),
    by("es", "UpdateElasticsearchDomainConfig", put_resource_policy),
    by("es", "UpdateDomainConfig", put_resource_policy),
    by("dynamodb", "PutResourcePolicy", put_resource_policy),
    by("dynamodb", "DeleteResourcePolicy", put_resource_policy),
    key("lambda", "RemovePermission", PERMISSION_KEY),
    key("sns", "RemovePermission", PERMISSION_KEY),
    key("sqs", "RemovePermission", PERMISSION_KEY),
    key("events", "RemovePermission", PERMISSION_KEY),
    key("lambda", "DeleteFunctionUrlConfig", "permitted/{functionName}|url"),
    by("lambda", "UpdateFunctionUrlConfig", private_url),
    key("lambda", "UpdateFunctionCode", "function/{functionName|response.functionName}|code"),
    key("lambda", "UpdateFunctionConfiguration", "function/{functionName}|configuration"),
    by("lambda", "DeleteFunction", deleted_function),
    key("lambda", "DeleteEventSourceMapping", "event-source/{uUID|uuid}"),
    by("kms", "RevokeGrant", ended_grant),
    by("kms", "RetireGrant", ended_grant),
    key("kms", "CancelKeyDeletion", "key-deletion/{keyId}"),
    key("kms", "EnableKey", "key/{keyId}|enabled"),
    key("kms", "EnableKeyRotation", "key/{keyId}|rotation"),
    key("kms", "ImportKeyMaterial", "key/{keyId}|material"),
    key("ram", "DeleteResourceShare", "share/{resourceShareArn}"),
    key("ram", "DisassociateResourceShare", "share/{resourceShareArn}"),
    by("ec2", "RevokeSecurityGroupIngress", closed_ports),
    key("ec2", "DeleteSecurityGroup", "security-group/{groupId|groupName}"),
    by("ec2", "TerminateInstances", terminated),
    key("ec2", "DeleteKeyPair", "key-pair/{keyName}"),
    key("ec2", "DisableSerialConsoleAccess", "serial-console"),
    key("ec2", "EnableSnapshotBlockPublicAccess", "snapshot-block"),
    key("ec2", "EnableImageBlockPublicAccess", "image-block"),
    by("ec2", "ModifyInstanceMetadataOptions", required_tokens),
    key("ec2", "DeleteTrafficMirrorSession", "mirror/{trafficMirrorSessionId}"),
    key("dynamodb", "UpdateContinuousBackups", "table/{tableName}|backups"),
    key("glue", "DeleteDevEndpoint", "endpoint/{endpointName}"),
    key("ses", "DeleteIdentity", "identity/{identity}"),
    key("ses", "DeleteEmailIdentity", "identity/{emailIdentity}"),
];

fn keys<const N: usize>(call: &NotableCall<'_>, templates: [&str; N]) -> Vec<String> {
    templates.iter().filter_map(|template| call.key(template)).collect()
}

fn deleted_key(call: &NotableCall<'_>) -> Vec<String> {
    // Root's keys are deleted by root, without a name.
    keys(call, ["user/{user}|key/{accessKeyId}", "root|key/{accessKeyId}"])
}

/// Whether what the request names is made inactive.
fn becomes_inactive(call: &NotableCall<'_>) -> bool {
    call.has("status", "Inactive")
}

fn inactive_key(call: &NotableCall<'_>) -> Vec<String> {
    if becomes_inactive(call) { deleted_key(call) } else { Vec::new() }
}

fn inactive_ssh_key(call: &NotableCall<'_>) -> Vec<String> {
    let keys = keys(call, ["user/{user}|ssh/{sSHPublicKeyId}"]);
    if becomes_inactive(call) { keys } else { Vec::new() }
}

fn inactive_certificate(call: &NotableCall<'_>) -> Vec<String> {
    let keys = keys(call, ["user/{user}|certificate/{certificateId}"]);
    if becomes_inactive(call) { keys } else { Vec::new() }
}

fn inactive_credential(call: &NotableCall<'_>) -> Vec<String> {
    let keys = keys(call, ["user/{user}|credential/{serviceSpecificCredentialId}"]);
    if becomes_inactive(call) { keys } else { Vec::new() }
}

/// An inline policy replaces the one of the same name, and puts back one that was deleted.
fn put_policy(call: &NotableCall<'_>) -> Vec<String> {
    let templates = match call.name() {
        "PutRolePolicy" => {
            ["role/{roleName}|inline/{policyName}", "role/{roleName}|deleted/{policyName}"]
        }
        "PutGroupPolicy" => {
            ["group/{groupName}|inline/{policyName}", "group/{groupName}|deleted/{policyName}"]
        }
        _ => ["user/{user}|inline/{policyName}", "user/{user}|deleted/{policyName}"],
    };
    keys(call, templates)
}

/// Making one version the default takes back every other version: IAM keeps five, numbered.
fn other_versions(call: &NotableCall<'_>) -> Vec<String> {
    const KEPT: u32 = 30;
    if call.has("setAsDefault", "false") {
        return Vec::new();
    }
    let chosen = call.text("versionId|response.policyVersion.versionId");
    let number = |text: &String| text.trim_start_matches('v').parse::<u32>().ok();
    let Some(chosen) = chosen.as_ref().and_then(number) else { return Vec::new() };
    let Some(policy) = call.key("policy/{policyArn}") else { return Vec::new() };
    let versions = chosen.saturating_sub(KEPT)..=chosen.saturating_add(KEPT);
    let others = versions.filter(|version| *version != chosen && *version > 0);
    others.map(|version| format!("{policy}|version/v{version}")).collect()
}

fn wide_selectors(call: &NotableCall<'_>) -> Vec<String> {
    match narrowed_selectors(call) {
        None => keys(call, ["trail/{trailName|eventDataStore}|selectors"]),
        Some(_) => Vec::new(),
    }
}

fn enabled_detector(call: &NotableCall<'_>) -> Vec<String> {
    if !call.has("enable", "true") {
        return Vec::new();
    }
    keys(call, ["detector/{detectorId}|enabled", "detector/{detectorId}|features"])
}

fn enabled_macie(call: &NotableCall<'_>) -> Vec<String> {
    if call.has("status", "ENABLED") { keys(call, ["macie"]) } else { Vec::new() }
}

/// The key of what is shared with these, each alone and all together.
fn removed_shares(call: &NotableCall<'_>) -> Vec<String> {
    let Some(shared) = call.key(&format!("shared/{{{SHARED}}}")) else { return Vec::new() };
    let removed = ShareChange::read(call).removed;
    let all = (removed.len() > 1).then(|| removed.join(","));
    removed.iter().cloned().chain(all).map(|with| format!("{shared}|{with}")).collect()
}

fn no_longer_shared(call: &NotableCall<'_>) -> Vec<String> {
    call.key(&format!("shared/{{{SHARED}}}")).into_iter().collect()
}

/// A policy of a resource replaces the one before, and restores one that was deleted.
fn put_resource_policy(call: &NotableCall<'_>) -> Vec<String> {
    // Attributes of topics and queues are many; only the policy counts.
    let is_other = match call.service() {
        "sns" => !call.has("attributeName", "Policy"),
        "sqs" => call.value("attributes.Policy").is_none(),
        _ => false,
    };
    if is_other {
        return Vec::new();
    }
    let mut keys: Vec<String> = call.key(&format!("policy/{{{HOLDER}}}")).into_iter().collect();
    if call.name() == "PutBucketPolicy" {
        keys.extend(call.key("policy-deleted/{bucketName}"));
    }
    keys
}

fn deleted_holder(call: &NotableCall<'_>) -> Vec<String> {
    let policy = call.key(&format!("policy/{{{HOLDER}}}"));
    policy.into_iter().chain(call.key("permitted/{topicArn|queueUrl}")).collect()
}

fn deleted_bucket(call: &NotableCall<'_>) -> Vec<String> {
    let kinds = [
        "policy/{bucketName}",
        "policy-deleted/{bucketName}",
        "acl/{bucketName}",
        "public-block/{bucketName}",
        "replication/{bucketName}",
        "lifecycle/{bucketName}",
        "versioning/{bucketName}",
        "logging/{bucketName}",
        "encryption/{bucketName}",
    ];
    keys(call, kinds)
}

fn deleted_function(call: &NotableCall<'_>) -> Vec<String> {
    keys(call, ["function/{functionName}", "permitted/{functionName}"])
}

fn private_url(call: &NotableCall<'_>) -> Vec<String> {
    if call.has("authType", "AWS_IAM") {
        keys(call, ["permitted/{functionName}|url"])
    } else {
        Vec::new()
    }
}

/// A grant that is retired names itself in the answer of newer records only.
fn ended_grant(call: &NotableCall<'_>) -> Vec<String> {
    let named = call.text("grantId|response.grantId");
    let named = named.or_else(|| {
        let details = call.event.record.get("additionalEventData")?;
        super::value::text_of(super::value::find_path(details, "grantId")?)
    });
    let key = |grant: String| call.key_in_place(&format!("grant/{grant}"));
    named.map(key).into_iter().collect()
}

fn closed_ports(call: &NotableCall<'_>) -> Vec<String> {
    let Some(group) = call.key("security-group/{groupId|groupName}") else { return Vec::new() };
    IngressRule::read_all(call).iter().map(|rule| format!("{group}|{}", rule.key())).collect()
}

fn terminated(call: &NotableCall<'_>) -> Vec<String> {
    let ids = call.instance_ids();
    let all = (ids.len() > 1).then(|| ids.join(","));
    let all = ids.iter().cloned().chain(all);
    all.map(|ids| call.key_in_place(&format!("instances/{ids}"))).collect()
}

fn required_tokens(call: &NotableCall<'_>) -> Vec<String> {
    let keys = keys(call, ["instance/{instanceId}|metadata"]);
    if call.has("httpTokens", "required") { keys } else { Vec::new() }
}
