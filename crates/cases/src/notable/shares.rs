//! Things that other accounts, or everybody, can use from now on: snapshots, images, functions.

use super::admission::Admission;
use super::call::NotableCall;
use super::draft::{BackRow, CallReader, FactDraft, FactRow};
use super::template::{bounded_part, key_part};
use super::value::{each_text, list_names, show_name};
use crate::case::NotableClass::Exposure;

pub(super) const READERS: &[CallReader] = &[
    CallReader::by("ec2", "ModifySnapshotAttribute", read_attribute),
    CallReader::by("ec2", "ModifyImageAttribute", read_attribute),
    CallReader::by("ec2", "ModifyFpgaImageAttribute", read_attribute),
    CallReader::by("rds", "ModifyDBSnapshotAttribute", read_attribute),
    CallReader::by("rds", "ModifyDBClusterSnapshotAttribute", read_attribute),
    CallReader::by("redshift", "AuthorizeSnapshotAccess", read_attribute),
    CallReader::by("redshift", "AuthorizeDataShare", read_attribute),
    CallReader::by("ssm", "ModifyDocumentPermission", read_attribute),
    CallReader::by("lambda", "AddPermission", read_permission),
    CallReader::by("lambda", "AddLayerVersionPermission", read_permission),
    CallReader::by("sns", "AddPermission", read_permission),
    CallReader::by("sqs", "AddPermission", read_permission),
    CallReader::by("events", "PutPermission", read_permission),
    CallReader::by("kms", "CreateGrant", read_grant),
    CallReader::by("ram", "CreateResourceShare", read_resource_share),
    CallReader::by("ram", "AssociateResourceShare", read_resource_share),
    CallReader::by("lambda", "CreateFunctionUrlConfig", read_function_url),
    CallReader::by("lambda", "UpdateFunctionUrlConfig", read_function_url),
    CallReader::row("ec2", "CreateInstanceExportTask", EXPORT),
    CallReader::row("ec2", "ExportImage", EXPORT),
    CallReader::row("ec2", "CreateStoreImageTask", EXPORT),
    CallReader::row("rds", "StartExportTask", DATABASE_EXPORT),
    CallReader::row("dynamodb", "ExportTableToPointInTime", TABLE_EXPORT),
    CallReader::row("ec2", "CreateTrafficMirrorSession", MIRROR),
    CallReader::by("ec2", "CreateVpcPeeringConnection", read_peering),
];

/// Who is added, and who is removed, by a request that shares something.
pub(super) struct ShareChange {
    pub(super) added: Vec<String>,
    pub(super) removed: Vec<String>,
}

impl ShareChange {
    pub(super) fn read(call: &NotableCall<'_>) -> Self {
        let lists = |paths: &[&str]| {
            let mut found: Vec<String> = Vec::new();
            for value in paths.iter().filter_map(|path| call.value(path)) {
                each_text(value, &mut |name, text| {
                    if !name.eq_ignore_ascii_case("attribute")
                        && !text.is_empty()
                        && found.len() < 100
                    {
                        found.push(text.to_owned());
                    }
                });
            }
            found.sort_unstable();
            found.dedup();
            found
        };
        let mut change = Self { added: lists(&ADDED), removed: lists(&REMOVED) };
        // The older form of EC2's request: who, and whether they are added.
        let given = lists(&["userIdSet", "userGroupSet", "userId", "userGroup"]);
        match call.text("operationType").as_deref() {
            Some("remove") => change.removed.extend(given),
            _ => change.added.extend(given),
        }
        change
    }
}

const ADDED: [&str; 7] = [
    "createVolumePermission.add",
    "launchPermission.add",
    "loadPermission.add",
    "valuesToAdd",
    "accountIdsToAdd",
    "accountWithRestoreAccess",
    "consumerIdentifier",
];
const REMOVED: [&str; 5] = [
    "createVolumePermission.remove",
    "launchPermission.remove",
    "loadPermission.remove",
    "valuesToRemove",
    "accountIdsToRemove",
];

/// The part of an undo key that says with whom.
pub(super) fn joined_key(names: &[String]) -> String {
    let parts: Vec<String> = names.iter().map(|name| key_part(name)).collect();
    bounded_part(&parts.join(","))
}

fn clipped_names(names: &[String]) -> Vec<String> {
    names.iter().map(|name| show_name(name)).collect()
}

/// The parameter that names what is shared.
pub(super) const SHARED: &str = "snapshotId|imageId|fpgaImageId|dBSnapshotIdentifier|dBClusterSnapshotIdentifier|snapshotIdentifier|dataShareArn|name";

