//! What is deleted, or encrypted with somebody else's key.

use aware_core::event::Arn;

use super::call::NotableCall;
use super::draft::{BackRow, CallReader, FactDraft, FactRow};
use super::value::each_text;
use crate::case::NotableClass::{Defences, Destruction};

pub(super) const READERS: &[CallReader] = &[
    CallReader::row("kms", "ScheduleKeyDeletion", KEY_DELETION),
    CallReader::row("kms", "DisableKey", KEY_DISABLED),
    CallReader::row("kms", "DeleteImportedKeyMaterial", KEY_MATERIAL),
    CallReader::row("kms", "DisableKeyRotation", KEY_ROTATION),
    CallReader::row("s3", "DeleteBucket", BUCKET),
    CallReader::row("s3", "DeleteObjects", OBJECTS).frequent(),
    CallReader::by("s3", "CopyObject", read_copy).frequent(),
    CallReader::by("s3", "PutObject", read_copy).frequent(),
    CallReader::by("rds", "DeleteDBInstance", read_database),
    CallReader::by("rds", "DeleteDBCluster", read_database),
    CallReader::row("rds", "DeleteDBSnapshot", DATABASE_SNAPSHOT),
    CallReader::row("rds", "DeleteDBClusterSnapshot", DATABASE_SNAPSHOT),
    CallReader::row("rds", "DeleteDBInstanceAutomatedBackup", DATABASE_BACKUP),
    CallReader::row("ec2", "DeleteSnapshot", SNAPSHOT),
    CallReader::row("ec2", "DeregisterImage", IMAGE),
    CallReader::row("ec2", "TerminateInstances", INSTANCES),
    CallReader::row("backup", "DeleteBackupVault", VAULT),
    CallReader::row("backup", "DeleteRecoveryPoint", RECOVERY_POINT),
    CallReader::row("backup", "DeleteBackupPlan", BACKUP_PLAN),
    CallReader::row("backup", "DeleteBackupSelection", BACKUP_PLAN),
    CallReader::row("dynamodb", "DeleteTable", TABLE),
    CallReader::row("dynamodb", "DeleteBackup", TABLE_BACKUP),
    CallReader::by("dynamodb", "UpdateContinuousBackups", read_continuous_backups),
    CallReader::by("secretsmanager", "DeleteSecret", read_secret),
    CallReader::row("ecr", "DeleteRepository", REPOSITORY),
    CallReader::row("elasticfilesystem", "DeleteFileSystem", FILE_SYSTEM),
];

const KEY_DELETION: FactRow = FactRow::new(
    Destruction,
    4,
    "{keyId}: in {pendingWindowInDays|response.pendingWindowInDays} days",
    "scheduled the deletion of key {keyId}",
)
.for_workloads(1)
.keyed("key-deletion/{keyId}")
.back(
    "Cancel the deletion of key {keyId}",
    "aws kms cancel-key-deletion --key-id {keyId}",
    "Nothing. The key comes back disabled: enable it afterwards.",
    "aws kms schedule-key-deletion --key-id {keyId}",
);
const KEY_DISABLED: FactRow = FactRow::new(Destruction, 3, "{keyId}", "disabled key {keyId}")
    .for_workloads(1)
    .keyed("key/{keyId}|enabled")
    .back(
        "Enable key {keyId} again",
        "aws kms enable-key --key-id {keyId}",
        "Nothing.",
        "aws kms disable-key --key-id {keyId}",
    );
const KEY_MATERIAL: FactRow =
    FactRow::new(Destruction, 4, "{keyId}", "deleted the imported material of key {keyId}")
        .keyed("key/{keyId}|material");
const KEY_ROTATION: FactRow =
    FactRow::new(Defences, 1, "{keyId}", "switched off rotation of key {keyId}")
        .for_workloads(0)
        .keyed("key/{keyId}|rotation");
const BUCKET: FactRow =
    FactRow::new(Destruction, 1, "{bucketName}", "deleted bucket {bucketName}").for_workloads(0);
const OBJECTS: FactRow =
    FactRow::new(Destruction, 1, "{bucketName}", "deleted objects from bucket {bucketName}")
        .for_workloads(0);

/// Only who holds the key can read the object afterwards: how buckets are held to ransom.
fn read_copy(call: &NotableCall<'_>) -> Option<FactDraft> {
    let mut is_customer_key = false;
    let mut foreign = None;
    each_text(call.request, &mut |name, text| {
        is_customer_key |=
            name.eq_ignore_ascii_case("x-amz-server-side-encryption-customer-algorithm");
        let arn = Arn::parse(text).filter(|arn| arn.service() == "kms");
        if let Some(arn) = arn.filter(|arn| !call.is_own_account(arn.account())) {
            foreign = Some(arn.account().to_owned());
        }
    });
    let object = call.sentence("{key} in bucket {bucketName}");
    let (weight, with) = match (foreign, is_customer_key) {
        (Some(account), _) => (5, format!("a key of account {account}")),
        (None, true) => (3, "a key that AWS does not store (SSE-C)".to_owned()),
        (None, false) => return None,
    };
    let achieved = format!("encrypted {object} with {with}");
    Some(FactDraft::new(Destruction, weight, format!("{object}: {with}"), achieved))
}

