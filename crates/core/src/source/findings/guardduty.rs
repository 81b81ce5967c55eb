//! GuardDuty's findings.
//!
//! Source: GuardDuty user guide, "Finding details" and "Severity levels for findings"; GuardDuty API
//! reference, `Finding`.

use serde_json::Value;

use super::finding_source::{FindingSource, FoundRecord, derived_fields};
use super::read::{account, at, count, is_true, number, owned, region, required, text, time};
use super::subject::{NamedCaller, instance, resource, whole_account};
use crate::event::{ForeignFinding, Level, Principal, TargetResource};
use crate::source::contract::{Essentials, RecordContext, RecordProblem};
use crate::source::field::field_table;
use crate::source::id::SourceId;

/// GuardDuty.
pub static GUARDDUTY: FindingSource = FindingSource {
    id: SourceId::new("guardduty", "GuardDuty"),
    members: &[
        &["schemaVersion", "accountId", "type", "severity", "service"],
        &["SchemaVersion", "AccountId", "Type", "Severity", "Service"],
    ],
    folder: Some("GuardDuty"),
    detail_types: &["GuardDuty Finding"],
    detail_list: None,
    fields: TABLE,
    derived: derived_fields!(GUARDDUTY),
    essentials: Essentials { names: ["id", "type"], time: "updatedAt" },
    read,
};

field_table! {
    "schemaVersion" "string" "version of the record's format";
    "accountId" "string" "account that the finding is about";
    "region" "string" "region";
    "partition" "string" "`aws`, `aws-cn` or `aws-us-gov`";
    "id" "string" "id, which updates keep";
    "arn" "string" "ARN of the finding";
    "type" "string" "kind, as `Recon:IAMUser/MaliciousIPCaller`";
    "severity" "number" "1 to 10; from 4 medium, from 7 high, from 9 critical";
    "confidence" "number" "confidence, where GuardDuty says it";
    "createdAt" "time" "when it was first reported";
    "updatedAt" "time" "when it was last updated";
    "title" "string" "title";
    "description" "string" "description";
    "resource" "object" "the resource that it is about, by type";
    "service" "object" "what was seen: action, count, first and last time, sequence";
    "associatedAttackSequenceArn" "string" "attack sequence that it is part of";
    "customDetectionRuleName" "string" "custom detection rule that found it";
}

fn read(record: &Value, context: RecordContext<'_>) -> Result<FoundRecord, RecordProblem> {
    let kind = required(record, "type")?;
    let id = required(record, "id")?;
    let account = account(record, "accountId", context);
    let paths = ["service.eventLastSeen", "updatedAt", "createdAt"];
    let time = time(record, &paths, context)?;
    let severity = number(record, "severity").unwrap_or_default();
    let whose = account.as_deref();
    Ok(FoundRecord {
        finding: ForeignFinding {
            product: "GuardDuty".to_owned(),
            finding_id: id.to_owned(),
            kind: kind.to_owned(),
            title: owned(record, "title"),
            level: level_of(kind, severity),
            count: count(record, "service.count"),
            is_sample: is_true(record, "service.additionalInfo.sample"),
            is_closed: is_true(record, "service.archived"),
            part_of: text(record, "associatedAttackSequenceArn")
                .map(|arn| super::read::last_part(arn).to_owned()),
        },
        time,
        region: region(record, "region", context),
        version: owned(record, "updatedAt"),
        who: who(record, whose),
        resources: resources(record),
        address: address(record).map(str::to_owned),
        account,
    })
}

/// What GuardDuty finds about generative AI is low by default, whatever it means.
///
/// Source: GuardDuty user guide, "AI Protection".
const AI_TYPES: [&str; 3] = ["AnomalousModelInvocation", "CostHarvesting", "PromptInjection"];

fn level_of(kind: &str, severity: f64) -> Level {
    let by_number = match severity {
        9.0.. => Level::Critical,
        7.0.. => Level::High,
        4.0.. => Level::Medium,
        _ => Level::Low,
    };
    let is_ai = AI_TYPES.iter().any(|name| kind.contains(&format!("/{name}")));
    if is_ai { by_number.max(Level::Medium) } else { by_number }
}

/// The caller, else the instance, else the resource.
fn who(record: &Value, account: Option<&str>) -> Principal {
    let caller = key_caller(record).or_else(|| sequence_caller(record));
    let by_instance =
        || text(record, "resource.instanceDetails.instanceId").map(|id| instance(id, account));
    let by_resource = || resources(record).first().map(|one| resource(&one.name, account));
    let by_user = || {
        let name = text(record, "resource.kubernetesDetails.kubernetesUserDetails.username")?;
        Some(resource(name, account))
    };
    caller
        .and_then(|caller| caller.to_principal(account))
        .or_else(by_instance)
        .or_else(by_user)
        .or_else(by_resource)
        .unwrap_or_else(|| whole_account(account))
}

fn key_caller(record: &Value) -> Option<NamedCaller<'_>> {
    let of = |name| text(record, &format!("resource.accessKeyDetails.{name}")).unwrap_or_default();
    at(record, "resource.accessKeyDetails")?;
    Some(NamedCaller {
        kind: of("userType"),
        name: of("userName"),
        principal_id: of("principalId"),
        key: of("accessKeyId"),
        arn: "",
    })
}

/// The first actor of an attack sequence that has a name.
fn sequence_caller(record: &Value) -> Option<NamedCaller<'_>> {
    let actors = at(record, "service.detection.sequence.actors")?.as_array()?;
    let user = actors.iter().find_map(|actor| at(actor, "user"))?;
    let of = |name| text(user, name).unwrap_or_default();
    Some(NamedCaller {
        kind: of("type"),
        name: of("name"),
        principal_id: of("uid"),
        key: of("credentialUid"),
        arn: "",
    })
}

/// Where GuardDuty names a resource, by its ARN or its name.
const RESOURCES: [&str; 11] = [
    "resource.s3BucketDetails.0.arn",
    "resource.s3BucketDetails.0.name",
    "resource.eksClusterDetails.arn",
    "resource.ecsClusterDetails.arn",
    "resource.lambdaDetails.functionArn",
    "resource.rdsDbInstanceDetails.dbInstanceArn",
    "resource.rdsDbInstanceDetails.dbInstanceIdentifier",
    "resource.ebsVolumeDetails.scannedVolumeDetails.0.volumeArn",
    "resource.containerDetails.image",
    "resource.instanceDetails.instanceId",
    "service.detection.sequence.resources.0.uid",
];

fn resources(record: &Value) -> Vec<TargetResource> {
    let named = RESOURCES.iter().find_map(|path| text(record, path));
    named.map(TargetResource::from_name).into_iter().collect()
}

/// Where GuardDuty names the other side of what it saw.
const ADDRESSES: [&str; 9] = [
    "service.action.awsApiCallAction.remoteIpDetails.ipAddressV4",
    "service.action.networkConnectionAction.remoteIpDetails.ipAddressV4",
    "service.action.portProbeAction.portProbeDetails.0.remoteIpDetails.ipAddressV4",
    "service.action.kubernetesApiCallAction.remoteIpDetails.ipAddressV4",
    "service.action.rdsLoginAttemptAction.remoteIpDetails.ipAddressV4",
    "service.action.awsApiCallAction.remoteIpDetails.ipAddressV6",
    "service.action.networkConnectionAction.remoteIpDetails.ipAddressV6",
    "service.action.kubernetesApiCallAction.sourceIps.0",
    "service.detection.sequence.endpoints.0.ip",
];

fn address(record: &Value) -> Option<&str> {
    ADDRESSES.iter().find_map(|path| text(record, path))
}