fn read_attribute(call: &NotableCall<'_>) -> Option<FactDraft> {
    let change = ShareChange::read(call);
    let own = |account: &str| call.is_own_account(account);
    let mut admission = Admission::default();
    change.added.iter().for_each(|one| admission.add_account(one, &own));
    let whom = admission.words()?;
    let thing = match call.name() {
        "ModifyImageAttribute" => "image",
        "ModifyFpgaImageAttribute" => "FPGA image",
        "ModifyDocumentPermission" => "document",
        "AuthorizeDataShare" => "data share",
        _ => "snapshot",
    };
    let name = call.sentence(&format!("{{{SHARED}}}"));
    let weight = match (admission.is_foreign(), thing) {
        (true, "document") => 3,
        (true, _) => 5,
        (false, _) => 2,
    };
    let detail = format!("{name}: shared with {whom}");
    let achieved = format!("shared {thing} {name} with {whom}");
    let draft = FactDraft::new(Exposure, weight, detail, achieved);
    let key = call.key(&format!("shared/{{{SHARED}}}"));
    let draft = draft.keyed(key.map(|key| format!("{key}|{}", joined_key(&change.added))));
    Some(match share_back(call) {
        Some(back) => draft.taken_back(call, &back),
        None => draft,
    })
}

fn share_back(call: &NotableCall<'_>) -> Option<BackRow> {
    let (title, command) = match call.name() {
        "ModifySnapshotAttribute" => (
            "Make snapshot {snapshotId} private again",
            "aws ec2 reset-snapshot-attribute --snapshot-id {snapshotId} --attribute createVolumePermission",
        ),
        "ModifyImageAttribute" => (
            "Make image {imageId} private again",
            "aws ec2 reset-image-attribute --image-id {imageId} --attribute launchPermission",
        ),
        "ModifyDBSnapshotAttribute" => (
            "Stop sharing snapshot {dBSnapshotIdentifier}",
            "aws rds modify-db-snapshot-attribute --db-snapshot-identifier {dBSnapshotIdentifier} --attribute-name {attributeName} --values-to-remove {valuesToAdd&}",
        ),
        "ModifyDBClusterSnapshotAttribute" => (
            "Stop sharing snapshot {dBClusterSnapshotIdentifier}",
            "aws rds modify-db-cluster-snapshot-attribute --db-cluster-snapshot-identifier {dBClusterSnapshotIdentifier} --attribute-name {attributeName} --values-to-remove {valuesToAdd&}",
        ),
        "AuthorizeSnapshotAccess" => (
            "Stop sharing snapshot {snapshotIdentifier}",
            "aws redshift revoke-snapshot-access --snapshot-identifier {snapshotIdentifier} --account-with-restore-access {accountWithRestoreAccess}",
        ),
        "ModifyDocumentPermission" => (
            "Stop sharing document {name}",
            "aws ssm modify-document-permission --name {name} --permission-type Share --account-ids-to-remove {accountIdsToAdd&}",
        ),
        _ => return None,
    };
    let breaks = "Every account that it is shared with loses access; copies made there stay.";
    Some(BackRow { title, command, breaks, undo: "" })
}

fn read_permission(call: &NotableCall<'_>) -> Option<FactDraft> {
    let own = |account: &str| call.is_own_account(account);
    let mut admission = Admission::default();
    let given = call.texts("principal|aWSAccountIds|aWSAccountId");
    let limit = call.text("sourceAccount|principalOrgID|organizationId|condition.value|sourceArn");
    for one in &given {
        match (one.as_str(), &limit) {
            ("*", Some(limit)) => admission.add_account(limit, &own),
            (one, _) => admission.add_account(one, &own),
        }
    }
    let what = call.sentence("{functionName|layerName|topicArn|queueUrl|eventBusName}");
    let thing = match call.service() {
        "sns" => "topic",
        "sqs" => "queue",
        "events" => "event bus",
        _ if call.name() == "AddLayerVersionPermission" => "layer",
        _ => "function",
    };
    let (weight, whom) = match admission.words().filter(|_| !given.is_empty()) {
        Some(whom) if admission.is_foreign() && given.iter().all(|one| !is_service(one)) => {
            (4, whom)
        }
        _ => (0, list_names(&clipped_names(&given))),
    };
    let whom = if whom.is_empty() { "someone".to_owned() } else { whom };
    let detail = format!("{what}: access for {whom}");
    let draft = FactDraft::new(Exposure, weight, detail, format!("let {whom} use {thing} {what}"));
    let draft = draft.keyed(call.key(PERMISSION_KEY));
    Some(match call.name() {
        "AddPermission" if call.service() == "lambda" => draft.taken_back(call, &PERMISSION_BACK),
        _ => draft,
    })
}

fn is_service(principal: &str) -> bool {
    principal.ends_with(".amazonaws.com")
}