fn read_database(call: &NotableCall<'_>) -> Option<FactDraft> {
    let name = call.sentence("{dBInstanceIdentifier|dBClusterIdentifier}");
    let is_lost = call.has("skipFinalSnapshot", "true");
    let weight = match (is_lost, call.is_workload()) {
        (true, false) => 3,
        (true, true) => 1,
        (false, false) => 1,
        (false, true) => 0,
    };
    let how = if is_lost { "without a final snapshot" } else { "with a final snapshot" };
    let achieved = format!("deleted database {name} {how}");
    Some(FactDraft::new(Destruction, weight, format!("{name}, {how}"), achieved))
}

const DATABASE_SNAPSHOT: FactRow = FactRow::new(
    Destruction,
    2,
    "{dBSnapshotIdentifier|dBClusterSnapshotIdentifier}",
    "deleted database snapshot {dBSnapshotIdentifier|dBClusterSnapshotIdentifier}",
)
.for_workloads(0);
const DATABASE_BACKUP: FactRow = FactRow::new(
    Destruction,
    3,
    "{dbiResourceId|dBInstanceAutomatedBackupsArn}",
    "deleted the automated backups of a database",
)
.for_workloads(1);
const SNAPSHOT: FactRow =
    FactRow::new(Destruction, 0, "{snapshotId}", "deleted snapshot {snapshotId}");
const IMAGE: FactRow = FactRow::new(Destruction, 0, "{imageId}", "deregistered image {imageId}");
const INSTANCES: FactRow =
    FactRow::new(Destruction, 0, "{instancesSet&}", "terminated {instancesSet&}");
const VAULT: FactRow =
    FactRow::new(Destruction, 3, "{backupVaultName}", "deleted backup vault {backupVaultName}")
        .for_workloads(1);
const RECOVERY_POINT: FactRow = FactRow::new(
    Destruction,
    3,
    "{recoveryPointArn} of {backupVaultName}",
    "deleted backup {recoveryPointArn} of vault {backupVaultName}",
)
.for_workloads(1);
const BACKUP_PLAN: FactRow =
    FactRow::new(Defences, 2, "{backupPlanId}", "deleted backup plan {backupPlanId}")
        .for_workloads(0);
const TABLE: FactRow =
    FactRow::new(Destruction, 2, "{tableName}", "deleted table {tableName}").for_workloads(0);
const TABLE_BACKUP: FactRow =
    FactRow::new(Destruction, 3, "{backupArn}", "deleted backup {backupArn}").for_workloads(0);

fn read_continuous_backups(call: &NotableCall<'_>) -> Option<FactDraft> {
    let path = "pointInTimeRecoverySpecification.pointInTimeRecoveryEnabled";
    if !call.has(path, "false") {
        return None;
    }
    let table = call.sentence("table {tableName}");
    let weight = if call.is_workload() { 0 } else { 2 };
    let achieved = format!("switched off point-in-time recovery of {table}");
    let draft = FactDraft::new(Defences, weight, format!("{table}: off"), achieved);
    let back = BackRow {
        title: "Switch point-in-time recovery of table {tableName} back on",
        command: "aws dynamodb update-continuous-backups --table-name {tableName} --point-in-time-recovery-specification PointInTimeRecoveryEnabled=true",
        breaks: "Nothing.",
        undo: "",
    };
    Some(draft.keyed(call.key("table/{tableName}|backups")).taken_back(call, &back))
}

fn read_secret(call: &NotableCall<'_>) -> Option<FactDraft> {
    let secret = call.sentence("{secretId}");
    let is_forced = call.has("forceDeleteWithoutRecovery", "true");
    let how = if is_forced { ", without a recovery window" } else { "" };
    let weight = match (is_forced, call.is_workload()) {
        (_, true) => 0,
        (true, false) => 3,
        (false, false) => 1,
    };
    let achieved = format!("deleted secret {secret}{how}");
    let draft = FactDraft::new(Destruction, weight, format!("{secret}{how}"), achieved);
    if is_forced {
        return Some(draft);
    }
    let back = BackRow {
        title: "Restore secret {secretId}",
        command: "aws secretsmanager restore-secret --secret-id {secretId}",
        breaks: "Nothing.",
        undo: "",
    };
    Some(draft.keyed(call.key("secret/{secretId}")).taken_back(call, &back))
}

const REPOSITORY: FactRow =
    FactRow::new(Destruction, 1, "{repositoryName}", "deleted repository {repositoryName}")
        .for_workloads(0);
const FILE_SYSTEM: FactRow =
    FactRow::new(Destruction, 3, "{fileSystemId}", "deleted file system {fileSystemId}")
        .for_workloads(0);
