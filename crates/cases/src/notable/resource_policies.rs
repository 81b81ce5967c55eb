//! Policies of resources.

use super::admission::Admission;
use super::call::NotableCall;
use super::document::PolicyDocument;
use super::draft::{BackRow, CallReader, FactDraft, FactRow};
use crate::case::NotableClass::Exposure;

pub(super) const READERS: &[CallReader] = &[
    CallReader::by("s3", "PutBucketPolicy", read_policy),
    CallReader::by("s3", "PutAccessPointPolicy", read_policy),
    CallReader::by("kms", "PutKeyPolicy", read_policy),
    CallReader::by("ecr", "SetRepositoryPolicy", read_policy),
    CallReader::by("ecr", "PutRegistryPolicy", read_policy),
    CallReader::by("sns", "SetTopicAttributes", read_policy),
    CallReader::by("sqs", "SetQueueAttributes", read_policy),
    CallReader::by("secretsmanager", "PutResourcePolicy", read_policy),
    CallReader::by("glue", "PutResourcePolicy", read_policy),
    CallReader::by("dynamodb", "PutResourcePolicy", read_policy),
    CallReader::by("elasticfilesystem", "PutFileSystemPolicy", read_policy),
    CallReader::by("backup", "PutBackupVaultAccessPolicy", read_policy),
    CallReader::by("es", "CreateElasticsearchDomain", read_policy),
    CallReader::by("es", "UpdateElasticsearchDomainConfig", read_policy),
    CallReader::by("es", "CreateDomain", read_policy),
    CallReader::by("es", "UpdateDomainConfig", read_policy),
    CallReader::by("logs", "PutResourcePolicy", read_policy),
    CallReader::by("logs", "PutDestinationPolicy", read_policy),
    CallReader::row("ec2", "DisableSnapshotBlockPublicAccess", SNAPSHOT_BLOCK),
    CallReader::row("ec2", "DisableImageBlockPublicAccess", IMAGE_BLOCK),
];

/// The parameters that name what has a policy.
pub(super) const HOLDER: &str = "bucketName|bucket|keyId|repositoryName|topicArn|queueUrl|secretId|domainName|fileSystemId|backupVaultName|resourceArn|destinationName|policyName|name";

/// What has the policy: `bucket logs`.
fn holder(call: &NotableCall<'_>) -> String {
    let kind = match call.service() {
        "s3" => "bucket",
        "kms" => "key",
        "ecr" => "repository",
        "sns" => "topic",
        "sqs" => "queue",
        "secretsmanager" => "secret",
        "es" => "domain",
        "elasticfilesystem" => "file system",
        "backup" => "backup vault",
        "logs" => "log destination",
        "glue" => return "the Glue Data Catalog".to_owned(),
        _ => "resource",
    };
    format!("{kind} {}", call.sentence(&format!("{{{HOLDER}}}")))
}

fn read_policy(call: &NotableCall<'_>) -> Option<FactDraft> {
    let policy = PolicyDocument::find_in(call.request)?;
    let own = |account: &str| call.is_own_account(account);
    let draft = draft_admission(call, &policy.admits(&own));
    let draft = draft.keyed(call.key(&format!("policy/{{{HOLDER}}}")));
    Some(match policy_back(call) {
        Some(back) => draft.taken_back(call, &back),
        None => draft,
    })
}

/// What a policy of a resource means by whom it admits.
pub(super) fn draft_admission(call: &NotableCall<'_>, admission: &Admission) -> FactDraft {
    let holder = holder(call);
    let weight = match (admission.is_foreign(), admission.words().is_some()) {
        (true, _) => 4,
        (false, true) => u8::from(!call.is_workload()),
        (false, false) => u8::from(call.is_own_grant()),
    };
    let own = call.is_own_grant().then(|| "themselves".to_owned());
    let (detail, achieved) = match admission.words().or(own) {
        Some(whom) => {
            (format!("{holder}: access for {whom}"), format!("gave {whom} access to {holder}"))
        }
        None => (holder.clone(), format!("changed the policy of {holder}")),
    };
    FactDraft::new(Exposure, weight, detail, achieved)
}

fn policy_back(call: &NotableCall<'_>) -> Option<BackRow> {
    let (title, command) = match (call.service(), call.name()) {
        ("s3", "PutBucketPolicy") => (
            "Delete the policy of bucket {bucketName}, or restore the previous one",
            "aws s3api delete-bucket-policy --bucket {bucketName}",
        ),
        ("kms", _) => (
            "See the policy of key {keyId}, and restore the previous one",
            "aws kms get-key-policy --key-id {keyId} --policy-name default --output text",
        ),
        ("ecr", "SetRepositoryPolicy") => (
            "Delete the policy of repository {repositoryName}, or restore the previous one",
            "aws ecr delete-repository-policy --repository-name {repositoryName}",
        ),
        ("secretsmanager", _) => (
            "Delete the policy of secret {secretId}, or restore the previous one",
            "aws secretsmanager delete-resource-policy --secret-id {secretId}",
        ),
        ("sqs", _) => (
            "Remove the policy of queue {queueUrl}, or restore the previous one",
            "aws sqs set-queue-attributes --queue-url {queueUrl} --attributes Policy=",
        ),
        ("elasticfilesystem", _) => (
            "Delete the policy of file system {fileSystemId}, or restore the previous one",
            "aws efs delete-file-system-policy --file-system-id {fileSystemId}",
        ),
        _ => return None,
    };
    Some(BackRow {
        title,
        command,
        breaks: "Anyone whose access depends on this policy.",
        undo: "",
    })
}

const SNAPSHOT_BLOCK: FactRow =
    FactRow::new(Exposure, 3, "", "allowed public sharing of snapshots in account {account}")
        .keyed("snapshot-block")
        .back(
            "Block public sharing of snapshots again",
            "aws ec2 enable-snapshot-block-public-access --state block-all-sharing",
            "Snapshots that are public on purpose.",
            "aws ec2 disable-snapshot-block-public-access",
        );
const IMAGE_BLOCK: FactRow = FactRow::new(
    Exposure,
    3,
    "",
    "allowed public sharing of images in account {account}",
)
.keyed("image-block")
.back(
    "Block public sharing of images again",
    "aws ec2 enable-image-block-public-access --image-block-public-access-state block-new-sharing",
    "Images that should become public.",
    "aws ec2 disable-image-block-public-access",
);
