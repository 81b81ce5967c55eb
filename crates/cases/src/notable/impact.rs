//! What is built to be paid for or to carry data away, and accounts that others lose.

use super::call::NotableCall;
use super::draft::{CallReader, FactDraft, FactRow};
use super::value::possession;
use crate::case::NotableClass::{
    Credentials, Destruction, Execution, Exposure, Privileges, Secrets,
};

pub(super) const READERS: &[CallReader] = &[
    CallReader::by("iam", "DeleteLoginProfile", read_lost_access),
    CallReader::by("iam", "DeleteAccessKey", read_lost_access),
    CallReader::by("iam", "DeleteUser", read_lost_access),
    CallReader::row("account", "StartPrimaryEmailUpdate", ROOT_EMAIL),
    CallReader::row("account", "AcceptPrimaryEmailUpdate", ROOT_EMAIL),
    CallReader::row("account", "EnableRegion", REGION),
    CallReader::row("account", "CloseAccount", CLOSED),
    CallReader::row("datasync", "CreateTask", TRANSFER_TASK),
    CallReader::row("transfer", "CreateServer", TRANSFER_SERVER),
    CallReader::row("transfer", "CreateUser", TRANSFER_USER),
    CallReader::row("transfer", "ImportSshPublicKey", TRANSFER_USER),
    CallReader::row("rds", "RestoreDBInstanceFromDBSnapshot", RESTORED),
    CallReader::row("rds", "RestoreDBInstanceToPointInTime", RESTORED),
    CallReader::row("sagemaker", "UpdateNotebookInstanceLifecycleConfig", NOTEBOOK_SCRIPT),
    CallReader::row("sagemaker", "CreateNotebookInstanceLifecycleConfig", NOTEBOOK_SCRIPT),
    CallReader::row("lightsail", "CreateInstances", LIGHTSAIL),
    CallReader::row("ec2", "CreateFleet", FLEET),
    CallReader::row("acm", "ExportCertificate", CERTIFICATE),
    CallReader::row("logs", "CreateExportTask", LOG_EXPORT),
    CallReader::row("route53", "DeleteHostedZone", ZONE),
    CallReader::row("iam", "GetAccountAuthorizationDetails", ALL_OF_IAM).frequent(),
    CallReader::row("s3", "DeleteObject", OBJECT).frequent(),
    CallReader::row("iam", "CreateServiceLinkedRole", SERVICE_ROLE).frequent(),
];

/// Whoever takes keys and passwords from others may lock them out, or may be tidying up.
fn read_lost_access(call: &NotableCall<'_>) -> Option<FactDraft> {
    let whom = call.identity();
    let weight = u8::from(!call.is_own_user() && !call.is_workload());
    let (detail, achieved) = match call.name() {
        "DeleteLoginProfile" => {
            (format!("of {whom}"), format!("removed {}", possession("console password", &whom)))
        }
        "DeleteAccessKey" => {
            let key = call.sentence("{accessKeyId#}");
            (
                format!("of {whom}: {key}"),
                format!("deleted {}", possession(&format!("access key {key}"), &whom)),
            )
        }
        _ => (whom.clone(), format!("deleted {whom}")),
    };
    Some(FactDraft::new(Destruction, weight, detail, achieved))
}

const ROOT_EMAIL: FactRow = FactRow::new(
    Credentials,
    4,
    "",
    "asked to change root's e-mail address, which recovers its password",
);
const REGION: FactRow =
    FactRow::new(Execution, 2, "{regionName}", "enabled region {regionName}").for_workloads(1);
const CLOSED: FactRow =
    FactRow::new(Destruction, 5, "{accountId|account}", "closed account {accountId|account}");
const TRANSFER_TASK: FactRow = FactRow::new(
    Exposure,
    2,
    "{sourceLocationArn} to {destinationLocationArn}",
    "created a DataSync task that copies {sourceLocationArn} to {destinationLocationArn}",
)
.for_workloads(0);
const TRANSFER_SERVER: FactRow =
    FactRow::new(Exposure, 2, "{response.serverId}", "opened file server {response.serverId}")
        .for_workloads(0);
const TRANSFER_USER: FactRow = FactRow::new(
    Credentials,
    2,
    "{userName} of {serverId}",
    "gave {userName} access to file server {serverId}",
)
.for_workloads(0);
const RESTORED: FactRow = FactRow::new(
    Exposure,
    2,
    "{dBInstanceIdentifier|targetDBInstanceIdentifier} from {dBSnapshotIdentifier|sourceDBInstanceIdentifier}",
    "restored database {dBInstanceIdentifier|targetDBInstanceIdentifier} from {dBSnapshotIdentifier|sourceDBInstanceIdentifier}",
)
.for_workloads(0);
const NOTEBOOK_SCRIPT: FactRow = FactRow::new(
    Execution,
    3,
    "{notebookInstanceLifecycleConfigName}",
    "changed notebook start script {notebookInstanceLifecycleConfigName}",
)
.for_workloads(0);
const LIGHTSAIL: FactRow =
    FactRow::new(Execution, 1, "{instanceNames&}", "launched Lightsail instance {instanceNames&}")
        .for_workloads(0);
const FLEET: FactRow =
    FactRow::new(Execution, 1, "", "launched a fleet of instances").for_workloads(0);
const CERTIFICATE: FactRow = FactRow::new(
    Secrets,
    2,
    "{certificateArn}",
    "exported certificate {certificateArn} with its private key",
)
.for_workloads(0);
const ALL_OF_IAM: FactRow =
    FactRow::new(Secrets, 1, "", "read every user, role and policy of the account")
        .for_workloads(0);
const OBJECT: FactRow =
    FactRow::new(Destruction, 1, "{bucketName}", "deleted objects from bucket {bucketName}")
        .for_workloads(0);
const SERVICE_ROLE: FactRow = FactRow::new(
    Privileges,
    0,
    "{aWSServiceName}",
    "created the service-linked role of {aWSServiceName}",
);
const LOG_EXPORT: FactRow = FactRow::new(
    Exposure,
    1,
    "{logGroupName} to {destination}",
    "exported log group {logGroupName} to bucket {destination}",
)
.for_workloads(0);
const ZONE: FactRow =
    FactRow::new(Destruction, 2, "{id}", "deleted hosted zone {id}").for_workloads(0);