/// The key of a permission of a function, a topic, a queue or an event bus.
pub(super) const PERMISSION_KEY: &str = "permitted/{functionName|layerName|topicArn|queueUrl|eventBusName}|statement/{statementId|label}";

const PERMISSION_BACK: BackRow = BackRow {
    title: "Remove permission {statementId} from function {functionName}",
    command: "aws lambda remove-permission --function-name {functionName} --statement-id {statementId}",
    breaks: "Anyone who invokes the function through this permission.",
    undo: "",
};

fn read_grant(call: &NotableCall<'_>) -> Option<FactDraft> {
    let own = |account: &str| call.is_own_account(account);
    let grantee = call.text("granteePrincipal")?;
    let mut admission = Admission::default();
    admission.add_account(&grantee, &own);
    if is_service(&grantee) || !admission.is_foreign() {
        return None;
    }
    let whom = admission.words()?;
    let detail = call.sentence("{keyId}: {operations&}");
    let detail = format!("{detail} for {whom}");
    let achieved = format!("let {whom} use {}", call.sentence("key {keyId}"));
    let back = BackRow {
        title: "Revoke the grant on key {keyId}",
        command: "aws kms revoke-grant --key-id {keyId} --grant-id {response.grantId}",
        breaks: "Anything that the grantee does with the key.",
        undo: "",
    };
    let draft = FactDraft::new(Exposure, 4, detail, achieved);
    Some(draft.keyed(call.key("grant/{response.grantId}")).taken_back(call, &back))
}

fn read_resource_share(call: &NotableCall<'_>) -> Option<FactDraft> {
    let own = |account: &str| call.is_own_account(account);
    let mut admission = Admission::default();
    call.texts("principals").iter().for_each(|one| match one.contains(":organizations:") {
        true => admission.limited = true,
        false => admission.add_account(one, &own),
    });
    let whom = admission.words()?;
    let share = call.sentence("{name|resourceShareArn}");
    let weight = match (admission.is_foreign(), call.is_workload()) {
        (true, false) => 4,
        (true, true) => 2,
        (false, _) => 0,
    };
    let detail = format!("{share}: shared with {whom}");
    let draft = FactDraft::new(Exposure, weight, detail, format!("shared {share} with {whom}"));
    Some(draft.keyed(call.key("share/{resourceShareArn|response.resourceShare.resourceShareArn}")))
}

fn read_function_url(call: &NotableCall<'_>) -> Option<FactDraft> {
    if !call.has("authType", "NONE") {
        return None;
    }
    let weight = if call.is_workload() { 1 } else { 3 };
    let function = call.sentence("function {functionName}");
    let achieved = format!("gave {function} a public URL without authentication");
    let back = BackRow {
        title: "Delete the URL of function {functionName}",
        command: "aws lambda delete-function-url-config --function-name {functionName}",
        breaks: "Anyone who calls the function through its URL.",
        undo: "",
    };
    let draft =
        FactDraft::new(Exposure, weight, format!("{function}: no authentication"), achieved);
    Some(draft.keyed(call.key("permitted/{functionName}|url")).taken_back(call, &back))
}

const EXPORT: FactRow = FactRow::new(
    Exposure,
    3,
    "{instanceId|imageId} to {exportToS3.s3Bucket|s3ExportLocation.s3Bucket|bucket}",
    "exported {instanceId|imageId} to bucket {exportToS3.s3Bucket|s3ExportLocation.s3Bucket|bucket}",
)
.for_workloads(1);
const DATABASE_EXPORT: FactRow = FactRow::new(
    Exposure,
    3,
    "{sourceArn} to {s3BucketName}",
    "exported {sourceArn} to bucket {s3BucketName}",
)
.for_workloads(1);
const TABLE_EXPORT: FactRow = FactRow::new(
    Exposure,
    3,
    "{tableArn} to {s3Bucket}",
    "exported table {tableArn} to bucket {s3Bucket}",
)
.for_workloads(1);
const MIRROR: FactRow = FactRow::new(
    Exposure,
    4,
    "{networkInterfaceId} to {trafficMirrorTargetId}",
    "mirrored the traffic of {networkInterfaceId} to {trafficMirrorTargetId}",
)
.for_workloads(2)
.keyed("mirror/{response.trafficMirrorSession.trafficMirrorSessionId}");

fn read_peering(call: &NotableCall<'_>) -> Option<FactDraft> {
    let peer = call.text("peerOwnerId").filter(|peer| !call.is_own_account(peer))?;
    let detail = format!("{}: account {peer}", call.sentence("{vpcId}"));
    let achieved =
        format!("requested VPC peering of {} with account {peer}", call.sentence("{vpcId}"));
    let weight = if call.is_workload() { 1 } else { 2 };
    Some(FactDraft::new(Exposure, weight, detail, achieved))
}
